//! What keeps a list from being read, and what breaks the service itself: told, and tried again. With a real daemon.

mod support;

use std::ffi::OsString;
use std::fs::{self, File};
use std::os::fd::AsRawFd as _;
use std::os::unix::ffi::OsStringExt as _;
use std::os::unix::fs::symlink;
use std::time::{Duration, Instant, SystemTime};

use rosterd::linkage::Weights;
use rosterd::store::{Home, Store};
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

/// So many people on a dibao list.
fn dibao(count: u32) -> String {
    let line = |n| format!("李四,{},A类,2020.1.5,2026.5.5,在保\n", number(&format!("19500302/{n:03}")));
    HEADER.to_owned() + &(1..=count).map(line).collect::<String>()
}

/// Waits until the node says so.
fn until(node: &Node, what: &str, holds: impl Fn(&Value) -> bool) {
    let begun = Instant::now();
    while !holds(&node.json(&["status"])[0]) {
        assert!(begun.elapsed() < Duration::from_secs(SETTLE_SECS_MAX), "{what}");
        std::thread::sleep(Duration::from_millis(100));
    }
}

#[test]
fn a_folder_that_is_away_is_the_last_error_until_it_is_back() {
    let root = tempfile::tempdir().unwrap();
    let share = root.path().join("share");
    fs::create_dir(&share).unwrap();
    let mut node = Node::init(BINARY, root.path(), VILLAGE, "甲村");
    let of = |path: &std::path::Path| format!("[[source]]\nkind = \"folder\"\npath = {path:?}\npoll_secs = 1\n");
    let sources = of(&share) + &of(&node.inbox());
    fs::write(node.config(), fs::read_to_string(node.config()).unwrap() + &sources).unwrap();
    node.start(Some("2026-06-02"));
    node.wait_ready();
    node.settle(SETTLE_SECS_MAX);
    assert!(node.json(&["status"])[0]["last_error"].is_null());
    fs::rename(&share, root.path().join("elsewhere")).unwrap();
    until(&node, "the share is missed", |status| status["last_error"].as_str().is_some_and(|e| e.contains("share")));
    // Nor is it forgotten by turns that find something to do, or by those between them that find nothing.
    for lines in [1, 2] {
        fs::write(node.inbox().join("低保.csv"), dibao(lines)).unwrap();
        until(&node, "the others are read", |status| status["entries"] == lines && !status["last_error"].is_null());
    }
    fs::rename(root.path().join("elsewhere"), &share).unwrap();
    until(&node, "the share is back", |status| status["last_error"].is_null());
    node.stop();
}

#[test]
fn a_file_that_another_program_keeps_to_itself_holds_up_nobody() {
    let root = tempfile::tempdir().unwrap();
    let mut node = village(&root);
    let kept = node.inbox().join("2026年5月低保.csv");
    fs::write(&kept, dibao(7)).unwrap();
    // As a file server does for a client: who opens it waits in the system until the client gives way, or for 45 seconds.
    let file = File::options().read(true).write(true).open(&kept).unwrap();
    // SAFETY: both take numbers alone. Who keeps a lease is told by this signal that others want the file.
    unsafe {
        libc::signal(libc::SIGIO, libc::SIG_IGN);
        assert_eq!(libc::fcntl(file.as_raw_fd(), libc::F_SETLEASE, libc::F_WRLCK), 0);
    }
    std::thread::sleep(Duration::from_secs(2));
    fs::write(node.inbox().join("死亡名单.csv"), "姓名,身份证号码,死亡日期\n李四,510101195003020020,2026-05-01\n")
        .unwrap();
    until(&node, "the other is read", |status| status["entries"] == 1);
    drop(file);
    until(&node, "it is read once it is let go", |status| status["entries"] == 8);
    node.stop();
}

#[test]
fn what_cannot_be_looked_at_in_a_folder_is_told_until_it_can() {
    let root = tempfile::tempdir().unwrap();
    let mut node = village(&root);
    // Closed to root too: it leads to nothing.
    let link = node.inbox().join("低保.csv");
    symlink(node.inbox().join("nothing.csv"), &link).unwrap();
    fs::write(node.inbox().join("a.csv"), dibao(1)).unwrap();
    node.settle(SETTLE_SECS_MAX);
    until(&node, "it is told", |status| status["quarantined"] == 1);
    let told = node.json(&["quarantine"]);
    assert_eq!((&told[0]["file"], &told[0]["code"]), (&"低保.csv".into(), &"not-looked-at".into()));
    fs::remove_file(&link).unwrap();
    until(&node, "nothing is left to tell", |status| status["quarantined"] == 0);
    node.stop();
}

