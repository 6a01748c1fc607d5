use std::sync::LazyLock;

use cairn_types::KeyType;
use der::asn1::{Any, ObjectIdentifier, OctetString, PrintableStringRef, SetOfVec, Utf8StringRef};
use der::{Decode, Encode};
use proptest::prelude::*;
use x509_cert::attr::AttributeTypeAndValue;
use x509_cert::ext::Extension;
use x509_cert::ext::pkix::KeyUsages;
use x509_cert::serial_number::SerialNumber;

use super::*;
use crate::profile::tests::dv;
use crate::tbs::{TbsCertificate, rdn, times};
use crate::testing::{Hierarchy, NOW, hierarchy, identifiers, serial, urls};
use crate::{ExtendedUsage, Leaf, Sign, SoftwareKey, build, extensions as write};

struct Case {
    hierarchy: Hierarchy,
    profile: Profile,
    identifiers: Vec<Identifier>,
    key: PublicKey,
    requested: RequestedValidity,
    common_name: Option<Identifier>,
}

impl Case {
    fn new() -> Self {
        Self {
            hierarchy: hierarchy(KeyType::P256),
            profile: dv(),
            identifiers: identifiers(&["a.test", "*.b.test", "192.0.2.1", "2001:db8::1"]),
            key: SoftwareKey::generate(KeyType::P256).unwrap().public_key().clone(),
            requested: RequestedValidity::default(),
            common_name: None,
        }
    }

    fn build(&self) -> Vec<u8> {
        let leaf = Leaf {
            serial: serial(3),
            validity: self.profile.validity(NOW, self.requested).unwrap(),
            identifiers: &self.identifiers,
            common_name: self.common_name.as_ref(),
            public_key: &self.key,
        };
        build(&leaf, &self.profile, &self.hierarchy.issuer).unwrap()
    }

    fn lint(&self, octets: Vec<u8>) -> Result<LintedTbs, LintError> {
        let subject = Subject {
            identifiers: &self.identifiers,
            public_key: &self.key,
            requested: self.requested,
        };
        lint(octets, &subject, &self.profile, &self.hierarchy.issuer, NOW)
    }

    /// The rule by which a spoilt certificate is refused.
    fn refused(&self, spoil: impl FnOnce(&mut TbsCertificate)) -> &'static str {
        let mut tbs = TbsCertificate::from_der(&self.build()).unwrap();
        spoil(&mut tbs);
        let refusal = self.lint(tbs.to_der().unwrap());
        refusal.expect_err("a spoilt certificate passed").rule
    }
}

#[test]
fn what_is_built_passes() {
    let mut case = Case::new();
    for common_name in [false, true] {
        case.profile.common_name = common_name;
        for kind in [KeyType::P256, KeyType::P384, KeyType::Rsa] {
            case.key = SoftwareKey::generate(kind).unwrap().public_key().clone();
            for key_encipherment in [false, true] {
                case.profile.key_encipherment = key_encipherment;
                let octets = case.build();
                let linted = case.lint(octets.clone()).unwrap();
                assert_eq!(linted.as_bytes(), octets);
                assert_eq!(linted.serial(), serial(3));
                assert_eq!(
                    linted.validity(),
                    case.profile.validity(NOW, case.requested).unwrap()
                );
            }
        }
    }
}

#[test]
fn a_common_name_is_a_dns_name_that_is_short_enough() {
    let long = format!("{}.test", "a".repeat(60));
    for (names, requested, expected) in [
        (&["a.test", "192.0.2.1"][..], None, Some("a.test")),
        (&["a.test", "b.test"], Some("b.test"), Some("b.test")),
        (&["a.test", "192.0.2.1"], Some("192.0.2.1"), Some("a.test")),
        (&[long.as_str(), "b.test"], Some(long.as_str()), Some("b.test")),
        (&["192.0.2.1", "2001:db8::1"], Some("192.0.2.1"), None),
        (&[long.as_str()], None, None),
    ] {
        let mut case = Case::new();
        case.profile.common_name = true;
        case.identifiers = identifiers(names);
        case.common_name = requested.map(|name| identifiers(&[name])[0].clone());
        let octets = case.build();
        let tbs = TbsCertificate::from_der(&octets).unwrap();
        let subject = match expected {
            Some(name) => name_of("2.5.4.3", utf8(name)),
            None => Any::encode_from(&Vec::<SetOfVec<AttributeTypeAndValue>>::new()).unwrap(),
        };
        assert_eq!(tbs.subject, subject, "{names:?} {requested:?}");
        case.lint(octets).unwrap();
    }
}

