//! The storage authority: one client for its gRPC services, of which a caller may use those that it is allowed to.

mod accounts;
mod audit;
mod authorizations;
mod certificates;
mod orders;
mod records;
mod signing;

use cairn_proto::sa::v1::accounts_client::AccountsClient;
use cairn_proto::sa::v1::audit_client::AuditClient;
use cairn_proto::sa::v1::authorizations_client::AuthorizationsClient;
use cairn_proto::sa::v1::certificates_client::CertificatesClient;
use cairn_proto::sa::v1::orders_client::OrdersClient;
use cairn_proto::sa::v1::records_client::RecordsClient;
use cairn_proto::sa::v1::signing_client::SigningClient;
use cairn_types::Duration;

use crate::{Channel, Target};

/// Calls the storage authority. What each call does is told in `proto/cairn/sa/v1`.
#[derive(Clone)]
pub struct SaClient {
    accounts: AccountsClient<Channel>,
    audit: AuditClient<Channel>,
    authorizations: AuthorizationsClient<Channel>,
    certificates: CertificatesClient<Channel>,
    orders: OrdersClient<Channel>,
    records: RecordsClient<Channel>,
    signing: SigningClient<Channel>,
}

impl SaClient {
    /// Who it is, and what a call may take unless the configuration says otherwise.
    pub const TARGET: Target = Target {
        name: "sa.cairn",
        timeout: Duration::from_secs(10),
    };

    /// A client over a channel to the storage authority.
    pub fn new(channel: Channel) -> Self {
        Self {
            accounts: AccountsClient::new(channel.clone()),
            audit: AuditClient::new(channel.clone()),
            authorizations: AuthorizationsClient::new(channel.clone()),
            certificates: CertificatesClient::new(channel.clone()),
            orders: OrdersClient::new(channel.clone()),
            records: RecordsClient::new(channel.clone()),
            signing: SigningClient::new(channel),
        }
    }
}
