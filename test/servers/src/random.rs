//! Passwords and first guesses.

use anyhow::Result;
use openssl::rand::rand_bytes;

/// A password that needs no quotes anywhere.
pub(crate) fn password() -> Result<String> {
    let mut bytes = [0; 16];
    rand_bytes(&mut bytes)?;
    Ok(hex::encode(bytes))
}

pub(crate) fn number() -> Result<u16> {
    let mut bytes = [0; 2];
    rand_bytes(&mut bytes)?;
    Ok(u16::from_be_bytes(bytes))
}
