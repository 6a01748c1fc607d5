//! The attempt of one perspective from beginning to end: limits, challenge, CAA, receipt, measurement.

use std::sync::Arc;
use std::time::Duration;

use cairn_evidence::{Check, Outcome, Proof, Receipt, ReceiptSigner, Rir};
use cairn_types::{
    CaaCheck, ChallengeType, Clock, Error, ErrorKind, Identifier, Thumbprint, Timestamp, ValidationOutcome,
    ValidationRequest,
};
use openssl::sha::sha256;
use tokio::sync::Semaphore;
use tokio::time::{Instant, timeout_at};

use crate::caa::{CaaChecker, Subject};
use crate::challenge::{Challenges, Claim};
use crate::explain;
use crate::measure::Measure;
use crate::refusal::Refusal;
use crate::trace::Trace;

/// The name and version of this software, for receipts.
const SOFTWARE: &str = concat!("cairn-va ", env!("CARGO_PKG_VERSION"));

/// What is kept of a call's time to sign the receipt and answer.
pub(crate) const RESERVE: Duration = Duration::from_millis(250);

/// Performs validations as one perspective.
pub(crate) struct Authority {
    pub(crate) name: String,
    pub(crate) rir: Rir,
    pub(crate) signer: ReceiptSigner,
    pub(crate) challenges: Challenges,
    pub(crate) caa: CaaChecker,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) permits: Semaphore,
    pub(crate) limit: Duration,
    pub(crate) measure: Arc<Measure>,
}

/// What there is to do.
#[derive(Debug, Clone)]
pub(crate) enum Work {
    /// A challenge and, if control is shown, CAA.
    Validate(ValidationRequest),
    /// CAA alone.
    CheckCaa(CaaCheck),
}

impl Work {
    /// What it is about.
    pub(crate) const fn identifier(&self) -> &Identifier {
        match self {
            Self::Validate(request) => &request.identifier,
            Self::CheckCaa(check) => &check.identifier,
        }
    }

    /// How control is, or was, to be proved.
    pub(crate) const fn method(&self) -> ChallengeType {
        match self {
            Self::Validate(request) => request.method,
            Self::CheckCaa(check) => check.method,
        }
    }

    /// Its name in logs and metrics.
    pub(crate) const fn operation(&self) -> &'static str {
        match self {
            Self::Validate(_) => "validation",
            Self::CheckCaa(_) => "caa",
        }
    }
}

/// The circumstances of an attempt.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Terms {
    /// The id of the attempt, the same for all perspectives.
    pub(crate) id: [u8; 16],
    /// When the answer must be there.
    pub(crate) deadline: Instant,
    /// Whether nothing is signed.
    pub(crate) dry_run: bool,
}

/// What an attempt is about, in both kinds of attempt.
struct Attempt<'a> {
    id: [u8; 16],
    dry_run: bool,
    identifier: &'a Identifier,
    wildcard: bool,
    method: ChallengeType,
    thumbprint: Thumbprint,
    account_uri: &'a str,
    started: Timestamp,
    began: Instant,
    deadline: Instant,
}

impl Authority {
    /// Does the work as one perspective. The answer comes before the deadline.
    pub(crate) async fn perform(&self, work: &Work, terms: Terms) -> Result<ValidationOutcome, Error> {
        match work {
            Work::Validate(request) => self.validate(request, terms).await,
            Work::CheckCaa(check) => self.check_caa(check, terms).await,
        }
    }

    async fn validate(&self, request: &ValidationRequest, terms: Terms) -> Result<ValidationOutcome, Error> {
        check_request(&request.identifier, request.wildcard, request.method)?;
        let _permit = self.permit(terms.deadline).await?;
        let attempt = self.begin(
            (&request.identifier, request.wildcard, request.method),
            (request.thumbprint, &request.account_uri),
            terms,
        );
        let claim = Claim::new(request);
        let mut trace = Trace::default();
        let challenge = self.challenges.perform(request.method, &claim, &mut trace);
        let mut result = match timeout_at(attempt.deadline, challenge).await {
            Ok(result) => result,
            Err(_) => Err(self.out_of_time(&trace)),
        };
        let (resolved, contacted, redirects) = trace.take_proof();
        let (matched, valid_until) = trace.take_match();
        let proof = Proof {
            token_sha256: sha256(request.token.as_str().as_bytes()),
            key_authorization_sha256: claim.digest(),
            resolved,
            contacted,
            redirects,
            matched,
            dnssec: trace.take_dnssec(),
            valid_until,
        };
        let mut caa = None;
        if result.is_ok() {
            let (found, permission) = self.check_records(&attempt, &mut trace).await;
            caa = found;
            result = permission;
        }
        self.finish(&attempt, Check::Validation(proof), caa, &result, &trace)
    }

    async fn check_caa(&self, check: &CaaCheck, terms: Terms) -> Result<ValidationOutcome, Error> {
        check_request(&check.identifier, check.wildcard, check.method)?;
        let _permit = self.permit(terms.deadline).await?;
        let attempt = self.begin(
            (&check.identifier, check.wildcard, check.method),
            (check.thumbprint, &check.account_uri),
            terms,
        );
        let mut trace = Trace::default();
        let (caa, result) = self.check_records(&attempt, &mut trace).await;
        self.finish(&attempt, Check::CaaOnly, caa, &result, &trace)
    }

    fn begin<'a>(
        &self,
        (identifier, wildcard, method): (&'a Identifier, bool, ChallengeType),
        (thumbprint, account_uri): (Thumbprint, &'a str),
        terms: Terms,
    ) -> Attempt<'a> {
        let began = Instant::now();
        let latest = terms.deadline.checked_sub(RESERVE).unwrap_or(began);
        Attempt {
            id: terms.id,
            dry_run: terms.dry_run,
            identifier,
            wildcard,
            method,
            thumbprint,
            account_uri,
            started: self.clock.now(),
            began,
            deadline: latest.min(began + self.limit),
        }
    }

