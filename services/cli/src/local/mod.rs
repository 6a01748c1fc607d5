//! `cairn local`: a complete CA on one machine, from one directory.
//!
//! [`layout`] says what is where in that directory, [`pki`] makes the keys and certificates, [`configs`]
//! writes every service's configuration from the command line, [`mod@supervise`] runs the services, and
//! [`env_file`] and [`banner`] tell the world how to use them.

mod args;
mod banner;
mod configs;
mod database;
mod env_file;
mod layout;
mod logs;
mod pki;
mod ports;
mod process;
mod profile;
mod ready;
mod service;
mod supervise;
mod terminal;

use std::fs;
use std::net::SocketAddr;
use std::time::Instant;

use anyhow::{Context, bail};
use cairn_types::Identifier;

pub(crate) use args::Args;
use args::Listen;
use banner::Banner;
use configs::Stack;
use env_file::{EnvFile, variable};
pub(crate) use layout::operator_config;
use layout::{Layout, write_atomically};
use pki::{HIERARCHIES, Pki};
use ports::Ports;
use process::Launch;
use service::{Binaries, Service};
use supervise::{Start, Supervisor, check_all};
use terminal::Terminal;

/// Runs the CA until Ctrl-C or SIGTERM.
pub(crate) fn run(args: &Args) -> anyhow::Result<()> {
    let terminal = Terminal::detect();
    let binaries = Binaries::find()?;
    let stack = prepare(args, terminal)?;
    let launches: Vec<Launch> = stack
        .services()
        .into_iter()
        .map(|service| stack.launch(service, &binaries))
        .collect();
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    runtime.block_on(supervise(&stack, launches, terminal))
}

/// Everything that must be there before a service can start.
fn prepare(args: &Args, terminal: Terminal) -> anyhow::Result<Stack> {
    refuse_to_reset_half(args)?;
    let layout = Layout::open(&args.dir)?;
    Terminal::text(&format!(
        "{} in {}",
        terminal.strong("Cairn"),
        layout.dir().display()
    ));
    // All that can be refused is, before anything is deleted.
    let services = Service::all(args.perspectives);
    let clients = [args.http_01_port, args.tls_alpn_01_port];
    let ports = Ports::choose(&args.listen, &services, &clients)?;
    if args.reset {
        layout.reset()?;
    }
    layout.create_folders()?;
    let began = Instant::now();
    let (pki, is_new) = Pki::prepare(&layout, &services, &https_names(&args.listen, &ports)?)?;
    if is_new {
        let took = began.elapsed().as_millis();
        terminal.done(
            "new CA",
            format_args!("an ECDSA P-256 and an RSA-2048 hierarchy, in {took} ms"),
        );
    } else {
        terminal.done("CA", "as it was, with its accounts and certificates");
    }
    let stack = Stack::new(args, layout, pki, ports)?;
    stack.write_configs()?;
    Ok(stack)
}

/// A new CA with the accounts and certificates of the old one would be neither.
fn refuse_to_reset_half(args: &Args) -> anyhow::Result<()> {
    let Some(database) = args.database.as_ref().filter(|_| args.reset) else {
        return Ok(());
    };
    let Some(path) = database.path() else {
        bail!(
            "--reset deletes nothing outside {}: empty {} yourself, and choose another --dir",
            args.dir.display(),
            database.url()
        );
    };
    let path = std::path::absolute(path)?;
    if path.exists() && !path.starts_with(std::path::absolute(&args.dir)?) {
        bail!(
            "--reset deletes nothing outside {}: delete {} yourself first",
            args.dir.display(),
            path.display()
        );
    }
    Ok(())
}

