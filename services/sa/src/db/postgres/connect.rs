//! Connections: TLS, passwords, the pool.

use std::sync::Arc;
use std::time::{Duration, Instant};

use diesel::ConnectionError;
use diesel::connection::CacheSize;
use diesel_async::pooled_connection::{
    AsyncDieselConnectionManager, ManagerConfig, RecyclingMethod, deadpool,
};
use diesel_async::{AsyncConnection, AsyncPgConnection, SimpleAsyncConnection};
use futures_util::FutureExt;
use openssl::error::ErrorStack;
use openssl::ssl::{SslConnector, SslFiletype, SslMethod, SslVersion};
use openssl::x509::X509;
use openssl::x509::store::X509StoreBuilder;
use postgres_openssl::MakeTlsConnector;
use prometheus_client::metrics::counter::Counter;
use tokio::sync::Semaphore;
use tokio_postgres::NoTls;
use tokio_postgres::config::{LoadBalanceHosts, TargetSessionAttrs};
use tokio_postgres::error::SqlState;

use super::connection::Conn;
use crate::config::server::Tls;
use crate::config::{DatabaseConfig, Server};
use crate::db::OpenError;
use crate::db::errors::{Failure, Result};

/// How long a transaction waits for a connection of the pool.
const WAIT: Duration = Duration::from_secs(5);

/// How long a new connection may take, whatever hosts it is looked for at.
const CONNECT: Duration = Duration::from_secs(4);

/// How many connections of a pool are made at a time. A server that all callers turn to at once, after a restart, would
/// be so slow for each that none came through in time, and all began again.
const AT_A_TIME: usize = 4;

/// How long each address may take to accept it, unless the URL says.
const ACCEPT: Duration = Duration::from_secs(2);

/// A host that is gone closes no connection: it is asked for a sign of life after a time without one, at this
/// interval, and may leave as much time without an answer.
const SILENCE: Duration = Duration::from_secs(10);
const SIGN_OF_LIFE: Duration = Duration::from_secs(2);
const SIGNS_OF_LIFE: u32 = 5;

/// What TLS says about a server that is not the one of the URL. It will not become that one.
const WRONG_SERVER: [&str; 2] = ["certificate verify failed", "server does not support TLS"];

/// Makes connections to one server, or to that of several which takes writes.
#[derive(Clone)]
pub(super) struct Connector {
    server: tokio_postgres::Config,
    tls: Option<MakeTlsConnector>,
    /// Whether a connection keeps its prepared statements from one transaction to the next.
    sessions: bool,
    /// What every connection begins with, if it keeps that.
    session: String,
}

impl Connector {
    pub(super) fn new(server: &Server, config: &DatabaseConfig) -> std::result::Result<Self, OpenError> {
        let unusable = |why: String| OpenError::Unusable {
            path: server.to_string(),
            why,
        };
        let mut settings = server.settings().clone();
        if let Some(password) = &config.password_file {
            let text = password
                .expose_text()
                .ok_or_else(|| unusable("its password file is not UTF-8".to_owned()))?;
            settings.password(text);
        }
        if settings.get_connect_timeout().is_none() {
            settings.connect_timeout(ACCEPT);
        }
        settings
            .keepalives_idle(SILENCE)
            .keepalives_interval(SIGN_OF_LIFE)
            .keepalives_retries(SIGNS_OF_LIFE)
            .tcp_user_timeout(SILENCE);
        if settings.get_target_session_attrs() == TargetSessionAttrs::ReadWrite {
            // One that hangs must not be asked first each time.
            settings.load_balance_hosts(LoadBalanceHosts::Random);
        }
        settings.application_name("cairn-sa");
        let tls = server
            .tls()
            .map(connector)
            .transpose()
            .map_err(|error| unusable(format!("TLS: {error}")))?;
        settings.ssl_mode(if tls.is_some() {
            tokio_postgres::config::SslMode::Require
        } else {
            tokio_postgres::config::SslMode::Disable
        });
        Ok(Self {
            server: settings,
            tls,
            sessions: config.postgres.prepared_statements,
            session: format!(
                "SET statement_timeout = {}",
                config.postgres.statement_timeout.as_millis()
            ),
        })
    }

    /// A new connection.
    pub(super) async fn connect(&self) -> std::result::Result<AsyncPgConnection, Refusal> {
        tokio::time::timeout(CONNECT, self.try_connect())
            .await
            .unwrap_or_else(|_| Err(Refusal::Unreachable(format!("no answer within {CONNECT:?}"))))
    }

    async fn try_connect(&self) -> std::result::Result<AsyncPgConnection, Refusal> {
        let client = match self.tls.clone() {
            Some(tls) => {
                let (client, connection) = self.server.connect(tls).await?;
                tokio::spawn(log_end(connection));
                client
            }
            None => {
                let (client, connection) = self.server.connect(NoTls).await?;
                tokio::spawn(log_end(connection));
                client
            }
        };
        if self.sessions {
            client.batch_execute(&self.session).await?;
            return Ok(AsyncPgConnection::try_from(client).await?);
        }
        // What Diesel prepares and runs at first must meet one session of the server, not two.
        client.batch_execute("BEGIN").await?;
        let mut conn = AsyncPgConnection::try_from(client).await?;
        conn.batch_execute("COMMIT")
            .await
            .map_err(ConnectionError::CouldntSetupConfiguration)?;
        conn.set_prepared_statement_cache_size(CacheSize::Disabled);
        Ok(conn)
    }
}

