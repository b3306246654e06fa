use super::session::Session;
use super::{Outcome, Output, view, words};
use crate::daemon::control::{Exit, requests};
use requests::Verdict;

/// Pairs of lines that may be one person, for a person to judge
///
/// Nothing uncertain is joined by itself. Each pair shows what speaks for it and against it, the best first.
#[derive(Debug, clap::Args)]
pub struct Args {
    #[command(flatten)]
    output: Output,
}

/// Judge one pair of 'rosterd matches'
///
/// A rejected pair is remembered and never joined again. Two people who were taken for one are parted in the same way:
/// 'rosterd people FINDING --explain' names the pairs of lines that were joined.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:\n  rosterd match ID confirm\n  rosterd match ID reject\n  \
    rosterd people fabcdefgh01 --explain              which lines were joined, and why")]
pub struct MatchArgs {
    /// The pair's id, from 'rosterd matches' or 'rosterd people --explain'
    #[arg(value_parser = words::id)]
    id: String,
    /// confirm: the same person; reject: two people
    #[arg(value_name = "confirm|reject", value_parser = words::verdict)]
    verdict: Verdict,
}

pub fn run(args: Args, session: &mut Session) -> Outcome {
    let (rows, exit) = session.rows(&requests::Matches {}, args.output.json)?;
    if args.output.json || exit != Exit::Done {
        return Ok(exit);
    }
    if rows.is_empty() {
        session.screen.say("say-no-matches");
        return Ok(exit);
    }
    for row in &rows {
        let text = session.screen.text();
        let sure = row["probability"].as_f64().map(|share| format!("  {}", percent(share))).unwrap_or_default();
        let mut lines = vec![format!("{}{sure}", view::cell(row, "id"))];
        for entry in row["entries"].as_array().into_iter().flatten() {
            let (list, area) = (view::list(text, entry), view::area(text, entry));
            lines.push(format!("  {list}  {area}  {}  {}", view::who(entry), view::place(entry)));
        }
        let why = row["why"].as_array().into_iter().flatten();
        let why: Vec<String> = why
            .map(|part| match part["weight"].as_f64() {
                Some(weight) => format!("{} {weight:+.1}", text.compared(view::field(part, "what"))),
                None => text.compared(view::field(part, "what")),
            })
            .collect();
        if !why.is_empty() {
            lines.push(format!("  {}", why.join(text.comma())));
        }
        for line in lines {
            session.screen.line(line);
        }
    }
    session.screen.say_with("say-count", &[("count", &rows.len())]);
    session.screen.say("say-match-hint");
    Ok(exit)
}

/// Nobody is sure of a pair that waits for a person: neither all nor nothing.
fn percent(share: f64) -> String {
    match (share * 100.0).round() {
        ..1.0 => "<1%".to_owned(),
        100.0.. => ">99%".to_owned(),
        percent => format!("{percent:.0}%"),
    }
}

pub fn settle(args: MatchArgs, session: &mut Session) -> Outcome {
    let ask = requests::SettleMatch { id: args.id.clone(), verdict: args.verdict };
    let (_, exit) = session.row(&ask, false)?;
    if exit == Exit::Done {
        let said = match args.verdict {
            Verdict::Confirm => "say-match-confirmed",
            Verdict::Reject => "say-match-rejected",
        };
        session.screen.say_with(said, &[("id", &args.id)]);
    }
    Ok(exit)
}

#[cfg(test)]
mod tests {
    #[test]
    fn an_uncertain_pair_is_never_shown_as_certain() {
        assert_eq!([0.0001, 0.006, 0.5, 0.994, 0.9997].map(super::percent), ["<1%", "1%", "50%", "99%", ">99%"]);
    }
}
