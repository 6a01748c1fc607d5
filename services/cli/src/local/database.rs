//! Where a local CA stores what it knows.

use std::io;
use std::path::{Path, PathBuf};
use std::str::FromStr;

/// A database, as the command line names it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Database {
    /// A SQLite file; relative to the working directory.
    Sqlite(PathBuf),
    /// The URL of a PostgreSQL database, without a password.
    Postgres(String),
}

impl Database {
    /// The file, if it is one.
    pub(crate) fn path(&self) -> Option<&Path> {
        match self {
            Self::Sqlite(path) => Some(path),
            Self::Postgres(_) => None,
        }
    }

    /// The same, whatever the working directory.
    pub(crate) fn absolute(self) -> io::Result<Self> {
        Ok(match self {
            Self::Sqlite(path) => Self::Sqlite(std::path::absolute(path)?),
            Self::Postgres(_) => self,
        })
    }

    /// As the storage authority is told.
    pub(crate) fn url(&self) -> String {
        match self {
            Self::Sqlite(path) => format!("sqlite:{}", path.display()),
            Self::Postgres(url) => url.clone(),
        }
    }
}

impl FromStr for Database {
    type Err = String;

    fn from_str(url: &str) -> Result<Self, String> {
        const FORMS: &str = "write sqlite:PATH or postgres://USER@HOST/DATABASE";
        match url.split_once(':') {
            Some(("sqlite", rest)) => {
                let path = rest.strip_prefix("//").unwrap_or(rest);
                if path.is_empty() || path.contains('?') {
                    return Err(format!("`{path}` is not the path of a file; write sqlite:PATH"));
                }
                Ok(Self::Sqlite(path.into()))
            }
            Some(("postgres" | "postgresql", rest)) => {
                if !rest.starts_with("//") {
                    return Err(FORMS.to_owned());
                }
                // Other users see what processes are called with.
                if holds_password(rest) {
                    return Err("a password belongs into a file: --database-password-file FILE".to_owned());
                }
                Ok(Self::Postgres(url.to_owned()))
            }
            Some((scheme, _)) => Err(format!("`{scheme}` databases are not supported; {FORMS}")),
            None => Err(FORMS.to_owned()),
        }
    }
}

/// Whether what follows the scheme has a password, before the host or among the parameters.
fn holds_password(rest: &str) -> bool {
    let (place, parameters) = rest.split_once('?').unwrap_or((rest, ""));
    let authority = place
        .trim_start_matches('/')
        .split('/')
        .next()
        .unwrap_or_default();
    let user = authority.rsplit_once('@').map_or("", |(user, _)| user);
    user.contains(':')
        || parameters
            .split('&')
            .any(|parameter| parameter.starts_with("password="))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn which_database() {
        for (url, path) in [
            ("sqlite:some/file", "some/file"),
            ("sqlite://some/file", "some/file"),
            ("sqlite:///a/b", "/a/b"),
        ] {
            assert_eq!(url.parse(), Ok(Database::Sqlite(path.into())), "{url}");
        }
        for url in [
            "postgres://cairn@db1,db2:5433/cairn?sslmode=verify-full",
            "postgresql://db/cairn",
        ] {
            assert_eq!(url.parse::<Database>().map(|it| it.url()), Ok(url.to_owned()));
        }
        let forms = "write sqlite:PATH or postgres://USER@HOST/DATABASE";
        let secret = "a password belongs into a file: --database-password-file FILE";
        let refusals = [
            (
                "mysql://db/cairn",
                &*format!("`mysql` databases are not supported; {forms}"),
            ),
            ("cairn.sqlite", forms),
            ("postgres:cairn", forms),
            ("postgres://cairn:secret@db/cairn", secret),
            ("postgres://db/cairn?user=a&password=secret", secret),
            ("sqlite:", "`` is not the path of a file; write sqlite:PATH"),
            (
                "sqlite:a?mode=ro",
                "`a?mode=ro` is not the path of a file; write sqlite:PATH",
            ),
        ];
        for (url, why) in refusals {
            assert_eq!(url.parse::<Database>(), Err(why.to_owned()));
        }
    }
}
