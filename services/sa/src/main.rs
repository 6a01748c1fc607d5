//! `cairn-sa`
fn main() {}
