//! Title, language, headings, landmarks, links, images, tables, references.

use super::Findings;
use super::html::{Document, Element};
use std::collections::HashSet;

/// Words of a link or button that say nothing out of their sentence.
const VAGUE: [&str; 18] = [
    "cliquez ici",
    "cliquer ici",
    "ici",
    "lire la suite",
    "en savoir plus",
    "plus",
    "voir",
    "lien",
    "suite",
    "détails",
    "click here",
    "here",
    "read more",
    "learn more",
    "more",
    "link",
    "see",
    "details",
];

pub(super) fn check(document: &Document, findings: &mut Findings) {
    frame(document, findings);
    headings(document, findings);
    landmarks(document, findings);
    links_and_buttons(document, findings);
    images(document, findings);
    tables(document, findings);
    references(document, findings);
}

fn frame(document: &Document, findings: &mut Findings) {
    findings.unless(document.has_doctype, || "no doctype at the start".into());
    let lang = document.named("html").next().and_then(|(_, html)| html.attribute("lang"));
    findings.unless(lang.is_some_and(|lang| !lang.is_empty()), || "the page names no language".into());
    let titles: Vec<String> = document
        .named("title")
        .filter(|(index, _)| !document.around(*index).any(|element| element.name == "svg"))
        .map(|(index, _)| document.words(index))
        .collect();
    match titles.as_slice() {
        [title] if title.chars().count() > 3 => {}
        [_] => findings.add("the page's title is empty"),
        _ => findings.add(format!("{} titles, not one", titles.len())),
    }
    let viewport = document.named("meta").any(|(_, meta)| {
        meta.attribute("name") == Some("viewport")
            && meta
                .attribute("content")
                .is_some_and(|c| !c.contains("user-scalable=no") && !c.contains("maximum-scale"))
    });
    findings.unless(viewport, || "no viewport, or one that forbids zoom".into());
}

fn level(element: &Element) -> Option<u32> {
    let digit = element.name.strip_prefix('h')?;
    digit.parse().ok().filter(|level| (1..=6).contains(level))
}

fn headings(document: &Document, findings: &mut Findings) {
    let count = document.named("h1").count();
    findings.unless(count == 1, || format!("{count} h1, not one"));
    let mut before = 0;
    for (index, element) in document.all() {
        let Some(level) = level(element) else { continue };
        let words = document.words(index);
        findings.unless(!words.is_empty(), || format!("an empty {}", element.tag()));
        findings.unless(level <= before + 1, || {
            format!("h{level} \"{words}\" after h{before}: a level is skipped")
        });
        before = level;
    }
}

fn landmarks(document: &Document, findings: &mut Findings) {
    for name in ["main", "header", "footer"] {
        let count = document
            .named(name)
            .filter(|(index, _)| {
                !document.around(*index).any(|e| e.is(&["article", "section", "aside", "nav"]))
            })
            .count();
        findings.unless(count == 1, || format!("{count} <{name}>, not one"));
    }
    let skip = document.named("a").next().and_then(|(_, link)| link.attribute("href")?.strip_prefix('#'));
    let leads_to_main =
        skip.and_then(|id| document.by_id(id)).is_some_and(|(_, target)| target.name == "main");
    findings.unless(leads_to_main, || "the first link does not skip to <main>".into());
    let mut names = HashSet::new();
    let is_one = document.named("nav").count() == 1;
    for (index, nav) in document.named("nav") {
        match name_of(document, index, nav) {
            Some(name) => {
                let tag = nav.tag();
                findings.unless(names.insert(name.clone()), || {
                    format!("{tag}: another <nav> is also named \"{name}\"")
                });
            }
            None => findings.unless(is_one, || format!("{} among several has no name", nav.tag())),
        }
    }
}

/// The name given by `aria-label` or `aria-labelledby`.
fn name_of(document: &Document, _index: usize, element: &Element) -> Option<String> {
    let by_id = || {
        let ids = element.attribute("aria-labelledby")?;
        let words: Vec<String> = ids
            .split_whitespace()
            .filter_map(|id| document.by_id(id))
            .map(|(index, _)| document.words(index))
            .collect();
        Some(words.join(" "))
    };
    element.attribute("aria-label").map(str::to_owned).or_else(by_id).filter(|name| !name.trim().is_empty())
}

