//! The generic cell rate algorithm: a token bucket whose whole state is one moment.

use std::time::Duration;

use cairn_types::Timestamp;

use crate::Limit;

/// The state of a bucket: the moment at which it will be full again, in microseconds since 1970.
/// A bucket whose moment has passed, or that has none, is full.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct FullAt(pub i64);

/// What came of an attempt to spend.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Decision {
    /// There was enough.
    Allowed {
        /// The new state.
        state: FullAt,
        /// What is left.
        remaining: u32,
    },
    /// There was not enough; the state stays as it was.
    Refused {
        /// When there will be; never if the bucket cannot hold as much.
        retry_after: Option<Duration>,
    },
}

/// Takes `cost` out of a bucket.
pub fn spend(state: Option<FullAt>, now: Timestamp, limit: &Limit, cost: u32) -> Decision {
    let now = micros(now);
    let full_at = state.map_or(now, |FullAt(moment)| moment.max(now));
    let capacity = limit.capacity();
    let price = limit.interval().saturating_mul(i64::from(cost));
    let after = full_at.saturating_add(price);
    let missing = after.saturating_sub(now).saturating_sub(capacity);
    if missing <= 0 {
        let remaining = missing.unsigned_abs() / limit.interval().unsigned_abs();
        return Decision::Allowed {
            state: FullAt(after),
            remaining: u32::try_from(remaining).unwrap_or(u32::MAX),
        };
    }
    Decision::Refused {
        retry_after: (price <= capacity).then(|| Duration::from_micros(missing.unsigned_abs())),
    }
}

/// Whether a bucket in this state is full.
pub fn is_full(FullAt(moment): FullAt, now: Timestamp) -> bool {
    moment <= micros(now)
}

fn micros(at: Timestamp) -> i64 {
    at.as_millis().saturating_mul(1000)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const START: Timestamp = Timestamp::from_secs(1_800_000_000);

    fn allowed(decision: Decision) -> Option<FullAt> {
        match decision {
            Decision::Allowed { state, .. } => Some(state),
            Decision::Refused { .. } => None,
        }
    }

    #[test]
    fn a_bucket_empties_and_fills() {
        let limit = Limit::new(3, Duration::from_secs(30), 2).unwrap();
        let mut state = None;
        let mut spend_at = |seconds: u64, cost| {
            let decision = spend(state, START + Duration::from_secs(seconds), &limit, cost);
            state = allowed(decision).or(state);
            match decision {
                Decision::Allowed { remaining, .. } => Ok(remaining),
                Decision::Refused { retry_after } => Err(retry_after.map(|after| after.as_secs())),
            }
        };
        assert_eq!(spend_at(0, 1), Ok(1));
        assert_eq!(spend_at(0, 1), Ok(0));
        assert_eq!(spend_at(0, 1), Err(Some(10)));
        assert_eq!(spend_at(4, 1), Err(Some(6)));
        assert_eq!(spend_at(10, 1), Ok(0));
        assert_eq!(spend_at(10, 2), Err(Some(20)));
        assert_eq!(spend_at(15, 0), Ok(0));
        assert_eq!(spend_at(1000, 0), Ok(2));
        assert_eq!(spend_at(1000, 3), Err(None));
        assert_eq!(spend_at(1000, u32::MAX), Err(None));
        assert_eq!(spend_at(1000, 2), Ok(0));
    }

    prop_compose! {
        fn limit()(count in 1_u32..1000, millis in 1_u64..10_000_000, burst in 1_u32..1000) -> Limit {
            // At least a millisecond each: finer moments do not exist in Timestamps.
            Limit::new(count, Duration::from_millis(millis + u64::from(count)), burst).unwrap()
        }
    }

    proptest! {
        /// However requests fall, no more passes than the burst and what trickled in since the start.
        #[test]
        fn no_more_passes_than_the_limit_says(
            limit in limit(),
            steps in prop::collection::vec((0_u64..100_000, 0_u32..20), 1..100),
        ) {
            let (mut state, mut now, mut passed) = (None, START, 0_i64);
            for (wait, cost) in steps {
                now = now + Duration::from_millis(wait);
                if let Some(next) = allowed(spend(state, now, &limit, cost)) {
                    state = Some(next);
                    passed += i64::from(cost);
                }
                let elapsed = micros(now) - micros(START);
                prop_assert!(passed * limit.interval() <= limit.capacity() + elapsed);
            }
        }

        /// The time to wait is enough, and none of it is too much.
        #[test]
        fn the_time_to_wait_is_exact(limit in limit(), spent in 0_u32..1000, cost in 1_u32..1000) {
            let state = allowed(spend(None, START, &limit, spent));
            if let Decision::Refused { retry_after: Some(after) } = spend(state, START, &limit, cost) {
                let millis = u64::try_from(after.as_micros().div_ceil(1000)).unwrap();
                let then = START + Duration::from_millis(millis);
                prop_assert!(allowed(spend(state, then, &limit, cost)).is_some());
                let before = START + Duration::from_millis(millis - 1);
                prop_assert!(allowed(spend(state, before, &limit, cost)).is_none());
            }
        }

        /// Nothing overflows.
        #[test]
        fn any_state_is_survived(limit in limit(), state: i64, now: i64, cost: u32) {
            let now = Timestamp::from_millis(now);
            spend(Some(FullAt(state)), now, &limit, cost);
            is_full(FullAt(state), now);
        }
    }
}
