//! Verbs about who is who.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::Ordering;
use std::time::Duration;

use serde_json::{Value, json};

use super::super::control::requests::{self as ask, Verdict};
use super::super::control::{Exit, Frame};
use super::super::office::WEIGHTS;
use super::super::pass::{Setting, features_of};
use super::super::present::Presenter;
use super::{FrontDesk, Live, Out, row};
use crate::domain::Uid;
use crate::error::{Context, Error, Result};
use crate::linkage::{self, Decided, Features, Weights, compare, link_all, train};
use crate::store::{Decision, DecisionKind, MatchRow, StoredEntry, View, pair_of, pair_subject};

/// Entries read between two looks at whether the asker is still there.
const PAGE_ENTRIES: i64 = 10_000;
/// How often `rematch` looks how far it is.
const REMATCH_LOOK: Duration = Duration::from_millis(200);
/// Where the pairs are that wait.
const LISTED: &str = "'rosterd matches' lists them";

/// What each comparison of two entries adds, in plain words.
fn parts(a: &Features, b: &Features, setting: &Setting) -> Vec<Value> {
    let comparison = compare(a, b, &setting.weights);
    let round = |bits: f32| (f64::from(bits) * 100.0).round() / 100.0;
    comparison
        .parts
        .iter()
        .map(|part| json!({"what": format!("{}: {}", part.field.as_str(), part.level), "weight": round(part.bits)}))
        .collect()
}

/// Why the entries of a person are one: each with the one it is tied to best.
pub(super) fn explain(view: &View, setting: &Setting, person: Uid) -> Result<Vec<Value>> {
    let all: Vec<Features> = view.entries_of(person)?.iter().map(|s| features_of(&s.entry)).collect();
    let mut links = Vec::new();
    for (i, a) in all.iter().enumerate().skip(1) {
        let best = all[..i]
            .iter()
            .max_by(|x, y| linkage::score(a, x, &setting.weights).total_cmp(&linkage::score(a, y, &setting.weights)));
        if let Some(b) = best {
            let weight = (f64::from(linkage::score(a, b, &setting.weights)) * 100.0).round() / 100.0;
            links.push(json!({
                "id": pair_subject(b.uid, a.uid), "a": b.uid.to_string(), "b": a.uid.to_string(), "weight": weight,
                "why": parts(b, a, setting),
            }));
        }
    }
    Ok(links)
}

impl FrontDesk {
    pub(super) fn matches(&self, out: Out) -> Result<Exit> {
        let office = &self.office;
        let setting = office.setting();
        self.rows_of_one_moment(out, |view, put| {
            let mut presenter = Presenter::new(view, office)?;
            for pair in view.matches()? {
                let why = match (view.entry(pair.a)?, view.entry(pair.b)?) {
                    (Some(a), Some(b)) => parts(&features_of(&a.entry), &features_of(&b.entry), &setting),
                    _ => Vec::new(),
                };
                put(&presenter.potential(&pair, &setting.weights, why)?);
            }
            Ok(())
        })
    }

    pub(super) fn settle_match(&self, args: &ask::SettleMatch, out: Out) -> Result<Exit> {
        let (office, live) = (&self.office, self.live()?);
        let unknown = || Error::new(format!("there is no pair '{}'", args.id)).hint(LISTED);
        let (a, b) = pair_of(&args.id).ok_or_else(unknown)?;
        if a == b {
            return Err(Error::new(format!("'{}' is one line, and no pair of two", args.id)).hint(LISTED));
        }
        let pair = MatchRow { a: a.min(b), b: a.max(b), score: 0.0 };
        let made = Decision {
            seq: 0,
            author: office.area(),
            kind: DecisionKind::Match,
            subject: pair.id(),
            verdict: match args.verdict {
                Verdict::Confirm => "confirm",
                Verdict::Reject => "reject",
            }
            .to_owned(),
            note: String::new(),
            at: office.now_millis(),
            basis: None,
        };
        let known = office.store.write(|writer| {
            if writer.entry(pair.a)?.is_none() || writer.entry(pair.b)?.is_none() {
                return Ok(false);
            }
            let at = writer.decision_time(made.kind, &made.subject, made.at)?;
            writer.put_decision(&Decision { at, ..made.clone() }, false).map(|_| true)
        })?;
        if !known {
            return Err(unknown());
        }
        office.changed();
        live.link.wake();
        live.parent.announce();
        let weights = office.setting().weights;
        let mut said = office.store.read(|view| {
            let score = match (view.entry(pair.a)?, view.entry(pair.b)?) {
                (Some(a), Some(b)) => linkage::score(&features_of(&a.entry), &features_of(&b.entry), &weights),
                _ => 0.0,
            };
            let pair = MatchRow { score: score.into(), ..pair };
            Presenter::new(view, office)?.potential(&pair, &weights, Vec::new())
        })?;
        said["verdict"] = json!(made.verdict);
        row(out, &said)?;
        Ok(Exit::Done)
    }

