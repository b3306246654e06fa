//! Files that come too early or too late: before the office knew their words, or after a newer one. With a real daemon.

mod support;

use std::fs;
use std::thread::sleep;
use std::time::{Duration, Instant};

use support::county::SETTLE_SECS_MAX;
use support::node::Node;
use support::story::number;

const BINARY: &str = env!("CARGO_BIN_EXE_rosterd");
const VILLAGE: &str = "519901001201";

fn village(root: &tempfile::TempDir) -> Node {
    Node::running(BINARY, root.path(), VILLAGE, "甲村", "2026-04-02")
}

fn entries(node: &Node, name: &str) -> usize {
    let people = node.json(&["people", name]);
    people.iter().map(|person| person["entries"].as_array().map_or(0, Vec::len)).sum()
}

#[test]
fn a_file_refused_for_its_words_is_read_again_once_the_office_adds_them() {
    let root = tempfile::tempdir().unwrap();
    let mut node = village(&root);
    let line = format!("张三,{},512,在享\n", number("19500302/001"));
    fs::write(node.inbox().join("名册.csv"), format!("花名,证码,卡簿号,享否\n{line}")).unwrap();
    node.settle(SETTLE_SECS_MAX);
    assert_eq!(node.json(&["quarantine"]).len(), 1);
    node.stop();
    let lists = node.dir.join("lists");
    fs::create_dir(&lists).unwrap();
    fs::write(lists.join("common.toml"), "[columns]\nname = [\"花名\"]\nid = [\"证码\"]\n").unwrap();
    fs::write(lists.join("dibao.toml"), "[columns]\nrecord_no = [\"卡簿号\"]\nstatus = [\"享否\"]\n").unwrap();
    node.start(Some("2026-04-02"));
    node.wait_ready();
    node.settle(SETTLE_SECS_MAX);
    assert!(node.json(&["quarantine"]).is_empty());
    assert_eq!(entries(&node, "张三"), 1);
    node.stop();
}

#[test]
fn the_list_of_an_earlier_month_that_comes_late_is_told_and_not_taken() {
    for (newer, older) in [
        ("2026年3月低保名单.csv", "2026年2月低保名单(最终版).csv"),
        ("3月低保名单.csv", "二月低保名单.csv"),
        ("3月/低保名单.csv", "2月/低保名单.csv"),
    ] {
        let root = tempfile::tempdir().unwrap();
        let mut node = village(&root);
        let [first, second] = ["19500302/001", "19780615/003"].map(number);
        let header = "姓名,身份证号码,保障类别,审批日期,最近复核日期,保障状态\n";
        let march = format!("{header}张三,{first},A类,2020.1.5,2026.3.5,在保\n");
        let february = format!("{march}李四,{second},A类,2020.1.5,2026.1.5,在保\n");
        for (file, lines) in [(newer, march), (older, february)] {
            let path = node.inbox().join(file);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, lines).unwrap();
            node.settle(SETTLE_SECS_MAX);
        }
        assert_eq!((entries(&node, "张三"), entries(&node, "李四")), (1, 0), "{older}");
        let refused = node.json(&["quarantine"]);
        let [refused] = &refused[..] else { panic!("{refused:?}") };
        assert_eq!(refused["code"], "older-than-known");
        let said = String::from_utf8(node.call(&["quarantine"]).stdout).unwrap();
        assert!(said.contains("2026-02-28") && said.contains(newer), "{said}");
        node.stop();
    }
}

#[test]
fn a_title_left_from_an_earlier_month_makes_no_list_old() {
    let root = tempfile::tempdir().unwrap();
    let mut node = Node::running(BINARY, root.path(), VILLAGE, "甲村", "2026-05-15");
    let [first, second] = ["19500302/001", "19780615/003"].map(number);
    let header = "2026年2月低保花名册\n姓名,身份证号码,保障类别,审批日期,最近复核日期,保障状态\n";
    let one = format!("{header}张三,{first},A类,2020.1.5,2026.3.5,在保\n");
    fs::write(node.inbox().join("3月低保.csv"), &one).unwrap();
    node.settle(SETTLE_SECS_MAX);
    let two = format!("{one}李四,{second},A类,2020.1.5,2026.4.5,在保\n");
    fs::write(node.inbox().join("4月低保.csv"), two).unwrap();
    node.settle(SETTLE_SECS_MAX);
    assert_eq!((entries(&node, "李四"), node.json(&["quarantine"]).len()), (1, 0));
    assert!(node.json(&["findings", "--rule", "list-late"]).is_empty(), "of April, and May is not over");
    node.stop();
}

