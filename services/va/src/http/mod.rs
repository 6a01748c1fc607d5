//! HTTP towards strangers: where a request goes, and one exchange.

mod fetch;
mod target;

pub(crate) use fetch::{Reply, fetch};
pub(crate) use target::{Ports, Target};
