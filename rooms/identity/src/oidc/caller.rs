//! Which application calls the provider, and how it proves it: HTTP Basic, form fields, or nothing but its name.

use super::Fault;
use crate::accounts::Account;
use crate::clients::{self, Client};
use crate::sign_in::{self, Attempt};
use crate::state::State;
use data_encoding::BASE64;
use socle_gate::Session;
use socle_pipeline::PageCall;

/// An application that proved who it is.
pub(super) enum Caller {
    /// One that people use.
    Client {
        /// Which.
        client: Client,
        /// True when it showed a secret: a public application only names itself.
        is_proven: bool,
    },
    /// A program that acts by itself.
    Program(Box<Account>),
}

impl Caller {
    /// Its client id.
    pub(super) fn id(&self) -> &str {
        match self {
            Caller::Client { client, .. } => &client.id,
            Caller::Program(account) => &account.login,
        }
    }
}

/// Id and secret as shown; one way at a time.
fn shown(call: &PageCall) -> Result<(String, Option<String>), Fault> {
    let form_id = call.form.text("client_id");
    let form_secret = call.form.text("client_secret");
    match call.header("authorization").split_once(' ') {
        Some((scheme, encoded)) if scheme.eq_ignore_ascii_case("basic") => {
            let (id, secret) =
                read_basic(encoded).ok_or_else(|| Fault::client("The Basic header is unreadable."))?;
            if !form_secret.is_empty() || (!form_id.is_empty() && form_id != id) {
                return Err(Fault::request("Authenticate in one way: header or form."));
            }
            Ok((id, Some(secret)))
        }
        _ if form_id.is_empty() => Err(Fault::client("client_id is missing.")),
        _ => Ok((form_id.to_owned(), (!form_secret.is_empty()).then(|| form_secret.to_owned()))),
    }
}

/// Id and secret are form-encoded before they are joined (RFC 6749, section 2.3.1).
fn read_basic(encoded: &str) -> Option<(String, String)> {
    let bytes = BASE64.decode(encoded.trim().as_bytes()).ok()?;
    let text = String::from_utf8(bytes).ok()?;
    let (id, secret) = text.split_once(':')?;
    let decode = |part: &str| {
        let part = part.replace('+', " ");
        percent_encoding::percent_decode_str(&part).decode_utf8().ok().map(|part| part.into_owned())
    };
    Some((decode(id)?, decode(secret)?))
}

/// The application that calls.
pub(super) async fn authenticate(call: &PageCall, session: &Session) -> Result<Caller, Fault> {
    let (id, secret) = shown(call)?;
    let wrong = || Fault::client("The client is unknown or its secret is wrong.");
    if let Some(client) = clients::find(&call.pipeline, &id).await? {
        return match (&client.secret, secret) {
            (None, None) => Ok(Caller::Client { client, is_proven: false }),
            (Some(hash), Some(secret)) => {
                let is_right = State::of(&call.pipeline).verify(hash.clone(), &secret).await?;
                if is_right { Ok(Caller::Client { client, is_proven: true }) } else { Err(wrong()) }
            }
            _ => Err(wrong()),
        };
    }
    let Some(secret) = secret else { return Err(wrong()) };
    match sign_in::program(&call.pipeline, session, &id, &secret).await? {
        Attempt::Accepted(account) => Ok(Caller::Program(account)),
        Attempt::Wrong | Attempt::Locked | Attempt::TooMany => Err(wrong()),
    }
}

#[cfg(test)]
mod tests {
    use super::read_basic;
    use data_encoding::BASE64;

    #[test]
    fn reads_the_basic_header_as_rfc_6749_encodes_it() {
        for (text, expected) in [
            ("systeme-1:secret", Some(("systeme-1", "secret"))),
            ("a%3Ab:c%20d+e", Some(("a:b", "c d e"))),
            ("a:b:c", Some(("a", "b:c"))),
            ("no colon", None),
        ] {
            let read = read_basic(&BASE64.encode(text.as_bytes()));
            let expected = expected.map(|(id, secret)| (id.to_owned(), secret.to_owned()));
            assert_eq!(read, expected, "{text}");
        }
        assert_eq!(read_basic("é"), None);
    }
}
