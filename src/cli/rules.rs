use std::path::Path;

use serde_json::{Map, Value, json};

use super::screen::Screen;
use super::session::find_settings;
use super::table::Table;
use super::{Outcome, Output};
use crate::daemon::control::Exit;
use crate::domain::List;
use crate::rules::{Parameters, RULES, Rule};
use crate::settings::Settings;

/// The rules, their severities and settings
///
/// Printed from the table that the daemon itself works by, with the values of this office's settings where there are
/// any, else the defaults.
#[derive(Debug, clap::Args)]
pub struct Args {
    #[command(flatten)]
    output: Output,
}

pub fn run(args: Args, config: Option<&Path>, screen: &mut Screen) -> Outcome {
    // A file that was named has to be there; one that merely could be need not.
    let parameters = match find_settings(config) {
        Some(file) => {
            let settings = Settings::read(&file)?;
            screen.speak(settings.language);
            settings.rules
        }
        None => Parameters::default(),
    };
    let values = serde_json::to_value(parameters).expect("the parameters are plain integers");
    if args.output.json {
        for rule in RULES {
            let row = row(rule, &values, screen);
            screen.json(&row);
        }
        return Ok(Exit::Done);
    }
    let text = screen.text();
    let mut table = Table::new(["rule", "severity", "list", "says"].map(|key| text.say(&format!("label-{key}"))));
    for rule in RULES {
        let mut severity = text.severity(rule.severity);
        if !rule.severity_note.is_empty() {
            severity += &text.in_brackets(&text.say(&format!("rule-{}-note", rule.id)));
        }
        let lists: Vec<String> = rule.lists.iter().map(|list| text.list(Some(*list))).collect();
        let lists = if lists.is_empty() { text.say("list-any") } else { lists.join(text.comma()) };
        let mut says = format!("{}{}{}", text.rule(rule.id), text.colon(), text.say(&format!("rule-{}-says", rule.id)));
        let set = settings(rule, &values);
        if !set.is_empty() {
            let set: Vec<String> = set.iter().map(|(name, value)| format!("{name} = {value}")).collect();
            says += &format!(" [{}]", set.join(", "));
        }
        table.row([rule.id.to_owned(), severity, lists, says]);
    }
    screen.table(&table);
    Ok(Exit::Done)
}

/// The settings a rule reads, with their values.
fn settings(rule: &Rule, values: &Value) -> Map<String, Value> {
    rule.settings.iter().map(|name| (name.to_string(), values[*name].clone())).collect()
}

fn row(rule: &Rule, values: &Value, screen: &Screen) -> Value {
    let note = if rule.severity_note.is_empty() {
        String::new()
    } else {
        screen.text().say(&format!("rule-{}-note", rule.id))
    };
    json!({
        "rule": rule.id,
        "title": screen.text().rule(rule.id),
        "says": screen.text().say(&format!("rule-{}-says", rule.id)),
        "lists": rule.lists.iter().map(|list: &List| list.as_str()).collect::<Vec<_>>(),
        "severity": rule.severity.as_str(),
        "severity_note": note,
        "settings": settings(rule, values),
        "source": rule.source,
        "needs_history": rule.needs_history,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_setting_a_rule_names_is_one() {
        let values = serde_json::to_value(Parameters::default()).unwrap();
        for rule in RULES {
            for (name, value) in settings(rule, &values) {
                assert!(value.is_i64() || value.is_u64(), "{} names {name}", rule.id);
            }
        }
    }
}
