//! The primary: validates by itself, and has remote perspectives confirm its success.
//!
//! Nothing is asked of the remotes before the primary has succeeded, and then all are asked at once. The answer is
//! given when no outstanding one can change it; then stragglers are waited for a little, since the signer may count
//! their receipts later, but not one that was late the last time. Whoever has not answered by then has not confirmed.

mod conclude;
mod differences;
mod quorum;
mod remote;

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use cairn_evidence::{MIN_REMOTES, SignedReceipt};
use cairn_kit::BoxError;
use cairn_rpc::api::va::DryRun;
use cairn_rpc::client::PerspectiveClient;
use cairn_rpc::{Context, Transport};
use cairn_types::{
    CaaCheck, ChallengeType, Error, Identifier, Rng, Thumbprint, Token, ValidationOutcome, ValidationRequest,
};
use tokio::sync::mpsc;
use tokio::time::{Instant, timeout_at};
use tracing::Instrument as _;

use crate::Config;
use crate::authority::{Authority, RESERVE, Terms, Work};
use crate::measure::Measure;
use quorum::{Quorum, Vote};
use remote::{Answer, Question, Remote};

/// The primary perspective and its remotes.
pub(crate) struct Primary {
    own: Arc<Authority>,
    remotes: Vec<Arc<Remote>>,
    quorum: Quorum,
    rng: Arc<dyn Rng>,
    measure: Arc<Measure>,
}

/// When the answer is given.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Wait {
    /// When nothing can change it.
    Certain,
    /// When all remotes have answered.
    All,
}

impl Primary {
    /// Connects to the remotes of this configuration.
    pub(crate) fn new(
        own: Arc<Authority>,
        config: &Config,
        transport: &Transport,
        rng: Arc<dyn Rng>,
    ) -> Result<Self, BoxError> {
        let measure = Arc::clone(&own.measure);
        let connect = |remote: &crate::config::Remote| -> Result<_, BoxError> {
            let channel = transport.channel(PerspectiveClient::TARGET, &remote.client())?;
            Ok(Arc::new(Remote {
                name: remote.name.clone(),
                rir: remote.rir,
                client: PerspectiveClient::new(channel),
                verifier: remote.verifier()?,
                late: AtomicBool::new(false),
                measure: Arc::clone(&measure),
            }))
        };
        let remotes = config
            .remotes
            .iter()
            .map(connect)
            .collect::<Result<Vec<_>, _>>()?;
        if remotes.len() < MIN_REMOTES {
            tracing::warn!(
                remotes = remotes.len(),
                "publicly trusted certificates need {MIN_REMOTES} remote perspectives (CA/B Baseline Requirements 3.2.2.9)"
            );
        }
        let quorum = Quorum::new(&config.remotes, &config.quorum.clone().unwrap_or_default());
        Ok(Self {
            own,
            remotes,
            quorum,
            rng,
            measure,
        })
    }

    /// Does the work, by itself and then with the remotes.
    pub(crate) async fn perform(&self, context: &Context, work: Work) -> Result<ValidationOutcome, Error> {
        let mut terms = self.terms(context, false);
        if !self.remotes.is_empty() {
            // The other half of the time is the remotes'.
            terms.deadline = Instant::now() + context.remaining() / 2;
        }
        let own = self.own_part(&work, terms).await?;
        if self.remotes.is_empty() || own.problem.is_some() {
            return Ok(own);
        }
        let signed = own.receipts.first().map(|signed| SignedReceipt::decode(signed));
        let primary = signed
            .transpose()
            .map_err(|error| Error::internal(format!("the primary's own receipt: {error}")))?
            .map(|signed| signed.receipt);
        let question = Arc::new(self.question(work, terms, primary));
        let answers = self.ask_all(context, &question, Wait::Certain).await;
        Ok(self.conclude(own, &question, answers))
    }

    /// Lets all perspectives try at the same time, whatever the primary sees, and signs nothing.
    pub(crate) async fn dry_run(
        &self,
        context: &Context,
        request: DryRun,
    ) -> Result<ValidationOutcome, Error> {
        let work = self.imagine(request);
        let terms = self.terms(context, true);
        let question = Arc::new(self.question(work, terms, None));
        let (own, answers) = tokio::join!(
            self.own_part(&question.work, terms),
            self.ask_all(context, &question, Wait::All)
        );
        Ok(self.conclude(own?, &question, answers))
    }