#[test]
fn a_list_without_a_date_gives_way_to_the_month_that_comes_out_and_to_none_long_before_it() {
    let root = tempfile::tempdir().unwrap();
    let mut node = Node::running(BINARY, root.path(), VILLAGE, "甲村", "2026-04-15");
    let [first, second] = ["19500302/001", "19780615/003"].map(number);
    let header = "姓名,身份证号码,保障类别,审批日期,最近复核日期,保障状态\n";
    let both = format!("{header}张三,{first},A类,2020.1.5,2026.3.5,在保\n李四,{second},A类,2020.1.5,2026.1.5,在保\n");
    let one = format!("{header}张三,{first},A类,2020.1.5,2026.3.5,在保\n");
    fs::write(node.inbox().join("低保.csv"), &both).unwrap();
    node.settle(SETTLE_SECS_MAX);
    fs::write(node.inbox().join("2026年2月低保.csv"), &one).unwrap();
    node.settle(SETTLE_SECS_MAX);
    let active = |node: &Node| node.json(&["people", "李四"])[0]["entries"][0]["status"].clone();
    assert_eq!(active(&node), "active", "of February, which was over a month and a half before");
    let refused = node.json(&["quarantine"]);
    let [refused] = &refused[..] else { panic!("{refused:?}") };
    assert_eq!(refused["code"], "older-than-known");
    assert!(node.json(&["findings", "--rule", "left-without-decision"]).is_empty());
    fs::write(node.inbox().join("2026年3月低保.csv"), &one).unwrap();
    node.settle(SETTLE_SECS_MAX);
    assert_eq!(active(&node), "removed", "the list of March comes out in April");
    node.stop();
}

#[test]
fn a_list_that_got_a_file_of_its_own_is_missing_in_the_old_one_no_more() {
    let root = tempfile::tempdir().unwrap();
    let mut node = Node::running(BINARY, root.path(), "519901001", "甲镇", "2026-04-02");
    let line = |village: &str, born: &str| format!("{village},张三,{},A类,2020.1.5,2026.3.5,在保\n", number(born));
    let header = "村代码,姓名,身份证号码,保障类别,审批日期,最近复核日期,保障状态\n";
    let [first, second] = [line("519901001200", "19500302/001"), line("519901001201", "19480711/003")];
    let all = node.inbox().join("低保.csv");
    fs::write(&all, format!("{header}{first}{second}")).unwrap();
    node.settle(SETTLE_SECS_MAX);
    assert_eq!(entries(&node, "张三"), 2);
    fs::write(&all, format!("{header}{first}")).unwrap();
    node.settle(SETTLE_SECS_MAX);
    let missing = node.json(&["quarantine"]);
    let [missing] = &missing[..] else { panic!("{missing:?}") };
    assert_eq!((&missing["code"], &missing["file"]), (&"area-missing".into(), &"低保.csv".into()));
    // Who was added stands in a file of changes; the list itself is missing still.
    let put = |name: &str, lines: &str| {
        fs::write(node.inbox().join(name), format!("{header}{lines}")).unwrap();
        node.settle(SETTLE_SECS_MAX);
        node.json(&["quarantine"]).len()
    };
    assert_eq!(put("201村新增低保.csv", &line("519901001201", "19780615/005")), 1);
    assert_eq!(put("201村低保.csv", &second), 0);
    node.stop();
}

