//! The sample county, end to end with real daemons: what the county's mismatch log says, scored against the truth.
//!
//! `ROSTERD_SCORE_FAULTS=5 cargo test --test county -- --nocapture` also prints up to five faults a rule.

mod support;

use std::collections::BTreeSet;
use std::path::Path;
use std::thread::sleep;
use std::time::Duration;

use support::county::{County, SETTLE_SECS_MAX};
use support::events::EventScore;
use support::node::Node;
use support::score::{self, Score};
use support::truth::{self, Key, Truth};

const BINARY: &str = env!("CARGO_BIN_EXE_rosterd");

/// What the rules must reach on the sample at every month's end.
const MACRO_F1_MIN: f64 = 0.97;
const RULE_F1_MIN: f64 = 0.90;
/// What the villages' lists of open findings must reach.
const VILLAGE_PRECISION_MIN: f64 = 0.99;
/// What the inferred events must reach after the last month, of those that some line shows.
const EVENTS_MACRO_F1_MIN: f64 = 0.90;

/// The village that loses power while it pushes, and when, in milliseconds after its files came or it came back.
const UNLUCKY: &str = "519901002201";
/// An office gives its word on what changed within this, and it is passed on.
const WORDS_WITHIN: Duration = Duration::from_secs(25);
/// Looks at all words before one that is still not compared counts as lost.
const WORD_LOOKS_MAX: u32 = 4;
const POWER_CUTS_MS: [u64; 4] = [300, 800, 1_500, 2_500];

#[test]
fn three_levels_read_five_months_and_the_county_sees_what_does_not_fit() {
    let truth = Truth::load();
    let months = truth::months();
    let mut county = County::found(BINARY, &truth::month_end(&months[0]));
    let mut single = Single::found(&truth::month_end(&months[0]));
    let mut scores = Vec::new();
    for (nth, month) in months.iter().enumerate() {
        let today = truth::month_end(month);
        if nth > 0 {
            county.restart(&today);
            single.restart(&today);
        }
        single.0.drop_files(&truth::exports(month));
        county.drop_month(&truth::exports(month));
        if nth % 2 == 0 {
            cut_power(county.node(UNLUCKY), &today);
        }
        county.settle();
        single.0.settle(SETTLE_SECS_MAX);

        let findings = county.top().findings();
        scores.push(report(&truth, month, &findings));
        let alone = single.0.findings();
        same("three levels", &keys(&truth, month, &findings), "one node", &keys(&truth, month, &alone));
        each_village_is_told(&county, &findings);
        villages_say_what_the_county_says(&truth, month, &county, &findings);
    }
    the_readme_shows_one_of(&county.top().findings());
    words_are_kept(&mut county, &truth::month_end(months.last().expect("the sample has months")));
    let last = months.last().expect("the sample has months");
    let events = EventScore::of(&truth, last, &county.top().json(&["events"]));
    println!("{events}");
    for score in &scores {
        assert_good(score);
    }
    assert!(events.macro_f1() >= EVENTS_MACRO_F1_MIN, "events: macro F1 {:.4}", events.macro_f1());
}

#[test]
fn a_node_that_lived_through_all_months_says_what_one_founded_today_says() {
    let truth = Truth::load();
    let months = truth::months();
    let last = months.last().expect("the sample has months");
    let mut lived = Single::found(&truth::month_end(&months[0]));
    for (nth, month) in months.iter().enumerate() {
        if nth > 0 {
            lived.restart(&truth::month_end(month));
        }
        lived.0.drop_files(&truth::exports(month));
        lived.0.settle(SETTLE_SECS_MAX);
    }
    let founded = Single::found(&truth::month_end(last));
    founded.0.drop_files(&truth::exports(last));
    founded.0.settle(SETTLE_SECS_MAX);

    // Rules that speak of what changed: a node that never saw the earlier files cannot know it.
    let table = founded.0.json(&["rules"]);
    let history: Vec<&str> =
        table.iter().filter(|r| r["needs_history"] == true).filter_map(|r| r["rule"].as_str()).collect();
    println!("need history, and are left out of the comparison: {history:?}");
    let without_history = |node: &Single| -> BTreeSet<Key> {
        let all = keys(&truth, last, &node.0.findings());
        all.into_iter().filter(|key| !history.contains(&key.rule.as_str())).collect()
    };
    same("lived through all months", &without_history(&lived), "founded today", &without_history(&founded));
}

/// A county office that gets every village's files itself: one node, one folder a village.
struct Single(
    Node,
    #[expect(dead_code, reason = "kept so that the folder lives as long as the node")] tempfile::TempDir,
);

impl Single {
    fn found(today: &str) -> Single {
        let root = tempfile::tempdir().expect("a temporary folder");
        let mut node = Node::init(BINARY, Path::new(root.path()), "519901", "云岭县");
        node.start(Some(today));
        node.wait_ready();
        Single(node, root)
    }

    fn restart(&mut self, today: &str) {
        self.0.stop();
        self.0.start(Some(today));
        self.0.wait_ready();
    }
}

/// SIGKILL while the village reads and pushes, again and again at other moments, and up again each time.
fn cut_power(village: &mut Node, today: &str) {
    for after_ms in POWER_CUTS_MS {
        sleep(Duration::from_millis(after_ms));
        village.kill();
        village.start(Some(today));
        village.wait_ready();
    }
}

