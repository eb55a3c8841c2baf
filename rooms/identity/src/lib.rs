//! People and professionals: INS life cycle, accounts, sign-in, OpenID provider.
//!
//! [`room`] is the door. Besides it, [`accounts`] makes and lists accounts for the command line, and [`tokens`] signs
//! demonstration tokens.

pub mod accounts;
mod attempts;
mod authenticator;
mod clients;
mod cookies;
mod fhir;
mod grants;
mod ins;
#[cfg(test)]
mod journeys;
mod local_path;
mod oidc;
mod pages;
mod password;
mod pkce;
mod principals;
mod rpps;
mod rules;
mod scopes;
mod sealed;
mod secrets;
mod sessions;
mod sign_in;
mod state;
mod sweep;
pub mod tokens;
mod totp;

use socle_gate::Drawers;
use socle_kernel::ResourceType;
use socle_pipeline::{Pipeline, Room};
use std::sync::Arc;

/// Everything this room brings to the pipeline.
pub fn room() -> Room {
    let pages = oidc::pages().into_iter().chain(pages::pages()).collect();
    Room {
        name: "identity",
        types: rules::TYPES.iter().filter_map(|name| name.parse::<ResourceType>().ok()).collect(),
        rules: Some(Arc::new(rules::IdentityRules)),
        pages,
        authenticator: Some(Arc::new(authenticator::Door::new())),
        importer: None,
        jobs: Vec::new(),
        operations: Vec::new(),
    }
}

/// The drawers of this room.
fn drawers(pipeline: &Pipeline) -> Drawers {
    pipeline.gate().drawers("identity")
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    #[test]
    fn the_door_names_every_type_and_no_address_twice() {
        let room = room();
        assert_eq!(room.types.len(), rules::TYPES.len());
        let mut addresses = HashSet::new();
        for page in &room.pages {
            assert!(
                addresses.insert((page.method.name(), page.path)),
                "{} {}",
                page.method.name(),
                page.path
            );
        }
        assert!(room.rules.is_some() && room.authenticator.is_some());
    }
}
