//! What home pages are made of: hero, tiles, figures, badges, columns.

use crate::Icon;
use crate::icons::mark;
use maud::{Markup, html};
use socle_kernel::Lang;

/// A large link of a home page.
#[derive(Clone, Copy, Debug)]
pub struct Tile<'a> {
    /// Its pictogram.
    pub icon: Icon,
    /// What it leads to.
    pub title: &'a str,
    /// One sentence.
    pub text: &'a str,
    /// Its address.
    pub href: &'a str,
    /// How many things are new there, and the word for it: `(3, "nouveaux")`.
    pub count: Option<(usize, &'a str)>,
}

/// Large links side by side.
pub fn tiles(list: &[Tile<'_>]) -> Markup {
    html! {
        ul class="tiles" {
            @for tile in list {
                li class="tile" {
                    span class="tile-icon" { (tile.icon.markup()) }
                    p class="tile-title" {
                        a href=(tile.href) { (tile.title) }
                        @if let Some((count, word)) = tile.count { " " (badge(count, word)) }
                    }
                    p class="tile-text" { (tile.text) }
                }
            }
        }
    }
}

/// A number that counts something; `word` says what for those who do not see it beside its name. Nothing for 0.
pub fn badge(count: usize, word: &str) -> Markup {
    html! { @if count > 0 { span class="badge" { (count) span class="unseen" { " " (word) } } } }
}

/// A large number with its name.
#[derive(Clone, Copy, Debug)]
pub struct Figure<'a> {
    /// The number as shown: `3`, `128/76`, `94 %`.
    pub value: &'a str,
    /// What it counts.
    pub label: &'a str,
    /// When, where from, compared with what.
    pub detail: &'a str,
    /// Where to read more.
    pub href: Option<&'a str>,
}

/// One large number.
pub fn figure(figure: &Figure<'_>) -> Markup {
    html! {
        div class="figure" {
            p class="figure-value" { (figure.value) }
            p class="figure-label" {
                @match figure.href { Some(href) => a href=(href) { (figure.label) }, None => (figure.label) }
            }
            @if !figure.detail.is_empty() { p class="figure-detail" { (figure.detail) } }
        }
    }
}

/// Large numbers side by side.
pub fn figures(list: &[Figure<'_>]) -> Markup {
    html! { ul class="figures" { @for one in list { li { (figure(one)) } } } }
}

/// The opening of the public home page: a promise and one or two ways in (the first stands out).
pub fn hero(lang: Lang, text: &str, actions: &[(&str, &str)]) -> Markup {
    html! {
        div class="hero" {
            (mark())
            div class="hero-in" {
                p class="hero-text" { (text) }
                @if !actions.is_empty() {
                    ul class="buttons" aria-label=(lang.pick("Commencer", "Start")) {
                        @for (index, (label, href)) in actions.iter().enumerate() {
                            li { a class=(if index == 0 { "button" } else { "button button-secondary" })
                                href=(href) { (label) } }
                        }
                    }
                }
            }
        }
    }
}

/// Blocks side by side where there is room, under each other elsewhere.
pub fn columns(blocks: Vec<Markup>) -> Markup {
    html! { div class="columns" { @for block in blocks { div { (block) } } } }
}
