//! The definitions of the packages as resources: read and searched like stored ones, beside them, never written.

use crate::harness::builders::fresh_uri;
use crate::harness::client::entries;
use crate::harness::{as_login, region};
use serde_json::json;

const GENDER: &str = "http://hl7.org/fhir/ValueSet/administrative-gender";

#[test]
fn a_definition_is_read_and_found_by_its_address() {
    for login in ["medecin-1", "citoyen-1", "systeme-1"] {
        let client = as_login(login);
        assert_eq!(client.get("/fhir/StructureDefinition/Patient").expect(200).json()["type"], "Patient");
        let found = client.get(&format!("/fhir/ValueSet?url={GENDER}")).expect(200).json();
        assert_eq!(found["total"], 1);
        assert_eq!(found["entry"][0]["resource"]["url"], GENDER);
        assert!(
            found["entry"][0]["fullUrl"]
                .as_str()
                .is_some_and(|url| url.ends_with("/ValueSet/administrative-gender"))
        );
    }
    region().anonymous().get("/fhir/StructureDefinition/Patient").expect(401);
    as_login("medecin-1").get("/fhir/ValueSet/no-such-set").expect(404);
    as_login("medecin-1").get("/fhir/Patient/administrative-gender").expect(404);
}

#[test]
fn definitions_come_after_what_is_stored_and_in_pages() {
    let system = as_login("systeme-1");
    let title = format!("Zzz {}", fresh_uri());
    let own = json!({ "resourceType": "CodeSystem", "url": fresh_uri(), "name": "ZzzOwn", "title": title, "status": "active", "content": "complete" });
    let stored = system.create(&own);
    let by_name = system.get("/fhir/CodeSystem?name=ZzzOwn&_count=5").expect(200).json();
    assert_eq!(entries(&by_name)[0]["resource"]["resourceType"], "CodeSystem");
    assert!(by_name.to_string().contains(stored["id"].as_str().expect("an id")));
    let path = "/fhir/ConceptMap?status=draft&_count=30";
    let first = system.get(path).expect(200).json();
    let total = first["total"].as_u64().expect("a total");
    assert!(total >= 60, "{total}");
    let all = system.all(path);
    let mut ids: Vec<&str> = all.iter().filter_map(|resource| resource["id"].as_str()).collect();
    ids.sort_unstable();
    ids.dedup();
    assert_eq!(ids.len() as u64, total, "each once, whatever the page");
    let count = system.get("/fhir/ConceptMap?status=draft&_summary=count").expect(200).json();
    assert_eq!((count["total"].as_u64(), entries(&count).len()), (Some(total), 0));
}

#[test]
fn a_definition_is_summed_up_like_any_resource_and_never_written() {
    let doctor = as_login("medecin-1");
    let found = doctor.get(&format!("/fhir/ValueSet?url={GENDER}&_elements=name")).expect(200).json();
    let resource = &found["entry"][0]["resource"];
    assert!(resource.get("compose").is_none() && resource["name"] == "AdministrativeGender", "{resource}");
    let deleted = as_login("systeme-1").delete("/fhir/StructureDefinition/Patient");
    assert!(deleted.status < 500);
    assert_eq!(doctor.get("/fhir/StructureDefinition/Patient").expect(200).json()["type"], "Patient");
}
