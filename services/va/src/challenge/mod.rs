//! The challenges: one file each.

mod dns_01;
mod http_01;
mod tls_alpn_01;

use cairn_acme::{dns01_record, key_authorization, key_authorization_digest};
use cairn_types::{ChallengeType, Identifier, Thumbprint, Token, ValidationRequest};

pub(crate) use http_01::HttpSettings;

use crate::net::{Dialer, Host, TlsContexts};
use crate::refusal::Refusal;
use crate::trace::Trace;

/// What control has to be shown over, and with what.
pub(crate) struct Claim<'a> {
    pub(crate) identifier: &'a Identifier,
    pub(crate) token: &'a Token,
    thumbprint: Thumbprint,
}

impl<'a> Claim<'a> {
    pub(crate) fn new(request: &'a ValidationRequest) -> Self {
        Self {
            identifier: &request.identifier,
            token: &request.token,
            thumbprint: request.thumbprint,
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
        }
    }
}
