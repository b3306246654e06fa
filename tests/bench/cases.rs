//! The cases of the county bench: real release daemons, fed like an office feeds them.

use std::fs;
use std::path::{Path, PathBuf};
use std::thread::sleep;
use std::time::{Duration, Instant};

use tempfile::TempDir;

use super::baseline::{Baseline, Measured};
use super::generate::{County, Roster};
use super::support::node::{Node, SETTLE_MILLIS};
use super::table::Table;
use super::write::{self, Style};

const BINARY: &str = env!("CARGO_BIN_EXE_rosterd");
const SEED: u64 = 519_901;
/// Months the county lives before its first files are written, so that offices already disagree.
const HISTORY_MONTHS: usize = 3;
/// The month-ends of the two months that are written.
const TODAY: [&str; 2] = ["2026-06-29", "2026-07-29"];
/// How long any one case may take before it counts as hung.
const CASE_SECS_MAX: u64 = 3_600;
const VILLAGE_LINES: usize = 3_000;
const VILLAGE_CHANGES: usize = 30;
/// How often the village's file is sent again with other changes, for a median.
const VILLAGE_ROUNDS: usize = 7;
/// How often the unchanged list is read again: the first time the system still writes the load to its disk.
const SAME_ROUNDS: usize = 5;
const IDLE_SECS: u64 = 60;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Case {
    Load,
    Same,
    Next,
    Village,
    Push,
    Idle,
}

impl Case {
    pub const ALL: [Case; 6] = [Case::Load, Case::Same, Case::Next, Case::Village, Case::Push, Case::Idle];

    pub fn parse(text: &str) -> Result<Case, String> {
        let named = |case: &Case| format!("{case:?}").eq_ignore_ascii_case(text);
        Case::ALL.into_iter().find(named).ok_or(format!("no case {text}; there are {:?}", Case::ALL))
    }
}

pub struct Bench {
    baseline: Option<Baseline>,
    style: Style,
}

/// The files of one county: two months, and the county itself for single villages.
struct Files {
    folder: TempDir,
    county: County,
    bytes: u64,
    lines: usize,
}

impl Files {
    fn make(residents: usize, style: Style) -> Files {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let (bytes, lines, county) = write_months(folder.path(), residents, style);
        Files { folder, county, bytes, lines }
    }

    fn first(&self) -> PathBuf {
        self.folder.path().join("first")
    }

    fn next(&self) -> PathBuf {
        self.folder.path().join("next")
    }
}

/// Writes both months below `folder`, `first/` and `next/`; returns bytes and lines of the first, and the county after.
pub fn write_months(folder: &Path, residents: usize, style: Style) -> (u64, usize, County) {
    let mut county = with_history(residents, false);
    let bytes = write::county(&county, &folder.join("first"), style).expect("room for the files");
    let lines = county.lists.iter().map(Vec::len).sum();
    county.live_a_month();
    write::county(&county, &folder.join("next"), style).expect("room for the files");
    (bytes, lines, county)
}

fn with_history(residents: usize, one_township: bool) -> County {
    let mut county = County::found(residents, SEED, one_township);
    (0..HISTORY_MONTHS).for_each(|_| county.live_a_month());
    county
}

impl Bench {
    pub fn prepare(noise: bool) -> Bench {
        let target = Path::new(BINARY).parent().and_then(Path::parent).expect("target/release/rosterd");
        Bench { baseline: Baseline::prepare(target), style: Style { noise } }
    }

    pub fn engine(&self) -> &str {
        self.baseline.as_ref().map_or("none: no Python here", |b| b.engine)
    }

    /// Runs the cases in the order an office meets them and adds a row each.
    pub fn run(&self, residents: usize, cases: &[Case], table: &mut Table) {
        let has = |case| cases.contains(&case);
        if has(Case::Load) || has(Case::Same) || has(Case::Next) || has(Case::Village) {
            self.at_the_county(residents, cases, table);
        }
        if has(Case::Push) {
            self.push(residents, table);
        }
        if has(Case::Idle) {
            self.idle(table);
        }
    }