#[test]
fn of_two_files_whose_names_read_the_same_one_is_read_and_the_other_told() {
    let root = tempfile::tempdir().unwrap();
    let mut node = village(&root);
    let old = OsString::from_vec(encoding_rs::GB18030.encode("低保.csv").0.into_owned());
    fs::write(node.inbox().join(&old), dibao(7)).unwrap();
    fs::write(node.inbox().join("低保.csv"), dibao(2)).unwrap();
    node.settle(SETTLE_SECS_MAX);
    until(&node, "the other is told", |status| status["quarantined"] == 1);
    let told = node.json(&["quarantine"]);
    assert_eq!((&told[0]["file"], &told[0]["code"]), (&old.to_string_lossy().into(), &"not-looked-at".into()));
    assert_eq!(node.json(&["status"])[0]["entries"], 2);
    fs::remove_file(node.inbox().join("低保.csv")).unwrap();
    node.settle(SETTLE_SECS_MAX);
    until(&node, "the one that is left is read", |status| status["entries"] == 7 && status["quarantined"] == 0);
    node.stop();
}

#[test]
fn a_folder_that_was_made_again_sends_notices_again() {
    let root = tempfile::tempdir().unwrap();
    let mut node = Node::init(BINARY, root.path(), VILLAGE, "甲村");
    let settings = fs::read_to_string(node.config()).unwrap();
    let seldom = settings.replace("# rescan_secs = 600", "rescan_secs = 3600");
    assert_ne!(settings, seldom, "the sample shows how often folders are looked at");
    fs::write(node.config(), seldom).unwrap();
    node.start(Some("2026-06-02"));
    node.wait_ready();
    fs::remove_dir(node.inbox()).unwrap();
    fs::create_dir(node.inbox()).unwrap();
    // Without notices nothing would be read for an hour. It may take a while to see that it is another folder.
    let begun = Instant::now();
    for lines in 1.. {
        fs::write(node.inbox().join("低保.csv"), dibao(lines)).unwrap();
        let written = Instant::now();
        while written.elapsed() < Duration::from_secs(2) && node.json(&["status"])[0]["entries"] == 0 {
            std::thread::sleep(Duration::from_millis(100));
        }
        if node.json(&["status"])[0]["entries"] != 0 {
            break;
        }
        assert!(begun.elapsed() < Duration::from_secs(SETTLE_SECS_MAX), "no notice came");
    }
    node.stop();
}

#[test]
fn a_released_file_that_was_not_there_is_taken_when_it_is_back() {
    let root = tempfile::tempdir().unwrap();
    let mut node = village(&root);
    let file = node.inbox().join("低保.csv");
    fs::write(&file, dibao(40)).unwrap();
    node.settle(SETTLE_SECS_MAX);
    fs::write(&file, dibao(4)).unwrap();
    node.settle(SETTLE_SECS_MAX);
    let held = node.json(&["held"]);
    let id = held[0]["id"].as_str().unwrap();
    let away = root.path().join("低保.csv");
    fs::rename(&file, &away).unwrap();
    assert_eq!(node.call(&["held", "release", id]).status.code(), Some(1));
    fs::rename(&away, &file).unwrap();
    node.settle(SETTLE_SECS_MAX);
    let gone = node.json(&["findings", "--rule", "left-without-decision"]);
    assert_eq!(gone.len(), 36, "the word that was given is not lost");
    node.stop();
}

#[test]
fn a_file_that_is_saved_again_stays_of_the_month_that_it_states() {
    let root = tempfile::tempdir().unwrap();
    let mut node = village(&root);
    let file = node.inbox().join("2026年3月低保名单.csv");
    fs::write(&file, dibao(2)).unwrap();
    node.settle(SETTLE_SECS_MAX);
    assert_eq!(node.json(&["findings", "--rule", "list-late"]).len(), 1);
    File::options().write(true).open(&file).unwrap().set_modified(SystemTime::now()).unwrap();
    node.settle(SETTLE_SECS_MAX);
    assert_eq!(node.json(&["findings", "--rule", "list-late"]).len(), 1, "copied, it is not of June");
    node.stop();
}

