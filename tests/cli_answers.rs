//! The verbs against a desk that answers on the real control socket: what a person reads, what a program reads.

use std::path::{Path, PathBuf};
use std::process::Output;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use assert_cmd::Command;
use rosterd::daemon::control::requests::{Findings, People, SettleHeld};
use rosterd::daemon::control::server::Listener;
use rosterd::daemon::control::{Desk, Exit, Frame, Request};
use rosterd::domain::{List, Severity};
use rosterd::error::Error;
use rosterd::report::text::Text;
use rosterd::settings::Language;
use serde_json::{Value, json};

/// Answers as an office of three findings would.
#[derive(Default)]
struct Office {
    asked: AtomicU32,
}

fn entry(list: &str, file: &str, row: u32) -> Value {
    json!({
        "uid": "0000000000001", "area": "519901001200", "list": list, "status": "active",
        "name": "吉****", "id_number": "519901**********19", "source": {"file": file, "sheet": null, "row": row},
    })
}

fn finding(id: &str, rule: &str, severity: &str, age: u32, text: &str) -> Value {
    json!({
        "id": id, "rule": rule, "severity": severity, "status": "open", "person": "p1", "area": "519901001200",
        "list": "dibao", "first_seen": "2026-03-31", "due": null, "detail": {}, "text": text,
        "entries": [entry("dibao", "低保.xls", 12)], "age_days": age,
    })
}

impl Desk for Office {
    fn handle(&self, request: Request, out: &mut dyn FnMut(Frame) -> bool) -> Exit {
        match request.verb.as_str() {
            "findings" => {
                let args: Findings = request.args().unwrap();
                let mut rows = vec![
                    finding("f0000000001", "deceased-still-active", "high", 12, "200村的低保名册上仍为在册，请核实。"),
                    finding("f0000000002", "id-missing", "low", 1, "200村的低保名册上此人没有身份证号，请补录。"),
                ];
                rows.retain(|row| {
                    args.severity.is_none_or(|s| row["severity"] == s.as_str()) && args.list != Some(List::Family)
                });
                assert!(args.severity.is_none_or(|severity| severity == Severity::High));
                // Whoever asks for people shows them as they come.
                assert_eq!(args.oldest_first, args.severity.is_none());
                for row in &rows {
                    out(Frame::row(row));
                }
                Exit::Done
            }
            "people" => {
                let args: People = request.args().unwrap();
                assert!(!request.who.is_empty(), "a look has an author");
                assert_eq!(args.reveal, args.reason.is_some());
                out(Frame::row(
                    &json!({"person": "p1", "entries": [entry("population", "人口.csv", 3), entry("dibao", "低保.xls", 12)]}),
                ));
                Exit::Done
            }
            "settled" => {
                // From the third question on.
                let settled = self.asked.fetch_add(1, Ordering::SeqCst) >= 2;
                out(Frame::row(&json!({"settled": settled})));
                Exit::Done
            }
            "status" => {
                let asked = self.asked.load(Ordering::SeqCst);
                out(Frame::row(&json!({
                    "node": "519901001200", "level": "village", "name": "200村", "version": "0.1.0",
                    "parent": {"url": "https://127.0.0.1:7443", "last_contact": null, "state": "waiting"},
                    "children": [], "backlog": {"entries": 17, "bytes": 4096}, "last_error": "connection refused",
                    "sources": [{"path": "inbox/低保.xls", "list": "dibao", "last_read": "2026-03-31T10:00:00Z", "lines": 41, "state": "read"}],
                    "held": 1, "quarantined": 2, "findings": {"high": 1, "medium": 0, "low": 1, "info": 0},
                    "settled": asked >= 3, "paused": false, "running": true,
                })));
                Exit::Done
            }
            "held" => {
                out(Frame::row(&json!({
                    "id": "3", "list": "dibao", "area": "519901001200", "area_name": "200村", "file": "低保.xls",
                    "since": "2026-04-30T10:00:00Z", "lines": 20, "before": 41, "removed": 21, "share": 0.512,
                })));
                Exit::Done
            }
            "settle-held" => {
                let args: SettleHeld = request.args().unwrap();
                out(Frame::row(&json!({"id": args.id})));
                Exit::Done
            }
            "verify" => {
                out(Frame::progress(1, 2, "compare"));
                out(Frame::row(
                    &json!({"area": "519901001200", "list": "dibao", "matched": 40, "here": 41, "parent": 40, "equal": false}),
                ));
                Exit::Failed
            }
            "resync" => {
                let error = Error::new("the parent did not acknowledge")
                    .because("connection refused")
                    .hint("check the network");
                out(Frame::error(&Text::new(Language::English), &error, Exit::Unreachable));
                Exit::Unreachable
            }
            "invite" => {
                out(Frame::Hint("listening on 127.0.0.1:7443".into()));
                out(Frame::row(
                    &json!({"area": "519901001200", "code": "ROSTERD1-ABC", "expires": "2026-04-01T00:00:00Z"}),
                ));
                Exit::Done
            }
            "quarantine" => {
                out(Frame::row(
                    &json!({"file": "人口.xls", "sheet": null, "code": "encrypted", "count": 1, "since": "2026-04-30T10:00:00Z"}),
                ));
                out(Frame::row(
                    &json!({"file": "健康.csv", "sheet": null, "row": 7, "code": "no-name", "count": 1, "since": "2026-04-30T10:00:00Z"}),
                ));
                Exit::Done
            }
            _ => Exit::Done,
        }
    }
}

