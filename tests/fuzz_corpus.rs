//! Every input the fuzzer ever found worth keeping, those that broke something first of all, stays harmless.

use std::fs;
use std::path::{Path, PathBuf};

#[path = "bench/dice.rs"]
#[allow(dead_code, reason = "benches throw it in more ways")]
mod dice;
#[path = "fuzz/slips.rs"]
mod slips;
#[path = "fuzz/targets.rs"]
mod targets;

use dice::Dice;

#[test]
fn no_kept_input_breaks_anything() {
    let corpus = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fuzz/corpus");
    for (name, target) in targets::ALL {
        let folder = corpus.join(name);
        let mut replayed = 0;
        for entry in fs::read_dir(&folder).expect("every target has a corpus").flatten() {
            let data = fs::read(entry.path()).expect("our own file");
            let path = entry.path();
            if std::panic::catch_unwind(|| target(&data)).is_err() {
                panic!("{} breaks {name}; alone: tests/fuzz/run {name} {}", path.display(), path.display());
            }
            replayed += 1;
        }
        println!("{name}: {replayed} inputs");
        assert!(replayed >= 5, "{name} has hardly a corpus");
    }
}

/// Every spreadsheet in text below a folder.
fn sheets(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).expect("our own folder").flatten() {
        let path = entry.path();
        if path.is_dir() {
            found.extend(sheets(&path));
        } else if path.extension().is_some_and(|ending| ending == "csv") {
            found.push(path);
        }
    }
    found.sort_unstable();
    found
}

/// Reads `count` spreadsheets with slips in them.
fn read_slips(count: u64, seed: u64) {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut bases = sheets(&root.join("tests/fixtures/county/exports"));
    bases.extend(sheets(&root.join("tests/fuzz/corpus/csv")));
    let bases: Vec<Vec<u8>> = bases.iter().map(|path| fs::read(path).expect("our own file")).collect();
    assert!(bases.len() > 20, "{} spreadsheets", bases.len());
    let mut dice = Dice::new(seed);
    for n in 0..count {
        let sheet = slips::slipped(&bases[dice.below(bases.len())], &mut dice);
        if std::panic::catch_unwind(|| targets::csv(&sheet)).is_err() {
            let kept = std::env::temp_dir().join(format!("rosterd-slip-{seed}-{n}.csv"));
            fs::write(&kept, &sheet).expect("room for the file");
            panic!("a slip breaks reading: {}; keep it in tests/fuzz/corpus/csv", kept.display());
        }
    }
    println!("{count} spreadsheets with slips");
}

#[test]
fn no_slip_breaks_reading() {
    read_slips(1_500, 1);
}

#[test]
#[ignore = "long: run with --ignored"]
fn no_slip_of_two_hundred_thousand_breaks_reading() {
    for seed in 2..=101 {
        read_slips(2_000, seed);
    }
}
