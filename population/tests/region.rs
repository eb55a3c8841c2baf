//! What a region promises as a whole: repeatable, complete, well referenced, plausible.

#![expect(clippy::unwrap_used, reason = "a test that cannot read what it checks has failed")]

use serde_json::Value;
use sha2::{Digest, Sha256};
use socle_population::{Region, Represents, Role, Settings, systems};
use std::collections::{HashMap, HashSet};

fn region(people: u32, seed: u64) -> Region {
    let today = jiff::civil::date(2026, 3, 1);
    Region::new(Settings { people, seed, today, region: "53".into() }).unwrap()
}

fn everyone(region: &Region) -> impl Iterator<Item = Value> {
    (0..region.households()).flat_map(|household| region.person_bundles(household))
}

fn digest(region: &Region) -> String {
    let mut digest = Sha256::new();
    for bundle in region.foundations().into_iter().chain(everyone(region)) {
        digest.update(bundle.to_string());
    }
    format!("{:x?}", digest.finalize())
}

fn resources(bundle: &Value) -> impl Iterator<Item = &Value> {
    bundle["entry"].as_array().unwrap().iter().map(|entry| &entry["resource"])
}

fn of_type<'a>(bundle: &'a Value, kind: &'a str) -> impl Iterator<Item = &'a Value> {
    resources(bundle).filter(move |resource| resource["resourceType"] == kind)
}

/// Every string of a resource under a property of one of these names.
fn strings_of<'a>(value: &'a Value, names: &[&str], found: &mut Vec<&'a str>) {
    match value {
        Value::Object(fields) => {
            for (name, inner) in fields {
                if names.contains(&name.as_str())
                    && let Some(text) = inner.as_str()
                {
                    found.push(text);
                }
                strings_of(inner, names, found);
            }
        }
        Value::Array(items) => items.iter().for_each(|item| strings_of(item, names, found)),
        _ => {}
    }
}

#[test]
fn same_settings_give_the_same_bytes_and_another_seed_gives_others() {
    let first = digest(&region(300, 11));
    assert_eq!(first, digest(&region(300, 11)));
    assert_ne!(first, digest(&region(300, 12)));
}

#[test]
fn a_household_does_not_depend_on_the_ones_made_before() {
    let region = region(300, 11);
    let in_order: Vec<Vec<Value>> = (0..30).map(|household| region.person_bundles(household)).collect();
    for household in [29, 7, 0, 18, 7] {
        assert_eq!(region.person_bundles(household), in_order[household as usize]);
    }
    assert!(region.person_bundles(region.households()).is_empty());
}

#[test]
fn makes_one_bundle_for_each_person_asked_for() {
    for people in [0, 1, 2, 3, 7, 11, 12, 60] {
        let region = region(people, 5);
        assert_eq!(region.people(), people);
        let patients: Vec<Value> = everyone(&region).collect();
        assert_eq!(patients.len(), people as usize);
        assert!(patients.iter().all(|bundle| of_type(bundle, "Patient").count() == 1));
        assert!(!region.foundations().is_empty());
    }
}

