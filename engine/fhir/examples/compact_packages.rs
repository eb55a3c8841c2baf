//! Makes the packs of `data/packages` from FHIR packages.
//!
//! `cargo run --release -p socle-fhir --example compact_packages -- INPUT OUTPUT [--train]`
//!
//! INPUT is a folder with one folder per package, named in the third column of `OUTPUT/packages.tsv`: JSON files (also in
//! `profiles` and `valuesets` below) and files of one resource per line (`.ndjson.gz`). OUTPUT is `data/packages`.
//! With `--train` the shared dictionary is made anew; packs of an older dictionary can then no longer be read, so a
//! dictionary that was released gets a new number and stays.

use flate2::read::GzDecoder;
use serde_json::Value;
use socle_fhir::packages::{Kind, slim, write_with};
use std::collections::{BTreeMap, BTreeSet};
use std::error::Error;
use std::fs;
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};

/// Larger dictionaries gain little and cost memory in every process.
const DICTIONARY_BYTES: usize = 200 * 1024;
/// Expansions of more codes are cut in the official package, so they decide nothing.
const EXPANSION_CODES: usize = 999;
/// Systems whose codes are not copied from expansions: their owners' licences, or a grammar instead of a list.
const NOT_EXPANDED: [&str; 3] = ["http://snomed.info/sct", "http://loinc.org", "http://unitsofmeasure.org"];

/// Name, version and resources of a package.
type Package = (String, String, Vec<Value>);

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let (input, output, train) = match arguments.as_slice() {
        [input, output] => (Path::new(input), Path::new(output), false),
        [input, output, flag] if flag == "--train" => (Path::new(input), Path::new(output), true),
        _ => return Err("usage: compact_packages INPUT OUTPUT [--train]".into()),
    };
    let table = fs::read_to_string(output.join("packages.tsv"))?;
    let mut packages: Vec<Package> = Vec::new();
    for line in table.lines().filter(|line| !line.starts_with('#') && !line.is_empty()) {
        let mut columns = line.split('\t');
        let (Some(name), Some(version), Some(folder)) = (columns.next(), columns.next(), columns.next())
        else {
            return Err(format!("packages.tsv: {line}").into());
        };
        packages.push((name.to_owned(), version.to_owned(), read_package(&input.join(folder))?));
    }
    let systems = complete_systems(&packages);
    for (_, _, resources) in &mut packages {
        resources.iter_mut().for_each(amend);
        let kept = resources.drain(..).filter_map(slim).collect();
        *resources = unique(kept);
        resources.iter_mut().for_each(|resource| expansion(resource, &systems));
    }
    let dictionary = output.join("dictionary-1.bin");
    if train {
        let samples: Vec<Vec<u8>> =
            packages.iter().flat_map(|(_, _, all)| all).map(|r| r.to_string().into_bytes()).collect();
        fs::write(&dictionary, zstd::dict::from_samples(&samples, DICTIONARY_BYTES)?)?;
    }
    let dictionary = fs::read(dictionary)?;
    let mut total = 0;
    for (name, version, resources) in &packages {
        let bytes =
            write_with(&dictionary, name, version, resources).map_err(|problem| format!("{problem:?}"))?;
        let plain: usize = resources.iter().map(|resource| resource.to_string().len()).sum();
        writeln!(io::stdout(), "{name}#{version}\t{}\t{plain}\t{}", resources.len(), bytes.len())?;
        total += bytes.len();
        fs::write(output.join(format!("{name}.pack")), bytes)?;
    }
    writeln!(io::stdout(), "total\t{total}")?;
    Ok(())
}

fn read_package(folder: &Path) -> Result<Vec<Value>, Box<dyn Error>> {
    let mut files: Vec<PathBuf> = Vec::new();
    for place in ["", "profiles", "valuesets"] {
        let place = folder.join(place);
        if place.is_dir() {
            files.extend(fs::read_dir(place)?.filter_map(|entry| Some(entry.ok()?.path())));
        }
    }
    files.sort();
    let mut resources = Vec::new();
    for file in files {
        let name = file.file_name().and_then(|name| name.to_str()).unwrap_or("");
        if name.ends_with(".ndjson.gz") {
            let mut text = String::new();
            GzDecoder::new(fs::File::open(&file)?).read_to_string(&mut text)?;
            for line in text.lines() {
                resources.push(serde_json::from_str(line)?);
            }
        } else if name.ends_with(".json") {
            resources.push(serde_json::from_slice(&fs::read(&file)?)?);
        }
    }
    Ok(resources)
}

/// Mends what fits badly between packages of different dates (told in the README).
fn amend(resource: &mut Value) {
    // PDSm 3.1.1 rests on MHD 4.2.3, whose unique ids need no type. The build of 4.2.4 asks for one.
    if resource["url"] == "https://profiles.ihe.net/ITI/MHD/StructureDefinition/IHE.MHD.UniqueIdIdentifier" {
        let elements = resource.pointer_mut("/snapshot/element").and_then(Value::as_array_mut);
        for element in elements.into_iter().flatten().filter(|element| element["id"] == "Identifier.type") {
            element["min"] = Value::from(0);
        }
    }
}

/// The same address in the same version once: of value sets, the one with an expansion.
fn unique(resources: Vec<Value>) -> Vec<Value> {
    let mut seen: BTreeMap<(String, String, String), usize> = BTreeMap::new();
    let mut kept: Vec<Value> = Vec::new();
    for resource in resources {
        let text = |name: &str| resource.get(name).and_then(Value::as_str).unwrap_or("").to_owned();
        let address = if text("url").is_empty() { text("id") } else { text("url") };
        match seen.get(&(text("resourceType"), address.clone(), text("version"))) {
            Some(index) if resource.get("expansion").is_some() => kept[*index] = resource,
            Some(_) => {}
            None => {
                seen.insert((text("resourceType"), address, text("version")), kept.len());
                kept.push(resource);
            }
        }
    }
    kept.sort_by_cached_key(|resource| {
        let kind = resource["resourceType"].as_str().and_then(Kind::named);
        (kind, resource["id"].as_str().unwrap_or("").to_owned())
    });
    kept
}

fn complete_systems(packages: &[Package]) -> BTreeSet<String> {
    let all = packages.iter().flat_map(|(_, _, resources)| resources);
    let complete = all.filter(|r| r["resourceType"] == "CodeSystem" && r["content"] == "complete");
    complete.filter_map(|r| Some(r.get("url")?.as_str()?.to_owned())).collect()
}

/// Leaves an expansion only where the composition cannot give it: a code system that no package brings.
fn expansion(resource: &mut Value, systems: &BTreeSet<String>) {
    let Some(expansion) = resource.get("expansion") else { return };
    let includes =
        resource.pointer("/compose/include").and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
    let needs = |include: &Value| {
        let system = include.get("system").and_then(Value::as_str).unwrap_or("");
        include.get("concept").is_none() && !system.is_empty() && !systems.contains(system)
    };
    let forbidden = includes.iter().any(|include| {
        include.get("system").and_then(Value::as_str).is_some_and(|system| NOT_EXPANDED.contains(&system))
    });
    let codes = count(expansion);
    let keeps = (includes.is_empty() || includes.iter().any(needs)) && !forbidden && codes <= EXPANSION_CODES;
    if !(keeps && codes > 0)
        && let Some(members) = resource.as_object_mut()
    {
        members.remove("expansion");
    }
}

fn count(expansion: &Value) -> usize {
    let contains = expansion.get("contains").and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
    contains.iter().map(|one| 1 + count(one)).sum()
}
