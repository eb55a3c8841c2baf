//! Searches beyond one type of one person: compartments, several types together, what refers and what is referred to,
//! pages that hold still, and what a mask does to each.

use crate::harness::client::{encode, entries, link, matches};
use crate::harness::{Client, Person, a_document, a_person, as_login};
use serde_json::{Value, json};
use std::collections::BTreeSet;

fn encounter(system: &Client, person: &Person) -> Value {
    system.create(&json!({ "resourceType": "Encounter", "status": "finished",
        "class": { "system": "http://terminology.hl7.org/CodeSystem/v3-ActCode", "code": "AMB" },
        "subject": { "reference": person.reference() } }))
}

fn observe(system: &Client, person: &Person, code: &str, more: Value) -> Value {
    let mut observation = json!({ "resourceType": "Observation", "status": "final",
        "code": { "coding": [{ "system": "http://loinc.org", "code": code }] },
        "subject": { "reference": person.reference() }, "effectiveDateTime": "2026-03-02" });
    for (name, value) in more.as_object().unwrap() {
        observation[name] = value.clone();
    }
    system.create(&observation)
}

fn name(resource: &Value) -> String {
    format!("{}/{}", resource["resourceType"].as_str().unwrap(), resource["id"].as_str().unwrap())
}

fn id(resource: &Value) -> String {
    resource["id"].as_str().unwrap().to_owned()
}

/// Names of the entries of one mode.
fn named(bundle: &Value, mode: &str) -> BTreeSet<String> {
    let of_mode = entries(bundle).iter().filter(|entry| entry["search"]["mode"] == mode);
    of_mode.map(|entry| name(&entry["resource"])).collect()
}

#[test]
fn a_compartment_holds_what_is_about_its_resource() {
    let person = a_person().create();
    let system = as_login("systeme-1");
    let visit = encounter(&system, &person);
    let there = observe(&system, &person, "29463-7", json!({ "encounter": { "reference": name(&visit) } }));
    let elsewhere = observe(&system, &person, "8302-2", json!({}));
    let of = |path: String| system.get(&path).expect(200).json();

    let all = of(format!("/fhir/Patient/{}/Observation", person.id));
    assert_eq!(named(&all, "match"), BTreeSet::from([name(&there), name(&elsewhere)]));
    let one = of(format!("/fhir/Patient/{}/Observation?code=8302-2", person.id));
    assert_eq!(matches(&one), [id(&elsewhere)]);
    let visited = of(format!("/fhir/Encounter/{}/Observation", id(&visit)));
    assert_eq!(matches(&visited), [id(&there)]);
    let everything = of(format!("/fhir/Patient/{}/*", person.id));
    let expected = BTreeSet::from([person.reference(), name(&visit), name(&there), name(&elsewhere)]);
    assert_eq!(named(&everything, "match"), expected);
    let of_types = of(format!("/fhir/Patient/{}/*?_type=Encounter,Patient", person.id));
    assert_eq!(named(&of_types, "match"), BTreeSet::from([person.reference(), name(&visit)]));
    let form = system
        .call("POST", &format!("/fhir/Patient/{}/Observation/_search", person.id))
        .form(&[("code", "8302-2")])
        .send()
        .expect(200)
        .json();
    assert_eq!(matches(&form), [id(&elsewhere)]);
    system.get(&format!("/fhir/Observation/{}/Patient", id(&there))).expect(404);
    system.get("/fhir/Encounter/inconnu/Observation").expect(404);
    as_login("medecin-2").get(&format!("/fhir/Patient/{}/Observation", person.id)).expect(403);
    as_login("medecin-2").get(&format!("/fhir/Encounter/{}/Observation", id(&visit))).expect(404);
}

#[test]
fn several_types_are_searched_together() {
    let person = a_person().create();
    let system = as_login("systeme-1");
    let written: BTreeSet<String> = (0..4)
        .flat_map(|_| [encounter(&system, &person), observe(&system, &person, "8302-2", json!({}))])
        .map(|resource| name(&resource))
        .collect();
    let query = format!("_type=Observation,Encounter&patient={}&_count=3", person.id);
    let found: BTreeSet<String> = system.all(&format!("/fhir?{query}")).iter().map(name).collect();
    assert_eq!(found, written);
    let fields = [("_type", "Observation,Encounter"), ("patient", person.id.as_str())];
    let posted = system.call("POST", "/fhir/_search").form(&fields).send().expect(200).json();
    assert_eq!(posted["total"], 8);
    let text = system.get("/fhir?_lastUpdated=gt2026-01-01").expect(422).json().to_string();
    assert!(text.contains("_type"), "{text}");
    system.get("/fhir?_type=Rien").expect(400);
}

