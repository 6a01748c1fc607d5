//! A service dies without a word.

use anyhow::Result;
use cairn_testkit::stack::Service;

use crate::random::Random;
use crate::world::World;

/// kill -9. The supervisor starts the service again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Kill {
    pub(super) service: Service,
    /// Also while it, or another one, is still starting. Were that the rule, a slow machine would never have all of them.
    pub(super) while_starting: bool,
}

impl Kill {
    pub(super) fn draw(random: &mut Random) -> Self {
        Self {
            service: random.one_of(&Service::ALL),
            while_starting: random.below(8) == 0,
        }
    }

    /// Whether there was anything to kill.
    pub(super) async fn inflict(&self, world: &World) -> Result<bool> {
        let wanted = self.while_starting || world.is_complete().await?;
        if wanted {
            world.stack.kill(self.service)?;
        }
        Ok(wanted)
    }
}
