//! Each file asks for one part of what the calls promise. Nothing here knows the backend.

mod accounts;
mod audit;
mod authorizations;
mod callers;
mod certificates;
mod claims;
mod inspection;
mod issuance;
mod orders;
mod races;
mod replacement;
mod restart;
mod retries;
mod trail;
mod validation;
