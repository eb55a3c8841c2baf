//! Accounts: who may sign in, how they prove it, and what they are in care. Made when a store is seeded, read for the
//! command line.

mod demo;
mod professional;

pub use demo::DemoAccount;

use crate::clients::{self, Client};
use crate::drawers;
use crate::password::PasswordHash;
use crate::secrets::{self, Secret};
use crate::{fhir, totp};
use serde::{Deserialize, Serialize};
use socle_gate::Session;
use socle_kernel::{Chance, HomeId, Key, Kind, Principal, Problem, Purpose, Words, resource_type};
use socle_pipeline::Pipeline;
use std::sync::Arc;

pub(crate) use professional::{Practice, Situation};

/// Accounts, by login.
const DRAWER: &str = "identity.account";
/// Keys of the `Patient`s whose record an account may ask to open besides its own, by login. That they may is found anew
/// at each use, in the record itself.
const REPRESENTS: &str = "identity.represents";
/// Accounts that a demonstration lists.
const LISTED: usize = 500;

/// What an account is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Role {
    /// Someone with a record, or who represents someone.
    Citizen,
    /// Someone who works in care.
    Professional,
    /// Who runs the platform, without access to records.
    Administrator,
    /// A program: signs in by itself, never in a page.
    System,
}

impl Role {
    /// The word in files and on the command line.
    pub fn code(self) -> &'static str {
        match self {
            Role::Citizen => "citizen",
            Role::Professional => "professional",
            Role::Administrator => "administrator",
            Role::System => "system",
        }
    }
}

/// System and value of an identifier.
pub type Identifier = (String, String);

/// An account to make. What it is linked to must be in the store.
#[derive(Clone)]
pub struct NewAccount {
    /// What is typed to sign in: lower-case letters, digits, `-`, `.`, `_`.
    pub login: String,
    /// What it is.
    pub role: Role,
    /// Name as shown.
    pub name: String,
    /// Who this is in one sentence, for the list of a demonstration.
    pub note: Words,
    /// Its password.
    pub password: String,
    /// Its shared secret for one-time codes, in base32 (see [`draw_totp_secret`]); programs have none.
    pub totp_secret: Option<String>,
    /// Matricule INS of its own record.
    pub ins: Option<Identifier>,
    /// Identifier of its `Practitioner`: RPPS, or the number of staff outside RPPS.
    pub practitioner: Option<Identifier>,
    /// May regulate calls of the centre 15, in the work situations that are for it.
    pub may_regulate: bool,
    /// Matricules INS of the people it represents or helps.
    pub represents: Vec<Identifier>,
}

impl std::fmt::Debug for NewAccount {
    /// Without the password, the shared secret and the matricules.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("NewAccount")
            .field("login", &self.login)
            .field("role", &self.role)
            .finish_non_exhaustive()
    }
}

/// An account.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Account {
    /// What is typed to sign in.
    pub login: String,
    /// What it is.
    pub role: Role,
    /// Name as shown.
    pub name: String,
    note_fr: String,
    note_en: String,
    password: PasswordHash,
    totp_secret: Option<Secret>,
    /// Its own record.
    pub(crate) own: Option<Person>,
    /// What it is in care.
    pub(crate) practice: Option<Practice>,
}

/// A person's record, as an account is linked to it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Person {
    /// Key of the `Patient`.
    pub key: Key,
    /// Its public id.
    pub id: String,
    /// Matricule INS.
    pub ins: String,
}

impl Account {
    /// Who this is, in one sentence.
    pub fn note(&self) -> Words {
        Words::new(self.note_fr.clone(), self.note_en.clone())
    }

    /// Public id of its own `Patient`.
    pub fn patient_id(&self) -> Option<&str> {
        self.own.as_ref().map(|person| person.id.as_str())
    }

    /// Public id of its `Practitioner`.
    pub fn practitioner_id(&self) -> Option<&str> {
        self.practice.as_ref().map(|practice| practice.id.as_str())
    }

