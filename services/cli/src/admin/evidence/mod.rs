//! `cairn admin evidence`: what a certificate rests on.
//!
//! What is stored is read from the storage authority ([`stored`]), and judged here by the certificate authority's own
//! policy ([`policy`]), as that process did before it signed ([`judge`]). Nothing that the storage authority says of
//! the evidence is believed: the signatures of the perspectives and of the account's holder are verified again.

mod judge;
mod policy;
mod report;
mod stored;
mod text;

use std::path::PathBuf;

use anyhow::Context as _;
use cairn_types::Serial;

use super::operator::Operator;
use super::{EXIT_STATUS, Outcome};
use policy::CaConfig;
use stored::Stored;

const EXAMPLES: &str = "\
Examples:
  cairn admin evidence 014f3ac1d6b2a84c1e0f9d7788a1c2e3
  cairn admin evidence --config operator.toml --ca-config ca.toml --json 01:4F:3A:C1:D6:B2:A8:4C:1E:0F:9D:77:88:A1:C2:E3";

/// Prints what a certificate rests on, and verifies it again: what each perspective saw for each name, the signatures
/// of all receipts, and the policy of the certificate's profile as of the moment when it was prepared
///
/// The public keys and the policies are those of the certificate authority's configuration.
#[derive(clap::Args, Debug)]
#[command(after_help = format!("{EXAMPLES}\n\n{EXIT_STATUS}"))]
pub(super) struct Args {
    /// The serial number in hexadecimal, as in the certificate's URL; colons and capitals are understood
    #[arg(value_parser = serial)]
    serial: Serial,

    /// The certificate authority's configuration, or a copy of it with the perspectives' public keys beside it
    /// [default: what the operator's configuration names as `ca_config`]
    #[arg(long, value_name = "FILE")]
    ca_config: Option<PathBuf>,

    /// Print one JSON object instead of a text
    #[arg(long)]
    json: bool,
}

fn serial(text: &str) -> Result<Serial, String> {
    let digits: String = text.chars().filter(|it| *it != ':').collect();
    digits
        .to_ascii_lowercase()
        .parse()
        .map_err(|_| "a serial number has 32 hexadecimal digits and starts with 01 to 7f".to_owned())
}

/// Reads, judges and prints.
pub(super) async fn run(args: &Args, operator: &Operator) -> anyhow::Result<Outcome> {
    let path = args
        .ca_config
        .as_deref()
        .or_else(|| operator.ca_config.as_ref().map(AsRef::as_ref))
        .context(
            "whose receipts count is in the certificate authority's configuration: name it by --ca-config FILE, or as \
             ca_config in the operator's configuration",
        )?;
    let config = CaConfig::load(path)?;
    let stored = Stored::read(operator, args.serial).await?;
    let report = judge::judge(&config, &stored)?;
    Outcome::tell(&report, args.json, text::render, report.holds)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn serials_as_people_write_them() {
        let plain = serial("014f3ac1d6b2a84c1e0f9d7788a1c2e3").unwrap();
        assert_eq!(
            serial("01:4F:3A:C1:D6:B2:A8:4C:1E:0F:9D:77:88:A1:C2:E3"),
            Ok(plain)
        );
        assert!(serial("014f").unwrap_err().contains("32 hexadecimal digits"));
    }
}