    /// All entries, for training and for trying weights out.
    fn lines(&self, out: Out) -> Result<Vec<Line>> {
        let mut all = Vec::new();
        let last = self.office.store.read(|view| view.last_entry())?;
        let mut after = 0;
        while after < last {
            let upto = last.min(after + PAGE_ENTRIES);
            self.office.store.read(|view| view.each_entry(after, upto, &mut |stored| all.push(Line::of(&stored))))?;
            after = upto;
            if !out(Frame::progress(all.len() as u64, 0, "read")) {
                return Err(Error::new("the one who asked went away"));
            }
        }
        Ok(all)
    }

    pub(super) fn train(&self, out: Out) -> Result<Exit> {
        self.live()?;
        let office = &self.office;
        let entries: Vec<Features> = self.lines(out)?.into_iter().filter(|l| l.stands).map(|l| l.features).collect();
        let trained = train::train(&entries, &office.setting().weights);
        let text = serde_json::to_string(&trained.weights).or_say("keeping the weights")?;
        // In force from the next rematch on, which a person asks for.
        office.store.write(|writer| writer.put_meta_text(TRAINED, &text))?;
        for weight in weight_rows(&trained.weights) {
            row(out, &weight)?;
        }
        out(Frame::Hint(office.text.say("hint-rematch")));
        Ok(Exit::Done)
    }

    pub(super) fn rematch(&self, args: &ask::Rematch, out: Out) -> Result<Exit> {
        let live = self.live()?;
        let office = &self.office;
        if !args.dry_run {
            office.room.must_do()?;
        }
        let trained = office.store.read(|view| view.meta_text(TRAINED))?;
        let mut setting = office.setting();
        if let Some(text) = &trained {
            setting.weights = serde_json::from_str(text).or_say("reading the trained weights")?;
        }
        let mut rematched = match args.dry_run {
            true => rehearsed(&self.lines(out)?, &setting.decided, &setting.weights),
            false => Rematched::default(),
        };
        let before = office.store.read(|view| view.open_findings())?;
        if !args.dry_run {
            let persons = office.store.read(|view| view.standing_persons())?;
            office.store.write(|writer| {
                if let Some(text) = &trained {
                    writer.put_meta_text(WEIGHTS, text)?;
                }
                writer.mark_all()
            })?;
            let turn = live.progress.turns.load(Ordering::SeqCst);
            office.changed();
            let all = office.store.read(|view| view.dirty_count())?;
            loop {
                let left = office.store.read(|view| view.dirty_count())?;
                if left == 0 {
                    break;
                }
                if let Some(why) = self.why_nothing_moves(live, turn) {
                    return Err(why.hint("what waits is linked anew once it goes on"));
                }
                if !out(Frame::progress(all - left.min(all), all, "rematch")) {
                    // Whoever asked is gone; what waits is worked off all the same.
                    return Ok(Exit::Done);
                }
                std::thread::sleep(REMATCH_LOOK);
            }
            rematched = applied(&persons, &office.store.read(|view| view.standing_persons())?);
        }
        let Rematched { persons, joined, split } = rematched;
        let after = office.store.read(|view| view.open_findings())?;
        row(
            out,
            &json!({"persons": persons, "joined": joined, "split": split,
                    "findings_opened": after.difference(&before).count(),
                    "findings_closed": before.difference(&after).count()}),
        )?;
        Ok(Exit::Done)
    }

    /// Why what waits since that turn of the worker is not worked off now, if so.
    fn why_nothing_moves(&self, live: &Live, turn: u64) -> Option<Error> {
        let office = &self.office;
        if office.is_paused() {
            return Some(Error::new("the work is paused: 'rosterd resume' goes on"));
        }
        if office.store.damage().is_some() {
            return Some(Error::new("the store is damaged: nothing more is written to it"));
        }
        if office.is_stopping() {
            return Some(Error::new("the service is stopping"));
        }
        if let Err(full) = office.room.must_do() {
            return Some(full);
        }
        // A turn that began before what waits was there may have failed for another reason.
        let has_tried = live.progress.turns.load(Ordering::SeqCst) > turn + 1;
        let why = live.progress.last_error().filter(|_| has_tried && live.progress.is_retrying())?;
        Some(Error::new("a pass failed; it is tried again").because(why))
    }
}

