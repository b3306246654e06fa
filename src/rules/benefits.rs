//! Whom a benefit reaches, whom it lost, and whether it was looked after (DOMAIN.md B1-B5, T1, T2, F12, D6).

use crate::domain::date::days_between;
use crate::domain::{Aid, Date, Entry, List, PartialDate, Status, Uid};

use super::judge::{Bench, say};

pub(super) fn rules(bench: &mut Bench) {
    dibao_review_overdue(bench);
    if bench.facts.death.is_some() {
        return;
    }
    left_without_decision(bench);
    dibao_without_health_record(bench);
    special_support_uncovered(bench);
}

fn dibao_review_overdue(bench: &mut Bench) {
    let case = bench.case;
    let due: Vec<(&Entry, PartialDate, i32)> = case
        .active_on(List::Dibao)
        // Never reviewed counts from the approval.
        .filter_map(|e| {
            e.record.reviewed.or(e.record.since).map(|last| (e, last, bench.parameters.review_days(e.record.class)))
        })
        .collect();
    for (entry, last, limit) in due {
        let days = days_between(last.last(), bench.case.today);
        if days <= limit {
            bench.again_after(last.last(), limit);
            continue;
        }
        let finding = bench.raise("dibao-review-overdue", Some((entry.area, List::Dibao)), vec![entry.uid]);
        say(finding, "reviewed", last.to_string());
        say(finding, "days", days);
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
        // Still listed, or listed with a stop: there is a line that says what happened.
        if lost.is_empty() || bench.case.current().any(|e| e.list == list) {
            continue;
        }
        let moved = bench.case.current().any(|e| e.list == List::Population && e.record.status == Status::MovedOut);
        if moved {
            continue;
        }
        let (entry, day) = lost.into_iter().max_by_key(|(e, day)| (*day, e.uid)).expect("lost is not empty");
        let register: Vec<Uid> = bench.case.active_on(List::Population).map(|e| e.uid).collect();
        let evidence = std::iter::once(entry.uid).chain(register).collect();
        let finding = bench.raise_anchored("left-without-decision", Some((entry.area, list)), entry.uid, evidence);
        say(finding, "vanished", day.to_string());
    }
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
            bench.raise("dibao-without-health-record", Some((entry.area, List::Dibao)), vec![entry.uid]);
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
        let finding = bench.raise("special-support-uncovered", Some((entry.area, List::Family)), vec![entry.uid]);
        say(finding, "missing", missing);
    }
}
