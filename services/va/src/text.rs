//! Text from strangers, made fit for problem documents and logs.

/// The text, printable, with everything else escaped: at most `limit` characters of the result, and an ellipsis if
/// there was more.
pub(crate) fn clean(text: &str, limit: usize) -> String {
    let mut cleaned = String::new();
    let mut room = limit;
    for character in text.chars() {
        // Letters of every script stay readable; control, format and bidirectional characters do not act.
        let harmless = character == ' '
            || character == '…'
            || character.is_ascii_graphic()
            || character.is_alphanumeric();
        let width = if harmless {
            1
        } else {
            character.escape_default().len()
        };
        if width > room {
            cleaned.push('…');
            break;
        }
        room -= width;
        if harmless {
            cleaned.push(character);
        } else {
            cleaned.extend(character.escape_default());
        }
    }
    cleaned
}

/// As [`clean`], of octets that are probably UTF-8.
pub(crate) fn clean_bytes(bytes: &[u8], limit: usize) -> String {
    // No character has more than four octets: what follows cannot be shown anyway.
    let shown = &bytes[..bytes.len().min(limit.saturating_mul(4).saturating_add(4))];
    clean(&String::from_utf8_lossy(shown), limit)
}

/// A URL without user name and password.
pub(crate) fn without_credentials(url: &str) -> String {
    let Some((scheme, rest)) = url.split_once("//") else {
        return url.to_owned();
    };
    let end = rest.find(['/', '?', '#', '\\']).unwrap_or(rest.len());
    match rest[..end].rfind('@') {
        Some(at) => format!("{scheme}//…{}", &rest[at..]),
        None => url.to_owned(),
    }
}

/// Shortens a text to at most so many octets.
pub(crate) fn cut(text: &mut String, limit: usize) {
    let end = (0..=limit.min(text.len()))
        .rev()
        .find(|end| text.is_char_boundary(*end));
    text.truncate(end.unwrap_or(0));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_is_harmless_is_shown() {
        assert_eq!(clean("a b/\"c\"", 20), "a b/\"c\"");
        assert_eq!(clean("bücher\r\n\0\u{202e}x", 30), "bücher\\r\\n\\u{0}\\u{202e}x");
        assert_eq!(clean("abcdef", 3), "abc…");
        assert_eq!(clean("abc", 3), "abc");
        assert_eq!(clean("abc…", 9), "abc…");
        assert_eq!(clean("\u{202e}\u{202e}", 15), "\\u{202e}…");
        assert_eq!(clean_bytes(&[0xff; 100], 17), "\\u{fffd}\\u{fffd}…");
        assert_eq!(clean_bytes(b"", 2), "");
    }

    #[test]
    fn passwords_in_urls_are_not_shown() {
        for (url, shown) in [
            ("http://user:secret@a.example/x@y", "http://…@a.example/x@y"),
            ("//user:s@cret@a.example", "//…@a.example"),
            ("http://a.example/x@y", "http://a.example/x@y"),
            ("/a@b", "/a@b"),
        ] {
            assert_eq!(without_credentials(url), shown);
        }
    }

    #[test]
    fn no_character_is_cut_in_two() {
        for (limit, kept) in [(0, ""), (1, "a"), (2, "a"), (3, "aé"), (9, "aé")] {
            let mut text = "aé".to_owned();
            cut(&mut text, limit);
            assert_eq!(text, kept);
        }
    }
}
