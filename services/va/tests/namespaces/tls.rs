//! Certificates for the processes.

use std::path::Path;

use cairn_kit::{FilePath, Secret, SystemClock, SystemRng};
use cairn_rpc::TlsConfig;
use cairn_types::{Clock, Duration, Identifier, KeyType, Serial};
use cairn_x509::authority::{Authority, AuthorityName, root, service};
use cairn_x509::{ExtendedUsage, Sign, SoftwareKey, Validity, pem};

/// Writes `ca.pem`, and for each name a `NAME.pem` and a `NAME.key`.
pub(crate) fn write(directory: &Path, names: &[String]) {
    let now = SystemClock.now().floor_secs();
    let validity = Validity {
        not_before: now - Duration::from_secs(60),
        not_after: now + Duration::from_secs(3600),
    };
    let serial = || Serial::new(1, &SystemClock, &SystemRng).unwrap();
    let key = SoftwareKey::generate(KeyType::P256).unwrap();
    let name = AuthorityName {
        country: None,
        organization: "Test".to_owned(),
        common_name: "Services".to_owned(),
    };
    let certificate = root(&name, &key, serial(), validity).unwrap();
    std::fs::write(directory.join("ca.pem"), pem::encode(&certificate)).unwrap();
    let authority = Authority {
        certificate: &certificate,
        key: &key,
    };
    for name in names {
        let own = SoftwareKey::generate(KeyType::P256).unwrap();
        let certificate = service(
            &[Identifier::parse("dns", name).unwrap()],
            &[ExtendedUsage::ServerAuth, ExtendedUsage::ClientAuth],
            own.public_key(),
            authority,
            serial(),
            validity,
        )
        .unwrap();
        std::fs::write(directory.join(format!("{name}.pem")), pem::encode(&certificate)).unwrap();
        std::fs::write(directory.join(format!("{name}.key")), own.to_pem().unwrap()).unwrap();
    }
}

/// The identity of that name.
pub(crate) fn identity(directory: &Path, name: &str) -> TlsConfig {
    TlsConfig {
        certificate: FilePath::from(directory.join(format!("{name}.pem"))),
        key: Secret::from_bytes(std::fs::read(directory.join(format!("{name}.key"))).unwrap()),
        ca: FilePath::from(directory.join("ca.pem")),
    }
}
