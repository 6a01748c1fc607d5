//! `cairn-va`
fn main() {}
