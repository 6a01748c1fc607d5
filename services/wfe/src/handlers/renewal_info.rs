//! Renewal information (RFC 9773): when to replace a certificate. Public, without authentication.

use cairn_acme::CertificateId;
use cairn_acme::objects::{RenewalInfo, SuggestedWindow};
use cairn_types::{Certificate, Duration, Error, Timestamp};

use crate::answer::Answer;
use crate::front::Wfe;
use crate::refusal::Refusal;
use crate::request::Call;

/// How often a client should look.
const LOOK_AGAIN: Duration = Duration::from_secs(6 * 3600);

/// GET.
pub(super) async fn get(wfe: &Wfe, call: &Call, id: &str) -> Result<Answer, Refusal> {
    let id: CertificateId = id.parse()?;
    let unknown = || Error::not_found("certificate");
    let serial = wfe.issuers.serial_of(&id).ok_or_else(unknown)?;
    let certificate = wfe.sa.get_certificate(&call.context, serial).await?;
    if !wfe.issuers.is_of(&id, &certificate.issuer) {
        return Err(unknown().into());
    }
    let info = RenewalInfo {
        suggested_window: window(&certificate, call.now),
        explanation_url: None,
    };
    Ok(Answer::json(&info)?.retry_after(LOOK_AGAIN))
}

/// The first half of the last third of the validity; for a revoked certificate the hour before, which is to
/// say at once.
fn window(certificate: &Certificate, now: Timestamp) -> SuggestedWindow {
    if let Some(revocation) = &certificate.revocation {
        let end = revocation.at.min(now);
        return SuggestedWindow {
            start: end - Duration::from_secs(3600),
            end,
        };
    }
    let lifetime = certificate.not_after.since(certificate.not_before);
    SuggestedWindow {
        start: certificate.not_after - lifetime / 3,
        end: certificate.not_after - lifetime / 6,
    }
}

#[cfg(test)]
mod tests {
    use cairn_types::{Revocation, RevocationReason, SpkiHash};

    use super::*;

    const DAY: i64 = 86_400;

    #[test]
    fn the_last_third_or_at_once() {
        let id = "0198c2f4-0000-7000-8000-000000000000";
        let mut certificate = Certificate {
            serial: "014e20000102030405060708090a0b0c".parse().unwrap(),
            order: id.parse().unwrap(),
            account: id.parse().unwrap(),
            profile: "classic".parse().unwrap(),
            issuer: "e1".to_owned(),
            identifiers: Vec::new(),
            spki: SpkiHash([0; 32]),
            not_before: Timestamp::from_secs(0),
            not_after: Timestamp::from_secs(90 * DAY),
            der: Vec::new(),
            prepared: Timestamp::from_secs(0),
            revocation: None,
        };
        let now = Timestamp::from_secs(10 * DAY);
        let normal = window(&certificate, now);
        assert_eq!(normal.start, Timestamp::from_secs(60 * DAY));
        assert_eq!(normal.end, Timestamp::from_secs(75 * DAY));
        certificate.revocation = Some(Revocation {
            at: Timestamp::from_secs(9 * DAY),
            reason: RevocationReason::KeyCompromise,
        });
        let revoked = window(&certificate, now);
        assert!(revoked.start < revoked.end && revoked.end < now);
    }
}
