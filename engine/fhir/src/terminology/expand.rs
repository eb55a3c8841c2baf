//! `$expand`: the codes of a value set, filtered by text, paged, flat or as a tree, named in a language.

use super::entry::Entry;
use super::gap::Gap;
use super::set::CompiledSet;
use super::{Terminology, url_of};
use crate::names::normalise_name;
use serde_json::{Map, Value, json};
use socle_kernel::{Instant, Kind, Problem};
use std::collections::HashMap;
use std::sync::Arc;

/// Codes that one expansion may give when the caller asks for no page of it.
pub const EXPANSION_CODES: usize = 10_000;

/// How a value set is to be expanded.
#[derive(Clone, Debug, Default)]
pub struct Expand {
    /// Words that the names of the codes begin with, without regard to case and accents; or the code itself.
    pub filter: Option<String>,
    /// How many codes to leave out at the beginning.
    pub offset: Option<usize>,
    /// How many codes to give at most; 0 for their number only.
    pub count: Option<usize>,
    /// Other names too.
    pub designations: bool,
    /// Only names in these languages.
    pub designation_languages: Vec<String>,
    /// Without codes that are no longer to be used.
    pub active_only: bool,
    /// As a tree.
    pub nested: bool,
    /// With the definition of the value set.
    pub definition: bool,
    /// Language of `display`.
    pub language: Option<String>,
    /// Systems (`system|version` or without version) to leave out.
    pub exclude_systems: Vec<String>,
    /// Which version of systems.
    pub versions: Versions,
}

/// Versions of code systems asked for, each as `system|version`.
#[derive(Clone, Debug, Default)]
pub struct Versions {
    /// Where the value set names none.
    pub usual: Vec<String>,
    /// The value set must mean these.
    pub checked: Vec<String>,
    /// Whatever the value set names.
    pub forced: Vec<String>,
}

impl Versions {
    /// The definition with the versions put in. A version that must be and is not is refused.
    pub fn apply(&self, from: &Terminology, definition: &Value) -> Result<Value, Problem> {
        let mut definition = definition.clone();
        for part in ["include", "exclude"] {
            let clauses = definition.get_mut("compose").and_then(|compose| compose.get_mut(part));
            for clause in clauses.and_then(Value::as_array_mut).into_iter().flatten() {
                let Some(system) = clause["system"].as_str().map(str::to_owned) else { continue };
                let wanted = |list: &[String]| {
                    list.iter()
                        .find_map(|one| one.strip_prefix(&system)?.strip_prefix('|').map(str::to_owned))
                };
                let own = clause["version"].as_str().map(str::to_owned);
                let version = wanted(&self.forced).or(own).or_else(|| wanted(&self.usual));
                let loaded = || from.system(&system)?.version().map(str::to_owned);
                if let Some(checked) = wanted(&self.checked)
                    && version.clone().or_else(loaded).as_deref() != Some(&checked)
                {
                    let found = version.clone().or_else(loaded).unwrap_or_else(|| "(none)".into());
                    return Err(Problem::new(
                        Kind::Unprocessable,
                        "Ce jeu de valeurs s'appuie sur une autre version du système de codes.",
                        "This value set draws on another version of the code system.",
                    )
                    .at("check-system-version")
                    .expecting(format!("{system}|{checked}"))
                    .receiving(found));
                }
                if let Some(version) = version {
                    clause["version"] = version.into();
                }
            }
        }
        Ok(definition)
    }

    /// True when none is asked for.
    pub fn is_empty(&self) -> bool {
        self.usual.is_empty() && self.checked.is_empty() && self.forced.is_empty()
    }
}

/// A gap as the reason why an answer cannot be given.
pub fn refusal(gap: &Gap, url: &str) -> Problem {
    let words = gap.words();
    let kind = match gap {
        Gap::Endless(_) => Kind::TooCostly,
        Gap::NoSet(_) => Kind::NotFound,
        _ => Kind::Unprocessable,
    };
    let problem = Problem::new(kind, words.fr, words.en).at(url);
    if kind == Kind::Unprocessable { problem.coded("not-supported") } else { problem }
}

