//! `cairn-ca-planted`: a certificate authority with a bug, which the chaos test must find. Never ship it.

use std::process::ExitCode;

use cairn_kit::Program;

fn main() -> ExitCode {
    let program = Program {
        name: env!("CARGO_BIN_NAME"),
        about: "The certificate authority with a planted bug, for tests",
        version: env!("CARGO_PKG_VERSION"),
    };
    cairn_kit::run(program, cairn_ca::serve)
}
