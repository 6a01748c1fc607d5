//! One submission: what is sent, what is believed of the answer.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use cairn_ct::{PrecertEntry, Sct, submission};
use cairn_kit::metrics::Latencies;
use cairn_kit::{BoxError, Env};
use cairn_rpc::Context;
use cairn_rpc::api::publisher::SubmitPrecertificate;
use cairn_types::{Clock, Error, Result};
use http::StatusCode;
use prometheus_client::encoding::EncodeLabelSet;

use crate::config::Config;
use crate::http::Client;
use crate::log::{Log, LogError};

/// The longest wait that a log may ask for and that is passed on.
const LONGEST_WAIT: u64 = 3600;

/// Submits to the configured logs.
pub(crate) struct Publisher {
    logs: BTreeMap<String, Log>,
    client: Client,
    timeout: Duration,
    clock: Arc<dyn Clock>,
    seconds: Latencies<Attempt>,
}

/// Logs are those of the configuration: few.
#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Attempt {
    log: String,
    operator: String,
    outcome: &'static str,
}

impl Publisher {
    pub(crate) fn new(config: &Config, env: &Env) -> std::result::Result<Self, BoxError> {
        let log = |(name, config): (&String, _)| Ok((name.clone(), Log::new(name, config)?));
        let logs = config.logs.iter().map(log);
        let seconds = env
            .metrics
            .latencies("publisher_submission_seconds", "Submissions to logs");
        Ok(Self {
            logs: logs.collect::<std::result::Result<_, LogError>>()?,
            client: Client::new(config.submission.roots.as_ref())?,
            timeout: config.submission.timeout,
            clock: Arc::clone(&env.clock),
            seconds,
        })
    }

    /// Submits a precertificate to one log; the SCT is verified.
    pub(crate) async fn submit(&self, context: &Context, wanted: &SubmitPrecertificate) -> Result<Sct> {
        let log = self
            .logs
            .get(&wanted.log)
            .ok_or_else(|| Error::not_found("log"))?;
        let issuer = wanted
            .chain
            .first()
            .ok_or_else(|| Error::internal("a submission needs the issuer"))?;
        let entry = PrecertEntry::new(&wanted.precertificate, issuer)
            .map_err(|error| Error::internal(format!("a precertificate cannot be submitted: {error}")))?;
        let chain = [&wanted.precertificate].into_iter().chain(&wanted.chain);
        let request = submission::request(chain.map(Vec::as_slice));
        let started = Instant::now();
        let answer = context
            .at_most(self.timeout)
            .run(self.exchange(log, request, &entry))
            .await
            .map_err(|_| unavailable(log, "no answer in time"))
            .and_then(std::convert::identity);
        self.record(log, &answer, started);
        answer
    }

    async fn exchange(&self, log: &Log, request: Vec<u8>, entry: &PrecertEntry) -> Result<Sct> {
        let answer = self.client.post(&log.add_pre_chain, request.into()).await;
        let answer = answer.map_err(|error| unavailable(log, error))?;
        if answer.status != StatusCode::OK {
            let shown: String = String::from_utf8_lossy(&answer.body).chars().take(200).collect();
            let mut error = unavailable(log, format!("{}: {shown:?}", answer.status));
            if let Some(seconds) = answer.retry_after {
                error.retry_after = Some(Duration::from_secs(seconds.min(LONGEST_WAIT)));
            }
            return Err(error);
        }
        let sct = submission::answer(&answer.body).map_err(|error| unavailable(log, error))?;
        log.key
            .verify(&sct, entry, self.clock.now())
            .map_err(|error| unavailable(log, error))?;
        Ok(sct)
    }

    fn record(&self, log: &Log, answer: &Result<Sct>, started: Instant) {
        let attempt = Attempt {
            log: log.name.clone(),
            operator: log.operator.clone(),
            outcome: if answer.is_ok() { "sct" } else { "failure" },
        };
        let elapsed = started.elapsed();
        tracing::info!(
            log = log.name,
            outcome = attempt.outcome,
            ?elapsed,
            "submitted a precertificate"
        );
        self.seconds
            .get_or_create(&attempt)
            .observe(elapsed.as_secs_f64());
    }
}

/// The error for a log that did not do what it should.
fn unavailable(log: &Log, why: impl std::fmt::Display) -> Error {
    Error::unavailable(format!("log {:?} of {}: {why}", log.name, log.operator))
}
