//! What people decided. Decisions have several writers; each carries its author and is never overwritten.

use std::collections::BTreeSet;

use rusqlite::Row;
use serde::{Deserialize, Serialize};

use super::codec::{Doing, area};
use super::wire::INSTANTS;
use super::{CONFIRMATION_OVER, FindingRow, Transition, View, Wait, Writer, sum};
use crate::domain::{Area, Disposition, FindingId, FindingStatus, Uid};
use crate::error::Result;

/// Longest note beside a decision.
pub const NOTE_CHARS_MAX: usize = 2_000;
/// Longest verdict: one word.
const VERDICT_BYTES_MAX: usize = 32;

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum DecisionKind {
    /// About a finding.
    Finding,
    /// About a pair of entries: the same person or not.
    Match,
}

impl DecisionKind {
    fn as_str(self) -> &'static str {
        match self {
            DecisionKind::Finding => "finding",
            DecisionKind::Match => "match",
        }
    }
}

/// One decision, as it is stored and as it travels.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Decision {
    /// The number at the node that sends it.
    #[serde(default)]
    pub seq: u64,
    /// The node it was made at.
    #[serde(rename = "area")]
    pub author: Area,
    pub kind: DecisionKind,
    /// A finding's id, or two uids with a hyphen, the smaller first.
    pub subject: String,
    /// confirm, dismiss, reopen or [`CONFIRMATION_OVER`] for findings; confirm, reject for pairs.
    pub verdict: String,
    pub note: String,
    /// Unix milliseconds by the author's clock: for people; of two, the one with the later time counts.
    pub at: i64,
    /// The basis of the finding that the author looked at (findings.rs): a dismissal is of that and of nothing else. `None`
    /// of a pair, and where an older node does not say.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub basis: Option<i64>,
}

/// Why it is asked again what decisions make of a finding.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Occasion {
    /// Somebody decided.
    Decision,
    /// The finding is new here, or begins to concern whoever decided.
    Finding,
    /// Its evidence changed.
    Evidence,
    /// The parent told of it again.
    Told,
}

impl Decision {
    /// Whether it names its subject as every node does, has no more words than a person writes, and was made at a time
    /// that a clock shows: one at the end of time could never be followed by a later one.
    pub fn is_sound(&self) -> bool {
        let is_named = match self.kind {
            DecisionKind::Finding => self.subject.parse::<FindingId>().is_ok_and(|id| id.to_string() == self.subject),
            DecisionKind::Match => {
                pair_of(&self.subject).is_some_and(|(a, b)| a != b && pair_subject(a, b) == self.subject)
            }
        };
        let is_worded = self.verdict.len() <= VERDICT_BYTES_MAX && self.note.chars().count() <= NOTE_CHARS_MAX;
        is_named && is_worded && INSTANTS.contains(&self.at)
    }
}

fn decision(row: &Row) -> rusqlite::Result<Decision> {
    sum::check(row, &[1, 2, 3, 4, 5, 6, 7], 8)?;
    let kind = if row.get_ref(1)?.as_str()? == "match" { DecisionKind::Match } else { DecisionKind::Finding };
    Ok(Decision {
        seq: row.get::<_, i64>(0)? as u64,
        kind,
        subject: row.get(2)?,
        verdict: row.get(3)?,
        note: row.get(4)?,
        author: area(row, 5)?,
        at: row.get(6)?,
        basis: row.get(7)?,
    })
}

const COLUMNS: &str = "seq, kind, subject, verdict, note, author, at, basis, sum, counts";

/// The subject of a decision about a pair.
pub fn pair_subject(a: Uid, b: Uid) -> String {
    format!("{}-{}", a.min(b), a.max(b))
}

/// The entries of a pair, by the subject of a decision about it.
pub fn pair_of(subject: &str) -> Option<(Uid, Uid)> {
    let (a, b) = subject.split_once('-')?;
    Some((a.parse().ok()?, b.parse().ok()?))
}

