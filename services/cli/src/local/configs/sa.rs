//! The storage authority's configuration.

use serde::Serialize;

use super::Stack;
use super::common::{Common, Grpc, Tls};
use crate::local::service::Service;

#[derive(Serialize)]
pub(super) struct Config {
    database: Database,
    grpc: Grpc,
    tls: Tls,
    #[serde(flatten)]
    common: Common,
}

#[derive(Serialize)]
struct Database {
    url: String,
    migrate_at_start: bool,
}

pub(super) fn config(stack: &Stack) -> Config {
    let clients = [Service::Wfe, Service::Ra];
    let with_signer = [Service::Wfe, Service::Ra, Service::Ca];
    Config {
        database: Database {
            url: format!("sqlite:{}", stack.database.display()),
            migrate_at_start: true,
        },
        grpc: stack.grpc(
            Service::Sa,
            &[
                ("cairn.sa.v1.Accounts", &clients),
                ("cairn.sa.v1.Authorizations", &clients),
                ("cairn.sa.v1.Orders", &clients),
                ("cairn.sa.v1.Certificates", &with_signer),
            ],
        ),
        tls: stack.tls(Service::Sa),
        common: stack.common(Service::Sa),
    }
}
