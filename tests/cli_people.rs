//! Whom a question finds: everybody it fits, everybody a finding rests on, and of a list as a whole which file it is.

mod support;

use std::fmt::Write;
use std::fs;

use serde_json::Value;
use support::node::Node;
use support::story::number;

const BINARY: &str = env!("CARGO_BIN_EXE_rosterd");
const SETTLE_SECS: u64 = 60;
const PEOPLE: u32 = 50;
const SURNAMES: &str =
    "赵钱孙李周吴郑王冯陈褚卫蒋沈韩杨朱秦尤许何吕施张孔曹严华金魏陶姜戚谢邹喻柏水窦章云苏潘葛奚范彭郎鲁韦";

fn called(who: u32) -> (String, String) {
    let surname = SURNAMES.chars().nth(who as usize).expect("as many as there are people");
    (format!("{surname}桂英"), number(&format!("1950{:02}{:02}/002", who % 12 + 1, who / 12 + 1)))
}

/// A line for each of them, below the header.
fn list(header: &str, line: impl Fn(u32, &str, &str) -> String) -> String {
    (0..PEOPLE).fold(format!("{header}\n"), |mut all, who| {
        let (name, number) = called(who);
        writeln!(all, "{}", line(who, &name, &number)).expect("a text takes what is written");
        all
    })
}

/// A village of women who are all called 桂英 and stand on four lists each; two more share a number.
fn village(root: &std::path::Path) -> Node {
    let mut node = Node::init(BINARY, root, "519901001200", "200村");
    let shared = number("19701010/001");
    let register = list("户号,姓名,公民身份号码,出生日期,与户主关系,状态", |who, name, number| {
        format!("{who},{name},{number},,户主,在册")
    }) + &format!("97,沈卯水,{shared},1970-10-10,户主,在册\n98,韩辰木,{shared},1955-03-04,户主,在册\n");
    let health = list("姓名,身份证号,档案编号,档案状态", |who, name, number| {
        format!("{name},{number},{who},正常")
    });
    let dibao = list("户主,姓名,身份证号,类别,复核日期,保障状态", |_, name, number| {
        format!("{name},{name},{number},A,2026-03-01,在保")
    });
    let family = list("姓名,身份证号,扶助类别,确认年度,状态", |_, name, number| {
        format!("{name},{number},奖扶,2018,在册")
    });
    let lists = [
        ("人口.csv", register),
        ("健康档案.csv", health),
        ("低保.csv", dibao + "合计,49人,,,,\n"),
        ("奖扶.csv", family),
    ];
    for (file, text) in lists {
        fs::write(node.inbox().join(file), text).expect("our own folder");
    }
    node.start(Some("2026-03-31"));
    node.wait_ready();
    node.settle(SETTLE_SECS);
    node
}

fn out(node: &Node, verb: &[&str]) -> String {
    let said = node.call(verb);
    assert!(said.status.success(), "{verb:?}: {}", String::from_utf8_lossy(&said.stderr));
    String::from_utf8_lossy(&said.stdout).into_owned()
}

fn finding(node: &Node, rule: &str) -> Value {
    let mut rows = node.json(&["findings", "--rule", rule]);
    assert_eq!(rows.len(), 1, "{rule}: {rows:?}");
    rows.remove(0)
}

#[test]
fn whoever_asks_is_answered_with_all_whom_it_fits_or_told_that_there_are_more() {
    let root = tempfile::tempdir().unwrap();
    let node = village(root.path());

    let found = node.json(&["people", "桂英"]);
    assert_eq!(found.len(), PEOPLE as usize);
    assert!(found.iter().all(|person| person["entries"].as_array().unwrap().len() == 4));
    let refused = node.call(&["people", "519901"]);
    assert_eq!(refused.status.code(), Some(1), "one more than are shown");

    let shared = finding(&node, "shared-id");
    let id = shared["id"].as_str().unwrap();
    let both = node.json(&["people", id]);
    assert_eq!((both.len(), &both[0]["person"]), (2, &shared["person"]));
    let text = shared["text"].as_str().unwrap();
    assert!(text.contains("（200村的人口底册：沈**；200村的人口底册：韩**）"), "{text}");

    // Of a list as a whole there is nobody to show; the file is named, here and where findings are listed.
    let total = finding(&node, "total-differs");
    assert_eq!(total["source"], serde_json::json!({"file": "低保.csv", "sheet": null, "row": PEOPLE + 2}));
    let told = out(&node, &["people", total["id"].as_str().unwrap()]);
    assert!(told.contains("整份名册（低保.csv:52）") && told.contains(total["text"].as_str().unwrap()), "{told}");
    assert!(out(&node, &["findings", "--rule", "total-differs"]).contains("  低保.csv:52  "));
    assert!(out(&node, &["findings", "--rule", "total-differs", "--csv", "-"]).contains(",低保.csv:52,"));
}
