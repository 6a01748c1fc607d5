//! The page that tells people why a challenge failed: the same as its problem document, laid out.
//!
//! It needs no account: whoever has the link, which nobody can guess, sees what the challenge object says. Looking
//! at it changes nothing.

use cairn_types::{
    AuthorizationId, Challenge, ChallengeId, ChallengeStatus, ErrorKind, Observation, Problem,
};
use http::StatusCode;

use crate::answer::Answer;
use crate::front::Wfe;
use crate::page::{self, Html};
use crate::refusal::Refusal;
use crate::request::Call;

/// GET.
pub(super) async fn get(
    wfe: &Wfe,
    call: &Call,
    ids: Option<(AuthorizationId, ChallengeId)>,
) -> Result<Answer, Refusal> {
    let Some((authz, id)) = ids else {
        return Ok(unknown());
    };
    let authorization = match wfe.sa.get_authorization(&call.context, authz).await {
        Ok(authorization) => authorization,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(unknown()),
        Err(error) => return Err(error.into()),
    };
    let challenge = authorization.challenges.iter().find(|it| it.id == id);
    Ok(challenge.map_or_else(unknown, |challenge| {
        page::answer(page(challenge)).cache_control("no-store")
    }))
}

fn unknown() -> Answer {
    let body = "<main><h1>No such challenge</h1><p>There is none at this address, or not any more. Copy the whole link \
                that your ACME client shows, or order again.</p></main>";
    page::answer(page::html("No such challenge", body)).with_status(StatusCode::NOT_FOUND)
}

fn page(challenge: &Challenge) -> String {
    let title = title(challenge);
    let mut html = Html::default();
    html.tag("<main><h1>").text(&title).tag("</h1>");
    if let Some(problem) = &challenge.error {
        explain(&mut html, problem);
    }
    html.tag("<h2>What happens next</h2><p>")
        .text(next(challenge))
        .tag("</p></main>");
    page::html(&title, html.as_str())
}

fn title(challenge: &Challenge) -> String {
    let kind = challenge.kind;
    match (challenge.status, &challenge.error) {
        (ChallengeStatus::Valid, _) => format!("The challenge {kind} succeeded"),
        (ChallengeStatus::Invalid, _) => format!("The challenge {kind} failed"),
        (ChallengeStatus::Processing, Some(_)) => {
            format!("The challenge {kind} failed, and is tried again")
        }
        (ChallengeStatus::Processing, None) => format!("The challenge {kind} is being tried"),
        (ChallengeStatus::Pending, _) => format!("The challenge {kind} has not been tried"),
    }
}

const fn next(challenge: &Challenge) -> &'static str {
    match challenge.status {
        ChallengeStatus::Valid => "Nothing is left to do here: your ACME client goes on by itself.",
        ChallengeStatus::Invalid => {
            "This challenge is over. Put right what is wrong, then let your ACME client order again: it gets a new \
             challenge with another token, so that what has to be served or published changes too."
        }
        ChallengeStatus::Processing => {
            "The server tries again by itself within minutes. What you put right now counts. Load this page again to \
             see how it went."
        }
        ChallengeStatus::Pending => {
            "The server waits for your ACME client to say that everything is in place. Load this page again after that."
        }
    }
}

fn explain(html: &mut Html, problem: &Problem) {
    let refusals = || problem.observations.iter().filter(|it| it.kind.is_some());
    let Some(first) = refusals().next() else {
        html.tag("<p>").text(&problem.detail).tag("</p>");
        return;
    };
    // What all say is said once.
    let common = first
        .remedy
        .as_ref()
        .filter(|remedy| refusals().all(|it| it.remedy.as_ref() == Some(*remedy)));
    if let Some(remedy) = common {
        html.tag("<p class=\"bad\">")
            .text(capital(&first.summary))
            .tag(".</p>");
        html.tag("<h2>What to do</h2>");
        instruct(html, remedy);
    }
    let seen = problem.observations.len();
    html.tag("<h2>What was seen</h2>");
    if seen > 1 {
        let refused = refusals().count();
        let told = format!("{refused} of {seen} perspectives, in different places of the Internet, refused.");
        html.tag("<p>").text(told).tag("</p>");
    }
    for observation in &problem.observations {
        perspective(html, observation, common.is_none());
    }
}

fn perspective(html: &mut Html, observation: &Observation, with_remedy: bool) {
    html.tag("<section><h2>")
        .text(&observation.perspective)
        .tag(" <span class=\"soft\">(")
        .text(observation.rir.to_uppercase())
        .tag(")</span>: ");
    match observation.kind {
        None => html.tag("<span class=\"good\">passed</span></h2>"),
        Some(kind) => html
            .tag("<span class=\"bad\">refused</span> <code>")
            .text(kind.as_str())
            .tag("</code></h2>"),
    };
    html.tag("<dl>");
    let mut say = |name: &'static str, text: &str| {
        html.tag("<dt>")
            .tag(name)
            .tag("</dt><dd>")
            .text(text)
            .tag("</dd>");
    };
    if !observation.summary.is_empty() {
        say("Wrong", &format!("{}.", capital(&observation.summary)));
    }
    if let Some(expected) = &observation.expected {
        say("Expected", expected);
    }
    if let Some(found) = &observation.found {
        say("Found", found);
    }
    html.tag("</dl>");
    if let Some(remedy) = observation.remedy.as_ref().filter(|_| with_remedy) {
        html.tag("<dl><dt>What to do</dt><dd>");
        instruct(html, remedy);
        html.tag("</dd></dl>");
    }
    if !observation.steps.is_empty() {
        let refused = observation.kind.is_some();
        html.tag(if refused { "<details open>" } else { "<details>" })
            .tag("<summary>What was done</summary><ol>");
        for step in &observation.steps {
            html.tag("<li>").text(step).tag("</li>");
        }
        html.tag("</ol></details>");
    }
    html.tag("</section>");
}

/// A remedy: what stands between backticks is to be copied, and gets a box of its own that one click selects.
fn instruct(html: &mut Html, remedy: &str) {
    for (index, part) in remedy.split('`').enumerate() {
        let words = part.trim().trim_start_matches(", ");
        if index % 2 == 1 {
            html.tag("<pre tabindex=\"0\">").text(part).tag("</pre>");
        } else if !words.is_empty() {
            html.tag("<p>").text(words).tag("</p>");
        }
    }
}

/// With a capital letter at the beginning, unless the first word is a name or a URL.
fn capital(sentence: &str) -> String {
    let first = sentence.split(' ').next().unwrap_or_default();
    let mut characters = sentence.chars();
    match characters.next() {
        Some(letter) if first.bytes().all(|byte| byte.is_ascii_lowercase()) => {
            letter.to_uppercase().collect::<String>() + characters.as_str()
        }
        _ => sentence.to_owned(),
    }
}
