//! The rules that everything stored keeps.

macro_rules! rules {
    ($($(#[$doc:meta])* $rule:ident = $name:literal,)*) => {
        /// A rule that everything stored keeps, at every moment.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Rule { $($(#[$doc])* $rule,)* }

        impl Rule {
            /// Every rule.
            pub const ALL: &'static [Self] = &[$(Self::$rule,)*];

            /// Its name in reports.
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$rule => $name,)* }
            }
        }
    };
}

rules! {
    /// Every stored value is one that was stored: ids, states, lists of identifiers.
    Damaged = "damaged",
    /// The changes of an account's key are numbered from 0 without a gap.
    KeyChanges = "key-changes",

    /// The columns of an authorization fit its state: what was validated says when, by which challenge and key, and
    /// when CAA was checked; what never was says none of it.
    AuthorizationState = "authorization-state",
    /// The order that a pending authorization was made with exists and names it.
    AuthorizationOrder = "authorization-order",
    /// An authorization is made, validated, checked for CAA, in this order, and validated before it expires.
    AuthorizationTimes = "authorization-times",
    /// An authorization has a whole lease while a challenge of it is processing, else none.
    AuthorizationLease = "authorization-lease",
    /// The lease of an authorization is not past its deadline.
    AuthorizationOverdue = "authorization-overdue",
    /// What was validated has the receipts of its validation, and receipts are numbered from 0 without a gap.
    AuthorizationReceipts = "authorization-receipts",

    /// The columns of an order fit its state: what was finalized has the request, what has failed a reason.
    OrderState = "order-state",
    /// An order expires after it was made, and asks for a validity that ends after it begins.
    OrderTimes = "order-times",
    /// An order has a whole lease while it is processing, else none.
    OrderLease = "order-lease",
    /// The lease of an order is not past its deadline.
    OrderOverdue = "order-overdue",
    /// An open order has an authorization of its account for each of its identifiers, none of which has ended.
    OrderAuthorizations = "order-authorizations",
    /// An order counts those of its authorizations that are not valid yet, and waits while there are any.
    OrderAwaiting = "order-awaiting",
    /// The serial of an order is that of a certificate for it; it is signed if the order is valid, and only then,
    /// unless the order had failed before the signature came.
    OrderCertificate = "order-certificate",
    /// A valid order that replaces a certificate is the one that is said to.
    OrderReplacement = "order-replacement",

    /// A certificate is for an order that names it, of the same account, profile and identifiers.
    CertificateOrder = "certificate-order",
    /// A certificate is stored under the day in its serial number: as that is the key, there is no second one.
    CertificateSerial = "certificate-serial",
    /// What was to be signed says the serial number, names, key and validity that the columns say.
    CertificateContent = "certificate-content",
    /// The signed bytes are a certificate, which contains exactly what was to be signed if that is still kept, and there
    /// is a time of issuance if there are any.
    CertificateBytes = "certificate-bytes",
    /// A certificate ends after it begins, and is prepared, issued and revoked in this order.
    CertificateTimes = "certificate-times",
    /// What is revoked was issued, and has a time, a reason and somebody who revoked it.
    CertificateRevocation = "certificate-revocation",
    /// When the content was stored, its order had for each identifier a valid authorization of the account, with the
    /// receipts of its validation.
    CertificateCoverage = "certificate-coverage",

    /// The entries of a subject in the audit trail are numbered from 0 without a gap, and each bears the hash of
    /// itself and of the one before.
    TrailChain = "trail-chain",
    /// The state of everything is what the last entry about it says, and a certificate is the one that was entered.
    TrailState = "trail-state",
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_rule_is_told_to_operators() {
        let told = include_str!("../../../../docs/database-audit.md");
        for rule in Rule::ALL {
            assert!(told.contains(&format!("\n| `{}` |", rule.as_str())), "{rule:?}");
        }
    }
}
