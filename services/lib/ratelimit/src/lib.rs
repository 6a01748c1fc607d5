//! Rate limits: their names, the GCRA, and the stores behind them.
//!
//! - [`LimitName`] lists the limits; a [`Bucket`] is one limit for one subject, such as an account.
//! - [`Limit`] says how much a bucket holds and how fast it fills; [`gcra`] is the arithmetic, pure.
//! - A [`Store`] keeps the state of buckets; [`MemoryStore`] within the process.
//! - [`Limiter`] puts them together, and is what services use.
//!
//! Whatever is stored may be lost: a bucket without state is full, and a store that fails limits nothing.

pub mod gcra;
mod limit;
mod limiter;
mod memory;
mod name;
mod store;

pub use limit::{InvalidLimit, Limit};
pub use limiter::{Limiter, Limits};
pub use memory::MemoryStore;
pub use name::{Bucket, LimitName, subscriber};
pub use store::{BoxFuture, Charge, Store, StoreError};
