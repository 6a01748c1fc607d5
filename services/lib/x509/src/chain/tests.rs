use cairn_types::{KeyType, Timestamp};
use openssl::asn1::Asn1Time;
use openssl::stack::Stack;
use openssl::x509::store::X509StoreBuilder;
use openssl::x509::verify::{X509VerifyFlags, X509VerifyParam};
use openssl::x509::{X509, X509StoreContext};

use super::*;
use crate::profile::tests::dv;
use crate::testing::{Hierarchy, NOW, hierarchy, identifiers, name, serial, years};
use crate::{Leaf, RequestedValidity, Sign, SoftwareKey, Subject, authority, build, lint};

fn issue(hierarchy: &Hierarchy, names: &[&str], kind: KeyType) -> Vec<u8> {
    let identifiers = identifiers(names);
    let key = SoftwareKey::generate(kind).unwrap();
    let profile = dv();
    let requested = RequestedValidity::default();
    let leaf = Leaf {
        serial: serial(7),
        validity: profile.validity(NOW, requested).unwrap(),
        identifiers: &identifiers,
        common_name: None,
        public_key: key.public_key(),
    };
    let octets = build(&leaf, &profile, &hierarchy.issuer).unwrap();
    let subject = Subject {
        identifiers: &identifiers,
        public_key: key.public_key(),
        requested,
    };
    let linted = lint(octets, &subject, &profile, &hierarchy.issuer, NOW).unwrap();
    hierarchy.issuer.sign(&linted).unwrap().into_der()
}

fn openssl_accepts(leaf: &[u8], intermediate: &[u8], root: &[u8], host: &str, at: Timestamp) -> bool {
    let parse = |der: &[u8]| X509::from_der(der).unwrap();
    let mut store = X509StoreBuilder::new().unwrap();
    store.add_cert(parse(root)).unwrap();
    let mut parameters = X509VerifyParam::new().unwrap();
    parameters.set_flags(X509VerifyFlags::X509_STRICT).unwrap();
    parameters.set_time(at.as_secs());
    parameters.set_host(host).unwrap();
    store.set_param(&parameters).unwrap();
    let mut untrusted = Stack::new().unwrap();
    untrusted.push(parse(intermediate)).unwrap();
    X509StoreContext::new()
        .unwrap()
        .init(&store.build(), &parse(leaf), &untrusted, |context| {
            context.verify_cert()
        })
        .unwrap()
}

#[test]
fn openssl_verifies_what_is_issued() {
    for kind in [KeyType::P256, KeyType::P384, KeyType::Rsa] {
        let hierarchy = hierarchy(kind);
        let leaf = issue(&hierarchy, &["a.test", "*.b.test", "127.0.0.1"], kind);
        let intermediate = hierarchy.issuer.certificate().as_der();
        for (host, accepted) in [("a.test", true), ("x.b.test", true), ("b.test", false)] {
            assert_eq!(
                openssl_accepts(&leaf, intermediate, &hierarchy.root, host, NOW),
                accepted,
                "{kind} {host}"
            );
        }
        // OpenSSL counts the last second as over.
        let end = CertificateView::from_der(&leaf).unwrap().not_after().as_secs();
        for (at, accepted) in [(end - 1, true), (end + 1, false)] {
            let at = Timestamp::from_secs(at);
            assert_eq!(
                openssl_accepts(&leaf, intermediate, &hierarchy.root, "a.test", at),
                accepted
            );
        }
        check_chain(&[&leaf[..], intermediate, &hierarchy.root]).unwrap();
    }
}

