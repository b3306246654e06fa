//! What `deploy/` ships holds together: units, alarms and dashboard speak of things that are there.

mod support;

use std::collections::BTreeSet;
use std::fs;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::Command;

use support::node::{Node, free_port};

const UNITS: &str = "deploy/usr/lib/systemd/system";
const OBSERVED: &str = "deploy/usr/share/rosterd";
/// In tenths, as `systemd-analyze --threshold` takes it: an exposure of 1.5.
const EXPOSURE_TENTHS_MAX: u32 = 15;

fn path(below: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(below)
}

fn read(below: &str) -> String {
    fs::read_to_string(path(below)).unwrap_or_else(|e| panic!("{below}: {e}"))
}

#[test]
fn each_template_is_the_unit_for_one_of_several_nodes() {
    for (unit, ending) in [("rosterd", "service"), ("rosterd-backup", "service"), ("rosterd-backup", "timer")] {
        let (one, several) = (read(&format!("{UNITS}/{unit}.{ending}")), read(&format!("{UNITS}/{unit}@.{ending}")));
        let plain = several
            .replace("/etc/rosterd/%i.toml", "/etc/rosterd/rosterd.toml")
            .replace("StateDirectory=rosterd/%i", "StateDirectory=rosterd")
            .replace("Description=rosterd %i:", "Description=rosterd:");
        assert_eq!(one, plain);
    }
}

#[test]
fn the_units_are_as_closed_as_promised() {
    for unit in ["rosterd.service", "rosterd@.service", "rosterd-backup.service", "rosterd-backup@.service"] {
        let threshold = format!("--threshold={EXPOSURE_TENTHS_MAX}");
        let analyze = Command::new("systemd-analyze")
            .args(["security", "--offline=true", "--no-pager", &threshold])
            .arg(path(&format!("{UNITS}/{unit}")))
            .output();
        match analyze {
            Ok(out) => assert!(out.status.success(), "{unit}: {}", String::from_utf8_lossy(&out.stdout)),
            Err(_) => println!("SKIPPED: no systemd-analyze here to judge {unit}"),
        }
    }
}

/// Every word that looks like one of our metrics, less what Prometheus itself hangs behind a histogram's name.
fn metric_names(text: &str) -> BTreeSet<String> {
    let is_part = |c: char| c.is_ascii_lowercase() || c == '_';
    let words = text.split(|c: char| !is_part(c)).filter(|word| word.starts_with("rosterd_"));
    words
        .map(|word| word.trim_end_matches("_bucket").trim_end_matches("_sum").trim_end_matches("_count").to_owned())
        .collect()
}

#[test]
fn alarms_and_dashboard_ask_for_metrics_that_the_daemon_has() {
    let root = tempfile::tempdir().unwrap();
    let mut node = Node::init(env!("CARGO_BIN_EXE_rosterd"), root.path(), "519901001", "第1乡");
    let port = free_port();
    let settings = fs::read_to_string(node.config()).unwrap();
    let listening = settings.replace("# listen = \"127.0.0.1:9466\"", &format!("listen = \"127.0.0.1:{port}\""));
    assert_ne!(settings, listening, "the sample shows where metrics listen");
    fs::write(node.config(), listening).unwrap();
    node.start(None);
    node.wait_ready();
    let served = metric_names(&get(port, "/metrics"));
    let asked: BTreeSet<String> = ["prometheus-alerts.yml", "grafana-dashboard.json"]
        .iter()
        .flat_map(|file| metric_names(&read(&format!("{OBSERVED}/{file}"))))
        .collect();
    assert!(asked.len() >= 10, "{asked:?}");
    // A family without a member, such as the children of a node that has none, is not printed; its name is in the code.
    let code =
        fs::read_dir(path("src/daemon")).unwrap().flatten().filter_map(|file| fs::read_to_string(file.path()).ok());
    let code: String = code.collect();
    let registered = |name: &str| code.contains(&format!("\"{}\"", name.trim_start_matches("rosterd_")));
    let unknown: Vec<_> = asked.difference(&served).filter(|name| !registered(name)).collect();
    assert!(unknown.is_empty(), "asked for and not served: {unknown:?}\nserved: {served:?}");
    assert!(get(port, "/healthz").starts_with("HTTP/1.1 200") && get(port, "/readyz").starts_with("HTTP/1.1 200"));
    node.stop();
}

