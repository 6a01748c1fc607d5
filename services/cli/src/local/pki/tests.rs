use std::net::IpAddr;

use cairn_x509::CertificateView;

use super::*;

fn names(texts: &[&str]) -> Vec<Identifier> {
    let parse = |text: &&str| {
        let kind = if text.parse::<IpAddr>().is_ok() {
            "ip"
        } else {
            "dns"
        };
        Identifier::parse(kind, text).unwrap()
    };
    texts.iter().map(parse).collect()
}

fn view(path: &Path) -> CertificateView {
    CertificateView::from_der(&read_certificate(path).unwrap()).unwrap()
}

#[test]
fn everything_is_made_once_and_fits_together() {
    let dir = tempfile::tempdir().unwrap();
    let layout = Layout::open(dir.path()).unwrap();
    let localhost = names(&["localhost", "127.0.0.1", "::1"]);
    let (pki, is_new) = Pki::prepare(&layout, &Service::all(2), &localhost).unwrap();
    assert!(is_new);
    for hierarchy in &HIERARCHIES {
        let folder = pki.hierarchy(hierarchy);
        let (root, intermediate) = (
            view(&folder.join("root.pem")),
            view(&folder.join("intermediate.pem")),
        );
        assert!(root.is_signed_by(&root.public_key().unwrap()));
        assert!(intermediate.is_signed_by(&root.public_key().unwrap()));
        assert_eq!(intermediate.public_key().unwrap().kind(), hierarchy.kind);
    }
    let services = Service::all(2).into_iter();
    let services = services.map(|service| (service.dns_name(), pki.service(service)));
    let operator = (OPERATOR.to_owned(), pki.operator());
    for (name, (certificate, key)) in services.chain([operator]) {
        let certificate = view(&certificate);
        assert!(fits(&certificate, &read_key(&key).unwrap()));
        assert_eq!(certificate.identifiers(), names(&[&name]));
        assert!(certificate.is_signed_by(&view(&pki.services_ca()).public_key().unwrap()));
    }

    let (https, _) = pki.https();
    let before = (fs::read(&https).unwrap(), fs::read(pki.issuer_roots()).unwrap());
    let (_, is_new) = Pki::prepare(&layout, &Service::all(2), &localhost).unwrap();
    assert!(!is_new);
    assert_eq!(
        before,
        (fs::read(&https).unwrap(), fs::read(pki.issuer_roots()).unwrap())
    );

    Pki::prepare(&layout, &Service::all(2), &names(&["ca.example"])).unwrap();
    assert_eq!(view(&https).identifiers(), names(&["ca.example"]));
    assert_eq!(before.1, fs::read(pki.issuer_roots()).unwrap());
}

#[test]
fn perspectives_may_become_more() {
    let dir = tempfile::tempdir().unwrap();
    let layout = Layout::open(dir.path()).unwrap();
    let localhost = names(&["localhost"]);
    let read = |path: PathBuf| fs::read(path).unwrap();
    let (pki, _) = Pki::prepare(&layout, &Service::all(1), &localhost).unwrap();
    let before = read(pki.receipt_key(Service::Remote(1)));
    let (pki, is_new) = Pki::prepare(&layout, &Service::all(3), &localhost).unwrap();
    assert!(!is_new);
    assert_eq!(read(pki.receipt_key(Service::Remote(1))), before);
    assert_ne!(read(pki.receipt_key(Service::Remote(3))), before);
    for service in [Service::Va, Service::Remote(1), Service::Remote(3)] {
        let private = PKey::private_key_from_pem(&read(pki.receipt_key(service))).unwrap();
        let public = PKey::public_key_from_pem(&read(pki.receipt_public_key(service))).unwrap();
        assert!(private.public_eq(&public));
    }
}

#[test]
fn an_interrupted_start_leaves_nothing_half_made() {
    let dir = tempfile::tempdir().unwrap();
    let layout = Layout::open(dir.path()).unwrap();
    fs::create_dir_all(layout.dir().join("pki.new/acme/ecdsa")).unwrap();
    fs::write(layout.dir().join("pki.new/acme/ecdsa/root.key"), "half").unwrap();
    let (pki, is_new) = Pki::prepare(&layout, &Service::all(2), &names(&["localhost"])).unwrap();
    assert!(is_new && !layout.dir().join("pki.new").exists());
    assert_eq!(fingerprint(&pki.issuer_roots()).unwrap().len(), 64);
}

#[test]
fn keys_are_for_their_owner_alone() {
    use std::os::unix::fs::PermissionsExt;
    let dir = tempfile::tempdir().unwrap();
    let layout = Layout::open(dir.path()).unwrap();
    let (pki, _) = Pki::prepare(&layout, &Service::all(2), &names(&["localhost"])).unwrap();
    let keys = [
        pki.receipt_key(Service::Va),
        pki.receipt_key(Service::Remote(2)),
        pki.nonce_key(),
        pki.https().1,
        pki.service(Service::Ca).1,
        pki.operator().1,
        pki.hierarchy(&HIERARCHIES[1]).join("intermediate.key"),
    ];
    for key in keys {
        assert_eq!(
            fs::metadata(&key).unwrap().permissions().mode() & 0o777,
            0o600,
            "{}",
            key.display()
        );
    }
}
