//! Which rows may leave. Whole months do, when the last day of the month is past its time, and then only if nothing
//! that stays needs them:
//!
//! 1. A month of certificates when each of them expired long enough ago, and with them the notes about which order
//!    replaces them.
//! 2. A month of orders when none is open or being worked on, no certificate that one of them names is kept, and
//!    no note names one as a replacement.
//! 3. A month of authorizations, with their receipts, when each expired before the first month of orders that is kept
//!    began. What an order rests on has not expired when the order is made, so no kept order rests on these.
//! 4. A month of the audit trail when the orders and authorizations of that month are gone. Accounts stay for good, and
//!    so do the entries about them: those alone remain in their month.
//!
//! The rules only read. What one of them lets go is gone for those that follow.

use std::collections::BTreeSet;
use std::time::Duration;

use cairn_types::Timestamp;
use diesel::QueryResult;

use super::months::Month;
use super::storage::{Removal, Storage, finds};
use super::tables::{Table, ids_within};
use crate::config::Retention;

/// What may leave, in the order in which it has to.
pub(crate) async fn removals<S: Storage>(
    db: &mut S,
    retention: &Retention,
    now: Timestamp,
) -> QueryResult<Vec<Removal>> {
    let mut rules = Rules {
        db,
        retention,
        now,
        removals: Vec::new(),
    };
    let certificates = rules.certificates().await?;
    let orders = rules.orders(&certificates).await?;
    let authorizations = rules.authorizations(&orders).await?;
    rules.audit_trail(&(&orders | &authorizations)).await?;
    Ok(rules.removals)
}

struct Rules<'a, S> {
    db: &'a mut S,
    retention: &'a Retention,
    now: Timestamp,
    removals: Vec<Removal>,
}

