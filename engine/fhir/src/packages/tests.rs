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
