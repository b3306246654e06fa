//! What the parent told: findings that only it can see, decisions, and findings of our own that it sees through.

use std::collections::HashSet;

use rusqlite::{OptionalExtension, Row};
use serde_json::Value;

use super::codec::Doing;
use super::{DecisionKind, View, Wait, Writer};
use crate::domain::{Date, Disposition, FindingId, FindingStatus, Uid};
use crate::error::Result;

/// Key in `meta`: the number before the first notice of those that are told anew.
const TOLD_ANEW: &str = "notices_anew";
/// The same, where all of them were told.
const TOLD: u64 = u64::MAX >> 1;

/// One line that the parent told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NoticeRow {
    pub id: FindingId,
    /// As it was sent.
    pub body: String,
    /// An entry of ours on which the finding rests that the line withdraws; `None` where it withdraws none.
    pub withdraws: Option<Uid>,
}

/// What the parent says of a finding that holds, as far as a decision about it needs that.
pub(super) struct ToldFinding {
    pub status: FindingStatus,
    pub evidence: Vec<Uid>,
    pub first_seen: Option<Date>,
    /// `None` from an older parent.
    pub basis: Option<i64>,
}

impl NoticeRow {
    pub(super) fn told(&self) -> Option<ToldFinding> {
        let line: Value = serde_json::from_str(&self.body).ok()?;
        let finding = &line["finding"];
        let uids = finding["entries"].as_array()?.iter().filter_map(|entry| entry["uid"].as_str()?.parse().ok());
        Some(ToldFinding {
            status: FindingStatus::parse(finding["status"].as_str()?)?,
            evidence: uids.collect(),
            first_seen: finding["first_seen"].as_str().and_then(|day| day.parse().ok()),
            basis: line["basis"].as_i64(),
        })
    }
}

fn notice(row: &Row) -> rusqlite::Result<NoticeRow> {
    Ok(NoticeRow {
        id: FindingId(row.get::<_, i64>(0)? as u64),
        body: row.get(1)?,
        withdraws: row.get::<_, Option<i64>>(2)?.map(|uid| Uid(uid as u64)),
    })
}

impl View<'_> {
    /// The last that the parent told of this.
    pub fn notice(&self, id: FindingId) -> Result<Option<NoticeRow>> {
        self.conn
            .prepare_cached("SELECT id, body, withdraws FROM notices WHERE id = ?1")
            .and_then(|mut s| s.query_row([id.0 as i64], notice).optional())
            .doing("reading what the parent told")
    }

    /// What the parent told us and still says, by id.
    pub fn notices(&self) -> Result<Vec<(FindingId, String)>> {
        self.conn
            .prepare_cached("SELECT id, body FROM notices WHERE open = 1 ORDER BY id")
            .and_then(|mut s| {
                s.query_map([], |row| Ok((FindingId(row.get::<_, i64>(0)? as u64), row.get(1)?)))?.collect()
            })
            .doing("reading what the parent told")
    }

    /// The findings that the parent tells of and this node has no live one of its own for, as they stand here, by id.
    pub fn told_alone(&self) -> Result<Vec<(FindingId, Value)>> {
        let rows: Vec<NoticeRow> = self
            .conn
            .prepare_cached(
                "SELECT id, body, withdraws FROM notices
                 WHERE open = 1 AND NOT EXISTS (SELECT 1 FROM findings WHERE findings.id = notices.id AND holds = 1)
                 ORDER BY id",
            )
            .and_then(|mut s| s.query_map([], notice)?.collect())
            .doing("reading what the parent told")?;
        let mut told = Vec::with_capacity(rows.len());
        for row in rows {
            told.extend(self.as_it_stands(&row)?.map(|finding| (row.id, finding)));
        }
        Ok(told)
    }

    /// The finding of this name that the parent tells of, as it stands here; `None` where it tells of none.
    pub fn told(&self, id: FindingId) -> Result<Option<Value>> {
        self.notice(id)?.map_or(Ok(None), |row| self.as_it_stands(&row))
    }

    /// The finding in a line of the parent's. What was decided here or below since it was told counts: whoever decided would
    /// look for it, and the parent comes to the same by the same basis, as soon as it hears of it.
    fn as_it_stands(&self, row: &NoticeRow) -> Result<Option<Value>> {
        let mut line: Value = serde_json::from_str(&row.body).unwrap_or_default();
        let basis = line["basis"].as_i64();
        let Some(mut finding) = line.get_mut("finding").map(Value::take).filter(|finding| !finding.is_null()) else {
            return Ok(None);
        };
        let last = self.decisions_about(DecisionKind::Finding, &row.id.to_string())?.into_iter().next();
        if let (Some(last), Some(own)) = (last, self.own_area()?)
            && own.contains(last.author)
            && basis.is_some()
            && last.basis == basis
            && let Some(verdict) = Disposition::parse(&last.verdict)
        {
            finding["status"] = FindingStatus::after(verdict).as_str().into();
        }
        Ok(Some(finding))
    }

    /// What the parent told us after `nseq`, to be handed on, in its order.
    pub fn notices_changed(&self, nseq: u64, limit: usize) -> Result<Vec<(u64, NoticeRow)>> {
        self.conn
            .prepare_cached("SELECT id, body, withdraws, nseq FROM notices WHERE nseq > ?1 ORDER BY nseq LIMIT ?2")
            .and_then(|mut s| {
                s.query_map((nseq as i64, limit as i64), |row| Ok((row.get::<_, i64>(3)? as u64, notice(row)?)))?
                    .collect()
            })
            .doing("reading what the parent told")
    }

    /// Findings that this node may make and the parent sees through.
    pub fn withdrawn(&self) -> Result<HashSet<FindingId>> {
        self.conn
            .prepare_cached("SELECT id FROM notices WHERE withdraws IS NOT NULL")
            .and_then(|mut s| s.query_map([], |row| Ok(FindingId(row.get::<_, i64>(0)? as u64)))?.collect())
            .doing("reading what the parent told")
    }
}

