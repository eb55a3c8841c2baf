//! The official FHIR R4 definitions as compact tables, read once on first use (origin in `data/fhir/README.md`).

mod load;

use socle_kernel::ResourceType;
use std::collections::HashMap;
use std::sync::OnceLock;

/// What sort of type a definition is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TypeKind {
    /// A resource, as `Patient`; also the abstract `Resource` and `DomainResource`.
    Resource,
    /// A data type with members, as `HumanName`.
    Complex,
    /// A JSON string, number or boolean, as `dateTime`.
    Primitive,
    /// The members of one element of a resource, as `Patient.contact`.
    Backbone,
}

/// One type with its elements.
#[derive(Debug)]
pub struct Type {
    /// Its name; a path for the members of an element.
    pub name: &'static str,
    /// What sort of type it is.
    pub kind: TypeKind,
    /// The name of the type it specialises; empty for `Element` and `Resource`.
    pub parent: &'static str,
    /// Its elements in the official order.
    pub elements: Vec<Element>,
    /// JSON member name, element, which of the element's types; sorted by name.
    members: Vec<(String, u16, u16)>,
    /// Its place among all types.
    number: usize,
}

/// One element of a type.
#[derive(Debug)]
pub struct Element {
    /// Its name, without `[x]`.
    pub name: &'static str,
    /// True for `value[x]`: the JSON name carries the type.
    pub is_choice: bool,
    /// How many at least.
    pub min: u32,
    /// True when `_summary=true` keeps it.
    pub is_summary: bool,
    /// How many at most; `None` for no bound.
    pub max: Option<u32>,
    /// The types it may have; one unless it is a choice.
    pub types: Vec<TypeRef>,
    /// The codes it is bound to, when they are few and required.
    pub codes: Option<&'static CodeSet>,
}

impl Element {
    /// True when JSON writes it as an array.
    pub fn is_array(&self) -> bool {
        self.max != Some(1)
    }
}

/// One type an element may have.
#[derive(Debug)]
pub struct TypeRef {
    /// The type's name.
    pub name: &'static str,
    /// For a `Reference`: the resource types it may point to; empty for any.
    pub targets: Vec<&'static str>,
    index: usize,
}

impl TypeRef {
    /// The definition of the type.
    #[inline]
    pub fn definition(&self) -> &'static Type {
        &tables().types[self.index]
    }
}

/// The codes of a required binding.
#[derive(Debug, Default)]
pub struct CodeSet {
    /// Address of the value set.
    pub address: &'static str,
    /// Codes with the address of their code system, sorted.
    pub codes: Vec<(&'static str, &'static str)>,
}

impl CodeSet {
    /// The code system of a code of this set.
    pub fn system_of(&self, code: &str) -> Option<&'static str> {
        let index = self.codes.binary_search_by(|(known, _)| (*known).cmp(code)).ok()?;
        Some(self.codes[index].1)
    }
}

/// A JSON member found in a type.
#[derive(Clone, Copy, Debug)]
pub struct Member {
    /// The element it writes.
    pub element: &'static Element,
    /// The element's place in its type.
    pub position: usize,
    /// The type it has.
    pub type_ref: &'static TypeRef,
}

impl Type {
    /// The place in [`Type::elements`] of the element that a JSON member name writes.
    pub fn element_index(&self, name: &str) -> Option<usize> {
        let index = self.members.binary_search_by(|(known, _, _)| known.as_str().cmp(name)).ok()?;
        Some(usize::from(self.members[index].1))
    }

    /// What a JSON member name means in this type.
    pub fn member(&'static self, name: &str) -> Option<Member> {
        let index = self.members.binary_search_by(|(known, _, _)| known.as_str().cmp(name)).ok()?;
        let (_, position, kind) = self.members[index];
        let position = usize::from(position);
        let element = &self.elements[position];
        Some(Member { element, position, type_ref: &element.types[usize::from(kind)] })
    }

