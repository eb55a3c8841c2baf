//! Promises of searches.

use super::*;
use crate::index::index;
use proptest::prelude::*;
use serde_json::{Value, json};
use socle_kernel::resource_type::{DOCUMENT_REFERENCE, LIST, OBSERVATION, PATIENT};
use std::str::FromStr;

mod asks;
mod examples;
mod filters;
mod kinds;
mod shape;

const ROW: RowFacts<'static> = RowFacts { id: Some("1"), last_updated: Instant(1_700_000_000_000_000) };

fn query(resource_type: ResourceType, params: &[(&str, &str)]) -> Query {
    let params: Vec<_> =
        params.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    parse_query(resource_type, &params, false).unwrap_or_else(|problem| panic!("{params:?}: {problem}"))
}

fn refusal(resource_type: ResourceType, name: &str, value: &str) -> socle_kernel::Problem {
    parse_query(resource_type, &[(name.to_owned(), value.to_owned())], false).expect_err("refused")
}

fn finds(resource: &Value, name: &str, value: &str) -> bool {
    let resource_type =
        ResourceType::from_str(resource["resourceType"].as_str().expect("a type")).expect("known");
    query(resource_type, &[(name, value)]).matches(&Sketch(&index(resource, &[]).sketch), &ROW)
}

fn patient() -> Value {
    json!({
        "resourceType": "Patient",
        "identifier": [{
            "type": {"coding": [{"system": "http://terminology.hl7.org/CodeSystem/v2-0203", "code": "NI"}]},
            "system": "urn:oid:1.2.250.1.213.1.4.8",
            "value": "274129954321043",
        }, {"value": "Sans|système"}],
        "name": [{"family": "Le Gall-Œuf", "given": ["Élodie", "Marie"]}],
        "gender": "female",
        "active": true,
        "birthDate": "1974-12-25",
        "generalPractitioner": [{"reference": "Practitioner/dr-1"}],
        "managingOrganization": {"identifier": {"system": "urn:oid:1.2.250.1.71.4.2.2", "value": "10B0123456"}},
        "telecom": [{"system": "phone", "value": "0102030405"}, {"system": "email", "value": "e@exemple.fr"}],
    })
}

fn observation() -> Value {
    json!({
        "resourceType": "Observation",
        "status": "final",
        "meta": {"profile": ["http://x/StructureDefinition/a|1.0"], "tag": [{"system": "http://t", "code": "T"}]},
        "code": {"coding": [{"system": "http://loinc.org", "code": "8867-4"}]},
        "subject": {"reference": "Patient/0d5f1c52-1111-4222-8333-444455556666"},
        "effectiveDateTime": "2026-11-21T20:15:00+01:00",
        "valueQuantity": {"value": 5.40, "system": "http://unitsofmeasure.org", "code": "mg", "unit": "mg"},
        "component": [
            {"code": {"coding": [{"code": "sys"}]}, "valueQuantity": {"value": 120, "code": "mm[Hg]", "system": "http://unitsofmeasure.org"}},
            {"code": {"coding": [{"code": "dia"}]}, "valueQuantity": {"value": 80, "code": "mm[Hg]", "system": "http://unitsofmeasure.org"}},
        ],
    })
}

fn table(resource: &Value, rows: &[(&str, &str, bool)]) {
    for (name, value, expected) in rows {
        assert_eq!(finds(resource, name, value), *expected, "{name}={value}");
    }
}

#[test]
fn tokens() {
    table(
        &patient(),
        &[
            ("identifier", "274129954321043", true),
            ("identifier", "urn:oid:1.2.250.1.213.1.4.8|274129954321043", true),
            ("identifier", "urn:oid:1.2.250.1.213.1.4.9|274129954321043", false),
            ("identifier", "urn:oid:1.2.250.1.213.1.4.8|", true),
            ("identifier", "|274129954321043", false),
            ("identifier", "|Sans\\|système", true),
            ("identifier", "absent,274129954321043", true),
            ("identifier:of-type", "http://terminology.hl7.org/CodeSystem/v2-0203|NI|274129954321043", true),
            ("identifier:of-type", "http://terminology.hl7.org/CodeSystem/v2-0203|PI|274129954321043", false),
            ("gender", "female", true),
            ("gender", "FEMALE", true),
            ("gender", "http://hl7.org/fhir/administrative-gender|female", true),
            ("gender:not", "male", true),
            ("gender:not", "male,female", false),
            ("gender:missing", "false", true),
            ("language:missing", "true", true),
            ("language:not", "fr", true),
            ("active", "true", true),
            ("deceased", "false", true),
            ("deceased", "true", false),
            ("email", "e@exemple.fr", true),
            ("phone", "e@exemple.fr", false),
            ("telecom", "0102030405", true),
        ],
    );
}

