//! How many values there are, and which slice each belongs to.

use super::compare;
use super::finding::Family;
use super::place::Step;
use super::profile::{Active, Expected, Slice, SliceRules, Slicing, Test, Way};
use super::walk::{Walk, known_name, position, short};
use crate::definitions::{self, Type};
use crate::fhirpath::Element;
use serde_json::Value;
use socle_kernel::Severity;

/// Where an item belongs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Found {
    Slice(usize),
    None,
    /// What would decide is not at hand: a reference that leads elsewhere.
    Unknown,
}

/// The name of the slice of all that fits no other.
const DEFAULT: &str = "@default";

impl<'a> Walk<'a, '_> {
    /// Counts the values of an element for every profile, and tells which slices each item belongs to.
    pub fn counted(
        &mut self,
        elements: &[Element<'a>],
        below: &[Active],
        is_array: bool,
    ) -> Option<Vec<Vec<Active>>> {
        let mut slices: Option<Vec<Vec<Active>>> = None;
        for active in below {
            self.count(elements.len(), *active);
            if let Some(slicing) = &active.node.slicing {
                let own = slices.get_or_insert_with(|| vec![Vec::new(); elements.len()]);
                self.sliced(elements, *active, slicing, is_array, own);
            }
        }
        slices
    }

    fn count(&mut self, count: usize, active: Active) {
        let node = active.node;
        let number = u32::try_from(count).unwrap_or(u32::MAX);
        if number < node.min {
            self.few(active, node.min, count, None);
        }
        if node.max.is_some_and(|max| number > max) {
            self.many(active, node.max.unwrap_or(0), count, None);
        }
    }

    fn few(&mut self, active: Active, least: u32, count: usize, slice: Option<&str>) {
        let name = short(active.profile);
        let (slice_fr, slice_en) = slice_words(slice);
        let said = || {
            (
                format!(
                    "Le profil {name} demande au moins {least} valeur(s) ici{slice_fr}. Ajoutez ce qui manque."
                ),
                format!(
                    "The profile {name} asks for at least {least} value(s) here{slice_en}. Add what is missing."
                ),
            )
        };
        let expected = format!("at least {least}");
        self.tell(Family::Rule, Severity::Error, "required", said, &expected, &count.to_string());
    }

    fn many(&mut self, active: Active, most: u32, count: usize, slice: Option<&str>) {
        let name = short(active.profile);
        let (slice_fr, slice_en) = slice_words(slice);
        let said = || {
            if most == 0 {
                (
                    format!("Le profil {name} ne permet pas cet élément{slice_fr}. Retirez-le."),
                    format!("The profile {name} does not allow this element{slice_en}. Leave it out."),
                )
            } else {
                (
                    format!(
                        "Le profil {name} permet au plus {most} valeur(s) ici{slice_fr}. Retirez ce qui est de trop."
                    ),
                    format!(
                        "The profile {name} allows at most {most} value(s) here{slice_en}. Leave out the rest."
                    ),
                )
            }
        };
        let expected = format!("at most {most}");
        self.tell(Family::Rule, Severity::Error, "structure", said, &expected, &count.to_string());
    }

    /// What a profile demands and the element has not at all.
    pub fn missing_by_profile(&mut self, definition: &'static Type, seen: u128, active: Active) {
        for (name, child) in active.children() {
            let wanted = child.slicing.as_ref().and_then(|slicing| {
                slicing.slices.iter().find(|slice| slice.min > 0 && *slice.name != *DEFAULT)
            });
            if child.min == 0 && wanted.is_none() {
                continue;
            }
            let is_there = position(definition, name).is_none_or(|at| seen & (1 << at.min(127)) != 0);
            if is_there {
                continue;
            }
            let below = Active { profile: active.profile, node: child };
            self.place.steps.push(Step { name: known_name(definition, name), index: None });
            match wanted.filter(|_| child.min == 0) {
                Some(slice) => self.few(below, slice.min, 0, Some(&slice.name)),
                None => self.few(below, child.min, 0, None),
            }
            self.place.steps.pop();
        }
    }

    fn sliced(
        &mut self,
        elements: &[Element<'a>],
        active: Active,
        slicing: &'static Slicing,
        is_array: bool,
        own: &mut [Vec<Active>],
    ) {
        let mut counts = vec![0_u32; slicing.slices.len()];
        let mut unknown = 0_u32;
        let mut last = 0;
        let mut outside = false;
        let default = slicing.slices.iter().position(|slice| *slice.name == *DEFAULT);
        for (index, element) in elements.iter().enumerate() {
            if is_array {
                self.index(index);
            }
            let found = match self.slice_of(element, active, slicing) {
                Found::None => default.map_or(Found::None, Found::Slice),
                other => other,
            };
            match found {
                Found::Slice(at) => {
                    let slice = &slicing.slices[at];
                    counts[at] += 1;
                    if slicing.is_ordered && at < last {
                        self.unordered(active, &slice.name);
                    }
                    if outside && slicing.rules == SliceRules::OpenAtEnd {
                        self.unordered(active, &slice.name);
                    }
                    last = last.max(at);
                    let node = Active { profile: active.profile, node: &slice.node };
                    own[index].push(node);
                    // A slice of a slice.
                    if let Some(inner) = &slice.node.slicing {
                        let mut one = [Vec::new()];
                        self.sliced(std::slice::from_ref(element), node, inner, false, &mut one);
                        own[index].append(&mut one[0]);
                    }
                }
                Found::None => {
                    outside = true;
                    if slicing.rules == SliceRules::Closed {
                        self.closed(active, slicing);
                    }
                }
                Found::Unknown => unknown += 1,
            }
        }
        if is_array {
            self.no_index();
        }
        for (slice, count) in slicing.slices.iter().zip(counts) {
            self.slice_count(slice, count, unknown, active);
        }
    }

    fn slice_count(&mut self, slice: &Slice, count: u32, unknown: u32, active: Active) {
        let received = usize::try_from(count).unwrap_or(usize::MAX);
        if count + unknown < slice.min {
            self.few(active, slice.min, received, Some(&slice.name));
        }
        if let Some(most) = slice.max.filter(|most| count > *most) {
            self.many(active, most, received, Some(&slice.name));
        }
    }

    fn unordered(&mut self, active: Active, slice: &str) {
        let name = short(active.profile);
        let said = || {
            (
                format!(
                    "Le profil {name} fixe l'ordre : la tranche « {slice} » vient plus tôt. Déplacez cette valeur."
                ),
                format!(
                    "The profile {name} fixes the order: the slice `{slice}` comes earlier. Move this value."
                ),
            )
        };
        self.tell(Family::Rule, Severity::Error, "structure", said, "the order of the slices", slice);
    }

    fn closed(&mut self, active: Active, slicing: &Slicing) {
        let name = short(active.profile);
        let known: Vec<&str> = slicing.slices.iter().map(|slice| &*slice.name).collect();
        let known = known.join(", ");
        let said = || {
            (
                format!(
                    "Le profil {name} ne permet ici que les tranches {known} : cette valeur n'entre dans aucune. Corrigez-la ou retirez-la."
                ),
                format!(
                    "The profile {name} allows only the slices {known} here: this value fits none. Mend it or leave it out."
                ),
            )
        };
        self.tell(Family::Rule, Severity::Error, "structure", said, &known, "none of them");
    }

    fn slice_of(&mut self, element: &Element<'a>, active: Active, slicing: &'static Slicing) -> Found {
        let mut is_unknown = false;
        for (at, slice) in slicing.slices.iter().enumerate().filter(|(_, slice)| *slice.name != *DEFAULT) {
            // A slice that says nothing where it should be told apart: no item is certainly one of it.
            if slice.tests.is_empty() {
                is_unknown = true;
                continue;
            }
            let answers: Vec<Option<bool>> =
                slice.tests.iter().map(|test| self.fits(element, active, test)).collect();
            if answers.iter().all(|answer| *answer == Some(true)) {
                return Found::Slice(at);
            }
            is_unknown |= !answers.contains(&Some(false));
        }
        if is_unknown { Found::Unknown } else { Found::None }
    }

    /// Whether an item passes one test of a slice; `None` when that cannot be known.
    fn fits(&mut self, element: &Element<'a>, active: Active, test: &'static Test) -> Option<bool> {
        if let Expected::Targets(targets) = &test.expected {
            let path = test.path.strip_suffix(&[Way::Resolve]).unwrap_or(&test.path);
            let mut reached = Vec::new();
            self.reach(element, path, &mut reached)?;
            let mut is_unknown = reached.is_empty();
            for reference in reached {
                match self.points_to(&reference, targets) {
                    Some(true) => return Some(true),
                    Some(false) => {}
                    None => is_unknown = true,
                }
            }
            return (!is_unknown).then_some(false);
        }
        let mut reached = Vec::new();
        let is_complete = self.reach(element, &test.path, &mut reached).is_some();
        if let Expected::Exists(wanted) = &test.expected {
            return Some(reached.is_empty() != *wanted);
        }
        let mut is_unknown = !is_complete;
        for one in reached {
            match self.is_expected(&one, active, &test.expected) {
                Some(true) => return Some(true),
                Some(false) => {}
                None => is_unknown = true,
            }
        }
        (!is_unknown).then_some(false)
    }

    fn is_expected(
        &mut self,
        element: &Element<'a>,
        active: Active,
        expected: &'static Expected,
    ) -> Option<bool> {
        match expected {
            Expected::Fixed(fixed) => Some(element.value.is_some_and(|value| compare::same(fixed, value))),
            Expected::Pattern(pattern) => {
                Some(element.value.is_some_and(|value| compare::holds(pattern, value)))
            }
            // Whether a code is in a value set that is not installed cannot be said.
            Expected::Codes(value_set) => super::binding::is_member(self.options, element.value?, value_set),
            Expected::Node(node) => Some(self.conforms(element, Active { profile: active.profile, node })),
            Expected::Types(types) => Some(types.iter().any(|name| element.definition.is_a(name))),
            Expected::Profiles(profiles) => self.is_of_profile(element, profiles),
            Expected::Exists(_) | Expected::Targets(_) => None,
        }
    }

    fn is_of_profile(&mut self, element: &Element<'a>, profiles: &[Box<str>]) -> Option<bool> {
        let mut is_unknown = false;
        for canonical in profiles {
            if super::types::is_base_type(canonical) {
                let name = canonical.rsplit('/').next().unwrap_or("");
                if element.definition.is_a(name.split('|').next().unwrap_or(name)) {
                    return Some(true);
                }
                continue;
            }
            match super::profile::find(canonical) {
                Some(Ok(profile)) if self.conforms_to(element, profile) => return Some(true),
                Some(Ok(_)) => {}
                _ => is_unknown = true,
            }
        }
        (!is_unknown).then_some(false)
    }

    /// The elements a path leads to; `None` when a reference on the way leads to what is not here.
    fn reach(&self, element: &Element<'a>, path: &[Way], out: &mut Vec<Element<'a>>) -> Option<()> {
        let Some((first, rest)) = path.split_first() else {
            out.push(*element);
            return Some(());
        };
        let mut next = Vec::new();
        match first {
            Way::Member(name) => children(element, name, &mut next),
            Way::OfType(name) => next.extend(element.definition.is_a(name).then_some(*element)),
            Way::Extension(url) => {
                children(element, "extension", &mut next);
                next.retain(|one| {
                    one.value.and_then(|value| value.get("url")).and_then(Value::as_str) == Some(url)
                });
            }
            Way::Resolve => {
                let reference =
                    element.value.and_then(|value| value.get("reference")).and_then(Value::as_str)?;
                next.push(Element::resource(self.resolve(reference)?)?);
            }
        }
        let mut is_complete = Some(());
        for one in next {
            if self.reach(&one, rest, out).is_none() {
                is_complete = None;
            }
        }
        is_complete
    }
}

/// The children of an element of one FHIRPath name.
fn children<'a>(element: &Element<'a>, name: &str, out: &mut Vec<Element<'a>>) {
    let mut items = Vec::new();
    element.children(name, &mut items);
    out.extend(items.iter().filter_map(|item| item.element().copied()).map(|mut child| {
        // A resource inside has a type of its own.
        if let Some(inner) =
            child.value.filter(|_| child.definition.name == "Resource").and_then(Element::resource)
        {
            child.definition = inner.definition;
        }
        child
    }));
}

fn slice_words(slice: Option<&str>) -> (String, String) {
    match slice {
        Some(slice) => (format!(" pour la tranche « {slice} »"), format!(" for the slice `{slice}`")),
        None => (String::new(), String::new()),
    }
}

/// The type a canonical address of a profile is about, or of the type itself.
pub(super) fn type_of_profile(canonical: &str) -> Option<&'static Type> {
    let entry =
        crate::packages::find_entry(crate::packages::Kind::StructureDefinition, canonical).or_else(|| {
            let url = canonical.split('|').next().unwrap_or(canonical);
            crate::packages::find_entry(crate::packages::Kind::StructureDefinition, url)
        });
    match entry {
        Some(entry) => definitions::find_type(entry.about),
        None => definitions::find_type(canonical),
    }
}