impl View<'_> {
    pub(super) fn decisions_between(&self, after: u64, upto: u64, limit: usize) -> Result<Vec<Decision>> {
        self.conn
            .prepare_cached(&format!(
                "SELECT {COLUMNS} FROM decisions WHERE seq > ?1 AND seq <= ?2 ORDER BY seq LIMIT ?3"
            ))
            .and_then(|mut s| s.query_map((after as i64, upto as i64, limit as i64), decision)?.collect())
            .doing("reading decisions")
    }

    /// Every decision about one subject that counts, the one that holds first.
    pub fn decisions_about(&self, kind: DecisionKind, subject: &str) -> Result<Vec<Decision>> {
        let all: Vec<(Decision, bool)> = self
            .conn
            .prepare_cached(&format!(
                "SELECT {COLUMNS} FROM decisions WHERE kind = ?1 AND subject = ?2 ORDER BY at DESC, author, verdict"
            ))
            .and_then(|mut s| s.query_map((kind.as_str(), subject), |row| Ok((decision(row)?, row.get(9)?)))?.collect())
            .doing("reading decisions")?;
        let mut counting = Vec::with_capacity(all.len());
        for (made, counts) in all {
            if counts || kind == DecisionKind::Match && self.pair_is_of(subject, made.author)? == Some(true) {
                counting.push(made);
            }
        }
        Ok(counting)
    }

    /// Whether both entries of a pair came from `office` or from below it: who works there has both, and may judge them.
    /// `None` where one of them is not here yet, and what is here says nothing against it.
    pub fn pair_is_of(&self, subject: &str, office: Area) -> Result<Option<bool>> {
        let Some((a, b)) = pair_of(subject) else { return Ok(Some(false)) };
        let mut known = 0;
        for uid in [a, b] {
            match self.entry(uid)? {
                Some(stored) if !office.contains(stored.origin) => return Ok(Some(false)),
                Some(_) => known += 1,
                None => {}
            }
        }
        Ok((known == 2).then_some(true))
    }

    /// The time of a decision made now: later than every one about the subject that is known here, whatever the clock
    /// says. Of two the later counts, and a clock that once leapt ahead must not silence the people after it.
    pub fn decision_time(&self, kind: DecisionKind, subject: &str, now: i64) -> Result<i64> {
        let last = self.decisions_about(kind, subject)?.first().map(|known| known.at);
        Ok(last.map_or(now, |last| now.max(last.saturating_add(1))))
    }

    /// The verdict that counts for each pair of entries a person judged: same (`true`) or not.
    pub fn judged_pairs(&self) -> Result<Vec<(Uid, Uid, bool)>> {
        let all: Vec<(String, String, Area, bool)> = self
            .conn
            .prepare_cached(
                "SELECT subject, verdict, author, counts FROM decisions WHERE kind = 'match'
                 ORDER BY subject, at DESC, author, verdict",
            )
            .and_then(|mut s| {
                s.query_map([], |row| Ok((row.get(0)?, row.get(1)?, area(row, 2)?, row.get(3)?)))?.collect()
            })
            .doing("reading judged pairs")?;
        let mut judged: Vec<(Uid, Uid, bool)> = Vec::new();
        for (subject, verdict, author, counts) in all {
            let Some((a, b)) = pair_of(&subject) else { continue };
            let is_settled = judged.last().is_some_and(|last| (last.0, last.1) == (a, b));
            if !is_settled && (counts || self.pair_is_of(&subject, author)? == Some(true)) {
                judged.push((a, b, verdict == "confirm"));
            }
        }
        Ok(judged)
    }
}

pub(super) const DECIDED: &str = "SELECT EXISTS (SELECT 1 FROM decisions)";

