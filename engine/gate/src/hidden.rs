//! What of a home is hidden from a caller: by its labels, by the matrix, or because it says nothing without what is.
//!
//! Found once in a session for each home, from the rows alone. A search, a body and a line of the log all look here, so
//! that they cannot differ.

use crate::decide::{self, Decision};
use crate::facts::{owner_of, see_row};
use crate::gate::problem;
use crate::redact;
use crate::session::Session;
use socle_fhir::definitions::{self, Type};
use socle_fhir::{Literal, ParamKind, Sketch};
use socle_kernel::{HomeId, Key, Problem, ResourceType, resource_type};
use socle_store::{Row, Scan, Visit};
use std::collections::HashSet;
use std::sync::{Arc, OnceLock};

/// What is hidden from a caller in a home.
#[derive(Debug, Default)]
pub(crate) struct Hidden {
    /// Keys, contents of hidden documents included.
    pub keys: HashSet<Key>,
    /// `Type/id` references.
    pub references: HashSet<String>,
    /// The types of what is hidden: a reference to another type names nothing hidden.
    types: HashSet<ResourceType>,
}

impl Hidden {
    /// For tests: these references are hidden.
    #[cfg(test)]
    pub(crate) fn of<const N: usize>(references: [&str; N]) -> Self {
        let references: HashSet<String> = references.into_iter().map(str::to_owned).collect();
        let types =
            references.iter().filter_map(|text| redact::target(text)).map(|(found, _)| found).collect();
        Hidden { keys: HashSet::new(), references, types }
    }

    /// True when nothing is hidden.
    pub(crate) fn is_empty(&self) -> bool {
        self.keys.is_empty()
    }

    fn add(&mut self, key: Key, id: &str) {
        self.keys.insert(key);
        // Whose record it is in is no secret of a resource that may be seen.
        if key.resource_type == resource_type::PATIENT {
            return;
        }
        self.types.insert(key.resource_type);
        self.references.insert(format!("{}/{id}", key.resource_type));
    }

    /// True when a reference, relative or on any server, names something hidden.
    pub(crate) fn names(&self, text: &str) -> bool {
        redact::target(text).is_some_and(|(found, id)| {
            self.types.contains(&found) && self.references.contains(&format!("{found}/{id}"))
        })
    }

    fn names_literal(&self, literal: &Literal<'_>) -> bool {
        match literal {
            Literal::Uuid { resource_type, .. } => {
                self.types.contains(resource_type) && self.references.contains(&literal.to_string())
            }
            Literal::Text(text) => self.names(text),
        }
    }

    /// True when a sketch holds values that come with a reference to something hidden.
    pub(crate) fn is_named_in(&self, sketch: &Sketch<'_>) -> bool {
        !self.is_empty() && sketch.links().any(|literal| self.names_literal(&literal))
    }
}

/// A row that says nothing once all references of one of these groups are hidden.
struct Leaning {
    key: Key,
    id: String,
    groups: Vec<Vec<String>>,
}

impl Session {
    /// What a home holds that is hidden from this caller.
    pub(crate) async fn hidden_in(&self, home: HomeId) -> Result<Arc<Hidden>, Problem> {
        Ok(self.hidden_and_rows(home, None).await?.0)
    }

    /// As [`Session::hidden_in`], with the rows of a type when the home had to be looked through for it: each row is opened
    /// once. `None`: it had not.
    pub(crate) async fn hidden_and_rows(
        &self,
        home: HomeId,
        wanted: Option<ResourceType>,
    ) -> Result<(Arc<Hidden>, Option<Vec<Row>>), Problem> {
        if let Some(known) = self.hidden.lock().get(&home) {
            return Ok((known.clone(), None));
        }
        let mut rows = None;
        let (standing, policy) = self.standing(home).await?;
        let mut hidden = Hidden::default();
        let is_shut_out = standing.refused.is_some() && !home.is_shared();
        if is_shut_out || policy.may_hide_from(&self.principal, self.gate.matrix()) {
            let names = self.names().await?;
            let asker = self.asker(&names);
            let (mut contents, mut leaning, mut of_type) = (Vec::new(), Vec::new(), Vec::new());
            let mut deleted = Vec::new();
            let scan = Scan {
                home: Some(home),
                resource_type: None,
                newest_first: false,
                with_deleted: true,
                after: None,
                budget: usize::MAX,
            };
            let mut snapshot = self.snapshot().await?;
            snapshot
                .scan(scan, &mut |row| {
                    if wanted == Some(row.key.resource_type) && !row.deleted {
                        of_type.push(row.clone());
                    }
                    if let Some(owner) = owner_of(row) {
                        contents.push((row.key, owner, self.public_id(row)));
                    } else if !matches!(see_row(&asker, standing, row, self), Decision::Allow(_)) {
                        hidden.add(row.key, &self.public_id(row));
                    } else if row.deleted && may_lean(row.key.resource_type) {
                        deleted.push((row.key, row.version, self.public_id(row)));
                    } else {
                        let groups = leans_on(row.key.resource_type, &Sketch(&row.sketch));
                        if !groups.is_empty() {
                            leaning.push(Leaning { key: row.key, id: self.public_id(row), groups });
                        }
                    }
                    Visit::Next
                })
                .await
                .map_err(problem)?;
            drop(snapshot);
            for (key, owner, id) in contents {
                if hidden.keys.contains(&owner) {
                    hidden.add(key, &id);
                }
            }
            hide_leaning(&mut hidden, leaning);
            // What leaned on the hidden when it was deleted: its row says no more what it referred to.
            for (key, version, id) in deleted {
                let mut snapshot = self.snapshot().await?;
                let last = snapshot.versions(key, Some(version), 1).await.map_err(problem)?;
                if last.iter().any(|last| !last.deleted && redact::strip(&last.body, &hidden).is_none()) {
                    hidden.add(key, &id);
                }
            }
            rows = wanted.map(|_| of_type);
        }
        let hidden = Arc::new(hidden);
        self.hidden.lock().insert(home, hidden.clone());
        Ok((hidden, rows))
    }
}

