//! The configuration of `cairn admin`.

use std::path::PathBuf;

use serde::Serialize;

use super::Stack;
use super::common::{Client, Tls};
use crate::local::service::Service;

#[derive(Serialize)]
pub(super) struct Config {
    #[serde(rename = "ca_config")]
    signer: PathBuf,
    tls: Tls,
    sa: Client,
    va: Client,
}

pub(super) fn config(stack: &Stack) -> Config {
    Config {
        signer: stack.layout.config(Service::Ca),
        tls: stack.identity(stack.pki.operator()),
        sa: stack.client(Service::Sa),
        va: stack.client(Service::Va),
    }
}
