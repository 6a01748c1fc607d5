//! `cairn-ca`
fn main() {}