impl Writer<'_> {
    /// Keeps a decision and lets it count. Gives `true` where it did not before. One that came down from the parent does
    /// not travel up again, unless it was made here or below: then this node lost it once, and answers for it now as before.
    pub fn put_decision(&self, made: &Decision, from_above: bool) -> Result<bool> {
        let is_above = from_above && !self.own_area()?.is_some_and(|own| own.contains(made.author));
        // Nothing above watermark 0 is numbered 0.
        let seq = if is_above { 0 } else { self.next_seq() };
        self.keep_decision(made, seq, true)
    }

    /// Has every decision that was made here or below travel again. The parent was restored: lines are compared with it and
    /// sent again where they differ, decisions are not.
    pub fn tell_decisions_again(&self) -> Result<()> {
        let doing = "telling decisions again";
        let Some((first, last)) = self.own_area()?.map(|own| own.range()) else { return Ok(()) };
        let made: Vec<i64> = self
            .conn
            .prepare_cached("SELECT id FROM decisions WHERE author BETWEEN ?1 AND ?2 ORDER BY id")
            .and_then(|mut s| s.query_map((first as i64, last as i64), |row| row.get(0))?.collect())
            .doing(doing)?;
        let mut statement = self.conn.prepare_cached("UPDATE decisions SET seq = ?2 WHERE id = ?1").doing(doing)?;
        for id in made {
            statement.execute((id, self.next_seq() as i64)).doing(doing)?;
        }
        Ok(())
    }

    /// Keeps a decision of an office below whose subject is not here, or does not concern its author by what is here. It
    /// travels on, but nothing comes of it before it is shown to concern them, here or by an office above.
    pub fn put_unproven_decision(&self, made: &Decision) -> Result<()> {
        self.keep_decision(made, self.next_seq(), false).map(drop)
    }

    /// Gives whether the decision counts now and did not before.
    fn keep_decision(&self, made: &Decision, seq: u64, counts: bool) -> Result<bool> {
        let new = self.insert_decision(made, seq, counts)?;
        if new && counts {
            match made.kind {
                DecisionKind::Finding => {
                    if let Ok(id) = made.subject.parse() {
                        // Nobody's word: it is told where it opens something.
                        let is_news = made.verdict != CONFIRMATION_OVER
                            || self.finding(id)?.is_some_and(|finding| finding.status == FindingStatus::Confirmed);
                        if self.apply_decision(id, Occasion::Decision)? && is_news {
                            self.just_decided.borrow_mut().push(id);
                        }
                    }
                }
                DecisionKind::Match => self.relink_pair(&made.subject)?,
            }
        }
        Ok(new && counts)
    }

    /// Says whether there is anything in it that was not known.
    pub(super) fn insert_decision(&self, made: &Decision, seq: u64, counts: bool) -> Result<bool> {
        let new = self
            .conn
            .prepare_cached(
                "INSERT INTO decisions (seq, kind, subject, verdict, note, author, at, basis, sum, counts)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, row_sum(?2, ?3, ?4, ?5, ?6, ?7, ?8), ?9)
                 ON CONFLICT DO UPDATE SET counts = 1 WHERE excluded.counts > counts",
            )
            .and_then(|mut s| {
                s.execute((
                    seq as i64,
                    made.kind.as_str(),
                    &made.subject,
                    &made.verdict,
                    &made.note,
                    made.author.padded() as i64,
                    made.at,
                    made.basis,
                    counts,
                ))
            })
            .doing("keeping a decision")?
            > 0;
        if new {
            self.decided.set(Some(true));
        }
        Ok(new)
    }

    /// Lets those decisions count that came before the finding, or before the part of its evidence by which it concerns
    /// their author. Says whether there are any.
    pub(super) fn prove_decisions(&self, id: FindingId) -> Result<bool> {
        if !self.any(&self.decided, DECIDED)? {
            return Ok(false);
        }
        let unproven: Vec<(i64, Area)> = self
            .conn
            .prepare_cached(
                "SELECT id, author FROM decisions WHERE kind = 'finding' AND subject = ?1 AND counts = 0 ORDER BY id",
            )
            .and_then(|mut s| s.query_map([id.to_string()], |row| Ok((row.get(0)?, area(row, 1)?)))?.collect())
            .doing("reading decisions")?;
        if unproven.is_empty() {
            return Ok(false);
        }
        let Some(finding) = self.finding(id)? else { return Ok(false) };
        let mut any = false;
        for (row, _) in unproven.into_iter().filter(|(_, author)| finding.concerns(*author)) {
            any = true;
            self.conn
                .prepare_cached("UPDATE decisions SET counts = 1 WHERE id = ?1")
                .and_then(|mut s| s.execute([row]))
                .doing("keeping a decision")?;
        }
        Ok(any)
    }

    /// The findings that decisions of this transaction gave another disposition.
    pub fn just_decided(&self) -> Vec<(Transition, FindingId)> {
        self.just_decided.take().into_iter().map(|id| (Transition::Decided, id)).collect()
    }

    /// Lets the decision that counts for a finding be its disposition, and says whether that changed anything. Nothing where
    /// nobody decided, or the finding is not (yet) here.
    ///
    /// A dismissal says that what somebody looked at is no contradiction. It is carried with the basis of that, so it holds
    /// here while the same stands here, whatever changed on the way and in whatever order it came: offices with the same
    /// evidence come to the same status. An office above may rest the same finding on more lines than one below has. Then
    /// - what was dismissed below says nothing of the further lines, and it stays open above until somebody there decides;
    /// - what was dismissed above, or by an office beside this one, was judged by who knew other lines, and whether that still
    ///   stands only those above can say, who have them all: here it is what they last told, until the evidence here changes.
    ///
    /// So each office may dismiss on what it sees, and the one does not undo the other.
    pub(super) fn apply_decision(&self, id: FindingId, occasion: Occasion) -> Result<bool> {
        if !self.any(&self.decided, DECIDED)? {
            return Ok(false);
        }
        let made = self.decisions_about(DecisionKind::Finding, &id.to_string())?;
        // Nearly always there is none.
        let Some(last) = made.first() else { return Ok(false) };
        let Some(finding) = self.finding(id)? else { return Ok(false) };
        let verdict = Disposition::parse(&last.verdict).filter(|v| *v != Disposition::Reopen);
        let is_fresh = matches!(occasion, Occasion::Decision | Occasion::Finding);
        let mut standing = made.iter().take_while(|one| one.verdict == last.verdict);
        let on = if verdict != Some(Disposition::Dismiss) {
            is_fresh.then_some(Some(finding.basis))
        } else if standing.any(|one| one.basis == Some(finding.basis)) {
            Some(Some(finding.basis))
        } else if occasion == Occasion::Evidence {
            None
        } else if let Some(above) = self.status_above(&finding, last.author)? {
            Some((above == FindingStatus::Dismissed).then_some(finding.basis))
        } else if last.basis.is_some() {
            Some(last.basis)
        } else {
            // What an older node decided was of what stood here when it came.
            is_fresh.then_some(Some(finding.basis))
        };
        let Some(on) = on else { return Ok(false) };
        self.set_decided(id, verdict, on, occasion == Occasion::Decision)
    }

    /// How the office above sees a finding that somebody decided who is neither here nor below, where it rests it on other
    /// lines than this node does.
    fn status_above(&self, finding: &FindingRow, author: Area) -> Result<Option<FindingStatus>> {
        let is_of_here = self.own_area()?.is_none_or(|own| own.contains(author));
        if is_of_here { Ok(None) } else { self.rests_on_more_above(finding) }
    }

    /// How the office above sees a finding that it rests on other lines than this node does.
    pub(super) fn rests_on_more_above(&self, finding: &FindingRow) -> Result<Option<FindingStatus>> {
        // A finding about a list rests on no lines.
        if finding.evidence.is_empty() {
            return Ok(None);
        }
        let told = self.notice(finding.id)?.and_then(|row| row.told());
        let lines = |uids: &[Uid]| uids.iter().copied().collect::<BTreeSet<Uid>>();
        Ok(told.filter(|told| lines(&told.evidence) != lines(&finding.evidence)).map(|told| told.status))
    }

    /// The parent told of a finding again: what it says may be what a dismissal from above goes by.
    pub fn heed(&self, id: FindingId) -> Result<()> {
        // A day by which a calendar above is wrong is not to come down with every word.
        if self.is_told_anew()? {
            self.stands_since_above(id)?;
        }
        if self.apply_decision(id, Occasion::Told)? {
            self.just_decided.borrow_mut().push(id);
        }
        self.end_confirmation_of_told(id)
    }

    fn relink_pair(&self, subject: &str) -> Result<()> {
        for uid in subject.split('-').filter_map(|text| text.parse::<Uid>().ok()) {
            if let Some(stored) = self.entry(uid)? {
                self.mark(stored.id, Wait::Link)?;
            }
        }
        Ok(())
    }
}

