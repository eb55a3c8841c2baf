//! Writing through the gate: decides, indexes, stamps, traces and commits, all or nothing.

use crate::audit::{Deed, Outcome};
use crate::decide::{self, Act, Decision, Facts, Reason};
use crate::facts::{basis, decide_facts, document_types, publisher, refusal};
use crate::gate::problem;
use crate::labels;
use crate::policy::is_policy_type;
use crate::session::{Session, extra};
use crate::trace::Access;
use bytes::Bytes;
use serde_json::Value;
use socle_fhir::{Indexed, Sketch};
use socle_kernel::{HomeId, Instant, Key, Problem, resource_type};
use socle_store::{BlobRef, Commit, DrawerWrite, KeyValue, Person, Row, Write};

/// One resource to make, change or delete.
#[derive(Clone, Debug)]
pub struct Change {
    /// Which resource; a new key for one to make.
    pub key: Key,
    /// The current version the caller saw: 0 to make one.
    pub expected: u32,
    /// The resource from now on; `None` deletes it. `id` and `meta` are stamped here.
    pub resource: Option<Value>,
    /// Its document content.
    pub content: Option<BlobRef>,
    /// The document that names this content, for a `Binary`.
    pub owner: Option<Key>,
    /// The id its client chose.
    pub alias: Option<String>,
}

/// A resource after its commit.
#[derive(Clone, Debug)]
pub struct Written {
    /// Which resource.
    pub key: Key,
    /// Its public id.
    pub id: String,
    /// Its version now.
    pub version: u32,
    /// When.
    pub last_updated: Instant,
    /// The JSON as stored; empty for a deletion.
    pub body: Bytes,
    /// True when it was made now.
    pub is_new: bool,
}

/// What the store held of a resource before a change.
struct Before {
    row: Row,
    keys: Vec<KeyValue>,
    person: Option<Person>,
}

impl Session {
    /// Commits changes, all or nothing, with their trace.
    pub async fn commit(&self, changes: Vec<Change>) -> Result<Vec<Written>, Problem> {
        self.commit_with(changes, Vec::new(), Vec::new()).await
    }

    /// As [`Session::commit`], with reserved ids and drawer entries in the same transaction.
    pub async fn commit_with(
        &self,
        changes: Vec<Change>,
        reserved: Vec<(String, Key)>,
        drawers: Vec<DrawerWrite>,
    ) -> Result<Vec<Written>, Problem> {
        let now = self.now();
        let mut writes = Vec::with_capacity(changes.len());
        let mut written = Vec::with_capacity(changes.len());
        let mut accesses = Vec::with_capacity(changes.len());
        for change in changes {
            let (write, result, access) = self.prepare(change, now).await?;
            writes.push(write);
            written.push(result);
            accesses.push(access);
        }
        let touched: Vec<Touched> = writes.iter().map(Touched::of).collect();
        let audits = self.lines(accesses);
        let commit = Commit { writes, reserved, audits, drawers };
        // The view of the data is given back while the disk works: it would hold a reader for nothing.
        self.renew().await;
        self.gate.0.store.commit(commit).await.map_err(problem)?;
        for touched in touched {
            self.after(&touched);
        }
        Ok(written)
    }

    async fn prepare(&self, change: Change, now: Instant) -> Result<(Write, Written, Access), Problem> {
        let before = self.before(&change).await?;
        let act = match (&change.resource, &before) {
            (None, _) => Act::Delete,
            (Some(_), Some(before)) if !before.row.deleted => Act::Update,
            (Some(_), _) => Act::Create,
        };
        let id = match (&change.alias, &before) {
            (Some(alias), _) => alias.clone(),
            (None, Some(before)) => self.public_id(&before.row),
            (None, None) => self.gate.cipher().seal(change.key),
        };
        let version = change.expected + 1;
        let extras = self.extras(&change, before.as_ref(), act);
        let indexed = change.resource.as_ref().map(|resource| socle_fhir::index(resource, &extras));
        let labels = match (&change.resource, &indexed, &before) {
            (Some(resource), Some(indexed), _) => labels::of(resource, &indexed.labels),
            (_, _, Some(before)) => before.row.labels,
            _ => 0,
        };
        let reason = self.decide_write(&change, act, labels, indexed.as_ref(), before.as_ref()).await?;
        let deed = if act == Act::Update && before.as_ref().is_some_and(|before| before.row.labels != labels)
        {
            Deed::Label
        } else {
            Deed::from(act)
        };
        let access = Access {
            home: change.key.home,
            deed,
            outcome: Outcome::Done,
            basis: basis(reason),
            entity: Some((change.key, version)),
            about: change.key.resource_type.name(),
            query: String::new(),
            found: None,
            operation: self.operation(),
        };
        let body = change.resource.as_ref().map_or_else(Bytes::new, |resource| {
            Bytes::from(socle_fhir::json::compose(change.key.resource_type, &id, version, now, resource))
        });
        let written = Written {
            key: change.key,
            id,
            version,
            last_updated: now,
            body: body.clone(),
            is_new: act == Act::Create,
        };
        let write = write_of(change, before, indexed, extras, labels, now, body);
        Ok((write, written, access))
    }

