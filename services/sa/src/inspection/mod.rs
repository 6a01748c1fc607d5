//! Whether what is stored keeps the rules: what `cairn admin audit` asks, page by page.
//!
//! - `queries.rs` reads a page and all that its rows refer to, in one transaction: work in flight breaks no rule.
//! - `accounts.rs`, `authorizations.rs`, `orders.rs`, `certificates.rs`, `trail.rs` hold the rules, as functions of a page.
//! - `rule.rs` names the rules, `report.rs` keeps what was found; `rows.rs` and `page.rs` are what is read.
//!
//! Nothing is kept between pages, and a page has a bounded size, so memory does not grow with the database. A new
//! rule is a variant of `Rule`, the lines that try it, and a row in the conformance tests that breaks it.

mod accounts;
mod authorizations;
mod certificates;
mod lease;
mod orders;
pub(crate) mod page;
mod report;
pub(crate) mod rows;
mod rule;
mod trail;

use cairn_rpc::api::audit::{Check, Checked, Subject};
use cairn_types::{Duration, Error, Result, Timestamp};

use crate::Store;
use crate::db::survey;
use page::Window;
use report::Report;

pub use rule::Rule;

/// What the clocks of two storage authorities, or of one and a validation authority, may differ by.
const SKEW: Duration = Duration::from_secs(1);

/// What the rules need to know besides the rows.
#[derive(Debug, Clone, Copy)]
struct Terms {
    now: Timestamp,
    /// How long after its deadline a lease counts as abandoned.
    grace: Duration,
}

impl Store {
    /// Checks a page of rows.
    pub(crate) async fn check_rows(&self, request: Check) -> Result<Checked> {
        let subject = Subject::named(&request.subject).ok_or_else(|| {
            Error::malformed(format!("there is nothing called {:?} to check", request.subject))
        })?;
        let window = Window::new(request.after, request.limit);
        // Before the rows are read: a lease that is renewed meanwhile must not seem to have run out.
        let terms = Terms {
            now: self.now(),
            grace: request.grace,
        };
        match subject {
            Subject::Accounts => {
                let page = survey!(self.db(), inspection::accounts(window))?;
                judge(move |report| accounts::check(page, report)).await
            }
            Subject::Authorizations => {
                let page = survey!(self.db(), inspection::authorizations(window))?;
                judge(move |report| authorizations::check(page, terms, report)).await
            }
            Subject::Orders => {
                let page = survey!(self.db(), inspection::orders(window))?;
                judge(move |report| orders::check(page, terms, report)).await
            }
            Subject::Certificates => {
                let page = survey!(self.db(), inspection::certificates(window))?;
                judge(move |report| certificates::check(page, report)).await
            }
            Subject::Trail => {
                let page = survey!(self.db(), inspection::trail(window))?;
                judge(move |report| trail::check(page, report)).await
            }
        }
    }
}

/// Tries the rules on a page, beside the threads that serve other calls; they return where the next page starts.
async fn judge(rules: impl FnOnce(&mut Report) -> Option<Vec<u8>> + Send + 'static) -> Result<Checked> {
    let judged = tokio::task::spawn_blocking(move || {
        let mut report = Report::default();
        let next = rules(&mut report);
        report.finish(next)
    });
    judged
        .await
        .map_err(|error| Error::internal(format!("a page was not judged: {error}")))
}

/// Whether `earlier` lies before `later`, or after it by no more than clocks differ.
fn in_order(earlier: i64, later: i64) -> bool {
    Timestamp::from_millis(earlier) <= Timestamp::from_millis(later) + SKEW
}
