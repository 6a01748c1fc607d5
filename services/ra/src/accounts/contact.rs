//! Contact URLs (RFC 8555 section 7.3).

use cairn_rpc::Context;
use cairn_rpc::api::ra::UpdateContact;
use cairn_types::{Account, AccountId, Error, ErrorKind, Result};

use crate::Ra;

/// RFC 5321 section 4.5.3.1.3: a path has at most 256 octets, brackets included.
const MAX_ADDRESS: usize = 254;

impl Ra {
    /// Replaces an account's contacts.
    pub(crate) async fn update_contact(&self, context: &Context, request: UpdateContact) -> Result<Account> {
        check(&request.contact, self.settings.max_contacts)?;
        self.sa
            .update_contact(context, request.account, request.contact)
            .await
    }

    /// Ends an account (RFC 8555 section 7.3.6).
    pub(crate) async fn deactivate_account(&self, context: &Context, account: AccountId) -> Result<Account> {
        self.sa.deactivate_account(context, account).await
    }
}

/// Accepts up to `most` `mailto:` URLs with one plain address each and no header fields.
pub(super) fn check(contacts: &[String], most: usize) -> Result<()> {
    if contacts.len() > most {
        return Err(invalid(format!(
            "an account may have {most} contacts at the most"
        )));
    }
    contacts.iter().try_for_each(|contact| check_one(contact))
}

fn check_one(contact: &str) -> Result<()> {
    let shown: String = contact.chars().take(100).collect();
    let Some((scheme, address)) = contact.split_once(':') else {
        return Err(invalid(format!("contact {shown:?} is not a URL")));
    };
    if !scheme.eq_ignore_ascii_case("mailto") {
        let detail = format!("contact {shown:?} has an unsupported scheme; use mailto:");
        return Err(Error::new(ErrorKind::UnsupportedContact, detail));
    }
    if address.contains('?') {
        return Err(invalid(format!(
            "contact {shown:?} has header fields, which are not accepted"
        )));
    }
    if address.contains(',') || address.contains("%2C") || address.contains("%2c") {
        return Err(invalid(format!("contact {shown:?} has more than one address")));
    }
    if address.len() > MAX_ADDRESS || !is_address(address) {
        return Err(invalid(format!("contact {shown:?} is not a mail address")));
    }
    Ok(())
}

/// One local part of dot-separated atoms (RFC 5322 section 3.2.3) and one domain name.
fn is_address(address: &str) -> bool {
    let Some((local, domain)) = address.rsplit_once('@') else {
        return false;
    };
    let atom = |byte: u8| byte.is_ascii_alphanumeric() || b"!#$%&'*+-/=?^_`{|}~".contains(&byte);
    let local_fits = (1..=64).contains(&local.len())
        && local
            .split('.')
            .all(|part| !part.is_empty() && part.bytes().all(atom));
    local_fits && cairn_types::DnsName::parse(domain).is_ok_and(|name| !name.is_wildcard())
}

fn invalid(detail: String) -> Error {
    Error::new(ErrorKind::InvalidContact, detail)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_plain_address_per_url() {
        for contact in [
            "mailto:a@b.example",
            "MAILTO:first.last+tag@Mail.Example.org",
            "mailto:o'neil@localhost",
        ] {
            assert_eq!(check(&[contact.to_owned()], 1), Ok(()), "{contact}");
        }
        for (contact, kind) in [
            ("a@b.example", ErrorKind::InvalidContact),
            ("tel:+15551234", ErrorKind::UnsupportedContact),
            ("https://b.example/", ErrorKind::UnsupportedContact),
            ("mailto:", ErrorKind::InvalidContact),
            ("mailto:@b.example", ErrorKind::InvalidContact),
            ("mailto:a@", ErrorKind::InvalidContact),
            ("mailto:a..b@b.example", ErrorKind::InvalidContact),
            ("mailto:a@b.example?subject=x", ErrorKind::InvalidContact),
            ("mailto:a@b.example,c@d.example", ErrorKind::InvalidContact),
            ("mailto:a@b.example%2Cc@d.example", ErrorKind::InvalidContact),
            ("mailto:a b@b.example", ErrorKind::InvalidContact),
            ("mailto:a@b.example\r\nBcc: x", ErrorKind::InvalidContact),
            ("mailto:ä@b.example", ErrorKind::InvalidContact),
            ("mailto:a@*.b.example", ErrorKind::InvalidContact),
        ] {
            assert_eq!(
                check(&[contact.to_owned()], 1).unwrap_err().kind(),
                kind,
                "{contact}"
            );
        }
        assert!(
            check(
                &["mailto:a@b.example".to_owned(), "mailto:c@b.example".to_owned()],
                1
            )
            .is_err()
        );
    }
}
