//! Reads the tables of search parameters and of their numbers.

use super::{Component, ParamKind, Parameter, global};
use crate::definitions::unpack;
use serde::Deserialize;
use socle_kernel::ResourceType;
use std::collections::{BTreeMap, HashMap};
use std::sync::OnceLock;

const OFFICIAL: &[u8] = include_bytes!("../../../../data/fhir/search-parameters.txt.gz");
const SHARING: &str = include_str!("../../../../data/search/pdsm.json");
const NUMBERS: &str = include_str!("../../../../data/search/numbers.tsv");

struct Table {
    by_type: Vec<Vec<Parameter>>,
    numbers: HashMap<&'static str, u32>,
}

static TABLE: OnceLock<Table> = OnceLock::new();

pub(super) fn of(resource_type: ResourceType) -> &'static [Parameter] {
    &TABLE.get_or_init(load).by_type[usize::from(resource_type.code())]
}

pub(super) fn number_of(code: &str) -> Option<u32> {
    TABLE.get_or_init(load).numbers.get(code).copied()
}

/// One row, before it is given to the types it holds for.
#[derive(Clone)]
struct Row {
    code: &'static str,
    kind: &'static str,
    targets: Vec<&'static str>,
    expression: &'static str,
    components: Vec<(&'static str, &'static str)>,
}

/// One definition of `data/search/pdsm.json`.
#[derive(Deserialize)]
struct Added {
    base: Vec<String>,
    code: &'static str,
    #[serde(rename = "type")]
    kind: &'static str,
    #[serde(default)]
    target: Vec<&'static str>,
    expression: &'static str,
}

fn load() -> Table {
    let numbers: HashMap<&'static str, u32> =
        super::systems::rows(NUMBERS).map(|(n, code)| (code, n)).collect();
    let mut rows: HashMap<String, BTreeMap<&'static str, Row>> = HashMap::new();
    for line in unpack(OFFICIAL).lines() {
        let mut columns = line.split('\t');
        let mut next = || columns.next().unwrap_or("");
        let (base, code, kind, targets, expression) = (next(), next(), next(), next(), next());
        let rest: Vec<&'static str> = columns.collect();
        let targets = targets.split(' ').filter(|target| !target.is_empty()).collect();
        let components = rest.chunks_exact(2).map(|pair| (pair[0], pair[1])).collect();
        let row = Row { code, kind, targets, expression, components };
        rows.entry(base.to_owned()).or_default().insert(code, row);
    }
    let added: Vec<Added> = serde_json::from_str(SHARING).expect("the added parameters are well-formed");
    for Added { base, code, kind, target, expression } in added {
        for base in base {
            let row = Row { code, kind, targets: target.clone(), expression, components: Vec::new() };
            rows.entry(base).or_default().insert(code, row);
        }
    }
    let common = rows.remove("Resource").unwrap_or_default();
    let mut by_type = vec![Vec::new()];
    for resource_type in ResourceType::all() {
        let mut own = rows.remove(resource_type.name()).unwrap_or_default();
        own.extend(common.iter().map(|(code, row)| (*code, row.clone())));
        by_type.push(own.into_values().map(|row| parameter(resource_type, row, &numbers)).collect());
    }
    Table { by_type, numbers }
}

fn parameter(resource_type: ResourceType, row: Row, numbers: &HashMap<&'static str, u32>) -> Parameter {
    Parameter {
        number: *numbers.get(row.code).expect("every code has a number in numbers.tsv"),
        code: row.code,
        kind: ParamKind::from_code(row.kind),
        targets: row.targets.iter().filter_map(|name| name.parse().ok()).collect(),
        components: row
            .components
            .iter()
            .map(|(kind, expression)| Component {
                kind: ParamKind::from_code(kind),
                expression,
                compiled: OnceLock::new(),
            })
            .collect(),
        is_global: global::is_global(resource_type, row.code),
        expression: row.expression,
        compiled: OnceLock::new(),
    }
}
