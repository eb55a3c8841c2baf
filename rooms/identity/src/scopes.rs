//! Scopes: what an application asks for, reduced to what the role of the person may give.

use crate::accounts::Role;
use socle_kernel::ResourceType;

/// Scopes that are no access to records, with what they give.
pub(crate) const PLAIN: [&str; 8] = [
    "openid",
    "profile",
    "birth",
    "fhirUser",
    "launch/patient",
    "offline_access",
    "online_access",
    "scope_all",
];

/// Scopes of the two discovery documents.
pub(crate) const SUPPORTED: [&str; 14] = [
    "openid",
    "profile",
    "birth",
    "fhirUser",
    "launch/patient",
    "offline_access",
    "online_access",
    "scope_all",
    "patient/*.rs",
    "patient/*.cruds",
    "user/*.rs",
    "user/*.cruds",
    "system/*.rs",
    "system/*.cruds",
];

/// The scopes of a request that this role may give, in order, each once.
pub(crate) fn grantable(asked: &str, role: Role) -> Vec<String> {
    let mut granted: Vec<String> = Vec::new();
    for scope in asked.split_ascii_whitespace() {
        let is_given =
            if PLAIN.contains(&scope) { is_plain_given(scope, role) } else { is_record_given(scope, role) };
        if is_given && !granted.iter().any(|known| known == scope) {
            granted.push(scope.to_owned());
        }
    }
    granted
}

fn is_plain_given(scope: &str, role: Role) -> bool {
    match scope {
        "birth" | "launch/patient" => role == Role::Citizen,
        "scope_all" => role == Role::Professional,
        // A program has no identity of a person to show.
        _ => role != Role::System,
    }
}

fn is_record_given(scope: &str, role: Role) -> bool {
    let Some((context, permissions)) = read(scope) else { return false };
    let own = match role {
        Role::Citizen => "patient",
        Role::Professional => "user",
        Role::System => "system",
        Role::Administrator => return false,
    };
    context == own && permissions
}

/// Context of a SMART scope, and whether the rest is one that the gate reads: `Type.cruds` in this order, or the words of
/// version 1. Scopes with a search (`?category=…`) are not given: the gate would read them as the whole type.
fn read(scope: &str) -> Option<(&str, bool)> {
    let (context, rest) = scope.split_once('/')?;
    let (name, permissions) = rest.split_once('.')?;
    let is_type = name == "*" || name.parse::<ResourceType>().is_ok();
    let is_permission = matches!(permissions, "read" | "write" | "*") || is_cruds(permissions);
    Some((context, is_type && is_permission))
}

/// Some of the letters `c r u d s`, in this order.
fn is_cruds(letters: &str) -> bool {
    let mut rest = "cruds".chars();
    !letters.is_empty() && letters.chars().all(|letter| rest.any(|known| known == letter))
}

/// True when the scope gives access to records.
pub(crate) fn is_record(scope: &str) -> bool {
    read(scope).is_some()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_role_gives_its_own_context_only() {
        let asked =
            "openid profile fhirUser birth launch/patient scope_all patient/*.rs user/*.cruds system/*.rs";
        for (role, expected) in [
            (Role::Citizen, "openid profile fhirUser birth launch/patient patient/*.rs"),
            (Role::Professional, "openid profile fhirUser scope_all user/*.cruds"),
            (Role::System, "system/*.rs"),
            (Role::Administrator, "openid profile fhirUser"),
        ] {
            assert_eq!(grantable(asked, role).join(" "), expected, "{role:?}");
        }
    }

    #[test]
    fn only_scopes_that_the_gate_reads_are_given() {
        for (scope, is_given) in [
            ("user/Observation.rs", true),
            ("user/Observation.read", true),
            ("user/*.*", true),
            ("user/*.cruds", true),
            ("user/Observation.sr", false),
            ("user/Observation.rr", false),
            ("user/Observation.", false),
            ("user/Licorne.rs", false),
            ("user/Observation.rs?category=laboratory", false),
            ("user/Observation", false),
            ("admin/*.cruds", false),
            ("", false),
        ] {
            assert_eq!(!grantable(scope, Role::Professional).is_empty(), is_given, "{scope}");
        }
    }

    #[test]
    fn a_scope_is_given_once() {
        assert_eq!(grantable("openid  openid", Role::Citizen), ["openid"]);
        assert!(SUPPORTED.iter().all(|scope| PLAIN.contains(scope) || is_record(scope)));
    }
}
