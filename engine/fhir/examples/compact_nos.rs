//! Makes the pack of the Nomenclatures des Objets de Santé: value sets that French profiles bind to, and French names of codes.
//!
//! `cargo run -p socle-fhir --example compact_nos -- INPUT data/packages/fr.ans.nos.pack`, where INPUT holds `valuesets` and
//! `codesystems`, one JSON file per resource. What is kept and why: `data/packages/README.md`.

use serde_json::{Map, Value, json};
use socle_fhir::packages::{self, Kind};
use std::collections::{BTreeMap, HashMap};
use std::error::Error;
use std::fs;
use std::path::Path;

/// Date of the copy that INPUT is.
const VERSION: &str = "2025.2.0";
/// OIDs under which the ANS itself publishes its tables (TRE).
const ANS: [&str; 12] = [
    "1.2.250.1.213.1.",
    "1.2.250.1.213.3.",
    "1.2.250.1.71.",
    "1.2.250.1.213.2.28",
    "1.2.250.1.213.2.29",
    "1.2.250.1.213.2.30",
    "1.2.250.1.213.2.31",
    "1.2.250.1.213.2.32",
    "1.2.250.1.213.2.33",
    "1.2.250.1.213.2.34",
    "1.2.250.1.213.2.35",
    "1.2.250.1.213.2.76",
];
/// Systems of others whose licence lets their codes be named.
const NAMED: [&str; 3] = ["http://loinc.org", "http://terminology.hl7.org/", "http://unitsofmeasure.org"];

/// Codes with their French names, by system.
type Names = BTreeMap<String, BTreeMap<String, String>>;

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [input, output] = arguments.as_slice() else { return Err("usage: compact_nos INPUT OUTPUT".into()) };
    let mut value_sets = read(&Path::new(input).join("valuesets"))?;
    let code_systems = read(&Path::new(input).join("codesystems"))?;
    let addresses = addresses(&code_systems);
    let mut names = Names::new();
    for set in &mut value_sets {
        for include in includes(set) {
            rename(include, &addresses);
            gather(include, &mut names);
        }
    }
    let mut resources: Vec<Value> = code_systems;
    let known: Vec<String> = resources.iter().filter_map(|r| r["url"].as_str().map(str::to_owned)).collect();
    names.retain(|system, _| !known.contains(system));
    resources.extend(value_sets.iter_mut().filter_map(open_set));
    resources.extend(names.into_iter().filter_map(|(system, names)| french(&system, names)));
    let bytes = packages::write("fr.ans.nos", VERSION, &resources).map_err(|problem| problem.to_string())?;
    fs::write(output, bytes)?;
    Ok(())
}

/// What the other packages bring: this program carries the pack of its last run itself.
fn others(kind: Kind) -> impl Iterator<Item = &'static packages::Entry> {
    packages::list(kind).filter(|entry| !entry.package.starts_with("fr.ans.nos#"))
}

fn read(folder: &Path) -> Result<Vec<Value>, Box<dyn Error>> {
    let mut files: Vec<_> = fs::read_dir(folder)?.filter_map(|entry| Some(entry.ok()?.path())).collect();
    files.sort();
    files.iter().map(|file| Ok(serde_json::from_slice(&fs::read(file)?)?)).collect()
}

/// The address of every code system that says its OID.
fn addresses(own: &[Value]) -> HashMap<String, String> {
    let official = others(Kind::CodeSystem).map(|entry| (*entry.load()).clone());
    let ucum = ("urn:oid:2.16.840.1.113883.6.8".to_owned(), "http://unitsofmeasure.org".to_owned());
    let mut addresses = HashMap::from([ucum]);
    for system in own.iter().cloned().chain(official) {
        let Some(url) = system["url"].as_str() else { continue };
        for identifier in system["identifier"].as_array().into_iter().flatten() {
            if let Some(oid) = identifier["value"].as_str() {
                addresses.entry(oid.to_owned()).or_insert_with(|| url.to_owned());
            }
        }
    }
    addresses
}

fn includes(set: &mut Value) -> impl Iterator<Item = &mut Value> {
    set.pointer_mut("/compose/include").and_then(Value::as_array_mut).into_iter().flatten()
}

