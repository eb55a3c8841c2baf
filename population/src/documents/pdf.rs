//! A document as PDF: one or two neat A4 pages, the same bytes every time.

mod metrics;

use super::sheet::{Section, Sheet, Table};
use flate2::{Compression, write::ZlibEncoder};
use metrics::{encode, width, wrap};
use pdf_writer::{Content, Filter, Finish, Name, Pdf, Rect, Ref, Str, TextStr};
use std::io::Write;

const PAGE_WIDTH: f32 = 595.0;
const PAGE_HEIGHT: f32 = 842.0;
const MARGIN: f32 = 56.0;
const BOTTOM: f32 = 84.0;
const LINE: f32 = 14.0;
const BODY_SIZE: f32 = 10.0;
/// Rows of a table are cut to this many lines a cell, so that one row always fits a page.
const CELL_LINES: usize = 6;

const CATALOG: Ref = Ref::new(1);
const PAGES: Ref = Ref::new(2);
const INFO: Ref = Ref::new(3);
const REGULAR: Ref = Ref::new(4);
const BOLD: Ref = Ref::new(5);
const FIRST_FREE: i32 = 6;

/// The sheet as a PDF file.
pub fn document(sheet: &Sheet) -> Vec<u8> {
    let mut layout = Layout::new(&sheet.title);
    layout.header(sheet);
    for section in &sheet.sections {
        layout.section(section);
    }
    layout.signature(sheet);
    let contents = layout.finish();
    assemble(sheet, contents)
}

struct Layout<'a> {
    title: &'a str,
    done: Vec<Content>,
    content: Content,
    y: f32,
}

impl<'a> Layout<'a> {
    fn new(title: &'a str) -> Self {
        Layout { title, done: Vec::new(), content: Content::new(), y: PAGE_HEIGHT - MARGIN }
    }

    fn text(&mut self, x: f32, size: f32, is_bold: bool, text: &str) {
        self.content.begin_text();
        self.content.set_font(Name(if is_bold { b"F2" } else { b"F1" }), size);
        self.content.next_line(x, self.y);
        self.content.show(Str(&encode(text)));
        self.content.end_text();
    }

    fn rule(&mut self, grey: f32) {
        self.content.set_stroke_gray(grey);
        self.content.set_line_width(0.8);
        self.content.move_to(MARGIN, self.y);
        self.content.line_to(PAGE_WIDTH - MARGIN, self.y);
        self.content.stroke();
    }

    /// Goes down, on a new page when the bottom is reached.
    fn down(&mut self, by: f32) {
        self.y -= by;
        if self.y < BOTTOM {
            let full = std::mem::replace(&mut self.content, Content::new());
            self.done.push(full);
            self.y = PAGE_HEIGHT - MARGIN;
            let title = self.title;
            self.text(MARGIN, 8.0, false, &format!("{title} (suite) - DÉMO"));
            self.y -= 2.0 * LINE;
        }
    }

    fn paragraph(&mut self, x: f32, size: f32, text: &str) {
        for line in wrap(text, size, PAGE_WIDTH - MARGIN - x) {
            self.text(x, size, false, &line);
            self.down(size + 4.0);
        }
    }

    fn header(&mut self, sheet: &Sheet) {
        let place = &sheet.place;
        self.text(MARGIN, 13.0, true, &place.name);
        let mark = "DÉMO";
        self.content.set_fill_rgb(0.72, 0.11, 0.11);
        self.text(PAGE_WIDTH - MARGIN - width(mark, 18.0) * 1.06, 18.0, true, mark);
        self.content.set_fill_gray(0.0);
        self.down(LINE);
        let address = format!("{}, {} {}", place.street, place.postal_code, place.city);
        self.text(MARGIN, 9.0, false, &format!("{address} - Tél. {}", place.phone));
        self.down(12.0);
        self.text(MARGIN, 9.0, false, &format!("{}, {}", sheet.author.spoken, sheet.author.profession));
        self.down(10.0);
        self.rule(0.6);
        self.down(18.0);
        self.patient_box(sheet);
        for line in wrap(&sheet.title, 16.0, PAGE_WIDTH - 2.0 * MARGIN) {
            self.text(MARGIN, 16.0, true, &line);
            self.down(20.0);
        }
        self.text(MARGIN, BODY_SIZE, false, &format!("Le {}", sheet.date));
        self.down(24.0);
    }

    fn patient_box(&mut self, sheet: &Sheet) {
        let traits = &sheet.patient;
        let lines = wrap(&traits.line(), 9.0, PAGE_WIDTH - 2.0 * MARGIN - 20.0);
        let height = 36.0 + 12.0 * lines.len() as f32;
        self.content.set_fill_gray(0.95);
        self.content.rect(MARGIN, self.y - height + 12.0, PAGE_WIDTH - 2.0 * MARGIN, height);
        self.content.fill_nonzero();
        self.content.set_fill_gray(0.0);
        self.down(2.0);
        self.text(MARGIN + 10.0, 11.0, true, &traits.spoken());
        self.down(14.0);
        for line in &lines {
            self.text(MARGIN + 10.0, 9.0, false, line);
            self.down(12.0);
        }
        self.text(MARGIN + 10.0, 9.0, false, &format!("Matricule INS (test) : {}", traits.ins));
        self.down(34.0);
    }

    fn section(&mut self, section: &Section) {
        self.text(MARGIN, 11.5, true, &section.title);
        self.down(16.0);
        for paragraph in &section.paragraphs {
            self.paragraph(MARGIN, BODY_SIZE, paragraph);
        }
        if let Some(table) = &section.table {
            self.table(table);
        }
        self.down(8.0);
    }

