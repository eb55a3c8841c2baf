//! `socle package`: profile packages of an operator. What is added is checked and packed once; the next start knows it.

use crate::cli::{Package, PackageAdd, PackageName};
use crate::failure::Failure;
use crate::terminal;
use flate2::read::GzDecoder;
use socle_fhir::packages::{self, Made, RESOURCE_BYTES};
use socle_kernel::Problem;
use std::fs;
use std::io::{Read, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

/// Most files of one package.
const FILES: usize = 20_000;
/// Largest package, in bytes once unpacked.
const PACKAGE_BYTES: usize = 512 * 1024 * 1024;
/// A block of a tar file.
const BLOCK: usize = 512;

/// Name and bytes of each file of a package.
type Files = Vec<(String, Vec<u8>)>;

/// Adds, lists or removes packages.
pub fn run(command: Package, config: Option<PathBuf>) -> Result<ExitCode, Failure> {
    match command {
        Package::Add(args) => add(&args, config),
        Package::List(args) => {
            let settings = super::settings(args.data, config, Some(crate::settings::DEMO_FOLDER))?;
            install(&settings.data)?;
            for (name, version, count) in packages::installed() {
                let place = if file(&settings.data, name, version).exists() { "added" } else { "built in" };
                terminal::print(&format!("{name}#{version}\t{count}\t{place}"));
            }
            Ok(ExitCode::SUCCESS)
        }
        Package::Remove(args) => remove(&args, config),
    }
}

/// Installs the packages of a store's folder, at start.
pub fn install(data: &Path) -> Result<(), Failure> {
    let Ok(entries) = fs::read_dir(folder(data)) else { return Ok(()) };
    let mut files: Vec<PathBuf> = entries.filter_map(|entry| Some(entry.ok()?.path())).collect();
    files.retain(|path| path.extension().is_some_and(|extension| extension == "pack"));
    files.sort();
    let mut packs = Vec::new();
    for path in files {
        let bytes = fs::read(&path).map_err(|error| unreadable(&path, &error))?;
        packs.push(packages::Pack::open(bytes).map_err(|problem| refused(&path, &problem))?);
    }
    packages::install(packs);
    Ok(())
}

fn folder(data: &Path) -> PathBuf {
    data.join("packages")
}

fn file(data: &Path, name: &str, version: &str) -> PathBuf {
    folder(data).join(format!("{name}#{version}.pack"))
}

fn unreadable(path: &Path, error: &std::io::Error) -> Failure {
    Failure::environment(
        format!("{} cannot be read or written: {error}.", path.display()),
        "Check the path and its rights.",
    )
}

fn refused(path: &Path, problem: &Problem) -> Failure {
    let what: Vec<&str> = problem.issues.iter().map(|issue| &*issue.text.en).collect();
    Failure::environment(
        format!("{}: {}", path.display(), what.join(" ")),
        "Mend the package, or add the packages it rests on first. Nothing was written.",
    )
}

fn add(args: &PackageAdd, config: Option<PathBuf>) -> Result<ExitCode, Failure> {
    let settings = super::settings(args.data.clone(), config, Some(crate::settings::DEMO_FOLDER))?;
    install(&settings.data)?;
    let files =
        if args.package.is_dir() { from_folder(&args.package)? } else { from_archive(&args.package)? };
    let made = packages::make(&files).map_err(|problem| refused(&args.package, &problem))?;
    let path = file(&settings.data, &made.name, &made.version);
    keep(&path, &made.bytes).map_err(|error| unreadable(&path, &error))?;
    let Made { name, version, resources, snapshots, bytes } = made;
    terminal::print(&format!(
        "{name}#{version}: {resources} resources, {snapshots} snapshots made, {} bytes. Used from the next start on.",
        bytes.len()
    ));
    Ok(ExitCode::SUCCESS)
}

/// Whole or not at all: beside it first, then in its place.
fn keep(path: &Path, bytes: &[u8]) -> std::io::Result<()> {
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder)?;
    }
    let beside = path.with_extension("new");
    let mut file = fs::File::create(&beside)?;
    file.write_all(bytes)?;
    file.sync_all()?;
    fs::rename(&beside, path)
}

fn remove(args: &PackageName, config: Option<PathBuf>) -> Result<ExitCode, Failure> {
    let settings = super::settings(args.data.clone(), config, Some(crate::settings::DEMO_FOLDER))?;
    let found = args.package.split_once('#').map(|(name, version)| file(&settings.data, name, version));
    let found = found.filter(|path| path.parent() == Some(&folder(&settings.data)) && path.exists());
    let Some(path) = found else {
        return Err(Failure::environment(
            format!("No package {:?} was added here.", args.package),
            "`socle package list` names them as name#version; built-in ones stay.",
        ));
    };
    fs::remove_file(&path).map_err(|error| unreadable(&path, &error))?;
    terminal::print(&format!("{} is removed from the next start on.", args.package));
    Ok(ExitCode::SUCCESS)
}

fn too_large(path: &Path) -> Failure {
    Failure::environment(
        format!("{} holds more than {FILES} files or {PACKAGE_BYTES} bytes.", path.display()),
        "A FHIR package is smaller; check that this is one.",
    )
}

fn from_folder(path: &Path) -> Result<Files, Failure> {
    // The folder of an unpacked archive has its files in `package`.
    let inner = path.join("package");
    let place = if inner.is_dir() { inner } else { path.to_owned() };
    let entries = fs::read_dir(&place).map_err(|error| unreadable(&place, &error))?;
    let mut paths: Vec<PathBuf> = entries.filter_map(|entry| Some(entry.ok()?.path())).collect();
    paths.retain(|path| path.is_file() && path.extension().is_some_and(|extension| extension == "json"));
    paths.sort();
    let (mut files, mut total) = (Files::new(), 0);
    for path in paths {
        let bytes = fs::read(&path).map_err(|error| unreadable(&path, &error))?;
        total += bytes.len();
        if files.len() >= FILES || total > PACKAGE_BYTES {
            return Err(too_large(&place));
        }
        files.push((path.file_name().and_then(|name| name.to_str()).unwrap_or("").to_owned(), bytes));
    }
    Ok(files)
}

