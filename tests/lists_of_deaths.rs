//! Lists of deaths over the months: all the dead each time, or a file a month, and what of either is put right. With a real
//! daemon.

mod support;

use std::fs;

use support::county::SETTLE_SECS_MAX;
use support::node::Node;
use support::story::number;
use support::supported::{HEADER, drop, held, name, people, place};

const BINARY: &str = env!("CARGO_BIN_EXE_rosterd");
const COUNTY: &str = "519901";
const VILLAGES: [&str; 2] = ["519901001201", "519901001202"];

fn village(root: &tempfile::TempDir) -> Node {
    Node::running(BINARY, root.path(), VILLAGES[0], "甲村", "2026-04-02")
}

/// A line for everybody who died on the first of these months, each born in a year of their own.
fn dead(months: &[u32]) -> String {
    let line = |m: &u32| format!("赵{},{},2026-{m:02}-01\n", name(1950 + m), number(&format!("{}0302/001", 1950 + m)));
    months.iter().map(line).collect()
}

/// Whose active entry contradicts which line of which death list.
fn told(node: &Node) -> Vec<String> {
    let findings = node.json(&["findings", "--rule", "deceased-still-active"]);
    let sources = findings.iter().flat_map(|finding| finding["entries"].as_array().unwrap());
    let of_deaths = sources.filter(|entry| entry["list"] == "deaths");
    let mut places: Vec<String> = of_deaths.map(|e| place(&e["source"])).collect();
    places.sort();
    places
}

const DEAD: &str = "逝者姓名,逝者身份证号,死亡日期\n";

#[test]
fn the_dead_of_the_next_month_stand_beside_those_of_the_last() {
    let root = tempfile::tempdir().unwrap();
    let mut node = village(&root);
    drop(&node, "特扶.csv", HEADER, &people(1951..1957));
    drop(&node, "1月死亡名单.csv", DEAD, &dead(&[1]));
    drop(&node, "2月死亡名单.csv", DEAD, &dead(&[2, 3]));
    assert_eq!(told(&node), ["1月死亡名单.csv:2", "2月死亡名单.csv:2", "2月死亡名单.csv:3"]);
    // A file may go; who stood in it died all the same.
    fs::remove_file(node.inbox().join("1月死亡名单.csv")).unwrap();
    drop(&node, "2月死亡名单.csv", DEAD, &dead(&[3, 2]));
    assert_eq!(told(&node), ["1月死亡名单.csv:2", "2月死亡名单.csv:2", "2月死亡名单.csv:3"]);
    // The same person may be told of again.
    drop(&node, "3月死亡名单.csv", DEAD, &dead(&[3, 4]));
    let three = ["1月死亡名单.csv:2", "2月死亡名单.csv:3", "3月死亡名单.csv:2", "3月死亡名单.csv:3"];
    assert_eq!(told(&node), three);
    // All of them in one list, and from then on it is like any other: of a line that goes, only what it said is left.
    drop(&node, "死亡名单.csv", DEAD, &dead(&[1, 2, 3, 4, 5]));
    assert!(told(&node).len() == 5 && told(&node).iter().all(|place| place.starts_with("死亡名单.csv:")));
    drop(&node, "死亡名单4月.csv", DEAD, &dead(&[1, 2, 3, 5]));
    assert_eq!(told(&node).iter().filter(|place| place.starts_with("死亡名单4月.csv:")).count(), 4);
    assert_eq!(told(&node).iter().filter(|place| *place == "nowhere:null").count(), 1);
    assert!(held(&node).is_empty());
    node.stop();
}

