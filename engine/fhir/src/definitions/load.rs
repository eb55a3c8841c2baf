//! Reads the embedded tables. They are made by `examples/compact_definitions.rs`; a test loads all of them, so a
//! table that does not fit fails there and not in production.

use super::{CodeSet, Element, Tables, Type, TypeKind, TypeRef, choice_name};
use flate2::read::GzDecoder;
use socle_kernel::ResourceType;
use std::collections::HashMap;
use std::io::Read;

const STRUCTURES: &[u8] = include_bytes!("../../../../data/fhir/structures.txt.gz");
const CODES: &[u8] = include_bytes!("../../../../data/fhir/codes.txt.gz");
const COMPARTMENT: &[u8] = include_bytes!("../../../../data/fhir/patient-compartment.txt.gz");

pub(super) fn unpack(packed: &[u8]) -> &'static str {
    let mut text = String::new();
    GzDecoder::new(packed).read_to_string(&mut text).expect("an embedded table is intact");
    text.leak()
}

pub(super) fn load() -> Tables {
    let codes = load_codes(unpack(CODES));
    let mut types = load_types(unpack(STRUCTURES), &codes);
    let by_name: HashMap<&'static str, usize> = types.iter().enumerate().map(|(i, t)| (t.name, i)).collect();
    for kind in &mut types {
        for type_ref in kind.elements.iter_mut().flat_map(|element| &mut element.types) {
            type_ref.index = *by_name.get(type_ref.name).expect("an element's type is in the table");
        }
        kind.members = members(&kind.elements);
    }
    let mut by_resource = vec![0];
    for resource_type in ResourceType::all() {
        by_resource.push(*by_name.get(resource_type.name()).expect("every resource type is in the table"));
    }
    let compartment = unpack(COMPARTMENT)
        .lines()
        .filter_map(|line| line.split_once('\t'))
        .map(|(name, codes)| (name, codes.split(' ').collect()))
        .collect();
    Tables { types, by_name, by_resource, compartment }
}

fn load_codes(table: &'static str) -> HashMap<&'static str, &'static CodeSet> {
    let mut sets: HashMap<&'static str, CodeSet> = HashMap::new();
    for line in table.lines() {
        let mut columns = line.split('\t');
        let (Some(address), Some(system), Some(codes)) = (columns.next(), columns.next(), columns.next())
        else {
            continue;
        };
        let set = sets.entry(address).or_insert_with(|| CodeSet { address, codes: Vec::new() });
        set.codes.extend(codes.split(' ').map(|code| (code, system)));
    }
    sets.into_iter()
        .map(|(address, mut set)| {
            set.codes.sort_unstable();
            (address, &*Box::leak(Box::new(set)))
        })
        .collect()
}

fn load_types(table: &'static str, codes: &HashMap<&'static str, &'static CodeSet>) -> Vec<Type> {
    let mut types: Vec<Type> = Vec::with_capacity(1200);
    for line in table.lines() {
        let mut columns = line.split('\t');
        let first = columns.next().unwrap_or("");
        if let Some(name) = first.strip_prefix('#') {
            let kind = match columns.next() {
                Some("R") => TypeKind::Resource,
                Some("P") => TypeKind::Primitive,
                Some("B") => TypeKind::Backbone,
                _ => TypeKind::Complex,
            };
            let parent = columns.next().unwrap_or("");
            let number = types.len();
            types.push(Type { name, kind, parent, elements: Vec::new(), members: Vec::new(), number });
        } else if let Some(last) = types.last_mut() {
            let mut next = || columns.next().unwrap_or("");
            let (min, max, names, set) = (next(), next(), next(), next());
            last.elements.push(Element {
                name: first.strip_suffix("[x]").unwrap_or(first),
                is_choice: first.ends_with("[x]"),
                min: min.trim_end_matches('s').parse().unwrap_or(0),
                is_summary: min.ends_with('s'),
                max: max.parse().ok(),
                types: names.split(' ').filter(|name| !name.is_empty()).map(type_ref).collect(),
                codes: codes.get(set).copied(),
            });
        }
    }
    types
}

fn type_ref(text: &'static str) -> TypeRef {
    let (name, targets) = text.split_once(':').unwrap_or((text, ""));
    let targets = targets.split(',').filter(|target| !target.is_empty()).collect();
    TypeRef { name, targets, index: 0 }
}

fn members(elements: &[Element]) -> Vec<(String, u16, u16)> {
    let small = |index: usize| u16::try_from(index).expect("a type has fewer than 65536 elements");
    let mut members = Vec::with_capacity(elements.len());
    for (index, element) in elements.iter().enumerate() {
        if element.is_choice {
            for (kind, type_ref) in element.types.iter().enumerate() {
                members.push((choice_name(element.name, type_ref.name), small(index), small(kind)));
            }
        } else if !element.types.is_empty() {
            members.push((element.name.to_owned(), small(index), 0));
        }
    }
    members.sort_unstable();
    members
}
