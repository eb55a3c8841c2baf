//! The coded entries of a section that has no narrative: never nothing.

use super::read::Xml;
use super::time;
use maud::{Markup, html};
use socle_kernel::Lang;

/// Clinical statements of CDA.
const STATEMENTS: [&str; 8] = [
    "observation",
    "act",
    "procedure",
    "substanceAdministration",
    "supply",
    "encounter",
    "organizer",
    "observationMedia",
];
/// How many statements of one section are listed.
const STATEMENTS_MAX: usize = 2_000;

/// The entries of a section as a nested list; nothing when it has none.
pub(super) fn write(lang: Lang, section: Xml<'_>) -> Option<Markup> {
    let statements: Vec<Xml<'_>> = section.all("entry").flat_map(statements).take(STATEMENTS_MAX).collect();
    (!statements.is_empty()).then(|| {
        html! {
            p class="hint" { (lang.pick("Données codées du document\u{a0}:", "Coded data of the document:")) }
            (list(lang, &statements))
        }
    })
}

fn statements(parent: Xml<'_>) -> impl Iterator<Item = Xml<'_>> {
    parent.0.children().map(Xml).filter(|child| STATEMENTS.contains(&child.name()))
}

fn list(lang: Lang, statements: &[Xml<'_>]) -> Markup {
    html! {
        ul class="cda-entries" { @for statement in statements { li { (write_statement(lang, *statement)) } } }
    }
}

fn write_statement(lang: Lang, statement: Xml<'_>) -> Markup {
    let name = name(statement).unwrap_or_else(|| kind(lang, statement.name()).to_owned());
    let values: Vec<String> = statement
        .all("value")
        .chain(statement.child("doseQuantity"))
        .chain(statement.child("quantity"))
        .filter_map(|v| value(lang, v))
        .collect();
    let when = statement.all("effectiveTime").find_map(|element| time::interval(lang, element));
    let inner: Vec<Xml<'_>> = statement
        .all("entryRelationship")
        .chain(statement.all("component"))
        .flat_map(statements)
        .take(STATEMENTS_MAX)
        .collect();
    html! {
        strong { (name) }
        @if statement.attribute("negationInd") == Some("true") {
            " (" (lang.pick("absent ou non fait", "absent or not done")) ")"
        }
        @if !values.is_empty() { (lang.pick("\u{a0}: ", ": ")) (values.join(", ")) }
        @if let Some(when) = when { " – " (when) }
        @if !inner.is_empty() { (list(lang, &inner)) }
    }
}

/// What a statement is about: its product, else its code, else the text it refers to.
fn name(statement: Xml<'_>) -> Option<String> {
    let material = statement
        .at("consumable/manufacturedProduct/manufacturedMaterial")
        .or_else(|| statement.at("product/manufacturedProduct/manufacturedMaterial"));
    let product = material.and_then(|material| {
        let code = material.child("code").and_then(Xml::display);
        code.or_else(|| material.child("name").map(Xml::words).filter(|words| !words.is_empty()))
    });
    product.or_else(|| statement.child("code").and_then(Xml::display))
}

fn kind(lang: Lang, statement: &str) -> &'static str {
    match statement {
        "act" => lang.pick_static("Acte", "Act"),
        "procedure" => lang.pick_static("Acte technique", "Procedure"),
        "substanceAdministration" => lang.pick_static("Traitement", "Medication"),
        "supply" => lang.pick_static("Fourniture", "Supply"),
        "encounter" => lang.pick_static("Rencontre", "Encounter"),
        "organizer" => lang.pick_static("Groupe de résultats", "Group of results"),
        "observationMedia" => lang.pick_static("Image ou fichier", "Image or file"),
        _ => lang.pick_static("Observation", "Observation"),
    }
}

/// A value of any type in words.
fn value(lang: Lang, value: Xml<'_>) -> Option<String> {
    if let Some(display) = value.display() {
        return Some(display);
    }
    if let Some(found) = value.attribute("value") {
        let kind = value.0.attribute(("http://www.w3.org/2001/XMLSchema-instance", "type")).unwrap_or("");
        return Some(match (kind, value.attribute("unit")) {
            ("TS", _) => time::words(lang, found),
            ("BL", _) => {
                if found == "true" { lang.pick("oui", "yes") } else { lang.pick("non", "no") }.to_owned()
            }
            (_, Some(unit)) if unit != "1" => format!("{found}\u{a0}{unit}"),
            _ => found.to_owned(),
        });
    }
    let bound = |name| value.child(name).and_then(|bound| self::value(lang, bound));
    let bounds: Vec<String> =
        ["low", "high", "numerator", "denominator"].into_iter().filter_map(bound).collect();
    if !bounds.is_empty() {
        return Some(bounds.join(" – "));
    }
    value
        .attribute("extension")
        .map(str::to_owned)
        .or_else(|| Some(value.words()).filter(|words| !words.is_empty()))
}
