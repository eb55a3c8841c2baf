//! The readable text of a resource: well-formed XHTML of the elements and attributes that FHIR allows (`txt-1`), with
//! something to read (`txt-2`). What could run or load something is refused.

/// What is said to be expected.
pub(super) const ALLOWED: &str = "XHTML with only the basic html formatting elements and attributes of HTML 4.0 chapters 7-11 and 15, <a>, <img> and inline style";

/// Elements of HTML 4.0 chapters 7 to 11 (except section 4 of 9) and 15, `a` and `img`.
const ELEMENTS: [&str; 62] = [
    "a",
    "abbr",
    "acronym",
    "address",
    "b",
    "bdo",
    "big",
    "blockquote",
    "br",
    "caption",
    "center",
    "cite",
    "code",
    "col",
    "colgroup",
    "dd",
    "del",
    "dfn",
    "dir",
    "div",
    "dl",
    "dt",
    "em",
    "font",
    "h1",
    "h2",
    "h3",
    "h4",
    "h5",
    "h6",
    "hr",
    "i",
    "img",
    "ins",
    "kbd",
    "li",
    "map",
    "area",
    "menu",
    "ol",
    "p",
    "pre",
    "q",
    "s",
    "samp",
    "small",
    "span",
    "strike",
    "strong",
    "sub",
    "sup",
    "table",
    "tbody",
    "td",
    "tfoot",
    "th",
    "thead",
    "tr",
    "tt",
    "u",
    "ul",
    "var",
];
/// Deepest nesting of a narrative.
const DEPTH: usize = 200;

/// What is wrong with a narrative.
pub(super) struct Fault {
    pub key: &'static str,
    /// In French and in English.
    pub words: (String, String),
    pub received: String,
}

fn fault(key: &'static str, fr: &str, en: &str, received: &str) -> Fault {
    Fault { key, words: (fr.to_owned(), en.to_owned()), received: received.to_owned() }
}

/// Checks the text of `Narrative.div`.
pub(super) fn check(div: &str) -> Result<(), Fault> {
    let mut open: Vec<&str> = Vec::new();
    let mut has_content = false;
    let mut rest = div.trim();
    let mut is_begun = false;
    while !rest.is_empty() {
        let Some(start) = rest.find('<') else {
            text(rest, open.is_empty(), &mut has_content)?;
            break;
        };
        text(&rest[..start], open.is_empty(), &mut has_content)?;
        rest = &rest[start..];
        if let Some(comment) = rest.strip_prefix("<!--") {
            rest = comment.split_once("-->").map(|(_, after)| after).ok_or_else(|| broken("<!--"))?;
            continue;
        }
        if rest.starts_with("<!") || rest.starts_with("<?") {
            return Err(fault(
                "txt-1",
                "ni DOCTYPE ni instruction ne sont permis.",
                "neither DOCTYPE nor instructions are allowed.",
                &rest[..rest.len().min(20)],
            ));
        }
        let end = tag_end(rest).ok_or_else(|| broken("<"))?;
        let tag = &rest[1..end];
        rest = &rest[end + 1..];
        if let Some(name) = tag.strip_prefix('/') {
            if open.pop() != Some(name.trim()) {
                return Err(broken(name));
            }
            continue;
        }
        let is_empty = tag.ends_with('/');
        let tag = tag.strip_suffix('/').unwrap_or(tag);
        let name = tag.split(|letter: char| letter.is_whitespace()).next().unwrap_or("");
        if open.is_empty() && (is_begun || name != "div") {
            return Err(fault(
                "txt-1",
                "le texte est un seul élément <div>.",
                "the text is one element <div>.",
                name,
            ));
        }
        is_begun = true;
        element(name)?;
        attributes(name, &tag[name.len()..])?;
        has_content |= name == "img";
        if !is_empty {
            open.push(name);
        }
        if open.len() > DEPTH {
            return Err(broken(name));
        }
    }
    if !open.is_empty() || !is_begun {
        return Err(broken(open.last().unwrap_or(&"div")));
    }
    if !has_content {
        return Err(fault("txt-2", "le texte lisible est vide.", "the narrative has no content.", "nothing"));
    }
    Ok(())
}

