//! Which home a resource belongs to.

use crate::definitions;
use crate::fhirpath::{Context, Element, Item, evaluate};
use crate::reference::Reference;
use crate::search::{self, ParamKind, Parameter};
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
        "PractitionerRole" => {
            [of(PRACTITIONER, &["practitioner"]), of(ORGANIZATION, &["organization"])].concat()
        }
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
    found.retain(|candidate| reference_parameter(resource_type, candidate).is_some());
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

/// The search parameter of a candidate, when it may point to the owner's type at all.
fn reference_parameter(
    resource_type: ResourceType,
    candidate: &OwnerParameter,
) -> Option<&'static Parameter> {
    search::parameter(resource_type, candidate.code).filter(|parameter| {
        let may_point = parameter.targets.is_empty() || parameter.targets.contains(&candidate.target);
        parameter.kind == ParamKind::Reference && may_point
    })
}

/// Tells whose home a resource lives in.
pub fn owner(resource: &Value) -> Owner {
    let Some(root) = Element::resource(resource) else { return Owner::Programme };
    let Ok(resource_type) = root.definition.name.parse::<ResourceType>() else { return Owner::Programme };
    match resource_type.name() {
        "Patient" | "Practitioner" | "Organization" => return Owner::Itself,
        "Binary" => {
            let context = resource.get("securityContext");
            return context
                .and_then(|value| of_reference(value, PATIENT))
                .map_or(Owner::Programme, |(owner, _)| owner);
        }
        _ => {}
    }
    let context = Context::of(resource);
    let mut uncertain = None;
    for candidate in candidates(resource_type) {
        let Some(parameter) = reference_parameter(resource_type, &candidate) else { continue };
        // `patient` asks for the type of its references, which an identifier alone may not tell: look wider.
        let items = evaluate(parameter.compiled(), &context, &[Item::Element(root)]).unwrap_or_default();
        for value in items.iter().filter_map(Item::element).filter_map(|element| element.value) {
            match of_reference(value, candidate.target) {
                Some((found, true)) => return found,
                Some((found, false)) => uncertain = uncertain.or(Some(found)),
                None => {}
            }
        }
    }
    if let Some(found) = uncertain {
        return found;
    }
    if resource_type.name() == "Provenance" {
        let first =
            resource.get("target").and_then(|targets| targets.get(0)).and_then(|t| t.get("reference"));
        return first.and_then(Value::as_str).map_or(Owner::Programme, |text| Owner::Of(text.to_owned()));
    }
    Owner::Programme
}

