//! The program `socle`: reads the command line and hands over. No business here.

mod cli;
mod commands;
mod delivery;
mod failure;
mod http;
mod seeding;
mod serving;
mod settings;
mod terminal;
mod wiring;

use clap::Parser;
use std::process::ExitCode;

fn main() -> ExitCode {
    let cli = cli::Cli::parse();
    match commands::run(cli) {
        Ok(code) => code,
        Err(failure) => {
            terminal::failure(&failure);
            failure.exit_code()
        }
    }
}
