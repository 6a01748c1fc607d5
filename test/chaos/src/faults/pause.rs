//! A service stands still, and goes on later as if nothing had been.

use std::time::Duration;

use anyhow::Result;
use cairn_testkit::stack::Service;

use crate::random::Random;
use crate::world::{LEASE, World};

/// SIGSTOP, for longer than a lease lasts, and SIGCONT.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Pause {
    pub(super) service: Service,
    pub(super) lasts: Duration,
}

impl Pause {
    pub(super) fn draw(random: &mut Random) -> Self {
        Self {
            service: random.one_of(&Service::ALL),
            lasts: LEASE + random.millis(300, 1500),
        }
    }

    pub(super) async fn inflict(&self, world: &World) -> Result<()> {
        world.pause(self.service)?;
        tokio::time::sleep(self.lasts).await;
        world.resume(self.service)
    }
}