impl<S: Storage> Rules<'_, S> {
    /// The months of certificates that stay.
    async fn certificates(&mut self) -> QueryResult<BTreeSet<Month>> {
        const TABLES: &[Table] = &[Table::Replacements, Table::Certificates];
        let mut kept = BTreeSet::new();
        for month in self.months(TABLES).await? {
            let expired = self.now - self.retention.certificates;
            let within = Table::Certificates.within(month, S::octets);
            let needed = format!(
                "FROM certificates WHERE {within} AND not_after > {}",
                expired.as_millis()
            );
            if self.is_past(month, self.retention.certificates) && !finds(self.db, &needed).await? {
                self.remove(TABLES, month);
            } else {
                kept.insert(month);
            }
        }
        Ok(kept)
    }

    /// The months of orders that stay.
    async fn orders(&mut self, certificates: &BTreeSet<Month>) -> QueryResult<BTreeSet<Month>> {
        const TABLES: &[Table] = &[Table::Orders];
        let mut kept = BTreeSet::new();
        for month in self.months(TABLES).await? {
            if !self.is_past(month, self.retention.orders)
                || self.is_open(month).await?
                || self.has_certificates(month, certificates).await?
                || self.has_replaced(month, certificates).await?
            {
                kept.insert(month);
            } else {
                self.remove(TABLES, month);
            }
        }
        Ok(kept)
    }

    /// Whether an order of the month may still get a certificate.
    async fn is_open(&mut self, month: Month) -> QueryResult<bool> {
        let within = Table::Orders.within(month, S::octets);
        let open = format!(
            "FROM orders WHERE {within} AND (expires > {} OR lease_deadline IS NOT NULL)",
            self.now.as_millis()
        );
        finds(self.db, &open).await
    }

    /// Whether an order of the month names a certificate that is kept. The days in the serials tell where to look,
    /// which is mostly nowhere.
    async fn has_certificates(&mut self, month: Month, kept: &BTreeSet<Month>) -> QueryResult<bool> {
        let within = Table::Orders.within(month, S::octets);
        let days = self
            .db
            .octets_of(&format!(
                "SELECT DISTINCT substr(serial, 2, 2) FROM orders WHERE {within} AND serial IS NOT NULL"
            ))
            .await?;
        let months: BTreeSet<Month> = days
            .iter()
            .filter_map(|day| <[u8; 2]>::try_from(day.as_slice()).ok())
            .map(|day| Month::of_day(u16::from_be_bytes(day).into()))
            .filter(|month| kept.contains(month))
            .collect();
        let Some(there) = either::<S>(Table::Certificates, &months) else {
            return Ok(false);
        };
        let named = format!(
            "FROM orders WHERE {within} AND EXISTS (
                 SELECT 1 FROM certificates WHERE certificates.serial = orders.serial AND {there}
             )"
        );
        finds(self.db, &named).await
    }

    /// Whether an order of the month replaces a certificate that is kept. That certificate is the older one, by
    /// whatever clocks that differ by less than a month.
    async fn has_replaced(&mut self, month: Month, kept: &BTreeSet<Month>) -> QueryResult<bool> {
        let older: BTreeSet<Month> = kept.range(..=month.next()).copied().collect();
        let Some(there) = either::<S>(Table::Replacements, &older) else {
            return Ok(false);
        };
        let within = ids_within("order_id", month, S::octets);
        finds(self.db, &format!("FROM replacements WHERE {there} AND {within}")).await
    }

    /// The months of authorizations that stay.
    async fn authorizations(&mut self, orders: &BTreeSet<Month>) -> QueryResult<BTreeSet<Month>> {
        const TABLES: &[Table] = &[Table::Receipts, Table::Authorizations];
        let oldest_order = orders.first().copied().unwrap_or_else(|| Month::of(self.now));
        let mut kept = BTreeSet::new();
        for month in self.months(TABLES).await? {
            let within = Table::Authorizations.within(month, S::octets);
            let needed = format!(
                "FROM authorizations WHERE {within} AND (expires >= {} OR lease_deadline IS NOT NULL)",
                oldest_order.start().as_millis()
            );
            if self.is_past(month, self.retention.authorizations) && !finds(self.db, &needed).await? {
                self.remove(TABLES, month);
            } else {
                kept.insert(month);
            }
        }
        Ok(kept)
    }

    /// `subjects` are the months of orders and authorizations that stay.
    async fn audit_trail(&mut self, subjects: &BTreeSet<Month>) -> QueryResult<()> {
        const TABLES: &[Table] = &[Table::AuditEntries];
        for month in self.months(TABLES).await? {
            if !self.is_past(month, self.retention.audit) || subjects.contains(&month) {
                continue;
            }
            let accounts = format!("FROM accounts WHERE {}", ids_within("id", month, S::octets));
            let others = format!(
                "FROM audit_entries WHERE {} AND NOT EXISTS (
                     SELECT 1 FROM accounts WHERE accounts.id = audit_entries.subject
                 )",
                Table::AuditEntries.within(month, S::octets)
            );
            if !finds(self.db, &accounts).await? {
                self.remove(TABLES, month);
            } else if finds(self.db, &others).await? {
                self.removals.push(Removal {
                    tables: TABLES,
                    month,
                    except_accounts: true,
                });
            }
        }
        Ok(())
    }

    async fn months(&mut self, tables: &[Table]) -> QueryResult<BTreeSet<Month>> {
        let mut months = BTreeSet::new();
        for table in tables {
            months.append(&mut self.db.months(*table).await?);
        }
        Ok(months)
    }

    fn is_past(&self, month: Month, retention: Duration) -> bool {
        month.end() + retention <= self.now
    }

    fn remove(&mut self, tables: &'static [Table], month: Month) {
        self.removals.push(Removal {
            tables,
            month,
            except_accounts: false,
        });
    }
}

/// The condition for rows of any of these months; none if there are none.
fn either<S: Storage>(table: Table, months: &BTreeSet<Month>) -> Option<String> {
    let conditions: Vec<_> = months
        .iter()
        .map(|month| format!("({})", table.within(*month, S::octets)))
        .collect();
    (!conditions.is_empty()).then(|| format!("({})", conditions.join(" OR ")))
}
