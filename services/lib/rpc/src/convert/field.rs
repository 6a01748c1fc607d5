//! How single fields travel.

use cairn_types::{
    AccountStatus, AuthorizationStatus, ChallengeStatus, ChallengeType, Duration, ErrorKind, Id, IdKind,
    OrderStatus, ProfileName, Result, RevocationReason, Serial, SpkiHash, Thumbprint, Timestamp, Token,
};

use super::{Wire, unfit};

macro_rules! as_is {
    ($($type:ty),*) => {
        $(impl Wire<$type> for $type {
            fn into_wire(self) -> $type { self }
            fn from_wire(wire: $type) -> Result<Self> { Ok(wire) }
        })*
    };
}
as_is!(bool, u8, u32, u64, i64, String);

macro_rules! as_text {
    ($($type:ty),*) => {
        $(impl Wire<String> for $type {
            fn into_wire(self) -> String { self.as_str().to_owned() }
            fn from_wire(wire: String) -> Result<Self> {
                wire.parse().map_err(|_| unfit(concat!("a ", stringify!($type))))
            }
        })*
    };
}
as_text!(
    AccountStatus,
    AuthorizationStatus,
    ChallengeStatus,
    ChallengeType,
    OrderStatus,
    ProfileName,
    Token
);

macro_rules! as_octets {
    ($($type:ty => $octets:expr),*) => {
        $(impl Wire<Vec<u8>> for $type {
            fn into_wire(self) -> Vec<u8> {
                let octets: fn(&Self) -> &[u8] = $octets;
                octets(&self).to_vec()
            }
            fn from_wire(wire: Vec<u8>) -> Result<Self> {
                Self::from_slice(&wire).map_err(|_| unfit(concat!("a ", stringify!($type))))
            }
        })*
    };
}
as_octets!(Serial => |serial| serial.as_bytes(), SpkiHash => |hash| &hash.0, Thumbprint => |thumbprint| &thumbprint.0);

impl<K: IdKind> Wire<Vec<u8>> for Id<K> {
    fn into_wire(self) -> Vec<u8> {
        self.as_bytes().to_vec()
    }

    fn from_wire(wire: Vec<u8>) -> Result<Self> {
        Self::from_slice(&wire).map_err(|_| unfit(K::NAME))
    }
}

/// The id of an attempt.
impl Wire<Vec<u8>> for [u8; 16] {
    fn into_wire(self) -> Vec<u8> {
        self.to_vec()
    }

    fn from_wire(wire: Vec<u8>) -> Result<Self> {
        wire.try_into().map_err(|_| unfit("16 octets"))
    }
}

impl Wire<i64> for Timestamp {
    fn into_wire(self) -> i64 {
        self.as_millis()
    }

    fn from_wire(wire: i64) -> Result<Self> {
        Ok(Self::from_millis(wire))
    }
}

impl Wire<u64> for Duration {
    fn into_wire(self) -> u64 {
        u64::try_from(self.as_millis()).unwrap_or(u64::MAX)
    }

    fn from_wire(wire: u64) -> Result<Self> {
        Ok(Self::from_millis(wire))
    }
}

impl Wire<u32> for RevocationReason {
    fn into_wire(self) -> u32 {
        u32::from(self.code())
    }

    fn from_wire(wire: u32) -> Result<Self> {
        Self::from_code(i64::from(wire)).ok_or_else(|| unfit("a revocation reason"))
    }
}

impl Wire<String> for ErrorKind {
    fn into_wire(self) -> String {
        self.as_str().to_owned()
    }

    /// A kind that a newer service knows and this one does not is an internal error here.
    fn from_wire(wire: String) -> Result<Self> {
        Ok(Self::from_name(&wire).unwrap_or(Self::ServerInternal))
    }
}

impl<T: Wire<P>, P> Wire<Vec<P>> for Vec<T> {
    fn into_wire(self) -> Vec<P> {
        self.into_iter().map(T::into_wire).collect()
    }

    fn from_wire(wire: Vec<P>) -> Result<Self> {
        wire.into_iter().map(T::from_wire).collect()
    }
}

impl<T: Wire<P>, P> Wire<Option<P>> for Option<T> {
    fn into_wire(self) -> Option<P> {
        self.map(T::into_wire)
    }

    fn from_wire(wire: Option<P>) -> Result<Self> {
        wire.map(T::from_wire).transpose()
    }
}
