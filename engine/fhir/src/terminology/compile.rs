//! From a `ValueSet` resource to its compiled form.

use super::entry::Item;
use super::filter;
use super::gap::Gap;
use super::grammar::{self, Grammar, Rule};
use super::set::{Clause, CompiledSet, What};
use super::system::{Content, Designation, System};
use super::{NESTED_SETS, Terminology};
use crate::ucum::Unit;
use serde_json::Value;
use std::sync::Arc;

/// What is being compiled: the definitions, the sets that led here, the addresses met.
struct Making<'a> {
    from: &'a Terminology,
    within: &'a mut Vec<String>,
    needs: Vec<Box<str>>,
}

/// Compiles a value set. What cannot be evaluated stays in it as a gap.
pub(super) fn compile(from: &Terminology, resource: &Value, within: &mut Vec<String>) -> Arc<CompiledSet> {
    let mut making = Making { from, within, needs: Vec::new() };
    let compose = &resource["compose"];
    let keeps_inactive = compose["inactive"] != false;
    let clauses = |making: &mut Making<'_>, name: &str| -> Vec<Clause> {
        let all = compose[name].as_array().map(Vec::as_slice).unwrap_or_default();
        all.iter().map(|clause| making.clause(clause, keeps_inactive)).collect()
    };
    let name = resource["url"].as_str().unwrap_or("").to_owned();
    making.within.push(name);
    let mut include = clauses(&mut making, "include");
    let mut exclude = clauses(&mut making, "exclude");
    making.within.pop();
    let mut set = CompiledSet {
        resource: Arc::new(resource.clone()),
        include: Vec::new(),
        exclude: Vec::new(),
        needs: Vec::new(),
    };
    std::mem::swap(&mut set.include, &mut include);
    std::mem::swap(&mut set.exclude, &mut exclude);
    // Where the definition cannot be followed, an expansion that came with it can.
    let is_followed = !set.include.is_empty() && set.gap().is_none();
    if !is_followed && resource["expansion"]["contains"].is_array() {
        (set.include, set.exclude) = (making.expansion(&resource["expansion"]), Vec::new());
    } else if set.include.is_empty() {
        // Nothing says what the set holds: that is not the same as an empty set.
        set.include.push(Clause {
            system: None,
            version: None,
            what: What::Unknown(Gap::NoSet(resource["url"].as_str().unwrap_or("").to_owned())),
            sets: Vec::new(),
        });
    }
    making.needs.sort();
    making.needs.dedup();
    set.needs = making.needs;
    Arc::new(set)
}

/// A value set that no resource defines: all codes of a system, under the address that the system names.
pub(super) fn implicit(from: &Terminology, canonical: &str) -> Option<Arc<CompiledSet>> {
    let system = match canonical {
        "http://loinc.org/vs" => "http://loinc.org".to_owned(),
        other if other.split('?').nth(1) == Some("fhir_vs") => other.split('?').next()?.to_owned(),
        other => from.behind(super::url_of(other))?["url"].as_str()?.to_owned(),
    };
    let resource = serde_json::json!({
        "resourceType": "ValueSet", "url": canonical, "status": "active",
        "compose": { "include": [{ "system": system }] },
    });
    Some(compile(from, &resource, &mut Vec::new()))
}

impl Terminology {
    fn behind(&self, value_set: &str) -> Option<Arc<Value>> {
        self.source.behind(value_set).or_else(|| self.below.as_ref()?.behind(value_set))
    }
}

impl Making<'_> {
    fn clause(&mut self, clause: &Value, keeps_inactive: bool) -> Clause {
        let system: Option<Arc<str>> = clause["system"].as_str().map(Arc::from);
        let version = clause["version"].as_str();
        let sets = clause["valueSet"].as_array().map(Vec::as_slice).unwrap_or_default();
        let sets = sets.iter().filter_map(Value::as_str).map(|url| self.nested(url)).collect();
        let what = match &system {
            None => What::Anything,
            Some(url) => self.what(clause, url, version, keeps_inactive),
        };
        Clause { system, version: version.map(Into::into), what, sets }
    }

    fn nested(&mut self, canonical: &str) -> Result<Arc<CompiledSet>, Gap> {
        self.needs.push(canonical.into());
        let url = super::url_of(canonical);
        if self.within.len() >= NESTED_SETS || self.within.iter().any(|outer| outer == url) {
            return Err(Gap::Nested(canonical.to_owned()));
        }
        let set =
            self.from.set_within(canonical, self.within).ok_or_else(|| Gap::NoSet(canonical.to_owned()))?;
        self.needs.extend(set.needs().iter().cloned());
        Ok(set)
    }

    fn what(&mut self, clause: &Value, url: &Arc<str>, version: Option<&str>, keeps_inactive: bool) -> What {
        let canonical = version.map_or(url.to_string(), |version| format!("{url}|{version}"));
        self.needs.push(canonical.as_str().into());
        let system = self.from.system(&canonical).filter(|system| system.content() != Content::Absent);
        if let Some(concepts) = clause["concept"].as_array() {
            return listed(concepts, system, keeps_inactive);
        }
        let filters = clause["filter"].as_array().map(Vec::as_slice).unwrap_or_default();
        match system {
            Some(system) if filters.is_empty() && keeps_inactive => What::Whole(system),
            Some(system) => picked(self.from, system, filters, keeps_inactive, &mut self.needs),
            None => by_grammar(url, &canonical, filters),
        }
    }

    /// The codes of an expansion, by system.
    fn expansion(&mut self, expansion: &Value) -> Vec<Clause> {
        let is_all = expansion["total"]
            .as_u64()
            .is_none_or(|total| total as usize <= count(&expansion["contains"]))
            && !expansion["parameter"].as_array().is_some_and(|all| {
                all.iter().any(|one| {
                    one["name"] == "limitedExpansion" || one["name"] == "offset" && one["valueInteger"] != 0
                })
            })
            && !expansion["extension"].as_array().is_some_and(|all| {
                all.iter().any(|one| {
                    one["url"].as_str().is_some_and(|url| {
                        url.ends_with("valueset-unclosed") || url.ends_with("valueset-toocostly")
                    })
                })
            });
        let mut by_system: Vec<(Arc<str>, Vec<Item>)> = Vec::new();
        gather(&expansion["contains"], &mut by_system);
        let mut clauses = Vec::with_capacity(by_system.len() + 1);
        for (url, items) in by_system {
            let of = self.from.system(&url).filter(|system| system.content() != Content::Absent);
            let what = in_order(items, of, is_all);
            clauses.push(Clause { system: Some(url), version: None, what, sets: Vec::new() });
        }
        if !is_all || clauses.is_empty() {
            let gap =
                Gap::PartOfSystem(clauses.first().and_then(|c| c.system.as_deref()).unwrap_or("").to_owned());
            clauses.push(Clause { system: None, version: None, what: What::Unknown(gap), sets: Vec::new() });
        }
        clauses
    }
}

