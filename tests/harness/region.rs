//! The region that most tests share: forty invented people and their professionals, served by the real program.

use super::client::Client;
use super::program::{Server, run, token};
use serde_json::Value;
use std::collections::HashMap;
use std::path::Path;
use std::sync::{Mutex, OnceLock};

/// A served region and its sign-ins.
pub struct Region {
    /// The server.
    pub server: Server,
    accounts: Vec<Value>,
    tokens: Mutex<HashMap<Vec<String>, String>>,
}

/// The shared region, started by the first test that asks.
pub fn region() -> &'static Region {
    static REGION: OnceLock<Region> = OnceLock::new();
    REGION.get_or_init(|| {
        let place = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("region-{}", std::process::id()));
        let _ = std::fs::remove_dir_all(&place);
        std::fs::create_dir_all(&place).expect("a folder for the region");
        Region::of(Server::demo_in_passing(&place, 40))
    })
}

/// A client of the shared region with the token of a sign-in.
pub fn as_login(login: &str) -> Client {
    region().as_login(login)
}

impl Region {
    /// A server with its sign-ins.
    pub fn of(server: Server) -> Region {
        let ran = run(&["accounts", "--json", "--data", &server.folder.display().to_string()]);
        assert_eq!(ran.code, 0, "{}", ran.err);
        let accounts = serde_json::from_str(&ran.out).expect("accounts are JSON");
        Region { server, accounts, tokens: Mutex::default() }
    }

    /// A value of a sign-in, as `patient_id`.
    #[track_caller]
    pub fn account(&self, login: &str, key: &str) -> String {
        let account = self.accounts.iter().find(|account| account["login"] == login);
        let account = account.unwrap_or_else(|| panic!("no sign-in {login}"));
        account[key].as_str().unwrap_or_else(|| panic!("{login} has no {key}")).to_owned()
    }

    /// A client with the token of a sign-in.
    pub fn as_login(&self, login: &str) -> Client {
        self.with_token(login, &[])
    }

    /// The token of a sign-in, for a program that is not ours.
    pub fn token_of(&self, login: &str) -> String {
        self.bearer(login, &[])
    }

    /// A client of someone who declares a purpose with its reason.
    pub fn for_purpose(&self, login: &str, purpose: &str, reason: &str) -> Client {
        self.with_token(login, &["--purpose", purpose, "--reason", reason])
    }

    /// A client of a parent or a carer, in the record of another person.
    pub fn acting_for(&self, login: &str, patient: &str) -> Client {
        self.with_token(login, &["--for", patient])
    }

    /// A client without a token.
    pub fn anonymous(&self) -> Client {
        self.server.client(None)
    }

    fn with_token(&self, login: &str, more: &[&str]) -> Client {
        self.server.client(Some(self.bearer(login, more)))
    }

    fn bearer(&self, login: &str, more: &[&str]) -> String {
        let asked: Vec<String> =
            std::iter::once(login).chain(more.iter().copied()).map(str::to_owned).collect();
        let mut tokens = self.tokens.lock().expect("no test died with it");
        tokens.entry(asked).or_insert_with(|| token(&self.server.folder, login, more)).clone()
    }
}
