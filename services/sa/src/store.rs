//! What is stored, and the time and randomness that its rules need.

use std::sync::Arc;

use cairn_kit::Metrics;
use cairn_types::{Clock, Error, LeaseId, Rng, Timestamp};

use crate::Config;
use crate::db::{Database, OpenError};

/// The most pieces of work that one call may claim.
const MOST_CLAIMED: u32 = 100;

/// The open database behind the operations of the four aggregates. Clones share it.
#[derive(Clone)]
pub(crate) struct Store {
    db: Arc<Database>,
    clock: Arc<dyn Clock>,
    rng: Arc<dyn Rng>,
}

impl Store {
    /// Opens the database. Fails if it cannot be opened or its tables are older than this program.
    pub(crate) async fn open(
        config: &Config,
        clock: Arc<dyn Clock>,
        rng: Arc<dyn Rng>,
        metrics: &Metrics,
    ) -> Result<Self, OpenError> {
        Ok(Self {
            db: Arc::new(Database::open(config, clock.now(), metrics).await?),
            clock,
            rng,
        })
    }

    /// Whether the database answers.
    pub(crate) async fn check(&self) -> Result<(), Error> {
        self.db.check().await
    }

    pub(crate) fn db(&self) -> &Database {
        &self.db
    }

    pub(crate) fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// Ids for as many leases as one call may take, `limit` or fewer.
    pub(crate) fn lease_ids(&self, limit: u32) -> Vec<LeaseId> {
        (0..limit.min(MOST_CLAIMED))
            .map(|_| LeaseId::new(&*self.clock, &*self.rng))
            .collect()
    }
}
