//! `cairn-sa`: the storage authority.

use std::process::ExitCode;

use cairn_kit::Program;

fn main() -> ExitCode {
    let program = Program {
        name: env!("CARGO_PKG_NAME"),
        about: "The storage authority: the only owner of the database. `cairn-sa migrate` creates its tables.",
        version: env!("CARGO_PKG_VERSION"),
    };
    if std::env::args_os()
        .nth(1)
        .is_some_and(|argument| argument == "migrate")
    {
        return cairn_sa::migrate_command();
    }
    cairn_kit::run(program, cairn_sa::serve)
}
