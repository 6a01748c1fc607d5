//! Requests that break a rule: each gets the problem that the rule says, and changes nothing.
//!
//! Every case names the section that it breaks. After every few, the state of the accounts that took part is what
//! it was; after each batch the server still serves. Tables by subject; [`case`] says how a case is run.

mod account;
mod authorization;
mod case;
mod csr;
mod envelope;
mod external_account;
mod header;
mod identifier;
mod json;
mod jwk;
mod key_change;
mod lab;
mod nonce;
mod order;
mod request;
mod revocation;
mod signature;
mod target;
mod transport;
mod weak_keys;
