//! Files that the deletion guard holds, and what a person's word about them does and does not do. With a real daemon.

mod support;

use std::fs::{self, File};
use std::path::PathBuf;
use std::process::Output;
use std::thread::sleep;
use std::time::{Duration, Instant, SystemTime};

use serde_json::Value;
use support::county::SETTLE_SECS_MAX;
use support::node::Node;
use support::story::number;

const BINARY: &str = env!("CARGO_BIN_EXE_rosterd");
const VILLAGE: &str = "519901001201";
const HEADER: &str = "姓名,身份证号码,保障类别,审批日期,最近复核日期,保障状态\n";

fn village(root: &tempfile::TempDir) -> Node {
    Node::running(BINARY, root.path(), VILLAGE, "甲村", "2026-06-02")
}

/// Dibao lines of these people, all in this state.
fn people(which: impl Iterator<Item = u32>, state: &str) -> String {
    let line = |n| format!("李四,{},A类,2020.1.5,2026.5.5,{state}\n", number(&format!("19500302/{n:03}")));
    which.map(line).collect()
}

fn active(count: u32) -> String {
    HEADER.to_owned() + &people(1..=count, "在保")
}

fn drop(node: &Node, text: &str) -> PathBuf {
    let file = node.inbox().join("低保.csv");
    fs::write(&file, text).unwrap();
    node.settle(SETTLE_SECS_MAX);
    file
}

fn entries(node: &Node) -> Value {
    node.json(&["status"])[0]["entries"].clone()
}

/// The number of the only file that waits.
fn waiting(node: &Node) -> String {
    let held = node.json(&["held"]);
    let [only] = &held[..] else { panic!("one waits: {held:?}") };
    only["id"].as_str().unwrap().to_owned()
}

