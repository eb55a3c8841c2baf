//! Ways through a page or a task: tabs, pages of results, steps, a search bar.

use crate::NavItem;
use crate::form::{self, Field, Form};
use crate::shell::nav_item;
use maud::{Markup, Render, html};
use socle_kernel::Lang;

/// Views of the same thing as links; each is a page of its own.
pub fn tabs(label: &str, items: &[NavItem<'_>]) -> Markup {
    html! { nav class="tabs" aria-label=(label) { ul { @for item in items { (nav_item(item)) } } } }
}

/// Where the reader is in a long list.
#[derive(Clone, Copy, Debug, Default)]
pub struct Pager<'a> {
    /// Language of its words.
    pub lang: Lang,
    /// Number of the first entry shown, from 1; 0 when none is.
    pub first: usize,
    /// Number of the last entry shown.
    pub last: usize,
    /// How many there are, when known.
    pub total: Option<usize>,
    /// Address of the page before.
    pub previous: Option<&'a str>,
    /// Address of the page after.
    pub next: Option<&'a str>,
}

impl Render for Pager<'_> {
    fn render(&self) -> Markup {
        let lang = self.lang;
        html! {
            nav class="pager" aria-label=(lang.pick("Pages de résultats", "Pages of results")) {
                p {
                    @if self.first > 0 { (self.first) "–" (self.last) }
                    @if let Some(total) = self.total {
                        @if self.first > 0 {
                            (lang.pick(" sur ", " of ")) (total)
                        } @else {
                            (crate::dates::plural(
                                lang,
                                u64::try_from(total).unwrap_or(u64::MAX),
                                lang.pick("résultat", "result"),
                                lang.pick("résultats", "results"),
                            ))
                        }
                    }
                }
                @if self.previous.is_some() || self.next.is_some() {
                    ul {
                        @if let Some(href) = self.previous {
                            li { a rel="prev" href=(href) { span aria-hidden="true" { "← " }
                                (lang.pick("Page précédente", "Previous page")) } }
                        }
                        @if let Some(href) = self.next {
                            li { a rel="next" href=(href) { (lang.pick("Page suivante", "Next page"))
                                span aria-hidden="true" { " →" } } }
                        }
                    }
                }
            }
        }
    }
}

/// The steps of a task; `current` counts from 0, a number past the end means that all are done.
pub fn stepper(lang: Lang, steps: &[&str], current: usize) -> Markup {
    html! {
        ol class="stepper" aria-label=(lang.pick("Étapes", "Steps")) {
            @for (index, step) in steps.iter().enumerate() {
                @let (class, word) = match index.cmp(&current) {
                    std::cmp::Ordering::Less => ("step-done", lang.pick("Fait", "Done")),
                    std::cmp::Ordering::Equal => ("step-now", lang.pick("En cours", "Current")),
                    std::cmp::Ordering::Greater => ("step-later", lang.pick("À venir", "To come")),
                };
                li class=(class) aria-current=[(index == current).then_some("step")] {
                    span class="step-name" { (step) } " "
                    span class="step-state" { (word) }
                }
            }
        }
    }
}

/// One field and its button: asks by GET. `name` is the parameter's name.
pub fn search_bar(lang: Lang, action: &str, name: &str, label: &str, value: &str) -> Markup {
    let field: Field = form::search(name, label).value(value);
    Form::get(lang, action, lang.pick("Rechercher", "Search")).inline().landmark(label).field(field).render()
}
