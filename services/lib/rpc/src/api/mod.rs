//! The requests and answers of the services, in the terms of `cairn-types`.
//!
//! One module per service. What each call does and which errors it gives is told in `proto/`.

pub mod ca;
pub mod publisher;
pub mod ra;
pub mod sa;