impl Terminology {
    /// Expands a value set.
    pub fn expand(&self, set: &Arc<CompiledSet>, wanted: &Expand, now: Instant) -> Result<Value, Problem> {
        let url = set.resource()["url"].as_str().unwrap_or("ValueSet");
        let set = if wanted.versions.is_empty() {
            set.clone()
        } else {
            self.compile(&wanted.versions.apply(self, set.resource())?)
        };
        let mut entries = set.entries().map_err(|gap| refusal(&gap, url))?;
        let is_tree = wanted.nested && wanted.offset.is_none() && wanted.count.is_none();
        let filter = wanted.filter.as_deref().map(normalise_name).filter(|filter| !filter.is_empty());
        entries.retain(|entry| is_wanted(entry, wanted, is_tree, filter.as_deref()));
        let total = entries.len();
        let offset = wanted.offset.unwrap_or(0).min(total);
        let count = wanted.count.unwrap_or(total);
        let page = &entries[offset..offset.saturating_add(count).min(total)];
        if page.len() > EXPANSION_CODES {
            return Err(Problem::new(
                Kind::TooCostly,
                "Ce jeu de valeurs a trop de codes pour une seule réponse : filtrez-le (filter) ou demandez-en des pages (count, offset).",
                "This value set has too many codes for one answer: filter it (filter) or ask for pages of it (count, offset).",
            )
            .at(url)
            .expecting(format!("at most {EXPANSION_CODES} (EXPANSION_CODES)"))
            .receiving(page.len().to_string()));
        }
        let contains = if is_tree {
            tree(page, wanted)
        } else {
            page.iter().map(|entry| Value::Object(write(entry, wanted))).collect()
        };
        let mut expansion = json!({
            "timestamp": now.to_string(), "total": total, "offset": offset,
            "parameter": parameters(&set, wanted),
        });
        if set.is_open() {
            expansion["extension"] = json!([{ "url": "http://hl7.org/fhir/StructureDefinition/valueset-unclosed", "valueBoolean": true }]);
        }
        if !contains.is_empty() {
            expansion["contains"] = contains.into();
        }
        Ok(with_expansion(set.resource(), expansion, wanted.definition))
    }
}

fn is_wanted(entry: &Entry<'_>, wanted: &Expand, is_tree: bool, filter: Option<&str>) -> bool {
    // Concepts that only group others are for trees; a flat list gives what can be chosen.
    let is_shown = is_tree || entry.is_listed() || !entry.is_abstract();
    let is_left_out = wanted.exclude_systems.iter().any(|system| {
        let version = system.split_once('|').map(|(_, version)| version);
        url_of(system) == entry.system
            && version.is_none_or(|version| {
                entry.version.or_else(|| entry.of.and_then(|of| of.version())) == Some(version)
            })
    });
    is_shown
        && !is_left_out
        && !(wanted.active_only && entry.is_inactive())
        && filter.is_none_or(|filter| is_named(entry, filter))
}

/// True when each word of the filter begins a word of one of the names; or the code is what was typed.
fn is_named(entry: &Entry<'_>, filter: &str) -> bool {
    let fits = |name: &str| {
        let name = normalise_name(name);
        filter.split(' ').all(|word| name.split(' ').any(|own| own.starts_with(word)))
    };
    fits(entry.code)
        || entry.display.is_some_and(fits)
        || entry.designations().any(|designation| fits(&designation.value))
}

