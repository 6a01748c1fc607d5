//! `cairn-publisher`: submits to Certificate Transparency logs.

use std::process::ExitCode;

use cairn_kit::Program;

fn main() -> ExitCode {
    let program = Program {
        name: env!("CARGO_PKG_NAME"),
        about: env!("CARGO_PKG_DESCRIPTION"),
        version: env!("CARGO_PKG_VERSION"),
    };
    cairn_kit::run(program, cairn_publisher::serve)
}
