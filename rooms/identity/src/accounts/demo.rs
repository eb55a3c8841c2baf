//! What a demonstration prints about its accounts: everything needed to sign in as them.

use crate::accounts::{Account, Role};
use crate::{principals, scopes};
use serde::{Deserialize, Serialize};
use socle_kernel::{Principal, Problem, Subject};
use socle_pipeline::Pipeline;

/// One entry of `accounts.json` in a demonstration store. Never written for real people.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DemoAccount {
    /// What is typed to sign in.
    pub login: String,
    /// What the account is.
    pub role: Role,
    /// Name as shown.
    pub name: String,
    /// Matricule INS of its own record.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ins: Option<String>,
    /// RPPS number.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rpps: Option<String>,
    /// Public id of its own `Patient`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub patient_id: Option<String>,
    /// Public id of its `Practitioner`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub practitioner_id: Option<String>,
    /// Password; for programs, their client secret.
    pub password: String,
    /// Shared secret of one-time codes, in base32.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub totp_secret: Option<String>,
    /// What `socle token` signs: one principal for each work situation, or each record; the usual one first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub principals: Vec<Principal>,
}

impl DemoAccount {
    /// The entry of an account that was just made with this password and shared secret.
    pub async fn of(
        pipeline: &Pipeline,
        account: &Account,
        password: &str,
        totp_secret: Option<&str>,
    ) -> Result<DemoAccount, Problem> {
        let mut principals: Vec<Principal> = match account.role {
            Role::System => vec![principals::system(account, Vec::new())],
            _ => principals::choices(pipeline, account)
                .await?
                .into_iter()
                .map(|choice| choice.principal)
                .collect(),
        };
        principals.iter_mut().for_each(for_tokens);
        let rpps = account.practice.as_ref().filter(|practice| practice.is_rpps);
        Ok(DemoAccount {
            login: account.login.clone(),
            role: account.role,
            name: account.name.clone(),
            ins: account.own.as_ref().map(|person| person.ins.clone()),
            rpps: rpps.map(|practice| practice.number.clone()),
            patient_id: account.patient_id().map(str::to_owned),
            practitioner_id: account.practitioner_id().map(str::to_owned),
            password: password.to_owned(),
            totp_secret: totp_secret.map(str::to_owned),
            principals,
        })
    }
}

/// A principal of the command line's tokens: every scope its role may have, through the client `demo`.
fn for_tokens(principal: &mut Principal) {
    let (role, all) = match &principal.subject {
        Subject::Citizen(_) => (Role::Citizen, "openid patient/*.cruds"),
        Subject::Professional(_) => (Role::Professional, "openid user/*.cruds"),
        Subject::System(_) if principal.scopes.is_empty() => (Role::System, "system/*.cruds"),
        Subject::System(_) | Subject::Anonymous => (Role::Administrator, "openid"),
    };
    principal.client = crate::tokens::DEMO_GRANT.into();
    principal.scopes = scopes::grantable(all, role);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::accounts::samples;

    #[test]
    fn what_does_not_apply_is_absent() {
        let entry = DemoAccount {
            login: "systeme-1".into(),
            role: Role::System,
            name: "Système".into(),
            ins: None,
            rpps: None,
            patient_id: None,
            practitioner_id: None,
            password: "secret".into(),
            totp_secret: None,
            principals: Vec::new(),
        };
        let json = serde_json::to_value(&entry).expect("plain data");
        let keys: Vec<&String> = json.as_object().expect("an object").keys().collect();
        assert_eq!(keys, ["login", "role", "name", "password"]);
        assert_eq!(json["role"], "system");
    }

    #[test]
    fn tokens_of_the_command_line_are_bounded_by_scopes() {
        for (mut principal, expected) in [
            (
                principals::professional(&samples::professional(), 0).expect("a situation"),
                "openid user/*.cruds",
            ),
            (principals::system(&samples::system(), Vec::new()), "system/*.cruds"),
            (principals::system(&samples::administrator(), vec!["openid".into()]), "openid"),
        ] {
            for_tokens(&mut principal);
            assert_eq!((principal.scopes.join(" ").as_str(), principal.client.as_str()), (expected, "demo"));
        }
    }
}