    /// What the account acts for when it chooses nothing.
    pub(crate) fn purpose(&self) -> Purpose {
        match self.role {
            Role::Citizen => Purpose::Own,
            Role::Professional | Role::System => Purpose::Care,
            Role::Administrator => Purpose::Administration,
        }
    }

    /// Where lines of the log about its sign-in belong.
    pub(crate) fn home(&self) -> HomeId {
        let own = self.own.as_ref().map(|person| person.key.home);
        own.or(self.practice.as_ref().map(|practice| practice.key.home)).unwrap_or(HomeId::PLATFORM)
    }

    pub(crate) fn password(&self) -> &PasswordHash {
        &self.password
    }

    pub(crate) fn totp_secret(&self) -> Option<&str> {
        self.totp_secret.as_ref().map(Secret::expose)
    }

    /// The same account with another password.
    pub(crate) fn with_password(&self, password: PasswordHash) -> Account {
        Account { password, ..self.clone() }
    }
}

/// A new shared secret for one-time codes.
pub fn draw_totp_secret(chance: &dyn Chance) -> String {
    totp::draw_secret(chance)
}

/// A new password: 22 characters nobody can guess.
pub fn draw_password(chance: &dyn Chance) -> String {
    secrets::draw_token(chance).chars().take(22).collect()
}

/// Makes an account. Its record, its professional and their work situations are looked up now; refused when they are not
/// there or the login is taken.
pub async fn create(pipeline: &Pipeline, account: NewAccount) -> Result<Account, Problem> {
    check_login(&account.login)?;
    check_links(&account)?;
    let operator = Arc::new(Principal::operator("Socle, création des comptes"));
    let session = pipeline.gate().session(operator, Purpose::Administration, "accounts");
    let made = prepare(pipeline, &session, &account).await;
    let (made, represented) = session.close(made).await.into_inner()?;
    let drawers = drawers(pipeline);
    let key = made.login.as_bytes();
    let mut changes = vec![drawers.change_if(DRAWER, HomeId::PLATFORM, key, None, Some(&made))];
    if !represented.is_empty() {
        changes.push(drawers.change(REPRESENTS, HomeId::PLATFORM, key, Some(&represented)));
    }
    drawers.write(changes).await?;
    Ok(made)
}

async fn prepare(
    pipeline: &Pipeline,
    session: &Session,
    account: &NewAccount,
) -> Result<(Account, Vec<Key>), Problem> {
    let own = match &account.ins {
        Some(identifier) => Some(person(pipeline, session, identifier).await?),
        None => None,
    };
    let practice = match &account.practitioner {
        Some(identifier) => {
            Some(professional::load(pipeline, session, identifier, account.may_regulate).await?)
        }
        None => None,
    };
    let mut represented = Vec::new();
    for identifier in &account.represents {
        represented.push(person(pipeline, session, identifier).await?.key);
    }
    let chance = pipeline.gate().chance();
    let made = Account {
        login: account.login.clone(),
        role: account.role,
        name: account.name.clone(),
        note_fr: account.note.fr.to_string(),
        note_en: account.note.en.to_string(),
        password: PasswordHash::of(&account.password, &**chance),
        totp_secret: account.totp_secret.clone().map(Secret::new),
        own,
        practice,
    };
    Ok((made, represented))
}

async fn person(
    pipeline: &Pipeline,
    session: &Session,
    (system, value): &Identifier,
) -> Result<Person, Problem> {
    let found = fhir::find_one(pipeline, session, resource_type::PATIENT, system, value).await?;
    let id = found["id"].as_str().unwrap_or("").to_owned();
    let key = session.resolve(resource_type::PATIENT, &id).await?.ok_or_else(Problem::not_found)?;
    Ok(Person { key, id, ins: value.clone() })
}

