//! From an entitlement to a certificate: prepared, stored, signed, stored.
//!
//! Any of these steps may be the last that a process takes. Whoever repeats the call finds the octets that were
//! stored, and signs only those; what was signed and not stored was never seen by anybody but the log.

use cairn_evidence::Skipped;
use cairn_kit::audit::{Actor, Record};
use cairn_rpc::Context;
use cairn_rpc::api::ca::Issue;
use cairn_rpc::api::sa::{StoredTbs, Unsigned};
use cairn_types::{Certificate, Error, ErrorKind, Result, Serial};
use cairn_x509::{Leaf, LintError, LintedTbs, SignedCertificate, Subject, build, lint};
use openssl::base64::encode_block;

use crate::Ca;
use crate::entitlement::Entitlement;
use crate::settings::NamedIssuer;

#[cfg(feature = "planted-bug")]
mod planted;

/// How many of the receipts that do not count a line of the log shows.
const SHOWN: usize = 12;

/// Octets that passed the lint, and whose they are.
struct Prepared<'a> {
    issuer: &'a NamedIssuer,
    linted: LintedTbs,
}

impl Ca {
    /// Issues the certificate of an order, or finds the one that was issued.
    #[cfg_attr(
        feature = "planted-bug",
        expect(dead_code, reason = "the planted bug takes its place")
    )]
    pub(crate) async fn issue(&self, context: &Context, issue: Issue) -> Result<Certificate> {
        let entitlement = self.entitle(&issue)?;
        let prepared = self.prepare(&entitlement)?;
        let stored = self
            .sa
            .store_tbs(context, unsigned(&entitlement, &prepared))
            .await?;
        let (serial, finished) = (stored.unsigned.serial, stored.certificate.is_some());
        let prepared = self.adopt(&entitlement, prepared, stored)?;
        if finished {
            return self.sa.get_certificate(context, serial).await;
        }
        let signed = self.sign(&prepared)?;
        record(context, &entitlement, &issue.jwk, &prepared.issuer.id, &signed);
        let certificate = self.store(context, signed).await?;
        self.measures
            .issued(&entitlement.order().profile, &prepared.issuer.id);
        Ok(certificate)
    }

    /// What the request entitles to.
    fn entitle<'a>(&'a self, issue: &'a Issue) -> Result<Entitlement<'a>> {
        let verified = self.settings.verify(issue, self.clock.now());
        let entitlement = verified.inspect_err(|refusal| {
            self.measures.refused(refusal);
            tracing::warn!(order = %issue.order.id, why = %refusal, "no certificate");
        })?;
        for verified in entitlement.evidence() {
            let disregarded: Vec<_> = verified
                .disregarded()
                .iter()
                .take(SHOWN)
                .map(Skipped::to_string)
                .collect();
            if !disregarded.is_empty() {
                tracing::warn!(order = %issue.order.id, identifier = %verified.identifier(), quorum = verified.quorum(),
                    disregarded = disregarded.join("; "), "some receipts do not count");
            }
        }
        Ok(entitlement)
    }

    /// A serial, and octets around it.
    fn prepare<'a>(&self, entitlement: &Entitlement<'a>) -> Result<Prepared<'a>> {
        let serial = Serial::new(self.settings.serial_prefix, &*self.clock, &*self.rng)
            .map_err(|error| Error::internal(error.to_string()))?;
        let request = entitlement.request();
        let leaf = Leaf {
            serial,
            validity: entitlement.validity(),
            identifiers: request.identifiers(),
            common_name: request.common_name(),
            public_key: request.public_key(),
        };
        let issuer = entitlement.issuer();
        // Not internal errors, which would be tried again and again: the next serial changes nothing about these.
        let refused = |why: String| {
            let detail = "no certificate that keeps the rules of this CA can be made of this request";
            Error::new(ErrorKind::BadCsr, detail).because(why)
        };
        let octets = build(&leaf, &entitlement.profile().shape, &issuer.issuer)
            .map_err(|error| refused(error.to_string()))?;
        let linted = self
            .lint(entitlement, issuer, octets)
            .map_err(|error| refused(format!("the lint refused what was just built: {error}")))?;
        Ok(Prepared { issuer, linted })
    }

    fn lint(
        &self,
        entitlement: &Entitlement<'_>,
        issuer: &NamedIssuer,
        octets: Vec<u8>,
    ) -> std::result::Result<LintedTbs, LintError> {
        let subject = Subject {
            identifiers: entitlement.request().identifiers(),
            public_key: entitlement.request().public_key(),
            requested: entitlement.requested(),
        };
        let shape = &entitlement.profile().shape;
        lint(octets, &subject, shape, &issuer.issuer, self.clock.now())
    }

    /// Takes what is stored for the order in place of what was prepared. It passes the same lint, against the
    /// same entitlement: a database cannot slip in another key or name.
    fn adopt<'a>(
        &'a self,
        entitlement: &Entitlement<'a>,
        prepared: Prepared<'a>,
        stored: StoredTbs,
    ) -> Result<Prepared<'a>> {
        let unsigned = stored.unsigned;
        if unsigned.tbs == prepared.linted.as_bytes() && unsigned.issuer == prepared.issuer.id {
            return Ok(prepared);
        }
        // Not an internal error, which would be tried again and again: these octets stay as they are.
        let refused = |why: String| {
            Error::conflict(
                "the certificate that was prepared for this order can no longer be signed; make a new order",
            )
            .because(why)
        };
        let issuer = self
            .settings
            .issuer(&unsigned.issuer)
            .ok_or_else(|| refused(format!("there is no issuer {:?}", unsigned.issuer)))?;
        let linted = self
            .lint(entitlement, issuer, unsigned.tbs)
            .map_err(|error| refused(error.to_string()))?;
        if linted.serial() != unsigned.serial || unsigned.order != entitlement.order().id {
            return Err(refused(
                "the stored octets are stored for another order or serial".to_owned(),
            ));
        }
        Ok(Prepared { issuer, linted })
    }

    fn sign(&self, prepared: &Prepared<'_>) -> Result<SignedCertificate> {
        let issuer = prepared.issuer;
        self.measures
            .signing(&issuer.id, || issuer.issuer.sign(&prepared.linted))
            .map_err(|error| Error::internal(format!("issuer {}: {error}", issuer.id)))
    }

    /// Stores the certificate. If another process was faster with the same octets, its signature stands.
    async fn store(&self, context: &Context, signed: SignedCertificate) -> Result<Certificate> {
        let serial = signed.serial();
        match self
            .sa
            .store_certificate(context, serial, signed.into_der())
            .await
        {
            Err(error) if error.kind() == ErrorKind::Conflict => self
                .sa
                .get_certificate(context, serial)
                .await
                .map_err(|_none_stored| error),
            answer => answer,
        }
    }
}

