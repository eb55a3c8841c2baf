//! Lists of names and values.

use maud::{Markup, html};

/// One line of a summary list.
#[derive(Clone, Debug)]
pub struct Row {
    key: String,
    value: Markup,
    actions: Vec<Action>,
}

/// What one can do about a line ("Modifier").
#[derive(Clone, Debug)]
pub struct Action {
    /// The verb.
    pub label: String,
    /// Where it leads.
    pub href: String,
}

impl Row {
    /// A name and its value.
    pub fn new(key: impl Into<String>, value: Markup) -> Self {
        Row { key: key.into(), value, actions: Vec::new() }
    }

    /// A name and its value as plain text.
    pub fn text(key: impl Into<String>, value: &str) -> Self {
        Row::new(key, html! { (value) })
    }

    /// Adds a link; the line's name is added to its words for those who hear links out of context.
    pub fn action(mut self, label: impl Into<String>, href: impl Into<String>) -> Self {
        self.actions.push(Action { label: label.into(), href: href.into() });
        self
    }
}

/// Names and values under each other, with what one can change: "check your answers", a person's traits.
pub fn summary_list(rows: &[Row]) -> Markup {
    html! {
        dl class="summary" {
            @for row in rows {
                div class="summary-row" {
                    dt { (row.key) }
                    dd { (row.value) }
                    @if !row.actions.is_empty() {
                        dd class="summary-actions" {
                            @for action in &row.actions {
                                a href=(action.href) { (action.label) span class="unseen" { " (" (row.key) ")" } } " "
                            }
                        }
                    }
                }
            }
        }
    }
}

/// Short names and values side by side.
pub fn key_value(pairs: &[(&str, Markup)]) -> Markup {
    html! {
        dl class="pairs" { @for (key, value) in pairs { div { dt { (key) } dd { (value) } } } }
    }
}