    async fn own_part(&self, work: &Work, terms: Terms) -> Result<ValidationOutcome, Error> {
        let began = Instant::now();
        let outcome = self.own.perform(work, terms).await?;
        let kind = outcome.problem.as_ref().map(|problem| problem.kind);
        self.measure
            .perspective(&self.own.name, operation(work, terms), kind, began.elapsed());
        Ok(outcome)
    }

    fn terms(&self, context: &Context, dry_run: bool) -> Terms {
        let mut id = [0; 16];
        self.rng.fill(&mut id);
        Terms {
            id,
            deadline: context.deadline(),
            dry_run,
        }
    }

    fn question(&self, work: Work, terms: Terms, primary: Option<cairn_evidence::Receipt>) -> Question {
        Question {
            work,
            terms,
            primary,
            patience: self.quorum.patience,
            certain: OnceLock::new(),
        }
    }

    /// What a dry run does, with what its request leaves out made up.
    fn imagine(&self, request: DryRun) -> Work {
        let thumbprint = request.thumbprint.unwrap_or_else(|| {
            let mut octets = [0; 32];
            self.rng.fill(&mut octets);
            Thumbprint(octets)
        });
        match request.method {
            Some(method) => Work::Validate(ValidationRequest {
                identifier: request.identifier,
                wildcard: request.wildcard,
                method,
                token: request.token.unwrap_or_else(|| Token::new(&*self.rng)),
                thumbprint,
                account_uri: request.account_uri,
            }),
            None => Work::CheckCaa(CaaCheck {
                // A method that could have proved control, for records that name some.
                method: match &request.identifier {
                    Identifier::Dns(_) => ChallengeType::Dns01,
                    Identifier::Ip(_) => ChallengeType::Http01,
                },
                identifier: request.identifier,
                wildcard: request.wildcard,
                thumbprint,
                account_uri: request.account_uri,
            }),
        }
    }

    /// The answers of the remotes, in their order; none of those who were not waited for.
    async fn ask_all(&self, context: &Context, question: &Arc<Question>, wait: Wait) -> Vec<Option<Answer>> {
        let (sender, mut receiver) = mpsc::channel(self.remotes.len().max(1));
        // Theirs is shorter than ours, so that there is time to tell what came of it.
        let context = context.at_most(context.remaining().saturating_sub(RESERVE));
        for (index, remote) in self.remotes.iter().enumerate() {
            let (remote, question) = (Arc::clone(remote), Arc::clone(question));
            let (context, sender) = (context.clone(), sender.clone());
            // In a task of its own, so that a straggler is still heard, for the log and the measurements.
            let ask = async move {
                let answer = remote.ask(&context, &question).await;
                // Nobody listens any more when the verdict is out.
                drop(sender.send((index, answer)).await);
            };
            tokio::spawn(ask.in_current_span());
        }
        drop(sender);
        let mut answers: Vec<Option<Answer>> = self.remotes.iter().map(|_| None).collect();
        loop {
            let until = match wait {
                Wait::Certain => self.wait_until(&answers, &context, question),
                Wait::All => context.deadline(),
            };
            match timeout_at(until, receiver.recv()).await {
                Ok(Some((index, answer))) => answers[index] = Some(answer),
                Ok(None) | Err(_) => break,
            }
        }
        for (remote, answer) in self.remotes.iter().zip(&answers) {
            if answer.is_none() {
                remote.late.store(true, Ordering::Relaxed);
            }
        }
        answers
    }

    /// How long the next answer is waited for.
    fn wait_until(&self, answers: &[Option<Answer>], context: &Context, question: &Question) -> Instant {
        if self.quorum.verdict(&votes(answers)).is_none() {
            return context.deadline();
        }
        let certain = *question.certain.get_or_init(Instant::now);
        let mut outstanding = self
            .remotes
            .iter()
            .zip(answers)
            .filter(|(_, answer)| answer.is_none());
        let patience = if outstanding.any(|(remote, _)| !remote.late.load(Ordering::Relaxed)) {
            self.quorum.patience
        } else {
            Duration::ZERO
        };
        context.deadline().min(certain + patience)
    }
}

fn votes(answers: &[Option<Answer>]) -> Vec<Vote> {
    let vote = |answer: &Option<Answer>| answer.as_ref().map_or(Vote::Outstanding, |answer| answer.vote);
    answers.iter().map(vote).collect()
}

/// The name of the work in metrics.
const fn operation(work: &Work, terms: Terms) -> &'static str {
    if terms.dry_run {
        "dry-run"
    } else {
        work.operation()
    }
}