    fn at_the_county(&self, residents: usize, cases: &[Case], table: &mut Table) {
        let mut files = Files::make(residents, self.style);
        let checks = self.ask(|peer| peer.checks(&files.first()));
        let diff = self.ask(|peer| peer.diff(&files.first().join("health.csv"), &files.next().join("health.csv")));
        note_peer(table, "baseline: four lists, eleven checks", &checks);
        note_peer(table, "baseline: two months of health", &diff);

        let root = tempfile::tempdir().expect("a temporary folder");
        let mut node = Node::init(BINARY, root.path(), "519901", "云岭县");
        node.drop_files(&files.first());
        let begun = Instant::now();
        node.start(Some(TODAY[0]));
        node.wait_ready();
        node.settle(CASE_SECS_MAX);
        let load_secs = begun.elapsed().as_secs_f64();
        let note = format!("{} lines, {} MB, {} findings", files.lines, files.bytes / 1_000_000, node.findings().len());
        table.row("first load, four lists", load_secs, Some(node.rss_peak_bytes()), seconds(&checks), &note);

        if cases.contains(&Case::Same) {
            let health = node.inbox().join("health.csv");
            let (secs, worst) = median((0..SAME_ROUNDS).map(|_| import(&node, &health)).collect());
            let note = format!("worst {worst:.3} s");
            table.row("unchanged list, by import", secs, Some(node.rss_peak_bytes()), seconds(&diff), &note);
            let (secs, worst) = median((0..SAME_ROUNDS).map(|_| save_again(&node, &health)).collect());
            let note = format!("worst {worst:.3} s; less the {SETTLE_MILLIS} ms in which a file must be still");
            table.row("unchanged list, saved again", secs, Some(node.rss_peak_bytes()), seconds(&diff), &note);
        }
        // Next month is another day for the rules, and another process: its peak is its own.
        node.stop();
        node.start(Some(TODAY[1]));
        node.wait_ready();
        node.settle(CASE_SECS_MAX);
        if cases.contains(&Case::Next) {
            let secs = replace(&node, &files.next().join("health.csv"));
            let note = diff.as_ref().map_or(String::new(), |d| d.found.to_string());
            table.row("next month's health list", secs, Some(node.rss_peak_bytes()), seconds(&diff), &note);
        }
        if cases.contains(&Case::Village) {
            self.one_village(&mut files, &node, load_secs, table);
        }
        node.stop();
    }

    /// A village's corrected file at the county's node, several times over; the median is the figure.
    fn one_village(&self, files: &mut Files, node: &Node, load_secs: f64, table: &mut Table) {
        let (village, lines) = files.county.village_with_health_lines(VILLAGE_LINES);
        let path = files.folder.path().join(format!("{}健康档案.csv", files.county.code(village)));
        let mut rounds = Vec::new();
        for round in 0..=VILLAGE_ROUNDS {
            files.county.touch_health(village, VILLAGE_CHANGES);
            write::village(&files.county, Roster::Health, village, &path, self.style).expect("room for the file");
            let secs = import(node, &path);
            // The first one also moves the village from the county's file to its own.
            if round > 0 {
                rounds.push(secs);
            }
        }
        let (median, worst) = median(rounds);
        let note = format!(
            "{lines} lines, {VILLAGE_CHANGES} changed; worst {worst:.3} s; a full load is {:.0}x",
            load_secs / median
        );
        table.row("one village's new file", median, Some(node.rss_peak_bytes()), None, &note);
    }

    /// A township with all of it enrols at a county that has nothing.
    fn push(&self, residents: usize, table: &mut Table) {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let county = with_history(residents, true);
        write::county(&county, folder.path(), self.style).expect("room for the files");
        let entries: usize = county.lists.iter().map(Vec::len).sum();
        drop(county);

        let root = tempfile::tempdir().expect("a temporary folder");
        let mut parent = Node::init(BINARY, root.path(), "519901", "云岭县");
        let mut child = Node::init(BINARY, root.path(), "519901001", "第1乡");
        child.drop_files(folder.path());
        for node in [&mut parent, &mut child] {
            node.start(Some(TODAY[0]));
            node.wait_ready();
        }
        child.settle(CASE_SECS_MAX);
        let begun = Instant::now();
        child.join(&parent);
        child.drain(CASE_SECS_MAX);
        let secs = begun.elapsed().as_secs_f64();
        child.settle(CASE_SECS_MAX);
        parent.settle(CASE_SECS_MAX);
        let judged = begun.elapsed().as_secs_f64();
        let figure = format!("{:.0} entries/s", entries as f64 / secs);
        let note = format!(
            "{entries} entries acknowledged in {secs:.2} s; linked and judged at the parent after {judged:.2} s"
        );
        table.fact("push over loopback", &figure, Some(parent.rss_peak_bytes()), &note);
        child.stop();
        parent.stop();
    }