fn connector(tls: &Tls) -> std::result::Result<MakeTlsConnector, String> {
    let roots = std::fs::read(&tls.roots).map_err(|error| format!("{}: {error}", tls.roots.display()))?;
    build(tls, &roots).map_err(|error| error.to_string())
}

/// Trusts these roots, and not those of the system. The name of the host is checked by default.
fn build(tls: &Tls, roots: &[u8]) -> std::result::Result<MakeTlsConnector, ErrorStack> {
    let mut builder = SslConnector::builder(SslMethod::tls_client())?;
    builder.set_min_proto_version(Some(SslVersion::TLS1_2))?;
    let mut store = X509StoreBuilder::new()?;
    for root in X509::stack_from_pem(roots)? {
        store.add_cert(root)?;
    }
    builder.set_cert_store(store.build());
    if let Some((certificate, key)) = &tls.identity {
        builder.set_certificate_chain_file(certificate)?;
        builder.set_private_key_file(key, SslFiletype::PEM)?;
        builder.check_private_key()?;
    }
    Ok(MakeTlsConnector::new(builder.build()))
}

/// What a server says when it closes a connection by itself is not an answer to any statement.
async fn log_end(connection: impl Future<Output = std::result::Result<(), tokio_postgres::Error>>) {
    if let Err(error) = connection.await {
        tracing::info!(%error, "a connection to the database ended");
    }
}

/// Why there is no connection.
#[derive(Debug, thiserror::Error)]
pub(super) enum Refusal {
    /// The server does not want this user, has no such database, or is not the one that is meant.
    #[error("{0}")]
    Unwanted(String),
    /// There is no server, or it is starting, or it is not the one that takes writes.
    #[error("{0}")]
    Unreachable(String),
}

impl From<tokio_postgres::Error> for Refusal {
    fn from(error: tokio_postgres::Error) -> Self {
        let text = match std::error::Error::source(&error) {
            Some(cause) => format!("{error}: {cause}"),
            None => error.to_string(),
        };
        // Class 28 is about users and passwords, class 3D about databases, class 42 about permissions.
        let unwanted = |code: &SqlState| {
            ["28", "3D", "42"]
                .iter()
                .any(|class| code.code().starts_with(class))
        };
        let wrong = || WRONG_SERVER.iter().any(|what| text.contains(what));
        if error.code().is_some_and(unwanted) || wrong() {
            Self::Unwanted(text)
        } else {
            Self::Unreachable(text)
        }
    }
}

impl From<ConnectionError> for Refusal {
    fn from(error: ConnectionError) -> Self {
        Self::Unreachable(error.to_string())
    }
}

/// The connections that transactions share.
pub(super) struct Pool(deadpool::Pool<AsyncPgConnection>);

impl Pool {
    /// Connections are made when they are needed.
    pub(super) fn new(server: &Server, config: &DatabaseConfig) -> std::result::Result<Self, OpenError> {
        let connector = Connector::new(server, config)?;
        let turns = Arc::new(Semaphore::new(AT_A_TIME));
        let mut manager = ManagerConfig::default();
        manager.custom_setup = Box::new(move |_url| {
            let (connector, turns) = (connector.clone(), Arc::clone(&turns));
            async move {
                // It is never closed.
                let _turn = turns.acquire().await;
                let conn = connector.connect().await;
                conn.map_err(|refusal| ConnectionError::BadConnection(refusal.to_string()))
            }
            .boxed()
        });
        // A connection that has died in the meantime is noticed by its first statement, which is repeated.
        manager.recycling_method = RecyclingMethod::Fast;
        let manager = AsyncDieselConnectionManager::new_with_config(String::new(), manager);
        let pool = deadpool::Pool::builder(manager)
            .max_size(config.postgres.pool)
            .build()
            .map_err(|error| OpenError::Unusable {
                path: server.to_string(),
                why: error.to_string(),
            })?;
        Ok(Self(pool))
    }

    /// A connection to run statements on, which `statements` counts.
    pub(super) async fn get(&self, statements: &Counter, statement_timeout: Duration) -> Result<Conn> {
        match tokio::time::timeout(WAIT, self.0.get()).await {
            Ok(Ok(pooled)) => Ok(Conn::new(pooled, statements, statement_timeout)),
            Ok(Err(error)) => Err(Failure::Unreachable(error.to_string())),
            Err(_elapsed) => Err(Failure::Overloaded),
        }
    }

    /// Closes the connections that nobody uses and that are older than this: those to a server that went away are
    /// all dead.
    pub(super) fn forget_idle(&self, older_than: Instant) {
        self.0.retain(|_, metrics| metrics.created > older_than);
    }
}