#[test]
fn a_validity_beyond_2049_passes() {
    let mut case = Case::new();
    case.profile.validity = Duration::from_secs(4 * 365 * 86_400);
    let profile = case.profile.clone();
    let key = SoftwareKey::generate(KeyType::P256).unwrap();
    let later = Timestamp::parse_rfc3339("2049-06-01T00:00:00Z").unwrap();
    let root = crate::authority::root(
        &crate::testing::name("Late"),
        &key,
        serial(9),
        Validity {
            not_before: later,
            not_after: later + Duration::from_secs(10 * 365 * 86_400),
        },
    )
    .unwrap();
    let issuer = Issuer::new(&root, Box::new(key), urls()).unwrap();
    let leaf = Leaf {
        serial: serial(3),
        validity: profile.validity(later, case.requested).unwrap(),
        identifiers: &case.identifiers,
        common_name: None,
        public_key: &case.key,
    };
    let octets = build(&leaf, &profile, &issuer).unwrap();
    let subject = Subject {
        identifiers: &case.identifiers,
        public_key: &case.key,
        requested: case.requested,
    };
    let linted = lint(octets, &subject, &profile, &issuer, later).unwrap();
    assert_eq!(linted.validity(), leaf.validity);
}

fn replace(tbs: &mut TbsCertificate, extension: Extension) {
    let place = tbs
        .extensions
        .iter_mut()
        .find(|present| present.extn_id == extension.extn_id);
    *place.unwrap() = extension;
}

fn remove(tbs: &mut TbsCertificate, id: ObjectIdentifier) {
    tbs.extensions.retain(|extension| extension.extn_id != id);
}

fn name_of(oid: &str, value: Any) -> Any {
    let set = rdn(ObjectIdentifier::new_unwrap(oid), value).unwrap();
    Any::encode_from(&vec![set]).unwrap()
}

fn utf8(text: &str) -> Any {
    Any::encode_from(&Utf8StringRef::new(text).unwrap()).unwrap()
}

#[test]
fn spoilt_fields_are_refused() {
    let case = Case::new();
    let day = Duration::from_secs(86_400);
    let shift = |tbs: &mut TbsCertificate, start: Timestamp, length: Duration| {
        let validity = Validity {
            not_before: start,
            not_after: start + length,
        };
        tbs.validity = times(validity).unwrap();
    };
    let other = SoftwareKey::generate(KeyType::P256).unwrap();
    let other_spki = Any::from_der(other.public_key().as_der()).unwrap();
    let other_algorithm = Any::from_der(crate::SignatureAlgorithm::EcdsaSha384.identifier()).unwrap();
    let set_serial = |tbs: &mut TbsCertificate, octets: &[u8]| {
        tbs.serial_number = SerialNumber::new(octets).unwrap();
    };
    let profile_length = Duration::from_secs(90 * 86_400 - 1);

    assert_eq!(case.refused(|tbs| tbs.version = 1), "RFC 5280 section 4.1.2.1");
    assert_eq!(case.refused(|tbs| set_serial(tbs, &[1])), "BR 7.1");
    assert_eq!(case.refused(|tbs| set_serial(tbs, &[0x11; 17])), "BR 7.1");
    assert_eq!(case.refused(|tbs| tbs.signature = other_algorithm), "BR 7.1.3.2");
    assert_eq!(case.refused(|tbs| tbs.issuer = tbs.subject.clone()), "BR 7.1.4.1");
    assert_eq!(case.refused(|tbs| tbs.public_key = other_spki), "BR 7.1.3.1");
    assert_eq!(
        case.refused(|tbs| shift(tbs, NOW - day * 3, profile_length)),
        "BR 7.1.2.7"
    );
    assert_eq!(
        case.refused(|tbs| shift(tbs, NOW + day, profile_length)),
        "the profile"
    );
    assert_eq!(
        case.refused(|tbs| shift(tbs, NOW, Duration::ZERO)),
        "RFC 5280 section 4.1.2.5"
    );
    for length in [
        Duration::from_secs(90 * 86_400 - 2),
        profile_length + Duration::from_secs(1),
        day,
    ] {
        assert_eq!(
            case.refused(|tbs| shift(tbs, NOW, length)),
            "BR 6.3.2 and the profile"
        );
    }
}

