//! Certificates as they are downloaded.

use bytes::Bytes;
use cairn_acme::SignAs;
use http::Request;
use http::header::ACCEPT;
use openssl::x509::X509;

use super::{Account, Answer, ClientError, JOSE, Result};

/// The media type of PEM chains (RFC 8555 section 9.1).
const PEM_CHAIN: &str = "application/pem-certificate-chain";

/// A certificate with one of its chains.
#[derive(Debug, Clone)]
pub struct CertificateChain {
    /// The PEM text as it came.
    pub pem: Bytes,
    /// The URLs of the other chains.
    pub alternates: Vec<String>,
}

impl CertificateChain {
    pub(super) fn from_answer(answer: Answer) -> Result<Self> {
        let answer = answer.ok()?;
        if answer.content_type() != Some(PEM_CHAIN) {
            let reason = format!("a certificate of type {:?}", answer.content_type());
            return Err(ClientError::answer(&answer.url, reason));
        }
        let alternates = answer.links("alternate");
        Ok(Self {
            pem: answer.body,
            alternates,
        })
    }

    /// The certificates, the end entity's first.
    pub fn certificates(&self) -> Result<Vec<X509>> {
        Ok(X509::stack_from_pem(&self.pem)?)
    }

    /// The end entity's certificate.
    pub fn leaf(&self) -> Result<X509> {
        let mut certificates = self.certificates()?;
        if certificates.is_empty() {
            return Err(ClientError::answer("certificate", "an empty chain"));
        }
        Ok(certificates.swap_remove(0))
    }
}

impl Account {
    /// Downloads a certificate with its chain (RFC 8555 section 7.4.2).
    pub async fn certificate(&mut self, url: &str) -> Result<CertificateChain> {
        CertificateChain::from_answer(self.get(url).await?)
    }

    /// Downloads a certificate in the form that `accept` asks for. Any status is an answer.
    pub async fn certificate_as(&mut self, url: &str, accept: &str) -> Result<Answer> {
        let nonce = self.client.nonce().await?;
        let signer = SignAs::Account(self.url());
        let body = self.key().sign(signer, &nonce, url, b"")?;
        let request = Request::post(url)
            .header("content-type", JOSE)
            .header(ACCEPT, accept)
            .body(Bytes::from(body));
        let answer = self.client.connection().send(url, request).await?;
        self.client.keep_nonce(&answer);
        Ok(answer)
    }
}
