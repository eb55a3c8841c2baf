//! Makes the compact tables of `data/fhir` from the official FHIR R4 definitions (one resource per line, gzip).
//!
//! `cargo run -p socle-fhir --example compact_definitions -- INPUT OUTPUT NUMBERS`
//!
//! INPUT is a folder with `structure-definitions.ndjson.gz`, `search-parameters.ndjson.gz`,
//! `compartment-definitions.ndjson.gz` and `value-set-expansions.ndjson.gz`; OUTPUT is `data/fhir`; NUMBERS is
//! `data/search/numbers.tsv`, to which unknown search parameters are appended and in which nothing is ever renumbered.
//! The formats are described in `data/fhir/README.md`.

use flate2::Compression;
use flate2::read::GzDecoder;
use flate2::write::GzEncoder;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::error::Error;
use std::fmt::Write as _;
use std::fs;
use std::io::{Read, Write};
use std::path::Path;

/// Code sets larger than this are not embedded.
const MAX_CODES: usize = 400;

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [input, output, numbers] = arguments.as_slice() else {
        return Err("usage: compact_definitions INPUT OUTPUT NUMBERS".into());
    };
    let (input, output) = (Path::new(input), Path::new(output));
    let codes = code_sets(&read(&input.join("value-set-expansions.ndjson.gz"))?);
    let (structures, used) = structures(&read(&input.join("structure-definitions.ndjson.gz"))?, &codes);
    let (parameters, names) = search_parameters(&read(&input.join("search-parameters.ndjson.gz"))?);
    write(&output.join("structures.txt.gz"), &structures)?;
    write(&output.join("codes.txt.gz"), &code_table(&codes, &used))?;
    write(&output.join("search-parameters.txt.gz"), &parameters)?;
    let compartment = patient_compartment(&read(&input.join("compartment-definitions.ndjson.gz"))?);
    write(&output.join("patient-compartment.txt.gz"), &compartment)?;
    append_numbers(Path::new(numbers), &names)
}

fn read(path: &Path) -> Result<Vec<Value>, Box<dyn Error>> {
    let mut text = String::new();
    GzDecoder::new(fs::File::open(path)?).read_to_string(&mut text)?;
    text.lines().map(|line| serde_json::from_str(line).map_err(Into::into)).collect()
}

fn write(path: &Path, text: &str) -> Result<(), Box<dyn Error>> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(text.as_bytes())?;
    fs::write(path, encoder.finish()?)?;
    Ok(())
}

fn text<'a>(value: &'a Value, name: &str) -> &'a str {
    value.get(name).and_then(Value::as_str).unwrap_or("")
}

fn list<'a>(value: &'a Value, name: &str) -> &'a [Value] {
    value.get(name).and_then(Value::as_array).map_or(&[], Vec::as_slice)
}

/// Value set address → its codes by system.
type CodeSets = BTreeMap<String, BTreeMap<String, Vec<String>>>;

fn code_sets(value_sets: &[Value]) -> CodeSets {
    let mut sets = CodeSets::new();
    for set in value_sets.iter().filter(|v| text(v, "resourceType") == "ValueSet") {
        let mut codes = BTreeMap::new();
        if let Some(expansion) = set.get("expansion") {
            collect_codes(list(expansion, "contains"), &mut codes);
        }
        sets.insert(text(set, "url").to_owned(), codes);
    }
    sets
}

fn collect_codes(contains: &[Value], codes: &mut BTreeMap<String, Vec<String>>) {
    for entry in contains {
        if !text(entry, "code").is_empty() {
            codes.entry(text(entry, "system").to_owned()).or_default().push(text(entry, "code").to_owned());
        }
        collect_codes(list(entry, "contains"), codes);
    }
}

fn code_table(sets: &CodeSets, used: &BTreeSet<String>) -> String {
    let mut table = String::new();
    for address in used {
        for (system, codes) in &sets[address] {
            let _ = writeln!(table, "{address}\t{system}\t{}", codes.join(" "));
        }
    }
    table
}