    /// The element of this FHIRPath name (`value`, not `valueQuantity`).
    pub fn element(&'static self, name: &str) -> Option<&'static Element> {
        self.elements.iter().find(|element| element.name == name)
    }

    /// True when this type is the named one or specialises it.
    pub fn is_a(&self, name: &str) -> bool {
        self.name == name || (!self.parent.is_empty() && find_type(self.parent).is_some_and(|t| t.is_a(name)))
    }

    /// Its place among all types, below [`count`].
    pub(crate) fn number(&self) -> usize {
        self.number
    }

    /// The JSON names of all members, sorted.
    pub fn member_names(&self) -> impl Iterator<Item = &str> {
        self.members.iter().map(|(name, _, _)| name.as_str())
    }
}

/// Everything that was loaded.
struct Tables {
    types: Vec<Type>,
    by_name: HashMap<&'static str, usize>,
    by_resource: Vec<usize>,
    compartment: HashMap<&'static str, Vec<&'static str>>,
}

static TABLES: OnceLock<Tables> = OnceLock::new();

fn tables() -> &'static Tables {
    TABLES.get_or_init(load::load)
}

/// The definition of a type (`Patient`, `HumanName`, `Patient.contact`, `dateTime`).
pub fn find_type(name: &str) -> Option<&'static Type> {
    let tables = tables();
    tables.by_name.get(name).map(|index| &tables.types[*index])
}

/// How many types there are.
pub(crate) fn count() -> usize {
    tables().types.len()
}

/// The definition of a resource type.
pub fn resource(resource_type: ResourceType) -> &'static Type {
    let tables = tables();
    &tables.types[tables.by_resource[usize::from(resource_type.code())]]
}

/// The search parameters that put a resource of this type into a patient's compartment, in the official order.
pub fn patient_compartment(resource_type: ResourceType) -> &'static [&'static str] {
    tables().compartment.get(resource_type.name()).map_or(&[], Vec::as_slice)
}

/// Unpacks an embedded table; the text lives as long as the program.
pub(crate) fn unpack(packed: &[u8]) -> &'static str {
    load::unpack(packed)
}

/// The JSON name of a choice element of a type: `value` and `dateTime` make `valueDateTime`.
pub fn choice_name(element: &str, type_name: &str) -> String {
    let mut letters = type_name.chars();
    let first = letters.next().map(|letter| letter.to_ascii_uppercase());
    element.chars().chain(first).chain(letters).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_resource_type_has_a_definition() {
        for resource_type in ResourceType::all() {
            let definition = resource(resource_type);
            assert_eq!(definition.name, resource_type.name());
            assert!(definition.is_a("Resource"), "{resource_type}");
        }
    }

    #[test]
    fn a_choice_is_found_by_each_of_its_json_names() {
        let observation = find_type("Observation").expect("known");
        let member = observation.member("valueQuantity").expect("known");
        assert_eq!((member.element.name, member.type_ref.name), ("value", "Quantity"));
        assert!(observation.member("value").is_none());
        assert!(observation.member("valueAttachment").is_none());
    }

    #[test]
    fn a_content_reference_leads_to_the_members_it_names() {
        let member = find_type("Bundle.entry").and_then(|t| t.member("link")).expect("known");
        assert_eq!(member.type_ref.definition().name, "Bundle.link");
    }

    #[test]
    fn small_required_code_sets_are_known_with_their_system() {
        let gender = find_type("Patient").and_then(|t| t.element("gender")).expect("known");
        let codes = gender.codes.expect("bound");
        assert_eq!(codes.system_of("female"), Some("http://hl7.org/fhir/administrative-gender"));
        assert_eq!(codes.system_of("femme"), None);
    }

    #[test]
    fn the_patient_compartment_keeps_the_official_order() {
        let consent: ResourceType = "Coverage".parse().expect("known");
        assert_eq!(patient_compartment(consent), ["policy-holder", "subscriber", "beneficiary", "payor"]);
    }
}
