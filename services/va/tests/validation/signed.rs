//! Challenges in signed and unsigned zones, on real servers: what the receipts say of them.

use cairn_evidence::Dnssec;
use cairn_types::{ChallengeType, ErrorKind};

use crate::caa_suite::real_config;
use crate::stage::Stage;

#[tokio::test]
async fn receipts_have_the_weakest_state_of_their_look_ups() {
    let stage = Stage::start(real_config());
    for (name, of_proof, of_caa) in [
        ("proved.nsec.test", Dnssec::Secure, Dnssec::Secure),
        ("proved.nsec3.test", Dnssec::Secure, Dnssec::Secure),
        ("proved.plain.test", Dnssec::Insecure, Dnssec::Insecure),
        ("proved.no-ds.test", Dnssec::Insecure, Dnssec::Insecure),
        // The alias is signed; what it leads to is not.
        ("elsewhere.nsec.test", Dnssec::Insecure, Dnssec::Secure),
    ] {
        let attempt = stage.validate(ChallengeType::Dns01, name).await;
        attempt.passed();
        assert_eq!(attempt.proof().dnssec, Some(of_proof), "{name}");
        assert_eq!(attempt.receipt.caa.unwrap().dnssec, Some(of_caa), "{name}");
    }
}

#[tokio::test]
async fn the_right_record_in_a_broken_zone_proves_nothing() {
    let stage = Stage::start(real_config());
    for zone in ["expired.test", "future.test", "stripped.test", "other-ds.test"] {
        let name = format!("proved.{zone}");
        let attempt = stage.validate(ChallengeType::Dns01, &name).await;
        let refused = attempt.refused(
            ErrorKind::Dns,
            &[
                "TXT records",
                &format!("in the signed zone {zone}"),
                "Repair the DNSSEC",
            ],
        );
        refused.transient(false);
        assert!(attempt.receipt.caa.is_none());
    }
}