#[test]
fn strings() {
    table(
        &patient(),
        &[
            ("family", "le gall", true),
            ("family", "LE-GALL OEUF", true),
            ("family", "gall", false),
            ("family:contains", "gall", true),
            ("family:exact", "Le Gall-Œuf", true),
            ("family:exact", "Le Gall", false),
            ("given", "elo", true),
            ("name", "marie", true),
            ("given", "zoé,ELODIE", true),
        ],
    );
}

#[test]
fn references() {
    table(
        &patient(),
        &[
            ("general-practitioner", "Practitioner/dr-1", true),
            ("general-practitioner", "dr-1", true),
            ("general-practitioner:Practitioner", "dr-1", true),
            ("general-practitioner:Organization", "dr-1", false),
            ("general-practitioner", "Organization/dr-1", false),
            ("general-practitioner", "https://ici.example/fhir/Practitioner/dr-1", true),
            ("organization:identifier", "urn:oid:1.2.250.1.71.4.2.2|10B0123456", true),
            ("organization:identifier", "10B0123457", false),
        ],
    );
    table(
        &observation(),
        &[
            ("subject", "Patient/0d5f1c52-1111-4222-8333-444455556666", true),
            ("patient", "0d5f1c52-1111-4222-8333-444455556666", true),
            ("subject", "0d5f1c52-1111-4222-8333-444455556666", true),
            ("subject:Group", "0d5f1c52-1111-4222-8333-444455556666", false),
            ("patient", "Patient/0d5f1c52-1111-4222-8333-444455556667", false),
            ("encounter:missing", "true", true),
        ],
    );
}

#[test]
fn quantities_composites_and_addresses() {
    table(
        &observation(),
        &[
            ("value-quantity", "5.4", true),
            ("value-quantity", "5.40|http://unitsofmeasure.org|mg", true),
            ("value-quantity", "5.4||mg", true),
            ("value-quantity", "5.4|http://unitsofmeasure.org|g", false),
            ("value-quantity", "5", true),
            ("value-quantity", "5.5", false),
            ("value-quantity", "gt5.3||mg", true),
            ("value-quantity", "lt5.4", false),
            ("value-quantity", "le5.4", true),
            ("value-quantity", "ap5.8", true),
            ("value-quantity", "ne5.4", false),
            ("component-code-value-quantity", "sys$gt100", true),
            ("component-code-value-quantity", "dia$gt100", false),
            ("code-value-quantity", "http://loinc.org|8867-4$5.4||mg", true),
            ("_profile", "http://x/StructureDefinition/a", true),
            ("_profile", "http://x/StructureDefinition/a|1.0", true),
            ("_profile", "http://x/StructureDefinition", false),
            ("_profile:below", "http://x/StructureDefinition", true),
            ("_tag", "http://t|T", true),
            ("_id", "2,1", true),
            ("_id", "2", false),
            ("_lastUpdated", "2023-11-14", true),
            ("_lastUpdated", "lt2023", false),
        ],
    );
}

#[test]
fn dates_follow_the_table_of_prefixes() {
    let day = json!({"resourceType": "Patient", "birthDate": "2013-01-14"});
    table(
        &day,
        &[
            ("birthdate", "2013-01-14", true),
            ("birthdate", "2013-01", true),
            ("birthdate", "2013", true),
            ("birthdate", "2013-01-14T10:00Z", false),
            ("birthdate", "ne2013-01-14", false),
            ("birthdate", "ne2013-01-15", true),
            ("birthdate", "gt2013-01-14", false),
            ("birthdate", "gt2013-01-13", true),
            ("birthdate", "lt2013-01-14", false),
            ("birthdate", "lt2013-01-15", true),
            ("birthdate", "ge2013-01-14", true),
            ("birthdate", "le2013-01-14", true),
            ("birthdate", "sa2013-01-13", true),
            ("birthdate", "sa2013-01-14", false),
            ("birthdate", "eb2013-01-15", true),
            ("birthdate", "eb2013-01-14", false),
            ("birthdate", "ap2013-01-15", true),
            ("birthdate", "ap2013-01-17", false),
        ],
    );
    let open = json!({"resourceType": "Encounter", "period": {"start": "2013-01-14"}});
    table(
        &open,
        &[
            ("date", "gt2020", true),
            ("date", "ge2013-01-14", true),
            ("date", "lt2013-01-14", false),
            ("date", "lt2013-01-15", true),
            ("date", "2013-01-14", false),
            ("date", "eb2099", false),
            ("date", "sa2013-01-13", true),
        ],
    );
    table(
        &observation(),
        &[
            ("date", "2026-11-21", true),
            ("date", "2026-11-21T19:15:00Z", true),
            ("date", "ge2026-11-21T20:15:00%2B01:00".replace("%2B", "+").as_str(), true),
            ("date", "gt2026-11-21T20:15:00+01:00", false),
        ],
    );
}

