//! How a slice recognises its items: what its discriminators lead to.

use super::tree::{Raw, Tree};
use super::{choice, part, type_rules};
use crate::definitions::{self, Type};
use crate::packages::{self, Kind};
use crate::validate::profile::{Expected, Test, Way};
use crate::validate::rule::Strength;
use serde_json::Value;

/// How deep discriminators may lead through profiles of profiles.
const DEPTH: usize = 6;

/// Kind and path of a discriminator.
pub(super) struct Discriminator {
    kind: String,
    path: Vec<Way>,
}

/// The discriminators of a slicing. Extensions are told apart by their address and choices by their type, also when
/// nobody says so.
pub(super) fn discriminators(
    described: &Value,
    raw: &Raw<'_>,
    definition: &'static Type,
) -> Vec<Discriminator> {
    let named = described.get("discriminator").and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
    let text = |one: &Value, name: &str| one.get(name).and_then(Value::as_str).unwrap_or("").to_owned();
    let mut all: Vec<Discriminator> = named
        .iter()
        .map(|one| Discriminator { kind: text(one, "type"), path: ways(&text(one, "path")) })
        .collect();
    if all.is_empty() {
        let path = raw.element.get("path").and_then(Value::as_str).unwrap_or("");
        if definition.name == "Extension" {
            all.push(Discriminator { kind: "value".to_owned(), path: ways("url") });
        } else if path.ends_with("[x]") {
            all.push(Discriminator { kind: "type".to_owned(), path: Vec::new() });
        }
    }
    all
}

/// Reads the restricted FHIRPath of a discriminator.
fn ways(path: &str) -> Vec<Way> {
    let mut ways = Vec::new();
    let mut rest = path.trim();
    while !rest.is_empty() {
        let end = step_end(rest);
        let step = rest[..end].trim();
        rest = rest[end..].trim_start_matches('.');
        let argument = |name: &str| {
            let inner = step.strip_prefix(name)?.strip_prefix('(')?.strip_suffix(')')?;
            Some(inner.trim_matches(['\'', '"']))
        };
        if step == "$this" {
            continue;
        } else if step == "resolve()" {
            ways.push(Way::Resolve);
        } else if let Some(url) = argument("extension") {
            ways.push(Way::Extension(url.into()));
        } else if let Some(name) = argument("ofType").or_else(|| argument("as")) {
            ways.push(Way::OfType(name.into()));
        } else {
            ways.push(Way::Member(step.into()));
        }
    }
    ways
}

/// Where a step ends: at a point outside parentheses.
fn step_end(text: &str) -> usize {
    let mut depth = 0_usize;
    for (place, byte) in text.bytes().enumerate() {
        match byte {
            b'(' => depth += 1,
            b')' => depth = depth.saturating_sub(1),
            b'.' if depth == 0 => return place,
            _ => {}
        }
    }
    text.len()
}

/// What a discriminator expects of the items of a slice; `None` when the slice says nothing at that place.
pub(super) fn test(
    tree: &Tree<'_>,
    slice: usize,
    definition: &'static Type,
    discriminator: &Discriminator,
) -> Option<Test> {
    let path = discriminator.path.clone();
    let expected = match discriminator.kind.as_str() {
        "exists" => Expected::Exists(exists(tree, slice, &path)?),
        "type" => at(tree, slice, definition, &path, &types, 0)?,
        "profile" => at(tree, slice, definition, &path, &profiles, 0)?,
        _ => at(tree, slice, definition, &path, &value, 0)?,
    };
    Some(Test { path, expected })
}

fn exists(tree: &Tree<'_>, slice: usize, path: &[Way]) -> Option<bool> {
    let mut place = slice;
    for way in path {
        place = match way {
            Way::Member(name) => tree.child(place, name)?,
            Way::Extension(url) => extension(tree, place, url)?,
            Way::OfType(_) => place,
            Way::Resolve => return None,
        };
    }
    let element = tree.nodes[place].element;
    if element.get("max").and_then(Value::as_str) == Some("0") {
        return Some(false);
    }
    (element.get("min").and_then(Value::as_u64) >= Some(1)).then_some(true)
}

/// The slice of the extensions of an element that is about this address.
fn extension(tree: &Tree<'_>, place: usize, url: &str) -> Option<usize> {
    let all = tree.child(place, "extension")?;
    let is_it = |at: &usize| {
        let rules = type_rules(tree.nodes[*at].element);
        rules.iter().flat_map(|rule| &rule.profiles).any(|profile| plain(profile) == url)
            || tree.child(*at, "url").is_some_and(|place| {
                choice(tree.nodes[place].element, "fixed").and_then(Value::as_str) == Some(url)
            })
    };
    tree.nodes[all].slices.iter().map(|(_, place)| *place).find(is_it)
}

fn plain(canonical: &str) -> &str {
    canonical.split('|').next().unwrap_or(canonical)
}

/// What an element says, read by the kind of the discriminator.
type Reader<'r> = &'r dyn Fn(&Tree<'_>, usize, &'static Type, bool) -> Option<Expected>;

