//! The URL of a PostgreSQL server.
//!
//! It is written as for libpq and psql. Connections beyond this machine are secured: only `sslmode=verify-full` is
//! taken, which checks that the server's certificate leads to `sslrootcert` and is for the host of the URL.

use std::fmt;
use std::net::IpAddr;
use std::path::PathBuf;

use percent_encoding::percent_decode_str;
use tokio_postgres::config::{Host, TargetSessionAttrs};

/// What a URL has to look like.
const FORM: &str = "use postgres://USER@HOST/DATABASE";

/// A server, or several of which one takes writes:
/// `postgres://USER@HOST[:PORT][,HOST[:PORT]]/DATABASE[?target_session_attrs=read-write&sslmode=verify-full&sslrootcert=FILE]`.
#[derive(Clone, PartialEq, Eq)]
pub struct Server {
    settings: Box<tokio_postgres::Config>,
    tls: Option<Tls>,
}

/// How connections are secured.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Tls {
    /// The roots, in PEM, that the server's certificate must lead to.
    pub(crate) roots: PathBuf,
    /// A certificate to show to the server, in PEM, and its key.
    pub(crate) identity: Option<(PathBuf, PathBuf)>,
}

/// The parameters of libpq about TLS.
#[derive(Default)]
struct TlsParameters {
    mode: Option<String>,
    roots: Option<String>,
    certificate: Option<String>,
    key: Option<String>,
}

impl Server {
    pub(crate) fn settings(&self) -> &tokio_postgres::Config {
        &self.settings
    }

    pub(crate) const fn tls(&self) -> Option<&Tls> {
        self.tls.as_ref()
    }

    /// Errors do not repeat the URL: it may hold a password.
    pub(crate) fn parse(url: &str) -> Result<Self, String> {
        let (url, parameters) = TlsParameters::split(url)?;
        let settings: tokio_postgres::Config =
            url.parse().map_err(
                |error: tokio_postgres::Error| match std::error::Error::source(&error) {
                    Some(cause) => cause.to_string(),
                    None => format!("not a PostgreSQL URL; {FORM}"),
                },
            )?;
        if settings.get_password().is_some() {
            return Err("a password does not belong here; use database.password_file".to_owned());
        }
        if settings.get_options().is_some() {
            return Err("`options` are not supported".to_owned());
        }
        for (what, missing) in [
            ("user", settings.get_user().is_none()),
            ("database", settings.get_dbname().is_none()),
            ("host", settings.get_hosts().is_empty()),
        ] {
            if missing {
                return Err(format!("a {what} is missing; {FORM}"));
            }
        }
        let server = Self {
            settings: Box::new(settings),
            tls: parameters.tls()?,
        };
        if server.tls.is_none() && !server.is_local() {
            return Err(format!(
                "{server} is not on this machine; add ?sslmode=verify-full&sslrootcert=FILE"
            ));
        }
        Ok(server)
    }

    /// Whether there is no doubt which host takes writes.
    pub(super) fn is_one_primary(&self) -> bool {
        self.settings.get_hosts().len() == 1
            || self.settings.get_target_session_attrs() == TargetSessionAttrs::ReadWrite
    }

    /// Whether each host is this machine, so that what is sent to it can be read by nobody else.
    fn is_local(&self) -> bool {
        self.settings.get_hosts().iter().all(|host| match host {
            Host::Unix(_) => true,
            Host::Tcp(name) => {
                name == "localhost" || name.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
            }
        })
    }
}

impl TlsParameters {
    /// Takes the parameters about TLS out of a URL.
    fn split(url: &str) -> Result<(String, Self), String> {
        let mut parameters = Self::default();
        let Some((start, query)) = url.split_once('?') else {
            return Ok((url.to_owned(), parameters));
        };
        let mut others = Vec::new();
        for parameter in query.split('&') {
            let (name, value) = parameter.split_once('=').unwrap_or((parameter, ""));
            let place = match name {
                "sslmode" => &mut parameters.mode,
                "sslrootcert" => &mut parameters.roots,
                "sslcert" => &mut parameters.certificate,
                "sslkey" => &mut parameters.key,
                _ => {
                    others.push(parameter);
                    continue;
                }
            };
            let value = percent_decode_str(value)
                .decode_utf8()
                .map_err(|_| format!("{name} is not UTF-8"))?;
            *place = Some(value.into_owned());
        }
        Ok((format!("{start}?{}", others.join("&")), parameters))
    }

    fn tls(self) -> Result<Option<Tls>, String> {
        let files = self.roots.is_some() || self.certificate.is_some() || self.key.is_some();
        match (self.mode.as_deref(), self.roots) {
            (Some("verify-full"), Some(roots)) => {
                let identity = match (self.certificate, self.key) {
                    (Some(certificate), Some(key)) => Some((certificate.into(), key.into())),
                    (None, None) => None,
                    _ => return Err("sslcert and sslkey belong together".to_owned()),
                };
                Ok(Some(Tls {
                    roots: roots.into(),
                    identity,
                }))
            }
            (Some("verify-full"), None) => Err("sslmode=verify-full takes sslrootcert=FILE".to_owned()),
            (None | Some("disable"), None) if !files => Ok(None),
            (None, _) => Err("sslrootcert, sslcert and sslkey take sslmode=verify-full".to_owned()),
            (Some(mode), _) => Err(format!(
                "sslmode={mode} does not check who the server is; use sslmode=verify-full&sslrootcert=FILE"
            )),
        }
    }
}

impl fmt::Display for Server {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let hosts = self.settings.get_hosts().iter().map(|host| match host {
            Host::Tcp(name) => name.clone(),
            Host::Unix(path) => path.display().to_string(),
        });
        write!(
            f,
            "postgres://{}@{}/{}",
            self.settings.get_user().unwrap_or_default(),
            hosts.collect::<Vec<_>>().join(","),
            self.settings.get_dbname().unwrap_or_default()
        )
    }
}

impl fmt::Debug for Server {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}