/// The owner a reference names, when it may be of the wanted type; and whether it is a literal that says so. A
/// literal without type (`urn:uuid:…`) and an identifier are used only when nothing better is found.
fn of_reference(value: &Value, wanted: ResourceType) -> Option<(Owner, bool)> {
    let declared = value.get("type").and_then(Value::as_str);
    if let Some(text) = value.get("reference").and_then(Value::as_str) {
        let named = Reference::parse(text).resource_type().map(ResourceType::name).or(declared);
        let is_wanted = named.is_none_or(|name| name == wanted.name());
        let is_contained = text.starts_with('#');
        return (is_wanted && !is_contained).then(|| (Owner::Of(text.to_owned()), named.is_some()));
    }
    let identifier = value.get("identifier")?;
    let part = |name: &str| identifier.get(name).and_then(Value::as_str).unwrap_or("").to_owned();
    let is_wanted = declared.is_none_or(|name| name == wanted.name());
    let owner = Owner::ByIdentifier { resource_type: wanted, system: part("system"), value: part("value") };
    (is_wanted && !part("value").is_empty()).then_some((owner, false))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn of(literal: &str) -> Owner {
        Owner::Of(literal.to_owned())
    }

    #[test]
    fn people_professionals_and_organisations_have_their_own_home() {
        for name in ["Patient", "Practitioner", "Organization"] {
            assert_eq!(owner(&json!({"resourceType": name})), Owner::Itself);
        }
    }

    #[test]
    fn a_resource_lives_with_its_patient() {
        let subject = json!({"reference": "Patient/1"});
        for name in ["Observation", "DocumentReference", "List", "Condition", "MedicationRequest", "Task"] {
            let element = if name == "Task" { "for" } else { "subject" };
            assert_eq!(owner(&json!({"resourceType": name, element: subject})), of("Patient/1"), "{name}");
        }
        let temporary =
            json!({"resourceType": "Consent", "patient": {"reference": "urn:uuid:1", "type": "Patient"}});
        assert_eq!(owner(&temporary), of("urn:uuid:1"));
    }

    #[test]
    fn a_temporary_reference_without_type_counts_as_the_patient() {
        for name in ["Observation", "DocumentReference", "Consent", "AllergyIntolerance"] {
            let resource = json!({
                "resourceType": name,
                "subject": {"reference": "urn:uuid:1"},
                "patient": {"reference": "urn:uuid:1"},
            });
            assert_eq!(owner(&resource), of("urn:uuid:1"), "{name}");
        }
    }

    #[test]
    fn the_subject_comes_before_other_patients_and_a_group_is_no_person() {
        let resource = json!({
            "resourceType": "Communication",
            "sender": {"reference": "Patient/sender"},
            "subject": {"reference": "Patient/subject"},
        });
        assert_eq!(owner(&resource), of("Patient/subject"));
        let resource = json!({
            "resourceType": "Communication",
            "sender": {"reference": "Patient/sender"},
            "subject": {"reference": "Group/g"},
        });
        assert_eq!(owner(&resource), of("Patient/sender"));
        assert_eq!(
            owner(&json!({"resourceType": "Group", "member": [{"entity": {"reference": "Patient/1"}}]})),
            Owner::Programme
        );
    }

    #[test]
    fn a_named_patient_comes_before_a_reference_without_type() {
        let resource = json!({
            "resourceType": "Appointment",
            "participant": [{"actor": {"reference": "urn:uuid:1"}}, {"actor": {"reference": "Patient/2"}}],
        });
        assert_eq!(owner(&resource), of("Patient/2"));
    }

    #[test]
    fn an_identifier_alone_is_told() {
        let resource = json!({
            "resourceType": "Observation",
            "subject": {"identifier": {"system": "urn:oid:1", "value": "2"}},
        });
        let expected =
            Owner::ByIdentifier { resource_type: PATIENT, system: "urn:oid:1".into(), value: "2".into() };
        assert_eq!(owner(&resource), expected);
    }

    #[test]
    fn the_directory_lives_with_its_professional_or_organisation() {
        let role = json!({
            "resourceType": "PractitionerRole",
            "practitioner": {"reference": "Practitioner/1"},
            "organization": {"reference": "Organization/2"},
        });
        assert_eq!(owner(&role), of("Practitioner/1"));
        let role =
            json!({"resourceType": "PractitionerRole", "organization": {"reference": "Organization/2"}});
        assert_eq!(owner(&role), of("Organization/2"));
        let place =
            json!({"resourceType": "Location", "managingOrganization": {"reference": "Organization/2"}});
        assert_eq!(owner(&place), of("Organization/2"));
        let service =
            json!({"resourceType": "HealthcareService", "providedBy": {"reference": "Organization/2"}});
        assert_eq!(owner(&service), of("Organization/2"));
    }

    #[test]
    fn what_belongs_to_nobody_lives_in_its_programme() {
        assert_eq!(owner(&json!({"resourceType": "ValueSet"})), Owner::Programme);
        assert_eq!(
            owner(&json!({"resourceType": "Slot", "schedule": {"reference": "Schedule/1"}})),
            Owner::Programme
        );
        assert_eq!(owner(&json!({"resourceType": "Binary"})), Owner::Programme);
        let binary = json!({"resourceType": "Binary", "securityContext": {"reference": "Patient/1"}});
        assert_eq!(owner(&binary), of("Patient/1"));
    }

    #[test]
    fn a_deciding_parameter_never_repeats() {
        for resource_type in ResourceType::all() {
            for deciding in deciding_parameters(resource_type) {
                let parameter = search::parameter(resource_type, deciding.code).expect("known");
                let path = parameter.expression().trim_start_matches(&format!("{resource_type}."));
                let first = path.split(['.', ' ', ')']).next().unwrap_or("");
                let element = definitions::resource(resource_type).element(first);
                assert!(
                    element.is_some_and(|element| !element.is_array()),
                    "{resource_type}.{}: {}",
                    deciding.code,
                    parameter.expression()
                );
            }
        }
    }
}
