//! What a `Subscription` says, read once: topic, filters, channel, how much is told, how often.

use super::{GUIDE, topics};
use crate::interaction::parse_query_text;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use socle_kernel::{Instant, Issue, ResourceType, Words, limits};
use std::time::Duration;

/// What a subscription asks for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Terms {
    /// Canonical address of its topic.
    pub topic: String,
    /// Searches that all must hold: type and parameters.
    pub filters: Vec<(ResourceType, Vec<(String, String)>)>,
    /// How it is reached.
    pub channel: Channel,
    /// How much is told.
    pub content: Content,
    /// How often a sign of life is sent when nothing happens.
    pub heartbeat: Option<Duration>,
    /// How long a delivery may take.
    pub timeout: Duration,
    /// Events in one notification, at most.
    pub max_count: usize,
    /// When it ends.
    pub end: Option<Instant>,
}

/// How a subscriber is reached.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", tag = "type")]
pub enum Channel {
    /// A `POST` to their address.
    RestHook {
        /// Where.
        endpoint: String,
        /// Headers to send along; they may hold a secret and are never logged.
        headers: Vec<(String, String)>,
    },
    /// They hold a connection to us: web socket or event stream.
    Websocket,
    /// A message that says only that there is something new.
    Email {
        /// Mail address.
        address: String,
    },
}

impl std::fmt::Debug for Channel {
    /// Without the address and the headers.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Channel::RestHook { .. } => "rest-hook",
            Channel::Websocket => "websocket",
            Channel::Email { .. } => "email",
        })
    }
}

/// How much a notification tells.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Content {
    /// That something happened.
    Empty,
    /// To which resource.
    IdOnly,
    /// The resource itself.
    FullResource,
}

impl Content {
    /// The content of this code.
    pub fn parse(code: &str) -> Option<Content> {
        Some(match code {
            "empty" => Content::Empty,
            "id-only" => Content::IdOnly,
            "full-resource" => Content::FullResource,
            _ => return None,
        })
    }
}

/// Headers that belong to the connection, not to the subscriber.
const RESERVED: [&str; 8] =
    ["host", "content-length", "content-type", "transfer-encoding", "connection", "upgrade", "te", "trailer"];

/// What is wrong, as it is found.
struct Reader {
    issues: Vec<Issue>,
}

impl Reader {
    fn wrong(&mut self, path: &str, words: Words, expected: impl Into<String>, received: &str) {
        self.issues.push(Issue::error("value", path, words).expected(expected).received(received));
    }
}

impl Terms {
    /// Reads a `Subscription`; every fault is told, with its place.
    pub fn read(resource: &Value, now: Instant) -> Result<Terms, Vec<Issue>> {
        let mut reader = Reader { issues: Vec::new() };
        let criteria = resource["criteria"].as_str().unwrap_or("");
        let topic = topics::find(criteria);
        if topic.is_none() {
            let known: Vec<String> = topics::all().iter().map(topics::Topic::url).collect();
            reader.wrong(
                "Subscription.criteria",
                Words::new(
                    "Ce sujet d'abonnement n'existe pas ici.",
                    "This subscription topic does not exist here.",
                ),
                known.join(" | "),
                criteria,
            );
        }
        let filters = topic.map(|topic| reader.filters(resource, topic)).unwrap_or_default();
        let channel = &resource["channel"];
        let way = reader.channel(channel);
        let content = reader.content(channel, way.as_ref());
        let heartbeat = reader.seconds(
            channel,
            "backport-heartbeat-period",
            limits::HEARTBEAT_SHORTEST.as_secs()..=limits::HEARTBEAT_LONGEST.as_secs(),
        );
        let timeout = reader.seconds(channel, "backport-timeout", 1..=limits::DELIVERY_TIME.as_secs());
        let max_count = reader.seconds(channel, "backport-max-count", 1..=limits::NOTIFICATION_EVENTS as u64);
        let end = resource["end"].as_str().and_then(Instant::parse);
        if end.is_some_and(|end| end <= now) {
            reader.wrong(
                "Subscription.end",
                Words::new("Cette fin est déjà passée.", "This end is already past."),
                format!("after {now}"),
                resource["end"].as_str().unwrap_or(""),
            );
        }
        match (way, content) {
            (Some(channel), Some(content)) if reader.issues.is_empty() => Ok(Terms {
                topic: criteria.split('|').next().unwrap_or(criteria).to_owned(),
                filters,
                channel,
                content,
                heartbeat: heartbeat.map(Duration::from_secs),
                timeout: timeout.map_or(limits::DELIVERY_TIME, Duration::from_secs),
                max_count: max_count
                    .and_then(|count| usize::try_from(count).ok())
                    .unwrap_or(limits::NOTIFICATION_EVENTS_DEFAULT),
                end,
            }),
            _ => Err(reader.issues),
        }
    }

