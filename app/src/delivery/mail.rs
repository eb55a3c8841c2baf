//! A notification as a mail that says only this: there is something new. It passes through the mail server that the operator
//! names; nothing in it says about whom or what.

use super::tls::{Tls, Wire};
use crate::settings::{MailFile, MailTls};
use data_encoding::BASE64;
use socle_kernel::{Instant, Words};
use socle_pipeline::subscriptions::ParcelKind;
use std::path::PathBuf;
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::net::TcpStream;

/// Longest line of an answer, and number of its lines.
const LINE_BYTES: usize = 1_024;
const LINES: usize = 100;
/// Line length of encoded text.
const ENCODED: usize = 76;

/// The mail server.
#[derive(Clone, Debug)]
pub struct Relay {
    server: String,
    host: String,
    from: String,
    tls: MailTls,
    user: Option<String>,
    password_file: Option<PathBuf>,
}

impl Relay {
    /// The server of these settings.
    pub fn of(file: &MailFile) -> Relay {
        let host = file.server.rsplit_once(':').map_or(file.server.as_str(), |(host, _)| host);
        Relay {
            host: host.trim_start_matches('[').trim_end_matches(']').to_owned(),
            server: file.server.clone(),
            from: file.from.clone(),
            tls: file.tls,
            user: file.user.clone(),
            password_file: file.password_file.clone(),
        }
    }

    /// Hands a letter over. The error says what the server refused, not what it said.
    pub async fn send(&self, tls: &Tls, to: &str, letter: &str) -> Result<(), Words> {
        let stream = TcpStream::connect(self.server.as_str()).await.map_err(|_| unreachable())?;
        let mut talk = match self.tls {
            MailTls::Always => {
                let mut talk = Talk::new(tls.wrap(stream, &self.host).await?);
                talk.expect(220).await?;
                talk
            }
            MailTls::Starttls => {
                let mut plain = Talk::new(stream);
                plain.expect(220).await?;
                plain.say("EHLO socle", 250).await?;
                plain.say("STARTTLS", 220).await?;
                // What the server sent before TLS began is thrown away with the reader: nothing of it is believed.
                Talk::new(tls.wrap(plain.0.into_inner(), &self.host).await?)
            }
            MailTls::None => {
                let wire: Box<dyn Wire> = Box::new(stream);
                let mut talk = Talk::new(wire);
                talk.expect(220).await?;
                talk
            }
        };
        talk.say("EHLO socle", 250).await?;
        if let Some(user) = &self.user {
            let secret = BASE64.encode(format!("\0{user}\0{}", self.password()?).as_bytes());
            talk.say(&format!("AUTH PLAIN {secret}"), 235).await?;
        }
        talk.say(&format!("MAIL FROM:<{}>", self.from), 250).await?;
        talk.say(&format!("RCPT TO:<{to}>"), 250).await?;
        talk.say("DATA", 354).await?;
        talk.say(&format!("{letter}\r\n."), 250).await?;
        // The letter is taken: how the talk ends changes nothing.
        let _ = talk.say("QUIT", 221).await;
        Ok(())
    }

    fn password(&self) -> Result<String, Words> {
        let read = self.password_file.as_ref().map(std::fs::read_to_string);
        match read {
            Some(Ok(text)) => Ok(text.trim_end_matches(['\r', '\n']).to_owned()),
            _ => Err(Words::new(
                "Le mot de passe du serveur de mail ne peut pas être lu.",
                "The password of the mail server cannot be read.",
            )),
        }
    }
}

fn unreachable() -> Words {
    Words::new("Le serveur de mail ne répond pas.", "The mail server cannot be reached.")
}

/// A talk with a mail server.
struct Talk<S>(BufReader<S>);

impl<S: Wire> Talk<S> {
    fn new(stream: S) -> Self {
        Talk(BufReader::new(stream))
    }

    async fn say(&mut self, line: &str, expected: u16) -> Result<(), Words> {
        let stream = self.0.get_mut();
        stream.write_all(format!("{line}\r\n").as_bytes()).await.map_err(|_| unreachable())?;
        stream.flush().await.map_err(|_| unreachable())?;
        self.expect(expected).await
    }

    /// Reads an answer, of one line or several.
    async fn expect(&mut self, expected: u16) -> Result<(), Words> {
        for _ in 0..LINES {
            let mut line = Vec::new();
            let mut limited = tokio::io::AsyncReadExt::take(&mut self.0, LINE_BYTES as u64);
            limited.read_until(b'\n', &mut line).await.map_err(|_| unreachable())?;
            let text = String::from_utf8_lossy(&line);
            let code = text.get(..3).and_then(|code| code.parse::<u16>().ok()).ok_or_else(unreachable)?;
            if text.get(3..4) == Some("-") {
                continue;
            }
            return if code == expected {
                Ok(())
            } else {
                Err(Words::new(
                    format!("Le serveur de mail a répondu {code}."),
                    format!("The mail server answered {code}."),
                ))
            };
        }
        Err(unreachable())
    }
}

/// The letter: the same for everyone, but for where to look.
pub fn letter(to: &str, relay: &Relay, kind: ParcelKind, base_url: &str, now: Instant) -> String {
    let (subject, text) = match kind {
        ParcelKind::Handshake => (
            "Socle : notifications par mail / notifications by mail",
            "Vous serez prévenu ici quand il y aura du nouveau. Ces messages ne disent jamais rien de plus.\n\
             You will be told here when there is something new. These messages never say anything more.\n",
        ),
        ParcelKind::Heartbeat => (
            "Socle : rien de nouveau / nothing new",
            "Rien de nouveau ; les notifications fonctionnent.\nNothing new; notifications work.\n",
        ),
        ParcelKind::Events => (
            "Socle : du nouveau / something new",
            "Il y a du nouveau. Identifiez-vous pour le lire.\nThere is something new. Sign in to read it.\n",
        ),
    };
    let body = BASE64.encode(format!("{text}\n{base_url}/\n").as_bytes());
    let lines: Vec<&str> =
        body.as_bytes().chunks(ENCODED).filter_map(|line| std::str::from_utf8(line).ok()).collect();
    let date = now.timestamp().strftime("%a, %d %b %Y %H:%M:%S +0000");
    [
        format!("From: Socle <{}>", relay.from),
        format!("To: <{to}>"),
        format!("Subject: =?utf-8?B?{}?=", BASE64.encode(subject.as_bytes())),
        format!("Date: {date}"),
        "MIME-Version: 1.0".into(),
        "Content-Type: text/plain; charset=utf-8".into(),
        "Content-Transfer-Encoding: base64".into(),
        "Auto-Submitted: auto-generated".into(),
        String::new(),
        lines.join("\r\n"),
    ]
    .join("\r\n")
}
