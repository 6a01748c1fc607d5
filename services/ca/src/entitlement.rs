//! Whether a certificate may be signed: the first of the four steps, which needs nobody else's word.

use cairn_acme::{KeyReference, PublicKey, finalize, paths};
use cairn_evidence::{Expectation, VerifiedEvidence};
use cairn_policy::check_certificate_key;
use cairn_rpc::api::ca::Issue;
use cairn_types::{Order, Timestamp};
use cairn_x509::{CertificateRequest, RequestedValidity, Validity};

use crate::account_keys::AccountKeys;
use crate::refusal::Refusal;
use crate::settings::{NamedIssuer, ProfileRules, Settings};

/// Proof that the holder of an account proved control over all names of one order, and asked for a
/// certificate with these names and this key. Only [`Settings::verify`] makes it.
pub(crate) struct Entitlement<'a> {
    order: &'a Order,
    request: CertificateRequest,
    profile: &'a ProfileRules,
    issuer: &'a NamedIssuer,
    validity: Validity,
    evidence: Vec<VerifiedEvidence>,
}

impl<'a> Entitlement<'a> {
    /// The order.
    pub(crate) const fn order(&self) -> &Order {
        self.order
    }

    /// The names and the key.
    pub(crate) const fn request(&self) -> &CertificateRequest {
        &self.request
    }

    /// What the certificate looks like.
    pub(crate) const fn profile(&self) -> &'a ProfileRules {
        self.profile
    }

    /// Who signs it.
    pub(crate) const fn issuer(&self) -> &'a NamedIssuer {
        self.issuer
    }

    /// From when to when it is valid, if it is signed now.
    pub(crate) const fn validity(&self) -> Validity {
        self.validity
    }

    /// What the order asked for.
    pub(crate) const fn requested(&self) -> RequestedValidity {
        requested(self.order)
    }

    /// What was proved, one for each identifier.
    pub(crate) fn evidence(&self) -> &[VerifiedEvidence] {
        &self.evidence
    }
}

const fn requested(order: &Order) -> RequestedValidity {
    RequestedValidity {
        not_before: order.not_before,
        not_after: order.not_after,
    }
}

impl Settings {
    /// Verifies everything that can be verified here and now.
    pub(crate) fn verify<'a>(&'a self, issue: &'a Issue, now: Timestamp) -> Result<Entitlement<'a>, Refusal> {
        let order = &issue.order;
        let profile = self
            .profiles
            .get(&order.profile)
            .ok_or_else(|| Refusal::Profile(order.profile.clone()))?;
        let keys = self.verify_account(issue)?;
        let request = self.verify_request(issue, &keys)?;
        let kind = check_certificate_key(request.public_key().as_pkey()).map_err(Refusal::WeakKey)?;
        let issuer = self.issuer_for(kind).ok_or(Refusal::NoIssuer(kind))?;
        self.names
            .willing_to_issue_all(&order.identifiers)
            .map_err(|error| Refusal::Unwilling(Box::new(error)))?;
        let validity = profile
            .shape
            .validity(now, requested(order))
            .map_err(Refusal::Validity)?;
        let evidence = verify_evidence(issue, profile, &keys, now)?;
        Ok(Entitlement {
            order,
            request,
            profile,
            issuer,
            validity,
            evidence,
        })
    }

    /// The account is the order's, and its keys hang together.
    fn verify_account(&self, issue: &Issue) -> Result<AccountKeys, Refusal> {
        if issue.account_uri != self.url(&paths::account(issue.order.account)) {
            return Err(Refusal::AccountUrl);
        }
        let key = self.account_keys.parse(&issue.jwk).map_err(Refusal::AccountKey)?;
        AccountKeys::verify(key, &issue.account_uri, &issue.key_changes)
    }

    /// The account's holder signed a request for a certificate of this order with this CSR.
    fn verify_request(&self, issue: &Issue, keys: &AccountKeys) -> Result<CertificateRequest, Refusal> {
        let verified = keys.verify_request(&issue.request).map_err(Refusal::Request)?;
        let by_account =
            matches!(verified.header().key(), KeyReference::Kid(url) if *url == issue.account_uri);
        let for_order = verified.header().url() == self.url(&paths::finalize(issue.order.id));
        if !by_account || !for_order {
            return Err(Refusal::OtherRequest);
        }
        if finalize::csr(&verified).map_err(Refusal::Payload)? != issue.csr {
            return Err(Refusal::OtherCsr);
        }
        let request = CertificateRequest::parse(&issue.csr).map_err(Refusal::Csr)?;
        if request.identifiers() != issue.order.identifiers {
            return Err(Refusal::Names);
        }
        let as_account_key =
            PublicKey::from_pkey(request.public_key().as_pkey()).map_err(Refusal::AccountKey)?;
        if keys.thumbprints().contains(&as_account_key.thumbprint()) {
            return Err(Refusal::AccountKeyInCsr);
        }
        Ok(request)
    }
}

/// Enough validators saw the account's control over every identifier, and what CAA says about it.
fn verify_evidence(
    issue: &Issue,
    profile: &ProfileRules,
    keys: &AccountKeys,
    now: Timestamp,
) -> Result<Vec<VerifiedEvidence>, Refusal> {
    let verify = |identifier: &cairn_types::Identifier| {
        let known = issue
            .evidence
            .iter()
            .find(|known| known.identifier == *identifier)
            .ok_or_else(|| Refusal::NoEvidence(identifier.to_string()))?;
        let expected = Expectation {
            thumbprints: keys.thumbprints(),
            account_uri: issue.account_uri.clone(),
            identifier: identifier.clone(),
            now,
        };
        profile
            .evidence
            .verify(&known.receipts, &expected)
            .map_err(Refusal::Evidence)
    };
    issue.order.identifiers.iter().map(verify).collect()
}