#[test]
fn every_reference_leads_somewhere() {
    let region = region(200, 3);
    let foundations = region.foundations();
    let mut known: HashSet<String> = HashSet::new();
    let check = |bundle: &Value, known: &HashSet<String>| {
        let urls: HashSet<&str> = bundle["entry"]
            .as_array()
            .unwrap()
            .iter()
            .map(|entry| entry["fullUrl"].as_str().unwrap())
            .collect();
        assert_eq!(urls.len(), bundle["entry"].as_array().unwrap().len(), "addresses are unique");
        for resource in resources(bundle) {
            let inside: HashSet<String> = resource["contained"]
                .as_array()
                .map(|all| all.iter().map(|one| format!("#{}", one["id"].as_str().unwrap())).collect())
                .unwrap_or_default();
            let mut references = Vec::new();
            strings_of(resource, &["reference"], &mut references);
            if resource["resourceType"] == "DocumentReference" {
                references.push(resource["content"][0]["attachment"]["url"].as_str().unwrap());
            }
            for reference in references {
                let is_there = match reference.split_once('?') {
                    Some(_) => known.contains(reference),
                    None if reference.starts_with('#') => inside.contains(reference),
                    None => urls.contains(reference),
                };
                assert!(is_there, "{reference}");
            }
        }
    };
    for bundle in &foundations {
        assert!(bundle["entry"].as_array().unwrap().len() <= 500);
        for resource in resources(bundle) {
            let kind = resource["resourceType"].as_str().unwrap();
            for identifier in resource["identifier"].as_array().unwrap() {
                let (system, value) =
                    (identifier["system"].as_str().unwrap(), identifier["value"].as_str().unwrap());
                assert!(known.insert(format!("{kind}?identifier={system}|{value}")), "{kind} {value} twice");
            }
        }
        check(bundle, &known);
    }
    everyone(&region).for_each(|bundle| check(&bundle, &known));
}

#[test]
fn loading_the_care_offer_twice_finds_what_is_there() {
    let region = region(60, 4);
    let mut kinds = HashSet::new();
    let mut conditions = HashSet::new();
    for bundle in region.foundations() {
        for entry in bundle["entry"].as_array().unwrap() {
            let kind = entry["resource"]["resourceType"].as_str().unwrap();
            let condition = entry["request"]["ifNoneExist"].as_str().unwrap();
            let own = entry["resource"]["identifier"].as_array().unwrap().iter().any(|identifier| {
                let part = |name: &str| identifier[name].as_str().unwrap();
                condition == format!("identifier={}|{}", part("system"), part("value"))
            });
            assert!(own, "{kind}: {condition} is not its own identifier");
            assert!(conditions.insert(format!("{kind}?{condition}")), "{kind}?{condition} names two");
            kinds.insert(kind.to_owned());
        }
    }
    let expected = ["Organization", "Location", "Practitioner", "PractitionerRole"];
    assert_eq!(kinds, expected.map(str::to_owned).into());
}

#[test]
fn everything_is_marked_and_no_telephone_is_real() {
    let region = region(150, 2);
    for bundle in region.foundations().into_iter().chain(everyone(&region)) {
        for resource in resources(&bundle) {
            let tag = &resource["meta"]["tag"][0];
            assert_eq!((tag["system"].as_str(), tag["code"].as_str()), (Some(systems::DEMO), Some("DEMO")));
            for telecom in resource["telecom"].as_array().into_iter().flatten() {
                let value = telecom["value"].as_str().unwrap();
                let is_fictional =
                    ["01 99 00 ", "02 61 91 ", "06 39 98 "].iter().any(|range| value.starts_with(range));
                assert!(is_fictional || value.ends_with(".example"), "{value}");
            }
        }
    }
}

#[test]
fn a_record_holds_about_thirty_resources_and_two_or_three_documents() {
    let region = region(1_000, 6);
    let (mut all, mut documents, mut patients) = (0, 0, 0);
    let mut kinds: HashMap<String, u32> = HashMap::new();
    for bundle in everyone(&region) {
        all += resources(&bundle).count();
        documents += of_type(&bundle, "DocumentReference").count();
        patients += 1;
        for resource in resources(&bundle) {
            *kinds.entry(resource["resourceType"].as_str().unwrap().to_owned()).or_default() += 1;
        }
    }
    let (all, documents) = (all as f64 / patients as f64, documents as f64 / patients as f64);
    assert!((24.0..36.0).contains(&all), "{all} resources a person: {kinds:?}");
    assert!((2.0..3.2).contains(&documents), "{documents} documents a person");
    for kind in [
        "CareTeam",
        "RelatedPerson",
        "Consent",
        "Condition",
        "AllergyIntolerance",
        "MedicationStatement",
        "MedicationRequest",
        "Observation",
        "Immunization",
        "Encounter",
        "Procedure",
        "Binary",
    ] {
        assert!(kinds.get(kind).is_some_and(|count| *count > 5), "{kind}: {kinds:?}");
    }
}

