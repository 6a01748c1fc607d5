//! The certificate profiles of a local CA.

use cairn_types::ChallengeType;

/// What certificates look like, above all for how long they are valid.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum Profile {
    /// Valid for 90 days
    Classic,
    /// Valid for 160 hours
    Shortlived,
}

impl Profile {
    /// All of them: an order may name any.
    pub(crate) const ALL: [Self; 2] = [Self::Classic, Self::Shortlived];

    /// How old a validation may be.
    pub(crate) const MAX_VALIDATION_AGE: &'static str = "30d";

    /// By which challenges control may be proved: all, for those who try clients with them.
    pub(crate) const METHODS: &'static [ChallengeType] = ChallengeType::ALL;

    /// Its name in orders.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Classic => "classic",
            Self::Shortlived => "shortlived",
        }
    }

    /// For people who choose one.
    pub(crate) const fn description(self) -> &'static str {
        match self {
            Self::Classic => "Server certificates, valid for 90 days",
            Self::Shortlived => "Server certificates, valid for 160 hours",
        }
    }

    /// How long its certificates are valid.
    pub(crate) const fn validity(self) -> &'static str {
        match self {
            Self::Classic => "90d",
            Self::Shortlived => "160h",
        }
    }
}
