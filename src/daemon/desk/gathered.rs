//! The rows of one answer until whoever asked has taken them, as text. A county's findings are some ten megabytes, and sixteen
//! people may ask for them at once and then look at the first page: what is more than a little lies in the spool meanwhile. Names
//! and numbers in it are masked, as in the mismatch log.

use std::fs::File;
use std::io::{BufRead as _, BufReader, Write as _};
use std::path::PathBuf;

use serde_json::Value;

use super::super::control::spool::Spooled;
use crate::error::{Context as _, Result};

/// So much of an answer is kept in memory.
const KEPT_BYTES_MAX: usize = 256 << 10;

pub(super) struct Gathered {
    /// The data folder, as long as there may be a spool in it.
    data: Option<PathBuf>,
    /// The first rows, one a line.
    spooled: Option<(Spooled, File)>,
    /// The last rows, one a line.
    kept: String,
}

impl Gathered {
    /// `data`: the folder of the daemon; `None` keeps all in memory.
    pub fn new(data: Option<PathBuf>) -> Gathered {
        Gathered { data, spooled: None, kept: String::new() }
    }

    pub fn put(&mut self, row: &Value) {
        self.kept.push_str(&row.to_string());
        self.kept.push('\n');
        if self.kept.len() > KEPT_BYTES_MAX && self.data.is_some() && self.spool().is_none() {
            // On a full disk people want to know all the same; a part of a piece in the spool is passed over.
            self.data = None;
        }
    }

    /// Lays down what is kept.
    fn spool(&mut self) -> Option<()> {
        if self.spooled.is_none() {
            let spooled = Spooled::new(self.data.as_ref()?).ok()?;
            let file = spooled.create().ok()?;
            self.spooled = Some((spooled, file));
        }
        let (_, file) = self.spooled.as_mut()?;
        let whole = file.metadata().ok()?.len();
        if file.write_all(self.kept.as_bytes()).is_err() {
            // What was written of it is in memory too.
            file.set_len(whole).ok();
            return None;
        }
        self.kept.clear();
        Some(())
    }

    /// Gives the rows in their order.
    ///
    /// # Errors
    /// The first one of `take`, or where the spool does not read.
    pub fn each(self, mut take: impl FnMut(&Value) -> Result<()>) -> Result<()> {
        let mut take = |line: &str| {
            let row: Value = serde_json::from_str(line).or_say("reading what was gathered for an answer")?;
            take(&row)
        };
        if let Some((spooled, _)) = &self.spooled {
            let doing = "reading what was gathered for an answer";
            let file = File::open(spooled.path()).or_say(doing)?;
            for line in BufReader::new(file).lines() {
                take(&line.or_say(doing)?)?;
            }
        }
        self.kept.lines().try_for_each(take)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn gathered(data: Option<PathBuf>) -> Gathered {
        let mut gathered = Gathered::new(data);
        (0..20_000).for_each(|n| gathered.put(&json!({"n": n, "text": "第一行\n第二行"})));
        gathered
    }

    fn numbers(gathered: Gathered) -> Vec<u64> {
        let mut numbers = Vec::new();
        let take = |row: &Value| {
            numbers.extend(row["n"].as_u64());
            Ok(())
        };
        gathered.each(take).unwrap();
        numbers
    }

    #[test]
    fn a_large_answer_lies_in_the_spool_and_is_given_whole_in_its_order() {
        let data = tempfile::tempdir().unwrap();
        let rows = gathered(Some(data.path().to_owned()));
        assert!(rows.kept.len() <= KEPT_BYTES_MAX && rows.spooled.is_some());
        assert_eq!(numbers(rows), (0..20_000).collect::<Vec<_>>());
        assert_eq!(std::fs::read_dir(data.path().join("spool")).unwrap().count(), 0, "nothing is left behind");
    }

    #[test]
    fn where_there_is_no_spool_it_is_kept_in_memory() {
        // A file stands where the folder should.
        let data = tempfile::NamedTempFile::new().unwrap();
        for data in [None, Some(data.path().to_owned())] {
            let rows = gathered(data);
            assert!(rows.spooled.is_none());
            assert_eq!(numbers(rows), (0..20_000).collect::<Vec<_>>());
        }
    }
}
