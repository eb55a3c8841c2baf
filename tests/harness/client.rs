//! An HTTP client that speaks FHIR and keeps every status as an answer.

use serde_json::Value;
use std::io::Read;
use ureq::http::{Request, Response};

/// A caller with or without a token.
#[derive(Clone)]
pub struct Client {
    base: String,
    token: Option<String>,
    agent: ureq::Agent,
}

/// What came back.
#[derive(Debug)]
pub struct Reply {
    /// HTTP status.
    pub status: u16,
    /// Headers, names in lower case.
    pub headers: Vec<(String, String)>,
    /// Body as it travelled.
    pub body: Vec<u8>,
}

/// One request being put together.
pub struct Call<'a> {
    client: &'a Client,
    method: &'a str,
    path: &'a str,
    headers: Vec<(String, String)>,
    body: Option<Vec<u8>>,
}

impl Client {
    /// A client of an address.
    pub fn new(base: &str, token: Option<String>) -> Client {
        let config = ureq::Agent::config_builder()
            .http_status_as_error(false)
            .max_redirects(0)
            // The server ends a connection whose body it refused to read: none is used twice.
            .max_idle_connections(0)
            .max_idle_connections_per_host(0)
            .max_redirects_will_error(false)
            .allow_non_standard_methods(true)
            .timeout_global(Some(std::time::Duration::from_secs(120)))
            .build();
        Client { base: base.to_owned(), token, agent: config.new_agent() }
    }

    /// Any method at any address.
    pub fn call<'a>(&'a self, method: &'a str, path: &'a str) -> Call<'a> {
        Call { client: self, method, path, headers: Vec::new(), body: None }
    }

    /// Address of this server.
    pub fn base(&self) -> &str {
        &self.base
    }

    /// `GET`.
    pub fn get(&self, path: &str) -> Reply {
        self.call("GET", path).send()
    }

    /// `POST` of FHIR JSON.
    pub fn post(&self, path: &str, resource: &Value) -> Reply {
        self.call("POST", path).json(resource).send()
    }

    /// `PUT` of FHIR JSON.
    pub fn put(&self, path: &str, resource: &Value) -> Reply {
        self.call("PUT", path).json(resource).send()
    }

    /// `PATCH` with a JSON Patch.
    pub fn patch(&self, path: &str, patch: &Value) -> Reply {
        self.call("PATCH", path).json(patch).header("content-type", "application/json-patch+json").send()
    }

    /// `DELETE`.
    pub fn delete(&self, path: &str) -> Reply {
        self.call("DELETE", path).send()
    }

    /// Creates a resource; what was stored.
    pub fn create(&self, resource: &Value) -> Value {
        let name = resource["resourceType"].as_str().expect("a FHIR resource");
        let reply = self.post(&format!("/fhir/{name}"), resource);
        assert_eq!(reply.status, 201, "{name} is created: {}", reply.text());
        reply.json()
    }

    /// Every result of a search, page after page.
    pub fn all(&self, path: &str) -> Vec<Value> {
        let mut found = Vec::new();
        let mut next = Some(path.to_owned());
        for _ in 0..1000 {
            let Some(address) = next else { return found };
            let reply = self.get(&address);
            assert_eq!(reply.status, 200, "{address}: {}", reply.text());
            let bundle = reply.json();
            found.extend(entries(&bundle).iter().map(|entry| entry["resource"].clone()));
            next = link(&bundle, "next")
                .map(|url| url.strip_prefix(&self.base).expect("a link to this server").to_owned());
        }
        panic!("{path} has no last page")
    }
}

