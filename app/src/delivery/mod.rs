//! Takes notifications out of the house: to an address (HTTP) or into a mailbox (SMTP). Knows what may be reached, never what
//! is told.

mod hook;
mod mail;
mod target;
mod tls;

use crate::settings::{MailFile, NotificationsFile};
use async_trait::async_trait;
use socle_kernel::{Clock, Kind, Problem, Words};
use socle_pipeline::Pipeline;
use socle_pipeline::subscriptions::{Carrier, Channel, Parcel};
use std::sync::Arc;
use target::Reach;
use tls::Tls;

/// The carrier of this program.
pub struct Post {
    reach: Reach,
    tls: Tls,
    mail: Option<mail::Relay>,
    base_url: String,
    clock: Arc<dyn Clock>,
}

impl Post {
    /// A carrier with these settings. In a demonstration store programs on the same machine may be notified without TLS.
    pub fn new(
        notifications: &NotificationsFile,
        mail: Option<&MailFile>,
        is_demo: bool,
        base_url: String,
        clock: Arc<dyn Clock>,
    ) -> Post {
        let reach = Reach { may_be_private: notifications.allow_private, may_be_loopback: is_demo };
        Post { reach, tls: Tls::new(), mail: mail.map(mail::Relay::of), base_url, clock }
    }
}

#[async_trait]
impl Carrier for Post {
    fn check(&self, channel: &Channel, _: &Pipeline) -> Result<(), Problem> {
        match channel {
            Channel::Websocket => Ok(()),
            Channel::RestHook { endpoint, .. } => self.reach.parse(endpoint).map(|_| ()).map_err(|words| {
                Problem::new(Kind::Unprocessable, words.fr, words.en)
                    .at("Subscription.channel.endpoint")
                    .expecting(self.reach.expected())
                    .receiving(endpoint)
            }),
            Channel::Email { .. } if self.mail.is_some() => Ok(()),
            Channel::Email { .. } => Err(Problem::new(
                Kind::Unprocessable,
                "Cette plateforme n'envoie pas de mails : l'opérateur n'a pas réglé [mail].",
                "This platform sends no mail: the operator has not set [mail].",
            )
            .at("Subscription.channel.type")
            .expecting("rest-hook | websocket")
            .receiving("email")),
        }
    }

    async fn carry(&self, parcel: Parcel) -> Result<(), Words> {
        let timeout = parcel.timeout;
        let sending = async {
            match &parcel.channel {
                Channel::Websocket => Ok(()),
                Channel::RestHook { endpoint, headers } => {
                    hook::post(&self.reach, &self.tls, endpoint, headers, parcel.body.clone()).await
                }
                Channel::Email { address } => match &self.mail {
                    Some(relay) => {
                        let letter =
                            mail::letter(address, relay, parcel.kind, &self.base_url, self.clock.now());
                        relay.send(&self.tls, address, &letter).await
                    }
                    None => Err(Words::new(
                        "Cette plateforme n'envoie pas de mails.",
                        "This platform sends no mail.",
                    )),
                },
            }
        };
        tokio::time::timeout(timeout, sending).await.unwrap_or_else(|_| {
            Err(Words::new("La livraison a pris trop de temps.", "The delivery took too long."))
        })
    }
}
