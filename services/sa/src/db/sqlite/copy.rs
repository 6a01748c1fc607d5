//! A copy of the file, made while others write to it.

use std::path::Path;

use diesel::sql_types::Text;
use diesel::{QueryableByName, RunQueryDsl, SqliteConnection};

use super::connection::{establish, unusable};
use crate::db::OpenError;

/// What `PRAGMA integrity_check` answers.
#[derive(QueryableByName)]
struct Finding {
    #[diesel(sql_type = Text)]
    integrity_check: String,
}

/// Writes what the last commit left to `to`, an empty file, and checks the copy. Those who write go on, though the
/// write-ahead log cannot be emptied meanwhile.
pub(crate) fn copy(path: &Path, to: &Path) -> Result<(), OpenError> {
    // Opening a file that is not there would make one.
    let absent = |error: std::io::Error| unusable(path, &error);
    path.metadata().map_err(absent)?;
    let target = to.to_str().ok_or_else(|| OpenError::Unusable {
        path: to.display().to_string(),
        why: "the path is not UTF-8".to_owned(),
    })?;
    diesel::sql_query("VACUUM INTO ?")
        .bind::<Text, _>(target)
        .execute(&mut establish(path, "")?)
        .map_err(|error| unusable(path, &error))?;
    check(to, &mut establish(to, "PRAGMA query_only = ON;")?)
}

fn check(path: &Path, conn: &mut SqliteConnection) -> Result<(), OpenError> {
    let findings: Vec<Finding> = diesel::sql_query("PRAGMA integrity_check")
        .load(conn)
        .map_err(|error| unusable(path, &error))?;
    match findings.as_slice() {
        [Finding { integrity_check }] if integrity_check == "ok" => Ok(()),
        findings => {
            let first = findings.first().map(|it| it.integrity_check.clone());
            Err(OpenError::Unusable {
                path: path.display().to_string(),
                why: format!("the copy is damaged: {}", first.unwrap_or_default()),
            })
        }
    }
}
