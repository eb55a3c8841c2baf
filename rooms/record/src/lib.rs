//! The shared record: documents published, found, read, replaced, withdrawn.

mod document;
mod rules;
mod terms;
