//! Addresses of the description: interactions of every type, searches with their parameters, operations.

use super::schema::{self, ANY};
use crate::operations::{Definition, Parameter, Place, Registry};
use serde_json::{Map, Value, json};
use socle_fhir::ParamKind;
use socle_kernel::{Lang, ResourceType, limits, resource_type};

const FHIR_JSON: &str = "application/fhir+json";
/// Where what is not of one type is listed.
const SYSTEM: &str = "System";

/// The groups of addresses: one for each resource type, and the system.
pub(super) fn tags(lang: Lang) -> Value {
    let system = json!({ "name": SYSTEM, "description": lang.pick("Toute la base", "The whole base") });
    let types = ResourceType::all().map(|resource_type| {
        json!({ "name": resource_type.name(), "externalDocs": {
            "url": format!("https://hl7.org/fhir/R4/{}.html", resource_type.name().to_ascii_lowercase()) } })
    });
    std::iter::once(system).chain(types).collect()
}

/// All addresses.
pub(super) fn paths(operations: &Registry, lang: Lang) -> Map<String, Value> {
    let mut paths = Map::new();
    system(&mut paths, lang);
    for resource_type in ResourceType::all() {
        of_type(&mut paths, resource_type, lang);
    }
    for definition in operations.definitions() {
        operation(&mut paths, definition, lang);
    }
    paths
}

fn system(paths: &mut Map<String, Value>, lang: Lang) {
    let mut metadata =
        act(SYSTEM, "capabilities", lang.pick("Ce que le serveur offre", "What the server offers"));
    metadata["security"] = json!([]);
    metadata["responses"] = answers("CapabilityStatement", &[]);
    paths.insert("/metadata".into(), json!({ "get": metadata }));

    let mut bundle = act(
        SYSTEM,
        "transaction",
        lang.pick(
            "Plusieurs actes : tout ou rien (transaction), ou chacun pour soi (batch)",
            "Several acts: all or nothing (transaction), or each on its own (batch)",
        ),
    );
    bundle["requestBody"] = body("Bundle");
    bundle["parameters"] = json!([shared("Prefer")]);
    bundle["responses"] = answers("Bundle", &[409, 412, 413, 422]);
    let mut search =
        act(SYSTEM, "search-system", lang.pick("Chercher parmi plusieurs types", "Search several types"));
    search["parameters"] = json!([
        { "name": "_type", "in": "query", "required": true, "schema": text(), "description": lang.pick("types, séparés par des virgules", "types, separated by commas") },
        shared("_id"), shared("_lastUpdated"), shared("_count"), shared("Prefer")
    ]);
    search["responses"] = answers("Bundle", &[]);
    paths.insert("/".into(), json!({ "get": search, "post": bundle }));

    let mut history = act(SYSTEM, "history-system", lang.pick("Ce qui a changé", "What changed"));
    history["parameters"] = json!([shared("_count"), shared("_since")]);
    history["responses"] = answers("Bundle", &[]);
    paths.insert("/_history".into(), json!({ "get": history }));
}