#[test]
fn what_one_office_never_heard_of_the_list_of_another_keeps() {
    let root = tempfile::tempdir().unwrap();
    let mut node = village(&root);
    drop(&node, "特扶.csv", HEADER, &people(1951..1959));
    drop(&node, "火化名单.csv", DEAD, &dead(&[1, 2, 3]));
    // Most of the dead stand in both, and each has somebody alone.
    drop(&node, "公安死亡注销.csv", DEAD, &dead(&[1, 2, 4, 7, 8]));
    assert_eq!(told(&node).len(), 6);
    drop(&node, "火化名单.csv", DEAD, &dead(&[1, 2, 3, 5]));
    assert_eq!(told(&node).len(), 7);
    // Each is put right by its own office: of who only the police had on it, and has not any more, what it said is left.
    drop(&node, "公安死亡注销2026年3月.csv", DEAD, &dead(&[1, 2, 6, 7, 8]));
    let places = told(&node);
    assert_eq!(places.iter().filter(|place| *place == "nowhere:null").count(), 1, "{places:?}");
    let of_crematorium = places.iter().filter(|place| place.starts_with("火化名单.csv:")).count();
    assert_eq!((of_crematorium, places.len()), (2, 8), "the third and the fifth: {places:?}");
    assert!(held(&node).is_empty());
    node.stop();
}

#[test]
fn a_list_of_deaths_of_an_earlier_month_that_comes_late_is_read() {
    let root = tempfile::tempdir().unwrap();
    let mut node = village(&root);
    let titled = |month: u32| format!("甲村2026年{month}月死亡名单,,\n{DEAD}");
    drop(&node, "特扶.csv", HEADER, &people(1951..1957));
    drop(&node, "死亡b.csv", &titled(2), &dead(&[2]));
    drop(&node, "死亡a.csv", &titled(1), &dead(&[1]));
    assert_eq!(told(&node), ["死亡a.csv:3", "死亡b.csv:3"]);
    // What is of an earlier day and says nothing new stays outdated.
    drop(&node, "死亡c.csv", &titled(3), &dead(&[1, 2, 3]));
    drop(&node, "死亡d.csv", &titled(1), &dead(&[1, 2]));
    assert_eq!(told(&node), ["死亡c.csv:3", "死亡c.csv:4", "死亡c.csv:5"]);
    node.stop();
}

/// The register of a village: ten people, born from this year on.
fn register(node: &Node, village: &str, from: u32) {
    let line = |year: u32| format!("{year},赵{},户主,{},在册\n", name(year), number(&format!("{year}0302/001")));
    let lines: String = (from..from + 10).map(line).collect();
    fs::create_dir(node.inbox().join(village)).unwrap();
    drop(node, &format!("{village}/人口.csv"), "户号,姓名,与户主关系,公民身份号码,人口状态\n", &lines);
}

/// A county that has the registers of two villages.
fn county(root: &tempfile::TempDir, today: &str) -> Node {
    let node = Node::running(BINARY, root.path(), COUNTY, "县", today);
    register(&node, VILLAGES[0], 1950);
    register(&node, VILLAGES[1], 1960);
    node
}

/// The county's list of deaths: who of the one village, and who of the other.
fn dead_of(one: &[u32], other: &[u32]) -> String {
    let both = one.iter().map(|year| (year, VILLAGES[0])).chain(other.iter().map(|year| (year, VILLAGES[1])));
    both.map(|(year, village)| {
        format!("赵{},{},2026-01-10,{village}\n", name(*year), number(&format!("{year}0302/001")))
    })
    .collect()
}

const DEAD_OF: &str = "姓名,身份证号码,死亡日期,户籍地行政区划代码\n";

/// The years of birth of those who are called dead: their rows in the registers say them.
fn called_dead(node: &Node) -> Vec<u64> {
    let findings = node.json(&["findings", "--rule", "deceased-still-active"]);
    let mut years: Vec<u64> = findings
        .iter()
        .map(|finding| &finding["entries"][0])
        .map(|e| e["source"]["row"].as_u64().unwrap() - 2 + if e["area"] == VILLAGES[0] { 1950 } else { 1960 })
        .collect();
    years.sort_unstable();
    years
}

