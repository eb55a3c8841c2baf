//! Promises of searches.

use super::*;
use crate::index::index;
use proptest::prelude::*;
use serde_json::{Value, json};
use socle_kernel::resource_type::{DOCUMENT_REFERENCE, LIST, OBSERVATION, PATIENT};
use std::str::FromStr;

mod examples;
mod filters;
mod kinds;

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
fn unknown_parameters_are_refused_with_the_known_ones_or_ignored() {
    let problem = refusal(PATIENT, "nom", "x");
    assert_eq!(problem.kind.status(), 400);
    assert!(problem.issues[0].expected.as_deref().is_some_and(|known| known.contains("birthdate")));
    let lenient = parse_query(PATIENT, &[("nom".into(), "x".into())], true).expect("lenient");
    assert_eq!(lenient.ignored, ["nom"]);
}

#[test]
fn bad_values_and_modifiers_are_refused() {
    for (name, value) in [
        ("birthdate", "hier"),
        ("birthdate", "zz2020"),
        ("gender:exact", "x"),
        ("family:not", "x"),
        ("identifier", "|"),
        ("identifier", "a|b|c"),
        ("active:missing", "peut-être"),
        ("general-practitioner:Patients", "1"),
        ("_count", "-1"),
        ("_sort", "unknown"),
        ("_total", "some"),
        ("_summary", "x"),
        ("_include", "Patient"),
        ("_include", "Patient:name"),
        ("_lastUpdated", "x"),
        ("family", "--"),
        ("identifier:of-type", "a|b"),
        ("general-practitioner.unknown", "x"),
        ("birthdate:above", "2020"),
    ] {
        let problem = refusal(PATIENT, name, value);
        assert!(
            problem.issues[0].received.is_some() && problem.issues[0].expected.is_some(),
            "{name}={value}"
        );
    }
    let many: Vec<_> = (0..65).map(|_| ("family".to_owned(), "a".to_owned())).collect();
    assert!(parse_query(PATIENT, &many, true).is_err());
    assert_eq!(refusal("Location".parse().expect("known"), "near", "1").kind.status(), 400);
}

#[test]
fn answers_are_shaped_as_asked() {
    let found = query(
        PATIENT,
        &[
            ("_count", "5000"),
            ("_total", "accurate"),
            ("_summary", "data"),
            ("_elements", "name,birthDate"),
            ("_include:iterate", "Patient:general-practitioner:Practitioner"),
            ("_revinclude", "Observation:subject"),
            ("_include", "*"),
            ("_page", "abc"),
            ("_format", "json"),
        ],
    );
    assert_eq!(found.count, Some(1000));
    assert_eq!((found.total, found.summary), (Total::Accurate, Summary::Data));
    assert_eq!(found.elements, ["name", "birthDate"]);
    assert!(found.include[0].iterate);
    assert_eq!(found.include[0].target.map(|t| t.name()), Some("Practitioner"));
    assert_eq!(found.include[1].source_type, None);
    assert_eq!(found.revinclude[0].code, "subject");
    assert_eq!(found.page.as_deref(), Some("abc"));
}

