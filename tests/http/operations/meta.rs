//! `$meta`: the profiles, tags and labels of a resource.

use crate::harness::{a_document, a_person, as_login};

#[test]
fn the_metadata_of_a_resource_are_given() {
    let document = a_document().publish_as("medecin-3", &a_person().create());
    let system = as_login("systeme-1");
    let path = format!("/fhir/DocumentReference/{}", document.id);
    let stored = system.get(&path).expect(200).json();
    let answer = system.get(&format!("{path}/$meta")).expect(200).json();
    assert_eq!(answer["resourceType"], "Parameters");
    assert_eq!(answer["parameter"][0]["name"], "return");
    assert_eq!(answer["parameter"][0]["valueMeta"], stored["meta"]);
}

#[test]
fn what_is_deleted_has_no_metadata_any_more() {
    let document = a_document().publish_as("medecin-3", &a_person().create());
    let path = format!("/fhir/DocumentReference/{}", document.id);
    as_login("systeme-1").delete(&path).expect(204);
    as_login("systeme-1").get(&format!("{path}/$meta")).expect(410);
}
