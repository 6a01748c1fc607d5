//! What an operator asks the storage authority, and what it answers.

use cairn_types::Duration;

/// A page of rows to check.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Check {
    /// What kind of rows: the text of a [`Subject`].
    pub subject: String,
    /// Where the page before ended; none for the first.
    pub after: Option<Vec<u8>>,
    /// How many rows at the most; 0 leaves it to the storage authority.
    pub limit: u32,
    /// How long after its deadline a lease counts as abandoned.
    pub grace: Duration,
}

/// What was found in a page.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Checked {
    /// How many rows were checked.
    pub rows: u64,
    /// What they are, such as how many are in which state.
    pub counts: Vec<Count>,
    /// How often which rule was found broken.
    pub violations: Vec<Count>,
    /// The first violations of the page, some of each rule.
    pub examples: Vec<Violation>,
    /// Where the next page starts; none when there are no more rows.
    pub next: Option<Vec<u8>>,
}

/// How many there are of something.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Count {
    /// Of what.
    pub name: String,
    /// How many.
    pub count: u64,
}

/// A rule that something stored breaks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Violation {
    /// The name of the rule.
    pub rule: String,
    /// The id of what breaks it.
    pub id: String,
    /// What was found.
    pub finding: String,
}

/// A kind of rows that can be checked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Subject {
    /// Accounts and their changes of keys.
    Accounts,
    /// Authorizations and their receipts.
    Authorizations,
    /// Orders.
    Orders,
    /// Certificates, signed or about to be.
    Certificates,
    /// The entries of the audit trail.
    Trail,
}

impl Subject {
    /// All of them, in the order in which an audit goes through them.
    pub const ALL: [Self; 5] = [
        Self::Accounts,
        Self::Authorizations,
        Self::Orders,
        Self::Certificates,
        Self::Trail,
    ];

    /// Its name on the wire and in reports.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Accounts => "accounts",
            Self::Authorizations => "authorizations",
            Self::Orders => "orders",
            Self::Certificates => "certificates",
            Self::Trail => "trail",
        }
    }

    /// The subject of that name.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|subject| subject.as_str() == name)
    }
}
