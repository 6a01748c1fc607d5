//! Requests that no client would send: every octet is the test's.

mod jws;
mod sign;
mod socket;

pub use jws::{RawJws, flattened, members};
pub use sign::{mac, signature};
pub use socket::RawConnection;
