//! Makes a pack of a FHIR package as it is published: every file read, what is used kept, missing snapshots made.

use super::kind::Kind;
use super::pack::{Pack, RESOURCE_BYTES, write};
use super::{complete, find, slim};
use serde_json::Value;
use socle_kernel::{Problem, problem};
use std::collections::HashMap;
use std::sync::Arc;

/// A package that is ready to be kept.
#[derive(Debug)]
pub struct Made {
    /// Its name.
    pub name: String,
    /// Its version.
    pub version: String,
    /// How many resources it holds.
    pub resources: usize,
    /// How many snapshots were made.
    pub snapshots: usize,
    /// The bytes of the pack.
    pub bytes: Vec<u8>,
}

/// Names of a package and of a version, which become a file's name.
fn is_plain(name: &str) -> bool {
    (1..=128).contains(&name.len())
        && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-' | b'_'))
        && !name.starts_with('.')
}

fn refused(file: &str, fr: &str, en: &str) -> Problem {
    Problem::new(problem::Kind::Unprocessable, format!("{file} : {fr}."), format!("{file}: {en}.")).at(file)
}

/// Makes a pack of the files of a package (name, bytes): `package.json` says what it is, each other JSON file is a
/// resource. Whatever is wrong is told with its file, and nothing is made then.
pub fn make(files: &[(String, Vec<u8>)]) -> Result<Made, Problem> {
    let last = |name: &str| name.rsplit('/').next().unwrap_or(name).to_owned();
    let manifest = files.iter().find(|(name, _)| last(name) == "package.json").ok_or_else(|| {
        refused(
            "package.json",
            "ce fichier manque : il nomme le paquet, sa version et la version de FHIR",
            "this file is missing: it names the package, its version and the version of FHIR",
        )
    })?;
    let (name, version) = identity(&read(&manifest.0, &manifest.1)?)?;
    let mut resources = Vec::new();
    for (file, bytes) in files {
        let short = last(file);
        if short == "package.json" || short.starts_with('.') || !short.ends_with(".json") {
            continue;
        }
        let resource = read(file, bytes)?;
        let Some(kind) = resource.get("resourceType").and_then(Value::as_str).and_then(Kind::named) else {
            continue;
        };
        if kind != Kind::NamingSystem && kind.address(&resource).is_empty() {
            return Err(refused(
                file,
                "la ressource n'a pas d'adresse (url)",
                "the resource has no address (url)",
            ));
        }
        resources.push((file.clone(), resource));
    }
    if resources.is_empty() {
        return Err(refused(
            &name,
            "le paquet ne contient aucune ressource de définition",
            "the package holds no conformance resource",
        ));
    }
    let (resources, snapshots) = completed(resources)?;
    let count = resources.len();
    let bytes = write(&name, &version, &resources)?;
    Pack::open(bytes.clone())?;
    Ok(Made { name, version, resources: count, snapshots, bytes })
}

fn read(file: &str, bytes: &[u8]) -> Result<Value, Problem> {
    if bytes.len() > RESOURCE_BYTES {
        return Err(refused(file, "le fichier est trop grand", "the file is too large"));
    }
    // Some tools begin their files with a byte order mark.
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    serde_json::from_slice(bytes).map_err(|error| {
        refused(file, &format!("ce n'est pas du JSON ({error})"), &format!("this is not JSON ({error})"))
    })
}

fn identity(manifest: &Value) -> Result<(String, String), Problem> {
    let text = |name: &str| manifest.get(name).and_then(Value::as_str).unwrap_or("").to_owned();
    let (name, version) = (text("name"), text("version"));
    if !is_plain(&name) || !is_plain(&version) {
        return Err(refused(
            "package.json",
            "name et version sont des lettres, chiffres, points et tirets",
            "name and version are letters, digits, points and hyphens",
        ));
    }
    let versions =
        ["fhirVersions", "fhir-version-list"].into_iter().find_map(|name| manifest.get(name)?.as_array());
    let is_r4 = |version: &Value| version.as_str().is_some_and(|version| version.starts_with("4.0"));
    if versions.is_some_and(|versions| !versions.iter().any(is_r4)) {
        return Err(refused(
            "package.json",
            "le paquet n'est pas écrit pour FHIR R4 (4.0.x) : prenez sa version R4",
            "the package is not written for FHIR R4 (4.0.x): take its R4 edition",
        ));
    }
    Ok((name, version))
}

/// Profiles get their snapshots: from the package itself first, then from what is installed.
fn completed(resources: Vec<(String, Value)>) -> Result<(Vec<Value>, usize), Problem> {
    let own: HashMap<String, Arc<Value>> = resources
        .iter()
        .filter(|(_, resource)| resource["resourceType"] == "StructureDefinition")
        .filter_map(|(_, resource)| {
            Some((resource.get("url")?.as_str()?.to_owned(), Arc::new(resource.clone())))
        })
        .collect();
    let look = |canonical: &str| {
        let url = canonical.split('|').next().unwrap_or(canonical);
        own.get(url)
            .cloned()
            .or_else(|| find(Kind::StructureDefinition, canonical))
            .or_else(|| find(Kind::StructureDefinition, url))
    };
    let (mut made, mut snapshots) = (Vec::with_capacity(resources.len()), 0);
    for (file, resource) in resources {
        let needs = resource["resourceType"] == "StructureDefinition" && resource.get("snapshot").is_none();
        let whole = if needs {
            snapshots += 1;
            complete(&resource, &look).map_err(|problem| problem.at(file))?
        } else {
            resource
        };
        made.extend(slim(whole));
    }
    Ok((made, snapshots))
}
