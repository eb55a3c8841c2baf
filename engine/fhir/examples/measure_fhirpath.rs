//! Measures FHIRPath: `cargo run --release -p socle-fhir --example measure_fhirpath`. Prints expressions per second on the
//! official examples, for invariants and for the expressions of search parameters, and expressions compiled per second.

#![expect(clippy::print_stdout, reason = "a program for the command line")]

use flate2::read::GzDecoder;
use serde_json::Value;
use socle_fhir::fhirpath::{Context, Element, Expr, Item, evaluate, is_broken, parse};
use socle_kernel::ResourceType;
use std::hint::black_box;
use std::io::Read;
use std::time::Instant;

const PACKED: &[u8] = include_bytes!("../../../testdata/fhir-r4-examples/examples.ndjson.gz");

/// Invariants that every resource is asked about, and some of single types.
const INVARIANTS: [(&str, &str); 9] = [
    ("", "contained.contained.empty()"),
    ("", "contained.meta.versionId.empty() and contained.meta.lastUpdated.empty()"),
    ("", "contained.meta.security.empty()"),
    ("", "text.`div`.exists()"),
    (
        "",
        "contained.where((('#'+id in (%resource.descendants().reference | %resource.descendants().as(canonical) | \
         %resource.descendants().as(uri) | %resource.descendants().as(url))) or descendants().where(reference = '#')\
         .exists() or descendants().where(as(canonical) = '#').exists() or descendants().where(as(canonical) = '#')\
         .exists()).not()).trace('unmatched', id).empty()",
    ),
    ("Observation", "dataAbsentReason.empty() or value.empty()"),
    (
        "Observation",
        "value.empty() or component.code.where(coding.intersect(%resource.code.coding).exists()).empty()",
    ),
    (
        "Patient",
        "contact.all(name.exists() or telecom.exists() or address.exists() or organization.exists())",
    ),
    ("Questionnaire", "descendants().linkId.isDistinct()"),
];

fn examples() -> Vec<Value> {
    let mut text = String::new();
    GzDecoder::new(PACKED).read_to_string(&mut text).expect("an intact file");
    text.lines().map(|line| socle_fhir::parse(line.as_bytes()).expect("valid JSON")).collect()
}

fn measure(name: &str, mut round: impl FnMut() -> usize) {
    let warm = round();
    let start = Instant::now();
    let mut count = 0;
    while start.elapsed().as_millis() < 2_000 {
        count += round();
    }
    let seconds = start.elapsed().as_secs_f64();
    println!("{name}: {:.0} per second ({warm} in a round)", count as f64 / seconds);
}

/// Whether an expression is about the type of the resource.
fn is_about(kind: &str, resource: &Value) -> bool {
    kind.is_empty() || resource["resourceType"] == kind
}

fn main() {
    let examples = examples();
    let invariants: Vec<(&str, Expr)> =
        INVARIANTS.iter().map(|(kind, text)| (*kind, parse(text).expect("an expression"))).collect();
    let of_type = |kind: ResourceType| {
        socle_fhir::parameters(kind).iter().map(move |parameter| (kind.name(), parameter.expression()))
    };
    let parameters: Vec<(&str, Expr)> = ResourceType::all()
        .flat_map(of_type)
        .filter_map(|(kind, text)| Some((kind, parse(text).ok()?)))
        .collect();
    measure("invariants", || {
        let mut count = 0;
        for resource in &examples {
            let context = Context::of(resource);
            let focus = context.focus();
            for (_, expr) in invariants.iter().filter(|(kind, _)| is_about(kind, resource)) {
                black_box(is_broken(expr, &context, &focus)).expect("no error");
                count += 1;
            }
        }
        count
    });
    measure("search parameters", || {
        let mut count = 0;
        for resource in &examples {
            let Some(element) = Element::resource(resource) else { continue };
            let (context, focus) = (Context::of(resource), [Item::Element(element)]);
            for (_, expr) in parameters.iter().filter(|(kind, _)| is_about(kind, resource)) {
                black_box(evaluate(expr, &context, &focus)).expect("no error");
                count += 1;
            }
        }
        count
    });
    measure("compiled", || {
        for (_, text) in INVARIANTS {
            black_box(parse(text)).expect("an expression");
        }
        INVARIANTS.len()
    });
}