fn count(contains: &Value) -> usize {
    let all = contains.as_array().map(Vec::as_slice).unwrap_or_default();
    all.iter().map(|one| 1 + count(&one["contains"])).sum()
}

fn gather(contains: &Value, by_system: &mut Vec<(Arc<str>, Vec<Item>)>) {
    for one in contains.as_array().map(Vec::as_slice).unwrap_or_default() {
        if let (Some(system), Some(_)) = (one["system"].as_str(), one["code"].as_str()) {
            let place = match by_system.iter().position(|(known, _)| **known == *system) {
                Some(place) => place,
                None => {
                    by_system.push((system.into(), Vec::new()));
                    by_system.len() - 1
                }
            };
            by_system[place].1.extend(item(one));
        }
        gather(&one["contains"], by_system);
    }
}

fn item(concept: &Value) -> Option<Item> {
    Some(Item {
        code: concept["code"].as_str()?.into(),
        display: concept["display"].as_str().map(Into::into),
        designations: Designation::read(concept),
        is_inactive: concept["inactive"] == true,
        is_abstract: concept["abstract"] == true,
    })
}

fn listed(concepts: &[Value], of: Option<Arc<System>>, keeps_inactive: bool) -> What {
    let mut items: Vec<Item> = concepts.iter().filter_map(item).collect();
    if !keeps_inactive && let Some(system) = &of {
        items.retain(|item| system.find(&item.code).is_none_or(|concept| !concept.is_inactive));
    }
    in_order(items, of, true)
}

fn in_order(items: Vec<Item>, of: Option<Arc<System>>, is_all: bool) -> What {
    let mut by_code: Vec<u32> = (0_u32..).zip(&items).map(|(index, _)| index).collect();
    by_code.sort_by(|a, b| items[*a as usize].code.cmp(&items[*b as usize].code));
    What::Listed { items, by_code, of, is_all }
}

fn picked(
    from: &Terminology,
    system: Arc<System>,
    filters: &[Value],
    keeps_inactive: bool,
    needs: &mut Vec<Box<str>>,
) -> What {
    let mut kept: Vec<bool> = system.concepts().iter().map(|c| keeps_inactive || !c.is_inactive).collect();
    for one in filters {
        if one["op"] == "in" || one["op"] == "not-in" {
            needs.extend(one["value"].as_str().filter(|value| value.contains(':')).map(Into::into));
        }
        match filter::apply(from, &system, one) {
            Ok(passed) => kept.iter_mut().zip(passed).for_each(|(kept, passed)| *kept &= passed),
            Err(gap) => return What::Unknown(gap),
        }
    }
    let indexes = (0_u32..).zip(kept).filter(|(_, kept)| *kept).map(|(index, _)| index).collect();
    What::Picked(system, indexes)
}

/// A system that is not loaded: its grammar is all there is, and filters on the code itself.
fn by_grammar(url: &str, canonical: &str, filters: &[Value]) -> What {
    let Some(grammar) = grammar::of(url) else { return What::Unknown(Gap::NoSystem(canonical.to_owned())) };
    let mut rules = Vec::new();
    for one in filters {
        let text = |name: &str| one[name].as_str().unwrap_or("");
        let rule = match (text("property"), text("op")) {
            ("code", "regex") => filter::whole(text("value")).map(Rule::Pattern),
            ("canonical", "=") if grammar == Grammar::Unit => {
                Unit::parse(text("value")).map(Rule::Comparable)
            }
            _ => None,
        };
        match rule {
            Some(rule) => rules.push(rule),
            None => {
                return What::Unknown(Gap::Filter(
                    url.to_owned(),
                    text("property").to_owned(),
                    text("op").to_owned(),
                ));
            }
        }
    }
    What::Syntax(grammar, rules)
}
