//! The web front end: ACME over HTTPS
