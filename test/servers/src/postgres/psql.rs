//! Statements, by psql.

use std::io::Write;
use std::process::{Command, Stdio};

use anyhow::{Context, Result};

use super::{Postgres, binaries, cluster};
use crate::home::{check, plain_command, run};

/// What sets up a cluster in production.
const ROLES: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../deploy/postgres/roles.sql");

/// What sets up a database in production.
pub(super) const DATABASE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../deploy/postgres/database.sql");

/// A psql for a user, that stops at the first error and prints rows without decoration.
pub(crate) fn psql(url: &str, user: &str) -> Result<Command> {
    let mut psql = plain_command(binaries::program("psql")?);
    psql.env("PGPASSWORD", cluster::password(user)?)
        .args(["--no-psqlrc", "--quiet", "--no-align", "--tuples-only"])
        .args(["--set=ON_ERROR_STOP=1", "--dbname", url]);
    Ok(psql)
}

/// Runs `statements`, each in a transaction of its own: the rows they give.
pub(crate) fn execute(psql: &mut Command, statements: &str) -> Result<String> {
    let mut child = psql
        .args(["--file", "-"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .context("psql")?;
    if let Some(mut input) = child.stdin.take() {
        // An error at an earlier statement ends its reading.
        drop(input.write_all(statements.as_bytes()));
    }
    check("psql", &child.wait_with_output()?)
}

impl Postgres {
    /// Runs statements as the superuser in a database (`postgres` is always there): the rows they give, as
    /// psql prints them.
    pub fn sql(&self, database: &str, statements: &str) -> Result<String> {
        execute(&mut self.superuser(database)?, statements)
    }

    /// Makes the three roles.
    pub(super) fn create_roles(&self) -> Result<()> {
        let mut psql = self.superuser("postgres")?;
        for role in super::Role::ALL {
            let user = role.user();
            let name = user.trim_start_matches("cairn_");
            let file = cluster::password_file(user)?;
            psql.arg(format!("--set={name}_password_file={}", file.display()));
        }
        run(psql.args(["--file", ROLES])).map(drop)
    }

    fn superuser(&self, database: &str) -> Result<Command> {
        let url = self.address()?.socket_url(cluster::SUPERUSER, database);
        psql(&url, cluster::SUPERUSER)
    }
}
