use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::time::Duration;

use serde::Deserialize;

use super::*;

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Sample {
    #[serde(with = "humantime_serde")]
    patience: Duration,
    store: Store,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Store {
    file: FilePath,
    key: Option<Secret>,
}

impl Configuration for Sample {
    fn check(&self) -> Result<(), String> {
        if self.patience.is_zero() {
            return Err("patience: must not be zero".to_owned());
        }
        Ok(())
    }
}

fn error(text: &str) -> String {
    parse::<Sample>(text, Path::new("conf/sample.toml"))
        .unwrap_err()
        .to_string()
}

#[test]
fn common_sections_and_own_keys_are_told_apart() {
    let text = r#"
        patience = "1m 30s"
        [log]
        format = "json"
        level = "info,cairn_kit=debug"
        [store]
        file = "db.sqlite"
        [debug]
        listen = "127.0.0.1:9100"
        [tracing]
        endpoint = "http://localhost:4317"
        ratio = 1.0
        [runtime]
        workers = 2
        drain = "3s"
    "#;
    let loaded: Loaded<Sample> = parse(text, Path::new("/etc/cairn/sample.toml")).unwrap();
    assert_eq!(loaded.service.patience, Duration::from_secs(90));
    assert_eq!(
        loaded.service.store.file.as_path(),
        Path::new("/etc/cairn/db.sqlite")
    );
    assert_eq!(loaded.common.log.format, LogFormat::Json);
    assert_eq!(loaded.common.debug.unwrap().listen.port(), 9100);
    assert_eq!(loaded.common.tracing.unwrap().endpoint, "http://localhost:4317");
    assert_eq!(loaded.common.runtime.workers, Some(2));
    assert_eq!(loaded.common.runtime.drain, Duration::from_secs(3));
}

#[test]
fn refusals_name_file_line_and_key() {
    let cases = [
        (
            "patience = \"1s\"\nfoo = 1\n[store]\nfile = \"x\"",
            "conf/sample.toml:2:1: unknown field `foo`, expected `patience` or `store`",
        ),
        (
            "patience = \"1s\"\n[store]\nfile = \"x\"\n  flie = \"y\"\n",
            "conf/sample.toml:4:3: unknown field `flie`, expected `file` or `key` (in `store`)",
        ),
        (
            "patience = \"1s\"\n[log]\nlevle = \"info\"\n[store]\nfile = \"x\"",
            "conf/sample.toml:3:1: unknown field `levle`, expected `format` or `level` (in `log`)",
        ),
        (
            "patience = \"5 parsecs\"\n[store]\nfile = \"x\"",
            "conf/sample.toml:1:12: invalid value: string \"5 parsecs\", expected a duration (in `patience`)",
        ),
        (
            "patience = 5\n[store]\nfile = \"x\"",
            "conf/sample.toml:1:12: invalid type: integer `5`, expected a duration (in `patience`)",
        ),
        (
            "patience = \"1s\"\n",
            "conf/sample.toml:1:1: missing field `store`",
        ),
        (
            "patience = \"0s\"\n[store]\nfile = \"x\"",
            "conf/sample.toml: patience: must not be zero",
        ),
        (
            "patience = \"1s\"\n[store]\nfile = \"x\"\n[tracing]\nendpoint = \"localhost\"",
            "conf/sample.toml: tracing.endpoint: `localhost` is not an http:// URL of a collector",
        ),
        (
            "patience = \"1s\"\n[store]\nfile = \"x\"\n[log]\nlevel = \"cairn=loud\"",
            "conf/sample.toml: log.level: `cairn=loud` is not a level or a list such as `info,cairn_ra=debug`",
        ),
        (
            "patience = \"1s\"\npatience = \"2s\"\n",
            "conf/sample.toml:2:1: duplicate key",
        ),
    ];
    for (text, expected) in cases {
        assert_eq!(error(text), expected, "{text}");
    }
}

#[test]
fn a_missing_file_is_named() {
    let error = load::<Sample>("/nonexistent/sample.toml")
        .unwrap_err()
        .to_string();
    assert!(
        error.starts_with("/nonexistent/sample.toml: cannot be read: No such file"),
        "{error}"
    );
}

#[test]
fn secrets_are_read_from_their_files_and_never_shown() {
    let dir = tempfile::tempdir().unwrap();
    let (config, key) = (dir.path().join("sample.toml"), dir.path().join("key"));
    fs::write(
        &config,
        "patience = \"1s\"\n[store]\nfile = \"x\"\nkey = \"key\"\n",
    )
    .unwrap();

    let missing = load::<Sample>(&config).unwrap_err().to_string();
    assert!(missing.contains("sample.toml:4:7: "), "{missing}");
    assert!(missing.contains("/key: No such file"), "{missing}");

    fs::write(&key, "").unwrap();
    assert!(
        load::<Sample>(&config)
            .unwrap_err()
            .to_string()
            .contains("the file is empty")
    );

    fs::write(&key, "hunter2\n").unwrap();
    fs::set_permissions(&key, fs::Permissions::from_mode(0o600)).unwrap();
    let loaded = load::<Sample>(&config).unwrap();
    assert!(loaded.warnings.is_empty());
    let secret = loaded.service.store.key.as_ref().unwrap();
    assert_eq!(
        (secret.expose(), secret.expose_text()),
        (b"hunter2\n".as_slice(), Some("hunter2"))
    );
    assert!(!format!("{loaded:?}").contains("hunter2"));

    fs::set_permissions(&key, fs::Permissions::from_mode(0o644)).unwrap();
    let loaded = load::<Sample>(&config).unwrap();
    assert_eq!(loaded.warnings.len(), 1);
    assert!(
        loaded.warnings[0].contains("open to every user"),
        "{:?}",
        loaded.warnings
    );
}
