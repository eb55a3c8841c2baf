//! Forms: labels, tokens, groups, messages.

use super::Findings;
use super::html::{Document, Element};

pub(super) fn check(document: &Document, findings: &mut Findings) {
    for (index, control) in document.all().filter(|(_, element)| element.is(&["input", "select", "textarea"]))
    {
        if !matches!(control.attribute("type"), Some("hidden" | "submit" | "button")) {
            labelled(document, index, control, findings);
        }
        findings.unless(control.attribute("name").is_some_and(|name| !name.is_empty()), || {
            format!("{} has no name", control.tag())
        });
        findings.unless(document.around(index).any(|element| element.name == "form"), || {
            format!("{} is in no form", control.tag())
        });
        findings.unless(control.attribute("placeholder").is_none(), || {
            format!("{} has a placeholder", control.tag())
        });
    }
    for (index, form) in document.named("form") {
        check_form(document, index, form, findings);
    }
    for (index, group) in document.named("fieldset") {
        let has_legend = document
            .all()
            .any(|(i, e)| e.name == "legend" && e.parent == Some(index) && !document.words(i).is_empty());
        findings.unless(has_legend, || format!("{} has no legend", group.tag()));
    }
    wrong_fields(document, findings);
}

fn labelled(document: &Document, index: usize, control: &Element, findings: &mut Findings) {
    let by_aria = control.attribute("aria-label").is_some_and(|label| !label.trim().is_empty())
        || control.attribute("aria-labelledby").is_some();
    let by_for = control.attribute("id").is_some_and(|id| {
        document
            .named("label")
            .any(|(i, label)| label.attribute("for") == Some(id) && !document.words(i).is_empty())
    });
    let by_wrapping = document.around(index).any(|element| element.name == "label");
    findings.unless(by_aria || by_for || by_wrapping, || format!("{} has no label", control.tag()));
    if matches!(control.attribute("type"), Some("radio" | "checkbox"))
        && control.attribute("type") == Some("radio")
    {
        let is_grouped = document.around(index).any(|element| element.name == "fieldset");
        findings.unless(is_grouped, || format!("{} is in no fieldset", control.tag()));
    }
}

fn check_form(document: &Document, index: usize, form: &Element, findings: &mut Findings) {
    findings.unless(form.attribute("action").is_some_and(|action| !action.is_empty()), || {
        format!("{} has no action", form.tag())
    });
    let is_post = form.attribute("method").is_some_and(|method| method.eq_ignore_ascii_case("post"));
    let has_token = document.inside(index).any(|element| {
        element.name == "input"
            && element.attribute("type") == Some("hidden")
            && element.attribute("name") == Some("csrf")
            && element.attribute("value").is_some_and(|value| !value.is_empty())
    });
    let action = form.attribute("action").unwrap_or("");
    findings.unless(!is_post || has_token, || format!("the POST form to \"{action}\" carries no csrf token"));
    findings.unless(is_post || !has_token, || {
        format!("the GET form to \"{action}\" shows the csrf token in the address")
    });
    let has_button = document.inside(index).any(|element| {
        element.name == "button" && element.attribute("type") == Some("submit")
            || element.name == "input" && element.attribute("type") == Some("submit")
    });
    findings.unless(has_button, || format!("the form to \"{action}\" has no button"));
    let has_file = document.inside(index).any(|element| element.attribute("type") == Some("file"));
    let is_multipart = form.attribute("enctype") == Some("multipart/form-data");
    findings.unless(!has_file || is_multipart, || {
        format!("the form to \"{action}\" sends a file but is not multipart")
    });
}

/// A field marked wrong says why, and the page has a summary and says so in its title.
fn wrong_fields(document: &Document, findings: &mut Findings) {
    let wrong: Vec<_> = document.all().filter(|(_, e)| e.attribute("aria-invalid") == Some("true")).collect();
    if wrong.is_empty() {
        return;
    }
    for (index, field) in &wrong {
        let described = field.attribute("aria-describedby").is_some()
            || document
                .around(*index)
                .any(|e| e.name == "fieldset" && e.attribute("aria-describedby").is_some());
        findings.unless(described, || format!("{} is wrong and does not say why", field.tag()));
    }
    let has_summary = document.all().any(|(i, e)| {
        e.attribute("role") == Some("alert") && document.inside(i).any(|inner| inner.name == "a")
    });
    findings.unless(has_summary, || "fields are wrong and no summary (role=alert) links to them".into());
    let says_so = document.named("title").any(|(i, _)| {
        let words = document.words(i);
        words.starts_with("Erreur") || words.starts_with("Error")
    });
    findings.unless(says_so, || "fields are wrong and the title does not start with \"Erreur\"".into());
}
