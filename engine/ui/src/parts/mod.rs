//! What pages are made of besides forms: cards, tags, notices, lists, tables, tiles, rows.

mod blocks;
mod documents;
mod home;
mod lists;
mod navigation;
mod table;
mod trace;

pub(crate) use blocks::heading_with_id;
pub use blocks::{
    alert, callout, card, card_at, copyable, definition, details, empty, heading, notice, notice_titled,
    problem, prose, section, tag, tags,
};
pub use documents::{Document, documents};
pub use home::{Figure, Tile, badge, columns, figure, figures, hero, tiles};
pub use lists::{Action, Row, key_value, summary_list};
pub use navigation::{Pager, search_bar, stepper, tabs};
pub use table::Table;
pub use trace::{Access, Event, access_log, timeline};

/// Good, bad or neutral; always said in words too, never by colour alone.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Tone {
    /// Nothing to notice.
    #[default]
    Neutral,
    /// Worth knowing.
    Info,
    /// Done, in order.
    Success,
    /// Needs attention.
    Warning,
    /// Wrong or dangerous.
    Danger,
}

impl Tone {
    /// All of them, for the gallery.
    pub const ALL: [Tone; 5] = [Tone::Neutral, Tone::Info, Tone::Success, Tone::Warning, Tone::Danger];

    pub(crate) fn class(self) -> &'static str {
        match self {
            Tone::Neutral => "tone-neutral",
            Tone::Info => "tone-info",
            Tone::Success => "tone-success",
            Tone::Warning => "tone-warning",
            Tone::Danger => "tone-danger",
        }
    }
}

#[cfg(test)]
mod tests;
