//! No transaction reads a whole table: their time does not grow with what is stored.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex};

use cairn_kit::{SystemClock, SystemRng};
use cairn_rpc::api::sa::{
    AddReceipts, BeginFinalize, BeginValidation, ChangeKey, Claim, CreateAccount, CreateOrder, FindForOrder,
    FindValidAuthorizations, FinishValidation, RecordAttempt, RevokeCertificate, Unsigned,
};
use cairn_types::{
    Account, AccountStatus, Authorization, AuthorizationStatus, Challenge, ChallengeStatus, ChallengeType,
    Duration, ErrorKind, Id, IdKind, Identifier, Lease, Order, OrderStatus, Problem, Revocation,
    RevocationReason, Serial, SpkiHash, Thumbprint, Timestamp, Token,
};
use diesel::connection::{InstrumentationEvent, SimpleConnection};
use diesel::{Connection, QueryableByName, RunQueryDsl, SqliteConnection};
use diesel_migrations::MigrationHarness;

use super::{accounts, authorizations, certificates, finalization, orders, settle, validation};

#[derive(QueryableByName)]
struct Step {
    #[diesel(sql_type = diesel::sql_types::Text)]
    detail: String,
}

/// The texts of the statements that were run, and of those whose prepared statement was kept.
#[derive(Default)]
struct Seen {
    run: BTreeSet<String>,
    kept: BTreeSet<String>,
}

impl Seen {
    /// All transactions on a database in memory.
    fn collect() -> (Self, SqliteConnection) {
        let mut conn = SqliteConnection::establish(":memory:").unwrap();
        super::trail::register(&mut conn).unwrap();
        conn.run_pending_migrations(super::connection::MIGRATIONS)
            .unwrap();
        let seen = Arc::new(Mutex::new(Self::default()));
        let recorder = seen.clone();
        conn.set_instrumentation(move |event: InstrumentationEvent<'_>| {
            let mut seen = recorder.lock().unwrap();
            match event {
                InstrumentationEvent::StartQuery { query, .. } => {
                    let text = query.to_string();
                    let statement = text.split(" -- binds").next().unwrap_or_default();
                    seen.run.insert(statement.to_owned());
                }
                InstrumentationEvent::CacheQuery { sql, .. } => {
                    seen.kept.insert(sql.to_owned());
                }
                _ => (),
            }
        });
        run_everything(&mut conn);
        conn.set_instrumentation(|_: InstrumentationEvent<'_>| ());
        let seen = std::mem::take(&mut *seen.lock().unwrap());
        assert!(seen.run.len() > 30, "{:#?}", seen.run);
        (seen, conn)
    }
}

#[test]
fn every_statement_finds_its_rows_by_an_index() {
    let (seen, mut conn) = Seen::collect();
    // With triggers, an INSERT of an account has a plan to look for rows that refer to it. It is only carried out if
    // the same statement has broken a foreign key before.
    conn.batch_execute("PRAGMA foreign_keys = OFF").unwrap();
    for statement in seen.run {
        let plan: Vec<Step> = diesel::sql_query(format!("EXPLAIN QUERY PLAN {statement}"))
            .load(&mut conn)
            .unwrap();
        for step in plan {
            let reads_all = step.detail.starts_with("SCAN ") && step.detail != "SCAN CONSTANT ROW";
            assert!(!reads_all, "{}\n{statement}", step.detail);
            assert!(!step.detail.contains("AUTOMATIC"), "{}\n{statement}", step.detail);
        }
    }
}

#[test]
fn every_statement_is_prepared_once() {
    let (seen, _) = Seen::collect();
    let anew: Vec<_> = seen.run.difference(&seen.kept).collect();
    assert!(anew.is_empty(), "{anew:#?}");
}

fn id<K: IdKind>() -> Id<K> {
    Id::new(&SystemClock, &SystemRng)
}

fn lease(now: Timestamp) -> Lease {
    Lease {
        id: id(),
        owner: "test".to_owned(),
        deadline: now,
    }
}

