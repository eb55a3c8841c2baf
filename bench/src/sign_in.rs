//! A citizen's way in through the pages: password, one-time code, and the cookies that come of it.

use crate::client::{Call, Connection, FORM, Reply, Server};
use crate::failure::Failure;
use crate::totp;
use hyper::header;
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::Value;
use socle_kernel::{Clock, SystemClock};

/// Redirects in a row at most.
const HOPS: usize = 12;

/// A browser, as far as signing in needs one.
struct Browser {
    connection: Connection,
    host: String,
    cookies: Vec<(String, String)>,
}

/// Signs in as an account that `socle accounts --json` printed; the `Cookie` header of their session.
pub async fn sign_in(server: &Server, account: &Value) -> Result<String, Failure> {
    let text = |name: &str| account[name].as_str().unwrap_or("").to_owned();
    let (login, password, secret) = (text("login"), text("password"), text("totp_secret"));
    let mut browser =
        Browser { connection: Connection::new(server), host: server.host.clone(), cookies: Vec::new() };
    let reply = browser.call(Call::get("/connexion?suite=%2Fmon-espace%2Fdocuments")).await?;
    let (address, _) = browser.follow("/connexion".into(), reply).await?;
    let suite = query(&address, "suite").ok_or_else(|| Failure::new(format!("no suite= in {address}")))?;
    // The page that asks for the password, with its token against forged requests.
    let page = browser.call(Call::get(format!("/connexion?profil=citoyen&suite={suite}"))).await?;
    let suite = hidden(&page, "suite")?;
    let form = [
        ("identifiant", login.as_str()),
        ("mot-de-passe", &password),
        ("suite", &suite),
        ("profil", "citoyen"),
    ];
    let reply = browser.submit("/connexion/identifiant", &form, &page).await?;
    let (address, page) = browser.follow("/connexion/identifiant".into(), reply).await?;
    if !address.starts_with("/connexion/code") {
        return Err(Failure::new(format!("{login}: the password led to {address}, status {}", page.status)));
    }
    let code = totp::code(&secret, SystemClock.now().seconds());
    let code = code.ok_or_else(|| Failure::new(format!("{login} has no one-time code secret")))?;
    let suite = hidden(&page, "suite")?;
    let reply = browser.submit("/connexion/code", &[("code", &code), ("suite", &suite)], &page).await?;
    let (address, page) = browser.follow("/connexion/code".into(), reply).await?;
    if address != "/mon-espace/documents" || page.status != 200 {
        return Err(Failure::new(format!("{login}: signing in led to {address}, status {}", page.status)));
    }
    Ok(browser.jar())
}

impl Browser {
    fn jar(&self) -> String {
        let pairs: Vec<String> = self.cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
        pairs.join("; ")
    }

    async fn call(&mut self, call: Call) -> Result<Reply, Failure> {
        let call = if self.cookies.is_empty() { call } else { call.with_cookies(&self.jar()) };
        let reply = self.connection.send(call).await?;
        for line in reply.headers.get_all(header::SET_COOKIE) {
            let pair = line.to_str().unwrap_or("").split(';').next().unwrap_or("");
            if let Some((name, value)) = pair.split_once('=') {
                self.cookies.retain(|(known, _)| known != name);
                if !value.is_empty() {
                    self.cookies.push((name.to_owned(), value.to_owned()));
                }
            }
        }
        Ok(reply)
    }

    async fn submit(&mut self, path: &str, fields: &[(&str, &str)], page: &Reply) -> Result<Reply, Failure> {
        let csrf = hidden(page, "csrf")?;
        let encoded = |text: &str| utf8_percent_encode(text, NON_ALPHANUMERIC).to_string();
        let all = fields.iter().copied().chain([("csrf", csrf.as_str())]);
        let body: Vec<String> = all.map(|(name, value)| format!("{name}={}", encoded(value))).collect();
        self.call(Call::post(path, FORM, body.join("&"), 303)).await
    }

    /// Follows redirects within the server; the last address and its page.
    async fn follow(&mut self, mut address: String, mut reply: Reply) -> Result<(String, Reply), Failure> {
        for _ in 0..HOPS {
            let Some(location) = reply.headers.get(header::LOCATION) else { return Ok((address, reply)) };
            let location = location.to_str().unwrap_or("");
            let local = location.strip_prefix("http://").and_then(|rest| rest.strip_prefix(&self.host));
            address = local.unwrap_or(location).to_owned();
            if !address.starts_with('/') {
                return Err(Failure::new(format!("sent away to {address}")));
            }
            reply = self.call(Call::get(address.clone())).await?;
        }
        Err(Failure::new(format!("more than {HOPS} redirects, the last to {address}")))
    }
}

/// A value of a query, as it is written there.
fn query(address: &str, name: &str) -> Option<String> {
    let (_, query) = address.split_once('?')?;
    query.split('&').find_map(|pair| pair.strip_prefix(name)?.strip_prefix('=').map(str::to_owned))
}

/// The value of a hidden field of a page.
fn hidden(page: &Reply, name: &str) -> Result<String, Failure> {
    let text = String::from_utf8_lossy(&page.body);
    let found = text.split_once(&format!("name=\"{name}\" value=\""));
    let value =
        found.and_then(|(_, rest)| rest.split_once('"')).map(|(value, _)| value.replace("&amp;", "&"));
    value.ok_or_else(|| {
        Failure::new(format!("no field {name} in the page (status {}): {}", page.status, page.start()))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use bytes::Bytes;

    #[test]
    fn fields_are_read_as_the_browser_would_send_them() {
        let html = "<input type=\"hidden\" name=\"suite\" value=\"/oidc/authorize?a=1&amp;b=2\">";
        let page = Reply {
            status: 200,
            headers: hyper::HeaderMap::new(),
            body: Bytes::from_static(html.as_bytes()),
        };
        assert_eq!(hidden(&page, "suite").unwrap(), "/oidc/authorize?a=1&b=2");
        assert!(hidden(&page, "csrf").is_err());
    }

    #[test]
    fn a_query_value_stays_encoded() {
        assert_eq!(query("/connexion?x=1&suite=%2Fa", "suite").as_deref(), Some("%2Fa"));
        assert_eq!(query("/connexion", "suite"), None);
    }
}