fn report(truth: &Truth, month: &str, findings: &[serde_json::Value]) -> Score {
    let score = Score::of(truth, month, findings);
    println!("{score}");
    if let Some(each) = std::env::var("ROSTERD_SCORE_FAULTS").ok().and_then(|n| n.parse().ok()) {
        println!("{}", score.faults(truth, each));
    }
    score
}

fn assert_good(score: &Score) {
    assert!(score.macro_f1() >= MACRO_F1_MIN, "macro F1 {:.4} in {}", score.macro_f1(), score.month);
    assert_eq!(score.unplaced, 0, "every finding names lines of {}'s files", score.month);
    for (rule, tally) in score.spoken() {
        assert!(tally.f1() >= RULE_F1_MIN, "{rule}: F1 {:.4} in {}", tally.f1(), score.month);
    }
}

/// What every office signed of its own entries is what the county holds of it, after all that happened on the way.
fn words_are_kept(county: &mut County, today: &str) {
    for look in 1.. {
        sleep(WORDS_WITHIN);
        county.settle();
        // A daemon compares all words when it starts.
        let top = county.node("519901");
        top.stop();
        top.start(Some(today));
        top.wait_ready();
        top.settle(SETTLE_SECS_MAX);
        let words = top.json(&["status"])[0]["words"].clone();
        let words = words.as_array().expect("words");
        let wrong: Vec<_> = words.iter().filter(|word| word["state"] != "equal").collect();
        if wrong.is_empty() && words.len() >= 8 {
            return;
        }
        // On a slow machine a new word comes just after the look at the one before, and waits for the next.
        let only_late = words.len() >= 8 && wrong.iter().all(|word| word["state"] == "pending");
        assert!(only_late && look < WORD_LOOKS_MAX, "{} words, not kept: {wrong:#?}", words.len());
    }
}

/// What the README explains is a finding of the sample, as it is now.
fn the_readme_shows_one_of(findings: &[serde_json::Value]) {
    let readme = std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("README.md")).unwrap();
    let (_, block) = readme.split_once("```json\n").expect("an example in JSON");
    let (block, _) = block.split_once("```").expect("its end");
    let shown: serde_json::Value = serde_json::from_str(block).expect("one object");
    let found = findings.iter().find(|finding| finding["id"] == shown["id"]).expect("the finding of the README");
    // Not whom: a person is called by the line that came first.
    for field in ["rule", "severity", "status", "area", "list", "detail", "entries"] {
        assert_eq!(found[field], shown[field], "{field} of the finding in the README");
    }
}

/// Every open finding that lies in a village at the county is open at that village, under the same id.
fn each_village_is_told(county: &County, findings: &[serde_json::Value]) {
    for village in county.villages() {
        let here: BTreeSet<String> = village.findings().iter().map(|f| f["id"].to_string()).collect();
        let mine = findings.iter().filter(|f| f["area"].as_str() == Some(&village.area));
        let untold: Vec<String> = mine
            .filter(|f| !here.contains(&f["id"].to_string()))
            .map(|f| format!("{} {} {}", f["id"], f["rule"], f["text"]))
            .collect();
        let otherwise: Vec<String> = village
            .json(&["findings", "--all"])
            .iter()
            .filter(|f| f["status"] != "open" && untold.iter().any(|u| u.starts_with(&f["id"].to_string())))
            .map(|f| format!("{} is {} here", f["id"], f["status"]))
            .collect();
        assert!(untold.is_empty(), "{} was not told of {untold:#?} {otherwise:?}", village.area);
    }
}

/// What the villages show is what the county holds, and so is as right: a village withdraws what only its own narrow view
/// made it find.
fn villages_say_what_the_county_says(truth: &Truth, month: &str, county: &County, findings: &[serde_json::Value]) {
    let above: BTreeSet<String> = findings.iter().map(|f| f["id"].to_string()).collect();
    let expected = truth.findings(month);
    let (mut right, mut wrong) = (0, 0);
    for village in county.villages() {
        let here = village.findings();
        let alone: Vec<_> = here.iter().filter(|f| !above.contains(&f["id"].to_string())).collect();
        assert!(alone.is_empty(), "{} says in {month} what the county does not hold: {alone:#?}", village.area);
        for finding in here.iter().filter(|f| truth.rules().iter().any(|rule| f["rule"] == rule.as_str())) {
            let key = keys(truth, month, std::slice::from_ref(finding));
            let side = if key.iter().all(|key| expected.contains_key(key)) { &mut right } else { &mut wrong };
            *side += 1;
        }
    }
    let precision = f64::from(right) / f64::from(right + wrong);
    println!("{month}: the villages show {right} right findings and {wrong} wrong ones, precision {precision:.4}");
    assert!(precision >= VILLAGE_PRECISION_MIN, "{month}: the villages' findings have precision {precision:.4}");
}

fn keys(truth: &Truth, month: &str, findings: &[serde_json::Value]) -> BTreeSet<Key> {
    score::keys(truth, month, findings)
}

fn same(left: &str, ours: &BTreeSet<Key>, right: &str, theirs: &BTreeSet<Key>) {
    let only = |a: &BTreeSet<Key>, b: &BTreeSet<Key>| a.difference(b).take(8).cloned().collect::<Vec<_>>();
    assert!(ours == theirs, "only {left}: {:#?}\nonly {right}: {:#?}", only(ours, theirs), only(theirs, ours));
}
