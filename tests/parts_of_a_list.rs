//! Two files of one list and village in one folder, or one behind the other in two: two parts of it, or two months of it.
//! With a real daemon.

mod support;

use std::fs;

use serde_json::Value;
use support::county::SETTLE_SECS_MAX;
use support::node::Node;
use support::story::number;
use support::supported::{HEADER, drop, held, name, people, place};

const BINARY: &str = env!("CARGO_BIN_EXE_rosterd");
const VILLAGE: &str = "519901001201";

fn village(root: &tempfile::TempDir) -> Node {
    Node::running(BINARY, root.path(), VILLAGE, "甲村", "2026-04-02")
}

fn stands(node: &Node, year: u32) -> bool {
    let people = node.json(&["people", &number(&format!("{year}0302/001"))]);
    people.iter().flat_map(|person| person["entries"].as_array().unwrap()).any(|entry| entry["status"] == "active")
}

#[test]
fn the_other_half_of_a_list_waits_and_says_beside_which_file() {
    let root = tempfile::tempdir().unwrap();
    let mut node = village(&root);
    drop(&node, "张庄.csv", HEADER, &people(1950..1952));
    drop(&node, "李庄.csv", HEADER, &people(1960..1968));
    let waiting = held(&node);
    let [waiting_half] = &waiting[..] else { panic!("{waiting:?}") };
    assert_eq!((&waiting_half["reason"], &waiting_half["other_file"]), (&"other-file".into(), &"张庄.csv".into()));
    let said = String::from_utf8(node.call(&["held"]).stdout).unwrap();
    assert!(said.contains("李庄.csv") && said.contains("张庄.csv") && said.contains("mode = \"append\""), "{said}");
    assert!(stands(&node, 1950) && !stands(&node, 1960));
    assert!(node.json(&["findings", "--rule", "left-without-decision"]).is_empty());
    // The first half written anew is no answer to the second, and a third waits beside it.
    drop(&node, "张庄.csv", HEADER, &people(1950..1953));
    drop(&node, "王庄.csv", HEADER, &people(1970..1973));
    let files: Vec<Value> = held(&node).iter().map(|row| row["file"].clone()).collect();
    assert_eq!(files, ["李庄.csv", "王庄.csv"]);
    // A person may say that it takes the place of the other all the same.
    let first = held(&node)[0]["id"].as_str().unwrap().to_owned();
    let released = node.json(&["held", "release", &first]);
    assert_eq!((released.len(), &released[0]["file"]), (1, &"李庄.csv".into()));
    node.settle(SETTLE_SECS_MAX);
    assert!(held(&node).is_empty() && stands(&node, 1960) && !stands(&node, 1950));
    node.stop();
}

#[test]
fn halves_that_are_called_by_where_they_lie_are_the_list_together() {
    let root = tempfile::tempdir().unwrap();
    let mut node = village(&root);
    drop(&node, "东头.csv", HEADER, &people(1950..1958));
    drop(&node, "西头.csv", HEADER, &people(1960..1968));
    assert!(held(&node).is_empty() && stands(&node, 1950) && stands(&node, 1960));
    drop(&node, "4月西头.csv", HEADER, &people(1961..1969));
    assert!(stands(&node, 1950) && !stands(&node, 1960) && stands(&node, 1968));
    // Two names for nearly the same people are no parts.
    drop(&node, "南头.csv", HEADER, &people(1963..1968));
    assert!(!held(&node).is_empty() && stands(&node, 1950) && stands(&node, 1961));
    node.stop();
}

#[test]
fn one_file_of_both_halves_is_the_answer() {
    let root = tempfile::tempdir().unwrap();
    let mut node = village(&root);
    drop(&node, "张庄.csv", HEADER, &people(1950..1953));
    drop(&node, "李庄.csv", HEADER, &people(1960..1968));
    assert_eq!(held(&node).len(), 1);
    drop(&node, "扶助.csv", HEADER, &(people(1950..1953) + &people(1960..1968)));
    assert!(held(&node).is_empty());
    assert!(stands(&node, 1950) && stands(&node, 1960));
    node.stop();
}

