//! The load program: drives a running server, or starts one of its own, and prints what it measured. README.md says how.

mod all;
mod cli;
mod client;
mod disk;
mod draw;
mod failure;
mod load;
mod measure;
mod prepare;
mod process;
mod program;
mod report;
mod sign_in;
mod single;
mod totp;
mod workloads;

use clap::Parser;
use cli::{Cli, Command};
use std::process::ExitCode;

fn main() -> ExitCode {
    let cli = Cli::parse();
    // One thread: the load must leave the processors to the server that it measures.
    let runtime = match tokio::runtime::Builder::new_current_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => return failed(&error.into()),
    };
    let done = match cli.command {
        Some(Command::All(args)) => runtime.block_on(all::run(&args)),
        None => runtime.block_on(single::run(&cli.single)),
    };
    match done {
        Ok(errors) => ExitCode::from(u8::from(errors > 0)),
        Err(failure) => failed(&failure),
    }
}

fn failed(failure: &failure::Failure) -> ExitCode {
    report::remark(&format!("socle-bench: {failure}"));
    ExitCode::from(2)
}
