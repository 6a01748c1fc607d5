//! The `env` file of a local CA.

use std::collections::BTreeMap;
use std::path::Path;

use anyhow::{Context, Result};

use super::{Service, files};

/// Its variables.
#[derive(Debug, Clone, Default)]
pub struct Env(BTreeMap<String, String>);

impl Env {
    /// Reads the file in `dir`; none if there is none, or if it is not that of the process `pid`.
    pub(super) fn read(dir: &Path, pid: u32) -> Option<Self> {
        let text = std::fs::read_to_string(files::env(dir)).ok()?;
        let env = Self::parse(&text);
        (env.get("CAIRN_LOCAL_PID") == Some(&pid.to_string())).then_some(env)
    }

    fn parse(text: &str) -> Self {
        let variable = |line: &str| {
            let (name, value) = line.split_once('=')?;
            Some((name.to_owned(), unquoted(value)))
        };
        Self(text.lines().filter_map(variable).collect())
    }

    /// A variable.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(String::as_str)
    }

    pub(super) fn port(&self, what: &str) -> Result<u16> {
        let name = format!("CAIRN_{what}_PORT");
        let value = self.get(&name).with_context(|| format!("no {name}"))?;
        Ok(value.parse()?)
    }

    pub(super) fn pid(&self, service: Service) -> Result<u32> {
        let name = format!("CAIRN_{}_PID", service.variable());
        let value = self.get(&name).with_context(|| format!("no {name}"))?;
        Ok(value.parse()?)
    }
}

/// A shell's word without its single quotes.
fn unquoted(value: &str) -> String {
    match value
        .strip_prefix('\'')
        .and_then(|value| value.strip_suffix('\''))
    {
        Some(inside) => inside.replace(r"'\''", "'"),
        None => value.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quoted_and_bare() {
        let env = Env::parse("A=1\nB='it'\\''s'\nCAIRN_RA_PID=7\nCAIRN_RA_GRPC_PORT=8\n");
        assert_eq!((env.get("A"), env.get("B")), (Some("1"), Some("it's")));
        assert_eq!(env.pid(Service::Ra).unwrap(), 7);
        assert_eq!(env.port("RA_GRPC").unwrap(), 8);
        assert!(env.port("SA_GRPC").is_err());
    }
}
