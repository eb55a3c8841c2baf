//! Rules on Rust files: SQL in one folder, time and chance in two files, nothing unsafe, headers, sizes.

use super::project::{Fault, TextFile, crates, files, rust_files};
use super::source::Source;

/// Words by which a string is SQL: each of a line must be in it, in upper or in lower case.
const SQL: [&[&str]; 10] = [
    &["SELECT ", " FROM "],
    &["INSERT INTO "],
    &["INSERT OR "],
    &["UPDATE ", " SET "],
    &["DELETE FROM "],
    &["CREATE TABLE "],
    &["CREATE INDEX "],
    &["ALTER TABLE "],
    &["DROP TABLE "],
    &["PRAGMA "],
];
/// Files that read the clock or draw chance; everyone else takes a `Clock` or a `Chance`.
const SOURCES: [&str; 2] = ["engine/kernel/src/clock.rs", "engine/kernel/src/chance.rs"];
/// Calls that read the clock or draw chance.
const CALLS: [&str; 8] = [
    "SystemTime::now",
    "Timestamp::now",
    "Zoned::now",
    "getrandom::fill",
    "getrandom::u64",
    "OsRng",
    "SysRng",
    "thread_rng",
];
/// Most lines of a file.
const LINES: usize = 500;

/// SQL, and the library that speaks it, are under `engine/store` only.
pub(super) fn sql() -> Vec<Fault> {
    let mut faults = Vec::new();
    for file in rust_files().filter(|file| !file.path.starts_with("engine/store/")) {
        let source = Source::of(&file.text);
        for (line, _) in source.strings.iter().filter(|(_, text)| is_sql(text)) {
            faults.push(Fault::new("sql", &file.path, format!("line {line}: SQL outside engine/store")));
        }
        if !source.lines_with("rusqlite").is_empty() {
            faults.push(Fault::new("sql", &file.path, "uses rusqlite outside engine/store"));
        }
    }
    for member in crates().into_iter().filter(|member| member.folder != "engine/store") {
        if member.dependencies().iter().any(|(_, name)| name == "rusqlite") {
            faults.push(Fault::new("sql", format!("{}/Cargo.toml", member.folder), "depends on rusqlite"));
        }
    }
    faults
}

fn is_sql(text: &str) -> bool {
    // A line break in a query is a space.
    let text = text.replace(['\n', '\t'], " ");
    let holds = |word: &str| text.contains(word);
    SQL.iter().any(|words| {
        words.iter().all(|word| holds(word))
            || (words.len() == 1
                && words[0].contains(' ')
                && words[0] != "PRAGMA "
                && holds(&words[0].to_lowercase()))
    })
}

/// The clock is read and chance is drawn in two files of the kernel.
pub(super) fn clock() -> Vec<Fault> {
    rust_files().filter(|file| !SOURCES.contains(&file.path.as_str())).flat_map(calls_in).collect()
}

fn calls_in(file: &TextFile) -> Vec<Fault> {
    let source = Source::of(&file.text);
    let found =
        CALLS.iter().flat_map(|call| source.lines_with(call).into_iter().map(move |line| (line, call)));
    found
        .map(|(line, call)| {
            Fault::new("clock", &file.path, format!("line {line}: {call}: take a Clock or a Chance"))
        })
        .collect()
}

/// The word `unsafe` is in no code.
pub(super) fn no_unsafe() -> Vec<Fault> {
    let mut faults = Vec::new();
    for file in rust_files() {
        for line in Source::of(&file.text).lines_with("unsafe") {
            faults.push(Fault::new("unsafe", &file.path, format!("line {line}")));
        }
    }
    faults
}

/// Every Rust file opens with what it is for.
pub(super) fn headers() -> Vec<Fault> {
    rust_files()
        .filter(|file| !has_header(&file.text))
        .map(|file| Fault::new("header", &file.path, "the first line must be `//! What this file is for.`"))
        .collect()
}

fn has_header(text: &str) -> bool {
    text.lines().next().and_then(|line| line.strip_prefix("//! ")).is_some_and(|rest| rest.trim().len() >= 10)
}

/// No written file is longer than a reader's patience; data, lock files and licences are not written.
pub(super) fn lengths() -> Vec<Fault> {
    let is_written = |file: &TextFile| {
        let is_kind =
            [".rs", ".md", ".css", ".js", ".toml", ".sh"].iter().any(|end| file.path.ends_with(end));
        is_kind && !format!("/{}", file.path).contains("/testdata/") && !file.path.starts_with("data/")
    };
    files()
        .iter()
        .filter(|file| is_written(file))
        .map(|file| (file, file.text.lines().count()))
        .filter(|(_, lines)| *lines > LINES)
        .map(|(file, lines)| Fault::new("length", &file.path, format!("{lines} lines, at most {LINES}")))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::{TextFile, calls_in, has_header, is_sql};

    #[test]
    fn sql_is_told_from_sentences() {
        for text in [
            "SELECT a FROM b",
            "SELECT a\nFROM b",
            "insert into t values (1)",
            "PRAGMA page_size",
            "UPDATE t SET a = 1",
        ] {
            assert!(is_sql(text), "{text}");
        }
        for text in [
            "Select a document from the list",
            "update the set",
            "created from a table",
            "GET",
            "deleted from here",
        ] {
            assert!(!is_sql(text), "{text}");
        }
    }

    #[test]
    fn a_call_is_found_in_code_but_not_in_a_comment() {
        let file = |text: &str| TextFile { path: "a.rs".into(), text: text.into() };
        assert_eq!(calls_in(&file("let t = std::time::SystemTime::now();")).len(), 1);
        assert_eq!(calls_in(&file("getrandom::fill(&mut bytes);")).len(), 1);
        assert!(
            calls_in(&file("// SystemTime::now\nlet t = clock.now(); f(\"getrandom::fill\")")).is_empty()
        );
    }

    #[test]
    fn an_empty_header_is_none() {
        assert!(has_header("//! What this is for.\n"));
        assert!(
            !has_header("//! x\n") && !has_header("\n//! What this is for.\n") && !has_header("use std;\n")
        );
    }
}
