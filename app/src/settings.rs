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
    /// Notifications that leave.
    #[serde(default)]
    pub notifications: NotificationsFile,
    /// Mail; without it none is sent.
    pub mail: Option<MailFile>,
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

/// `[notifications]`.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NotificationsFile {
    /// May subscriptions name addresses of private networks? [default: false]
    #[serde(default)]
    pub allow_private: bool,
}

/// `[mail]`.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MailFile {
    /// Mail server, as `mail.example:465`.
    pub server: String,
    /// Sender's address.
    pub from: String,
    /// How the connection is enciphered [default: always].
    #[serde(default)]
    pub tls: MailTls,
    /// User of the mail server.
    pub user: Option<String>,
    /// File of its password.
    pub password_file: Option<PathBuf>,
}

/// How the connection to the mail server is enciphered.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum MailTls {
    /// From the first byte (port 465).
    #[default]
    Always,
    /// After `STARTTLS` (port 587).
    Starttls,
    /// Not at all: a server on this machine.
    None,
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
    /// `[notifications]`.
    pub notifications: NotificationsFile,
    /// `[mail]`.
    pub mail: Option<MailFile>,
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
        if let Some(mail) = &file.mail {
            check_mail(mail)?;
        }
        let File { store, access, api, notifications, mail, .. } = file;
        Ok(Settings { data, listen, base_url, store, access, api, notifications, mail })
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

/// A password travels enciphered, and a plain talk stays on this machine.
fn check_mail(mail: &MailFile) -> Result<(), Failure> {
    let host = mail.server.rsplit_once(':').map_or("", |(host, _)| host);
    let is_here = matches!(host, "127.0.0.1" | "localhost" | "[::1]");
    let is_plain_text = |text: &str| text.bytes().all(|b| b.is_ascii_graphic() && b != b'<' && b != b'>');
    let is_right = !host.is_empty()
        && mail.from.contains('@')
        && is_plain_text(&mail.from)
        && (mail.tls != MailTls::None || is_here)
        && mail.user.is_some() == mail.password_file.is_some();
    if is_right {
        return Ok(());
    }
    Err(Failure::environment(
        "The settings of [mail] are not right.",
        "Name server as host:port and from as an address; user and password_file go together; tls = \"none\" is for a server on this machine.",
    ))
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
