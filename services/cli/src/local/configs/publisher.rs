//! The publisher's configuration: a local CA submits to no log.

use serde::Serialize;

use super::Stack;
use super::common::{Common, Grpc, Tls};
use crate::local::service::Service;

#[derive(Serialize)]
pub(super) struct Config {
    grpc: Grpc,
    tls: Tls,
    #[serde(flatten)]
    common: Common,
}

pub(super) fn config(stack: &Stack) -> Config {
    let allow: [(_, &[_]); 1] = [("cairn.publisher.v1.Publication", &[Service::Ra])];
    Config {
        grpc: stack.grpc(Service::Publisher, &allow),
        tls: stack.tls(Service::Publisher),
        common: stack.common(Service::Publisher),
    }
}
