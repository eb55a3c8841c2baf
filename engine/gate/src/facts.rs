//! What a decision looks at in a row, and the words of reasons for the log and the caller.

use crate::decide::{self, Act, Asker, Decision, Facts, Reason, Standing};
use crate::session::{Session, extra};
use socle_fhir::Sketch;
use socle_kernel::{Key, Kind, Principal, Problem, ResourceType, Subject, resource_type};
use socle_store::Row;

/// The resource a caller is: their `Practitioner` or their own `Patient`.
pub(crate) fn own_key(principal: &Principal) -> Option<Key> {
    match &principal.subject {
        Subject::Professional(professional) => Some(professional.practitioner),
        Subject::Citizen(citizen) => citizen.own,
        _ => None,
    }
}

/// The document that names a content.
pub(crate) fn owner_of(row: &Row) -> Option<Key> {
    if row.key.resource_type != resource_type::BINARY {
        return None;
    }
    let block: [u8; 16] = Sketch(&row.sketch).extras(extra::OWNER).next()?.try_into().ok()?;
    Key::from_block(block)
}

/// Codes of a document's type, from its sketch.
pub(crate) fn document_types<'a>(resource_type: ResourceType, sketch: &Sketch<'a>) -> Vec<&'a str> {
    if resource_type != resource_type::DOCUMENT_REFERENCE {
        return Vec::new();
    }
    let number = socle_fhir::parameter(resource_type, "type").map_or(0, |parameter| parameter.number);
    sketch.tokens(number).map(|(_, code)| code).collect()
}

/// Decides on a row by its own facts.
pub(crate) fn decide_facts(
    asker: &Asker<'_>,
    standing: Standing,
    act: Act,
    row: &Row,
    session: &Session,
) -> Decision {
    with_facts(asker, row, session, |facts| decide::decide(asker, standing, act, facts))
}

/// Whether the caller may know of a row, whatever the scopes of their token: a scope bounds types, it hides nothing.
pub(crate) fn see_row(asker: &Asker<'_>, standing: Standing, row: &Row, session: &Session) -> Decision {
    with_facts(asker, row, session, |facts| decide::see(asker, standing, facts))
}

fn with_facts(
    asker: &Asker<'_>,
    row: &Row,
    session: &Session,
    decision: impl Fn(&Facts<'_>) -> Decision,
) -> Decision {
    let sketch = Sketch(&row.sketch);
    let document_types = document_types(row.key.resource_type, &sketch);
    let facts = Facts {
        home: row.key.home,
        resource_type: row.key.resource_type,
        labels: row.labels,
        document_types: &document_types,
        is_author: is_author(asker, &sketch, session),
        is_loose_content: row.key.resource_type == resource_type::BINARY,
    };
    decision(&facts)
}

fn is_author(asker: &Asker<'_>, sketch: &Sketch<'_>, session: &Session) -> bool {
    let publisher = publisher(&session.principal);
    sketch.extras(extra::PUBLISHER).any(|value| Some(value) == publisher.as_deref())
        || sketch.extras(extra::AUTHOR).any(|value| {
            let Ok(text) = std::str::from_utf8(value) else { return false };
            match text.split_at_checked(2) {
                Some(("r:", reference)) => asker.names.references.iter().any(|own| own == reference),
                Some(("i:", identifier)) => asker.names.identifiers.iter().any(|own| own == identifier),
                _ => false,
            }
        })
}

/// How a principal is written as the publisher of what it writes.
pub(crate) fn publisher(principal: &Principal) -> Option<Vec<u8>> {
    match &principal.subject {
        Subject::Anonymous => None,
        Subject::Professional(professional) => Some(professional.practitioner.to_block().to_vec()),
        Subject::Citizen(citizen) => Some(
            citizen.own.map_or_else(|| citizen.account.clone().into_bytes(), |key| key.to_block().to_vec()),
        ),
        Subject::System(system) => Some(format!("client:{}", system.client_id).into_bytes()),
    }
}

/// A reason as the word of the log.
pub(crate) fn basis(reason: Reason) -> &'static str {
    match reason {
        Reason::Related(relation) => relation.code(),
        Reason::Author => "author",
        Reason::Identity => "identity",
        Reason::Masked => "masked",
        Reason::NotAnnounced => "not-announced",
        Reason::Secret => "secret",
        Reason::Withdrawn => "withdrawn",
        Reason::Matrix => "matrix",
        Reason::Blocked => "blocked",
        Reason::NoRelation => "no-relation",
        Reason::Purpose => "purpose",
        Reason::Scope => "scope",
        Reason::NotAuthor => "not-author",
        Reason::MayNotWrite => "may-not-write",
        Reason::Anonymous => "anonymous",
    }
}

/// A refusal as the caller sees it.
pub(crate) fn refusal(reason: Reason) -> Problem {
    let words = reason.words();
    let kind = if reason == Reason::Anonymous { Kind::Unauthenticated } else { Kind::Refused };
    Problem::new(kind, words.fr, words.en)
}
