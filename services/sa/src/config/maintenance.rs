//! `[maintenance]`: what `cairn-sa maintain` makes ahead, and how long rows are kept.

use std::time::Duration;

use serde::Deserialize;

/// `[maintenance]`.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Maintenance {
    /// For how many months after the present one there are partitions; 2 unless given. PostgreSQL only.
    pub ahead: u32,
    /// How long rows are kept.
    pub retention: Retention,
}

/// `[maintenance.retention]`: how long rows are kept at least. They leave by whole months, the last day of which counts.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Retention {
    /// Orders, since they were made; never before their certificates. 400 days unless given.
    #[serde(with = "humantime_serde")]
    pub orders: Duration,
    /// Authorizations and their receipts, since they were made; never before the orders that rest on them. 430 days
    /// unless given.
    #[serde(with = "humantime_serde")]
    pub authorizations: Duration,
    /// Certificates, since they expired; 90 days unless given.
    #[serde(with = "humantime_serde")]
    pub certificates: Duration,
    /// The audit trail of orders and authorizations, since they were made; never before they have left themselves. That
    /// of accounts stays. 7 years unless given.
    #[serde(with = "humantime_serde")]
    pub audit: Duration,
}

const DAY: Duration = Duration::from_secs(86_400);

impl Default for Maintenance {
    fn default() -> Self {
        Self {
            ahead: 2,
            retention: Retention::default(),
        }
    }
}

impl Default for Retention {
    fn default() -> Self {
        Self {
            orders: 400 * DAY,
            authorizations: 430 * DAY,
            certificates: 90 * DAY,
            audit: 7 * 365 * DAY,
        }
    }
}

impl Maintenance {
    pub(super) fn check(&self) -> Result<(), String> {
        if (1..=24).contains(&self.ahead) {
            Ok(())
        } else {
            Err("maintenance.ahead: 1 to 24".to_owned())
        }
    }
}
