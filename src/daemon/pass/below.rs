//! What the offices below find of a person by what they know themselves, and this one, which knows more, does not: a
//! village has somebody on its dibao list and on no register, as the register of the next village has the person, or
//! somebody who may be the person, of whom a clerk here has still to say so.
//!
//! A function of the person's entries, the decisions and the day alone: never of what a child told of its findings.

use std::collections::BTreeSet;

use crate::domain::{Area, Date, Entry, Finding, Level, List, SeenThrough, Uid};
use crate::error::Result;
use crate::linkage::{Features, cluster};
use crate::store::View;

use super::judging::{Judged, Judging, JustLinked};
use super::known::Known;

/// One entry of the person, as far as this needs it.
struct Line {
    id: i64,
    origin: Area,
    features: Features,
    stands: bool,
}

impl Judging<'_> {
    /// Findings that offices below make of some of these entries, and that this office, which `judged` all of them, does not
    /// make; and the next day on which that changes by the calendar alone.
    pub(super) fn seen_through(
        &self,
        view: &View,
        known: &mut Known,
        entries: &[i64],
        judged: &Judged,
    ) -> Result<(Vec<SeenThrough>, Option<Date>)> {
        let (mut out, mut due): (Vec<SeenThrough>, Option<Date>) = (Vec::new(), None);
        let nobody_else = entries.len() < 2 && judged.potential.is_empty();
        if self.setting.node.level() == Level::Village || nobody_else {
            return Ok((out, due));
        }
        let mut lines = Vec::with_capacity(entries.len());
        for id in entries {
            lines.extend(known.get(view, *id)?.map(|seen| Line {
                id: *id,
                origin: seen.stored.origin,
                features: seen.features,
                stands: seen.stored.entry.removed.is_none(),
            }));
        }
        let mut potential: Vec<(Area, &Entry)> = Vec::with_capacity(judged.potential.len());
        for entry in judged.potential.iter().filter(|entry| entry.removed.is_none()) {
            potential.extend(view.entry(entry.uid)?.map(|stored| (stored.origin, entry)));
        }
        for office in self.offices_below(&lines) {
            let (theirs, unknown): (Vec<&Line>, Vec<&Line>) =
                lines.iter().partition(|line| office.contains(line.origin));
            let perhaps: Vec<&Entry> =
                potential.iter().filter(|(origin, _)| !office.contains(*origin)).map(|(_, entry)| *entry).collect();
            if unknown.is_empty() && perhaps.is_empty() {
                continue;
            }
            // Without the lines of others they may not know that their own are one person.
            let features: Vec<Features> = theirs.iter().map(|line| line.features).collect();
            let persons = cluster(&features, &BTreeSet::new(), &self.setting.decided, &self.setting.weights).persons;
            for person in persons {
                let ids: Vec<i64> = person.iter().map(|i| theirs[*i].id).collect();
                // Which pairs wait there is not known here: a finding that is not made there is taken back for nothing.
                let judgement = self.judge(view, known, &ids, office, Some(JustLinked::default()))?.judgement;
                due = due.into_iter().chain(judgement.due).min();
                for finding in judgement.findings {
                    let known_here = judged.judgement.findings.iter().any(|held| held.id == finding.id);
                    if !known_here && !out.iter().any(|seen| seen.id == finding.id) {
                        let shown = || witnessed(&finding, &unknown);
                        out.extend(perhaps_listed(&finding, &unknown, &perhaps).or_else(shown));
                    }
                }
            }
        }
        Ok((out, due))
    }

    /// Every office below that reported any of the lines, or stands above one that did; the higher ones first.
    fn offices_below(&self, lines: &[Line]) -> BTreeSet<Area> {
        let node = self.setting.node;
        let offices = lines.iter().flat_map(|line| [line.origin, line.origin.township()]);
        offices.filter(|office| *office != node && node.contains(*office)).collect()
    }
}

/// The finding with the line of somebody who may be the person, where that alone is why nobody is called missing here.
fn perhaps_listed(finding: &Finding, unknown: &[&Line], perhaps: &[&Entry]) -> Option<SeenThrough> {
    let (list, _) = finding.missed_on?;
    if unknown.iter().any(|line| line.features.list == list && line.stands) {
        return None;
    }
    let of_list = perhaps.iter().filter(|entry| entry.list == list);
    let best = of_list.min_by_key(|entry| (!entry.is_active(), entry.area, entry.uid))?;
    let entry = *finding.evidence.first()?;
    Some(SeenThrough { id: finding.id, entry, list, area: best.area, perhaps: true })
}

/// The finding with the line that shows best why it does not hold.
fn witnessed(finding: &Finding, unknown: &[&Line]) -> Option<SeenThrough> {
    let sought = match finding.rule {
        "no-population-record" | "moved-still-active" | "transfer-unpaired" => Some(List::Population),
        "dibao-without-health-record" => Some(List::Health),
        "left-without-decision" => finding.list,
        // Of who died only the death is told.
        _ => Some(List::Deaths),
    };
    let entry: Uid = *finding.evidence.first()?;
    let best = unknown.iter().map(|line| (&line.features, line.stands)).min_by_key(|(features, stands)| {
        (Some(features.list) != sought, !stands, !features.active, features.list, features.area, features.uid)
    })?;
    Some(SeenThrough { id: finding.id, entry, list: best.0.list, area: best.0.area, perhaps: false })
}
