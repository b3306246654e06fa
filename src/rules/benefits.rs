//! Whom a benefit reaches, whom it lost, and whether it was looked after (DOMAIN.md B1-B5, T1, T2, F12, D6).

use crate::domain::date::{days_between, plus_days};
use crate::domain::{Aid, Date, Entry, List, PartialDate, Reason, Status, Uid};

use super::judge::{Bench, say};

pub(super) fn rules(bench: &mut Bench) {
    if bench.facts.death.is_some() {
        return;
    }
    dibao_review_overdue(bench);
    left_without_decision(bench);
    dibao_without_health_record(bench);
    special_support_uncovered(bench);
}

fn dibao_review_overdue(bench: &mut Bench) {
    let case = bench.case;
    let due: Vec<(&Entry, PartialDate, i32)> = case
        .active_on(List::Dibao)
        // Only a list that asks for reviews can say that there was none: then its entries hold the approval for one.
        .filter_map(|e| e.record.reviewed.map(|last| (e, last, bench.parameters.review_days(e.record.class))))
        .collect();
    for (entry, last, limit) in due {
        if days_between(last.last(), bench.case.today) <= limit {
            bench.again_after(last.last(), limit);
            continue;
        }
        let finding = bench.raise("dibao-review-overdue", (entry.area, List::Dibao), vec![entry.uid]);
        finding.due = Some(plus_days(last.last(), limit));
        say(finding, "reviewed", last.to_string());
        if entry.record.since == Some(last) {
            say(finding, "approved", last.to_string());
        }
        say(finding, "days_max", limit);
        if let Some(class) = entry.record.class {
            say(finding, "class", class.to_string());
        }
    }
}

/// Protects the person: an active entry vanished, and nobody said why (DOMAIN.md B4, D7).
fn left_without_decision(bench: &mut Bench) {
    for list in [List::Dibao, List::Family] {
        let case = bench.case;
        let lost: Vec<(&Entry, Date)> = case
            .entries
            .iter()
            .filter(|e| e.list == list && e.record.status == Status::Active)
            .filter_map(|e| e.removed.map(|day| (e, day)))
            .collect();
        let Some((entry, day)) = lost.into_iter().max_by_key(|(e, day)| (*day, e.uid)) else { continue };
        // Still listed, or listed with a stop: there is a line that says what happened.
        let is_told = bench.case.current().any(|e| e.list == list && (e.is_active() || is_of_this_spell(e, entry)));
        if is_told || has_moved(bench, entry) {
            continue;
        }
        let register: Vec<Uid> = bench.case.active_on(List::Population).map(|e| e.uid).collect();
        let evidence = std::iter::once(entry.uid).chain(register).collect();
        let finding = bench.raise_anchored("left-without-decision", Some((entry.area, list)), entry.uid, evidence);
        finding.missed_on = Some((list, entry.area));
        say(finding, "vanished", day.to_string());
    }
}

/// Whether an end can be that of the benefit that vanished: one of an earlier time explains nothing.
fn is_of_this_spell(ended: &Entry, lost: &Entry) -> bool {
    let record = &ended.record;
    let end = record.ended.or(record.moved_out).or(record.died).or(record.since);
    end.zip(lost.record.since).is_none_or(|(end, since)| end.last() >= since.first())
}

/// Whether some list says that the person left the village of the benefit: the register, also by a line that was cleared
/// away since, or whoever else serves them. Not where they live there by the register, back or never gone.
fn has_moved(bench: &Bench, lost: &Entry) -> bool {
    let case = bench.case;
    let left = |e: &Entry| e.record.status == Status::MovedOut || e.record.reason == Some(Reason::Moved);
    if case.active_on(List::Population).any(|e| e.area == lost.area) {
        return case.current().any(|e| e.list.is_service() && left(e) && is_of_this_spell(e, lost));
    }
    case.entries.iter().any(|e| (e.removed.is_none() || e.list == List::Population) && left(e))
        || bench.facts.moves.iter().any(|m| m.event.from == Some(lost.area))
}

fn dibao_without_health_record(bench: &mut Bench) {
    if bench.case.active_on(List::Health).next().is_some() || bench.may_stand_on(List::Health, true) {
        return;
    }
    let mut areas = Vec::new();
    let case = bench.case;
    for entry in case.active_on(List::Dibao) {
        if !areas.contains(&entry.area) {
            areas.push(entry.area);
            let finding = bench.raise("dibao-without-health-record", (entry.area, List::Dibao), vec![entry.uid]);
            finding.missed_on = Some((List::Health, entry.area));
        }
    }
}

fn special_support_uncovered(bench: &mut Bench) {
    let case = bench.case;
    for entry in case.active_on(List::Family).filter(|e| e.record.aid == Some(Aid::Special)) {
        let record = &entry.record;
        // Only a column that is there can say that something is missing.
        let missing: Vec<&str> = [("contact", record.contact), ("doctor", record.doctor), ("green", record.green)]
            .into_iter()
            .filter(|(_, covered)| *covered == Some(false))
            .map(|(what, _)| what)
            .collect();
        if missing.is_empty() {
            continue;
        }
        let finding = bench.raise("special-support-uncovered", (entry.area, List::Family), vec![entry.uid]);
        say(finding, "missing", missing);
    }
}
