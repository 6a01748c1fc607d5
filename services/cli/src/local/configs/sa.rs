//! The storage authority's configuration.

use std::path::PathBuf;

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
    #[serde(skip_serializing_if = "Option::is_none")]
    password_file: Option<PathBuf>,
    migrate_at_start: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    postgres: Option<Postgres>,
}

#[derive(Serialize)]
struct Postgres {
    tls: DatabaseTls,
}

/// How the database server proves itself.
#[derive(Serialize)]
struct DatabaseTls {
    ca: PathBuf,
}

pub(super) fn config(stack: &Stack) -> Config {
    let readers = [Service::Wfe, Service::Ra, Service::Ca];
    Config {
        database: Database {
            url: stack.database.url(),
            password_file: stack.database_password_file.clone(),
            migrate_at_start: true,
            postgres: stack.database_ca.clone().map(|ca| Postgres {
                tls: DatabaseTls { ca },
            }),
        },
        grpc: stack
            .grpc(
                Service::Sa,
                &[
                    ("cairn.sa.v1.Records", &readers),
                    ("cairn.sa.v1.Accounts", &[Service::Ra]),
                    ("cairn.sa.v1.Authorizations", &[Service::Ra]),
                    ("cairn.sa.v1.Orders", &[Service::Ra]),
                    ("cairn.sa.v1.Certificates", &[Service::Ra]),
                    ("cairn.sa.v1.Signing", &[Service::Ca]),
                ],
            )
            .with_operators("cairn.sa.v1.Audit")
            .with_operators("cairn.sa.v1.Records"),
        tls: stack.tls(Service::Sa),
        common: stack.common(Service::Sa),
    }
}
