//! The invariants of every R4 definition, evaluated on every element of the official examples they are about: all can be
//! read, none is an error, and those that a valid resource must satisfy are satisfied.

use flate2::read::GzDecoder;
use serde_json::Value;
use socle_fhir::fhirpath::{Context, Element, Item, check, compiled, is_broken};
use socle_fhir::packages::{self, Kind};
use socle_fhir::{definitions, parse};
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::io::Read;

const PACKED: &[u8] = include_bytes!("../../../testdata/fhir-r4-examples/examples.ndjson.gz");

/// Invariants that packages leave out because every element has them.
const EVERYWHERE: [(&str, &str); 2] = [
    ("ele-1", "hasValue() or (children().count() > id.count())"),
    ("ext-1", "extension.exists() != value.exists()"),
];

/// The flaws of the examples: narratives without a word (both invariants have the same expression).
const FLAWS: [(&str, &str); 4] = [
    ("Narrative.div txt-1", "EventDefinition/example"),
    ("Narrative.div txt-1", "Questionnaire/zika-virus-exposure-assessment"),
    ("Narrative.div txt-2", "EventDefinition/example"),
    ("Narrative.div txt-2", "Questionnaire/zika-virus-exposure-assessment"),
];
/// The one flaw of the definitions: the type has no such element.
const NO_ELEMENT: &str = "ChargeItemDefinition cid-0: name.matches(";

#[derive(Clone, Debug)]
struct Invariant {
    key: String,
    expression: String,
    is_error: bool,
}

/// The invariants by the path of the element they are about.
fn invariants() -> HashMap<String, Vec<Invariant>> {
    let mut found: HashMap<String, Vec<Invariant>> = HashMap::new();
    for entry in packages::list(Kind::StructureDefinition) {
        let definition = entry.load();
        let is_base =
            entry.package.starts_with("hl7.fhir.r4.core") && definition["derivation"] != "constraint";
        for element in definition["snapshot"]["element"].as_array().into_iter().flatten().filter(|_| is_base)
        {
            let path = element["path"].as_str().expect("a path");
            for constraint in element["constraint"].as_array().into_iter().flatten() {
                let Some(expression) = constraint["expression"].as_str() else { continue };
                let of_path = found.entry(path.to_owned()).or_default();
                let key = constraint["key"].as_str().expect("a key").to_owned();
                if of_path.iter().all(|known| known.key != key) {
                    let is_error = constraint["severity"] == "error";
                    of_path.push(Invariant { key, expression: expression.to_owned(), is_error });
                }
            }
        }
    }
    let all = |key: &str, expression: &str| Invariant {
        key: key.to_owned(),
        expression: expression.to_owned(),
        is_error: true,
    };
    found.entry("Element".to_owned()).or_default().push(all(EVERYWHERE[0].0, EVERYWHERE[0].1));
    found.entry("Extension".to_owned()).or_default().push(all(EVERYWHERE[1].0, EVERYWHERE[1].1));
    found
}

fn examples() -> Vec<Value> {
    let mut text = String::new();
    GzDecoder::new(PACKED).read_to_string(&mut text).expect("an intact file");
    text.lines().map(|line| parse(line.as_bytes()).expect("valid JSON")).collect()
}

#[derive(Default)]
struct Outcome {
    count: usize,
    used: BTreeSet<String>,
    errors: BTreeMap<String, String>,
    broken: BTreeSet<(String, String)>,
}

struct Walk<'a, 'i> {
    invariants: &'i HashMap<String, Vec<Invariant>>,
    context: Context<'a>,
    id: &'i str,
}

impl<'a> Walk<'a, '_> {
    fn element(&self, item: &Item<'a>, outcome: &mut Outcome) {
        let Item::Element(element) = item else { return };
        let name = element.definition.name;
        self.test(name, item, outcome);
        if element.definition.is_a("Element") || element.definition.kind == definitions::TypeKind::Backbone {
            self.test("Element", item, outcome);
        }
        for child in element.definition.elements.iter().filter(|child| child.name != "resourceType") {
            let mut found = Vec::new();
            element.children(child.name, &mut found);
            let path = format!("{name}.{}{}", child.name, if child.is_choice { "[x]" } else { "" });
            for item in &found {
                let Item::Element(below) = item else { continue };
                if below.definition.name != path {
                    self.test(&path, item, outcome);
                }
                match below.definition.kind {
                    definitions::TypeKind::Resource => self.resource(item, outcome),
                    _ => self.element(item, outcome),
                }
            }
        }
    }

    /// A resource inside another: contained, or in a Bundle or Parameters.
    fn resource(&self, item: &Item<'a>, outcome: &mut Outcome) {
        let Some(resource) = item.element().and_then(|element| element.value) else { return };
        let is_container =
            matches!(self.context.root["resourceType"].as_str(), Some("Bundle" | "Parameters"));
        let root = if is_container { resource } else { self.context.root };
        let context = Context { resource, root, ..self.context };
        Walk { context, ..*self }.element(item, outcome);
    }

    fn test(&self, path: &str, item: &Item<'a>, outcome: &mut Outcome) {
        for invariant in self.invariants.get(path).into_iter().flatten() {
            let expr = compiled(&invariant.expression).expect("was read");
            outcome.count += 1;
            outcome.used.insert(invariant.expression.clone());
            let place = format!("{path} {}: {}", invariant.key, invariant.expression);
            match is_broken(&expr, &self.context, std::slice::from_ref(item)) {
                Ok(true) if invariant.is_error => {
                    outcome.broken.insert((format!("{path} {}", invariant.key), self.id.to_owned()));
                }
                Ok(_) => {}
                Err(error) => {
                    outcome.errors.insert(place, format!("{}: {error}", self.id));
                }
            }
        }
    }
}

#[test]
fn all_can_be_read_and_checked() {
    let mut wrong = Vec::new();
    let mut count = 0;
    for (path, of_path) in invariants() {
        for invariant in of_path {
            count += 1;
            match compiled(&invariant.expression) {
                Err(error) => wrong.push(format!("{path} {}: {error}", invariant.key)),
                Ok(expr) if definitions::find_type(&path).is_some() => {
                    if let Err(error) = check(&expr, &path) {
                        let place = format!("{path} {}: {}", invariant.key, invariant.expression);
                        if !place.starts_with(NO_ELEMENT) {
                            wrong.push(format!("{place} — {error}"));
                        }
                    }
                }
                Ok(_) => {}
            }
        }
    }
    assert!(count > 400, "{count}");
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn none_is_an_error_on_the_official_examples_and_valid_ones_satisfy_them() {
    let invariants = invariants();
    let examples = examples();
    let mut outcome = Outcome::default();
    for resource in &examples {
        let context = Context::of(resource);
        let id = format!(
            "{}/{}",
            resource["resourceType"].as_str().unwrap_or(""),
            resource["id"].as_str().unwrap_or("")
        );
        let root = Element::resource(resource).map(Item::Element).expect("a resource");
        Walk { invariants: &invariants, context, id: &id }.element(&root, &mut outcome);
    }
    assert!(outcome.errors.is_empty(), "{:#?}", outcome.errors);
    let flaws = FLAWS.map(|(place, id)| (place.to_owned(), id.to_owned()));
    assert_eq!(outcome.broken, BTreeSet::from(flaws));
    assert!(outcome.count > 70_000, "{}", outcome.count);
    assert!(outcome.used.len() > 100, "{}", outcome.used.len());
}
