//! The challenges: one file each.

mod digest_record;
mod dns_01;
mod dns_account_01;
mod dns_persist_01;
mod http_01;
mod tls_alpn_01;

use cairn_acme::{dns01_record, key_authorization, key_authorization_digest};
use cairn_types::{ChallengeType, ErrorKind, Identifier, Thumbprint, Token, ValidationRequest};

pub(crate) use dns_persist_01::PersistSettings;
pub(crate) use http_01::HttpSettings;

use crate::net::{Dialer, Host, TlsContexts};
use crate::refusal::Refusal;
use crate::trace::Trace;

/// What control has to be shown over, and with what.
pub(crate) struct Claim<'a> {
    pub(crate) identifier: &'a Identifier,
    wildcard: bool,
    pub(crate) token: &'a Token,
    thumbprint: Thumbprint,
    /// The account's URL: the one that its client was given, so that both name the same record.
    account_uri: &'a str,
}

impl<'a> Claim<'a> {
    pub(crate) fn new(request: &'a ValidationRequest) -> Self {
        Self {
            identifier: &request.identifier,
            wildcard: request.wildcard,
            token: &request.token,
            thumbprint: request.thumbprint,
            account_uri: &request.account_uri,
        }
    }

    /// Token and key thumbprint (RFC 8555 section 8.1).
    fn key_authorization(&self) -> String {
        key_authorization(self.token, &self.thumbprint)
    }

    /// SHA-256 of the key authorization.
    pub(crate) fn digest(&self) -> [u8; 32] {
        key_authorization_digest(self.token, &self.thumbprint)
    }

    /// The value of the TXT record.
    fn dns_record(&self) -> String {
        dns01_record(self.token, &self.thumbprint)
    }

    /// The domain name whose zone is to show control.
    fn zone_name(&self) -> Result<&str, Refusal> {
        match self.identifier {
            Identifier::Dns(name) => Ok(name.base()),
            Identifier::Ip(_) => Err(Refusal::new(
                ErrorKind::Malformed,
                "a record in the DNS cannot prove control over an address",
            )),
        }
    }

    /// The host that the identifier stands for.
    fn host(&self) -> Host {
        match self.identifier {
            Identifier::Dns(name) => Host::Name(name.clone()),
            Identifier::Ip(address) => Host::Address(*address),
        }
    }
}

/// What challenges need: made once, shared by all.
pub(crate) struct Challenges {
    pub(crate) dialer: Dialer,
    pub(crate) tls: TlsContexts,
    pub(crate) http: HttpSettings,
    pub(crate) tls_alpn_port: u16,
    pub(crate) persist: PersistSettings,
}

impl Challenges {
    /// Performs one challenge. Waits without limit: the caller has the clock.
    pub(crate) async fn perform(
        &self,
        method: ChallengeType,
        claim: &Claim<'_>,
        trace: &mut Trace,
    ) -> Result<(), Refusal> {
        match method {
            ChallengeType::Http01 => http_01::perform(self, claim, trace).await,
            ChallengeType::Dns01 => dns_01::perform(self.dialer.dns(), claim, trace).await,
            ChallengeType::TlsAlpn01 => tls_alpn_01::perform(self, claim, trace).await,
            ChallengeType::DnsAccount01 => dns_account_01::perform(self.dialer.dns(), claim, trace).await,
            ChallengeType::DnsPersist01 => {
                dns_persist_01::perform(self.dialer.dns(), &self.persist, claim, trace).await
            }
        }
    }
}
