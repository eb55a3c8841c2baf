//! Filters of a value set on the concepts of a code system: hierarchy, properties, patterns, lists.

use super::gap::Gap;
use super::system::{Concept, Content, System};
use super::{Membership, Terminology};
use regex::{Regex, RegexBuilder};
use serde_json::Value;

/// Memory one pattern of a filter may take, in bytes.
const PATTERN_BYTES: usize = 256 * 1024;

/// A pattern that must match the whole text.
pub(super) fn whole(pattern: &str) -> Option<Regex> {
    RegexBuilder::new(&format!("^(?:{pattern})$")).size_limit(PATTERN_BYTES).build().ok()
}

/// Which concepts of the system pass a filter, in the system's order.
pub(super) fn apply(from: &Terminology, system: &System, filter: &Value) -> Result<Vec<bool>, Gap> {
    let text = |name: &str| filter[name].as_str().unwrap_or("");
    let (property, operator, value) = (text("property"), text("op"), text("value"));
    let gap = || Gap::Filter(system.url().to_string(), property.to_owned(), operator.to_owned());
    let is_concept = matches!(property, "concept" | "code");
    let each = |rule: &dyn Fn(&Concept) -> bool| Ok(system.concepts().iter().map(rule).collect());
    match operator {
        "is-a" | "descendent-of" | "is-not-a" | "generalizes" if is_concept => {
            hierarchy(system, operator, value).ok_or_else(gap)
        }
        "=" if property == "parent" || property == "child" => {
            relatives(system, property, value).ok_or_else(gap)
        }
        "=" => each(&|concept| values(concept, property).iter().any(|own| own == value)),
        "regex" => {
            let pattern = whole(value).ok_or_else(gap)?;
            each(&|concept| values(concept, property).iter().any(|own| pattern.is_match(own)))
        }
        "exists" => {
            let wanted = value == "true";
            each(&|concept| {
                let has = match property {
                    "parent" => system.parents(concept).next().is_some(),
                    "child" => system.children(concept).next().is_some(),
                    _ => !values(concept, property).is_empty(),
                };
                has == wanted
            })
        }
        "in" | "not-in" => {
            let wanted = operator == "in";
            let holds = |own: &str| listed(from, system, value, own);
            let mut passed = Vec::with_capacity(system.len());
            for concept in system.concepts() {
                let answers: Vec<Membership> =
                    values(concept, property).iter().map(|own| holds(own)).collect();
                let one = answers.into_iter().fold(Membership::No, Membership::or);
                if one == Membership::Unknown {
                    return Err(gap());
                }
                passed.push(one.is_yes() == wanted);
            }
            Ok(passed)
        }
        _ => Err(gap()),
    }
}

/// `in` names codes separated by commas, or a value set.
fn listed(from: &Terminology, system: &System, list: &str, code: &str) -> Membership {
    if list.contains("://") || list.starts_with("urn:") {
        return from.contains(list, Some(system.url()), code);
    }
    list.split(',').any(|one| one.trim() == code).into()
}

fn hierarchy(system: &System, operator: &str, value: &str) -> Option<Vec<bool>> {
    let Some(index) = system.index(value) else {
        // A code that a whole system does not have has no descendants; of a part nothing can be said.
        return (system.content() == Content::Complete).then(|| vec![operator == "is-not-a"; system.len()]);
    };
    let found = if operator == "generalizes" { system.ancestors(index) } else { system.descendants(index) };
    let mut passed = vec![false; system.len()];
    for one in found {
        passed[one as usize] = true;
    }
    passed[index as usize] = operator != "descendent-of";
    if operator == "is-not-a" {
        passed.iter_mut().for_each(|one| *one = !*one);
    }
    Some(passed)
}

/// The concepts right below (`parent =`) or right above (`child =`) one.
fn relatives(system: &System, property: &str, value: &str) -> Option<Vec<bool>> {
    let concept = match system.find(value) {
        Some(concept) => concept,
        None => return (system.content() == Content::Complete).then(|| vec![false; system.len()]),
    };
    let mut passed = vec![false; system.len()];
    let mut mark = |found: &Concept| {
        if let Some(index) = system.index(&found.code) {
            passed[index as usize] = true;
        }
    };
    if property == "parent" {
        system.children(concept).for_each(&mut mark);
    } else {
        system.parents(concept).for_each(&mut mark);
    }
    Some(passed)
}

/// The values a concept has for a property.
fn values(concept: &Concept, property: &str) -> Vec<String> {
    let own = || concept.properties.iter().filter(|one| &*one.code == property).map(|one| one.text());
    match property {
        "code" | "concept" => vec![concept.code.to_string()],
        "display" => concept.display.iter().map(ToString::to_string).collect(),
        "definition" => concept.definition.iter().map(ToString::to_string).collect(),
        "inactive" if own().next().is_none() => vec![concept.is_inactive.to_string()],
        "notSelectable" if own().next().is_none() => vec![concept.is_abstract.to_string()],
        _ => own().collect(),
    }
}
