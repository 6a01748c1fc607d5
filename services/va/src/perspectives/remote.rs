//! One remote perspective, as the primary sees it.

use std::sync::Arc;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use cairn_evidence::{Check, Outcome, Proof, Receipt, ReceiptVerifier, Rir};
use cairn_rpc::Context;
use cairn_rpc::api::va::{Observe, ObserveCaa};
use cairn_rpc::client::PerspectiveClient;
use cairn_types::{Error, ErrorKind, Observation, ValidationOutcome};
use tokio::time::Instant;

use super::quorum::Vote;
use crate::authority::{Terms, Work};
use crate::measure::Measure;
use crate::text::clean;

/// The longest text of an observation that is kept, in characters; the longest step, and the most of them.
const MAX_TEXT: usize = 1000;
const MAX_STEP: usize = 400;
const MAX_STEPS: usize = 64;

/// A remote perspective.
pub(super) struct Remote {
    pub(super) name: String,
    pub(super) rir: Rir,
    pub(super) client: PerspectiveClient,
    pub(super) verifier: ReceiptVerifier,
    /// Whether its last answer came too late to be waited for, or not at all.
    pub(super) late: AtomicBool,
    pub(super) measure: Arc<Measure>,
}

/// What all perspectives of an attempt are asked.
pub(super) struct Question {
    pub(super) work: Work,
    pub(super) terms: Terms,
    /// What the primary has seen; none in a dry run.
    pub(super) primary: Option<Receipt>,
    /// How long stragglers are waited for, and since when.
    pub(super) patience: Duration,
    pub(super) certain: OnceLock<Instant>,
}

/// What a remote answered.
#[derive(Debug)]
pub(super) struct Answer {
    pub(super) vote: Vote,
    pub(super) observation: Observation,
    /// Its receipt, verified, as signed and as read; none in a dry run.
    pub(super) receipt: Option<(Vec<u8>, Receipt)>,
}

impl Remote {
    /// Asks it. Whatever goes wrong is a refusal of this perspective alone.
    pub(super) async fn ask(&self, context: &Context, question: &Question) -> Answer {
        let began = Instant::now();
        let answered = self.call(context, question).await;
        let too_late = |since: &Instant| since.elapsed() > question.patience;
        let late = answered.is_err() || question.certain.get().is_some_and(too_late);
        self.late.store(late, Ordering::Relaxed);
        let answer = match answered {
            Ok(outcome) => self.accept(outcome, question).unwrap_or_else(|why| {
                tracing::error!(
                    perspective = self.name,
                    why,
                    "a perspective's answer is not acceptable"
                );
                self.failed("its answer was not one to this question")
            }),
            Err(error) => {
                let why = error.internal.as_deref().unwrap_or(&error.problem.detail);
                tracing::warn!(perspective = self.name, why, "a perspective did not answer");
                self.failed("it could not be reached or did not answer in time")
            }
        };
        let outcome = answer.observation.kind;
        let operation = super::operation(&question.work, question.terms);
        self.measure
            .perspective(&self.name, operation, outcome, began.elapsed());
        answer
    }

    async fn call(&self, context: &Context, question: &Question) -> Result<ValidationOutcome, Error> {
        let (attempt, dry_run) = (question.terms.id, question.terms.dry_run);
        let call = async {
            match question.work.clone() {
                Work::Validate(request) => {
                    let observe = Observe {
                        attempt,
                        request,
                        dry_run,
                    };
                    self.client.observe(context, observe).await
                }
                Work::CheckCaa(request) => {
                    let observe = ObserveCaa {
                        attempt,
                        request,
                        dry_run,
                    };
                    self.client.observe_caa(context, observe).await
                }
            }
        };
        context.run(call).await?
    }

    /// The answer, if it is this perspective's to this question and does not contradict itself.
    fn accept(&self, outcome: ValidationOutcome, question: &Question) -> Result<Answer, String> {
        let kind = outcome.problem.map(|problem| problem.kind);
        let [observation] = <[Observation; 1]>::try_from(outcome.observations)
            .map_err(|observations| format!("{} observations", observations.len()))?;
        if observation.perspective != self.name || observation.rir != self.rir.as_str() {
            return Err("an observation in the name of another".to_owned());
        }
        if observation.kind != kind {
            return Err("an observation that contradicts the problem".to_owned());
        }
        let mut receipts = outcome.receipts;
        let receipt = match (&question.primary, receipts.pop()) {
            (None, None) => None,
            (Some(primary), Some(signed)) if receipts.is_empty() => {
                let receipt = self.verifier.verify(&signed).map_err(|error| error.to_string())?;
                agrees(&receipt, primary)?;
                if receipt.outcome != kind.map_or(Outcome::Valid, Outcome::Refused) {
                    return Err("a receipt that contradicts the problem".to_owned());
                }
                Some((signed, receipt))
            }
            (None, Some(_)) => return Err("a receipt of a dry run".to_owned()),
            (Some(_), _) => return Err("not one receipt".to_owned()),
        };
        let vote = match kind {
            None => Vote::Confirmed,
            Some(_) => Vote::Refused {
                transient: outcome.transient,
            },
        };
        Ok(Answer {
            vote,
            observation: bounded(observation),
            receipt,
        })
    }

    fn failed(&self, why: &str) -> Answer {
        Answer {
            vote: Vote::Refused { transient: true },
            observation: self.silent(why),
            receipt: None,
        }
    }

    /// The observation of a perspective from which nothing was heard.
    pub(super) fn silent(&self, why: &str) -> Observation {
        Observation {
            perspective: self.name.clone(),
            rir: self.rir.as_str().to_owned(),
            kind: Some(ErrorKind::Unavailable),
            summary: why.to_owned(),
            expected: None,
            found: None,
            remedy: None,
            steps: Vec::new(),
        }
    }
}

/// Whether a remote's receipt is about what the primary's is about: only then the two corroborate each other.
fn agrees(receipt: &Receipt, primary: &Receipt) -> Result<(), String> {
    let proof = |receipt: &Receipt| match &receipt.check {
        Check::CaaOnly => None,
        Check::Validation(Proof {
            token_sha256,
            key_authorization_sha256,
            ..
        }) => Some((*token_sha256, *key_authorization_sha256)),
    };
    let same = [
        ("attempt", receipt.attempt == primary.attempt),
        ("identifier", receipt.identifier == primary.identifier),
        ("wildcard", receipt.wildcard == primary.wildcard),
        ("method", receipt.method == primary.method),
        ("account key", receipt.thumbprint == primary.thumbprint),
        ("account", receipt.account_uri == primary.account_uri),
        ("token or key authorization", proof(receipt) == proof(primary)),
    ];
    match same.iter().find(|(_, same)| !same) {
        Some((what, _)) => Err(format!("a receipt for another {what}")),
        None => Ok(()),
    }
}

/// What a perspective says is believed as far as it goes, and no further than this.
fn bounded(mut observation: Observation) -> Observation {
    observation.summary = clean(&observation.summary, MAX_TEXT);
    for field in [
        &mut observation.expected,
        &mut observation.found,
        &mut observation.remedy,
    ] {
        *field = field.as_ref().map(|text| clean(text, MAX_TEXT));
    }
    let steps = observation.steps.iter().take(MAX_STEPS);
    observation.steps = steps.map(|step| clean(step, MAX_STEP)).collect();
    observation
}
