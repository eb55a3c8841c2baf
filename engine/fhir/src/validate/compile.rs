//! Compiles the snapshot of a profile into the tree that validation walks: what the base definitions demand already is
//! left out, so that a profile costs what it adds.

mod slices;
mod tree;

use super::profile::{Node, Profile, Slice, SliceRules, Slicing, TypeRule};
use super::rule::{Binding, invariants, known_keys, rules};
use crate::definitions::{self, Type};
use serde_json::Value;
use std::borrow::Cow;
pub(super) use tree::{Raw, Tree};

/// Compiles a profile; a differential alone is completed first.
pub(super) fn compile(structure: &Value) -> Result<Profile, &'static str> {
    let text = |name: &str| structure.get(name).and_then(Value::as_str).unwrap_or("");
    let structure = if structure.get("snapshot").is_some() {
        Cow::Borrowed(structure)
    } else {
        Cow::Owned(crate::packages::with_snapshot(structure).map_err(|_| "its snapshot cannot be made")?)
    };
    let tree = Tree::of(&structure).ok_or("it has no snapshot")?;
    let context = |one: &Value| {
        let text = |name: &str| one.get(name).and_then(Value::as_str).unwrap_or("");
        (text("type").into(), text("expression").into())
    };
    let contexts = structure.get("context").and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
    let root_type = definitions::find_type(text("type")).ok_or("its type is unknown to FHIR R4")?;
    let root = node(&tree, 0, root_type);
    Ok(Profile {
        url: text("url").into(),
        type_name: text("type").into(),
        root,
        is_modifier: tree.nodes[0].element.get("isModifier") == Some(&Value::Bool(true)),
        contexts: if contexts.iter().all(is_possible) {
            contexts.iter().map(context).collect()
        } else {
            Vec::new()
        },
    })
}

/// False for a context that names an element which does not exist: a guide's slip of the pen, that nobody could satisfy.
fn is_possible(context: &Value) -> bool {
    let text = |name: &str| context.get(name).and_then(Value::as_str).unwrap_or("");
    let expression = text("expression");
    let mut names = expression.split('.');
    let Some(mut known) = names.next().and_then(definitions::find_type).filter(|_| text("type") == "element")
    else {
        return true;
    };
    for name in names {
        let plain = name.strip_suffix("[x]").unwrap_or(name);
        let Some(element) = known.element(plain) else { return known.member(name).is_some() };
        let Some(first) = element.types.first() else { return true };
        known = first.definition();
    }
    true
}

/// The types an element definition names.
pub(super) fn type_rules(element: &Value) -> Vec<TypeRule> {
    let all = element.get("type").and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
    let strings = |one: &Value, name: &str| -> Vec<Box<str>> {
        let list = one.get(name).and_then(Value::as_array).into_iter().flatten();
        list.filter_map(|text| Some(text.as_str()?.into())).collect()
    };
    all.iter()
        .map(|one| TypeRule {
            code: one.get("code").and_then(Value::as_str).unwrap_or("").into(),
            profiles: strings(one, "profile"),
            targets: strings(one, "targetProfile"),
        })
        .collect()
}

/// The value of a member that carries its type in its name: `fixed[x]`, `pattern[x]`.
pub(super) fn choice<'v>(element: &'v Value, stem: &str) -> Option<&'v Value> {
    let is_it = |name: &str| {
        name.strip_prefix(stem)
            .is_some_and(|rest| rest.starts_with(|letter: char| letter.is_ascii_uppercase()))
    };
    element.as_object()?.iter().find(|(name, _)| is_it(name)).map(|(_, value)| value)
}

/// The element of the tables that an element definition says it comes from.
fn base_element(element: &Value) -> Option<(&'static definitions::Element, &str)> {
    let path = element.pointer("/base/path").and_then(Value::as_str)?;
    let (owner, name) = path.rsplit_once('.')?;
    let name = name.strip_suffix("[x]").unwrap_or(name);
    Some((definitions::find_type(owner)?.element(name)?, path))
}

fn node(tree: &Tree<'_>, at: usize, definition: &'static Type) -> Node {
    node_within(tree, at, definition, &Value::Null)
}

