use std::fs;

use serde::Deserialize;

use super::*;

const PROGRAM: Program = Program {
    name: "cairn-test",
    about: "A test",
    version: "0.0.0",
};

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Nothing {}

impl Configuration for Nothing {}

fn run_on(config: &str, flags: &[&str]) -> Result<bool, String> {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("test.toml");
    fs::write(&path, config).unwrap();
    let line = ["cairn-test", "--config", path.to_str().unwrap()]
        .into_iter()
        .chain(flags.iter().copied());
    let matches = arguments(PROGRAM)
        .try_get_matches_from(line)
        .map_err(|error| error.to_string())?;
    let mut served = false;
    run_with(PROGRAM, &matches, |_: Nothing, _| {
        served = true;
        async { Ok::<_, BoxError>(()) }
    })
    .map(|()| served)
    .map_err(|error| one_line(error.as_ref()).replace(dir.path().to_str().unwrap(), "DIR"))
}

#[test]
fn check_config_reads_and_does_not_serve() {
    assert_eq!(run_on("", &["--check-config"]), Ok(false));
    assert_eq!(
        run_on("\nunknown = 1\n", &["--check-config"]),
        Err("DIR/test.toml:2:1: unknown field `unknown`, there are no fields".to_owned())
    );
}

#[test]
fn arguments_are_checked() {
    assert!(run_on("", &["--nonsense"]).is_err());
    assert!(arguments(PROGRAM).try_get_matches_from(["cairn-test"]).is_err());
    arguments(PROGRAM).debug_assert();
}

#[derive(Debug, thiserror::Error)]
#[error("cannot open the store")]
struct Outer(#[source] std::io::Error);

#[test]
fn an_error_and_its_causes_are_one_line() {
    let error = Outer(std::io::Error::other("disk\non fire"));
    assert_eq!(one_line(&error), "cannot open the store: disk on fire");
}

fn on_runtime<T>(test: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap()
        .block_on(test)
}

async fn supervised<F, Fut, E>(common: &Common, serve: F) -> Result<(), BoxError>
where
    F: FnOnce(Env) -> Fut,
    Fut: Future<Output = Result<(), E>>,
    E: Into<BoxError>,
{
    supervise(PROGRAM, common, Signals::listen(false).unwrap(), serve).await
}

#[test]
fn what_serve_returns_ends_the_process() {
    let common = Common::default();
    let result = on_runtime(supervised(&common, |env| async move {
        env.health.check("listener").pass();
        env.health.ready().await;
        Err::<(), _>(Outer(std::io::Error::other("full")))
    }));
    assert_eq!(
        one_line(result.unwrap_err().as_ref()),
        "cannot open the store: full"
    );
}

#[test]
fn a_debug_port_that_is_taken_is_named() {
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap();
    let common = Common {
        debug: Some(config::Debug { listen: address }),
        ..Common::default()
    };
    let result = on_runtime(supervised(&common, |_| async { Ok::<_, BoxError>(()) }));
    let error = one_line(result.unwrap_err().as_ref());
    assert!(
        error.starts_with(&format!("debug.listen: {address}: Address already in use")),
        "{error}"
    );
}
