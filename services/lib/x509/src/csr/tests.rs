use cairn_types::KeyType;
use der::asn1::{Ia5String, OctetString};
use openssl::hash::MessageDigest;
use openssl::pkey::PKey;
use openssl::rsa::Rsa;
use openssl::x509::extension::SubjectAlternativeName;
use openssl::x509::{X509NameBuilder, X509ReqBuilder};
use proptest::prelude::*;

use super::*;
use crate::tbs::{SignedDer, rdn};
use crate::testing::identifiers;
use crate::{Sign, SoftwareKey, ToBeSigned};

/// The parts of a request, to be spoiled one at a time.
struct Draft {
    key: SoftwareKey,
    version: u8,
    subject: Vec<SetOfVec<AttributeTypeAndValue>>,
    extensions: Vec<Extension>,
    attributes: Option<Vec<Attribute>>,
    algorithm: Option<SignatureAlgorithm>,
}

impl Draft {
    fn new(names: &[GeneralName]) -> Self {
        Self {
            key: SoftwareKey::generate(KeyType::P256).unwrap(),
            version: 0,
            subject: vec![],
            extensions: vec![extension(oid::SUBJECT_ALT_NAME, &names.to_vec())],
            attributes: None,
            algorithm: None,
        }
    }

    fn build(self) -> Vec<u8> {
        let spki = Any::from_der(self.key.public_key().as_der()).unwrap();
        let attributes = self
            .attributes
            .unwrap_or_else(|| vec![extension_request(&self.extensions)]);
        let info = RequestInfo {
            version: self.version,
            subject: self.subject,
            public_key: AnyRef::from(&spki),
            attributes: SetOfVec::try_from(attributes).unwrap(),
        }
        .to_der()
        .unwrap();
        let signature = self.key.sign(ToBeSigned(&info)).unwrap();
        let algorithm = self.algorithm.unwrap_or(self.key.algorithm());
        SignedDer::assemble(&info, algorithm, &signature).unwrap()
    }

    fn parse(self) -> Result<CertificateRequest, CsrError> {
        CertificateRequest::parse(&self.build())
    }
}

fn extension(extn_id: ObjectIdentifier, value: &impl Encode) -> Extension {
    Extension {
        extn_id,
        critical: false,
        extn_value: OctetString::new(value.to_der().unwrap()).unwrap(),
    }
}

fn extension_request(extensions: &[Extension]) -> Attribute {
    Attribute {
        oid: EXTENSION_REQUEST,
        values: SetOfVec::try_from(vec![Any::encode_from(&extensions.to_vec()).unwrap()]).unwrap(),
    }
}

fn dns(name: &str) -> GeneralName {
    GeneralName::DnsName(Ia5String::new(name).unwrap())
}

fn ip(octets: &[u8]) -> GeneralName {
    GeneralName::IpAddress(OctetString::new(octets).unwrap())
}

fn common_name_of(value: Any) -> SetOfVec<AttributeTypeAndValue> {
    rdn(COMMON_NAME, value).unwrap()
}

fn utf8(text: &str) -> Any {
    Any::encode_from(&Utf8StringRef::new(text).unwrap()).unwrap()
}

#[test]
fn names_come_from_extension_and_subject_sorted_and_once() {
    let mut draft = Draft::new(&[
        dns("b.test"),
        dns("*.A.test"),
        ip(&[127, 0, 0, 1]),
        dns("b.test"),
        ip(&[0; 16]),
    ]);
    draft.subject = vec![common_name_of(utf8("C.test"))];
    let request = draft.parse().unwrap();
    assert_eq!(
        request.identifiers(),
        identifiers(&["*.a.test", "b.test", "c.test", "127.0.0.1", "::"])
    );
    assert_eq!(request.common_name(), Some(&identifiers(&["c.test"])[0]));
    assert_eq!(request.public_key().kind(), KeyType::P256);
}

#[test]
fn a_common_name_alone_is_enough() {
    for value in [
        utf8("a.test"),
        Any::encode_from(&PrintableStringRef::new("a.test").unwrap()).unwrap(),
        Any::encode_from(&Ia5StringRef::new("a.test").unwrap()).unwrap(),
    ] {
        let mut draft = Draft::new(&[]);
        draft.attributes = Some(vec![]);
        draft.subject = vec![common_name_of(value)];
        assert_eq!(draft.parse().unwrap().identifiers(), identifiers(&["a.test"]));
    }
}

