//! Which addresses may be asked for. Who subscribes must not make the platform knock at doors inside its own network.

use axum::http::Uri;
use socle_kernel::Words;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

/// What may be reached.
#[derive(Clone, Copy, Debug)]
pub struct Reach {
    /// Addresses of private networks, because the operator said so.
    pub may_be_private: bool,
    /// This very machine, without TLS: demonstration stores.
    pub may_be_loopback: bool,
}

/// An address taken apart.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Target {
    /// True for `https`.
    pub is_secure: bool,
    /// Host, without brackets.
    pub host: String,
    /// Port.
    pub port: u16,
    /// `Host` header.
    pub authority: String,
    /// Path and query.
    pub path: String,
}

impl Reach {
    /// What is expected of an address, for messages.
    pub fn expected(&self) -> &'static str {
        if self.may_be_loopback { "https://… | http://127.0.0.1:<port>/…" } else { "https://…" }
    }

    /// Takes an address apart; refused when it may not be asked for, as far as its text tells.
    pub fn parse(&self, text: &str) -> Result<Target, Words> {
        let wrong = || {
            Words::new(
                "Cette adresse ne peut pas être notifiée : https est attendu, sans nom d'utilisateur.",
                "This address cannot be notified: https is expected, without a user name.",
            )
        };
        let uri: Uri = text.parse().map_err(|_| wrong())?;
        let (Some(scheme), Some(authority)) = (uri.scheme_str(), uri.authority()) else {
            return Err(wrong());
        };
        if authority.as_str().contains('@') || text.contains('#') {
            return Err(wrong());
        }
        let host = authority.host().trim_start_matches('[').trim_end_matches(']').to_ascii_lowercase();
        let is_secure = match scheme {
            "https" => true,
            "http" if self.may_be_loopback && matches!(host.as_str(), "127.0.0.1" | "localhost" | "::1") => {
                false
            }
            _ => return Err(wrong()),
        };
        if let Ok(ip) = host.parse::<IpAddr>()
            && !self.allows(ip)
        {
            return Err(inside());
        }
        if host == "localhost" && !self.may_be_loopback {
            return Err(inside());
        }
        Ok(Target {
            is_secure,
            port: authority.port_u16().unwrap_or(if is_secure { 443 } else { 80 }),
            authority: authority.as_str().to_owned(),
            path: uri.path_and_query().map_or("/", |path| path.as_str()).to_owned(),
            host,
        })
    }

    /// The addresses behind a target that may be reached. What is connected to is one of these, not the name again: a name
    /// that answers differently the second time gains nothing.
    pub async fn resolve(&self, target: &Target) -> Result<Vec<SocketAddr>, Words> {
        let found = tokio::net::lookup_host((target.host.as_str(), target.port)).await.map_err(|_| {
            Words::new("Le nom de cette adresse est inconnu.", "The name of this address is unknown.")
        })?;
        let allowed: Vec<SocketAddr> = found.filter(|address| self.allows(address.ip())).collect();
        if allowed.is_empty() { Err(inside()) } else { Ok(allowed) }
    }

    fn allows(&self, ip: IpAddr) -> bool {
        match place(ip) {
            Place::Public => true,
            Place::Loopback => self.may_be_loopback,
            Place::Private => self.may_be_private,
            Place::Nowhere => false,
        }
    }
}

fn inside() -> Words {
    Words::new(
        "Cette adresse est celle d'un réseau privé : la plateforme n'y notifie pas.",
        "This address is one of a private network: the platform does not notify there.",
    )
}

/// What kind of address.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Place {
    Public,
    Private,
    Loopback,
    /// Nobody in particular: unspecified, multicast, documentation.
    Nowhere,
}

fn place(ip: IpAddr) -> Place {
    match ip {
        IpAddr::V4(ip) => place_v4(ip),
        IpAddr::V6(ip) => place_v6(ip),
    }
}

