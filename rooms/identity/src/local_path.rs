//! Where to go on after signing in: a local address or nothing, so that a link to us cannot lead elsewhere.

/// Longest address to go on to, in bytes.
const LENGTH_MAX: usize = 4096;

/// The text when it is a path of this platform (with its query), as `/pro/patients?page=2`.
pub(crate) fn local_path(text: &str) -> Option<&str> {
    let rest = text.strip_prefix('/')?;
    // Browsers read `//host`, `/\host` and, tabs and line breaks dropped, `/<tab>/host` as other hosts.
    let is_local = !rest.starts_with('/')
        && text.len() <= LENGTH_MAX
        && text.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'\\');
    is_local.then_some(text)
}

#[cfg(test)]
mod tests {
    use super::local_path;
    use proptest::prelude::*;

    #[test]
    fn only_addresses_of_this_platform_pass() {
        for (text, is_local) in [
            ("/", true),
            ("/pro", true),
            ("/pro/patients?page=2&x=%2F", true),
            ("/oidc/authorize?redirect_uri=https%3A%2F%2Fapp.example%2Fretour", true),
            ("/mon-espace#haut", true),
            ("", false),
            ("pro", false),
            ("//exemple.fr", false),
            ("///exemple.fr", false),
            ("/\\exemple.fr", false),
            ("\\/exemple.fr", false),
            ("/\t/exemple.fr", false),
            ("/\r\nSet-Cookie: a=b", false),
            (" /pro", false),
            ("/pro ", false),
            ("https://exemple.fr", false),
            ("https:/exemple.fr", false),
            ("javascript:alert(1)", false),
            ("/é", false),
        ] {
            assert_eq!(local_path(text).is_some(), is_local, "{text:?}");
        }
        assert!(local_path(&format!("/{}", "a".repeat(5000))).is_none());
    }

    proptest! {
        #[test]
        fn what_passes_starts_with_one_slash_and_is_one_header_value(text in "[/\\\\a-z:.\t\r\n ]{0,12}") {
            if let Some(path) = local_path(&text) {
                prop_assert!(path.starts_with('/') && !path.starts_with("//") && !path.contains('\\'));
                prop_assert!(!path.contains(|c: char| c.is_control() || c == ' '));
            }
        }
    }
}
