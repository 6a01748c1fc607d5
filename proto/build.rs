//! Compiles the contracts with a protobuf compiler written in Rust, so that none need be installed.

use std::error::Error;

const FILES: &[&str] = &[
    "cairn/core/v1/core.proto",
    "cairn/sa/v1/accounts.proto",
    "cairn/sa/v1/audit.proto",
    "cairn/sa/v1/authorizations.proto",
    "cairn/sa/v1/certificates.proto",
    "cairn/sa/v1/orders.proto",
    "cairn/sa/v1/records.proto",
    "cairn/sa/v1/signing.proto",
    "cairn/ra/v1/ra.proto",
    "cairn/va/v1/va.proto",
    "cairn/ca/v1/ca.proto",
    "cairn/publisher/v1/publisher.proto",
];

fn main() -> Result<(), Box<dyn Error>> {
    println!("cargo::rerun-if-changed=cairn");
    let descriptors = protox::compile(FILES, ["."])?;
    tonic_prost_build::configure()
        .build_transport(false)
        .compile_fds(descriptors)?;
    Ok(())
}
