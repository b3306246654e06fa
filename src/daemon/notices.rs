//! What a parent tells a child, and what a child makes of it: findings that only the parent can see, decisions, and
//! which of the child's own findings the parent sees through.
//!
//! *Architecture invariant:* one line tells all there is to tell of one finding, put together anew whenever any part of
//! it changed. So the order in which the parts changed cannot show at the child.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};
use xxhash_rust::xxh3::xxh3_64;

use super::office::Office;
use super::present::Presenter;
use crate::domain::{Area, FindingId, FindingStatus, List, SeenThrough, Uid};
use crate::error::{Context, Result};
use crate::store::{Decision, DecisionKind, NoticeRow, View, Writer};
use crate::sync::ledger::{Notice, NoticesRead};

/// Things of each kind looked at for one child in one question, whether they concern it or not.
const SCAN_MAX: usize = 2_000;

/// What a parent tells.
#[derive(Serialize, Deserialize)]
#[serde(tag = "t", rename_all = "lowercase")]
enum Told {
    Finding {
        id: String,
        /// Null: it no longer holds.
        finding: Option<Value>,
        #[serde(default)]
        decision: Option<Decision>,
        /// A [`Withdrawal`], or null. What a newer parent says in other words withdraws nothing.
        #[serde(default)]
        seen: Value,
    },
    Decision(Decision),
}

/// Why a finding of an office does not hold: an office above has a line of the person that it does not have. No more of
/// that line comes down than where it stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Withdrawal {
    /// An entry of the office below on which the finding rests.
    entry: Uid,
    pub list: List,
    pub area: Area,
    /// The office that has the line.
    pub by: Area,
    /// The line may be the person's: a clerk there has still to say so. An older parent withdraws nothing for that.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub perhaps: bool,
}

impl Withdrawal {
    /// The one in a line that the parent told.
    pub fn of(line: &str) -> Option<Withdrawal> {
        let mut line: Value = serde_json::from_str(line).ok()?;
        serde_json::from_value(line["seen"].take()).ok()
    }
}

/// Takes one line of the parent; what does not read is left alone.
///
/// # Errors
/// Those of the store.
pub fn take(writer: &Writer, line: &str) -> Result<()> {
    match serde_json::from_str::<Told>(line) {
        Ok(Told::Finding { id, finding, decision, seen }) => {
            let Ok(id) = id.parse::<FindingId>() else { return Ok(()) };
            let seen: Option<Withdrawal> = serde_json::from_value(seen).ok();
            writer.put_notice(id, finding.is_some(), line, seen.map(|seen| seen.entry))?;
            if let Some(decision) = decision.filter(Decision::is_sound) {
                writer.put_decision(&decision, true)?;
            }
            writer.heed(id)?;
        }
        Ok(Told::Decision(decision)) => {
            if decision.is_sound() && writer.put_decision(&decision, true)? {
                writer.put_notice(FindingId::from_hash(xxh3_64(line.as_bytes())), false, line, None)?;
            }
        }
        Err(_) => {}
    }
    Ok(())
}

/// What changed after `after` and concerns `child`, at most so many lines and bytes (one is always given).
///
/// # Errors
/// Those of the store.
pub fn after(
    view: &View,
    office: &Office,
    child: Area,
    after: u64,
    items_max: usize,
    bytes_max: usize,
) -> Result<NoticesRead> {
    let head = view.seq()?;
    let decisions = view.match_decisions_after(after, SCAN_MAX)?;
    let changed = view.findings_changed(after, SCAN_MAX)?;
    let seen_through = view.seen_through_changed(after, SCAN_MAX)?;
    let told = view.notices_changed(after, SCAN_MAX)?;
    // Up to here everything was looked at, of every kind.
    let last = [
        last_of(&decisions, |decision| decision.seq),
        last_of(&changed, |(seq, _)| *seq),
        last_of(&seen_through, |(seq, _)| *seq),
        last_of(&told, |(seq, _)| *seq),
    ];
    let mut upto = last.into_iter().flatten().min().unwrap_or(head);
    let mut notices = Vec::new();
    let tell = |seq: u64, line: String| Notice { seq, line };
    for decision in decisions.into_iter().take_while(|decision| decision.seq <= upto) {
        if concerns_pair(view, &decision, child)? {
            let line = serde_json::to_string(&Told::Decision(decision.clone())).or_say("telling a decision")?;
            notices.push(tell(decision.seq, line));
        }
    }
    // Of a finding of which several parts changed, the last change counts.
    let mut findings: BTreeMap<FindingId, u64> = BTreeMap::new();
    let mut changes: Vec<(u64, FindingId)> = changed.into_iter().map(|(seq, row)| (seq, row.id)).collect();
    changes.extend(seen_through);
    for (seq, row) in told.into_iter().take_while(|(seq, _)| *seq <= upto) {
        match serde_json::from_str::<Told>(&row.body) {
            // The decisions of the office above about pairs go on as they came.
            Ok(Told::Decision(decision)) if concerns_pair(view, &decision, child)? => notices.push(tell(seq, row.body)),
            Ok(Told::Decision(_)) => {}
            _ => changes.push((seq, row.id)),
        }
    }
    for (seq, id) in changes.into_iter().filter(|(seq, _)| *seq <= upto) {
        let last = findings.entry(id).or_default();
        *last = seq.max(*last);
    }
    let mut presenter = Presenter::new(view, office)?;
    for (id, seq) in findings {
        notices.extend(line(&mut presenter, office.area(), child, id)?.map(|line| tell(seq, line)));
    }
    notices.sort_by_key(|notice| notice.seq);
    let mut bytes = 0;
    let mut fits = 0;
    for notice in &notices {
        bytes += notice.line.len() + 1;
        if fits > 0 && (fits >= items_max || bytes > bytes_max) {
            break;
        }
        fits += 1;
    }
    if fits < notices.len() {
        notices.truncate(fits);
        upto = notices.last().map_or(after, |notice| notice.seq);
    }
    Ok(NoticesRead { notices, upto, head })
}

