//! The processes, and the registration authority's calls.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs::{self, File};
use std::net::{IpAddr, SocketAddr};
use std::path::Path;
use std::process::{Child, Command};
use std::time::Duration;

use cairn_evidence::{
    Expectation, Methods, Perspective, Policy, ReceiptSigner, Rir, Role, Rules, allowed_failures,
};
use cairn_kit::{Metrics, SystemClock, SystemRng};
use cairn_rpc::client::VaClient;
use cairn_rpc::{ClientConfig, Context, Transport};
use cairn_testkit::dns::{Data, DnsServer};
use cairn_types::{
    ChallengeType, Clock, Identifier, Thumbprint, Token, ValidationOutcome, ValidationRequest,
};
use openssl::pkey::PKey;
use tempfile::TempDir;
use tokio::net::TcpStream;

use crate::network::{Network, VICTIM, address, namespace, resolver};
use crate::tls;

const NAME: &str = "www.victim.example";
const TOKEN: &str = "evaGxfADs6pSRb2LAv9IZf17Dt3juxGJ-PCt92wr-oA";
const REGIONS: [Rir; 5] = [Rir::Arin, Rir::Ripe, Rir::Apnic, Rir::Lacnic, Rir::Afrinic];
const PORT: u16 = 9003;

/// Whose account it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Who {
    Victim,
    Attacker,
}

impl Who {
    fn thumbprint(self) -> Thumbprint {
        match self {
            Self::Victim => Thumbprint([0; 32]),
            Self::Attacker => Thumbprint([0x69; 32]),
        }
    }

    /// What this account has to show.
    pub(crate) fn key_authorization(self) -> String {
        let token: Token = TOKEN.parse().unwrap();
        cairn_acme::key_authorization(&token, &self.thumbprint())
    }

    fn account(self) -> String {
        format!("https://ca.example/acme/account/{self:?}")
    }
}

/// A primary and its remotes, each a process in a namespace, and each with a resolver.
pub(crate) struct Perspectives {
    processes: BTreeMap<usize, Child>,
    client: VaClient,
    policy: Policy,
    files: TempDir,
    _resolvers: Vec<DnsServer>,
}

/// What came of a validation.
pub(crate) struct Seen {
    pub(crate) outcome: ValidationOutcome,
    /// Whether a signer would accept the receipts.
    pub(crate) verified: bool,
}

impl Perspectives {
    /// Starts them, the primary last, and waits until they listen.
    pub(crate) async fn start(_network: &Network, remotes: usize) -> Self {
        let files = tempfile::tempdir().unwrap();
        let directory = files.path();
        let mut names: Vec<String> = (0..=remotes).map(server_name).collect();
        names.push("ra.cairn".to_owned());
        tls::write(directory, &names);
        let members: Vec<Perspective> = (0..=remotes).map(|index| member(directory, index)).collect();
        let (mut processes, mut resolvers) = (BTreeMap::new(), Vec::new());
        for index in (0..=remotes).rev() {
            let dns = DnsServer::start_on(resolver(index)).await.unwrap();
            dns.zone().add(NAME, Data::Address(IpAddr::V4(VICTIM)));
            resolvers.push(dns);
            let path = directory.join(format!("{index}.toml"));
            fs::write(&path, config(directory, index, remotes)).unwrap();
            processes.insert(index, process(directory, index, &path));
            listens(directory, index).await;
        }
        let transport = Transport::tls(&tls::identity(directory, "ra.cairn"), &Metrics::new()).unwrap();
        let primary = ClientConfig::new([SocketAddr::new(address(0), PORT).to_string()]);
        Self {
            client: VaClient::new(transport.channel(VaClient::TARGET, &primary).unwrap()),
            policy: Policy::new(&members, rules(remotes)).unwrap(),
            processes,
            files,
            _resolvers: resolvers,
        }
    }

    /// Kills these, if they run.
    pub(crate) fn kill(&mut self, perspectives: &[usize]) {
        for index in perspectives {
            if let Some(mut process) = self.processes.remove(index) {
                process.kill().unwrap();
                process.wait().unwrap();
            }
        }
    }

    /// Validates the victim's name for that account, by http-01.
    pub(crate) async fn validate(&self, who: Who) -> Seen {
        let request = ValidationRequest {
            identifier: Identifier::parse("dns", NAME).unwrap(),
            wildcard: false,
            method: ChallengeType::Http01,
            token: TOKEN.parse().unwrap(),
            thumbprint: who.thumbprint(),
            account_uri: who.account(),
        };
        let context = Context::new(&SystemRng, Duration::from_secs(12));
        let outcome = self.client.validate(&context, request).await;
        let outcome = outcome.unwrap_or_else(|error| panic!("{error:?}\n{}", self.logs()));
        let expectation = Expectation {
            thumbprints: vec![who.thumbprint()],
            account_uri: who.account(),
            identifier: Identifier::parse("dns", NAME).unwrap(),
            now: SystemClock.now(),
        };
        let verified = self.policy.verify(&outcome.receipts, &expectation).is_ok();
        Seen { outcome, verified }
    }

