//! The front end over HTTPS, with a registration and a storage authority that do as they are told.

mod accounts;
mod certificates;
mod fakes;
mod http_rules;
mod orders;
mod pki;
mod world;