fn structures(definitions: &[Value], codes: &CodeSets) -> (String, BTreeSet<String>) {
    let mut table = String::new();
    let mut used = BTreeSet::new();
    for definition in definitions {
        let id = text(definition, "id");
        let is_base = matches!(id, "Element" | "Resource");
        if text(definition, "derivation") != "specialization" && !is_base
            || text(definition, "kind") == "logical"
        {
            continue;
        }
        let kind = match text(definition, "kind") {
            "resource" => "R",
            "primitive-type" => "P",
            _ => "C",
        };
        let parent = text(definition, "baseDefinition").rsplit('/').next().unwrap_or("");
        let elements = list(&definition["snapshot"], "element");
        write_type(&mut table, &mut used, codes, (id, kind, parent), elements);
    }
    (table, used)
}

fn write_type(
    table: &mut String,
    used: &mut BTreeSet<String>,
    codes: &CodeSets,
    (path, kind, parent): (&str, &str, &str),
    elements: &[Value],
) {
    let _ = writeln!(table, "#{path}\t{kind}\t{parent}");
    let children: Vec<(&str, &Value)> = elements
        .iter()
        .filter_map(|element| {
            let name = text(element, "path").strip_prefix(path)?.strip_prefix('.')?;
            (!name.contains('.')).then_some((name, element))
        })
        .collect();
    let mut nested = Vec::new();
    for (name, element) in children {
        if kind == "P" && name == "value" {
            continue;
        }
        let below = format!("{path}.{name}");
        let prefix = format!("{below}.");
        let is_nested = elements.iter().any(|other| text(other, "path").starts_with(&prefix));
        let types = if is_nested {
            nested.push((below, text(&list(element, "type")[0], "code").to_owned()));
            format!("{path}.{name}")
        } else {
            type_names(kind, name, element)
        };
        let set = binding(element, codes);
        let set_name = set.clone().unwrap_or_default();
        used.extend(set);
        let summary = if element["isSummary"] == true { "s" } else { "" };
        let _ = writeln!(
            table,
            "{name}\t{}{summary}\t{}\t{types}\t{set_name}",
            element["min"],
            text(element, "max")
        );
    }
    for (below, base) in nested {
        write_type(table, used, codes, (&below, "B", &base), elements);
    }
}

fn type_names(kind: &str, name: &str, element: &Value) -> String {
    if let Some(path) = element.get("contentReference").and_then(Value::as_str) {
        return path.trim_start_matches('#').to_owned();
    }
    if kind == "R" && name == "id" {
        return "id".to_owned();
    }
    let one = |kind: &Value| -> String {
        let code = text(kind, "code");
        if code.starts_with("http://hl7.org/fhirpath/") {
            let named = list(kind, "extension").iter().find_map(|extension| extension.get("valueUrl"));
            return named.and_then(Value::as_str).unwrap_or("string").to_owned();
        }
        let targets: Vec<&str> = list(kind, "targetProfile")
            .iter()
            .filter_map(|target| target.as_str()?.rsplit('/').next())
            .collect();
        if code == "Reference" && !targets.is_empty() && targets != ["Resource"] {
            format!("{code}:{}", targets.join(","))
        } else {
            code.to_owned()
        }
    };
    list(element, "type").iter().map(one).collect::<Vec<_>>().join(" ")
}

/// The value set of an element that must take one of a small list of codes.
fn binding(element: &Value, codes: &CodeSets) -> Option<String> {
    let binding = element.get("binding")?;
    let is_code = list(element, "type").iter().any(|kind| text(kind, "code") == "code");
    let address = text(binding, "valueSet").split('|').next().unwrap_or("");
    let size: usize = codes.get(address)?.values().map(Vec::len).sum();
    (text(binding, "strength") == "required" && is_code && (1..=MAX_CODES).contains(&size))
        .then(|| address.to_owned())
}

