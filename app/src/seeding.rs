//! Makes the demonstration region in a fresh store: safe to interrupt, goes on where it stopped.

use crate::failure::Failure;
use crate::terminal::Progress;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use socle_identity::accounts::{self, DemoAccount, NewAccount, Role};
use socle_kernel::{HomeId, Principal, Problem, Purpose};
use socle_pipeline::{Imported, Pipeline};
use socle_population::{Region, Role as SeedRole};
use std::io::Write;
use std::path::Path;
use std::sync::Arc;
use tokio::task::JoinSet;

/// Drawer that says which region a store holds.
const REGION: &str = "demo.region";
/// People written at the same time: enough for the writer to share a disk flush.
const TASKS: usize = 16;

/// Which region a store holds, and whether it is whole.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct RegionMark {
    /// Citizens.
    pub people: u32,
    /// Seed.
    pub seed: u64,
    /// Day up to which histories go.
    pub today: String,
    /// True when everything was written.
    pub is_whole: bool,
}

/// The region a store holds, if any.
pub async fn mark(pipeline: &Pipeline) -> Result<Option<RegionMark>, Problem> {
    pipeline.gate().drawers("demo").get(REGION, HomeId::PLATFORM, b"").await
}

async fn set_mark(pipeline: &Pipeline, mark: &RegionMark) -> Result<(), Problem> {
    let drawers = pipeline.gate().drawers("demo");
    drawers.write(vec![drawers.change(REGION, HomeId::PLATFORM, b"", Some(mark))]).await
}

/// Writes the region, with a progress bar.
pub async fn seed(pipeline: &Pipeline, region: Arc<Region>, mut mark: RegionMark) -> Result<(), Failure> {
    set_mark(pipeline, &mark).await.map_err(failed)?;
    let foundations = region.foundations();
    let progress = Progress::new("Région de démonstration (personnes)", u64::from(region.people()));
    for (index, bundle) in foundations.into_iter().enumerate() {
        import(pipeline, bundle, digest(&mark, "foundation", index as u64, 0)).await.map_err(failed)?;
    }
    let mut tasks: JoinSet<Result<u64, Problem>> = JoinSet::new();
    for household in 0..region.households() {
        if tasks.len() >= TASKS {
            joined(tasks.join_next().await, &progress)?;
        }
        let (pipeline, region, mark) = (pipeline.clone(), region.clone(), mark.clone());
        tasks.spawn(async move {
            let bundles = region.person_bundles(household);
            let count = bundles.len() as u64;
            for (index, bundle) in bundles.into_iter().enumerate() {
                let digest = digest(&mark, "household", u64::from(household), index as u64);
                import(&pipeline, bundle, digest).await?;
            }
            Ok(count)
        });
    }
    while let Some(result) = tasks.join_next().await {
        joined(Some(result), &progress)?;
    }
    progress.finish();
    mark.is_whole = true;
    set_mark(pipeline, &mark).await.map_err(failed)
}

type Joined = Option<Result<Result<u64, Problem>, tokio::task::JoinError>>;

fn joined(result: Joined, progress: &Progress) -> Result<(), Failure> {
    match result {
        Some(Ok(Ok(count))) => {
            progress.add(count);
            Ok(())
        }
        Some(Ok(Err(problem))) => Err(failed(problem)),
        Some(Err(error)) => Err(failed(Problem::internal(error))),
        None => Ok(()),
    }
}

async fn import(pipeline: &Pipeline, bundle: Value, digest: [u8; 32]) -> Result<(), Problem> {
    let principal = Arc::new(Principal::operator("Région de démonstration"));
    let session = pipeline.gate().session(principal, Purpose::Administration, "seed");
    let result =
        pipeline.import(&session, Imported::Region(bundle), digest, socle_pipeline::Validation::Off).await;
    session.close(result).await.into_inner().map(|_| ())
}

/// What a piece of the region is known by: enough to leave it alone the second time.
fn digest(mark: &RegionMark, part: &str, number: u64, index: u64) -> [u8; 32] {
    let text = json!([mark.people, mark.seed, mark.today, part, number, index]).to_string();
    Sha256::digest(text.as_bytes()).into()
}

