//! What finding and sending the difference costs beside `rsync` of the two database files.

use std::collections::HashSet;
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;
use std::time::Instant;

use rosterd::daemon::ledger::Ledger;
use rosterd::sync::batch;
use rosterd::sync::ledger::{ChildLedger, Mark};
use rosterd::sync::sketch::{Coder, Decoder, Element, encode};

use super::support::branch::Branch;
use super::support::disk;
use super::support::story::number;
use super::{COUNTY, today};

/// As in `rosterd::sync::survey`: so many symbols at first, then half as many again as there are.
const SYMBOLS_FIRST: usize = 128;
const VILLAGE_LINES: u64 = 2_000;
const SALT: u64 = 9;

/// The register of the `village`-th village; of every `stride`-th line in the county the household is another one in
/// the second version (0: of none).
fn register(village: u64, stride: u64) -> String {
    let mut text = String::from("序号,户号,姓名,与户主关系,公民身份号码,人口状态,变动时间,迁入迁出地\n");
    for i in 0..VILLAGE_LINES {
        let n = village * VILLAGE_LINES + i;
        let born = format!("{}{:02}{:02}", 1930 + n / 336 % 90, 1 + n / 28 % 12, 1 + n % 28);
        let id = number(&format!("{born}/{:03}", n / 30_240 % 1_000));
        let name = ["王", "李", "赵", "孙"][n as usize % 4].to_owned() + ["国海", "秀英", "德玉"][n as usize / 4 % 3];
        let household = if stride > 0 && n.is_multiple_of(stride) { n + 7_000_000 } else { n / 3 };
        text.push_str(&format!("{i},{household},{name},户主,{id},在册,,\n"));
    }
    text
}

fn read(office: &Branch, all: u64, stride: u64) {
    for village in 0..all / VILLAGE_LINES {
        let (township, place) = (1 + village / 90, 200 + village % 90);
        let path = format!("{COUNTY}{township:03}{place}/population.csv");
        office.read(&path, &register(village, stride)).expect("a good disk");
    }
}

fn ledger(office: &Branch) -> Ledger {
    Ledger::new(Arc::clone(&office.office))
}

/// Bytes of symbols until the child knows what differs, the keys of what does, and seconds.
fn compare(child: &[Mark], parent: &[Mark]) -> (usize, HashSet<u64>, f64) {
    let begun = Instant::now();
    let mut coder = Coder::new(parent.iter().map(|mark| Element::of(mark, SALT)), SALT);
    let mut decoder = Decoder::new(child.iter().map(|mark| Element::of(mark, SALT)), SALT);
    let mut bytes = 0;
    loop {
        let from = decoder.taken();
        let block = coder.symbols(from, (from * 3 / 2).max(SYMBOLS_FIRST)).to_vec();
        bytes += encode(&block).len();
        if decoder.take(&block).expect("our own symbols") {
            break;
        }
    }
    let keys = decoder.difference().child.iter().map(|element| element.key).collect();
    (bytes, keys, begun.elapsed().as_secs_f64())
}

/// Bytes that rsync sends and receives to make `parent` the same file as `child`.
fn rsync(child: &Path, parent: &Path, flags: &[&str]) -> u64 {
    let to = parent.with_extension("made equal");
    fs::copy(parent, &to).expect("our own folder");
    let mut told = Command::new("rsync");
    told.args(["--stats", "--no-whole-file", "--ignore-times"]).args(flags).arg(child).arg(&to);
    let told = told.output().expect("rsync is there");
    let text = String::from_utf8_lossy(&told.stdout).into_owned();
    assert!(told.status.success() && fs::read(child).ok() == fs::read(&to).ok(), "{text}");
    let figure = |of: &str| -> u64 {
        let line = text.lines().find_map(|line| line.strip_prefix(of)).expect("rsync prints its figures");
        line.chars().filter(char::is_ascii_digit).collect::<String>().parse().expect("a number")
    };
    figure("Total bytes sent:") + figure("Total bytes received:")
}

fn measure(all: u64, changed: u64) {
    let root = tempfile::tempdir().expect("a temporary folder");
    let folder = |name: &str| root.path().join(name);
    let store = |name: &str| -> PathBuf { folder(name).join("rosterd.db") };
    let open = |name: &str| Branch::open(&folder(name), COUNTY, today()).expect("a good disk");
    let child = open("child");
    read(&child, all, 0);
    child.office.store.empty_log();
    drop(child);
    // Kind to rsync: a parent's own file holds the same in another order.
    fs::create_dir_all(folder("parent")).expect("our own folder");
    fs::copy(store("child"), store("parent")).expect("our own folder");

    let child = open("child");
    let before = ledger(&child).identity().expect("it reads");
    read(&child, all, all / changed);
    child.office.store.empty_log();
    let parent = open("parent");
    let marks = |office: &Branch| ledger(office).inventory().expect("it reads").marks;
    let (of_child, of_parent) = (marks(&child), marks(&parent));
    let (symbols, differ, secs) = compare(&of_child, &of_parent);
    let mut items = ledger(&child).items_after(before.head, usize::MAX, usize::MAX).expect("it reads");
    items.retain(|item| item.line.starts_with(r#"{"t":"entry""#));
    assert_eq!((items.len() as u64, differ.len() as u64), (changed, changed), "entries changed and nothing else");
    let bound: usize = items.iter().map(|item| item.line.len()).sum();
    let last = items.last().map_or(before.head, |item| item.seq);
    let packed = batch::build(&before, before.head, last, &items).expect("text packs").body.len();
    drop((child, parent));
    let (plain, packed_too) =
        (rsync(&store("child"), &store("parent"), &[]), rsync(&store("child"), &store("parent"), &["-z"]));
    println!(
        "{all} entries, {changed} changed: {symbols} B and {secs:.2} s to know which, {packed} B to send them, \
         {} B in all; the entries as they are {bound} B; rsync of the files ({} MB) {plain} B, with -z {packed_too} B",
        symbols + packed,
        fs::metadata(store("child")).expect("our own file").len() >> 20,
    );
}

#[test]
#[ignore = "measures; run with --ignored --nocapture, in release"]
fn measure_reconciliation_beside_rsync() {
    let _turn = disk::plug_in();
    if Command::new("rsync").arg("--version").output().is_err() {
        // Past the capture of the test's output: a measurement that was not made must be seen to.
        let _ = writeln!(std::io::stderr(), "SKIPPED: rsync of the database files: rsync is not installed");
        return;
    }
    for (all, changed) in [(60_000, 100), (600_000, 100), (600_000, 6_000)] {
        measure(all, changed);
    }
}
