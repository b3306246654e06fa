//! Every input the fuzzer ever found worth keeping, those that broke something first of all, stays harmless.

use std::fs;
use std::path::Path;

#[path = "fuzz/targets.rs"]
mod targets;

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
