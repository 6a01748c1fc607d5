//! What goes wrong, each kind in a file of its own.

mod cut;
mod kill;
mod outage;
mod pause;

use std::fmt;

use anyhow::Result;

use crate::database::Backend;
use crate::random::Random;
use crate::world::World;

pub(crate) use cut::{Cut, Stall};
pub(crate) use kill::Kill;
pub(crate) use outage::Outage;
pub(crate) use pause::Pause;

/// The kinds of faults.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// kill -9 of a service.
    Kill,
    /// SIGSTOP of a service for longer than its leases last.
    Pause,
    /// All connections from one service to another break.
    Cut,
    /// All connections from one service to another fall silent for a while.
    Stall,
    /// The database server ends at once, and starts again.
    Outage,
}

impl Kind {
    /// All of them.
    pub(crate) const ALL: [Self; 5] = [Self::Kill, Self::Pause, Self::Cut, Self::Stall, Self::Outage];

    /// Those that can happen to a CA on that backend.
    pub(crate) const fn on(backend: Backend) -> &'static [Self] {
        match backend {
            Backend::Sqlite => &[Self::Kill, Self::Pause, Self::Cut, Self::Stall],
            Backend::Postgres => &Self::ALL,
        }
    }

    /// How often each comes, in proportion to the others.
    const fn share(self) -> u64 {
        match self {
            Self::Kill => 62,
            Self::Cut => 22,
            Self::Pause | Self::Stall => 6,
            Self::Outage => 4,
        }
    }

    /// Its name in reports.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Kill => "kill",
            Self::Pause => "pause",
            Self::Cut => "cut",
            Self::Stall => "stall",
            Self::Outage => "outage",
        }
    }
}

/// A fault.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Fault {
    Kill(Kill),
    Pause(Pause),
    Cut(Cut),
    Stall(Stall),
    Outage(Outage),
}

impl Fault {
    /// The next one, of one of these kinds.
    pub(crate) fn draw(random: &mut Random, kinds: &[Kind]) -> Self {
        let total = kinds.iter().map(|kind| kind.share()).sum();
        let mut drawn = random.below(total);
        let mut kinds = kinds.iter().copied();
        let kind = kinds.find(|kind| match drawn.checked_sub(kind.share()) {
            Some(left) => {
                drawn = left;
                false
            }
            None => true,
        });
        match kind.unwrap_or(Kind::Kill) {
            Kind::Kill => Self::Kill(Kill::draw(random)),
            Kind::Pause => Self::Pause(Pause::draw(random)),
            Kind::Cut => Self::Cut(Cut::draw(random)),
            Kind::Stall => Self::Stall(Stall::draw(random)),
            Kind::Outage => Self::Outage(Outage::draw(random)),
        }
    }

    /// Its kind.
    pub(crate) const fn kind(&self) -> Kind {
        match self {
            Self::Kill(_) => Kind::Kill,
            Self::Pause(_) => Kind::Pause,
            Self::Cut(_) => Kind::Cut,
            Self::Stall(_) => Kind::Stall,
            Self::Outage(_) => Kind::Outage,
        }
    }

    /// Makes it happen, and returns when it is over: whether it happened.
    pub(crate) async fn inflict(&self, world: &World) -> Result<bool> {
        match self {
            Self::Kill(kill) => kill.inflict(world).await,
            Self::Pause(pause) => pause.inflict(world).await.map(|()| true),
            Self::Cut(cut) => cut.inflict(world).map(|()| true),
            Self::Stall(stall) => stall.inflict(world).await.map(|()| true),
            Self::Outage(outage) => outage.inflict(world).await,
        }
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Kill(kill) => write!(f, "{} is killed", kill.service.name()),
            Self::Pause(pause) => write!(f, "{} is paused for {:?}", pause.service.name(), pause.lasts),
            Self::Cut(cut) => write!(f, "connections {} break", cut.edge),
            Self::Stall(stall) => write!(f, "connections {} are silent for {:?}", stall.edge, stall.lasts),
            Self::Outage(outage) => write!(f, "the database is down for {:?}", outage.lasts),
        }
    }
}