#[test]
fn who_is_taken_off_the_countys_list_lives_also_where_the_village_had_no_other_dead() {
    for file in ["死亡名单.csv", "2026年月死亡名单.csv"] {
        let root = tempfile::tempdir().unwrap();
        let mut node = county(&root, "2026-04-02");
        let drop = |month: u32, lines: String| {
            drop(&node, &file.replace("年月", &format!("年{month}月")), DEAD_OF, &lines);
        };
        drop(1, dead_of(&[1950], &[1960, 1961, 1962]));
        assert_eq!(called_dead(&node), [1950, 1960, 1961, 1962]);
        drop(2, dead_of(&[], &[1960, 1961, 1962, 1963]));
        assert_eq!(called_dead(&node), [1960, 1961, 1962, 1963], "{file}");
        drop(3, dead_of(&[1951], &[1960, 1961, 1962, 1963]));
        assert_eq!(called_dead(&node), [1951, 1960, 1961, 1962, 1963], "{file}");
        assert!(node.json(&["quarantine"]).is_empty() && held(&node).is_empty());
        node.stop();
    }
}

#[test]
fn a_list_of_all_the_dead_is_known_for_one_also_after_a_month_that_looked_like_the_next() {
    let root = tempfile::tempdir().unwrap();
    let mut node = county(&root, "2026-04-02");
    for (month, years) in [(1, &[1950][..]), (2, &[1951, 1952]), (3, &[1951, 1952, 1953])] {
        drop(&node, &format!("2026年{month}月死亡名单.csv"), DEAD_OF, &dead_of(years, &[]));
    }
    assert_eq!(called_dead(&node), [1951, 1952, 1953]);
    node.stop();
}

#[test]
fn a_month_put_right_under_another_name_takes_the_place_of_that_month_alone() {
    let root = tempfile::tempdir().unwrap();
    let mut node = county(&root, "2026-04-02");
    drop(&node, "2026年1月死亡名单.csv", DEAD_OF, &dead_of(&[1950, 1951, 1952], &[]));
    drop(&node, "2026年2月死亡名单.csv", DEAD_OF, &dead_of(&[1953, 1954], &[1960]));
    drop(&node, "2026年1月死亡名单(更正).csv", DEAD_OF, &dead_of(&[1950, 1951], &[]));
    assert_eq!(called_dead(&node), [1950, 1951, 1953, 1954, 1960]);
    // Another list of the same month, and not of all the same dead.
    drop(&node, "2026年2月火化名单.csv", DEAD_OF, &dead_of(&[1953, 1954, 1955], &[]));
    assert_eq!(called_dead(&node), [1950, 1951, 1953, 1954, 1955, 1960]);
    node.stop();
}

