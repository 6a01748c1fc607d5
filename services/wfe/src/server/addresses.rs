//! How many connections come from where.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, PoisonError};

use cairn_ratelimit::subscriber;

/// Counts the open connections of each subscriber line.
#[derive(Clone)]
pub(super) struct Addresses(Arc<Shared>);

struct Shared {
    most: usize,
    open: Mutex<HashMap<IpAddr, usize>>,
}

impl Addresses {
    /// Up to `most` connections each.
    pub(super) fn new(most: usize) -> Self {
        Self(Arc::new(Shared {
            most,
            open: Mutex::default(),
        }))
    }

    /// Counts a connection until what is returned is dropped. `None` if its address has as many as it may.
    pub(super) fn admit(&self, client: IpAddr) -> Option<Admitted> {
        let subscriber = subscriber(client);
        let admitted = self.with(|open| {
            let count = open.entry(subscriber).or_default();
            let fits = *count < self.0.most;
            *count += usize::from(fits);
            fits
        });
        admitted.then(|| Admitted {
            addresses: self.clone(),
            subscriber,
        })
    }

    fn with<T>(&self, use_it: impl FnOnce(&mut HashMap<IpAddr, usize>) -> T) -> T {
        use_it(&mut self.0.open.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// A connection that counts.
pub(super) struct Admitted {
    addresses: Addresses,
    subscriber: IpAddr,
}

impl Drop for Admitted {
    fn drop(&mut self) {
        self.addresses.with(|open| {
            if let Some(count) = open.get_mut(&self.subscriber) {
                *count -= 1;
                if *count == 0 {
                    open.remove(&self.subscriber);
                }
            }
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_line_has_its_own_count() {
        let addresses = Addresses::new(2);
        let admit = |address: &str| addresses.admit(address.parse().unwrap());
        let first = admit("2001:db8::1").unwrap();
        let second = admit("2001:db8::2").unwrap();
        assert!(admit("2001:db8::3").is_none(), "the same /64");
        let other = admit("2001:db8:0:1::1").unwrap();
        let fourth = admit("192.0.2.1").unwrap();
        drop(second);
        let again = admit("2001:db8::3").unwrap();
        drop((first, other, fourth, again));
        assert!(addresses.with(|open| open.is_empty()));
    }
}
