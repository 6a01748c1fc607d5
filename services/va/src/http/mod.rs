//! HTTP towards strangers: where a request goes, and one exchange.

mod fetch;
#[cfg(feature = "fuzz")]
mod fuzz;
mod target;

pub(crate) use fetch::{Reply, fetch};
#[cfg(feature = "fuzz")]
pub use fuzz::answers;
pub(crate) use target::{Ports, Target};