fn of_type(paths: &mut Map<String, Value>, resource_type: ResourceType, lang: Lang) {
    let name = resource_type.name();
    let named = |code: &str| format!("{code}-{name}");
    let mut search = act(name, &named("search"), lang.pick("Chercher", "Search"));
    let mut parameters: Vec<Value> =
        ["_count", "_sort", "_total", "_summary", "_elements", "_include", "_revinclude", "Prefer"]
            .into_iter()
            .map(shared)
            .collect();
    parameters.extend(searches(resource_type));
    search["parameters"] = parameters.into();
    search["responses"] = answers("Bundle", &[403]);

    let mut create = act(name, &named("create"), lang.pick("Créer", "Create"));
    create["requestBody"] = body(name);
    create["parameters"] = json!([shared("If-None-Exist"), shared("Prefer")]);
    create["responses"] = answers(name, &[200, 201, 412, 422]);
    paths.insert(format!("/{name}"), json!({ "get": search, "post": create }));

    let mut posted = act(
        name,
        &named("search-by-post"),
        lang.pick("Chercher, paramètres dans le corps", "Search, parameters in the body"),
    );
    posted["requestBody"] = json!({ "content": { "application/x-www-form-urlencoded": { "schema": {
        "type": "object", "additionalProperties": { "type": "string" } } } } });
    posted["responses"] = answers("Bundle", &[403]);
    paths.insert(format!("/{name}/_search"), json!({ "post": posted }));

    if resource_type == resource_type::AUDIT_EVENT {
        // A line of the log is never changed, by nobody: it is read only.
        let mut read = act(name, &named("read"), lang.pick("Lire", "Read"));
        read["parameters"] = json!([id()]);
        read["responses"] = answers(name, &[404]);
        paths.insert(format!("/{name}/{{id}}"), json!({ "get": read }));
        return;
    }
    let mut history = act(
        name,
        &named("history-type"),
        lang.pick("Ce qui a changé dans ce type", "What changed in this type"),
    );
    history["parameters"] = json!([shared("_count"), shared("_since")]);
    history["responses"] = answers("Bundle", &[]);
    paths.insert(format!("/{name}/_history"), json!({ "get": history }));
    paths.insert(format!("/{name}/{{id}}"), instance(name, lang));

    let mut versions = act(name, &named("history"), lang.pick("Ses versions", "Its versions"));
    versions["parameters"] = json!([id(), shared("_count"), shared("_since")]);
    versions["responses"] = answers("Bundle", &[404]);
    paths.insert(format!("/{name}/{{id}}/_history"), json!({ "get": versions }));
    let mut version = act(name, &named("vread"), lang.pick("Lire une version", "Read a version"));
    version["parameters"] =
        json!([id(), { "name": "version", "in": "path", "required": true, "schema": text() }]);
    version["responses"] = answers(name, &[404, 410]);
    paths.insert(format!("/{name}/{{id}}/_history/{{version}}"), json!({ "get": version }));
}

fn instance(name: &str, lang: Lang) -> Value {
    let mut read = act(name, &format!("read-{name}"), lang.pick("Lire", "Read"));
    read["parameters"] = json!([id(), shared("If-None-Match")]);
    read["responses"] = answers(name, &[304, 404, 410]);
    let mut update = act(
        name,
        &format!("update-{name}"),
        lang.pick("Remplacer, ou créer sous cet identifiant", "Replace, or create under this id"),
    );
    update["parameters"] = json!([id(), shared("If-Match"), shared("Prefer")]);
    update["requestBody"] = body(name);
    update["responses"] = answers(name, &[200, 201, 404, 409, 412, 422]);
    let mut patch =
        act(name, &format!("patch-{name}"), lang.pick("Modifier des éléments", "Change elements"));
    patch["parameters"] = json!([id(), shared("If-Match"), shared("Prefer")]);
    patch["requestBody"] = json!({ "required": true, "content": {
        "application/json-patch+json": { "schema": { "type": "array", "items": {
            "type": "object", "required": ["op", "path"],
            "properties": { "op": { "enum": ["add", "remove", "replace", "move", "copy", "test"] }, "path": text(), "from": text(), "value": {} } } } },
        FHIR_JSON: { "schema": schema::reference("Parameters") } } });
    patch["responses"] = answers(name, &[404, 409, 412, 422]);
    let mut delete = act(name, &format!("delete-{name}"), lang.pick("Supprimer", "Delete"));
    delete["parameters"] = json!([id(), shared("If-Match")]);
    delete["responses"] = answers("OperationOutcome", &[204, 404, 409, 412]);
    json!({ "get": read, "put": update, "patch": patch, "delete": delete })
}

