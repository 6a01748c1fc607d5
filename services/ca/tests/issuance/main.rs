//! The certificate authority over the wire, with a storage authority that can be made to misbehave.

mod fake_sa;
mod forged;
mod interrupted;
mod issued;
mod stack;