    fn table(&mut self, table: &Table) {
        let columns = table.head.len().max(1);
        // The first column holds the longest words.
        let space = PAGE_WIDTH - 2.0 * MARGIN;
        let first = space * if columns == 1 { 1.0 } else { 0.42 };
        let other = (space - first) / (columns.max(2) - 1) as f32;
        let starts: Vec<(f32, f32)> = (0..columns)
            .map(|column| match column {
                0 => (MARGIN, first),
                _ => (MARGIN + first + other * (column - 1) as f32, other),
            })
            .collect();
        for (start, cell) in starts.iter().zip(&table.head) {
            self.text(start.0, 9.0, true, cell);
        }
        self.down(5.0);
        self.rule(0.5);
        self.down(11.0);
        for row in &table.rows {
            let cells: Vec<Vec<String>> = row
                .iter()
                .zip(&starts)
                .map(|(cell, start)| {
                    let mut lines = wrap(cell, 9.0, start.1 - 8.0);
                    lines.truncate(CELL_LINES);
                    lines
                })
                .collect();
            let lines = cells.iter().map(Vec::len).max().unwrap_or(1);
            for line in 0..lines {
                for (cell, start) in cells.iter().zip(&starts) {
                    if let Some(text) = cell.get(line) {
                        self.text(start.0, 9.0, false, text);
                    }
                }
                self.down(12.0);
            }
        }
    }

    fn signature(&mut self, sheet: &Sheet) {
        self.down(20.0);
        let words = format!("Signé électroniquement par {}, le {}", sheet.author.spoken, sheet.date);
        self.paragraph(MARGIN, BODY_SIZE, &words);
        self.content.set_fill_gray(0.35);
        self.paragraph(
            MARGIN,
            8.0,
            "Document inventé pour la démonstration : aucune personne réelle n'est décrite.",
        );
    }

    fn finish(mut self) -> Vec<Content> {
        self.done.push(self.content);
        self.done
    }
}

fn assemble(sheet: &Sheet, contents: Vec<Content>) -> Vec<u8> {
    let mut pdf = Pdf::new();
    let count = contents.len() as i32;
    let page_ref = |index: i32| Ref::new(FIRST_FREE + 2 * index);
    let stream_ref = |index: i32| Ref::new(FIRST_FREE + 2 * index + 1);
    let mut catalog = pdf.catalog(CATALOG);
    catalog.pages(PAGES).lang(TextStr("fr-FR"));
    catalog.viewer_preferences().display_doc_title(true);
    catalog.finish();
    pdf.pages(PAGES).kids((0..count).map(page_ref)).count(count);
    pdf.document_info(INFO)
        .title(TextStr(&sheet.title))
        .author(TextStr(&sheet.author.spoken))
        .subject(TextStr("DÉMO"))
        .producer(TextStr("Socle"));
    for (font, name) in [(REGULAR, &b"Helvetica"[..]), (BOLD, b"Helvetica-Bold")] {
        pdf.type1_font(font).base_font(Name(name)).encoding_predefined(Name(b"WinAnsiEncoding"));
    }
    for (index, content) in (0..).zip(contents) {
        let mut page = pdf.page(page_ref(index));
        page.media_box(Rect::new(0.0, 0.0, PAGE_WIDTH, PAGE_HEIGHT))
            .parent(PAGES)
            .contents(stream_ref(index));
        page.resources().fonts().pair(Name(b"F1"), REGULAR).pair(Name(b"F2"), BOLD);
        page.finish();
        let body = compress(&content.finish());
        pdf.stream(stream_ref(index), &body).filter(Filter::FlateDecode);
    }
    pdf.finish()
}

fn compress(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = ZlibEncoder::new(Vec::with_capacity(bytes.len() / 2), Compression::new(4));
    encoder.write_all(bytes).expect("memory takes every byte");
    encoder.finish().expect("memory takes every byte")
}

#[cfg(test)]
mod tests {
    use super::document;
    use crate::documents::sheet::{Section, sample};

    fn holds(haystack: &[u8], needle: &[u8]) -> bool {
        haystack.windows(needle.len()).any(|part| part == needle)
    }

    #[test]
    fn starts_ends_and_names_itself_as_a_pdf_does() {
        let mut sheet = sample();
        sheet.title = "Lettre de liaison".into();
        let pdf = document(&sheet);
        assert!(pdf.starts_with(b"%PDF-1.7"));
        assert!(pdf.trim_ascii_end().ends_with(b"%%EOF"));
        assert!(holds(&pdf, b"/Title (Lettre de liaison)"));
        assert!(holds(&pdf, b"/Lang (fr-FR)"));
        assert_eq!(pdf, document(&sheet));
    }

    #[test]
    fn accents_are_kept_in_the_title() {
        let mut sheet = sample();
        sheet.title = "Synthèse médicale".into();
        let units = sheet.title.encode_utf16().flat_map(u16::to_be_bytes).collect::<Vec<u8>>();
        let title = format!("/Title <feff{}>", data_encoding::HEXLOWER.encode(&units));
        let pdf = document(&sheet).to_ascii_lowercase();
        assert!(holds(&pdf, title.to_ascii_lowercase().as_bytes()));
    }

    #[test]
    fn long_documents_go_on_to_a_second_page() {
        let mut sheet = sample();
        let long = "Le patient va bien et reprend ses activités. ".repeat(120);
        sheet.sections.push(Section::text("Histoire", [long]));
        assert!(holds(&document(&sheet), b"/Count 2"));
        assert!(holds(&document(&sample()), b"/Count 1"));
    }
}
