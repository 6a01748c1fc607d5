//! What the answers of all perspectives amount to, for the caller, the log and the measurements.

use std::sync::Arc;

use cairn_evidence::{Check, Outcome, Receipt};
use cairn_types::{ErrorKind, Observation, Problem, Timestamp, ValidationOutcome};

use super::differences::differences;
use super::quorum::{Verdict, Vote};
use super::remote::{Answer, Question, Remote};
use super::{Primary, votes};
use crate::authority::Work;
use crate::explain;

/// Until when a confirmation is good by the words of what was seen.
fn valid_until(receipt: &Receipt) -> Option<Timestamp> {
    match &receipt.check {
        Check::Validation(proof) if receipt.outcome == Outcome::Valid => proof.valid_until,
        _ => None,
    }
}

const NOT_WAITED_FOR: &str = "its answer was not waited for, since it could not change the verdict";

impl Primary {
    /// The answer of all. The primary's own refusal, which only a dry run goes on after, comes before the others'.
    pub(super) fn conclude(
        &self,
        own: ValidationOutcome,
        question: &Question,
        answers: Vec<Option<Answer>>,
    ) -> ValidationOutcome {
        let votes = votes(&answers);
        let verdict = self.quorum.verdict(&votes);
        let late = |vote| match vote {
            Vote::Outstanding => Vote::Refused { transient: true },
            known => known,
        };
        let final_votes: Vec<Vote> = votes.into_iter().map(late).collect();
        let mut outcome = own;
        let mut seen: Vec<Receipt> = question.primary.iter().cloned().collect();
        for (remote, answer) in self.remotes.iter().zip(answers) {
            match answer {
                Some(answer) => {
                    outcome.observations.push(answer.observation);
                    if let Some((signed, receipt)) = answer.receipt {
                        outcome.receipts.push(signed);
                        seen.push(receipt);
                    }
                }
                None => outcome.observations.push(missing(remote, verdict)),
            }
        }
        // The signer counts the receipts of those that confirmed, and each of them may say that it ends.
        let ends = seen.iter().filter_map(valid_until).min();
        outcome.valid_until = outcome.valid_until.into_iter().chain(ends).min();
        if outcome.problem.is_none() && self.quorum.verdict(&final_votes) == Some(Verdict::Refused) {
            outcome.problem = Some(self.problem(&question.work, &outcome.observations, &final_votes));
            outcome.transient = self.quorum.may_pass(&final_votes);
        } else if outcome.problem.is_some() {
            outcome.problem = Some(explain::problem(&outcome.observations));
        }
        self.tell(question, &outcome, &final_votes, &seen);
        outcome
    }

    fn problem(&self, work: &Work, observations: &[Observation], votes: &[Vote]) -> Problem {
        let claim = match work {
            Work::Validate(request) => format!("control over {}", request.identifier),
            Work::CheckCaa(check) => format!("that CAA permits issuance for {}", check.identifier),
        };
        let total = votes.len();
        let failed = votes.iter().filter(|vote| **vote != Vote::Confirmed).count();
        let head = if failed > self.quorum.allowed_failures {
            format!("{failed} of {total} remote perspectives could not confirm {claim}")
        } else {
            format!(
                "the remote perspectives that confirmed {claim} stand in {} of the {} regions needed",
                self.quorum.regions(votes),
                self.quorum.min_regions
            )
        };
        explain::headed(&head, observations)
    }

    /// The log, with the quorum as the CA/B Baseline Requirements (5.4.1) want it: how many of the remotes that were
    /// asked corroborated the primary.
    fn tell(&self, question: &Question, outcome: &ValidationOutcome, votes: &[Vote], seen: &[Receipt]) {
        let confirmed = votes.iter().filter(|vote| **vote == Vote::Confirmed).count();
        let perspectives: Vec<String> = outcome
            .observations
            .iter()
            .map(|seen| {
                format!(
                    "{}={}",
                    seen.perspective,
                    seen.kind.map_or("valid", ErrorKind::as_str)
                )
            })
            .collect();
        let kind = outcome.problem.as_ref().map(|problem| problem.kind);
        let (attempt, identifier) = (hex::encode(question.terms.id), question.work.identifier());
        tracing::info!(
            operation = super::operation(&question.work, question.terms),
            attempt,
            %identifier,
            method = %question.work.method(),
            quorum = format!("{confirmed}/{}", votes.len()),
            perspectives = perspectives.join(" "),
            outcome = kind.map_or("valid", ErrorKind::as_str),
            transient = outcome.transient,
            "perspectives heard"
        );
        for difference in differences(seen) {
            self.measure.difference(difference.what);
            tracing::warn!(
                attempt,
                %identifier,
                what = difference.what,
                seen = difference.shown,
                "perspectives saw different things"
            );
        }
    }
}

fn missing(remote: &Arc<Remote>, verdict: Option<Verdict>) -> Observation {
    remote.silent(match verdict {
        Some(_) => NOT_WAITED_FOR,
        None => "it did not answer in time",
    })
}
