//! A database in which everything has happened that can.

use cairn_rpc::api::audit::Subject;
use cairn_rpc::api::sa::{AddReceipts, ChangeKey, RevokeCertificate, Unsigned};
use cairn_types::{
    Account, Clock as _, Duration, ErrorKind, Identifier, KeyType, Order, Revocation, RevocationReason,
    Serial,
};
use cairn_x509::authority::{Authority, AuthorityName, root, service};
use cairn_x509::{ExtendedUsage, Sign as _, SoftwareKey, Validity, signed_part};

use crate::stage::{HOUR, Stage, key, problem};

/// How much of what there is in it.
pub(super) const COUNTS: &[(Subject, &str, u64)] = &[
    (Subject::Accounts, "rows", 2),
    (Subject::Accounts, "valid", 1),
    (Subject::Accounts, "deactivated", 1),
    (Subject::Accounts, "key changes", 2),
    (Subject::Authorizations, "rows", 14),
    (Subject::Authorizations, "pending", 2),
    (Subject::Authorizations, "processing", 1),
    (Subject::Authorizations, "valid", 8),
    (Subject::Authorizations, "invalid", 2),
    (Subject::Authorizations, "deactivated", 1),
    (Subject::Orders, "rows", 11),
    (Subject::Orders, "pending", 2),
    (Subject::Orders, "ready", 1),
    (Subject::Orders, "processing", 2),
    (Subject::Orders, "valid", 3),
    (Subject::Orders, "invalid", 3),
    (Subject::Certificates, "rows", 5),
    (Subject::Certificates, "signed", 4),
    (Subject::Certificates, "unsigned", 1),
    (Subject::Certificates, "late", 1),
    (Subject::Certificates, "revoked", 1),
];

/// Who signs on this stage, and the key that everybody wants certified.
struct Issuing {
    certificate: Vec<u8>,
    key: SoftwareKey,
    wanted: SoftwareKey,
}

impl Issuing {
    fn new(stage: &Stage) -> Self {
        let key = SoftwareKey::generate(KeyType::P256).unwrap();
        let name = AuthorityName {
            country: None,
            organization: "Cairn".to_owned(),
            common_name: "Stage".to_owned(),
        };
        let validity = Validity {
            not_before: stage.now() - HOUR,
            not_after: stage.now() + 10_000 * HOUR,
        };
        let serial = Serial::new(2, &*stage.clock, &*stage.env.rng).unwrap();
        Self {
            certificate: root(&name, &key, serial, validity).unwrap(),
            key,
            wanted: SoftwareKey::generate(KeyType::P256).unwrap(),
        }
    }

    /// A certificate that says what a row says.
    fn sign(&self, unsigned: &Unsigned) -> Vec<u8> {
        let authority = Authority {
            certificate: &self.certificate,
            key: &self.key,
        };
        let validity = Validity {
            not_before: unsigned.not_before,
            not_after: unsigned.not_after,
        };
        let usages = [ExtendedUsage::ServerAuth];
        let key = self.wanted.public_key();
        service(
            &unsigned.identifiers,
            &usages,
            key,
            authority,
            unsigned.serial,
            validity,
        )
        .unwrap()
    }

    /// Stores what is to be signed for an order that is processing; returns its serial, and it signed.
    async fn prepare(&self, stage: &Stage, order: &Order) -> (Serial, Vec<u8>) {
        let mut unsigned = stage.unsigned(order);
        unsigned.spki = self.wanted.public_key().hash();
        let signed = self.sign(&unsigned);
        unsigned.tbs = signed_part(&signed).unwrap();
        let serial = unsigned.serial;
        stage.signer.store_tbs(&stage.context(), unsigned).await.unwrap();
        (serial, signed)
    }

    /// An order that has become valid.
    async fn issue(&self, stage: &Stage, account: &Account, names: &[&str]) -> (Order, Serial) {
        let (order, _) = stage.processing_order(account, names).await;
        stage.pass(Duration::from_secs(5));
        let (serial, signed) = self.prepare(stage, &order).await;
        stage.pass(Duration::from_secs(5));
        let context = stage.context();
        let stored = stage.signer.store_certificate(&context, serial, signed);
        stored.await.unwrap();
        (order, serial)
    }
}