/// As [`node`], of a slice: slices of it are told apart as `outer` says, unless it says something itself.
fn node_within(tree: &Tree<'_>, at: usize, definition: &'static Type, outer: &Value) -> Node {
    let mut made = own(tree, at, definition);
    let raw = &tree.nodes[at];
    for (name, child) in &raw.children {
        let Some((name, child_type)) = child_type(definition, name, &tree.nodes[*child]) else { continue };
        let below = node(tree, *child, child_type);
        if !below.is_trivial() {
            made.children.push((name.into(), below));
        }
    }
    if !raw.slices.is_empty() {
        made.slicing = Some(slicing(tree, at, definition, outer));
    } else if let Some(described) = raw.element.get("slicing").filter(|_| is_closed(raw.element)) {
        // Closed without slices: nothing fits. Said of extensions that must not be there.
        made.slicing = Some(Slicing { rules: slice_rules(described), is_ordered: false, slices: Vec::new() });
    }
    made
}

fn is_closed(element: &Value) -> bool {
    element.pointer("/slicing/rules").and_then(Value::as_str) == Some("closed")
        && element.get("max").and_then(Value::as_str) != Some("0")
}

/// FHIRPath name and type of a child; a choice written with its type (`valueQuantity`) is a child of this type.
fn child_type<'n>(
    definition: &'static Type,
    name: &'n str,
    raw: &Raw<'_>,
) -> Option<(&'n str, &'static Type)> {
    let plain = name.strip_suffix("[x]").unwrap_or(name);
    let Some(element) = definition.element(plain) else {
        let member = definition.member(plain)?;
        return Some((member.element.name, member.type_ref.definition()));
    };
    let named = type_rules(raw.element)
        .into_iter()
        .find_map(|rule| element.types.iter().find(|one| *one.name == *rule.code));
    Some((plain, named.or_else(|| element.types.first())?.definition()))
}

/// What is said of the element itself, without its children.
fn own(tree: &Tree<'_>, at: usize, definition: &'static Type) -> Node {
    let raw = &tree.nodes[at];
    let element = raw.element;
    let mut made = Node::default();
    let base = base_element(element).filter(|_| at > 0);
    let number = |name: &str| element.get(name).and_then(Value::as_u64);
    let least = number("min").and_then(|min| u32::try_from(min).ok()).unwrap_or(0);
    let most = element.get("max").and_then(Value::as_str).and_then(|max| max.parse::<u32>().ok());
    if at > 0 {
        made.min = base.map_or(least, |(base, _)| if least > base.min { least } else { 0 });
        made.max = most.filter(|most| base.is_none_or(|(base, _)| base.max.is_none_or(|max| *most < max)));
    }
    let types = type_rules(element);
    let candidates: Vec<&'static Type> = match base {
        Some((base, _)) => base.types.iter().map(|one| one.definition()).collect(),
        None => vec![definition],
    };
    if at > 0 {
        made.types = restricted(base.map(|(base, _)| base), types);
    }
    made.fixed = choice(element, "fixed").cloned();
    made.pattern = choice(element, "pattern").cloned();
    made.max_length = number("maxLength").and_then(|most| usize::try_from(most).ok());
    made.min_value = choice(element, "minValue").cloned();
    made.max_value = choice(element, "maxValue").cloned();
    made.binding = Binding::read(element).filter(|binding| !is_known_binding(base, binding));
    let keys = known_keys(base.map_or("", |(_, path)| path), &candidates);
    made.invariants = invariants(element, &|key| keys.contains(key));
    made.content = element
        .get("contentReference")
        .and_then(Value::as_str)
        .and_then(|path| path.split_once('#'))
        .map(|(_, path)| path.into());
    made
}

