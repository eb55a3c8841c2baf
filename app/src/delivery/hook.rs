//! A notification as an HTTP `POST`: one connection, no redirects, nothing of the answer but its status.

use super::target::Reach;
use super::tls::{Tls, Wire};
use axum::http::{HeaderName, HeaderValue, Request, header};
use bytes::Bytes;
use http_body_util::Full;
use hyper_util::rt::TokioIo;
use socle_kernel::Words;
use tokio::net::TcpStream;

/// Posts a notification. Only a status of success says that it arrived.
pub async fn post(
    reach: &Reach,
    tls: &Tls,
    endpoint: &str,
    headers: &[(String, String)],
    body: Bytes,
) -> Result<(), Words> {
    let target = reach.parse(endpoint)?;
    let addresses = reach.resolve(&target).await?;
    let unreachable = || Words::new("L'adresse ne répond pas.", "The address cannot be reached.");
    let stream = TcpStream::connect(addresses.as_slice()).await.map_err(|_| unreachable())?;
    let wire: Box<dyn Wire> =
        if target.is_secure { tls.wrap(stream, &target.host).await? } else { Box::new(stream) };
    let (mut sender, connection) =
        hyper::client::conn::http1::handshake(TokioIo::new(wire)).await.map_err(|_| unreachable())?;
    let connection = Ended(tokio::spawn(async move {
        // How the connection ends is told by the answer, or by its absence.
        let _ = connection.await;
    }));
    let request = request(&target.authority, &target.path, headers, body).ok_or_else(|| {
        Words::new("Un en-tête n'a pas la bonne forme.", "A header is not of the right form.")
    })?;
    let answer = sender.send_request(request).await.map_err(|_| {
        Words::new("L'adresse n'a pas répondu en HTTP.", "The address did not answer in HTTP.")
    })?;
    drop(connection);
    let status = answer.status().as_u16();
    match status {
        200..=299 => Ok(()),
        300..=399 => Err(Words::new(
            format!("L'adresse a répondu par une redirection ({status}), qui n'est pas suivie."),
            format!("The address answered with a redirect ({status}), which is not followed."),
        )),
        _ => Err(Words::new(
            format!("L'adresse a répondu {status}."),
            format!("The address answered {status}."),
        )),
    }
}

fn request(
    authority: &str,
    path: &str,
    headers: &[(String, String)],
    body: Bytes,
) -> Option<Request<Full<Bytes>>> {
    let mut request = Request::post(path).body(Full::new(body)).ok()?;
    let all = request.headers_mut();
    all.insert(header::HOST, HeaderValue::from_str(authority).ok()?);
    all.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/fhir+json; charset=utf-8"));
    all.insert(header::USER_AGENT, HeaderValue::from_static("Socle"));
    for (name, value) in headers {
        let mut value = HeaderValue::from_str(value).ok()?;
        value.set_sensitive(true);
        all.append(HeaderName::try_from(name.as_str()).ok()?, value);
    }
    Some(request)
}

/// A connection that ends with its use.
struct Ended(tokio::task::JoinHandle<()>);

impl Drop for Ended {
    fn drop(&mut self) {
        self.0.abort();
    }
}
