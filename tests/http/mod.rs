//! The FHIR API, mirrored by interaction.

mod bundle;
mod definitions;
mod documents;
mod find_documents;
mod official_examples;
mod operations;
mod read;
mod search;
mod subscriptions;
mod write;
