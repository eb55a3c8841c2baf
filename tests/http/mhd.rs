//! Documents published as IHE MHD (ITI-65): the official publications are accepted as they are; wrong ones leave nothing.

use crate::harness::as_login;
use crate::harness::builders::{fresh, fresh_uri};
use serde_json::{Value, json};
use std::path::Path;

const NAMES: [&str; 5] =
    ["minimal", "minimal-contained", "comprehensive", "comprehensive-complete", "uncontained"];

/// An official publication, under identifiers of its own: the same document is not published twice.
fn publication(name: &str) -> (Value, String) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("../testdata/ihe-mhd/{name}.json"));
    let mut bundle: Value = serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap();
    let unique = fresh_uri();
    for entry in bundle["entry"].as_array_mut().unwrap() {
        let resource = &mut entry["resource"];
        if resource["resourceType"] == "DocumentReference" {
            resource["masterIdentifier"]["value"] = unique.clone().into();
            if let Some(identifiers) = resource.get_mut("identifier").and_then(Value::as_array_mut) {
                identifiers.iter_mut().for_each(|identifier| identifier["value"] = fresh_uri().into());
            }
        }
    }
    (bundle, unique)
}

fn stored(unique: &str) -> u64 {
    let path = format!("/fhir/DocumentReference?identifier={}", crate::harness::client::encode(unique));
    as_login("systeme-1").get(&path).expect(200).json()["total"].as_u64().unwrap()
}

#[test]
fn official_publications_are_accepted_as_they_are() {
    let system = as_login("systeme-1");
    for name in NAMES {
        let (bundle, unique) = publication(name);
        let answer = system.post("/fhir", &bundle).expect(200).json();
        let entries = answer["entry"].as_array().unwrap();
        assert_eq!(entries.len(), bundle["entry"].as_array().unwrap().len(), "{name}");
        for entry in entries {
            assert_eq!(entry["response"]["status"], "201 Created", "{name}: {entry}");
        }
        assert_eq!(stored(&unique), 1, "{name}");
        let location = entries[1]["response"]["location"]
            .as_str()
            .unwrap()
            .split("/_history")
            .next()
            .unwrap()
            .to_owned();
        let document = system.get(&format!("/fhir/{location}")).expect(200).json();
        let url = document["content"][0]["attachment"]["url"].as_str().unwrap();
        assert!(url.starts_with("Binary/"), "{name}: {url}");
        system.get(&format!("/fhir/{url}")).expect(200);
    }
}

#[test]
fn a_wrong_publication_leaves_nothing() {
    let system = as_login("systeme-1");
    type Change = fn(&mut Value);
    let changes: [(&str, Change); 7] = [
        ("no submission set", |bundle| drop(bundle["entry"].as_array_mut().unwrap().remove(0))),
        ("a set that does not name its document", |bundle| {
            bundle["entry"][0]["resource"]["entry"][0]["item"]["reference"] =
                "DocumentReference/autre".into();
        }),
        ("no content", |bundle| drop(bundle["entry"].as_array_mut().unwrap().remove(2))),
        ("no identifier", |bundle| {
            drop(bundle["entry"][1]["resource"].as_object_mut().unwrap().shift_remove("masterIdentifier"))
        }),
        ("no source id", |bundle| {
            bundle["entry"][0]["resource"]["extension"] = json!([{ "url": "urn:x", "valueString": "y" }])
        }),
        ("no media type", |bundle| {
            drop(
                bundle["entry"][1]["resource"]["content"][0]["attachment"]
                    .as_object_mut()
                    .unwrap()
                    .shift_remove("contentType"),
            )
        }),
        ("an observation beside", |bundle| {
            bundle["entry"].as_array_mut().unwrap().push(
                json!({ "fullUrl": format!("urn:uuid:40000000-0000-4000-8000-{:012}", fresh()),
                "resource": { "resourceType": "Observation", "status": "final", "code": { "text": "x" } },
                "request": { "method": "POST", "url": "Observation" } }),
            );
        }),
    ];
    for (what, change) in changes {
        let (mut bundle, unique) = publication("minimal");
        change(&mut bundle);
        let outcome = system.post("/fhir", &bundle).expect(422).json();
        assert_eq!(outcome["issue"][0]["severity"], "error", "{what}");
        assert_eq!(stored(&unique), 0, "{what}");
    }
    let (mut bundle, unique) = publication("comprehensive");
    bundle["entry"][1]["resource"].as_object_mut().unwrap().shift_remove("securityLabel");
    let outcome = system.post("/fhir", &bundle).expect(422).json();
    assert!(outcome["issue"][0]["expression"][0].as_str().unwrap().ends_with("securityLabel"), "{outcome}");
    assert_eq!(stored(&unique), 0);
}
