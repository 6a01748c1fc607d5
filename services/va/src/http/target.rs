//! Where a request goes, and where a redirect may lead.

use std::fmt;

use cairn_types::{DnsName, ErrorKind, Identifier};
use url::Url;

use crate::net::Host;
use crate::refusal::Refusal;
use crate::text::{clean, without_credentials};

/// The longest URL that is followed, in octets.
const MAX_URL: usize = 2000;

/// The ports that plain and TLS requests go to when the URL names none.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Ports {
    pub(crate) http: u16,
    pub(crate) https: u16,
}

impl Ports {
    fn of(self, tls: bool) -> u16 {
        if tls { self.https } else { self.http }
    }

    /// Whether a redirect may name the port.
    fn permits(self, port: u16) -> bool {
        [80, 443, self.http, self.https].contains(&port)
    }
}

/// Where a request goes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Target {
    pub(crate) tls: bool,
    pub(crate) host: Host,
    pub(crate) port: u16,
    /// Path and query, percent-encoded.
    pub(crate) path: String,
}

impl fmt::Display for Target {
    /// As a URL; a default port is left out.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let scheme = if self.tls { "https" } else { "http" };
        write!(f, "{scheme}://{}{}", self.authority(), self.path)
    }
}

impl Target {
    /// The URL of an http-01 challenge.
    pub(crate) fn challenge(host: Host, token: &str, ports: Ports) -> Self {
        Self {
            tls: false,
            host,
            port: ports.http,
            path: format!("/.well-known/acme-challenge/{token}"),
        }
    }

    /// Host and port as in a Host header: without the port if it is the scheme's.
    pub(crate) fn authority(&self) -> String {
        let standard = if self.tls { 443 } else { 80 };
        if self.port == standard {
            self.host.to_string()
        } else {
            format!("{}:{}", self.host, self.port)
        }
    }

    /// Where a Location header leads from here. Only http and https, only the permitted ports, only names, or
    /// the very address that is validated.
    pub(crate) fn redirect(
        &self,
        location: &str,
        identifier: &Identifier,
        ports: Ports,
    ) -> Result<Self, Refusal> {
        let refuse = |why: &str| {
            Refusal::new(
                ErrorKind::Connection,
                format!(
                    "{self} redirects to \"{}\", which is not followed: {why}",
                    clean(&without_credentials(location), 200)
                ),
            )
            .remedy(|| {
                format!("Answer at {self} itself, or redirect to an http or https URL on port 80 or 443")
            })
        };
        if location.len() > MAX_URL {
            return Err(refuse("the URL is too long"));
        }
        // The URL standard drops some of them; what is asked for would not be what was said.
        if location.contains(char::is_control) {
            return Err(refuse("it has control characters"));
        }
        let base = Url::parse(&self.to_string()).map_err(|_| refuse("the redirecting URL is not one"))?;
        let url = base.join(location).map_err(|error| refuse(&error.to_string()))?;
        let tls = match url.scheme() {
            "http" => false,
            "https" => true,
            _ => return Err(refuse("its scheme is not http or https")),
        };
        if !url.username().is_empty() || url.password().is_some() {
            return Err(refuse("it has a user name"));
        }
        let host = match url.host() {
            Some(url::Host::Domain(name)) => DnsName::parse(name)
                .ok()
                .filter(|name| !name.is_wildcard())
                .map(Host::Name)
                .ok_or_else(|| refuse("its host is not a domain name"))?,
            Some(url::Host::Ipv4(address)) => Host::Address(address.into()),
            Some(url::Host::Ipv6(address)) => Host::Address(address.into()),
            None => return Err(refuse("it has no host")),
        };
        if let Host::Address(address) = host
            && *identifier != Identifier::Ip(address)
        {
            return Err(refuse("its host is an address, not a name"));
        }
        // `Url` drops a port that is the scheme's own, so that "http://a:80/" and "http://a/" are one.
        let port = url.port().unwrap_or_else(|| ports.of(tls));
        if !ports.permits(port) {
            return Err(refuse(&format!("its port {port} is not permitted")));
        }
        let path = url.query().map_or_else(
            || url.path().to_owned(),
            |query| format!("{}?{query}", url.path()),
        );
        let target = Self {
            tls,
            host,
            port,
            path,
        };
        if target.to_string().len() > MAX_URL {
            return Err(refuse("the URL is too long"));
        }
        Ok(target)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PORTS: Ports = Ports { http: 80, https: 443 };

    fn from(host: &str) -> (Target, Identifier) {
        let identifier = match host.parse() {
            Ok(address) => Identifier::Ip(address),
            Err(_) => Identifier::Dns(DnsName::parse(host).unwrap()),
        };
        let host = match &identifier {
            Identifier::Ip(address) => Host::Address(*address),
            Identifier::Dns(name) => Host::Name(name.clone()),
        };
        (Target::challenge(host, "TOKEN", PORTS), identifier)
    }

    fn redirect(host: &str, location: &str) -> Result<String, String> {
        let (target, identifier) = from(host);
        target
            .redirect(location, &identifier, PORTS)
            .map(|target| target.to_string())
            .map_err(|refusal| refusal.what)
    }

    #[test]
    fn where_redirects_lead() {
        for (location, url) in [
            ("/x", "http://a.example/x"),
            (
                "y?z=1#fragment",
                "http://a.example/.well-known/acme-challenge/y?z=1",
            ),
            ("//b.example/x", "http://b.example/x"),
            ("https://B.example", "https://b.example/"),
            ("http://b.example:443/x", "http://b.example:443/x"),
            ("https://b.example:80/ü", "https://b.example:80/%C3%BC"),
            ("http://b\u{fc}cher.example/", "http://xn--bcher-kva.example/"),
        ] {
            assert_eq!(redirect("a.example", location).as_deref(), Ok(url), "{location}");
        }
        assert_eq!(
            redirect("8.8.8.8", "https://8.8.8.8/").as_deref(),
            Ok("https://8.8.8.8/")
        );
        assert_eq!(
            redirect("2a00::1", "https://[2a00::1]/").as_deref(),
            Ok("https://[2a00::1]/")
        );
    }

    #[test]
    fn where_they_may_not() {
        for (location, why) in [
            ("ht\ttp://b.example/", "control characters"),
            ("http://b.example/\u{7f}", "control characters"),
            ("ftp://b.example/", "scheme"),
            ("file:///etc/passwd", "scheme"),
            ("javascript:alert(1)", "scheme"),
            ("gopher://b.example:80/", "scheme"),
            ("http://b.example:22/", "port 22"),
            ("http://b.example:8080/", "port 8080"),
            ("https://127.0.0.1/", "address"),
            ("http://2130706433/", "address"),
            ("http://0x7f.1/", "address"),
            ("http://[::1]/", "address"),
            ("http://user@b.example/", "user name"),
            ("http://user:secret@b.example/", "user name"),
            ("http://b_c.example/", "domain name"),
            ("http://b.example./", "domain name"),
            ("http:///", "empty host"),
            ("http://%00/", "invalid"),
        ] {
            let error = redirect("a.example", location).unwrap_err();
            assert!(error.contains(why), "{location}: {error}");
        }
        assert!(redirect("8.8.8.8", "http://8.8.4.4/").is_err());
        assert!(redirect("a.example", &format!("/{}", "x".repeat(3000))).is_err());
        assert!(redirect("a.example", &format!("/{}", "é".repeat(400))).is_err());
    }
}
