use serde_json::Value;

use super::session::Session;
use super::table::Table;
use super::{Outcome, Output, view, words};
use crate::daemon::control::{Exit, requests};
use crate::domain::{Confidence, Date, EventKind};
use crate::report::text::Text;

/// What happened to people, as far as the lists show it
///
/// Births, deaths, transfers inside the county, moves out of it and into it, corrections. Each rests on entries, and
/// goes when its entries no longer say so.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:\n  \
    rosterd events --kind death --since 2026-03-01\n  \
    rosterd events --kind transfer --json")]
pub struct Args {
    /// Only birth, death, transfer, out_migration, in_migration or correction
    #[arg(long, value_name = "KIND", value_parser = words::event_kind)]
    kind: Option<EventKind>,
    /// Only on or after this day, as 2026-03-01
    #[arg(long, value_name = "DATE", value_parser = words::day)]
    since: Option<Date>,
    #[command(flatten)]
    output: Output,
}

pub fn run(args: Args, session: &mut Session) -> Outcome {
    let ask = requests::Events { kind: args.kind, since: args.since };
    if args.output.json {
        return session.ask(&ask, &mut |screen, row| screen.json(&row));
    }
    let head = ["date", "kind", "from", "to", "confidence", "name", "source"];
    let mut table = Table::new(head.map(|key| session.screen.text().say(&format!("label-{key}"))));
    let mut count = 0;
    let exit = session.each_named(&ask, &mut |screen, row| {
        count += 1;
        let (text, first) = (screen.text(), &row["entries"][0]);
        let kind = EventKind::parse(view::field(&row, "kind"));
        let side = |key: &str| match row[format!("{key}_name").as_str()].as_str() {
            Some(name) => name.to_owned(),
            None => view::cell(&row, key),
        };
        table.row([
            view::cell(&row, "dated"),
            kind.map(|kind| kind_of(text, kind, &row)).unwrap_or_default(),
            side("from"),
            side("to"),
            text.confidence(view::field(&row, "confidence")),
            view::who(first),
            view::place(first),
        ]);
        Ok(())
    })?;
    if exit != Exit::Done {
        return Ok(exit);
    }
    if count == 0 {
        session.screen.say("say-no-events");
    } else {
        session.screen.table(&table);
        session.screen.say_with("say-count", &[("count", &count)]);
    }
    Ok(exit)
}

/// What happened, in words. Of a move over the border of which no line names the other side nobody knows how far it went.
fn kind_of(text: &Text, kind: EventKind, event: &Value) -> String {
    let other = match kind {
        EventKind::OutMigration => "to",
        EventKind::InMigration => "from",
        _ => return text.event_kind(kind),
    };
    match event[other].is_null() && event["confidence"] == Confidence::Possible.as_str() {
        true => text.say(&format!("event-{}-unclear", kind.as_str())),
        false => text.event_kind(kind),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::settings::Language;

    #[test]
    fn a_move_to_nobody_knows_where_is_not_called_one_out_of_the_county() {
        let text = Text::new(Language::Chinese);
        let told = |kind, event| kind_of(&text, kind, &event);
        let out =
            |to: Value, confidence: &str| told(EventKind::OutMigration, json!({"to": to, "confidence": confidence}));
        assert_eq!(out(Value::Null, "possible"), "迁出（去向不明）");
        assert_eq!(out(Value::Null, "probable"), "迁出县外", "a line says so");
        assert_eq!(out(json!("440300"), "probable"), "迁出县外");
        let into = json!({"from": null, "to": "519901001200", "confidence": "possible"});
        assert_eq!(told(EventKind::InMigration, into), "迁入（来处不明）");
        assert_eq!(told(EventKind::Death, json!({"to": null, "confidence": "possible"})), "死亡");
    }
}