fn from_archive(path: &Path) -> Result<Files, Failure> {
    let file = fs::File::open(path).map_err(|error| unreadable(path, &error))?;
    let mut bytes = Vec::new();
    let most = u64::try_from(PACKAGE_BYTES + 1).unwrap_or(u64::MAX);
    GzDecoder::new(file).take(most).read_to_end(&mut bytes).map_err(|error| {
        Failure::environment(
            format!("{} is not a gzip archive: {error}.", path.display()),
            "Give a FHIR package (.tgz) or a folder of JSON files.",
        )
    })?;
    if bytes.len() > PACKAGE_BYTES {
        return Err(too_large(path));
    }
    unpacked(&bytes).ok_or_else(|| {
        Failure::environment(
            format!("{} is not a whole tar archive.", path.display()),
            "Fetch the package again; nothing was written.",
        )
    })
}

/// The JSON files of the `package` folder of a tar archive; `None` when the archive is not whole. Thirty lines instead of a
/// dependency: packages are plain archives of plain files.
fn unpacked(mut rest: &[u8]) -> Option<Files> {
    let mut files = Files::new();
    let mut long_name = None;
    while rest.len() >= BLOCK {
        let (head, after) = rest.split_at(BLOCK);
        if head.iter().all(|byte| *byte == 0) {
            return Some(files);
        }
        let text = |range: std::ops::Range<usize>| {
            let bytes = head[range].split(|byte| *byte == 0).next().unwrap_or(&[]);
            String::from_utf8_lossy(bytes).into_owned()
        };
        let size = usize::from_str_radix(text(124..136).trim(), 8).ok()?;
        let padded = size.div_ceil(BLOCK).checked_mul(BLOCK)?;
        let content = after.get(..size)?;
        rest = after.get(padded..)?;
        let prefix = text(345..500);
        let own = if prefix.is_empty() { text(0..100) } else { format!("{prefix}/{}", text(0..100)) };
        match head[156] {
            b'L' => long_name = Some(String::from_utf8_lossy(content).trim_end_matches('\0').to_owned()),
            b'x' => long_name = pax_path(content),
            b'0' | 0 => {
                let name = long_name.take().unwrap_or(own);
                let is_wanted = name.ends_with(".json") && name.split('/').rev().nth(1) == Some("package");
                if is_wanted && files.len() < FILES && size <= RESOURCE_BYTES {
                    files.push((name, content.to_vec()));
                }
            }
            _ => long_name = None,
        }
    }
    None
}

/// The name that an extended header gives to the next file.
fn pax_path(content: &[u8]) -> Option<String> {
    let text = String::from_utf8_lossy(content);
    text.lines().find_map(|line| Some(line.split_once(" path=")?.1.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tar(files: &[(&str, &[u8])]) -> Vec<u8> {
        let mut archive = Vec::new();
        for (name, content) in files {
            let mut head = [0_u8; BLOCK];
            head[..name.len()].copy_from_slice(name.as_bytes());
            head[124..135].copy_from_slice(format!("{:011o}", content.len()).as_bytes());
            head[156] = b'0';
            archive.extend_from_slice(&head);
            archive.extend_from_slice(content);
            archive.resize(archive.len().next_multiple_of(BLOCK), 0);
        }
        archive.resize(archive.len() + 2 * BLOCK, 0);
        archive
    }

    #[test]
    fn the_files_of_the_package_folder_are_read() {
        let archive = tar(&[
            ("package/package.json", b"{}"),
            ("package/example/Patient-a.json", b"{}"),
            ("package/ValueSet-a.json", &[b'a'; 600]),
        ]);
        let files = unpacked(&archive).expect("whole");
        let names: Vec<&str> = files.iter().map(|(name, _)| name.as_str()).collect();
        assert_eq!(names, ["package/package.json", "package/ValueSet-a.json"]);
        assert_eq!(files[1].1.len(), 600);
        assert!(unpacked(&archive[..archive.len() - 3 * BLOCK]).is_none());
    }

    #[test]
    fn a_package_is_kept_installed_and_removed() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("source");
        fs::create_dir(&path).expect("a folder");
        let manifest = br#"{"name": "exemple.essai", "version": "1.0.0", "fhirVersions": ["4.0.1"]}"#;
        fs::write(path.join("package.json"), manifest).expect("written");
        let set =
            br#"{"resourceType": "ValueSet", "id": "v", "url": "https://exemple.fr/v", "status": "draft"}"#;
        fs::write(path.join("ValueSet-v.json"), set).expect("written");
        let data = Some(folder.path().to_owned());
        add(&PackageAdd { package: path.clone(), data: data.clone() }, None).expect("added");
        install(folder.path()).expect("installed");
        assert!(packages::find(packages::Kind::ValueSet, "https://exemple.fr/v").is_some());
        fs::write(path.join("ValueSet-w.json"), b"{").expect("written");
        let failure = add(&PackageAdd { package: path, data: data.clone() }, None).expect_err("not JSON");
        assert!(failure.what.contains("ValueSet-w.json"), "{}", failure.what);
        let named = PackageName { package: "exemple.essai#1.0.0".to_owned(), data };
        remove(&named, None).expect("removed");
        assert!(remove(&named, None).is_err());
    }
}
