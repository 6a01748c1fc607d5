//! The rows of one real issuance, as a template for others.

use std::collections::BTreeMap;
use std::process::Command;

use anyhow::{Context, Result, ensure};
use cairn_servers::{Database, Role};
use openssl::sha::sha256;

use super::copy::{self, Row};
use super::entry::{Chain, Chained, Columns};
use super::piece::{Kind, Piece};
use super::plan::{Plan, utc_time};
use super::values::{Owner, Values};

/// The name that the template's certificate is for.
pub(super) const NAME: &str = "h000000000.growth.example";

/// The table of the audit trail.
pub(super) const TRAIL: &str = "audit_entries";

/// The tables that an issuance adds rows to, all of which are partitioned.
pub(super) const TABLES: [&str; 5] = ["orders", "authorizations", "receipts", "certificates", TRAIL];

/// How rows are made from what an issuance differs in.
#[derive(Debug)]
pub(super) struct Template {
    values: Values,
    began: i64,
    validity: [i64; 2],
    jwk: String,
    accounts: Vec<Line>,
    account_trail: Vec<Line>,
    tables: BTreeMap<&'static str, Vec<Line>>,
    certificate: Piece,
}

/// A row.
#[derive(Debug)]
struct Line {
    row: Piece,
    chained: Option<Chained>,
}

/// A table as it was read.
struct Table {
    columns: Vec<(String, Kind)>,
    rows: Vec<Row>,
}

impl Template {
    /// Learns from a database in which there was one issuance, of a certificate for [`NAME`], and nothing else.
    pub(super) fn learn(database: &Database) -> Result<Self> {
        let [accounts, orders, authorizations, certificates] =
            ["accounts", "orders", "authorizations", "certificates"].map(|name| Table::read(database, name));
        let (accounts, orders) = (accounts?, orders?);
        let (authorizations, certificates) = (authorizations?, certificates?);
        let number = |table: &Table, column| -> Result<i64> {
            Ok(i64::from_be_bytes(table.only(column)?.try_into()?))
        };
        let jwk = String::from_utf8(accounts.only("jwk")?.to_vec())?;
        let key_x = serde_json::from_str::<serde_json::Value>(&jwk)?;
        let key_x = key_x["x"].as_str().context("the key has no x")?;
        let validity = [
            number(&certificates, "not_before")?,
            number(&certificates, "not_after")?,
        ];
        let values = Values {
            order: orders.only("id")?.try_into()?,
            authorization: authorizations.only("id")?.try_into()?,
            owner: Owner {
                id: accounts.only("id")?.try_into()?,
                key_x: key_x.as_bytes().try_into()?,
                thumbprint: sha256(jwk.as_bytes()),
            },
            serial: certificates.only("serial")?.try_into()?,
            name: NAME.as_bytes()[..10].try_into()?,
            not_before: utc_time(validity[0]),
            not_after: utc_time(validity[1]),
            digest: sha256(certificates.only("der")?),
            shift: 0,
            day: number(&certificates, "day")?,
        };
        let mut tables = BTreeMap::new();
        for name in TABLES {
            let rows = Table::read(database, name)?;
            tables.insert(name, rows.lines(&values, |subject| subject != values.owner.id)?);
        }
        let mut certificate = Piece::default();
        certificate.learn(Kind::Octets, certificates.only("der")?, &values);
        Ok(Self {
            began: number(&orders, "created")?,
            validity,
            accounts: accounts.lines(&values, |_| true)?,
            account_trail: Table::read(database, TRAIL)?
                .lines(&values, |subject| subject == values.owner.id)?,
            jwk,
            values,
            tables,
            certificate,
        })
    }

    /// As many issuances as `count`, up to the time of this one.
    pub(super) fn plan(&self, count: u64) -> Plan {
        Plan::new(&self.values, self.began, self.validity, &self.jwk, count)
    }

    /// Appends the row of an account.
    pub(super) fn account(&self, values: &Values, out: &mut Vec<u8>) {
        write(&self.accounts, values, out);
    }

    /// Appends what the audit trail says about an account.
    pub(super) fn account_trail(&self, values: &Values, out: &mut Vec<u8>) {
        write(&self.account_trail, values, out);
    }

    /// Appends the rows of an issuance in a table.
    pub(super) fn rows(&self, table: &str, values: &mut Values, out: &mut Vec<u8>) {
        if table == TRAIL {
            let mut der = Vec::with_capacity(self.certificate.len());
            self.certificate.write(values, &mut der);
            values.digest = sha256(&der);
        }
        write(self.tables.get(table).map_or(&[], Vec::as_slice), values, out);
    }

