//! Finding documents (PDSm): ITI-66 and ITI-67, each parameter with a hit and a miss beside it.

use crate::harness::builders::{INS, PDSM, RPPS, fresh_uri};
use crate::harness::client::{encode, matches};
use crate::harness::{Published, a_document, a_person, as_login, region};
use serde_json::{Value, json};

/// Two documents that differ in everything one can search by.
fn two() -> (Published, Published) {
    let person = a_person().cared_for_by(&["medecin-1"]).create();
    let first = a_document().publish_as("medecin-1", &person);
    let nos = "https://mos.esante.gouv.fr/NOS/";
    let coded = |system: String, code: &str| json!({ "coding": [{ "system": system, "code": code }] });
    let practitioner = region().account("medecin-1", "practitioner_id");
    let second = a_document()
        .of_type("34133-9")
        .labelled("INVISIBLE_REPRESENTANTS_LEGAUX")
        .with("status", json!("superseded"))
        .with("date", json!("2025-01-05T10:00:00+01:00"))
        .with("category", json!([coded(format!("{nos}TRE_A03-ClasseDocument/FHIR/TRE-A03-ClasseDocument"), "11")]))
        .with("author", json!([{ "reference": format!("Practitioner/{practitioner}"), "identifier": { "system": RPPS, "value": region().account("medecin-1", "rpps") } }]))
        .with("extension", json!([{ "url": format!("{PDSM}pdsm-ext-is-archived"), "valueBoolean": true }]))
        .with("relatesTo", json!([{ "code": "appends", "target": { "reference": format!("DocumentReference/{}", first.id) } }]))
        .with("context", json!({
            "sourcePatientInfo": { "reference": "#person" },
            "event": [coded("urn:oid:1.2.250.1.213.2.5".into(), "ZZZZ999")],
            "period": { "start": "2025-01-01T08:00:00+01:00", "end": "2025-01-04T08:00:00+01:00" },
            "facilityType": coded(format!("{nos}TRE_R02-SecteurActivite/FHIR/TRE-R02-SecteurActivite"), "SA01"),
            "practiceSetting": coded(format!("{nos}TRE_A01-CadreExercice/FHIR/TRE-A01-CadreExercice"), "ETABLISSEMENT") }));
    let mut reference = second.bundle_for(&person);
    let attachment = &mut reference["entry"][1]["resource"]["content"][0];
    attachment["attachment"]["creation"] = "2025-01-04T09:30:00+01:00".into();
    attachment["format"]["code"] = "urn:ihe:lab:xd-lab:2008".into();
    let answer = as_login("systeme-1").post("/fhir", &reference).expect(200).json();
    let id = |index: usize| -> String {
        let location = answer["entry"][index]["response"]["location"].as_str().unwrap();
        location.split('/').nth(1).unwrap().to_owned()
    };
    let second = Published { list: id(0), id: id(1), binary: id(2), document: second, person };
    (first, second)
}

fn find(of_type: &str, query: &str) -> Vec<String> {
    let mut found =
        matches(&as_login("medecin-1").get(&format!("/fhir/{of_type}?{query}")).expect(200).json());
    found.sort();
    found
}

#[test]
fn every_parameter_of_iti_67_tells_documents_apart() {
    let (first, second) = two();
    let patient = format!("patient={}", encode(&first.person.reference()));
    let practitioner = region().account("medecin-1", "practitioner_id");
    let unique =
        |published: &Published| encode(&format!("urn:ietf:rfc:3986|{}", published.document.unique_id));
    // (parameter, value of the first, value of the second)
    let cases = [
        ("status", "current".to_owned(), "superseded".to_owned()),
        ("type", encode("http://loinc.org|11488-4"), "34133-9".into()),
        ("category", "10".into(), "11".into()),
        ("facility", "SA07".into(), "SA01".into()),
        ("setting", "AMBULATOIRE".into(), "ETABLISSEMENT".into()),
        ("identifier", unique(&first), unique(&second)),
        ("creation", "ge2026-01-01".into(), "lt2026-01-01".into()),
        ("date", "ge2026-01-01".into(), "2025-01-05".into()),
        ("security-label", "N".into(), "INVISIBLE_REPRESENTANTS_LEGAUX".into()),
        ("isArchived:not", "true".into(), String::new()),
        ("isArchived", String::new(), "true".into()),
        ("period", "ge2026-01-01".into(), "lt2026-01-01".into()),
        ("period-start", "ge2026-01-01".into(), "lt2026-01-01".into()),
        ("period-end", "ge2026-01-01".into(), "lt2026-01-01".into()),
        ("format", encode("urn:ihe:iti:xds-sd:pdf:2008"), encode("urn:ihe:lab:xd-lab:2008")),
        ("event", "YYYY010".into(), "ZZZZ999".into()),
        ("relatesto", String::new(), format!("DocumentReference/{}", first.id)),
        ("author", String::new(), format!("Practitioner/{practitioner}")),
        (
            "author:identifier",
            String::new(),
            encode(&format!("{RPPS}|{}", region().account("medecin-1", "rpps"))),
        ),
        ("description:contains", encode(&first.document.title), encode(&second.document.title)),
    ];
    for (parameter, of_first, of_second) in cases {
        for (value, expected) in [(of_first, &first.id), (of_second, &second.id)] {
            if !value.is_empty() {
                assert_eq!(
                    find("DocumentReference", &format!("{patient}&{parameter}={value}")),
                    std::slice::from_ref(expected),
                    "{parameter}={value}"
                );
            }
        }
    }
    let mut both = vec![first.id.clone(), second.id.clone()];
    both.sort();
    assert_eq!(find("DocumentReference", &patient), both);
    assert_eq!(find("DocumentReference", &format!("{patient}&status=current,superseded")), both);
    assert_eq!(
        find("DocumentReference", &format!("{patient}&type=34133-9&category=10")),
        Vec::<String>::new()
    );
    let by_identifier =
        format!("patient.identifier={}&status=current", encode(&format!("{INS}|{}", first.person.ins)));
    assert_eq!(find("DocumentReference", &by_identifier), [first.id]);
}

