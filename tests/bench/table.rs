//! The printed table: what was measured, beside what the peer took in the same run.

use std::fmt;

pub struct Table {
    title: String,
    rows: Vec<[String; 5]>,
}

impl Table {
    pub fn new(title: &str) -> Table {
        Table { title: title.to_owned(), rows: Vec::new() }
    }

    /// `seconds` of ours, our peak memory, the peer's seconds, and what else is worth saying.
    pub fn row(&mut self, case: &str, seconds: f64, peak_bytes: Option<u64>, peer: Option<f64>, note: &str) {
        let peak = peak_bytes.map_or(String::new(), |bytes| format!("{} MB", bytes / 1_000_000));
        let (beside, ratio) = match peer {
            Some(peer) => (format!("{peer:.2} s"), format!("{:.2}x", seconds / peer)),
            None => (String::new(), String::new()),
        };
        let cells = [format!("{seconds:.3} s"), peak, beside, ratio, note.to_owned()];
        eprintln!("{case}: {}", cells.join(" "));
        self.rows.push([
            case.to_owned(),
            cells[0].clone(),
            cells[1].clone(),
            format!("{} {}", cells[2], cells[3]),
            note.to_owned(),
        ]);
    }

    /// A figure that is not seconds.
    pub fn fact(&mut self, case: &str, figure: &str, peak_bytes: Option<u64>, note: &str) {
        let peak = peak_bytes.map_or(String::new(), |bytes| format!("{} MB", bytes / 1_000_000));
        eprintln!("{case}: {figure} {peak} {note}");
        self.rows.push([case.to_owned(), figure.to_owned(), peak, String::new(), note.to_owned()]);
    }
}

impl fmt::Display for Table {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "\n### {}\n", self.title)?;
        writeln!(f, "| case | rosterd | peak memory | baseline, ratio | note |\n|---|---|---|---|---|")?;
        for row in &self.rows {
            writeln!(f, "| {} |", row.join(" | "))?;
        }
        Ok(())
    }
}
