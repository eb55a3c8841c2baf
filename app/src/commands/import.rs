//! `socle import`: Bundles, resources, NDJSON and CDA documents from files, with a progress bar and a report of refusals.

use crate::cli::Import;
use crate::failure::Failure;
use crate::settings;
use crate::terminal::Progress;
use crate::{terminal, wiring};
use flate2::read::MultiGzDecoder;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use socle_gate::Session;
use socle_kernel::{Principal, Problem, Purpose, limits};
use socle_pipeline::{Imported, Pipeline};
use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Read, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;

/// Single resources of one NDJSON file that are written together.
const GROUP: usize = 200;
/// Longest line or file that is read into memory.
const UNIT_BYTES: u64 = 512 * 1024 * 1024;
/// Refusals shown on the terminal; the report file has all.
const SHOWN: usize = 20;
/// Bytes of JSON in one group.
const GROUP_BYTES: usize = 8 * 1024 * 1024;

/// What happened so far.
#[derive(Default)]
struct Tally {
    written: BTreeMap<String, u64>,
    seen: u64,
    refused: Vec<Value>,
}

/// Imports every file.
pub async fn run(args: Import, config: Option<PathBuf>) -> Result<ExitCode, Failure> {
    let settings = super::settings(args.data.clone(), config, None)?;
    let files = files(&args.paths)?;
    let gate = wiring::open(&settings).await?;
    let is_demo = wiring::is_demo(&settings.data);
    let pipeline = wiring::pipeline(
        gate,
        &settings,
        settings.base_url.clone().unwrap_or_else(|| settings::LOCAL_URL.into()),
        is_demo,
    );
    let mut tally = Tally::default();
    let total = files.iter().filter_map(|file| file.metadata().ok()).map(|metadata| metadata.len()).sum();
    let progress = Progress::new("Import (bytes read)", total);
    for file in &files {
        import_file(&pipeline, file, &progress, &mut tally).await?;
    }
    progress.finish();
    let closed = pipeline.gate().close().await;
    report(&tally, args.report.as_deref())?;
    closed.map_err(|error| Failure::of_store(&error, &settings.data))?;
    Ok(if tally.refused.is_empty() { ExitCode::SUCCESS } else { ExitCode::from(1) })
}

/// Every file under the paths, in order of names.
fn files(paths: &[PathBuf]) -> Result<Vec<PathBuf>, Failure> {
    let mut found = Vec::new();
    let mut waiting: Vec<PathBuf> = paths.iter().rev().cloned().collect();
    while let Some(path) = waiting.pop() {
        let wrong = |error: std::io::Error| {
            Failure::environment(
                format!("{} cannot be read: {error}.", path.display()),
                "Check the path and its rights.",
            )
        };
        if path.metadata().map_err(wrong)?.is_dir() {
            let mut inside: Vec<PathBuf> = std::fs::read_dir(&path)
                .map_err(wrong)?
                .filter_map(|entry| Some(entry.ok()?.path()))
                .collect();
            inside.sort();
            waiting.extend(inside.into_iter().rev().filter(|path| path.is_dir() || kind(path).is_some()));
        } else {
            found.push(path);
        }
    }
    Ok(found)
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum FileKind {
    Json,
    Lines,
    Xml,
}

/// What a file holds, by its name without `.gz`.
fn kind(path: &Path) -> Option<FileKind> {
    let name = path.file_name()?.to_str()?.to_ascii_lowercase();
    let name = name.strip_suffix(".gz").unwrap_or(&name);
    match name.rsplit('.').next()? {
        "json" => Some(FileKind::Json),
        "ndjson" | "jsonl" => Some(FileKind::Lines),
        "xml" => Some(FileKind::Xml),
        _ => None,
    }
}

/// A file read through its compression, counting on the progress bar.
fn open<'a>(path: &Path, progress: &'a Progress) -> Result<Box<dyn BufRead + Send + 'a>, Failure> {
    let file = std::fs::File::open(path).map_err(|error| {
        Failure::environment(
            format!("{} cannot be read: {error}.", path.display()),
            "Check the path and its rights.",
        )
    })?;
    let counted = Counted { inner: file, progress };
    let is_packed = path.extension().is_some_and(|extension| extension.eq_ignore_ascii_case("gz"));
    Ok(if is_packed {
        Box::new(BufReader::new(MultiGzDecoder::new(BufReader::new(counted))))
    } else {
        Box::new(BufReader::new(counted))
    })
}

