//! What a wrong answer looks like: the mistakes that are made again and again have names. Pure.

/// Why a TXT value may differ from the expected one; none if it says nothing.
pub(crate) fn wrong_text(found: &[u8], expected: &str, key_authorization: &str) -> Option<&'static str> {
    let found = String::from_utf8_lossy(found);
    let inner = found.trim_matches(|it: char| it.is_whitespace() || it == '"' || it == '\'');
    let hint = if found.is_empty() {
        "it is empty"
    } else if inner == expected && found.contains(['"', '\'']) {
        "the quotation marks are part of the value, and must not be"
    } else if inner == expected {
        "there is white space around the value"
    } else if inner.eq_ignore_ascii_case(expected) {
        "upper and lower case are not as they should be"
    } else if inner == key_authorization {
        "it is the key authorization itself, not its SHA-256 digest in base64url"
    } else if inner.len() >= 8 && expected.starts_with(inner) {
        "it is cut off"
    } else if is_digest(inner) {
        "it looks like the value of another challenge, of an earlier order or another account"
    } else {
        return None;
    };
    Some(hint)
}

/// 32 octets as base64url.
fn is_digest(text: &str) -> bool {
    text.len() == 43
        && text
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_')
}

/// Why a file may differ from the key authorization; none if it says nothing.
pub(crate) fn wrong_file(found: &[u8], expected: &str) -> Option<&'static str> {
    let found = String::from_utf8_lossy(found);
    let (token, thumbprint) = expected.split_once('.')?;
    let text = found.trim();
    let hint = if text.is_empty() {
        "it is empty"
    } else if found.starts_with('\u{feff}') {
        "it begins with a byte order mark"
    } else if text == token {
        "it is the token alone, without a dot and the thumbprint of the account key"
    } else if text.contains(expected) {
        "there is more than that"
    } else if text.starts_with(token) {
        "it has the token, but not the thumbprint of this account's key: the client that serves it has another account"
    } else if text.ends_with(thumbprint) {
        "it is the file of another token, of an earlier order"
    } else if is_page(text) {
        "it is a web page"
    } else {
        return None;
    };
    Some(hint)
}

fn is_page(text: &str) -> bool {
    let start: String = text.chars().take(15).collect::<String>().to_ascii_lowercase();
    start.starts_with("<!doctype html") || start.starts_with("<html")
}

/// What the status of an answer asks for; none if it says nothing.
pub(crate) const fn status(status: u16) -> Option<&'static str> {
    match status {
        401 | 407 => {
            Some("Let everybody read what is below /.well-known/acme-challenge/, without a password")
        }
        403 | 406 | 429 => {
            Some("Let no firewall or access rule stand before what is below /.well-known/acme-challenge/")
        }
        500..=599 => Some("The log of that server says why it failed"),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const DIGEST: &str = "E3qVsqPlzY1jkpbMhQ42Zrj1xsCz1v4ZO-f_sCyZyIA";
    const KEY: &str = "TOKEN.THUMBPRINT";

    #[test]
    fn wrong_values_of_text_records() {
        for (found, hint) in [
            ("", Some("empty")),
            (&format!("\"{DIGEST}\"")[..], Some("quotation marks")),
            (&format!("'{DIGEST}'"), Some("quotation marks")),
            (&format!(" {DIGEST}\n"), Some("white space")),
            (&DIGEST.to_lowercase(), Some("case")),
            (KEY, Some("not its SHA-256")),
            (&DIGEST[..20], Some("cut off")),
            (&"x".repeat(43), Some("another challenge")),
            ("v=spf1 -all", None),
            ("E", None),
        ] {
            let told = wrong_text(found.as_bytes(), DIGEST, KEY);
            assert_eq!(told.is_some(), hint.is_some(), "{found}");
            assert!(
                told.unwrap_or_default().contains(hint.unwrap_or_default()),
                "{told:?}"
            );
        }
        assert_eq!(wrong_text(&[0xff; 43], DIGEST, KEY), None);
    }

    #[test]
    fn wrong_files() {
        for (found, hint) in [
            (" \n", Some("empty")),
            ("\u{feff}TOKEN.THUMBPRINT", Some("byte order mark")),
            ("TOKEN", Some("the token alone")),
            ("TOKEN.THUMBPRINT x", Some("more than that")),
            ("\"TOKEN.THUMBPRINT\"", Some("more than that")),
            ("TOKEN.OTHER", Some("another account")),
            ("OTHER.THUMBPRINT", Some("another token")),
            ("<!DOCTYPE HTML><p>", Some("web page")),
            ("<html lang=en>", Some("web page")),
            ("spam", None),
        ] {
            let told = wrong_file(found.as_bytes(), KEY);
            assert_eq!(told.is_some(), hint.is_some(), "{found}");
            assert!(
                told.unwrap_or_default().contains(hint.unwrap_or_default()),
                "{told:?}"
            );
        }
    }
}
