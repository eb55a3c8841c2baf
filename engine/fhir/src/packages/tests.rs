//! What the embedded packs hold, and how packs are read back.

use super::*;

#[test]
fn every_embedded_resource_can_be_unpacked() {
    let mut seen = 0;
    for entry in registry().entries.iter() {
        let value = entry.pack.resource(&entry.pack.rows[entry.row]).expect("intact");
        assert_eq!(value["resourceType"], entry.kind.name());
        assert_eq!(value["id"].as_str().unwrap_or(""), entry.id);
        seen += 1;
    }
    assert!(seen > 5_000, "{seen}");
}

#[test]
fn a_resource_is_found_by_address_with_and_without_version() {
    let url = "http://hl7.org/fhir/StructureDefinition/Patient";
    assert_eq!(find(Kind::StructureDefinition, url).expect("known")["id"], "Patient");
    assert!(find(Kind::StructureDefinition, &format!("{url}|4.0.1")).is_some());
    assert!(find(Kind::StructureDefinition, &format!("{url}|4.0")).is_some());
    assert!(find(Kind::StructureDefinition, &format!("{url}|4")).is_some());
    assert!(find(Kind::StructureDefinition, &format!("{url}|4.0.2")).is_none());
    assert!(find(Kind::ValueSet, url).is_none());
    assert_eq!(by_id(Kind::CodeSystem, "observation-status").expect("known")["content"], "complete");
}

#[test]
fn what_was_asked_for_once_is_given_again_without_unpacking() {
    let first = find(Kind::ValueSet, "http://hl7.org/fhir/ValueSet/observation-status").expect("known");
    let second = find(Kind::ValueSet, "http://hl7.org/fhir/ValueSet/observation-status").expect("known");
    assert!(Arc::ptr_eq(&first, &second));
}

#[test]
fn the_cache_forgets_what_was_not_asked_for_lately() {
    let mut cache = Cache::new();
    for key in 0..10 {
        cache.keep(key, Arc::new(Value::Null), CACHE_BYTES / 4);
    }
    assert!(cache.find(9).is_some() && cache.find(0).is_none());
    assert!(cache.bytes <= CACHE_BYTES);
}

#[test]
fn versions_are_compared_by_their_numbers() {
    assert_eq!(compare_versions("10.0.0", "9.1"), Ordering::Greater);
    assert_eq!(compare_versions("1.1.0", "1.1.0-ballot"), Ordering::Greater);
    assert_eq!(compare_versions("1.2.0-snapshot-2", "1.1.9"), Ordering::Greater);
}

fn a_pack(url: &str, version: &str) -> Vec<u8> {
    let set = serde_json::json!({
        "resourceType": "ValueSet", "id": "couleurs", "url": url, "version": version, "name": "Couleurs",
        "status": "active", "text": {"status": "generated", "div": "<div/>"},
        "compose": {"include": [{"system": "urn:x", "concept": [{"code": "bleu"}]}]}
    });
    let small = slim(set).expect("a kind of packages");
    assert!(small.get("text").is_none());
    write("exemple.couleurs", version, &[small]).expect("written")
}

#[test]
fn an_installed_package_is_found_and_the_newest_version_counts() {
    let url = "https://exemple.fr/ValueSet/couleurs";
    let before = generation();
    install(vec![
        Pack::open(a_pack(url, "2.0.0")).expect("whole"),
        Pack::open(a_pack(url, "1.9.0")).expect("whole"),
    ]);
    assert!(generation() > before);
    assert_eq!(find_entry(Kind::ValueSet, url).expect("known").version, "2.0.0");
    assert_eq!(
        find_entry(Kind::ValueSet, &format!("{url}|1.9")).expect("known").package,
        "exemple.couleurs#1.9.0"
    );
    assert_eq!(
        find(Kind::ValueSet, url).expect("known")["compose"]["include"][0]["concept"][0]["code"],
        "bleu"
    );
}

#[test]
fn a_damaged_pack_is_refused() {
    let whole = a_pack("https://exemple.fr/ValueSet/abimee", "1.0.0");
    for place in [0, 8, 12, 40, whole.len() - 1] {
        let mut altered = whole.clone();
        altered[place] ^= 1;
        assert!(Pack::open(altered).is_err(), "{place}");
    }
    assert!(Pack::open(whole[..whole.len() / 2].to_vec()).is_err());
    assert!(Pack::open(Vec::new()).is_err());
}

