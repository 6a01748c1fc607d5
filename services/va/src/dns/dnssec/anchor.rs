//! The keys of the root zone that everything else follows from.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hickory_proto::rr::Name;

use super::rdata::{Dnskey, Ds};

/// The keys that IANA publishes in <https://data.iana.org/root-anchors/root-anchors.xml>, as of 2024-07-18: those of
/// 2017 and of 2024.
const IANA: &str = "
. IN DS 20326 8 2 E06D44B80B8F1D39A95C0B0D7C65D08458E880409BBC683457104237C7F8EC8D
. IN DS 38696 8 2 683D2D0ACB8C9B712A1948B27F741219298D0A450D612C483AF444A4C0FB2B16
";

/// Keys of the root zone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct TrustAnchor(Vec<Anchor>);

#[derive(Debug, Clone, PartialEq, Eq)]
enum Anchor {
    Key(Dnskey),
    Digest(Ds),
}

impl TrustAnchor {
    /// Those of the Internet's root zone.
    pub(crate) fn iana() -> Self {
        Self::parse(IANA).unwrap_or(Self(Vec::new()))
    }

    /// Reads DS and DNSKEY records of the root zone in the form of a zone file, a record a line, comments after `;`.
    /// The error says which line is wrong, and why.
    pub(crate) fn parse(text: &str) -> Result<Self, String> {
        let mut anchors = Vec::new();
        for (index, line) in text.lines().enumerate() {
            let line = line.split(';').next().unwrap_or_default();
            let words: Vec<&str> = line.split_whitespace().collect();
            if !words.is_empty() {
                anchors.push(anchor(&words).map_err(|why| format!("line {}: {why}", index + 1))?);
            }
        }
        if anchors.is_empty() {
            return Err("it has no DS or DNSKEY record".to_owned());
        }
        Ok(Self(anchors))
    }

    /// Whether the key is one of these.
    pub(super) fn contains(&self, key: &Dnskey) -> bool {
        self.0.iter().any(|anchor| match anchor {
            Anchor::Key(anchor) => {
                key.may_sign && anchor.algorithm == key.algorithm && anchor.public_key == key.public_key
            }
            Anchor::Digest(ds) => ds.fits(&Name::root(), key),
        })
    }
}

fn anchor(words: &[&str]) -> Result<Anchor, String> {
    let [".", fields @ ..] = words else {
        return Err("only records of the root zone (`.`) can be a trust anchor".to_owned());
    };
    let is_prefix = |word: &&&str| word.eq_ignore_ascii_case("IN") || word.parse::<u32>().is_ok();
    let fields = &fields[fields.iter().take_while(is_prefix).count()..];
    let wrong = || "its fields are not those of its type".to_owned();
    let number = |text: &str| text.parse::<u16>().map_err(|_| wrong());
    let octet = |text: &str| text.parse::<u8>().map_err(|_| wrong());
    let unknown = || "its algorithm is not supported".to_owned();
    match fields {
        ["DS", tag, algorithm, digest_type, digest @ ..] => {
            let ds = Ds {
                key_tag: number(tag)?,
                algorithm: octet(algorithm)?,
                digest_type: octet(digest_type)?,
                digest: hex::decode(digest.concat()).map_err(|_| wrong())?,
            };
            ds.is_supported()
                .then_some(Anchor::Digest(ds))
                .ok_or_else(unknown)
        }
        ["DNSKEY", flags, protocol, algorithm, key @ ..] => {
            let mut octets = number(flags)?.to_be_bytes().to_vec();
            octets.extend([octet(protocol)?, octet(algorithm)?]);
            octets.extend(STANDARD.decode(key.concat()).map_err(|_| wrong())?);
            let key = Dnskey::read(&octets)
                .filter(|key| key.may_sign)
                .ok_or_else(wrong)?;
            super::algorithm::is_supported(key.algorithm)
                .then_some(Anchor::Key(key))
                .ok_or_else(unknown)
        }
        _ => Err("it is neither a DS nor a DNSKEY record".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The key that signs the root zone's keys since 2018, as the root zone has it.
    const KSK_2017: &str = ". 172800 IN DNSKEY 257 3 8 AwEAAaz/tAm8yTn4Mfeh5eyI96WSVexTBAvkMgJzkKTOiW1vkIbzxeF3+/\
         4RgWOq7HrxRixHlFlExOLAJr5emLvN7SWXgnLh4+B5xQlNVz8Og8kvArMtNROxVQuCaSnIDdD5LKyWbRd2n9WGe2R8PzgCmr3EgVLrjyBxWezF0\
         jLHwVN8efS3rCj/EWgvIWgb9tarpVUDK/b58Da+sqqls3eNbuv7pr+eoZG+SrDK6nWeL3c6H5Apxz7LjVc1uTIdsIXxuOLYA4/ilBmSVIzuDWfd\
         RUfhHdY6+cn8HFRm+2hM8AnXGXws9555KrUB5qihylGa8subX2Nn6UwNR1AkUTV74bU=";
    /// Its successor.
    const KSK_2024: &str = ". 172800 IN DNSKEY 257 3 8 AwEAAa96jeuknZlaeSrvyAJj6ZHv28hhOKkx3rLGXVaC6rXTsDc449/\
         cidltpkyGwCJNnOAlFNKF2jBosZBU5eeHspaQWOmOElZsjICMQMC3aeHbGiShvZsx4wMYSjH8e7Vrhbu6irwCzVBApESjbUdpWWmEnhathWu1jo\
         +siFUiRAAxm9qyJNg/wOZqqzL/dL/q8PkcRU5oUKEpUge71M3ej2/7CPqpdVwuMoTvoB+ZOT4YeGyxMvHmbrxlFzGOHOijtzN+u1TQNatX2XBuz\
         ZNQ1K+s2CXkPIZo7s6JgZyvaBevYtxPvYLw4z9mR7K2vaF18UYH9Z9GNUUeayffKC73PYc=";

    #[test]
    fn the_roots_keys_are_both_known() {
        for (text, tag) in [(KSK_2017, 20326), (KSK_2024, 38696)] {
            let TrustAnchor(anchors) = TrustAnchor::parse(text).unwrap();
            let Anchor::Key(key) = &anchors[0] else {
                panic!("no key")
            };
            assert_eq!(key.tag, tag);
            assert!(TrustAnchor::iana().contains(key));
            let mut other = key.clone();
            other.octets[20] ^= 1;
            assert!(!TrustAnchor::iana().contains(&other));
        }
    }

    #[test]
    fn what_is_no_trust_anchor_is_refused_with_its_line() {
        for (text, why) in [
            ("", "no DS or DNSKEY"),
            ("; nothing\n\n", "no DS or DNSKEY"),
            ("example. IN DS 1 8 2 00", "line 1: only records of the root"),
            ("\n. IN NS a.", "line 2: it is neither"),
            (". IN DS 1 8 2 0", "fields"),
            (". IN DS 1 8", "neither"),
            (". IN DS 1 5 1 00", "not supported"),
            (". 3600 IN DNSKEY 0 3 8 AwEAAQ==", "fields"),
            (". IN DNSKEY 257 3 8 *", "fields"),
            (". IN DNSKEY 257 3 5 AwEAAQ==", "not supported"),
        ] {
            let error = TrustAnchor::parse(text).unwrap_err();
            assert!(error.contains(why), "{text}: {error}");
        }
    }
}