fn write(entry: &Entry<'_>, wanted: &Expand) -> Map<String, Value> {
    let mut out = Map::new();
    out.insert("system".into(), entry.system.into());
    if entry.is_abstract() {
        out.insert("abstract".into(), true.into());
    }
    if entry.is_inactive() {
        out.insert("inactive".into(), true.into());
    }
    if let Some(version) = entry.version {
        out.insert("version".into(), version.into());
    }
    out.insert("code".into(), entry.code.into());
    if let Some(display) = entry.display_in(wanted.language.as_deref()) {
        out.insert("display".into(), display.into());
    }
    if wanted.designations {
        let languages = &wanted.designation_languages;
        let names: Vec<Value> = entry
            .designations()
            .filter(|one| languages.is_empty() || languages.iter().any(|language| one.is_in(language)))
            .map(super::Designation::to_value)
            .collect();
        if !names.is_empty() {
            out.insert("designation".into(), names.into());
        }
    }
    out
}

/// Each code below its nearest ancestor that is in the set.
fn tree(page: &[Entry<'_>], wanted: &Expand) -> Vec<Value> {
    let places: HashMap<(&str, &str), usize> =
        page.iter().enumerate().map(|(place, entry)| ((entry.system, entry.code), place)).collect();
    let mut below: Vec<Vec<usize>> = vec![Vec::new(); page.len()];
    let mut roots = Vec::new();
    for (place, entry) in page.iter().enumerate() {
        match nearest(entry, &places) {
            Some(parent) => below[parent].push(place),
            None => roots.push(place),
        }
    }
    fn branch(place: usize, page: &[Entry<'_>], below: &[Vec<usize>], wanted: &Expand) -> Value {
        let mut out = write(&page[place], wanted);
        if !below[place].is_empty() {
            let children = below[place].iter().map(|child| branch(*child, page, below, wanted)).collect();
            out.insert("contains".into(), Value::Array(children));
        }
        Value::Object(out)
    }
    roots.into_iter().map(|root| branch(root, page, &below, wanted)).collect()
}

/// The nearest ancestor by first parents. Official systems have no circles; a bound keeps one from going on for ever.
fn nearest(entry: &Entry<'_>, places: &HashMap<(&str, &str), usize>) -> Option<usize> {
    let system = entry.of?;
    let own = places.get(&(entry.system, entry.code)).copied();
    let mut concept = entry.concept?;
    for _ in 0..socle_kernel::limits::NESTING {
        concept = system.parents(concept).next()?;
        if let Some(place) = places.get(&(entry.system, &*concept.code)) {
            // Only a parent that comes before its child: so no circle can be written.
            return (Some(*place) < own).then_some(*place);
        }
    }
    None
}

fn parameters(set: &CompiledSet, wanted: &Expand) -> Vec<Value> {
    let mut out = Vec::new();
    let mut add = |name: &str, member: &str, value: Value| out.push(json!({ "name": name, member: value }));
    if let Some(filter) = &wanted.filter {
        add("filter", "valueString", filter.as_str().into());
    }
    if let Some(offset) = wanted.offset {
        add("offset", "valueInteger", offset.into());
    }
    if let Some(count) = wanted.count {
        add("count", "valueInteger", count.into());
    }
    if let Some(language) = &wanted.language {
        add("displayLanguage", "valueCode", language.as_str().into());
    }
    add("excludeNested", "valueBoolean", (!wanted.nested).into());
    add("includeDesignations", "valueBoolean", wanted.designations.into());
    add("activeOnly", "valueBoolean", wanted.active_only.into());
    for system in &wanted.exclude_systems {
        add("exclude-system", "valueUri", system.as_str().into());
    }
    for system in set.loaded() {
        if let Some(version) = system.version() {
            add("version", "valueUri", format!("{}|{version}", system.url()).into());
        }
    }
    out
}

fn with_expansion(definition: &Value, expansion: Value, keeps_definition: bool) -> Value {
    let mut out = definition.clone();
    if let Value::Object(members) = &mut out {
        members.shift_remove("text");
        if !keeps_definition {
            let kept = [
                "resourceType",
                "id",
                "meta",
                "url",
                "identifier",
                "version",
                "name",
                "title",
                "status",
                "experimental",
                "date",
            ];
            members.retain(|name, _| kept.contains(&name.as_str()));
        }
        members.shift_remove("expansion");
        members.insert("expansion".into(), expansion);
    }
    out
}

#[cfg(test)]
mod tests;