#[test]
fn reverse_chains_lists_and_filters_look_through_references() {
    let person = a_person().cared_for_by(&["medecin-1"]).create();
    let system = as_login("systeme-1");
    let (visit, other) = (encounter(&system, &person), encounter(&system, &person));
    let weight = observe(&system, &person, "29463-7", json!({ "encounter": { "reference": name(&visit) } }));
    let size = observe(&system, &person, "8302-2", json!({ "encounter": { "reference": name(&other) } }));
    let list = system.create(&json!({ "resourceType": "List", "status": "current", "mode": "working",
        "subject": { "reference": person.reference() }, "entry": [{ "item": { "reference": name(&weight) } }] }));
    let doctor = as_login("medecin-1");
    let of = |query: &str| matches(&doctor.get(&format!("/fhir/{query}")).expect(200).json());
    let patient = format!("patient={}", person.id);
    assert_eq!(of(&format!("Encounter?{patient}&_has:Observation:encounter:code=29463-7")), [id(&visit)]);
    assert_eq!(
        of(&format!("Encounter?{patient}&_has:Observation:encounter:_has:List:item:_id={}", id(&list))),
        [id(&visit)]
    );
    assert_eq!(of(&format!("Observation?{patient}&_list={}", id(&list))), [id(&weight)]);
    assert_eq!(of(&format!("Observation?{patient}&encounter._id={}", id(&other))), [id(&size)]);
    let filter = encode("code eq 8302-2 and status eq final");
    assert_eq!(of(&format!("Observation?{patient}&_filter={filter}")), [id(&size)]);
    assert_eq!(
        of(&format!("Patient?_id={}&_has:Observation:patient:code=29463-7", person.id)),
        [person.id.as_str()]
    );
    assert!(of(&format!("Patient?_id={}&_has:Observation:patient:code=718-7", person.id)).is_empty());
}

#[test]
fn includes_go_on_bring_versions_and_never_twice() {
    let person = a_person().create();
    let system = as_login("systeme-1");
    let visit = encounter(&system, &person);
    let part = observe(&system, &person, "8480-6", json!({ "encounter": { "reference": name(&visit) } }));
    let mut changed = part.clone();
    changed["status"] = "amended".into();
    system.put(&format!("/fhir/{}", name(&part)), &changed).expect(200);
    let whole = observe(
        &system,
        &person,
        "85354-9",
        json!({ "hasMember": [{ "reference": name(&part) }], "derivedFrom": [{ "reference": format!("{}/_history/1", name(&part)) }] }),
    );
    let of =
        |query: &str| system.get(&format!("/fhir/Observation?_id={}&{query}", id(&whole))).expect(200).json();
    let near = of("_include=Observation:has-member");
    assert_eq!(named(&near, "include"), BTreeSet::from([name(&part)]));
    let far = of("_include=Observation:has-member&_include:iterate=Observation:encounter");
    assert_eq!(named(&far, "include"), BTreeSet::from([name(&part), name(&visit)]));
    assert_eq!(far["total"], 1, "only matches are counted");
    let all = of("_include=*");
    assert!(named(&all, "include").contains(&person.reference()), "{all}");
    let old = of("_include=Observation:derived-from");
    assert_eq!(entries(&old)[1]["resource"]["meta"]["versionId"], "1", "the version that is named");
    let query = format!(
        "/fhir/Encounter?_id={}&_revinclude=Observation:encounter&_revinclude=Observation:*",
        id(&visit)
    );
    let back = system.get(&query).expect(200).json();
    assert_eq!(entries(&back).len(), 2, "each once: {back}");
}

