//! Who may revoke.

use cairn_acme::{Algorithm, PublicKey, SigningKey};
use cairn_kit::{SystemClock, SystemRng};
use cairn_rpc::api::ra::{RevocationSigner, Revoke};
use cairn_types::{AccountId, AuthorizationStatus, Clock, ErrorKind, Revocation, RevocationReason};

use crate::fakes::Call;
use crate::stage::{SOME_KEY, Stage, context};

#[tokio::test]
async fn the_account_the_key_and_whoever_is_authorized_for_all_names() {
    let stage = Stage::new().await;
    let stranger = AccountId::new(&SystemClock, &SystemRng);
    let (certificate, key) = stage.certificate(stranger);
    let revoke = |signer| Revoke {
        certificate: certificate.der.clone(),
        reason: Some(4),
        signer,
    };
    let by_account = || revoke(RevocationSigner::Account(stage.account.id));
    let jwk = PublicKey::from_pkey(&key).unwrap().jwk().to_owned();
    let other_key = SigningKey::generate(Algorithm::Es256).unwrap();

    let error = stage.ra.revoke(&context(), by_account()).await.unwrap_err();
    assert_eq!(
        error.kind(),
        ErrorKind::Unauthorized,
        "neither the account's nor authorized"
    );
    let by_wrong_key = revoke(RevocationSigner::Key(other_key.public().jwk().to_owned()));
    let error = stage.ra.revoke(&context(), by_wrong_key).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unauthorized, "another key");
    stage.fakes.world(|world| assert_eq!(world.calls, []));

    stage
        .ra
        .revoke(&context(), revoke(RevocationSigner::Key(jwk)))
        .await
        .unwrap();
    stage.authorization(AuthorizationStatus::Valid);
    stage.ra.revoke(&context(), by_account()).await.unwrap();
    stage
        .fakes
        .world(|world| world.certificates[0].account = stage.account.id);
    stage.fakes.world(|world| world.authorizations.clear());
    stage.ra.revoke(&context(), by_account()).await.unwrap();
    stage.fakes.world(|world| {
        let by = |call: &Call| match call {
            Call::Revoke(revoked) if revoked.revocation.reason == RevocationReason::Superseded => {
                revoked.by.clone()
            }
            call => panic!("{call:?}"),
        };
        let account = format!("{}{}", crate::stage::ACCOUNTS, stage.account.id);
        assert_eq!(
            world.calls.iter().map(by).collect::<Vec<_>>(),
            ["certificate key", &account, &account]
        );
    });
}

#[tokio::test]
async fn what_cannot_be_revoked() {
    let stage = Stage::new().await;
    let (certificate, _) = stage.certificate(stage.account.id);
    let revoke = |der: &[u8], reason| Revoke {
        certificate: der.to_vec(),
        reason,
        signer: RevocationSigner::Account(stage.account.id),
    };
    for code in [-1, 2, 6, 7, 8, 9, 10, 11, i64::MAX] {
        let error = stage
            .ra
            .revoke(&context(), revoke(&certificate.der, Some(code)))
            .await
            .unwrap_err();
        assert_eq!(error.kind(), ErrorKind::BadRevocationReason, "{code}");
    }
    let mut forged = certificate.der.clone();
    *forged.last_mut().unwrap() ^= 1;
    for (der, kind) in [(&b"no"[..], ErrorKind::Malformed), (&forged, ErrorKind::NotFound)] {
        let error = stage.ra.revoke(&context(), revoke(der, None)).await.unwrap_err();
        assert_eq!(error.kind(), kind);
    }
    stage.fakes.world(|world| {
        world.certificates[0].spki = SOME_KEY;
        world.certificates[0].not_after = SystemClock.now() - std::time::Duration::from_secs(1);
    });
    let error = stage
        .ra
        .revoke(&context(), revoke(&certificate.der, None))
        .await
        .unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unauthorized, "expired");
    let revocation = Revocation {
        at: SystemClock.now(),
        reason: RevocationReason::Unspecified,
    };
    stage
        .fakes
        .world(|world| world.certificates[0].revocation = Some(revocation));
    let error = stage
        .ra
        .revoke(&context(), revoke(&certificate.der, None))
        .await
        .unwrap_err();
    assert_eq!(error.kind(), ErrorKind::AlreadyRevoked);
    stage.fakes.world(|world| assert_eq!(world.calls, []));
}
