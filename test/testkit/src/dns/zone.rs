//! The records of a test.

use std::collections::HashMap;
use std::net::{IpAddr, Ipv4Addr};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// A record type that the server knows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Kind {
    /// IPv4 addresses.
    A,
    /// IPv6 addresses.
    Aaaa,
    /// Aliases.
    Cname,
    /// Texts.
    Txt,
    /// Certification authority authorization.
    Caa,
}

/// The data of one record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Data {
    /// A or AAAA.
    Address(IpAddr),
    /// CNAME; the answer holds the alias alone, as from a server of another zone.
    Alias(String),
    /// TXT, as its character strings.
    Txt(Vec<String>),
    /// CAA: flags, tag, value. Nothing is checked.
    Caa(u8, String, String),
}

impl Data {
    /// A CAA `issue` record.
    pub fn issue(value: &str) -> Self {
        Self::Caa(0, "issue".to_owned(), value.to_owned())
    }

    /// A CAA `issuewild` record.
    pub fn issuewild(value: &str) -> Self {
        Self::Caa(0, "issuewild".to_owned(), value.to_owned())
    }

    /// Its type.
    pub const fn kind(&self) -> Kind {
        match self {
            Self::Address(IpAddr::V4(_)) => Kind::A,
            Self::Address(IpAddr::V6(_)) => Kind::Aaaa,
            Self::Alias(_) => Kind::Cname,
            Self::Txt(_) => Kind::Txt,
            Self::Caa(..) => Kind::Caa,
        }
    }
}

/// What goes wrong with a query.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// SERVFAIL.
    ServFail,
    /// NXDOMAIN.
    NxDomain,
    /// REFUSED.
    Refused,
    /// The right answer, later.
    Delay(Duration),
    /// No answer.
    Silence,
}

#[derive(Debug, Default)]
struct Records {
    data: HashMap<String, Vec<Data>>,
    faults: HashMap<(String, Option<Kind>), Fault>,
    queries: HashMap<String, usize>,
}

/// Records and faults by name. Clones share them. Names are in lower case, without a trailing dot.
#[derive(Debug, Clone, Default)]
pub struct Zone(Arc<Mutex<Records>>);

impl Zone {
    /// Adds a record.
    pub fn add(&self, name: &str, data: Data) {
        self.lock().data.entry(name.to_owned()).or_default().push(data);
    }

    /// Makes queries for a name go wrong: those of one type, or all of them.
    pub fn fail(&self, name: &str, kind: Option<Kind>, fault: Fault) {
        self.lock().faults.insert((name.to_owned(), kind), fault);
    }

    /// Forgets everything about a name.
    pub fn remove(&self, name: &str) {
        let mut records = self.lock();
        records.data.remove(name);
        records.faults.retain(|(failing, _), _| failing != name);
        records.queries.remove(name);
    }

    /// How often a name that has records or faults was asked for.
    pub fn queries(&self, name: &str) -> usize {
        self.lock().queries.get(name).copied().unwrap_or(0)
    }

    /// What a query gets: perhaps a fault, and the records. A name without address records of its own has
    /// 127.0.0.1, unless it is an alias.
    pub(super) fn look_up(&self, name: &str, kind: Option<Kind>) -> (Option<Fault>, Vec<Data>) {
        let mut records = self.lock();
        let fault = [kind, None]
            .into_iter()
            .find_map(|kind| records.faults.get(&(name.to_owned(), kind)).copied());
        let known = records.data.get(name);
        if known.is_some() || fault.is_some() {
            let own: Vec<Data> = known.into_iter().flatten().cloned().collect();
            *records.queries.entry(name.to_owned()).or_default() += 1;
            return (fault, answer(&own, kind));
        }
        (None, answer(&[], kind))
    }

    fn lock(&self) -> MutexGuard<'_, Records> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn answer(own: &[Data], kind: Option<Kind>) -> Vec<Data> {
    let fitting = |data: &&Data| Some(data.kind()) == kind || data.kind() == Kind::Cname;
    let found: Vec<Data> = own.iter().filter(fitting).cloned().collect();
    let has_address = own.iter().any(|data| matches!(data, Data::Address(_)));
    if found.is_empty() && kind == Some(Kind::A) && !has_address {
        return vec![Data::Address(Ipv4Addr::LOCALHOST.into())];
    }
    found
}
