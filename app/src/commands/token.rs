//! `socle token`: a bearer token for scripts, in demonstration stores, beside a running server.

use crate::cli::{PurposeName, Token};
use crate::failure::Failure;
use crate::{settings, terminal};
use socle_gate::PlatformKeys;
use socle_identity::tokens;
use socle_kernel::{Clock, IdCipher, Principal, Purpose, Subject, SystemClock};
use std::path::PathBuf;
use std::process::ExitCode;

/// Signs and prints a token.
pub fn run(args: &Token, config: Option<PathBuf>) -> Result<ExitCode, Failure> {
    let settings = super::settings(args.data.clone(), config, Some(settings::DEMO_FOLDER))?;
    let accounts = super::accounts::read(&settings.data)?;
    let account = accounts.iter().find(|account| account.login == args.login).ok_or_else(|| {
        let logins: Vec<&str> = accounts.iter().map(|account| account.login.as_str()).collect();
        Failure::environment(
            format!("No account {:?} here.", args.login),
            format!("Choose one of {}.", logins.join(", ")),
        )
    })?;
    let keys = PlatformKeys::load(&settings.key_file())
        .map_err(|error| Failure::of_store(&error, &settings.data))?
        .ok_or_else(|| {
            Failure::store("The platform key is missing.", "Start the demonstration once with `socle demo`.")
        })?;
    let cipher = IdCipher::new(&keys.id_key());
    let is_wanted = |principal: &&Principal| match (&args.patient, &principal.subject) {
        (None, _) => true,
        (Some(patient), Subject::Citizen(citizen)) => cipher.seal(citizen.person) == *patient,
        (Some(_), _) => false,
    };
    let principal = account.principals.iter().find(is_wanted).ok_or_else(|| {
        Failure::environment(
            format!("{} has nothing a token could be for.", account.login),
            "Choose another account, or another record with --for.",
        )
    })?;
    let reason = args.reason.clone().unwrap_or_default();
    let purpose = match (args.purpose, &principal.subject) {
        (PurposeName::BreakGlass, _) => Purpose::BreakGlass(reason),
        (PurposeName::Regulation, _) => Purpose::Regulation(reason),
        (PurposeName::Care, Subject::Citizen(_)) => Purpose::Own,
        (PurposeName::Care, Subject::System(_)) => Purpose::Administration,
        (PurposeName::Care, _) => Purpose::Care,
    };
    let secret = keys.derive(tokens::SECRET);
    terminal::print(&tokens::demo(&secret, principal, &purpose, SystemClock.now()));
    Ok(ExitCode::SUCCESS)
}