#[test]
fn what_openssl_makes_is_read() {
    for (key, digest, kind) in [
        (
            PKey::from_rsa(Rsa::generate(2048).unwrap()).unwrap(),
            MessageDigest::sha512(),
            KeyType::Rsa,
        ),
        (
            PKey::private_key_from_pem(&SoftwareKey::generate(KeyType::P384).unwrap().to_pem().unwrap())
                .unwrap(),
            MessageDigest::sha256(),
            KeyType::P384,
        ),
    ] {
        let mut builder = X509ReqBuilder::new().unwrap();
        let mut name = X509NameBuilder::new().unwrap();
        name.append_entry_by_text("O", "Somebody").unwrap();
        name.append_entry_by_text("CN", "www.shop.test").unwrap();
        builder.set_subject_name(&name.build()).unwrap();
        builder.set_pubkey(&key).unwrap();
        let mut list = openssl::stack::Stack::new().unwrap();
        let names = SubjectAlternativeName::new()
            .dns("shop.test")
            .ip("192.0.2.1")
            .build(&builder.x509v3_context(None))
            .unwrap();
        list.push(names).unwrap();
        builder.add_extensions(&list).unwrap();
        builder.sign(&key, digest).unwrap();
        let request = CertificateRequest::parse(&builder.build().to_der().unwrap()).unwrap();
        assert_eq!(
            request.identifiers(),
            identifiers(&["shop.test", "www.shop.test", "192.0.2.1"])
        );
        assert_eq!(request.public_key().kind(), kind);
    }
}

#[test]
fn as_many_names_as_an_order_may_have_fit_at_their_longest() {
    let names = (0..MAX_IDENTIFIERS)
        .map(|number| {
            let labels = ["a".repeat(63), "b".repeat(63), "c".repeat(63), "d".repeat(57)].join(".");
            dns(&format!("n{number:03}.{labels}")[..253])
        })
        .collect::<Vec<_>>();
    let mut draft = Draft::new(&names);
    let key = PKey::from_rsa(Rsa::generate(4096).unwrap()).unwrap();
    draft.key = SoftwareKey::from_pem(&key.private_key_to_pem_pkcs8().unwrap()).unwrap();
    assert_eq!(draft.parse().unwrap().identifiers().len(), MAX_IDENTIFIERS);
}

#[test]
fn unwanted_names_are_refused() {
    let many = (0..=MAX_IDENTIFIERS)
        .map(|n| dns(&format!("n{n}.test")))
        .collect();
    let uri = Ia5String::new("https://a.test").unwrap();
    let mail = Ia5String::new("a@a.test").unwrap();
    for (names, error) in [
        (vec![], CsrError::NoNames),
        (many, CsrError::TooManyNames),
        (
            vec![GeneralName::Rfc822Name(mail)],
            CsrError::NameKind("rfc822Name"),
        ),
        (
            vec![GeneralName::UniformResourceIdentifier(uri)],
            CsrError::NameKind("uniformResourceIdentifier"),
        ),
        (
            vec![
                dns("a.test"),
                GeneralName::DirectoryName(x509_cert::name::Name::default()),
            ],
            CsrError::NameKind("directoryName"),
        ),
        (vec![ip(&[1, 2, 3])], CsrError::Address),
    ] {
        assert_eq!(Draft::new(&names).parse(), Err(error));
    }
    for name in ["a_b.test", "a.test.", "", "bad name", "*.*.test", "10.0.0.1"] {
        assert!(
            matches!(Draft::new(&[dns(name)]).parse(), Err(CsrError::Name(_))),
            "{name}"
        );
    }
}

