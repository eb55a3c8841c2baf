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
        ("4 'mg' = 4 'g'", "false"),
        ("4 'mg' = 4 'mL'", ""),
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
    let error = parse("name.unknownFunction()").expect_err("not known");
    assert!(error.message.contains("unknownFunction()"), "{error}");
    assert!(parse("name.first(1)").is_err() && parse("name.where()").is_err());
    assert!(answer("name is Unknown").contains("Unknown"));
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
    let all = "%resource.descendants()";
    let expr = parse(&format!("{all}.select({all}).select({all}).count()")).expect("an expression");
    let error = evaluate(&expr, &context, &context.focus()).expect_err("too long");
    assert!(error.message.contains("too many steps"), "{error}");
}

#[test]
fn moments_are_moved_and_compared_by_the_calendar() {
    for (expression, expected) in [
        ("@2024-01-31 + 1 month", "2024-02-29"),
        ("@2024-02-29 - 1 year", "2023-02-28"),
        ("@2014 + 24 months", "2016"),
        ("@2014 + 11 months", "2014"),
        ("@2014-03 + 60 days", "2014-05"),
        ("@2026-11-21 + 30 hours", "2026-11-22"),
        ("@2026-11-21T23:30 + 45 minutes", "2026-11-22T00:15"),
        ("@T23:30 + 45 minutes", "00:15"),
        ("@T10:00:00 - 1 'h'", "09:00:00"),
        ("@2026-11-21T10:00:00Z + 1.5 seconds", "2026-11-21T10:00:01.500Z"),
        ("@9999-12-31 + 1 day", ""),
        ("@2026-11-21 < @2026-11-22", "true"),
        ("@T10 < @T11:30", "true"),
        ("@T10 = @T10:00", ""),
        ("@2026-11-21T10:00:00+01:00 = @2026-11-21T09:00:00Z", "true"),
        ("@2026 ~ @2026-01", "false"),
        ("'2026-11-21T20:15:00Z'.toDate()", "2026-11-21"),
        ("'2026-13'.toDate()", ""),
        ("'24:00'.convertsToTime()", "false"),
        ("timeOfDay()", "20:15:00.000"),
        ("today()", "2026-11-21"),
        ("@2026-02-30.toString()", "error"),
    ] {
        let found = if parse(expression).is_err() { "error".to_owned() } else { answer(expression) };
        assert_eq!(found, expected, "{expression}");
    }
}

#[test]
fn quantities_know_their_units() {
    for (expression, expected) in [
        ("1 'kg' + 500 'g'", "1500 g"),
        ("1 'g' - 1 'mg'", "999 mg"),
        ("1 year = 12 months", "true"),
        ("1 year = 1 'a'", ""),
        ("1 year ~ 1 'a'", "true"),
        ("37 'Cel' = 98.6 '[degF]'", "true"),
        ("37 'Cel' > 300 'K'", "true"),
        ("4 'mg' + 4 'mL'", ""),
        ("4 'mg' * 2", "8 mg"),
        ("10 'mg' / 2 'mL'", "5 mg/mL"),
        ("'5 mg'.toQuantity()", ""),
        ("'5 \\'mg\\''.toQuantity('g')", "0.005 g"),
        ("2 days.toString()", "2 days"),
        ("1 'mg'.toString()", "1 'mg'"),
        ("1 'unknown' = 1 'unknown'", "true"),
        ("1 'unknown' = 1 'other'", ""),
    ] {
        assert_eq!(answer(expression), expected, "{expression}");
    }
}

