//! `Composition/$document`: a document Bundle of a composition and what it is made of, as the caller may see it.
//!
//! What is hidden from the caller is in no entry, and a section that tells of it is left out with its words (the gate takes
//! it out of the composition itself). A document that is kept carries the labels of its parts, so that it is hidden from
//! whomever one of them is hidden from at that moment.

use super::{Call, Definition, Operation, Parameter, Place};
use crate::execute::Trust;
use crate::interaction::{Answer, Level};
use crate::pipeline::Pipeline;
use crate::plan::{Draft, Plan};
use async_trait::async_trait;
use serde_json::{Value, json};
use socle_gate::{Found, Session, labels};
use socle_kernel::{Key, Kind, Problem, resource_type};
use std::collections::HashSet;
use std::sync::Arc;

/// Resources of one document, at most.
const PARTS: usize = 2_000;
/// The parts of a document, in the order of the Composition's definition. Other documents it relates to are none.
const MADE_OF: [&str; 7] = ["subject", "encounter", "author", "attester", "custodian", "event", "section"];
/// Code system of the labels of visibility.
const LABELS: &str =
    "https://mos.esante.gouv.fr/NOS/TRE_A07-StatusVisibiliteDocument/FHIR/TRE-A07-StatusVisibiliteDocument";

/// The operations of this file.
pub(super) fn operations() -> Vec<Arc<dyn Operation>> {
    vec![Arc::new(Document)]
}

struct Document;

static DOCUMENT: Definition = Definition {
    id: "Composition-document",
    code: "document",
    name: "CompositionDocument",
    canonical: "http://hl7.org/fhir/OperationDefinition/Composition-document",
    fr: "Le document d'une composition : elle, ce dont elle est faite et qui l'a faite, tels que vous pouvez les voir.",
    en: "The document of a composition: itself, what it is made of and who made it, as you may see them.",
    places: &[Place::Type, Place::Instance],
    types: &[resource_type::COMPOSITION],
    affects_state: false,
    takes_search: false,
    inputs: &[
        Parameter::optional(
            "id",
            "uri",
            "La composition, quand l'adresse ne la nomme pas.",
            "The composition, when the address does not name it.",
        ),
        Parameter::optional(
            "persist",
            "boolean",
            "Garder le document ; demande POST.",
            "Keep the document; needs POST.",
        ),
    ],
    outputs: &[Parameter::required("return", "Bundle", "Le document.", "The document.")],
};

#[async_trait]
impl Operation for Document {
    fn definition(&self) -> &'static Definition {
        &DOCUMENT
    }

    async fn run(&self, call: &Call, session: &Session, pipeline: &Pipeline) -> Result<Answer, Problem> {
        let is_kept = call.flag("persist") == Some(true);
        if is_kept && call.is_get {
            return Err(Problem::new(
                Kind::NotOffered,
                "Un document se garde par POST.",
                "A document is kept with POST.",
            )
            .at("persist")
            .expecting("POST")
            .receiving("GET"));
        }
        let id = composition_of(call, pipeline)?;
        let found = super::current(session, resource_type::COMPOSITION, &id).await?;
        let parts = parts(session, &found).await?;
        let document = assemble(session, pipeline, &found, &parts)?;
        if !is_kept {
            return Ok(Answer::of(&document));
        }
        keep(session, pipeline, &found, document).await
    }
}

/// The id of the composition: in the address, or in `id`.
fn composition_of(call: &Call, pipeline: &Pipeline) -> Result<String, Problem> {
    let named = call.text("id");
    if let Level::Instance(_, id) = &call.level {
        return match named {
            None => Ok(id.clone()),
            Some(other) => Err(Problem::new(
                Kind::Invalid,
                "L'adresse nomme déjà la composition.",
                "The address names the composition already.",
            )
            .at("id")
            .expecting("(absent)")
            .receiving(other)),
        };
    }
    let reference = named.unwrap_or_default();
    let reference = reference.strip_prefix(&format!("{}/", pipeline.fhir_base())).unwrap_or(reference);
    let id = reference.strip_prefix("Composition/").unwrap_or(reference);
    if crate::interaction::is_id(id) {
        return Ok(id.to_owned());
    }
    Err(Problem::new(Kind::Invalid, "Nommez la composition.", "Name the composition.")
        .coded("required")
        .at("id")
        .expecting("Composition/<id>")
        .receiving(reference))
}