impl Call<'_> {
    /// Adds or replaces a header.
    pub fn header(mut self, name: &str, value: &str) -> Self {
        self.headers.retain(|(known, _)| !known.eq_ignore_ascii_case(name));
        self.headers.push((name.to_owned(), value.to_owned()));
        self
    }

    /// Sends bytes.
    pub fn bytes(mut self, body: impl Into<Vec<u8>>) -> Self {
        self.body = Some(body.into());
        self
    }

    /// Sends FHIR JSON.
    pub fn json(self, value: &Value) -> Self {
        self.header("content-type", "application/fhir+json").bytes(value.to_string())
    }

    /// Sends a form.
    pub fn form(self, fields: &[(&str, &str)]) -> Self {
        let text: Vec<String> =
            fields.iter().map(|(name, value)| format!("{}={}", encode(name), encode(value))).collect();
        self.header("content-type", "application/x-www-form-urlencoded").bytes(text.join("&"))
    }

    fn request<B>(&self, body: B) -> Request<B> {
        let mut request =
            Request::builder().method(self.method).uri(format!("{}{}", self.client.base, self.path));
        if let Some(token) = &self.client.token {
            request = request.header("authorization", format!("Bearer {token}"));
        }
        for (name, value) in &self.headers {
            request = request.header(name, value);
        }
        request.body(body).expect("a request that can be written")
    }

    /// Sends it.
    pub fn send(mut self) -> Reply {
        let what = format!("{} {}", self.method, self.path);
        let agent = &self.client.agent;
        let sent = match self.body.take() {
            Some(body) => agent.run(self.request(body)),
            None => agent.run(self.request(())),
        };
        Reply::of(sent.unwrap_or_else(|error| panic!("{what}: {error}")))
    }

    /// Sends it; nothing when the connection breaks.
    pub fn try_send(mut self) -> Option<Reply> {
        let agent = &self.client.agent;
        let sent = match self.body.take() {
            Some(body) => agent.run(self.request(body)),
            None => agent.run(self.request(())),
        };
        Reply::read(sent.ok()?)
    }
}

impl Reply {
    fn of(response: Response<ureq::Body>) -> Reply {
        Reply::read(response).expect("a whole body")
    }

    fn read(response: Response<ureq::Body>) -> Option<Reply> {
        let status = response.status().as_u16();
        let headers = response
            .headers()
            .iter()
            .map(|(name, value)| {
                (name.as_str().to_owned(), String::from_utf8_lossy(value.as_bytes()).into_owned())
            })
            .collect();
        let mut body = Vec::new();
        response.into_body().into_reader().read_to_end(&mut body).ok()?;
        Some(Reply { status, headers, body })
    }

    /// A header's value; empty when absent.
    pub fn header(&self, name: &str) -> &str {
        self.headers.iter().find(|(known, _)| known == name).map_or("", |(_, value)| value.as_str())
    }

    /// The body as text.
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    /// The body as JSON.
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body)
            .unwrap_or_else(|error| panic!("{error}: {} {}", self.status, self.text()))
    }

    /// Fails unless the status is this one.
    #[track_caller]
    pub fn expect(self, status: u16) -> Reply {
        assert_eq!(self.status, status, "{}", self.text());
        self
    }
}

/// The entries of a Bundle.
pub fn entries(bundle: &Value) -> &[Value] {
    bundle["entry"].as_array().map_or(&[], Vec::as_slice)
}

/// Ids of the matches of a search, without what was included or said beside them.
pub fn matches(bundle: &Value) -> Vec<String> {
    let is_match = |entry: &&Value| entry["search"]["mode"] == "match";
    entries(bundle)
        .iter()
        .filter(is_match)
        .map(|entry| entry["resource"]["id"].as_str().unwrap_or("").to_owned())
        .collect()
}

/// A link of a Bundle.
pub fn link(bundle: &Value, relation: &str) -> Option<String> {
    let links = bundle["link"].as_array()?;
    links.iter().find(|link| link["relation"] == relation)?["url"].as_str().map(str::to_owned)
}

/// Percent-encodes a query value.
pub fn encode(text: &str) -> String {
    percent_encoding::utf8_percent_encode(text, percent_encoding::NON_ALPHANUMERIC).to_string()
}
