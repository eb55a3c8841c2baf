//! TLS for what leaves: whom the machine trusts, read when it is first needed.

use socle_kernel::Words;
use std::sync::{Arc, OnceLock};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::rustls::pki_types::ServerName;
use tokio_rustls::rustls::{ClientConfig, RootCertStore, crypto};

/// A connection, plain or not.
pub trait Wire: AsyncRead + AsyncWrite + Unpin + Send {}

impl<T: AsyncRead + AsyncWrite + Unpin + Send> Wire for T {}

/// Opens TLS connections.
#[derive(Default)]
pub struct Tls(OnceLock<Option<TlsConnector>>);

impl Tls {
    /// One that reads the machine's certificates when it is first used.
    pub fn new() -> Tls {
        Tls::default()
    }

    /// The same connection, enciphered, with a server that proved its name.
    pub async fn wrap(&self, stream: TcpStream, host: &str) -> Result<Box<dyn Wire>, Words> {
        let connector = self.0.get_or_init(connector).as_ref().ok_or_else(|| {
            Words::new(
                "Cette machine ne fait confiance à aucune autorité : TLS est impossible.",
                "This machine trusts no authority: TLS is impossible.",
            )
        })?;
        let wrong = || {
            Words::new(
                "La connexion chiffrée a échoué : le certificat n'est pas valable pour ce nom.",
                "The enciphered connection failed: the certificate is not good for this name.",
            )
        };
        let name = ServerName::try_from(host.to_owned()).map_err(|_| wrong())?;
        let stream = connector.connect(name, stream).await.map_err(|error| {
            tracing::debug!(error.cause = %error, "a TLS connection failed");
            wrong()
        })?;
        Ok(Box::new(stream))
    }
}

fn connector() -> Option<TlsConnector> {
    let mut roots = RootCertStore::empty();
    let found = rustls_native_certs::load_native_certs();
    let (added, _) = roots.add_parsable_certificates(found.certs);
    if added == 0 {
        tracing::warn!(
            "no trusted certificate was found on this machine; notifications by https are impossible"
        );
        return None;
    }
    let provider = Arc::new(crypto::ring::default_provider());
    let config = ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions().ok()?;
    let config = config.with_root_certificates(roots).with_no_client_auth();
    Some(TlsConnector::from(Arc::new(config)))
}
