//! The eleven official CDA examples through `socle import`.

use super::testdata;
use crate::harness::program::{Server, run};
use serde_json::Value;

/// Examples whose matricule has a key that does not fit.
const WRONG_KEYS: [&str; 4] =
    ["CSE-CS24_2025.01.xml", "CSE-CS8_2025.01.xml", "CSE-CS9_2025.01.xml", "CSE-MDE_2023.01.xml"];

#[test]
fn the_official_examples_are_imported_whole_and_once() {
    let folder = tempfile::tempdir().unwrap();
    let store = folder.path().join("store");
    Server::demo(&store, 0).stop();
    let data = store.display().to_string();
    let report = folder.path().join("refused.ndjson");
    let args = [
        "import",
        "--data",
        &data,
        "--report",
        &report.display().to_string(),
        &testdata("cda").display().to_string(),
    ]
    .map(str::to_owned);
    let ran = run(&args);
    let refused = std::fs::read_to_string(&report).unwrap_or_default();
    // Four examples carry a matricule whose key is wrong: they are refused by the rules of the INS, with the reason.
    assert_eq!(ran.code, 1, "{}\n{}\n{refused}", ran.out, ran.err);
    let refused: Vec<Value> = refused.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let mut names: Vec<&str> =
        refused.iter().map(|refusal| refusal["file"].as_str().unwrap().rsplit('/').next().unwrap()).collect();
    names.sort_unstable();
    assert_eq!(names, WRONG_KEYS);
    for refusal in &refused {
        let issue = &refusal["issues"][0];
        assert!(issue["path"].as_str().unwrap().ends_with("identifier[0].value"), "{refusal}");
        assert!(issue["expected"].as_str().unwrap().starts_with("key "), "{refusal}");
    }
    let again = run(&args);
    assert!(again.out.starts_with("0 resources imported"), "{}", again.out);

    let server = Server::demo(&store, 0);
    let system = server.client_as("systeme-1");
    let documents = system.all("/fhir/DocumentReference?_count=5");
    assert_eq!(documents.len(), 11 - WRONG_KEYS.len());
    for document in &documents {
        let attachment = &document["content"][0]["attachment"];
        assert_eq!(attachment["contentType"], "text/xml");
        let raw = system.get(&format!("/fhir/{}", attachment["url"].as_str().unwrap())).expect(200);
        let names: Vec<_> = std::fs::read_dir(testdata("cda"))
            .unwrap()
            .map(|entry| std::fs::read(entry.unwrap().path()).unwrap())
            .collect();
        assert!(names.contains(&raw.body), "the content is one of the files, byte for byte");
        assert!(document["subject"]["reference"].as_str().unwrap().starts_with("Patient/"));
    }
    drop(server);
}
