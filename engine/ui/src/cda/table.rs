//! Tables of the narrative: real headers where the document has them, plain paragraphs where it only used a table to
//! lay out text.

use super::narrative::{align, has_block};
use super::read::Xml;
use super::writer::Writer;
use maud::{Markup, html};

/// How a table is shown.
#[derive(Clone, Copy, Debug, Default)]
struct Shape {
    /// The first cell of each row of the body names the row.
    has_row_names: bool,
}

impl<'a> Writer<'a> {
    pub fn table(&mut self, table: Xml<'a>, title: &str) -> Markup {
        let head: Vec<Xml<'a>> = table.all("thead").flat_map(rows).collect();
        let body: Vec<Xml<'a>> = rows(table)
            .chain(table.all("tbody").flat_map(rows))
            .chain(table.all("tfoot").flat_map(rows))
            .collect();
        let all = || head.iter().chain(&body).copied();
        let has_headers = all().flat_map(cells).any(|cell| cell.name() == "th" && !is_empty(cell));
        let first_head = head.last().and_then(|row| cells(*row).next());
        let shape = Shape { has_row_names: !has_headers || first_head.is_some_and(is_empty) };
        let heads_something =
            |row| cells(row).enumerate().any(|(i, cell)| scope(cell, Some(shape), i, false).is_some());
        let width = all().map(|row| cells(row).count()).max().unwrap_or(0);
        if !has_headers && (width <= 1 || !body.iter().copied().any(heads_something)) {
            let rows: Vec<Xml<'a>> = all().collect();
            return self.layout(table, &rows, title);
        }
        let caption = table.child("caption").map(|caption| self.inline(caption));
        let labels = labels(&head, &body);
        let class = if labels.is_some() { "table" } else { "table table-wide" };
        html! {
            div class="table-box" role="region" tabindex="0" aria-label=(title) {
                table class=(class) role="table" {
                    @match caption {
                        Some(caption) => caption { (caption) },
                        None => caption class="unseen" { (title) },
                    }
                    @if !head.is_empty() {
                        thead role="rowgroup" { @for row in head { (self.row(row, None, None, title)) } }
                    }
                    tbody role="rowgroup" {
                        @for row in body { (self.row(row, Some(shape), labels.as_deref(), title)) }
                    }
                }
            }
        }
    }

    /// A table that only lays out text: its cells under each other.
    fn layout(&mut self, table: Xml<'a>, rows: &[Xml<'a>], title: &str) -> Markup {
        html! {
            (self.caption(table))
            @for row in rows { @for cell in cells(*row) { @if !is_empty(cell) { (self.flow(cell, title)) } } }
        }
    }

    /// A row; `shape` is absent in the head.
    fn row(&mut self, row: Xml<'a>, shape: Option<Shape>, labels: Option<&[String]>, title: &str) -> Markup {
        let all: Vec<Xml<'a>> = cells(row).collect();
        let is_heading = !all.is_empty() && all.iter().all(|cell| cell.name() == "th" || is_empty(*cell));
        html! {
            tr role="row" {
                @for (index, cell) in all.into_iter().enumerate() {
                    @let scope = scope(cell, shape, index, is_heading);
                    @let label = labels.and_then(|labels| labels.get(index)).filter(|_| index > 0 ||
                        scope.is_none());
                    (self.cell(cell, scope, label, title))
                }
            }
        }
    }

    fn cell(&mut self, cell: Xml<'a>, scope: Option<&str>, label: Option<&String>, title: &str) -> Markup {
        let span = |name| {
            cell.attribute(name).filter(|span| span.parse::<u16>().is_ok_and(|n| (2..1000).contains(&n)))
        };
        let (columns, rows) = (span("colspan"), span("rowspan"));
        let content = if cell.0.children().map(Xml).any(has_block) {
            self.flow(cell, title)
        } else {
            self.inline(cell)
        };
        let class = align(cell);
        html! {
            @if let Some(scope) = scope {
                th class=[class] scope=(scope) colspan=[columns] rowspan=[rows]
                    role=(if scope.starts_with("row") { "rowheader" } else { "columnheader" }) { (content) }
            } @else {
                td class=[class] colspan=[columns] rowspan=[rows] role="cell" data-label=[label] { (content) }
            }
        }
    }
}

/// What a cell heads: a column, a row, or nothing. Empty cells head nothing.
fn scope(cell: Xml<'_>, shape: Option<Shape>, index: usize, is_heading: bool) -> Option<&'static str> {
    if is_empty(cell) {
        return None;
    }
    let is_group = cell.attribute("colspan").is_some_and(|span| span != "1");
    match shape {
        None => Some(if is_group { "colgroup" } else { "col" }),
        Some(_) if cell.name() == "th" && is_heading => Some(if is_group { "colgroup" } else { "col" }),
        Some(_) if cell.name() == "th" => Some("row"),
        Some(shape) if shape.has_row_names && index == 0 && !is_group => Some("row"),
        Some(_) => None,
    }
}

/// The labels that each cell repeats on small screens, when the table is plain enough to be read row by row.
fn labels(head: &[Xml<'_>], body: &[Xml<'_>]) -> Option<Vec<String>> {
    let [head] = head else { return None };
    let is_plain = |row: &Xml<'_>| {
        cells(*row).all(|cell| {
            ["colspan", "rowspan"].iter().all(|span| cell.attribute(span).is_none_or(|value| value == "1"))
        })
    };
    let labels: Vec<String> = cells(*head).map(Xml::words).collect();
    let is_regular = body.iter().all(|row| cells(*row).count() <= labels.len());
    (is_plain(head) && body.iter().all(is_plain) && is_regular).then_some(labels)
}

fn rows(parent: Xml<'_>) -> impl Iterator<Item = Xml<'_>> {
    parent.all("tr")
}

fn cells(row: Xml<'_>) -> impl Iterator<Item = Xml<'_>> {
    row.0.children().map(Xml).filter(|cell| matches!(cell.name(), "td" | "th"))
}

fn is_empty(cell: Xml<'_>) -> bool {
    cell.words().is_empty() && cell.below("renderMultiMedia").next().is_none()
}