    fn logs(&self) -> String {
        let log = |index: &usize| fs::read_to_string(log(self.files.path(), *index)).unwrap();
        self.processes.keys().map(log).collect()
    }
}

impl Drop for Perspectives {
    fn drop(&mut self) {
        let all: Vec<usize> = self.processes.keys().copied().collect();
        self.kill(&all);
    }
}

fn server_name(index: usize) -> String {
    match index {
        0 => "va.cairn".to_owned(),
        _ => format!("va-remote-{index}.cairn"),
    }
}

fn name(index: usize) -> String {
    match index {
        0 => "primary".to_owned(),
        _ => format!("remote-{index}"),
    }
}

fn log(directory: &Path, index: usize) -> std::path::PathBuf {
    directory.join(format!("{index}.log"))
}

/// Makes the receipt key of a perspective, and says what the signer knows of it.
fn member(directory: &Path, index: usize) -> Perspective {
    let key = PKey::generate_ed25519().unwrap();
    let private = key.private_key_to_pem_pkcs8().unwrap();
    let public = ReceiptSigner::from_pem(&private)
        .unwrap()
        .public_key_pem()
        .unwrap();
    fs::write(directory.join(format!("{index}.receipt.key")), private).unwrap();
    fs::write(directory.join(format!("{index}.receipt.pub")), &public).unwrap();
    Perspective {
        name: name(index),
        role: if index == 0 { Role::Primary } else { Role::Remote },
        rir: REGIONS[index % REGIONS.len()],
        public_key_pem: public,
    }
}

/// As a public CA would have them, but for the ages.
fn rules(remotes: usize) -> Rules {
    Rules {
        quorum: remotes - allowed_failures(remotes),
        min_regions: 2,
        max_validation_age: Duration::from_secs(60),
        max_method_ages: BTreeMap::new(),
        max_caa_age: Duration::from_secs(60),
        methods: Methods::same(ChallengeType::ALL),
        special_addresses: Vec::new(),
        caa_exempt_suffixes: Vec::new(),
        require_dnssec_validation: false,
        public: false,
    }
}

fn config(directory: &Path, index: usize, remotes: usize) -> String {
    let (own, tls_name) = (address(index), server_name(index));
    let (role, service, caller) = match index {
        0 => ("primary", "Validation", "ra.cairn"),
        _ => ("remote", "Perspective", "va.cairn"),
    };
    let dry_run = match index {
        0 => "\"cairn.va.v1.DryRun\" = []\n",
        _ => "",
    };
    let directory = directory.display();
    let mut text = format!(
        "[grpc]\nlisten = \"{own}:{PORT}\"\n\
         [grpc.allow]\n\"cairn.va.v1.{service}\" = [\"{caller}\"]\n{dry_run}\
         [tls]\ncertificate = \"{directory}/{tls_name}.pem\"\nkey = \"{directory}/{tls_name}.key\"\nca = \"{directory}/ca.pem\"\n\
         [perspective]\nname = \"{name}\"\nrole = \"{role}\"\nrir = \"{rir}\"\nreceipt_key = \"{directory}/{index}.receipt.key\"\n\
         [caa]\nidentities = [\"ca.example\"]\n\
         [dns]\nresolvers = [\"{resolver}\"]\ndnssec = \"off\"\n\
         [limits]\nattempt = \"3s\"\n\
         [log]\nlevel = \"info\"\nformat = \"human\"\n\
         [debug]\nlisten = \"127.0.0.1:9103\"\n",
        name = name(index),
        rir = REGIONS[index % REGIONS.len()],
        resolver = resolver(index),
    );
    if index == 0 {
        // Who is slow is waited for, so that what it saw is told.
        text.push_str("[quorum]\npatience = \"10s\"\n");
        for remote in 1..=remotes {
            let _ = write!(
                text,
                "[[remotes]]\nname = \"{name}\"\nrir = \"{rir}\"\npublic_key = \"{directory}/{remote}.receipt.pub\"\n\
                 addresses = [\"{address}:{PORT}\"]\nserver_name = \"{server_name}\"\n",
                name = name(remote),
                rir = REGIONS[remote % REGIONS.len()],
                address = address(remote),
                server_name = server_name(remote),
            );
        }
    }
    text
}

/// The binary, in the namespace of the perspective.
fn process(directory: &Path, index: usize, config: &Path) -> Child {
    Command::new("ip")
        .args([
            "netns",
            "exec",
            &namespace(index),
            env!("CARGO_BIN_EXE_cairn-va"),
            "--config",
        ])
        .arg(config)
        .stdin(std::process::Stdio::null())
        .stdout(std::process::Stdio::null())
        .stderr(File::create(log(directory, index)).unwrap())
        .spawn()
        .unwrap()
}

async fn listens(directory: &Path, index: usize) {
    let there = async {
        while TcpStream::connect((address(index), PORT)).await.is_err() {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    };
    let in_time = tokio::time::timeout(Duration::from_secs(30), there).await;
    assert!(
        in_time.is_ok(),
        "{}",
        fs::read_to_string(log(directory, index)).unwrap()
    );
}
