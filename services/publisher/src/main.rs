//! `cairn-publisher`
fn main() {}
