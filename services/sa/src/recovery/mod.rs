//! What a restored database does not know, found in the logs of the services.
//!
//! A backup ends at some moment; what the CA signed after it is in the world all the same, and so is what was revoked
//! and deactivated. The audit log has both. [`log`] reads it, [`sweep`] compares it with the database and, if asked to,
//! stores what is missing, [`command`] is `cairn-sa recover`.

mod command;
mod log;
mod sweep;

use cairn_kit::audit::Actor;
use cairn_rpc::Context;
use cairn_rpc::api::sa::Unsigned;
use cairn_types::{Account, Error, ErrorKind, Result, Serial, Timestamp};

use crate::Store;
use crate::db::{look_up, transact};
use crate::trail::Origin;

pub use command::recover_command;

/// A certificate that the CA signed, as its log tells.
#[derive(Debug, Clone)]
pub(crate) struct Signed {
    /// All that is stored before a signature.
    pub(crate) unsigned: Unsigned,
    /// The certificate.
    pub(crate) der: Vec<u8>,
    /// Its account, as far as the CA knows it.
    pub(crate) account: Account,
    /// When the log says so.
    pub(crate) at: Timestamp,
}

/// What a database knows of a certificate.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Known {
    /// It is stored.
    Stored,
    /// It was about to be signed.
    Prepared,
    /// Nothing.
    Not,
}

impl Store {
    async fn known(&self, serial: Serial) -> Result<Known> {
        look_up!(self.db(), recovery::known(serial))
    }

    /// Stores a certificate that was about to be signed, as the CA would have.
    async fn finish(&self, context: &Context, serial: Serial, der: Vec<u8>) -> Result<()> {
        match self.store_certificate(context, serial, der).await {
            // The order had ended before; the certificate is kept.
            Err(error) if error.kind() == ErrorKind::OrderNotReady => Ok(()),
            answer => answer.map(drop),
        }
    }

    /// Stores a certificate of which nothing is known, and its account if need be.
    async fn restore(&self, context: &Context, signed: Signed) -> Result<()> {
        transact!(
            self.db(),
            Origin::by(context, &by_operator()),
            recovery::restore(signed)
        )
    }

    async fn is_revoked(&self, serial: Serial) -> Result<Option<bool>> {
        found(self.get_certificate(serial).await).map(|it| it.map(|it| it.revocation.is_some()))
    }
}

/// Who does all this, as the audit trail tells.
pub(crate) fn by_operator() -> Actor {
    Actor::Operator("cairn-sa recover".to_owned())
}

/// None if there is no such thing.
fn found<T>(answer: Result<T>) -> Result<Option<T>> {
    match answer {
        Err(Error { problem, .. }) if problem.kind == ErrorKind::NotFound => Ok(None),
        answer => answer.map(Some),
    }
}