#[test]
fn files_called_by_their_part_of_the_list_are_the_list_together() {
    let root = tempfile::tempdir().unwrap();
    let mut node = village(&root);
    let stands_all = |node: &Node, years: &[u32]| years.iter().all(|year| stands(node, *year));
    drop(&node, "2026年2月扶助1组.csv", HEADER, &people(1950..1958));
    drop(&node, "2026年2月扶助2组.csv", HEADER, &people(1960..1968));
    drop(&node, "特扶.csv", HEADER, &people(1970..1978));
    let waiting = held(&node);
    assert_eq!(waiting.len(), 1, "what is called otherwise waits");
    node.json(&["held", "reject", waiting[0]["id"].as_str().unwrap()]);
    assert!(held(&node).is_empty() && stands_all(&node, &[1950, 1957, 1960, 1967]) && !stands(&node, 1970));
    // A part speaks of its own people alone: one of them left, and one came.
    drop(&node, "2026年3月扶助一组.csv", HEADER, &people(1951..1959));
    assert!(held(&node).is_empty() && stands_all(&node, &[1951, 1958, 1960, 1967]) && !stands(&node, 1950));
    // An earlier month of the same part comes late.
    drop(&node, "2026年1月扶助1组.csv", HEADER, &people(1949..1957));
    assert!(!stands(&node, 1949) && stands(&node, 1958));
    // A whole list takes the place of both.
    drop(&node, "扶助.csv", HEADER, &(people(1951..1959) + &people(1961..1968)));
    assert!(held(&node).is_empty() && stands_all(&node, &[1951, 1961]) && !stands(&node, 1960));
    node.stop();
}

#[test]
fn a_list_that_was_one_file_and_comes_in_parts_loses_nobody_on_the_way() {
    let root = tempfile::tempdir().unwrap();
    let mut node = village(&root);
    let stands_all = |node: &Node, years: &[u32]| years.iter().all(|year| stands(node, *year));
    drop(&node, "扶助.csv", HEADER, &people(1930..1960));
    // Until the last part is there nobody is gone. Then the one whom none of them has is.
    drop(&node, "扶助1组.csv", HEADER, &people(1930..1940));
    assert_eq!(held(&node), Vec::<Value>::new());
    assert!(stands_all(&node, &[1930, 1939, 1940, 1950, 1959]));
    drop(&node, "扶助2组.csv", HEADER, &people(1940..1950));
    assert_eq!(held(&node), Vec::<Value>::new());
    assert!(stands_all(&node, &[1930, 1939, 1940, 1950, 1959]));
    drop(&node, "扶助3组.csv", HEADER, &people(1951..1960));
    assert!(held(&node).is_empty() && stands_all(&node, &[1930, 1939, 1940, 1951, 1959]) && !stands(&node, 1950));
    // From then on each speaks of its own people.
    drop(&node, "扶助2组.csv", HEADER, &people(1941..1951));
    assert!(held(&node).is_empty() && stands_all(&node, &[1930, 1941, 1950, 1959]) && !stands(&node, 1940));
    node.stop();
}

#[test]
fn a_file_of_those_who_came_takes_nobody_away() {
    let root = tempfile::tempdir().unwrap();
    let mut node = village(&root);
    drop(&node, "扶助.csv", HEADER, &people(1950..1958));
    drop(&node, "2026年3月新增扶助.csv", HEADER, &people(1960..1963));
    drop(&node, "2026年4月新增扶助.csv", HEADER, &people(1963..1965));
    assert!(held(&node).is_empty() && stands(&node, 1950) && stands(&node, 1960) && stands(&node, 1964));
    // The list itself goes on; who was added and is not in it yet stays.
    drop(&node, "扶助.csv", HEADER, &(people(1951..1958) + &people(1960..1963)));
    assert!(!stands(&node, 1950) && stands(&node, 1960) && stands(&node, 1964));
    drop(&node, "扶助.csv", HEADER, &(people(1951..1958) + &people(1961..1965)));
    assert!(!stands(&node, 1960) && stands(&node, 1964), "once in the list, they are in it");
    node.stop();
}