/// Goes along a path through the slice, through the profiles of its types and through patterns.
fn at(
    tree: &Tree<'_>,
    place: usize,
    definition: &'static Type,
    path: &[Way],
    read: Reader<'_>,
    depth: usize,
) -> Option<Expected> {
    let Some((first, rest)) = path.split_first() else {
        return read(tree, place, definition, false).or_else(|| in_profile(tree, place, path, read, depth));
    };
    let element = tree.nodes[place].element;
    let found = match first {
        Way::OfType(name) => {
            // The slice of this type, when the choice is sliced by type.
            let of_type =
                |at: &usize| type_rules(tree.nodes[*at].element).iter().any(|rule| rule.code == *name);
            let slice = tree.nodes[place].slices.iter().map(|(_, at)| *at).find(of_type);
            let definition = definitions::find_type(name)?;
            at(tree, slice.unwrap_or(place), definition, rest, read, depth)
        }
        Way::Resolve => {
            if rest.is_empty() {
                return read(tree, place, definition, true);
            }
            let target = type_rules(element).into_iter().flat_map(|rule| rule.targets).next()?;
            return elsewhere(&target, rest, read, depth);
        }
        Way::Extension(url) => {
            let slice = extension(tree, place, url)?;
            at(tree, slice, definitions::find_type("Extension")?, rest, read, depth)
        }
        Way::Member(name) => {
            let below = definition.element(name).and_then(|element| element.types.first());
            let child = tree.child(place, name).zip(below);
            child.and_then(|(child, below)| {
                let named = type_rules(tree.nodes[child].element).into_iter().next();
                let named = named.and_then(|rule| definitions::find_type(&rule.code));
                let below = below.definition();
                let is_nested = below.kind == definitions::TypeKind::Backbone;
                let child_type = named.filter(|_| !is_nested).unwrap_or(below);
                // What is said of a slice below tells this one apart too: the coding that must be there.
                let slices = tree.nodes[child].slices.iter().map(|(_, slice)| *slice);
                std::iter::once(child)
                    .chain(slices)
                    .find_map(|one| at(tree, one, child_type, rest, read, depth))
            })
        }
    };
    found.or_else(|| in_pattern(element, path)).or_else(|| in_profile(tree, place, path, read, depth))
}

/// A pattern or fixed value above says what is below.
fn in_pattern(element: &Value, path: &[Way]) -> Option<Expected> {
    let mut value = choice(element, "pattern").or_else(|| choice(element, "fixed"))?;
    for way in path {
        let Way::Member(name) = way else { return None };
        value = value.get(&**name)?;
        if let Value::Array(items) = value {
            value = items.first()?;
        }
    }
    Some(Expected::Pattern(value.clone()))
}

/// What the profile of the element's type says.
fn in_profile(
    tree: &Tree<'_>,
    place: usize,
    path: &[Way],
    read: Reader<'_>,
    depth: usize,
) -> Option<Expected> {
    let rules = type_rules(tree.nodes[place].element);
    let profile = rules.into_iter().flat_map(|rule| rule.profiles).next()?;
    // The address of an extension is that of its definition, also when no package brings it.
    if path == [Way::Member("url".into())] {
        return Some(Expected::Fixed(Value::String(plain(&profile).to_owned())));
    }
    elsewhere(&profile, path, read, depth)
}

fn elsewhere(profile: &str, path: &[Way], read: Reader<'_>, depth: usize) -> Option<Expected> {
    if depth >= DEPTH {
        return None;
    }
    let structure = packages::find(Kind::StructureDefinition, profile)
        .or_else(|| packages::find(Kind::StructureDefinition, plain(profile)))?;
    let tree = Tree::of(&structure)?;
    let definition = definitions::find_type(structure.get("type")?.as_str()?)?;
    at(&tree, 0, definition, path, read, depth + 1)
}

fn value(tree: &Tree<'_>, place: usize, definition: &'static Type, _: bool) -> Option<Expected> {
    let element = tree.nodes[place].element;
    if let Some(value) = choice(element, "fixed") {
        return Some(Expected::Fixed(value.clone()));
    }
    if let Some(value) = choice(element, "pattern") {
        return Some(Expected::Pattern(value.clone()));
    }
    // What the base says of all values tells none apart.
    let below = part(tree, place, definition);
    if !below.children.is_empty() || below.slicing.is_some() {
        return Some(Expected::Node(Box::new(below)));
    }
    let binding = below.binding.filter(|binding| binding.strength == Strength::Required)?;
    Some(Expected::Codes(binding.value_set))
}

fn types(tree: &Tree<'_>, place: usize, _: &'static Type, through_reference: bool) -> Option<Expected> {
    let rules = type_rules(tree.nodes[place].element);
    if through_reference {
        return Some(Expected::Targets(rules.into_iter().flat_map(|rule| rule.targets).collect()));
    }
    // A snapshot that is the root of a resource has no types: its path is its type.
    if rules.is_empty() {
        let path = tree.nodes[place].element.get("path")?.as_str()?;
        return Some(Expected::Types(vec![path.into()]));
    }
    Some(Expected::Types(rules.into_iter().map(|rule| rule.code).collect()))
}

fn profiles(tree: &Tree<'_>, place: usize, _: &'static Type, through_reference: bool) -> Option<Expected> {
    let rules = type_rules(tree.nodes[place].element);
    if through_reference {
        let targets: Vec<Box<str>> = rules.into_iter().flat_map(|rule| rule.targets).collect();
        return (!targets.is_empty()).then_some(Expected::Targets(targets));
    }
    let profiles: Vec<Box<str>> = rules.iter().flat_map(|rule| rule.profiles.clone()).collect();
    if !profiles.is_empty() {
        return Some(Expected::Profiles(profiles));
    }
    let codes: Vec<Box<str>> = rules.into_iter().map(|rule| rule.code).collect();
    (!codes.is_empty()).then_some(Expected::Types(codes))
}