fn check_login(login: &str) -> Result<(), Problem> {
    let is_good = (3..=64).contains(&login.len())
        && login.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b"-._".contains(&b));
    if is_good {
        return Ok(());
    }
    Err(Problem::new(
        Kind::Unprocessable,
        "Un identifiant a 3 à 64 caractères : lettres minuscules, chiffres, tiret, point, souligné.",
        "A login has 3 to 64 characters: lower-case letters, digits, hyphen, dot, underscore.",
    )
    .at("login"))
}

/// What each role must be linked to.
fn check_links(account: &NewAccount) -> Result<(), Problem> {
    let wrong = |path: &'static str, fr: &'static str, en: &'static str| {
        Err(Problem::new(Kind::Unprocessable, fr, en).at(path))
    };
    if account.role == Role::Citizen && account.ins.is_none() {
        return wrong(
            "ins",
            "Un citoyen est relié à son propre dossier.",
            "A citizen is linked to their own record.",
        );
    }
    if account.role == Role::Professional && account.practitioner.is_none() {
        return wrong(
            "practitioner",
            "Un professionnel est relié à sa ressource Practitioner.",
            "A professional is linked to their Practitioner.",
        );
    }
    match (&account.totp_secret, account.role) {
        (Some(_), Role::System) => wrong(
            "totp_secret",
            "Un programme n’a pas de code à usage unique.",
            "A program has no one-time code.",
        ),
        (Some(secret), _) if !totp::is_secret(secret) => wrong(
            "totp_secret",
            "Le secret des codes à usage unique est fait de 20 octets en base32.",
            "The secret of one-time codes is 20 bytes in base32.",
        ),
        _ => Ok(()),
    }
}

/// The account of a login.
pub async fn find(pipeline: &Pipeline, login: &str) -> Result<Option<Account>, Problem> {
    if login.is_empty() || login.len() > 64 {
        return Ok(None);
    }
    drawers(pipeline).get(DRAWER, HomeId::PLATFORM, login.as_bytes()).await
}

/// Accounts in the order of their logins, 500 at most.
pub async fn list(pipeline: &Pipeline) -> Result<Vec<Account>, Problem> {
    let entries = drawers(pipeline).list(DRAWER, HomeId::PLATFORM, &[], LISTED).await?;
    Ok(entries.into_iter().map(|(_, account)| account).collect())
}

/// Writes a changed account; refused when it is not as it was read.
pub(crate) async fn replace(pipeline: &Pipeline, before: &Account, after: &Account) -> Result<(), Problem> {
    let drawers = drawers(pipeline);
    let key = before.login.as_bytes();
    let change = drawers.change_if(DRAWER, HomeId::PLATFORM, key, Some(before), Some(after));
    drawers.write(vec![change]).await
}

/// Keys of the `Patient`s whose record this account may ask to open besides its own.
pub(crate) async fn represented(pipeline: &Pipeline, login: &str) -> Result<Vec<Key>, Problem> {
    let keys = drawers(pipeline).get(REPRESENTS, HomeId::PLATFORM, login.as_bytes()).await?;
    Ok(keys.unwrap_or_default())
}

/// An application to register with the OpenID provider.
#[derive(Clone)]
pub struct NewClient {
    /// Its id.
    pub id: String,
    /// Its name, as people read it when they approve.
    pub name: String,
    /// Where answers may go; compared as a whole.
    pub redirect_uris: Vec<String>,
    /// Where people may go after signing out; compared as a whole.
    pub after_sign_out: Vec<String>,
    /// Its secret; `None` for a public application (PKCE alone).
    pub secret: Option<String>,
}

