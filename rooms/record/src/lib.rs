//! The shared record: documents published, found, read, replaced, withdrawn.
