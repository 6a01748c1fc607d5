//! Rules about the source itself. What cargo-deny can say of the crate graph is in `deny.toml`; this is the rest.

mod docs;
mod files;
mod graph;
mod source;
