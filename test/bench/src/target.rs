//! The server that is measured, and what it needs to validate against.

use std::path::PathBuf;

use anyhow::Context;
use cairn_testkit::client::{Client, Trust};
use cairn_testkit::dns::DnsServer;
use cairn_testkit::responder::Http01;
use cairn_testkit::stack::{Options, Stack};

use crate::args::Args;

/// A server, and the responders that it sees.
pub(crate) struct Target {
    server: Server,
    responder: Http01,
    _dns: DnsServer,
}

enum Server {
    /// Started for this run, stopped when dropped.
    Own(Box<Stack>),
    Running {
        directory: String,
        trust: Trust,
        env: Option<PathBuf>,
    },
}

impl Target {
    /// Starts what is to be started.
    pub(crate) async fn prepare(args: &Args) -> anyhow::Result<Self> {
        let Some(directory) = args.directory.clone() else {
            return Self::start().await;
        };
        let bundle = args.ca_bundle.as_ref().context("--ca-bundle is missing")?;
        let pem = std::fs::read(bundle).with_context(|| bundle.display().to_string())?;
        let listen = |error| move || format!("{error} cannot be listened on");
        let responder = Http01::start_on(args.http_01_listen).await;
        let dns = DnsServer::start_on(args.dns_listen).await;
        Ok(Self {
            server: Server::Running {
                directory,
                trust: Trust::roots(&pem)?,
                env: args.env.clone(),
            },
            responder: responder.with_context(listen(args.http_01_listen))?,
            _dns: dns.with_context(listen(args.dns_listen))?,
        })
    }

    async fn start() -> anyhow::Result<Self> {
        let (responder, dns) = (Http01::start().await?, DnsServer::start().await?);
        // Nothing is validated by tls-alpn-01.
        let options = Options::new(responder.port(), responder.port(), dns.address());
        let stack = Stack::start(options).await?;
        Ok(Self {
            server: Server::Own(Box::new(stack)),
            responder,
            _dns: dns,
        })
    }

    /// The URL of the directory.
    pub(crate) fn directory_url(&self) -> String {
        match &self.server {
            Server::Own(stack) => stack.directory_url(),
            Server::Running { directory, .. } => directory.clone(),
        }
    }

    /// A client of the server.
    pub(crate) async fn client(&self) -> anyhow::Result<Client> {
        match &self.server {
            Server::Own(stack) => stack.client().await,
            Server::Running { directory, trust, .. } => Ok(Client::new(directory, trust).await?),
        }
    }

    /// The file that names the server's processes.
    pub(crate) fn env_file(&self) -> Option<PathBuf> {
        match &self.server {
            Server::Own(stack) => Some(stack.env_file()),
            Server::Running { env, .. } => env.clone(),
        }
    }

    /// The web server that answers challenges.
    pub(crate) const fn responder(&self) -> &Http01 {
        &self.responder
    }
}