/// Hides what says nothing without the hidden, then what says nothing without that, and so on.
fn hide_leaning(hidden: &mut Hidden, mut leaning: Vec<Leaning>) {
    loop {
        let before = leaning.len();
        leaning.retain(|row| {
            let is_lost =
                row.groups.iter().any(|group| group.iter().all(|reference| hidden.names(reference)));
            if is_lost {
                hidden.add(row.key, &row.id);
            }
            !is_lost
        });
        if leaning.len() == before {
            return;
        }
    }
}

/// The references that a resource says nothing without, one group for each element.
fn leans_on(resource_type: ResourceType, sketch: &Sketch<'_>) -> Vec<Vec<String>> {
    let group = |number: &u32| -> Vec<String> {
        sketch.references(*number).map(|literal| literal.to_string()).collect()
    };
    essential(resource_type).iter().map(group).filter(|group| !group.is_empty()).collect()
}

/// Numbers of the reference parameters of a type whose element every resource of it must have (`Provenance.target`), and
/// the entries of a list.
fn essential(resource_type: ResourceType) -> &'static [u32] {
    static ESSENTIAL: OnceLock<Vec<Vec<u32>>> = OnceLock::new();
    let all = ESSENTIAL.get_or_init(|| {
        let of = |resource_type: ResourceType| {
            let parameters = socle_fhir::parameters(resource_type).iter();
            parameters
                .filter(|parameter| parameter.kind == ParamKind::Reference)
                .filter(|parameter| {
                    parameter.targets.is_empty() || parameter.targets.iter().any(may_be_hidden)
                })
                .filter(|parameter| is_mandatory(resource_type, parameter.expression()))
                .map(|parameter| parameter.number)
                .collect::<Vec<u32>>()
        };
        std::iter::once(Vec::new()).chain(ResourceType::all().map(of)).collect()
    });
    all.get(usize::from(resource_type.code())).map_or(&[], Vec::as_slice)
}

/// People and the directory are never taken out of a body.
fn may_be_hidden(target: &ResourceType) -> bool {
    *target != resource_type::PATIENT && *target != resource_type::GROUP && !decide::is_directory(*target)
}

/// True when a resource of this type may say nothing without something hidden, whatever is decided on itself.
pub(crate) fn may_lean(resource_type: ResourceType) -> bool {
    !essential(resource_type).is_empty()
}

/// True when an expression of a search parameter leads along elements of which each must be there.
fn is_mandatory(resource_type: ResourceType, expression: &str) -> bool {
    let start = format!("{resource_type}.");
    expression.split('|').any(|branch| {
        let branch = branch.trim().trim_start_matches('(');
        let Some(path) = branch.strip_prefix(&start) else { return false };
        let path = path.split([' ', ')']).next().unwrap_or_default();
        if resource_type == resource_type::LIST && path == "entry.item" {
            return true;
        }
        let mut definition: &'static Type = definitions::resource(resource_type);
        path.split('.').filter(|step| !step.starts_with("where(")).all(|step| {
            let Some(element) = definition.element(step) else { return false };
            if let [one] = element.types.as_slice() {
                definition = one.definition();
            }
            element.min > 0
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn has(resource_type: &str, code: &str) -> bool {
        let resource_type: ResourceType = resource_type.parse().expect("known");
        let parameter = socle_fhir::parameter(resource_type, code).expect("known");
        essential(resource_type).contains(&parameter.number)
    }

    #[test]
    fn a_trace_of_origin_says_nothing_without_its_target() {
        assert!(has("Provenance", "target") && has("List", "item") && has("DocumentManifest", "item"));
        assert!(has("Linkage", "item") && has("DeviceUseStatement", "device"));
        assert!(!has("Observation", "has-member") && !has("Encounter", "diagnosis"));
        assert!(!has("Condition", "subject"), "whose record it is stays named");
    }
}