/// Makes the accounts of the story; those that are there already are left as they are.
pub async fn accounts(pipeline: &Pipeline, region: &Region) -> Result<Vec<DemoAccount>, Failure> {
    let secret = pipeline.gate().secret("demo-accounts");
    let mut made = Vec::new();
    for seed in region.accounts() {
        let password = format!("{}-{}", seed.login, derive(&secret, "password", &seed.login, 12));
        let totp = (seed.role != SeedRole::System)
            .then(|| derive(&secret, "totp", &seed.login, 32).to_ascii_uppercase());
        let role = match seed.role {
            SeedRole::Citizen => Role::Citizen,
            SeedRole::Professional => Role::Professional,
            SeedRole::Administrator => Role::Administrator,
            SeedRole::System => Role::System,
        };
        let known = accounts::find(pipeline, &seed.login).await.map_err(failed)?;
        let account = match known {
            Some(account) => account,
            None => {
                let new = NewAccount {
                    login: seed.login.clone(),
                    role,
                    name: seed.name,
                    note: seed.note,
                    password: password.clone(),
                    totp_secret: totp.clone(),
                    ins: seed.ins_system.zip(seed.ins),
                    practitioner: seed.practitioner,
                    may_regulate: seed.may_regulate,
                    represents: seed
                        .represents
                        .into_iter()
                        .map(|person| (person.ins_system, person.ins))
                        .collect(),
                };
                accounts::create(pipeline, new).await.map_err(failed)?
            }
        };
        made.push(DemoAccount::of(pipeline, &account, &password, totp.as_deref()).await.map_err(failed)?);
    }
    Ok(made)
}

/// A secret of a demonstration account: the same each time it is asked for, so that an interrupted start can go on.
fn derive(secret: &[u8; 32], use_of: &str, login: &str, length: usize) -> String {
    let mut hash = Sha256::new();
    hash.update(secret);
    hash.update(use_of.as_bytes());
    hash.update([0]);
    hash.update(login.as_bytes());
    let text = data_encoding::BASE32_NOPAD.encode(&hash.finalize());
    text.chars().take(length).collect::<String>().to_ascii_lowercase()
}

/// The sign-ins file of a demonstration; `None` when it is not there yet.
pub fn read_accounts(file: &Path) -> Result<Option<Vec<DemoAccount>>, Failure> {
    let text = match std::fs::read(file) {
        Ok(text) => text,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
        Err(error) => {
            return Err(Failure::environment(
                format!("The sign-ins {} cannot be read: {error}.", file.display()),
                "Run the command as the user who started the demonstration.",
            ));
        }
    };
    serde_json::from_slice(&text).map(Some).map_err(|error| {
        Failure::store(
            format!("The sign-ins {} are not readable: {error}.", file.display()),
            "Remove that file and start the demonstration again: it is written anew.",
        )
    })
}

/// Writes the sign-ins file, readable by its owner only, whole or not at all.
pub fn write_accounts(file: &Path, accounts: &[DemoAccount]) -> Result<(), Failure> {
    use std::os::unix::fs::OpenOptionsExt;
    let wrong = |error: std::io::Error| {
        Failure::environment(
            format!("The sign-ins {} cannot be written: {error}.", file.display()),
            "Check the folder's rights.",
        )
    };
    let text = serde_json::to_vec_pretty(accounts).expect("sign-ins are plain data");
    let fresh = file.with_extension("json.new");
    let mut out = std::fs::OpenOptions::new()
        .write(true)
        .create(true)
        .truncate(true)
        .mode(0o600)
        .open(&fresh)
        .map_err(wrong)?;
    out.write_all(&text).and_then(|()| out.sync_all()).map_err(wrong)?;
    std::fs::rename(&fresh, file).map_err(wrong)
}

/// A problem of the seeding, as a command's failure.
pub fn failed(problem: Problem) -> Failure {
    Failure::store(
        format!("The demonstration region could not be written: {problem}."),
        "Mend the cause and start again; what was written is kept.",
    )
}
