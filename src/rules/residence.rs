//! Listed where the person no longer is, in two places, or nowhere (DOMAIN.md V1-V5, B2, B3, Q8, Q10).
//!
//! A person who died is reported under `deceased-still-active` alone.

use crate::domain::date::{days_between, plus_days};
use crate::domain::{Area, Date, Entry, EventKind, List, PartialDate, Place, Reason, Severity, Status, Uid};

use crate::reconcile::{Case, sign_after, signs_after};

use super::judge::{Bench, say};

const LISTS: [List; 4] = [List::Population, List::Health, List::Dibao, List::Family];

pub(super) fn rules(bench: &mut Bench) {
    duplicate_entry(bench);
    late_report(bench);
    household_without_head(bench);
    if bench.facts.death.is_some() {
        return;
    }
    listed_in_two_areas(bench);
    moved_still_active(bench);
    transfer_unpaired(bench);
    no_population_record(bench);
}

/// Entries of one list, grouped by village.
fn by_area(case: &Case, list: List) -> Vec<(Area, Vec<&Entry>)> {
    let mut groups: Vec<(Area, Vec<&Entry>)> = Vec::new();
    for entry in case.active_on(list) {
        match groups.iter_mut().find(|(area, _)| *area == entry.area) {
            Some((_, group)) => group.push(entry),
            None => groups.push((entry.area, vec![entry])),
        }
    }
    groups.sort_by_key(|(area, _)| *area);
    groups
}

/// Twice on one and the same list. The village's own and the county's export of it are two: whoever stands on each of them
/// stands there once.
fn duplicate_entry(bench: &mut Bench) {
    for list in LISTS {
        for (area, entries) in by_area(bench.case, list) {
            let mut rest: Vec<Uid> = entries.iter().map(|e| e.uid).collect();
            while let [first, ..] = rest[..] {
                let keeper = bench.keeper(first);
                let (same, others): (Vec<Uid>, Vec<Uid>) =
                    rest.into_iter().partition(|uid| bench.keeper(*uid) == keeper);
                rest = others;
                let count = same.len();
                if count > 1 {
                    let finding = bench.raise("duplicate-entry", (area, list), same);
                    say(finding, "count", count);
                }
            }
        }
    }
}

/// Why the registers let a village ask whether it still serves the person.
enum Ground<'e> {
    /// Its own register says that they left; another one may have them.
    Out(&'e Entry, Option<&'e Entry>),
    /// Only the register of another village has them. To be registered there is not to live there (DOMAIN.md 2).
    Elsewhere(&'e Entry),
}

impl<'e> Ground<'e> {
    fn of(case: &'e Case, area: Area) -> Option<Ground<'e>> {
        let left = |e: &&Entry| e.list == List::Population && e.area == area && e.record.status == Status::MovedOut;
        let out = case.current().filter(left).max_by_key(|e| e.record.moved_out);
        let elsewhere = case.active_on(List::Population).find(|e| e.area != area);
        out.map(|out| Ground::Out(out, elsewhere)).or(elsewhere.map(Ground::Elsewhere))
    }

    fn as_str(&self) -> &'static str {
        match self {
            Ground::Out(..) => "out",
            Ground::Elsewhere(_) => "elsewhere",
        }
    }

    fn lines(&self) -> impl Iterator<Item = &'e Entry> {
        let (first, second) = match self {
            Ground::Out(out, elsewhere) => (*out, *elsewhere),
            Ground::Elsewhere(there) => (*there, None),
        };
        std::iter::once(first).chain(second)
    }

    /// From when on the village has time to hand over.
    fn since(&self) -> Option<PartialDate> {
        match self {
            Ground::Out(out, elsewhere) => out.record.moved_out.or(elsewhere.and_then(|e| e.record.moved_in)),
            Ground::Elsewhere(there) => there.record.moved_in,
        }
    }

    /// Where the own register says that they went, to the village as far as another one has them; where it does not say, to
    /// that one.
    fn place(&self) -> Option<Place> {
        match self {
            Ground::Elsewhere(there) => Some(Place::Area(there.area)),
            Ground::Out(out, elsewhere) => match (out.record.moved_to, elsewhere) {
                (Some(Place::Area(to)), Some(there)) if to.contains(there.area) => Some(Place::Area(there.area)),
                (None | Some(Place::Unclear), Some(there)) => Some(Place::Area(there.area)),
                (to, _) => to,
            },
        }
    }
}

