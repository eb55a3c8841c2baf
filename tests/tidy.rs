//! The house's own rules, held by a test: levels between crates, one door to the store, SQL in one folder, time and chance
//! as arguments, headers, sizes, guides, glossary, origins of data.
//!
//! Exceptions are lines of `tests/tidy-exceptions.txt`, each with its reason; one that nothing needs is a fault itself.

mod code;
mod crates;
mod papers;
mod project;
mod source;

use project::{Fault, exceptions};

/// Finds what breaks a rule today.
type Check = fn() -> Vec<Fault>;

/// Every rule by its name.
const RULES: [(&str, Check); 15] = [
    ("levels", crates::levels),
    ("store", crates::store),
    ("rooms", crates::rooms),
    ("lints", crates::lints),
    ("reasons", crates::reasons),
    ("sql", code::sql),
    ("clock", code::clock),
    ("unsafe", code::no_unsafe),
    ("header", code::headers),
    ("length", code::lengths),
    ("readme", papers::readmes),
    ("glossary", papers::glossary),
    ("data", papers::data),
    ("place", papers::places),
    ("registry", papers::registries),
];

/// What breaks a rule and is not excepted.
fn left(rule: &str) -> Vec<Fault> {
    let known = exceptions();
    let (_, check) = RULES.iter().find(|(name, _)| *name == rule).expect("a rule of this name");
    check().into_iter().filter(|fault| !known.contains_key(&(rule.to_owned(), fault.path.clone()))).collect()
}

fn hold(rule: &str) {
    let faults = left(rule);
    let lines: Vec<String> = faults.iter().map(|fault| format!("{}: {}", fault.path, fault.what)).collect();
    assert!(faults.is_empty(), "\n{}\n", lines.join("\n"));
}

#[test]
fn a_crate_uses_lower_levels_only() {
    hold("levels");
}

#[test]
fn only_the_gate_opens_the_store() {
    hold("store");
}

#[test]
fn rooms_do_not_know_each_other() {
    hold("rooms");
}

#[test]
fn every_crate_has_the_lints_of_the_workspace() {
    hold("lints");
}

#[test]
fn every_dependency_says_why_it_is_here() {
    hold("reasons");
}

#[test]
fn sql_lives_in_the_store_alone() {
    hold("sql");
}

#[test]
fn time_and_chance_come_from_two_files() {
    hold("clock");
}

#[test]
fn nothing_is_unsafe() {
    hold("unsafe");
}

#[test]
fn every_file_says_what_it_is_for() {
    hold("header");
}

#[test]
fn no_file_outgrows_its_reader() {
    hold("length");
}

#[test]
fn every_crate_and_data_folder_has_its_page() {
    hold("readme");
}

#[test]
fn the_glossary_knows_the_terms_of_every_room() {
    hold("glossary");
}

#[test]
fn every_data_folder_names_origin_and_licence() {
    hold("data");
}

#[test]
fn no_file_names_a_place_of_somebodys_machine() {
    hold("place");
}

#[test]
fn no_file_names_the_address_of_a_registry() {
    hold("registry");
}

#[test]
fn every_exception_is_still_needed() {
    let faults: Vec<(String, String)> = RULES
        .iter()
        .flat_map(|(name, check)| check().into_iter().map(|fault| ((*name).to_owned(), fault.path)))
        .collect();
    let unused: Vec<(String, String)> =
        exceptions().into_keys().filter(|key| !faults.contains(key)).collect();
    assert!(unused.is_empty(), "exceptions that nothing needs: {unused:?}");
}

#[test]
fn an_exception_without_a_reason_is_refused() {
    let read = |text: &'static str| std::panic::catch_unwind(|| project::parse_exceptions(text));
    assert_eq!(
        read("# a remark\n\nlength | a.rs | one table, printed by a program\n").map(|all| all.len()).ok(),
        Some(1)
    );
    assert!(read("length | a.rs |").is_err());
    assert!(read("length | a.rs").is_err());
}
