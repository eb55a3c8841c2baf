//! Data tables: caption, scopes, numbers to the right; on small screens each row becomes a block with its labels.

use maud::{Markup, html};

/// Up to this many columns a table fits without scrolling.
const COLUMNS_AT_EASE: usize = 4;

#[derive(Clone, Debug)]
struct Column {
    label: String,
    is_numeric: bool,
}

/// A table with its caption. The first column names the row.
#[derive(Clone, Debug)]
pub struct Table {
    caption: String,
    is_caption_seen: bool,
    columns: Vec<Column>,
    rows: Vec<Vec<Markup>>,
}

impl Table {
    /// A table; the caption says what it holds.
    pub fn new(caption: impl Into<String>) -> Self {
        Table { caption: caption.into(), is_caption_seen: true, columns: Vec::new(), rows: Vec::new() }
    }

    /// Keeps the caption for those who hear the page, when a heading just above says the same.
    pub fn caption_unseen(mut self) -> Self {
        self.is_caption_seen = false;
        self
    }

    /// Adds a column.
    pub fn column(mut self, label: impl Into<String>) -> Self {
        self.columns.push(Column { label: label.into(), is_numeric: false });
        self
    }

    /// Adds a column of numbers.
    pub fn numeric(mut self, label: impl Into<String>) -> Self {
        self.columns.push(Column { label: label.into(), is_numeric: true });
        self
    }

    /// Adds a row: one cell per column, missing ones are empty, surplus ones are dropped.
    pub fn row(mut self, mut cells: Vec<Markup>) -> Self {
        cells.resize(self.columns.len(), html! {});
        self.rows.push(cells);
        self
    }

    /// Adds a row of plain texts.
    pub fn text_row(self, cells: &[&str]) -> Self {
        let cells = cells.iter().map(|cell| html! { (cell) }).collect();
        self.row(cells)
    }
}

impl maud::Render for Table {
    // The roles repeat what the elements mean, because a table drawn as blocks loses its meaning in some browsers.
    fn render(&self) -> Markup {
        html! {
            // A wide table may scroll sideways: then the keyboard must reach it.
            @let is_wide = self.columns.len() > COLUMNS_AT_EASE;
            div class="table-box" role=[is_wide.then_some("region")] tabindex=[is_wide.then_some("0")]
                aria-label=[is_wide.then_some(&self.caption)] {
                table class="table" role="table" {
                    caption class=[(!self.is_caption_seen).then_some("unseen")] { (self.caption) }
                    thead role="rowgroup" {
                        tr role="row" {
                            @for column in &self.columns {
                                th scope="col" role="columnheader" class=[column.is_numeric.then_some("number")] {
                                    (column.label)
                                }
                            }
                        }
                    }
                    tbody role="rowgroup" {
                        @for row in &self.rows {
                            tr role="row" {
                                @for (index, (cell, column)) in row.iter().zip(&self.columns).enumerate() {
                                    @if index == 0 { th scope="row" role="rowheader" { (cell) } }
                                    @else {
                                        td role="cell" class=[column.is_numeric.then_some("number")]
                                            data-label=(column.label) { (cell) }
                                    }
                                }
                            }
                        }
                    }
                }
            }
        }
    }
}
