//! The whole measurement: start-up, memory, disk and every workload, on folders of its own.

use crate::cli::All;
use crate::client::Server;
use crate::failure::Failure;
use crate::prepare::{CITIZEN, Callers, PROFESSIONAL, prepare};
use crate::process::Machine;
use crate::program::{Program, Running};
use crate::report::{self, DiskFigures, Report, StartFigures};
use crate::{disk, measure, workloads};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

/// How long a server is left alone before its memory at rest is read.
const REST: Duration = Duration::from_secs(3);

/// Measures everything and prints it; how many errors there were.
pub async fn run(args: &All) -> Result<u64, Failure> {
    let program = Program(args.program.clone());
    let folder = match &args.folder {
        Some(parent) => tempfile::tempdir_in(parent)?,
        None => tempfile::tempdir()?,
    };
    let data = folder.path().join("region");
    let mut disk_figures =
        DiskFigures { sync_micros: disk::sync_micros(folder.path())?, ..DiskFigures::default() };
    let (start, running) = start_twice(&program, &data, args.people).await?;
    disk_figures.region_bytes = disk::bytes_under(&data)?;
    let server = Server::parse(&running.base)?;
    let wants_pages = measure::is_wanted(&args.pace, workloads::OPEN_RECORD);
    report::remark("preparing data");
    let callers = callers(&program, &data)?;
    let prepared = Arc::new(prepare(&server, &callers, measure::seed(&args.pace), wants_pages).await?);
    let figures = measure::all(&server, &prepared, Some(running.process()), &args.pace).await?;
    let mut start = start;
    start.peak_bytes = running.process().memory()?.peak;
    running.stop()?;
    if let Some(file) = &args.synthea {
        weigh(&program, folder.path(), file, &mut disk_figures)?;
    }
    let whole = Report { machine: Machine::this(), start: Some(start), disk: Some(disk_figures), figures };
    report::finish(&whole, &args.pace)
}

/// The first start, which makes the region, and the second, which finds it.
async fn start_twice(
    program: &Program,
    data: &Path,
    people: u32,
) -> Result<(StartFigures, Running), Failure> {
    report::remark(&format!("first start, {people} people"));
    let mut first = program.start(data, people)?;
    first.ready().await?;
    let mut figures = StartFigures {
        people,
        first_seconds: first.start_seconds,
        first_cpu_seconds: first.process().cpu_seconds()?,
        first_peak_bytes: first.process().memory()?.peak,
        ..StartFigures::default()
    };
    first.stop()?;
    report::remark("second start");
    let mut second = program.start(data, people)?;
    second.ready().await?;
    figures.second_seconds = second.start_seconds;
    tokio::time::sleep(REST).await;
    figures.rest_bytes = second.process().memory()?.resident;
    Ok((figures, second))
}

/// Tokens and sign-ins of a demonstration.
fn callers(program: &Program, data: &Path) -> Result<Callers, Failure> {
    let token = |login: &str| -> Result<String, Failure> {
        let args = ["token".as_ref(), "--data".as_ref(), data.as_os_str(), "--as".as_ref(), login.as_ref()];
        Ok(program.run(&args)?.text.trim().to_owned())
    };
    let accounts =
        program.run(&["accounts".as_ref(), "--json".as_ref(), "--data".as_ref(), data.as_os_str()])?;
    let callers = Callers {
        system: token("systeme-1")?,
        care: Some(token(PROFESSIONAL)?),
        accounts: serde_json::from_str(&accounts.text)?,
    };
    if callers.accounts.iter().any(|account| account["login"] == CITIZEN) {
        return Ok(callers);
    }
    Err(Failure::new(format!("the region has no sign-in {CITIZEN}")))
}

/// What an imported resource weighs: the store's bytes after the import less those of an empty store.
fn weigh(program: &Program, folder: &Path, file: &Path, figures: &mut DiskFigures) -> Result<(), Failure> {
    report::remark("importing Synthea Bundles");
    let data = folder.join("imported");
    let nothing = folder.join("nothing.ndjson");
    std::fs::write(&nothing, "")?;
    let import = |what: &Path| {
        program.run(&["import".as_ref(), "--data".as_ref(), data.as_os_str(), what.as_os_str()])
    };
    import(&nothing)?;
    let empty = disk::bytes_under(&data)?;
    let done = import(file)?;
    figures.imported = imported(&done.text)?;
    figures.imported_bytes = disk::bytes_under(&data)?.saturating_sub(empty);
    figures.import_seconds = done.seconds;
    figures.import_cpu_seconds = done.cpu_seconds;
    figures.import_refused = done.text.lines().any(|line| line.ends_with(" refused"));
    Ok(())
}

/// How many resources an import says it wrote.
fn imported(text: &str) -> Result<u64, Failure> {
    let line = text.lines().find_map(|line| line.strip_suffix(" resources imported"));
    let count = line.and_then(|count| count.parse().ok()).filter(|count| *count > 0);
    count.ok_or_else(|| Failure::new(format!("the import wrote nothing: {text}")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_import_that_wrote_nothing_gives_no_figure() {
        assert_eq!(imported("46482 resources imported\n  Patient 150\n").unwrap(), 46482);
        assert!(imported("0 resources imported\n").is_err());
        assert!(imported("").is_err());
    }
}