    /// Waits for a place only while a whole attempt would still fit in: one that is cut short by a crowd would
    /// look like a failure of the client's.
    async fn permit(&self, deadline: Instant) -> Result<tokio::sync::SemaphorePermit<'_>, Error> {
        let patience = deadline.checked_sub(self.limit + RESERVE).unwrap_or(deadline);
        match timeout_at(patience, self.permits.acquire()).await {
            Ok(Ok(permit)) => Ok(permit),
            Ok(Err(_)) => Err(Error::unavailable("the validation authority is stopping")),
            Err(_) => Err(Error::unavailable("too many validations at the same time")),
        }
    }

    async fn check_records(
        &self,
        attempt: &Attempt<'_>,
        trace: &mut Trace,
    ) -> (Option<cairn_evidence::Caa>, Result<(), Refusal>) {
        let subject = Subject {
            identifier: attempt.identifier,
            wildcard: attempt.wildcard,
            method: attempt.method,
            account_uri: attempt.account_uri,
        };
        let check = self
            .caa
            .check(self.challenges.dialer.dns(), &*self.clock, subject, trace);
        match timeout_at(attempt.deadline, check).await {
            Ok((caa, result)) => (Some(caa), result),
            Err(_) => (None, Err(self.out_of_time(trace))),
        }
    }

    fn out_of_time(&self, trace: &Trace) -> Refusal {
        let doing = trace.current();
        let kind = if doing.starts_with("looking up") {
            ErrorKind::Dns
        } else {
            ErrorKind::Connection
        };
        Refusal::transient(
            kind,
            format!(
                "the time for an attempt, {:?} at most, ran out while {doing}",
                self.limit
            ),
        )
        .remedy(|| {
            let who = match kind {
                ErrorKind::Dns => "all name servers of the zone",
                _ if doing.contains("TLS") => "the server speak TLS there, and",
                _ => "the server",
            };
            format!("Let {who} answer within a second or two, also when asked from far away")
        })
    }

    /// Signs what happened, and answers.
    fn finish(
        &self,
        attempt: &Attempt<'_>,
        check: Check,
        caa: Option<cairn_evidence::Caa>,
        result: &Result<(), Refusal>,
        trace: &Trace,
    ) -> Result<ValidationOutcome, Error> {
        let kind = result.as_ref().err().map(|refusal| refusal.kind);
        let operation = match check {
            _ if attempt.dry_run => "dry-run",
            Check::CaaOnly => "caa",
            Check::Validation(_) => "validation",
        };
        let valid_until = match &check {
            Check::Validation(proof) => proof.valid_until,
            Check::CaaOnly => None,
        };
        let receipts = if attempt.dry_run {
            Vec::new()
        } else {
            vec![self.sign(attempt, check, caa, kind, trace)?]
        };
        let transient = result.as_ref().is_err_and(|refusal| refusal.transient);
        let observations = vec![explain::observation(&self.name, self.rir, result, trace)];
        let problem = result.is_err().then(|| explain::problem(&observations));
        self.measure
            .attempt(operation, attempt.method, kind, attempt.began.elapsed());
        tracing::info!(
            operation,
            identifier = %attempt.identifier,
            wildcard = attempt.wildcard,
            method = %attempt.method,
            account = attempt.account_uri,
            outcome = kind.map_or("valid", ErrorKind::as_str),
            transient,
            detail = problem.as_ref().map_or("", |problem| problem.detail.as_str()),
            "attempt finished"
        );
        Ok(ValidationOutcome {
            problem,
            transient,
            receipts,
            observations,
            valid_until,
        })
    }

    fn sign(
        &self,
        attempt: &Attempt<'_>,
        check: Check,
        caa: Option<cairn_evidence::Caa>,
        kind: Option<ErrorKind>,
        trace: &Trace,
    ) -> Result<Vec<u8>, Error> {
        // A clock that is set back must not make a receipt that ends before it began.
        let finished = self.clock.now().max(attempt.started);
        let receipt = Receipt {
            attempt: attempt.id,
            perspective: self.name.clone(),
            rir: self.rir,
            software: SOFTWARE.to_owned(),
            thumbprint: attempt.thumbprint,
            account_uri: attempt.account_uri.to_owned(),
            identifier: attempt.identifier.clone(),
            wildcard: attempt.wildcard,
            method: attempt.method,
            check,
            caa: caa.map(|caa| cairn_evidence::Caa {
                checked: caa.checked.clamp(attempt.started, finished),
                ..caa
            }),
            outcome: kind.map_or(Outcome::Valid, Outcome::Refused),
            resolver: trace.resolvers(),
            started: attempt.started,
            finished,
        };
        self.signer
            .sign(&receipt)
            .map_err(|error| Error::internal(format!("a receipt could not be signed: {error}")))
    }
}

/// What no caller should ask: the identifier of an authorization has no `*.`, and the method must be one that can
/// prove control over it, or, for a wildcard, over all names below it.
fn check_request(identifier: &Identifier, wildcard: bool, method: ChallengeType) -> Result<(), Error> {
    if identifier.is_wildcard() {
        return Err(Error::malformed(
            "an identifier to validate does not start with *.",
        ));
    }
    if wildcard && matches!(identifier, Identifier::Ip(_)) {
        return Err(Error::malformed("an address has no wildcard"));
    }
    let ordered = if wildcard {
        identifier.to_wildcard()
    } else {
        identifier.clone()
    };
    if !method.may_prove(&ordered) {
        return Err(Error::malformed(format!(
            "{method} cannot prove control over {ordered}"
        )));
    }
    Ok(())
}
