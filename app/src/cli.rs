//! The command line: every command and flag, with its help.

use clap::{Args, Parser, Subcommand, ValueEnum};
use std::net::SocketAddr;
use std::path::PathBuf;

/// Socle: an open, self-hostable digital-health platform.
///
/// Without a command, starts the demonstration region: invented people, professionals and records on an embedded store in
/// ./var/demo, created on first start.
#[derive(Debug, Parser)]
#[command(name = "socle", version, max_term_width = 100, after_help = EXIT_CODES)]
pub struct Cli {
    /// What to do; `demo` when none is named.
    #[command(subcommand)]
    pub command: Option<Command>,
    /// Configuration file (TOML); every setting is described in docs/configuration.md.
    #[arg(long, global = true, env = "SOCLE_CONFIG", value_name = "FILE")]
    pub config: Option<PathBuf>,
    /// Form of the log on standard error.
    #[arg(long, global = true, env = "SOCLE_LOG_FORMAT", value_enum, default_value_t = LogFormat::Human)]
    pub log_format: LogFormat,
    /// What is logged: error, warn, info, debug, or a filter such as `warn,socle=debug`.
    #[arg(long, global = true, env = "SOCLE_LOG", value_name = "FILTER")]
    pub log: Option<String>,
}

const EXIT_CODES: &str = "\
Exit codes: 0 done · 1 done, but something was found (a refused import, a fault in the log) · 2 the command line is wrong ·
3 the environment is wrong (port taken, folder not writable, configuration) · 4 the store cannot be used (held by another
process, newer version, damaged, disk full).";

/// The commands.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Start the demonstration region, made on first start.
    Demo(Demo),
    /// Serve a store, without demonstration data or sign-ins.
    Serve(Serve),
    /// Read FHIR Bundles, NDJSON, .gz and CDA documents into a store. Safe to run twice.
    Import(Import),
    /// Print the sign-ins of a demonstration store.
    Accounts(Accounts),
    /// Print a bearer token for scripts (demonstration stores only); works while the server runs.
    Token(Token),
    /// The audit log.
    #[command(subcommand)]
    Audit(Audit),
    /// Add, list or remove FHIR packages of profiles and terminologies.
    #[command(subcommand)]
    Package(Package),
    /// Check the machine, the folder and the store, and say what is wrong and how to mend it.
    Doctor(Doctor),
    /// Print every page address with its room and who may call it.
    Routes(Store),
}

/// Where the store lies.
#[derive(Args, Clone, Debug)]
pub struct Store {
    /// Folder of the store.
    #[arg(long, env = "SOCLE_DATA", value_name = "DIR")]
    pub data: Option<PathBuf>,
}

/// `socle demo`.
#[derive(Args, Clone, Debug, Default)]
pub struct Demo {
    /// Citizens of the region; 0 for professionals and programs only.
    #[arg(long, value_name = "N", default_value_t = 1000, value_parser = clap::value_parser!(u32).range(0..=1_000_000))]
    pub people: u32,
    /// Which region among all that could be: the same seed gives the same people.
    #[arg(long, value_name = "S", default_value_t = 1)]
    pub seed: u64,
    /// Folder of the store [default: ./var/demo].
    #[arg(long, env = "SOCLE_DATA", value_name = "DIR")]
    pub data: Option<PathBuf>,
    /// Address to listen on [default: 127.0.0.1:8080]; port 0 takes a free one.
    #[arg(long, env = "SOCLE_LISTEN", value_name = "ADDR")]
    pub listen: Option<SocketAddr>,
    /// Address under which people reach the platform [default: http:// and the listening address].
    #[arg(long, env = "SOCLE_BASE_URL", value_name = "URL")]
    pub base_url: Option<String>,
}

/// `socle serve`.
#[derive(Args, Clone, Debug)]
pub struct Serve {
    /// Folder of the store.
    #[arg(long, env = "SOCLE_DATA", value_name = "DIR")]
    pub data: Option<PathBuf>,
    /// Address to listen on [default: 127.0.0.1:8080].
    #[arg(long, env = "SOCLE_LISTEN", value_name = "ADDR")]
    pub listen: Option<SocketAddr>,
    /// Address under which people reach the platform [default: http:// and the listening address].
    #[arg(long, env = "SOCLE_BASE_URL", value_name = "URL")]
    pub base_url: Option<String>,
}

/// `socle import`.
#[derive(Args, Clone, Debug)]
pub struct Import {
    /// Folder of the store.
    #[arg(long, env = "SOCLE_DATA", value_name = "DIR")]
    pub data: Option<PathBuf>,
    /// Write every refusal to this file, one JSON object a line.
    #[arg(long, value_name = "FILE")]
    pub report: Option<PathBuf>,
    /// How far resources are checked: strict refuses what is at fault, lenient imports and counts it, off checks nothing.
    #[arg(long, value_enum, default_value_t = Validation::Strict)]
    pub validation: Validation,
    /// Files and folders: .json (Bundle or resource), .ndjson, .xml (CDA), each also as .gz.
    #[arg(required = true, value_name = "PATH")]
    pub paths: Vec<PathBuf>,
}

