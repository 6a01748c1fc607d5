//! The value of an `issue` or `issuewild` property (RFC 8659 section 4.2).

/// A parsed value: who may issue, and under which conditions.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct IssueValue<'a> {
    /// The issuer's domain name; empty if nobody may issue.
    pub(super) issuer: &'a str,
    /// Tags and values of the parameters, in order, repetitions included.
    pub(super) parameters: Vec<(&'a str, &'a str)>,
}

impl<'a> IssueValue<'a> {
    /// Parses a value; none if it does not follow the grammar, which means that it allows nobody.
    pub(super) fn parse(value: &'a [u8]) -> Option<Self> {
        let text = std::str::from_utf8(value).ok().filter(|text| text.is_ascii())?;
        let (issuer, parameters) = match text.split_once(';') {
            None => (text, None),
            Some((issuer, parameters)) => (issuer, Some(trim(parameters)).filter(|rest| !rest.is_empty())),
        };
        let issuer = trim(issuer);
        if !issuer.is_empty() && !issuer.split('.').all(is_label) {
            return None;
        }
        let parameters = match parameters {
            None => Vec::new(),
            Some(list) => list.split(';').map(parameter).collect::<Option<_>>()?,
        };
        Some(Self { issuer, parameters })
    }

    /// The value of the only parameter with this tag: none if there is none, an error if there are several.
    pub(super) fn only(&self, tag: &str) -> Result<Option<&'a str>, ()> {
        let mut values = self
            .parameters
            .iter()
            .filter(|(name, _)| name.eq_ignore_ascii_case(tag))
            .map(|(_, value)| *value);
        match (values.next(), values.next()) {
            (first, None) => Ok(first),
            (_, Some(_)) => Err(()),
        }
    }
}

/// White space is space and tab.
fn trim(text: &str) -> &str {
    text.trim_matches([' ', '\t'])
}

fn parameter(text: &str) -> Option<(&str, &str)> {
    let (tag, value) = text.split_once('=')?;
    let (tag, value) = (trim(tag), trim(value));
    let visible = value.bytes().all(|byte| (0x21..=0x7e).contains(&byte));
    (is_label(tag) && visible).then_some((tag, value))
}

/// Letters, digits and hyphens, no hyphen at either end.
fn is_label(text: &str) -> bool {
    !text.is_empty()
        && text
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
        && !text.starts_with('-')
        && !text.ends_with('-')
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn values_that_follow_the_grammar() {
        for (value, issuer, parameters) in [
            ("ca.example", "ca.example", &[][..]),
            (" ca.example \t", "ca.example", &[]),
            ("CA.Example", "CA.Example", &[]),
            (";", "", &[]),
            ("", "", &[]),
            ("  ; ", "", &[]),
            ("ca.example;", "ca.example", &[]),
            (
                "ca.example; account=230123",
                "ca.example",
                &[("account", "230123")],
            ),
            ("ca.example ; a = 1 ;b=", "ca.example", &[("a", "1"), ("b", "")]),
            ("; policy=ev", "", &[("policy", "ev")]),
            (
                "ca.example; u=https://ca.example/a?b=c",
                "ca.example",
                &[("u", "https://ca.example/a?b=c")],
            ),
        ] {
            let parsed = IssueValue::parse(value.as_bytes()).unwrap();
            assert_eq!(
                (parsed.issuer, &parsed.parameters[..]),
                (issuer, parameters),
                "{value}"
            );
        }
    }

    #[test]
    fn values_that_do_not() {
        for value in [
            "ca..example",
            "ca.example.",
            "-ca.example",
            "ca_.example",
            "ca.example a=1",
            "ca.example; a",
            "ca.example; =1",
            "ca.example; a=1;",
            "ca.example; a=1; ;b=2",
            "ca.example; a=x y",
            "ca.example; a_b=1",
            "ca.example; a=é",
            "%%%%%",
            "ca.example\0",
            "ca.example\n",
        ] {
            assert_eq!(IssueValue::parse(value.as_bytes()), None, "{value}");
        }
        assert_eq!(IssueValue::parse(b"ca.example\xff"), None);
    }

    proptest! {
        #[test]
        fn anything_is_parsed_or_refused(value in prop::collection::vec(any::<u8>(), 0..60), text in "[ a.;=-]{0,20}") {
            let _ = IssueValue::parse(&value);
            if let Some(parsed) = IssueValue::parse(text.as_bytes()) {
                prop_assert!(!parsed.issuer.contains([';', ' ', '=']));
            }
        }
    }
}
