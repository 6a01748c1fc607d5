//! CAA records are checked again when the answer has grown old (CA/B rules: 8 hours; here 7, so that an answer
//! does not expire on its way to the signer).

use cairn_rpc::Context;
use cairn_rpc::api::sa::{AddReceipts, AuthorizationEvidence};
use cairn_types::{CaaCheck, ChallengeStatus, Error, ErrorKind, Identifier, Result, Subproblem};
use futures_util::future::try_join_all;

use super::Issuing;
use super::setback::Setback;
use crate::Ra;

/// A name that may not be issued for, as far as is known.
struct Refused {
    subproblem: Subproblem,
    /// Whether another check may end differently.
    transient: bool,
}

impl Ra {
    /// The evidence with fresh CAA receipts where the old ones had aged. All names are looked up at once.
    pub(super) async fn recheck_caa(
        &self,
        context: &Context,
        issuing: &Issuing,
        evidence: Vec<AuthorizationEvidence>,
    ) -> std::result::Result<Vec<AuthorizationEvidence>, Setback> {
        let checked = evidence
            .into_iter()
            .map(|known| self.freshen(context, issuing, known));
        let results = try_join_all(checked).await?;
        let mut fresh = Vec::with_capacity(results.len());
        let mut refused = Vec::new();
        for result in results {
            match result {
                Ok(known) => fresh.push(known),
                Err(name) => refused.push(name),
            }
        }
        if refused.is_empty() {
            Ok(fresh)
        } else {
            Err(setback(refused))
        }
    }

    async fn freshen(
        &self,
        context: &Context,
        issuing: &Issuing,
        mut known: AuthorizationEvidence,
    ) -> Result<std::result::Result<AuthorizationEvidence, Refused>> {
        let now = self.clock.now();
        let authorization = &known.authorization;
        let named = matches!(authorization.identifier, Identifier::Dns(_));
        if !named || now.since(known.caa_checked) < self.settings.caa_recheck_after {
            return Ok(Ok(known));
        }
        let method = authorization
            .challenges
            .iter()
            .find(|challenge| challenge.status == ChallengeStatus::Valid)
            .map(|challenge| challenge.kind)
            .ok_or_else(|| Error::internal("a valid authorization has no valid challenge"))?;
        let check = CaaCheck {
            identifier: authorization.identifier.clone(),
            wildcard: authorization.wildcard,
            method,
            // All receipts of an authorization name the same key, whatever the account's is by now.
            thumbprint: authorization.validated_by.unwrap_or(issuing.account.thumbprint),
            account_uri: self.account_uri(issuing.order.account),
        };
        let outcome = self.va.check_caa(context, check).await?;
        if let Some(problem) = outcome.problem {
            return Ok(Err(Refused {
                subproblem: Subproblem {
                    kind: problem.kind,
                    detail: problem.detail,
                    identifier: Some(authorization.ordered_identifier()),
                },
                transient: outcome.transient,
            }));
        }
        let added = AddReceipts {
            authorization: authorization.id,
            receipts: outcome.receipts.clone(),
            caa_checked: now,
        };
        self.sa.add_receipts(context, added).await?;
        known.receipts.extend(outcome.receipts);
        known.caa_checked = now;
        Ok(Ok(known))
    }
}

/// One refusal is enough to end the order, so names that are merely unanswered do not matter beside it.
fn setback(refused: Vec<Refused>) -> Setback {
    let passing = refused.iter().all(|name| name.transient);
    let said = if passing {
        "CAA records could not be looked up again"
    } else {
        "CAA records no longer permit issuance"
    };
    let subproblems: Vec<_> = refused
        .into_iter()
        .filter(|name| passing || !name.transient)
        .map(|name| name.subproblem)
        .collect();
    let (kind, detail) = subproblems.first().map_or_else(
        || (ErrorKind::Caa, said.to_owned()),
        |first| (first.kind, format!("{said}: {}", first.detail)),
    );
    let error = Error::new(kind, detail).with_subproblems(subproblems);
    if passing {
        Setback::Passing(error)
    } else {
        Setback::Final(error)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_refusal_is_final_whatever_else_did_not_answer() {
        let name = |kind: ErrorKind, transient: bool| Refused {
            subproblem: Subproblem {
                kind,
                detail: "why".to_owned(),
                identifier: None,
            },
            transient,
        };
        let kinds = |error: &Error| -> Vec<ErrorKind> {
            error.problem.subproblems.iter().map(|sub| sub.kind).collect()
        };
        let silent = || name(ErrorKind::Dns, true);
        assert!(matches!(setback(vec![silent(), silent()]),
            Setback::Passing(error) if kinds(&error) == [ErrorKind::Dns; 2]));
        assert!(matches!(setback(vec![silent(), name(ErrorKind::Caa, false)]),
            Setback::Final(error) if error.kind() == ErrorKind::Caa && kinds(&error) == [ErrorKind::Caa]));
    }
}
