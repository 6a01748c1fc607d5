//! Accounts and their parsed keys, remembered for some seconds.

use std::sync::Arc;

use cairn_acme::PublicKey;
use cairn_rpc::Context;
use cairn_rpc::client::SaClient;
use cairn_types::{Account, AccountId, Error, ErrorKind};
use moka::sync::Cache;

use crate::config::AccountConfig;

/// An account with its key ready for use: parsing a key costs more than verifying with it.
#[derive(Debug)]
pub(crate) struct KnownAccount {
    pub(crate) account: Account,
    pub(crate) key: PublicKey,
}

impl KnownAccount {
    fn new(account: Account) -> Result<Self, Error> {
        let key = PublicKey::from_jwk(account.jwk.as_bytes())
            .map_err(|error| Error::internal(format!("the stored key of {:?}: {error}", account.id)))?;
        Ok(Self { account, key })
    }
}

/// The accounts that were asked for lately.
pub(crate) struct Accounts {
    sa: SaClient,
    known: Cache<AccountId, Arc<KnownAccount>>,
}

impl Accounts {
    pub(crate) fn new(sa: SaClient, config: &AccountConfig) -> Self {
        let known = Cache::builder()
            .max_capacity(config.cache_size)
            .time_to_live(config.cache_ttl)
            .build();
        Self { sa, known }
    }

    /// The account of that id, as it is or was some seconds ago.
    pub(crate) async fn get(&self, context: &Context, id: AccountId) -> Result<Arc<KnownAccount>, Error> {
        if let Some(known) = self.known.get(&id) {
            return Ok(known);
        }
        let account = self
            .sa
            .get_account(context, id)
            .await
            .map_err(|error| match error.kind() {
                ErrorKind::NotFound => {
                    Error::new(ErrorKind::AccountDoesNotExist, "the \"kid\" names no account")
                }
                _ => error,
            })?;
        let known = Arc::new(KnownAccount::new(account)?);
        // What a request of this front end wrote meanwhile is newer than what was read.
        Ok(self.known.entry(id).or_insert(known).into_value())
    }

    /// Remembers what a request of this front end made of an account.
    pub(crate) fn put(&self, account: Account) -> Result<Arc<KnownAccount>, Error> {
        let known = Arc::new(KnownAccount::new(account)?);
        self.known.insert(known.account.id, known.clone());
        Ok(known)
    }
}
