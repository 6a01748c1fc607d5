//! The CA that all tests share, and what it validates against.
//!
//! They live in a runtime of their own, since each test has one that ends with it.

use std::fs;
use std::future::Future;
use std::sync::OnceLock;

use anyhow::{Context, Result, anyhow};
use cairn_acme::base64url;
use cairn_testkit::dns::DnsServer;
use cairn_testkit::responder::{Http01, TlsAlpn01};
use cairn_testkit::stack::{Options, Service, Stack};
use tokio::runtime::Runtime;

/// Who answers the CA's challenges and queries.
pub(crate) struct Doubles {
    pub(crate) http: Http01,
    pub(crate) alpn: TlsAlpn01,
    pub(crate) dns: DnsServer,
}

/// The MAC key of the external account that the CAs of these tests know.
pub(crate) const EAB_KEY: [u8; 32] = [0x5a; 32];

/// Its id.
pub(crate) const EAB_KEY_ID: &str = "customer-1";

/// The doubles.
pub(crate) fn doubles() -> Result<&'static Doubles> {
    static DOUBLES: OnceLock<Result<Doubles, String>> = OnceLock::new();
    let start = async {
        Ok(Doubles {
            http: Http01::start().await?,
            alpn: TlsAlpn01::start().await?,
            dns: DnsServer::start().await?,
        })
    };
    shared(DOUBLES.get_or_init(|| outside(start)))
}

/// The CA that all tests share.
pub(crate) fn stack() -> Result<&'static Stack> {
    static STACK: OnceLock<Result<Stack, String>> = OnceLock::new();
    shared(STACK.get_or_init(|| outside(own_stack())))
}

/// A CA of one's own, with times that suit tests. It knows one external account, and needs none.
pub(crate) async fn own_stack() -> Result<Stack> {
    let doubles = doubles()?;
    let options = Options::new(doubles.http.port(), doubles.alpn.port(), doubles.dns.address());
    let stack = Stack::start(options).await?;
    let eab_key = stack.dir().join("eab.key");
    fs::write(&eab_key, base64url::encode(EAB_KEY))?;
    stack
        .reconfigure(Service::Ra, |config| {
            let accounts = table(config, "accounts");
            let keys = table(accounts, "external_account_keys");
            keys.insert(EAB_KEY_ID.to_owned(), eab_key.display().to_string().into());
            for section in ["finalize", "validation"] {
                table(config, section).insert("lease".to_owned(), "5s".into());
            }
            table(config, "validation").insert("retries".to_owned(), vec!["300ms", "1200ms"].into());
            table(config, "finalize").insert("wait".to_owned(), "1s".into());
            table(config, "janitor").insert("interval".to_owned(), "300ms".into());
        })
        .await?;
    stack
        .reconfigure(Service::Wfe, |config| {
            let http = table(config, "http");
            http.insert("header_timeout".to_owned(), "2s".into());
            http.insert("body_timeout".to_owned(), "2s".into());
        })
        .await?;
    Ok(stack)
}

/// A section of a configuration, made if it is not there.
pub(crate) fn table<'a>(config: &'a mut toml::Table, name: &str) -> &'a mut toml::Table {
    let section = config
        .entry(name.to_owned())
        .or_insert_with(|| toml::Table::new().into());
    section
        .as_table_mut()
        .unwrap_or_else(|| panic!("{name} is a section"))
}

/// Runs `start` in a runtime that stays, from within a test, which has one already.
fn outside<T: Send + 'static>(start: impl Future<Output = Result<T>> + Send + 'static) -> Result<T, String> {
    static RUNTIME: OnceLock<Runtime> = OnceLock::new();
    std::thread::spawn(move || {
        let runtime = match RUNTIME.get() {
            Some(runtime) => runtime,
            None => {
                let made = Runtime::new().context("runtime")?;
                RUNTIME.get_or_init(|| made)
            }
        };
        runtime.block_on(start)
    })
    .join()
    .unwrap_or_else(|_| Err(anyhow!("panicked")))
    .map_err(|error| format!("{error:#}"))
}

fn shared<T>(made: &'static Result<T, String>) -> Result<&'static T> {
    made.as_ref().map_err(|error| anyhow!("{error}"))
}
