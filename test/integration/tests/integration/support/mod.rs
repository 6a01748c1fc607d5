//! What the tests share: one CA, the doubles that it validates against, clients.

mod check;
mod world;

use cairn_acme::Algorithm;
use cairn_testkit::client::{Account, Client};

pub(crate) use check::{assert_problem, assert_refused, hides_internals, leaf_names};
pub(crate) use world::{EAB_KEY, EAB_KEY_ID, doubles, own_stack, stack, table};

/// A client of the shared CA.
pub(crate) async fn client() -> anyhow::Result<Client> {
    stack()?.client().await
}

/// A new account at the shared CA, with a P-256 key.
pub(crate) async fn account() -> anyhow::Result<Account> {
    Ok(Account::create(client().await?, Algorithm::Es256).await?)
}
