//! Who is who, scored and timed: `rosterd link eval` on the sample lines of two levels of noise, as a clerk would run it.
//! How the time grows with the lines is `linkage_growth`.

mod machine;

use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

const ROUNDS: usize = 5;

fn main() {
    println!("{}\n", machine::line());
    println!(
        "| file | lines | precision | recall | F1 | seconds (best of {ROUNDS}) | lines/s | peak memory |\n|---|---|---|---|---|---|---|---|"
    );
    let folder = tempfile::tempdir().expect("a temporary folder");
    for noise in ["noise1", "noise5"] {
        measure(noise, &unpack(noise, folder.path()));
    }
}

/// Evaluates one file several times and prints its line.
fn measure(name: &str, file: &Path) {
    let results: Vec<Value> = (0..ROUNDS).map(|_| eval(file)).collect();
    let seconds = results.iter().filter_map(|r| r["seconds"].as_f64()).fold(f64::INFINITY, f64::min);
    let (last, lines) = (&results[ROUNDS - 1], results[0]["lines"].as_f64().unwrap_or_default());
    let [precision, recall, f1] = ["precision", "recall", "f1"].map(|key| last[key].as_f64().unwrap_or_default());
    println!(
        "| {name} | {lines} | {precision:.5} | {recall:.5} | {f1:.5} | {seconds:.2} | {:.0} | {} MB |",
        lines / seconds,
        peak_bytes() / 1_000_000
    );
}

/// Of all evaluations so far.
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