#[test]
fn an_event_of_a_month_is_on_every_day_of_it_and_on_none() {
    let root = tempfile::tempdir().unwrap();
    let mut node = village(&root);
    let dead = format!("姓名,身份证号码,死亡日期\n赵六,{},2026年3月\n", number("19400302/001"));
    fs::write(node.inbox().join("死亡.csv"), dead).unwrap();
    node.settle(SETTLE_SECS_MAX);
    let deaths = |since: &str| node.json(&["events", "--kind", "death", "--since", since]);
    let found = deaths("2026-03-31");
    assert_eq!(found.len(), 1);
    assert_eq!((&found[0]["date"], &found[0]["dated"]), (&Value::Null, &"2026-03".into()));
    assert!(deaths("2026-04-01").is_empty());
    node.stop();
}

#[test]
fn a_rematch_does_not_wait_for_what_stands_still() {
    let root = tempfile::tempdir().unwrap();
    let mut node = village(&root);
    fs::write(node.inbox().join("低保.csv"), dibao(3)).unwrap();
    node.settle(SETTLE_SECS_MAX);
    assert!(node.call(&["pause"]).status.success());
    let out = node.call(&["rematch"]);
    assert_eq!(out.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&out.stderr).contains("rosterd resume"), "{out:?}");
    assert!(node.call(&["resume"]).status.success());
    assert!(node.call(&["rematch"]).status.success());
    node.stop();
}

#[test]
fn a_rematch_says_what_it_opened_and_what_it_closed() {
    let root = tempfile::tempdir().unwrap();
    let mut node = village(&root);
    let number = number("19500302/001");
    let register =
        format!("户号,姓名,与户主关系,公民身份号码,人口状态,变动时间\n1,李四,户主,{number},死亡,2026-03-01\n");
    fs::write(node.inbox().join("人口.csv"), register).unwrap();
    fs::write(node.inbox().join("低保.csv"), dibao(1)).unwrap();
    node.settle(SETTLE_SECS_MAX);
    assert_eq!(node.json(&["findings", "--rule", "deceased-still-active"]).len(), 1);
    node.stop();
    // Weights by which nobody is anybody else.
    let store = Store::open(Home::plain(&node.dir.join("data")), VILLAGE.parse().unwrap()).unwrap();
    let weights = Weights { version: 1, match_bits: 500.0, potential_bits: 400.0, ..Weights::default() };
    let weights = serde_json::to_string(&weights).unwrap();
    store.write(|writer| writer.put_meta_text("weights_trained", &weights)).unwrap();
    drop(store);
    node.start(Some("2026-06-02"));
    node.wait_ready();
    node.settle(SETTLE_SECS_MAX);
    let row = node.json(&["rematch"]).remove(0);
    let count = |key: &str| row[key].as_u64().unwrap();
    assert!(node.json(&["findings", "--rule", "deceased-still-active"]).is_empty());
    assert!(count("findings_closed") > 0 && count("findings_opened") > 0, "{row}");
    node.stop();
}

#[test]
fn a_service_whose_worker_breaks_ends_and_says_nobodys_name() {
    let root = tempfile::tempdir().unwrap();
    let mut node = Node::init(BINARY, root.path(), VILLAGE, "甲村");
    node.env = vec![("ROSTERD_CRASH_AT".to_owned(), "log-written:1:panic".to_owned())];
    fs::write(node.inbox().join("低保.csv"), dibao(1)).unwrap();
    node.start(Some("2026-06-02"));
    let begun = Instant::now();
    let ended = loop {
        if let Some(ended) = node.ended() {
            break ended;
        }
        assert!(begun.elapsed() < Duration::from_secs(SETTLE_SECS_MAX), "it goes on");
        std::thread::sleep(Duration::from_millis(100));
    };
    assert_eq!(ended.code(), Some(1));
    let said = fs::read_to_string(node.dir.join("run.log")).unwrap();
    assert!(said.contains("rosterd broke off at src/crash.rs:"), "{said}");
    assert!(!said.contains("somebody's name"), "{said}");
    node.kill();
    // The next start goes on where this one was.
    node.env.clear();
    node.start(Some("2026-06-02"));
    node.wait_ready();
    node.settle(SETTLE_SECS_MAX);
    assert_eq!(node.json(&["findings", "--rule", "no-population-record"]).len(), 1);
    node.stop();
}
