//! What became of the findings, as the command line tells it: who decided and why, what is late, how many there are, and
//! all of it as a sheet.

mod support;

use std::fs;
use std::path::Path;
use std::process::Output;

use serde_json::{Value, json};
use support::node::Node;
use support::story::number;

const BINARY: &str = env!("CARGO_BIN_EXE_rosterd");
const TODAY: &str = "2026-03-31";
const SETTLE_SECS: u64 = 60;

const WANG: (&str, &str) = ("王大明", "19500302/001");
const LI: (&str, &str) = ("李秀英", "19450817/002");
const ZHOU: (&str, &str) = ("周子轩", "19630902/001");

type People<'a> = &'a [((&'a str, &'a str), &'a str)];

/// Each with the state and its day, as `在册,` or `迁出,2026-03-01`.
fn population(people: People) -> String {
    people
        .iter()
        .enumerate()
        .fold("户号,姓名,公民身份号码,人口状态,变动时间\n".to_owned(), |all, (i, (who, state))| {
            format!("{all}{},{},{},{state}\n", i + 1, who.0, number(who.1))
        })
}

fn dibao(people: &[(&str, &str)]) -> String {
    let head = "保障对象姓名,身份证号码,保障类别,审批日期,最近复核日期,保障状态\n".to_owned();
    people.iter().fold(head, |all, who| format!("{all}{},{},A,2019-05-01,2026-01-10,在保\n", who.0, number(who.1)))
}

fn health(people: &[(&str, &str)]) -> String {
    let head = "姓名,身份证号码,建档日期,最近随访日期,档案状态\n".to_owned();
    people.iter().fold(head, |all, who| format!("{all}{},{},2015-04-01,2026-01-10,正常\n", who.0, number(who.1)))
}

fn drop_in(node: &Node, file: &str, text: &str) {
    fs::write(node.inbox().join(file), text).unwrap();
}

/// A village that pays somebody whom its register does not know, and serves somebody who moved away a month ago.
fn village(root: &Path) -> Node {
    let mut node = Node::init(BINARY, root, "519901001200", "200村");
    drop_in(&node, "人口.csv", &population(&[(LI, "在册,"), (ZHOU, "迁出,2026-03-01")]));
    drop_in(&node, "低保.csv", &dibao(&[WANG]));
    drop_in(&node, "健康.csv", &health(&[LI, ZHOU, WANG]));
    node.start(Some(TODAY));
    node.wait_ready();
    node.settle(SETTLE_SECS);
    node
}

fn out(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned()
}

fn err(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

/// What a verb prints that does what it should.
fn done(node: &Node, verb: &[&str]) -> String {
    let said = node.call(verb);
    assert!(said.status.success(), "{verb:?}: {}", err(&said));
    out(&said)
}

fn of_rule(node: &Node, rule: &str, more: &[&str]) -> Value {
    let mut rows = node.json(&[&["findings", "--rule", rule], more].concat());
    assert_eq!(rows.len(), 1, "{rule}: {rows:?}");
    rows.remove(0)
}

fn id_of(finding: &Value) -> String {
    finding["id"].as_str().expect("an id").to_owned()
}

fn log_lines(node: &Node, id: &str) -> usize {
    let folder = fs::read_dir(node.dir.join("data/log")).expect("the log's folder");
    let files =
        folder.map(|entry| entry.expect("a file").path()).filter(|path| path.extension().is_some_and(|e| e == "jsonl"));
    let text: String = files.map(|path| fs::read_to_string(path).expect("our own log")).collect();
    text.lines().filter(|line| line.contains(id) && line.contains("\"decided\"")).count()
}

#[test]
fn who_decided_when_and_why_can_be_read_afterwards() {
    let root = tempfile::tempdir().unwrap();
    let node = village(root.path());
    let open = of_rule(&node, "no-population-record", &["--list", "dibao"]);
    assert_eq!(open["decision"], Value::Null, "nobody has decided");
    let id = id_of(&open);
    let note = format!("王大明（{}）已电话核实", number(WANG.1));
    let settled = node.json(&["decide", &id, "confirm", "--note", &note]).remove(0);
    let decision = &settled["decision"];
    assert_eq!(
        (&decision["verdict"], &decision["by"], &decision["by_name"]),
        (&json!("confirm"), &json!("519901001200"), &json!("200村")),
        "{settled}"
    );
    let shown = decision["note"].as_str().unwrap();
    assert!(shown.starts_with("王**（519901*") && shown.ends_with("）已电话核实"), "{shown}");
    assert!(decision["at"].as_str().unwrap().ends_with('Z'), "{decision}");
    assert_eq!(&of_rule(&node, "no-population-record", &["--list", "dibao", "--all"])["decision"], decision);

    let table = done(&node, &["findings", "--all"]);
    assert!(table.contains("处理结果：属实（200村，20") && table.contains("）已电话核实"), "{table}");
    for query in [&id, WANG.0] {
        let person = done(&node, &["people", query]);
        assert!(person.contains("属实") && person.contains(&id) && person.contains("）已电话核实"), "{person}");
        assert!(!person.contains(WANG.0) && !person.contains(&number(WANG.1)), "{person}");
    }
    let person = node.json(&["people", &id]).remove(0);
    let told = &person["decisions"][0];
    assert_eq!(
        (&told["finding"], &told["rule"], &told["note"]),
        (&json!(id), &open["rule"], &decision["note"]),
        "{told}"
    );

    // The same once more changes nothing and is written down nowhere.
    assert_eq!(log_lines(&node, &id), 1);
    let again = node.call(&["decide", &id, "confirm", "--note", &note]);
    assert_eq!((again.status.code(), out(&again).as_str()), (Some(0), ""), "{}", err(&again));
    assert!(err(&again).contains("先前已这样处理（已属实）"), "{}", err(&again));
    assert_eq!(node.json(&["decide", &id, "confirm", "--note", &note])[0]["already"], true);
    assert_eq!(log_lines(&node, &id), 1);
    let other = node.json(&["decide", &id, "confirm", "--note", "又核实一次"]).remove(0);
    assert_eq!((&other["already"], &other["decision"]["note"]), (&Value::Null, &json!("又核实一次")));
    assert_eq!(log_lines(&node, &id), 2);

    assert!(done(&node, &["decide", &id, "reopen", "--note", "再看"]).is_empty());
    assert_eq!(of_rule(&node, "no-population-record", &["--list", "dibao"])["decision"], Value::Null);
    assert_eq!(node.json(&["people", &id])[0]["decisions"], json!([]));
}

/// A township with two villages, all joined.
fn offices(root: &Path) -> [Node; 3] {
    let township = Node::running(BINARY, root, "519901001", "第1乡", TODAY);
    let here = village(root);
    let next = Node::running(BINARY, root, "519901001201", "201村", TODAY);
    here.join(&township);
    next.join(&township);
    [township, here, next]
}

fn settle(offices: &[Node; 3]) {
    let [township, villages @ ..] = offices;
    villages.iter().for_each(|village| village.settle(SETTLE_SECS));
    township.settle(SETTLE_SECS);
    villages.iter().for_each(|village| village.settle(SETTLE_SECS));
}

#[test]
fn what_another_office_decided_is_told_with_its_name_where_that_is_known() {
    let root = tempfile::tempdir().unwrap();
    let offices = offices(root.path());
    let [township, here, next] = &offices;
    drop_in(next, "低保.csv", &dibao(&[WANG]));
    settle(&offices);

    // Only the township sees both villages; each is told.
    let both = of_rule(here, "listed-in-two-areas", &["--list", "dibao"]);
    let id = id_of(&both);
    // What the township alone sees is listed with the rest, the worst first, and counted.
    let listed = here.findings();
    let place = |finding: &Value| {
        let severity = ["high", "medium", "low", "info"].iter().position(|one| finding["severity"] == **one);
        (severity, finding["rule"].as_str().unwrap().to_owned())
    };
    assert!(listed.is_sorted_by_key(place), "{listed:?}");
    let at = listed.iter().position(|finding| finding["id"] == *id).expect("it is listed");
    assert!(at + 1 < listed.len(), "something less grave stands behind it: {listed:?}");
    let counted = |node: &Node| {
        let status = node.json(&["status"]).remove(0);
        status["findings"].as_object().unwrap().values().map(|count| count.as_u64().unwrap()).sum::<u64>() as usize
    };
    assert_eq!(counted(here), listed.len());
    // Who asks whom it is about sees the other village's line, masked.
    let people = here.json(&["people", &id]);
    let lines: Vec<(&Value, &Value)> = people
        .iter()
        .flat_map(|person| person["entries"].as_array().unwrap())
        .filter(|entry| entry["list"] == "dibao")
        .map(|entry| (&entry["area"], &entry["name"]))
        .collect();
    let [here_dibao, next_dibao] = [json!("519901001200"), json!("519901001201")];
    let masked = json!("王**");
    assert_eq!(lines, [(&here_dibao, &masked), (&next_dibao, &masked)]);
    let table = done(here, &["people", &id]);
    assert!(
        table.contains(&format!("{id} 涉及的其他单位的记录（上级告知）")) && table.contains("低保.csv:2"),
        "{table}"
    );

    // The village's word counts there at once: nobody has to wait for the township to see it.
    let said = here.call(&["decide", &id, "属实", "--note", "王大明住在本村"]);
    assert!(said.status.success() && err(&said).contains("已属实"), "{}", err(&said));
    assert!(here.findings().iter().all(|finding| finding["id"] != *id));
    assert_eq!(counted(here), listed.len() - 1);
    let again = here.json(&["decide", &id, "confirm", "--note", "王大明住在本村"]).remove(0);
    assert_eq!((&again["already"], &again["status"]), (&json!(true), &json!("confirmed")));
    settle(&offices);
    let above = of_rule(township, "listed-in-two-areas", &["--list", "dibao", "--all"]);
    let decision = &above["decision"];
    assert_eq!((&decision["by"], &decision["by_name"]), (&json!("519901001200"), &json!("200村")), "{above}");
    assert_eq!(decision["note"], "王**住在本村");
    let told = of_rule(next, "listed-in-two-areas", &["--list", "dibao", "--all"]);
    assert_eq!((&told["status"], &told["decision"]["by"]), (&json!("confirmed"), &json!("519901001200")), "{told}");
    assert_eq!((&told["decision"]["by_name"], &told["decision"]["note"]), (&Value::Null, &json!("王**住在本村")));
    let person = done(next, &["people", &id]);
    assert!(person.contains("属实") && person.contains("200村") && person.contains("住在本村"), "{person}");

    // And downwards.
    let missing = id_of(&of_rule(here, "no-population-record", &["--list", "dibao"]));
    done(township, &["decide", &missing, "dismiss", "--note", "户口在外县"]);
    settle(&offices);
    let told = of_rule(here, "no-population-record", &["--list", "dibao", "--all"]);
    assert_eq!(
        (&told["decision"]["by"], &told["decision"]["verdict"]),
        (&json!("519901001"), &json!("dismiss")),
        "{told}"
    );

    // How many, by village, for people and for programs.
    let table = done(township, &["findings", "--summary"]);
    let lines: Vec<&str> = table.lines().collect();
    assert!(lines[0].starts_with("地区") && lines[0].ends_with("超期"), "{table}");
    assert!(lines[1].starts_with("200村") && lines[lines.len() - 1].starts_with("合计"), "{table}");
    let rows = township.json(&["findings", "--summary"]);
    let open: u64 = rows.iter().map(|row| row["open"].as_u64().unwrap()).sum();
    assert_eq!(open as usize, township.findings().len());
    let late: Vec<&Value> = rows.iter().filter(|row| row["overdue"] != 0).collect();
    assert_eq!(late.len(), 1, "{rows:?}");
    assert_eq!(
        late[0],
        &json!({"area": "519901001200", "area_name": "200村", "rule": "moved-still-active", "severity": "medium",
                "open": 1, "overdue": 1, "findings": 1})
    );
    let one = township.json(&["findings", "--summary", "--rule", "listed-in-two-areas", "--all"]);
    assert_eq!((one.len(), &one[0]["open"], &one[0]["findings"]), (1, &json!(0), &json!(1)), "{one:?}");
}

#[test]
fn a_note_names_nobody_of_the_next_village_either() {
    let root = tempfile::tempdir().unwrap();
    let offices = offices(root.path());
    let [township, here, next] = &offices;
    // One number, two people.
    drop_in(next, "人口.csv", &population(&[(("赵德海", ZHOU.1), "在册,")]));
    settle(&offices);
    let id = id_of(&of_rule(township, "shared-id", &[]));
    done(township, &["decide", &id, "confirm", "--note", "周子轩与赵德海重号，已报派出所"]);
    settle(&offices);
    for office in &offices {
        let told = of_rule(office, "shared-id", &["--all"]);
        assert_eq!(told["decision"]["note"], "周**与赵**重号，已报派出所", "{}", office.area);
    }
    for office in [here, next] {
        let shown = done(office, &["findings", "--all"]) + &done(office, &["people", &id]);
        assert!(!shown.contains("子轩") && !shown.contains("德海"), "{shown}");
    }
}

#[test]
fn what_is_late_is_marked_and_can_be_asked_for_alone() {
    let root = tempfile::tempdir().unwrap();
    let node = village(root.path());
    let late = node.json(&["findings", "--overdue"]);
    assert_eq!(late.len(), 1, "{late:?}");
    let moved = &late[0];
    assert_eq!(
        (&moved["rule"], &moved["due"], &moved["overdue"]),
        (&json!("moved-still-active"), &json!("2026-03-15"), &json!(true))
    );
    assert!(node.findings().iter().filter(|finding| finding["id"] != moved["id"]).all(|f| f["overdue"] == false));
    let table = done(&node, &["findings", "--overdue"]);
    assert!(table.contains("应于2026年3月15日前办结，已超期！") && table.lines().count() == 2, "{table}");
    assert!(node.json(&["findings", "--overdue", "--severity", "low"]).is_empty());

    // Confirmed it is still to be put right; dismissed it is not.
    let id = id_of(moved);
    done(&node, &["decide", &id, "confirm", "--note", "已核实"]);
    assert_eq!(node.json(&["findings", "--overdue"])[0]["status"], "confirmed");
    assert!(node.findings().iter().all(|finding| finding["id"] != *id), "it is not open");
    let row = |asked: &[&str]| {
        let rows = node.json(&[&["findings", "--summary", "--rule", "moved-still-active"], asked].concat());
        rows.iter()
            .map(|row| (row["findings"].clone(), row["open"].clone(), row["overdue"].clone()))
            .collect::<Vec<_>>()
    };
    assert_eq!(row(&[]), [(json!(0), json!(0), json!(1))]);
    assert_eq!(row(&["--overdue"]), [(json!(1), json!(0), json!(1))]);
    done(&node, &["decide", &id, "dismiss", "--note", "已迁回"]);
    assert!(node.json(&["findings", "--overdue", "--all"]).is_empty());
    assert!(row(&[]).is_empty());
}

#[test]
fn findings_are_written_as_a_sheet_that_a_spreadsheet_program_opens_rightly() {
    let root = tempfile::tempdir().unwrap();
    let node = village(root.path());
    let paid = id_of(&of_rule(&node, "no-population-record", &["--list", "dibao"]));
    done(&node, &["decide", &paid, "confirm", "--note", "=1+1，王大明\n第二行"]);
    let file = root.path().join("疑点.csv");
    let name = file.to_str().unwrap();
    let said = node.call(&["findings", "--all", "--csv", name]);
    assert_eq!((said.status.code(), out(&said).as_str()), (Some(0), ""), "{}", err(&said));
    assert!(err(&said).contains("已写入") && err(&said).contains(name), "{}", err(&said));
    let bytes = fs::read(&file).unwrap();
    assert!(bytes.starts_with(b"\xef\xbb\xbf") && bytes.ends_with(b"\r\n"), "as spreadsheet programs know UTF-8");
    use std::os::unix::fs::PermissionsExt;
    assert_eq!(fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600, "for its owner alone");
    let mut sheet = csv::Reader::from_reader(&bytes[3..]);
    let head: Vec<String> = sheet.headers().unwrap().iter().map(str::to_owned).collect();
    let want =
        ["序号", "程度", "规则", "地区", "姓名", "出处", "情况", "应办结日", "是否超期", "处理结果", "备注", "编号"];
    assert_eq!(head, want);
    let rows: Vec<csv::StringRecord> = sheet.records().map(Result::unwrap).collect();
    assert_eq!(rows.len(), node.json(&["findings", "--all"]).len());
    let row = |id: &str| rows.iter().find(|row| &row[11] == id).unwrap_or_else(|| panic!("{id} is not in it"));
    let row = row(&paid);
    assert_eq!(
        (&row[1], &row[2], &row[3], &row[4], &row[5]),
        ("高", "人口底册查无此人", "200村", "王**", "低保.csv:2")
    );
    assert_eq!((&row[7], &row[8], &row[9], &row[10]), ("", "", "已属实", "'=1+1，王** 第二行"));
    let late = rows.iter().find(|row| &row[2] == "已迁走仍在册").expect("somebody moved away");
    assert_eq!((&late[7], &late[8], &late[9]), ("2026-03-15", "是", ""), "to be written in by hand");
    assert!(!String::from_utf8(bytes.clone()).unwrap().contains(WANG.0), "masked as on the screen");

    let again = node.call(&["findings", "--csv", name]);
    assert_eq!((again.status.code(), out(&again).as_str()), (Some(1), ""));
    assert!(err(&again).contains(&format!("文件已经存在：{name}")), "{}", err(&again));
    assert_eq!(fs::read(&file).unwrap(), bytes);
    let nowhere = node.call(&["findings", "--csv", root.path().join("没有/疑点.csv").to_str().unwrap()]);
    assert_eq!(nowhere.status.code(), Some(1), "{}", err(&nowhere));

    let printed = node.call(&["findings", "--overdue", "--csv", "-"]);
    assert!(printed.stdout.starts_with(b"\xef\xbb\xbf"), "the same on stdout");
    assert_eq!((out(&printed).lines().count(), err(&printed).as_str()), (2, ""), "{}", out(&printed));
    assert_eq!(node.call(&["findings", "--csv", "-", "--json"]).status.code(), Some(2), "one or the other");
}

#[test]
fn many_findings_are_told_the_same_by_the_daemon_and_without_it() {
    let root = tempfile::tempdir().unwrap();
    let mut node = Node::init(BINARY, root.path(), "519901001200", "200村");
    let lines: String = (0..1_200).map(|n| format!("{n},张{n}某,,男,19500302,在册\n")).collect();
    drop_in(&node, "人口.csv", &format!("户号,姓名,公民身份号码,性别,出生日期,人口状态\n{lines}"));
    drop_in(&node, "低保.csv", &dibao(&[WANG]));
    // On the day that both take from the calendar.
    node.start(None);
    node.wait_ready();
    node.settle(SETTLE_SECS);
    let asked: [&[&str]; 6] = [
        &["findings"],
        &["findings", "--json"],
        &["findings", "--all", "--csv", "-"],
        &["findings", "--summary"],
        &["findings", "--summary", "--json"],
        &["findings", "--rule", "id-missing", "--summary", "--json"],
    ];
    let by_daemon = asked.map(|verb| done(&node, verb));
    assert_eq!(by_daemon[1].lines().count(), by_daemon[2].lines().count() - 1, "one line of the sheet is its head");
    assert!(by_daemon[1].lines().count() > 1_200 && by_daemon[1].len() > 512 << 10, "more than is kept in memory");
    let counted: Value = serde_json::from_str(by_daemon[5].trim()).expect("one area, rule and severity");
    assert_eq!((&counted["area"], &counted["findings"]), (&json!("519901001200"), &json!(1_200)), "{counted}");
    let first: Value = serde_json::from_str(by_daemon[1].lines().next().unwrap()).unwrap();
    assert_eq!(first["severity"], "high", "the worst first");
    let spool = fs::read_dir(node.dir.join("data/spool")).map_or(0, Iterator::count);
    assert_eq!(spool, 0, "nothing of an answer is left");
    node.stop();
    for (verb, told) in asked.into_iter().zip(by_daemon) {
        assert!(done(&node, verb) == told, "{verb:?}");
    }
}

#[test]
fn a_clerk_writes_as_the_screen_does() {
    let root = tempfile::tempdir().unwrap();
    let node = village(root.path());
    let asked = |more: &[&str]| node.json(&[&["findings"], more].concat());
    for (chinese, english) in [
        (["--list", "低保"], ["--list", "dibao"]),
        (["--severity", "高"], ["--severity", "high"]),
        (["--rule", "已迁走仍在册"], ["--rule", "moved-still-active"]),
        (["--area", "５１９９０１００１２００"], ["--area", "519901001200"]),
        (["--area", "200村"], ["--area", "519901001200"]),
    ] {
        assert!(!asked(&english).is_empty(), "{english:?}");
        assert_eq!(asked(&chinese), asked(&english), "{chinese:?}");
    }
    let id = id_of(&asked(&["--severity", "高"])[0]);
    let wide: String = id.chars().map(|c| char::from_u32(c as u32 + 0xfee0).unwrap()).collect();
    for (typed, verdict, code) in [
        (id.to_uppercase(), "属实", "confirm"),
        (wide.clone(), "不属实", "dismiss"),
        (format!(" {id} "), "重新核实", "reopen"),
    ] {
        let row = node.json(&["decide", &typed, verdict, "--note", code]).remove(0);
        assert_eq!(row["id"], id.as_str());
        let decided = &row["decision"]["verdict"];
        assert!(decided == code || code == "reopen" && decided.is_null(), "{row}");
    }
    for typed in [id.to_uppercase(), wide] {
        assert_eq!(node.json(&["people", &typed]), node.json(&["people", &id]), "{typed}");
    }
    let since = |day: &str| node.json(&["events", "--since", day]);
    assert_eq!(since("２０２６－０３－０１"), since("2026-03-01"));
    assert_eq!(node.call(&["findings", "--list", "低"]).status.code(), Some(2));
    assert!(err(&node.call(&["findings", "--list", "扶助"])).contains("没有符合条件的疑点"));
}

#[test]
fn a_village_without_a_node_goes_by_the_name_that_the_office_wrote_down() {
    let root = tempfile::tempdir().unwrap();
    let mut node = Node::init(BINARY, root.path(), "519901001", "第1乡");
    fs::create_dir(node.dir.join("lists")).unwrap();
    let words = "[areas]\n519901001200 = [\"王庄村\", \"王庄社区\"]\n";
    fs::write(node.dir.join("lists/common.toml"), words).unwrap();
    fs::create_dir(node.inbox().join("王庄村")).unwrap();
    drop_in(&node, "王庄村/人口.csv", &population(&[(LI, "在册,"), (ZHOU, "迁出,2026-03-01")]));
    drop_in(&node, "王庄村/健康.csv", &health(&[LI, ZHOU]));
    node.start(Some(TODAY));
    node.wait_ready();
    node.settle(SETTLE_SECS);
    let moved = of_rule(&node, "moved-still-active", &["--area", "王庄社区"]);
    assert!(moved["text"].as_str().unwrap().starts_with("王庄村的健康档案上仍为在册，但王庄村人口底册记载"), "{moved}");
    for asked in [&["findings"][..], &["findings", "--summary"], &["people", &id_of(&moved)]] {
        let told = done(&node, asked);
        assert!(told.contains("王庄村") && !told.contains("519901001200"), "{asked:?}: {told}");
    }
    let unknown = node.call(&["findings", "--area", "李庄村"]);
    assert!(unknown.status.code() == Some(2) && err(&unknown).contains("不知道叫“李庄村”的地区"), "{}", err(&unknown));
}