/// The number of the last thing looked at, where there may be more behind it.
fn last_of<T>(looked: &[T], number: impl Fn(&T) -> u64) -> Option<u64> {
    looked.last().filter(|_| looked.len() == SCAN_MAX).map(number)
}

/// All there is to tell `child` of one finding; `None` where it is none of its business. What the office above this one
/// told comes before what this one finds, as it knows more.
fn line(presenter: &mut Presenter, node: Area, child: Area, id: FindingId) -> Result<Option<String>> {
    let view = presenter.view;
    let above = view.notice(id)?;
    let told = above.as_ref().map_or(Value::Null, |row| serde_json::from_str(&row.body).unwrap_or_default());
    let row = view.finding(id)?;
    let own = row.as_ref().filter(|row| row.concerns(child));
    let seen = view.seen_through(id)?;
    let is_theirs =
        |entry: Uid| -> Result<bool> { Ok(view.entry(entry)?.is_some_and(|stored| child.contains(stored.origin))) };
    // The nearest office that has the line tells of it.
    let (here, was_here) = match seen {
        Some((seen, holds)) if is_theirs(seen.entry)? => (holds.then(|| withdrawal(seen, node)), true),
        _ => (None, false),
    };
    let withdrawn = match &above {
        _ if here.is_some() => here,
        Some(NoticeRow { body, withdraws: Some(entry), .. }) if is_theirs(*entry)? => Withdrawal::of(body),
        _ => None,
    };
    let is_told = !told["finding"].is_null();
    let is_told_theirs = is_told && is_about(&told["finding"], child);
    let is_concerned = is_told_theirs || own.is_some() || withdrawn.is_some() || was_here;
    let mut basis = Value::Null;
    let (finding, seen) = if is_told_theirs {
        basis = told["basis"].clone();
        (Some(told["finding"].clone()), None)
    } else if withdrawn.is_some() {
        (None, withdrawn)
    } else if let Some(row) = own.filter(|row| row.status != FindingStatus::Closed) {
        basis = json!(row.basis);
        (Some(presenter.finding_to_tell(row)?), None)
    } else if is_concerned || above.is_some() && !is_told {
        // A line that takes something back names nobody, and so goes to all.
        (None, None)
    } else {
        return Ok(None);
    };
    // What people wrote beside it goes to those alone whom it is about.
    let decision = match is_concerned {
        true => view.decisions_about(DecisionKind::Finding, &id.to_string())?.into_iter().next(),
        false => None,
    };
    let mut line = Map::new();
    line.insert("t".to_owned(), json!("finding"));
    line.insert("id".to_owned(), json!(id.to_string()));
    line.insert("finding".to_owned(), finding.unwrap_or(Value::Null));
    if !basis.is_null() {
        // Who decides there on what is told says by it what they saw.
        line.insert("basis".to_owned(), basis);
    }
    if let Some(seen) = seen {
        line.insert("seen".to_owned(), serde_json::to_value(seen).or_say("telling what is seen through")?);
    }
    if let Some(decision) = decision {
        line.insert("decision".to_owned(), serde_json::to_value(decision).or_say("telling a decision")?);
    }
    Ok(Some(Value::Object(line).to_string()))
}

fn withdrawal(seen: SeenThrough, by: Area) -> Withdrawal {
    Withdrawal { entry: seen.entry, list: seen.list, area: seen.area, by, perhaps: seen.perhaps }
}

/// Whether what the office above told of a finding is about an area inside `office`; `None` where it tells of none.
pub fn concerns(told: &NoticeRow, office: Area) -> Option<bool> {
    let line: Value = serde_json::from_str(&told.body).ok()?;
    let finding = &line["finding"];
    (!finding.is_null()).then(|| is_about(finding, office))
}

/// Whether a finding, as it is told, is about an area inside `office`.
pub fn is_about(finding: &Value, office: Area) -> bool {
    let entries = finding["entries"].as_array().into_iter().flatten();
    std::iter::once(&finding["area"])
        .chain(entries.map(|entry| &entry["area"]))
        .filter_map(|code| code.as_str()?.parse().ok())
        .any(|area| office.contains(area))
}

fn concerns_pair(view: &View, decision: &Decision, child: Area) -> Result<bool> {
    Ok(view.pair_areas(&decision.subject)?.iter().any(|area| child.contains(*area)))
}
