//! Promises of sub-questions and of `_filter`.

use super::*;

#[test]
fn chains_wait_and_are_answered() {
    let mut found = query(OBSERVATION, &[("patient.identifier", "s|1"), ("subject:Patient.name:exact", "A")]);
    let search = |ask: &Ask| (ask.searches[0].resource_type, ask.searches[0].params[0].clone());
    assert_eq!(search(&found.asks()[0]), (PATIENT, ("identifier".to_owned(), "s|1".to_owned())));
    assert_eq!(search(&found.asks()[1]), (PATIENT, ("name:exact".to_owned(), "A".to_owned())));
    assert_eq!(found.asks()[1].lead, Lead::Found);
    let sketch = index(&observation(), &[]).sketch;
    assert!(!found.matches(&Sketch(&sketch), &ROW));
    let subject = "Patient/0d5f1c52-1111-4222-8333-444455556666".to_owned();
    found.answer(0, std::slice::from_ref(&subject));
    assert!(!found.is_answered() && !found.matches(&Sketch(&sketch), &ROW));
    found.answer(1, &[subject.clone(), "Patient/2".into()]);
    assert!(found.is_answered() && found.matches(&Sketch(&sketch), &ROW));
    assert_eq!(found.home_references(), [subject]);
    let mut nobody = query(OBSERVATION, &[("patient.identifier", "s|1")]);
    nobody.answer(0, &[]);
    assert!(!nobody.matches(&Sketch(&sketch), &ROW));
}

#[test]
fn a_chain_leads_to_every_type_that_knows_the_parameter() {
    let types = |name: &str, value: &str| -> Vec<&str> {
        let found = query(OBSERVATION, &[(name, value)]);
        found.asks()[0].searches.iter().map(|search| search.resource_type.name()).collect()
    };
    assert_eq!(types("subject.identifier", "a|b"), ["Group", "Device", "Patient", "Location"]);
    assert_eq!(types("subject.birthdate", "2000"), ["Patient"]);
    assert_eq!(types("subject:Group.code", "x"), ["Group"]);
    let deep = query(OBSERVATION, &[("subject.general-practitioner:Practitioner.name", "a")]);
    let inner = &deep.asks()[0].searches[0];
    assert_eq!(inner.params[0].0, "general-practitioner:Practitioner.name");
    assert_eq!(query(PATIENT, &[(&inner.params[0].0, "a")]).asks().len(), 1);
    let has = query(OBSERVATION, &[("subject._has:Group:member:_id", "1")]);
    assert_eq!(has.asks()[0].searches.iter().filter(|search| search.resource_type == PATIENT).count(), 1);
    for (name, value) in [
        ("subject.nothing", "x"),
        ("subject:Practitioner.name", "x"),
        ("code.name", "x"),
        ("subject.birthdate", "hier"),
        ("focus._id", "1"),
        ("patient.general-practitioner.endpoint.organization.endpoint.organization.name", "x"),
    ] {
        assert_eq!(refusal(OBSERVATION, name, value).kind.status(), 400, "{name}");
    }
    let lenient = parse_query(OBSERVATION, &[("subject.nothing".into(), "x".into())], true).expect("lenient");
    assert_eq!((lenient.ignored.len(), lenient.asks().len()), (1, 0));
}

