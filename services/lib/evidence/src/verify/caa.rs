//! What the perspectives said about CAA.

use std::collections::BTreeMap;

use cairn_types::{ChallengeType, Identifier, Timestamp};

use super::{Agreement, CLOCK_SKEW, Expectation, Relevant, is_validated};
use crate::policy::{Role, Rules};
use crate::{Caa, CaaVerdict, Check, Outcome, Receipt, Skipped, Why};

/// Who permits issuance after control was proved by the method, attempt by attempt. A perspective's permission counts
/// unless it has said otherwise since, and all primaries speak with one voice.
pub(super) fn permissions<'a>(
    relevant: &[Relevant<'a>],
    method: ChallengeType,
    rules: &Rules,
    expected: &Expectation,
    skipped: &mut Vec<Skipped>,
) -> BTreeMap<[u8; 16], Agreement<'a>> {
    let statements: Vec<_> = relevant
        .iter()
        .filter(|one| one.receipt.method == method)
        .filter_map(|one| Some((one, Statement::of(one.receipt)?)))
        .collect();
    let mut attempts: BTreeMap<[u8; 16], Agreement<'a>> = BTreeMap::new();
    for (one, statement) in &statements {
        let is_withdrawn = statements.iter().any(|(other, later)| {
            speaker(other) == speaker(one) && later.permission.is_none() && later.at >= statement.at
        });
        match statement.judge(one, is_withdrawn, rules, expected) {
            Ok(()) => attempts
                .entry(one.receipt.attempt)
                .or_default()
                .add(one.member, statement.at),
            Err(why) => skipped.push(one.skip(why)),
        }
    }
    attempts
}

/// Whose word takes back whose.
fn speaker<'a>(one: &Relevant<'a>) -> Option<&'a str> {
    match one.member.role {
        Role::Primary => None,
        Role::Remote => Some(&one.member.name),
    }
}

/// What a receipt says about CAA.
struct Statement<'a> {
    at: Timestamp,
    /// None: issuance is not permitted.
    permission: Option<&'a Caa>,
}

impl<'a> Statement<'a> {
    /// A refusal for another reason says nothing: its permission must not count, and it does not take back an
    /// earlier one.
    fn of(receipt: &'a Receipt) -> Option<Self> {
        let refused = receipt.outcome != Outcome::Valid;
        match (&receipt.caa, &receipt.check) {
            (Some(caa), _) if matches!(caa.verdict, CaaVerdict::Forbidden | CaaVerdict::Failed) => {
                Some(Self {
                    at: caa.checked,
                    permission: None,
                })
            }
            (Some(caa), _) => (!refused).then_some(Self {
                at: caa.checked,
                permission: Some(caa),
            }),
            (None, Check::CaaOnly) => Some(Self {
                at: receipt.finished,
                permission: None,
            }),
            (None, Check::Validation(_)) => None,
        }
    }

    /// Whether it is a permission that may still be used.
    fn judge(
        &self,
        one: &Relevant<'_>,
        is_withdrawn: bool,
        rules: &Rules,
        expected: &Expectation,
    ) -> Result<(), Why> {
        let caa = self.permission.filter(|_| !is_withdrawn).ok_or(Why::Caa)?;
        if self.at > expected.now + CLOCK_SKEW {
            return Err(Why::Future);
        }
        let identifier = &one.receipt.identifier;
        let is_address = matches!(identifier, Identifier::Ip(_));
        match caa.verdict {
            CaaVerdict::NotApplicable if is_address => return Ok(()),
            CaaVerdict::LocalName if rules.excuses_caa(identifier) => {}
            CaaVerdict::NotApplicable | CaaVerdict::LocalName => return Err(Why::CaaUnread),
            CaaVerdict::Allowed => {
                let validates = one.member.role == Role::Primary && rules.require_dnssec_validation;
                if validates && !is_validated(caa.dnssec, identifier) {
                    return Err(Why::Dnssec);
                }
            }
            CaaVerdict::Forbidden | CaaVerdict::Failed => return Err(Why::Caa),
        }
        if expected.now.since(self.at) > rules.max_caa_age {
            return Err(Why::CaaStale);
        }
        Ok(())
    }
}
