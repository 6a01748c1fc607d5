//! The certificate authority: verifies evidence, lints and signs
