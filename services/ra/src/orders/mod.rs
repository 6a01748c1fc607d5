//! Orders: what they are made of and what may be asked of them.

mod create;
mod finalize;
pub(crate) mod plan;
mod replace;