impl View<'_> {
    /// What a person judges who decides about a finding here: the basis of this node's own one, else of the one that the
    /// parent told.
    pub fn basis_of(&self, id: FindingId) -> Result<Option<i64>> {
        match self.finding(id)?.filter(|finding| finding.status != FindingStatus::Closed) {
            Some(own) => Ok(Some(own.basis)),
            None => Ok(self.notice(id)?.and_then(|row| row.told()).and_then(|told| told.basis)),
        }
    }

    /// Whether the finding is one this node holds as open or decided.
    pub fn finding_is_live(&self, id: FindingId) -> Result<bool> {
        Ok(self.finding(id)?.is_some_and(|f| f.status != FindingStatus::Closed))
    }

    /// Decisions about pairs with numbers above `after`, in order, for the nodes below: those that count.
    pub fn match_decisions_after(&self, after: u64, limit: usize) -> Result<Vec<Decision>> {
        self.conn
            .prepare_cached(&format!(
                "SELECT {COLUMNS} FROM decisions WHERE seq > ?1 AND kind = 'match' AND counts = 1 ORDER BY seq LIMIT ?2"
            ))
            .and_then(|mut s| s.query_map((after as i64, limit as i64), decision)?.collect())
            .doing("reading decisions")
    }

    /// Areas of the two entries a decision about a pair is about, as far as they are here.
    pub fn pair_areas(&self, subject: &str) -> Result<Vec<Area>> {
        let mut areas = Vec::new();
        for uid in subject.split('-').filter_map(|text| text.parse::<Uid>().ok()) {
            areas.extend(self.entry(uid)?.map(|stored| stored.entry.area));
        }
        Ok(areas)
    }
}
