//! Settings: flags and environment first, then the configuration file, then defaults. Described in docs/configuration.md.

use crate::failure::Failure;
use serde::Deserialize;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};

/// Where the demonstration lies when nobody says.
pub const DEMO_FOLDER: &str = "./var/demo";
/// Where the program listens when nobody says.
pub const LISTEN: &str = "127.0.0.1:8080";
/// Public address for commands that answer nobody.
pub const LOCAL_URL: &str = "http://127.0.0.1:8080";
/// Name of the configuration file looked for in the store's folder.
pub const FILE: &str = "socle.toml";

/// The configuration file. Unknown keys are refused: a mistyped setting must not be silently ignored.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct File {
    /// Folder of the store; relative to the working folder.
    pub data: Option<PathBuf>,
    /// Address to listen on.
    pub listen: Option<SocketAddr>,
    /// Address under which people reach the platform, without a final slash.
    pub base_url: Option<String>,
    /// The store.
    #[serde(default)]
    pub store: StoreFile,
    /// Access rules.
    #[serde(default)]
    pub access: AccessFile,
    /// The FHIR API.
    #[serde(default)]
    pub api: ApiFile,
}

/// `[store]`.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StoreFile {
    /// Page cache of the writer, in mebibytes.
    pub cache_mebibytes: Option<u64>,
    /// Reads that may go on at the same time.
    pub readers: Option<usize>,
    /// Another folder for document contents.
    pub contents: Option<PathBuf>,
    /// File of the platform key [default: keys/platform.key in the store's folder].
    pub key_file: Option<PathBuf>,
}

/// `[access]`.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AccessFile {
    /// A *matrice d'habilitation* instead of the one that ships with the program.
    pub matrix: Option<PathBuf>,
}

/// `[api]`.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ApiFile {
    /// True when every change of a resource must name its version (`If-Match`); without it the answer is 428.
    #[serde(default)]
    pub requires_version: bool,
    /// True when a deletion by condition may mean several resources; otherwise it answers 412.
    #[serde(default)]
    pub deletes_many: bool,
}

/// Everything a command needs to know.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Folder of the store.
    pub data: PathBuf,
    /// Address to listen on.
    pub listen: SocketAddr,
    /// Public address; `None` for the listening address.
    pub base_url: Option<String>,
    /// `[store]`.
    pub store: StoreFile,
    /// `[access]`.
    pub access: AccessFile,
    /// `[api]`.
    pub api: ApiFile,
}

/// What the command line said.
#[derive(Clone, Debug, Default)]
pub struct Said {
    /// `--config`.
    pub config: Option<PathBuf>,
    /// `--data`.
    pub data: Option<PathBuf>,
    /// `--listen`.
    pub listen: Option<SocketAddr>,
    /// `--base-url`.
    pub base_url: Option<String>,
}

impl Settings {
    /// Puts flags, file and defaults together. `default_data` is the folder when nobody names one.
    pub fn read(said: Said, default_data: Option<&str>) -> Result<Settings, Failure> {
        let named = said.config.is_some();
        let beside = said.data.as_deref().map(|data| data.join(FILE)).filter(|path| path.exists());
        let path = said.config.clone().or(beside);
        let file = match &path {
            Some(path) => read_file(path, named)?,
            None => File::default(),
        };
        let data = said.data.or(file.data).or(default_data.map(PathBuf::from)).ok_or_else(|| {
            Failure::environment(
                "No folder for the store was named.",
                "Name one with --data DIR, SOCLE_DATA or `data` in the configuration file.",
            )
        })?;
        let listen = said.listen.or(file.listen).unwrap_or_else(|| LISTEN.parse().expect("a socket address"));
        let base_url = said.base_url.or(file.base_url);
        if let Some(url) = &base_url {
            check_url(url)?;
        }
        Ok(Settings { data, listen, base_url, store: file.store, access: file.access, api: file.api })
    }

    /// File of the platform key.
    pub fn key_file(&self) -> PathBuf {
        self.store.key_file.clone().unwrap_or_else(|| self.data.join("keys").join("platform.key"))
    }
}

fn read_file(path: &Path, is_named: bool) -> Result<File, Failure> {
    let text = std::fs::read_to_string(path).map_err(|error| {
        Failure::environment(
            format!("The configuration file {} cannot be read: {error}.", path.display()),
            if is_named { "Check the path given with --config." } else { "Check its rights." },
        )
    })?;
    toml::from_str(&text).map_err(|error| {
        Failure::environment(
            format!("The configuration file {} is not right: {}", path.display(), error.to_string().trim()),
            "docs/configuration.md lists every setting with its form.",
        )
    })
}

fn check_url(url: &str) -> Result<(), Failure> {
    let is_right = (url.starts_with("http://") || url.starts_with("https://"))
        && !url.ends_with('/')
        && !url.contains(['?', '#', ' ']);
    if is_right {
        return Ok(());
    }
    Err(Failure::environment(
        format!("The public address {url:?} is not right."),
        "Write it as https://sante.example, without a final slash.",
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_flag_wins_over_the_file_and_the_file_over_the_default() {
        let folder = tempfile::tempdir().expect("a folder");
        std::fs::write(
            folder.path().join(FILE),
            "listen = \"127.0.0.1:9000\"\nbase_url = \"https://a.example\"\n",
        )
        .expect("written");
        let said = Said { data: Some(folder.path().into()), ..Said::default() };
        let settings = Settings::read(said.clone(), None).expect("right");
        assert_eq!(settings.listen.port(), 9000);
        let said = Said { base_url: Some("https://b.example".into()), ..said };
        let settings = Settings::read(said, None).expect("right");
        assert_eq!(settings.base_url.as_deref(), Some("https://b.example"));
    }

    #[test]
    fn a_mistyped_setting_is_refused_by_name() {
        let folder = tempfile::tempdir().expect("a folder");
        std::fs::write(folder.path().join(FILE), "lisen = \"127.0.0.1:9000\"\n").expect("written");
        let said = Said { data: Some(folder.path().into()), ..Said::default() };
        let failure = Settings::read(said, None).expect_err("refused");
        assert!(failure.what.contains("lisen"), "{}", failure.what);
    }

    #[test]
    fn a_public_address_with_a_final_slash_is_refused() {
        let said =
            Said { data: Some("x".into()), base_url: Some("https://a.example/".into()), ..Said::default() };
        assert!(Settings::read(said, None).is_err());
    }
}
