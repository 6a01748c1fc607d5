//! Certificate Transparency: SCTs and their verification
