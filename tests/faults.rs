//! What power cuts and curious eyes find: a daemon killed at any moment ends where an undisturbed one does, and no whole
//! name or number stands anywhere but in the store.

#[path = "faults/clocks.rs"]
mod clocks;
#[path = "faults/damaged.rs"]
mod damaged;
#[path = "faults/disk_full.rs"]
mod disk_full;
#[path = "faults/kills.rs"]
mod kills;
mod support;

use std::collections::BTreeMap;
use std::fs;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::thread::sleep;
use std::time::{Duration, Instant};

use serde_json::Value;
use support::node::{Node, free_port};
use support::story::number;

const BINARY: &str = env!("CARGO_BIN_EXE_rosterd");
const TODAY: &str = "2026-02-28";
const SETTLE_SECS_MAX: u64 = 60;
/// In each of the two months.
const KILLS: u32 = 8;
const PEOPLE: u32 = 400;

/// A number that only the seed and the place decide (splitmix64).
fn draw(seed: u64, below: u64) -> u64 {
    let mut z = seed.wrapping_add(1).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    (z ^ (z >> 31)) % below
}

/// The `i`-th inhabitant: name and number.
fn person(i: u32) -> (String, String) {
    const SURNAMES: [&str; 8] = ["王", "李", "赵", "孙", "周", "欧阳", "陈", "杨"];
    const GIVEN: [&str; 10] = ["国", "秀", "德", "丽", "建", "美", "玉", "永", "春", "海"];
    let of = |salt: u64, below: usize| draw(u64::from(i) * 16 + salt, below as u64) as usize;
    let name = format!("{}{}{}", SURNAMES[of(1, 8)], GIVEN[of(2, 10)], GIVEN[of(3, 10)]);
    let birth = format!("{}{:02}{:02}", 1930 + of(4, 70), 1 + of(5, 12), 1 + of(6, 28));
    // The sequence tells people born on one day apart.
    (name, number(&format!("{birth}/{:03}", i % 1000)))
}

/// The files of two villages and the county in the `month`-th month, with what does not fit.
fn save_month(inbox: &Path, month: u32) {
    for (v, village) in ["519901001201", "519901002201"].into_iter().enumerate() {
        let mut population = String::from("序号,户号,姓名,与户主关系,公民身份号码,人口状态,变动时间,迁入迁出地\n");
        let mut health = String::from("序号,姓名,身份证号码,建档日期,最近随访日期,档案状态\n");
        let mut dibao = String::from("序号,保障对象姓名,身份证号码,保障类别,审批日期,最近复核日期,保障状态\n");
        for i in (0..PEOPLE).map(|i| i + PEOPLE * v as u32) {
            let (name, id) = person(i);
            let of = |salt: u64, below: u64| draw(u64::from(i) * 16 + salt, below);
            let head = if i % 3 == 0 { "户主" } else { "子" };
            let (died, left) = (of(7, 40) == 0, of(8, 40) == 1);
            let status = match (died, left) {
                (true, _) if month > 0 => "死亡,2026-02-03,",
                (_, true) if month > 0 => "迁出,2026-02-10,县外",
                _ => "在册,,",
            };
            population.push_str(&format!("{i},{},{name},{head},{id},{status}\n", i / 3));
            // A few are unknown to the health office, some were written with a slip of the pen.
            if of(9, 10) > 0 {
                let slip = of(10, 60) == 0 && month == 0;
                let written = if slip { id.replace("19", "91") } else { id.clone() };
                health.push_str(&format!("{i},{name},{written},2015-04-01,2025-11-03,正常\n"));
            }
            if of(11, 12) == 0 && (month == 0 || of(12, 40) > 0) {
                let class = ["A", "B", "C"][of(13, 3) as usize];
                dibao.push_str(&format!("{i},{name},{id},{class},2019-05-01,2025-{:02}-01,在保\n", 6 + of(14, 6)));
            }
        }
        save(&inbox.join(village).join("population.csv"), &population);
        save(&inbox.join(village).join("health.csv"), &health);
        save(&inbox.join(village).join("dibao.csv"), &dibao);
    }
    let mut deaths = String::from("序号,姓名,身份证号码,死亡日期,户籍地行政区划代码\n");
    for i in (0..PEOPLE * 2).filter(|i| draw(u64::from(*i), 60) == 0) {
        let (name, id) = person(i);
        deaths.push_str(&format!("{i},{name},{id},2026-01-{:02},519901\n", 1 + i % 28));
    }
    save(&inbox.join("deaths.csv"), &deaths);
}

