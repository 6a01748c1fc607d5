//! Connections: TLS, passwords, the pool.

use std::time::Duration;

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
use tokio_postgres::NoTls;
use tokio_postgres::error::SqlState;

use super::connection::Conn;
use crate::config::server::Tls;
use crate::config::{DatabaseConfig, Server};
use crate::db::OpenError;
use crate::db::errors::{Failure, Result};

/// How long a transaction waits for a connection of the pool, or for a new one.
const CONNECT: Duration = Duration::from_secs(5);

/// Makes connections to one server, or to that of several which takes writes.
#[derive(Clone)]
pub(super) struct Connector {
    server: tokio_postgres::Config,
    tls: Option<MakeTlsConnector>,
    /// Whether a connection keeps its prepared statements from one transaction to the next.
    sessions: bool,
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
            settings.connect_timeout(CONNECT);
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
        })
    }

    /// A new connection.
    pub(super) async fn connect(&self) -> std::result::Result<AsyncPgConnection, Refusal> {
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
    /// The server does not want this user, or has no such database.
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
        // Class 28 is about users and passwords, class 3D about databases.
        let unwanted = |code: &SqlState| ["28", "3D"].iter().any(|class| code.code().starts_with(class));
        if error.code().is_some_and(unwanted) {
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
        let mut manager = ManagerConfig::default();
        manager.custom_setup = Box::new(move |_url| {
            let connector = connector.clone();
            async move {
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
    pub(super) async fn get(&self, statements: &Counter) -> Result<Conn> {
        match tokio::time::timeout(CONNECT, self.0.get()).await {
            Ok(Ok(pooled)) => Ok(Conn::new(pooled, statements)),
            Ok(Err(error)) => Err(Failure::Unreachable(error.to_string())),
            Err(_elapsed) => Err(Failure::Overloaded),
        }
    }

    /// Closes the connections that nobody uses: those to a server that went away are all dead.
    pub(super) fn forget_idle(&self) {
        self.0.retain(|_, _| false);
    }
}
