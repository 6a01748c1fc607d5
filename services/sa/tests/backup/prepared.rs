//! A database that ends between the storing of what is to be signed and that of the certificate.

use cairn_sa::{DatabaseConfig, Location};
use cairn_types::{Account, Certificate, Error, ErrorKind, Order, OrderStatus};

use crate::logs::{self, Signed};
use crate::program::{cairn_sa, configuration, said};
use crate::stage::{Stage, problem};

/// Not asked here.
pub(crate) const ENTRIES: &str = "";

/// The database of a stage, in a directory of its own.
pub(crate) struct Storage(tempfile::TempDir);

impl Storage {
    pub(crate) fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    pub(crate) fn rows(&self, _query: &str) -> Vec<String> {
        panic!("{:?} is not asked", self.0)
    }

    pub(crate) fn plant(&self, _statements: &str) {
        panic!("{:?} is left as it is", self.0)
    }

    pub(crate) fn config(&self) -> DatabaseConfig {
        DatabaseConfig {
            migrate_at_start: true,
            ..DatabaseConfig::new(Location::Sqlite(self.0.path().join("cairn.db")))
        }
    }
}

/// Stores what is to be signed for an order; the certificate is in the CA's log alone.
async fn prepare(stage: &Stage, account: &Account, order: &Order) -> Signed {
    let mut signed = Signed::new(account.clone());
    signed.order = order.id;
    let mut unsigned = stage.unsigned(order);
    unsigned.serial = signed.serial;
    unsigned.tbs = cairn_x509::signed_part(&signed.der).unwrap();
    stage.signer.store_tbs(&stage.context(), unsigned).await.unwrap();
    signed
}

async fn stored(stage: &Stage, signed: &Signed) -> Result<Certificate, Error> {
    stage.sa.get_certificate(&stage.context(), signed.serial).await
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_prepared_is_found_signed() {
    let storage = Storage::new();
    let directory = storage.0.path().to_owned();
    let stage = Stage::on(storage).await;
    let context = stage.context();
    let account = stage.stored_account().await;
    let (processing, _) = stage.processing_order(&account, &["www.example.org"]).await;
    let (failed, lease) = stage.processing_order(&account, &["www.example.org"]).await;
    let (open, late) = (
        prepare(&stage, &account, &processing).await,
        prepare(&stage, &account, &failed).await,
    );
    let why = problem(ErrorKind::ServerInternal);
    stage
        .sa
        .fail_order(&context, failed.id, lease.id, why)
        .await
        .unwrap();

    let config = configuration(&directory, "sqlite:cairn.db", "");
    let log = logs::write(&directory, &[open.line(), late.line()]);
    let told = said(&cairn_sa("recover", &config, &[&log]), 1);
    for signed in [&open, &late] {
        let missing = format!(
            "certificate {} of order {}, signed: missing",
            signed.serial, signed.order
        );
        assert!(told.contains(&missing), "{told}");
        assert_eq!(
            stored(&stage, signed).await.unwrap_err().kind(),
            ErrorKind::NotFound
        );
    }
    let store = ["--store".as_ref(), log.as_path()];
    let told = said(&cairn_sa("recover", &config, &store), 0);
    assert!(told.contains("2 records, 2 missing, 2 of them stored"), "{told}");
    let told = said(&cairn_sa("recover", &config, &store), 0);
    assert!(told.contains("2 records, 0 missing"), "{told}");

    for signed in [&open, &late] {
        assert_eq!(stored(&stage, signed).await.unwrap().der, signed.der);
    }
    // The order that was under way has its certificate; the one that had failed stays as it was.
    let order = stage.sa.get_order(&context, processing.id).await.unwrap();
    assert_eq!(
        (order.status, order.serial),
        (OrderStatus::Valid, Some(open.serial))
    );
    let order = stage.sa.get_order(&context, failed.id).await.unwrap();
    assert_eq!((order.status, order.serial), (OrderStatus::Invalid, None));
    // A CA that goes on with the order finds the certificate instead of signing again.
    let again = stage
        .signer
        .store_tbs(&context, stage.unsigned(&processing))
        .await;
    assert_eq!(again.unwrap().certificate, Some(open.der));
}