fn search_parameters(definitions: &[Value]) -> (String, BTreeSet<String>) {
    let kinds: BTreeMap<&str, &str> = definitions.iter().map(|d| (text(d, "url"), text(d, "type"))).collect();
    let mut rows = BTreeSet::new();
    let mut names = BTreeSet::new();
    for definition in definitions {
        let (id, expression) = (text(definition, "id"), text(definition, "expression"));
        if expression.is_empty() || id.starts_with("example") {
            continue;
        }
        let code = text(definition, "code");
        for base in list(definition, "base").iter().filter_map(Value::as_str) {
            let kept = alternatives_for(base, expression);
            if kept.is_empty() {
                continue;
            }
            let targets: Vec<&str> = list(definition, "target").iter().filter_map(Value::as_str).collect();
            let mut row = format!(
                "{base}\t{code}\t{}\t{}\t{}",
                text(definition, "type"),
                targets.join(" "),
                kept.join(" | ")
            );
            for component in list(definition, "component") {
                let kind = kinds.get(text(component, "definition")).copied().unwrap_or("token");
                let _ = write!(row, "\t{kind}\t{}", text(component, "expression"));
            }
            names.insert(code.to_owned());
            rows.insert(row);
        }
    }
    (rows.into_iter().map(|row| row + "\n").collect(), names)
}

/// Of an expression shared by many types (`A.x | B.y`), what concerns one of them.
fn alternatives_for<'a>(base: &str, expression: &'a str) -> Vec<&'a str> {
    let mut parts = Vec::new();
    let (mut depth, mut start, mut quoted) = (0, 0, false);
    for (index, byte) in expression.bytes().enumerate() {
        match byte {
            b'\'' => quoted = !quoted,
            b'(' if !quoted => depth += 1,
            b')' if !quoted => depth -= 1,
            b'|' if !quoted && depth == 0 => {
                parts.push(expression[start..index].trim());
                start = index + 1;
            }
            _ => {}
        }
    }
    parts.push(expression[start..].trim());
    parts.retain(|part| {
        let head: String =
            part.trim_start_matches('(').chars().take_while(char::is_ascii_alphanumeric).collect();
        let names_a_type = head.starts_with(|first: char| first.is_ascii_uppercase());
        !names_a_type || head == base
    });
    parts
}

fn patient_compartment(definitions: &[Value]) -> String {
    let mut table = String::new();
    for definition in definitions {
        if text(definition, "code") != "Patient" {
            continue;
        }
        for resource in list(definition, "resource") {
            let parameters: Vec<&str> = list(resource, "param").iter().filter_map(Value::as_str).collect();
            if !parameters.is_empty() {
                let _ = writeln!(table, "{}\t{}", text(resource, "code"), parameters.join(" "));
            }
        }
    }
    table
}

fn append_numbers(path: &Path, names: &BTreeSet<String>) -> Result<(), Box<dyn Error>> {
    let mut table = fs::read_to_string(path)?;
    let rows: Vec<(u32, String)> = table
        .lines()
        .filter(|line| !line.starts_with('#') && !line.is_empty())
        .map(|line| {
            let (number, code) = line.split_once('\t').ok_or("a row is a number, a tab and a code")?;
            Ok((number.parse()?, code.to_owned()))
        })
        .collect::<Result<_, Box<dyn Error>>>()?;
    let known: BTreeSet<&str> = rows.iter().map(|(_, code)| code.as_str()).collect();
    let first = rows.iter().map(|(number, _)| number + 1).max().unwrap_or(100).max(100);
    let new = names.iter().filter(|name| !known.contains(name.as_str()));
    for (number, name) in (first..).zip(new) {
        let _ = writeln!(table, "{number}\t{name}");
    }
    fs::write(path, table)?;
    Ok(())
}
