//! The transactions on accounts.

use cairn_rpc::api::sa::{ChangeKey, CreateAccount, CreatedAccount};
use cairn_types::{Account, AccountId, AccountStatus, Error, Thumbprint, Timestamp};
use diesel::{ExpressionMethods, OptionalExtension, QueryDsl, SelectableHelper};

use super::dialect::shared;
use super::{Conn, RunQueryDsl, authorizations, dependents};
use crate::accounts::Deactivated;
use crate::accounts::rows::{AccountRow, NewAccountRow};
use crate::db::column;
use crate::db::errors::{Result, refusal, refuse};
use crate::db::prepared::prepared;
use crate::db::schema::{accounts, key_changes};

const VALID: &str = AccountStatus::Valid.as_str();

/// The account, and whether this call stored it.
pub(crate) async fn create_account(
    conn: &mut Conn,
    request: &CreateAccount,
) -> Result<(CreatedAccount, bool)> {
    let account = &request.account;
    let inserted = diesel::insert_into(accounts::table)
        .values(NewAccountRow::encode(request)?)
        .on_conflict_do_nothing()
        .execute(conn)
        .await?;
    if inserted == 1 {
        let created = CreatedAccount {
            account: account.clone(),
            created: true,
        };
        return Ok((created, true));
    }
    match find_account_by_key(conn, &account.thumbprint).await? {
        // The same id: a repeated call, whose first answer was lost.
        Some(stored) => {
            let created = CreatedAccount {
                created: stored.id == account.id,
                account: stored,
            };
            Ok((created, false))
        }
        None => refuse(Error::conflict(
            "the external account key is bound to another account",
        )),
    }
}

pub(crate) async fn get_account(conn: &mut Conn, id: &AccountId) -> Result<Account> {
    accounts::table
        .find(id.as_bytes().as_slice())
        .select(AccountRow::as_select())
        .first(conn)
        .await
        .optional()?
        .ok_or_else(|| refusal(Error::not_found("account")))?
        .decode()
}

/// An account that may act.
pub(super) async fn require_valid(conn: &mut Conn, id: &AccountId) -> Result<Account> {
    let account = get_account(conn, id).await?;
    match account.status {
        AccountStatus::Valid => Ok(account),
        AccountStatus::Deactivated | AccountStatus::Revoked => refuse(not_valid(&account)),
    }
}

/// As [`require_valid`], and it stays so until the end of the transaction.
pub(super) async fn require_still_valid(conn: &mut Conn, id: &AccountId) -> Result<()> {
    let valid: Option<Vec<u8>> = shared!(
        accounts::table
            .find(id.as_bytes().as_slice())
            .filter(accounts::status.eq(VALID))
            .select(accounts::id),
    )
    .first(conn)
    .await
    .optional()?;
    match valid {
        Some(_) => Ok(()),
        None => refuse(not_valid(&get_account(conn, id).await?)),
    }
}

pub(crate) async fn find_account_by_key(conn: &mut Conn, key: &Thumbprint) -> Result<Option<Account>> {
    accounts::table
        .filter(accounts::thumbprint.eq(key.0.as_slice()))
        .select(AccountRow::as_select())
        .first(conn)
        .await
        .optional()?
        .map(AccountRow::decode)
        .transpose()
}

pub(crate) async fn update_contact(conn: &mut Conn, id: &AccountId, contact: &[String]) -> Result<Account> {
    let updated = prepared!(
        diesel::update(accounts::table.find(id.as_bytes().as_slice()))
            .filter(accounts::status.eq(VALID))
            .set(accounts::contact.eq(column::to_json(contact)?))
            .returning(AccountRow::as_returning())
    )
    .get_result(conn)
    .await
    .optional()?;
    changed(conn, id, updated).await
}

pub(crate) async fn agree_to_terms(conn: &mut Conn, id: &AccountId, terms: &str) -> Result<Account> {
    let updated = prepared!(
        diesel::update(accounts::table.find(id.as_bytes().as_slice()))
            .filter(accounts::status.eq(VALID))
            .set(accounts::terms_agreed.eq(terms))
            .returning(AccountRow::as_returning())
    )
    .get_result(conn)
    .await
    .optional()?;
    changed(conn, id, updated).await
}