#[test]
fn a_child_has_its_parents_and_an_elderly_person_may_have_a_carer() {
    let region = region(400, 8);
    let mut carers = 0;
    for bundle in everyone(&region) {
        let patient = of_type(&bundle, "Patient").next().unwrap();
        let is_minor = patient["birthDate"].as_str().unwrap() > "2008-03-01";
        let capacities: Vec<&str> = of_type(&bundle, "RelatedPerson")
            .map(|relative| relative["relationship"][1]["coding"][0]["code"].as_str().unwrap())
            .collect();
        assert_eq!(is_minor, capacities.contains(&"LEGAL"));
        let consents = of_type(&bundle, "Consent").count();
        assert_eq!(consents, capacities.iter().filter(|code| **code == "CARER").count());
        carers += consents;
    }
    assert!(carers > 1);
    let two_homes = everyone(&region).filter(|bundle| {
        of_type(bundle, "Patient").next().unwrap()["address"].as_array().unwrap().len() == 2
    });
    assert!(two_homes.count() > 0, "some children have two homes");
}

#[test]
fn accounts_name_people_and_professionals_of_the_region() {
    let region = region(12, 21);
    let patients: HashMap<String, Value> = everyone(&region)
        .map(|bundle| {
            let ins = of_type(&bundle, "Patient").next().unwrap()["identifier"][0]["value"]
                .as_str()
                .unwrap()
                .to_owned();
            (ins, bundle)
        })
        .collect();
    let accounts = region.accounts();
    let logins: HashSet<&str> = accounts.iter().map(|account| account.login.as_str()).collect();
    assert_eq!(logins.len(), 20);
    for account in &accounts {
        assert!(!account.note.fr.is_empty() && !account.note.en.is_empty());
        if account.role == Role::Citizen {
            assert!(patients.contains_key(account.ins.as_ref().unwrap()), "{}", account.login);
        }
        for represented in &account.represents {
            let bundle = &patients[&represented.ins];
            let relative = of_type(bundle, "RelatedPerson")
                .find(|relative| relative["identifier"][0]["value"].as_str() == account.ins.as_deref());
            let code = relative.unwrap()["relationship"][1]["coding"][0]["code"].as_str().unwrap();
            assert_eq!(code, if represented.capacity == Represents::Legal { "LEGAL" } else { "CARER" });
        }
    }
    let represented = accounts.iter().map(|account| account.represents.len()).sum::<usize>();
    assert_eq!(represented, 2);
    let professionals: Vec<_> =
        accounts.iter().filter(|account| account.role == Role::Professional).collect();
    assert_eq!(professionals.len(), 11);
    assert_eq!(professionals.iter().filter(|account| account.rpps.is_none()).count(), 1);
    assert_eq!(professionals.iter().filter(|account| account.may_regulate).count(), 1);
    let none: Vec<_> = self::region(0, 21).accounts();
    assert_eq!(none.iter().filter(|account| account.role == Role::Citizen).count(), 0);
    for account in none.iter().filter(|account| account.role == Role::Professional) {
        assert!(professionals.iter().any(|known| known.practitioner == account.practitioner));
    }
}

#[test]
fn refuses_a_region_or_a_number_of_people_that_cannot_be() {
    let today = jiff::civil::date(2026, 3, 1);
    let settings = |people, region: &str| Settings { people, seed: 1, today, region: region.into() };
    assert_eq!(Region::new(settings(10, "zz")).err().unwrap().kind.status(), 422);
    assert_eq!(Region::new(settings(u32::MAX, "53")).err().unwrap().kind.status(), 422);
    for other in ["11", "94", "04"] {
        let region = Region::new(settings(30, other)).unwrap();
        assert_eq!(everyone(&region).count(), 30);
    }
}
