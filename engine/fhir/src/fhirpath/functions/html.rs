//! The rules of a narrative (`htmlChecks()`): well-formed, only the elements and attributes that FHIR lets in, and
//! something to read.

use roxmltree::{Document, Node};
use std::borrow::Cow;

const ELEMENTS: &str = " a abbr acronym address area b bdo big blockquote br caption cite code col colgroup dd dfn div dl \
    dt em h1 h2 h3 h4 h5 h6 hr i img kbd li map ol p pre q samp small span strong sub sup table tbody td tfoot th thead \
    tr tt ul var ";
const ATTRIBUTES: &str = " abbr accesskey align axis char charoff class colspan dir headers id ID lang rowspan scope span \
    style tabindex title valign width ";
const OWN_ATTRIBUTES: &str = " a.charset a.coords a.href a.hreflang a.name a.rel a.rev a.shape a.type area.alt area.coords \
    area.href area.nohref area.shape blockquote.cite img.alt img.border img.height img.ismap img.longdesc img.src \
    img.usemap img.width map.name pre.space q.cite table.border table.cellpadding table.cellspacing table.frame \
    table.rules table.summary table.width td.nowrap th.nowrap ";
const XHTML: &str = "http://www.w3.org/1999/xhtml";

/// True when the text may be the `div` of a narrative.
pub(super) fn is_narrative(text: &str) -> bool {
    let text = without_entities(text);
    let Ok(document) = Document::parse(&text) else { return false };
    let root = document.root_element();
    let is_allowed = root.descendants().filter(Node::is_element).all(|element| is_allowed(&element));
    root.tag_name().name() == "div" && is_allowed && is_readable(&root)
}

fn is_allowed(element: &Node<'_, '_>) -> bool {
    let name = element.tag_name().name();
    let holds = |list: &str, name: &str| list.contains(&format!(" {name} "));
    element.tag_name().namespace().is_none_or(|namespace| namespace == XHTML)
        && holds(ELEMENTS, name)
        && element.attributes().all(|attribute| {
            let own = attribute.name();
            holds(ATTRIBUTES, own) || holds(OWN_ATTRIBUTES, &format!("{name}.{own}"))
        })
}

fn is_readable(root: &Node<'_, '_>) -> bool {
    root.descendants().any(|node| {
        node.tag_name().name() == "img" || node.text().is_some_and(|text| !text.trim().is_empty())
    })
}

/// The named entities of HTML are allowed, but XML knows five of them only: the others become a letter.
fn without_entities(text: &str) -> Cow<'_, str> {
    if !text.contains('&') {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(start) = rest.find('&') {
        out.push_str(&rest[..start]);
        rest = &rest[start..];
        let name: &str = rest[1..].split(|letter: char| !letter.is_ascii_alphanumeric()).next().unwrap_or("");
        let end = name.len() + 1;
        let is_named =
            name.starts_with(|letter: char| letter.is_ascii_alphabetic()) && rest[end..].starts_with(';');
        if is_named && !matches!(name, "amp" | "lt" | "gt" | "quot" | "apos") {
            out.push('x');
            rest = &rest[end + 1..];
        } else {
            out.push('&');
            rest = &rest[1..];
        }
    }
    out.push_str(rest);
    Cow::Owned(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_narrative_is_well_formed_allowed_and_readable() {
        for text in [
            r#"<div xmlns="http://www.w3.org/1999/xhtml"><p class="x">Bonjour&nbsp;!</p><br/></div>"#,
            r##"<div xmlns="http://www.w3.org/1999/xhtml"><a name="x" href="#y">x</a> &amp; &#233;</div>"##,
            r#"<div xmlns="http://www.w3.org/1999/xhtml" xml:lang="fr" lang="fr"><img src="a.png" alt=""/></div>"#,
            "<div>Sans espace de noms</div>",
        ] {
            assert!(is_narrative(text), "{text}");
        }
        for text in [
            "",
            "Bonjour",
            "<p>Bonjour</p>",
            "<div>Bonjour",
            "<div> </div>",
            "<div>x<script>alert(1)</script></div>",
            r#"<div onclick="alert(1)">x</div>"#,
            "<div>x<form/></div>",
        ] {
            assert!(!is_narrative(text), "{text}");
        }
    }
}