/// The search parameters of a type, as query parameters.
fn searches(resource_type: ResourceType) -> Vec<Value> {
    socle_fhir::parameters(resource_type)
        .iter()
        .map(|parameter| {
            json!({ "name": parameter.code, "in": "query", "schema": text(), "description": parameter.kind.code(), "example": example(parameter.kind) })
        })
        .collect()
}

fn example(kind: ParamKind) -> &'static str {
    match kind {
        ParamKind::Number => "gt0.8",
        ParamKind::Date => "ge2026-01-31",
        ParamKind::String => "mart",
        ParamKind::Token => "http://loinc.org|8867-4",
        ParamKind::Reference => "Patient/id",
        ParamKind::Composite => "8480-6$gt140",
        ParamKind::Quantity => "5.4|http://unitsofmeasure.org|mg",
        ParamKind::Uri => "http://hl7.org/fhir/ValueSet/observation-status",
        ParamKind::Special => "48.11|-1.68|10|km",
    }
}

fn operation(paths: &mut Map<String, Value>, definition: &Definition, lang: Lang) {
    let types: Vec<&str> = definition.types.iter().map(|resource_type| resource_type.name()).collect();
    for place in definition.places {
        match place {
            Place::System => add(paths, definition, SYSTEM, format!("/${}", definition.code), lang),
            // An operation of every type is described once: `{type}` stands for its name.
            Place::Type if types.is_empty() => {
                add(paths, definition, SYSTEM, format!("/{{type}}/${}", definition.code), lang);
            }
            Place::Instance if types.is_empty() => {
                add(paths, definition, SYSTEM, format!("/{{type}}/{{id}}/${}", definition.code), lang);
            }
            Place::Type => {
                for name in &types {
                    add(paths, definition, name, format!("/{name}/${}", definition.code), lang);
                }
            }
            Place::Instance => {
                for name in &types {
                    add(paths, definition, name, format!("/{name}/{{id}}/${}", definition.code), lang);
                }
            }
        }
    }
}

fn add(paths: &mut Map<String, Value>, definition: &Definition, tag: &str, path: String, lang: Lang) {
    let mut place: Vec<Value> = Vec::new();
    if path.contains("{type}") {
        place.push(
            json!({ "name": "type", "in": "path", "required": true, "schema": text(), "example": "Patient" }),
        );
    }
    if path.contains("{id}") {
        place.push(id());
    }
    let code: String = path.chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '-' }).collect();
    let described = |method: &str| {
        let mut act = act(tag, &format!("{method}{code}"), lang.pick(definition.fr, definition.en));
        act["responses"] = answers(ANY, &[404, 422]);
        act
    };
    let mut methods = json!({});
    if !definition.affects_state
        && definition.inputs.iter().all(|input| !input.is_resource() || input.min == 0)
    {
        let mut get = described("get");
        let asked = definition.inputs.iter().filter(|input| !input.is_resource() && input.parts.is_empty());
        get["parameters"] = place.iter().cloned().chain(asked.map(|input| query(input, lang))).collect();
        methods["get"] = get;
    }
    let mut post = described("post");
    post["parameters"] = place.into();
    post["requestBody"] = json!({ "content": { FHIR_JSON: { "schema": schema::reference("Parameters") } } });
    methods["post"] = post;
    paths.insert(path, methods);
}

fn query(input: &Parameter, lang: Lang) -> Value {
    json!({ "name": input.name, "in": "query", "required": input.min > 0, "schema": text(),
        "description": format!("{} ({})", lang.pick(input.fr, input.en), input.kind) })
}

fn act(tag: &str, id: &str, summary: &str) -> Value {
    json!({ "tags": [tag], "operationId": id, "summary": summary })
}

fn text() -> Value {
    json!({ "type": "string" })
}

fn id() -> Value {
    json!({ "name": "id", "in": "path", "required": true, "schema": schema::reference("id") })
}

fn shared(name: &str) -> Value {
    json!({ "$ref": format!("#/components/parameters/{name}") })
}

