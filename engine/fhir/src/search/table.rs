//! The tables of search parameters and of their numbers, and the parameters that an administrator adds while the
//! program runs.

use super::custom::{self, CustomParameter};
use super::{Component, ParamKind, Parameter, Role, global};
use crate::definitions::unpack;
use parking_lot::RwLock;
use serde::Deserialize;
use socle_kernel::{Problem, ResourceType};
use std::collections::{BTreeMap, HashMap};
use std::sync::OnceLock;

const OFFICIAL: &[u8] = include_bytes!("../../../../data/fhir/search-parameters.txt.gz");
/// What the official definitions leave out or get wrong, then document sharing, then other national profiles. A later row
/// takes the place of an earlier one with the same type and code.
const ADDED: [&str; 3] = [
    include_str!("../../../../data/search/official.json"),
    include_str!("../../../../data/search/pdsm.json"),
    include_str!("../../../../data/search/national.json"),
];
const NUMBERS: &str = include_str!("../../../../data/search/numbers.tsv");

/// The parameters of each type, by the type's number.
pub(super) struct Table {
    pub(super) by_type: Vec<&'static [Parameter]>,
    by_number: Vec<&'static [&'static Parameter]>,
}

impl Table {
    pub(super) fn of(by_type: Vec<&'static [Parameter]>) -> Self {
        let sorted = |parameters: &&'static [Parameter]| {
            let mut all: Vec<&'static Parameter> = parameters.iter().collect();
            all.sort_by_key(|parameter| parameter.number);
            &*all.leak()
        };
        Table { by_number: by_type.iter().map(sorted).collect(), by_type }
    }
}

static COMPILED_IN: OnceLock<Table> = OnceLock::new();
static NUMBER_OF: OnceLock<HashMap<&'static str, u32>> = OnceLock::new();
/// The table with the parameters that were installed; none: the one compiled in.
static INSTALLED: RwLock<Option<Installed>> = RwLock::new(None);

struct Installed {
    table: &'static Table,
    custom: Vec<CustomParameter>,
    /// How many times a table was made: each stays in memory, because readers may hold its parameters.
    times: usize,
}

/// Most times that parameters may be installed in the life of the process. A table of changed types takes a few tens of
/// kilobytes, so this bounds what is never given back to some megabytes.
const INSTALLS: usize = 500;

pub(super) fn of(resource_type: ResourceType) -> &'static [Parameter] {
    current().by_type[usize::from(resource_type.code())]
}

pub(super) fn by_number(resource_type: ResourceType) -> &'static [&'static Parameter] {
    current().by_number[usize::from(resource_type.code())]
}

fn current() -> &'static Table {
    INSTALLED.read().as_ref().map(|installed| installed.table).unwrap_or_else(compiled_in)
}

pub(super) fn compiled_in() -> &'static Table {
    COMPILED_IN.get_or_init(load)
}

pub(super) fn number_of(code: &str) -> Option<u32> {
    numbers().get(code).copied()
}

fn numbers() -> &'static HashMap<&'static str, u32> {
    NUMBER_OF.get_or_init(|| super::systems::rows(NUMBERS).map(|(number, code)| (code, number)).collect())
}

/// Puts these parameters beside the ones compiled in, in place of those installed before. All or none.
pub(super) fn install(custom: &[CustomParameter]) -> Result<(), Problem> {
    let mut installed = INSTALLED.write();
    let (known, times) = installed.as_ref().map_or((&[][..], 0), |now| (now.custom.as_slice(), now.times));
    if known == custom {
        return Ok(());
    }
    custom::check(custom, compiled_in())?;
    if times >= INSTALLS {
        return Err(custom::too_often(INSTALLS));
    }
    let table = Box::leak(Box::new(custom::table(custom, compiled_in())));
    *installed = Some(Installed { table, custom: custom.to_vec(), times: times + 1 });
    Ok(())
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

/// One definition of the files of `data/search`.
#[derive(Deserialize)]
struct Added {
    base: Vec<String>,
    code: &'static str,
    #[serde(rename = "type")]
    kind: &'static str,
    #[serde(default)]
    target: Vec<&'static str>,
    expression: &'static str,
    #[serde(default)]
    components: Vec<(&'static str, &'static str)>,
}

fn load() -> Table {
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
    for text in ADDED {
        let added: Vec<Added> = serde_json::from_str(text).expect("the added parameters are well-formed");
        for Added { base, code, kind, target, expression, components } in added {
            for base in base {
                let row =
                    Row { code, kind, targets: target.clone(), expression, components: components.clone() };
                rows.entry(base).or_default().insert(code, row);
            }
        }
    }
    let common = rows.remove("Resource").unwrap_or_default();
    let mut by_type: Vec<&'static [Parameter]> = vec![&[]];
    for resource_type in ResourceType::all() {
        let mut own = rows.remove(resource_type.name()).unwrap_or_default();
        own.extend(common.iter().map(|(code, row)| (*code, row.clone())));
        let parameters: Vec<Parameter> = own.into_values().map(|row| parameter(resource_type, row)).collect();
        by_type.push(parameters.leak());
    }
    Table::of(by_type)
}

fn parameter(resource_type: ResourceType, row: Row) -> Parameter {
    let component =
        |(kind, expression): &(&str, &'static str)| Component::new(ParamKind::from_code(kind), expression);
    Parameter {
        resource_type,
        number: *numbers().get(row.code).expect("every code has a number in numbers.tsv"),
        code: row.code,
        kind: ParamKind::from_code(row.kind),
        targets: row.targets.iter().filter_map(|name| name.parse().ok()).collect(),
        components: row.components.iter().map(component).collect(),
        is_global: global::is_global(resource_type, row.code),
        expression: row.expression,
        role: Role::of(row.code),
        compiled: OnceLock::new(),
    }
}