#[test]
fn a_word_for_the_state_that_nobody_knew_is_named_until_the_office_adds_it() {
    let root = tempfile::tempdir().unwrap();
    let mut node = village(&root);
    let [first, second] = ["19500302/001", "19780615/003"].map(number);
    let header = "姓名,身份证号码,保障类别,审批日期,最近复核日期,保障状态\n";
    let lines =
        format!("{header}张三,{first},A类,2020.1.5,2026.3.5,在保\n李四,{second},A类,2020.1.5,2026.3.5,划归兜底\n");
    fs::write(node.inbox().join("2月低保.csv"), &lines).unwrap();
    node.settle(SETTLE_SECS_MAX);
    fs::write(node.inbox().join("3月低保.csv"), &lines).unwrap();
    node.settle(SETTLE_SECS_MAX);
    let named = node.json(&["quarantine"]);
    let [only] = &named[..] else { panic!("that of the month before is gone: {named:?}") };
    assert_eq!(
        (&only["code"], &only["file"], &only["row"]),
        (&"unknown-state".into(), &"3月低保.csv".into(), &3.into())
    );
    let said = String::from_utf8(node.call(&["quarantine"]).stdout).unwrap();
    assert!(said.contains("划归兜底 ×1"), "{said}");
    let state = |node: &Node| node.json(&["people", "李四"])[0]["entries"][0]["status"].clone();
    assert_eq!(state(&node), "active");
    node.stop();
    fs::create_dir(node.dir.join("lists")).unwrap();
    fs::write(node.dir.join("lists/dibao.toml"), "[status]\nclosed = [\"划归兜底\"]\n").unwrap();
    node.start(Some("2026-04-02"));
    node.wait_ready();
    node.settle(SETTLE_SECS_MAX);
    assert!(node.json(&["quarantine"]).is_empty());
    assert_eq!(state(&node), "closed");
    node.stop();
}

#[test]
fn files_that_are_taken_out_leave_the_sources_and_what_was_refused_of_them_goes_too() {
    let root = tempfile::tempdir().unwrap();
    let mut node = village(&root);
    let [first, second] = ["19500302/001", "19780615/003"].map(number);
    let header = "姓名,身份证号码,保障类别,审批日期,最近复核日期,保障状态\n";
    let march =
        format!("{header}张三,{first},A类,2020.1.5,2026.3.5,在保\n李四,{second},A类,2020.1.5,2026.3.5,划归兜底\n");
    let [new, old] = ["2026年3月低保.csv", "2026年2月低保.csv"].map(|name| node.inbox().join(name));
    fs::write(&new, &march).unwrap();
    node.settle(SETTLE_SECS_MAX);
    fs::write(&old, format!("{header}张三,{first},A类,2020.1.5,2026.1.5,在保\n")).unwrap();
    node.settle(SETTLE_SECS_MAX);
    let codes = |node: &Node| {
        let rows = node.json(&["quarantine"]);
        rows.iter().map(|row| row["code"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    let shown = |node: &Node| {
        let status = &node.json(&["status"])[0];
        (status["sources"].as_array().unwrap().len(), status["quarantined"].as_u64().unwrap())
    };
    let shows = |node: &Node, what| {
        let until = Instant::now() + Duration::from_secs(SETTLE_SECS_MAX);
        while shown(node) != what {
            assert!(Instant::now() < until, "{:?}", shown(node));
            sleep(Duration::from_millis(50));
        }
    };
    assert_eq!(codes(&node), ["older-than-known", "unknown-state"]);
    shows(&node, (2, 2));
    fs::remove_file(&old).unwrap();
    shows(&node, (1, 1));
    fs::remove_file(&new).unwrap();
    // The line that nobody understood stands in the list that counts.
    shows(&node, (0, 1));
    assert_eq!(codes(&node), ["unknown-state"]);
    node.stop();
    node.start(Some("2026-04-02"));
    node.wait_ready();
    node.settle(SETTLE_SECS_MAX);
    assert_eq!((shown(&node), entries(&node, "张三")), ((0, 1), 1), "what it brought stays");
    fs::write(&new, &march).unwrap();
    shows(&node, (1, 1));
    node.stop();
}
