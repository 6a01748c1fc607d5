//! Ed25519 public keys (RFC 8032 section 5.1.3).

use super::KeyFault;

/// The y coordinates, little-endian, of the points whose order divides 8: with such a key a signature
/// can be found that verifies for many messages.
const SMALL_ORDER: [[u8; 32]; 5] = [
    [0; 32],
    {
        let mut one = [0; 32];
        one[0] = 1;
        one
    },
    [
        0x26, 0xe8, 0x95, 0x8f, 0xc2, 0xb2, 0x27, 0xb0, 0x45, 0xc3, 0xf4, 0x89, 0xf2, 0xef, 0x98, 0xf0, 0xd5,
        0xdf, 0xac, 0x05, 0xd3, 0xc6, 0x33, 0x39, 0xb1, 0x38, 0x02, 0x88, 0x6d, 0x53, 0xfc, 0x05,
    ],
    [
        0xc7, 0x17, 0x6a, 0x70, 0x3d, 0x4d, 0xd8, 0x4f, 0xba, 0x3c, 0x0b, 0x76, 0x0d, 0x10, 0x67, 0x0f, 0x2a,
        0x20, 0x53, 0xfa, 0x2c, 0x39, 0xcc, 0xc6, 0x4e, 0xc7, 0xfd, 0x77, 0x92, 0xac, 0x03, 0x7a,
    ],
    {
        let mut minus_one = [0xff; 32];
        minus_one[0] = 0xec;
        minus_one[31] = 0x7f;
        minus_one
    },
];

/// Refuses keys of small order and encodings of y beyond the field. A key that is no point at all
/// verifies nothing, so whoever signed with it has shown that it is one.
pub(super) fn check(key: &[u8]) -> Result<(), KeyFault> {
    let mut y: [u8; 32] = key.try_into().map_err(|_| KeyFault::Point)?;
    y[31] &= 0x7f;
    let beyond_field = y[0] >= 0xed && y[1..31].iter().all(|byte| *byte == 0xff) && y[31] == 0x7f;
    if beyond_field || SMALL_ORDER.contains(&y) {
        return Err(KeyFault::Point);
    }
    Ok(())
}
