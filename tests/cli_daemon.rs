//! The verbs against a running daemon, as a clerk uses them from day to day.

mod support;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::thread::sleep;
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use support::node::Node;

const HEAD: &str = "序号,户号,户主姓名,姓名,与户主关系,性别,证件号码,出生日期,人口状态";
const SETTLE_SECS: u64 = 60;

/// A village of the fictional county with `people` in its register, read and settled. Its language is Chinese.
fn village(root: &Path, people: u32) -> Node {
    let mut node = Node::init(env!("CARGO_BIN_EXE_rosterd"), root, "519901001200", "200村");
    fs::write(node.inbox().join("人口.csv"), register(1..=people)).unwrap();
    node.start(Some("2026-03-31"));
    node.wait_ready();
    node.settle(SETTLE_SECS);
    node
}

/// Lines of the population register, each a household of one.
fn register(people: impl Iterator<Item = u32>) -> String {
    people.fold(HEAD.to_owned() + "\n", |all, n| all + &line(n, "在册"))
}

fn line(n: u32, status: &str) -> String {
    let number = number(n);
    let (year, month, day) = (&number[6..10], &number[10..12], &number[12..14]);
    let name = name(n);
    format!("{n},{n},{name},{name},户主,男,{number},{year}-{month}-{day},{status}\n")
}

fn name(n: u32) -> String {
    let given = ["安", "宝", "成", "德", "恩", "福", "广", "海", "家", "康"];
    format!("罗{}{}", given[(n / 10 % 10) as usize], given[(n % 10) as usize])
}

/// A valid number of the fictional county, one for each `n`.
fn number(n: u32) -> String {
    let body = format!("519901{:04}{:02}{:02}{:03}", 1950 + n / 28 % 50, n % 12 + 1, n % 28 + 1, n % 500 * 2 + 1);
    let weights = [7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2];
    let sum: u32 = body.bytes().zip(weights).map(|(digit, weight)| u32::from(digit - b'0') * weight).sum();
    format!("{body}{}", ["1", "0", "X", "9", "8", "7", "6", "5", "4", "3", "2"][(sum % 11) as usize])
}

fn aside(node: &Node, file: &str, text: &str) -> PathBuf {
    let path = node.dir.join(file);
    fs::write(&path, text).unwrap();
    path
}

fn out(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned()
}