#[test]
fn a_file_of_changes_takes_nobody_away_and_a_whole_list_that_is_called_so_does() {
    let root = tempfile::tempdir().unwrap();
    let mut node = village(&root);
    drop(&node, "扶助.csv", HEADER, &people(1950..1958));
    for (name, year) in [("4月扶助异动.csv", 1960), ("扶助动态.csv", 1961), ("扶助（更正）.csv", 1962)] {
        drop(&node, name, HEADER, &people(year..year + 1));
        assert!(held(&node).is_empty() && stands(&node, 1950) && stands(&node, year), "{name}");
    }
    drop(&node, "扶助动态管理台账.csv", HEADER, &(people(1951..1958) + &people(1960..1963)));
    assert!(held(&node).is_empty() && !stands(&node, 1950) && stands(&node, 1957) && stands(&node, 1962));
    node.stop();
}

#[test]
fn who_came_to_a_part_of_the_list_takes_nobody_of_it_away() {
    let root = tempfile::tempdir().unwrap();
    let mut node = village(&root);
    drop(&node, "扶助1组.csv", HEADER, &people(1950..1958));
    drop(&node, "扶助1组新增.csv", HEADER, &people(1960..1961));
    assert!(held(&node).is_empty() && stands(&node, 1950) && stands(&node, 1960));
    drop(&node, "扶助2组.csv", HEADER, &people(1970..1978));
    drop(&node, "扶助1组（更正）.csv", HEADER, &(people(1951..1958) + &people(1960..1961)));
    assert!(held(&node).is_empty() && !stands(&node, 1950) && stands(&node, 1951) && stands(&node, 1970));
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
fn lines_of_a_list_that_is_appended_to_are_shown_in_the_file_they_came_from() {
    let root = tempfile::tempdir().unwrap();
    let mut node = Node::init(BINARY, root.path(), VILLAGE, "甲村");
    let folder = root.path().join("扶助");
    fs::create_dir(&folder).unwrap();
    let source = format!(
        "\n[[source]]\nname = \"扶助\"\nkind = \"folder\"\npath = \"{}\"\nmode = \"append\"\n",
        folder.display()
    );
    fs::write(node.config(), fs::read_to_string(node.config()).unwrap() + &source).unwrap();
    fs::write(folder.join("1月.csv"), format!("{HEADER}{}", people(1951..1954))).unwrap();
    node.start(Some("2026-04-02"));
    node.wait_ready();
    node.settle(SETTLE_SECS_MAX);
    fs::write(folder.join("2月.csv"), format!("{HEADER}{}", people(1953..1956))).unwrap();
    node.settle(SETTLE_SECS_MAX);
    let lines = (1951..1956).map(|year| {
        let people = node.json(&["people", &number(&format!("{year}0302/001"))]);
        place(&people[0]["entries"][0]["source"])
    });
    let lines: Vec<String> = lines.collect();
    assert_eq!(lines, ["1月.csv:2", "1月.csv:3", "2月.csv:2", "2月.csv:3", "2月.csv:4"]);
    node.stop();
}

#[test]
fn of_two_files_imported_at_once_one_is_the_list_and_nobody_of_the_other_is_left() {
    let root = tempfile::tempdir().unwrap();
    let mut node = village(&root);
    // Enough lines that the one is still being read when the other begins.
    let everybody: String = (1930..2000)
        .flat_map(|year| (1..=40).map(move |n| (year, n)))
        .map(|(year, n)| format!("赵{},{},奖扶,2020,医生甲,继续\n", name(year), number(&format!("{year}0101/{n:03}"))))
        .collect();
    let files = [("甲.csv", 1950..1965), ("乙.csv", 1965..1980), ("丙.csv", 1980..1995)].map(|(file, years)| {
        let path = root.path().join(file);
        fs::write(&path, format!("{HEADER}{everybody}{}", people(years))).unwrap();
        path
    });
    let [first, others @ ..] = files.map(|path| path.to_str().unwrap().to_owned());
    assert!(node.call(&["import", &first]).status.success());
    std::thread::scope(|scope| {
        let imports = others.each_ref().map(|file| scope.spawn(|| node.call(&["import", file]).status.success()));
        assert!(imports.into_iter().all(|import| import.join().unwrap()));
    });
    node.settle(SETTLE_SECS_MAX);
    // No register is here: everybody who stands on the list is told of.
    let found = node.json(&["findings", "--rule", "no-population-record"]);
    assert_eq!(found.len(), 70 * 40 + 15);
    assert!(stands(&node, 1970) != stands(&node, 1985) && !stands(&node, 1955));
    node.stop();
}

#[test]
fn who_is_picked_for_a_purpose_takes_nobody_else_off_the_list() {
    // Beside the whole list of twenty, or after it: what is dropped, who stands in it, and why it waits.
    let cases: [(&str, std::ops::Range<u32>, Option<&str>); 6] = [
        ("特扶家庭成员.csv", 1950..1968, Some("names-some")),
        ("60岁以上特扶对象.csv", 1952..1970, Some("names-some")),
        ("特扶金发放表.csv", 1950..1970, None),
        ("特扶金发放表.csv", 1950..1972, None),
        ("特扶4月.csv", 1950..1968, None),
        ("特扶（核对后）.csv", 1951..1970, None),
    ];
    for (file, years, reason) in cases {
        let root = tempfile::tempdir().unwrap();
        let mut node = village(&root);
        drop(&node, "特扶.csv", HEADER, &people(1950..1970));
        drop(&node, file, HEADER, &people(years.clone()));
        let waits = held(&node);
        assert_eq!(waits.first().and_then(|row| row["reason"].as_str()), reason, "{file}: {waits:?}");
        let gone = (1950..1970).filter(|year| !stands(&node, *year)).count();
        let unlisted = (1950..1970).filter(|year| !years.contains(year)).count();
        assert_eq!(gone, if reason.is_some() { 0 } else { unlisted }, "{file}");
        if let [row] = &waits[..] {
            assert_eq!(row["other_file"], "特扶.csv", "{row}");
            // Whoever says that it is the list from now on is not asked again the month after.
            let released = node.call(&["held", "release", row["id"].as_str().unwrap()]);
            assert!(released.status.success(), "{file}");
            drop(&node, &format!("5月{file}"), HEADER, &people(years.start..years.end - 1));
            assert!(held(&node).is_empty() && !stands(&node, years.end - 1), "{file}");
        }
        node.stop();
    }
}

#[test]
fn a_list_of_those_who_left_says_nothing_of_those_who_stay() {
    let root = tempfile::tempdir().unwrap();
    let mut node = village(&root);
    drop(&node, "2026年2月特扶.csv", HEADER, &people(1950..1958));
    let left = people(1950..1952).replace("继续", "退出");
    drop(&node, "2026年3月特扶退出.csv", HEADER, &left);
    assert!(held(&node).is_empty());
    assert!(!stands(&node, 1950) && stands(&node, 1952) && stands(&node, 1957));
    assert!(node.json(&["findings", "--rule", "left-without-decision"]).is_empty());
    node.stop();
}

#[test]
fn two_sources_with_a_file_of_one_name_do_not_clear_each_others_quarantine() {
    let root = tempfile::tempdir().unwrap();
    let mut node = Node::init(BINARY, root.path(), VILLAGE, "甲村");
    let mut settings = fs::read_to_string(node.config()).unwrap();
    for name in ["一组", "二组"] {
        let folder = root.path().join(name);
        fs::create_dir(&folder).unwrap();
        let source = format!("\n[[source]]\nname = \"{name}\"\nkind = \"folder\"\npath = \"{}\"\n", folder.display());
        settings += &source;
        // One line of each is not of this village.
        let lines = format!(
            "姓名,建档日期,档案状态,村代码\n张三,2020-01-02,正常,{VILLAGE}\n李四,2020-01-02,正常,519901009999\n"
        );
        fs::write(folder.join("健康.csv"), lines).unwrap();
    }
    fs::write(node.config(), settings).unwrap();
    node.start(Some("2026-04-02"));
    node.wait_ready();
    node.settle(SETTLE_SECS_MAX);
    let of = |node: &Node| -> Vec<String> {
        let rows = node.json(&["quarantine"]);
        rows.iter().map(|row| format!("{} {} {}", row["source"], row["file"], row["row"]).replace('"', "")).collect()
    };
    assert_eq!(of(&node), ["一组 健康.csv 3", "二组 健康.csv 3"]);
    let shown = node.call(&["quarantine"]);
    assert!(String::from_utf8_lossy(&shown.stdout).contains("二组：健康.csv"), "both are told apart by their source");

    // Put right in one of them.
    let right = format!("姓名,建档日期,档案状态,村代码\n张三,2020-01-02,正常,{VILLAGE}\n");
    fs::write(root.path().join("一组/健康.csv"), right).unwrap();
    node.settle(SETTLE_SECS_MAX);
    assert_eq!(of(&node), ["二组 健康.csv 3"]);
    node.stop();
}

/// Moves a file out of the inbox into a source of its own, and starts the office a day later.
fn move_to_a_source(node: &mut Node, file: &str, name: &str, lines: &str) {
    node.stop();
    let share = node.dir.join(name);
    fs::create_dir(&share).unwrap();
    fs::remove_file(node.inbox().join(file)).unwrap();
    fs::write(share.join(file), format!("{HEADER}{lines}")).unwrap();
    let source = |name: &str| format!("\n[[source]]\nname = \"{name}\"\nkind = \"folder\"\npath = \"{name}\"\n");
    let settings = fs::read_to_string(node.config()).unwrap();
    fs::write(node.config(), settings + &source("inbox") + &source(name)).unwrap();
    start_again(node, "2026-04-03");
}

fn start_again(node: &mut Node, today: &str) {
    node.start(Some(today));
    node.wait_ready();
    node.settle(SETTLE_SECS_MAX);
}

fn entries(node: &Node) -> u64 {
    node.json(&["status"])[0]["entries"].as_u64().unwrap()
}

#[test]
fn a_list_that_moved_to_another_folder_is_the_same_list() {
    let root = tempfile::tempdir().unwrap();
    let mut node = village(&root);
    drop(&node, "特扶.csv", HEADER, &people(1950..1960));
    let before = node.json(&["people", &number("19500302/001")]);
    move_to_a_source(&mut node, "特扶.csv", "share", &people(1950..1961));
    assert_eq!(entries(&node), 11, "one more came, and nobody twice");
    assert_eq!(node.json(&["findings", "--rule", "duplicate-entry"]), Vec::<Value>::new());
    let after = node.json(&["people", &number("19500302/001")]);
    assert_eq!(after[0]["entries"].as_array().unwrap().len(), 1);
    assert_eq!(after[0]["entries"][0]["uid"], before[0]["entries"][0]["uid"], "known since it was in the inbox");
    // The source gets another name; its folder stays.
    node.stop();
    let settings = fs::read_to_string(node.config()).unwrap();
    fs::write(node.config(), settings.replace("name = \"share\"", "name = \"共享\"")).unwrap();
    start_again(&mut node, "2026-04-04");
    assert_eq!((entries(&node), held(&node)), (11, vec![]));
    let sources = node.json(&["status"])[0]["sources"].clone();
    let streams: Vec<&str> = sources.as_array().unwrap().iter().map(|s| s["source"].as_str().unwrap()).collect();
    assert_eq!(streams, ["共享"], "what was read elsewhere is shown there no more");
}

#[test]
fn another_part_of_a_list_in_another_folder_takes_nobody_away() {
    let root = tempfile::tempdir().unwrap();
    let mut node = village(&root);
    drop(&node, "特扶.csv", HEADER, &people(1950..1960));
    move_to_a_source(&mut node, "特扶.csv", "share", &people(1970..1975));
    assert!(stands(&node, 1950) && stands(&node, 1970));
    assert_eq!((entries(&node), held(&node)), (15, vec![]));
}
