//! A document as plain text.

use super::sheet::Sheet;
use std::fmt::Write;

/// The document in lines.
pub(crate) fn plain(sheet: &Sheet) -> String {
    let mut out = String::with_capacity(1024);
    let mut line = |text: &str| {
        out.push_str(text);
        out.push('\n');
    };
    line(&format!("*** DÉMO : document inventé ***\n{}", sheet.place.name));
    line(&format!("{}, {} {}", sheet.place.street, sheet.place.postal_code, sheet.place.city));
    line(&format!("\n{}\n{}", sheet.patient.spoken(), sheet.patient.line()));
    line(&format!("Matricule INS : {}", sheet.patient.ins));
    line(&format!("\n{}\nLe {}", sheet.title.to_uppercase(), sheet.date));
    for section in &sheet.sections {
        let mut part = format!("\n{}\n", section.title);
        for paragraph in &section.paragraphs {
            part.push_str(paragraph);
            part.push('\n');
        }
        if let Some(table) = &section.table {
            for row in &table.rows {
                writeln!(part, "- {}", row.join(" ; ")).expect("a string takes every text");
            }
        }
        line(part.trim_end());
    }
    line(&format!("\n{}, {}", sheet.author.spoken, sheet.author.profession));
    out
}

#[cfg(test)]
mod tests {
    #[test]
    fn says_who_where_what() {
        let text = super::plain(&crate::documents::sheet::sample());
        for part in ["DÉMO", "Laboratoire de l'Océan", "242033523800103", "Hémoglobine A1c ; 7,1 ; %"] {
            assert!(text.contains(part), "{part}");
        }
    }
}
