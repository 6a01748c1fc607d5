//! Who agrees with whom in one attempt.

use std::collections::{BTreeMap, BTreeSet};

use cairn_types::Timestamp;

use crate::Rir;
use crate::policy::{Member, Role, Rules};

/// The perspectives that saw the same in one attempt.
#[derive(Default)]
pub(super) struct Agreement<'a> {
    primary: Option<&'a str>,
    remotes: BTreeMap<&'a str, Rir>,
    since: Option<Timestamp>,
}

impl<'a> Agreement<'a> {
    /// A perspective saw it, at that time. Each counts once.
    pub(super) fn add(&mut self, member: &'a Member, at: Timestamp) {
        match member.role {
            Role::Primary => self.primary = Some(&member.name),
            Role::Remote => {
                self.remotes.insert(&member.name, member.rir);
            }
        }
        self.since = Some(self.since.map_or(at, |since| since.min(at)));
    }

    /// Whether the primary saw it, and enough others in enough regions.
    pub(super) fn is_enough(&self, rules: &Rules) -> bool {
        let (primary, remotes, regions) = self.extent();
        primary && remotes >= rules.quorum && regions >= rules.min_regions
    }

    /// Whether the primary saw it, how many others, and in how many regions.
    pub(super) fn extent(&self) -> (bool, usize, usize) {
        let regions: BTreeSet<_> = self.remotes.values().collect();
        (self.primary.is_some(), self.remotes.len(), regions.len())
    }

    /// The name of the primary.
    pub(super) const fn primary(&self) -> Option<&'a str> {
        self.primary
    }

    /// The names of the others, sorted.
    pub(super) fn remotes(&self) -> impl Iterator<Item = &'a str> {
        self.remotes.keys().copied()
    }

    /// When the first saw it.
    pub(super) const fn since(&self) -> Option<Timestamp> {
        self.since
    }
}
