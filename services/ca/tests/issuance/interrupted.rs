//! Any step may be the last one. Whoever repeats the call gets the certificate that was begun.

use cairn_types::{ErrorKind, KeyType};

use crate::stack::{Client, Stack, certificate_key, csr, dns};

#[tokio::test]
async fn repeating_the_call_gives_the_same_certificate() {
    let stack = Stack::start().await;
    let client = Client::new(KeyType::P256, &["a.test"]);
    let first = stack.issue(client.finalize(&stack.validator)).await.unwrap();
    let second = stack.issue(client.finalize(&stack.validator)).await.unwrap();
    assert_eq!(first, second);
    assert_eq!(stack.sa.signatures().len(), 1);
}

#[tokio::test]
async fn what_was_stored_before_a_crash_is_what_is_signed() {
    let stack = Stack::start().await;
    for kind in [KeyType::P256, KeyType::Rsa] {
        let client = Client::new(kind, &["a.test"]);
        stack.sa.lose_certificates(true);
        let lost = stack.issue(client.finalize(&stack.validator)).await;
        assert_eq!(lost.unwrap_err().kind(), ErrorKind::Conflict);
        let before = stack.sa.stored(client.order.id).unwrap();

        stack.sa.lose_certificates(false);
        let certificate = stack.issue(client.finalize(&stack.validator)).await.unwrap();
        assert_eq!(stack.sa.stored(client.order.id).unwrap(), before);
        assert_eq!(certificate.serial, before.serial);
        let signed = |der: &Vec<u8>| der.windows(before.tbs.len()).any(|window| window == before.tbs);
        let [.., first, second] = &stack.sa.signatures()[..] else {
            panic!("two signatures were made");
        };
        assert!(signed(first) && signed(second));
    }
}

#[tokio::test]
async fn the_signature_that_was_stored_first_stands() {
    let stack = Stack::start().await;
    let client = Client::new(KeyType::P256, &["a.test"]);
    stack.sa.lose_certificates(true);
    stack.issue(client.finalize(&stack.validator)).await.unwrap_err();
    stack.sa.lose_certificates(false);
    let by_another_process = stack.sa.signatures().remove(0);
    stack.sa.rival(by_another_process.clone());
    let certificate = stack.issue(client.finalize(&stack.validator)).await.unwrap();
    assert_eq!(certificate.der, by_another_process);
    assert_ne!(stack.sa.signatures()[1], by_another_process);
}

#[tokio::test]
async fn a_lying_database_gets_no_signature() {
    let stack = Stack::start().await;
    let victim = Client::new(KeyType::P256, &["a.test"]);
    let attacker = Client::new(KeyType::P256, &["evil.test"]);
    stack.issue(attacker.finalize(&stack.validator)).await.unwrap();
    let planted = stack.sa.stored(attacker.order.id).unwrap();

    // In place of what was prepared for the victim, what was prepared for the attacker; once more under the
    // victim's order; and octets that only differ in a bit.
    let other_order = planted.clone();
    let order = victim.order.id;
    let lies: [Box<dyn Fn(cairn_rpc::api::sa::Unsigned) -> _ + Send>; 3] = [
        Box::new(move |_| other_order.clone()),
        Box::new(move |_| cairn_rpc::api::sa::Unsigned {
            order,
            ..planted.clone()
        }),
        Box::new(|mut unsigned| {
            let last = unsigned.tbs.len() - 1;
            unsigned.tbs[last] ^= 1;
            unsigned
        }),
    ];
    let before = stack.sa.signatures().len();
    for lie in lies {
        stack.sa.lie(lie);
        let refused = stack.issue(victim.finalize(&stack.validator)).await.unwrap_err();
        assert_eq!(refused.kind(), ErrorKind::Conflict);
    }
    assert_eq!(stack.sa.signatures().len(), before);
}

#[tokio::test]
async fn a_second_request_for_the_order_does_not_change_the_key() {
    let stack = Stack::start().await;
    let client = Client::new(KeyType::P256, &["a.test"]);
    let first = stack.issue(client.finalize(&stack.validator)).await.unwrap();
    let mut second = client.finalize(&stack.validator);
    second.csr = csr(&certificate_key(KeyType::P256), &[dns("a.test")]);
    second.request = client.request(client.order.id, &second.csr);
    let refused = stack.issue(second).await.unwrap_err();
    assert_eq!(refused.kind(), ErrorKind::Conflict);
    assert_eq!(stack.sa.signatures(), [first.der]);
}
