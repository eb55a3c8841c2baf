//! `socle demo`: the demonstration region, made on first start, then served.

use crate::cli::Demo;
use crate::failure::Failure;
use crate::seeding::{self, RegionMark};
use crate::settings::{self, Said, Settings};
use crate::{serving, terminal, wiring};
use socle_identity::accounts::DemoAccount;
use socle_kernel::{Clock, SystemClock};
use socle_pipeline::Pipeline;
use socle_population::Region;
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;

/// INSEE code of the region that is shown: Bretagne.
const REGION: &str = "53";

/// Makes the region when it is not there, then serves it until asked to stop.
pub async fn run(args: Demo, config: Option<PathBuf>) -> Result<ExitCode, Failure> {
    let said = Said { config, data: args.data, listen: args.listen, base_url: args.base_url };
    let settings = Settings::read(said, Some(settings::DEMO_FOLDER))?;
    let listener = serving::listen(settings.listen).await?;
    let base_url = serving::base_url(settings.base_url.as_ref(), &listener)?;
    mark_folder(&settings)?;
    let gate = wiring::open(&settings).await?;
    let pipeline = wiring::pipeline(gate, &settings, base_url.clone(), true);
    let accounts = prepare(&pipeline, &settings, args.people, args.seed).await?;
    welcome(&base_url, &settings, &accounts);
    serving::serve(listener, pipeline).await?;
    Ok(ExitCode::SUCCESS)
}

/// A demonstration never mixes with real data: only an empty folder, or one already marked, is taken.
fn mark_folder(settings: &Settings) -> Result<(), Failure> {
    wiring::make_folder(&settings.data)?;
    let folder = settings.data.display();
    if wiring::is_demo(&settings.data) {
        return Ok(());
    }
    if wiring::holds_store(&settings.data) {
        return Err(Failure::environment(
            format!("The folder {folder} already holds something that is not a demonstration."),
            "Name an empty folder with --data; a demonstration is never put among other data.",
        ));
    }
    let text = "DÉMO: invented people only. `socle demo` made this folder.\n";
    std::fs::write(settings.data.join(wiring::DEMO_MARK), text).map_err(|error| {
        Failure::environment(
            format!("The folder {folder} cannot be written to: {error}."),
            "Check its rights.",
        )
    })
}

/// Makes what is missing: the region, its sign-ins.
async fn prepare(
    pipeline: &Pipeline,
    settings: &Settings,
    people: u32,
    seed: u64,
) -> Result<Vec<DemoAccount>, Failure> {
    let known = seeding::mark(pipeline).await.map_err(seeding::failed)?;
    let mark = match known {
        Some(mark) if (mark.people, mark.seed) != (people, seed) => {
            return Err(Failure::environment(
                format!(
                    "The demonstration in {} has {} people (seed {}), not {people} (seed {seed}).",
                    settings.data.display(),
                    mark.people,
                    mark.seed
                ),
                format!(
                    "Start it with --people {} --seed {}, or name another folder with --data.",
                    mark.people, mark.seed
                ),
            ));
        }
        Some(mark) => mark,
        None => {
            let today = socle_ui::dates::date_of(SystemClock.now()).to_string();
            RegionMark { people, seed, today, is_whole: false }
        }
    };
    let file = settings.data.join(wiring::ACCOUNTS_FILE);
    if mark.is_whole
        && let Some(accounts) = seeding::read_accounts(&file)?
    {
        return Ok(accounts);
    }
    let today = mark
        .today
        .parse()
        .map_err(|error: jiff::Error| seeding::failed(socle_kernel::Problem::internal(error)))?;
    let plan = socle_population::Settings { people, seed, today, region: REGION.into() };
    let region = Arc::new(Region::new(plan).map_err(seeding::failed)?);
    if !mark.is_whole {
        seeding::seed(pipeline, region.clone(), mark).await?;
    }
    let accounts = seeding::accounts(pipeline, &region).await?;
    seeding::write_accounts(&file, &accounts)?;
    Ok(accounts)
}

/// Tells where to go and who to be.
fn welcome(base_url: &str, settings: &Settings, accounts: &[DemoAccount]) {
    let folder = settings.data.display();
    terminal::print(&format!("\nSocle {} · DÉMO\n", env!("CARGO_PKG_VERSION")));
    terminal::print(&format!("  Pages     {base_url}/"));
    terminal::print(&format!("  FHIR R4   {base_url}/fhir  (GET {base_url}/fhir/metadata)"));
    terminal::print(
        "\n  Sign in as (one click on the sign-in page, or with the password and code of `socle accounts`):",
    );
    for account in accounts {
        terminal::print(&format!("    {:22} {:12} {}", account.login, account.role.code(), account.name));
    }
    terminal::print("\n  A token for scripts:");
    terminal::print(&format!("    socle token --data {folder} --as medecin-1"));
    terminal::print("\n  Ctrl-C stops.\n");
}
