//! PgBouncer: a pool between clients and PostgreSQL.

use std::net::{Ipv4Addr, TcpStream};
use std::os::unix::net::UnixStream;
use std::path::PathBuf;
use std::time::Duration;

use anyhow::{Context, Result};

use crate::home::home;
use crate::ports;
use crate::postgres::{Address, Database, Postgres, Role, SUPERUSER, execute, password, psql};
use crate::process::Process;
use crate::tls::tls;

const START: Duration = Duration::from_secs(20);

/// Debian puts it where only root's search path leads.
const PLACES: [&str; 4] = ["/usr/sbin", "/usr/bin", "/usr/local/sbin", "/usr/local/bin"];

/// A PgBouncer in transaction mode before all databases of one server, with TLS on both sides. A connection to
/// PostgreSQL belongs to a client for one transaction only: what a session would keep (prepared statements,
/// settings) is another client's by then.
#[derive(Debug)]
pub struct PgBouncer {
    process: Process,
    port: u16,
}

impl PgBouncer {
    /// Starts it with at most `pool` connections for each role and database.
    pub fn start(server: &Postgres, pool: u32) -> Result<Self> {
        let program = PLACES.iter().map(|place| PathBuf::from(place).join("pgbouncer"));
        let program = program.into_iter().find(|path| path.is_file()).context(
            "PgBouncer is not installed: `test/servers/install` does it, or install the package pgbouncer",
        )?;
        let home = home()?;
        let dir = home.new_server()?;
        home.directory(&dir.join("socket"))?;
        let bouncer = Self {
            process: Process::new(dir),
            port: ports::free()?,
        };
        let dir = bouncer.process.dir();
        home.write(&dir.join("users"), users()?)?;
        let config = dir.join("pgbouncer.ini");
        home.write(&config, bouncer.config(server, pool)?)?;

        let socket = bouncer.socket().join(format!(".s.PGSQL.{}", bouncer.port));
        let config = config.to_str().context("the path is no text")?;
        bouncer.process.start(&program, &[config], START, |_| {
            UnixStream::connect(&socket).is_ok()
                && TcpStream::connect((Ipv4Addr::LOCALHOST, bouncer.port)).is_ok()
        })?;
        Ok(bouncer)
    }

    /// Its port on 127.0.0.1.
    pub const fn port(&self) -> u16 {
        self.port
    }

    /// The URL for a role over TLS.
    pub fn url(&self, database: &Database, role: Role) -> Result<String> {
        Ok(self.address()?.url(role.user(), database.name()))
    }

    /// The URL for a role over the Unix socket.
    pub fn socket_url(&self, database: &Database, role: Role) -> Result<String> {
        Ok(self.address()?.socket_url(role.user(), database.name()))
    }

    /// Runs statements as a role, by psql over TLS: the rows they give.
    pub fn sql(&self, database: &Database, role: Role, statements: &str) -> Result<String> {
        execute(&mut psql(&self.url(database, role)?, role.user())?, statements)
    }

    /// Runs a command of its console, such as `SHOW POOLS` or `PAUSE`.
    pub fn console(&self, command: &str) -> Result<String> {
        let url = self.address()?.socket_url(SUPERUSER, "pgbouncer");
        execute(&mut psql(&url, SUPERUSER)?, command)
    }

    fn socket(&self) -> PathBuf {
        self.process.dir().join("socket")
    }

    fn address(&self) -> Result<Address> {
        Address::new(self.port, self.socket())
    }

    fn config(&self, server: &Postgres, pool: u32) -> Result<String> {
        let tls = tls()?;
        Ok(format!(
            "[databases]\n\
             * = host=127.0.0.1 port={server_port}\n\
             [pgbouncer]\n\
             listen_addr = 127.0.0.1\n\
             listen_port = {port}\n\
             unix_socket_dir = {socket}\n\
             auth_type = scram-sha-256\n\
             auth_file = {users}\n\
             admin_users = {SUPERUSER}\n\
             pool_mode = transaction\n\
             default_pool_size = {pool}\n\
             max_client_conn = 1000\n\
             client_tls_sslmode = require\n\
             client_tls_key_file = {key}\n\
             client_tls_cert_file = {certificate}\n\
             server_tls_sslmode = verify-full\n\
             server_tls_ca_file = {ca}\n",
            server_port = server.port(),
            port = self.port,
            socket = self.socket().display(),
            users = self.process.dir().join("users").display(),
            key = tls.key.display(),
            certificate = tls.certificate.display(),
            ca = tls.ca.display(),
        ))
    }
}

/// Each user with the password that is good for PgBouncer and for PostgreSQL.
fn users() -> Result<String> {
    let users = Role::ALL.map(Role::user).into_iter().chain([SUPERUSER]);
    users
        .map(|user| Ok(format!("\"{user}\" \"{}\"\n", password(user)?)))
        .collect()
}
