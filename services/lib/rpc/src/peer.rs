//! Who is at the other end of a connection.

use std::collections::BTreeSet;
use std::fmt;
use std::sync::Arc;

/// An authenticated caller: the DNS names in its client certificate, such as `wfe.cairn`.
///
/// Handlers find it in the extensions of a request, see [`Peer::of`].
#[derive(Clone, PartialEq, Eq)]
pub struct Peer(Arc<[String]>);

impl Peer {
    /// The caller with these names.
    pub fn new(names: impl IntoIterator<Item = String>) -> Self {
        Self(names.into_iter().collect())
    }

    /// The caller of the call that a gRPC handler serves.
    pub fn of<T>(request: &tonic::Request<T>) -> Option<&Self> {
        request.extensions().get()
    }

    /// The first name, for logs; `-` if the certificate names nobody.
    pub fn name(&self) -> &str {
        self.0.first().map_or("-", String::as_str)
    }

    /// Whether one of its names is in the list.
    pub(crate) fn is_among(&self, allowed: &BTreeSet<String>) -> bool {
        self.0.iter().any(|name| allowed.contains(name))
    }
}

impl fmt::Debug for Peer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Peer").field(&self.0).finish()
    }
}
