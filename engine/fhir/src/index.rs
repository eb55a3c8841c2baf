//! What is written beside a resource so that it can be found: its sketch, its global keys, a person's names.

use crate::date::day_number;
use crate::fhirpath::{Context, Element, Item, evaluate};
use crate::names::normalise_name;
use crate::search::sketch::{EntryKind, SketchWriter};
use crate::search::{
    self, ParamKind, Parameter, Role, composite, date, near, number, quantity, reference, string, token,
    touch, uri, words,
};
use serde_json::Value;
use socle_kernel::resource_type::PATIENT;
use socle_kernel::{Instant, ResourceType};

/// A patient's names and birth day, in the form of the person table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PersonNames {
    /// Days since 1970.
    pub birth_day: i32,
    /// Family names, normalised, each once.
    pub families: Vec<String>,
    /// Given names, normalised, each once.
    pub givens: Vec<String>,
}

/// Everything search and access need to know of a resource without reading it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Indexed {
    /// All values of its search parameters.
    pub sketch: Vec<u8>,
    /// The moment by which it is put in order among others of its type.
    pub sort_date: Option<Instant>,
    /// Parameter number and normalised value of what goes to the key table.
    pub keys: Vec<(u32, Vec<u8>)>,
    /// For a patient with a full birth date.
    pub person: Option<PersonNames>,
    /// System and code of `meta.security` and `DocumentReference.securityLabel`.
    pub labels: Vec<(String, String)>,
    /// Every literal reference outside contained resources, each once.
    pub references: Vec<String>,
}

/// Parameters that tell when something happened; the first one a resource has a value for gives its `sort_date`.
pub(crate) const SORT_DATES: [&str; 20] = [
    "date",
    "authored",
    "authoredon",
    "authored-on",
    "period",
    "effective",
    "occurrence",
    "recorded-date",
    "onset-date",
    "sent",
    "recorded",
    "issued",
    "created",
    "started",
    "start",
    "whenhandedover",
    "whenprepared",
    "when",
    "collected",
    "last-date",
];

/// The rank of a code among [`SORT_DATES`].
pub(crate) fn sort_rank(code: &str) -> Option<u8> {
    SORT_DATES.iter().position(|known| *known == code).and_then(|rank| u8::try_from(rank).ok())
}

/// Indexes a resource. `extras` are values of the platform (numbers below 100), kept as they are.
pub fn index(resource: &Value, extras: &[(u32, Vec<u8>)]) -> Indexed {
    let mut writer = SketchWriter::new();
    for (number, value) in extras {
        writer.push(*number, EntryKind::Opaque, value);
    }
    let mut indexed = Indexed::default();
    let root = Element::resource(resource);
    let resource_type = root.as_ref().and_then(|root| root.definition.name.parse::<ResourceType>().ok());
    if let (Some(root), Some(resource_type)) = (root, resource_type) {
        let mut found = Found { writer, keys: Vec::new(), dates: [None; SORT_DATES.len()] };
        found.parameters(resource_type, root, &Context::of(resource));
        contained_entries(resource, &mut found.writer);
        indexed.keys = found.keys;
        indexed.sort_date = found.dates.into_iter().flatten().next();
        writer = found.writer;
        if resource_type == PATIENT {
            indexed.person = person(resource);
        }
    }
    indexed.sketch = writer.finish();
    indexed.keys.sort_unstable();
    indexed.keys.dedup();
    indexed.labels = labels(resource);
    collect_references(resource, &mut indexed.references);
    indexed
}

/// The official parameters on extensions name the extension; its value is meant.
fn without_extensions<'a>(items: Vec<Item<'a>>) -> Vec<Item<'a>> {
    let is_extension =
        |item: &Item<'_>| item.element().is_some_and(|element| element.definition.name == "Extension");
    if !items.iter().any(is_extension) {
        return items;
    }
    let mut out = Vec::with_capacity(items.len());
    for item in items {
        match &item {
            Item::Element(element) if element.definition.name == "Extension" => {
                element.children("value", &mut out);
            }
            _ => out.push(item),
        }
    }
    out
}

/// What the parameters of one resource give.
struct Found {
    writer: SketchWriter,
    keys: Vec<(u32, Vec<u8>)>,
    /// The first moment of each of [`SORT_DATES`].
    dates: [Option<Instant>; SORT_DATES.len()],
}

impl Found {
    fn parameters<'a>(&mut self, resource_type: ResourceType, root: Element<'a>, context: &Context<'a>) {
        let focus = [Item::Element(root)];
        let present = touch::present(context.resource, root.definition);
        for parameter in search::by_number(resource_type) {
            let role = parameter.role();
            if role == Role::Words {
                if let Some(payload) = words::entry(context.resource) {
                    self.writer.push(parameter.number, EntryKind::Opaque, &payload);
                }
                continue;
            }
            if role == Role::Nothing || parameter.touched() & present == 0 {
                continue;
            }
            let items = match parameter.path() {
                Some(path) => along(path, root),
                // An expression that cannot be evaluated on this resource gives no value for it.
                None => evaluate(parameter.compiled(), context, &focus).unwrap_or_default(),
            };
            if items.is_empty() {
                continue;
            }
            let items = without_extensions(items);
            self.parameter(parameter, &items, context);
            if let Role::Moment(rank) = role {
                self.dates[usize::from(rank)] = first_moment(&items);
            }
        }
    }

    fn parameter<'a>(&mut self, parameter: &Parameter, items: &[Item<'a>], context: &Context<'a>) {
        let number = parameter.number;
        for item in items {
            let mut put = |kind: EntryKind, payload: &[u8]| {
                if parameter.is_global
                    && let Some(key) = global_key(kind, payload)
                {
                    self.keys.push((number, key));
                }
                self.writer.push(number, kind, payload);
            };
            if parameter.kind == ParamKind::Composite {
                composite::entries(item, &parameter.components, context, &mut put);
            } else {
                value_entries(parameter.kind, item, &mut put);
            }
        }
    }
}