    /// The topic; `None` once the program no longer has it.
    pub fn topic(&self) -> Option<&'static topics::Topic> {
        topics::find(&self.topic)
    }
}

impl Reader {
    fn filters(
        &mut self,
        resource: &Value,
        topic: &topics::Topic,
    ) -> Vec<(ResourceType, Vec<(String, String)>)> {
        let mut filters = Vec::new();
        let texts = extensions(&resource["_criteria"], "backport-filter-criteria");
        for (index, text) in texts.iter().enumerate() {
            let path = format!("Subscription.criteria.extension[{index}]");
            let text = text["valueString"].as_str().unwrap_or("");
            if let Some(filter) = self.filter(&path, text, topic) {
                filters.push(filter);
            }
        }
        if topic.needs_filter && texts.is_empty() {
            self.wrong(
                "Subscription.criteria",
                Words::new(
                    "Ce sujet demande un filtre (extension backport-filter-criteria) qui nomme un type.",
                    "This topic needs a filter (extension backport-filter-criteria) that names a type.",
                ),
                "Observation?patient=Patient/<id>",
                "",
            );
        }
        filters
    }

    fn filter(
        &mut self,
        path: &str,
        text: &str,
        topic: &topics::Topic,
    ) -> Option<(ResourceType, Vec<(String, String)>)> {
        let (name, query) = text.split_once('?').unwrap_or((text, ""));
        let of_type = name.parse::<ResourceType>().ok().filter(|of_type| topic.is_about(*of_type));
        let Some(resource_type) = of_type else {
            self.wrong(
                path,
                Words::new(
                    "Ce filtre ne porte pas sur un type de ce sujet.",
                    "This filter is not about a type of this topic.",
                ),
                format!("{}?<parameter>=<value>", topic.types().collect::<Vec<_>>().join(" | ")),
                text,
            );
            return None;
        };
        let params = match parse_query_text(query) {
            Ok(params) => params,
            Err(problem) => {
                self.issues.extend(problem.issues.into_iter().map(|issue| at(issue, path)));
                return None;
            }
        };
        if let Some((name, _)) = params.iter().find(|(name, _)| !topic.may_filter_by(name)) {
            self.wrong(
                path,
                Words::new(
                    "Ce sujet ne se filtre pas par ce paramètre.",
                    "This topic is not filtered by this parameter.",
                ),
                topic.filters().join(" | "),
                name,
            );
            return None;
        }
        match socle_fhir::parse_query(resource_type, &params, false) {
            // A filter looks at the resource alone: what needs another search is refused above by its name.
            Ok(query) if query.is_answered() => {}
            Ok(_) => {
                self.wrong(
                    path,
                    Words::new(
                        "Un filtre d'abonnement ne fait pas d'autre recherche.",
                        "A subscription filter makes no other search.",
                    ),
                    topic.filters().join(" | "),
                    text,
                );
                return None;
            }
            Err(problem) => {
                self.issues.extend(problem.issues.into_iter().map(|issue| at(issue, path)));
                return None;
            }
        }
        Some((resource_type, params))
    }

    fn channel(&mut self, channel: &Value) -> Option<Channel> {
        let endpoint = channel["endpoint"].as_str().unwrap_or("");
        match channel["type"].as_str().unwrap_or("") {
            "rest-hook" => {
                if endpoint.is_empty() {
                    self.wrong(
                        "Subscription.channel.endpoint",
                        Words::new(
                            "L'adresse à laquelle notifier est absente.",
                            "The address to notify is missing.",
                        ),
                        "https://…",
                        "",
                    );
                    return None;
                }
                let headers = self.headers(channel)?;
                Some(Channel::RestHook { endpoint: endpoint.to_owned(), headers })
            }
            "websocket" => Some(Channel::Websocket),
            "email" => {
                let address = endpoint.strip_prefix("mailto:").unwrap_or(endpoint);
                if !is_mail_address(address) {
                    self.wrong(
                        "Subscription.channel.endpoint",
                        Words::new("Une adresse mail est attendue.", "A mail address is expected."),
                        "mailto:<name>@<place>",
                        "",
                    );
                    return None;
                }
                Some(Channel::Email { address: address.to_owned() })
            }
            other => {
                self.wrong(
                    "Subscription.channel.type",
                    Words::new(
                        "Ce canal de notification n'est pas offert.",
                        "This notification channel is not offered.",
                    ),
                    "rest-hook | websocket | email",
                    other,
                );
                None
            }
        }
    }

