//! Remotes that answer what they should not: each is one perspective that failed, and nothing worse.

use std::sync::Mutex;

use cairn_kit::Env;
use cairn_rpc::api::va::{Observe, ObserveCaa};
use cairn_rpc::client::PerspectiveClient;
use cairn_rpc::convert::Wire;
use cairn_rpc::pb::va::v1 as pb;
use cairn_rpc::pb::va::v1::perspective_server::{Perspective, PerspectiveServer};
use cairn_rpc::{ClientConfig, Context, Hub, Server, ServerConfig, to_status};
use cairn_types::{Error, ErrorKind, ValidationOutcome};
use tokio::sync::watch;
use tonic::{Request, Response, Status};

use super::world::Sees::{Attacker, Control, Faked};
use super::world::{World, server_name};

/// What a liar makes of the truth.
pub(super) type Lie = Box<dyn Fn(ValidationOutcome) -> Result<ValidationOutcome, Error> + Send + Sync>;

/// A perspective that asks an honest one, and answers something else or later.
pub(super) struct Liar {
    honest: PerspectiveClient,
    lie: Lie,
    gate: watch::Receiver<bool>,
}

impl Liar {
    /// Serves in place of the remote with this number, while the configuration of that one is served under another
    /// name. It answers while the gate is open.
    pub(super) fn serve(world: &World, index: usize, gate: watch::Receiver<bool>, lie: Lie) {
        let hidden = format!("hidden-{index}.cairn");
        let (transport, config, env) = (
            world.hub.transport(hidden.clone()),
            world.configs[index].clone(),
            Env::system(),
        );
        tokio::spawn(async move { cairn_va::serve_over(&transport, config, env).await.unwrap() });
        let liar = Self {
            honest: honest(&world.hub, &hidden),
            lie,
            gate,
        };
        let transport = world.hub.transport(server_name(index));
        let stop = world.env.shutdown.clone();
        tokio::spawn(async move {
            let only = ServerConfig::loopback([("cairn.va.v1.Perspective", &["va.cairn"][..])]);
            let server = Server::new(only).service(PerspectiveServer::new(liar));
            server.bind(&transport).await.unwrap().serve(stop).await;
        });
    }

    async fn tell(
        &self,
        truth: Result<ValidationOutcome, Error>,
    ) -> Result<Response<pb::ValidationResponse>, Status> {
        let told = (self.lie)(truth.map_err(to_status)?).map_err(to_status)?;
        self.gate.clone().wait_for(|open| *open).await.unwrap();
        Ok(Response::new(told.into_wire()))
    }
}

fn honest(hub: &Hub, hidden: &str) -> PerspectiveClient {
    let config = ClientConfig {
        server_name: Some(hidden.to_owned()),
        ..ClientConfig::new(["in memory:0"])
    };
    let channel = hub
        .transport("va.cairn")
        .channel(PerspectiveClient::TARGET, &config);
    PerspectiveClient::new(channel.unwrap())
}

#[tonic::async_trait]
impl Perspective for Liar {
    async fn observe(
        &self,
        request: Request<pb::ObserveRequest>,
    ) -> Result<Response<pb::ValidationResponse>, Status> {
        let context = Context::of(&request).map_err(to_status)?;
        let request: Observe = Wire::from_wire(request.into_inner()).map_err(to_status)?;
        self.tell(self.honest.observe(&context, request).await).await
    }

    async fn observe_caa(
        &self,
        request: Request<pb::ObserveCaaRequest>,
    ) -> Result<Response<pb::ValidationResponse>, Status> {
        let context = Context::of(&request).map_err(to_status)?;
        let request: ObserveCaa = Wire::from_wire(request.into_inner()).map_err(to_status)?;
        self.tell(self.honest.observe_caa(&context, request).await).await
    }
}

/// A gate that stays open.
pub(super) fn open() -> watch::Receiver<bool> {
    watch::channel(true).1
}