fn links_and_buttons(document: &Document, findings: &mut Findings) {
    for (index, element) in document.all().filter(|(_, element)| element.is(&["a", "button", "summary"])) {
        let words = name_of(document, index, element).unwrap_or_else(|| document.words(index));
        let bare = words.to_lowercase();
        let bare = bare.trim_matches(|c: char| !c.is_alphanumeric());
        if bare.is_empty() && words.trim().is_empty() {
            findings.add(format!("{} has no words", element.tag()));
        } else if element.name != "summary" && VAGUE.contains(&bare) {
            findings.add(format!("{} says only \"{words}\"", element.tag()));
        }
        if element.name == "a" && element.attribute("href").is_none_or(str::is_empty) {
            findings.add(format!("{} leads nowhere", element.tag()));
        }
        if element.name == "button" && element.attribute("type").is_none() {
            findings.add(format!("{} has no type", element.tag()));
        }
    }
}

fn images(document: &Document, findings: &mut Findings) {
    for (_, image) in document.named("img") {
        findings.unless(image.attribute("alt").is_some(), || format!("{} has no alt", image.tag()));
    }
    for (index, svg) in document.named("svg") {
        let is_hidden = svg.attribute("aria-hidden") == Some("true");
        let is_named = svg.attribute("role") == Some("img")
            && (name_of(document, index, svg).is_some() || document.inside(index).any(|e| e.name == "title"));
        findings.unless(is_hidden || is_named, || format!("{} is neither hidden nor named", svg.tag()));
    }
    for (index, frame) in document.named("iframe") {
        findings
            .unless(frame.attribute("title").is_some() || name_of(document, index, frame).is_some(), || {
                format!("{} has no title", frame.tag())
            });
    }
}

fn tables(document: &Document, findings: &mut Findings) {
    for (index, table) in document.named("table") {
        let caption = document.all().find(|(_, e)| e.name == "caption" && e.parent == Some(index));
        let has_caption = caption.is_some_and(|(caption, _)| !document.words(caption).is_empty());
        findings.unless(has_caption, || format!("{} has no caption", table.tag()));
        findings
            .unless(document.inside(index).any(|e| e.name == "th"), || format!("{} has no th", table.tag()));
    }
    for (index, cell) in document.named("th") {
        let scope = cell.attribute("scope");
        findings.unless(matches!(scope, Some("col" | "row" | "colgroup" | "rowgroup")), || {
            format!("<th> \"{}\" has no scope", document.words(index))
        });
    }
}

fn references(document: &Document, findings: &mut Findings) {
    let mut ids = HashSet::new();
    for (_, element) in document.all() {
        if let Some(id) = element.attribute("id") {
            findings.unless(!id.is_empty() && !id.contains(char::is_whitespace), || {
                format!("{} has an unusable id", element.tag())
            });
            findings.unless(ids.insert(id), || format!("the id \"{id}\" is used twice"));
        }
    }
    for (_, element) in document.all() {
        for attribute in [
            "aria-describedby",
            "aria-labelledby",
            "aria-controls",
            "aria-owns",
            "for",
            "popovertarget",
            "data-copy",
        ] {
            for id in element.attribute(attribute).unwrap_or("").split_whitespace() {
                findings.unless(ids.contains(id), || {
                    format!("{} {attribute} names \"{id}\", which is nowhere", element.tag())
                });
            }
        }
        if let Some(id) =
            element.attribute("href").and_then(|href| href.strip_prefix('#')).filter(|id| !id.is_empty())
        {
            findings.unless(ids.contains(id), || format!("{} leads to nothing in the page", element.tag()));
        }
        let order = element.attribute("tabindex").and_then(|value| value.parse::<i32>().ok());
        findings.unless(order.is_none_or(|order| order <= 0), || {
            format!("{} changes the tab order", element.tag())
        });
    }
}