#[test]
fn unwanted_subjects_are_refused() {
    let twice = vec![common_name_of(utf8("a.test")), common_name_of(utf8("b.test"))];
    let number = vec![common_name_of(Any::null())];
    for subject in [twice, number] {
        let mut draft = Draft::new(&[dns("a.test")]);
        draft.subject = subject;
        assert_eq!(draft.parse(), Err(CsrError::CommonName));
    }
    let mut draft = Draft::new(&[dns("a.test")]);
    draft.subject = vec![common_name_of(utf8("Web Server"))];
    assert!(matches!(draft.parse(), Err(CsrError::Name(_))));
}

#[test]
fn unwanted_extensions_are_refused() {
    let spoil = |spoil: fn(&mut Draft)| {
        let mut draft = Draft::new(&[dns("a.test")]);
        spoil(&mut draft);
        draft.parse().unwrap_err()
    };
    assert_eq!(
        spoil(|draft| draft.extensions.push(extension(oid::TLS_FEATURE, &vec![5_u8]))),
        CsrError::MustStaple
    );
    let is_ca = |draft: &mut Draft| {
        let value = BasicConstraints {
            ca: true,
            path_len_constraint: None,
        };
        draft.extensions.push(extension(oid::BASIC_CONSTRAINTS, &value));
    };
    assert_eq!(spoil(is_ca), CsrError::Authority);
    assert_eq!(
        spoil(|draft| draft.extensions.push(draft.extensions[0].clone())),
        CsrError::DuplicateExtension(oid::SUBJECT_ALT_NAME)
    );
    assert_eq!(
        spoil(|draft| {
            let other = extension_request(&[extension(oid::KEY_USAGE, &Any::null())]);
            draft.attributes = Some(vec![extension_request(&draft.extensions), other]);
        }),
        CsrError::ExtensionRequest
    );
    assert_eq!(
        spoil(|draft| draft.extensions[0].extn_value = OctetString::new(vec![0x30, 0x01]).unwrap()),
        CsrError::AltName
    );
}

#[test]
fn the_envelope_is_checked() {
    let mut draft = Draft::new(&[dns("a.test")]);
    draft.version = 1;
    assert_eq!(draft.parse(), Err(CsrError::Version));

    let mut draft = Draft::new(&[dns("a.test")]);
    draft.algorithm = Some(SignatureAlgorithm::RsaSha256);
    assert_eq!(draft.parse(), Err(CsrError::Algorithm));

    let mut draft = Draft::new(&[dns("a.test")]);
    draft.algorithm = Some(SignatureAlgorithm::EcdsaSha384);
    assert_eq!(draft.parse(), Err(CsrError::Signature));

    let good = Draft::new(&[dns("a.test")]).build();
    assert!(CertificateRequest::parse(&good).is_ok());
    let longer = [&good[..], &[0]].concat();
    assert_eq!(CertificateRequest::parse(&longer), Err(CsrError::Encoding));
    assert_eq!(
        CertificateRequest::parse(&good[..good.len() - 1]),
        Err(CsrError::Encoding)
    );
    assert_eq!(CertificateRequest::parse(&[]), Err(CsrError::Encoding));
    assert_eq!(
        CertificateRequest::parse(&vec![0x30; MAX_CSR_LENGTH + 1]),
        Err(CsrError::TooLong(MAX_CSR_LENGTH + 1))
    );
}

#[test]
fn a_changed_octet_is_noticed() {
    let good = Draft::new(&[dns("a.test")]).build();
    let original = CertificateRequest::parse(&good).unwrap();
    for index in 0..good.len() {
        let mut changed = good.clone();
        changed[index] ^= 1;
        if let Ok(request) = CertificateRequest::parse(&changed) {
            panic!("octet {index} was changed: {original:?} became {request:?}");
        }
    }
}

proptest! {
    #[test]
    fn any_octets_get_an_answer(octets in proptest::collection::vec(any::<u8>(), 0..200)) {
        prop_assert!(CertificateRequest::parse(&octets).is_err());
    }

    #[test]
    fn a_damaged_request_gets_an_answer(at in 0_usize..300, octet in any::<u8>(), cut in 0_usize..400) {
        let mut damaged = Draft::new(&[dns("a.test"), ip(&[1, 2, 3, 4])]).build();
        damaged.truncate(cut.max(1));
        let at = at % damaged.len();
        damaged[at] = octet;
        let _ = CertificateRequest::parse(&damaged);
    }
}
