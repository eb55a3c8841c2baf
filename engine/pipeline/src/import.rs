//! Import: Bundles, resources and documents from files, safe to run twice.

use crate::entries;
use crate::execute::Trust;
use crate::interaction::Target;
use crate::pipeline::Pipeline;
use crate::plan::Verb;
use crate::transaction::Transacted;
use serde_json::{Value, json};
use socle_gate::{DrawerWrite, Session};
use socle_kernel::{HomeId, Kind, Problem, ResourceType};
use std::collections::BTreeMap;

/// Drawer of what was imported already, by hash of the input.
const SEEN: &str = "import.seen";

/// One piece of input.
#[derive(Clone, Debug)]
pub enum Imported {
    /// FHIR JSON: a Bundle or a single resource.
    Fhir(Value),
    /// The synthetic region, made by this very program.
    Region(Value),
    /// A document of another form (CDA).
    Document(Vec<u8>),
}

/// How far an import is checked against FHIR. Rules of the rooms and decisions of the gate hold in any case.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Validation {
    /// What is at fault is refused.
    #[default]
    Strict,
    /// What is at fault is imported and told.
    Lenient,
    /// Not at all: for data that another platform checked.
    Off,
}

/// What became of one piece of input.
#[derive(Debug, Default)]
pub struct ImportOutcome {
    /// Resources written, by type name and number.
    pub written: BTreeMap<&'static str, u64>,
    /// Resources that a conditional create found already there.
    pub kept: u64,
    /// Resources that were imported although something is wrong with them.
    pub faulty: u64,
    /// Entries of a batch that were refused, by position.
    pub refused: Vec<(usize, Problem)>,
    /// True when this very input was imported before: nothing was done.
    pub was_seen: bool,
}

/// How one import goes.
struct How<'a> {
    trust: Trust,
    /// The mark that this input was imported, for the same commit.
    mark: &'a (dyn Fn() -> Vec<DrawerWrite> + Sync),
}

impl Pipeline {
    /// Imports one piece of input. `digest` is the SHA-256 of its bytes: the same bytes are imported once.
    pub async fn import(
        &self,
        session: &Session,
        input: Imported,
        digest: [u8; 32],
        validation: Validation,
    ) -> Result<ImportOutcome, Problem> {
        let seen = self.gate().drawers("import");
        if seen.get::<bool>(SEEN, HomeId::PLATFORM, &digest).await?.is_some() {
            return Ok(ImportOutcome { was_seen: true, ..ImportOutcome::default() });
        }
        let mark = || vec![seen.change(SEEN, HomeId::PLATFORM, &digest, Some(&true))];
        let trust = match validation {
            Validation::Strict => Trust::Nobody,
            Validation::Lenient => Trust::Lenient,
            Validation::Off => Trust::Ourselves,
        };
        let how = How { trust, mark: &mark };
        match input {
            Imported::Region(bundle) => {
                self.import_bundle(session, bundle, &How { trust: Trust::Ourselves, ..how }).await
            }
            Imported::Fhir(value) if value["resourceType"] == "Bundle" => {
                self.import_any_bundle(session, value, &how).await
            }
            Imported::Fhir(value) => {
                let bundle =
                    json!({ "resourceType": "Bundle", "type": "transaction", "entry": [entry(value)?] });
                self.import_bundle(session, bundle, &how).await
            }
            Imported::Document(content) => {
                let importer = self.importer().ok_or_else(unknown_form)?;
                let bundle = importer.bundle(self, session, &content).await?.ok_or_else(unknown_form)?;
                self.import_bundle(session, bundle, &how).await
            }
        }
    }

    async fn import_any_bundle(
        &self,
        session: &Session,
        bundle: Value,
        how: &How<'_>,
    ) -> Result<ImportOutcome, Problem> {
        match bundle["type"].as_str() {
            Some("transaction") => self.import_bundle(session, bundle, how).await,
            Some("batch") => self.import_batch(session, bundle, how).await,
            // A collection, a search result, a history page: its resources, under their own ids.
            Some("collection" | "searchset" | "history" | "document" | "message") => {
                let kept = resources_of(bundle)?;
                let bundle = json!({ "resourceType": "Bundle", "type": "transaction", "entry": kept });
                self.import_bundle(session, bundle, how).await
            }
            other => Err(Problem::new(
                Kind::Unprocessable,
                "Ce type de Bundle ne s'importe pas.",
                "This type of Bundle is not imported.",
            )
            .at("Bundle.type")
            .expecting("transaction | batch | collection | document | searchset | history | message")
            .receiving(other.unwrap_or("(absent)"))),
        }
    }