fn body(name: &str) -> Value {
    json!({ "required": true, "content": { FHIR_JSON: { "schema": schema::reference(name) } } })
}

/// What may come back: the resource on success (200 unless the list names another success), and the refusals, which all are outcomes.
fn answers(name: &str, more: &[u16]) -> Value {
    let mut answers = Map::new();
    let successes: Vec<u16> = more.iter().copied().filter(|status| (200..300).contains(status)).collect();
    for status in if successes.is_empty() { &[200][..] } else { &successes } {
        let mut answer = json!({ "description": if *status == 201 { "Created" } else { "OK" } });
        if *status != 204 {
            answer["content"] = json!({ FHIR_JSON: { "schema": schema::reference(name) } });
        }
        answers.insert(status.to_string(), answer);
    }
    if more.contains(&304) {
        answers.insert("304".into(), json!({ "description": "Not Modified" }));
    }
    for status in [400, 401, 403, 404, 406, 409, 410, 412, 413, 415, 422, 503] {
        if more.contains(&status) || matches!(status, 400 | 401 | 403 | 404 | 406 | 415 | 503) {
            answers.insert(status.to_string(), json!({ "$ref": "#/components/responses/Refusal" }));
        }
    }
    answers.into()
}

/// Parameters that many addresses have.
pub(super) fn shared_parameters(lang: Lang) -> Value {
    let query = |name: &str, fr: &str, en: &str| json!({ "name": name, "in": "query", "schema": text(), "description": lang.pick(fr, en) });
    let header = |name: &str, fr: &str, en: &str| json!({ "name": name, "in": "header", "schema": text(), "description": lang.pick(fr, en) });
    let mut count = query("_count", "résultats par page", "results on a page");
    count["schema"] = json!({ "type": "integer", "minimum": 0, "maximum": limits::PAGE_MAX });
    json!({
        "_count": count,
        "_id": query("_id", "identifiants, séparés par des virgules", "ids, separated by commas"),
        "_lastUpdated": query("_lastUpdated", "date du dernier changement, comme ge2026-01-31", "date of the last change, as ge2026-01-31"),
        "_since": query("_since", "seulement ce qui a changé depuis", "only what changed since"),
        "_sort": query("_sort", "ordre : -date,status", "order: -date,status"),
        "_total": { "name": "_total", "in": "query", "schema": { "enum": ["none", "estimate", "accurate"] }, "description": lang.pick("le total, ou non", "the total, or not") },
        "_summary": { "name": "_summary", "in": "query", "schema": { "enum": ["true", "false", "text", "data", "count"] }, "description": lang.pick("une partie de chaque ressource", "a part of each resource") },
        "_elements": query("_elements", "éléments à garder", "elements to keep"),
        "_include": query("_include", "ce à quoi les résultats renvoient : Observation:subject", "what results refer to: Observation:subject"),
        "_revinclude": query("_revinclude", "ce qui renvoie aux résultats : Provenance:target", "what refers to results: Provenance:target"),
        "Prefer": header("Prefer", "return=minimal | representation | OperationOutcome, handling=lenient", "return=minimal | representation | OperationOutcome, handling=lenient"),
        "If-Match": header("If-Match", "la version que l'on a vue : W/\"3\"", "the version one saw: W/\"3\""),
        "If-None-Match": header("If-None-Match", "la version que l'on a déjà", "the version one holds already"),
        "If-None-Exist": header("If-None-Exist", "ne créer que si cette recherche ne trouve rien", "create only when this search finds nothing"),
    })
}

/// Answers that many addresses have.
pub(super) fn shared_responses(lang: Lang) -> Value {
    json!({ "Refusal": {
        "description": lang.pick("Un refus, avec sa raison", "A refusal, with its reason"),
        "content": { FHIR_JSON: { "schema": schema::reference("OperationOutcome") } },
    } })
}
