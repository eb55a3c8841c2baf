//! Which home a resource belongs to.

use crate::definitions;
use crate::fhirpath::{Context, Element, Item, evaluate};
use crate::search::{self, ParamKind};
use serde_json::Value;
use socle_kernel::ResourceType;
use socle_kernel::resource_type::{ORGANIZATION, PATIENT, PRACTITIONER};

/// Whose home a resource lives in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Owner {
    /// Its own: people, professionals, organisations.
    Itself,
    /// That of the resource this literal reference names (`Patient/123`, `urn:uuid:…`, an address, `Patient?…`).
    Of(String),
    /// That of the resource with this identifier: the reference names no other.
    ByIdentifier {
        /// What it should be.
        resource_type: ResourceType,
        /// The identifier's system; empty when there is none.
        system: String,
        /// The identifier's value.
        value: String,
    },
    /// The shared home of its type.
    Programme,
}

/// A search parameter that alone tells the home of a resource.
#[derive(Clone, Copy, Debug)]
pub(crate) struct OwnerParameter {
    pub(crate) code: &'static str,
    /// The type whose home is meant.
    pub(crate) target: ResourceType,
}

/// The parameters that name the owner, best first. `patient` and `subject` come before the compartment's others.
fn candidates(resource_type: ResourceType) -> Vec<OwnerParameter> {
    let of = |target: ResourceType, codes: &[&'static str]| -> Vec<OwnerParameter> {
        codes.iter().map(|code| OwnerParameter { code, target }).collect()
    };
    match resource_type.name() {
        "PractitionerRole" => [of(PRACTITIONER, &["practitioner"]), of(ORGANIZATION, &["organization"])].concat(),
        "Location" | "HealthcareService" => of(ORGANIZATION, &["organization"]),
        "Patient" | "Practitioner" | "Organization" | "Group" => Vec::new(),
        _ => {
            let mut codes = vec!["patient", "subject"];
            let compartment = definitions::patient_compartment(resource_type);
            codes.extend(compartment.iter().filter(|code| !matches!(**code, "patient" | "subject")));
            of(PATIENT, &codes)
        }
    }
}

/// Of the candidates, those whose value decides the home whatever else the resource says: a search by one of them
/// needs to look in that home only. Parameters of the key table may have several values and decide nothing.
pub(crate) fn deciding_parameters(resource_type: ResourceType) -> Vec<OwnerParameter> {
    let mut found: Vec<OwnerParameter> = candidates(resource_type);
    found.retain(|candidate| search::parameter(resource_type, candidate.code).is_some());
    let is_person = |candidate: &OwnerParameter| matches!(candidate.code, "patient" | "subject");
    if found.iter().any(is_person) {
        found.retain(is_person);
    } else {
        found.truncate(1);
    }
    let is_directory = matches!(resource_type.name(), "PractitionerRole" | "Location" | "HealthcareService");
    let may_repeat = |code: &str| search::parameter(resource_type, code).is_some_and(|p| p.is_global);
    found.retain(|candidate| is_directory || !may_repeat(candidate.code));
    found
}

/// Tells whose home a resource lives in.
pub fn owner(resource: &Value) -> Owner {
    let Some(root) = Element::resource(resource) else { return Owner::Programme };
    let Ok(resource_type) = root.definition.name.parse::<ResourceType>() else { return Owner::Programme };
    match resource_type.name() {
        "Patient" | "Practitioner" | "Organization" => return Owner::Itself,
        "Binary" => {
            let context = resource.get("securityContext");
            return context.and_then(|value| of_reference(value, PATIENT)).unwrap_or(Owner::Programme);
        }
        _ => {}
    }
    let context = Context { resource, now: None };
    let mut by_identifier = None;
    for candidate in candidates(resource_type) {
        let Some(parameter) = search::parameter(resource_type, candidate.code) else { continue };
        if parameter.kind != ParamKind::Reference {
            continue;
        }
        // `patient` asks for the type of its references, which an identifier alone may not tell: look wider.
        let items = evaluate(parameter.compiled(), &context, &[Item::Element(root)]).unwrap_or_default();
        for value in items.iter().filter_map(Item::element).filter_map(|element| element.value) {
            match of_reference(value, candidate.target) {
                Some(found @ Owner::Of(_)) => return found,
                Some(found) => by_identifier = by_identifier.or(Some(found)),
                None => {}
            }
        }
    }
    if let Some(found) = by_identifier {
        return found;
    }
    if resource_type.name() == "Provenance" {
        let first = resource.get("target").and_then(|targets| targets.get(0)).and_then(|t| t.get("reference"));
        return first.and_then(Value::as_str).map_or(Owner::Programme, |text| Owner::Of(text.to_owned()));
    }
    Owner::Programme
}

/// The owner a reference names, when it may be of the wanted type.
fn of_reference(value: &Value, wanted: ResourceType) -> Option<Owner> {
    let declared = value.get("type").and_then(Value::as_str);
    if let Some(text) = value.get("reference").and_then(Value::as_str) {
        let named = crate::reference::Reference::parse(text);
        let is_contained = text.starts_with('#');
        let tells = named.resource_type().map(ResourceType::name).or(declared);
        let is_wanted = tells.is_none_or(|name| name == wanted.name());
        return (is_wanted && !is_contained).then(|| Owner::Of(text.to_owned()));
    }
    let identifier = value.get("identifier")?;
    let part = |name: &str| identifier.get(name).and_then(Value::as_str).unwrap_or("").to_owned();
    let is_wanted = declared.is_none_or(|name| name == wanted.name());
    (is_wanted && !part("value").is_empty()).then(|| Owner::ByIdentifier {
        resource_type: wanted,
        system: part("system"),
        value: part("value"),
    })
}