/// `--validation`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, clap::ValueEnum)]
pub enum Validation {
    /// What is at fault is refused.
    #[default]
    Strict,
    /// What is at fault is imported and counted.
    Lenient,
    /// Nothing is checked.
    Off,
}

/// `socle accounts`.
#[derive(Args, Clone, Debug)]
pub struct Accounts {
    /// Folder of the store [default: ./var/demo].
    #[arg(long, env = "SOCLE_DATA", value_name = "DIR")]
    pub data: Option<PathBuf>,
    /// As a JSON array of objects with the keys login, role, name, ins, rpps, patient_id, practitioner_id, password,
    /// totp_secret (absent when not applicable).
    #[arg(long)]
    pub json: bool,
}

/// `socle token`.
#[derive(Args, Clone, Debug)]
pub struct Token {
    /// Folder of the store [default: ./var/demo].
    #[arg(long, env = "SOCLE_DATA", value_name = "DIR")]
    pub data: Option<PathBuf>,
    /// Whose token, as printed by `socle accounts`.
    #[arg(long = "as", value_name = "LOGIN")]
    pub login: String,
    /// Whose record, for a parent or a carer: the id of the `Patient` [default: the first of theirs].
    #[arg(long = "for", value_name = "PATIENT")]
    pub patient: Option<String>,
    /// What for.
    #[arg(long, value_enum, default_value_t = PurposeName::Care)]
    pub purpose: PurposeName,
    /// Why, for break-glass and regulation.
    #[arg(long, value_name = "TEXT", required_if_eq_any = [("purpose", "break-glass"), ("purpose", "regulation")])]
    pub reason: Option<String>,
}

/// Purposes a token may be asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum PurposeName {
    /// Care.
    Care,
    /// Emergency without consent.
    BreakGlass,
    /// Medical regulation (centre 15).
    Regulation,
}

/// `socle audit`.
#[derive(Debug, Subcommand)]
pub enum Audit {
    /// Prove that no line of the log was altered, removed or reordered; works beside a running server.
    Verify(AuditVerify),
}

/// `socle audit verify`.
#[derive(Args, Clone, Debug)]
pub struct AuditVerify {
    /// Folder of the store [default: ./var/demo].
    #[arg(long, env = "SOCLE_DATA", value_name = "DIR")]
    pub data: Option<PathBuf>,
    /// As JSON.
    #[arg(long)]
    pub json: bool,
}

/// `socle package`.
#[derive(Clone, Debug, Subcommand)]
pub enum Package {
    /// Check a FHIR package (.tgz or folder) and keep it for the next start.
    Add(PackageAdd),
    /// Name every package, built in or added.
    List(Store),
    /// Forget a package that was added.
    Remove(PackageName),
}

/// `socle package add`.
#[derive(Args, Clone, Debug)]
pub struct PackageAdd {
    /// The package: an archive (.tgz) or a folder of JSON files with its package.json.
    #[arg(value_name = "FILE|FOLDER")]
    pub package: PathBuf,
    /// Folder of the store [default: ./var/demo].
    #[arg(long, env = "SOCLE_DATA", value_name = "DIR")]
    pub data: Option<PathBuf>,
}

/// `socle package remove`.
#[derive(Args, Clone, Debug)]
pub struct PackageName {
    /// The package, as `socle package list` names it.
    #[arg(value_name = "NAME#VERSION")]
    pub package: String,
    /// Folder of the store [default: ./var/demo].
    #[arg(long, env = "SOCLE_DATA", value_name = "DIR")]
    pub data: Option<PathBuf>,
}

/// `socle doctor`.
#[derive(Args, Clone, Debug)]
pub struct Doctor {
    /// Folder of the store [default: ./var/demo].
    #[arg(long, env = "SOCLE_DATA", value_name = "DIR")]
    pub data: Option<PathBuf>,
    /// Address the server would listen on [default: 127.0.0.1:8080].
    #[arg(long, env = "SOCLE_LISTEN", value_name = "ADDR")]
    pub listen: Option<SocketAddr>,
}

/// Form of the log.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum LogFormat {
    /// Lines for people.
    Human,
    /// One JSON object a line.
    Json,
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
    fn an_emergency_token_needs_a_reason() {
        assert!(
            Cli::try_parse_from(["socle", "token", "--as", "medecin-2", "--purpose", "break-glass"]).is_err()
        );
        let with_reason =
            ["socle", "token", "--as", "medecin-2", "--purpose", "break-glass", "--reason", "coma"];
        assert!(Cli::try_parse_from(with_reason).is_ok());
    }
}
