//! The command line of `cairn local`.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, ToSocketAddrs};
use std::path::PathBuf;
use std::str::FromStr;

use super::database::Database;
use super::profile::Profile;
use super::service::MAX_REMOTES;

/// Runs a complete CA on this machine: every service as a process of its own, from one directory
#[derive(clap::Args, Debug, Clone)]
pub(crate) struct Args {
    /// Where everything is kept: keys, certificates, configurations, database, logs
    #[arg(long, default_value = "./local", value_name = "DIR")]
    pub(crate) dir: PathBuf,

    /// Delete what is in DIR and start over, with a new CA
    #[arg(long)]
    pub(crate) reset: bool,

    /// Where ACME is served; the host becomes that of every URL
    #[arg(long, default_value = "localhost:14000", value_name = "HOST:PORT")]
    pub(crate) listen: Listen,

    /// The port to which http-01 connects
    #[arg(long, default_value_t = 5002, value_name = "PORT")]
    pub(crate) http_01_port: u16,

    /// The port to which tls-alpn-01 connects
    #[arg(long, default_value_t = 5001, value_name = "PORT")]
    pub(crate) tls_alpn_01_port: u16,

    /// The DNS server to ask for names outside .localhost, .test and .internal, for dns-01 and for CAA
    #[arg(long, value_name = "ADDR:PORT")]
    pub(crate) resolver: Option<SocketAddr>,

    /// How many remote perspectives confirm what the validation authority sees, 0 to 5
    #[arg(long, default_value_t = 2, value_name = "N", value_parser = clap::value_parser!(u8).range(0..=i64::from(MAX_REMOTES)))]
    pub(crate) perspectives: u8,

    /// Where accounts, orders and certificates are stored: sqlite:PATH, or the URL of a PostgreSQL database
    /// [default: sqlite:DIR/cairn.sqlite]
    #[arg(long, value_name = "URL")]
    pub(crate) database: Option<Database>,

    /// The file that holds the password for the database
    #[arg(long, value_name = "FILE", requires = "database")]
    pub(crate) database_password_file: Option<PathBuf>,

    /// The roots, as PEM, that the certificate of a database server elsewhere leads to
    #[arg(long, value_name = "FILE", requires = "database")]
    pub(crate) database_ca: Option<PathBuf>,

    /// The profile of certificates for orders that name none
    #[arg(long, value_enum, default_value = "classic")]
    pub(crate) profile: Profile,
}

/// Where to listen, and the host name for URLs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Listen {
    /// A name or an address without brackets.
    pub(crate) host: String,
    /// Zero lets the system choose.
    pub(crate) port: u16,
}

impl FromStr for Listen {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (host, port) = text
            .rsplit_once(':')
            .ok_or("a port is missing: write HOST:PORT, such as localhost:14000")?;
        let port = port.parse().map_err(|_| format!("`{port}` is not a port"))?;
        let unbracketed = host.strip_prefix('[').and_then(|rest| rest.strip_suffix(']'));
        let host = match unbracketed {
            Some(inside) if inside.parse::<Ipv6Addr>().is_ok() => inside,
            None if !host.is_empty() && !host.contains(':') => host,
            _ => {
                return Err(format!(
                    "`{host}` is neither a host name, an IPv4 address nor [an IPv6 address]"
                ));
            }
        };
        Ok(Self {
            host: host.to_owned(),
            port,
        })
    }
}

impl Listen {
    /// The address to listen on: of `localhost` 127.0.0.1, without asking how it resolves, else the first
    /// that the name has.
    pub(crate) fn address(&self) -> Result<SocketAddr, String> {
        if self.is_localhost() {
            return Ok((Ipv4Addr::LOCALHOST, self.port).into());
        }
        (self.host.as_str(), self.port)
            .to_socket_addrs()
            .map_err(|error| error.to_string())
            .and_then(|mut addresses| addresses.next().ok_or_else(|| "it has no address".to_owned()))
            .map_err(|why| format!("--listen: {}: {why}", self.host))
    }

    /// Whether the host is `localhost`, which clients may take for 127.0.0.1 or for `::1`.
    pub(crate) fn is_localhost(&self) -> bool {
        self.host == "localhost"
    }

    /// The host for URLs and certificates: an address that means "all of them" stands for localhost.
    pub(crate) fn public_host(&self) -> String {
        match self.host.parse::<IpAddr>() {
            Ok(address) if address.is_unspecified() => "localhost".to_owned(),
            Ok(IpAddr::V6(address)) => format!("[{address}]"),
            _ => self.host.clone(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn where_to_listen() {
        let good = [
            ("localhost:14000", "localhost", "localhost"),
            ("192.0.2.1:443", "192.0.2.1", "192.0.2.1"),
            ("[::1]:0", "::1", "[::1]"),
            ("0.0.0.0:14000", "0.0.0.0", "localhost"),
            ("ca.example:443", "ca.example", "ca.example"),
        ];
        for (text, host, public) in good {
            let listen: Listen = text.parse().unwrap();
            assert_eq!(
                (listen.host.as_str(), listen.public_host().as_str()),
                (host, public)
            );
        }
        for text in [
            "localhost",
            ":14000",
            "localhost:port",
            "localhost:70000",
            "::1:14000",
            "[x]:1",
        ] {
            assert!(text.parse::<Listen>().is_err(), "{text}");
        }
        let localhost: Listen = "localhost:1".parse().unwrap();
        assert_eq!(localhost.address().unwrap().to_string(), "127.0.0.1:1");
    }
}
