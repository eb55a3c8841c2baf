//! Promises of what is refused, and of how answers are shaped.

use super::*;

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
