//! What to paste next.

use std::fmt::Write as _;
use std::net::SocketAddr;
use std::path::Path;

use super::env_file::quoted;
use super::terminal::Terminal;

/// What the commands are made of.
pub(crate) struct Banner<'a> {
    pub(crate) directory_url: &'a str,
    pub(crate) env: &'a Path,
    pub(crate) ca_bundle: &'a Path,
    pub(crate) issuer_roots: &'a Path,
    pub(crate) cluster_issuer: &'a Path,
    pub(crate) http_01_port: u16,
    pub(crate) tls_alpn_01_port: u16,
    pub(crate) resolver: Option<SocketAddr>,
}

/// The name in the examples: it resolves to this machine without anybody's doing.
const EXAMPLE: &str = "example.test";

impl Banner<'_> {
    /// The text.
    pub(crate) fn text(&self, terminal: Terminal) -> String {
        let clients = [
            ("certbot", self.certbot()),
            ("lego", self.lego()),
            ("cert-manager", self.cert_manager()),
        ];
        let mut text = format!(
            "\nACME directory  {}\nroots issued    {}\nvariables       . {}\nchallenges      {}\n",
            terminal.strong(self.directory_url),
            self.issuer_roots.display(),
            shown(self.env),
            self.challenges(),
        );
        for (name, command) in clients {
            let _ = writeln!(text, "\n{}\n{command}", terminal.strong(name));
        }
        let farewell = "Ctrl-C stops everything; the same command goes on from here.";
        let _ = writeln!(text, "\n{}", terminal.faint(farewell));
        text
    }

    /// What is connected to, and for which names.
    fn challenges(&self) -> String {
        let others = match self.resolver {
            Some(resolver) => format!("all other names, dns-01 and CAA are asked of {resolver}"),
            None => "all other names, and dns-01, need --resolver ADDR:PORT".to_owned(),
        };
        format!(
            "http-01 on port {}, tls-alpn-01 on port {}\n                \
             *.localhost, *.test and *.internal are this machine; {others}",
            self.http_01_port, self.tls_alpn_01_port,
        )
    }

    fn certbot(&self) -> String {
        format!(
            "REQUESTS_CA_BUNDLE={bundle} certbot certonly --standalone --http-01-port {port} \\\n  \
             --server {url} --agree-tos --register-unsafely-without-email \\\n  \
             --config-dir certbot --work-dir certbot --logs-dir certbot -n -d {EXAMPLE}",
            bundle = shown(self.ca_bundle),
            port = self.http_01_port,
            url = self.directory_url,
        )
    }

    fn lego(&self) -> String {
        format!(
            "LEGO_CA_CERTIFICATES={bundle} lego --server {url} --accept-tos --email you@{EXAMPLE} \\\n  \
             --path lego --http --http.port :{port} --domains {EXAMPLE} run",
            bundle = shown(self.ca_bundle),
            port = self.http_01_port,
            url = self.directory_url,
        )
    }

    fn cert_manager(&self) -> String {
        format!("kubectl apply -f {}", shown(self.cluster_issuer))
    }
}

/// A `ClusterIssuer` of cert-manager for this CA.
pub(crate) fn cluster_issuer(directory_url: &str, ca_bundle_pem: &[u8]) -> String {
    let bundle = openssl::base64::encode_block(ca_bundle_pem);
    format!(
        "# A cluster reaches this CA if it was started with --listen HOST:PORT, where HOST is a name or\n\
         # address of this machine that the cluster can connect to, and with --http-01-port 80.\n\
         apiVersion: cert-manager.io/v1\n\
         kind: ClusterIssuer\n\
         metadata:\n  name: cairn-local\n\
         spec:\n  acme:\n    server: {directory_url}\n    caBundle: {bundle}\n    \
         privateKeySecretRef:\n      name: cairn-local-account\n    \
         solvers:\n      - http01:\n          ingress: {{}}\n"
    )
}

fn shown(path: &Path) -> String {
    quoted(&path.display().to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_commands_name_what_this_ca_has() {
        let banner = Banner {
            directory_url: "https://localhost:14000/directory",
            env: Path::new("/a b/env"),
            ca_bundle: Path::new("/a b/pki/https/ca.pem"),
            issuer_roots: Path::new("/a b/pki/acme/roots.pem"),
            cluster_issuer: Path::new("/a b/cert-manager.yaml"),
            http_01_port: 5002,
            tls_alpn_01_port: 5001,
            resolver: None,
        };
        let text = banner.text(Terminal::detect());
        for part in [
            "REQUESTS_CA_BUNDLE='/a b/pki/https/ca.pem' certbot certonly --standalone --http-01-port 5002",
            "--server https://localhost:14000/directory --agree-tos",
            "LEGO_CA_CERTIFICATES='/a b/pki/https/ca.pem' lego",
            "--http.port :5002",
            "kubectl apply -f '/a b/cert-manager.yaml'",
            ". '/a b/env'",
            "http-01 on port 5002, tls-alpn-01 on port 5001\n",
            "all other names, and dns-01, need --resolver ADDR:PORT\n",
        ] {
            assert!(text.contains(part), "{part} in {text}");
        }
    }

    #[test]
    fn the_issuer_holds_the_bundle() {
        let yaml = cluster_issuer("https://localhost:14000/directory", b"PEM");
        assert!(
            yaml.contains("\n    server: https://localhost:14000/directory\n    caBundle: UEVN\n"),
            "{yaml}"
        );
    }
}