fn place_v4(ip: Ipv4Addr) -> Place {
    let [a, b, c, _] = ip.octets();
    match (a, b, c) {
        (127, ..) => Place::Loopback,
        (10, ..) | (172, 16..=31, _) | (192, 168, _) | (169, 254, _) | (100, 64..=127, _) => Place::Private,
        (0, ..)
        | (192, 0, 0)
        | (192, 0, 2)
        | (198, 18..=19, _)
        | (198, 51, 100)
        | (203, 0, 113)
        | (224.., ..) => Place::Nowhere,
        _ => Place::Public,
    }
}

fn place_v6(ip: Ipv6Addr) -> Place {
    let parts = ip.segments();
    let inner = |high: u16, low: u16| {
        let [a, b] = high.to_be_bytes();
        let [c, d] = low.to_be_bytes();
        place_v4(Ipv4Addr::new(a, b, c, d))
    };
    match parts {
        [0, 0, 0, 0, 0, 0, 0, 1] => Place::Loopback,
        // An IPv4 address in other clothes: mapped, compatible, translated (NAT64), 6to4.
        [0, 0, 0, 0, 0, 0xffff | 0, high, low] if (high, low) != (0, 0) => inner(high, low),
        [0x64, 0xff9b, 0, 0, 0, 0, high, low] => inner(high, low),
        [0x2002, high, low, ..] => inner(high, low),
        [0xfc00..=0xfdff, ..] | [0xfe80..=0xfebf, ..] => Place::Private,
        [0x2001, 0xdb8, ..] => Place::Nowhere,
        [0x2000..=0x3fff, ..] => Place::Public,
        _ => Place::Nowhere,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const STRICT: Reach = Reach { may_be_private: false, may_be_loopback: false };
    const DEMO: Reach = Reach { may_be_private: false, may_be_loopback: true };

    #[test]
    fn addresses_inside_are_told_from_public_ones() {
        for (text, expected) in [
            ("93.184.216.34", Place::Public),
            ("2a01:e34::1", Place::Public),
            ("127.0.0.1", Place::Loopback),
            ("127.8.8.8", Place::Loopback),
            ("::1", Place::Loopback),
            ("::ffff:127.0.0.1", Place::Loopback),
            ("10.0.0.1", Place::Private),
            ("172.16.0.1", Place::Private),
            ("172.32.0.1", Place::Public),
            ("192.168.1.1", Place::Private),
            ("169.254.169.254", Place::Private),
            ("100.64.0.1", Place::Private),
            ("::ffff:10.0.0.1", Place::Private),
            ("64:ff9b::a00:1", Place::Private),
            ("2002:a00:1::", Place::Private),
            ("fd00::1", Place::Private),
            ("fe80::1", Place::Private),
            ("0.0.0.0", Place::Nowhere),
            ("::", Place::Nowhere),
            ("224.0.0.1", Place::Nowhere),
            ("255.255.255.255", Place::Nowhere),
            ("ff02::1", Place::Nowhere),
        ] {
            assert_eq!(place(text.parse().unwrap()), expected, "{text}");
        }
    }

    #[test]
    fn only_https_leaves_and_nothing_inside_is_named() {
        assert!(STRICT.parse("https://exemple.test/hook?a=b").is_ok());
        for text in [
            "http://exemple.test/",
            "http://127.0.0.1:9/",
            "https://127.0.0.1/",
            "https://localhost/",
            "https://10.0.0.1/",
            "https://[::1]/",
            "https://[::ffff:10.0.0.1]/",
            "https://user:secret@exemple.test/",
            "https://exemple.test/#part",
            "ftp://exemple.test/",
            "file:///etc/passwd",
            "exemple.test",
            "",
        ] {
            assert!(STRICT.parse(text).is_err(), "{text}");
        }
        assert!(DEMO.parse("http://127.0.0.1:9/hook").is_ok());
        assert!(DEMO.parse("http://exemple.test/").is_err(), "without TLS to this machine only");
        assert!(DEMO.parse("https://192.168.0.1/").is_err());
    }

    #[tokio::test]
    async fn a_name_that_leads_inside_is_refused_when_it_is_asked_for() {
        let target = Target {
            is_secure: true,
            host: "localhost".into(),
            port: 443,
            authority: "localhost".into(),
            path: "/".into(),
        };
        assert!(STRICT.resolve(&target).await.is_err());
        assert!(DEMO.resolve(&target).await.is_ok());
    }
}