#[test]
fn openssl_reads_what_was_written() {
    let hierarchy = hierarchy(KeyType::P256);
    let leaf = issue(&hierarchy, &["a.test", "192.0.2.1"], KeyType::Rsa);
    let x509 = X509::from_der(&leaf).unwrap();
    assert_eq!(x509.version(), 2);
    assert_eq!(x509.subject_name().entries().count(), 0);
    let serial_text = x509
        .serial_number()
        .to_bn()
        .unwrap()
        .to_hex_str()
        .unwrap()
        .to_lowercase();
    assert_eq!(serial_text, serial(7).to_string());
    let start = Asn1Time::from_unix(NOW.as_secs() - 3600).unwrap();
    assert!(x509.not_before() == start);
    let names = x509.subject_alt_names().unwrap();
    assert_eq!(names[0].dnsname(), Some("a.test"));
    assert_eq!(names[1].ipaddress(), Some(&[192, 0, 2, 1][..]));
    assert_eq!(
        x509.authority_key_id().unwrap().as_slice(),
        hierarchy.issuer.certificate().key_id()
    );
    let access = x509.authority_info().unwrap();
    assert_eq!(access[0].location().uri(), Some("http://ca.test/issuer/1"));
    let points = x509.crl_distribution_points().unwrap();
    let full_name = points[0].distpoint().unwrap().fullname().unwrap();
    assert_eq!(full_name[0].uri(), Some("http://ca.test/crl/1"));
}

#[test]
fn a_view_gives_what_revocation_and_renewal_need() {
    let hierarchy = hierarchy(KeyType::P256);
    let leaf = issue(&hierarchy, &["b.test", "a.test"], KeyType::P256);
    let view = CertificateView::from_der(&leaf).unwrap();
    assert_eq!(view.serial().unwrap(), serial(7));
    assert_eq!(view.identifiers(), identifiers(&["a.test", "b.test"]));
    assert_eq!(view.spki_hash(), view.public_key().unwrap().hash());
    assert_eq!(view.issuer(), hierarchy.issuer.certificate().subject());
    assert_eq!(
        view.authority_key_id().unwrap(),
        hierarchy.issuer.certificate().key_id()
    );
    assert!(!view.is_authority());
    assert!(CertificateView::from_der(&leaf[1..]).is_err());
}

#[test]
fn broken_chains_are_refused() {
    let ours = hierarchy(KeyType::P256);
    let theirs = hierarchy(KeyType::P256);
    let leaf = issue(&ours, &["a.test"], KeyType::P256);
    let intermediate = ours.issuer.certificate().as_der();
    let empty: [&[u8]; 0] = [];
    assert_eq!(check_chain(&empty).unwrap_err(), ChainError::Empty);
    for (chain, link) in [
        ([&leaf[..], &ours.root], 1),
        ([&leaf[..], theirs.issuer.certificate().as_der()], 1),
        ([intermediate, &theirs.root], 1),
        ([intermediate, &leaf], 1),
    ] {
        assert!(matches!(check_chain(&chain), Err(ChainError::Link(at, _)) if at == link));
    }
    assert!(matches!(
        check_chain(&[&leaf[..], &[0x30]]),
        Err(ChainError::Certificate(2, _))
    ));
}

#[test]
fn a_service_certificate_hangs_below_its_root() {
    let key = SoftwareKey::generate(KeyType::P256).unwrap();
    let root = authority::root(&name("Services"), &key, serial(1), years(10)).unwrap();
    let service_key = SoftwareKey::generate(KeyType::P256).unwrap();
    let parent = authority::Authority {
        certificate: &root,
        key: &key,
    };
    let certificate = authority::service(
        &identifiers(&["sa.cairn"]),
        &[crate::ExtendedUsage::ServerAuth, crate::ExtendedUsage::ClientAuth],
        service_key.public_key(),
        parent,
        serial(2),
        years(1),
    )
    .unwrap();
    check_chain(&[&certificate, &root]).unwrap();
    assert!(openssl_accepts(
        &certificate,
        &certificate,
        &root,
        "sa.cairn",
        NOW
    ));
    let other = authority::Authority {
        certificate: &root,
        key: &service_key,
    };
    let refused = authority::service(&[], &[], key.public_key(), other, serial(2), years(1));
    assert_eq!(refused, Err(authority::AuthorityError::OtherKey));
}
