//! DER written by hand, so that it can also be wrong.

/// UNIVERSAL tags and the context tags that PKCS#10 and subject alternative names use.
pub mod tag {
    /// INTEGER.
    pub const INTEGER: u8 = 0x02;
    /// BIT STRING.
    pub const BIT_STRING: u8 = 0x03;
    /// OCTET STRING.
    pub const OCTET_STRING: u8 = 0x04;
    /// OBJECT IDENTIFIER.
    pub const OID: u8 = 0x06;
    /// `UTF8String`.
    pub const UTF8_STRING: u8 = 0x0c;
    /// `IA5String`.
    pub const IA5_STRING: u8 = 0x16;
    /// SEQUENCE.
    pub const SEQUENCE: u8 = 0x30;
    /// SET.
    pub const SET: u8 = 0x31;
    /// The attributes of a certification request.
    pub const ATTRIBUTES: u8 = 0xa0;
    /// rfc822Name of a `GeneralName`.
    pub const EMAIL: u8 = 0x81;
    /// dNSName of a `GeneralName`.
    pub const DNS: u8 = 0x82;
    /// uniformResourceIdentifier of a `GeneralName`.
    pub const URI: u8 = 0x86;
    /// iPAddress of a `GeneralName`.
    pub const IP: u8 = 0x87;
}

/// Object identifiers as content octets.
pub mod oid {
    /// commonName, 2.5.4.3.
    pub const COMMON_NAME: &[u8] = &[0x55, 0x04, 0x03];
    /// organizationName, 2.5.4.10.
    pub const ORGANIZATION: &[u8] = &[0x55, 0x04, 0x0a];
    /// subjectAltName, 2.5.29.17.
    pub const SUBJECT_ALT_NAME: &[u8] = &[0x55, 0x1d, 0x11];
    /// basicConstraints, 2.5.29.19.
    pub const BASIC_CONSTRAINTS: &[u8] = &[0x55, 0x1d, 0x13];
    /// extensionRequest, 1.2.840.113549.1.9.14.
    pub const EXTENSION_REQUEST: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x09, 0x0e];
    /// id-pe-tlsfeature, 1.3.6.1.5.5.7.1.24.
    pub const TLS_FEATURE: &[u8] = &[0x2b, 0x06, 0x01, 0x05, 0x05, 0x07, 0x01, 0x18];
}

/// One element: tag, length, content.
pub fn tlv(tag: u8, content: &[u8]) -> Vec<u8> {
    let mut out = vec![tag];
    match content.len() {
        short @ 0..=0x7f => out.push(short as u8),
        long => {
            let octets = long.to_be_bytes();
            let skip = octets.iter().take_while(|octet| **octet == 0).count();
            out.push(0x80 | (octets.len() - skip) as u8);
            out.extend(&octets[skip..]);
        }
    }
    out.extend(content);
    out
}

/// A SEQUENCE of encoded elements.
pub fn sequence(elements: &[Vec<u8>]) -> Vec<u8> {
    tlv(tag::SEQUENCE, &elements.concat())
}

/// A SET of one encoded element.
pub fn set(element: &[u8]) -> Vec<u8> {
    tlv(tag::SET, element)
}

/// A BIT STRING without unused bits.
pub fn bit_string(content: &[u8]) -> Vec<u8> {
    tlv(tag::BIT_STRING, &[&[0], content].concat())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn short_and_long_lengths() {
        assert_eq!(tlv(tag::OCTET_STRING, b"ab"), [4, 2, b'a', b'b']);
        assert_eq!(tlv(tag::OCTET_STRING, &[0; 128])[..3], [4, 0x81, 128]);
        assert_eq!(tlv(tag::OCTET_STRING, &[0; 300])[..4], [4, 0x82, 1, 44]);
    }
}
