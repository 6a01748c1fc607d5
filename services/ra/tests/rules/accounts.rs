//! Registration: keys, terms, external accounts.

use cairn_acme::{Algorithm, MacAlgorithm, SigningKey, sign_external_account_binding};
use cairn_rpc::api::ra::{ChangeAccountKey, NewAccount, NewOrder};
use cairn_types::{AccountStatus, ErrorKind};

use crate::fakes::Call;
use crate::stage::{ACCOUNTS, Stage, context};

const URL: &str = "https://ca.test/acme/new-account";
const EXTERNAL_KEY: &[u8] = b"0123456789abcdef0123456789abcdef";

fn register(key: &SigningKey) -> NewAccount {
    NewAccount {
        jwk: key.public().jwk().to_owned(),
        contact: vec!["mailto:a@b.example".to_owned()],
        terms_agreed: false,
        external_account_binding: None,
        url: URL.to_owned(),
    }
}

fn fresh() -> SigningKey {
    SigningKey::generate(Algorithm::Es256).unwrap()
}

#[tokio::test]
async fn a_known_key_gets_its_account_whatever_else_is_asked() {
    let stage = Stage::new().await;
    let mut request = register(&stage.key);
    request.contact = vec!["tel:1".to_owned()];
    let found = stage.ra.new_account(&context(), request).await.unwrap();
    assert_eq!((found.created, found.account), (false, stage.account.clone()));
}

#[tokio::test]
async fn the_terms_have_to_be_agreed_to() {
    let terms = "https://ca.test/terms";
    let stage = Stage::set(|text| {
        let section = format!("[accounts.terms_of_service]\nurl = \"{terms}\"\nkey = \"external.key\"\n");
        text.replace(
            "[accounts.external_account_keys]",
            &format!("{section}\n[accounts.external_account_keys]"),
        )
    })
    .await;
    let mut request = register(&fresh());
    let error = stage
        .ra
        .new_account(&context(), request.clone())
        .await
        .unwrap_err();
    assert_eq!(error.kind(), ErrorKind::UserActionRequired);
    request.terms_agreed = true;
    let made = stage.ra.new_account(&context(), request).await.unwrap();
    assert_eq!(made.account.terms_agreed.as_deref(), Some(terms));

    // The account that was there before these terms may not order until it has followed its link.
    let order = || NewOrder {
        account: stage.account.id,
        identifiers: vec![crate::stage::name("a.internal")],
        profile: None,
        not_before: None,
        not_after: None,
        replaces: None,
    };
    let error = stage.ra.new_order(&context(), order()).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::UserActionRequired);
    let page = error.location.unwrap();
    let proof = page
        .strip_prefix(&format!("/terms/{}/", stage.account.id))
        .unwrap();
    for wrong in ["", "x", &proof[1..], &proof.to_lowercase()] {
        let refused = stage
            .ra
            .agree_to_terms(&context(), stage.account.id, wrong.to_owned())
            .await;
        assert_eq!(refused.unwrap_err().kind(), ErrorKind::NotFound);
    }
    let elsewhere = stage
        .ra
        .agree_to_terms(&context(), made.account.id, proof.to_owned())
        .await;
    assert_eq!(
        elsewhere.unwrap_err().kind(),
        ErrorKind::NotFound,
        "a link is for one account"
    );
    stage
        .ra
        .agree_to_terms(&context(), stage.account.id, proof.to_owned())
        .await
        .unwrap();
    stage.ra.new_order(&context(), order()).await.unwrap();
}

#[tokio::test]
async fn an_external_account_binds_once() {
    let stage = Stage::set(|text| {
        text.replace(
            "external_account_required = false",
            "external_account_required = true",
        )
        .replace(
            "# \"customer-1\" = \"eab/customer-1\"",
            "\"customer-1\" = \"external.key\"",
        )
    })
    .await;
    let key = fresh();
    let error = stage
        .ra
        .new_account(&context(), register(&key))
        .await
        .unwrap_err();
    assert_eq!(error.kind(), ErrorKind::ExternalAccountRequired);

    let bound = |key: &SigningKey, id: &str, mac: &[u8]| {
        let binding = sign_external_account_binding(MacAlgorithm::Hs256, mac, id, URL, key.public()).unwrap();
        NewAccount {
            external_account_binding: Some(binding),
            ..register(key)
        }
    };
    for (id, mac) in [
        ("customer-2", EXTERNAL_KEY),
        ("customer-1", b"another key, of 32 octets as well"),
    ] {
        let error = stage
            .ra
            .new_account(&context(), bound(&key, id, mac))
            .await
            .unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Unauthorized, "{id}");
    }
    let made = stage
        .ra
        .new_account(&context(), bound(&key, "customer-1", EXTERNAL_KEY))
        .await
        .unwrap();
    assert!(made.created && made.account.external_account_binding.is_some());
    let error = stage
        .ra
        .new_account(&context(), bound(&fresh(), "customer-1", EXTERNAL_KEY))
        .await
        .unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unauthorized, "the external key is taken");
}

#[tokio::test]
async fn an_account_that_ended_may_do_nothing() {
    let stage = Stage::new().await;
    stage
        .fakes
        .world(|world| world.accounts[0].status = AccountStatus::Deactivated);
    let request = ChangeAccountKey {
        account: stage.account.id,
        request: Vec::new(),
    };
    let error = stage.ra.change_key(&context(), request).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unauthorized);
}

#[tokio::test]
async fn a_key_change_is_verified_from_its_bytes_and_kept() {
    let stage = Stage::new().await;
    let url = "https://ca.test/acme/key-change";
    let account_url = format!("{ACCOUNTS}{}", stage.account.id);
    let new = fresh();
    let change = |signer: &SigningKey, account_url: &str| {
        let inner = serde_json::json!({ "account": account_url, "oldKey": signer.public() }).to_string();
        let inner = new.sign_inner(url, inner.as_bytes()).unwrap();
        let body = signer
            .sign(
                cairn_acme::SignAs::Account(account_url),
                "bm9uY2U",
                url,
                inner.as_bytes(),
            )
            .unwrap();
        ChangeAccountKey {
            account: stage.account.id,
            request: body.into_bytes(),
        }
    };
    let stranger = change(&fresh(), &account_url);
    let error = stage.ra.change_key(&context(), stranger).await.unwrap_err();
    assert_eq!(
        error.kind(),
        ErrorKind::Unauthorized,
        "signed by a key that is not the account's"
    );
    let elsewhere = change(&stage.key, "https://ca.test/acme/account/1");
    let error = stage.ra.change_key(&context(), elsewhere).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Malformed, "names another account");
    stage.fakes.world(|world| assert_eq!(world.calls, []));

    let good = change(&stage.key, &account_url);
    stage.ra.change_key(&context(), good.clone()).await.unwrap();
    stage.fakes.world(|world| {
        let [Call::ChangeKey(stored)] = world.calls.as_slice() else {
            panic!("{:?}", world.calls)
        };
        assert_eq!(stored.request, good.request);
        assert_eq!(stored.new_thumbprint, new.public().thumbprint());
        assert_eq!(stored.old_thumbprint, stage.account.thumbprint);
    });
}
