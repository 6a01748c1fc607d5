//! The validation authority: performs challenges and signs what it saw