    /// The headers; their values are repeated to nobody.
    fn headers(&mut self, channel: &Value) -> Option<Vec<(String, String)>> {
        let lines: Vec<&str> =
            channel["header"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
        let read = |line: &str| {
            let (name, value) = line.split_once(':')?;
            let (name, value) = (name.trim(), value.trim());
            let is_name = !name.is_empty() && name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-');
            let is_value = value.bytes().all(|b| (0x20..0x7f).contains(&b));
            let is_free = !RESERVED.contains(&name.to_ascii_lowercase().as_str());
            (is_name && is_value && is_free).then(|| (name.to_owned(), value.to_owned()))
        };
        let headers: Option<Vec<(String, String)>> = lines.iter().map(|line| read(line)).collect();
        let headers = headers.filter(|headers| headers.len() <= limits::NOTIFICATION_HEADERS);
        if headers.is_none() {
            self.wrong(
                "Subscription.channel.header",
                Words::new(
                    "Un en-tête n'a pas la bonne forme, ou appartient à la connexion.",
                    "A header is not of the right form, or belongs to the connection.",
                ),
                format!(
                    "at most {} of <Name>: <value>, none of {}",
                    limits::NOTIFICATION_HEADERS,
                    RESERVED.join(", ")
                ),
                "",
            );
        }
        headers
    }

    fn content(&mut self, channel: &Value, way: Option<&Channel>) -> Option<Content> {
        let is_mail = matches!(way, Some(Channel::Email { .. }));
        let payload = channel["payload"].as_str().unwrap_or("");
        let offered: &[&str] =
            if is_mail { &["text/plain"] } else { &["application/fhir+json", "application/json"] };
        if !offered.contains(&payload) {
            self.wrong(
                "Subscription.channel.payload",
                Words::new(
                    "Cette forme de notification n'est pas offerte par ce canal.",
                    "This form of notification is not offered by this channel.",
                ),
                offered.join(" | "),
                payload,
            );
        }
        let found = extensions(&channel["_payload"], "backport-payload-content");
        let code = found.first().and_then(|extension| extension["valueCode"].as_str()).unwrap_or("");
        let offered = if is_mail { "empty" } else { "empty | id-only | full-resource" };
        let content = Content::parse(code).filter(|content| !is_mail || *content == Content::Empty);
        if content.is_none() {
            self.wrong(
                "Subscription.channel.payload.extension",
                Words::new(
                    "L'extension backport-payload-content doit dire ce que contient une notification. Un mail ne dit que ceci : il y a du nouveau.",
                    "The extension backport-payload-content must say what a notification holds. A mail says only that there is something new.",
                ),
                offered,
                code,
            );
        }
        content
    }

    fn seconds(
        &mut self,
        channel: &Value,
        name: &str,
        offered: std::ops::RangeInclusive<u64>,
    ) -> Option<u64> {
        let found = extensions(channel, name);
        let extension = found.first()?;
        let number =
            ["valueUnsignedInt", "valuePositiveInt"].iter().find_map(|member| extension[*member].as_u64());
        if let Some(number) = number.filter(|number| offered.contains(number)) {
            return Some(number);
        }
        self.wrong(
            &format!("Subscription.channel.extension({name})"),
            Words::new(
                "Ce nombre n'est pas dans les limites de cette plateforme.",
                "This number is not within the limits of this platform.",
            ),
            format!("{} to {}", offered.start(), offered.end()),
            &number.map_or_else(String::new, |number| number.to_string()),
        );
        None
    }
}

fn at(mut issue: Issue, path: &str) -> Issue {
    issue.path = if issue.path.is_empty() { path.to_owned() } else { format!("{path}: {}", issue.path) };
    issue
}

/// Extensions of the guide with this name.
fn extensions<'a>(element: &'a Value, name: &str) -> Vec<&'a Value> {
    let url = format!("{GUIDE}/{name}");
    let all = element["extension"].as_array().into_iter().flatten();
    all.filter(|extension| extension["url"] == url.as_str()).collect()
}

/// True for a plain mail address: nothing in it can end a line or open a second recipient.
fn is_mail_address(text: &str) -> bool {
    let Some((name, place)) = text.rsplit_once('@') else { return false };
    let is_word = |part: &str, more: &str| {
        !part.is_empty() && part.chars().all(|c| c.is_ascii_alphanumeric() || more.contains(c))
    };
    text.len() <= 254 && is_word(name, ".!#$%&'*+/=?^_`{|}~-") && is_word(place, ".-") && place.contains('.')
}

#[cfg(test)]
mod tests {
    use super::is_mail_address;

    #[test]
    fn a_mail_address_is_one_address_and_nothing_else() {
        assert!(is_mail_address("alerte@exemple.test") && is_mail_address("a.b+c@x.y.test"));
        for text in [
            "",
            "a",
            "a@b",
            "@x.test",
            "a@x.test\r\nRCPT TO:<b@y.test>",
            "a@x.test,b@y.test",
            "<a@x.test>",
            "a b@x.test",
        ] {
            assert!(!is_mail_address(text), "{text:?}");
        }
    }
}
