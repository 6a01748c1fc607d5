//! Several servers of one service, servers that end, servers that come.

use std::collections::HashSet;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use cairn_types::ErrorKind;
use tokio::sync::mpsc;

use super::certificates::Authority;
use super::*;
use crate::balance::{Balancer, Resolve};
use crate::transport::Endpoint;

/// The names of the servers that answered `calls` calls.
async fn who_answers(channel: &Channel, calls: usize) -> HashSet<String> {
    let mut names = HashSet::new();
    for _ in 0..calls {
        names.insert(say(channel, "who?").await.unwrap());
    }
    names
}

fn set<const N: usize>(names: [&str; N]) -> HashSet<String> {
    names.into_iter().map(str::to_owned).collect()
}

#[tokio::test]
async fn calls_wait_for_a_server_and_survive_its_restart() {
    let hub = Hub::new();
    let transport = hub.transport("sa.cairn");
    let channel = memory_channel(&hub, "ra.cairn");
    for name in ["first", "second", "third"] {
        let (answer, server) = tokio::join!(say(&channel, "who?"), async {
            tokio::task::yield_now().await;
            start(&transport, configuration(), answering(name)).await
        });
        assert_eq!(answer, Ok(name.to_owned()));
        server.stop().await;
    }
}

#[tokio::test]
async fn a_restarted_server_is_found_at_its_address() {
    let authority = Authority::new();
    let metrics = cairn_kit::Metrics::new();
    let transport = |name| Transport::tls(&authority.issue(&[name]), &metrics).unwrap();
    let (sa, ra) = (transport("sa.cairn"), transport("ra.cairn"));
    let server = start(&sa, configuration(), answering("before")).await;
    let channel = ra.channel(SA, &server.client()).unwrap();
    assert_eq!(say(&channel, "who?").await, Ok("before".to_owned()));
    let mut config = configuration();
    config.listen = server.address.unwrap();
    server.stop().await;
    let (answer, _server) = tokio::join!(say(&channel, "who?"), async {
        tokio::task::yield_now().await;
        start(&sa, config, answering("after")).await
    });
    assert_eq!(answer, Ok("after".to_owned()));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn when_one_of_two_dies_only_its_calls_in_flight_fail() {
    const CALLERS: usize = 16;
    let authority = Authority::new();
    let metrics = cairn_kit::Metrics::new();
    let transport = |name| Transport::tls(&authority.issue(&[name]), &metrics).unwrap();
    let (sa, ra) = (transport("sa.cairn"), transport("ra.cairn"));
    let one = start(&sa, configuration(), answering("one")).await;
    let two = start(&sa, configuration(), answering("two")).await;
    let addresses = [&one, &two].map(|server| server.address.unwrap().to_string());
    let channel = ra.channel(SA, &ClientConfig::new(addresses)).unwrap();
    eventually(async || who_answers(&channel, 2).await == set(["one", "two"])).await;

    let (after, failures) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
    let (dead, death) = shared(std::sync::atomic::AtomicBool::new(false));
    let callers: Vec<_> = (0..CALLERS)
        .map(|_| {
            let channel = channel.clone();
            let (after, failures, death) = (after.clone(), failures.clone(), death.clone());
            tokio::spawn(async move {
                while after.load(Ordering::SeqCst) < 1000 {
                    match say(&channel, "who?").await {
                        Ok(_) => {
                            if death.load(Ordering::SeqCst) {
                                after.fetch_add(1, Ordering::SeqCst);
                            }
                        }
                        Err(error) => {
                            assert_eq!(error.kind(), ErrorKind::Unavailable, "{error:?}");
                            failures.fetch_add(1, Ordering::SeqCst);
                        }
                    }
                }
            })
        })
        .collect();
    drop(one);
    dead.store(true, Ordering::SeqCst);
    for caller in callers {
        caller.await.unwrap();
    }
    assert!(failures.load(Ordering::SeqCst) <= CALLERS, "{failures:?}");
    assert_eq!(who_answers(&channel, 10).await, set(["two"]));
}

#[tokio::test]
async fn the_least_loaded_server_is_chosen() {
    let hub = Hub::new();
    let (channel, addresses) = following(&hub, &["a"]);
    let (reached, mut arrivals) = mpsc::unbounded_channel();
    let stuck = Echo::new(move |_| {
        reached.send(()).unwrap();
        std::future::pending()
    });
    let _a = start(&hub.transport("a"), configuration(), stuck).await;
    let stuck_call = tokio::spawn({
        let channel = channel.clone();
        async move { say(&channel, "who?").await }
    });
    arrivals.recv().await.unwrap();
    *addresses.lock().unwrap() = Ok(vec!["a", "b"]);
    let _b = start(&hub.transport("b"), configuration(), answering("b")).await;
    // While b is not connected the calls would join the stuck one.
    eventually(async || {
        let short = context().at_most(Duration::from_millis(20));
        echo::say(&channel, short.request(String::new())).await.is_ok()
    })
    .await;
    assert_eq!(who_answers(&channel, 10).await, set(["b"]));
    stuck_call.abort();
}

#[tokio::test]
async fn addresses_come_and_go() {
    let hub = Hub::new();
    let (channel, addresses) = following(&hub, &["a"]);
    let _a = start(&hub.transport("a"), configuration(), answering("a")).await;
    let _b = start(&hub.transport("b"), configuration(), answering("b")).await;
    assert_eq!(who_answers(&channel, 10).await, set(["a"]));
    *addresses.lock().unwrap() = Ok(vec!["a", "b"]);
    eventually(async || who_answers(&channel, 2).await == set(["a", "b"])).await;
    *addresses.lock().unwrap() = Ok(vec!["b"]);
    eventually(async || who_answers(&channel, 2).await == set(["b"])).await;
    assert_eq!(who_answers(&channel, 10).await, set(["b"]));
    *addresses.lock().unwrap() = Err(());
    assert_eq!(who_answers(&channel, 10).await, set(["b"]));
}

type Names = Arc<Mutex<Result<Vec<&'static str>, ()>>>;

/// A channel to servers within the process whose names can be changed.
fn following(hub: &Hub, names: &[&'static str]) -> (Channel, Names) {
    let names: Names = Arc::new(Mutex::new(Ok(names.to_vec())));
    let resolved = Arc::clone(&names);
    let resolve: Resolve = Box::new(move || {
        let names = resolved.lock().unwrap().clone();
        let endpoint = |name: &str| Endpoint::Memory(name.to_owned());
        Box::pin(async move {
            let names = names.map_err(|()| std::io::Error::other("no name service"))?;
            Ok(names.into_iter().map(endpoint).collect())
        })
    });
    let transport = hub.transport("ra.cairn");
    let every = Duration::from_millis(1);
    let balancer = Balancer::following(transport.clone(), "sa.cairn".into(), resolve, every);
    let authority = http::uri::Authority::from_static("sa.cairn");
    (
        Channel::over(balancer, authority, PATIENCE, transport.calls.made),
        names,
    )
}
