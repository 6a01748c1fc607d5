//! What a migration owes to the version before, for the tests of each backend.
//! `docs/decisions/0007-migrations-go-first.md` has the rule.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::PathBuf;

/// A backend's migrations, by the name of its directory.
pub(super) struct Migrations(pub(super) &'static str);

/// The columns of all tables, by table and name.
pub(super) type Columns = BTreeMap<(String, String), Column>;

/// What a catalog says about a column.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Column {
    pub(super) kind: String,
    /// Whether an INSERT may leave it out.
    pub(super) optional: bool,
}

impl Migrations {
    fn directory(&self) -> PathBuf {
        PathBuf::from(env!("CARGO_MANIFEST_DIR"))
            .join("migrations")
            .join(self.0)
    }

    /// What the program runs whose last migration has this name.
    fn statements_file(&self, migration: &str) -> PathBuf {
        PathBuf::from(env!("CARGO_MANIFEST_DIR"))
            .join("migrations/statements")
            .join(self.0)
            .join(format!("{migration}.sql"))
    }

    /// Their names, the oldest first.
    fn names(&self) -> Vec<String> {
        let entries = fs::read_dir(self.directory()).unwrap();
        let mut names: Vec<_> = entries
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        names.sort();
        names
    }

    /// The texts of the migrations of the version before, and of those that lead to this one.
    pub(super) fn steps(&self) -> (Vec<String>, String) {
        let text = |name: &String| fs::read_to_string(self.directory().join(name).join("up.sql")).unwrap();
        let names = self.names();
        let (last, before) = names.split_last().unwrap();
        (before.iter().map(text).collect(), text(last))
    }

    /// The statements of the version before.
    pub(super) fn statements_before(&self) -> Vec<String> {
        let names = self.names();
        let file = self.statements_file(&names[names.len() - 2]);
        let text = fs::read_to_string(&file).unwrap_or_else(|error| {
            panic!(
                "{}: {error}. It is recorded before the next migration is begun.",
                file.display()
            )
        });
        text.lines().map(str::to_owned).collect()
    }

    /// Keeps the statements of this version, for the next, if the environment says so.
    #[expect(
        clippy::disallowed_methods,
        reason = "a switch of the test, not of the program"
    )]
    pub(super) fn record(&self, statements: &BTreeSet<String>) {
        assert!(statements.len() > 30, "{statements:#?}");
        if std::env::var_os("CAIRN_RECORD_STATEMENTS").is_none() {
            return;
        }
        let file = self.statements_file(self.names().last().unwrap());
        let lines: Vec<_> = statements
            .iter()
            .map(|statement| {
                assert!(!statement.contains('\n'), "{statement}");
                format!("{statement}\n")
            })
            .collect();
        fs::create_dir_all(file.parent().unwrap()).unwrap();
        fs::write(file, lines.concat()).unwrap();
    }
}

/// Everything that was there is there as it was, and what is new in a table may be left out.
pub(super) fn assert_compatible(before: &Columns, after: &Columns) {
    for (name, column) in before {
        let kept = after.get(name);
        let same = kept.is_some_and(|kept| kept.kind == column.kind && (kept.optional || !column.optional));
        assert!(same, "{name:?} was {column:?} and is {kept:?}");
    }
    let tables: BTreeSet<_> = before.keys().map(|(table, _)| table).collect();
    for (name, column) in after {
        let required = tables.contains(&name.0) && !before.contains_key(name) && !column.optional;
        assert!(
            !required,
            "{name:?} is new, and the version before does not set it"
        );
    }
}