/// The types, unless the base allows the same.
fn restricted(base: Option<&'static definitions::Element>, types: Vec<TypeRule>) -> Option<Vec<TypeRule>> {
    let speaks = |rule: &TypeRule| !rule.code.starts_with("http://hl7.org/fhirpath/");
    let types: Vec<TypeRule> = types.into_iter().filter(speaks).collect();
    let base = base?;
    if types.is_empty() || base.types.iter().any(|one| one.name.contains('.')) {
        return None;
    }
    let last = |url: &str| url.rsplit('/').next().unwrap_or("").to_owned();
    let is_same = types.len() == base.types.len()
        && types.iter().all(|rule| {
            base.types.iter().any(|one| {
                let mut known: Vec<String> = one.targets.iter().map(|t| (*t).to_owned()).collect();
                let mut named: Vec<String> = rule.targets.iter().map(|url| last(url)).collect();
                known.sort();
                named.sort();
                let official = |url: &str| url.starts_with("http://hl7.org/fhir/StructureDefinition/");
                let is_open = named == ["Resource"] && known.is_empty();
                *one.name == *rule.code
                    && rule.profiles.is_empty()
                    && (known == named || is_open)
                    && rule.targets.iter().all(|url| official(url))
            })
        });
    (!is_same).then_some(types)
}

fn is_known_binding(base: Option<(&'static definitions::Element, &str)>, binding: &Binding) -> bool {
    let Some((base, path)) = base else { return false };
    let plain = |url: &str| url.split('|').next().unwrap_or("").to_owned();
    if base.codes.is_some_and(|codes| codes.address == plain(&binding.value_set)) {
        return binding.most.is_none();
    }
    let Some(owner) = path.rsplit_once('.').and_then(|(owner, _)| definitions::find_type(owner)) else {
        return false;
    };
    let Some(position) = owner.elements.iter().position(|one| std::ptr::eq(one, base)) else { return false };
    rules(owner).elements[position].binding.as_ref().is_some_and(|known| {
        known.strength >= binding.strength
            && plain(&known.value_set) == plain(&binding.value_set)
            && known.most == binding.most
    })
}

fn slice_rules(described: &Value) -> SliceRules {
    match described.get("rules").and_then(Value::as_str) {
        Some("closed") => SliceRules::Closed,
        Some("openAtEnd") => SliceRules::OpenAtEnd,
        _ => SliceRules::Open,
    }
}

fn slicing(tree: &Tree<'_>, at: usize, definition: &'static Type, outer: &Value) -> Slicing {
    let raw = &tree.nodes[at];
    let described = raw.element.get("slicing").unwrap_or(outer);
    let discriminators = slices::discriminators(described, raw, definition);
    let made = raw
        .slices
        .iter()
        .map(|(name, slice)| {
            let element = tree.nodes[*slice].element;
            let slice_type = type_rules(element)
                .first()
                .and_then(|rule| definitions::find_type(&rule.code))
                .filter(|_| definition.kind != definitions::TypeKind::Backbone)
                .unwrap_or(definition);
            let mut below = node_within(tree, *slice, slice_type, described);
            // How many there are is counted by the slicing, not by each item.
            (below.min, below.max) = (0, None);
            let number = |name: &str| element.get(name).and_then(Value::as_u64);
            Slice {
                name: name.as_str().into(),
                min: number("min").and_then(|min| u32::try_from(min).ok()).unwrap_or(0),
                max: element.get("max").and_then(Value::as_str).and_then(|max| max.parse().ok()),
                tests: discriminators
                    .iter()
                    .filter_map(|one| slices::test(tree, *slice, slice_type, one))
                    .collect(),
                node: below,
            }
        })
        .collect();
    // Of a choice the types are what is allowed: tools write `closed` wherever a type got a slice.
    let is_choice = raw.element.get("path").and_then(Value::as_str).is_some_and(|path| path.ends_with("[x]"));
    Slicing {
        rules: if is_choice { SliceRules::Open } else { slice_rules(described) },
        is_ordered: described.get("ordered") == Some(&Value::Bool(true)),
        slices: made,
    }
}

/// The tree of a part of a profile, for a discriminator that compares with all that is said there.
pub(super) fn part(tree: &Tree<'_>, at: usize, definition: &'static Type) -> Node {
    let mut made = node(tree, at, definition);
    (made.min, made.max) = (0, None);
    made
}