fn set(person: &str, kind: &str, more: &[(&str, Value)]) -> Value {
    let mut list = json!({ "resourceType": "List", "status": "current", "mode": "working",
        "code": { "coding": [{ "system": "https://profiles.ihe.net/ITI/MHD/CodeSystem/MHDlistTypes", "code": kind }] },
        "subject": { "reference": person } });
    for (element, value) in more {
        list[*element] = value.clone();
    }
    list
}

#[test]
fn every_parameter_of_iti_66_tells_lists_apart() {
    let person = a_person().cared_for_by(&["medecin-1"]).create();
    let ihe = "https://profiles.ihe.net/ITI/MHD/StructureDefinition/";
    let system = as_login("systeme-1");
    let organization = system.create(&json!({ "resourceType": "Organization", "name": "Centre des Essais" }));
    let organization = format!("Organization/{}", organization["id"].as_str().unwrap());
    let practitioner = format!("Practitioner/{}", region().account("medecin-1", "practitioner_id"));
    let (one, other) = (fresh_uri(), fresh_uri());
    let designation = |code: &str| json!({ "url": format!("{ihe}ihe-designationType"), "valueCodeableConcept": { "coding": [{ "system": "http://loinc.org", "code": code }] } });
    let source_id = |value: &str| json!({ "url": format!("{ihe}ihe-sourceId"), "valueIdentifier": { "system": "urn:ietf:rfc:3986", "value": value } });
    let archived = json!({ "url": format!("{PDSM}pdsm-ext-is-archived"), "valueBoolean": true });
    let source = json!({ "reference": practitioner, "extension": [{ "url": format!("{ihe}ihe-authorOrg"), "valueReference": { "reference": organization } }] });
    let first = system.create(&set(
        &person.reference(),
        "submissionset",
        &[
            ("title", json!("Suivi du diabète")),
            ("date", json!("2026-03-02T10:00:00+01:00")),
            ("identifier", json!([{ "system": "urn:ietf:rfc:3986", "value": one }])),
            ("extension", json!([designation("11488-4"), source_id("urn:oid:1.2.3")])),
            ("source", source),
        ],
    ));
    let second = system.create(&set(
        &person.reference(),
        "folder",
        &[
            ("title", json!("Grossesse")),
            ("status", json!("retired")),
            ("date", json!("2025-03-02T10:00:00+01:00")),
            ("identifier", json!([{ "system": "urn:ietf:rfc:3986", "value": other }])),
            ("extension", json!([designation("34133-9"), source_id("urn:oid:1.2.4"), archived])),
        ],
    ));
    let [first, second] = [first, second].map(|list| list["id"].as_str().unwrap().to_owned());
    let patient = format!("patient={}", encode(&person.reference()));
    for (parameter, of_first, of_second) in [
        (
            "code",
            encode("https://profiles.ihe.net/ITI/MHD/CodeSystem/MHDlistTypes|submissionset"),
            "folder".to_owned(),
        ),
        ("status", "current".into(), "retired".into()),
        ("date", "ge2026-01-01".into(), "2025-03-02".into()),
        ("designationType", "11488-4".into(), "34133-9".into()),
        (
            "identifier",
            encode(&format!("urn:ietf:rfc:3986|{one}")),
            encode(&format!("urn:ietf:rfc:3986|{other}")),
        ),
        ("isArchived", String::new(), "true".into()),
        ("title", "suivi".into(), "grossesse".into()),
        ("sourceId", encode("urn:ietf:rfc:3986|urn:oid:1.2.3"), encode("urn:ietf:rfc:3986|urn:oid:1.2.4")),
        ("source", practitioner.clone(), String::new()),
        ("authorOrg", organization.clone(), String::new()),
    ] {
        for (value, expected) in [(of_first, &first), (of_second, &second)] {
            if !value.is_empty() {
                assert_eq!(
                    find("List", &format!("{patient}&{parameter}={value}")),
                    std::slice::from_ref(expected),
                    "{parameter}={value}"
                );
            }
        }
    }
    let by_identifier =
        format!("patient.identifier={}&code=folder", encode(&format!("{INS}|{}", person.ins)));
    assert_eq!(find("List", &by_identifier), [second]);
    let by_post = as_login("medecin-1")
        .call("POST", "/fhir/List/_search")
        .form(&[("patient", &person.id), ("code", "submissionset")])
        .send();
    assert_eq!(matches(&by_post.expect(200).json()), [first]);
}

#[test]
fn what_is_searched_is_a_parameter_of_the_capabilities() {
    let statement = region().anonymous().get("/fhir/metadata").json();
    let resources = statement["rest"][0]["resource"].as_array().unwrap();
    for (of_type, wanted) in [
        (
            "DocumentReference",
            "patient type category facility setting identifier creation security-label isArchived period period-start period-end format event relatesto author status",
        ),
        (
            "List",
            "patient code status date designationType identifier isArchived title sourceId source authorOrg",
        ),
    ] {
        let resource = resources.iter().find(|resource| resource["type"] == of_type).unwrap();
        let known: Vec<&str> =
            resource["searchParam"].as_array().unwrap().iter().map(|p| p["name"].as_str().unwrap()).collect();
        for name in wanted.split(' ') {
            assert!(known.contains(&name), "{of_type}.{name}");
        }
    }
}
