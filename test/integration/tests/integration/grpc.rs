//! Who may call whom between the services, on the real sockets.

use anyhow::{Context as _, Result, ensure};
use cairn_kit::{Metrics, SystemRng};
use cairn_rpc::api::sa::Claim;
use cairn_rpc::client::{CaClient, RaClient, SaClient, VaClient};
use cairn_rpc::{ClientConfig, Context, Target, TlsConfig, Transport};
use cairn_testkit::stack::Service;
use cairn_types::{AccountId, Duration, Error, ErrorKind, Revocation, RevocationReason, Serial, Timestamp};
use openssl::ssl::{SslConnector, SslMethod, SslVerifyMode, SslVersion};
use std::io::{Read as _, Write as _};

use crate::support::stack;

const ID: &str = "0198c2f4-0000-7000-8000-000000000000";
const SERIAL: &str = "014e20000102030405060708090a0b0c";

/// The network as a service sees it.
fn transport_of(service: Service) -> Result<Transport> {
    let folder = stack()?.dir().join("ca/pki/services");
    let path = |name: &str| folder.join(name).display().to_string();
    let mut config = toml::Table::new();
    config.insert(
        "certificate".to_owned(),
        path(&format!("{}.pem", service.name())).into(),
    );
    config.insert("key".to_owned(), path(&format!("{}.key", service.name())).into());
    config.insert("ca".to_owned(), path("root.pem").into());
    let config: TlsConfig = config.try_into()?;
    Ok(Transport::tls(&config, &Metrics::new())?)
}

fn channel(from: Service, called: Service, target: Target) -> Result<cairn_rpc::Channel> {
    let address = stack()?.grpc_address(called)?;
    let config = ClientConfig::new([address.to_string()]);
    Ok(transport_of(from)?.channel(target, &config)?)
}

fn context() -> Context {
    Context::new(&SystemRng, Duration::from_secs(5))
}

fn kind<T>(result: Result<T, Error>) -> Option<ErrorKind> {
    result.err().map(|error| error.kind())
}

fn id<T: std::str::FromStr>() -> Result<T> {
    ID.parse().map_err(|_| anyhow::anyhow!("{ID}"))
}

fn serial() -> Result<Serial> {
    SERIAL.parse().map_err(|_| anyhow::anyhow!("{SERIAL}"))
}

#[tokio::test]
async fn the_front_end_reads_the_storage_and_changes_nothing_there() -> Result<()> {
    let sa = SaClient::new(channel(Service::Wfe, Service::Sa, SaClient::TARGET)?);
    let unknown: AccountId = id()?;
    assert_eq!(
        kind(sa.get_account(&context(), unknown).await),
        Some(ErrorKind::NotFound)
    );
    assert_eq!(
        kind(sa.get_certificate(&context(), serial()?).await),
        Some(ErrorKind::NotFound)
    );

    let denied = Some(ErrorKind::PermissionDenied);
    let claim = || Claim {
        owner: "front end".to_owned(),
        deadline: Timestamp::from_secs(0),
        limit: 1,
    };
    let revocation = cairn_rpc::api::sa::RevokeCertificate {
        serial: serial()?,
        revocation: Revocation {
            at: Timestamp::from_secs(0),
            reason: RevocationReason::Unspecified,
        },
        by: "front end".to_owned(),
    };
    assert_eq!(kind(sa.deactivate_account(&context(), unknown).await), denied);
    assert_eq!(
        kind(sa.update_contact(&context(), unknown, Vec::new()).await),
        denied
    );
    assert_eq!(kind(sa.claim_orders(&context(), claim()).await), denied);
    assert_eq!(kind(sa.claim_validations(&context(), claim()).await), denied);
    assert_eq!(kind(sa.deactivate_authorization(&context(), id()?).await), denied);
    assert_eq!(
        kind(sa.store_certificate(&context(), serial()?, Vec::new()).await),
        denied
    );
    assert_eq!(kind(sa.revoke_certificate(&context(), revocation).await), denied);
    Ok(())
}

#[tokio::test]
async fn the_signer_and_the_rules_write_each_their_own_part() -> Result<()> {
    let denied = Some(ErrorKind::PermissionDenied);
    let rules = SaClient::new(channel(Service::Ra, Service::Sa, SaClient::TARGET)?);
    assert_eq!(
        kind(rules.store_certificate(&context(), serial()?, Vec::new()).await),
        denied,
        "only what was signed by the signer is a certificate"
    );
    let signer = SaClient::new(channel(Service::Ca, Service::Sa, SaClient::TARGET)?);
    assert_eq!(
        kind(signer.get_certificate(&context(), serial()?).await),
        Some(ErrorKind::NotFound)
    );
    assert_eq!(kind(signer.deactivate_account(&context(), id()?).await), denied);
    assert_eq!(
        kind(signer.deactivate_authorization(&context(), id()?).await),
        denied
    );
    Ok(())
}

