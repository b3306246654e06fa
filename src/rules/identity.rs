//! Whether a line's number can be the number of its person (DOMAIN.md Q1, Q2, Q5, Q7).

use compact_str::CompactString;
use serde_json::{Value, json};

use crate::domain::date::{days_between, plus_days};
use crate::domain::{Area, Entry, IdFault, IdNumber, IdState, List, Uid, mask, name};

use super::judge::{Bench, list_in, say};

pub(super) fn rules(bench: &mut Bench) {
    let case = bench.case;
    let current: Vec<&Entry> = case.current().collect();
    written(bench, &current);
    missing(bench, &current);
    shared(bench, &current);
}

fn fault_code(fault: IdFault) -> &'static str {
    match fault {
        IdFault::Length => "length",
        IdFault::Characters => "characters",
        IdFault::Calendar => "calendar",
        IdFault::CheckDigit => "check-digit",
    }
}

/// Who is too old no sooner than this is not noted for that day: it would be a note for nearly everybody. No program runs
/// for so long without a new version, and a new version judges everybody.
const OLD_AGE_DAYS_MAX: i32 = 30 * 365;

/// Whether the calendar of today finds a number impossible; asks for another look on the day on which that changes.
fn is_out_of_time(bench: &mut Bench, number: &IdNumber) -> bool {
    let Some(lifetime) = number.lifetime() else { return false };
    let (today, over) = (bench.case.today, plus_days(*lifetime.end(), 1));
    bench.again_on(*lifetime.start());
    if days_between(today, over) <= OLD_AGE_DAYS_MAX {
        bench.again_on(over);
    }
    !lifetime.contains(&today)
}

/// `id-invalid` and `id-damaged`: once for equal numbers on one list of one village.
fn written(bench: &mut Bench, current: &[&Entry]) {
    let mut told: Vec<(Area, List, &str)> = Vec::new();
    for entry in current {
        let Some(number) = &entry.record.id_number else { continue };
        let at = (entry.area, entry.list);
        let (rule, fault) = match number.state() {
            IdState::Damaged if bench.neighbours.damaged_columns.contains(&at) => continue,
            IdState::Damaged => ("id-damaged", None),
            // A child of the last century's day of birth is caught by the calendar of today.
            IdState::Valid | IdState::Old if is_out_of_time(bench, number) => ("id-invalid", Some("out-of-time")),
            IdState::Valid | IdState::Old => continue,
            IdState::Invalid(fault) => ("id-invalid", Some(fault_code(fault))),
        };
        if told.contains(&(entry.area, entry.list, number.reveal())) {
            continue;
        }
        told.push((entry.area, entry.list, number.reveal()));
        let same: Vec<Uid> = current
            .iter()
            .filter(|e| (e.area, e.list) == at && e.record.id_number.as_ref() == Some(number))
            .map(|e| e.uid)
            .collect();
        let finding = bench.raise(rule, at, same);
        say(finding, "number", number.masked());
        if let Some(fault) = fault {
            say(finding, "fault", fault);
        }
    }
}

fn missing(bench: &mut Bench, current: &[&Entry]) {
    let born = bench.case.birth().map(|birth| birth.last());
    let limit = bench.parameters.id_missing_age_days;
    let today = bench.case.today;
    for entry in current.iter().filter(|e| e.record.id_number.is_none()) {
        // A child may be without a number for a while; of unknown age it is asked at once.
        if let Some(born) = born
            && days_between(born, today) <= limit
        {
            bench.again_on(plus_days(born, limit + 1));
            continue;
        }
        bench.raise("id-missing", (entry.area, entry.list), vec![entry.uid]);
    }
}

/// One valid number, two people or more. Told once, by the person who holds the smallest uid that carries it, and named
/// by any two of them: whoever does not see this one tells of the others under the same name.
fn shared(bench: &mut Bench, current: &[&Entry]) {
    let mut numbers: Vec<CompactString> =
        current.iter().filter_map(|e| e.record.id_number.as_ref().and_then(|id| id.full())).collect();
    numbers.sort_unstable();
    numbers.dedup();
    for number in numbers {
        let carries = |e: &&Entry| e.record.id_number.as_ref().and_then(|id| id.full()).as_deref() == Some(&number);
        let own: Vec<&Entry> = current.iter().copied().filter(carries).collect();
        let sharers = bench.neighbours.sharers.iter().filter(|(_, e)| e.removed.is_none() && carries(&e));
        let (who, others): (Vec<Uid>, Vec<&Entry>) = sharers.map(|(person, e)| (*person, e)).unzip();
        let (Some(mine), Some(theirs)) = (own.iter().map(|e| e.uid).min(), others.iter().map(|e| e.uid).min()) else {
            continue;
        };
        if theirs < mine {
            continue;
        }
        let all: Vec<&Entry> = own.iter().chain(&others).copied().collect();
        // Nobody for one's own entries.
        let holder = |e: &Entry| others.iter().position(|other| other.uid == e.uid).map(|at| who[at]);
        let named = bench.anchor(&all, |part| part.iter().any(|e| holder(e) != holder(part[0])));
        let mut names: Vec<String> = all.iter().map(|e| mask::name(&e.record.name)).collect();
        names.dedup();
        let masked = mask::id_number(&number);
        let said = by_person(&all, holder);
        let finding = bench.raise_anchored("shared-id", None, named, all.iter().map(|e| e.uid).collect());
        say(finding, "number", masked);
        say(finding, "names", names);
        say(finding, "said", said);
    }
}

/// Of people side by side, what each is called, as far as that differs, and the lists that have the number for them.
fn by_person<P: PartialEq>(lines: &[&Entry], whose: impl Fn(&Entry) -> P) -> Vec<Value> {
    let mut people: Vec<(P, Vec<&Entry>)> = Vec::new();
    for line in lines {
        let person = whose(line);
        match people.iter_mut().find(|(known, _)| *known == person) {
            Some((_, lines)) => lines.push(line),
            None => people.push((person, vec![line])),
        }
    }
    let called = |lines: &[&Entry]| {
        let written = &lines[0].record.name;
        // Of somebody called by a parent's name nothing is left.
        Some(name::fold(written)).filter(|name| !name.is_empty()).unwrap_or_else(|| written.clone())
    };
    let names: Vec<CompactString> = people.iter().map(|(_, lines)| called(lines)).collect();
    let shown = mask::names(&names.iter().map(CompactString::as_str).collect::<Vec<_>>());
    let lists = |lines: &[&Entry]| {
        let mut lists: Vec<(List, Area)> = lines.iter().map(|line| (line.list, line.area)).collect();
        lists.sort_unstable();
        lists.dedup();
        lists.into_iter().map(|(list, area)| list_in(list, area)).collect::<Vec<_>>()
    };
    let said = people.iter().zip(shown).map(|((_, lines), name)| json!({"value": name, "by": lists(lines)}));
    said.collect()
}
