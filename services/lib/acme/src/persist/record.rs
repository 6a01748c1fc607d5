//! The text of a record: `ISSUER; accounturi=URI; policy=wildcard; persistUntil=UNIX`, in the grammar of CAA issue
//! values (RFC 8659 section 4.2).

use std::fmt;

use cairn_types::Timestamp;

const ACCOUNT: &str = "accounturi";
const POLICY: &str = "policy";
const UNTIL: &str = "persistUntil";

/// A record that follows the grammar.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Record {
    /// The CA, as written.
    pub issuer: String,
    /// The account.
    pub account_uri: String,
    /// Whether it is good for all names below its own too: `policy=wildcard`.
    pub wildcard: bool,
    /// After this it proves nothing: `persistUntil`.
    pub until: Option<Timestamp>,
}

/// Why a text is not a record of this challenge.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RecordError {
    /// It is not even text.
    #[error("it is not printable ASCII")]
    NotAscii,
    /// What comes before the first semicolon.
    #[error("it does not begin with the domain name of a CA")]
    Issuer,
    /// A parameter without `=`, or with a tag or value that the grammar does not have. Counted from 1.
    #[error("its parameter {0} is not of the form tag=value")]
    Parameter(usize),
    /// A tag that is there twice.
    #[error("its parameter {0} is there more than once")]
    Duplicate(&'static str),
    /// A record must name an account.
    #[error("it has no parameter accounturi")]
    NoAccount,
    /// Not a time.
    #[error("its parameter persistUntil is not a number of seconds since 1970 in decimal digits")]
    Until,
}

impl Record {
    /// Parses the text of a TXT record, its strings joined. Tags are compared without regard to case, unknown ones
    /// are passed over, and a policy that is not `wildcard` says nothing.
    pub fn parse(text: &[u8]) -> Result<Self, RecordError> {
        let text = std::str::from_utf8(text).map_err(|_| RecordError::NotAscii)?;
        if !text
            .bytes()
            .all(|byte| byte == b'\t' || (0x20..=0x7e).contains(&byte))
        {
            return Err(RecordError::NotAscii);
        }
        let (issuer, parameters) = text.split_once(';').unwrap_or((text, ""));
        let issuer = trim(issuer);
        if !issuer.split('.').all(is_label) {
            return Err(RecordError::Issuer);
        }
        let (mut account, mut policy, mut until) = (None, None, None);
        let parameters = Some(parameters).filter(|list| !trim(list).is_empty());
        for (index, parameter) in parameters.iter().flat_map(|list| list.split(';')).enumerate() {
            let (tag, value) = tag_and_value(parameter).ok_or(RecordError::Parameter(index + 1))?;
            let known = [
                (ACCOUNT, &mut account),
                (POLICY, &mut policy),
                (UNTIL, &mut until),
            ];
            let known = known
                .into_iter()
                .find(|(known, _)| tag.eq_ignore_ascii_case(known));
            if let Some((known, slot)) = known
                && slot.replace(value).is_some()
            {
                return Err(RecordError::Duplicate(known));
            }
        }
        Ok(Self {
            issuer: issuer.to_owned(),
            account_uri: account
                .filter(|uri| !uri.is_empty())
                .ok_or(RecordError::NoAccount)?
                .to_owned(),
            wildcard: policy.is_some_and(|policy| policy.eq_ignore_ascii_case("wildcard")),
            until: until.map(timestamp).transpose()?,
        })
    }
}

impl fmt::Display for Record {
    /// The text of the record.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}; {ACCOUNT}={}", self.issuer, self.account_uri)?;
        if self.wildcard {
            write!(f, "; {POLICY}=wildcard")?;
        }
        match self.until {
            Some(until) => write!(f, "; {UNTIL}={}", until.as_secs()),
            None => Ok(()),
        }
    }
}

fn timestamp(text: &str) -> Result<Timestamp, RecordError> {
    // Twelve digits reach to the year 33658, and no sum with them overflows.
    let is_number = (1..=12).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit());
    let seconds = text.parse().ok().filter(|_| is_number);
    seconds.map(Timestamp::from_secs).ok_or(RecordError::Until)
}

fn tag_and_value(text: &str) -> Option<(&str, &str)> {
    let (tag, value) = text.split_once('=')?;
    let (tag, value) = (trim(tag), trim(value));
    (is_label(tag) && !value.contains([' ', '\t'])).then_some((tag, value))
}

/// White space is space and tab.
fn trim(text: &str) -> &str {
    text.trim_matches([' ', '\t'])
}

/// Letters, digits and hyphens, no hyphen at either end.
fn is_label(text: &str) -> bool {
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-';
    !text.is_empty() && text.bytes().all(allowed) && !text.starts_with('-') && !text.ends_with('-')
}

#[cfg(test)]
mod tests;
