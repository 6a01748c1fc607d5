//! Every transaction at least once, for tests that look at the statements. Compiled for each backend, like the queries.

use cairn_kit::{SystemClock, SystemRng};
use cairn_rpc::api::sa::{
    AddReceipts, BeginFinalize, BeginValidation, ChangeKey, Claim, CreateAccount, CreateOrder,
    FindValidAuthorizations, FinishValidation, RecordAttempt, RevokeCertificate, Unsigned,
};
use cairn_types::{
    Account, AccountStatus, Authorization, AuthorizationStatus, Challenge, ChallengeStatus, ChallengeType,
    Duration, ErrorKind, Id, IdKind, Identifier, Lease, Order, OrderStatus, Problem, Revocation,
    RevocationReason, Serial, SpkiHash, Thumbprint, Timestamp, Token,
};

use super::{Conn, accounts, authorizations, certificates, finalization, inspection, orders, validation};
use crate::inspection::page::Window;

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
pub(super) async fn run_everything(conn: &mut Conn) {
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
    account_transactions(conn, &account, now).await;
    let (first, second) = (order(&account, now, None), order(&account, now, None));
    let serial = Serial::new(1, &SystemClock, &SystemRng).unwrap();
    issue(conn, &first, serial, now).await;
    orders::create_order(conn, &second, &now).await.unwrap();
    orders::create_order(conn, &second, &now).await.unwrap();
    let again = CreateOrder {
        // Ids are of the present, which is earlier than `now`.
        placed_since: Some(Timestamp::from_millis(0)),
        ..order(&account, now, None)
    };
    let (placed, created) = orders::create_order(conn, &again, &now).await.unwrap();
    assert_eq!((placed.id, created), (second.order.id, false));
    let mut reusing = order(&account, now, Some(serial));
    reusing
        .order
        .authorizations
        .clone_from(&first.order.authorizations);
    reusing.new_authorizations.clear();
    orders::create_order(conn, &reusing, &now).await.unwrap();
    let late = now + Duration::from_secs(7200);
    let replacing = order(&account, late, Some(serial));
    orders::create_order(conn, &replacing, &late).await.unwrap();
    orders::list_orders(conn, &account.id, &[0xff; 16], &10, &now)
        .await
        .unwrap();
    for order in [&first, &second] {
        let authorization = order.order.authorizations[0];
        authorizations::deactivate_authorization(conn, &authorization)
            .await
            .unwrap();
    }
    authorizations::create_authorization(conn, &order(&account, now, None).new_authorizations[0])
        .await
        .unwrap();
    inspect(conn).await;
    accounts::deactivate_account(conn, &account.id).await.unwrap();
}

async fn inspect(conn: &mut Conn) {
    let window = Window {
        after: Vec::new(),
        limit: 100,
    };
    inspection::accounts(conn, &window).await.unwrap();
    inspection::authorizations(conn, &window).await.unwrap();
    inspection::orders(conn, &window).await.unwrap();
    inspection::certificates(conn, &window).await.unwrap();
    inspection::trail(conn, &window).await.unwrap();
}

async fn account_transactions(conn: &mut Conn, account: &Account, now: Timestamp) {
    let create = CreateAccount {
        account: account.clone(),
        external_account_key_id: None,
    };
    accounts::create_account(conn, &create).await.unwrap();
    accounts::create_account(conn, &create).await.unwrap();
    accounts::get_account(conn, &account.id).await.unwrap();
    accounts::update_contact(conn, &account.id, &[]).await.unwrap();
    let change = ChangeKey {
        id: account.id,
        old_thumbprint: account.thumbprint,
        new_jwk: "{}".to_owned(),
        new_thumbprint: Thumbprint([2; 32]),
        request: Vec::new(),
    };
    accounts::change_key(conn, &change, &now).await.unwrap();
    accounts::list_key_changes(conn, &account.id).await.unwrap();
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
        placed_since: None,
    }
}

