//! Databases: a fresh one for each test.

use std::fmt::Write;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex, PoisonError};

use anyhow::Result;

use super::address::Address;
use super::{Postgres, cluster, psql};

/// The roles of `deploy/postgres/roles.sql`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// Owns the schema.
    Migrate,
    /// Reads and changes rows.
    Sa,
    /// Reads.
    Audit,
}

impl Role {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Migrate, Self::Sa, Self::Audit];

    /// Its name in PostgreSQL.
    pub const fn user(self) -> &'static str {
        match self {
            Self::Migrate => "cairn_migrate",
            Self::Sa => "cairn_sa",
            Self::Audit => "cairn_audit",
        }
    }
}

/// A database of a [`Postgres`] server, set up by `deploy/postgres/database.sql`. Once this value is dropped,
/// the server drops it when it makes another one.
#[derive(Debug)]
pub struct Database {
    name: String,
    address: Address,
    users: [User; 3],
    /// Where its name goes when it is dropped.
    unused: Option<Arc<Mutex<Vec<String>>>>,
}

#[derive(Debug)]
struct User {
    password: String,
    file: PathBuf,
}

impl Postgres {
    /// A new and empty database.
    pub fn database(&self) -> Result<Database> {
        self.new_database("template0")
    }

    /// A copy of the database that is known as `template`; the first call for that name makes it: an empty
    /// database, that `prepare` fills.
    pub fn database_like(
        &self,
        template: &str,
        prepare: impl FnOnce(&Database) -> Result<()>,
    ) -> Result<Database> {
        let name = format!("template_{template}");
        let mut templates = self.templates.lock().unwrap_or_else(PoisonError::into_inner);
        if !templates.contains(&name) {
            self.sql("postgres", &format!("DROP DATABASE IF EXISTS {name}"))?;
            self.create_database(&name, "template0")?;
            prepare(&self.existing_database(&name)?)?;
            // Nobody may be connected to a database that is copied.
            let close = format!(
                "ALTER DATABASE {name} ALLOW_CONNECTIONS false;
                 SELECT pg_terminate_backend(pid, 10000) FROM pg_stat_activity WHERE datname = '{name}';"
            );
            self.sql("postgres", &close)?;
            templates.insert(name.clone());
        }
        drop(templates);
        self.new_database(&name)
    }

    /// A database that this server has from its primary or from a backup.
    pub fn existing_database(&self, name: &str) -> Result<Database> {
        let [migrate, sa, audit] = Role::ALL.map(User::of);
        Ok(Database {
            name: name.to_owned(),
            address: self.address()?,
            users: [migrate?, sa?, audit?],
            unused: None,
        })
    }

    fn new_database(&self, template: &str) -> Result<Database> {
        let name = format!("test_{}", self.databases.fetch_add(1, Ordering::Relaxed));
        self.create_database(&name, template)?;
        let mut database = self.existing_database(&name)?;
        database.unused = Some(Arc::clone(&self.unused));
        Ok(database)
    }

    fn create_database(&self, name: &str, template: &str) -> Result<()> {
        let mut statements = String::new();
        for unused in self.take_unused() {
            writeln!(statements, "DROP DATABASE IF EXISTS {unused} WITH (FORCE);")?;
        }
        writeln!(statements, "CREATE DATABASE {name} TEMPLATE {template};")?;
        writeln!(statements, "\\connect {name}\n\\include '{}'", psql::DATABASE)?;
        self.sql("postgres", &statements).map(drop)
    }

    fn take_unused(&self) -> Vec<String> {
        std::mem::take(&mut *self.unused.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Database {
    /// Its name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The URL for a role over TLS on 127.0.0.1, with the names of libpq's parameters; without the password.
    pub fn url(&self, role: Role) -> String {
        self.address.url(role.user(), &self.name)
    }

    /// The URL for a role at one of several servers (a primary and its standbys), for a client that looks
    /// for the one that takes writes.
    pub fn url_at(&self, servers: &[&Postgres], role: Role) -> String {
        let hosts: Vec<String> = servers
            .iter()
            .map(|server| format!("127.0.0.1:{}", server.port()))
            .collect();
        let url = self.address.url_at(&hosts.join(","), role.user(), &self.name);
        format!("{url}&target_session_attrs=read-write")
    }

    /// The URL for a role over the Unix socket; without the password.
    pub fn socket_url(&self, role: Role) -> String {
        self.address.socket_url(role.user(), &self.name)
    }

    /// A role's password.
    pub fn password(&self, role: Role) -> &str {
        &self.user(role).password
    }

    /// The file that holds a role's password and nothing else.
    pub fn password_file(&self, role: Role) -> &Path {
        &self.user(role).file
    }

    /// The certificate of the CA that the server's certificate is from, as PEM.
    pub fn ca_file(&self) -> &Path {
        &self.address.ca
    }

    /// Runs statements as a role, by psql over TLS, each in a transaction of its own: the rows they give. The
    /// error is what psql says.
    pub fn sql(&self, role: Role, statements: &str) -> Result<String> {
        psql::execute(&mut psql::psql(&self.url(role), role.user())?, statements)
    }

    /// A psql as a role, over the Unix socket, that stops at the first error and prints rows without decoration:
    /// for more than fits into a text.
    pub fn psql(&self, role: Role) -> Result<Command> {
        psql::psql(&self.socket_url(role), role.user())
    }

    fn user(&self, role: Role) -> &User {
        &self.users[role as usize]
    }
}

impl User {
    fn of(role: Role) -> Result<Self> {
        Ok(Self {
            password: cluster::password(role.user())?,
            file: cluster::password_file(role.user())?,
        })
    }
}

impl Drop for Database {
    fn drop(&mut self) {
        if let Some(unused) = &self.unused {
            let mut unused = unused.lock().unwrap_or_else(PoisonError::into_inner);
            unused.push(std::mem::take(&mut self.name));
        }
    }
}
