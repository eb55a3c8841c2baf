//! A browser: keeps cookies, follows links and redirects, fills in forms.

use super::region::Region;
use socle_kernel::{Lang, Problem};
use socle_pipeline::{Credentials, Form, Method, PageAnswer, PageCall};
use std::collections::HashMap;

pub(super) struct Browser<'a> {
    region: &'a Region,
    cookies: Vec<(String, String)>,
    pub peer: String,
}

impl<'a> Browser<'a> {
    pub(super) fn new(region: &'a Region) -> Self {
        Browser { region, cookies: Vec::new(), peer: "192.0.2.1".into() }
    }

    pub(super) fn cookie(&self, name: &str) -> Option<&str> {
        self.cookies.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    pub(super) async fn get(&mut self, address: &str) -> Result<PageAnswer, Problem> {
        self.call(Method::Get, address, &[], &[]).await
    }

    /// Sends a form of ours: with the token that a page of this browser holds.
    pub(super) async fn post(
        &mut self,
        address: &str,
        fields: &[(&str, &str)],
    ) -> Result<PageAnswer, Problem> {
        let csrf = self.region.pipeline.identify(&self.credentials(&[])).await?.csrf;
        let fields: Vec<(&str, &str)> = fields.iter().copied().chain([("csrf", csrf.as_str())]).collect();
        self.call(Method::Post, address, &fields, &[]).await
    }

    /// Follows redirects within the platform to a page, or to an address elsewhere.
    pub(super) async fn follow(&mut self, mut answer: PageAnswer) -> Result<(String, PageAnswer), Problem> {
        let mut address = String::new();
        for _ in 0..10 {
            let Some(location) = location(&answer) else { return Ok((address, answer)) };
            let Some(local) = location.strip_prefix("https://sante.example").or(Some(location.as_str()))
            else {
                break;
            };
            address = local.to_owned();
            if !address.starts_with('/') {
                return Ok((address, answer));
            }
            answer = self.get(&address).await?;
        }
        Ok((address, answer))
    }

    fn credentials(&self, headers: &[(&str, &str)]) -> Credentials {
        let bearer = headers.iter().find(|(name, _)| *name == "authorization");
        let bearer = bearer.and_then(|(_, value)| value.strip_prefix("Bearer ")).map(str::to_owned);
        Credentials { bearer, cookies: self.cookies.clone() }
    }

    pub(super) async fn call(
        &mut self,
        method: Method,
        address: &str,
        fields: &[(&str, &str)],
        headers: &[(&str, &str)],
    ) -> Result<PageAnswer, Problem> {
        let pipeline = &self.region.pipeline;
        let (path, query) = address.split_once('?').unwrap_or((address, ""));
        let (page, params) = pipeline
            .pages()
            .iter()
            .filter(|(_, page)| page.method == method)
            .find_map(|(_, page)| Some((*page, matches(page.path, path)?)))
            .unwrap_or_else(|| panic!("{} {path} is not answered", method.name()));
        let identified = pipeline.identify(&self.credentials(headers)).await?;
        self.keep(&identified.cookies);
        let jar: Vec<String> = self.cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
        let headers = headers.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        let call = PageCall {
            pipeline: pipeline.clone(),
            method,
            path: path.to_owned(),
            params,
            query: pairs(query),
            form: Form {
                fields: fields
                    .iter()
                    .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
                    .collect(),
                files: Vec::new(),
            },
            headers: headers.chain([("cookie".to_owned(), jar.join("; "))]).collect(),
            lang: Lang::Fr,
            identified,
            peer: self.peer.clone(),
            request: "request".into(),
            now: pipeline.gate().clock().now(),
        };
        let answer = pipeline.run_page(&page, &call).await.into_inner()?;
        let set: Vec<String> = answer
            .headers
            .iter()
            .filter(|(name, _)| name == "set-cookie")
            .map(|(_, value)| value.clone())
            .collect();
        self.keep(&set);
        Ok(answer)
    }

    fn keep(&mut self, cookies: &[String]) {
        for cookie in cookies {
            let (name, rest) = cookie.split_once('=').expect("a cookie has a name");
            let value = rest.split(';').next().unwrap_or("");
            self.cookies.retain(|(known, _)| known != name);
            if !value.is_empty() {
                self.cookies.push((name.to_owned(), value.to_owned()));
            }
        }
    }
}

fn matches(pattern: &str, path: &str) -> Option<HashMap<String, String>> {
    let (pattern, path): (Vec<&str>, Vec<&str>) = (pattern.split('/').collect(), path.split('/').collect());
    if pattern.len() != path.len() {
        return None;
    }
    let mut params = HashMap::new();
    for (wanted, part) in pattern.into_iter().zip(path) {
        match wanted.strip_prefix('{').and_then(|name| name.strip_suffix('}')) {
            Some(name) => drop(params.insert(name.to_owned(), part.to_owned())),
            None if wanted == part => {}
            None => return None,
        }
    }
    Some(params)
}

/// The pairs of a query, decoded.
pub(super) fn pairs(query: &str) -> Vec<(String, String)> {
    let decode = |text: &str| percent_encoding::percent_decode_str(text).decode_utf8_lossy().into_owned();
    let pairs = query.split('&').filter(|pair| !pair.is_empty());
    pairs
        .map(|pair| pair.split_once('=').unwrap_or((pair, "")))
        .map(|(n, v)| (decode(n), decode(v)))
        .collect()
}

/// Where an answer sends the browser.
pub(super) fn location(answer: &PageAnswer) -> Option<String> {
    answer.headers.iter().find(|(name, _)| name == "location").map(|(_, value)| value.clone())
}

/// The text of a page.
pub(super) fn text(answer: &PageAnswer) -> String {
    String::from_utf8_lossy(&answer.body).into_owned()
}

/// A value of a query.
pub(super) fn value(address: &str, name: &str) -> String {
    let query = address.split_once('?').map_or("", |(_, query)| query);
    pairs(query).into_iter().find(|(known, _)| known == name).map_or_else(String::new, |(_, value)| value)
}
