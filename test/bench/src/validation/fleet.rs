//! A primary and its remotes: processes, their configurations, and a client of the primary.

use std::fmt::Write as _;
use std::fs::{self, File};
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use anyhow::{Context, Result};
use cairn_kit::{FilePath, Metrics, Secret};
use cairn_rpc::client::VaClient;
use cairn_rpc::{ClientConfig, TlsConfig, Transport};
use cairn_testkit::poll;
use cairn_testkit::stack::binaries;
use openssl::pkey::PKey;
use tempfile::TempDir;
use tokio::net::TcpStream;

use super::certificates::{Certificates, secret};
use super::targets::{ISSUER, Targets};
use crate::processes::Processes;

/// How long a start may take.
const START: Duration = Duration::from_secs(20);

/// Where the remotes stand, in turns.
const REGIONS: [&str; 5] = ["arin", "apnic", "ripe", "lacnic", "afrinic"];

/// The processes, which end with this.
pub(super) struct Fleet {
    dir: TempDir,
    primary: SocketAddr,
    children: Vec<Child>,
}

impl Fleet {
    pub(super) async fn start(remotes: usize, targets: &Targets) -> Result<Self> {
        let dir = tempfile::tempdir()?;
        let certificates = Certificates::new(dir.path())?;
        certificates.write("ra")?;
        let mut fleet = Self {
            dir,
            primary: free()?,
            children: Vec::new(),
        };
        let mut others = String::new();
        for index in 0..remotes {
            let (name, region, address) = (format!("va-{index}"), REGIONS[index % REGIONS.len()], free()?);
            certificates.write(&name)?;
            let config = fleet.config(&name, "remote", region, address, targets)?;
            fleet.spawn(&name, &config, address).await?;
            write!(
                others,
                "[[remotes]]\nname = \"{name}\"\nrir = \"{region}\"\npublic_key = \"{name}.pub\"\n\
                 addresses = [\"{address}\"]\nserver_name = \"{name}.cairn\"\n"
            )?;
        }
        certificates.write("va")?;
        let config = fleet.config("va", "primary", "ripe", fleet.primary, targets)?;
        fleet.spawn("va", &(config + &others), fleet.primary).await?;
        Ok(fleet)
    }

    /// The configuration of one of them, with its receipt key beside it. DNSSEC is not validated: the zone here is not
    /// signed.
    fn config(
        &self,
        name: &str,
        role: &str,
        region: &str,
        address: SocketAddr,
        targets: &Targets,
    ) -> Result<String> {
        let key = PKey::generate_ed25519()?;
        secret(
            &self.path(&format!("{name}.receipt")),
            &key.private_key_to_pem_pkcs8()?,
        )?;
        fs::write(self.path(&format!("{name}.pub")), key.public_key_to_pem()?)?;
        let allow = match role {
            "primary" => {
                "\"cairn.va.v1.Validation\" = [\"ra.cairn\"]\n\"cairn.va.v1.DryRun\" = [\"operator.cairn\"]"
            }
            _ => "\"cairn.va.v1.Perspective\" = [\"va.cairn\"]",
        };
        let (resolver, debug) = (targets.resolver(), free()?);
        let (http, alpn) = (targets.http_port(), targets.alpn_port());
        Ok(format!(
            "[grpc]\nlisten = \"{address}\"\n[grpc.allow]\n{allow}\n\
             [tls]\ncertificate = \"{name}.pem\"\nkey = \"{name}.key\"\nca = \"ca.pem\"\n\
             [perspective]\nname = \"{name}\"\nrole = \"{role}\"\nrir = \"{region}\"\nreceipt_key = \"{name}.receipt\"\n\
             [caa]\nidentities = [\"{ISSUER}\"]\n\
             [dns]\nresolvers = [\"{resolver}\"]\ndnssec = \"off\"\nloopback_suffixes = [\"localhost\"]\n\
             [addresses]\nallow = [\"loopback\"]\n\
             [http_01]\nport = {http}\n[tls_alpn_01]\nport = {alpn}\n\
             [log]\nformat = \"json\"\nlevel = \"info\"\n[debug]\nlisten = \"{debug}\"\n[runtime]\nworkers = 1\n"
        ))
    }

    async fn spawn(&mut self, name: &str, config: &str, address: SocketAddr) -> Result<()> {
        let file = self.path(&format!("{name}.toml"));
        fs::write(&file, config)?;
        let log = File::create(self.path(&format!("{name}.log")))?;
        let child = Command::new(binaries()?.join("cairn-va"))
            .arg("--config")
            .arg(&file)
            .stdin(Stdio::null())
            .stdout(log.try_clone()?)
            .stderr(log)
            .spawn()
            .context("cairn-va")?;
        self.children.push(child);
        let listens = poll::until("cairn-va listens", START, || async {
            TcpStream::connect(address).await.ok()
        });
        let log = self.path(&format!("{name}.log"));
        listens
            .await
            .with_context(|| fs::read_to_string(log).unwrap_or_default())?;
        Ok(())
    }

    fn path(&self, name: &str) -> std::path::PathBuf {
        Path::new(self.dir.path()).join(name)
    }

    /// How many remotes there are.
    pub(super) const fn remotes(&self) -> usize {
        self.children.len() - 1
    }

    /// A client of the primary, in the place of the registration authority.
    pub(super) fn client(&self) -> Result<VaClient> {
        let tls = TlsConfig {
            certificate: FilePath::from(self.path("ra.pem")),
            key: Secret::from_bytes(fs::read(self.path("ra.key"))?),
            ca: FilePath::from(self.path("ca.pem")),
        };
        let transport = Transport::tls(&tls, &Metrics::new())?;
        let config = ClientConfig::new([self.primary.to_string()]);
        Ok(VaClient::new(transport.channel(VaClient::TARGET, &config)?))
    }

    /// The CPU time that all of them have used.
    pub(super) fn cpu_time(&self) -> Result<Duration> {
        let ids = self.children.iter().map(Child::id).enumerate();
        let processes = Processes::of(ids.map(|(index, id)| (index.to_string(), id)));
        Ok(processes.cpu_times()?.values().sum())
    }
}

impl Drop for Fleet {
    fn drop(&mut self) {
        for child in &mut self.children {
            drop(child.kill());
            drop(child.wait());
        }
    }
}

/// An address that nobody listens at.
fn free() -> Result<SocketAddr> {
    Ok(TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?.local_addr()?)
}
