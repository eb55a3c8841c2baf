//! Loading a server that runs already.

use crate::cli::Single;
use crate::client::Server;
use crate::failure::Failure;
use crate::prepare::{self, Callers};
use crate::process::{Machine, Process};
use crate::report::{self, Report};
use crate::{measure, workloads};
use std::path::Path;
use std::sync::Arc;

/// Prepares data on it, runs the workloads, prints the figures; how many errors there were.
pub async fn run(args: &Single) -> Result<u64, Failure> {
    let server = Server::parse(&args.base)?;
    let accounts = match &args.accounts {
        Some(file) => serde_json::from_str(&read(file)?)?,
        None => Vec::new(),
    };
    let callers = Callers {
        system: read(&args.token_file)?,
        care: args.care_token_file.as_deref().map(read).transpose()?,
        accounts,
    };
    let wants_pages = measure::is_wanted(&args.pace, workloads::OPEN_RECORD);
    report::remark("preparing data");
    let prepared =
        Arc::new(prepare::prepare(&server, &callers, measure::seed(&args.pace), wants_pages).await?);
    let figures = measure::all(&server, &prepared, args.pid.map(Process), &args.pace).await?;
    report::finish(&Report { machine: Machine::this(), start: None, disk: None, figures }, &args.pace)
}

fn read(file: &Path) -> Result<String, Failure> {
    let text = std::fs::read_to_string(file)
        .map_err(|error| Failure::new(format!("{}: {error}", file.display())))?;
    Ok(text.trim().to_owned())
}