fn listed_in_two_areas(bench: &mut Bench) {
    for list in LISTS {
        let mut groups = by_area(bench.case, list);
        if groups.len() < 2 {
            continue;
        }
        let listed: Vec<&Entry> = groups.iter().flat_map(|(_, group)| group).copied().collect();
        let named = bench.anchor(&listed, |part| part.iter().any(|e| e.area != part[0].area));
        let areas: Vec<String> = groups.iter().map(|(area, _)| area.to_string()).collect();
        // The one to look at first is where the register no longer has the person, else the older line.
        let lives: Vec<Area> = bench.case.active_on(List::Population).map(|e| e.area).collect();
        groups.sort_by_key(|(area, group)| {
            (lives.contains(area), group.iter().map(|e| e.record.moved_in.map(PartialDate::first)).max(), *area)
        });
        let first = groups[0].0;
        let evidence = groups.iter().flat_map(|(_, g)| g).map(|e| e.uid).collect();
        // The name of the finding must not depend on which of them is asked first.
        let finding = bench.raise_anchored("listed-in-two-areas", None, named, evidence);
        finding.area = Some(first);
        finding.list = Some(list);
        finding.id = super::judge::name("listed-in-two-areas", Some((first.county(), list)), named.0);
        if list.pays() {
            finding.severity = Severity::High;
        }
        say(finding, "areas", areas);
    }
}

fn moved_still_active(bench: &mut Bench) {
    let registered: Vec<Area> = bench.case.active_on(List::Population).map(|e| e.area).collect();
    let out_of: Vec<Area> = bench
        .case
        .current()
        .filter(|e| e.list == List::Population && e.record.status == Status::MovedOut)
        .map(|e| e.area)
        .collect();
    let case = bench.case;
    let stale: Vec<&Entry> = case
        .active()
        .filter(|e| e.list.is_service() && !registered.contains(&e.area))
        .filter(|e| out_of.contains(&e.area) || !registered.is_empty())
        .collect();
    let grace = bench.parameters.handover_days;
    let today = bench.case.today;
    for entry in stale {
        let Some(ground) = Ground::of(case, entry.area) else { continue };
        let since = ground.since();
        let due: Option<Date> = since.map(|d| plus_days(d.last(), grace));
        let overdue = due.is_some_and(|due| due < today);
        if let Some(due) = due {
            bench.again_on(plus_days(due, 1));
        }
        since.into_iter().flat_map(|d| signs_after(entry, d)).for_each(|sign| bench.again_on(sign.first()));
        let evidence = std::iter::once(entry.uid).chain(ground.lines().map(|line| line.uid)).collect();
        let finding = bench.raise_anchored("moved-still-active", Some((entry.area, entry.list)), entry.uid, evidence);
        finding.due = due;
        if overdue && entry.list == List::Family {
            finding.severity = Severity::High;
        }
        say(finding, "overdue", overdue);
        say(finding, "ground", ground.as_str());
        let (key, date) = match ground {
            Ground::Out(out, _) => ("moved_out", out.record.moved_out),
            Ground::Elsewhere(there) => ("moved_in", there.record.moved_in),
        };
        // That they left stands in the register of the place itself, or nowhere there.
        finding.missed_on = (!out_of.contains(&entry.area)).then_some((List::Population, entry.area));
        if let Some(date) = date {
            say(finding, key, date.to_string());
        }
        if let Some(sign) = since.and_then(|d| sign_after(entry, d, today)) {
            say(finding, "sign", sign.to_string());
        }
        match ground.place() {
            Some(Place::Area(area)) => say(finding, "to", area.to_string()),
            Some(Place::Outside) => say(finding, "to", "outside"),
            _ => {}
        }
    }
}

/// Moved out to a village of this node and not listed there, or arrived and still active where they came from.
fn transfer_unpaired(bench: &mut Bench) {
    let limit = bench.parameters.transfer_days_max;
    let (node, today) = (bench.case.node, bench.case.today);
    let facts = bench.facts;
    let transfers = facts.moves.iter().filter(|m| m.event.kind == EventKind::Transfer);
    for transfer in transfers.filter(|m| !m.came_back) {
        let (Some(from), Some(to), Some(date)) = (transfer.event.from, transfer.event.to, transfer.event.date) else {
            continue;
        };
        // Only a node that sees both villages can say that one of them has no line.
        if !node.contains(from) || !node.contains(to) {
            continue;
        }
        // A place named down to the township alone is paired by any of its villages.
        if !bench.neighbours.registers.iter().any(|area| to.contains(*area)) {
            continue;
        }
        let (direction, area, other, uid) = match (transfer.left, transfer.arrived) {
            // Listed there, though nothing says since when: whoever sees the last month alone sees many such.
            (Some(left), None) if is_listed_in(bench, to, |uid| uid != left) => continue,
            (Some(left), None) => ("out", from, to, left),
            (Some(left), Some(arrived)) if is_listed_in(bench, from, |uid| uid == left) => ("in", to, from, arrived),
            (None, Some(arrived)) if is_listed_in(bench, from, |uid| uid != arrived) => ("in", to, from, arrived),
            _ => continue,
        };
        if days_between(date.last(), today) <= limit {
            bench.again_after(date.last(), limit);
            continue;
        }
        let evidence = transfer.event.evidence.clone();
        let finding = bench.raise_anchored("transfer-unpaired", Some((area, List::Population)), uid, evidence);
        finding.due = Some(plus_days(date.last(), limit));
        finding.missed_on = (direction == "out").then_some((List::Population, to));
        say(finding, "direction", direction);
        say(finding, "date", date.to_string());
        say(finding, "other", other.to_string());
    }
}