/// An account after a change, which only a valid one takes.
async fn changed(conn: &mut Conn, id: &AccountId, updated: Option<AccountRow>) -> Result<Account> {
    match updated {
        Some(row) => row.decode(),
        None => refuse(not_valid(&get_account(conn, id).await?)),
    }
}

pub(crate) async fn deactivate_account(conn: &mut Conn, id: &AccountId) -> Result<Deactivated> {
    let updated = prepared!(
        diesel::update(accounts::table.find(id.as_bytes().as_slice()))
            .filter(accounts::status.eq(VALID))
            .set(accounts::status.eq(AccountStatus::Deactivated.as_str()))
            .returning(AccountRow::as_returning())
    )
    .get_result(conn)
    .await
    .optional()?;
    if let Some(row) = updated {
        // Authorizations before orders, as everywhere: no two transactions wait for each other.
        let authorizations = authorizations::end_account(conn, id).await?;
        return Ok(Deactivated {
            account: row.decode()?,
            changed: true,
            orders: dependents::end_account(conn, id).await?,
            authorizations,
        });
    }
    let account = get_account(conn, id).await?;
    if account.status == AccountStatus::Deactivated {
        Ok(Deactivated {
            account,
            changed: false,
            orders: Vec::new(),
            authorizations: Vec::new(),
        })
    } else {
        refuse(not_valid(&account))
    }
}

/// The account, and whether this call changed its key.
pub(crate) async fn change_key(
    conn: &mut Conn,
    request: &ChangeKey,
    now: &Timestamp,
) -> Result<(Account, bool)> {
    if let Some(holder) = find_account_by_key(conn, &request.new_thumbprint).await? {
        if holder.id == request.id {
            // A repeated call, whose first answer was lost.
            return Ok((holder, false));
        }
        return refuse(Error::conflict("the new key belongs to another account").at(holder.id.to_string()));
    }
    let updated = prepared!(
        diesel::update(accounts::table.find(request.id.as_bytes().as_slice()))
            .filter(accounts::status.eq(VALID))
            .filter(accounts::thumbprint.eq(request.old_thumbprint.0.as_slice()))
            .set((
                accounts::jwk.eq(&request.new_jwk),
                accounts::thumbprint.eq(request.new_thumbprint.0.as_slice()),
            ))
            .returning(AccountRow::as_returning())
    )
    .get_result(conn)
    .await
    .optional()?;
    let Some(row) = updated else {
        let account = get_account(conn, &request.id).await?;
        return refuse(match account.status {
            AccountStatus::Valid => Error::conflict("the account's key has been changed in the meantime"),
            AccountStatus::Deactivated | AccountStatus::Revoked => not_valid(&account),
        });
    };
    keep_change(conn, request, *now).await?;
    Ok((row.decode()?, true))
}

/// Appends to the account's key changes. The account's row is held by this transaction, so the next
/// position is nobody else's.
async fn keep_change(conn: &mut Conn, request: &ChangeKey, now: Timestamp) -> Result<()> {
    let account = request.id.as_bytes().as_slice();
    let position: i64 = key_changes::table
        .filter(key_changes::account_id.eq(account))
        .count()
        .get_result(conn)
        .await?;
    diesel::insert_into(key_changes::table)
        .values((
            key_changes::account_id.eq(account),
            key_changes::position.eq(position),
            key_changes::request.eq(&request.request),
            key_changes::created.eq(now.as_millis()),
        ))
        .execute(conn)
        .await?;
    Ok(())
}

pub(crate) async fn list_key_changes(conn: &mut Conn, account: &AccountId) -> Result<Vec<Vec<u8>>> {
    let requests = key_changes::table
        .filter(key_changes::account_id.eq(account.as_bytes().as_slice()))
        .order(key_changes::position)
        .select(key_changes::request)
        .load(conn)
        .await?;
    Ok(requests)
}

fn not_valid(account: &Account) -> Error {
    Error::unauthorized(format!("the account is {}", account.status))
}
