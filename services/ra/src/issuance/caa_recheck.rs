//! CAA records are checked again when the answer has grown old (CA/B rules: 8 hours; here 7, so that an answer
//! does not expire on its way to the signer).

use cairn_rpc::Context;
use cairn_rpc::api::sa::{AddReceipts, AuthorizationEvidence};
use cairn_types::{CaaCheck, ChallengeStatus, Error, Identifier, Result, Subproblem};
use futures_util::future::try_join_all;

use super::Issuing;
use crate::Ra;

impl Ra {
    /// The evidence with fresh CAA receipts where the old ones had aged. All names are looked up at once.
    pub(crate) async fn recheck_caa(
        &self,
        context: &Context,
        issuing: &Issuing,
        evidence: Vec<AuthorizationEvidence>,
    ) -> Result<Vec<AuthorizationEvidence>> {
        let checked = evidence
            .into_iter()
            .map(|known| self.freshen(context, issuing, known));
        let results = try_join_all(checked).await?;
        let mut fresh = Vec::with_capacity(results.len());
        let mut refused = Vec::new();
        for result in results {
            match result {
                Ok(known) => fresh.push(known),
                Err(subproblem) => refused.push(subproblem),
            }
        }
        match refused.as_slice() {
            [] => Ok(fresh),
            [first, ..] => {
                let error = Error::new(
                    first.kind,
                    format!("CAA records no longer permit issuance: {}", first.detail),
                );
                Err(error.with_subproblems(refused))
            }
        }
    }

    async fn freshen(
        &self,
        context: &Context,
        issuing: &Issuing,
        mut known: AuthorizationEvidence,
    ) -> Result<std::result::Result<AuthorizationEvidence, Subproblem>> {
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
            thumbprint: issuing.account.thumbprint,
            account_uri: self.account_uri(issuing.order.account),
        };
        let outcome = self.va.check_caa(context, check).await?;
        if let Some(problem) = outcome.problem {
            if outcome.transient {
                return Err(Error::unavailable(problem.detail));
            }
            let identifier = Some(authorization.ordered_identifier());
            return Ok(Err(Subproblem {
                kind: problem.kind,
                detail: problem.detail,
                identifier,
            }));
        }
        self.sa
            .add_receipts(
                context,
                AddReceipts {
                    authorization: authorization.id,
                    receipts: outcome.receipts.clone(),
                    caa_checked: now,
                },
            )
            .await?;
        known.receipts.extend(outcome.receipts);
        known.caa_checked = now;
        Ok(Ok(known))
    }
}