/// A node whose daemon is the desk above.
struct Node {
    _folder: tempfile::TempDir,
    _runtime: tokio::runtime::Runtime,
    config: PathBuf,
}

impl Node {
    fn start(language: &str) -> Node {
        let folder = tempfile::tempdir().unwrap();
        let config = folder.path().join("rosterd.toml");
        let mut init = Command::cargo_bin("rosterd").unwrap();
        init.args(["init", "--area", "519901001200", "--name", "200村", "--language", language, "--dir"])
            .arg(folder.path());
        init.assert().success();
        let runtime = tokio::runtime::Runtime::new().unwrap();
        let listener = {
            let _inside = runtime.enter();
            Listener::bind(&folder.path().join("data/control.sock")).unwrap()
        };
        runtime.spawn(listener.serve(Arc::new(Office::default()), std::future::pending()));
        Node { _folder: folder, _runtime: runtime, config }
    }

    fn ask(&self, arguments: &[&str]) -> (String, String, Option<i32>) {
        let mut command = Command::cargo_bin("rosterd").unwrap();
        let Output { status, stdout, stderr } =
            command.args(arguments).args(["--config".as_ref(), self.config.as_path()] as [&Path; 2]).output().unwrap();
        (String::from_utf8(stdout).unwrap(), String::from_utf8(stderr).unwrap(), status.code())
    }
}

#[test]
fn findings_are_a_table_for_people_in_the_order_of_the_desk() {
    let node = Node::start("zh-CN");
    let (out, err, exit) = node.ask(&["findings"]);
    assert_eq!(exit, Some(0), "{err}");
    assert_eq!(
        out.lines().collect::<Vec<_>>(),
        [
            "程度  已有  地区   姓名    出处         编号         情况",
            "高    12天  200村  吉****  低保.xls:12  f0000000001  200村的低保名册上仍为在册，请核实。",
            "低    1天   200村  吉****  低保.xls:12  f0000000002  200村的低保名册上此人没有身份证号，请补录。",
        ]
    );
    assert!(err.contains("共2条（高 1、低 1）"), "{err}");
    let (out, err, _) = node.ask(&["findings", "--list", "family"]);
    assert!(out.is_empty() && err.contains("没有符合条件的疑点"), "{out}{err}");
}

