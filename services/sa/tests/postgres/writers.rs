//! Callers that issue certificates, and make a call again that found the storage authority unavailable.

use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use cairn_rpc::api::sa::{BeginFinalize, BeginValidation, CreateAccount};
use cairn_servers::{Database, Role};
use cairn_types::{ErrorKind, Result, Serial};
use futures_util::future::join_all;

use crate::stage::Stage;

/// How long a caller tries.
const PATIENCE: Duration = Duration::from_secs(60);

/// Between its calls.
const PAUSE: Duration = Duration::from_millis(20);

/// What was answered.
#[derive(Default)]
pub(crate) struct Writers {
    over: AtomicBool,
    issued: Mutex<Vec<(Instant, Serial)>>,
    unavailable: Mutex<Vec<String>>,
}

impl Writers {
    /// Issues `rounds` certificates by each of `count` callers, or until [`end`](Self::end).
    pub(crate) async fn run(&self, stage: &Stage, count: usize, rounds: usize) {
        let callers = (0..count).map(|_| async move {
            for _ in 0..rounds {
                if self.over.load(Ordering::SeqCst) {
                    return;
                }
                let serial = self.issue(stage).await;
                self.issued.lock().unwrap().push((Instant::now(), serial));
            }
        });
        join_all(callers).await;
    }

    pub(crate) fn end(&self) {
        self.over.store(true, Ordering::SeqCst);
    }

    /// Waits until this many more certificates were issued.
    pub(crate) async fn more(&self, count: usize) {
        let target = self.count() + count;
        let deadline = Instant::now() + PATIENCE;
        while self.count() < target {
            assert!(Instant::now() < deadline, "no more than {}", self.count());
            tokio::time::sleep(PAUSE).await;
        }
    }

    pub(crate) fn count(&self) -> usize {
        self.issued.lock().unwrap().len()
    }

    /// The longest time without a certificate.
    pub(crate) fn outage(&self) -> Duration {
        let issued = self.issued.lock().unwrap();
        let gaps = issued.windows(2).map(|pair| pair[1].0 - pair[0].0);
        gaps.max().unwrap_or_default()
    }

    /// What the callers were told when they had to come back.
    pub(crate) fn unavailable(&self) -> Vec<String> {
        self.unavailable.lock().unwrap().clone()
    }

    /// Everything that was answered is stored, and nothing is stored twice.
    pub(crate) async fn check(&self, stage: &Stage, database: &Database) {
        let issued = self.issued.lock().unwrap().clone();
        for (_, serial) in &issued {
            let stored = stage.sa.get_certificate(&stage.context(), *serial).await.unwrap();
            assert_eq!(stored.serial, *serial);
        }
        let count = |question: &str| database.sql(Role::Audit, question).unwrap();
        assert_eq!(
            count("SELECT count(*), count(DISTINCT order_id) FROM certificates"),
            format!("{0}|{0}", issued.len())
        );
        assert_eq!(
            count("SELECT status, count(*) FROM orders GROUP BY status"),
            format!("valid|{}", issued.len())
        );
        assert_eq!(
            count(
                "SELECT count(*), count(DISTINCT subject) FROM audit_entries WHERE event = 'certificate.issued'"
            ),
            format!("{0}|{0}", issued.len())
        );
        assert_eq!(
            count(
                "SELECT DISTINCT n FROM (SELECT count(*) AS n FROM receipts GROUP BY authorization_id) AS receipts"
            ),
            "2"
        );
    }

    /// A whole issuance.
    async fn issue(&self, stage: &Stage) -> Serial {
        let sa = &stage.sa;
        let create = CreateAccount {
            account: stage.account(),
            external_account_key_id: None,
        };
        let account = self
            .insist(async || sa.create_account(&stage.context(), create.clone()).await)
            .await
            .account;
        let request = stage.order(&account, &["a.example"]);
        let order = self
            .insist(async || sa.create_order(&stage.context(), request.clone()).await)
            .await;
        let authorization = order.authorizations[0];
        let begin = BeginValidation {
            authorization,
            challenge: request.new_authorizations[0].challenges[0].id,
            lease: stage.lease(),
            account: account.id,
        };
        self.insist(async || sa.begin_validation(&stage.context(), begin.clone()).await)
            .await;
        let finish = stage.finish(authorization, &(begin.challenge, begin.lease.clone()), None);
        self.insist(async || sa.finish_validation(&stage.context(), finish.clone()).await)
            .await;
        let finalize: BeginFinalize = stage.finalize(&order);
        let processing = self
            .insist(async || sa.begin_finalize(&stage.context(), finalize.clone()).await)
            .await;
        assert!(processing.leased);
        let unsigned = stage.unsigned(&processing.order);
        let stored = self
            .insist(async || stage.signer.store_tbs(&stage.context(), unsigned.clone()).await)
            .await;
        assert_eq!(stored.unsigned.serial, unsigned.serial);
        self.insist(async || {
            let bytes = b"signed".to_vec();
            stage
                .signer
                .store_certificate(&stage.context(), unsigned.serial, bytes)
                .await
        })
        .await
        .serial
    }

    /// Makes a call until it is answered by something else than that it may be made again.
    async fn insist<T>(&self, call: impl AsyncFn() -> Result<T>) -> T {
        let deadline = Instant::now() + PATIENCE;
        loop {
            match call().await {
                Ok(answer) => return answer,
                Err(error) => {
                    assert_eq!(error.kind(), ErrorKind::Unavailable, "{error:?}");
                    assert!(Instant::now() < deadline, "{error:?}");
                    let told = error.internal.unwrap_or(error.problem.detail);
                    self.unavailable.lock().unwrap().push(told);
                }
            }
            tokio::time::sleep(PAUSE).await;
        }
    }
}