    /// How many rows an issuance adds to each table.
    pub(super) fn counts(&self) -> impl Iterator<Item = (&'static str, usize)> {
        TABLES.into_iter().map(|name| (name, self.tables[name].len()))
    }
}

fn write(lines: &[Line], values: &Values, out: &mut Vec<u8>) {
    let mut chain = Chain::default();
    for line in lines {
        let start = out.len();
        line.row.write(values, out);
        if let Some(chained) = &line.chained {
            chained.seal(&mut chain, values, out, start);
        }
    }
}

impl Table {
    fn read(database: &Database, name: &str) -> Result<Self> {
        let columns = database.sql(
            Role::Migrate,
            &format!(
                "SELECT attname || ' ' || atttypid::regtype FROM pg_attribute
                 WHERE attrelid = '{name}'::regclass AND attnum > 0 AND NOT attisdropped ORDER BY attnum"
            ),
        )?;
        let columns = columns.lines().map(|line| {
            let (column, kind) = line.split_once(' ').context("a column without a type")?;
            let kind = match kind {
                "bigint" => Kind::Number,
                "text" => Kind::Text,
                "bytea" => Kind::Octets,
                other => anyhow::bail!("{name}.{column} is {other}, of which this program knows nothing"),
            };
            Ok((column.to_owned(), kind))
        });
        let order = if name == TRAIL { "subject, position" } else { "1" };
        let mut psql: Command = database.psql(Role::Migrate)?;
        let output = psql
            .arg("--command")
            .arg(format!(
                "COPY (SELECT * FROM {name} ORDER BY {order}) TO STDOUT (FORMAT binary)"
            ))
            .output()?;
        ensure!(
            output.status.success(),
            "{}",
            String::from_utf8_lossy(&output.stderr)
        );
        Ok(Self {
            columns: columns.collect::<Result<_>>()?,
            rows: copy::parse(&output.stdout).with_context(|| name.to_owned())?,
        })
    }

    /// The value of a column of the only row.
    fn only(&self, column: &str) -> Result<&[u8]> {
        let [row] = self.rows.as_slice() else {
            anyhow::bail!("one row was expected, not {}", self.rows.len());
        };
        self.cell(row, column)?
            .with_context(|| format!("{column} is NULL"))
    }

    fn cell<'a>(&self, row: &'a Row, column: &str) -> Result<Option<&'a [u8]>> {
        let at = self.columns.iter().position(|(name, _)| name == column);
        let at = at.with_context(|| format!("there is no column {column}"))?;
        Ok(row[at].as_deref())
    }

    /// The rows, of the audit trail those about subjects that are `chosen`.
    fn lines(&self, values: &Values, chosen: impl Fn(&[u8]) -> bool) -> Result<Vec<Line>> {
        let is_trail = self.columns.iter().any(|(name, _)| name == "hash");
        let mut chain = Chain::default();
        let mut lines = Vec::new();
        for row in &self.rows {
            if is_trail && !self.cell(row, "subject")?.is_some_and(&chosen) {
                continue;
            }
            let (piece, hash_at) = self.learn(row, values)?;
            let mut chained = None;
            if is_trail {
                let entry = Chained::learn(&self.entry(row)?, hash_at, values)?;
                let mut written = Vec::new();
                piece.write(values, &mut written);
                entry.check(&mut chain, values, &written)?;
                chained = Some(entry);
            }
            lines.push(Line { row: piece, chained });
        }
        Ok(lines)
    }

    /// A row in the form of COPY, and where in it the column `hash` is.
    fn learn(&self, row: &Row, values: &Values) -> Result<(Piece, usize)> {
        let mut piece = Piece::default();
        let mut hash_at = 0;
        piece.add(&i16::try_from(row.len())?.to_be_bytes());
        for ((name, kind), cell) in self.columns.iter().zip(row) {
            piece.add(&copy::length(cell.as_deref())?);
            if name == "hash" {
                hash_at = piece.len();
            }
            if let Some(cell) = cell {
                piece.learn(*kind, cell, values);
            }
        }
        Ok((piece, hash_at))
    }

    fn entry<'a>(&self, row: &'a Row) -> Result<Columns<'a>> {
        let needed = |name: &str| -> Result<&'a [u8]> {
            self.cell(row, name)?.with_context(|| format!("{name} is NULL"))
        };
        let mut texts = [None; 5];
        for (text, name) in texts
            .iter_mut()
            .zip(["event", "state", "actor", "request", "detail"])
        {
            *text = self.cell(row, name)?;
        }
        Ok(Columns {
            subject: needed("subject")?,
            position: needed("position")?,
            at: needed("at")?,
            texts,
        })
    }
}
