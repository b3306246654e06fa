//! Pairs of entries that may be one person, for a clerk to judge.

use super::codec::{Doing, uid};
use super::decisions::pair_subject;
use super::{DecisionKind, View, Writer};
use crate::domain::Uid;
use crate::error::Result;

/// A pair for clerical review; `a` is the smaller uid.
#[derive(Debug, Clone, PartialEq)]
pub struct MatchRow {
    pub a: Uid,
    pub b: Uid,
    /// log2 of how much likelier the pair is one person than two.
    pub score: f64,
}

impl MatchRow {
    /// The id a person types: `a-b`.
    pub fn id(&self) -> String {
        pair_subject(self.a, self.b)
    }
}

impl View<'_> {
    /// Undecided pairs, the likeliest first.
    pub fn matches(&self) -> Result<Vec<MatchRow>> {
        let all: Vec<MatchRow> = self
            .conn
            .prepare_cached("SELECT a, b, score FROM matches ORDER BY score DESC, a, b")
            .and_then(|mut s| {
                s.query_map([], |row| Ok(MatchRow { a: uid(row, 0)?, b: uid(row, 1)?, score: row.get(2)? }))?.collect()
            })
            .doing("reading potential matches")?;
        let mut open = Vec::with_capacity(all.len());
        for row in all {
            if self.decisions_about(DecisionKind::Match, &row.id())?.is_empty() {
                open.push(row);
            }
        }
        Ok(open)
    }

    /// The entries a clerk should compare with this one.
    pub fn potential_of(&self, entry: Uid) -> Result<Vec<Uid>> {
        self.conn
            .prepare_cached("SELECT b FROM matches WHERE a = ?1 UNION ALL SELECT a FROM matches WHERE b = ?1")
            .and_then(|mut s| s.query_map([entry.0 as i64], |row| uid(row, 0))?.collect())
            .doing("reading potential matches")
    }
}

impl Writer<'_> {
    /// Makes the potential matches among `entries` be exactly `now`.
    pub fn put_matches(&self, entries: &[Uid], now: &[MatchRow]) -> Result<()> {
        let standing = self.any(&self.matched, "SELECT EXISTS (SELECT 1 FROM matches)")?;
        for uid in entries.iter().filter(|_| standing) {
            self.conn
                .prepare_cached("DELETE FROM matches WHERE a = ?1 OR b = ?1")
                .and_then(|mut s| s.execute([uid.0 as i64]))
                .doing("writing potential matches")?;
        }
        for row in now {
            self.matched.set(Some(true));
            self.conn
                .prepare_cached("INSERT OR REPLACE INTO matches VALUES (?1, ?2, ?3)")
                .and_then(|mut s| s.execute((row.a.min(row.b).0 as i64, row.a.max(row.b).0 as i64, row.score)))
                .doing("writing potential matches")?;
        }
        Ok(())
    }
}