/// One row for each weight: the comparison, its level counted from the best, the bits.
fn weight_rows(weights: &Weights) -> Vec<Value> {
    let all = serde_json::to_value(weights).unwrap_or_default();
    let mut rows = Vec::new();
    for (comparison, bits) in all.as_object().into_iter().flatten() {
        match bits {
            Value::Array(levels) => rows.extend(
                levels
                    .iter()
                    .enumerate()
                    .map(|(at, bits)| json!({"comparison": comparison, "level": at, "weight": rounded(bits)})),
            ),
            bits => rows.push(json!({"comparison": comparison, "level": Value::Null, "weight": rounded(bits)})),
        }
    }
    rows
}

/// Bits to two places; more would only look exact.
fn rounded(bits: &Value) -> Value {
    bits.as_f64().map_or_else(|| bits.clone(), |bits| json!((bits * 100.0).round() / 100.0))
}

/// Where `link train` leaves its weights until `rematch` takes them.
const TRAINED: &str = "weights_trained";

/// One entry, as far as linking all of them anew needs it.
struct Line {
    person: Uid,
    /// Not vanished.
    stands: bool,
    features: Features,
}

impl Line {
    fn of(stored: &StoredEntry) -> Line {
        let entry = &stored.entry;
        Line { person: stored.person, stands: entry.removed.is_none(), features: features_of(entry) }
    }
}

/// What linking all anew comes to, for those who have a line that stands.
#[derive(Debug, Default, PartialEq)]
struct Rematched {
    persons: usize,
    /// How many of them are of several persons of today.
    joined: usize,
    /// How many persons of today are several then.
    split: usize,
}

impl Rematched {
    /// From whose each line was, and whose it is then.
    fn of<Then: Ord + Copy>(lines: impl Iterator<Item = (Uid, Then)>) -> Rematched {
        let mut old_of_new: BTreeMap<Then, BTreeSet<Uid>> = BTreeMap::new();
        let mut new_of_old: BTreeMap<Uid, BTreeSet<Then>> = BTreeMap::new();
        for (old, new) in lines {
            old_of_new.entry(new).or_default().insert(old);
            new_of_old.entry(old).or_default().insert(new);
        }
        Rematched {
            persons: old_of_new.len(),
            joined: old_of_new.values().filter(|old| old.len() > 1).count(),
            split: new_of_old.values().filter(|new| new.len() > 1).count(),
        }
    }
}

/// What came of it: whose each line was and is, both by the line's number. Lines that are new since are nobody's change.
fn applied(before: &[(i64, Uid)], after: &[(i64, Uid)]) -> Rematched {
    let was = |id: i64| before.binary_search_by_key(&id, |line| line.0).ok().map(|at| before[at].1);
    Rematched::of(after.iter().map(|(id, now)| (was(*id).unwrap_or(*now), *now)))
}

/// Links all lines, as the store does: one that vanished may be all that ties two that stand.
fn rehearsed(lines: &[Line], decided: &Decided, weights: &Weights) -> Rematched {
    let entries: Vec<Features> = lines.iter().map(|line| line.features).collect();
    let linked = link_all(&entries, decided, weights).person;
    let standing = lines.iter().zip(linked).filter(|(line, _)| line.stands);
    Rematched::of(standing.map(|(line, new)| (line.person, new)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{IdNumber, List, Record};

    #[test]
    fn a_line_that_vanished_still_ties_those_that_stand() {
        let line = |uid: u64, person: u64, stands: bool, list: List, name: &str, id: &str| {
            let record = Record { name: name.into(), id_number: IdNumber::parse(id), ..Record::default() };
            let village = "519901001201".parse().unwrap();
            let features = linkage::features(Uid(uid), village, list, &record);
            Line { person: Uid(person), stands, features: Features { active: stands, ..features } }
        };
        let lines = [
            line(1, 1, true, List::Population, "王大明", "11010519491231002X"),
            line(2, 1, false, List::Health, "王大明", "11010519491231002X"),
            // Somebody said so of it and the one that vanished.
            line(3, 1, true, List::Dibao, "赵德海", ""),
            line(4, 4, true, List::Dibao, "李秀英", ""),
        ];
        let mut decided = Decided::default();
        decided.join(Uid(2), Uid(3));
        let found = rehearsed(&lines, &decided, &Weights::default());
        assert_eq!(found, Rematched { persons: 2, joined: 0, split: 0 });
    }

    #[test]
    fn what_came_of_it_is_counted_by_the_lines_that_stand_and_stood() {
        let of = |lines: &[(i64, u64)]| lines.iter().map(|(id, uid)| (*id, Uid(*uid))).collect::<Vec<_>>();
        let before = of(&[(1, 10), (2, 10), (3, 30), (4, 40)]);
        // The second leaves the first for the third; the fourth vanished; the fifth is new.
        let after = of(&[(1, 10), (2, 30), (3, 30), (5, 50)]);
        assert_eq!(applied(&before, &after), Rematched { persons: 3, joined: 1, split: 1 });
    }
}
