//! Placeholder while the service's keys settle.

use serde::Serialize;

use super::Stack;
use super::common::{Common, Tls};
use crate::local::service::Service;

#[derive(Serialize)]
pub(super) struct Config {
    tls: Tls,
    #[serde(flatten)]
    common: Common,
}

pub(super) fn config(stack: &Stack) -> Config {
    Config {
        tls: stack.tls(Service::Va),
        common: stack.common(Service::Va),
    }
}
