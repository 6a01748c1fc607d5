//! The CA under test: its services, and what stands between them.

use std::fmt;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use anyhow::{Context, Result};
use cairn_testkit::dns::DnsServer;
use cairn_testkit::responder::Http01;
use cairn_testkit::stack::{Options, Service, Stack};

use crate::args::Args;
use crate::database::{Backend, Server};
use crate::proxy::Proxy;

/// How long leases on validations and issuances last in these runs.
pub(crate) const LEASE: Duration = Duration::from_secs(2);

/// How often janitors look for leases that ran out.
const JANITOR_INTERVAL: &str = "300ms";

/// How long services may take to be there again when nobody disturbs them any more.
const RECOVERY: Duration = Duration::from_secs(30);

/// Calls from one service to another.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Edge {
    from: Service,
    to: Service,
}

impl fmt::Display for Edge {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "from {} to {}", self.from.name(), self.to.name())
    }
}

/// Who calls whom.
pub(crate) const EDGES: [Edge; 6] = [
    edge(Service::Wfe, Service::Ra),
    edge(Service::Wfe, Service::Sa),
    edge(Service::Ra, Service::Sa),
    edge(Service::Ra, Service::Va),
    edge(Service::Ra, Service::Ca),
    edge(Service::Ca, Service::Sa),
];

const fn edge(from: Service, to: Service) -> Edge {
    Edge { from, to }
}

/// A CA with a relay on every edge, and what it validates against.
#[derive(Debug)]
pub(crate) struct World {
    pub(crate) stack: Stack,
    pub(crate) responder: Http01,
    pub(crate) server: Option<Server>,
    proxies: Vec<(Edge, Proxy)>,
    paused: Mutex<Vec<Service>>,
    _dns: DnsServer,
}

impl World {
    /// Starts everything.
    pub(crate) async fn start(args: &Args) -> Result<Self> {
        let (responder, dns) = (Http01::start().await?, DnsServer::start().await?);
        let mut options = Options::new(responder.port(), responder.port(), dns.address());
        let server = match args.backend {
            Backend::Sqlite => None,
            Backend::Postgres => Some(Server::start().await?),
        };
        options.database = server.as_ref().map(Server::for_owner);
        options.replaced = args
            .ca_binary
            .iter()
            .map(|path| (Service::Ca, path.clone()))
            .collect();
        let stack = Stack::start(options).await?;
        if args.keep {
            stack.keep()?;
        }
        let mut proxies = Vec::new();
        for edge in EDGES {
            proxies.push((edge, Proxy::start(stack.grpc_address(edge.to)?).await?));
        }
        let world = Self {
            stack,
            responder,
            server,
            proxies,
            paused: Mutex::default(),
            _dns: dns,
        };
        world.reconfigure().await?;
        Ok(world)
    }

    /// The relay on an edge.
    pub(crate) fn proxy(&self, edge: Edge) -> Result<&Proxy> {
        let found = self.proxies.iter().find(|(known, _)| *known == edge);
        found
            .map(|(_, proxy)| proxy)
            .with_context(|| format!("no relay {edge}"))
    }

    /// Puts the relays between the services, takes what it does not need from the storage authority, and makes leases
    /// short, so that pausing past them is quick.
    async fn reconfigure(&self) -> Result<()> {
        if let Some(server) = &self.server {
            let database = server.for_service();
            self.stack
                .reconfigure(Service::Sa, |config| {
                    set(config, "database", "url", database.url);
                    set(config, "database", "migrate_at_start", false);
                    if let Some(file) = database.password_file {
                        set(config, "database", "password_file", file.display().to_string());
                    }
                })
                .await?;
        }
        for caller in [Service::Ca, Service::Ra, Service::Wfe] {
            self.stack
                .reconfigure(caller, |config| {
                    for (edge, proxy) in self.proxies.iter().filter(|(edge, _)| edge.from == caller) {
                        let addresses = vec![proxy.address().to_string()];
                        set(config, edge.to.name(), "addresses", addresses);
                    }
                    if caller == Service::Ra {
                        let lease = format!("{}ms", LEASE.as_millis());
                        set(config, "finalize", "lease", lease.clone());
                        set(config, "validation", "lease", lease);
                        set(config, "janitor", "interval", JANITOR_INTERVAL);
                    }
                })
                .await?;
        }
        Ok(())
    }

    /// Whether all services are there, apart from those that are paused.
    pub(crate) async fn is_complete(&self) -> Result<bool> {
        for service in Service::ALL {
            let is_paused = self.paused().contains(&service);
            if !is_paused && !self.stack.is_ready(service).await? {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// Stops a service's clock.
    pub(crate) fn pause(&self, service: Service) -> Result<()> {
        self.paused().push(service);
        self.stack.pause(service)
    }

    /// Lets it go on.
    pub(crate) fn resume(&self, service: Service) -> Result<()> {
        let mut paused = self.paused();
        if let Some(at) = paused.iter().position(|it| *it == service) {
            paused.swap_remove(at);
        }
        self.stack.resume(service)
    }

    fn paused(&self) -> MutexGuard<'_, Vec<Service>> {
        self.paused.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits until every service says that it is ready.
    pub(crate) async fn recovers(&self) -> Result<()> {
        for service in Service::ALL {
            self.stack.ready(service, RECOVERY).await?;
        }
        Ok(())
    }
}

fn set(config: &mut toml::Table, section: &str, key: &str, value: impl Into<toml::Value>) {
    let section = config.entry(section).or_insert_with(|| toml::Table::new().into());
    if let Some(section) = section.as_table_mut() {
        section.insert(key.to_owned(), value.into());
    }
}