fn get(port: u16, page: &str) -> String {
    let mut stream = TcpStream::connect(("127.0.0.1", port)).unwrap();
    write!(stream, "GET {page} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nConnection: close\r\n\r\n").unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    answer
}

#[test]
fn the_dashboard_is_json_and_every_panel_asks_something() {
    let board: serde_json::Value = serde_json::from_str(&read(&format!("{OBSERVED}/grafana-dashboard.json"))).unwrap();
    let panels = board["panels"].as_array().unwrap();
    assert!(!panels.is_empty() && panels.iter().all(|p| !p["targets"].as_array().unwrap().is_empty()));
}

#[test]
fn removing_keeps_the_offices_data_and_only_purging_takes_it() {
    let postrm = read("deploy/debian/postrm");
    let purge = postrm.split("= purge").nth(1).unwrap_or_default();
    assert!(purge.contains("/var/lib/rosterd") && !postrm.split("= purge").next().unwrap().contains("rm "));
}

#[test]
fn another_level_of_the_log_counts_from_a_reload_on() {
    let root = tempfile::tempdir().unwrap();
    let mut node = Node::init(env!("CARGO_BIN_EXE_rosterd"), root.path(), "519901001201", "甲村");
    let config = node.config();
    let settings = fs::read_to_string(&config).unwrap();
    let at = |level: &str| fs::write(&config, settings.replace("# level = \"info\"", &format!("level = \"{level}\"")));
    at("error").unwrap();
    node.start(Some("2026-06-02"));
    node.wait_ready();
    at("info").unwrap();
    reload(&node);
    assert!(!node.log_tail().contains(" ready"), "{}", node.log_tail());
    node.stop();
}

/// SIGHUP, until the settings are read again.
fn reload(node: &Node) {
    let reloads = || node.log_tail().matches("settings read again").count();
    let before = reloads();
    // SAFETY: kill(2) takes numbers; the process is our own child.
    unsafe { libc::kill(node.pid() as libc::pid_t, libc::SIGHUP) };
    let begun = std::time::Instant::now();
    while reloads() == before {
        assert!(begun.elapsed().as_secs() < 30, "{}", node.log_tail());
        std::thread::sleep(std::time::Duration::from_millis(50));
    }
}

#[test]
fn other_limits_of_a_rule_count_from_a_reload_and_from_a_start_on_for_what_is_known_already() {
    let root = tempfile::tempdir().unwrap();
    let mut node = Node::init(env!("CARGO_BIN_EXE_rosterd"), root.path(), "519901001201", "甲村");
    let config = node.config();
    let settings = fs::read_to_string(&config).unwrap();
    let with = |days: u32| {
        fs::write(&config, settings.replace("# review_days_a = 365", &format!("review_days_a = {days}"))).unwrap();
    };
    let lines = "姓名,保障类别,最近核查日期,救助状态\n张三,A,2024-01-05,在保\n李四,A,2026-05-05,在保\n";
    fs::write(node.inbox().join("低保.csv"), lines).unwrap();
    with(365);
    node.start(Some("2026-06-02"));
    node.wait_ready();
    let overdue = |node: &Node| {
        node.settle(60);
        let findings = node.findings();
        findings.iter().filter(|finding| finding["rule"] == "dibao-review-overdue").count()
    };
    assert_eq!(overdue(&node), 1);
    with(3_000);
    reload(&node);
    assert_eq!(overdue(&node), 0);
    node.stop();
    with(20);
    node.start(Some("2026-06-02"));
    node.wait_ready();
    assert_eq!(overdue(&node), 2);
    node.stop();
}
