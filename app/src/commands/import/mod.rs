//! `socle import`: Bundles, resources, NDJSON and CDA documents from files, with a progress bar and a report of refusals.

mod report;
mod work;

use crate::cli::Import;
use crate::failure::Failure;
use crate::settings;
use crate::terminal::Progress;
use crate::wiring;
use flate2::read::MultiGzDecoder;
use report::Tally;
use serde_json::json;
use socle_kernel::limits;
use std::io::{BufRead, BufReader, Read};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use work::{Content, Group, Workers};

/// Longest line or file that is read into memory.
const UNIT_BYTES: u64 = 512 * 1024 * 1024;

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
    let started = pipeline.gate().clock().now();
    let mut workers = Workers::new(pipeline.clone(), args.validation);
    for file in &files {
        import_file(&mut workers, file, &progress, &mut tally).await?;
    }
    progress.finish();
    tally.micros = pipeline.gate().clock().now().micros() - started.micros();
    let closed = pipeline.gate().close().await;
    report::tell(&tally, args.report.as_deref())?;
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

/// Reads one file, and hands its inputs to the workers; they are done when this returns.
async fn import_file(
    workers: &mut Workers,
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
    if kind == FileKind::Lines {
        import_lines(workers, &place, &mut *reader, tally).await?;
    } else {
        let mut bytes = Vec::new();
        match reader.by_ref().take(UNIT_BYTES).read_to_end(&mut bytes) {
            Err(error) => tally.refused.push(json!({ "file": place, "reason": error.to_string() })),
            Ok(_) if kind == FileKind::Xml => workers.take(place, Content::Document(bytes), tally).await?,
            Ok(_) => workers.take(place, Content::Json(bytes), tally).await?,
        }
    }
    workers.finish(tally).await
}

async fn import_lines(
    workers: &mut Workers,
    place: &str,
    reader: &mut (dyn BufRead + Send),
    tally: &mut Tally,
) -> Result<(), Failure> {
    let mut group = Group::default();
    let mut number = 0u64;
    loop {
        let mut line = Vec::new();
        let read = reader.take(UNIT_BYTES).read_until(b'\n', &mut line);
        number += 1;
        let place = format!("{place}:{number}");
        match read {
            Err(error) => {
                tally.refused.push(json!({ "file": place, "reason": error.to_string() }));
                break;
            }
            Ok(0) => break,
            Ok(_) if line.iter().all(u8::is_ascii_whitespace) => {}
            Ok(_) if work::is_bundle(&line) => {
                workers.take_group(&mut group, tally).await?;
                workers.take(place, Content::Json(line), tally).await?;
            }
            Ok(_) => {
                group.add(place, line);
                if group.is_full() {
                    workers.take_group(&mut group, tally).await?;
                }
            }
        }
    }
    workers.take_group(&mut group, tally).await
}

/// The largest single document is named in the limits; larger files are refused by the same rules as everywhere.
const _: () = assert!(limits::DOCUMENT_BYTES < UNIT_BYTES as usize);