/// What the front end's certificate holds: the host of its URL, where it listens, and localhost.
fn https_names(listen: &Listen, ports: &Ports) -> anyhow::Result<Vec<Identifier>> {
    let mut names = vec![Identifier::parse("dns", "localhost")?];
    names.extend(
        ["127.0.0.1", "::1"]
            .map(|address| Identifier::parse("ip", address))
            .into_iter()
            .flatten(),
    );
    if listen.host.parse::<std::net::IpAddr>().is_err() {
        names.push(Identifier::parse("dns", &listen.host).context("--listen")?);
    }
    let addresses = ports.https().iter().map(SocketAddr::ip);
    names.extend(
        addresses
            .filter(|address| !address.is_unspecified())
            .map(Identifier::Ip),
    );
    names.sort();
    names.dedup();
    Ok(names)
}

async fn supervise(stack: &Stack, launches: Vec<Launch>, terminal: Terminal) -> anyhow::Result<()> {
    // It is there exactly while the CA is ready.
    let env_path = stack.layout.env();
    let _ = fs::remove_file(&env_path);
    check_all(&launches).await?;
    let mut supervisor = Supervisor::start(launches, variables(stack)?, env_path.clone(), terminal)?;
    let watched = match supervisor.ready().await {
        Ok(Start::Ready(took)) => {
            let names: Vec<&str> = stack.services().into_iter().map(Service::name).collect();
            let names = names.join(" ");
            terminal.done("ready", format_args!("{names}, in {} ms", took.as_millis()));
            announce(stack, terminal)?;
            supervisor.watch().await
        }
        Ok(Start::Interrupted) => Ok(()),
        Err(error) => Err(error),
    };
    let _ = fs::remove_file(&env_path);
    Terminal::text("");
    let orderly = supervisor.stop().await;
    watched?;
    if orderly {
        terminal.done("stopped", "everything is stored");
        Ok(())
    } else {
        bail!("not every service ended in good order; what was acknowledged is stored all the same")
    }
}

fn announce(stack: &Stack, terminal: Terminal) -> anyhow::Result<()> {
    let bundle = stack.pki.https_ca();
    let cluster_issuer = stack.layout.dir().join("cert-manager.yaml");
    let yaml = banner::cluster_issuer(&stack.directory_url(), &fs::read(&bundle)?);
    write_atomically(&cluster_issuer, yaml.as_bytes(), 0o644)?;
    let banner = Banner {
        directory_url: &stack.directory_url(),
        env: &stack.layout.env(),
        ca_bundle: &bundle,
        issuer_roots: &stack.pki.issuer_roots(),
        cluster_issuer: &cluster_issuer,
        http_01_port: stack.http_01_port,
        tls_alpn_01_port: stack.tls_alpn_01_port,
        resolver: stack.resolver,
    };
    Terminal::text(&banner.text(terminal));
    Ok(())
}

/// Everything in `DIR/env` but the process ids.
fn variables(stack: &Stack) -> anyhow::Result<EnvFile> {
    let mut env = EnvFile::default();
    env.set("DIRECTORY_URL", stack.directory_url());
    env.set("CA_BUNDLE", stack.pki.https_ca().display());
    env.set("ISSUER_ROOTS", stack.pki.issuer_roots().display());
    for (name, hierarchy) in ["ROOT_FINGERPRINT", "ROOT_FINGERPRINT_RSA"]
        .into_iter()
        .zip(&HIERARCHIES)
    {
        env.set(
            name,
            pki::fingerprint(&stack.pki.hierarchy(hierarchy).join("root.pem"))?,
        );
    }
    env.set("CAA_ID", configs::CAA_ID);
    env.set("HTTP_01_PORT", stack.http_01_port);
    env.set("TLS_ALPN_01_PORT", stack.tls_alpn_01_port);
    env.set("CAIRN_LOCAL_PID", std::process::id());
    env.set("CAIRN_OPERATOR_CONFIG", stack.layout.operator_config().display());
    env.set("CAIRN_WFE_HTTPS_PORT", stack.ports.https_port());
    for service in stack.services() {
        if service.is_called() {
            env.set(&variable(service, "GRPC_PORT"), stack.ports.grpc(service).port());
        }
        env.set(
            &variable(service, "DEBUG_PORT"),
            stack.ports.debug(service).port(),
        );
    }
    Ok(env)
}
