//! The FHIR API, mirrored by interaction.

mod bundle;
mod conditions;
mod definitions;
mod documents;
mod find_documents;
mod history;
mod large_transaction;
mod mhd;
mod negotiation;
mod official_examples;
mod operations;
mod read;
mod search;
mod search_wide;
mod subscriptions;
mod write;
