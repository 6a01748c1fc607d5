//! What the triggers that write audit entries ask of the program: the origin of a change, and hashes.

use std::cell::RefCell;

use diesel::QueryResult;
use diesel::sql_types::{BigInt, Binary, Nullable, Text};

use super::Conn;
use crate::trail::Origin;
use crate::trail::chain::{Entry, START};

#[cfg(test)]
mod tests;

thread_local! {
    /// Where the changes come from that this thread is making.
    static ORIGIN: RefCell<Option<Origin>> = const { RefCell::new(None) };
}

/// Ends the origin of changes, also when they fail by a panic.
struct Ended;

impl Drop for Ended {
    fn drop(&mut self) {
        ORIGIN.set(None);
    }
}

/// Makes changes, on this thread, whose entries name an origin.
pub(super) fn under<T>(origin: &Origin, changes: impl FnOnce() -> T) -> T {
    let _ended = Ended;
    ORIGIN.set(Some(origin.clone()));
    changes()
}

#[diesel::declare_sql_function]
extern "SQL" {
    /// The request id of the origin.
    fn audit_request() -> Nullable<Binary>;
    /// The actor of the origin.
    fn audit_actor() -> Nullable<Text>;
    /// SHA-256 in lower-case hexadecimal.
    fn audit_fingerprint(octets: Nullable<Binary>) -> Nullable<Text>;
    /// The hash of an entry.
    #[expect(clippy::too_many_arguments, reason = "the fields of an entry")]
    fn audit_hash(
        previous: Nullable<Binary>,
        subject: Binary,
        position: BigInt,
        at: BigInt,
        event: Text,
        state: Text,
        actor: Nullable<Text>,
        request: Nullable<Binary>,
        detail: Nullable<Text>,
    ) -> Binary;
}

/// Adds the functions to a connection. One without them cannot change what the trail is about.
pub(super) fn register(conn: &mut Conn) -> QueryResult<()> {
    audit_request_utils::register_nondeterministic_impl(conn, || {
        ORIGIN.with_borrow(|origin| origin.as_ref().map(|origin| origin.request.to_bytes().to_vec()))
    })?;
    audit_actor_utils::register_nondeterministic_impl(conn, || {
        ORIGIN.with_borrow(|origin| origin.as_ref().and_then(|origin| origin.actor.clone()))
    })?;
    audit_fingerprint_utils::register_impl(conn, |octets: Option<Vec<u8>>| {
        octets.map(|octets| hexadecimal(&openssl::sha::sha256(&octets)))
    })?;
    audit_hash_utils::register_impl(
        conn,
        |previous: Option<Vec<u8>>, subject, position, at, event, state, actor, request, detail| {
            let entry = Entry {
                subject,
                position,
                at,
                event,
                state,
                actor,
                request,
                detail,
                hash: Vec::new(),
            };
            entry.hash_after(previous.as_deref().unwrap_or(&START)).to_vec()
        },
    )
}

fn hexadecimal(octets: &[u8]) -> String {
    use std::fmt::Write as _;
    octets.iter().fold(String::new(), |mut text, octet| {
        let _ = write!(text, "{octet:02x}");
        text
    })
}