#[test]
fn every_parameter_must_hold() {
    let sketch = index(&patient(), &[]).sketch;
    assert!(query(PATIENT, &[("given", "elo"), ("given", "marie")]).matches(&Sketch(&sketch), &ROW));
    assert!(!query(PATIENT, &[("given", "elo"), ("given", "zoe")]).matches(&Sketch(&sketch), &ROW));
    assert!(query(PATIENT, &[]).matches(&Sketch(&sketch), &ROW));
    assert!(query(PATIENT, &[("given", "")]).matches(&Sketch(&sketch), &ROW));
}

#[test]
fn document_sharing_parameters() {
    let document = json!({
        "resourceType": "DocumentReference",
        "status": "current",
        "extension": [{"url": "https://interop.esante.gouv.fr/ig/fhir/pdsm/StructureDefinition/pdsm-ext-is-archived", "valueBoolean": true}],
        "contained": [
            {"resourceType": "PractitionerRole", "id": "r", "practitioner": {"reference": "#p"}},
            {"resourceType": "Practitioner", "id": "p", "name": [{"family": "Martin", "given": ["Zoé"]}]},
        ],
        "author": [{"reference": "#r"}],
        "masterIdentifier": {"system": "urn:ietf:rfc:3986", "value": "urn:oid:1.2.3"},
        "content": [{"attachment": {"creation": "2025-01-02"}}],
        "context": {"period": {"start": "2025-01-01", "end": "2025-01-02"}},
    });
    table(
        &document,
        &[
            ("isArchived", "true", true),
            ("isArchived", "false", false),
            ("author.family", "martin", true),
            ("author.given:exact", "Zoé", true),
            ("author.given", "paul", false),
            ("creation", "2025-01", true),
            ("period-start", "2025-01-01", true),
            ("period-end", "gt2025-01-01", true),
            ("identifier", "urn:ietf:rfc:3986|urn:oid:1.2.3", true),
        ],
    );
    let keys = index(&document, &[]).keys;
    let wanted = query(DOCUMENT_REFERENCE, &[("identifier", "urn:ietf:rfc:3986|urn:oid:1.2.3")]).key_values();
    assert!(keys.contains(&wanted[0][0]), "{keys:?} {wanted:?}");

    let set = json!({
        "resourceType": "List",
        "status": "current", "mode": "working", "title": "Suivi",
        "extension": [
            {"url": "https://profiles.ihe.net/ITI/MHD/StructureDefinition/ihe-designationType", "valueCodeableConcept": {"coding": [{"system": "http://d", "code": "SA05"}]}},
            {"url": "https://profiles.ihe.net/ITI/MHD/StructureDefinition/ihe-sourceId", "valueIdentifier": {"system": "urn:oid:1", "value": "SRC-01"}},
        ],
        "source": {
            "extension": [{"url": "https://profiles.ihe.net/ITI/MHD/StructureDefinition/ihe-authorOrg", "valueReference": {"reference": "Organization/o"}}],
            "reference": "PractitionerRole/r",
        },
        "subject": {"reference": "Patient/p"},
    });
    table(
        &set,
        &[
            ("designationType", "http://d|SA05", true),
            ("sourceId", "urn:oid:1|SRC-01", true),
            ("sourceId", "SRC-02", false),
            ("authorOrg", "Organization/o", true),
            ("source", "PractitionerRole/r", true),
            ("title", "suivi", true),
            ("patient", "p", true),
        ],
    );
    assert_eq!(query(LIST, &[("patient", "p")]).home_references(), ["Patient/p"]);
}

