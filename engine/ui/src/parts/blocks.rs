//! Blocks of a page: headings, cards, tags, notices, details, definitions, empty states.

use super::Tone;
use crate::Icon;
use maud::{Markup, html};
use socle_kernel::{Lang, Problem, Severity};

/// A heading of level 2 to 6 (the `h1` belongs to the shell).
pub fn heading(level: u8, text: &str) -> Markup {
    heading_with_id(level, None, html! { (text) })
}

pub(crate) fn heading_with_id(level: u8, id: Option<&str>, text: Markup) -> Markup {
    match level {
        0..=2 => html! { h2 id=[id] { (text) } },
        3 => html! { h3 id=[id] { (text) } },
        4 => html! { h4 id=[id] { (text) } },
        5 => html! { h5 id=[id] { (text) } },
        _ => html! { h6 id=[id] { (text) } },
    }
}

/// A part of the page with its heading of level 2, without a frame.
pub fn section(title: &str, body: Markup) -> Markup {
    html! { section class="section" { h2 { (title) } (body) } }
}

/// A framed part of the page with its heading of level 2.
pub fn card(title: &str, body: Markup) -> Markup {
    card_at(2, title, body)
}

/// A framed part of the page with its heading.
pub fn card_at(level: u8, title: &str, body: Markup) -> Markup {
    html! { section class="card" { (heading(level, title)) (body) } }
}

/// Text set for reading: paragraphs and lists at a comfortable width.
pub fn prose(body: Markup) -> Markup {
    html! { div class="prose" { (body) } }
}

/// One word or two about a thing: its state, its kind.
pub fn tag(text: &str, tone: Tone) -> Markup {
    html! { span class={ "tag " (tone.class()) } { (text) } }
}

/// Several tags in a line.
pub fn tags(list: &[(&str, Tone)]) -> Markup {
    html! {
        @if !list.is_empty() { ul class="tags" { @for (text, tone) in list { li { (tag(text, *tone)) } } } }
    }
}

/// A message in the page, with the word of its tone for those who do not see the colour.
pub fn notice(lang: Lang, tone: Tone, body: Markup) -> Markup {
    notice_block(lang, tone, None, body)
}

/// A message in the page with a title.
pub fn notice_titled(lang: Lang, tone: Tone, title: &str, body: Markup) -> Markup {
    notice_block(lang, tone, Some(title), body)
}

fn notice_block(lang: Lang, tone: Tone, title: Option<&str>, body: Markup) -> Markup {
    let (icon, word) = match tone {
        Tone::Neutral => (Icon::Info, lang.pick("Note", "Note")),
        Tone::Info => (Icon::Info, lang.pick("Information", "Information")),
        Tone::Success => (Icon::Check, lang.pick("Succès", "Success")),
        Tone::Warning => (Icon::Warning, lang.pick("Attention", "Warning")),
        Tone::Danger => (Icon::Warning, lang.pick("Alerte", "Alert")),
    };
    html! {
        div class={ "notice " (tone.class()) } {
            (icon.markup())
            div class="notice-body" {
                p class=(if title.is_some() { "notice-title" } else { "unseen" }) {
                    span class="unseen" { (word) (lang.pick("\u{a0}: ", ": ")) }
                    @if let Some(title) = title { (title) }
                }
                (body)
            }
        }
    }
}

/// A message that interrupts (`role=alert`): for errors only.
pub fn alert(lang: Lang, body: Markup) -> Markup {
    html! { div role="alert" { (notice(lang, Tone::Danger, body)) } }
}

/// A sentence set apart: what to remember of the page.
pub fn callout(body: Markup) -> Markup {
    html! { div class="callout" { (body) } }
}

/// A problem as a message: every issue with what was expected and what came.
pub fn problem(lang: Lang, problem: &Problem) -> Markup {
    let is_warning = problem.issues.iter().all(|issue| issue.severity != Severity::Error);
    let tone = if is_warning { Tone::Warning } else { Tone::Danger };
    html! {
        div role="alert" {
            (notice(lang, tone, html! {
                @for issue in &problem.issues {
                    p { (issue.text.in_lang(lang)) }
                    @if !issue.path.is_empty() || issue.expected.is_some() || issue.received.is_some() {
                        dl class="pairs" {
                            @if !issue.path.is_empty() {
                                div { dt { (lang.pick("Où", "Where")) } dd { code { (issue.path) } } }
                            }
                            @if let Some(expected) = &issue.expected {
                                div { dt { (lang.pick("Attendu", "Expected")) } dd { (expected) } }
                            }
                            @if let Some(received) = &issue.received {
                                div { dt { (lang.pick("Reçu", "Received")) } dd { (received) } }
                            }
                        }
                    }
                }
            }))
        }
    }
}

/// Nothing to show: says why, and what one can do.
pub fn empty(icon: Icon, title: &str, text: &str, action: Option<(&str, &str)>) -> Markup {
    html! {
        div class="empty" {
            (icon.markup())
            p class="empty-title" { (title) }
            p { (text) }
            @if let Some((label, href)) = action { p { a class="button button-secondary" href=(href) { (label) } } }
        }
    }
}

/// Text that opens on demand.
pub fn details(summary: &str, body: Markup) -> Markup {
    html! { details class="details" { summary { (summary) } div class="details-body" { (body) } } }
}

/// A term explained in place: a small button in the sentence that opens the definition, without any script.
/// `id` must be unique in the page.
pub fn definition(lang: Lang, id: &str, term: &str, text: &str) -> Markup {
    html! {
        span {
            button type="button" class="term-button" popovertarget=(id) { (term) }
            span class="term-text" id=(id) popover="auto" role="note" {
                strong { (term) } (lang.pick("\u{a0}: ", ": ")) (text)
            }
        }
    }
}

/// A text to copy (a token, a code, a command), with a button where scripts run. `id` must be unique in the page.
pub fn copyable(lang: Lang, id: &str, label: &str, text: &str) -> Markup {
    html! {
        div class="copy" {
            p class="copy-label" id={ (id) "-label" } { (label) }
            pre id=(id) tabindex="0" role="region" aria-labelledby={ (id) "-label" } { code { (text) } }
            button type="button" class="button button-secondary" hidden data-copy=(id)
                data-done=(lang.pick("Copié", "Copied")) aria-describedby={ (id) "-label" } {
                (lang.pick("Copier", "Copy"))
            }
        }
    }
}