#[test]
fn filters_join_tests() {
    table(
        &patient(),
        &[
            ("_filter", "family co \"gall\"", true),
            ("_filter", "family eq \"le gall oeuf\"", true),
            ("_filter", "family eq \"le gall\"", false),
            ("_filter", "family ew oeuf and given sw elo", true),
            ("_filter", "given eq zoe or given eq elodie", true),
            ("_filter", "given ne elodie", true),
            ("_filter", "family ne \"le gall oeuf\"", false),
            ("_filter", "not(given eq elodie)", false),
            ("_filter", "not ( given eq zoe ) and birthdate ge 1974-12-25", true),
            ("_filter", "birthdate po 1974-12", true),
            ("_filter", "birthdate lt 1974", false),
            ("_filter", "gender eq male or gender eq female and given eq zoe", false),
            ("_filter", "gender eq female or (gender eq male and given eq zoe)", true),
            ("_filter", "identifier eq urn:oid:1.2.250.1.213.1.4.8|274129954321043", true),
            ("_filter", "identifier sw 2741", true),
            ("_filter", "email pr true and death-date pr false", true),
            ("_filter", "general-practitioner re Practitioner/dr-1", true),
            ("_filter", "general-practitioner ne Practitioner/dr-1", false),
            ("_filter", "_id eq 1 and _lastUpdated ge 2023", true),
            ("_filter", "_id ne 1", false),
        ],
    );
    table(
        &observation(),
        &[
            ("_filter", "code-value-quantity eq http://loinc.org|8867-4$ge5 and value-quantity lt 6", true),
            ("_filter", "code eq http://loinc.org|8867-5", false),
            ("_filter", "_profile sw http://x/", true),
        ],
    );
    let chained =
        query(OBSERVATION, &[("_filter", "subject:Patient[gender eq male].name co \"pet\" or code eq x")]);
    let ask = &chained.asks()[0];
    assert_eq!(
        ask.searches[0].params,
        [("_filter".to_owned(), "(gender eq male) and name co \"pet\"".to_owned())]
    );
    let sketch = index(&observation(), &[]).sketch;
    let mut answered = chained.clone();
    answered.answer(0, &[]);
    assert!(!answered.finds_nothing() && !answered.matches(&Sketch(&sketch), &ROW));
    answered.answer(0, &["Patient/0d5f1c52-1111-4222-8333-444455556666".to_owned()]);
    assert!(answered.matches(&Sketch(&sketch), &ROW));
    assert!(answered.home_references().is_empty(), "an alternative names no home");
    let negated = query(OBSERVATION, &[("_filter", "not(subject:Patient.name co \"pet\")")]);
    assert!(!negated.matches(&Sketch(&sketch), &ROW), "nothing matches before the answer");
    let has = query(PATIENT, &[("_filter", "_has:Observation:patient:code eq \"a b\"")]);
    assert_eq!(has.asks()[0].searches[0].params, [("_filter".to_owned(), "code eq \"a b\"".to_owned())]);
    for wrong in [
        "family",
        "family co",
        "family xx a",
        "family eq \"a",
        "(family eq a",
        "family eq a)",
        "not family eq a",
        "family eq a and",
        "nothing eq a",
        "birthdate co 1974",
        "family gt a",
        "birthdate eq hier",
        "gender.name eq a",
        "general-practitioner[name eq a] eq b",
        "email pr maybe",
        "code eq",
    ] {
        assert_eq!(refusal(PATIENT, "_filter", wrong).kind.status(), 400, "{wrong}");
    }
    let deep = format!("{}family eq a{}", "(".repeat(40), ")".repeat(40));
    assert_eq!(refusal(PATIENT, "_filter", &deep).kind.status(), 400);
}

#[test]
fn reverse_chains_and_lists_answer_with_ids() {
    let mut found = query(PATIENT, &[("_has:Observation:patient:code", "8867-4"), ("_list", "List/42")]);
    let observation = &found.asks()[0];
    assert_eq!((observation.kind, observation.searches[0].resource_type), (AskKind::Has, OBSERVATION));
    assert_eq!(observation.searches[0].params, [("code".to_owned(), "8867-4".to_owned())]);
    assert_eq!(observation.lead, Lead::PointedTo { number: 101, code: "patient", target: PATIENT });
    let list = &found.asks()[1];
    assert_eq!((list.kind, list.searches[0].resource_type), (AskKind::List, LIST));
    assert_eq!(list.searches[0].params, [("_id".to_owned(), "42".to_owned())]);
    let sketch = index(&patient(), &[]).sketch;
    found.answer(0, &["Patient/1".to_owned(), "Patient/2".to_owned(), "Group/3".to_owned()]);
    found.answer(1, &["Patient/1".to_owned(), "Patient/4".to_owned()]);
    assert!(found.needs_id() && found.matches(&Sketch(&sketch), &ROW));
    assert_eq!(found.ids(), Some(vec!["1".to_owned()]));
    assert!(!found.matches(&Sketch(&sketch), &RowFacts { id: Some("2"), ..ROW }));
    let nested = query(PATIENT, &[("_has:Observation:patient:_has:AuditEvent:entity:agent:Patient", "x")]);
    assert_eq!(nested.asks()[0].searches[0].params[0].0, "_has:AuditEvent:entity:agent:Patient");
    for (name, value) in [
        ("_has:Observation:patient", "x"),
        ("_has:Observations:patient:code", "x"),
        ("_has:Observation:encounter:code", "x"),
        ("_has:Observation:code:code", "x"),
        ("_has:Observation:nobody:code", "x"),
        ("_has:Observation:patient:nothing", "x"),
        ("_list", "$current-problems"),
        ("_list", "a b"),
    ] {
        assert_eq!(refusal(PATIENT, name, value).kind.status(), 400, "{name}={value}");
    }
}
