//! `cairn admin validate`: what every perspective sees of a name, without an order and without a receipt.

mod text;

use cairn_acme::base64url;
use cairn_rpc::api::va::DryRun;
use cairn_types::{ChallengeType, Duration, Identifier, Observation, Thumbprint, Token, ValidationOutcome};
use clap::builder::{PossibleValuesParser, TypedValueParser as _};
use serde::Serialize;

use super::operator::Operator;
use super::{EXIT_STATUS, Outcome};

/// How long all perspectives may take together.
const TIMEOUT: Duration = Duration::from_secs(60);

const EXAMPLES: &str = "Examples:
  cairn admin validate www.example.org                    how far http-01 gets
  cairn admin validate example.org --wildcard             dns-01, as for *.example.org
  cairn admin validate example.org --caa --account https://ca.example.org/acme/account/ID
                                                          CAA alone, as for this account
  cairn admin validate www.example.org --token TOKEN --thumbprint THUMBPRINT
                                                          whether a client's file would pass";

/// Tries a validation from every perspective, and tells what each of them saw
///
/// Nothing is ordered, stored or signed. Without --token and --thumbprint these are made up, so that no file or record
/// of a client can pass: the trial shows how far each perspective gets.
#[derive(clap::Args, Debug)]
#[command(after_help = format!("{EXAMPLES}\n\n{EXIT_STATUS}"))]
pub(super) struct Args {
    /// A domain name or an IP address
    #[arg(value_parser = identifier)]
    name: Identifier,

    /// How control is to be proved [default: http-01, and dns-01 for wildcards]
    #[arg(long, value_name = "TYPE", value_parser = challenge_types(), conflicts_with = "caa")]
    challenge: Option<ChallengeType>,

    /// As for a certificate for *.NAME
    #[arg(long)]
    wildcard: bool,

    /// Check CAA records alone
    #[arg(long)]
    caa: bool,

    /// The token of the challenge
    #[arg(long, value_parser = token, conflicts_with = "caa")]
    token: Option<Token>,

    /// The thumbprint of the account key, base64url: what follows the dot in a key authorization
    #[arg(long, value_parser = thumbprint, conflicts_with = "caa")]
    thumbprint: Option<Thumbprint>,

    /// The account's URL, for CAA accounturi, dns-account-01 and dns-persist-01
    #[arg(long, value_name = "URL", default_value = "", hide_default_value = true)]
    account: String,

    /// Print one JSON object instead of text
    #[arg(long)]
    json: bool,
}

fn challenge_types() -> impl clap::builder::TypedValueParser<Value = ChallengeType> {
    PossibleValuesParser::new(ChallengeType::ALL.iter().map(|it| it.as_str()))
        .try_map(|text| text.parse().map_err(|_| "no challenge type"))
}

fn identifier(text: &str) -> Result<Identifier, String> {
    let kind = match text.parse::<std::net::IpAddr>() {
        Ok(_) => "ip",
        Err(_) => "dns",
    };
    Identifier::parse(kind, text).map_err(|error| error.to_string())
}

fn token(text: &str) -> Result<Token, String> {
    text.parse()
        .map_err(|_| "a token is 22 to 64 characters of base64url".to_owned())
}

fn thumbprint(text: &str) -> Result<Thumbprint, String> {
    base64url::decode(text)
        .ok()
        .and_then(|octets| Thumbprint::from_slice(&octets).ok())
        .ok_or_else(|| "a thumbprint is 32 octets in base64url, 43 characters".to_owned())
}

/// What came of a trial.
#[derive(Debug, Serialize)]
struct Trial {
    /// What was tried, in words.
    what: String,
    /// Whether a certificate could be issued: enough perspectives saw control, or permission.
    passed: bool,
    /// The detail that a client would be told; none if it passed.
    #[serde(skip_serializing_if = "Option::is_none")]
    detail: Option<String>,
    /// Whether a repetition may end differently although nobody changes anything.
    transient: bool,
    /// Whether the token or the account key was made up, so that nothing of a client's could pass.
    made_up: bool,
    /// What each perspective saw, the primary first.
    observations: Vec<Observation>,
}

