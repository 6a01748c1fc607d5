//! Accounts: registration, terms, contacts, keys, and their end.

mod change_key;
mod contact;
mod external;
mod register;
mod terms;
