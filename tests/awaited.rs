//! A file of a list waits for a person: who stands on no line of the list may stand in that file, so nobody new is called
//! missing there, at no level, until it is settled. Then it is as if nothing had ever waited.

mod support;

use std::collections::BTreeSet;
use std::fs;
use std::thread::sleep;
use std::time::{Duration, Instant};

use rosterd::domain::Date;
use support::county::SETTLE_SECS_MAX;
use support::node::Node;
use support::story::number;
use support::tree::Tree;

const BINARY: &str = env!("CARGO_BIN_EXE_rosterd");
const COUNTY: &str = "519901";
const TOWNSHIP: &str = "519901001";
const VILLAGE: &str = "519901001201";
const OFFICES: [&str; 3] = [COUNTY, TOWNSHIP, VILLAGE];
const NOWHERE: &str = "no-population-record";

/// Everybody is called by the year in which they were born.
fn name(year: u32) -> String {
    format!("赵{}", char::from_u32(0x4e00 + year).expect("a letter"))
}

fn id(year: u32) -> String {
    number(&format!("{year}0302/001"))
}

fn population(years: impl Iterator<Item = u32>) -> String {
    let lines = years.map(|year| format!("{year},{},本人,{},在册\n", name(year), id(year)));
    "户号,姓名,与户主关系,公民身份号码,人口状态\n".to_owned() + &lines.collect::<String>()
}

fn health(years: &[u32]) -> String {
    let lines = years.iter().map(|year| format!("{},{},2015-04-01,正常\n", name(*year), id(*year)));
    "姓名,身份证号码,建档日期,档案状态\n".to_owned() + &lines.collect::<String>()
}

fn today() -> Date {
    "2026-04-02".parse().expect("a day")
}

/// Who is called missing from the register there.
fn nowhere(tree: &Tree, office: &str) -> BTreeSet<String> {
    tree.view(office, |view| {
        let mut names = BTreeSet::new();
        for row in view.findings(&Default::default())?.into_iter().filter(|row| row.rule == NOWHERE) {
            names.insert(view.entry(row.evidence[0])?.expect("evidence is stored").entry.record.name.to_string());
        }
        Ok(names)
    })
}

fn names(years: &[u32]) -> BTreeSet<String> {
    years.iter().map(|year| name(*year)).collect()
}

/// The eastern half is the register, with 1950 to 1955; the western half with 1960 to 1965 waits. Two stood on the health
/// list before that, 1950 and 1990, who is on no register; then came 1960 and 1991.
fn halved() -> Tree {
    let tree = Tree::found(&OFFICES, today());
    tree.read(VILLAGE, "人口-张庄.csv", &population(1950..1956));
    tree.read(VILLAGE, "健康.csv", &health(&[1950, 1990]));
    tree.settle();
    tree.read(VILLAGE, "人口-李庄.csv", &population(1960..1966));
    tree.settle();
    tree.read(VILLAGE, "健康.csv", &health(&[1950, 1990, 1960, 1991]));
    tree.settle();
    tree
}

fn settle_held(tree: &Tree, state: &str) {
    let office = &tree.office(VILLAGE).office;
    let waiting = office.store.read(|view| view.held(false)).expect("the store reads");
    let [held] = &waiting[..] else { panic!("one waits: {waiting:?}") };
    office.store.write(|writer| writer.decide_held(held.id, state)).expect("the store writes");
}

#[test]
fn nobody_new_is_called_missing_at_any_level_while_half_of_the_register_waits() {
    let tree = halved();
    for office in OFFICES {
        assert_eq!(nowhere(&tree, office), names(&[1990]), "{office}: what was found before stays, and no more comes");
    }
    settle_held(&tree, "rejected");
    tree.office(VILLAGE).settle().expect("a good disk");
    tree.settle();
    for office in OFFICES {
        assert_eq!(nowhere(&tree, office), names(&[1990, 1960, 1991]), "{office}: the register is as it stands");
    }
}

#[test]
fn a_half_that_is_released_is_the_register() {
    let tree = halved();
    settle_held(&tree, "released");
    tree.read(VILLAGE, "人口-李庄.csv", &population(1960..1966));
    tree.settle();
    for office in OFFICES {
        assert_eq!(nowhere(&tree, office), names(&[1950, 1990, 1991]), "{office}");
    }
}

#[test]
fn one_file_of_both_halves_ends_the_wait() {
    let tree = halved();
    tree.read(VILLAGE, "人口.csv", &population((1950..1956).chain(1960..1966)));
    tree.settle();
    for office in OFFICES {
        assert_eq!(nowhere(&tree, office), names(&[1990, 1991]), "{office}");
    }
}

#[test]
fn a_file_that_is_taken_out_or_cannot_be_read_ends_the_wait_or_begins_it() {
    let root = tempfile::tempdir().unwrap();
    let mut node = Node::running(BINARY, root.path(), VILLAGE, "甲村", "2026-04-02");
    let write = |file: &str, text: &str| fs::write(node.inbox().join(file), text).unwrap();
    let missing = || node.json(&["findings", "--rule", NOWHERE]).len();
    let settle = || node.settle(SETTLE_SECS_MAX);
    write("人口-张庄.csv", &population(1950..1956));
    settle();
    write("人口-李庄.csv", &population(1960..1966));
    write("健康.csv", &health(&[1950, 1960]));
    settle();
    assert_eq!((node.json(&["held"]).len(), missing()), (1, 0));
    let said = |verb: &str| String::from_utf8(node.call(&[verb]).stderr).unwrap();
    let status = node.json(&["status"]).remove(0);
    assert_eq!(status["awaited"], serde_json::json!([{"list": "population", "area": VILLAGE}]), "{status}");
    assert!(said("held").contains("不新报为缺人"), "{}", said("held"));
    assert!(said("status").contains("不新报缺人"), "{}", said("status"));

    // Nobody is told of a file that goes: it is seen at one of the next looks.
    fs::remove_file(node.inbox().join("人口-李庄.csv")).unwrap();
    let until = Instant::now() + Duration::from_secs(SETTLE_SECS_MAX);
    while missing() == 0 {
        assert!(Instant::now() < until, "nobody waits for a file that was taken away");
        sleep(Duration::from_millis(50));
    }

    // What cannot be read may have anybody, where it was the register before.
    write("人口-张庄.csv", "\0\u{1}\0");
    settle();
    write("健康.csv", &health(&[1950, 1960, 1970]));
    settle();
    assert_eq!((node.json(&["quarantine"]).len(), missing()), (1, 1));
    write("人口-张庄.csv", &population((1950..1956).chain([1960])));
    settle();
    assert_eq!(missing(), 1, "1970 is missing, 1960 no more");
    node.stop();
}