#[tokio::test]
async fn nobody_calls_whom_it_has_no_business_with() -> Result<()> {
    let denied = Some(ErrorKind::PermissionDenied);
    let account: AccountId = id()?;
    for caller in [Service::Va, Service::Publisher] {
        let sa = SaClient::new(channel(caller, Service::Sa, SaClient::TARGET)?);
        assert_eq!(
            kind(sa.get_account(&context(), account).await),
            denied,
            "{}",
            caller.name()
        );
        assert_eq!(
            kind(sa.get_certificate(&context(), serial()?).await),
            denied,
            "{}",
            caller.name()
        );
    }
    for caller in [Service::Va, Service::Ca, Service::Sa, Service::Publisher] {
        let ra = RaClient::new(channel(caller, Service::Ra, RaClient::TARGET)?);
        assert_eq!(
            kind(ra.deactivate_account(&context(), account).await),
            denied,
            "{}",
            caller.name()
        );
    }
    for caller in [Service::Wfe, Service::Va, Service::Sa, Service::Publisher] {
        let ca = CaClient::new(channel(caller, Service::Ca, CaClient::TARGET)?);
        let request = cairn_rpc::api::ca::Issue {
            order: order()?,
            jwk: "{}".to_owned(),
            account_uri: String::new(),
            csr: Vec::new(),
            request: Vec::new(),
            evidence: Vec::new(),
            key_changes: Vec::new(),
        };
        assert_eq!(
            kind(ca.issue(&context(), request).await),
            denied,
            "{}",
            caller.name()
        );
    }
    for caller in [Service::Wfe, Service::Ca, Service::Sa] {
        let va = VaClient::new(channel(caller, Service::Va, VaClient::TARGET)?);
        let check = cairn_types::CaaCheck {
            identifier: cairn_types::Identifier::parse("dns", "a.test")?,
            wildcard: false,
            method: cairn_types::ChallengeType::Http01,
            thumbprint: cairn_types::Thumbprint([0; 32]),
            account_uri: String::new(),
        };
        assert_eq!(
            kind(va.check_caa(&context(), check).await),
            denied,
            "{}",
            caller.name()
        );
    }
    Ok(())
}

fn order() -> Result<cairn_types::Order> {
    Ok(cairn_types::Order {
        id: id()?,
        account: id()?,
        status: cairn_types::OrderStatus::Processing,
        expires: Timestamp::from_secs(0),
        identifiers: Vec::new(),
        profile: "classic".parse().map_err(|_| anyhow::anyhow!("profile"))?,
        not_before: None,
        not_after: None,
        replaces: None,
        authorizations: Vec::new(),
        error: None,
        serial: None,
        created: Timestamp::from_secs(0),
    })
}

/// What a server says to a client with that certificate, or with none, up to the first octets after the handshake.
fn knock(called: Service, certificate: Option<&str>, version: SslVersion) -> Result<()> {
    let mut connector = SslConnector::builder(SslMethod::tls_client())?;
    connector.set_verify(SslVerifyMode::NONE);
    connector.set_alpn_protos(b"\x02h2")?;
    connector.set_max_proto_version(Some(version))?;
    if let Some(name) = certificate {
        let folder = stack()?.dir().join("ca/pki").join(name);
        connector.set_certificate_chain_file(folder.with_extension("pem"))?;
        connector.set_private_key_file(folder.with_extension("key"), openssl::ssl::SslFiletype::PEM)?;
    }
    let tcp = std::net::TcpStream::connect(stack()?.grpc_address(called)?)?;
    let mut stream = connector
        .build()
        .connect(&format!("{}.cairn", called.name()), tcp)?;
    stream.write_all(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\x00\x00\x00\x04\x00\x00\x00\x00\x00")?;
    let mut frame = [0; 9];
    stream.read_exact(&mut frame)?;
    Ok(())
}

#[tokio::test]
async fn a_client_without_a_service_certificate_gets_no_connection() -> Result<()> {
    for called in [Service::Sa, Service::Ra, Service::Va, Service::Ca] {
        knock(called, Some("services/wfe"), SslVersion::TLS1_3)
            .with_context(|| format!("{}: the right certificate", called.name()))?;
        for (certificate, version, what) in [
            (None, SslVersion::TLS1_3, "no certificate"),
            (
                Some("https/server"),
                SslVersion::TLS1_3,
                "the certificate of the web site",
            ),
            (Some("services/wfe"), SslVersion::TLS1_2, "TLS 1.2"),
        ] {
            ensure!(
                knock(called, certificate, version).is_err(),
                "{} accepts {what}",
                called.name()
            );
        }
    }
    Ok(())
}
