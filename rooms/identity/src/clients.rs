//! Applications that may ask for sign-in: our own pages, registered ones, and one for demonstrations.

use crate::drawers;
use crate::password::PasswordHash;
use serde::{Deserialize, Serialize};
use socle_kernel::{HomeId, Problem};
use socle_pipeline::{Pipeline, Settings};

/// Registered applications, by client id.
pub(crate) const DRAWER: &str = "identity.client";
/// Our own pages.
pub(crate) const OURS: &str = "socle";
/// The public application of demonstration stores.
pub(crate) const DEMO: &str = "demo-app";
/// Where our own pages get the answer of the provider.
pub(crate) const OUR_RETURN: &str = "/connexion/retour";

/// An application.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Client {
    /// Its id.
    pub id: String,
    /// Its name, as people read it.
    pub name: String,
    /// Where answers may go, each compared as a whole.
    pub redirect_uris: Vec<String>,
    /// Where people may go after signing out, each compared as a whole.
    pub after_sign_out: Vec<String>,
    /// Its secret; `None` for public applications, which prove themselves by PKCE alone.
    pub secret: Option<PasswordHash>,
}

impl Client {
    /// True for our own pages: the person is not asked for an approval.
    pub(crate) fn is_ours(&self) -> bool {
        self.id == OURS
    }

    /// May an answer go to this address?
    pub(crate) fn may_redirect(&self, uri: &str) -> bool {
        let is_known = self.redirect_uris.iter().any(|known| known == uri);
        is_known || (self.id == DEMO && is_loopback(uri))
    }

    /// May a person go to this address after signing out?
    pub(crate) fn may_leave_to(&self, uri: &str) -> bool {
        let is_known = self.after_sign_out.iter().any(|known| known == uri);
        is_known || (self.id == DEMO && is_loopback(uri))
    }
}

/// An address of the machine in front of the person (RFC 8252): any port, any path, no fragment.
fn is_loopback(uri: &str) -> bool {
    let Some(rest) = uri.strip_prefix("http://127.0.0.1").or_else(|| uri.strip_prefix("http://localhost"))
    else {
        return false;
    };
    let is_plain = uri.len() <= 2048
        && uri.bytes().all(|byte| byte.is_ascii_graphic())
        && !uri.contains(['#', '\\', '"', '<', '>']);
    let (port, path) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
    let has_port = match port.strip_prefix(':') {
        Some(digits) => {
            digits.len() <= 5 && digits.parse::<u16>().is_ok() && digits.bytes().all(|b| b.is_ascii_digit())
        }
        None => port.is_empty(),
    };
    is_plain && has_port && !path.is_empty()
}

/// The application with this id.
pub(crate) async fn find(pipeline: &Pipeline, id: &str) -> Result<Option<Client>, Problem> {
    if let Some(client) = built_in(pipeline.settings(), id) {
        return Ok(Some(client));
    }
    drawers(pipeline).get(DRAWER, HomeId::PLATFORM, id.as_bytes()).await
}

/// The applications that need no registration.
pub(crate) fn built_in(settings: &Settings, id: &str) -> Option<Client> {
    match id {
        OURS => Some(Client {
            id: OURS.into(),
            name: "Socle".into(),
            redirect_uris: vec![format!("{}{OUR_RETURN}", settings.base_url)],
            after_sign_out: vec![format!("{}/", settings.base_url)],
            secret: None,
        }),
        DEMO if settings.is_demo => Some(Client {
            id: DEMO.into(),
            name: "Application de démonstration".into(),
            redirect_uris: Vec::new(),
            after_sign_out: Vec::new(),
            secret: None,
        }),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn settings(is_demo: bool) -> Settings {
        Settings { base_url: "https://sante.example".into(), is_demo, version: "0", ..Settings::default() }
    }

    #[test]
    fn our_pages_have_one_address_only() {
        let client = built_in(&settings(true), OURS).expect("built in");
        assert!(client.is_ours() && client.may_redirect("https://sante.example/connexion/retour"));
        for other in [
            "https://sante.example/connexion/retour/",
            "https://sante.example/connexion/retour?a=b",
            "https://sante.example.evil/connexion/retour",
            "http://127.0.0.1:1/",
            "",
        ] {
            assert!(!client.may_redirect(other), "{other}");
        }
    }

    #[test]
    fn the_demonstration_application_exists_in_demonstrations_only() {
        assert!(built_in(&settings(false), DEMO).is_none());
        assert!(built_in(&settings(true), DEMO).is_some_and(|client| !client.is_ours()));
    }

    #[test]
    fn the_demonstration_application_reaches_this_machine_only() {
        let client = built_in(&settings(true), DEMO).expect("built in");
        for (uri, is_good) in [
            ("http://127.0.0.1:3000/retour", true),
            ("http://localhost:8080/", true),
            ("http://localhost/retour?x=1", true),
            ("http://127.0.0.1:3000", false),
            ("https://127.0.0.1:3000/", false),
            ("http://127.0.0.1:99999/", false),
            ("http://127.0.0.1:+80/", false),
            ("http://127.0.0.1.evil.example/", false),
            ("http://localhost.evil.example/", false),
            ("http://localhost@evil.example/", false),
            ("http://localhost:80@evil.example/", false),
            ("http://127.0.0.1:80/#f", false),
            ("http://127.0.0.1:80\\@evil.example/", false),
            ("http://evil.example/http://127.0.0.1/", false),
            ("http://127.0.0.1:80/ x", false),
        ] {
            assert_eq!(client.may_redirect(uri), is_good, "{uri}");
        }
    }

    #[test]
    fn a_registered_address_is_compared_as_a_whole() {
        let client = Client {
            id: "cabinet".into(),
            name: "Logiciel de cabinet".into(),
            redirect_uris: vec!["https://logiciel.example/retour".into()],
            after_sign_out: vec!["https://logiciel.example/".into()],
            secret: None,
        };
        assert!(client.may_redirect("https://logiciel.example/retour"));
        assert!(!client.may_redirect("https://logiciel.example/retour?x"));
        assert!(!client.may_redirect("https://LOGICIEL.example/retour"));
        assert!(
            client.may_leave_to("https://logiciel.example/")
                && !client.may_leave_to("https://logiciel.example")
        );
    }
}
