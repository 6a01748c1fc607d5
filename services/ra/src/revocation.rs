//! Revocation by clients (RFC 8555 section 7.6).

use cairn_acme::PublicKey;
use cairn_rpc::Context;
use cairn_rpc::api::ra::{RevocationSigner, Revoke};
use cairn_rpc::api::sa::{FindValidAuthorizations, RevokeCertificate};
use cairn_types::{
    AccountId, Certificate, Error, ErrorKind, Identifier, Result, Revocation, RevocationReason,
};
use cairn_x509::CertificateView;

use crate::Ra;

impl Ra {
    /// Revokes, if the signer is the account that ordered the certificate, an account that is authorized for
    /// every name in it, or the holder of its key.
    pub(crate) async fn revoke(&self, context: &Context, request: Revoke) -> Result<Certificate> {
        let reason = RevocationReason::from_client(request.reason.unwrap_or(0))?;
        let certificate = self.find_certificate(context, &request.certificate).await?;
        let now = self.clock.now();
        let by = match &request.signer {
            RevocationSigner::Account(account) => {
                self.valid_account(context, *account).await?;
                self.may_revoke(context, *account, &certificate).await?;
                self.account_uri(*account)
            }
            RevocationSigner::Key(jwk) => {
                if PublicKey::from_jwk(jwk.as_bytes())?.spki_hash()? != certificate.spki {
                    return Err(Error::unauthorized(
                        "the request is signed by a key that is not the certificate's",
                    ));
                }
                "certificate key".to_owned()
            }
        };
        if certificate.revocation.is_some() {
            return Err(Error::new(
                ErrorKind::AlreadyRevoked,
                "the certificate is revoked already",
            ));
        }
        if certificate.not_after < now {
            return Err(Error::unauthorized("the certificate has expired"));
        }
        let revocation = Revocation { at: now, reason };
        self.sa
            .revoke_certificate(
                context,
                RevokeCertificate {
                    serial: certificate.serial,
                    revocation,
                    by,
                },
            )
            .await
    }

    /// The stored certificate with exactly these bytes.
    async fn find_certificate(&self, context: &Context, der: &[u8]) -> Result<Certificate> {
        let unknown = || Error::new(ErrorKind::NotFound, "the certificate was not issued here");
        let serial = CertificateView::from_der(der)
            .map_err(|_| Error::malformed("the certificate is not the DER of an X.509 certificate"))?
            .serial()
            .map_err(|_| unknown())?;
        let certificate =
            self.sa
                .get_certificate(context, serial)
                .await
                .map_err(|error| match error.kind() {
                    ErrorKind::NotFound => unknown(),
                    _ => error,
                })?;
        if certificate.der == der {
            Ok(certificate)
        } else {
            Err(unknown())
        }
    }

    async fn may_revoke(
        &self,
        context: &Context,
        account: AccountId,
        certificate: &Certificate,
    ) -> Result<()> {
        if certificate.account == account {
            return Ok(());
        }
        let wanted = FindValidAuthorizations {
            account,
            identifiers: certificate.identifiers.clone(),
            valid_until: self.clock.now(),
            made_since: self.made_since(),
        };
        let valid = self.sa.find_valid_authorizations(context, wanted).await?;
        let covered = |identifier: &Identifier| {
            valid
                .iter()
                .any(|known| known.ordered_identifier() == *identifier)
        };
        if certificate.identifiers.iter().all(covered) {
            Ok(())
        } else {
            Err(Error::unauthorized(
                "the account neither ordered the certificate nor holds valid authorizations for all its identifiers",
            ))
        }
    }
}
