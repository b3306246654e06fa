//! Real daemons that come up on days decades apart.

use std::collections::BTreeSet;
use std::path::Path;

use serde_json::Value;

use super::kills::save_version;
use super::support::node::Node;
use super::{BINARY, TODAY};

/// The day each of the two offices believes in, life after life; in the last they are right.
const DAYS: [(&str, &str); 5] = [
    ("1970-01-01", "2026-02-28"),
    ("2087-11-30", "1970-01-02"),
    ("2026-02-28", "2099-12-31"),
    ("1999-12-31", "2061-07-15"),
    (TODAY, TODAY),
];
const SETTLE_SECS_MAX: u64 = 60;

/// A village and its township live through five versions of the village's lists. Gives what the township finds in the
/// end: the rule of each open finding and the entries it rests on, without those about lists that come late, which are a
/// matter of the days. Not the person: they are named by the oldest entry, and which of two files saved together is read
/// first is a matter of moments.
fn live(root: &Path, days: &[(&str, &str)]) -> BTreeSet<(String, BTreeSet<String>)> {
    let found = |area: &str, name: &str| Node::init(BINARY, root, area, name);
    let (mut village, mut township) = (found("519901001201", "201村"), found("519901001", "第1乡"));
    for (life, (below, above)) in days.iter().enumerate() {
        village.start(Some(below));
        township.start(Some(above));
        village.wait_ready();
        township.wait_ready();
        if life == 0 {
            village.join(&township);
        }
        save_version(&village.inbox(), life as u64);
        village.settle(SETTLE_SECS_MAX);
        township.settle(SETTLE_SECS_MAX);
        if life + 1 < days.len() {
            village.stop();
            township.stop();
        }
    }
    let verdict = village.call(&["verify"]);
    assert!(verdict.status.success(), "both hold the same: {}", village.log_tail());
    let open = township.findings();
    village.stop();
    township.stop();
    let said = |of: &Value, key: &str| of[key].as_str().expect("every finding and entry says it").to_owned();
    let evidence =
        |finding: &Value| finding["entries"].as_array().expect("a list").iter().map(|e| said(e, "uid")).collect();
    let holds = open.iter().filter(|finding| finding["rule"] != "list-late");
    holds.map(|finding| (said(finding, "rule"), evidence(finding))).collect()
}

#[test]
fn offices_that_come_up_decades_apart_end_as_those_with_right_clocks() {
    let root = tempfile::tempdir().expect("a temporary folder");
    let right = live(&root.path().join("right"), &[(TODAY, TODAY); DAYS.len()]);
    let wrong = live(&root.path().join("wrong"), &DAYS);
    assert!(right.len() > 2, "{right:?} shows nothing");
    assert_eq!(wrong, right);
}