/// Tells the audit log of a signature as soon as there is one, and all that storage needs to know of it again: also of
/// those that are lost before anybody sees them, or later with a database.
fn record(
    context: &Context,
    entitlement: &Entitlement<'_>,
    account_key: &str,
    issuer: &str,
    signed: &SignedCertificate,
) {
    let order = entitlement.order();
    let proved = entitlement.evidence().iter().map(|evidence| {
        format!(
            "{} by {} from {}, corroborated {}: {}",
            evidence.identifier(),
            evidence.method(),
            evidence.primary(),
            evidence.quorum(),
            evidence.remotes().join(", ")
        )
    });
    Record::new("certificate.signed", "certificate", signed.serial())
        .by(Actor::Account(order.account.to_string()))
        .request(context.request_id())
        .created("signed")
        .detail("order", order.id.to_string())
        .detail("account", order.account.to_string())
        .detail("account_key", account_key)
        .detail("profile", order.profile.as_str())
        .detail("issuer", issuer)
        .detail("evidence", proved.collect::<Vec<_>>())
        .detail("certificate", encode_block(signed.as_der()))
        .write();
}

/// What the storage authority is given.
fn unsigned(entitlement: &Entitlement<'_>, prepared: &Prepared<'_>) -> Unsigned {
    let (order, linted) = (entitlement.order(), &prepared.linted);
    Unsigned {
        serial: linted.serial(),
        order: order.id,
        account: order.account,
        profile: order.profile.clone(),
        issuer: prepared.issuer.id.clone(),
        identifiers: order.identifiers.clone(),
        spki: entitlement.request().public_key().hash(),
        not_before: linted.validity().not_before,
        not_after: linted.validity().not_after,
        tbs: linted.as_bytes().to_vec(),
    }
}