fn a_problem() -> Problem {
    Problem {
        kind: ErrorKind::Dns,
        detail: String::new(),
        subproblems: Vec::new(),
        observations: Vec::new(),
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
async fn issue(conn: &mut Conn, create: &CreateOrder, serial: Serial, now: Timestamp) {
    orders::create_order(conn, create, &now).await.unwrap();
    validate(conn, &create.new_authorizations[0], now).await;
    finalize(conn, &create.order, now).await;
    certify(conn, &create.order, serial, now).await;
}

async fn validate(conn: &mut Conn, authorization: &Authorization, now: Timestamp) {
    let begin = BeginValidation {
        authorization: authorization.id,
        challenge: authorization.challenges[0].id,
        lease: lease(now),
        account: authorization.account,
    };
    for _ in 0..2 {
        validation::begin_validation(conn, &begin, &now).await.unwrap();
    }
    let claimed = validation::claim_validations(conn, &a_claim(now), &[id()], &now)
        .await
        .unwrap()
        .work
        .remove(0);
    validation::renew_lease(conn, &authorization.id, &claimed.lease.id, &now)
        .await
        .unwrap();
    let attempt = RecordAttempt {
        authorization: authorization.id,
        challenge: claimed.challenge,
        lease: claimed.lease.id,
        problem: a_problem(),
        deadline: now,
    };
    validation::record_attempt(conn, &attempt).await.unwrap();
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
    validation::finish_validation(conn, &failed, &now)
        .await
        .err()
        .unwrap();
    validation::finish_validation(conn, &finish, &now).await.unwrap();
    let wanted = FindValidAuthorizations {
        account: authorization.account,
        identifiers: vec![authorization.identifier.clone()],
        valid_until: now,
        made_since: Timestamp::from_millis(0),
    };
    assert_eq!(
        authorizations::find_valid_authorizations(conn, &wanted, &now)
            .await
            .unwrap()
            .len(),
        1
    );
    let add = AddReceipts {
        authorization: authorization.id,
        receipts: vec![vec![2]],
        caa_checked: now,
    };
    authorizations::add_receipts(conn, &add, &now).await.unwrap();
}

async fn finalize(conn: &mut Conn, order: &Order, now: Timestamp) {
    let finalize = BeginFinalize {
        order: order.id,
        request: vec![1],
        lease: lease(now),
    };
    assert!(
        finalization::begin_finalize(conn, &finalize, &now)
            .await
            .unwrap()
            .0
            .leased
    );
    finalization::begin_finalize(conn, &finalize, &now).await.unwrap();
    assert_eq!(
        finalization::claim_orders(conn, &a_claim(now), &[id()], &now)
            .await
            .unwrap()
            .len(),
        1
    );
    finalization::renew_lease(conn, &order.id, &id(), &now)
        .await
        .err()
        .unwrap();
    finalization::fail_order(conn, &order.id, &id(), &a_problem())
        .await
        .err()
        .unwrap();
    authorizations::get_order_evidence(conn, &order.id).await.unwrap();
    finalization::get_finalization(conn, &order.id).await.unwrap();
}

async fn certify(conn: &mut Conn, order: &Order, serial: Serial, now: Timestamp) {
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
    certificates::store_tbs(conn, &unsigned, &now).await.unwrap();
    certificates::store_tbs(conn, &unsigned, &now).await.unwrap();
    certificates::store_certificate(conn, &serial, &[1], &now)
        .await
        .unwrap();
    certificates::store_certificate(conn, &serial, &[1], &now)
        .await
        .unwrap();
    let revoke = RevokeCertificate {
        serial,
        revocation: Revocation {
            at: now,
            reason: RevocationReason::Superseded,
        },
        by: "test".to_owned(),
    };
    for _ in 0..2 {
        certificates::revoke_certificate(conn, &revoke).await.unwrap();
    }
    certificates::is_replaced(conn, &serial).await.unwrap();
}
