//! Certificates (RFC 8555 section 7.4.2).

use bytes::Bytes;
use cairn_types::{Certificate, Error, Serial};
use cairn_x509::pem;
use http::StatusCode;
use http::header::ACCEPT;

use crate::accept::CertificateType;
use crate::answer::Answer;
use crate::front::Wfe;
use crate::issuers::Issuer;
use crate::refusal::Refusal;
use crate::request::Call;

/// The certificate with the default chain (0) or an alternate one, or alone, as the client likes.
pub(super) async fn post(
    wfe: &Wfe,
    call: &Call,
    serial: Serial,
    chain: usize,
    body: Bytes,
) -> Result<Answer, Refusal> {
    let request = wfe.authenticate(call, body).await?.read_only()?;
    let accept = call
        .headers
        .get_all(ACCEPT)
        .iter()
        .filter_map(|value| value.to_str().ok());
    let wanted = CertificateType::negotiate(accept).ok_or_else(not_acceptable)?;
    let certificate = wfe.sa.get_certificate(&call.context, serial).await?;
    request.check_owner(certificate.account, "certificate")?;
    let issuer = wfe.issuers.get(&certificate.issuer)?;
    let above = issuer
        .chains
        .get(chain)
        .ok_or_else(|| Error::not_found("chain"))?;
    Ok(match wanted {
        CertificateType::PemChain => {
            let text = pem::encode(&certificate.der) + above;
            let answer = Answer::bytes(wanted.media_type(), text);
            link_alternates(wfe, answer, &certificate, issuer, chain)
        }
        CertificateType::Der => Answer::bytes(wanted.media_type(), certificate.der)
            .link(&wfe.urls.issuer(&certificate.issuer), "up"),
    })
}

fn link_alternates(
    wfe: &Wfe,
    answer: Answer,
    certificate: &Certificate,
    issuer: &Issuer,
    chain: usize,
) -> Answer {
    (0..issuer.chains.len())
        .filter(|other| *other != chain)
        .fold(answer, |answer, other| {
            answer.link(&wfe.urls.certificate(certificate.serial, other), "alternate")
        })
}

fn not_acceptable() -> Refusal {
    let [chain, der] = [CertificateType::PemChain, CertificateType::Der].map(CertificateType::media_type);
    let error = Error::malformed(format!("certificates are served as {chain} or {der}"));
    Refusal::with_status(error, StatusCode::NOT_ACCEPTABLE)
}