fn save(path: &Path, text: &str) {
    fs::create_dir_all(path.parent().expect("a file in a folder")).expect("our own folder");
    fs::write(path, text).expect("our own folder");
}

/// Open findings by id, with everything that is said of them.
fn findings(node: &Node) -> BTreeMap<String, Value> {
    let all = node.findings();
    all.into_iter().map(|f| (f["id"].as_str().expect("a finding has an id").to_owned(), f)).collect()
}

#[test]
fn a_daemon_killed_at_any_moment_ends_where_an_undisturbed_one_does() {
    let root = tempfile::tempdir().expect("a temporary folder");
    let found = |name: &str| Node::init(BINARY, &root.path().join(name), "519901", "云岭县");
    let (mut calm, mut unlucky) = (found("calm"), found("unlucky"));
    for month in 0..2 {
        save_month(&calm.inbox(), month);
        let began = Instant::now();
        calm.start(Some(TODAY));
        calm.wait_ready();
        calm.settle(SETTLE_SECS_MAX);
        // Later kills find a part of the work done, so the moments lie closer to the start.
        let span_ms = began.elapsed().as_millis() as u64 / 2;
        calm.stop();

        save_month(&unlucky.inbox(), month);
        for kill in 0..KILLS {
            unlucky.start(Some(TODAY));
            sleep(Duration::from_millis(20 + draw(u64::from(month * KILLS + kill), span_ms)));
            unlucky.kill();
        }
        unlucky.start(Some(TODAY));
        unlucky.wait_ready();
        unlucky.settle(SETTLE_SECS_MAX);
        let after = findings(&unlucky);
        unlucky.stop();
        calm.start(Some(TODAY));
        calm.wait_ready();
        let expected = findings(&calm);
        calm.stop();
        assert!(expected.len() > 50, "{} findings show nothing", expected.len());
        let lost: Vec<_> = expected.iter().filter(|(id, f)| after.get(*id) != Some(f)).map(|x| x.1).take(3).collect();
        let more: Vec<_> = after.iter().filter(|(id, _)| !expected.contains_key(*id)).map(|x| x.1).take(3).collect();
        assert!(lost.is_empty() && more.is_empty(), "month {month}: lost or other {lost:#?}\nmore {more:#?}");
    }
}

/// Nobody is called so, and nobody has these numbers.
const CANARY: &str = "金丝雀";
const CANARY_LONG: &str = "阿依古丽·金丝雀";

/// Lines and files that fail in every way they can, all of them about the canary.
fn save_canary(inbox: &Path, id: &str, wrong: &str) {
    let village = inbox.join("519901001201");
    let save_as = |name: &str, text: String| save(&village.join(name), &text);
    save_as(
        "population.csv",
        format!(
            "序号,户号,姓名,与户主关系,公民身份号码,出生日期,人口状态,变动时间,迁入迁出地\n\
             1,01,{CANARY},户主,{id},1945-03-02,死亡,2026-02-03,\n\
             2,02,{CANARY_LONG},户主,{wrong},{CANARY},{CANARY},{id},{CANARY}\n\
             3,03,{id},{CANARY},{CANARY},{id},在册,,\n\
             4,04,,户主,{id},,,,\n合计,,{CANARY},,9人,,,,\n备注：{CANARY}{id}\n"
        ),
    );
    save_as(
        "health.csv",
        format!("序号,姓名,身份证号码,建档日期,最近随访日期,档案状态\n1,{CANARY},{id},2015-04-01,2026-02-20,正常\n"),
    );
    save_as(
        "dibao.csv",
        format!(
            "序号,保障对象姓名,身份证号码,保障类别,审批日期,最近复核日期,保障状态\n1,{CANARY},{wrong},A,2019-05-01,2025-12-10,在保\n2,{CANARY_LONG},{id},A,2019-05-01,2025-12-10,在保\n"
        ),
    );
    save_as("letter.csv", format!("{CANARY}同志：\n你的号码{id}有误\n"));
    save_as("headless.csv", format!("{CANARY},{id}\n{CANARY},{wrong}\n"));
    save_as("empty.csv", String::new());
    save_as("broken.xlsx", format!("PK\u{3}\u{4}{CANARY}{id}"));
}

/// Every file of the node but what offices saved themselves, and the store.
fn traces(dir: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(dir).expect("our own folder").flatten() {
        let (path, name) = (entry.path(), entry.file_name().to_string_lossy().into_owned());
        let kind = entry.file_type().expect("our own file");
        if kind.is_dir() && name != "inbox" {
            traces(&path, found);
        } else if kind.is_file() && !name.contains(".db") && !name.contains(".sqlite") {
            found.push(path);
        }
    }
}