fn broken(what: &str) -> Fault {
    fault(
        "txt-1",
        "le XHTML n'est pas bien formé (balise non fermée ou mal écrite).",
        "the XHTML is not well-formed (a tag that is not closed, or badly written).",
        what,
    )
}

/// Where a tag ends: a `>` outside quotation marks.
fn tag_end(text: &str) -> Option<usize> {
    let mut quote = None;
    for (place, byte) in text.bytes().enumerate() {
        match (quote, byte) {
            (Some(open), byte) if open == byte => quote = None,
            (None, b'"' | b'\'') => quote = Some(byte),
            (None, b'>') => return Some(place),
            _ => {}
        }
    }
    None
}

fn text(text: &str, is_outside: bool, has_content: &mut bool) -> Result<(), Fault> {
    let is_blank = text.trim().is_empty();
    if is_outside && !is_blank {
        return Err(broken(text));
    }
    *has_content |= !is_blank;
    // An ampersand begins an entity.
    for (place, _) in text.match_indices('&') {
        let entity = text[place + 1..].split(';').next().unwrap_or("");
        let is_entity = text[place + 1..].contains(';')
            && !entity.is_empty()
            && entity.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'#');
        if !is_entity {
            return Err(broken("&"));
        }
    }
    Ok(())
}

fn element(name: &str) -> Result<(), Fault> {
    if ELEMENTS.contains(&name) {
        return Ok(());
    }
    Err(fault(
        "txt-1",
        &format!("l'élément <{name}> n'est pas permis."),
        &format!("the element <{name}> is not allowed."),
        name,
    ))
}

/// Attributes: written in quotation marks, none that runs something, no address of a script.
fn attributes(element: &str, text: &str) -> Result<(), Fault> {
    let mut rest = text.trim();
    while !rest.is_empty() {
        let (name, after) = rest.split_once('=').ok_or_else(|| broken(rest))?;
        let name = name.trim();
        let after = after.trim_start();
        let quote =
            after.chars().next().filter(|quote| matches!(quote, '"' | '\'')).ok_or_else(|| broken(name))?;
        let (value, after) = after[1..].split_once(quote).ok_or_else(|| broken(name))?;
        rest = after.trim_start();
        let is_address = matches!(name, "href" | "src");
        let scheme = value.trim().to_ascii_lowercase();
        let runs = name.starts_with("on")
            || (is_address && (scheme.starts_with("javascript:") || scheme.starts_with("vbscript:")));
        if runs || !is_allowed(element, name) {
            return Err(fault(
                "txt-1",
                &format!("l'attribut {name} n'est pas permis."),
                &format!("the attribute {name} is not allowed."),
                name,
            ));
        }
    }
    Ok(())
}

fn is_allowed(element: &str, name: &str) -> bool {
    const COMMON: [&str; 37] = [
        "title",
        "style",
        "class",
        "id",
        "lang",
        "xml:lang",
        "dir",
        "accesskey",
        "tabindex",
        "span",
        "width",
        "align",
        "valign",
        "char",
        "charoff",
        "abbr",
        "axis",
        "headers",
        "scope",
        "rowspan",
        "colspan",
        "cellspacing",
        "cellpadding",
        "border",
        "frame",
        "rules",
        "summary",
        "nowrap",
        "bgcolor",
        "height",
        "color",
        "size",
        "cite",
        "datetime",
        "start",
        "type",
        "value",
    ];
    match name {
        "href" | "name" | "rel" | "rev" | "target" | "hreflang" | "charset" => {
            matches!(element, "a" | "area" | "map")
        }
        "src" | "alt" | "longdesc" | "usemap" | "ismap" | "hspace" | "vspace" => {
            matches!(element, "img" | "area")
        }
        "shape" | "coords" | "nohref" => matches!(element, "a" | "area"),
        "xmlns" => true,
        "face" | "compact" | "clear" | "noshade" => true,
        other => COMMON.contains(&other) || other.starts_with("xmlns:"),
    }
}
