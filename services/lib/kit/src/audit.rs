//! The audit log: one record for every change of state.
//!
//! A record is a log line of the target `audit` that no log level hides. Write it after the change is
//! stored, in the process that decided it.
//!
//! ```
//! use cairn_kit::audit::{Actor, Record};
//! Record::new("order.finalized", "order", "0198c2f4-…")
//!     .by(Actor::Account("0198c2f3-…".to_owned()))
//!     .request("b7a1")
//!     .moved("processing", "valid")
//!     .detail("serial", "00af…")
//!     .write();
//! ```

use std::fmt;

use serde_json::{Map, Value};

/// The log target of audit records.
pub const TARGET: &str = "audit";

/// Who caused a change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Actor {
    /// A client, by its account's id.
    Account(String),
    /// A client that proved control of a certificate's key, by the certificate's serial.
    CertificateKey(String),
    /// A person with an operator certificate, by its name.
    Operator(String),
    /// A service of its own accord, by its name: a janitor, a scheduler.
    Service(&'static str),
}

impl fmt::Display for Actor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Account(id) => write!(f, "account {id}"),
            Self::CertificateKey(serial) => write!(f, "key of certificate {serial}"),
            Self::Operator(name) => write!(f, "operator {name}"),
            Self::Service(name) => write!(f, "service {name}"),
        }
    }
}

/// One change of state. Nothing is recorded until [`Record::write`].
#[derive(Debug, Clone)]
#[must_use = "a record is only written by `write`"]
pub struct Record {
    event: &'static str,
    object: &'static str,
    id: String,
    actor: Option<Actor>,
    request_id: Option<String>,
    from: Option<&'static str>,
    to: Option<&'static str>,
    details: Map<String, Value>,
}

impl Record {
    /// A record of `event`, such as `order.finalized`, that happened to the `object` (a noun, such as
    /// `order`) with that id.
    pub fn new(event: &'static str, object: &'static str, id: impl fmt::Display) -> Self {
        Self {
            event,
            object,
            id: id.to_string(),
            actor: None,
            request_id: None,
            from: None,
            to: None,
            details: Map::new(),
        }
    }

    /// Who caused it.
    pub fn by(mut self, actor: Actor) -> Self {
        self.actor = Some(actor);
        self
    }

    /// The request that led to it, by the id that crosses services.
    pub fn request(mut self, id: impl fmt::Display) -> Self {
        self.request_id = Some(id.to_string());
        self
    }

    /// The states before and after.
    pub fn moved(mut self, from: &'static str, to: &'static str) -> Self {
        self.from = Some(from);
        self.to = Some(to);
        self
    }

    /// The state of a thing that is new.
    pub fn created(mut self, state: &'static str) -> Self {
        self.to = Some(state);
        self
    }

    /// Anything else that whoever reads the record will want to know. Never a secret.
    pub fn detail(mut self, key: &str, value: impl Into<Value>) -> Self {
        self.details.insert(key.to_owned(), value.into());
        self
    }

    /// Writes the record to the log.
    pub fn write(self) {
        let details = (!self.details.is_empty()).then(|| Value::Object(self.details).to_string());
        tracing::info!(
            target: TARGET,
            event = self.event,
            object = self.object,
            id = self.id,
            actor = self.actor.map(|actor| actor.to_string()),
            request_id = self.request_id,
            from = self.from,
            to = self.to,
            details,
        );
    }
}

#[cfg(test)]
mod tests {
    use std::io;
    use std::sync::{Arc, Mutex};

    use tracing_subscriber::layer::SubscriberExt;
    use tracing_subscriber::{Layer, fmt};

    use super::*;

    #[derive(Clone, Default)]
    struct Lines(Arc<Mutex<Vec<u8>>>);

    impl io::Write for Lines {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.lock().unwrap().extend(bytes);
            Ok(bytes.len())
        }
        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    /// What `write` logs as JSON at the least talkative level.
    fn logged(write: impl FnOnce()) -> Vec<Value> {
        let lines = Lines::default();
        let writer = lines.clone();
        let json = fmt::layer()
            .json()
            .flatten_event(true)
            .with_writer(move || writer.clone());
        let filter = crate::log::parse_level("error").unwrap();
        let subscriber = tracing_subscriber::registry().with(json.with_filter(filter));
        tracing::subscriber::with_default(subscriber, write);
        let bytes = lines.0.lock().unwrap().clone();
        String::from_utf8(bytes)
            .unwrap()
            .lines()
            .map(|line| serde_json::from_str(line).unwrap())
            .collect()
    }

    #[test]
    fn a_record_is_one_line_that_no_level_hides() {
        let lines = logged(|| {
            tracing::info!("hidden at this level");
            Record::new("order.finalized", "order", 7)
                .by(Actor::Account("a1".to_owned()))
                .request("r1")
                .moved("processing", "valid")
                .detail("serial", "00\naf")
                .write();
        });
        assert_eq!(lines.len(), 1);
        let expected = [
            ("target", "audit"),
            ("event", "order.finalized"),
            ("object", "order"),
            ("id", "7"),
            ("actor", "account a1"),
            ("request_id", "r1"),
            ("from", "processing"),
            ("to", "valid"),
            ("details", r#"{"serial":"00\naf"}"#),
        ];
        for (key, value) in expected {
            assert_eq!(lines[0][key], value, "{key}");
        }
    }

    #[test]
    fn what_is_not_known_is_not_written() {
        let lines = logged(|| {
            Record::new("account.created", "account", "a1")
                .created("valid")
                .write();
        });
        for key in ["from", "actor", "request_id", "details"] {
            assert!(lines[0].get(key).is_none(), "{key}");
        }
        assert_eq!(lines[0]["to"], "valid");
    }
}
