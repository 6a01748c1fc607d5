//! The publisher: submits to Certificate Transparency logs