    async fn before(&self, change: &Change) -> Result<Option<Before>, Problem> {
        if change.expected == 0 {
            return Ok(None);
        }
        let mut snapshot = self.snapshot().await?;
        let Some(row) = snapshot.row(change.key).await.map_err(problem)? else { return Ok(None) };
        let mut before = Before { row, keys: Vec::new(), person: None };
        if !before.row.deleted
            && let Some(version) = snapshot.version(change.key, before.row.version).await.map_err(problem)?
        {
            let indexed = socle_fhir::index(&socle_fhir::json::parse(&version.body)?, &[]);
            before.keys = key_values(&indexed);
            before.person = person(&indexed);
        }
        Ok(Some(before))
    }

    /// The platform's own values: who wrote it, who is named as author, which document names this content, its own id.
    fn extras(&self, change: &Change, before: Option<&Before>, act: Act) -> Vec<(u32, Vec<u8>)> {
        let mut extras = Vec::new();
        let kept = before.map(|before| Sketch(&before.row.sketch));
        let kept = |number| {
            let values =
                kept.as_ref().map(|sketch| sketch.extras(number).map(<[u8]>::to_vec).collect::<Vec<_>>());
            values.unwrap_or_default().into_iter().map(move |value| (number, value))
        };
        if act == Act::Create {
            extras.extend(publisher(&self.principal).map(|value| (extra::PUBLISHER, value)));
        } else {
            extras.extend(kept(extra::PUBLISHER));
        }
        match &change.resource {
            Some(resource) => {
                extras.extend(authors(resource).into_iter().map(|text| (extra::AUTHOR, text.into_bytes())))
            }
            None => extras.extend(kept(extra::AUTHOR)),
        }
        match change.owner {
            Some(owner) => extras.push((extra::OWNER, owner.to_block().to_vec())),
            None => extras.extend(kept(extra::OWNER)),
        }
        match &change.alias {
            Some(alias) => extras.push((extra::ALIAS, alias.clone().into_bytes())),
            None => extras.extend(kept(extra::ALIAS)),
        }
        extras
    }

    async fn decide_write(
        &self,
        change: &Change,
        act: Act,
        labels: u32,
        indexed: Option<&Indexed>,
        before: Option<&Before>,
    ) -> Result<Reason, Problem> {
        let (standing, _) = self.standing(change.key.home).await?;
        let names = self.names().await?;
        let asker = self.asker(&names);
        let decision = match before {
            Some(before) if act != Act::Create => decide_facts(&asker, standing, act, &before.row, self),
            _ => {
                let sketch = indexed.map(|indexed| Sketch(&indexed.sketch));
                let codes = sketch.as_ref().map(|sketch| document_types(change.key.resource_type, sketch));
                let facts = Facts {
                    home: change.key.home,
                    resource_type: change.key.resource_type,
                    labels,
                    document_types: codes.as_deref().unwrap_or_default(),
                    is_author: true,
                    is_loose_content: change.key.resource_type == resource_type::BINARY
                        && change.owner.is_none(),
                };
                decide::decide(&asker, standing, act, &facts)
            }
        };
        let about = change.key.resource_type.name();
        match decision {
            Decision::Allow(reason) => Ok(reason),
            Decision::Hide(_) => Err(Problem::not_found()),
            Decision::Refuse(reason) => {
                self.trace_refusal(change.key.home, Deed::from(act), reason, about);
                Err(refusal(reason))
            }
        }
    }

    /// Would a change or deletion of this resource be allowed? The refusal, when not. Nothing is traced: nothing is done.
    pub async fn may(&self, key: Key, act: Act) -> Result<(), Problem> {
        let row = {
            let mut snapshot = self.snapshot().await?;
            snapshot.row(key).await.map_err(problem)?
        };
        let Some(row) = row else { return Err(Problem::not_found()) };
        match self.decide_row(&row, act).await? {
            Decision::Allow(_) => Ok(()),
            Decision::Hide(_) => Err(Problem::not_found()),
            Decision::Refuse(reason) => Err(refusal(reason)),
        }
    }

