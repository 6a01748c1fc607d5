//! The tables as Diesel sees them. What the columns mean is told in `migrations/`.
//!
//! One text for every backend: `Binary`, `BigInt` and `Text` are all that is used.

diesel::table! {
    accounts (id) {
        id -> Binary,
        jwk -> Text,
        thumbprint -> Binary,
        status -> Text,
        contact -> Text,
        terms_agreed -> Nullable<Text>,
        external_account_binding -> Nullable<Text>,
        external_account_key -> Nullable<Text>,
        created -> BigInt,
    }
}

diesel::table! {
    key_changes (account_id, position) {
        account_id -> Binary,
        position -> BigInt,
        request -> Binary,
        created -> BigInt,
    }
}

diesel::table! {
    orders (id) {
        id -> Binary,
        account_id -> Binary,
        status -> Text,
        expires -> BigInt,
        identifiers -> Text,
        profile -> Text,
        not_before -> Nullable<BigInt>,
        not_after -> Nullable<BigInt>,
        replaces -> Nullable<Binary>,
        authorizations -> Binary,
        awaiting -> BigInt,
        error -> Nullable<Text>,
        serial -> Nullable<Binary>,
        lease_id -> Nullable<Binary>,
        lease_owner -> Nullable<Text>,
        lease_deadline -> Nullable<BigInt>,
        created -> BigInt,
        request -> Nullable<Binary>,
    }
}

diesel::table! {
    authorizations (id) {
        id -> Binary,
        account_id -> Binary,
        order_id -> Nullable<Binary>,
        identifier_type -> Text,
        identifier -> Text,
        status -> Text,
        expires -> BigInt,
        challenges -> Text,
        answered -> Nullable<Binary>,
        thumbprint -> Nullable<Binary>,
        validated -> Nullable<BigInt>,
        caa_checked -> Nullable<BigInt>,
        error -> Nullable<Text>,
        lease_id -> Nullable<Binary>,
        lease_owner -> Nullable<Text>,
        lease_deadline -> Nullable<BigInt>,
        created -> BigInt,
    }
}

diesel::table! {
    receipts (authorization_id, position) {
        authorization_id -> Binary,
        position -> BigInt,
        created -> BigInt,
        receipt -> Binary,
    }
}

diesel::table! {
    certificates (serial, day) {
        serial -> Binary,
        day -> BigInt,
        order_id -> Binary,
        account_id -> Binary,
        profile -> Text,
        issuer -> Text,
        identifiers -> Text,
        spki -> Binary,
        not_before -> BigInt,
        not_after -> BigInt,
        created -> BigInt,
        issued -> Nullable<BigInt>,
        revoked -> Nullable<BigInt>,
        revocation_reason -> Nullable<BigInt>,
        revoked_by -> Nullable<Text>,
        tbs -> Binary,
        der -> Nullable<Binary>,
    }
}

diesel::table! {
    replacements (serial, day) {
        serial -> Binary,
        day -> BigInt,
        order_id -> Binary,
    }
}

diesel::table! {
    audit_entries (subject, position) {
        subject -> Binary,
        position -> BigInt,
        at -> BigInt,
        event -> Text,
        state -> Text,
        actor -> Nullable<Text>,
        request -> Nullable<Binary>,
        detail -> Nullable<Text>,
        hash -> Binary,
    }
}

diesel::joinable!(receipts -> authorizations (authorization_id));
diesel::joinable!(certificates -> orders (order_id));
diesel::joinable!(replacements -> orders (order_id));
diesel::allow_tables_to_appear_in_same_query!(
    accounts,
    authorizations,
    certificates,
    orders,
    receipts,
    replacements
);
