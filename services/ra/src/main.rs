//! `cairn-ra`
fn main() {}
