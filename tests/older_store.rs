//! A store that an earlier version of the program wrote: its index of who may be alike holds other keys.

mod support;

use std::fs;

use rusqlite::Connection;
use support::county::SETTLE_SECS_MAX;
use support::node::Node;
use support::story::number;

const BINARY: &str = env!("CARGO_BIN_EXE_rosterd");
const VILLAGE: &str = "519901001201";

/// The buckets of keys, and who is under each key.
fn index(file: &Connection) -> Vec<(i64, Vec<u8>)> {
    let mut statement = file.prepare("SELECT bucket, pairs FROM blocks ORDER BY bucket").unwrap();
    let rows = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?))).unwrap();
    rows.map(Result::unwrap).collect()
}

#[test]
fn an_index_of_an_earlier_version_is_made_anew_at_the_start_and_everybody_linked_again() {
    let root = tempfile::tempdir().unwrap();
    let mut node = Node::running(BINARY, root.path(), VILLAGE, "甲村", "2026-04-02");
    let [first, second] = ["19500302/001", "19780615/003"].map(number);
    let register =
        format!("户号,姓名,与户主关系,公民身份号码,人口状态\n1,张三,户主,{first},在册\n2,李四,户主,{second},在册\n");
    let records =
        format!("姓名,身份证号码,建档日期,档案状态\n张三,{first},2015.4.1,正常\n李四,{second},2015.4.1,正常\n");
    fs::write(node.inbox().join("人口.csv"), register).unwrap();
    fs::write(node.inbox().join("健康.csv"), records).unwrap();
    node.settle(SETTLE_SECS_MAX);
    let lines = |node: &Node| {
        ["张三", "李四"].map(|name| {
            let people = node.json(&["people", name]);
            people.iter().map(|person| person["entries"].as_array().map_or(0, Vec::len)).collect::<Vec<_>>()
        })
    };
    assert_eq!(lines(&node), [[2], [2]]);
    node.stop();

    // As under keys by which nobody found anybody.
    let file = Connection::open(node.dir.join("data/rosterd.db")).unwrap();
    let before = index(&file);
    assert!(!before.is_empty());
    file.execute_batch(
        "DELETE FROM meta WHERE key = 'keys'; DELETE FROM blocks; INSERT INTO outgrown VALUES (7);
         DELETE FROM linked;",
    )
    .unwrap();
    drop(file);

    node.start(Some("2026-04-02"));
    node.wait_ready();
    node.settle(SETTLE_SECS_MAX);
    assert_eq!(lines(&node), [[2], [2]]);
    node.stop();
    let file = Connection::open(node.dir.join("data/rosterd.db")).unwrap();
    assert_eq!(index(&file), before);
    let outgrown: i64 = file.query_row("SELECT count(*) FROM outgrown", [], |row| row.get(0)).unwrap();
    assert_eq!(outgrown, 0);
}
