//! The peer that every figure is put beside: DuckDB where it can be installed, else SQLite, named as what it is.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serde_json::Value;

pub struct Baseline {
    python: PathBuf,
    pub engine: &'static str,
}

pub struct Measured {
    pub seconds: f64,
    pub peak_bytes: u64,
    pub found: Value,
}

impl Baseline {
    /// Installs DuckDB into a virtual environment below `target`, once; without a registry it falls back to SQLite.
    /// `None` where there is no Python at all.
    pub fn prepare(target: &Path) -> Option<Baseline> {
        let venv = target.join("bench-venv");
        let python = venv.join("bin/python");
        let has_duckdb = |python: &Path| succeeds(Command::new(python).args(["-c", "import duckdb"]));
        if !has_duckdb(&python) {
            let made = succeeds(Command::new("python3").args(["-m", "venv"]).arg(&venv));
            if made {
                succeeds(Command::new(&python).args(["-m", "pip", "install", "--quiet", "duckdb"]));
            }
        }
        if has_duckdb(&python) {
            return Some(Baseline { python, engine: "duckdb" });
        }
        let python = PathBuf::from("python3");
        succeeds(Command::new(&python).args(["-c", "import sqlite3"])).then_some(Baseline { python, engine: "sqlite" })
    }

    /// Two months of the health list: what changed, what is new, what is gone.
    pub fn diff(&self, old: &Path, new: &Path) -> Option<Measured> {
        self.run(&["diff".as_ref(), old, new])
    }

    /// The four lists read, and eleven checks by number only.
    pub fn checks(&self, folder: &Path) -> Option<Measured> {
        self.run(&["checks".as_ref(), folder])
    }

    fn run(&self, args: &[&Path]) -> Option<Measured> {
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/bench/baseline.py");
        let out = Command::new(&self.python)
            .arg(script)
            .arg(self.engine)
            .args(args)
            .stderr(Stdio::inherit())
            .output()
            .ok()?;
        let said: Value = serde_json::from_slice(&out.stdout).ok()?;
        Some(Measured {
            seconds: said["seconds"].as_f64()?,
            peak_bytes: said["peak_bytes"].as_u64()?,
            found: said["found"].clone(),
        })
    }
}

fn succeeds(command: &mut Command) -> bool {
    command.stdout(Stdio::null()).stderr(Stdio::null()).status().is_ok_and(|status| status.success())
}
