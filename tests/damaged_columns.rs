//! Columns of numbers that a spreadsheet cut. With a real daemon.

mod support;

use std::fs;

use support::county::SETTLE_SECS_MAX;
use support::node::Node;
use support::story::number;

const BINARY: &str = env!("CARGO_BIN_EXE_rosterd");
const VILLAGE: &str = "519901001201";

fn findings_of(lines: &[(&str, &str)]) -> Vec<serde_json::Value> {
    let root = tempfile::tempdir().unwrap();
    let mut node = Node::init(BINARY, root.path(), VILLAGE, "甲村");
    let rows: String = lines.iter().map(|(name, number)| format!("{name},{number},A类,2026.1.5,在保\n")).collect();
    fs::write(node.inbox().join("低保.csv"), format!("姓名,身份证号码,保障类别,最近复核日期,保障状态\n{rows}"))
        .unwrap();
    node.start(Some("2026-04-02"));
    node.wait_ready();
    node.settle(SETTLE_SECS_MAX);
    let found = node.json(&["findings", "--rule", "id-damaged"]);
    node.stop();
    found
}

#[test]
fn a_short_column_that_lost_all_its_digits_is_one_finding_that_shows_its_lines() {
    let found = findings_of(&[("张三", "5.2E+17"), ("李四", "5.2E+17"), ("王五", "5.2E+17")]);
    let [only] = &found[..] else { panic!("{found:?}") };
    assert_eq!((&only["detail"]["whole_column"], &only["detail"]["count"]), (&true.into(), &3.into()));
    let rows: Vec<u64> =
        only["entries"].as_array().unwrap().iter().map(|e| e["source"]["row"].as_u64().unwrap()).collect();
    assert_eq!(rows, [2, 3, 4]);
}

#[test]
fn of_a_long_one_the_first_lines_are_shown() {
    let lines: Vec<(String, String)> =
        (1950..1960).map(|year| (format!("张{}", year % 10), format!("519901{year}0302{}000", year % 10))).collect();
    let found = findings_of(&lines.iter().map(|(name, number)| (&name[..], &number[..])).collect::<Vec<_>>());
    let [only] = &found[..] else { panic!("{found:?}") };
    assert_eq!((only["detail"]["count"].as_u64(), only["entries"].as_array().unwrap().len()), (Some(10), 5));
}

#[test]
fn a_cut_number_among_whole_ones_is_its_own() {
    let whole = number("19500302/001");
    let found = findings_of(&[("张三", &whole), ("李四", "519901197806151000")]);
    let [only] = &found[..] else { panic!("{found:?}") };
    assert_eq!(
        (&only["detail"]["whole_column"], only["entries"].as_array().unwrap().len()),
        (&serde_json::Value::Null, 1)
    );
}

#[test]
fn a_column_that_breaks_and_is_mended_leaves_each_line_told_once() {
    let root = tempfile::tempdir().unwrap();
    let mut node = Node::running(BINARY, root.path(), VILLAGE, "甲村", "2026-04-02");
    let lines = |damaged: usize| -> String {
        let line = |i: usize| {
            let whole = number(&format!("{}0302/001", 1950 + i));
            let number = if i < damaged { format!("{}000", &whole[..15]) } else { whole };
            format!("张{},{number},A类,2026.1.5,在保\n", char::from_u32(0x4e00 + i as u32).unwrap())
        };
        (0..20).map(line).collect()
    };
    // Of each finding, how many lines it is about, and whether it is about the column.
    let told = |damaged: usize| -> Vec<(u64, bool)> {
        let header = "姓名,身份证号码,保障类别,最近复核日期,保障状态\n";
        fs::write(node.inbox().join("低保.csv"), format!("{header}{}", lines(damaged))).unwrap();
        node.settle(SETTLE_SECS_MAX);
        let found = node.json(&["findings", "--rule", "id-damaged"]);
        let about = |f: &serde_json::Value| {
            (f["detail"]["count"].as_u64().unwrap_or(1), !f["detail"]["whole_column"].is_null())
        };
        found.iter().map(about).collect()
    };
    assert_eq!(told(2), [(1, false), (1, false)]);
    assert_eq!(told(20), [(20, true)]);
    assert_eq!(told(2), [(1, false), (1, false)]);
    node.stop();
}
