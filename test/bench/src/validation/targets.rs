//! What is validated: names whose challenges are answered in this process.

use std::net::SocketAddr;
use std::sync::atomic::{AtomicU32, Ordering};

use anyhow::Result;
use cairn_acme::persist::{self, Record};
use cairn_acme::{dns_account01_name, dns01_record, key_authorization, key_authorization_digest};
use cairn_kit::SystemRng;
use cairn_testkit::dns::{Data, DnsServer, challenge_name};
use cairn_testkit::responder::{AlpnCertificate, Http01, Reply, TlsAlpn01};
use cairn_types::{ChallengeType, Identifier, Thumbprint, Token, ValidationRequest};

/// The account that validates.
const ACCOUNT: &str = "https://ca.example/acme/account/0198c2f4-0000-7000-8000-000000000000";
const THUMBPRINT: Thumbprint = Thumbprint([7; 32]);

/// How records name the CA.
pub(super) const ISSUER: &str = "ca.example";

/// The responders.
pub(super) struct Targets {
    http: Http01,
    alpn: TlsAlpn01,
    dns: DnsServer,
    made: AtomicU32,
}

impl Targets {
    pub(super) async fn start() -> Result<Self> {
        Ok(Self {
            http: Http01::start().await?,
            alpn: TlsAlpn01::start().await?,
            dns: DnsServer::start().await?,
            made: AtomicU32::new(0),
        })
    }

    pub(super) const fn http_port(&self) -> u16 {
        self.http.port()
    }

    pub(super) const fn alpn_port(&self) -> u16 {
        self.alpn.port()
    }

    pub(super) const fn resolver(&self) -> SocketAddr {
        self.dns.address()
    }

    /// So many names that nobody has asked for yet, with the answers to their challenges in place.
    pub(super) fn prepare(&self, method: ChallengeType, count: u32) -> Result<Vec<ValidationRequest>> {
        (0..count).map(|_| self.one(method)).collect()
    }

    fn one(&self, method: ChallengeType) -> Result<ValidationRequest> {
        let name = format!("v{}.bench.example", self.made.fetch_add(1, Ordering::Relaxed));
        let token = Token::new(&SystemRng);
        let text = |place: &str, text: String| self.dns.zone().add(place, Data::Txt(vec![text]));
        match method {
            ChallengeType::Http01 => {
                let reply = Reply::Text(key_authorization(&token, &THUMBPRINT));
                self.http.set(token.as_str(), reply);
            }
            ChallengeType::Dns01 => text(&challenge_name(&name), dns01_record(&token, &THUMBPRINT)),
            ChallengeType::TlsAlpn01 => {
                let digest = key_authorization_digest(&token, &THUMBPRINT);
                self.alpn.set(&name, &AlpnCertificate::good(&name, digest));
            }
            ChallengeType::DnsAccount01 => {
                let place = dns_account01_name(ACCOUNT, &name);
                text(&place, dns01_record(&token, &THUMBPRINT));
            }
            ChallengeType::DnsPersist01 => {
                let record = Record {
                    issuer: ISSUER.to_owned(),
                    account_uri: ACCOUNT.to_owned(),
                    wildcard: false,
                    until: None,
                };
                text(&persist::record_name(&name), record.to_string());
            }
        }
        Ok(ValidationRequest {
            identifier: Identifier::parse("dns", &name)?,
            wildcard: false,
            method,
            token,
            thumbprint: THUMBPRINT,
            account_uri: ACCOUNT.to_owned(),
        })
    }
}
