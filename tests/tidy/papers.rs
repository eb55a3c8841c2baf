//! Rules on what is written for people: guides, glossary, origins of data, nothing of somebody's machine.

use super::project::{Fault, TextFile, crates, data_folders, files, root};
use std::collections::BTreeSet;
use std::fs;

/// Where terms of the trade must be known to the glossary.
const SPEAKING: [&str; 6] =
    ["rooms/", "engine/kernel/", "engine/gate/", "engine/pipeline/", "app/", "population/"];

/// Every crate, room and data folder has its page.
pub(super) fn readmes() -> Vec<Fault> {
    let folders =
        crates().into_iter().map(|member| member.folder).chain(["data".to_owned()]).chain(data_folders());
    let has_page = |folder: &String| {
        fs::read_to_string(root().join(folder).join("README.md")).is_ok_and(|text| text.len() > 200)
    };
    folders
        .filter(|folder| !has_page(folder))
        .map(|folder| Fault::new("readme", folder, "has no README.md of a few sentences"))
        .collect()
}

/// A term in italics in a room or in the lower engine, and an abbreviation of a guide, are in the glossary.
pub(super) fn glossary() -> Vec<Fault> {
    let known = glossary_terms(&fs::read_to_string(root().join("GLOSSARY.md")).expect("the glossary"));
    let mut faults = Vec::new();
    for file in files().iter().filter(|file| SPEAKING.iter().any(|start| file.path.starts_with(start))) {
        for term in terms_of(file).into_iter().filter(|term| !known.contains(&term.to_lowercase())) {
            faults.push(Fault::new("glossary", &file.path, format!("« {term} » is not in GLOSSARY.md")));
        }
    }
    let text = fs::read_to_string(root().join("GLOSSARY.md")).expect("the glossary");
    for room in crates().iter().filter_map(|member| member.folder.strip_prefix("rooms/")) {
        if text.lines().filter(|line| line.starts_with('|') && line.contains(&format!("`{room}`"))).count()
            < 3
        {
            faults.push(Fault::new(
                "glossary",
                format!("rooms/{room}"),
                "GLOSSARY.md names fewer than three of its terms",
            ));
        }
    }
    faults
}

/// The terms of the first column, in lower case; several stand apart by commas.
fn glossary_terms(text: &str) -> BTreeSet<String> {
    let rows = text.lines().filter_map(|line| line.strip_prefix("| "));
    rows.filter_map(|row| row.split(" | ").next())
        .flat_map(|cell| cell.split(", "))
        .map(|term| term.trim().trim_matches(['*', '`']).replace('’', "'").to_lowercase())
        .collect()
}

fn terms_of(file: &TextFile) -> BTreeSet<String> {
    let is_guide = file.path.ends_with("README.md") && !file.path.contains("/testdata/");
    let mut terms = BTreeSet::new();
    for line in file.text.lines() {
        let line = line.trim();
        if is_guide || (file.path.ends_with(".rs") && (line.starts_with("///") || line.starts_with("//!"))) {
            terms.extend(italics(line));
        }
        if is_guide && !line.starts_with("```") {
            terms.extend(abbreviations(line));
        }
    }
    terms
}

/// What stands between single asterisks and begins with a letter.
fn italics(line: &str) -> Vec<String> {
    let pieces: Vec<&str> = line.split('*').collect();
    let mut found = Vec::new();
    for (index, piece) in pieces.iter().enumerate().skip(1).step_by(2) {
        let is_closed = index + 1 < pieces.len();
        let is_bold = pieces[index - 1].is_empty() && index > 1 || piece.is_empty();
        let is_word =
            piece.starts_with(char::is_alphabetic) && piece.ends_with(|c: char| c.is_alphanumeric());
        if is_closed && is_word && !is_bold && piece.len() <= 60 {
            found.push((*piece).replace('’', "'"));
        }
    }
    found
}

