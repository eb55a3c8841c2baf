//! `socle serve`: a store without demonstration data or sign-ins.

use crate::cli::Serve;
use crate::failure::Failure;
use crate::settings::{Said, Settings};
use crate::{serving, terminal, wiring};
use std::path::PathBuf;
use std::process::ExitCode;

/// Serves until asked to stop.
pub async fn run(args: Serve, config: Option<PathBuf>) -> Result<ExitCode, Failure> {
    let said = Said { config, data: args.data, listen: args.listen, base_url: args.base_url };
    let settings = Settings::read(said, None)?;
    let listener = serving::listen(settings.listen).await?;
    let base_url = serving::base_url(settings.base_url.as_ref(), &listener)?;
    let gate = wiring::open(&settings).await?;
    // A demonstration store stays what it is, but here its sign-ins and tokens do not work.
    if wiring::is_demo(&settings.data) {
        terminal::remark(
            "This is a demonstration store; `serve` disables its sign-ins. Use `socle demo` for those.",
        );
    }
    let pipeline = wiring::pipeline(gate, &settings, base_url.clone(), false);
    terminal::print(&format!("Socle {} on {base_url} (FHIR: {base_url}/fhir)", env!("CARGO_PKG_VERSION")));
    tracing::info!(address = %base_url, "serving");
    serving::serve(listener, pipeline).await?;
    tracing::info!("stopped");
    Ok(ExitCode::SUCCESS)
}
