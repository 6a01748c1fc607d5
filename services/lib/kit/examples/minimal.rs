//! The least that a service is: a configuration, a check, and work until told to stop.
//! Try `cargo run -p cairn-kit --example minimal -- --help`.

use std::process::ExitCode;
use std::time::Duration;

use cairn_kit::audit::{Actor, Record};
use cairn_kit::{Configuration, Env, Program};
use serde::Deserialize;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Config {
    /// How long the work in flight takes to finish after the signal to stop.
    #[serde(with = "cairn_kit::duration")]
    finishing: Duration,
}

impl Configuration for Config {}

#[tracing::instrument(skip_all)]
async fn serve(config: Config, env: Env) -> std::io::Result<()> {
    env.health.check("work").pass();
    Record::new("work.begun", "work", 1)
        .by(Actor::Service("minimal"))
        .created("running")
        .write();
    env.shutdown.cancelled().await;
    tokio::time::sleep(config.finishing).await;
    Ok(())
}

fn main() -> ExitCode {
    let program = Program {
        name: "minimal",
        about: "The least that a service is",
        version: env!("CARGO_PKG_VERSION"),
    };
    cairn_kit::run(program, serve)
}
