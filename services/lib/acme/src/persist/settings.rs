//! What front end and validation authority are configured with alike.

use cairn_types::DnsName;
use serde::Deserialize;

use super::{Draft, MAX_ISSUERS};

/// `[dns_persist_01]`: how challenges and records name the CA and its accounts. The same for the front end, which
/// tells clients, and for every validation authority, which reads the records.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Settings {
    /// The draft that is spoken.
    pub draft: Draft,
    /// The domain names by which records may name the CA; the CAA identities unless given.
    pub issuer_domain_names: Vec<String>,
    /// What the hashed names of accounts start with; draft -02 needs it.
    pub account_hash_prefix: Option<String>,
}

impl Settings {
    /// Refuses what would make records that nobody can write. `key` is where the settings stand.
    pub fn check(&self, key: &str) -> Result<(), String> {
        if self.issuer_domain_names.len() > MAX_ISSUERS {
            return Err(format!(
                "{key}.issuer_domain_names: {MAX_ISSUERS} at the most (draft-ietf-acme-dns-persist)"
            ));
        }
        for name in &self.issuer_domain_names {
            if !DnsName::parse(name).is_ok_and(|parsed| parsed.as_str() == name && !parsed.is_wildcard()) {
                return Err(format!(
                    "{key}.issuer_domain_names: {name:?} is not a domain name in lower case"
                ));
            }
        }
        match &self.account_hash_prefix {
            None if self.draft == Draft::V02 => {
                Err(format!("{key}.account_hash_prefix: draft \"02\" needs it"))
            }
            Some(prefix) if !is_prefix(prefix) => Err(format!(
                "{key}.account_hash_prefix: {prefix:?} is not of the form https://HOST/PATH/"
            )),
            _ => Ok(()),
        }
    }

    /// The names by which records may name a CA that CAA records know by `caa_identities`; ten at the most.
    pub fn issuers<'a>(&'a self, caa_identities: &'a [String]) -> &'a [String] {
        let named = &self.issuer_domain_names[..];
        let issuers = if named.is_empty() { caa_identities } else { named };
        &issuers[..issuers.len().min(MAX_ISSUERS)]
    }
}

/// What may stand in a parameter of a record, and begin a URL.
fn is_prefix(text: &str) -> bool {
    let visible = |byte: u8| (0x21..=0x7e).contains(&byte) && byte != b';';
    text.starts_with("https://") && text.ends_with('/') && text.bytes().all(visible)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_makes_no_sense_is_refused_by_key() {
        let settings = |draft, names: &[&str], prefix: Option<&str>| Settings {
            draft,
            issuer_domain_names: names.iter().map(|name| (*name).to_owned()).collect(),
            account_hash_prefix: prefix.map(str::to_owned),
        };
        let good = Some("https://ca.example/account-hash/");
        for settings in [
            Settings::default(),
            settings(Draft::V01, &["ca.example"], None),
            settings(Draft::V02, &[], good),
        ] {
            assert_eq!(settings.check("p"), Ok(()));
        }
        for (settings, said) in [
            (settings(Draft::V02, &[], None), "p.account_hash_prefix"),
            (
                settings(Draft::V02, &[], Some("https://ca.example/a;b/")),
                "p.account_hash_prefix",
            ),
            (
                settings(Draft::V02, &[], Some("ca.example/")),
                "p.account_hash_prefix",
            ),
            (
                settings(Draft::V01, &["CA.example"], None),
                "p.issuer_domain_names",
            ),
            (
                settings(Draft::V01, &["*.ca.example"], None),
                "p.issuer_domain_names",
            ),
            (
                settings(Draft::V01, &["ca.example"; 11], None),
                "p.issuer_domain_names",
            ),
        ] {
            assert!(settings.check("p").unwrap_err().starts_with(said), "{settings:?}");
        }
    }
}