#[test]
fn functions_of_fhir_ask_those_who_know() {
    struct Knows;
    impl Conformance for Knows {
        fn conforms_to(&self, element: &Element<'_>, profile: &str) -> Option<bool> {
            (profile == "http://example.org/named")
                .then(|| element.value.is_some_and(|v| v.get("name").is_some()))
        }
        fn is_in_slice(&self, element: &Element<'_>, _: &str, name: &str) -> Option<bool> {
            Some(element.value?.get("use")?.as_str() == Some(name))
        }
    }
    impl Terminology for Knows {
        fn member_of(&self, code: &Item<'_>, value_set: &str) -> Option<bool> {
            (value_set == "http://example.org/set").then(|| code.text().as_deref() == Some("official"))
        }
        fn subsumes(&self, _: &str, general: &str, special: &str) -> Option<bool> {
            Some(special.starts_with(general))
        }
    }
    let mut resource = patient();
    resource["maritalStatus"] = json!({"coding": [{"system": "http://s", "code": "ab"}]});
    resource["communication"] = json!([{"language": {"coding": [{"system": "http://s", "code": "a"}]}}]);
    resource["modifierExtension"] = json!([{"url": "http://example.org/m", "valueBoolean": true}]);
    let context = Context { conformance: Some(&Knows), terminology: Some(&Knows), ..Context::of(&resource) };
    for (expression, expected) in [
        ("conformsTo('http://example.org/named')", "true"),
        ("name[0].conformsTo('http://example.org/named')", "false"),
        ("conformsTo('http://example.org/unknown')", "error"),
        ("name.slice('http://example.org/p', 'usual').given", "Lili"),
        ("name.where(use.memberOf('http://example.org/set')).family", "Durand"),
        ("name.first().use.memberOf('http://example.org/unknown')", ""),
        ("communication.language.subsumes(%resource.maritalStatus)", "true"),
        ("communication.language.subsumedBy(%resource.maritalStatus)", "false"),
        ("checkModifiers('http://example.org/m').id", "example"),
        ("checkModifiers('http://example.org/other').id", "error"),
        ("elementDefinition()", ""),
        ("name[1].family.hasValue()", "false"),
        ("name[0].family.getValue()", "Durand"),
        ("name[1].family.startsWith('D')", ""),
        ("name[1].family.length() > 3", ""),
        ("%`ext-patient-birthTime`", "http://hl7.org/fhir/StructureDefinition/patient-birthTime"),
    ] {
        let expr = parse(expression).expect("an expression");
        let found = match evaluate(&expr, &context, &context.focus()) {
            Ok(items) => items.iter().map(show).collect::<Vec<_>>().join("|"),
            Err(_) => "error".to_owned(),
        };
        assert_eq!(found, expected, "{expression}");
    }
}

#[test]
fn the_check_finds_what_cannot_be() {
    for (expression, type_name) in [
        ("name.given.first().substring(0, 1)", "Patient"),
        ("Patient.name.where(use = 'official').family", "Patient"),
        ("value.ofType(Quantity).unit", "Observation"),
        ("contained.ofType(Patient).name", "Patient"),
        ("entry.resource.name", "Bundle"),
        ("low.empty() or high.empty() or low <= high", "Range"),
        ("identifier.type.coding.code | extension('x').value.ofType(code)", "Patient"),
        ("name.type().name", "Patient"),
    ] {
        assert_eq!(check(&parse(expression).expect("an expression"), type_name), Ok(()), "{expression}");
    }
    for (expression, type_name) in [
        ("name.givn", "Patient"),
        ("name.where(usage = 'official')", "Patient"),
        ("valueQuantity.unit", "Observation"),
        ("value.ofType(Quantity).start", "Observation"),
        ("value.ofType(Quantitee)", "Observation"),
        ("children().first()", "Patient"),
        ("name.matches('x')", "Patient"),
        ("'a'.length().x.y", "Unknown"),
        ("iif(name.given, 1, 2)", "Patient"),
    ] {
        assert!(check(&parse(expression).expect("an expression"), type_name).is_err(), "{expression}");
    }
}