fn a_package(profile: Value) -> Vec<(String, Vec<u8>)> {
    let manifest =
        serde_json::json!({"name": "exemple.profils", "version": "1.0.0", "fhirVersions": ["4.0.1"]});
    vec![
        ("package/package.json".to_owned(), manifest.to_string().into_bytes()),
        ("package/StructureDefinition-p.json".to_owned(), profile.to_string().into_bytes()),
        ("package/Patient-exemple.json".to_owned(), br#"{"resourceType":"Patient"}"#.to_vec()),
    ]
}

/// A profile of Patient as an author writes it: the differential alone.
fn a_profile(url: &str) -> Value {
    serde_json::json!({
        "resourceType": "StructureDefinition", "id": "p", "url": url, "name": "P", "status": "draft", "kind": "resource",
        "abstract": false, "type": "Patient", "derivation": "constraint",
        "baseDefinition": "http://hl7.org/fhir/StructureDefinition/Patient",
        "differential": {"element": [
            {"id": "Patient.birthDate", "path": "Patient.birthDate", "min": 1},
            {"id": "Patient.identifier", "path": "Patient.identifier", "min": 1,
             "slicing": {"discriminator": [{"type": "value", "path": "system"}], "rules": "closed"}},
            {"id": "Patient.identifier:local", "path": "Patient.identifier", "sliceName": "local", "min": 1, "max": "1"},
            {"id": "Patient.identifier:local.system", "path": "Patient.identifier.system", "min": 1,
             "fixedUri": "https://exemple.fr/id"},
            {"id": "Patient.deceasedBoolean", "path": "Patient.deceasedBoolean", "max": "0"}
        ]}
    })
}

#[test]
fn a_differential_becomes_a_snapshot_that_validation_uses() {
    let url = "https://exemple.fr/StructureDefinition/p";
    let made = make(&a_package(a_profile(url))).expect("made");
    assert_eq!((made.name.as_str(), made.resources, made.snapshots), ("exemple.profils", 1, 1));
    install(vec![Pack::open(made.bytes).expect("whole")]);
    let snapshot = find(Kind::StructureDefinition, url).expect("installed");
    let ids: Vec<&str> = snapshot["snapshot"]["element"]
        .as_array()
        .expect("elements")
        .iter()
        .filter_map(|element| element["id"].as_str())
        .collect();
    for id in [
        "Patient.name",
        "Patient.identifier:local.system",
        "Patient.identifier:local.value",
        "Patient.deceased[x]:deceasedBoolean",
    ] {
        assert!(ids.contains(&id), "{id}: {ids:?}");
    }
    let check = |patient: Value| -> Vec<String> {
        let issues = crate::validate::check_with(&patient, &[url], &crate::validate::Options::default());
        issues.into_iter().map(|issue| issue.path).collect()
    };
    let good = serde_json::json!({
        "resourceType": "Patient", "birthDate": "1974", "identifier": [{"system": "https://exemple.fr/id", "value": "1"}]
    });
    assert_eq!(check(good), [] as [&str; 0]);
    let bad = serde_json::json!({
        "resourceType": "Patient", "deceasedBoolean": true, "identifier": [{"system": "https://ailleurs.fr", "value": "1"}]
    });
    assert_eq!(
        check(bad),
        ["Patient.deceased", "Patient.identifier[0]", "Patient.identifier", "Patient.birthDate"]
    );
}

#[test]
fn a_package_with_a_fault_is_refused_with_its_file() {
    let mut files = a_package(a_profile("https://exemple.fr/StructureDefinition/q"));
    files.push(("package/ValueSet-x.json".to_owned(), b"{".to_vec()));
    assert!(make(&files).expect_err("not JSON").issues[0].text.en.contains("ValueSet-x.json"));
    let mut profile = a_profile("https://exemple.fr/StructureDefinition/r");
    profile["baseDefinition"] = Value::from("https://exemple.fr/StructureDefinition/inconnu");
    let problem = make(&a_package(profile)).expect_err("no base");
    assert!(problem.issues[0].text.en.contains("inconnu"));
    let mut profile = a_profile("https://exemple.fr/StructureDefinition/s");
    profile["differential"]["element"][0]["id"] = Value::from("Patient.taille");
    assert!(
        make(&a_package(profile)).expect_err("no such element").issues[0].text.en.contains("Patient.taille")
    );
    assert!(make(&files[1..2]).expect_err("no manifest").issues[0].text.en.contains("package.json"));
    let mut files = a_package(a_profile("https://exemple.fr/StructureDefinition/t"));
    files[0].1 = br#"{"name": "x", "version": "1", "fhirVersions": ["5.0.0"]}"#.to_vec();
    assert!(make(&files).expect_err("R5").issues[0].text.en.contains("R4"));
}
