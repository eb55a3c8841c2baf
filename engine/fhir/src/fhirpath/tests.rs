//! Promises of the FHIRPath parser and evaluator.

use super::*;
use proptest::prelude::*;
use serde_json::{Value, json};
use socle_kernel::Instant;

fn patient() -> Value {
    json!({
        "resourceType": "Patient",
        "id": "example",
        "contained": [{"resourceType": "Organization", "id": "org", "name": "Hôpital"}],
        "extension": [{"url": "http://example.org/a", "valueInteger": 4}],
        "active": true,
        "name": [
            {"use": "official", "family": "Durand", "given": ["Léa", "Marie"]},
            {"use": "usual", "given": ["Lili"], "_family": {"extension": [{"url": "http://x", "valueString": "?"}]}},
        ],
        "birthDate": "1974-12-25",
        "deceasedDateTime": "2020-02-03T10:00:00Z",
        "multipleBirthInteger": 2,
        "managingOrganization": {"reference": "#org"},
        "generalPractitioner": [{"reference": "Practitioner/1"}, {"reference": "Organization/2"}],
    })
}

/// The answer as text, items between bars.
fn answer(expression: &str) -> String {
    let resource = patient();
    let expr = parse(expression).unwrap_or_else(|error| panic!("{expression}: {error}"));
    let context = Context { now: Instant::parse("2026-11-21T20:15:00Z"), ..Context::of(&resource) };
    let focus = [Item::Element(Element::resource(&resource).expect("a resource"))];
    match evaluate(&expr, &context, &focus) {
        Ok(items) => items.iter().map(show).collect::<Vec<_>>().join("|"),
        Err(error) => format!("error: {error}"),
    }
}

fn show(item: &Item<'_>) -> String {
    match item.to_system() {
        Item::Boolean(truth) => truth.to_string(),
        Item::Integer(number) => number.to_string(),
        Item::Decimal(number) => number.to_string(),
        Item::Quantity(number, unit) => format!("{number} {unit}"),
        Item::Resolved(definition) => definition.name.to_owned(),
        Item::Element(element) => element.definition.name.to_owned(),
        text => text.text().unwrap_or_default().into_owned(),
    }
}

#[test]
fn answers_as_the_specification_says() {
    let table = [
        ("Patient.name.given", "Léa|Marie|Lili"),
        ("name.where(use = 'official').family", "Durand"),
        ("name[1].given.first()", "Lili"),
        ("name.count()", "2"),
        ("name.family.count()", "2"),
        ("name.family.where(hasValue())", "Durand"),
        ("name[1].family.extension('http://x').value", "?"),
        ("extension('http://example.org/a').value + 1", "5"),
        ("deceased", "2020-02-03T10:00:00Z"),
        ("(deceased as dateTime)", "2020-02-03T10:00:00Z"),
        ("(deceased as boolean)", ""),
        ("deceased.exists() and deceased != false", "true"),
        ("multipleBirth.is(integer)", "true"),
        ("multipleBirth.ofType(FHIR.integer) * 2", "4"),
        ("managingOrganization.resolve().name", "Hôpital"),
        ("generalPractitioner.where(resolve() is Practitioner).reference", "Practitioner/1"),
        ("name.select(given.first())", "Léa|Lili"),
        ("name.given.where($this.startsWith('L'))", "Léa|Lili"),
        ("name.given.select($index)", "0|1|2"),
        ("(1 | 2 | 2 | 3).count()", "3"),
        ("1 + 2 * 3", "7"),
        ("-(1 + 2)", "-3"),
        ("7 div 2", "3"),
        ("7 mod 2", "1"),
        ("1 / 8", "0.125"),
        ("2.50 = 2.5", "true"),
        ("'a' & {} & 'b'", "ab"),
        ("{} and false", "false"),
        ("{} or true", "true"),
        ("{} implies true", "true"),
        ("true xor true", "false"),
        ("birthDate < @1980-01-01", "true"),
        ("birthDate = @1974", ""),
        ("@2026-11-21T20:15:00Z = @2026-11-21T21:15:00+01:00", "true"),
        ("today() > birthDate", "true"),
        ("now()", "2026-11-21T20:15:00.000Z"),
        ("4 'mg' = 4.0 'mg'", "true"),
        ("4 'mg' = 4 'g'", ""),
        ("2 days", "2 day"),
        ("iif(active, 'yes', 'no')", "yes"),
        ("'Abc'.upper() + 'Abc'.lower()", "ABCabc"),
        ("'abcdef'.substring(2, 3)", "cde"),
        ("'abc'.indexOf('c')", "2"),
        ("'1'.toInteger() + 1", "2"),
        ("'x'.convertsToInteger()", "false"),
        ("name.given contains 'Léa'", "true"),
        ("'Léa' in name.given", "true"),
        ("'LEA' ~ 'léa'", "true"),
        ("(1|2|3).aggregate($this + $total, 0)", "6"),
        ("Patient.descendants().where($this is Organization).name", "Hôpital"),
        ("%resource.id", "example"),
        ("%ucum", "http://unitsofmeasure.org"),
        ("`name`.`family`[0]", "Durand"),
        ("name // the names\n.given /* all */ .last()", "Lili"),
        ("Practitioner.name", ""),
        ("nothing", ""),
    ];
    for (expression, expected) in table {
        assert_eq!(answer(expression), expected, "{expression}");
    }
}

