//! Receipts: what a validator signs and the signer verifies again before it signs