#[test]
fn spoilt_subjects_are_refused() {
    let mut case = Case::new();
    assert_eq!(
        case.refused(|tbs| tbs.subject = name_of("2.5.4.3", utf8("a.test"))),
        "BR 7.1.2.7.2"
    );
    case.profile.common_name = true;
    assert_eq!(
        case.refused(|tbs| tbs.subject = name_of("2.5.4.3", utf8("c.test"))),
        "BR 7.1.4.3"
    );
    assert_eq!(
        case.refused(|tbs| tbs.subject = name_of("2.5.4.3", utf8("192.0.2.1"))),
        "BR 7.1.4.3"
    );
    assert_eq!(
        case.refused(|tbs| tbs.subject = name_of("2.5.4.10", utf8("a.test"))),
        "BR 7.1.2.7.2"
    );
    let printable = Any::encode_from(&PrintableStringRef::new("a.test").unwrap()).unwrap();
    assert_eq!(
        case.refused(|tbs| tbs.subject = name_of("2.5.4.3", printable)),
        "X.690 section 10"
    );
    let two = vec![
        rdn(ObjectIdentifier::new_unwrap("2.5.4.3"), utf8("a.test")).unwrap(),
        rdn(ObjectIdentifier::new_unwrap("2.5.4.10"), utf8("Org")).unwrap(),
    ];
    assert_eq!(
        case.refused(|tbs| tbs.subject = Any::encode_from(&two).unwrap()),
        "X.690 section 10"
    );
    // A subject makes the extension with the names not critical.
    assert_eq!(
        case.refused(|tbs| {
            tbs.subject = Any::encode_from(&Vec::<SetOfVec<AttributeTypeAndValue>>::new()).unwrap();
        }),
        "BR 7.1.2.7.12"
    );
}

#[test]
fn spoilt_extensions_are_refused() {
    let case = Case::new();
    let good = TbsCertificate::from_der(&case.build()).unwrap();

    for extension in &good.extensions {
        let rule = case.refused(|tbs| remove(tbs, extension.extn_id));
        assert!(
            rule.starts_with("BR 7.1.2"),
            "{} missing: {rule}",
            extension.extn_id
        );
        let rule = case.refused(|tbs| tbs.extensions.push(extension.clone()));
        assert!(
            rule.starts_with("BR 7.1.2"),
            "{} twice: {rule}",
            extension.extn_id
        );
        let rule = case.refused(|tbs| {
            replace(
                tbs,
                Extension {
                    critical: !extension.critical,
                    ..extension.clone()
                },
            );
        });
        assert!(
            rule.starts_with("BR 7.1.2"),
            "{} criticality: {rule}",
            extension.extn_id
        );
        case.refused(|tbs| {
            let longer = [extension.extn_value.as_bytes(), &[0x05, 0x00]].concat();
            replace(
                tbs,
                Extension {
                    extn_value: OctetString::new(longer).unwrap(),
                    ..extension.clone()
                },
            );
        });
    }
}