/// A stage on which all of it has happened, within a few minutes.
pub(super) async fn busy() -> Stage {
    let stage = Stage::new().await;
    let issuing = Issuing::new(&stage);
    let (account, gone) = (stage.stored_account().await, stage.stored_account().await);
    let account = change_key(&stage, &change_key(&stage, &account).await).await;
    succeed(&stage, &issuing, &account).await;
    stop_halfway(&stage, &issuing, &account).await;
    fail(&stage, &issuing, &account).await;
    leave(&stage, &gone).await;
    stage
}

async fn change_key(stage: &Stage, account: &Account) -> Account {
    let (new_jwk, new_thumbprint) = key();
    let change = ChangeKey {
        id: account.id,
        old_thumbprint: account.thumbprint,
        new_jwk,
        new_thumbprint,
        request: b"jws".to_vec(),
    };
    stage.sa.change_key(&stage.context(), change).await.unwrap()
}

/// Three valid orders: one is replaced, one is revoked; two share an authorization.
async fn succeed(stage: &Stage, issuing: &Issuing, account: &Account) {
    let context = stage.context();
    let (first, serial) = issuing.issue(stage, account, &["*.a.example", "a.example"]).await;
    stage.pass(Duration::from_secs(60));

    let mut again = stage.order(account, &["a.example", "b.example"]);
    again.order.replaces = Some(serial);
    again.order.authorizations[0] = first.authorizations[1];
    again.new_authorizations.remove(0);
    let order = stage.sa.create_order(&context, again).await.unwrap();
    stage.validate(account, order.authorizations[1]).await;
    let recheck = AddReceipts {
        authorization: order.authorizations[1],
        receipts: vec![b"caa".to_vec(), b"caa".to_vec()],
        caa_checked: stage.clock.now(),
    };
    stage.sa.add_receipts(&context, recheck).await.unwrap();
    let begun = stage
        .sa
        .begin_finalize(&context, stage.finalize(&order))
        .await
        .unwrap();
    stage.pass(Duration::from_secs(5));
    let (serial, signed) = issuing.prepare(stage, &begun.order).await;
    stage
        .signer
        .store_certificate(&context, serial, signed)
        .await
        .unwrap();
    let revoke = RevokeCertificate {
        serial,
        revocation: Revocation {
            at: stage.now(),
            reason: RevocationReason::Superseded,
        },
        by: "certificate key".to_owned(),
    };
    stage.sa.revoke_certificate(&context, revoke).await.unwrap();

    let (given_up, _) = issuing.issue(stage, account, &["c.example"]).await;
    let deactivated = stage
        .sa
        .deactivate_authorization(&context, given_up.authorizations[0]);
    deactivated.await.unwrap();
}

/// Orders and authorizations in each state that is not final.
async fn stop_halfway(stage: &Stage, issuing: &Issuing, account: &Account) {
    stage.ready_order(account, &["ready.example"]).await;
    let pending = stage.stored_order(account, &["p.example", "q.example"]).await;
    stage.validate(account, pending.authorizations[0]).await;
    let answered = stage.stored_order(account, &["answered.example"]).await;
    stage.begin(account, answered.authorizations[0]).await;
    stage.processing_order(account, &["processing.example"]).await;
    let (prepared, _) = stage.processing_order(account, &["prepared.example"]).await;
    issuing.prepare(stage, &prepared).await;
    let alone = stage.authorization(account, &Identifier::parse("dns", "alone.example").unwrap());
    stage
        .sa
        .create_authorization(&stage.context(), alone)
        .await
        .unwrap();
}

/// Two failed orders; the signature for one of them came late.
async fn fail(stage: &Stage, issuing: &Issuing, account: &Account) {
    let context = stage.context();
    let refused = stage.stored_order(account, &["refused.example"]).await;
    let id = refused.authorizations[0];
    let begun = stage.begin(account, id).await;
    let finish = stage.finish(id, &begun, Some(problem(ErrorKind::IncorrectResponse)));
    stage.sa.finish_validation(&context, finish).await.unwrap();

    let (order, lease) = stage.processing_order(account, &["late.example"]).await;
    let (serial, signed) = issuing.prepare(stage, &order).await;
    let failed = stage
        .sa
        .fail_order(&context, order.id, lease.id, problem(ErrorKind::Caa));
    failed.await.unwrap();
    let late = stage.signer.store_certificate(&context, serial, signed).await;
    late.unwrap_err();
}

/// An account that ends, with an open order.
async fn leave(stage: &Stage, account: &Account) {
    stage.stored_order(account, &["left.example"]).await;
    stage
        .sa
        .deactivate_account(&stage.context(), account.id)
        .await
        .unwrap();
}
