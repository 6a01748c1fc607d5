//! Chains: each certificate certifies the one before it.

use crate::{CertificateError, CertificateView};

/// Why certificates are no chain.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ChainError {
    /// Nothing to check.
    #[error("the chain is empty")]
    Empty,
    /// One of them cannot be read. Counted from 1.
    #[error("certificate {0} of the chain: {1}")]
    Certificate(usize, CertificateError),
    /// A link that does not hold. Counted from 1.
    #[error("certificate {0} of the chain is not certified by the next one: {1}")]
    Link(usize, &'static str),
}

/// Checks that each certificate is signed by the next, which is a CA (RFC 8555 section 7.4.2), and decodes them. Times
/// are not looked at.
pub fn check_chain<T: AsRef<[u8]>>(certificates: &[T]) -> Result<Vec<CertificateView>, ChainError> {
    let views = certificates
        .iter()
        .enumerate()
        .map(|(index, der)| {
            CertificateView::from_der(der.as_ref()).map_err(|error| ChainError::Certificate(index + 1, error))
        })
        .collect::<Result<Vec<_>, _>>()?;
    if views.is_empty() {
        return Err(ChainError::Empty);
    }
    for (index, pair) in views.windows(2).enumerate() {
        check_link(&pair[0], &pair[1]).map_err(|reason| ChainError::Link(index + 1, reason))?;
    }
    Ok(views)
}

fn check_link(subject: &CertificateView, issuer: &CertificateView) -> Result<(), &'static str> {
    let key = issuer.public_key().map_err(|_| "its key is not supported")?;
    let names_other_key = subject
        .authority_key_id()
        .zip(issuer.key_id())
        .is_some_and(|(named, actual)| named != actual);
    if subject.issuer() != issuer.subject() {
        Err("the names differ")
    } else if !issuer.is_authority() {
        Err("the next one is not a CA certificate")
    } else if names_other_key {
        Err("the key identifiers differ")
    } else if !subject.is_signed_by(&key) {
        Err("the signature is not by its key")
    } else {
        Ok(())
    }
}

#[cfg(test)]
mod tests;
