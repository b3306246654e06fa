//! Who is who, scored and timed: `rosterd link eval` on the sample lines of two levels of noise, and on ever more of them.
//!
//! ```text
//! cargo bench --bench linkage                   both samples, five rounds each
//! cargo bench --bench linkage -- --growth       also 4x and 16x the lines, each copy with other people
//! ```

mod dice;
mod machine;

use std::fs::{self, File};
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

use dice::Dice;

const ROUNDS: usize = 5;
const COPIES: [u32; 2] = [4, 16];

fn main() {
    let growth = std::env::args().any(|word| word == "--growth");
    println!("{}\n", machine::line());
    println!(
        "| file | lines | precision | recall | F1 | seconds (best of {ROUNDS}) | lines/s | peak memory |\n|---|---|---|---|---|---|---|---|"
    );
    let folder = tempfile::tempdir().expect("a temporary folder");
    let files = ["noise1", "noise5"].map(|noise| (noise, unpack(noise, folder.path())));
    for (noise, file) in &files {
        measure(noise, file, ROUNDS);
    }
    for copies in COPIES.into_iter().filter(|_| growth) {
        for (noise, file) in &files {
            measure(&format!("{noise} x {copies}"), &multiply(file, copies, folder.path()), 1);
        }
    }
}

/// Evaluates one file `rounds` times and prints its line.
fn measure(name: &str, file: &Path, rounds: usize) {
    let results: Vec<Value> = (0..rounds).map(|_| eval(file)).collect();
    let seconds = results.iter().filter_map(|r| r["seconds"].as_f64()).fold(f64::INFINITY, f64::min);
    let (last, lines) = (&results[rounds - 1], results[0]["lines"].as_f64().unwrap_or_default());
    let [precision, recall, f1] = ["precision", "recall", "f1"].map(|key| last[key].as_f64().unwrap_or_default());
    println!(
        "| {name} | {lines} | {precision:.5} | {recall:.5} | {f1:.5} | {seconds:.2} | {:.0} | {} MB |",
        lines / seconds,
        peak_bytes() / 1_000_000
    );
}

/// Of all evaluations so far; the files only grow.
fn peak_bytes() -> u64 {
    // SAFETY: plain integers, for which all zeros is a value, filled by getrusage(2), which only writes to it.
    let usage = unsafe {
        let mut usage = std::mem::zeroed::<libc::rusage>();
        libc::getrusage(libc::RUSAGE_CHILDREN, &mut usage);
        usage
    };
    usage.ru_maxrss as u64 * 1024
}

fn eval(file: &Path) -> Value {
    let out = Command::new(env!("CARGO_BIN_EXE_rosterd"))
        .args(["link", "eval", "--json"])
        .arg(file)
        .output()
        .expect("rosterd starts");
    assert!(out.status.success(), "link eval: {}", String::from_utf8_lossy(&out.stderr));
    serde_json::from_slice(&out.stdout).expect("one JSON object")
}

fn unpack(noise: &str, folder: &Path) -> PathBuf {
    let packed = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("tests/fixtures/link/{noise}.csv.zst"));
    let file = folder.join(format!("{noise}.csv"));
    let mut out = File::create(&file).expect("room for the file");
    zstd::stream::copy_decode(File::open(packed).expect("the fixture"), &mut out).expect("a zstd file");
    file
}

/// `copies` counties of the same shape in one file: each copy lies in townships of its own and its people have other
/// names and birthdays, so that blocks grow as they would with more people, not with more copies of the same.
fn multiply(file: &Path, copies: u32, folder: &Path) -> PathBuf {
    let target = folder.join("copies.csv");
    let mut out = BufWriter::new(File::create(&target).expect("room for the file"));
    let text = fs::read_to_string(file).expect("our own file");
    let mut lines = text.lines();
    writeln!(out, "{}", lines.next().expect("a header")).expect("room");
    let lines: Vec<&str> = lines.collect();
    for copy in 0..copies {
        let letters = letters(copy);
        for (at, line) in lines.iter().enumerate() {
            let cells: Vec<&str> = line.split(',').collect();
            let [_, area, list, name, number, sex, birth, uid] = cells[..] else { panic!("eight columns") };
            let id = copy as usize * lines.len() + at;
            let (county, village) = (&area[..6], &area[9..]);
            let township = area[6..9].parse::<u32>().expect("digits") + copy * 2;
            let name: String = name.chars().map(|c| letters.get(&c).copied().unwrap_or(c)).collect();
            // Another county's prefix, the same digits otherwise: the same damage, and other people.
            let number = number.replacen("519901", &prefix(copy), 1);
            writeln!(out, "{id},{county}{township:03}{village},{list},{name},{number},{sex},{birth},{copy}-{uid}")
                .expect("room");
        }
    }
    out.flush().expect("room");
    target
}

/// Six digits whose weighted sum is that of 519901 modulo 11, so that a right check digit stays right.
fn prefix(copy: u32) -> String {
    const WEIGHTS: [u32; 6] = [7, 9, 10, 5, 8, 4];
    let sum = |code: u32| -> u32 {
        let digits = format!("{code:06}");
        digits.bytes().zip(WEIGHTS).map(|(b, w)| u32::from(b - b'0') * w).sum::<u32>() % 11
    };
    let mut fitting = (519_901..).filter(|code| sum(*code) == sum(519_901));
    fitting.nth(copy as usize).expect("one in eleven fits").to_string()
}

/// A reshuffle of the commonest letters of names, one to one; copy 0 keeps them.
fn letters(copy: u32) -> std::collections::HashMap<char, char> {
    const COMMON: &str = "伟强军杰涛明超刚平辉鹏华飞鑫波斌宇浩凯健俊芳娜敏静秀丽艳娟霞燕玲桂英慧巧美兰凤洁梅琳素云莲真环雪荣爱妹香月莺媛瑞凡佳嘉琼珍贞莉春";
    let mut to: Vec<char> = COMMON.chars().collect();
    let mut dice = Dice::new(u64::from(copy));
    for at in (1..to.len()).rev().filter(|_| copy > 0) {
        to.swap(at, dice.below(at + 1));
    }
    COMMON.chars().zip(to).collect()
}
