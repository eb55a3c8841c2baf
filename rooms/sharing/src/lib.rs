//! What the person decides: hide, block, open, and who saw the record.
//!
//! The door is [`room`]: the rules of `Consent`, and the pages of visibility, access log and sharing.

mod consent;
mod group;
mod pages;
mod rules;
mod sentence;
mod visibility;
mod words;

use socle_kernel::resource_type;
use socle_pipeline::Room;
use std::sync::Arc;

/// The room.
pub fn room() -> Room {
    Room {
        name: "sharing",
        types: vec![resource_type::CONSENT],
        rules: Some(Arc::new(rules::SharingRules)),
        pages: pages::pages(),
        authenticator: None,
        importer: None,
        jobs: Vec::new(),
        operations: Vec::new(),
    }
}