#[test]
fn wrong_contents_are_refused() {
    let case = Case::new();
    let other_names = |values: &[&str]| write::subject_alt_name(&identifiers(values), true).unwrap();
    for (extension, rule) in [
        (
            write::key_usage(KeyUsages::KeyCertSign | KeyUsages::DigitalSignature).unwrap(),
            "BR 7.1.2.7.11",
        ),
        (
            write::key_usage(KeyUsages::KeyEncipherment | KeyUsages::DigitalSignature).unwrap(),
            "BR 7.1.2.7.11",
        ),
        (
            write::extended_key_usage(&[ExtendedUsage::ClientAuth]).unwrap(),
            "BR 7.1.2.7.10",
        ),
        (
            write::extended_key_usage(&[ExtendedUsage::ServerAuth, ExtendedUsage::ClientAuth]).unwrap(),
            "BR 7.1.2.7.10",
        ),
        (write::ca_constraints(None).unwrap(), "BR 7.1.2.7.8"),
        (write::authority_key_id(&[1; 20]).unwrap(), "BR 7.1.2.11.1"),
        (
            write::authority_info_access("http://other.test/").unwrap(),
            "BR 7.1.2.7.7",
        ),
        (
            write::crl_distribution_points("http://other.test/").unwrap(),
            "BR 7.1.2.11.2",
        ),
        (
            write::certificate_policies(&[ObjectIdentifier::new_unwrap("2.23.140.1.2.2")]).unwrap(),
            "BR 7.1.2.7.9",
        ),
        (
            other_names(&["a.test", "*.b.test", "192.0.2.1"]),
            "X.690 section 10",
        ),
        (
            other_names(&["a.test", "*.b.test", "192.0.2.2", "2001:db8::1"]),
            "BR 7.1.2.7.12",
        ),
        (
            other_names(&["a.test", "*.b.test", "192.0.2.1", "2001:db8::1", "2001:db8::2"]),
            "BR 7.1.2.7.12",
        ),
    ] {
        assert_eq!(case.refused(|tbs| replace(tbs, extension)), rule);
    }
}

#[test]
fn other_extensions_are_refused() {
    let case = Case::new();
    let unknown = Extension {
        extn_id: ObjectIdentifier::new_unwrap("1.3.6.1.5.5.7.1.24"),
        critical: false,
        extn_value: OctetString::new(vec![0x30, 0x03, 0x02, 0x01, 0x05]).unwrap(),
    };
    assert_eq!(
        case.refused(|tbs| tbs.extensions.push(unknown)),
        "BR 7.1.2.7.6 and the profile"
    );
    assert_eq!(
        case.refused(|tbs| tbs.extensions.push(write::subject_key_id(&[1; 20]).unwrap())),
        "BR 7.1.2.7.6 and the profile"
    );
}

#[test]
fn what_was_requested_must_be_there() {
    let mut case = Case::new();
    let octets = case.build();
    case.requested.not_before = Some(NOW);
    assert_eq!(
        case.lint(octets.clone()).unwrap_err().rule,
        "RFC 8555 section 7.4"
    );
    case.requested = RequestedValidity {
        not_before: None,
        not_after: Some(NOW + Duration::from_secs(60)),
    };
    assert_eq!(case.lint(octets).unwrap_err().rule, "RFC 8555 section 7.4");
    assert!(case.lint(case.build()).is_ok());
}

#[test]
fn a_certificate_does_not_outlive_its_issuer() {
    let mut case = Case::new();
    case.profile.validity = Duration::from_secs(6 * 365 * 86_400);
    assert_eq!(case.lint(case.build()).unwrap_err().rule, "RFC 5280 section 6.1");
}

#[test]
fn no_octet_can_be_changed_but_those_of_the_serial() {
    let case = Case::new();
    let good = case.build();
    let at = good
        .windows(16)
        .position(|window| window == serial(3).as_bytes())
        .unwrap();
    for index in (0..good.len()).filter(|index| !(at..at + 16).contains(index)) {
        for bit in 0..8 {
            let mut changed = good.clone();
            changed[index] ^= 1 << bit;
            assert!(case.lint(changed).is_err(), "octet {index}, bit {bit}");
        }
    }
}

proptest! {
    #[test]
    fn any_octets_get_an_answer(octets in proptest::collection::vec(any::<u8>(), 0..300)) {
        static CASE: LazyLock<Case> = LazyLock::new(Case::new);
        prop_assert!(CASE.lint(octets.clone()).is_err());
        let wrapped = [&[SEQUENCE, 0x82, 1, 44][..], &octets].concat();
        prop_assert!(CASE.lint(wrapped).is_err());
    }
}