fn err(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

fn rows(output: &Output) -> Vec<Value> {
    out(output).lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

#[test]
fn a_rehearsal_says_what_the_file_will_do_and_does_nothing() {
    let root = tempfile::tempdir().unwrap();
    let node = village(root.path(), 40);
    // Two are gone, one moved out, one is new, one is said in other words and changed in nothing.
    let mut lines: Vec<String> = (1..=41).filter(|n| ![3, 4].contains(n)).map(|n| line(n, "在册")).collect();
    lines[0] = line(1, "迁出");
    lines[1] = line(2, "正常");
    let file = aside(&node, "下月.csv", &format!("{HEAD}\n{}", lines.concat()));
    let file = file.to_str().unwrap();

    let rehearsed = node.call(&["import", file, "--dry-run", "--json"]);
    assert_eq!(rehearsed.status.code(), Some(0), "{}", err(&rehearsed));
    let would = &rows(&rehearsed)[0];
    let figures = |row: &Value| {
        ["created", "updated", "removed", "unchanged", "refused"].map(|key| row[key].as_u64().unwrap_or(u64::MAX))
    };
    assert_eq!((figures(would), &would["state"]), ([1, 1, 2, 37, 0], &"would-take".into()), "{would}");
    assert_eq!(node.json(&["status"])[0]["entries"], 40, "a rehearsal changes nothing");

    let done = node.call(&["import", file, "--json"]);
    assert_eq!(done.status.code(), Some(0), "{}", err(&done));
    assert_eq!(figures(&rows(&done)[0]), figures(would), "it did what it said");
}

#[test]
fn a_file_that_takes_too_much_waits_under_one_number_and_every_verb_counts_alike() {
    let root = tempfile::tempdir().unwrap();
    let node = village(root.path(), 60);
    // Two of those that will be missing have left already: their lines may go, and are counted all the same.
    let mut text = register(1..=60);
    for n in [59, 60] {
        text = text.replace(&line(n, "在册"), &line(n, "迁出"));
    }
    fs::write(node.inbox().join("人口.csv"), text).unwrap();
    node.settle(SETTLE_SECS);
    fs::write(node.inbox().join("人口.csv"), register(1..=30)).unwrap();
    node.settle(SETTLE_SECS);

    let held = node.json(&["held"]);
    assert_eq!(held.len(), 1);
    assert_eq!((&held[0]["removed"], &held[0]["before"]), (&30.into(), &60.into()));
    let id = held[0]["id"].as_str().unwrap().to_owned();
    let file = node.inbox().join("人口.csv");
    let file = file.to_str().unwrap();
    let rehearsed = node.call(&["import", file, "--dry-run", "--json"]);
    assert_eq!(rehearsed.status.code(), Some(0), "telling is no failure: {}", err(&rehearsed));
    assert_eq!((&rows(&rehearsed)[0]["removed"], &rows(&rehearsed)[0]["state"]), (&30.into(), &"would-hold".into()));
    let again = node.call(&["import", file, "--json"]);
    assert_eq!((again.status.code(), &rows(&again)[0]["state"]), (Some(1), &"held".into()));
    assert_eq!(node.json(&["held"])[0]["id"], id.as_str(), "the same content keeps its number");

    let nobody = node.call(&["held", "release", "999"]);
    assert_eq!(nobody.status.code(), Some(1));
    assert!(err(&nobody).contains("没有编号为 999 的暂扣文件"), "{}", err(&nobody));
    assert!(node.call(&["held", "release", &id]).status.success());
    node.settle(SETTLE_SECS);
    assert!(node.json(&["held"]).is_empty());
    assert_eq!(node.json(&["status"])[0]["entries"], 30);
}

#[test]
fn a_file_of_which_no_line_can_be_taken_says_why_for_each() {
    let root = tempfile::tempdir().unwrap();
    let node = village(root.path(), 12);
    let nameless = register(50..=52).replace(&name(50), "").replace(&name(51), "").replace(&name(52), "");
    let file = aside(&node, "无名.csv", &nameless);
    for dry in [&["--dry-run"][..], &[]] {
        let said = node.call(&[&["import", file.to_str().unwrap()][..], dry].concat());
        assert_eq!(said.status.code(), Some(1), "{}", err(&said));
        assert!(out(&said).contains("无名.csv:3  此行没有姓名") && out(&said).contains("未收"), "{}", out(&said));
        let row = rows(&node.call(&[&["import", file.to_str().unwrap(), "--json"][..], dry].concat())).remove(0);
        assert_eq!((&row["state"], &row["refused"]), (&"refused".into(), &3.into()), "{row}");
        assert_eq!((&row["problems"][1]["row"], &row["problems"][1]["code"]), (&3.into(), &"no-name".into()));
    }
    let junk = aside(&node, "说明.txt", "会议通知\n请各村于周五前上报\n");
    let said = node.call(&["import", junk.to_str().unwrap()]);
    assert_eq!((said.status.code(), out(&said).as_str()), (Some(1), ""), "no empty table");
    assert!(err(&said).contains("里面没有名册") && err(&said).contains("前几行里没有表头"), "{}", err(&said));
}

#[test]
fn what_import_does_not_take_is_in_quarantine_as_if_it_had_been_dropped() {
    let root = tempfile::tempdir().unwrap();
    let node = village(root.path(), 12);
    let refused = || -> Vec<(String, String)> {
        let rows = node.json(&["quarantine"]);
        let text = |row: &Value, key: &str| row[key].as_str().unwrap_or_default().to_owned();
        rows.iter().map(|row| (text(row, "file"), text(row, "code"))).collect()
    };
    let quarantined = |name: &str, code: &str| vec![(name.to_owned(), code.to_owned())];
    let scan = "%PDF-1.7 人口";
    let elsewhere = aside(&node, "人口扫描.csv", scan);
    let elsewhere = elsewhere.to_str().unwrap();
    assert_eq!(node.call(&["import", elsewhere, "--dry-run"]).status.code(), Some(1));
    assert!(refused().is_empty(), "a rehearsal leaves nothing behind");
    assert_eq!(node.call(&["import", elsewhere]).status.code(), Some(1));
    assert_eq!(refused(), quarantined("人口扫描.csv", "unsupported-format"));
    assert_eq!(node.json(&["status"])[0]["quarantined"], 1);
    // The daemon looks at its folder again, where no such file ever lay: it still was not taken.
    fs::write(node.inbox().join("空.csv"), "").unwrap();
    node.settle(SETTLE_SECS);
    fs::rename(node.inbox().join("空.csv"), node.inbox().join("又空.csv")).unwrap();
    node.settle(SETTLE_SECS);
    let both = [quarantined("人口扫描.csv", "unsupported-format"), quarantined("又空.csv", "empty")].concat();
    assert_eq!(refused(), both);
    fs::remove_file(node.inbox().join("又空.csv")).unwrap();
    fs::write(elsewhere, register(1..=13)).unwrap();
    assert!(node.call(&["import", elsewhere]).status.success());
    let left = || refused().into_iter().any(|(file, _)| file == "人口扫描.csv");
    assert!(!left(), "{:?}", refused());

    // A slip in the area on the command line is no fault of the lines.
    let wrong = node.call(&["import", elsewhere, "--area", "519901001201"]);
    assert_eq!((wrong.status.code(), out(&wrong).as_str()), (Some(2), ""));
    assert!(err(&wrong).contains("519901001201 不在本级（519901001200）范围内"), "{}", err(&wrong));
    assert!(!left(), "{:?}", refused());
}

#[test]
fn an_error_is_in_the_language_of_the_office() {
    let root = tempfile::tempdir().unwrap();
    let node = village(root.path(), 12);
    for (verb, what) in [
        (&["decide", "f0000000000", "confirm", "--note", "已核实"][..], "没有编号为 f0000000000 的疑点"),
        (&["decide", "fabcdefghjk", "confirm", "--note", "已核实"], "没有编号为 fabcdefghjk 的疑点"),
        (&["match", "m404", "reject"], "没有编号为 m404 的待认定人员"),
        (&["match", "nobody", "reject"], "没有编号为 nobody 的待认定人员"),
        (&["match", "0000000000001-0000000000001", "reject"], "的两个记录编号是同一条记录"),
        (&["verify"], "本级还没有接入上级"),
        (&["export-batch", "/tmp/不会写出的文件"], "本级还没有接入上级"),
        (&["join", "abc"], "入网码读不出来"),
        (&["import", "/没有/这个文件.xls"], "没有这个文件或文件夹"),
        (&["revoke", "--area", "519901001200"], "519901001200 没有本级发的凭证"),
        (&["invite", "--area", "519901001201"], "村级没有下级"),
        (&["import", "/dev/null"], "这是管道或设备，不是文件"),
    ] {
        let said = node.call(verb);
        assert_eq!(said.status.code(), Some(1), "{verb:?} {}", err(&said));
        assert!(err(&said).contains(what), "{verb:?} {}", err(&said));
        assert_eq!(out(&said), "", "{verb:?}");
    }
    assert!(!Path::new("/tmp/不会写出的文件").exists());
}

#[test]
fn a_parent_that_does_not_answer_is_told_in_the_language_of_the_office_and_nothing_else() {
    let root = tempfile::tempdir().unwrap();
    let mut township = Node::running(env!("CARGO_BIN_EXE_rosterd"), root.path(), "519901001", "第1乡", "2026-03-31");
    let mut node = village(root.path(), 12);
    let invited = township.call(&["invite", "--area", "519901001200"]);
    assert!(!err(&invited).contains('Z'), "it ends by the clock on the wall: {}", err(&invited));
    let code = out(&invited);
    township.stop();
    let said = node.call(&["join", code.trim()]);
    assert_eq!(said.status.code(), Some(3), "{}", err(&said));
    assert!(err(&said).contains("接入上级") && err(&said).contains("对方没有开启服务"), "{}", err(&said));
    assert!(!err(&said).contains(" (") && !err(&said).contains("asking"), "{}", err(&said));

    township.start(Some("2026-03-31"));
    township.wait_ready();
    assert!(node.call(&["join", code.trim()]).status.success(), "the code that did not arrive is still good");
    let again = node.call(&["join", code.trim()]);
    assert_eq!(again.status.code(), Some(1), "{}", err(&again));
    assert!(err(&again).contains("上级拒绝：这个入网码已用过\n"), "{}", err(&again));
    node.settle(SETTLE_SECS);
    township.stop();
    for verb in ["resync", "verify"] {
        let said = node.call(&[verb]);
        assert_eq!(said.status.code(), Some(3), "{}", err(&said));
        assert!(err(&said).contains("连不上上级") && !err(&said).contains("asking"), "{}", err(&said));
    }
    let error = node.json(&["status"]).remove(0)["last_error"].as_str().unwrap().to_owned();
    assert!(error.starts_with("连不上上级") && error.ends_with("对方没有开启服务"), "{error}");
    // Nothing is left to do here, and nobody is at it.
    let waited = node.call(&["status", "--wait", "1"]);
    assert_eq!(waited.status.code(), Some(3));
    assert!(out(&waited).contains("等待上级") && !out(&waited).contains("正在处理"), "{}", out(&waited));
    assert!(err(&waited).contains("正在等待上级"), "{}", err(&waited));

    // Of a service that stands still nobody can say how the parent does.
    node.stop();
    let still = node.call(&["status", "--wait", "1"]);
    assert_eq!(still.status.code(), Some(3), "{}", err(&still));
    assert!(
        out(&still).contains("，本级服务没有运行，现在的情况不明\n") && !out(&still).contains("从未"),
        "{}",
        out(&still)
    );
    assert!(err(&still).contains("等待处理完（已等 0 秒，最多 1 秒）\n"), "{}", err(&still));
}

#[test]
fn a_pause_outlives_a_restart_and_loses_nothing() {
    let root = tempfile::tempdir().unwrap();
    let mut node = village(root.path(), 12);
    assert!(node.call(&["pause"]).status.success());
    fs::write(node.inbox().join("人口.csv"), register(1..=14)).unwrap();
    node.stop();
    let stopped = node.call(&["status"]);
    assert_eq!(stopped.status.code(), Some(3));
    assert!(out(&stopped).contains("没有运行"), "{}", out(&stopped));
    node.start(Some("2026-03-31"));
    node.wait_ready();
    let waited = node.call(&["status", "--wait", "2"]);
    assert_eq!(waited.status.code(), Some(3));
    assert!(out(&waited).contains("已暂停"), "{}", out(&waited));
    assert!(err(&waited).contains("rosterd resume"), "{}", err(&waited));
    assert_eq!(node.json(&["status"])[0]["waits"], json!({"for": "paused"}));
    assert_eq!(node.json(&["status"])[0]["entries"], 12);
    assert!(node.call(&["resume"]).status.success());
    node.settle(SETTLE_SECS);
    assert_eq!(node.json(&["status"])[0]["entries"], 14);
}

#[test]
fn a_look_at_a_person_is_told_in_the_clerks_words_and_time() {
    let root = tempfile::tempdir().unwrap();
    let node = village(root.path(), 12);
    let seen = node.call(&["people", &name(5), "--reveal", "--reason", "核对低保"]);
    assert!(out(&seen).contains(&number(5)), "{}", out(&seen));
    assert!(node.call(&["people", &name(6)]).status.success());
    let told = out(&node.call(&["access"]));
    assert!(told.contains("查看全文") && told.contains("查询") && told.contains("核对低保"), "{told}");
    assert!(!told.contains("reveal") && !told.contains(&name(5)) && !told.contains('Z'), "{told}");
    let rows = node.json(&["access"]);
    assert_eq!((&rows[0]["what"], &rows[0]["revealed"]), (&"reveal".into(), &true.into()));
    // Whom it was about; a uid of this store is no secret, the beginning of a number is, and has as many characters.
    let found = node.json(&["people", &number(5)]);
    let uid = found[0]["entries"][0]["uid"].as_str().unwrap();
    assert_eq!(rows[0]["persons"], serde_json::json!([found[0]["person"]]));
    let part = &number(5)[..uid.len()];
    for query in [uid, part] {
        assert!(node.call(&["people", query]).status.success());
    }
    let rows = node.json(&["access"]);
    let asked: Vec<&str> = rows[rows.len() - 2..].iter().map(|row| row["query"].as_str().unwrap()).collect();
    assert!(asked[0] == uid && asked[1] != part, "{asked:?}");
}

#[test]
fn a_person_s_lines_show_what_they_said_before_and_until_when() {
    let root = tempfile::tempdir().unwrap();
    let node = village(root.path(), 12);
    let file = node.inbox().join("人口.csv");
    let said = fs::read_to_string(&file).unwrap();
    fs::write(&file, said.replace(&line(5, "在册"), &line(5, "迁出"))).unwrap();
    node.settle(SETTLE_SECS);
    let people = node.json(&["people", &number(5)]);
    let entry = &people[0]["entries"][0];
    assert_eq!(
        (&entry["status"], &entry["before"][0]["status"]),
        (&"moved_out".into(), &"active".into()),
        "{people:?}"
    );
    assert_eq!(entry["before"].as_array().unwrap().len(), 1);
    assert!(!entry["before"].to_string().contains(&number(5)), "masked as the line itself");
    let told = out(&node.call(&["people", &number(5)]));
    assert!(told.contains("以前的内容"), "{told}");
}

/// A desk's own account may read and write the office's folder alone, so what a person names is opened by the person.
#[test]
fn files_go_through_the_socket_and_never_by_the_daemons_hand() {
    let root = tempfile::tempdir().unwrap();
    let mut township = Node::init(env!("CARGO_BIN_EXE_rosterd"), root.path(), "519901001", "第1乡");
    township.start(Some("2026-03-31"));
    township.wait_ready();
    let node = village(root.path(), 30);
    node.join(&township);
    // A descriptor's path exists for the caller alone: whoever else opens it finds another file or none.
    let elsewhere = tempfile::tempdir().unwrap();
    let place = |name: &str| elsewhere.path().join(name).to_str().unwrap().to_owned();

    let backup = place("rosterd.db");
    let made = node.call(&["backup", &backup, "--json"]);
    assert_eq!(made.status.code(), Some(0), "{}", err(&made));
    let row = rows(&made).remove(0);
    assert_eq!((&row["entries"], &row["verified"], row["file"].as_str()), (&30.into(), &true.into(), Some(&*backup)));
    assert_eq!(row["bytes"], fs::metadata(&backup).unwrap().len());
    use std::os::unix::fs::PermissionsExt;
    assert_eq!(fs::metadata(&backup).unwrap().permissions().mode() & 0o777, 0o600, "it holds personal data");
    let again = node.call(&["backup", &backup]);
    assert!(again.status.code() == Some(1) && err(&again).contains("文件已经存在"), "{}", err(&again));

    node.settle(SETTLE_SECS);
    let batch = place("上报.batch");
    let nothing = node.call(&["export-batch", &batch, "--json"]);
    assert_eq!((nothing.status.code(), &rows(&nothing)[0]["entries"]), (Some(0), &0.into()), "{}", err(&nothing));
    let took = township.call(&["import-batch", &batch, "--json"]);
    assert_eq!(took.status.code(), Some(0), "{}", err(&took));
    assert_eq!(rows(&took)[0]["entries"], 0);

    // The line is cut; ten more people go up by file and the receipts come back.
    let port = township.port;
    township.stop();
    let more = place("新增.csv");
    fs::write(&more, register(1..=40)).unwrap();
    let took = node.call(&["import", &more, "--json"]);
    assert_eq!((took.status.code(), &rows(&took)[0]["created"]), (Some(0), &10.into()), "{}", err(&took));
    let held = fs::read(&batch).unwrap();
    let twice = node.call(&["export-batch", &batch, "--json"]);
    assert_eq!((twice.status.code(), out(&twice).as_str()), (Some(1), ""), "perhaps nobody has carried it yet");
    assert!(
        err(&twice).contains(&format!("文件已经存在：{batch}")) && err(&twice).contains("请换一个名字"),
        "{}",
        err(&twice)
    );
    assert_eq!(fs::read(&batch).unwrap(), held);
    let batch = place("上报2.batch");
    let wrote = node.call(&["export-batch", &batch]);
    assert!(wrote.status.success() && err(&wrote).contains("上报2.batch"), "{}", err(&wrote));
    township.start(Some("2026-03-31"));
    township.wait_ready();
    assert_eq!(township.port, port);
    let took = township.call(&["import-batch", &batch, "--json"]);
    assert_eq!(took.status.code(), Some(0), "{}", err(&took));
    let receipts = rows(&took)[0]["receipts"].as_str().unwrap().to_owned();
    assert_eq!(receipts, format!("{batch}.receipts"));
    let back = node.call(&["import-batch", &receipts]);
    assert_eq!(back.status.code(), Some(0), "{}", err(&back));
    let foreign = node.call(&["import-batch", &more]);
    assert_eq!(foreign.status.code(), Some(1));
    assert_eq!(
        err(&foreign).trim_end(),
        format!("错误：这不是上报文件，也不是回执：{more}"),
        "and not where it was on its way"
    );
    let nowhere = node.call(&["export-batch", &place("没有的文件夹/上报.batch")]);
    assert!(
        nowhere.status.code() == Some(1) && err(&nowhere).contains("没有的文件夹/上报.batch\n"),
        "{}",
        err(&nowhere)
    );
    for office in [&node, &township] {
        // Whoever broke off has gone before the daemon notices.
        let left = || fs::read_dir(office.dir.join("data/spool")).unwrap().count();
        let noticed = Instant::now() + Duration::from_secs(SETTLE_SECS);
        while left() > 0 {
            assert!(Instant::now() < noticed, "nothing stays in the spool of {}", office.area);
            sleep(Duration::from_millis(10));
        }
    }
}

#[test]
fn a_file_from_elsewhere_counts_as_one_of_the_first_folder() {
    let root = tempfile::tempdir().unwrap();
    let mut node = Node::init(env!("CARGO_BIN_EXE_rosterd"), root.path(), "519901001200", "200村");
    let share = root.path().join("共享");
    fs::create_dir(&share).unwrap();
    let settings = fs::read_to_string(node.config()).unwrap();
    let source = format!("{settings}\n[[source]]\nkind = \"folder\"\npath = \"{}\"\n", share.display());
    fs::write(node.config(), source).unwrap();
    fs::write(share.join("人口.csv"), register(1..=20)).unwrap();
    node.start(Some("2026-03-31"));
    node.wait_ready();
    node.settle(SETTLE_SECS);
    let file = aside(&node, "下月.csv", &register(1..=21));
    let row = rows(&node.call(&["import", file.to_str().unwrap(), "--json"])).remove(0);
    assert_eq!((&row["created"], &row["unchanged"]), (&1.into(), &20.into()), "the same list, not a second one");
    assert!(node.findings().iter().all(|finding| finding["rule"] != "duplicate-entry"));
}

/// An archive of an old Windows, unpacked: names in GB18030, which are text nowhere here.
#[test]
fn a_file_whose_name_is_not_in_utf8_is_read_and_named() {
    use std::ffi::OsString;
    use std::os::unix::ffi::OsStringExt;
    let old = |name: &str| OsString::from_vec(encoding_rs::GB18030.encode(name).0.into_owned());
    let root = tempfile::tempdir().unwrap();
    let mut node = Node::init(env!("CARGO_BIN_EXE_rosterd"), root.path(), "519901001200", "200村");
    fs::write(node.inbox().join(old("三月人口.csv")), register(1..=20)).unwrap();
    node.start(Some("2026-03-31"));
    node.wait_ready();
    node.settle(SETTLE_SECS);
    let status = node.json(&["status"]).remove(0);
    let source = &status["sources"][0];
    assert_eq!((&source["path"], &source["state"]), (&"三月人口.csv".into(), &"read".into()), "{status}");
    let aside = node.dir.join(old("四月人口.csv"));
    fs::write(&aside, register(1..=21)).unwrap();
    let mut import = Command::new(env!("CARGO_BIN_EXE_rosterd"));
    let took = import.arg("import").arg(&aside).args(["--json", "--config"]).arg(node.config()).output().unwrap();
    assert_eq!(took.status.code(), Some(0), "{}", err(&took));
    assert_eq!((&rows(&took)[0]["file"], &rows(&took)[0]["created"]), (&"四月人口.csv".into(), &1.into()));
}

#[test]
fn whatever_a_daemon_makes_is_its_accounts_alone() {
    use std::os::unix::fs::PermissionsExt;
    let root = tempfile::tempdir().unwrap();
    let node = village(root.path(), 12);
    let data = node.dir.join("data");
    let mut folders = vec![data.clone()];
    let mut open = Vec::new();
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap().flatten() {
            let meta = entry.metadata().unwrap();
            if meta.is_dir() {
                folders.push(entry.path());
            } else if meta.permissions().mode() & 0o077 != 0 {
                open.push(entry.path());
            }
        }
    }
    assert!(data.join("lock").exists() && open.is_empty(), "{open:?}");
}

/// `sudo rosterd restore` on an installed machine.
#[test]
fn what_root_does_in_the_services_folder_stays_the_services() {
    use std::os::unix::fs::{MetadataExt, chown};
    // SAFETY: geteuid has no preconditions and cannot fail.
    if unsafe { libc::geteuid() } != 0 {
        println!("SKIPPED: only root can give a folder away");
        return;
    }
    let root = tempfile::tempdir().unwrap();
    let mut node = village(root.path(), 12);
    let copy = root.path().join("copy.db");
    assert!(node.call(&["backup", copy.to_str().unwrap()]).status.success());
    node.stop();
    /// Nobody's, on every Debian.
    const ACCOUNT: u32 = 65_534;
    let data = node.dir.join("data");
    for entry in fs::read_dir(&data).unwrap().flatten().map(|e| e.path()).chain([data.clone()]) {
        chown(entry, Some(ACCOUNT), Some(ACCOUNT)).unwrap();
    }
    assert!(node.call(&["people", &name(3)]).status.success(), "a look without a daemon is written down too");
    let restored = node.call(&["restore", copy.to_str().unwrap()]);
    assert!(restored.status.success(), "{}", err(&restored));
    for entry in fs::read_dir(&data).unwrap().flatten() {
        assert_eq!(entry.metadata().unwrap().uid(), ACCOUNT, "{}", entry.path().display());
    }
    let run = node.call(&["run"]);
    assert_eq!(run.status.code(), Some(1));
    assert!(err(&run).contains("数据文件夹属于另一个账号"), "{}", err(&run));
}

#[test]
fn offices_are_called_by_their_names_two_levels_up() {
    let root = tempfile::tempdir().unwrap();
    let binary = env!("CARGO_BIN_EXE_rosterd");
    let mut county = Node::init(binary, root.path(), "519901", "云岭县");
    let mut township = Node::init(binary, root.path(), "519901001", "第1乡");
    for office in [&mut county, &mut township] {
        office.start(Some("2026-03-31"));
        office.wait_ready();
    }
    let unjoined = county.json(&["status"]);
    assert_eq!(unjoined[0]["parent"], Value::Null, "nobody stands above a county");
    let village = village(root.path(), 12);
    // Two of one number: a finding to speak of the village with.
    fs::write(village.inbox().join("人口.csv"), register(1..=12) + &line(13, "在册").replace(&number(13), &number(5)))
        .unwrap();
    village.join(&township);
    village.settle(SETTLE_SECS);
    township.join(&county);
    for office in [&village, &township, &county] {
        office.settle(SETTLE_SECS);
    }
    let children = &county.json(&["status"])[0]["children"];
    assert_eq!(children[0]["name"], "第1乡", "{children}");
    assert_eq!(children[0]["below"][0]["name"], "200村", "{children}");
    assert_eq!(children[0]["below"][0]["area"], "519901001200");
    let findings = county.findings();
    assert!(!findings.is_empty());
    let table = out(&county.call(&["findings"]));
    assert!(table.contains("200村") && !table.contains("519901001200"), "{table}");
}

#[test]
fn a_child_that_is_switched_off_is_seen_so_above_and_not_waited_for() {
    let root = tempfile::tempdir().unwrap();
    let binary = env!("CARGO_BIN_EXE_rosterd");
    let mut township = Node::running(binary, root.path(), "519901001", "第1乡", "2026-03-31");
    let mut village = village(root.path(), 12);
    village.join(&township);
    village.settle(SETTLE_SECS);
    let state = |township: &Node| township.json(&["status"])[0]["children"][0]["state"].clone();
    let becomes = |township: &Node, word: &str| {
        let until = Instant::now() + Duration::from_secs(20);
        while state(township) != word {
            assert!(Instant::now() < until, "{} is not {word}", state(township));
            sleep(Duration::from_millis(200));
        }
    };
    becomes(&township, "connected");
    let verify = &["verify", "--area", "519901001200"];
    assert_eq!(township.call(verify).status.code(), Some(0), "it is asked and answers");

    village.stop();
    becomes(&township, "away");
    let table = out(&township.call(&["status"]));
    assert!(table.contains("没有连接"), "{table}");
    for verb in [&verify[..], &["resync", "--area", "519901001200"]] {
        let began = Instant::now();
        let said = township.call(verb);
        assert_eq!((said.status.code(), out(&said).as_str()), (Some(3), ""), "{}", err(&said));
        assert!(err(&said).contains("它下次来联系时办理"), "{}", err(&said));
        assert!(began.elapsed() < Duration::from_secs(60), "nobody waits two minutes for a machine that is off");
    }
    village.start(Some("2026-03-31"));
    village.wait_ready();
    becomes(&township, "connected");
    assert_eq!(township.call(verify).status.code(), Some(0));
    township.stop();
    assert_eq!(rows(&township.call(&["status", "--json"]))[0]["children"][0]["state"], "away");
}

#[test]
fn whoever_looks_at_the_status_every_few_seconds_does_not_have_the_parent_called() {
    let root = tempfile::tempdir().unwrap();
    let mut township = Node::running(env!("CARGO_BIN_EXE_rosterd"), root.path(), "519901001", "第1乡", "2026-03-31");
    let mut village = village(root.path(), 12);
    village.join(&township);
    village.stop();
    let settings = fs::read_to_string(village.config()).unwrap();
    fs::write(village.config(), settings.replace("# retry_secs_min = 1", "retry_secs_min = 600")).unwrap();
    village.start(Some("2026-03-31"));
    village.wait_ready();
    village.settle(SETTLE_SECS);
    assert_eq!(village.json(&["status"])[0]["settled"], true, "all is there, and both are connected");

    township.stop();
    let calls =
        |village: &Node| fs::read_to_string(village.dir.join("run.log")).unwrap().matches("the link failed").count();
    let until = Instant::now() + Duration::from_secs(20);
    while calls(&village) == 0 {
        assert!(Instant::now() < until, "{}", village.log_tail());
        sleep(Duration::from_millis(200));
    }
    for _ in 0..5 {
        assert_eq!(village.json(&["status"])[0]["settled"], false);
    }
    assert_eq!(calls(&village), 1, "{}", village.log_tail());
}

#[test]
fn a_township_that_has_an_emptied_village_compared_is_told_what_waits_there_and_for_whom() {
    let root = tempfile::tempdir().unwrap();
    let binary = env!("CARGO_BIN_EXE_rosterd");
    let township = Node::running(binary, root.path(), "519901001", "第1乡", "2026-03-31");
    let mut village = village(root.path(), 60);
    village.join(&township);
    village.settle(SETTLE_SECS);
    let resync = ["resync", "--area", "519901001200", "--json"];
    let said = township.call(&resync);
    let row = &rows(&said)[0];
    assert_eq!((said.status.code(), &row["equal"], &row["held"]), (Some(0), &json!(true), &json!(0)), "{row}");

    village.stop();
    for ending in ["", "-wal", "-shm"] {
        let _ = fs::remove_file(village.dir.join(format!("data/rosterd.db{ending}")));
    }
    fs::remove_dir_all(village.inbox()).unwrap();
    fs::create_dir(village.inbox()).unwrap();
    village.start(Some("2026-03-31"));
    village.wait_ready();
    let said = township.call(&resync);
    let row = &rows(&said)[0];
    // The lines, and the list they stood on.
    assert_eq!((said.status.code(), &row["equal"], &row["held"]), (Some(1), &json!(false), &json!(61)), "{row}");
    assert!(err(&said).contains("有 61 条删除在等人确认") && err(&said).contains("519901001200"), "{}", err(&said));
    // The clerk there knows that the register is to begin anew.
    let said = village.call(&["resync", "--json"]);
    let row = &rows(&said)[0];
    assert_eq!((said.status.code(), &row["removed"], &row["equal"]), (Some(0), &json!(61), &json!(true)), "{row}");
    assert_eq!(township.call(&["verify", "--area", "519901001200"]).status.code(), Some(0));
}

#[test]
fn what_is_no_store_is_not_put_in_the_place_of_one() {
    let root = tempfile::tempdir().unwrap();
    let mut node = village(root.path(), 12);
    node.stop();
    let list = aside(&node, "低保.csv", &register(1..=400));
    let empty = aside(&node, "空.db", "");
    let foreign = node.dir.join("别的程序.db");
    rusqlite::Connection::open(&foreign).unwrap().execute_batch("CREATE TABLE 名册 (姓名 TEXT)").unwrap();
    for file in [list, empty, foreign] {
        let said = node.call(&["restore", file.to_str().unwrap()]);
        assert_eq!((said.status.code(), out(&said).as_str()), (Some(1), ""), "{}", err(&said));
        let told =
            format!("错误：这不是 rosterd 的数据库：{}\n  怎么办：要用 rosterd backup 做出的文件\n", file.display());
        assert_eq!(err(&said), told);
    }
    let left = fs::read_dir(node.dir.join("data")).unwrap().flatten().map(|entry| entry.file_name());
    assert!(!left.map(|name| name.into_string().unwrap()).any(|name| name.contains("restoring")));
    assert_eq!(rows(&node.call(&["status", "--json"]))[0]["entries"], 12, "the store is where it was");
}

#[test]
fn where_no_daemon_answers_status_is_3_also_with_a_store_that_does_not_open() {
    let root = tempfile::tempdir().unwrap();
    let node = Node::init(env!("CARGO_BIN_EXE_rosterd"), root.path(), "519901001200", "200村");
    let alone = "后台服务没有运行";
    let doctor = node.call(&["doctor"]);
    assert_eq!((doctor.status.code(), err(&doctor).matches(alone).count()), (Some(1), 1), "{}", err(&doctor));
    fs::write(node.dir.join("data/rosterd.db"), [0xa5; 8_192]).unwrap();
    for verb in [&["status"][..], &["status", "--json"], &["status", "--wait", "1"]] {
        let said = node.call(verb);
        assert_eq!((said.status.code(), out(&said).as_str()), (Some(3), ""), "{verb:?} {}", err(&said));
        assert!(err(&said).contains(alone) && err(&said).contains("或者它不是数据库"), "{}", err(&said));
    }
    assert_eq!(node.call(&["findings"]).status.code(), Some(1));
}

#[test]
fn a_nightly_backup_is_restored_on_trial_and_a_failed_one_is_told() {
    let root = tempfile::tempdir().unwrap();
    let mut node = village(root.path(), 25);
    let doctor = out(&node.call(&["doctor"]));
    assert!(doctor.contains("rosterd-backup.timer"), "none yet, and what to do: {doctor}");
    let folder = node.dir.join("backup");
    fs::create_dir(&folder).unwrap();
    (1..=14).for_each(|day| fs::write(folder.join(format!("rosterd-2020-01-{day:02}-023000.db")), "old").unwrap());
    let made = node.call(&["backup", "--nightly", "--json"]);
    assert_eq!(made.status.code(), Some(0), "{}", err(&made));
    let row = rows(&made).remove(0);
    assert_eq!((&row["entries"], &row["kept"], &row["removed"]), (&25.into(), &14.into(), &1.into()), "{row}");
    let file = row["file"].as_str().unwrap().to_owned();
    assert_eq!(fs::read_dir(&folder).unwrap().count(), 14, "the trial leaves nothing behind");
    let status = node.json(&["status"]).remove(0);
    assert!(status["backup"]["last"].is_string() && status["backup"]["failed"].is_null(), "{status}");

    // The disk with the backups is gone.
    fs::rename(&folder, node.dir.join("weg")).unwrap();
    fs::write(&folder, "").unwrap();
    let failed = node.call(&["backup", "--nightly"]);
    assert_eq!(failed.status.code(), Some(1));
    let status = node.json(&["status"]).remove(0);
    assert!(status["backup"]["failed"].is_string() && status["backup"]["error"].is_string(), "{status}");
    fs::remove_file(&folder).unwrap();
    fs::rename(node.dir.join("weg"), &folder).unwrap();

    // The store is lost; the last good night comes back, without a daemon, and another is made of it.
    node.stop();
    fs::remove_file(node.dir.join("data/rosterd.db")).unwrap();
    let restored = node.call(&["restore", &file]);
    assert_eq!(restored.status.code(), Some(0), "{}", err(&restored));
    sleep(Duration::from_millis(1_100));
    let made = node.call(&["backup", "--nightly"]);
    assert!(made.status.success() && err(&made).contains("试恢复"), "{}", err(&made));
    node.start(Some("2026-03-31"));
    node.wait_ready();
    node.settle(SETTLE_SECS);
    assert_eq!(node.json(&["status"])[0]["entries"], 25);
}

#[test]
fn a_restore_that_breaks_off_leaves_a_store_or_says_so() {
    let root = tempfile::tempdir().unwrap();
    let mut node = village(root.path(), 25);
    let backup = node.dir.join("backup.db");
    let backup = backup.to_str().unwrap();
    assert!(node.call(&["backup", backup]).status.success());
    fs::write(node.inbox().join("人口.csv"), register(1..=26)).unwrap();
    node.settle(SETTLE_SECS);
    node.stop();
    // What a store that began anew could read.
    fs::remove_file(node.inbox().join("人口.csv")).unwrap();
    let cut = Command::new(env!("CARGO_BIN_EXE_rosterd"))
        .args(["restore", backup, "--config", node.config().to_str().unwrap()])
        .env("ROSTERD_CRASH_AT", "store-put-aside:1")
        .output()
        .unwrap();
    assert_eq!(cut.status.code(), None, "the power is gone: {}", err(&cut));
    let starts = |node: &mut Node| {
        node.start(Some("2026-03-31"));
        node.wait_ready();
        node.settle(SETTLE_SECS);
        let entries = node.json(&["status"])[0]["entries"].clone();
        node.stop();
        entries
    };
    assert_eq!(starts(&mut node), 26, "it goes on with the store there was");

    // Where the disk knows no second name of a file, it is under neither of the two.
    fs::remove_file(node.dir.join("data/rosterd.db")).unwrap();
    node.start(Some("2026-03-31"));
    let begun = Instant::now();
    while node.is_running() {
        assert!(begun.elapsed() < Duration::from_secs(SETTLE_SECS), "it begins anew");
        sleep(Duration::from_millis(50));
    }
    node.kill();
    let said = node.log_tail();
    assert!(said.contains("上次恢复中断") && said.contains("rosterd restore"), "{said}");
    assert!(!node.dir.join("data/rosterd.db").exists());
    assert!(node.call(&["restore", backup]).status.success());
    assert_eq!(starts(&mut node), 25);
}