/// In which year somebody was born, and when they died.
type Died = (u32, &'static str);

/// Lines of the county's list, in the first village.
fn dead_on(who: &[Died]) -> String {
    let line =
        |(year, on): &Died| format!("赵{},{},{on},{}\n", name(*year), number(&format!("{year}0302/001")), VILLAGES[0]);
    who.iter().map(line).collect()
}

#[test]
fn a_month_saved_over_the_one_before_under_the_same_name_forgets_no_death() {
    const JANUARY: [Died; 3] = [(1950, "2026-01-04"), (1951, "2026-01-10"), (1952, "2026-01-28")];
    // What is saved over January's list, and who is dead then.
    let cases: [(&str, &[Died], &[u64]); 7] = [
        ("the next month", &[(1953, "2026-02-08")], &[1950, 1951, 1952, 1953]),
        (
            "the next month, with one that was reported late",
            &[(1953, "2026-01-29"), (1954, "2026-02-08"), (1955, "2026-02-09")],
            &[1950, 1951, 1952, 1953, 1954, 1955],
        ),
        ("January put right: one lives", &[JANUARY[0], JANUARY[1]], &[1950, 1951]),
        ("January put right: it was the wrong list", &[(1953, "2026-01-05"), (1954, "2026-01-20")], &[1953, 1954]),
        ("January of one who was taken for another", &[(1959, "2026-01-04")], &[1959]),
        (
            "all the dead of the year, one of them no more",
            &[JANUARY[0], JANUARY[2], (1953, "2026-02-08")],
            &[1950, 1952, 1953],
        ),
        ("no day is told", &[(1953, "")], &[1950, 1951, 1952, 1953]),
    ];
    for (what, lines, dead) in cases {
        let root = tempfile::tempdir().unwrap();
        let mut node = county(&root, "2026-04-02");
        drop(&node, "死亡名单.csv", DEAD_OF, &dead_on(&JANUARY));
        drop(&node, "死亡名单.csv", DEAD_OF, &dead_on(lines));
        assert_eq!(called_dead(&node), dead, "{what}");
        assert!(held(&node).is_empty(), "{what}");
        node.stop();
    }
}

#[test]
fn the_dead_of_earlier_months_stay_where_the_list_of_the_month_is_put_right() {
    let root = tempfile::tempdir().unwrap();
    let mut node = county(&root, "2026-04-02");
    let months: [&[Died]; 4] = [
        &[(1950, "2026-01-04"), (1951, "2026-01-10"), (1952, "2026-01-28")],
        &[(1953, "2026-02-08"), (1954, "2026-02-09")],
        &[(1953, "2026-02-08"), (1955, "2026-02-10")],
        &[(1956, "2026-03-03")],
    ];
    for lines in months {
        drop(&node, "死亡名单.csv", DEAD_OF, &dead_on(lines));
    }
    assert_eq!(called_dead(&node), [1950, 1951, 1952, 1953, 1955, 1956], "1954 was taken back");
    // Where somebody stood in a file that is another one by now, no row of it is named.
    assert_eq!(told(&node)[..2], ["死亡名单.csv:2", "死亡名单.csv:null"]);
    // All of them at once is the whole list again.
    drop(&node, "死亡名单.csv", DEAD_OF, &dead_of(&[1950, 1951, 1952, 1953], &[]));
    assert_eq!(called_dead(&node), [1950, 1951, 1952, 1953]);
    node.stop();
}

#[test]
fn a_village_whose_file_it_is_says_nothing_of_the_dead_of_another() {
    let root = tempfile::tempdir().unwrap();
    let mut node = county(&root, "2026-04-02");
    drop(&node, &format!("{}/1月死亡名单.csv", VILLAGES[0]), DEAD, &dead_line(1950));
    drop(&node, &format!("{}/1月死亡名单.csv", VILLAGES[1]), DEAD, &(dead_line(1960) + &dead_line(1961)));
    drop(&node, &format!("{}/2月死亡名单.csv", VILLAGES[1]), DEAD, &(dead_line(1960) + &dead_line(1962)));
    assert_eq!(called_dead(&node), [1950, 1960, 1962]);
    node.stop();
}

fn dead_line(year: u32) -> String {
    format!("赵{},{},2026-01-10\n", name(year), number(&format!("{year}0302/001")))
}

#[test]
fn a_village_in_which_nobody_dies_has_no_late_list_of_deaths() {
    let root = tempfile::tempdir().unwrap();
    let mut node = county(&root, "2026-01-31");
    let late = |node: &Node| -> Vec<String> {
        let found = node.json(&["findings", "--rule", "list-late", "--list", "deaths"]);
        let mut areas: Vec<String> = found.iter().map(|f| f["area"].as_str().unwrap().to_owned()).collect();
        areas.sort();
        areas
    };
    drop(&node, "2026年1月死亡名单.csv", DEAD_OF, &dead_of(&[1950], &[1960]));
    for (today, month, year) in [("2026-02-28", 2, 1961), ("2026-03-31", 3, 1962)] {
        node.stop();
        node.start(Some(today));
        node.wait_ready();
        drop(&node, &format!("2026年{month}月死亡名单.csv"), DEAD_OF, &dead_of(&[], &[year]));
        assert!(late(&node).is_empty(), "{today} {:?}", late(&node));
    }
    assert!(node.json(&["quarantine"]).is_empty());
    node.stop();
    node.start(Some("2026-05-10"));
    node.wait_ready();
    node.settle(SETTLE_SECS_MAX);
    assert_eq!(late(&node), VILLAGES, "no file came of the month");
    node.stop();
}
