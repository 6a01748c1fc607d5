//! The `Accept` header, as far as certificates are negotiated by it (RFC 8555 section 7.4.2, RFC 9110
//! section 12.5.1).

/// The media types that a certificate can be had in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum CertificateType {
    /// The certificate and its chain, in PEM; the default.
    PemChain,
    /// The certificate alone, in DER.
    Der,
}

impl CertificateType {
    const ALL: [Self; 2] = [Self::PemChain, Self::Der];

    /// The media type.
    pub(crate) const fn media_type(self) -> &'static str {
        match self {
            Self::PemChain => "application/pem-certificate-chain",
            Self::Der => "application/pkix-cert",
        }
    }

    /// The type that a client likes best, none if it takes neither. At equal quality the chain wins.
    pub(crate) fn negotiate<'a>(accept: impl Iterator<Item = &'a str>) -> Option<Self> {
        let ranges: Vec<(&str, u16)> = accept
            .flat_map(|value| value.split(','))
            .map(str::trim)
            .filter(|range| !range.is_empty())
            .map(quality)
            .collect();
        if ranges.is_empty() {
            return Some(Self::PemChain);
        }
        let mut best = None;
        for offer in Self::ALL {
            let quality = offer.quality(&ranges);
            if quality > best.map_or(0, |(_, quality)| quality) {
                best = Some((offer, quality));
            }
        }
        best.map(|(offer, _)| offer)
    }

    /// The quality of the most specific range that covers this type.
    fn quality(self, ranges: &[(&str, u16)]) -> u16 {
        for range in [self.media_type(), "application/*", "*/*"] {
            if let Some((_, quality)) = ranges.iter().find(|(name, _)| name.eq_ignore_ascii_case(range)) {
                return *quality;
            }
        }
        0
    }
}

/// A range and its quality in thousandths. A quality that cannot be read counts as 1.
fn quality(range: &str) -> (&str, u16) {
    let mut parts = range.split(';').map(str::trim);
    let name = parts.next().unwrap_or_default();
    let weight = parts
        .filter_map(|parameter| parameter.split_once('='))
        .find(|(name, _)| name.trim().eq_ignore_ascii_case("q"))
        .and_then(|(_, value)| value.trim().parse::<f32>().ok())
        .filter(|value| (0.0..=1.0).contains(value))
        .unwrap_or(1.0);
    (name, (weight * 1000.0).round() as u16)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn negotiation() {
        use CertificateType::{Der, PemChain};
        for (accept, expected) in [
            ("", Some(PemChain)),
            ("*/*", Some(PemChain)),
            ("application/*", Some(PemChain)),
            ("application/pem-certificate-chain", Some(PemChain)),
            ("application/pkix-cert", Some(Der)),
            ("Application/PKIX-Cert", Some(Der)),
            ("application/pkix-cert, */*;q=0.1", Some(Der)),
            (
                "application/pem-certificate-chain;q=0.5,application/pkix-cert;q=0.4",
                Some(PemChain),
            ),
            (
                "application/pem-certificate-chain;q=0.4,application/pkix-cert;q=0.5",
                Some(Der),
            ),
            ("application/pem-certificate-chain;q=0, */*", Some(Der)),
            ("text/html", None),
            ("text/html,,", None),
            ("application/pkix-cert;q=0", None),
            ("*/*;q=nonsense", Some(PemChain)),
        ] {
            assert_eq!(
                CertificateType::negotiate([accept].into_iter()),
                expected,
                "{accept}"
            );
        }
        assert_eq!(
            CertificateType::negotiate(["text/html", "application/pkix-cert"].into_iter()),
            Some(Der)
        );
    }
}