#[test]
fn says_what_it_does_not_know_instead_of_guessing() {
    assert!(answer("name.unknownFunction()").contains("unknownFunction()"));
    assert!(answer("%unknown").contains("%unknown"));
    assert!(answer("name.given.single()").starts_with("error"));
    assert!(answer("name < 3").starts_with("error"));
}

#[test]
fn refuses_what_is_no_expression() {
    for text in
        ["", "name.", "name[", "(1", "1 +", "'abc", "@x", "name..given", "$that", "a b", "where(", "/* "]
    {
        assert!(parse(text).is_err(), "{text}");
    }
    assert!(parse(&"(".repeat(10_000)).is_err());
    assert!(parse(&"-".repeat(10_000)).is_err());
}

#[test]
fn the_longest_expression_is_evaluated_and_a_longer_one_refused() {
    assert_eq!(answer(&("true".to_owned() + &" and true".repeat(399))), "true");
    assert_eq!(answer(&("name".to_owned() + &".name".repeat(399))), "");
    assert!(parse(&("a".to_owned() + &".a".repeat(100_000))).is_err());
}

#[test]
fn operators_bind_as_the_grammar_says() {
    for (loose, tight) in [
        ("a or b and c", "a or (b and c)"),
        ("a implies b or c", "a implies (b or c)"),
        ("a = b and c in d", "(a = b) and (c in d)"),
        ("a | b = c", "(a | b) = c"),
        ("a + b | c", "(a + b) | c"),
        ("a is b | c", "(a is b) | c"),
        ("a + b is c", "(a + b) is c"),
        ("-a.b", "-(a.b)"),
        ("a - b - c", "(a - b) - c"),
    ] {
        assert_eq!(parse(loose), parse(tight), "{loose}");
    }
}

proptest! {
    #[test]
    fn never_panics_on_any_text(text in r"[a-c0-9.()'@T:\[\]|+*<=$%`{} -]{0,30}") {
        if let Ok(expr) = parse(&text) {
            let resource = patient();
            let context = Context::of(&resource);
            let focus = [Item::Element(Element::resource(&resource).expect("a resource"))];
            let _ = evaluate(&expr, &context, &focus);
        }
    }
}

#[test]
fn resolves_in_the_resource_then_in_the_bundle_then_beyond() {
    struct Elsewhere(Value);
    impl Resolve for Elsewhere {
        fn resolve(&self, reference: &str) -> Option<&Value> {
            (reference == "Organization/far").then_some(&self.0)
        }
    }
    let elsewhere = Elsewhere(json!({"resourceType": "Organization", "id": "far", "name": "Loin"}));
    let patient = json!({"resourceType": "Patient", "id": "p",
        "contained": [{"resourceType": "Organization", "id": "in", "name": "Dedans"}],
        "managingOrganization": {"reference": "#in"},
        "generalPractitioner": [{"reference": "Organization/near"}, {"reference": "urn:uuid:1"},
            {"reference": "Organization/far"}, {"reference": "Organization/unknown"}]});
    let bundle = json!({"resourceType": "Bundle", "type": "collection", "entry": [
        {"fullUrl": "http://example.org/Organization/near", "resource": {"resourceType": "Organization", "name": "Voisin"}},
        {"fullUrl": "urn:uuid:1", "resource": {"resourceType": "Practitioner", "gender": "female"}}]});
    let context = Context { bundle: Some(&bundle), resolve: Some(&elsewhere), ..Context::of(&patient) };
    let answer = |expression: &str| {
        let expr = parse(expression).expect("an expression");
        let items = evaluate(&expr, &context, &context.focus()).expect("an answer");
        items.iter().map(show).collect::<Vec<_>>().join("|")
    };
    assert_eq!(answer("managingOrganization.resolve().name"), "Dedans");
    assert_eq!(answer("generalPractitioner.resolve().name"), "Voisin|Loin");
    assert_eq!(answer("generalPractitioner.resolve().gender"), "female");
    assert_eq!(answer("generalPractitioner.where(resolve() is Organization).count()"), "3");
}

#[test]
fn a_contained_resource_knows_its_container_and_callers_their_variables() {
    let root = patient();
    let contained = &root["contained"][0];
    let variables = [("colour".to_owned(), vec![Item::Integer(3)])];
    let context = Context { root: &root, variables: &variables, ..Context::of(contained) };
    let expr = parse("%resource.name & %rootResource.id & (%colour + 1).toString()").expect("an expression");
    let items = evaluate(&expr, &context, &context.focus()).expect("an answer");
    assert_eq!(show(&items[0]), "Hôpitalexample4");
}

#[test]
fn an_expression_that_would_run_for_ever_is_stopped() {
    let resource = patient();
    let context = Context { steps: 1_000, ..Context::of(&resource) };
    let expr = parse("name.repeat($this)").expect("an expression");
    let error = evaluate(&expr, &context, &context.focus()).expect_err("too long");
    assert!(error.message.contains("too many steps"), "{error}");
}
