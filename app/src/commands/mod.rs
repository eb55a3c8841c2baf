//! One file per command.

mod accounts;
mod audit;
mod demo;
mod doctor;
mod import;
pub mod package;
mod routes;
mod serve;
mod token;

use crate::cli::{Audit, Cli, Command, Demo, LogFormat};
use crate::failure::Failure;
use crate::settings::{Said, Settings};
use std::path::PathBuf;
use std::process::ExitCode;
use tracing_subscriber::EnvFilter;

/// Runs what the command line asks.
pub fn run(cli: Cli) -> Result<ExitCode, Failure> {
    let command = cli.command.unwrap_or(Command::Demo(Demo { people: 1000, seed: 1, ..Demo::default() }));
    let is_quiet = !matches!(command, Command::Serve(_));
    start_log(cli.log_format, cli.log.as_deref(), is_quiet)?;
    let config = cli.config;
    match command {
        Command::Demo(args) => block_on(demo::run(args, config)),
        Command::Serve(args) => block_on(serve::run(args, config)),
        Command::Import(args) => block_on(import::run(args, config)),
        Command::Accounts(args) => accounts::run(&args, config),
        Command::Token(args) => token::run(&args, config),
        Command::Audit(Audit::Verify(args)) => audit::run(&args, config),
        Command::Package(command) => package::run(command, config),
        Command::Doctor(args) => block_on(doctor::run(args, config)),
        Command::Routes(args) => block_on(routes::run(args, config)),
    }
}

/// The settings of a command that only needs the folder.
fn settings(
    data: Option<PathBuf>,
    config: Option<PathBuf>,
    default: Option<&str>,
) -> Result<Settings, Failure> {
    Settings::read(Said { config, data, ..Said::default() }, default)
}

fn block_on<F: Future<Output = Result<ExitCode, Failure>>>(future: F) -> Result<ExitCode, Failure> {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().map_err(|error| {
        Failure::environment(
            format!("The runtime does not start: {error}."),
            "Check the limits of this process.",
        )
    })?;
    runtime.block_on(future)
}

/// Starts the log on standard error. Personal data never reaches it: see `Sensitive` and SECURITY.md.
fn start_log(format: LogFormat, filter: Option<&str>, is_quiet: bool) -> Result<(), Failure> {
    let default = if is_quiet { "warn" } else { "info" };
    let filter = EnvFilter::try_new(filter.unwrap_or(default)).map_err(|error| {
        Failure::environment(
            format!("The log filter is not right: {error}."),
            "Write it as `info` or `warn,socle=debug`.",
        )
    })?;
    let log = tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr);
    match format {
        LogFormat::Human => log.with_target(false).init(),
        LogFormat::Json => log.json().flatten_event(true).init(),
    }
    Ok(())
}