#[test]
fn no_whole_name_or_number_stands_anywhere_but_in_the_store() {
    let root = tempfile::tempdir().expect("a temporary folder");
    let mut node = Node::init(BINARY, root.path(), "519901", "云岭县");
    let port = free_port();
    let settings = fs::read_to_string(node.config()).expect("the settings");
    let listening = settings.replace("# listen = \"127.0.0.1:9466\"", &format!("listen = \"127.0.0.1:{port}\""));
    assert_ne!(settings, listening, "the sample shows where metrics listen");
    fs::write(node.config(), listening.replace("# level = \"info\"", "level = \"trace\"")).expect("our own folder");
    let (id, wrong) = (number("19450302/001"), number("19450302/001!"));
    save_canary(&node.inbox(), &id, &wrong);
    node.start(Some(TODAY));
    node.wait_ready();
    node.settle(SETTLE_SECS_MAX);

    let letter = node.inbox().join("519901001201/letter.csv");
    let letter = letter.to_str().expect("temporary folders have plain names");
    let population = letter.replace("letter", "population");
    let open = node.findings();
    assert!(open.len() >= 5, "the canary is found: {open:#?}");
    let id_of_one = open[0]["id"].as_str().expect("a finding has an id").to_owned();
    let note = format!("已电话核实{CANARY}（{id}）");
    let verbs: Vec<Vec<&str>> = vec![
        vec!["status"],
        vec!["findings"],
        vec!["findings", "--all", "--json"],
        vec!["events"],
        vec!["events", "--json"],
        vec!["people", CANARY],
        vec!["people", CANARY, "--json"],
        vec!["people", &id],
        vec!["quarantine"],
        vec!["quarantine", "--json"],
        vec!["matches"],
        vec!["matches", "--json"],
        vec!["held"],
        vec!["access"],
        vec!["import", letter],
        vec!["import", &population, "--dry-run"],
        vec!["doctor"],
        vec!["rules"],
        vec!["decide", &id_of_one, "dismiss", "--note", &note],
        vec!["findings", "--all"],
        vec!["findings", "--all", "--json"],
        vec!["findings", "--all", "--csv", "-"],
        vec!["findings", "--all", "--summary", "--json"],
        vec!["people", &id_of_one],
        vec!["people", &id_of_one, "--json"],
        vec!["decide", CANARY, "dismiss", "--note", "x"],
        vec!["match", &id, "reject"],
        vec!["held", "release", CANARY],
        vec!["findings", "--rule", CANARY],
        vec!["link", "train"],
        vec!["rematch", "--dry-run"],
    ];
    let mut shown: Vec<(String, String)> = Vec::new();
    for verb in &verbs {
        let out = node.call(verb);
        let said = format!("{}{}", String::from_utf8_lossy(&out.stdout), String::from_utf8_lossy(&out.stderr));
        // What the asker typed may be said back to them.
        let typed =
            |text: String| verb.iter().filter(|w| w.contains(CANARY) || **w == id).fold(text, |t, w| t.replace(w, ""));
        shown.push((verb.join(" "), if out.status.success() { said } else { typed(said) }));
    }
    shown.push(("metrics".to_owned(), get(port)));
    node.stop();
    let mut files = Vec::new();
    traces(&node.dir, &mut files);
    assert!(files.iter().any(|f| f.components().any(|c| c.as_os_str() == "log")), "there is a log: {files:?}");
    for file in files {
        let text = String::from_utf8_lossy(&fs::read(&file).expect("our own file")).into_owned();
        shown.push((file.display().to_string(), text));
    }
    let mut leaks = Vec::new();
    for (place, text) in &shown {
        for secret in [CANARY, &id, &wrong, &id[6..16]] {
            leaks.extend(text.lines().filter(|l| l.contains(secret)).map(|l| format!("{place}: {secret} in {l}")));
        }
    }
    assert!(leaks.is_empty(), "{} leaks:\n{}", leaks.len(), leaks[..leaks.len().min(20)].join("\n"));
}

fn get(port: u16) -> String {
    let mut stream = TcpStream::connect(("127.0.0.1", port)).expect("metrics listen");
    write!(stream, "GET /metrics HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nConnection: close\r\n\r\n").expect("a question");
    let mut answer = String::new();
    stream.read_to_string(&mut answer).expect("an answer");
    answer
}
