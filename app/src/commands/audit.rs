//! `socle audit verify`: proves that the log is whole.

use crate::cli::AuditVerify;
use crate::failure::Failure;
use crate::{settings, terminal};
use socle_gate::PlatformKeys;
use std::path::PathBuf;
use std::process::ExitCode;

/// Verifies the log of a stopped store, or beside a running server.
pub fn run(args: &AuditVerify, config: Option<PathBuf>) -> Result<ExitCode, Failure> {
    let settings = super::settings(args.data.clone(), config, Some(settings::DEMO_FOLDER))?;
    let keys = PlatformKeys::load(&settings.key_file())
        .map_err(|error| Failure::of_store(&error, &settings.data))?
        .ok_or_else(|| {
            Failure::store(
                format!("No platform key at {}.", settings.key_file().display()),
                "Name the folder of a store with --data, or its key file in the configuration.",
            )
        })?;
    let report = socle_gate::verify_file(&settings.data, &keys)
        .map_err(|error| Failure::of_store(&error, &settings.data))?;
    if args.json {
        let value = serde_json::json!({ "lines": report.lines, "heads": report.heads, "root": report.root, "faults": report.faults });
        terminal::print(&value.to_string());
    } else {
        terminal::print(&format!(
            "{} lines, {} signed heads, root {}",
            report.lines, report.heads, report.root
        ));
        for fault in &report.faults {
            terminal::print(&format!("FAULT {fault}"));
        }
        terminal::print(if report.faults.is_empty() {
            "The log is whole: nothing was altered, removed or reordered."
        } else {
            "The log is NOT whole."
        });
    }
    Ok(if report.faults.is_empty() { ExitCode::SUCCESS } else { ExitCode::from(1) })
}
