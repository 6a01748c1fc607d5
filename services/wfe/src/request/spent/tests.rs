use std::path::Path;

use cairn_acme::nonce::NonceId;

use super::*;

const HOUR: Duration = Duration::from_secs(3600);
const MINUTE: Duration = Duration::from_secs(60);
const NOW: Timestamp = Timestamp::from_secs(1_700_000_000);

fn nonce(number: u64, minted: Timestamp) -> Recognized {
    let mut id = [0; 16];
    id[8..].copy_from_slice(&number.to_be_bytes());
    Recognized {
        id: NonceId(id),
        minted,
    }
}

fn spent() -> MemorySpentNonces {
    MemorySpentNonces {
        lifetime: HOUR,
        most: 100,
        minutes: Mutex::new(Minutes::since(NOW)),
        file: None,
    }
}

fn reopened(file: &Path, now: Timestamp) -> Result<MemorySpentNonces, String> {
    let directory = file.parent().unwrap();
    std::fs::write(directory.join("key"), [7; 32]).unwrap();
    let text = format!("[nonces]\nkey = 'key'\nspent_file = '{}'", file.display());
    let config = cairn_kit::config::parse::<Section>(&text, &directory.join("wfe.toml")).unwrap();
    MemorySpentNonces::open(&config.service.nonces, now).map_err(|error| error.to_string())
}

#[derive(serde::Deserialize)]
struct Section {
    nonces: NonceConfig,
}
impl cairn_kit::Configuration for Section {}

#[tokio::test]
async fn once_and_never_again() {
    let spent = spent();
    assert_eq!(spent.spend(nonce(1, NOW), NOW).await, Ok(true));
    assert_eq!(spent.spend(nonce(1, NOW), NOW).await, Ok(false));
    assert_eq!(spent.spend(nonce(2, NOW), NOW).await, Ok(true));
    assert_eq!(spent.spend(nonce(1, NOW), NOW + HOUR).await, Ok(false));
}

#[test]
fn what_is_too_old_to_be_recognised_is_forgotten() {
    let spent = spent();
    for number in 0..50 {
        assert!(spent.insert(&nonce(number, NOW), NOW));
    }
    assert!(spent.insert(&nonce(99, NOW + HOUR + HOUR), NOW + HOUR + HOUR));
    assert_eq!(spent.with(|minutes| minutes.len()), 1);
    assert!(
        !spent.insert(&nonce(1, NOW), NOW + HOUR + HOUR),
        "a closed minute stays closed"
    );
}

#[test]
fn too_many_close_the_oldest_minutes() {
    let spent = spent();
    for number in 0..60 {
        assert!(spent.insert(&nonce(number, NOW), NOW + MINUTE));
    }
    for number in 0..60 {
        assert!(spent.insert(&nonce(number, NOW + MINUTE), NOW + MINUTE));
    }
    assert_eq!(spent.with(|minutes| minutes.len()), 60);
    assert!(
        !spent.insert(&nonce(77, NOW), NOW + MINUTE),
        "unused, but of a closed minute"
    );
    assert!(spent.insert(&nonce(77, NOW + MINUTE), NOW + MINUTE));
}

#[test]
fn a_nonce_is_used_once_across_an_orderly_end() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("spent");
    let first = reopened(&file, NOW).unwrap();
    assert!(first.insert(&nonce(1, NOW), NOW));
    assert!(first.insert(&nonce(2, NOW + MINUTE), NOW + MINUTE));
    first.close(NOW + MINUTE).unwrap();
    assert!(!first.insert(&nonce(3, NOW + MINUTE), NOW + MINUTE), "closed");

    let later = NOW + 2 * MINUTE;
    let second = reopened(&file, later).unwrap();
    assert!(!file.exists(), "read once");
    assert!(!second.insert(&nonce(1, NOW), later));
    assert!(!second.insert(&nonce(2, NOW + MINUTE), later));
    assert!(
        second.insert(&nonce(3, NOW), later),
        "minted before, and not used"
    );
    assert!(
        !second.insert(&nonce(4, NOW - MINUTE), later),
        "older than all runs"
    );
}

#[test]
fn after_a_crash_nothing_older_is_accepted() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("spent");
    let moment = Duration::from_millis(1);
    for content in [
        None,
        Some("nonsense".as_bytes()),
        Some(b"cairn spent nonces 1\n1234"),
    ] {
        if let Some(content) = content {
            std::fs::write(&file, content).unwrap();
        }
        let spent = reopened(&file, NOW).unwrap();
        assert!(!spent.insert(&nonce(1, NOW - moment), NOW), "{content:?}");
        assert!(spent.insert(&nonce(1, NOW), NOW));
    }
}

#[test]
fn a_file_that_cannot_be_used_is_named() {
    let directory = tempfile::tempdir().unwrap();
    let folder = directory.path().join("folder");
    std::fs::create_dir(&folder).unwrap();
    let error = reopened(&folder, NOW).err().unwrap();
    assert!(error.starts_with("nonces.spent_file: /"), "{error}");
    let missing = directory.path().join("none");
    let spent = MemorySpentNonces {
        file: Some(missing.join("spent")),
        ..spent()
    };
    let error = spent.close(NOW).unwrap_err();
    assert!(error.contains("/none/spent: No such file"), "{error}");
}