#[test]
fn deceased_patients_are_found_by_either_form() {
    for (member, value, expected) in [
        ("deceasedBoolean", json!(true), "true"),
        ("deceasedBoolean", json!(false), "false"),
        ("deceasedDateTime", json!("2020-01-02"), "true"),
    ] {
        let mut patient = json!({"resourceType": "Patient"});
        patient[member] = value;
        let other = if expected == "true" { "false" } else { "true" };
        table(&patient, &[("deceased", expected, true), ("deceased", other, false)]);
    }
}

#[test]
fn homes_ids_and_keys_are_told() {
    assert_eq!(query(OBSERVATION, &[("patient", "123")]).home_references(), ["Patient/123"]);
    assert_eq!(query(OBSERVATION, &[("subject:Patient", "123")]).home_references(), ["Patient/123"]);
    assert_eq!(
        query(OBSERVATION, &[("subject", "https://a.b/fhir/Patient/1,Patient/2")]).home_references(),
        ["Patient/1", "Patient/2"]
    );
    assert!(query(OBSERVATION, &[("subject", "Patient/1,Group/2")]).home_references().is_empty());
    assert!(query(OBSERVATION, &[("performer", "Patient/1")]).home_references().is_empty());
    let appointment = "Appointment".parse().expect("known");
    let about_several = query(appointment, &[("patient", "1")]);
    assert!(about_several.home_references().is_empty());
    assert_eq!(about_several.key_values(), [[(101, b"Patient/1".to_vec())]]);
    assert_eq!(query(PATIENT, &[("_id", "1,2"), ("_id", "2,3")]).ids(), Some(vec!["2".to_owned()]));
    assert_eq!(query(PATIENT, &[]).ids(), None);
    let wanted =
        query(PATIENT, &[("identifier", "urn:oid:1.2.250.1.213.1.4.8|274129954321043")]).key_values();
    assert!(index(&patient(), &[]).keys.contains(&wanted[0][0]));
    assert!(query(PATIENT, &[("identifier", "274129954321043")]).key_values().is_empty());
    assert!(query(PATIENT, &[("identifier", "a|b,c")]).key_values().is_empty());
    assert!(query(PATIENT, &[("identifier:not", "a|b")]).key_values().is_empty());
}

#[test]
fn a_person_is_searched_by_birth_date_and_names() {
    let found = query(PATIENT, &[("birthdate", "1974-12-25"), ("family", "Le Gall"), ("given", "Élodie")]);
    let person = found.person().expect("a person");
    assert_eq!(person.birth_days, (1819, 1819));
    assert_eq!(person.family.as_deref(), Some("LE GALL"));
    assert!(!person.exact);
    let indexed = index(&patient(), &[]).person.expect("a person");
    assert_eq!(indexed.birth_day, 1819);
    assert_eq!(indexed.families, ["LE GALL OEUF"]);
    assert_eq!(indexed.givens, ["ELODIE", "MARIE"]);
    let range =
        query(PATIENT, &[("birthdate", "ge1974-01-01"), ("birthdate", "lt1975"), ("family:exact", "X")]);
    let person = range.person().expect("a person");
    assert_eq!(person.birth_days, (1461, 1825));
    assert!(person.exact);
    assert_eq!(query(PATIENT, &[("family", "x")]).person(), None);
}

#[test]
fn sort_keys_order_as_asked_and_put_absent_values_last() {
    let with = |family: &str, birth: Option<&str>| {
        let mut patient = json!({"resourceType": "Patient", "name": [{"family": family}]});
        if let Some(birth) = birth {
            patient["birthDate"] = birth.into();
        }
        index(&patient, &[]).sketch
    };
    let sketches = [with("Zola", Some("1970-01-01")), with("Été", Some("1950")), with("Etéa", None)];
    let order = |sort: &str| {
        let asked = query(PATIENT, &[("_sort", sort)]);
        assert!(asked.is_sorted());
        let mut indexes = [0, 1, 2];
        indexes.sort_by_key(|index: &usize| asked.sort_key(&Sketch(&sketches[*index]), &ROW));
        indexes
    };
    assert_eq!(order("family"), [1, 2, 0]);
    assert_eq!(order("-family"), [0, 2, 1]);
    assert_eq!(order("birthdate"), [1, 0, 2]);
    assert_eq!(order("-birthdate"), [0, 1, 2]);
    assert!(query(PATIENT, &[]).sort_key(&Sketch(&sketches[0]), &ROW).is_empty());
}