/// What a plain path leads to.
fn along<'a>(path: &[String], root: Element<'a>) -> Vec<Item<'a>> {
    let mut items = vec![Item::Element(root)];
    for name in path {
        let mut below = Vec::with_capacity(items.len());
        for element in items.iter().filter_map(Item::element) {
            element.children(name, &mut below);
        }
        items = below;
    }
    items
}

/// A sketch of each contained resource, inside the sketch of the one that contains it.
fn contained_entries(resource: &Value, writer: &mut SketchWriter) {
    let all = resource.get("contained").and_then(Value::as_array).into_iter().flatten();
    for inner in all.take(CONTAINED) {
        let Some(root) = Element::resource(inner) else { continue };
        let Ok(resource_type) = root.definition.name.parse::<ResourceType>() else { continue };
        let id = inner.get("id").and_then(Value::as_str).unwrap_or("");
        let context = Context { root: resource, ..Context::of(inner) };
        let mut found =
            Found { writer: SketchWriter::new(), keys: Vec::new(), dates: [None; SORT_DATES.len()] };
        found.parameters(resource_type, root, &context);
        writer.push_contained(resource_type, id, &found.writer.finish());
    }
}

/// Most contained resources of one resource that are searched.
const CONTAINED: usize = 256;

/// The entries of one item for a parameter of this kind.
pub(crate) fn value_entries(kind: ParamKind, item: &Item<'_>, out: &mut dyn FnMut(EntryKind, &[u8])) {
    match kind {
        ParamKind::Number => number::entries(item, out),
        ParamKind::Date => date::entries(item, out),
        ParamKind::String => string::entries(item, out),
        ParamKind::Token => token::entries(item, out),
        ParamKind::Reference => reference::entries(item, out),
        ParamKind::Quantity => quantity::entries(item, out),
        ParamKind::Uri => uri::entries(item, out),
        ParamKind::Special => {
            let position = item.element().and_then(|element| element.value);
            if let Some(payload) = position.and_then(near::entry) {
                out(EntryKind::Opaque, &payload);
            }
        }
        ParamKind::Composite => {}
    }
}

/// The form of an entry in the key table.
fn global_key(kind: EntryKind, payload: &[u8]) -> Option<Vec<u8>> {
    match kind {
        EntryKind::Token => token::decode(payload)
            .filter(|(_, code)| !code.is_empty())
            .map(|(system, code)| token::key(system, code)),
        EntryKind::String => string::decode(payload).map(|(normal, _)| normal.to_vec()),
        EntryKind::Uri => Some(payload.to_vec()),
        EntryKind::ReferenceUuid | EntryKind::ReferenceText => {
            reference::decode(kind, payload).map(|literal| literal.to_string().into_bytes())
        }
        _ => None,
    }
}

fn first_moment(items: &[Item<'_>]) -> Option<Instant> {
    let mut first: Option<i64> = None;
    for item in items {
        date::ranges(item, &mut |(start, end)| {
            let moment = if start == crate::date::BEGINNING { end } else { start };
            first = Some(first.map_or(moment, |known| known.min(moment)));
        });
    }
    first.map(Instant)
}

fn person(patient: &Value) -> Option<PersonNames> {
    let birth_day = day_number(patient.get("birthDate")?.as_str()?)?;
    let (mut families, mut givens) = (Vec::new(), Vec::new());
    for name in patient.get("name").and_then(Value::as_array).into_iter().flatten() {
        if let Some(family) = name.get("family").and_then(Value::as_str) {
            families.push(normalise_name(family));
        }
        let given = name.get("given").and_then(Value::as_array).into_iter().flatten();
        givens.extend(given.filter_map(Value::as_str).map(normalise_name));
    }
    for names in [&mut families, &mut givens] {
        names.retain(|name| !name.is_empty());
        names.sort_unstable();
        names.dedup();
    }
    Some(PersonNames { birth_day, families, givens })
}

fn labels(resource: &Value) -> Vec<(String, String)> {
    let security = resource.get("meta").and_then(|meta| meta.get("security"));
    let own = resource.get("securityLabel").filter(|_| resource["resourceType"] == "DocumentReference");
    let concepts = own.and_then(Value::as_array).into_iter().flatten();
    let codings = security.into_iter().chain(concepts.filter_map(|concept| concept.get("coding")));
    let part = |coding: &Value, name: &str| coding.get(name).and_then(Value::as_str).unwrap_or("").to_owned();
    let mut labels: Vec<(String, String)> = codings
        .filter_map(Value::as_array)
        .flatten()
        .map(|coding| (part(coding, "system"), part(coding, "code")))
        .collect();
    labels.sort_unstable();
    labels.dedup();
    labels
}

fn collect_references(resource: &Value, out: &mut Vec<String>) {
    let Some(members) = resource.as_object() else { return };
    for (name, value) in members {
        if name != "contained" {
            references_below(value, out);
        }
    }
    out.sort_unstable();
    out.dedup();
}

fn references_below(value: &Value, out: &mut Vec<String>) {
    match value {
        Value::Array(items) => items.iter().for_each(|item| references_below(item, out)),
        Value::Object(members) => {
            if let Some(Value::String(text)) = members.get("reference")
                && !text.starts_with('#')
            {
                out.push(text.clone());
            }
            members.values().for_each(|below| references_below(below, out));
        }
        _ => {}
    }
}