#[test]
fn several_types_are_searched_at_once() {
    let of = |params: &[(&str, &str)]| {
        let params: Vec<_> =
            params.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        parse_system_query(&params, false)
    };
    let types = |params: &[(&str, &str)]| -> Vec<&str> {
        of(params).expect("understood").iter().map(|query| query.resource_type.name()).collect()
    };
    assert_eq!(types(&[("_type", "Patient,Observation"), ("identifier", "a|b")]), ["Patient", "Observation"]);
    assert_eq!(types(&[("_type", "Patient"), ("_type", "Patient")]), ["Patient"]);
    assert_eq!(types(&[("_lastUpdated", "ge2020")]).len(), ResourceType::all().count());
    for params in [[("_type", "Patiente"), ("_id", "1")], [("_type", "Patient,Observation"), ("family", "a")]]
    {
        assert_eq!(of(&params).expect_err("refused").kind.status(), 400);
    }
    assert!(parse_query(PATIENT, &[("_type".into(), "Patient".into())], false).is_ok());
    assert_eq!(refusal(PATIENT, "_type", "Observation").kind.status(), 400);
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
fn chains_wait_and_are_answered() {
    let mut found = query(OBSERVATION, &[("patient.identifier", "s|1"), ("subject:Patient.name:exact", "A")]);
    let search = |ask: &Ask| (ask.searches[0].resource_type, ask.searches[0].params[0].clone());
    assert_eq!(search(&found.asks()[0]), (PATIENT, ("identifier".to_owned(), "s|1".to_owned())));
    assert_eq!(search(&found.asks()[1]), (PATIENT, ("name:exact".to_owned(), "A".to_owned())));
    assert_eq!(found.asks()[1].lead, Lead::Found);
    let sketch = index(&observation(), &[]).sketch;
    assert!(!found.matches(&Sketch(&sketch), &ROW));
    let subject = "Patient/0d5f1c52-1111-4222-8333-444455556666".to_owned();
    found.answer(0, std::slice::from_ref(&subject));
    assert!(!found.is_answered() && !found.matches(&Sketch(&sketch), &ROW));
    found.answer(1, &[subject.clone(), "Patient/2".into()]);
    assert!(found.is_answered() && found.matches(&Sketch(&sketch), &ROW));
    assert_eq!(found.home_references(), [subject]);
    let mut nobody = query(OBSERVATION, &[("patient.identifier", "s|1")]);
    nobody.answer(0, &[]);
    assert!(!nobody.matches(&Sketch(&sketch), &ROW));
}

#[test]
fn a_chain_leads_to_every_type_that_knows_the_parameter() {
    let types = |name: &str, value: &str| -> Vec<&str> {
        let found = query(OBSERVATION, &[(name, value)]);
        found.asks()[0].searches.iter().map(|search| search.resource_type.name()).collect()
    };
    assert_eq!(types("subject.identifier", "a|b"), ["Group", "Device", "Patient", "Location"]);
    assert_eq!(types("subject.birthdate", "2000"), ["Patient"]);
    assert_eq!(types("subject:Group.code", "x"), ["Group"]);
    let deep = query(OBSERVATION, &[("subject.general-practitioner:Practitioner.name", "a")]);
    let inner = &deep.asks()[0].searches[0];
    assert_eq!(inner.params[0].0, "general-practitioner:Practitioner.name");
    assert_eq!(query(PATIENT, &[(&inner.params[0].0, "a")]).asks().len(), 1);
    let has = query(OBSERVATION, &[("subject._has:Group:member:_id", "1")]);
    assert_eq!(has.asks()[0].searches.iter().filter(|search| search.resource_type == PATIENT).count(), 1);
    for (name, value) in [
        ("subject.nothing", "x"),
        ("subject:Practitioner.name", "x"),
        ("code.name", "x"),
        ("subject.birthdate", "hier"),
        ("focus._id", "1"),
        ("patient.general-practitioner.endpoint.organization.endpoint.organization.name", "x"),
    ] {
        assert_eq!(refusal(OBSERVATION, name, value).kind.status(), 400, "{name}");
    }
    let lenient = parse_query(OBSERVATION, &[("subject.nothing".into(), "x".into())], true).expect("lenient");
    assert_eq!((lenient.ignored.len(), lenient.asks().len()), (1, 0));
}

#[test]
fn filters_join_tests() {
    table(
        &patient(),
        &[
            ("_filter", "family co \"gall\"", true),
            ("_filter", "family eq \"le gall oeuf\"", true),
            ("_filter", "family eq \"le gall\"", false),
            ("_filter", "family ew oeuf and given sw elo", true),
            ("_filter", "given eq zoe or given eq elodie", true),
            ("_filter", "given ne elodie", true),
            ("_filter", "family ne \"le gall oeuf\"", false),
            ("_filter", "not(given eq elodie)", false),
            ("_filter", "not ( given eq zoe ) and birthdate ge 1974-12-25", true),
            ("_filter", "birthdate po 1974-12", true),
            ("_filter", "birthdate lt 1974", false),
            ("_filter", "gender eq male or gender eq female and given eq zoe", false),
            ("_filter", "gender eq female or (gender eq male and given eq zoe)", true),
            ("_filter", "identifier eq urn:oid:1.2.250.1.213.1.4.8|274129954321043", true),
            ("_filter", "identifier sw 2741", true),
            ("_filter", "email pr true and death-date pr false", true),
            ("_filter", "general-practitioner re Practitioner/dr-1", true),
            ("_filter", "general-practitioner ne Practitioner/dr-1", false),
            ("_filter", "_id eq 1 and _lastUpdated ge 2023", true),
            ("_filter", "_id ne 1", false),
        ],
    );
    table(
        &observation(),
        &[
            ("_filter", "code-value-quantity eq http://loinc.org|8867-4$ge5 and value-quantity lt 6", true),
            ("_filter", "code eq http://loinc.org|8867-5", false),
            ("_filter", "_profile sw http://x/", true),
        ],
    );
    let chained =
        query(OBSERVATION, &[("_filter", "subject:Patient[gender eq male].name co \"pet\" or code eq x")]);
    let ask = &chained.asks()[0];
    assert_eq!(
        ask.searches[0].params,
        [("_filter".to_owned(), "(gender eq male) and name co \"pet\"".to_owned())]
    );
    let sketch = index(&observation(), &[]).sketch;
    let mut answered = chained.clone();
    answered.answer(0, &[]);
    assert!(!answered.finds_nothing() && !answered.matches(&Sketch(&sketch), &ROW));
    answered.answer(0, &["Patient/0d5f1c52-1111-4222-8333-444455556666".to_owned()]);
    assert!(answered.matches(&Sketch(&sketch), &ROW));
    assert!(answered.home_references().is_empty(), "an alternative names no home");
    let negated = query(OBSERVATION, &[("_filter", "not(subject:Patient.name co \"pet\")")]);
    assert!(!negated.matches(&Sketch(&sketch), &ROW), "nothing matches before the answer");
    let has = query(PATIENT, &[("_filter", "_has:Observation:patient:code eq \"a b\"")]);
    assert_eq!(has.asks()[0].searches[0].params, [("_filter".to_owned(), "code eq \"a b\"".to_owned())]);
    for wrong in [
        "family",
        "family co",
        "family xx a",
        "family eq \"a",
        "(family eq a",
        "family eq a)",
        "not family eq a",
        "family eq a and",
        "nothing eq a",
        "birthdate co 1974",
        "family gt a",
        "birthdate eq hier",
        "gender.name eq a",
        "general-practitioner[name eq a] eq b",
        "email pr maybe",
        "code eq",
    ] {
        assert_eq!(refusal(PATIENT, "_filter", wrong).kind.status(), 400, "{wrong}");
    }
    let deep = format!("{}family eq a{}", "(".repeat(40), ")".repeat(40));
    assert_eq!(refusal(PATIENT, "_filter", &deep).kind.status(), 400);
}

#[test]
fn reverse_chains_and_lists_answer_with_ids() {
    let mut found = query(PATIENT, &[("_has:Observation:patient:code", "8867-4"), ("_list", "List/42")]);
    let observation = &found.asks()[0];
    assert_eq!((observation.kind, observation.searches[0].resource_type), (AskKind::Has, OBSERVATION));
    assert_eq!(observation.searches[0].params, [("code".to_owned(), "8867-4".to_owned())]);
    assert_eq!(observation.lead, Lead::PointedTo { number: 101, code: "patient", target: PATIENT });
    let list = &found.asks()[1];
    assert_eq!((list.kind, list.searches[0].resource_type), (AskKind::List, LIST));
    assert_eq!(list.searches[0].params, [("_id".to_owned(), "42".to_owned())]);
    let sketch = index(&patient(), &[]).sketch;
    found.answer(0, &["Patient/1".to_owned(), "Patient/2".to_owned(), "Group/3".to_owned()]);
    found.answer(1, &["Patient/1".to_owned(), "Patient/4".to_owned()]);
    assert!(found.needs_id() && found.matches(&Sketch(&sketch), &ROW));
    assert_eq!(found.ids(), Some(vec!["1".to_owned()]));
    assert!(!found.matches(&Sketch(&sketch), &RowFacts { id: Some("2"), ..ROW }));
    let nested = query(PATIENT, &[("_has:Observation:patient:_has:AuditEvent:entity:agent:Patient", "x")]);
    assert_eq!(nested.asks()[0].searches[0].params[0].0, "_has:AuditEvent:entity:agent:Patient");
    for (name, value) in [
        ("_has:Observation:patient", "x"),
        ("_has:Observations:patient:code", "x"),
        ("_has:Observation:encounter:code", "x"),
        ("_has:Observation:code:code", "x"),
        ("_has:Observation:nobody:code", "x"),
        ("_has:Observation:patient:nothing", "x"),
        ("_list", "$current-problems"),
        ("_list", "a b"),
    ] {
        assert_eq!(refusal(PATIENT, name, value).kind.status(), 400, "{name}={value}");
    }
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