/// What the composition is made of, each once, in the order in which it names them; then the professionals, organisations
/// and places that these refer to.
async fn parts(session: &Session, composition: &Found) -> Result<Vec<Found>, Problem> {
    let resource = socle_fhir::json::parse(&composition.body)?;
    let mut references = Vec::new();
    for element in MADE_OF {
        references_of(&resource[element], &mut references);
    }
    let mut known: HashSet<Key> = HashSet::from([composition.key]);
    let mut parts = Vec::new();
    for reference in references {
        let Some((resource_type, id)) = crate::owner::local(&reference) else { continue };
        let Some(key) = session.resolve(resource_type, id).await? else { continue };
        // Contents are read at their own addresses.
        if resource_type == resource_type::BINARY || !known.insert(key) {
            continue;
        }
        match session.read(key).await {
            Ok(Some(found)) if !found.deleted && found.labels & labels::WITHDRAWN == 0 => parts.push(found),
            Ok(_) => {}
            Err(problem) if problem.kind == Kind::Refused => {}
            Err(problem) => return Err(problem),
        }
        if parts.len() > PARTS {
            return Err(Problem::new(
                Kind::TooCostly,
                "Ce document est fait de trop de ressources.",
                "This document is made of too many resources.",
            )
            .expecting(format!("at most {PARTS}")));
        }
    }
    for found in super::around::shared(session, &parts, &[]).await? {
        if known.insert(found.key) {
            parts.push(found);
        }
    }
    Ok(parts)
}

fn references_of(value: &Value, out: &mut Vec<String>) {
    match value {
        Value::Array(items) => items.iter().for_each(|item| references_of(item, out)),
        Value::Object(members) => {
            out.extend(members.get("reference").and_then(Value::as_str).map(str::to_owned));
            members.values().for_each(|below| references_of(below, out));
        }
        _ => {}
    }
}

fn assemble(
    session: &Session,
    pipeline: &Pipeline,
    composition: &Found,
    parts: &[Found],
) -> Result<Value, Problem> {
    let base = pipeline.fhir_base();
    let mut bits = 0;
    let mut entries = Vec::with_capacity(parts.len() + 1);
    for found in std::iter::once(composition).chain(parts) {
        bits |= found.labels;
        entries.push(json!({
            "fullUrl": format!("{base}/{}/{}", found.key.resource_type, found.id),
            "resource": socle_fhir::json::parse(&found.body)?,
        }));
    }
    let mut document = json!({
        "resourceType": "Bundle",
        "meta": { "lastUpdated": session.now().to_string() },
        "identifier": { "system": "urn:ietf:rfc:3986", "value": format!("urn:uuid:{}", fresh_uuid(session)) },
        "type": "document",
        "timestamp": session.now().to_string(),
        "entry": entries,
    });
    let codings: Vec<Value> = [
        (labels::MASKED_FROM_PROFESSIONALS, "MASQUE_PS"),
        (labels::INVISIBLE_TO_PATIENT, "INVISIBLE_PATIENT"),
        (labels::INVISIBLE_TO_REPRESENTATIVES, "INVISIBLE_REPRESENTANTS_LEGAUX"),
    ]
    .into_iter()
    .filter(|(bit, _)| bits & bit != 0)
    .map(|(_, code)| json!({ "system": LABELS, "code": code }))
    .collect();
    if !codings.is_empty() {
        document["meta"]["security"] = codings.into();
    }
    Ok(document)
}

/// A random UUID (version 4): every assembly is a document of its own.
fn fresh_uuid(session: &Session) -> String {
    let mut bytes = [0u8; 16];
    session.gate().chance().fill(&mut bytes);
    bytes[6] = bytes[6] & 0x0f | 0x40;
    bytes[8] = bytes[8] & 0x3f | 0x80;
    let hex = data_encoding::HEXLOWER.encode(&bytes);
    format!("{}-{}-{}-{}-{}", &hex[..8], &hex[8..12], &hex[12..16], &hex[16..20], &hex[20..])
}

/// Keeps the document where its composition lives: it is decided upon, and erased, with the record it belongs to.
async fn keep(
    session: &Session,
    pipeline: &Pipeline,
    composition: &Found,
    document: Value,
) -> Result<Answer, Problem> {
    let home = Some(composition.key.home);
    let draft = Draft { home, ..Draft::create(resource_type::BUNDLE, document) };
    let mut plan = Plan::of(draft);
    let written = pipeline.execute(session, &mut plan, Trust::Nobody, Vec::new()).await?;
    let written =
        written.into_iter().flatten().next().ok_or_else(|| Problem::internal("nothing was written"))?;
    Ok(Answer {
        status: 200,
        version: Some(written.version),
        last_updated: Some(written.last_updated),
        location: Some(format!("Bundle/{}/_history/{}", written.id, written.version)),
        body: Some(written.body),
        ..Answer::default()
    })
}
