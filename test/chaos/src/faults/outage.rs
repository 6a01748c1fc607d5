//! The database server ends in the middle of whatever it does.

use std::time::Duration;

use anyhow::Result;

use crate::random::Random;
use crate::world::World;

/// An immediate shutdown of PostgreSQL; a while later it starts again, and recovers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Outage {
    pub(super) lasts: Duration,
}

impl Outage {
    pub(super) fn draw(random: &mut Random) -> Self {
        Self {
            lasts: random.millis(50, 1500),
        }
    }

    /// Whether the server was there.
    pub(super) async fn inflict(&self, world: &World) -> Result<bool> {
        match &world.server {
            Some(_) if !world.is_complete().await? => Ok(false),
            Some(server) => server.fails(self.lasts).await,
            None => Ok(false),
        }
    }
}