    /// Keeps the remembered rules of a home in step with what was written.
    fn after(&self, touched: &Touched) {
        if is_policy_type(touched.key.resource_type) || touched.deleted {
            self.gate.forget_policy(touched.key.home);
        } else {
            let codes: Vec<&str> = touched.document_types.iter().map(String::as_str).collect();
            self.gate.note_written(
                touched.key.home,
                touched.key.resource_type.name(),
                touched.labels,
                &codes,
            );
        }
        self.gate.0.names.lock().pop(&touched.key);
    }

    /// A key for a new resource of a home.
    pub fn new_key(&self, home: HomeId, resource_type: socle_kernel::ResourceType) -> Key {
        Key { home, resource_type, seq: self.gate.sequencer().next(self.now()) }
    }

    /// A new home.
    pub fn new_home(&self) -> HomeId {
        HomeId::draw(&**self.gate.chance())
    }
}

/// What a commit touched, for the rules kept at hand.
struct Touched {
    key: Key,
    deleted: bool,
    labels: u32,
    document_types: Vec<String>,
}

impl Touched {
    fn of(write: &Write) -> Self {
        let sketch = Sketch(&write.sketch);
        let codes = document_types(write.key.resource_type, &sketch);
        Touched {
            key: write.key,
            deleted: write.deleted,
            labels: write.labels,
            document_types: codes.into_iter().map(str::to_owned).collect(),
        }
    }
}

fn write_of(
    change: Change,
    before: Option<Before>,
    indexed: Option<Indexed>,
    extras: Vec<(u32, Vec<u8>)>,
    labels: u32,
    now: Instant,
    body: Bytes,
) -> Write {
    let keys_now = indexed.as_ref().map(key_values).unwrap_or_default();
    let person_now = indexed.as_ref().and_then(person);
    let (keys_before, person_before) = before.map(|before| (before.keys, before.person)).unwrap_or_default();
    let keys_add = keys_now.iter().filter(|key| !keys_before.contains(key)).cloned().collect();
    let keys_remove = keys_before.into_iter().filter(|key| !keys_now.contains(key)).collect();
    // The same names before and after need no change of the person table.
    let is_same_person = person_now == person_before;
    let sort_date = indexed.as_ref().and_then(|indexed| indexed.sort_date).unwrap_or(now);
    let sketch = match indexed {
        Some(indexed) => indexed.sketch,
        // A deleted resource keeps who wrote it, so that its history stays decidable.
        None => {
            socle_fhir::index(
                &serde_json::json!({ "resourceType": change.key.resource_type.name() }),
                &extras,
            )
            .sketch
        }
    };
    Write {
        key: change.key,
        expected: change.expected,
        deleted: change.resource.is_none(),
        last_updated: now,
        sort_date,
        labels,
        sketch,
        body,
        blob: change.content,
        keys_add,
        keys_remove,
        person: if is_same_person { None } else { person_now },
        person_before: if is_same_person { None } else { person_before },
        alias: change.alias,
    }
}

fn key_values(indexed: &Indexed) -> Vec<KeyValue> {
    indexed.keys.iter().map(|(param, value)| KeyValue { param: *param, value: value.clone() }).collect()
}

fn person(indexed: &Indexed) -> Option<Person> {
    indexed.person.as_ref().map(|person| Person {
        birth_day: person.birth_day,
        families: person.families.clone(),
        givens: person.givens.clone(),
    })
}

/// Who a resource names as its authors: literal references, and the identifiers of contained authors.
fn authors(resource: &Value) -> Vec<String> {
    let mut authors = Vec::new();
    let named = ["author", "source"].into_iter().filter_map(|element| resource.get(element));
    let references = named.flat_map(|value| match value {
        Value::Array(items) => items.iter().collect::<Vec<_>>(),
        other => vec![other],
    });
    for reference in references {
        if let Some(value) = reference["identifier"]["value"].as_str() {
            authors.push(format!("i:{value}"));
        }
        match reference["reference"].as_str() {
            Some(text) if text.starts_with('#') => {
                let contained = resource["contained"].as_array().into_iter().flatten();
                let person = contained.filter(|inner| {
                    inner["id"] == text[1..]
                        && matches!(inner["resourceType"].as_str(), Some("Practitioner" | "PractitionerRole"))
                });
                let identifiers =
                    person.flat_map(|inner| inner["identifier"].as_array().into_iter().flatten());
                authors.extend(
                    identifiers.filter_map(|identifier| Some(format!("i:{}", identifier["value"].as_str()?))),
                );
            }
            Some(text) => authors.push(format!("r:{text}")),
            None => {}
        }
    }
    authors.sort();
    authors.dedup();
    authors
}
