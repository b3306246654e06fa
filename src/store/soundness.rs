//! Whether every page of the file, and every row that travels, is what was written.

use super::codec::Doing;
use super::{FindingFilter, View, fault, sum};
use crate::error::{Error, Result};

impl View<'_> {
    /// What a look at every page and every row that travels finds wrong with the file; `None` where it is sound.
    pub fn unsound(&self) -> Result<Option<String>> {
        let doing = "checking the store";
        let said: String = self.conn.pragma_query_value(None, "integrity_check", |row| row.get(0)).doing(doing)?;
        if said != "ok" {
            return Ok(Some(said));
        }
        for (table, columns) in [
            ("entries", sum::ENTRY),
            ("snapshots", sum::SNAPSHOT),
            ("decisions", sum::DECISION),
            ("gone", sum::GONE),
            ("blocks", sum::BUCKET),
        ] {
            let sql = format!("SELECT count(*) FROM {table} WHERE sum <> row_sum({columns})");
            let changed: i64 = self.conn.query_row(&sql, [], |row| row.get(0)).doing(doing)?;
            if changed > 0 {
                return Ok(Some(format!("{changed} rows of {table} are not what was written")));
            }
        }
        // They have no sum: what holds is found again. But one that does not read stops the work wherever it is asked for.
        let all = FindingFilter { all: true, ..FindingFilter::default() };
        match self.each_finding(&all, &mut |_| Ok(())).map_err(fault::judged) {
            Err(error) if error.is_damaged() => Ok(Some(error.to_string())),
            read => read.map(|_| None),
        }
    }

    /// # Errors
    /// Where it is not sound.
    pub fn must_be_sound(&self) -> Result<()> {
        self.unsound()?.map_or(Ok(()), |why| Err(Error::new(why).damaged()))
    }
}