impl Args {
    /// The challenge to try; none for CAA alone.
    fn method(&self) -> Option<ChallengeType> {
        let usual = if self.is_wildcard() {
            ChallengeType::Dns01
        } else {
            ChallengeType::Http01
        };
        (!self.caa).then(|| self.challenge.unwrap_or(usual))
    }

    fn is_wildcard(&self) -> bool {
        self.wildcard || self.name.is_wildcard()
    }

    fn request(&self) -> DryRun {
        DryRun {
            identifier: self.name.base(),
            wildcard: self.is_wildcard(),
            method: self.method(),
            token: self.token.clone(),
            thumbprint: self.thumbprint,
            account_uri: self.account.clone(),
        }
    }

    fn trial(&self, outcome: ValidationOutcome) -> Trial {
        let method = self.method();
        let star = if self.is_wildcard() { "*." } else { "" };
        Trial {
            what: format!(
                "{} for {star}{}",
                method.map_or("CAA", ChallengeType::as_str),
                self.name.base()
            ),
            passed: outcome.problem.is_none(),
            detail: outcome.problem.map(|problem| problem.detail),
            transient: outcome.transient,
            made_up: method.is_some_and(|method| {
                method != ChallengeType::DnsPersist01 && (self.token.is_none() || self.thumbprint.is_none())
            }),
            observations: outcome.observations,
        }
    }
}

/// Tries once.
pub(super) async fn run(args: &Args, operator: &Operator) -> anyhow::Result<Outcome> {
    let va = operator.va()?;
    let outcome = va.dry_run(&Operator::context(TIMEOUT), args.request()).await;
    let trial = args.trial(outcome.map_err(|error| operator.va_failure(error))?);
    let all = trial.observations.iter().all(|seen| seen.kind.is_none());
    Outcome::tell(&trial, args.json, text::render, trial.passed && all)
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;

    #[derive(Parser)]
    struct Command {
        #[command(flatten)]
        args: Args,
    }

    fn parse(line: &str) -> Result<DryRun, String> {
        Command::try_parse_from(["validate"].into_iter().chain(line.split_whitespace()))
            .map(|command| command.args.request())
            .map_err(|error| error.to_string())
    }

    #[test]
    fn what_is_tried() {
        for (line, name, wildcard, method) in [
            ("a.example", "a.example", false, Some(ChallengeType::Http01)),
            ("192.0.2.1", "192.0.2.1", false, Some(ChallengeType::Http01)),
            (
                "a.example --wildcard",
                "a.example",
                true,
                Some(ChallengeType::Dns01),
            ),
            ("*.a.example", "a.example", true, Some(ChallengeType::Dns01)),
            (
                "a.example --challenge tls-alpn-01",
                "a.example",
                false,
                Some(ChallengeType::TlsAlpn01),
            ),
            ("a.example --caa", "a.example", false, None),
        ] {
            let request = parse(line).unwrap();
            assert_eq!(request.identifier.to_string(), name, "{line}");
            assert_eq!((request.wildcard, request.method), (wildcard, method), "{line}");
        }
        let thumbprint = "BwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwc";
        let request = parse(&format!(
            "a.example --token {thumbprint} --thumbprint {thumbprint}"
        ));
        assert_eq!(request.unwrap().thumbprint, Some(Thumbprint([7; 32])));
    }

    #[test]
    fn what_cannot_be_tried_is_told() {
        for (line, why) in [
            ("", "<NAME>"),
            ("a_b", "a_b"),
            ("a.example --challenge dns-02", "dns-account-01"),
            ("a.example --caa --challenge dns-01", "--caa"),
            ("a.example --token short", "22 to 64"),
            ("a.example --thumbprint AAAA", "32 octets"),
        ] {
            let error = parse(line).unwrap_err();
            assert!(error.contains(why), "{line}: {error}");
        }
    }
}
