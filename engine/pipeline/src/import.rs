//! Import: Bundles, resources and documents from files, safe to run twice.

use crate::execute::Trust;
use crate::interaction::{Interaction, Prefer, Returned, Target};
use crate::pipeline::Pipeline;
use serde_json::{Value, json};
use socle_gate::{DrawerWrite, Session};
use socle_kernel::{HomeId, Kind, Problem, ResourceType};

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

/// What became of one piece of input.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ImportOutcome {
    /// Resources written, by type name and number.
    pub written: Vec<(String, u64)>,
    /// True when this very input was imported before: nothing was done.
    pub was_seen: bool,
}

impl Pipeline {
    /// Imports one piece of input. `digest` is the SHA-256 of its bytes: the same bytes are imported once.
    pub async fn import(
        &self,
        session: &Session,
        input: Imported,
        digest: [u8; 32],
    ) -> Result<ImportOutcome, Problem> {
        let seen = self.gate().drawers("import");
        if seen.get::<bool>(SEEN, HomeId::PLATFORM, &digest).await?.is_some() {
            return Ok(ImportOutcome { was_seen: true, ..ImportOutcome::default() });
        }
        let mark = || vec![seen.change(SEEN, HomeId::PLATFORM, &digest, Some(&true))];
        match input {
            Imported::Region(bundle) => self.import_bundle(session, bundle, Trust::Ourselves, &mark).await,
            Imported::Fhir(value) if value["resourceType"] == "Bundle" => {
                self.import_any_bundle(session, value, &mark).await
            }
            Imported::Fhir(value) => {
                let bundle =
                    json!({ "resourceType": "Bundle", "type": "transaction", "entry": [entry(value)?] });
                self.import_bundle(session, bundle, Trust::Nobody, &mark).await
            }
            Imported::Document(content) => {
                let importer = self.importer().ok_or_else(unknown_form)?;
                let bundle = importer.bundle(self, session, &content).await?.ok_or_else(unknown_form)?;
                self.import_bundle(session, bundle, Trust::Nobody, &mark).await
            }
        }
    }

    async fn import_any_bundle(
        &self,
        session: &Session,
        bundle: Value,
        mark: &(dyn Fn() -> Vec<DrawerWrite> + Sync),
    ) -> Result<ImportOutcome, Problem> {
        match bundle["type"].as_str() {
            Some("transaction") => self.import_bundle(session, bundle, Trust::Nobody, mark).await,
            Some("batch") => {
                let outcome = self.import_batch(session, bundle).await?;
                self.gate().drawers("import").write(mark()).await?;
                Ok(outcome)
            }
            // A collection, a search result, a history page: its resources, under their own ids.
            Some("collection" | "searchset" | "history" | "document" | "message") => {
                let entries = bundle["entry"].as_array().cloned().unwrap_or_default();
                let mut kept = Vec::with_capacity(entries.len());
                for mut old in entries {
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
                let bundle = json!({ "resourceType": "Bundle", "type": "transaction", "entry": kept });
                self.import_bundle(session, bundle, Trust::Nobody, mark).await
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
        trust: Trust,
        mark: &(dyn Fn() -> Vec<DrawerWrite> + Sync),
    ) -> Result<ImportOutcome, Problem> {
        let prefer = Prefer { returned: Some(Returned::Minimal), ..Prefer::default() };
        let answer = self.transact(session, bundle, prefer, trust, mark).await?;
        Ok(counted(answer.body.as_deref().unwrap_or_default()))
    }

    /// Entries of a batch one by one; the first that is refused stops it with its position.
    async fn import_batch(&self, session: &Session, bundle: Value) -> Result<ImportOutcome, Problem> {
        let prefer = Prefer { returned: Some(Returned::Minimal), ..Prefer::default() };
        let answer = self.interact(session, Interaction::Bundle(bundle), prefer).await?;
        let body = answer.body.unwrap_or_default();
        let response = socle_fhir::json::parse(&body)?;
        for (index, entry) in response["entry"].as_array().into_iter().flatten().enumerate() {
            let status = entry["response"]["status"].as_str().unwrap_or("");
            if !status.starts_with('2') {
                let text = entry["response"]["outcome"]["issue"][0]["details"]["text"].as_str().unwrap_or("");
                let (fr, en) = (
                    format!("Entrée refusée ({status}) : {text}"),
                    format!("Entry refused ({status}): {text}"),
                );
                return Err(Problem::new(Kind::Unprocessable, fr, en).at(format!("Bundle.entry[{index}]")));
            }
        }
        Ok(counted(&body))
    }

    /// The target of a resource under its own id; for callers that write single resources.
    pub fn target_of(resource: &Value) -> Option<Target> {
        let resource_type: ResourceType = resource["resourceType"].as_str()?.parse().ok()?;
        Some(Target::Id(resource_type, resource["id"].as_str()?.to_owned()))
    }
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

/// Numbers by type, from the locations of an answer.
fn counted(body: &[u8]) -> ImportOutcome {
    let mut counts = std::collections::BTreeMap::<String, u64>::new();
    if let Ok(response) = socle_fhir::json::parse(body) {
        for entry in response["entry"].as_array().into_iter().flatten() {
            let is_written = entry["response"]["etag"].is_string();
            if let (Some(location), true) = (entry["response"]["location"].as_str(), is_written) {
                *counts.entry(location.split('/').next().unwrap_or("").to_owned()).or_default() += 1;
            }
        }
    }
    ImportOutcome { written: counts.into_iter().collect(), was_seen: false }
}

fn unknown_form() -> Problem {
    Problem::new(
        Kind::UnsupportedMedia,
        "Ce fichier n'est ni du FHIR JSON ni un document CDA.",
        "This file is neither FHIR JSON nor a CDA document.",
    )
    .expecting("FHIR JSON (Bundle, resource, NDJSON; .gz allowed) | CDA R2 XML")
}