struct Counted<'a> {
    inner: std::fs::File,
    progress: &'a Progress,
}

impl Read for Counted<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        let count = self.inner.read(buffer)?;
        self.progress.add(count as u64);
        Ok(count)
    }
}

async fn import_file(
    pipeline: &Pipeline,
    path: &Path,
    progress: &Progress,
    tally: &mut Tally,
) -> Result<(), Failure> {
    let place = path.display().to_string();
    let Some(kind) = kind(path) else {
        tally
            .refused
            .push(json!({ "file": place, "reason": "not a .json, .ndjson or .xml file (nor .gz of one)" }));
        return Ok(());
    };
    let mut reader = open(path, progress)?;
    if kind != FileKind::Lines {
        let mut bytes = Vec::new();
        match reader.by_ref().take(UNIT_BYTES).read_to_end(&mut bytes) {
            Err(error) => tally.refused.push(json!({ "file": place, "reason": error.to_string() })),
            Ok(_) if kind == FileKind::Xml => {
                let digest = digest(&bytes);
                one(pipeline, &place, Imported::Document(bytes), digest, tally).await?;
            }
            Ok(_) => match socle_fhir::json::parse(&bytes) {
                Ok(value) => one(pipeline, &place, Imported::Fhir(value), digest(&bytes), tally).await?,
                Err(problem) => refuse(&place, &problem, tally),
            },
        }
        return Ok(());
    }
    let mut group = Group::default();
    let mut number = 0u64;
    loop {
        let mut line = Vec::new();
        let read = reader.by_ref().take(UNIT_BYTES).read_until(b'\n', &mut line);
        number += 1;
        match read {
            Err(error) => {
                tally
                    .refused
                    .push(json!({ "file": format!("{place}:{number}"), "reason": error.to_string() }));
                break;
            }
            Ok(0) => break,
            Ok(_) => {}
        }
        if line.iter().all(u8::is_ascii_whitespace) {
            continue;
        }
        let place = format!("{place}:{number}");
        match socle_fhir::json::parse(&line) {
            Err(problem) => refuse(&place, &problem, tally),
            Ok(value) if value["resourceType"] == "Bundle" => {
                group.flush(pipeline, tally).await?;
                one(pipeline, &place, Imported::Fhir(value), digest(&line), tally).await?;
            }
            Ok(value) => {
                group.add(place, &line, value);
                if group.is_full() {
                    group.flush(pipeline, tally).await?;
                }
            }
        }
    }
    group.flush(pipeline, tally).await
}

fn digest(bytes: &[u8]) -> [u8; 32] {
    Sha256::digest(bytes).into()
}

/// Single resources waiting to be written together.
#[derive(Default)]
struct Group {
    hash: Sha256,
    bytes: usize,
    items: Vec<(String, [u8; 32], Value)>,
}

impl Group {
    fn add(&mut self, place: String, line: &[u8], value: Value) {
        self.hash.update(line);
        self.bytes += line.len();
        self.items.push((place, digest(line), value));
    }

    fn is_full(&self) -> bool {
        self.items.len() >= GROUP || self.bytes >= GROUP_BYTES
    }

