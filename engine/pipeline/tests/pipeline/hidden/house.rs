//! A store with its pipeline, in which the same writes give the same homes, orders and moments.

use super::callers::Caller;
use super::compare::{Seen, seen};
use super::requests::Asked;
use super::world::World;
use serde_json::{Value, json};
use socle_gate::{Gate, Matrix, Options, PlatformKeys, StoreConfig};
use socle_kernel::principal::Principal;
use socle_kernel::{Chance, HomeId, Instant, Key, ManualClock, Purpose, ResourceType, SeededChance};
use socle_pipeline::{Identified, Interaction, Pipeline, Prefer, Settings, Target};
use std::collections::{BTreeSet, HashMap};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tempfile::TempDir;

/// When the first resource is written.
const START: &str = "2026-11-20T10:00:00Z";
/// When requests are made.
const NOW: &str = "2026-11-20T20:00:00Z";
/// Pages of one search that are walked, at most.
const PAGES: usize = 60;
const BASE: &str = "https://sante.example";

/// Chance that starts again from a number, so that what was left out draws nothing from those that follow.
#[derive(Clone)]
struct Replayed(Arc<Mutex<SeededChance>>);

impl Replayed {
    fn reseed(&self, seed: u64) {
        *self.0.lock().unwrap() = SeededChance::new(seed);
    }
}

impl Chance for Replayed {
    fn fill(&self, buffer: &mut [u8]) {
        self.0.lock().unwrap().fill(buffer);
    }
}

pub struct House {
    pipeline: Pipeline,
    clock: ManualClock,
    chance: Replayed,
    keys: Mutex<HashMap<String, Key>>,
    _folder: TempDir,
}

impl House {
    pub async fn open() -> House {
        let folder = tempfile::tempdir().unwrap();
        let clock = ManualClock::at(Instant::parse(START).unwrap());
        let chance = Replayed(Arc::new(Mutex::new(SeededChance::new(1))));
        let gate = Gate::open(Options {
            store: StoreConfig::new(folder.path()),
            keys: PlatformKeys::from_bytes([7; 32]),
            clock: Arc::new(clock.clone()),
            chance: Arc::new(chance.clone()),
            matrix: Matrix::shipped(),
        })
        .await
        .unwrap();
        let settings = Settings {
            base_url: BASE.into(),
            is_demo: true,
            version: "test",
            deletes_many: false,
            requires_version: false,
        };
        let pipeline = Pipeline::new(gate, settings, Vec::new());
        House { pipeline, clock, chance, keys: Mutex::default(), _folder: folder }
    }

    /// Writes the resources that are kept, each first version, then each next one, then what is deleted.
    pub async fn write(&self, world: &World, keep: &dyn Fn(usize) -> bool) {
        let kept = |index: &usize| keep(*index);
        let alone: Vec<usize> = (0..world.resources.len())
            .filter(|index| has_own_home(world.resources[*index].resource_type))
            .collect();
        for index in alone {
            // A home has the same number in both stores, written or not.
            self.chance.reseed(1_000 + index as u64);
            let home = HomeId::draw(&self.chance);
            self.chance.reseed(1_000 + index as u64);
            let resource = &world.resources[index];
            let resource_type: ResourceType = resource.resource_type.parse().unwrap();
            if keep(index) {
                self.put(&[resource.body(0, keep)]).await;
            }
            let session = self
                .pipeline
                .session(&identified(&Principal::operator("test"), Purpose::Administration), "k");
            let written = session.resolve(resource_type, &resource.id).await.unwrap();
            let _ = session.close(Ok(())).await;
            let key = written.unwrap_or_else(|| session_key(home, resource_type));
            assert!(key.home == home, "homes are drawn first");
            self.keys.lock().unwrap().insert(resource.name(), key);
        }
        let others: Vec<usize> = (0..world.resources.len())
            .filter(|index| !has_own_home(world.resources[*index].resource_type))
            .collect();
        for part in others.chunks(7) {
            self.clock.advance(Duration::from_secs(60));
            self.chance.reseed(1);
            let bodies: Vec<Value> = part
                .iter()
                .filter(|index| kept(index))
                .map(|index| world.resources[*index].body(0, keep))
                .collect();
            self.put(&bodies).await;
        }
        for index in others {
            let resource = &world.resources[index];
            self.clock.advance(Duration::from_secs(1));
            if keep(index) && resource.versions.len() > 1 {
                self.put(&[resource.body(1, keep)]).await;
            }
            if keep(index) && resource.is_deleted {
                let target = Target::Id(resource.resource_type.parse().unwrap(), resource.id.clone());
                self.operate(Interaction::Delete { target, if_match: None }).await;
            }
        }
        self.clock.set(Instant::parse(NOW).unwrap());
    }