/// Words of three capitals or more, outside code.
fn abbreviations(line: &str) -> Vec<String> {
    let outside: String = line.split('`').step_by(2).collect::<Vec<_>>().join(" ");
    outside
        .split(|c: char| !c.is_alphanumeric())
        .filter(|word| word.len() >= 3 && word.chars().all(|c| c.is_ascii_uppercase()))
        .map(str::to_owned)
        .collect()
}

/// Every data folder says where its data come from and under what licence.
pub(super) fn data() -> Vec<Fault> {
    data_folders()
        .into_iter()
        .filter_map(|folder| {
            let text =
                fs::read_to_string(root().join(&folder).join("README.md")).unwrap_or_default().to_lowercase();
            let missing: Vec<&str> =
                ["origin", "licence"].into_iter().filter(|word| !text.contains(word)).collect();
            (!missing.is_empty()).then(|| {
                Fault::new("data", folder, format!("README.md does not name: {}", missing.join(", ")))
            })
        })
        .collect()
}

/// No file names a folder of somebody's machine.
pub(super) fn places() -> Vec<Fault> {
    // Written in two parts, so that this file does not find itself.
    let folders = ["work/", "home/", "root/", "tmp/", "Users/", "mnt/"].map(|name| format!("/{name}"));
    files()
        .iter()
        .flat_map(|file| {
            let folders = &folders;
            let lines = file
                .text
                .lines()
                .enumerate()
                .filter(move |(_, line)| folders.iter().any(|name| names(line, name)));
            lines.map(|(index, _)| {
                Fault::new("place", &file.path, format!("line {}: a path of a machine", index + 1))
            })
        })
        .collect()
}

/// True when the line holds an absolute path that begins so: no name and no other path before it.
fn names(line: &str, folder: &str) -> bool {
    line.match_indices(folder)
        .any(|(at, _)| !line[..at].ends_with(|c: char| c.is_alphanumeric() || "/.})]>-_".contains(c)))
}

/// No file names the address of a registry; the lock file names the public index of the language, and no other.
pub(super) fn registries() -> Vec<Fault> {
    let hosts = [
        ("crates", ".io"),
        ("npmjs", ".org"),
        ("npmjs", ".com"),
        ("pypi", ".org"),
        ("docker", ".io"),
        ("ghcr", ".io"),
    ]
    .map(|(name, end)| format!("{name}{end}"));
    let public = format!("registry+https://github.com/rust-lang/{}-index", hosts[0]);
    let mut faults = Vec::new();
    for file in files() {
        for (index, line) in file.text.lines().enumerate() {
            let is_source = file.path == "Cargo.lock" && line.starts_with("source = ");
            let is_fault = if is_source {
                !line.contains(&public)
            } else {
                hosts.iter().any(|host| line.contains(host))
            };
            if is_fault {
                faults.push(Fault::new(
                    "registry",
                    &file.path,
                    format!("line {}: the address of a registry", index + 1),
                ));
            }
        }
    }
    faults
}

#[cfg(test)]
mod tests {
    use super::{abbreviations, glossary_terms, italics, names};

    #[test]
    fn terms_are_read_from_guides_and_glossary() {
        assert_eq!(
            italics("the *bris de glace* and **bold** and a * b * c, *matrice d’habilitation*."),
            ["bris de glace", "matrice d'habilitation"]
        );
        assert_eq!(abbreviations("INS, `RPPS` and Pro (DMP), Ab"), ["INS", "DMP"]);
        let terms = glossary_terms("| *INS*, matricule | x |\n|---|---|\n| bris de glace | y |\n");
        assert!(terms.contains("ins") && terms.contains("matricule") && terms.contains("bris de glace"));
        assert!(!terms.contains("x"));
    }

    #[test]
    fn an_absolute_path_is_told_from_an_address() {
        let folder = format!("/{}", "home/");
        assert!(names(&format!("cd {folder}anne"), &folder));
        assert!(!names(&format!("https://sante.example{folder}x"), &folder));
    }
}