/// Every transaction at least once, on the path that runs the most statements.
fn run_everything(conn: &mut SqliteConnection) {
    let now = Timestamp::from_secs(1_800_000_000);
    let account = Account {
        id: id(),
        jwk: "{}".to_owned(),
        thumbprint: Thumbprint([1; 32]),
        status: AccountStatus::Valid,
        contact: Vec::new(),
        terms_agreed: None,
        external_account_binding: None,
        created: now,
    };
    account_transactions(conn, &account, now);
    let (first, second) = (order(&account, now, None), order(&account, now, None));
    let serial = Serial::new(1, &SystemClock, &SystemRng).unwrap();
    issue(conn, &first, serial, now);
    settle(orders::create_order(conn, &second, &now)).unwrap();
    settle(orders::create_order(conn, &second, &now)).unwrap();
    let again = FindForOrder {
        order: second.order.clone(),
        placed_since: Some(now),
        valid_until: now,
        made_since: now,
    };
    // Ids are of the present, which is earlier than `now`.
    let found = settle(orders::find_for_order(conn, &again, &now)).unwrap();
    assert_eq!(found.placed, None);
    let again = FindForOrder {
        placed_since: Some(Timestamp::from_millis(0)),
        ..again
    };
    let found = settle(orders::find_for_order(conn, &again, &now)).unwrap();
    assert_eq!(found.placed.map(|order| order.id), Some(second.order.id));
    let mut reusing = order(&account, now, Some(serial));
    reusing
        .order
        .authorizations
        .clone_from(&first.order.authorizations);
    reusing.new_authorizations.clear();
    settle(orders::create_order(conn, &reusing, &now)).unwrap();
    let late = now + Duration::from_secs(7200);
    let replacing = order(&account, late, Some(serial));
    settle(orders::create_order(conn, &replacing, &late)).unwrap();
    settle(orders::list_orders(conn, &account.id, &[0xff; 16], &10, &now)).unwrap();
    for order in [&first, &second] {
        let authorization = order.order.authorizations[0];
        settle(authorizations::deactivate_authorization(conn, &authorization)).unwrap();
    }
    settle(authorizations::create_authorization(
        conn,
        &order(&account, now, None).new_authorizations[0],
    ))
    .unwrap();
    settle(accounts::deactivate_account(conn, &account.id)).unwrap();
}

fn account_transactions(conn: &mut SqliteConnection, account: &Account, now: Timestamp) {
    let create = CreateAccount {
        account: account.clone(),
        external_account_key_id: None,
    };
    settle(accounts::create_account(conn, &create)).unwrap();
    settle(accounts::create_account(conn, &create)).unwrap();
    settle(accounts::get_account(conn, &account.id)).unwrap();
    settle(accounts::update_contact(conn, &account.id, &[])).unwrap();
    let change = ChangeKey {
        id: account.id,
        old_thumbprint: account.thumbprint,
        new_jwk: "{}".to_owned(),
        new_thumbprint: Thumbprint([2; 32]),
        request: Vec::new(),
    };
    settle(accounts::change_key(conn, &change, &now)).unwrap();
    settle(accounts::list_key_changes(conn, &account.id)).unwrap();
}

fn order(account: &Account, now: Timestamp, replaces: Option<Serial>) -> CreateOrder {
    let identifier = Identifier::parse("dns", "a.example").unwrap();
    let authorization = Authorization {
        id: id(),
        account: account.id,
        identifier: identifier.clone(),
        wildcard: false,
        status: AuthorizationStatus::Pending,
        expires: now + Duration::from_secs(3600),
        challenges: vec![Challenge {
            id: id(),
            kind: ChallengeType::Http01,
            token: Token::new(&SystemRng),
            status: ChallengeStatus::Pending,
            validated: None,
            error: None,
        }],
        validated_by: None,
        created: now,
    };
    let order = Order {
        id: id(),
        account: account.id,
        status: OrderStatus::Pending,
        expires: now + Duration::from_secs(3600),
        identifiers: vec![identifier],
        profile: "classic".parse().unwrap(),
        not_before: None,
        not_after: None,
        replaces,
        authorizations: vec![authorization.id],
        error: None,
        serial: None,
        created: now,
    };
    CreateOrder {
        order,
        new_authorizations: vec![authorization],
    }
}

fn a_problem() -> Problem {
    Problem {
        kind: ErrorKind::Dns,
        detail: String::new(),
        subproblems: Vec::new(),
    }
}

fn a_claim(now: Timestamp) -> Claim {
    Claim {
        owner: "test".to_owned(),
        deadline: now,
        limit: 1,
    }
}

