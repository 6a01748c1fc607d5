//! How far the replica is, in time.

use std::collections::VecDeque;
use std::time::Duration;

use tokio::time::Instant;

/// Moments at which the primary's log was at a position, and whether the replica has come to it.
#[derive(Default)]
pub(super) struct Marks {
    /// The oldest first.
    pending: VecDeque<(Instant, i64)>,
    /// What was answered before is on the replica.
    reached: Option<Instant>,
    /// Something that must be seen was written then.
    written: Option<Instant>,
}

impl Marks {
    /// At this moment the primary's log was at `position`. Marks that are older than `max_lag` are of no use.
    pub(super) fn written(&mut self, at: Instant, position: i64, max_lag: Duration) {
        self.pending
            .retain(|(mark, _)| at.duration_since(*mark) < max_lag);
        self.pending.push_back((at, position));
    }

    /// The replica has come to `position`. True if it is of use again.
    pub(super) fn shown(&mut self, position: i64) -> bool {
        let was_unknown = self.reached.is_none();
        while let Some((mark, _)) = self.pending.front().filter(|(_, needed)| *needed <= position) {
            self.reached = Some(*mark);
            self.pending.pop_front();
        }
        was_unknown && self.reached.is_some()
    }

    /// The replica is not known to have anything any more. False if it was not before.
    pub(super) fn forget(&mut self) -> bool {
        self.pending.clear();
        self.reached.take().is_some()
    }

    /// Nothing older than this moment will do.
    pub(super) const fn must_catch_up(&mut self, now: Instant) {
        self.written = Some(now);
    }

    /// Everything that was answered before is on the replica.
    pub(super) const fn reached(&self) -> Option<Instant> {
        self.reached
    }

    /// Whether what the replica shows was true within `max_lag`, and includes what must be seen.
    pub(super) fn is_recent(&self, now: Instant, max_lag: Duration) -> bool {
        self.reached.is_some_and(|reached| {
            now.duration_since(reached) < max_lag && self.written.is_none_or(|written| written < reached)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LAG: Duration = Duration::from_secs(5);
    const SECOND: Duration = Duration::from_secs(1);

    #[test]
    fn a_replica_is_as_far_as_the_last_mark_that_it_reached() {
        let (mut marks, start) = (Marks::default(), Instant::now());
        assert!(!marks.is_recent(start, LAG), "nothing is known");
        marks.written(start, 10, LAG);
        marks.written(start + SECOND, 20, LAG);
        assert!(!marks.shown(9));
        assert!(!marks.is_recent(start + SECOND, LAG));
        assert!(marks.shown(15));
        assert_eq!(marks.reached(), Some(start));
        assert!(marks.is_recent(start + SECOND, LAG));
        assert!(!marks.is_recent(start + SECOND, SECOND));
        assert!(!marks.is_recent(start + 5 * SECOND, LAG));
        assert!(!marks.shown(20), "it was of use before");
        assert!(marks.is_recent(start + 5 * SECOND, LAG));
        assert!(marks.forget() && !marks.forget());
        assert!(!marks.is_recent(start + 5 * SECOND, LAG));
    }

    #[test]
    fn what_must_be_seen_is_waited_for() {
        let (mut marks, start) = (Marks::default(), Instant::now());
        marks.written(start, 10, LAG);
        marks.shown(10);
        marks.must_catch_up(start);
        assert!(!marks.is_recent(start, LAG));
        marks.written(start + SECOND, 20, LAG);
        assert!(!marks.is_recent(start + SECOND, LAG));
        marks.shown(20);
        assert!(marks.is_recent(start + SECOND, LAG));
    }

    #[test]
    fn old_marks_are_forgotten() {
        let (mut marks, start) = (Marks::default(), Instant::now());
        for second in 0..100 {
            marks.written(start + second * SECOND, i64::from(second), LAG);
        }
        assert_eq!(marks.pending.len(), 5);
    }
}
