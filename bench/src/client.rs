//! One keep-alive HTTP/1.1 connection that sends one request at a time, as a closed loop does.

use crate::failure::Failure;
use bytes::Bytes;
use http_body_util::{BodyExt, Full};
use hyper::client::conn::http1::{SendRequest, handshake};
use hyper::{HeaderMap, Request, header};
use hyper_util::rt::TokioIo;
use serde_json::Value;
use tokio::net::TcpStream;

/// Media type of FHIR bodies.
pub const FHIR_JSON: &str = "application/fhir+json";
/// Media type of page forms.
pub const FORM: &str = "application/x-www-form-urlencoded";

/// Where the server is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Server {
    /// `host:port`.
    pub host: String,
    /// Path of the FHIR base, such as `/fhir`.
    pub fhir: String,
}

impl Server {
    /// Reads a FHIR base address.
    pub fn parse(base: &str) -> Result<Server, Failure> {
        let rest = base.strip_prefix("http://");
        let rest = rest
            .ok_or_else(|| Failure::new(format!("{base}: an address that starts with http:// is needed")))?;
        let (host, path) = rest.split_once('/').unwrap_or((rest, ""));
        let host = if host.contains(':') { host.to_owned() } else { format!("{host}:80") };
        let path = path.trim_end_matches('/');
        Ok(Server { host, fhir: if path.is_empty() { String::new() } else { format!("/{path}") } })
    }
}

/// A request to be sent.
#[derive(Clone, Debug)]
pub struct Call {
    /// Method.
    pub method: &'static str,
    /// Address on the server.
    pub path: String,
    /// `Authorization` or `Cookie`, with its value.
    pub credential: Option<(header::HeaderName, String)>,
    /// Media type and body.
    pub body: Option<(&'static str, Bytes)>,
    /// The status that says it worked.
    pub expected: u16,
}

impl Call {
    /// A `GET` that answers 200.
    pub fn get(path: impl Into<String>) -> Call {
        Call { method: "GET", path: path.into(), credential: None, body: None, expected: 200 }
    }

    /// A `POST`.
    pub fn post(
        path: impl Into<String>,
        media_type: &'static str,
        body: impl Into<Bytes>,
        expected: u16,
    ) -> Call {
        Call {
            method: "POST",
            path: path.into(),
            credential: None,
            body: Some((media_type, body.into())),
            expected,
        }
    }

    /// With a bearer token.
    pub fn with_token(mut self, token: &str) -> Call {
        self.credential = Some((header::AUTHORIZATION, format!("Bearer {token}")));
        self
    }

    /// With cookies.
    pub fn with_cookies(mut self, cookies: &str) -> Call {
        self.credential = Some((header::COOKIE, cookies.to_owned()));
        self
    }
}

/// What came back.
#[derive(Debug)]
pub struct Reply {
    /// Status.
    pub status: u16,
    /// Headers.
    pub headers: HeaderMap,
    /// The whole body.
    pub body: Bytes,
}

impl Reply {
    /// The body as JSON.
    pub fn json(&self) -> Result<Value, Failure> {
        Ok(serde_json::from_slice(&self.body)?)
    }

    /// The start of the body, to tell what went wrong.
    pub fn start(&self) -> String {
        String::from_utf8_lossy(&self.body).chars().take(500).collect()
    }
}

/// A connection; it is made again when the server closed it.
pub struct Connection {
    server: Server,
    sender: Option<SendRequest<Full<Bytes>>>,
}

impl Connection {
    /// To a server; nothing is sent yet.
    pub fn new(server: &Server) -> Connection {
        Connection { server: server.clone(), sender: None }
    }

    async fn sender(&mut self) -> Result<&mut SendRequest<Full<Bytes>>, Failure> {
        if self.sender.as_ref().is_none_or(SendRequest::is_closed) {
            let stream = TcpStream::connect(&self.server.host).await?;
            stream.set_nodelay(true)?;
            let (sender, connection) = handshake(TokioIo::new(stream)).await?;
            // How it ended shows in the request that was under way.
            tokio::spawn(async move { drop(connection.await) });
            self.sender = Some(sender);
        }
        self.sender.as_mut().ok_or_else(|| Failure::new("no connection"))
    }

    /// Sends a request and reads the whole answer, whatever its status.
    pub async fn send(&mut self, call: Call) -> Result<Reply, Failure> {
        let mut request = Request::builder()
            .method(call.method)
            .uri(&call.path)
            .header(header::HOST, &self.server.host)
            .header(header::ACCEPT, "application/fhir+json, text/html;q=0.9");
        if let Some((name, value)) = &call.credential {
            request = request.header(name, value);
        }
        let mut body = Bytes::new();
        if let Some((media_type, content)) = call.body {
            request = request.header(header::CONTENT_TYPE, media_type);
            body = content;
        }
        let request = request.body(Full::new(body))?;
        let sender = self.sender().await?;
        sender.ready().await?;
        let response = sender.send_request(request).await?;
        let (parts, body) = response.into_parts();
        let body = body.collect().await?.to_bytes();
        Ok(Reply { status: parts.status.as_u16(), headers: parts.headers, body })
    }

    /// Sends a request that must work: preparation stops at the first that does not.
    pub async fn expect(&mut self, call: Call) -> Result<Reply, Failure> {
        let (what, expected) = (format!("{} {}", call.method, call.path), call.expected);
        let reply = self.send(call).await?;
        if reply.status == expected {
            return Ok(reply);
        }
        Err(Failure::new(format!(
            "{what} answered {} instead of {expected}: {}",
            reply.status,
            reply.start()
        )))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_base_addresses_and_refuses_others() {
        let server = Server::parse("http://127.0.0.1:8080/fhir/").unwrap();
        assert_eq!(server, Server { host: "127.0.0.1:8080".into(), fhir: "/fhir".into() });
        assert_eq!(Server::parse("http://h").unwrap(), Server { host: "h:80".into(), fhir: String::new() });
        assert!(Server::parse("https://h/fhir").is_err());
    }
}
