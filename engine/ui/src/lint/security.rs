//! What the content security policy `default-src 'self'; img-src 'self' data:` would refuse.

use super::Findings;
use super::html::{Document, Element};

pub(super) fn check(document: &Document, findings: &mut Findings) {
    for (_, element) in document.all() {
        findings.unless(element.name != "style", || "an inline <style>".into());
        let is_inline_script = element.name == "script" && element.attribute("src").is_none();
        findings.unless(!is_inline_script, || "an inline <script>".into());
        findings.unless(!element.is(&["object", "embed", "base"]), || {
            format!("{} is not used here", element.tag())
        });
        for (name, value) in &element.attributes {
            attribute(element, name, value, findings);
        }
    }
}

fn attribute(element: &Element, name: &str, value: &str, findings: &mut Findings) {
    findings.unless(name != "style", || format!("{} has an inline style", element.tag()));
    let is_handler = name.starts_with("on") && name.len() > 2;
    findings.unless(!is_handler, || format!("{} has the event handler {name}", element.tag()));
    let is_resource = matches!(name, "src" | "srcset" | "poster" | "data" | "xlink:href")
        || name == "href" && element.is(&["link", "use", "image"])
        || matches!(name, "action" | "formaction");
    if is_resource {
        let is_image = element.name == "img" && value.starts_with("data:image/");
        let is_local = value.starts_with('/') && !value.starts_with("//")
            || !value.contains(':') && !value.starts_with("//");
        findings
            .unless(is_local || is_image, || format!("{} reaches outside: {}", element.tag(), short(value)));
    }
    if name == "href" && element.name == "a" {
        let scheme = value.split_once(':').map(|(scheme, _)| scheme.trim().to_ascii_lowercase());
        let is_scheme = scheme
            .as_deref()
            .is_some_and(|scheme| scheme.chars().all(|c| c.is_ascii_alphanumeric() || c == '+'));
        let is_safe = matches!(scheme.as_deref(), Some("https" | "http" | "mailto" | "tel"));
        findings.unless(!is_scheme || is_safe, || format!("a link with the scheme of {}", short(value)));
    }
}

fn short(value: &str) -> String {
    value.chars().take(60).collect()
}