    async fn put(&self, bodies: &[Value]) {
        if bodies.is_empty() {
            return;
        }
        let entries: Vec<Value> = bodies
            .iter()
            .map(|body| {
                let url =
                    format!("{}/{}", body["resourceType"].as_str().unwrap(), body["id"].as_str().unwrap());
                json!({ "resource": body, "request": { "method": "PUT", "url": url } })
            })
            .collect();
        self.operate(Interaction::Bundle(
            json!({ "resourceType": "Bundle", "type": "transaction", "entry": entries }),
        ))
        .await;
    }

    async fn operate(&self, interaction: Interaction) {
        let session =
            self.pipeline.session(&identified(&Principal::operator("test"), Purpose::Administration), "w");
        let shown = format!("{interaction:?}");
        let done = self.pipeline.run(session, interaction, Prefer::default()).await.into_inner();
        done.unwrap_or_else(|problem| panic!("{problem:?}\n{shown}"));
    }

    /// The key of a person, professional or organisation.
    pub fn key(&self, name: &str) -> Key {
        self.keys.lock().unwrap()[name]
    }

    /// What the gate hides from a caller, by place in the world. Rules that name the caller, and
    /// the caller's own identity, count as seen: they decide.
    pub async fn hidden_from(&self, caller: &Caller, world: &World) -> BTreeSet<usize> {
        // A scope bounds types, for everyone the same; it hides nothing.
        let principal = Principal { scopes: Vec::new(), ..caller.on(self) };
        let session = self.pipeline.session(&identified(&principal, caller.purpose.clone()), "h");
        let mut hidden = BTreeSet::new();
        for (index, resource) in world.resources.iter().enumerate() {
            let resource_type = resource.resource_type.parse().unwrap();
            let key = session.resolve(resource_type, &resource.id).await.unwrap().unwrap();
            let is_rule =
                matches!(resource.resource_type, "CareTeam" | "Consent" | "RelatedPerson" | "Patient")
                    && caller.is_named_by(&resource.versions[0].to_string());
            let is_rule = is_rule || resource.resource_type == "Patient" && caller.is_professional();
            let is_seen = matches!(session.peek(key).await, Ok(Some(_)));
            let name = resource.name();
            assert!(!is_seen || !caller.must_not_see(resource), "{name} is labelled, and seen by {caller:?}");
            if !is_seen && !is_rule {
                hidden.insert(index);
            }
        }
        let _ = session.close(Ok(())).await;
        // What says nothing without the hidden is hidden with it.
        loop {
            let more: Vec<usize> = (0..world.resources.len())
                .filter(|index| {
                    let resource = &world.resources[*index];
                    !hidden.contains(index)
                        && resource.needs_link
                        && resource.links.iter().all(|link| hidden.contains(&link.target))
                })
                .collect();
            if more.is_empty() {
                return hidden;
            }
            hidden.extend(more);
        }
    }

    /// The answers to a request: of a search, every page.
    pub async fn walk(&self, caller: &Caller, asked: &Asked) -> Vec<Seen> {
        let mut answers = Vec::new();
        let mut next = Some(asked.interaction());
        while let Some(interaction) = next {
            let session = self.pipeline.session(&identified(&caller.on(self), caller.purpose.clone()), "r");
            let prefer = Prefer { is_lenient: asked.is_lenient, ..Prefer::default() };
            let answer = self.pipeline.run(session, interaction, prefer).await.into_inner();
            let (seen, link) = seen(answer);
            answers.push(seen);
            next =
                link.map(|url| Asked::get(url.strip_prefix(&format!("{BASE}/fhir")).unwrap()).interaction());
            assert!(answers.len() < PAGES, "the pages of {asked} do not end");
        }
        answers
    }
}

fn session_key(home: HomeId, resource_type: ResourceType) -> Key {
    Key { home, resource_type, seq: socle_kernel::Seq::MIN }
}

/// Types of which each resource draws a home.
fn has_own_home(resource_type: &str) -> bool {
    matches!(resource_type, "Patient" | "Practitioner" | "Organization")
}

fn identified(principal: &Principal, purpose: Purpose) -> Identified {
    Identified {
        principal: Arc::new(principal.clone()),
        purpose,
        csrf: "jeton".into(),
        ..Identified::anonymous()
    }
}
