//! The cookies of pages: what they are called, how they are set, read and taken back.

use socle_pipeline::PageCall;
use std::time::Duration;

/// The page session: 32 random bytes, of which the store knows the hash.
pub(crate) const SESSION: &str = "socle_session";
/// A visitor who has not signed in: binds the token of their forms.
pub(crate) const VISIT: &str = "socle_visit";
/// Between the password and the one-time code.
pub(crate) const STEP: &str = "socle_etape";
/// Between our request to the provider and its answer: state, nonce, verifier.
pub(crate) const RETURN: &str = "socle_retour";

/// A `Set-Cookie` value. Cookies never leave for other sites and no script reads them.
pub(crate) fn set(base_url: &str, name: &str, value: &str, lasts: Option<Duration>) -> String {
    let secure = if base_url.starts_with("https:") { "; Secure" } else { "" };
    let age = lasts.map_or_else(String::new, |time| format!("; Max-Age={}", time.as_secs()));
    format!("{name}={value}; Path=/; HttpOnly; SameSite=Lax{age}{secure}")
}

/// A `Set-Cookie` value that takes a cookie back.
pub(crate) fn clear(base_url: &str, name: &str) -> String {
    set(base_url, name, "", Some(Duration::ZERO))
}

/// A cookie that came with a page's call.
pub(crate) fn of_call<'a>(call: &'a PageCall, name: &str) -> Option<&'a str> {
    call.headers.iter().filter(|(header, _)| header == "cookie").find_map(|(_, value)| find(value, name))
}

fn find<'a>(header: &'a str, name: &str) -> Option<&'a str> {
    header.split(';').find_map(|pair| pair.trim().strip_prefix(name)?.strip_prefix('='))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cookies_stay_with_us_and_away_from_scripts() {
        let plain = set("http://localhost:8080", SESSION, "abc", None);
        assert_eq!(plain, "socle_session=abc; Path=/; HttpOnly; SameSite=Lax");
        let secure = set("https://sante.example", SESSION, "abc", Some(Duration::from_secs(60)));
        assert_eq!(secure, "socle_session=abc; Path=/; HttpOnly; SameSite=Lax; Max-Age=60; Secure");
        assert!(clear("https://sante.example", SESSION).contains("Max-Age=0"));
    }

    #[test]
    fn finds_a_cookie_by_its_whole_name() {
        let header = "a=1; socle_session=abc;socle_visit=d=e";
        assert_eq!(find(header, SESSION), Some("abc"));
        assert_eq!(find(header, VISIT), Some("d=e"));
        assert_eq!(find(header, "socle"), None);
        assert_eq!(find("xsocle_session=1", SESSION), None);
    }
}
