//! Between the messages of `proto/` and the types that the rest of Cairn uses.
//!
//! A message is converted field by field, by name (`message!`); what a field may be is decided by the
//! type it becomes. Whatever does not convert is a fault of the peer service, never of a client.

mod core;
mod field;
mod handle;
mod ra;
mod sa;
mod va;

use cairn_types::{Error, Result};

pub use handle::handle;

/// A type with a form `P` on the wire.
pub trait Wire<P>: Sized {
    /// Encodes.
    fn into_wire(self) -> P;
    /// Decodes; an error says what does not fit.
    fn from_wire(wire: P) -> Result<Self>;
}

/// The error for a message that a peer should not have sent.
fn unfit(what: &str) -> Error {
    Error::internal(format!("a peer service sent a message that does not fit: {what}"))
}

/// Implements [`Wire`] for a struct whose message has fields of the same names, both as the message itself
/// and as a required message field, which protobuf can only express as an optional one.
macro_rules! message {
    ($($type:ty = $message:ty { $($field:ident),* $(,)? })*) => {
        $(
            impl $crate::convert::Wire<$message> for $type {
                fn into_wire(self) -> $message {
                    type Message = $message;
                    Message { $($field: $crate::convert::Wire::into_wire(self.$field)),* }
                }

                fn from_wire(wire: $message) -> cairn_types::Result<Self> {
                    Ok(Self { $($field: $crate::convert::Wire::from_wire(wire.$field)?),* })
                }
            }

            impl $crate::convert::Wire<Option<$message>> for $type {
                fn into_wire(self) -> Option<$message> {
                    Some($crate::convert::Wire::into_wire(self))
                }

                fn from_wire(wire: Option<$message>) -> cairn_types::Result<Self> {
                    let wire = wire.ok_or_else(|| {
                        $crate::convert::unfit(concat!(stringify!($message), " is missing"))
                    })?;
                    $crate::convert::Wire::from_wire(wire)
                }
            }
        )*
    };
}
use message;