#[test]
fn conditions_stop_as_soon_as_they_know() {
    // The second part of each would be an error.
    for expression in [
        "name.exists() or (name < 3)",
        "(name.empty() and (name < 3)) = false",
        "name.empty() implies (name < 3)",
        "iif(true, true, name < 3)",
        "name.given.exists($this = 'Léa' or ($this < 3))",
        "name.given.all($this != 'Léa' and ($this < 3)).not()",
        "name.given.first() = 'Léa'",
    ] {
        assert_eq!(answer(expression), "true", "{expression}");
    }
}

#[test]
fn an_expression_of_a_definition_is_compiled_once() {
    let one = compiled("name.given.exists()").expect("an expression");
    let other = compiled("name.given.exists()").expect("an expression");
    assert!(std::sync::Arc::ptr_eq(&one, &other));
    assert!(compiled("name..given").is_err());
    let resource = patient();
    let context = Context::of(&resource);
    assert_eq!(holds(&one, &context, &context.focus()), Ok(true));
}

/// Random expressions that can be parsed: paths, literals, operators and every function, nested.
fn expressions() -> impl Strategy<Value = String> {
    let leaves = [
        "name",
        "name.given",
        "$this",
        "$index",
        "$total",
        "%resource",
        "%rootResource",
        "{}",
        "'a'",
        "'2026-11-21'",
        "1",
        "0",
        "2.50",
        "-1",
        "true",
        "@2026",
        "@2026-02-29T10:00:00+02:00",
        "@2024-02-29",
        "@T10:30",
        "4 'mg'",
        "2 days",
        "1 'Cel'",
        "99999999999999999999999999.9",
        "9223372036854775807",
        "deceased",
        "birthDate",
        "multipleBirth",
        "extension.value",
        "contained",
        "descendants()",
        "active",
        "managingOrganization",
    ];
    let leaf = proptest::sample::select(leaves.to_vec()).prop_map(str::to_owned);
    let names: Vec<&'static str> = function::names().collect();
    leaf.prop_recursive(5, 40, 4, move |inner| {
        let operators = vec![
            "+", "-", "*", "/", "div", "mod", "&", "|", "=", "!=", "~", "!~", "<", "<=", ">", ">=", "and",
            "or", "xor", "implies", "in", "contains",
        ];
        let types = proptest::sample::select(vec!["string", "Quantity", "System.Integer", "Patient", "Any"]);
        prop_oneof![
            (inner.clone(), proptest::sample::select(operators), inner.clone())
                .prop_map(|(left, operator, right)| format!("({left} {operator} {right})")),
            (
                inner.clone(),
                proptest::sample::select(names.clone()),
                prop::collection::vec(inner.clone(), 0..3)
            )
                .prop_map(|(target, name, arguments)| format!("({target}).{name}({})", arguments.join(", "))),
            (inner.clone(), inner.clone()).prop_map(|(target, index)| format!("({target})[{index}]")),
            (inner.clone(), types).prop_map(|(target, name)| format!("({target}).ofType({name})")),
            inner.prop_map(|operand| format!("-({operand})")),
        ]
    })
}

proptest! {
    #[test]
    fn never_panics_on_any_text(text in r"[a-c0-9.()'@T:\[\]|+*<=$%`{} -]{0,30}") {
        if let Ok(expr) = parse(&text) {
            let resource = patient();
            let context = Context::of(&resource);
            let _ = evaluate(&expr, &context, &context.focus());
        }
    }

    #[test]
    fn never_panics_on_any_characters(text in r"\PC{0,40}") {
        let _ = parse(&text);
    }

    #[test]
    fn never_panics_on_any_expression(text in expressions()) {
        if let Ok(expr) = parse(&text) {
            let resource = patient();
            let now = Instant::parse("2026-11-21T20:15:00Z");
            let context = Context { now, steps: 20_000, ..Context::of(&resource) };
            let _ = evaluate(&expr, &context, &context.focus());
            let _ = evaluate(&expr, &Context { is_strict: true, ..context }, &context.focus());
            let _ = check(&expr, "Patient");
        }
    }
}
