//! What the storage authority has about a certificate.

use cairn_rpc::api::sa::AuthorizationEvidence;
use cairn_types::{Account, Certificate, Duration, Order, Serial};

use super::super::operator::Operator;

/// How long a read may take.
const TIMEOUT: Duration = Duration::from_secs(20);

pub(super) struct Stored {
    pub(super) certificate: Certificate,
    pub(super) order: Order,
    /// The finalize request.
    pub(super) request: Vec<u8>,
    pub(super) account: Account,
    pub(super) key_changes: Vec<Vec<u8>>,
    pub(super) evidence: Vec<AuthorizationEvidence>,
}

impl Stored {
    pub(super) async fn read(operator: &Operator, serial: Serial) -> anyhow::Result<Self> {
        let (sa, context) = (&operator.sa, Operator::context(TIMEOUT));
        let read = async {
            let certificate = sa.get_certificate(&context, serial).await?;
            let (order, account) = (certificate.order, certificate.account);
            Ok(Self {
                order: sa.get_order(&context, order).await?,
                request: sa.get_finalization(&context, order).await?,
                account: sa.get_account(&context, account).await?,
                key_changes: sa.list_key_changes(&context, account).await?,
                evidence: sa.get_order_evidence(&context, order).await?,
                certificate,
            })
        };
        read.await.map_err(|error| operator.failure(error))
    }
}