impl Writer<'_> {
    /// Keeps a line that the parent told; `open` where what it tells of holds. A person whose finding it withdraws, or
    /// withdraws no longer, waits to be judged again.
    pub fn put_notice(&self, id: FindingId, open: bool, body: &str, withdraws: Option<Uid>) -> Result<()> {
        let before = self.notice(id)?.and_then(|row| row.withdraws);
        self.conn
            .prepare_cached("INSERT OR REPLACE INTO notices VALUES (?1, ?2, ?3, ?4, ?5)")
            .and_then(|mut s| {
                s.execute((id.0 as i64, self.next_seq() as i64, open, body, withdraws.map(|uid| uid.0 as i64)))
            })
            .doing("keeping what the parent told")?;
        if before != withdraws {
            before.into_iter().chain(withdraws).try_for_each(|uid| self.judge_again(uid))?;
        }
        Ok(())
    }

    /// The parent begins to tell everything anew. Until it has told all ([`Writer::told_all`]) what it told before counts:
    /// page by page a finding that it withdraws would come back and go again.
    pub fn told_anew(&self) -> Result<()> {
        self.put_meta_u64(TOLD_ANEW, self.seq.get())
    }

    /// Whether the parent is telling everything anew.
    pub(super) fn is_told_anew(&self) -> Result<bool> {
        Ok(self.meta_u64(TOLD_ANEW)?.is_some_and(|since| since != TOLD))
    }

    /// The parent has nothing more to tell for now: what it did not repeat, where it told everything anew, no longer holds.
    pub fn told_all(&self) -> Result<()> {
        let doing = "forgetting what the parent told";
        let Some(since) = self.meta_u64(TOLD_ANEW)?.filter(|since| *since != TOLD) else { return Ok(()) };
        self.put_meta_u64(TOLD_ANEW, TOLD)?;
        let standing: Vec<(i64, Option<i64>)> = self
            .conn
            .prepare_cached(
                "SELECT id, withdraws FROM notices
                 WHERE nseq <= ?1 AND (open = 1 OR withdraws IS NOT NULL) AND body ->> 't' = 'finding' ORDER BY id",
            )
            .and_then(|mut s| s.query_map([since as i64], |row| Ok((row.get(0)?, row.get(1)?)))?.collect())
            .doing(doing)?;
        for (id, withdraws) in standing {
            // Each gets a number of its own: what is handed on is read page by page.
            self.conn
                .prepare_cached(
                    "UPDATE notices SET open = 0, nseq = ?2, withdraws = NULL,
                            body = json_remove(json_set(body, '$.finding', NULL), '$.seen') WHERE id = ?1",
                )
                .and_then(|mut s| s.execute((id, self.next_seq() as i64)))
                .doing(doing)?;
            withdraws.map_or(Ok(()), |uid| self.judge_again(Uid(uid as u64)))?;
        }
        Ok(())
    }

    /// Lets whoever the line is of be judged again, where it is here.
    pub fn judge_again(&self, uid: Uid) -> Result<()> {
        match self.entry(uid)? {
            Some(stored) => self.mark(stored.id, Wait::Judge),
            None => Ok(()),
        }
    }
}
