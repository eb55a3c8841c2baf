//! What every request has: an id, a language, credentials, a peer.

use axum::http::{HeaderMap, header};
use socle_kernel::{Chance, Lang};
use socle_pipeline::Credentials;

/// The cookie that keeps a reader's language.
pub const LANG_COOKIE: &str = "socle_lang";

/// A fresh request id: 16 random bytes as hexadecimal digits.
pub fn new_id(chance: &dyn Chance) -> String {
    let mut bytes = [0u8; 16];
    chance.fill(&mut bytes);
    data_encoding::HEXLOWER.encode(&bytes)
}

/// A header's text; empty when absent or not text.
pub fn header<'a>(headers: &'a HeaderMap, name: &str) -> &'a str {
    headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or("")
}

/// Bearer token and cookies.
pub fn credentials(headers: &HeaderMap) -> Credentials {
    let authorization = header(headers, header::AUTHORIZATION.as_str());
    let bearer = authorization
        .split_once(' ')
        .filter(|(scheme, _)| scheme.eq_ignore_ascii_case("bearer"))
        .map(|(_, token)| token.trim().to_owned());
    let cookies = headers
        .get_all(header::COOKIE)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|line| line.split(';'))
        .filter_map(|pair| pair.trim().split_once('='))
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .collect();
    Credentials { bearer, cookies }
}

/// The reader's language: `?lang=`, else the cookie, else `Accept-Language`, else French.
pub fn lang(query: &[(String, String)], credentials: &Credentials, headers: &HeaderMap) -> Lang {
    let named = query.iter().find(|(name, _)| name == "lang").map(|(_, value)| value.as_str());
    match named.or_else(|| credentials.cookie(LANG_COOKIE)) {
        Some(value) => Lang::from_header(value),
        None => Lang::from_header(header(headers, header::ACCEPT_LANGUAGE.as_str())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::http::HeaderValue;

    #[test]
    fn credentials_are_read_whatever_their_case_and_spacing() {
        let mut headers = HeaderMap::new();
        headers.insert("authorization", HeaderValue::from_static("bearer  abc"));
        headers.append("cookie", HeaderValue::from_static("a=1; socle_lang=en"));
        headers.append("cookie", HeaderValue::from_static("b=2"));
        let found = credentials(&headers);
        assert_eq!(found.bearer.as_deref(), Some("abc"));
        assert_eq!(found.cookie("b"), Some("2"));
        assert_eq!(lang(&[], &found, &headers), Lang::En);
        assert_eq!(lang(&[("lang".into(), "fr".into())], &found, &headers), Lang::Fr);
    }

    #[test]
    fn another_scheme_is_no_bearer_token() {
        let mut headers = HeaderMap::new();
        headers.insert("authorization", HeaderValue::from_static("Basic abc"));
        assert_eq!(credentials(&headers).bearer, None);
    }
}