#[test]
fn extras_and_repetitions() {
    let extras = [(3, b"author".to_vec()), (3, b"other".to_vec()), (7, vec![0; 300])];
    let sketch = index(&observation(), &extras).sketch;
    let sketch = Sketch(&sketch);
    assert_eq!(sketch.extras(3).collect::<Vec<_>>(), [b"author".as_slice(), b"other"]);
    assert_eq!(sketch.extras(7).map(<[u8]>::len).collect::<Vec<_>>(), [300]);
    assert_eq!(sketch.tokens(103).collect::<Vec<_>>(), [("http://loinc.org", "8867-4")]);
    let subject: Vec<String> = sketch.references(102).map(|literal| literal.to_string()).collect();
    assert_eq!(subject, ["Patient/0d5f1c52-1111-4222-8333-444455556666"]);
    assert!(sketch.has(105) && !sketch.has(110));
}

proptest! {
    #[test]
    fn any_bytes_read_as_a_sketch_without_panic(bytes in prop::collection::vec(any::<u8>(), 0..120)) {
        let asked = query(OBSERVATION, &[
            ("code", "a|b"), ("date", "2020"), ("subject", "1"), ("value-quantity", "5||mg"), ("value-string", "a"),
            ("component-code-value-quantity", "a$5"), ("_profile", "http://x"), ("_sort", "date,code,subject"),
            ("code:text", "a"), ("_content", "a"), ("_text", "a"), ("_contained", "both"), ("value-quantity", "5|http://unitsofmeasure.org|mg"),
        ]);
        let _ = asked.contained_matches(&Sketch(&bytes), &ROW);
        let near = query("Location".parse().expect("known"), &[("near", "1|2")]);
        let _ = near.matches(&Sketch(&bytes), &ROW);
        let _ = asked.matches(&Sketch(&bytes), &ROW);
        let _ = asked.sort_key(&Sketch(&bytes), &ROW);
    }

    #[test]
    fn what_is_indexed_is_found(
        system in "[a-z:/|,$.\\\\]{1,20}", code in "[a-zA-Z0-9é|,$\\\\-]{1,30}", number in "-?[1-9][0-9]{0,8}(\\.[0-9]{1,6})?",
        id in "[A-Za-z0-9.-]{1,64}", text in "[a-zéœ' -]{0,40}[a-z]",
    ) {
        let resource = json!({
            "resourceType": "Observation", "status": "final",
            "code": {"coding": [{"system": system, "code": code}]},
            "subject": {"reference": format!("Patient/{id}")},
            "component": [{
                "code": {"coding": [{"code": code}]},
                "valueQuantity": {"value": serde_json::from_str::<Value>(&number).expect("a number"), "unit": "u"},
            }],
            "valueString": text,
        });
        let escape = |text: &str| -> String {
            text.chars().flat_map(|l| "\\,|$".contains(l).then_some('\\').into_iter().chain([l])).collect()
        };
        let token = format!("{}|{}", escape(&system), escape(&code));
        prop_assert!(finds(&resource, "code", &token));
        prop_assert!(finds(&resource, "code", &escape(&code)));
        let other = format!("{token}x");
        prop_assert!(finds(&resource, "code:not", &other));
        prop_assert!(finds(&resource, "patient", &id));
        let literal = format!("Patient/{id}");
        prop_assert!(finds(&resource, "subject", &literal));
        prop_assert!(finds(&resource, "component-value-quantity", &number));
        let both = format!("{}${number}||u", escape(&code));
        prop_assert!(finds(&resource, "component-code-value-quantity", &both));
        prop_assert!(finds(&resource, "value-string", &text));
        prop_assert!(finds(&resource, "value-string:exact", &text));
    }

    #[test]
    fn the_order_of_sort_keys_is_the_order_of_values(one in any::<i32>(), other in any::<i32>()) {
        let sketch = |number: i32| index(&json!({
            "resourceType": "Observation", "valueQuantity": {"value": number},
        }), &[]).sketch;
        let key = |sort: &str, number| query(OBSERVATION, &[("_sort", sort)]).sort_key(&Sketch(&sketch(number)), &ROW);
        prop_assert_eq!(key("value-quantity", one).cmp(&key("value-quantity", other)), one.cmp(&other));
        prop_assert_eq!(key("-value-quantity", one).cmp(&key("-value-quantity", other)), other.cmp(&one));
    }
}
