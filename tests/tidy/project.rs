//! The project as a tidy rule looks at it: its files, its crates, and the written exceptions.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

/// Folders that are made, not written.
const MADE: [&str; 5] = [".git", "target", "var", "artifacts", "node_modules"];

/// Something that breaks a rule.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Fault {
    /// Name of the rule, as exceptions write it.
    pub(super) rule: &'static str,
    /// File or folder, relative to the project.
    pub(super) path: String,
    /// What is wrong.
    pub(super) what: String,
}

impl Fault {
    /// A fault of a file.
    pub(super) fn new(rule: &'static str, path: impl Into<String>, what: impl Into<String>) -> Self {
        Fault { rule, path: path.into(), what: what.into() }
    }
}

/// A text file.
#[derive(Clone, Debug)]
pub(super) struct TextFile {
    /// Relative to the project, with `/`.
    pub(super) path: String,
    /// Its content.
    pub(super) text: String,
}

/// The root of the project: the first folder above the tests' working folder whose manifest is a workspace.
pub(super) fn root() -> PathBuf {
    let here = std::env::current_dir().expect("tests run in a folder");
    let is_root = |folder: &&Path| {
        fs::read_to_string(folder.join("Cargo.toml")).is_ok_and(|text| text.contains("[workspace]"))
    };
    here.ancestors().find(is_root).expect("tests run inside the project").to_owned()
}

/// Every text file of the project, read once; binary files are left out.
pub(super) fn files() -> &'static [TextFile] {
    static FILES: OnceLock<Vec<TextFile>> = OnceLock::new();
    FILES.get_or_init(read_files)
}

fn read_files() -> Vec<TextFile> {
    let root = root();
    let mut found = Vec::new();
    let mut waiting = vec![root.clone()];
    while let Some(folder) = waiting.pop() {
        for entry in fs::read_dir(&folder).expect("a folder of the project").flatten() {
            let (path, name) = (entry.path(), entry.file_name());
            if path.is_dir() {
                if !MADE.iter().any(|made| name == *made) {
                    waiting.push(path);
                }
            } else if let Ok(text) = fs::read_to_string(&path) {
                found.push(TextFile { path: relative(&root, &path), text });
            }
        }
    }
    found.sort_by(|a, b| a.path.cmp(&b.path));
    found
}

/// The Rust files of the project.
pub(super) fn rust_files() -> impl Iterator<Item = &'static TextFile> {
    files().iter().filter(|file| file.path.ends_with(".rs"))
}

/// Folders that hold data: `data` and `testdata` anywhere, with the folders right inside them.
pub(super) fn data_folders() -> Vec<String> {
    let root = root();
    let mut found = Vec::new();
    let mut waiting = vec![root.clone()];
    while let Some(folder) = waiting.pop() {
        for entry in fs::read_dir(&folder).expect("a folder of the project").flatten() {
            let (path, name) = (entry.path(), entry.file_name());
            if !path.is_dir() || MADE.iter().any(|made| name == *made) {
                continue;
            }
            if name == "data" || name == "testdata" {
                let inside = fs::read_dir(&path).expect("a folder of the project").flatten();
                let folders = inside.map(|entry| entry.path()).filter(|path| path.is_dir());
                found.extend(folders.map(|path| relative(&root, &path)));
            } else {
                waiting.push(path);
            }
        }
    }
    found.sort();
    found
}

fn relative(root: &Path, path: &Path) -> String {
    path.strip_prefix(root).unwrap_or(path).to_string_lossy().replace('\\', "/")
}

/// A crate of the workspace.
#[derive(Clone, Debug)]
pub(super) struct Crate {
    /// Package name.
    pub(super) name: String,
    /// Folder, relative to the project.
    pub(super) folder: String,
    /// Its manifest.
    pub(super) manifest: toml::Table,
}

impl Crate {
    /// Names under `[dependencies]`, `[dev-dependencies]` or `[build-dependencies]`.
    pub(super) fn names(&self, table: &str) -> Vec<String> {
        let table = self.manifest.get(table).and_then(toml::Value::as_table);
        table.map(|table| table.keys().cloned().collect()).unwrap_or_default()
    }

    /// Every dependency with the table it stands in.
    pub(super) fn dependencies(&self) -> Vec<(&'static str, String)> {
        ["dependencies", "dev-dependencies", "build-dependencies"]
            .into_iter()
            .flat_map(|table| self.names(table).into_iter().map(move |name| (table, name)))
            .collect()
    }
}

/// The manifest of the workspace.
pub(super) fn workspace() -> toml::Table {
    read_manifest(&root().join("Cargo.toml"))
}

/// Every member of the workspace.
pub(super) fn crates() -> Vec<Crate> {
    let workspace = workspace();
    let members = workspace["workspace"]["members"].as_array().expect("a list of members").clone();
    let folders = members.iter().map(|member| member.as_str().expect("a folder").to_owned());
    folders
        .map(|folder| {
            let manifest = read_manifest(&root().join(&folder).join("Cargo.toml"));
            let name = manifest["package"]["name"].as_str().expect("a package has a name").to_owned();
            Crate { name, folder, manifest }
        })
        .collect()
}

fn read_manifest(path: &Path) -> toml::Table {
    let text = fs::read_to_string(path).expect("a manifest");
    text.parse().expect("manifests are TOML")
}

/// The exceptions of `tests/tidy-exceptions.txt`: reasons by rule and path.
pub(super) fn exceptions() -> BTreeMap<(String, String), String> {
    parse_exceptions(&fs::read_to_string(root().join("tests/tidy-exceptions.txt")).expect("the exceptions"))
}

/// Reads lines of `rule | path | reason`; blank lines and `#` lines say nothing.
pub(super) fn parse_exceptions(text: &str) -> BTreeMap<(String, String), String> {
    let mut found = BTreeMap::new();
    for line in text.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#')) {
        let parts: Vec<&str> = line.split('|').map(str::trim).collect();
        let [rule, path, reason] = parts[..] else {
            panic!("an exception is `rule | path | reason`: {line}")
        };
        assert!(reason.len() >= 10, "an exception carries its reason: {line}");
        let before = found.insert((rule.to_owned(), path.to_owned()), reason.to_owned());
        assert!(before.is_none(), "an exception is written once: {line}");
    }
    found
}
