//! `socle accounts`: the sign-ins of a demonstration store.

use crate::cli::Accounts;
use crate::failure::Failure;
use crate::{seeding, settings, terminal, wiring};
use socle_identity::accounts::DemoAccount;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

/// Prints them, for people or as JSON.
pub fn run(args: &Accounts, config: Option<PathBuf>) -> Result<ExitCode, Failure> {
    let settings = super::settings(args.data.clone(), config, Some(settings::DEMO_FOLDER))?;
    let accounts = read(&settings.data)?;
    if args.json {
        let entries: Vec<serde_json::Value> = accounts
            .into_iter()
            .map(|account| {
                // What `socle token` signs stays in the file.
                let shown = DemoAccount { principals: Vec::new(), ..account };
                serde_json::to_value(&shown).unwrap_or_default()
            })
            .collect();
        let text = serde_json::to_string_pretty(&entries).unwrap_or_default();
        terminal::print(&text);
        return Ok(ExitCode::SUCCESS);
    }
    terminal::print(&format!(
        "{:22} {:14} {:28} {:34} {}",
        "login", "role", "name", "password", "one-time code secret (TOTP)"
    ));
    for account in &accounts {
        terminal::print(&format!(
            "{:22} {:14} {:28} {:34} {}",
            account.login,
            account.role.code(),
            account.name,
            account.password,
            account.totp_secret.as_deref().unwrap_or("")
        ));
    }
    Ok(ExitCode::SUCCESS)
}

/// The sign-ins of a demonstration folder; a failure for any other.
pub fn read(folder: &Path) -> Result<Vec<DemoAccount>, Failure> {
    let accounts = seeding::read_accounts(&folder.join(wiring::ACCOUNTS_FILE))?;
    accounts.filter(|_| wiring::is_demo(folder)).ok_or_else(|| {
        Failure::store(
            format!("{} is not a demonstration store, or its region is not whole yet.", folder.display()),
            "Name the folder of a demonstration with --data, or start one with `socle demo`.",
        )
    })
}
