//! `cairn-ca`: the certificate authority.

use std::process::ExitCode;

use cairn_kit::Program;

#[cfg(feature = "planted-bug")]
compile_error!("the planted bug is for cairn-ca-planted: build with --bin cairn-ca-planted");

fn main() -> ExitCode {
    let program = Program {
        name: env!("CARGO_PKG_NAME"),
        about: env!("CARGO_PKG_DESCRIPTION"),
        version: env!("CARGO_PKG_VERSION"),
    };
    cairn_kit::run(program, cairn_ca::serve)
}