fn said(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

#[test]
fn an_import_from_elsewhere_stands_beside_an_older_file_of_its_name() {
    let root = tempfile::tempdir().unwrap();
    let mut node = village(&root);
    drop(&node, &active(60));
    let elsewhere = root.path().join("低保.csv");
    fs::write(&elsewhere, active(63)).unwrap();
    assert!(node.call(&["import", elsewhere.to_str().unwrap()]).status.success());
    node.settle(SETTLE_SECS_MAX);
    assert_eq!(entries(&node), 63);
    // Nor when the service looks at everything anew.
    node.stop();
    node.start(Some("2026-06-02"));
    node.wait_ready();
    node.settle(SETTLE_SECS_MAX);
    assert_eq!(entries(&node), 63);
    node.stop();
}

#[test]
fn a_release_of_an_import_from_elsewhere_reads_no_other_file_of_its_name() {
    let root = tempfile::tempdir().unwrap();
    let mut node = village(&root);
    drop(&node, &active(60));
    let elsewhere = root.path().join("低保.csv");
    let import = |count| {
        fs::write(&elsewhere, active(count)).unwrap();
        node.call(&["import", elsewhere.to_str().unwrap()]).status.success()
    };
    assert!(import(63) && !import(20));
    let released = node.call(&["held", "release", &waiting(&node)]);
    assert!(!released.status.success() && said(&released).contains("已经不在了"), "{}", said(&released));
    assert_eq!(entries(&node), 63);
    assert!(import(20), "the word that was given is not lost");
    node.settle(SETTLE_SECS_MAX);
    assert_eq!(entries(&node), 20);
    node.stop();
}

#[test]
fn active_lines_are_counted_among_active_lines_and_most_of_a_list_never_goes_unseen() {
    let root = tempfile::tempdir().unwrap();
    let mut node = village(&root);
    let stopped = people(101..=500, "停保");
    drop(&node, &(active(30) + &stopped));
    // Eighteen of thirty, beside four hundred who were stopped.
    drop(&node, &(active(12) + &stopped));
    let held = node.json(&["held"]);
    assert_eq!((held.len(), &held[0]["removed"]), (1, &18.into()), "{held:?}");
    // A few of those who were stopped may go, and a few more.
    drop(&node, &(active(30) + &people(101..=350, "停保")));
    assert!(node.json(&["held"]).is_empty());
    // All of them at once, and ten of the others: a filter left on.
    drop(&node, &active(20));
    assert_eq!(node.json(&["held"])[0]["removed"], 260);
    assert_eq!(entries(&node), 280);
    node.stop();
}

#[test]
fn a_file_that_is_taken_out_of_the_folder_waits_no_more() {
    let root = tempfile::tempdir().unwrap();
    let mut node = village(&root);
    let other = node.inbox().join("名单.csv");
    let list = drop(&node, &active(60));
    fs::write(&other, active(20)).unwrap();
    node.settle(SETTLE_SECS_MAX);
    let id = waiting(&node);
    // An empty folder may be a share that is away.
    [&list, &other].iter().for_each(|file| fs::remove_file(file).unwrap());
    node.settle(SETTLE_SECS_MAX);
    assert_eq!(waiting(&node), id);
    fs::write(&list, active(60)).unwrap();
    let until = Instant::now() + Duration::from_secs(SETTLE_SECS_MAX);
    while !node.json(&["held"]).is_empty() {
        assert!(Instant::now() < until, "{:?}", node.json(&["held"]));
        sleep(Duration::from_millis(50));
    }
    // Put back as it was, it waits again.
    fs::write(&other, active(20)).unwrap();
    File::options().write(true).open(&other).unwrap().set_modified(SystemTime::UNIX_EPOCH).unwrap();
    node.settle(SETTLE_SECS_MAX);
    assert_ne!(waiting(&node), id);
    assert_eq!(entries(&node), 60);
    node.stop();
}

#[test]
fn a_list_that_was_pasted_twice_over_loses_nobody_by_losing_the_second_half() {
    let root = tempfile::tempdir().unwrap();
    let mut node = village(&root);
    let twice = active(60) + &people(1..=60, "在保").replace("2020.1.5", "2020.1.6");
    drop(&node, &twice);
    assert_eq!(entries(&node), 120);
    drop(&node, &active(60));
    assert_eq!((node.json(&["held"]).len(), entries(&node)), (0, 60.into()));
    // Somebody whose every line goes does go.
    drop(&node, &twice);
    drop(&node, &active(30));
    waiting(&node);
    assert_eq!(entries(&node), 120);
    node.stop();
}

#[test]
fn a_release_is_for_once() {
    let root = tempfile::tempdir().unwrap();
    let mut node = village(&root);
    drop(&node, &active(60));
    drop(&node, &active(20));
    assert!(node.call(&["held", "release", &waiting(&node)]).status.success());
    node.settle(SETTLE_SECS_MAX);
    assert_eq!(entries(&node), 20);
    drop(&node, &active(60));
    drop(&node, &active(20));
    assert_eq!((waiting(&node).is_empty(), entries(&node)), (false, 60.into()), "nobody said that they go again");
    node.stop();
}

#[test]
fn a_file_that_changed_since_it_was_held_is_not_what_was_released() {
    let root = tempfile::tempdir().unwrap();
    let mut node = village(&root);
    drop(&node, &active(60));
    let file = drop(&node, &active(20));
    let id = waiting(&node);
    // Nobody reads it before the verb does.
    assert!(node.call(&["pause"]).status.success());
    fs::write(&file, active(5)).unwrap();
    let released = node.call(&["held", "release", &id]);
    let anew = waiting(&node);
    assert_eq!(released.status.code(), Some(1));
    assert!(anew != id && said(&released).contains(&format!("编号 {anew}")), "{}", said(&released));
    assert!(node.call(&["resume"]).status.success());
    node.settle(SETTLE_SECS_MAX);
    assert_eq!((waiting(&node), entries(&node)), (anew, 60.into()));
    node.stop();
}

#[test]
fn a_file_that_was_rejected_is_no_news_of_its_list() {
    let root = tempfile::tempdir().unwrap();
    let mut node = Node::running(BINARY, root.path(), VILLAGE, "甲村", "2026-05-01");
    drop(&node, &active(60));
    let file = drop(&node, &active(20));
    assert!(node.call(&["held", "reject", &waiting(&node)]).status.success());
    let state = |node: &Node| node.json(&["status"])[0]["sources"][0]["state"].clone();
    assert_eq!(state(&node), "rejected");
    node.stop();
    node.start(Some("2026-06-15"));
    node.wait_ready();
    node.settle(SETTLE_SECS_MAX);
    let late = |node: &Node| node.json(&["findings", "--rule", "list-late"]).len();
    assert_eq!(late(&node), 1);
    let touch = |file: &PathBuf| {
        let later = SystemTime::now() + Duration::from_secs(5);
        File::options().write(true).open(file).unwrap().set_modified(later).unwrap();
    };
    touch(&file);
    node.settle(SETTLE_SECS_MAX);
    assert_eq!((late(&node), state(&node)), (1, "rejected".into()), "saved again, it is as wrong as before");
    assert!(node.json(&["held"]).is_empty());
    let shown = node.call(&["status"]);
    assert!(String::from_utf8_lossy(&shown.stdout).contains("已作废"), "{shown:?}");
    node.stop();
}

#[test]
fn a_file_dropped_again_is_read_where_another_one_counts_by_now() {
    let root = tempfile::tempdir().unwrap();
    let mut node = village(&root);
    let right = drop(&node, &active(15));
    // Under another name, and one line short: a slip.
    let wrong = node.inbox().join("低保-新.csv");
    fs::write(&wrong, active(14)).unwrap();
    node.settle(SETTLE_SECS_MAX);
    assert_eq!(entries(&node), 14);
    fs::remove_file(&wrong).unwrap();
    File::options().append(true).open(&right).unwrap().set_modified(SystemTime::now()).unwrap();
    node.settle(SETTLE_SECS_MAX);
    assert_eq!(entries(&node), 15, "the right one is the list again");
    // One that counts still is no work.
    File::options().append(true).open(&right).unwrap().set_modified(SystemTime::now()).unwrap();
    node.settle(SETTLE_SECS_MAX);
    assert_eq!(entries(&node), 15);
    node.stop();
}

#[test]
fn what_an_import_said_of_the_area_holds_when_the_file_is_released() {
    let root = tempfile::tempdir().unwrap();
    let mut node = Node::running(BINARY, root.path(), "519901001", "第1乡", "2026-06-02");
    let elsewhere = root.path().join("a.csv");
    fs::write(&elsewhere, active(20)).unwrap();
    let import = |node: &Node, file: &std::path::Path| {
        node.call(&["import", file.to_str().unwrap(), "--area", VILLAGE]).status.success()
    };
    assert!(import(&node, &elsewhere));
    let file = drop(&node, &active(3));
    assert!(!import(&node, &file), "seventeen of twenty would go");
    let released = node.call(&["held", "release", &waiting(&node)]);
    assert!(released.status.success(), "{}", said(&released));
    node.settle(SETTLE_SECS_MAX);
    // As dropped it is a list of the township itself, and was taken as that before.
    assert_eq!(entries(&node), 6);
    assert!(node.json(&["held"]).is_empty());
    node.stop();
}

#[test]
fn of_what_is_held_nobody_is_told_that_it_was_taken_and_a_rejected_file_leaves_nothing_behind() {
    let root = tempfile::tempdir().unwrap();
    let mut node = village(&root);
    let with_word = |count, word: &str| active(count) + &people(200..=200, word);
    drop(&node, &with_word(60, "待定"));
    let noted = || -> Vec<(String, String)> {
        let rows = node.json(&["quarantine"]);
        let text = |row: &Value, key: &str| row[key].as_str().unwrap_or_default().to_owned();
        rows.iter().map(|row| (text(row, "file"), text(row, "detail"))).collect()
    };
    let before = noted();
    assert!(before.len() == 1 && before[0].1.contains("待定"), "{before:?}");

    // Of the same name, as what counts, and of another.
    for name in ["低保.csv", "名单.csv"] {
        let elsewhere = root.path().join(name);
        fs::write(&elsewhere, with_word(5, "未明")).unwrap();
        let answer = node.call(&["import", elsewhere.to_str().unwrap(), "--json"]);
        let row: Value = serde_json::from_slice(&answer.stdout).unwrap();
        assert_eq!((&row["state"], &row["problems"]), (&"held".into(), &Value::Array(Vec::new())), "{name}");
        assert_eq!(noted(), before, "{name}");
        assert!(node.call(&["held", "reject", &waiting(&node)]).status.success());
        assert_eq!(noted(), before, "{name}");
    }

    // A line that cannot be taken is named while the file waits, and forgotten with it.
    let elsewhere = root.path().join("名单.csv");
    fs::write(&elsewhere, active(5) + ",,A类,2020.1.5,2026.5.5,在保\n").unwrap();
    assert_eq!(node.call(&["import", elsewhere.to_str().unwrap()]).status.code(), Some(1));
    assert_eq!(noted().len(), 2, "{:?}", noted());
    assert!(node.call(&["held", "reject", &waiting(&node)]).status.success());
    assert_eq!(noted(), before);
    node.stop();
}

/// Lines of the people of these numbers, each with the name that `called` gives.
fn called(called: impl Fn(u32) -> u32) -> String {
    let line = |n| {
        let named = char::from_u32(0x4e8c + 37 * called(n)).unwrap();
        format!("李{named}{named},{},A类,2020.1.5,2026.5.5,在保\n", number(&format!("19500302/{n:03}")))
    };
    HEADER.to_owned() + &(1..=60).map(line).collect::<String>()
}

#[test]
fn a_column_that_slid_against_the_others_waits_and_a_name_put_right_does_not() {
    let root = tempfile::tempdir().unwrap();
    let mut node = village(&root);
    drop(&node, &called(|n| n));
    drop(&node, &called(|n| if n < 8 { n + 100 } else { n }));
    assert!(node.json(&["held"]).is_empty(), "seven people may have been called wrongly");
    let file = drop(&node, &called(|n| if n < 40 { n + 1 } else { n }));
    let waits = &node.json(&["held"])[0];
    assert_eq!((&waits["reason"], &waits["removed"]), (&"changes-much".into(), &0.into()));
    let rehearsed = node.call(&["import", file.to_str().unwrap(), "--dry-run", "--json"]);
    let rehearsed = String::from_utf8(rehearsed.stdout).unwrap();
    assert!(rehearsed.contains("changes-much") && rehearsed.contains("would-hold"), "{rehearsed}");
    assert!(node.json(&["findings", "--rule", "name-conflict"]).is_empty());
    // A person may say that it is right.
    node.json(&["held", "release", &waiting(&node)]);
    node.settle(SETTLE_SECS_MAX);
    assert!(node.json(&["held"]).is_empty());
    drop(&node, &called(|n| n));
    assert_eq!(node.json(&["held"])[0]["reason"], "changes-much", "and the right one is asked about as well");
    node.stop();
}

/// The register of so many people, the first of whom are in these states; `None` where the column is left out.
fn register(states: Option<&[&str]>) -> String {
    let line = |n: usize| {
        let named = char::from_u32(0x4e8c + 37 * n as u32).unwrap();
        let state = states.map(|states| format!(",{}", states.get(n).unwrap_or(&"在册"))).unwrap_or_default();
        format!("{n},李{named},户主,{}{state}\n", number(&format!("19500302/{:03}", n + 1)))
    };
    let state = if states.is_some() { ",人口状态" } else { "" };
    format!("户号,姓名,与户主关系,公民身份号码{state}\n") + &(0..40).map(line).collect::<String>()
}

#[test]
fn a_file_by_which_all_the_dead_live_again_waits_and_one_who_lives_is_believed() {
    let (dead, left) = ("死亡", "迁出");
    for (states, waits) in [
        (Some(&[dead, dead, "在册", left][..]), false),
        (Some(&["在册", "在册", "在册", left]), false),
        (Some(&["在册", "在册", dead]), false),
        (None, true),
        (Some(&["9", "9", "9", "9"]), true),
    ] {
        let root = tempfile::tempdir().unwrap();
        let mut node = village(&root);
        let drop = |states: Option<&[&str]>| {
            fs::write(node.inbox().join("人口.csv"), register(states)).unwrap();
            node.settle(SETTLE_SECS_MAX);
            node.json(&["held"])
        };
        assert!(drop(Some(&[dead, dead, dead, left])).is_empty());
        let held = drop(states);
        let reasons: Vec<&Value> = held.iter().map(|row| &row["reason"]).collect();
        assert_eq!(reasons, if waits { vec!["revives-many"] } else { vec![] }, "{states:?}");
        node.stop();
    }
}

#[test]
fn of_a_database_the_word_is_for_the_area_that_was_looked_at() {
    let root = tempfile::tempdir().unwrap();
    let mut node = Node::init(BINARY, root.path(), "519901001", "第1乡");
    let file = root.path().join("民政.db");
    let database = rusqlite::Connection::open(&file).unwrap();
    database
        .execute_batch("CREATE TABLE 低保 (姓名 TEXT, 身份证号码 TEXT, 村代码 TEXT, 保障类别 TEXT, 审批日期 TEXT, 最近复核日期 TEXT, 保障状态 TEXT)")
        .unwrap();
    for n in 1..=80 {
        let village = if n <= 40 { "519901001201" } else { "519901001202" };
        let whole = number(&format!("19500302/{n:03}"));
        database
            .execute(
                "INSERT INTO 低保 VALUES ('李四', ?1, ?2, 'A类', '2020.1.5', '2026.5.5', '在保')",
                (whole, village),
            )
            .unwrap();
    }
    let source = format!(
        "\n[[source]]\nname = \"mz\"\nkind = \"sqlite\"\npath = {:?}\ntable = \"低保\"\nlist = \"dibao\"\npoll_secs = 1\n",
        file.to_str().unwrap()
    );
    let settings = fs::read_to_string(node.config()).unwrap() + &source;
    fs::write(node.config(), settings).unwrap();
    node.start(Some("2026-06-02"));
    node.wait_ready();
    let until = |what: &str, is_so: &dyn Fn() -> bool| {
        for _ in 0..SETTLE_SECS_MAX * 10 {
            if is_so() {
                return;
            }
            std::thread::sleep(Duration::from_millis(100));
        }
        panic!("{what}: {:?} {:?}", entries(&node), node.json(&["held"]));
    };
    until("all are taken", &|| entries(&node) == 80);
    database.execute_batch("DELETE FROM 低保 WHERE rowid BETWEEN 3 AND 40 OR rowid > 42").unwrap();
    let held_of = |area: &str| -> Option<String> {
        let held = node.json(&["held"]);
        held.iter().find(|held| held["area"] == area).map(|held| held["id"].as_str().unwrap().to_owned())
    };
    until("both wait", &|| held_of(VILLAGE).is_some() && held_of("519901001202").is_some());
    let released = node.call(&["held", "release", &held_of(VILLAGE).unwrap()]);
    assert!(released.status.success(), "{}", said(&released));
    until("the one is taken", &|| entries(&node) == 42);
    assert!(held_of(VILLAGE).is_none());
    assert!(held_of("519901001202").is_some(), "nobody was asked about the other");
    node.stop();
}
