//! The requests and answers of the services, in the terms of `cairn-types`.
//!
//! One module per service, and one for what an operator asks the storage authority. What each call does and which errors it gives is told in `proto/`.

pub mod audit;
pub mod ca;
pub mod publisher;
pub mod ra;
pub mod sa;
pub mod va;
