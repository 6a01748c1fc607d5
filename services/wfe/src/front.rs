//! What all requests share.

use std::sync::Arc;

use bytes::Bytes;
use cairn_acme::nonce::Nonces;
use cairn_kit::{BoxError, Env, Secret};
use cairn_ratelimit::Limiter;
use cairn_rpc::Transport;
use cairn_rpc::client::{RaClient, SaClient};
use cairn_types::{Clock, Error, Rng, Serial};
use moka::sync::Cache;

use crate::config::{Config, HttpConfig};
use crate::handlers::{directory, start};
use crate::issuers::Issuers;
use crate::limits;
use crate::metrics::Measured;
use crate::present::Persist;
use crate::request::{Accounts, Call, MemorySpentNonces, SpentNonces};
use crate::urls::Urls;

/// How many ids of replaced certificates are remembered.
const REPLACED: u64 = 10_000;

/// The front end.
pub(crate) struct Wfe {
    pub(crate) ra: RaClient,
    pub(crate) sa: SaClient,
    pub(crate) accounts: Accounts,
    pub(crate) nonces: Nonces,
    pub(crate) spent: Box<dyn SpentNonces>,
    pub(crate) urls: Urls,
    pub(crate) issuers: Issuers,
    /// What challenge objects of dns-persist-01 say.
    pub(crate) persist: Persist,
    /// The directory and the start page never change.
    pub(crate) directory: Bytes,
    pub(crate) start_page: Bytes,
    pub(crate) offers_new_authz: bool,
    pub(crate) limiter: Limiter,
    pub(crate) measured: Measured,
    pub(crate) http: HttpConfig,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) rng: Arc<dyn Rng>,
    replaced: Cache<Serial, Arc<str>>,
}

impl Wfe {
    /// Reads the files that the configuration names.
    pub(crate) fn new(config: &Config, env: &Env, transport: &Transport) -> Result<Self, BoxError> {
        let sa = SaClient::new(transport.channel(SaClient::TARGET, &config.sa)?);
        let nonces = &config.nonces;
        let urls = Urls::new(config.base_url.clone(), config.directory.terms_of_service.clone());
        let issuers = Issuers::load(config)?;
        let directory = directory::document(config, &urls);
        Ok(Self {
            ra: RaClient::new(transport.channel(RaClient::TARGET, &config.ra)?),
            accounts: Accounts::new(sa.clone(), &config.accounts),
            sa,
            nonces: Nonces::new(
                nonces.key.expose(),
                nonces.previous_key.as_ref().map(Secret::expose),
                nonces.lifetime,
            )?,
            spent: Box::new(MemorySpentNonces::open(nonces, env.clock.now())?),
            directory: serde_json::to_vec(&directory)?.into(),
            start_page: start::page(&directory, &issuers, &urls).into(),
            urls,
            issuers,
            persist: Persist::new(&config.dns_persist_01, &config.directory.caa_identities),
            offers_new_authz: config.directory.new_authz,
            limiter: limits::limiter(&config.limits, env),
            measured: Measured::register(&env.metrics),
            http: config.http.clone(),
            clock: env.clock.clone(),
            rng: env.rng.clone(),
            replaced: Cache::new(REPLACED),
        })
    }

    /// A fresh nonce.
    pub(crate) fn mint_nonce(&self) -> String {
        self.nonces.mint(self.clock.now(), &*self.rng)
    }

    /// The id (RFC 9773 section 4.1) of a certificate that an order replaces.
    pub(crate) async fn replaced_id(&self, call: &Call, serial: Serial) -> Result<Option<Arc<str>>, Error> {
        if let Some(id) = self.replaced.get(&serial) {
            return Ok(Some(id));
        }
        let certificate = self.sa.get_certificate(&call.context, serial).await?;
        let id = self.issuers.certificate_id(&certificate.issuer, serial);
        let id = id.map(|id| Arc::from(id.to_string()));
        if let Some(id) = &id {
            self.replaced.insert(serial, Arc::clone(id));
        }
        Ok(id)
    }

    /// Remembers the id of a certificate that a client named.
    pub(crate) fn remember_replaced(&self, serial: Serial, id: &str) {
        self.replaced.insert(serial, Arc::from(id));
    }
}
