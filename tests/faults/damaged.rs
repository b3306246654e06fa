//! A store that is damaged, as the county's IT meets it: what the node does, what it says, and how it is put right.

use std::fs;
use std::process::Output;
use std::thread::sleep;
use std::time::{Duration, Instant};

use super::support::node::Node;
use super::{BINARY, TODAY, findings, save_month};

fn said(out: &Output) -> String {
    String::from_utf8_lossy(&out.stdout).into_owned() + &String::from_utf8_lossy(&out.stderr)
}

fn alarms(node: &Node) -> Vec<String> {
    let status = node.json(&["status"]);
    let alarms = status[0]["alarms"].as_array().cloned().unwrap_or_default();
    alarms.iter().filter_map(|alarm| Some(alarm["alarm"].as_str()?.to_owned())).collect()
}

/// The store in the node's data folder.
fn store(node: &Node) -> std::path::PathBuf {
    node.dir.join("data/rosterd.db")
}

fn put_back(node: &mut Node, backup: &str) {
    let restored = node.call(&["restore", backup]);
    assert!(restored.status.success(), "{}", said(&restored));
    node.start(Some(TODAY));
    node.wait_ready();
    node.settle(60);
}

#[test]
fn a_damaged_store_is_a_clear_state_and_a_backup_puts_it_right() {
    let root = tempfile::tempdir().expect("a temporary folder");
    let mut node = Node::init(BINARY, root.path(), "519901", "云岭县");
    save_month(&node.inbox(), 0);
    node.start(Some(TODAY));
    node.wait_ready();
    node.settle(60);
    let backup = root.path().join("backup.db");
    let backup = backup.to_str().expect("a plain name");
    assert!(node.call(&["backup", backup]).status.success());
    let expected = findings(&node);
    assert!(expected.len() > 50);
    node.stop();

    // Nothing can be opened any more. The node stays up, says so, and ends properly when told to.
    let mut bytes = fs::read(store(&node)).expect("our own folder");
    bytes[3..6].fill(0x5a);
    fs::write(store(&node), bytes).expect("our own folder");
    let _ = fs::remove_file(node.dir.join("data/rosterd.db-wal"));
    node.start(Some(TODAY));
    let until = Instant::now() + Duration::from_secs(30);
    let status = loop {
        let out = node.call(&["status"]);
        // 3: it does not answer yet.
        if out.status.code() != Some(3) && said(&out).contains("restore") {
            break out;
        }
        assert!(node.is_running() && Instant::now() < until, "{}\n{}", said(&out), node.log_tail());
        sleep(Duration::from_millis(50));
    };
    assert_eq!(status.status.code(), Some(1), "{}", said(&status));
    let json = node.call(&["status", "--json"]);
    assert_eq!((json.status.code(), json.stdout.len()), (Some(1), 0), "no object is no line: {}", said(&json));
    let doctor = node.call(&["doctor"]);
    assert_eq!(doctor.status.code(), Some(1), "{}", said(&doctor));
    assert!(said(&doctor).contains("rosterd restore"), "{}", said(&doctor));
    assert!(node.is_running(), "no loop of ends and starts");
    node.stop();
    put_back(&mut node, backup);
    assert!(findings(&node) == expected, "all is as it was");
    node.stop();

    // One line says something else than what was written, which only its sum tells.
    let conn = rusqlite::Connection::open(store(&node)).expect("the store of a plain build");
    let changed =
        conn.execute("UPDATE entries SET body = replace(body, '\"st\":', '\"st\" :')", []).expect("our own store");
    assert!(changed > 500);
    drop(conn);
    node.start(Some(TODAY));
    node.wait_ready();
    save_month(&node.inbox(), 1);
    let until = Instant::now() + Duration::from_secs(60);
    while !alarms(&node).contains(&"store-damaged".to_owned()) {
        assert!(Instant::now() < until, "nobody notices\n{}", node.log_tail());
        sleep(Duration::from_millis(100));
    }
    assert!(node.is_running());
    let log = fs::read_dir(node.dir.join("data/log")).expect("the logs").flatten();
    let logs: String = log.map(|file| fs::read_to_string(file.path()).unwrap_or_default()).collect();
    assert!(logs.contains("store-damaged"), "the alarm is in the mismatch log");
    let doctor = node.call(&["doctor"]);
    assert!(!doctor.status.success() && said(&doctor).contains("rosterd restore"), "{}", said(&doctor));
    node.stop();
    // Started again it does not go on as if nothing had been.
    node.start(Some(TODAY));
    let until = Instant::now() + Duration::from_secs(30);
    while node.call(&["status"]).status.code() != Some(1) {
        assert!(node.is_running() && Instant::now() < until, "{}", node.log_tail());
        sleep(Duration::from_millis(50));
    }
    node.stop();
    put_back(&mut node, backup);
    assert!(alarms(&node).is_empty());
    node.stop();
}