fn rename(include: &mut Value, addresses: &HashMap<String, String>) {
    if let Some(url) = include["system"].as_str().and_then(|system| addresses.get(system)) {
        include["system"] = url.as_str().into();
    }
}

fn is_free(system: &str) -> bool {
    let oid = system.strip_prefix("urn:oid:").unwrap_or("");
    ANS.iter().any(|arc| oid.strip_prefix(arc).is_some_and(|rest| arc.ends_with('.') || rest.is_empty()))
        || NAMED.iter().any(|start| system.starts_with(start))
        || system.starts_with("https://mos.esante.gouv.fr/NOS/")
}

fn gather(include: &Value, names: &mut Names) {
    let system = include["system"].as_str().unwrap_or("");
    // Codes of LOINC and UCUM are named in value sets only.
    if !is_free(system) || matches!(system, "http://loinc.org" | "http://unitsofmeasure.org") {
        return;
    }
    for concept in include["concept"].as_array().into_iter().flatten() {
        if let (Some(code), Some(display)) = (concept["code"].as_str(), concept["display"].as_str()) {
            names
                .entry(system.to_owned())
                .or_default()
                .entry(code.to_owned())
                .or_insert_with(|| display.to_owned());
        }
    }
}

/// A value set as a list that may lack what was added since: a living nomenclature must not refuse its own newer codes.
fn open_set(set: &mut Value) -> Option<Value> {
    let is_bound_to =
        set["url"].as_str().is_some_and(|url| url.starts_with("https://mos.esante.gouv.fr/NOS/"));
    let mut contains = Vec::new();
    for include in includes(set) {
        let system = include["system"].as_str()?.to_owned();
        // The list is open: what is left out is unknown.
        if !is_free(&system) {
            continue;
        }
        for concept in include["concept"].as_array().into_iter().flatten() {
            contains
                .push(json!({ "system": system, "code": concept["code"], "display": concept["display"] }));
        }
    }
    let date = set["version"].clone();
    let mut kept: Map<String, Value> = set.as_object()?.clone();
    kept.retain(|name, _| !matches!(name.as_str(), "compose" | "text"));
    kept.insert("language".into(), "fr".into());
    kept.insert(
        "expansion".into(),
        json!({
            "extension": [{ "url": "http://hl7.org/fhir/StructureDefinition/valueset-unclosed", "valueBoolean": true }],
            "timestamp": date, "total": contains.len(), "contains": contains,
        }),
    );
    (is_bound_to && !contains.is_empty()).then_some(Value::Object(kept))
}

/// The French names of a system: as a part of it when nobody else brings it, as a supplement when somebody does.
fn french(system: &str, names: BTreeMap<String, String>) -> Option<Value> {
    let entry = others(Kind::CodeSystem).find(|entry| entry.url == system);
    let id: String = system
        .rsplit(['/', ':'])
        .next()?
        .chars()
        .filter(|c| c.is_ascii_alphanumeric() || *c == '-' || *c == '.')
        .collect();
    let concepts = |write: &dyn Fn(&str, &str) -> Value| -> Vec<Value> {
        names.iter().map(|(code, name)| write(code, name)).collect()
    };
    let mut out = json!({ "resourceType": "CodeSystem", "id": format!("nos-{id}"), "language": "fr", "version": VERSION,
        "status": "active", "publisher": "ANS" });
    match entry {
        Some(known) => {
            out["url"] = format!("urn:socle:nos:{}", known.id).into();
            out["name"] = format!("NOS_{}", known.name).into();
            out["content"] = "supplement".into();
            out["supplements"] = system.into();
            out["concept"] = concepts(
                &|code, name| json!({ "code": code, "designation": [{ "language": "fr", "value": name }] }),
            )
            .into();
        }
        None => {
            out["url"] = system.into();
            out["name"] = format!("NOS_{}", id.replace(['.', '-'], "_")).into();
            out["content"] = "fragment".into();
            out["caseSensitive"] = true.into();
            out["concept"] = concepts(&|code, name| json!({ "code": code, "display": name })).into();
        }
    }
    Some(out)
}
