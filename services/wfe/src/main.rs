//! `cairn-wfe`
fn main() {}
