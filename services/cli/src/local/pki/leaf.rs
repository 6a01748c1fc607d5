//! Certificates for TLS: of the services among themselves, and of the front end.

use std::path::PathBuf;

use cairn_kit::SystemClock;
use cairn_types::{Clock, Duration, Identifier, KeyType};
use cairn_x509::authority::service;
use cairn_x509::{CertificateView, ExtendedUsage, Sign, SoftwareKey};

use super::hierarchy::Root;
use super::{fits, pair, read_certificate, read_key, serial, validity_of, write_pair};

/// Some clients refuse certificates of servers that are valid for longer.
const DAYS: u64 = 397;

/// What must be left at start; `cairn local` is restarted more often than this.
const LEFT: Duration = Duration::from_secs(90 * 86_400);

/// A certificate as it should be.
pub(super) struct Leaf {
    /// Its `.pem` and `.key`, without these.
    pub(super) path: PathBuf,
    pub(super) names: Vec<Identifier>,
    pub(super) usages: &'static [ExtendedUsage],
}

impl Leaf {
    /// Makes it anew, unless there is a good one.
    pub(super) fn renew(&self, root: &Root) -> anyhow::Result<()> {
        if self.is_good(root) {
            return Ok(());
        }
        let key = SoftwareKey::generate(KeyType::P256)?;
        let certificate = service(
            &self.names,
            self.usages,
            key.public_key(),
            root.authority(),
            serial()?,
            validity_of(DAYS),
        )?;
        write_pair(&self.path, &certificate, &key)
    }

    /// Whether what is there is for these names, by this root, fits its key, and stays valid for long.
    fn is_good(&self, root: &Root) -> bool {
        let (certificate, key) = pair(&self.path);
        let (Ok(certificate), Ok(key)) = (read_certificate(&certificate), read_key(&key)) else {
            return false;
        };
        let Ok(view) = CertificateView::from_der(&certificate) else {
            return false;
        };
        let mut names = view.identifiers();
        let mut wanted = self.names.clone();
        names.sort();
        wanted.sort();
        names == wanted
            && fits(&view, &key)
            && view.is_signed_by(root.authority().key.public_key())
            && view.not_after() > SystemClock.now() + LEFT
    }
}
