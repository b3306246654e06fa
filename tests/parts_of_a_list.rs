//! Two files of one list and village in one folder: two parts of it, or two months of it. With a real daemon.

mod support;

use std::fs;

use serde_json::Value;
use support::county::SETTLE_SECS_MAX;
use support::node::Node;
use support::story::number;

const BINARY: &str = env!("CARGO_BIN_EXE_rosterd");
const VILLAGE: &str = "519901001201";
const HEADER: &str = "姓名,身份证号码,扶助类别,确认年度,签约医生,资格状态\n";

fn village(root: &tempfile::TempDir) -> Node {
    Node::running(BINARY, root.path(), VILLAGE, "甲村", "2026-04-02")
}

/// A line for everybody born in these years.
fn people(years: impl Iterator<Item = u32>) -> String {
    years
        .map(|year| format!("赵{},{},特扶,2020,医生甲,继续\n", name(year), number(&format!("{year}0302/001"))))
        .collect()
}

fn name(year: u32) -> char {
    char::from_u32(0x4e00 + year).unwrap()
}

fn drop(node: &Node, file: &str, header: &str, lines: &str) {
    fs::write(node.inbox().join(file), format!("{header}{lines}")).unwrap();
    node.settle(SETTLE_SECS_MAX);
}

fn held(node: &Node) -> Vec<Value> {
    node.json(&["held"])
}

fn stands(node: &Node, year: u32) -> bool {
    let people = node.json(&["people", &number(&format!("{year}0302/001"))]);
    people.iter().flat_map(|person| person["entries"].as_array().unwrap()).any(|entry| entry["status"] == "active")
}

#[test]
fn the_other_half_of_a_list_waits_and_says_beside_which_file() {
    let root = tempfile::tempdir().unwrap();
    let mut node = village(&root);
    drop(&node, "特扶.csv", HEADER, &people(1950..1952));
    drop(&node, "奖扶.csv", HEADER, &people(1960..1968));
    let waiting = held(&node);
    let [waiting_half] = &waiting[..] else { panic!("{waiting:?}") };
    assert_eq!((&waiting_half["reason"], &waiting_half["other_file"]), (&"other-file".into(), &"特扶.csv".into()));
    let said = String::from_utf8(node.call(&["held"]).stdout).unwrap();
    assert!(said.contains("奖扶.csv") && said.contains("特扶.csv") && said.contains("mode = \"append\""), "{said}");
    assert!(stands(&node, 1950) && !stands(&node, 1960));
    assert!(node.json(&["findings", "--rule", "left-without-decision"]).is_empty());
    // The first half written anew is no answer to the second, and a third waits beside it.
    drop(&node, "特扶.csv", HEADER, &people(1950..1953));
    drop(&node, "双女户.csv", HEADER, &people(1970..1973));
    let files: Vec<Value> = held(&node).iter().map(|row| row["file"].clone()).collect();
    assert_eq!(files, ["奖扶.csv", "双女户.csv"]);
    // A person may say that it takes the place of the other all the same.
    let first = held(&node)[0]["id"].as_str().unwrap().to_owned();
    let released = node.json(&["held", "release", &first]);
    assert_eq!((released.len(), &released[0]["file"]), (1, &"奖扶.csv".into()));
    node.settle(SETTLE_SECS_MAX);
    assert!(held(&node).is_empty() && stands(&node, 1960) && !stands(&node, 1950));
    node.stop();
}

#[test]
fn one_file_of_both_halves_is_the_answer() {
    let root = tempfile::tempdir().unwrap();
    let mut node = village(&root);
    drop(&node, "特扶.csv", HEADER, &people(1950..1953));
    drop(&node, "奖扶.csv", HEADER, &people(1960..1968));
    assert_eq!(held(&node).len(), 1);
    drop(&node, "扶助.csv", HEADER, &(people(1950..1953) + &people(1960..1968)));
    assert!(held(&node).is_empty());
    assert!(stands(&node, 1950) && stands(&node, 1960));
    node.stop();
}

#[test]
fn the_next_month_never_waits_for_the_file_of_the_month_before() {
    let root = tempfile::tempdir().unwrap();
    let mut node = village(&root);
    // Two of eight go and three come; then half of what is left of a short list.
    drop(&node, "扶助3月.csv", HEADER, &people(1950..1958));
    drop(&node, "扶助4月.csv", HEADER, &people(1952..1961));
    assert!(held(&node).is_empty() && stands(&node, 1960) && !stands(&node, 1950));
    drop(&node, "扶助5月.csv", HEADER, &people(1956..1961));
    assert!(held(&node).is_empty());
    // The file of before is gone: nothing lies beside the new one.
    for month in ["3", "4", "5"] {
        fs::remove_file(node.inbox().join(format!("扶助{month}月.csv"))).unwrap();
    }
    drop(&node, "扶助.csv", HEADER, &people(1970..1973));
    assert!(held(&node).is_empty() && stands(&node, 1970));
    node.stop();
}

#[test]
fn the_dead_of_the_next_month_do_not_bring_back_those_of_the_last() {
    let root = tempfile::tempdir().unwrap();
    let mut node = village(&root);
    let dead = |year: u32| format!("赵{},{},2026-0{}-01\n", name(year), number(&format!("{year}0302/001")), year % 10);
    let header = "逝者姓名,逝者身份证号,死亡日期\n";
    drop(&node, "特扶.csv", HEADER, &people(1951..1953));
    drop(&node, "1月死亡名单.csv", header, &dead(1951));
    assert_eq!(node.json(&["findings", "--rule", "deceased-still-active"]).len(), 1);
    drop(&node, "2月死亡名单.csv", header, &dead(1952));
    assert_eq!(held(&node).len(), 1);
    assert_eq!(node.json(&["findings", "--rule", "deceased-still-active"]).len(), 1);
    drop(&node, "死亡名单.csv", header, &(dead(1951) + &dead(1952)));
    assert!(held(&node).is_empty());
    assert_eq!(node.json(&["findings", "--rule", "deceased-still-active"]).len(), 2);
    node.stop();
}