    /// Writes them in one transaction; when one is refused, each for itself, so that only that one is.
    async fn flush(&mut self, pipeline: &Pipeline, tally: &mut Tally) -> Result<(), Failure> {
        let Group { hash, items, .. } = std::mem::take(self);
        if items.is_empty() {
            return Ok(());
        }
        let entries: Vec<Value> = items.iter().map(|(_, _, value)| json!({ "resource": value })).collect();
        let bundle = json!({ "resourceType": "Bundle", "type": "collection", "entry": entries });
        let session = session(pipeline);
        let result = pipeline.import(&session, Imported::Fhir(bundle), hash.finalize().into()).await;
        match session.close(result).await.into_inner() {
            Ok(outcome) => {
                count(&outcome, tally);
                Ok(())
            }
            Err(problem) if must_stop(&problem) => Err(stopped(&problem)),
            Err(_) => {
                for (place, digest, value) in items {
                    one(pipeline, &place, Imported::Fhir(value), digest, tally).await?;
                }
                Ok(())
            }
        }
    }
}

fn session(pipeline: &Pipeline) -> Session {
    let principal = Arc::new(Principal::operator("socle import"));
    pipeline.gate().session(principal, Purpose::Administration, "import")
}

async fn one(
    pipeline: &Pipeline,
    place: &str,
    input: Imported,
    digest: [u8; 32],
    tally: &mut Tally,
) -> Result<(), Failure> {
    let session = session(pipeline);
    let result = pipeline.import(&session, input, digest).await;
    match session.close(result).await.into_inner() {
        Ok(outcome) => count(&outcome, tally),
        Err(problem) if must_stop(&problem) => return Err(stopped(&problem)),
        Err(problem) => refuse(place, &problem, tally),
    }
    Ok(())
}

fn count(outcome: &socle_pipeline::ImportOutcome, tally: &mut Tally) {
    tally.seen += u64::from(outcome.was_seen);
    for (name, count) in &outcome.written {
        *tally.written.entry(name.clone()).or_default() += count;
    }
}

fn must_stop(problem: &Problem) -> bool {
    use socle_kernel::Kind;
    matches!(problem.kind, Kind::Internal | Kind::StorageFull | Kind::Unavailable)
}

fn stopped(problem: &Problem) -> Failure {
    Failure::store(
        format!("The import stopped: {problem}."),
        "Mend the cause and run the same command again: what was imported is not imported twice.",
    )
}

fn refuse(place: &str, problem: &Problem, tally: &mut Tally) {
    let issues: Vec<Value> = problem
        .issues
        .iter()
        .map(|issue| json!({ "path": issue.path, "text": issue.text.en, "expected": issue.expected, "received": issue.received }))
        .collect();
    tally
        .refused
        .push(json!({ "file": place, "reason": problem.headline(socle_kernel::Lang::En), "issues": issues }));
}

fn report(tally: &Tally, file: Option<&Path>) -> Result<(), Failure> {
    let total: u64 = tally.written.values().sum();
    terminal::print(&format!("{total} resources imported"));
    for (name, count) in &tally.written {
        terminal::print(&format!("  {name:32} {count:>9}"));
    }
    if tally.seen > 0 {
        terminal::print(&format!("{} inputs were imported before and left alone", tally.seen));
    }
    if tally.refused.is_empty() {
        return Ok(());
    }
    terminal::print(&format!("{} refused", tally.refused.len()));
    for refusal in tally.refused.iter().take(SHOWN) {
        let issue = &refusal["issues"][0];
        terminal::print(&format!(
            "  {}: {} {} {}",
            refusal["file"].as_str().unwrap_or(""),
            refusal["reason"].as_str().unwrap_or(""),
            issue["path"].as_str().unwrap_or(""),
            issue["expected"].as_str().map(|text| format!("(expected {text})")).unwrap_or_default()
        ));
    }
    if tally.refused.len() > SHOWN {
        terminal::print(&format!("  … and {} more; --report FILE lists all", tally.refused.len() - SHOWN));
    }
    let Some(path) = file else { return Ok(()) };
    let written = std::fs::File::create(path)
        .and_then(|mut out| tally.refused.iter().try_for_each(|refusal| writeln!(out, "{refusal}")));
    written.map_err(|error| {
        Failure::environment(
            format!("The report {} cannot be written: {error}.", path.display()),
            "Check --report.",
        )
    })
}

/// The largest single document is named in the limits; larger files are refused by the same rules as everywhere.
const _: () = assert!(limits::DOCUMENT_BYTES < UNIT_BYTES as usize);