/// Whether a register in `area` has the person, by a line that counts.
fn is_listed_in(bench: &Bench, area: Area, counts: impl Fn(Uid) -> bool) -> bool {
    bench.case.active_on(List::Population).any(|e| area.contains(e.area) && counts(e.uid))
}

fn no_population_record(bench: &mut Bench) {
    if bench.case.population().any(|e| e.removed.is_none()) || bench.may_stand_on(List::Population, false) {
        return;
    }
    for list in [List::Health, List::Dibao, List::Family] {
        for (area, entries) in by_area(bench.case, list) {
            let evidence: Vec<Uid> = entries.iter().map(|e| e.uid).collect();
            let finding = bench.raise("no-population-record", (area, list), evidence);
            finding.missed_on = Some((List::Population, area));
            if list == List::Dibao {
                finding.severity = Severity::High;
            }
        }
    }
}

/// A birth or an in-move that the register listed more than two months after its date (DOMAIN.md F2).
fn late_report(bench: &mut Bench) {
    let limit = bench.parameters.late_report_days_max;
    let birth = bench.facts.events.iter().find(|e| e.kind == EventKind::Birth).and_then(|e| e.date);
    let case = bench.case;
    // A child that a second village lists was reported by the first.
    let first_listed = case.population().map(|e| e.first_seen).min();
    let late: Vec<(&Entry, &str, PartialDate)> = case
        .active_on(List::Population)
        // What stood in the first snapshot was listed nobody knows when.
        .filter(|e| !e.baseline)
        // Another office's copy of the register that comes later does not report it again.
        .filter(|e| !case.population().any(|other| reports_before(other, e)))
        .filter_map(|e| {
            let came = e.record.moved_in.is_some() || e.record.moved_from.is_some();
            let born = birth.filter(|_| !came && Some(e.first_seen) == first_listed);
            let (kind, date) = match (e.record.moved_in, born) {
                (Some(date), _) => ("in_move", date),
                (None, Some(date)) => ("birth", date),
                (None, None) => return None,
            };
            (days_between(date.last(), e.first_seen) > limit).then_some((e, kind, date))
        })
        .collect();
    for (entry, kind, date) in late {
        let finding = bench.raise("late-report", (entry.area, entry.list), vec![entry.uid]);
        say(finding, "kind", kind);
        say(finding, "date", date.to_string());
        say(finding, "listed", entry.first_seen.to_string());
        say(finding, "days", days_between(date.last(), entry.first_seen));
        say(finding, "days_max", limit);
    }
}

/// Whether `other` told earlier that the person came to the village on the day that the line says.
fn reports_before(other: &Entry, line: &Entry) -> bool {
    let came = |e: &Entry| (e.area, e.record.moved_in);
    line.record.moved_in.is_some() && came(other) == came(line) && other.first_seen < line.first_seen
}

fn household_without_head(bench: &mut Bench) {
    let (case, neighbours) = (bench.case, bench.neighbours);
    for head in case.population().filter(|e| e.record.is_head() && !e.is_active()) {
        // Another line of the same person may still be the head, or they came back; not where into a household of their own.
        let of_it = |e: &Entry| e.area == head.area && e.record.household == head.record.household;
        if case.active_on(List::Population).any(|e| of_it(e) && e.record.is_head()) {
            continue;
        }
        let household = || neighbours.household.iter().filter(|e| of_it(e));
        let members = || household().filter(|e| e.is_active());
        // Whoever was the head after this one is told of in their place.
        let is_followed = household().any(|e| e.record.is_head() && !e.is_active() && gone_on(e) > gone_on(head));
        if members().next().is_none() || members().any(|e| e.record.is_head()) || is_followed {
            continue;
        }
        let mut evidence: Vec<Uid> = std::iter::once(head.uid).chain(members().map(|e| e.uid)).collect();
        // A line that is gone stands nowhere: there is nothing to look at.
        if head.removed.is_some() {
            evidence.rotate_left(1);
        }
        let event = match head.record.status {
            _ if bench.facts.death.is_some() => "died",
            Status::Deceased => "died",
            Status::MovedOut => "left",
            _ if head.record.reason == Some(Reason::Moved) => "left",
            _ => "gone",
        };
        let finding =
            bench.raise_anchored("household-without-head", Some((head.area, List::Population)), head.uid, evidence);
        finding.missed_on = Some((List::Population, head.area));
        say(finding, "event", event);
    }
}

/// When the line stopped standing for somebody there, as far as it says.
fn gone_on(entry: &Entry) -> Option<PartialDate> {
    entry.record.died.or(entry.record.moved_out).or(entry.record.ended)
}
