//! Findings about a list as a whole, and the persons they speak for.

use crate::domain::FindingId;
use crate::error::Result;
use crate::rules::{SnapshotFacts, judge_snapshot};
use crate::store::{FindingState, SnapshotKey, Transition, Writer};

use super::Setting;
use super::derive::Log;

/// What looking at the lists that fall due came to.
pub(super) struct Looked {
    pub transitions: u64,
    /// Persons on them have to be judged again.
    pub persons_wait: bool,
}

/// Judges the lists that changed or fall due.
pub(super) fn due_snapshots(writer: &Writer, setting: &Setting, log: Log) -> Result<Looked> {
    let mut transitions = Vec::new();
    let mut persons_wait = false;
    for id in writer.snapshots_due(setting.today)? {
        let Some(snapshot) = writer.snapshot_by_id(id)? else { continue };
        let facts: &SnapshotFacts = &snapshot.facts;
        let judgement = judge_snapshot(facts, snapshot.key.name(), setting.today, &setting.parameters);
        let state = FindingState::Snapshot(id);
        let now: Vec<_> = judgement.findings.into_iter().map(|f| (state, f, vec![facts.area])).collect();
        let changed = writer.settle(&[state], &now, setting.today)?;
        persons_wait |= judge_lines_again(writer, setting, facts, &changed)?;
        transitions.extend(changed);
        writer.set_snapshot_due(id, judgement.due)?;
    }
    // Whose list it was has it no more: it is not late, and nothing in it is damaged.
    for id in writer.snapshots_forgotten()? {
        transitions.extend(writer.settle(&[FindingState::Snapshot(id)], &[], setting.today)?);
    }
    log(writer, &transitions)?;
    Ok(Looked { transitions: transitions.len() as u64, persons_wait })
}

/// A column whose numbers all lost their digits is one finding instead of one a line. Where it begins or ceases to be, the
/// lines that did not change are judged again too; says whether there are any.
fn judge_lines_again(
    writer: &Writer,
    setting: &Setting,
    facts: &SnapshotFacts,
    changed: &[(Transition, FindingId)],
) -> Result<bool> {
    const RULE: &str = "id-damaged";
    let mut persons = Vec::new();
    for (transition, id) in changed {
        if writer.finding(*id)?.is_none_or(|finding| finding.rule != RULE) {
            continue;
        }
        match transition {
            Transition::Opened => persons.extend(writer.persons_told_of(RULE, facts.list, facts.area)?),
            Transition::Closed => {
                // It spoke for the lines of the whole list of the area, from whichever file they are.
                let of_list = |key: &SnapshotKey| (key.list, key.area) == (facts.list, facts.area);
                for (_, other) in writer.snapshots()?.into_iter().filter(|(_, other)| of_list(&other.key)) {
                    let lines = writer.snapshot(&other.key)?.map(|(_, _, lines)| lines).unwrap_or_default();
                    for line in lines.lines() {
                        let Some(stored) = writer.entry(line.uid)? else { continue };
                        if stored.entry.record.id_number.is_some_and(|number| number.is_damaged()) {
                            persons.push(stored.person);
                        }
                    }
                }
            }
            Transition::Changed | Transition::Decided => {}
        }
    }
    persons.iter().try_for_each(|person| writer.set_due(*person, Some(setting.today)))?;
    Ok(!persons.is_empty())
}
