//! The network between two services fails.

use std::time::Duration;

use anyhow::Result;

use crate::random::Random;
use crate::world::{EDGES, Edge, World};

/// All connections from one service to another break; new ones can be made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Cut {
    pub(super) edge: Edge,
}

impl Cut {
    pub(super) fn draw(random: &mut Random) -> Self {
        Self {
            edge: random.one_of(&EDGES),
        }
    }

    pub(super) fn inflict(&self, world: &World) -> Result<()> {
        world.proxy(self.edge)?.cut();
        Ok(())
    }
}

/// Nothing arrives on the connections from one service to another for a while, then all of it does.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Stall {
    pub(super) edge: Edge,
    pub(super) lasts: Duration,
}

impl Stall {
    pub(super) fn draw(random: &mut Random) -> Self {
        Self {
            edge: random.one_of(&EDGES),
            lasts: random.millis(500, 3500),
        }
    }

    pub(super) async fn inflict(&self, world: &World) -> Result<()> {
        let proxy = world.proxy(self.edge)?;
        proxy.stall(true);
        tokio::time::sleep(self.lasts).await;
        proxy.stall(false);
        Ok(())
    }
}