/// Registers an application with the OpenID provider, or replaces its registration.
pub async fn register_client(pipeline: &Pipeline, client: NewClient) -> Result<(), Problem> {
    check_login(&client.id)?;
    let is_taken = [clients::OURS, clients::DEMO, crate::tokens::DEMO_GRANT].contains(&client.id.as_str());
    if is_taken || find(pipeline, &client.id).await?.is_some() {
        return Err(
            Problem::new(Kind::Conflict, "Cet identifiant est déjà pris.", "This id is taken.").at("id")
        );
    }
    let is_address = |uri: &String| {
        (uri.starts_with("https://") || uri.starts_with("http://"))
            && !uri.contains('#')
            && uri.bytes().all(|byte| byte.is_ascii_graphic())
    };
    if !client.redirect_uris.iter().chain(&client.after_sign_out).all(is_address) {
        return Err(Problem::new(
            Kind::Unprocessable,
            "Une adresse de retour est une adresse http ou https complète, sans fragment.",
            "A return address is a whole http or https address, without a fragment.",
        )
        .at("redirect_uris"));
    }
    let chance = pipeline.gate().chance();
    let secret = client.secret.as_deref().map(|secret| PasswordHash::of(secret, &**chance));
    let entry = Client {
        id: client.id,
        name: client.name,
        redirect_uris: client.redirect_uris,
        after_sign_out: client.after_sign_out,
        secret,
    };
    let drawers = drawers(pipeline);
    let change = drawers.change(clients::DRAWER, HomeId::PLATFORM, entry.id.as_bytes(), Some(&entry));
    drawers.write(vec![change]).await
}

#[cfg(test)]
pub(crate) mod samples;

#[cfg(test)]
mod tests {
    use super::*;
    use socle_kernel::SeededChance;

    #[test]
    fn a_login_is_short_and_plain() {
        for (login, is_good) in [
            ("citoyen-1", true),
            ("a.b_c-1", true),
            ("ab", false),
            ("Citoyen", false),
            ("a b c", false),
            ("été", false),
            ("a\u{0}bc", false),
            ("", false),
        ] {
            assert_eq!(check_login(login).is_ok(), is_good, "{login:?}");
        }
        assert!(check_login(&"a".repeat(65)).is_err());
    }

    #[test]
    fn each_role_has_its_links_and_a_second_factor_that_works() {
        let new =
            |role, ins: Option<&str>, practitioner: Option<&str>, totp_secret: Option<&str>| NewAccount {
                login: "essai".into(),
                role,
                name: "Essai".into(),
                note: Words::new("", ""),
                password: "x".into(),
                totp_secret: totp_secret.map(str::to_owned),
                ins: ins.map(|value| (String::new(), value.to_owned())),
                practitioner: practitioner.map(|value| (String::new(), value.to_owned())),
                may_regulate: false,
                represents: Vec::new(),
            };
        let secret = draw_totp_secret(&SeededChance::new(1));
        for (account, is_good) in [
            (new(Role::Citizen, Some("1"), None, Some(&secret)), true),
            (new(Role::Citizen, None, None, Some(&secret)), false),
            (new(Role::Citizen, Some("1"), None, Some("ABC")), false),
            (new(Role::Professional, None, Some("1"), Some(&secret)), true),
            (new(Role::Professional, None, None, Some(&secret)), false),
            (new(Role::Administrator, None, None, Some(&secret)), true),
            (new(Role::System, None, None, None), true),
            (new(Role::System, None, None, Some(&secret)), false),
        ] {
            assert_eq!(check_links(&account).is_ok(), is_good, "{account:?}");
        }
    }

    #[test]
    fn an_account_prints_no_secret() {
        let account = samples::citizen();
        let text = format!("{account:?}");
        assert!(text.contains("citoyen-1"));
        assert!(!text.contains("JBSWY3DPEHPK3PXP"), "{text}");
        let stored = serde_json::to_string(&account).expect("plain data");
        assert_eq!(serde_json::from_str::<Account>(&stored).expect("read back"), account);
        assert!(!stored.contains("quatre mots"));
    }

    #[test]
    fn drawn_passwords_are_long_and_differ() {
        let chance = SeededChance::new(1);
        let (one, two) = (draw_password(&chance), draw_password(&chance));
        assert!(one.len() == 22 && one != two);
        assert_eq!(draw_totp_secret(&chance).len(), 32);
    }
}