/// The lies, each told of a truth in which control was seen.
fn lies() -> Vec<(&'static str, Lie)> {
    fn changed(change: impl Fn(&mut ValidationOutcome) + Send + Sync + 'static) -> Lie {
        Box::new(move |mut outcome| {
            change(&mut outcome);
            Ok(outcome)
        })
    }
    let first: Mutex<Option<Vec<u8>>> = Mutex::default();
    vec![
        ("an error", Box::new(|_| Err(Error::internal("broken")))),
        ("no receipt", changed(|outcome| outcome.receipts.clear())),
        (
            "no receipt but octets",
            changed(|outcome| outcome.receipts = vec![b"garbage".to_vec()]),
        ),
        (
            "a receipt that was tampered with",
            changed(|outcome| *outcome.receipts[0].last_mut().unwrap() ^= 1),
        ),
        (
            "two receipts",
            changed(|outcome| outcome.receipts.push(outcome.receipts[0].clone())),
        ),
        ("no observation", changed(|outcome| outcome.observations.clear())),
        (
            "an observation in another's name",
            changed(|outcome| "remote-2".clone_into(&mut outcome.observations[0].perspective)),
        ),
        (
            "an observation from another region",
            changed(|outcome| "ripe".clone_into(&mut outcome.observations[0].rir)),
        ),
        (
            "a refusal with the receipt of a success",
            changed(|outcome| {
                let error = Error::new(ErrorKind::Caa, "no");
                outcome.problem = Some(error.problem);
                outcome.observations[0].kind = Some(ErrorKind::Caa);
            }),
        ),
        (
            "the receipt of another attempt",
            changed(move |outcome| {
                let mut first = first.lock().unwrap();
                let first = first.get_or_insert_with(|| outcome.receipts[0].clone());
                outcome.receipts[0].clone_from(first);
            }),
        ),
    ]
}

#[tokio::test]
async fn a_lie_is_one_perspective_that_failed() {
    for (what, lie) in lies() {
        let world = World::start(&[Control, Faked, Control]).await;
        Liar::serve(&world, 1, open(), lie);
        if what == "the receipt of another attempt" {
            // Which is the truth the first time.
            assert_eq!(world.validate().await.observation("remote-1").kind, None);
        }
        let seen = world.validate().await;
        assert_eq!(seen.outcome.problem, None, "{what}");
        assert_eq!(
            seen.observation("remote-1").kind,
            Some(ErrorKind::Unavailable),
            "{what}"
        );
        assert_eq!(seen.receipts.len(), 2, "{what}");
    }
}

#[tokio::test]
async fn a_refusal_cannot_be_turned_into_a_success() {
    let world = World::start(&[Control, Faked]).await;
    let zone = &world.zones[1];
    zone.caa("victim.example", 0, "issue", "other.example");
    let lie = |mut outcome: ValidationOutcome| {
        assert!(outcome.problem.is_some());
        outcome.problem = None;
        outcome.observations[0].kind = None;
        Ok(outcome)
    };
    Liar::serve(&world, 1, open(), Box::new(lie));
    let seen = world.validate().await;
    assert!(seen.outcome.problem.is_some());
}

#[tokio::test]
async fn a_receipt_in_the_name_of_another_does_not_count() {
    // The remote signs with its own key, as if it were the second one.
    let mut world = World::start(&[Control, Faked, Control]).await;
    world.configs[1].perspective.name = "remote-2".to_owned();
    let lie = |mut outcome: ValidationOutcome| {
        outcome.observations[0].perspective = "remote-1".to_owned();
        Ok(outcome)
    };
    Liar::serve(&world, 1, open(), Box::new(lie));
    let seen = world.validate().await;
    assert_eq!(seen.outcome.problem, None);
    assert_eq!(
        seen.observation("remote-1").summary,
        "its answer was not one to this question"
    );
}

#[tokio::test]
async fn what_a_perspective_tells_is_bounded_and_cleaned() {
    let world = World::start(&[Control, Faked, Attacker]).await;
    let lie = |mut outcome: ValidationOutcome| {
        outcome.observations[0].remedy = Some("\u{1b}[31m".repeat(10_000));
        outcome.observations[0].steps = vec!["\r\n".repeat(1000); 1000];
        Ok(outcome)
    };
    Liar::serve(&world, 1, open(), Box::new(lie));
    let seen = world.validate().await;
    let told = seen.observation("remote-1");
    let all = told.steps.concat() + told.remedy.as_deref().unwrap();
    assert!(
        !all.contains(char::is_control) && all.len() < 500_000,
        "{}",
        all.len()
    );
}

#[tokio::test]
async fn a_remote_answers_its_primary_alone() {
    let world = World::start(&[Control, Control]).await;
    let config = ClientConfig {
        server_name: Some(server_name(1)),
        ..ClientConfig::new(["in memory:0"])
    };
    let stranger = world.hub.transport("ra.cairn");
    let client = PerspectiveClient::new(stranger.channel(PerspectiveClient::TARGET, &config).unwrap());
    let request = Observe {
        attempt: [1; 16],
        request: super::world::request(),
        dry_run: false,
    };
    let context = world.context(std::time::Duration::from_secs(10));
    let error = client.observe(&context, request).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::PermissionDenied);
}
