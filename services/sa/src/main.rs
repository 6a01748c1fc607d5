//! `cairn-sa`: the storage authority.

use std::process::ExitCode;

use cairn_kit::Program;

fn main() -> ExitCode {
    let program = Program {
        name: env!("CARGO_PKG_NAME"),
        about: "The storage authority: the only owner of the database. `cairn-sa migrate` creates its tables, `cairn-sa maintain` makes room in them.",
        version: env!("CARGO_PKG_VERSION"),
    };
    let command = std::env::args_os().nth(1);
    match command.as_deref().and_then(|command| command.to_str()) {
        Some("migrate") => cairn_sa::migrate_command(),
        Some("maintain") => cairn_sa::maintain_command(),
        _ => cairn_kit::run(program, cairn_sa::serve),
    }
}
