//! `cairn-sa`: the storage authority.

use std::process::ExitCode;

use cairn_kit::Program;

fn main() -> ExitCode {
    let program = Program {
        name: env!("CARGO_PKG_NAME"),
        about: "The storage authority: the only owner of the database.\n\n\
            Other commands, each with --help: `migrate` creates the tables, `maintain` makes room in them, \
            `backup` copies a SQLite database, `recover` finds in logs what a restored database does not know.",
        version: env!("CARGO_PKG_VERSION"),
    };
    let command = std::env::args_os().nth(1).unwrap_or_default();
    match command.to_str() {
        Some("migrate") => cairn_sa::migrate_command(),
        Some("maintain") => cairn_sa::maintain_command(),
        Some("backup") => cairn_sa::backup_command(),
        Some("recover") => cairn_sa::recover_command(),
        _ => cairn_kit::run(program, cairn_sa::serve),
    }
}
