//! SMART App Launch 2 scopes: `context/Type.cruds`, as `user/DocumentReference.rs` or `system/*.cruds`.

use crate::decide::Act;
use socle_kernel::{Principal, ResourceType, Subject};

/// Do the scopes of this caller allow the act on this type? Callers without scopes (our own pages, the operator) are not
/// bounded by scopes.
pub fn allow(principal: &Principal, act: Act, resource_type: ResourceType) -> bool {
    if let Subject::System(system) = &principal.subject
        && system.is_operator
    {
        return true;
    }
    let is_page = principal.client == "socle";
    if is_page && principal.scopes.is_empty() {
        return true;
    }
    let context = match principal.subject {
        Subject::System(_) => "system",
        Subject::Citizen(_) => "patient",
        _ => "user",
    };
    principal.scopes.iter().any(|scope| covers(scope, context, act, resource_type.name()))
}

fn covers(scope: &str, context: &str, act: Act, type_name: &str) -> bool {
    let Some((before, rest)) = scope.split_once('/') else { return false };
    // A citizen's token may carry `user/` scopes as well: the gate binds it to the person either way.
    let is_context = before == context || (context == "patient" && before == "user");
    let Some((wanted, permissions)) = rest.split_once('.') else { return false };
    let permissions = permissions.split('?').next().unwrap_or("");
    is_context && (wanted == "*" || wanted == type_name) && permits(permissions, act)
}

/// Version 2 letters, and the words of version 1.
fn permits(permissions: &str, act: Act) -> bool {
    match permissions {
        "*" => true,
        "read" => act == Act::Read,
        "write" => act != Act::Read,
        letters if letters.chars().all(|letter| "cruds".contains(letter)) => match act {
            Act::Read => letters.contains(['r', 's']),
            Act::Create => letters.contains('c'),
            Act::Update => letters.contains('u'),
            Act::Delete => letters.contains('d'),
        },
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scopes_cover_what_they_say_and_no_more() {
        for (scope, context, act, type_name, expected) in [
            ("system/*.cruds", "system", Act::Delete, "Patient", true),
            ("system/*.rs", "system", Act::Create, "Patient", false),
            ("user/DocumentReference.c", "user", Act::Create, "DocumentReference", true),
            ("user/DocumentReference.c", "user", Act::Read, "DocumentReference", false),
            ("user/DocumentReference.c", "user", Act::Create, "Observation", false),
            ("patient/*.read", "patient", Act::Read, "Observation", true),
            ("patient/*.read", "user", Act::Read, "Observation", false),
            ("openid", "user", Act::Read, "Observation", false),
            ("user/*.xyz", "user", Act::Read, "Observation", false),
        ] {
            assert_eq!(covers(scope, context, act, type_name), expected, "{scope} {act:?} {type_name}");
        }
    }
}