#[test]
fn a_mask_reaches_every_way_of_asking() {
    let person = a_person().cared_for_by(&["medecin-1", "medecin-3"]).create();
    let hidden = a_document().masked().publish_as("medecin-3", &person);
    let open = a_document()
        .with("relatesTo", json!([{ "code": "appends", "target": { "reference": format!("DocumentReference/{}", hidden.id) } }]))
        .publish_as("medecin-3", &person);
    let (author, doctor) = (as_login("medecin-3"), as_login("medecin-1"));
    let patient = format!("patient={}", person.id);
    for query in [
        format!("DocumentReference?{patient}&relatesto:missing=false"),
        format!("DocumentReference?{patient}&relation=appends"),
        format!("DocumentReference?{patient}&relatesto=DocumentReference/{}", hidden.id),
        format!("DocumentReference?{patient}&relatesto._id={}", hidden.id),
        format!("DocumentReference?{patient}&_list={}", hidden.list),
        format!("DocumentReference?{patient}&_filter={}", encode("relation eq appends")),
        format!("List?{patient}&item=DocumentReference/{}", hidden.id),
        format!("List?{patient}&_id={}", hidden.list),
        format!("Patient/{}/DocumentReference?relation=appends", person.id),
    ] {
        let known = author.get(&format!("/fhir/{query}")).expect(200).json();
        assert_eq!(known["total"], 1, "its author finds it: {query}");
        let unknown = doctor.get(&format!("/fhir/{query}")).expect(200).json();
        assert_eq!(unknown["total"], 0, "{query}: {unknown}");
        assert!(!unknown["entry"].to_string().contains(&hidden.id), "{query}");
    }
    let found = doctor
        .get(&format!("/fhir/DocumentReference?{patient}&_sort=relatesto&_include=*"))
        .expect(200)
        .json();
    assert_eq!(matches(&found), [open.id.as_str()]);
    assert!(!found.to_string().contains(&hidden.id));
}

#[test]
fn a_page_has_its_links_and_nobody_makes_up_a_place() {
    let person = a_person().create();
    let system = as_login("systeme-1");
    for _ in 0..5 {
        observe(&system, &person, "8302-2", json!({}));
    }
    let first = system.get(&format!("/fhir/Observation?patient={}&_count=2", person.id)).expect(200).json();
    let next = link(&first, "next").unwrap();
    let second = system.get(next.strip_prefix(system.base()).unwrap()).expect(200).json();
    assert_eq!(link(&second, "first"), link(&first, "self"));
    assert_eq!(link(&second, "self").as_deref(), Some(next.as_str()));
    // One letter of the token changed.
    let (before, token) = next.split_once("_page=").unwrap();
    let other = if token.starts_with('A') { "B" } else { "A" };
    let forged = format!("{before}_page={other}{}", &token[1..]);
    system.get(forged.strip_prefix(system.base()).unwrap()).expect(400);
    let quiet =
        system.get(&format!("/fhir/Observation?patient={}&_total=none", person.id)).expect(200).json();
    assert!(quiet["total"].is_null() && entries(&quiet).len() == 5);
    let counted = system.get(&format!("/fhir/Observation?patient={}&_count=0", person.id)).expect(200).json();
    assert_eq!(counted["total"], 5);
    assert!(counted["entry"].is_null());
}

#[test]
fn a_reduced_resource_says_so_and_keeps_what_it_must_have() {
    let person = a_person().create();
    let system = as_login("systeme-1");
    observe(&system, &person, "8302-2", json!({ "note": [{ "text": "debout" }] }));
    let of = |more: &str| {
        let query = format!("/fhir/Observation?patient={}&_include=Observation:subject&{more}", person.id);
        system.get(&query).expect(200).json()
    };
    for more in ["_elements=note", "_summary=true", "_summary=text", "_summary=data"] {
        let bundle = of(more);
        for entry in entries(&bundle) {
            let resource = &entry["resource"];
            assert!(resource["meta"]["tag"].to_string().contains("SUBSETTED"), "{more}: {resource}");
            let is_match = resource["resourceType"] == "Observation";
            assert!(
                !is_match || resource["status"] == "final" && resource["code"].is_object(),
                "{more}: {resource}"
            );
        }
        let observation = &entries(&bundle)[0]["resource"];
        let has_note = matches!(more, "_elements=note" | "_summary=data");
        assert_eq!(observation["note"].is_array(), has_note, "{more}: {observation}");
        let patient = &entries(&bundle)[1]["resource"];
        assert_eq!(
            patient["birthDate"].is_string(),
            matches!(more, "_summary=true" | "_summary=data"),
            "{more}: {patient}"
        );
    }
}