    async fn import_bundle(
        &self,
        session: &Session,
        bundle: Value,
        how: &How<'_>,
    ) -> Result<ImportOutcome, Problem> {
        let Transacted { plan, written, .. } = self.transact(session, bundle, how.trust, how.mark).await?;
        let mut outcome = ImportOutcome::default();
        for (draft, written) in plan.drafts.iter().zip(&written) {
            match (written, draft.verb) {
                (None, _) => outcome.kept += 1,
                (Some(_), Verb::Delete) => {}
                (Some(written), _) => {
                    *outcome.written.entry(written.key.resource_type.name()).or_default() += 1;
                }
            }
            outcome.faulty += u64::from(how.trust == Trust::Lenient && !draft.warnings.is_empty());
        }
        Ok(outcome)
    }

    /// A batch: in one commit when everything in it is right, which is many times faster; else entry by entry, and only
    /// what is wrong is refused.
    async fn import_batch(
        &self,
        session: &Session,
        bundle: Value,
        how: &How<'_>,
    ) -> Result<ImportOutcome, Problem> {
        match self.import_bundle(session, bundle.clone(), how).await {
            Ok(outcome) => return Ok(outcome),
            Err(problem)
                if matches!(problem.kind, Kind::Internal | Kind::StorageFull | Kind::Unavailable) =>
            {
                return Err(problem);
            }
            Err(_) => session.refresh().await,
        }
        let nothing = || Vec::new();
        let alone = How { trust: how.trust, mark: &nothing };
        let mut all = ImportOutcome::default();
        for (position, entry) in entries::take(bundle)?.into_iter().enumerate() {
            let bundle = json!({ "resourceType": "Bundle", "type": "transaction", "entry": [entry] });
            match self.import_bundle(session, bundle, &alone).await {
                Ok(outcome) => {
                    for (name, count) in outcome.written {
                        *all.written.entry(name).or_default() += count;
                    }
                    all.kept += outcome.kept;
                    all.faulty += outcome.faulty;
                }
                Err(problem) => all.refused.push((position, problem)),
            }
        }
        if all.refused.is_empty() {
            self.gate().drawers("import").write((how.mark)()).await?;
        }
        Ok(all)
    }

    /// The target of a resource under its own id; for callers that write single resources.
    pub fn target_of(resource: &Value) -> Option<Target> {
        let resource_type: ResourceType = resource["resourceType"].as_str()?.parse().ok()?;
        Some(Target::Id(resource_type, resource["id"].as_str()?.to_owned()))
    }
}

/// The resources of a Bundle that asks nothing, as entries of one that writes them.
fn resources_of(mut bundle: Value) -> Result<Vec<Value>, Problem> {
    let Value::Array(entries) = bundle["entry"].take() else { return Ok(Vec::new()) };
    let mut kept = Vec::with_capacity(entries.len());
    for mut old in entries.into_iter().filter(Value::is_object) {
        let full_url = old["fullUrl"].take();
        if old["resource"].is_null() {
            continue;
        }
        let mut new = entry(old["resource"].take())?;
        if full_url.as_str().is_some_and(|url| url.starts_with("urn:")) {
            new["fullUrl"] = full_url;
        }
        kept.push(new);
    }
    Ok(kept)
}

/// A resource as an entry: under its own id when it has one.
fn entry(resource: Value) -> Result<Value, Problem> {
    let name = resource["resourceType"].as_str().unwrap_or("").to_owned();
    if name.parse::<ResourceType>().is_err() {
        return Err(Problem::new(
            Kind::Unprocessable,
            "Ce JSON n'est pas une ressource FHIR R4.",
            "This JSON is not a FHIR R4 resource.",
        )
        .coded("structure")
        .at("resourceType")
        .expecting("a FHIR R4 resource type")
        .receiving(name));
    }
    let request = match resource["id"].as_str() {
        Some(id) => json!({ "method": "PUT", "url": format!("{name}/{id}") }),
        None => json!({ "method": "POST", "url": name }),
    };
    Ok(json!({ "resource": resource, "request": request }))
}

fn unknown_form() -> Problem {
    Problem::new(
        Kind::UnsupportedMedia,
        "Ce fichier n'est ni du FHIR JSON ni un document CDA.",
        "This file is neither FHIR JSON nor a CDA document.",
    )
    .expecting("FHIR JSON (Bundle, resource, NDJSON; .gz allowed) | CDA R2 XML")
}