#[test]
fn a_program_gets_json_lines_and_nothing_else_on_stdout() {
    let node = Node::start("en");
    for verb in [
        &["findings", "--severity", "high"][..],
        &["people", "吉木"],
        &["status"],
        &["held"],
        &["quarantine"],
        &["verify"],
    ] {
        let (out, err, _) = node.ask(&[verb, &["--json"]].concat());
        assert!(!out.is_empty(), "{verb:?} {err}");
        for line in out.lines() {
            assert!(serde_json::from_str::<Value>(line).is_ok_and(|row| row.is_object()), "{verb:?}: {line}");
        }
    }
    let (out, _, exit) = node.ask(&["events", "--json"]);
    assert_eq!((out.as_str(), exit), ("", Some(0)), "no rows is no lines");
}

#[test]
fn a_person_is_shown_masked_and_a_reason_is_repeated() {
    let node = Node::start("zh-CN");
    let (out, err, _) = node.ask(&["people", "吉木"]);
    assert!(out.contains("人口底册") && out.contains("519901**********19") && err.is_empty(), "{out}{err}");
    let (_, err, _) = node.ask(&["people", "吉木", "--reveal", "--reason", "核对3月低保停发"]);
    assert!(err.contains("本次查看完整信息已登记：核对3月低保停发"), "{err}");
}

#[test]
fn status_waits_until_the_daemon_says_it_is_settled() {
    let node = Node::start("en");
    let (out, err, exit) = node.ask(&["status", "--wait", "0"]);
    assert_eq!(exit, Some(3), "{out}{err}");
    assert!(err.contains("Not settled within 0 s"), "{err}");
    let (out, err, exit) = node.ask(&["status", "--wait", "20"]);
    assert_eq!(exit, Some(0), "{err}");
    for part in [
        "200村 (519901001200) village, settled",
        "17 entries (4096 bytes)",
        "waiting to retry, never",
        "connection refused",
        "inbox/低保.xls",
        "high 1",
    ] {
        assert!(out.contains(part), "{part}\n{out}");
    }
    assert!(err.contains("held for a person: 1") && err.contains("rosterd quarantine"), "{err}");
}

#[test]
fn held_files_show_what_they_would_take_away() {
    let node = Node::start("en");
    let (out, err, _) = node.ask(&["held"]);
    assert!(out.contains("51%") && out.contains("21") && err.contains("rosterd held release ID"), "{out}{err}");
    let (_, err, exit) = node.ask(&["held", "release", "3"]);
    assert_eq!((exit, err.trim()), (Some(0), "3 released."));
}

#[test]
fn a_comparison_that_differs_is_1_and_a_parent_that_is_silent_is_3() {
    let node = Node::start("en");
    let (out, err, exit) = node.ask(&["verify"]);
    assert_eq!(exit, Some(1));
    assert!(out.contains("differs") && err.contains("rosterd resync repairs it"), "{out}{err}");
    let (out, err, exit) = node.ask(&["resync"]);
    assert_eq!((exit, out.as_str()), (Some(3), ""));
    assert_eq!(
        err.lines().map(str::trim).collect::<Vec<_>>(),
        ["error: the parent did not acknowledge", "because: connection refused", "what to do: check the network"]
    );
}

#[test]
fn a_join_code_is_the_last_line_of_stdout() {
    let node = Node::start("en");
    let (out, err, exit) = node.ask(&["invite", "--area", "519901001200"]);
    assert_eq!((out.as_str(), exit), ("ROSTERD1-ABC\n", Some(0)));
    assert!(err.contains("good once") && err.contains("listening on"), "{err}");
}

#[test]
fn what_was_not_taken_says_why_in_the_offices_language() {
    let node = Node::start("zh-CN");
    let (out, _, _) = node.ask(&["quarantine"]);
    assert!(out.contains("文件有密码") && out.contains("此行没有姓名") && out.contains('7'), "{out}");
}
