//! The encoding, and the signatures over it.

use std::sync::LazyLock;

use cairn_evidence::{CaaVerdict, Check, EvidenceError, Proof, Receipt, ReceiptSigner, SignedReceipt};
use openssl::pkey::PKey;
use proptest::prelude::*;

use crate::world::{World, ago, expectation, name, receipt, world};

static WORLD: LazyLock<World> = LazyLock::new(world);

#[test]
fn a_malformed_receipt_is_never_signed() {
    let signer = &world().signers[0];
    let refused = |change: &dyn Fn(&mut Receipt)| {
        let mut receipt = receipt(0);
        change(&mut receipt);
        assert!(
            matches!(signer.sign(&receipt), Err(EvidenceError::Unsignable(_))),
            "{receipt:?}"
        );
    };
    refused(&|r| r.finished = ago(700));
    refused(&|r| r.caa = None);
    refused(&|r| r.caa.as_mut().unwrap().verdict = CaaVerdict::Forbidden);
    refused(&|r| r.caa.as_mut().unwrap().verdict = CaaVerdict::Failed);
    refused(&|r| r.caa.as_mut().unwrap().checked = ago(1));
    refused(&|r| r.identifier = name("*.example.org"));
    refused(&|r| r.perspective = String::new());
    refused(&|r| r.resolver = "x".repeat(3000));
    refused(&|r| {
        r.check = Check::Validation(Proof {
            redirects: vec!["http://a/".to_owned(); 11],
            ..Proof::default()
        });
    });
}

#[test]
fn signing_keys_are_ed25519_or_p256() {
    let x25519 = PKey::generate_x25519()
        .unwrap()
        .private_key_to_pem_pkcs8()
        .unwrap();
    assert!(ReceiptSigner::from_pem(&x25519).is_err());
    assert!(ReceiptSigner::from_pem(b"nonsense").is_err());
    let encrypted = PKey::generate_ed25519()
        .unwrap()
        .private_key_to_pem_pkcs8_passphrase(openssl::symm::Cipher::aes_128_cbc(), b"secret")
        .unwrap();
    assert!(ReceiptSigner::from_pem(&encrypted).is_err());
}

#[test]
fn no_part_of_a_receipt_can_be_left_out() {
    let bytes = world().signers[0].sign(&receipt(0)).unwrap();
    for end in 0..bytes.len() {
        assert!(
            SignedReceipt::decode(&bytes[..end]).is_err(),
            "{end} of {}",
            bytes.len()
        );
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    /// One changed octet anywhere in any receipt: the quorum of all of them is not reached.
    #[test]
    fn no_octet_can_be_changed(which in 0..4usize, at in any::<prop::sample::Index>(), mask in 1..=255u8) {
        let world = &*WORLD;
        let policy = world.policy_with(|rules| rules.quorum = 3);
        let mut bundle = world.bundle(|_, _| {});
        prop_assert!(policy.verify(&bundle, &expectation()).is_ok());
        let at = at.index(bundle[which].len());
        bundle[which][at] ^= mask;
        prop_assert!(policy.verify(&bundle, &expectation()).is_err());
    }

    /// Nothing may follow a receipt, and nothing makes the decoder panic.
    #[test]
    fn extended_receipts_are_refused(tail in prop::collection::vec(any::<u8>(), 1..20)) {
        let bytes = WORLD.signers[0].sign(&receipt(0)).unwrap();
        prop_assert!(SignedReceipt::decode(&[&bytes[..], &tail].concat()).is_err());
        let _ = SignedReceipt::decode(&tail);
    }
}
