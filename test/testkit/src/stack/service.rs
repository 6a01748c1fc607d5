//! The services of a CA.

/// A service: one process.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Service {
    /// The storage authority.
    Sa,
    /// The certificate authority.
    Ca,
    /// The validation authority.
    Va,
    /// The publisher.
    Publisher,
    /// The registration authority.
    Ra,
    /// The web front end.
    Wfe,
}

impl Service {
    /// All of them, callees before callers.
    pub const ALL: [Self; 6] = [Self::Sa, Self::Ca, Self::Va, Self::Publisher, Self::Ra, Self::Wfe];

    /// Its name in files and certificates.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Sa => "sa",
            Self::Ca => "ca",
            Self::Va => "va",
            Self::Publisher => "publisher",
            Self::Ra => "ra",
            Self::Wfe => "wfe",
        }
    }

    pub(super) fn variable(self) -> String {
        self.name().to_uppercase()
    }
}