    /// A village with its own lists and a parent, and nothing to do.
    fn idle(&self, table: &mut Table) {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let county = with_history(super::generate::VILLAGE_RESIDENTS, false);
        write::county(&county, folder.path(), self.style).expect("room for the files");
        let root = tempfile::tempdir().expect("a temporary folder");
        let mut parent = Node::init(BINARY, root.path(), "519901001", "第1乡");
        let mut village = Node::init(BINARY, root.path(), "519901001200", "200村");
        village.drop_files(folder.path());
        for node in [&mut parent, &mut village] {
            node.start(Some(TODAY[0]));
            node.wait_ready();
        }
        village.join(&parent);
        village.settle(CASE_SECS_MAX);
        let loaded = village.rss_bytes();
        // A working process keeps what it once needed; an office's machine starts it fresh every morning.
        village.stop();
        village.start(Some(TODAY[0]));
        village.wait_ready();
        village.settle(CASE_SECS_MAX);
        let before = village.cpu();
        sleep(Duration::from_secs(IDLE_SECS));
        let used = village.cpu() - before;
        let share = used.as_secs_f64() / IDLE_SECS as f64 * 100.0;
        let figure = format!("{:.1} MB resident", village.rss_bytes() as f64 / 1e6);
        let note = format!(
            "{:.1} MB of it its own, the rest the program file; {share:.2} % of a core over {IDLE_SECS} s; {} MB just \
             after its first load",
            village.own_bytes() as f64 / 1e6,
            loaded / 1_000_000
        );
        table.fact("village idle", &figure, Some(village.rss_peak_bytes()), &note);
        village.stop();
        parent.stop();
    }

    fn ask(&self, question: impl Fn(&Baseline) -> Option<Measured>) -> Option<Measured> {
        self.baseline.as_ref().and_then(question)
    }
}

/// The median, and the worst.
fn median(mut rounds: Vec<f64>) -> (f64, f64) {
    rounds.sort_by(f64::total_cmp);
    (rounds[rounds.len() / 2], rounds[rounds.len() - 1])
}

/// `rosterd import FILE`, until nothing is left to do. Includes the start of the command line itself.
fn import(node: &Node, file: &Path) -> f64 {
    let begun = Instant::now();
    let file = file.to_str().expect("our own path");
    let out = node.call(&["import", file]);
    assert!(out.status.success(), "import {file}: {}", String::from_utf8_lossy(&out.stderr));
    node.settle(CASE_SECS_MAX);
    begun.elapsed().as_secs_f64()
}

/// Saves the file once more as it is, and waits until the watcher took it for the same.
fn save_again(node: &Node, file: &Path) -> f64 {
    let last_read = || {
        let status = node.json(&["status"]);
        let sources = status[0]["sources"].as_array().expect("sources").clone();
        let name = file.file_name().and_then(|name| name.to_str());
        sources.iter().find(|source| source["path"].as_str() == name).expect("it was read")["last_read"].clone()
    };
    let before = last_read();
    let beside = node.dir.join("again.part");
    fs::copy(file, &beside).expect("room for the file");
    let begun = Instant::now();
    fs::rename(&beside, file).expect("the same file system");
    while last_read() == before {
        assert!(begun.elapsed() < Duration::from_secs(CASE_SECS_MAX), "the file was not read again");
        sleep(Duration::from_millis(10));
    }
    node.settle(CASE_SECS_MAX);
    begun.elapsed().as_secs_f64() - SETTLE_MILLIS as f64 / 1e3
}

/// Saves `file` over the one of its name in the inbox, as an office does, and has it read now.
fn replace(node: &Node, file: &Path) -> f64 {
    let target = node.inbox().join(file.file_name().expect("a file"));
    let beside = node.dir.join("next.part");
    fs::copy(file, &beside).expect("room for the file");
    // The watcher must not be first, or the time of the import would be that of waiting for it.
    assert!(node.call(&["pause"]).status.success());
    fs::rename(&beside, &target).expect("the same file system");
    assert!(node.call(&["resume"]).status.success());
    import(node, &target)
}

fn seconds(measured: &Option<Measured>) -> Option<f64> {
    measured.as_ref().map(|m| m.seconds)
}

fn note_peer(table: &mut Table, case: &str, measured: &Option<Measured>) {
    if let Some(peer) = measured {
        table.row(case, peer.seconds, Some(peer.peak_bytes), None, &peer.found.to_string());
    }
}
