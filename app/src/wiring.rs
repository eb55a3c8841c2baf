//! Puts the house together: keys, gate, rooms, pipeline.

use crate::delivery::Post;
use crate::failure::Failure;
use crate::settings::Settings;
use socle_gate::{Gate, Matrix, Options, PlatformKeys, StoreConfig};
use socle_kernel::{SystemChance, SystemClock};
use socle_pipeline::{Pipeline, Room};
use std::path::Path;
use std::sync::Arc;

/// File that marks a demonstration store and holds its sign-ins.
pub const ACCOUNTS_FILE: &str = "accounts.json";
/// File that marks a folder as a demonstration store from its first moment.
pub const DEMO_MARK: &str = "DEMO";

/// The rooms of this program.
pub fn rooms() -> Vec<Room> {
    vec![socle_identity::room(), socle_record::room(), socle_sharing::room()]
}

/// Opens the store of these settings.
pub async fn open(settings: &Settings) -> Result<Gate, Failure> {
    make_folder(&settings.data)?;
    crate::commands::package::install(&settings.data)?;
    let chance = Arc::new(SystemChance);
    let keys = PlatformKeys::load_or_create(&settings.key_file(), &*chance)
        .map_err(|error| Failure::of_store(&error, &settings.data))?;
    let mut store = StoreConfig::new(&settings.data);
    if let Some(mebibytes) = settings.store.cache_mebibytes {
        store.cache_bytes = mebibytes * 1024 * 1024;
    }
    if let Some(readers) = settings.store.readers {
        store.readers = readers.max(1);
    }
    if let Some(folder) = &settings.store.contents {
        store.blobs = socle_gate::BlobPlace::Folder(folder.clone());
    }
    let options = Options { store, keys, clock: Arc::new(SystemClock), chance, matrix: matrix(settings)? };
    Gate::open(options).await.map_err(|error| Failure::of_store(&error, &settings.data))
}

fn matrix(settings: &Settings) -> Result<Matrix, Failure> {
    let Some(path) = &settings.access.matrix else { return Ok(Matrix::shipped()) };
    let wrong = |error: String| {
        Failure::environment(
            format!("The access matrix {} is not right: {error}", path.display()),
            "data/access/README.md describes its form.",
        )
    };
    let text = std::fs::read_to_string(path).map_err(|error| wrong(error.to_string()))?;
    Matrix::parse(&text).map_err(wrong)
}

/// The pipeline on a gate.
pub fn pipeline(gate: Gate, settings: &Settings, base_url: String, is_demo: bool) -> Pipeline {
    let (notifications, mail) = (&settings.notifications, settings.mail.as_ref());
    let post = Post::new(notifications, mail, is_demo, base_url.clone(), gate.clock().clone());
    let rooms = rooms().into_iter().chain([socle_pipeline::subscriptions::room(Arc::new(post))]);
    let settings = socle_pipeline::Settings {
        base_url,
        is_demo,
        version: env!("CARGO_PKG_VERSION"),
        deletes_many: settings.api.deletes_many,
        requires_version: settings.api.requires_version,
    };
    Pipeline::new(gate, settings, rooms.collect())
}

/// Makes the folder of a store and checks that it can be written to.
pub fn make_folder(folder: &Path) -> Result<(), Failure> {
    let wrong = |error: std::io::Error| {
        Failure::environment(
            format!("The folder {} cannot be written to: {error}.", folder.display()),
            "Give yourself the right to write there, or name another folder with --data.",
        )
    };
    std::fs::create_dir_all(folder).map_err(wrong)?;
    let probe = folder.join(".probe");
    std::fs::write(&probe, b"socle").map_err(wrong)?;
    std::fs::remove_file(&probe).map_err(wrong)
}

/// True when the folder is a demonstration store.
pub fn is_demo(folder: &Path) -> bool {
    folder.join(DEMO_MARK).exists()
}

/// True when the folder holds a store of any kind.
pub fn holds_store(folder: &Path) -> bool {
    folder.join("keys").exists()
        || std::fs::read_dir(folder).is_ok_and(|mut entries| entries.next().is_some())
}