/// An order from its creation to the revocation of its certificate, with all that can come in between.
fn issue(conn: &mut SqliteConnection, create: &CreateOrder, serial: Serial, now: Timestamp) {
    settle(orders::create_order(conn, create, &now)).unwrap();
    validate(conn, &create.new_authorizations[0], now);
    finalize(conn, &create.order, now);
    certify(conn, &create.order, serial, now);
}

fn validate(conn: &mut SqliteConnection, authorization: &Authorization, now: Timestamp) {
    let begin = BeginValidation {
        authorization: authorization.id,
        challenge: authorization.challenges[0].id,
        lease: lease(now),
        account: authorization.account,
    };
    for _ in 0..2 {
        settle(validation::begin_validation(conn, &begin, &now)).unwrap();
    }
    let claimed = settle(validation::claim_validations(conn, &a_claim(now), &[id()], &now))
        .unwrap()
        .work
        .remove(0);
    settle(validation::renew_lease(
        conn,
        &authorization.id,
        &claimed.lease.id,
        &now,
    ))
    .unwrap();
    let attempt = RecordAttempt {
        authorization: authorization.id,
        challenge: claimed.challenge,
        lease: claimed.lease.id,
        problem: a_problem(),
        deadline: now,
    };
    settle(validation::record_attempt(conn, &attempt)).unwrap();
    let finish = FinishValidation {
        authorization: authorization.id,
        challenge: claimed.challenge,
        lease: claimed.lease.id,
        problem: None,
        expires: authorization.expires,
        receipts: vec![vec![1]],
    };
    let failed = FinishValidation {
        problem: Some(a_problem()),
        lease: id(),
        ..finish.clone()
    };
    settle(validation::finish_validation(conn, &failed, &now))
        .err()
        .unwrap();
    settle(validation::finish_validation(conn, &finish, &now)).unwrap();
    let wanted = FindValidAuthorizations {
        account: authorization.account,
        identifiers: vec![authorization.identifier.clone()],
        valid_until: now,
        made_since: Timestamp::from_millis(0),
    };
    assert_eq!(
        settle(authorizations::find_valid_authorizations(conn, &wanted, &now))
            .unwrap()
            .len(),
        1
    );
    let add = AddReceipts {
        authorization: authorization.id,
        receipts: vec![vec![2]],
        caa_checked: now,
    };
    settle(authorizations::add_receipts(conn, &add, &now)).unwrap();
}

fn finalize(conn: &mut SqliteConnection, order: &Order, now: Timestamp) {
    let finalize = BeginFinalize {
        order: order.id,
        request: vec![1],
        lease: lease(now),
    };
    assert!(
        settle(finalization::begin_finalize(conn, &finalize, &now))
            .unwrap()
            .0
            .leased
    );
    settle(finalization::begin_finalize(conn, &finalize, &now)).unwrap();
    assert_eq!(
        settle(finalization::claim_orders(conn, &a_claim(now), &[id()], &now))
            .unwrap()
            .len(),
        1
    );
    settle(finalization::renew_lease(conn, &order.id, &id(), &now))
        .err()
        .unwrap();
    settle(finalization::fail_order(conn, &order.id, &id(), &a_problem()))
        .err()
        .unwrap();
    settle(authorizations::get_order_evidence(conn, &order.id)).unwrap();
    settle(finalization::get_finalization(conn, &order.id)).unwrap();
}

fn certify(conn: &mut SqliteConnection, order: &Order, serial: Serial, now: Timestamp) {
    let unsigned = Unsigned {
        serial,
        order: order.id,
        account: order.account,
        profile: order.profile.clone(),
        issuer: "e1".to_owned(),
        identifiers: order.identifiers.clone(),
        spki: SpkiHash([1; 32]),
        not_before: now,
        not_after: now,
        tbs: vec![1],
    };
    settle(certificates::store_tbs(conn, &unsigned, &now)).unwrap();
    settle(certificates::store_tbs(conn, &unsigned, &now)).unwrap();
    settle(certificates::store_certificate(conn, &serial, &[1], &now)).unwrap();
    settle(certificates::store_certificate(conn, &serial, &[1], &now)).unwrap();
    let revoke = RevokeCertificate {
        serial,
        revocation: Revocation {
            at: now,
            reason: RevocationReason::Superseded,
        },
        by: "test".to_owned(),
    };
    for _ in 0..2 {
        settle(certificates::revoke_certificate(conn, &revoke)).unwrap();
    }
    settle(certificates::is_replaced(conn, &serial)).unwrap();
}
