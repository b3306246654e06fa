//! The score itself: whoever says the truth gets 1, and what is wrong or missing is counted as such.

mod support;

use std::collections::HashMap;

use serde_json::{Value, json};
use support::events::EventScore;
use support::score::Score;
use support::truth::{Key, Place, Truth};

const MONTH: &str = "2026-02";

/// A finding as a node would print it: on the lines of the person that the truth knows.
fn as_a_node_says_it(key: &Key, lines: &HashMap<String, Vec<Place>>) -> Value {
    let areas: Vec<&str> = key.area.split('+').collect();
    let mine = lines[&key.person].iter();
    let fits = |place: &&Place| key.list.is_empty() || (place.list == key.list && areas.contains(&place.code.as_str()));
    let entries: Vec<Value> = mine
        .filter(fits)
        .map(|p| {
            let source = json!({"file": p.file, "sheet": p.sheet, "row": p.row});
            json!({"area": p.code, "list": p.list, "status": "active", "source": source})
        })
        .collect();
    let list = Some(&key.list).filter(|l| !l.is_empty());
    let area = Some(&key.area).filter(|a| !a.is_empty() && !a.contains('+'));
    json!({"rule": key.rule, "list": list, "area": area, "entries": entries})
}

fn the_truth_in_a_nodes_words(truth: &Truth) -> Vec<Value> {
    let mut lines: HashMap<String, Vec<Place>> = HashMap::new();
    for (place, person) in truth.lines(MONTH) {
        lines.entry(person.clone()).or_default().push(place.clone());
    }
    truth.findings(MONTH).keys().map(|key| as_a_node_says_it(key, &lines)).collect()
}

#[test]
fn whoever_says_the_truth_scores_one() {
    let truth = Truth::load();
    let score = Score::of(&truth, MONTH, &the_truth_in_a_nodes_words(&truth));
    assert_eq!((score.macro_f1(), score.unplaced), (1.0, 0), "{score}\n{}", score.faults(&truth, 5));
}

#[test]
fn of_the_events_nearly_all_are_shown_by_some_line_and_only_those_count_as_missed() {
    let truth = Truth::load();
    let nothing_said = EventScore::of(&truth, "2026-04", &[]);
    let count = |of: &dyn Fn(&str) -> usize| -> Vec<(String, usize)> {
        ["birth", "death", "in_migration", "out_migration", "transfer"].map(|kind| (kind.to_owned(), of(kind))).to_vec()
    };
    let missed = count(&|kind| nothing_said.kinds.get(kind).map_or(0, |tally| tally.missed.len()));
    let hidden = count(&|kind| nothing_said.hidden.get(kind).copied().unwrap_or_default());
    let all: usize = missed.iter().chain(&hidden).map(|(_, n)| n).sum();
    assert_eq!(all, truth.events.len(), "each event is either shown or hidden");
    assert!(missed.iter().all(|(_, n)| *n > 0), "{missed:?} {hidden:?}");
    println!("shown {missed:?}\nhidden {hidden:?}");
}

#[test]
fn a_wrong_and_a_missing_finding_cost_precision_and_recall_of_their_rule_alone() {
    let truth = Truth::load();
    let mut said = the_truth_in_a_nodes_words(&truth);
    let missing = said.iter().position(|f| f["rule"] == "name-conflict").unwrap();
    said.remove(missing);
    let mut wrong = said.iter().find(|f| f["rule"] == "id-missing").unwrap().clone();
    wrong["list"] = json!("family");
    said.push(wrong);
    let score = Score::of(&truth, MONTH, &said);
    let (names, numbers) = (&score.rules["name-conflict"], &score.rules["id-missing"]);
    assert_eq!((names.wrong.len(), names.missed.len(), names.precision()), (0, 1, 1.0));
    assert_eq!((numbers.wrong.len(), numbers.missed.len(), numbers.recall()), (1, 0, 1.0));
    assert_eq!(score.rules["id-invalid"].f1(), 1.0);
}

#[test]
fn a_finding_on_lines_that_no_file_has_is_counted_as_unplaced() {
    let truth = Truth::load();
    let source = json!({"file": "dibao.csv", "sheet": null, "row": 9_999});
    let finding = json!({"rule": "id-missing", "list": "dibao", "area": "519901002202",
        "entries": [{"area": "519901002202", "list": "dibao", "status": "active", "source": source}]});
    let score = Score::of(&truth, MONTH, &[finding]);
    assert_eq!((score.unplaced, score.rules["id-missing"].wrong.len()), (1, 0));
}
