//! The command line of the load program.

use clap::{Args, Parser, Subcommand};
use std::path::PathBuf;

/// Measures a FHIR server under load: closed loop, keep-alive HTTP/1.1, every latency kept, every error counted.
#[derive(Debug, Parser)]
#[command(name = "socle-bench", version, max_term_width = 100, args_conflicts_with_subcommands = true)]
pub struct Cli {
    /// What to do; without a command, loads a running server.
    #[command(subcommand)]
    pub command: Option<Command>,
    /// Loading a running server.
    #[command(flatten)]
    pub single: Single,
}

/// The commands.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Start the program on a folder of its own, prepare data, run every workload, and measure start-up, memory and disk.
    All(All),
}

/// How long and how many.
#[derive(Args, Clone, Debug)]
pub struct Pace {
    /// Connections, each with one request at a time.
    #[arg(long, value_delimiter = ',', default_values_t = [1, 8, 32])]
    pub connections: Vec<usize>,
    /// Seconds of one run; a third of it (at most two seconds) is run before as warm-up.
    #[arg(long, default_value_t = 5)]
    pub seconds: u64,
    /// Runs; the median of each figure is shown.
    #[arg(long, default_value_t = 3)]
    pub runs: usize,
    /// Workloads, by name; all of them when none is named.
    #[arg(long, value_delimiter = ',')]
    pub workload: Vec<String>,
    /// Also write the figures as JSON to this file.
    #[arg(long, value_name = "FILE")]
    pub json: Option<PathBuf>,
    /// Start of the chance that draws people and documents; another number for each run when absent.
    #[arg(long)]
    pub seed: Option<u64>,
}

/// Loading a running server.
#[derive(Args, Clone, Debug)]
pub struct Single {
    /// FHIR base address, such as http://127.0.0.1:8080/fhir (plain HTTP).
    #[arg(long, default_value = "http://127.0.0.1:8080/fhir")]
    pub base: String,
    /// File with the bearer token that may create people (`socle token --as systeme-1`).
    #[arg(long, value_name = "FILE", default_value = "token.txt")]
    pub token_file: PathBuf,
    /// File with the bearer token of a professional (`socle token --as medecin-1`), who then runs the workloads.
    #[arg(long, value_name = "FILE", requires = "accounts")]
    pub care_token_file: Option<PathBuf>,
    /// File with what `socle accounts --json` prints: the professional's id, and the sign-in of the page workload.
    #[arg(long, value_name = "FILE")]
    pub accounts: Option<PathBuf>,
    /// Process id of the server, for its CPU seconds and memory, when it runs on this machine.
    #[arg(long)]
    pub pid: Option<u32>,
    /// How long and how many.
    #[command(flatten)]
    pub pace: Pace,
}

/// The whole measurement.
#[derive(Args, Clone, Debug)]
pub struct All {
    /// The program to measure.
    #[arg(long, value_name = "FILE", default_value = "target/release/socle")]
    pub program: PathBuf,
    /// Citizens of the region it makes.
    #[arg(long, default_value_t = 1000)]
    pub people: u32,
    /// NDJSON of Synthea Bundles (also .gz), imported into a second store to weigh a resource.
    #[arg(long, value_name = "FILE")]
    pub synthea: Option<PathBuf>,
    /// Where temporary folders are made: on the disk that is to be measured.
    #[arg(long, value_name = "DIR")]
    pub folder: Option<PathBuf>,
    /// How long and how many.
    #[command(flatten)]
    pub pace: Pace,
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory;

    #[test]
    fn the_command_line_is_consistent() {
        Cli::command().debug_assert();
    }

    #[test]
    fn measures_1_8_and_32_connections_unless_told_otherwise() {
        let cli = Cli::try_parse_from(["socle-bench", "all"]).unwrap();
        let Some(Command::All(all)) = cli.command else { panic!("the command was not read") };
        assert_eq!(all.pace.connections, [1, 8, 32]);
        let cli = Cli::try_parse_from(["socle-bench", "--connections", "4,5", "--workload", "read"]).unwrap();
        assert_eq!(cli.single.pace.connections, [4, 5]);
        assert_eq!(cli.single.pace.workload, ["read"]);
    }
}
