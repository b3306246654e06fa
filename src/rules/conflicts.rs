//! Where the lines of one person contradict each other about who that is (DOMAIN.md Q4-Q6).

use compact_str::CompactString;

use crate::domain::name::{self, WILDCARD, undotted};
use crate::domain::{Entry, IdNumber, List, PartialDate, Sex, Uid, mask};

use super::judge::{Bench, anchor, say};

pub(super) fn rules(bench: &mut Bench) {
    let case = bench.case;
    let current: Vec<&Entry> = case.current().collect();
    raise(bench, "id-conflict", "numbers", &current, numbers, |found| {
        mask::id_numbers(&found.iter().map(|number| number.reveal()).collect::<Vec<_>>())
    });
    tell_of_a_lawful_change(bench, &current);
    raise(bench, "name-conflict", "names", &current, names, |found| {
        mask::names(&found.iter().map(|name| name.as_str()).collect::<Vec<_>>())
    });
    raise(bench, "sex-conflict", "sexes", &current, sexes, |found| {
        found.iter().map(|sex| if **sex == Sex::Male { "m" } else { "f" }.to_owned()).collect()
    });
    raise(bench, "birth-conflict", "dates", &current, births, |found| {
        found.iter().map(|date| date.to_string()).collect()
    });
}

/// Where the register changed the number and another list still has the one before, the conflict says so: that list is
/// behind, and nobody need ask which of the two is right.
fn tell_of_a_lawful_change(bench: &mut Bench, current: &[&Entry]) {
    let Some(register) = current.iter().filter(|e| e.list == List::Population).find(|e| {
        let former = e.record.former_number.as_ref().map(IdNumber::canonical);
        let carried = |other: &&Entry| other.record.id_number.as_ref().map(IdNumber::canonical) == former;
        former.is_some() && current.iter().any(carried)
    }) else {
        return;
    };
    let former = register.record.former_number.as_ref().map(IdNumber::masked);
    if let Some(finding) = bench.last_of("id-conflict") {
        say(finding, "former_number", former);
    }
}

/// Raises `rule` where `values` finds more than one value among the entries that cannot be the same.
fn raise<T: PartialEq>(
    bench: &mut Bench,
    rule: &'static str,
    key: &str,
    entries: &[&Entry],
    values: impl Fn(&[&Entry]) -> Vec<(T, Uid)>,
    show: impl Fn(&[&T]) -> Vec<String>,
) {
    let found = values(entries);
    if found.len() < 2 {
        return;
    }
    let named = anchor(entries, |part| values(part).len() > 1);
    // First one line for each value, then all the others.
    let evidence = found.iter().map(|(_, uid)| *uid).chain(entries.iter().map(|e| e.uid)).collect();
    let finding = bench.raise_anchored(rule, None, named, evidence);
    say(finding, key, show(&found.iter().map(|(value, _)| value).collect::<Vec<_>>()));
}

/// Keeps the values that no earlier one agrees with.
fn distinct<T>(values: impl Iterator<Item = (T, Uid)>, agree: impl Fn(&T, &T) -> bool) -> Vec<(T, Uid)> {
    let mut kept: Vec<(T, Uid)> = Vec::new();
    for (value, uid) in values {
        if !kept.iter().any(|(other, _)| agree(other, &value)) {
            kept.push((value, uid));
        }
    }
    kept
}

fn numbers(entries: &[&Entry]) -> Vec<(IdNumber, Uid)> {
    let written = || entries.iter().filter_map(|e| e.record.id_number.clone().map(|id| (id, e.uid)));
    // Whole numbers first, so that a damaged one is held against them.
    let whole = written().filter(|(id, _)| !id.is_damaged());
    distinct(whole.chain(written().filter(|(id, _)| id.is_damaged())), |a, b| {
        let (x, y) = (a.canonical(), b.canonical());
        let places = a.trusted_places().min(b.trusted_places());
        if places == usize::MAX { x == y } else { x.get(..places) == y.get(..places) }
    })
}

/// Whether two folded names can be one: equal but for dots, unreadable characters and a cut-off end.
fn same_name(a: &str, b: &str) -> bool {
    /// Systems cut names at 4, 10 or 20 characters (DOMAIN.md 6 row 6); a shorter prefix is another name.
    const CUT_CHARS_MIN: usize = 4;
    let (a, b) = (undotted(a), undotted(b));
    let (long, short): (Vec<char>, Vec<char>) = if a.chars().count() >= b.chars().count() {
        (a.chars().collect(), b.chars().collect())
    } else {
        (b.chars().collect(), a.chars().collect())
    };
    let reads = long.iter().zip(&short).all(|(x, y)| x == y || *x == WILDCARD || *y == WILDCARD);
    reads && (long.len() == short.len() || short.len() >= CUT_CHARS_MIN)
}

fn names(entries: &[&Entry]) -> Vec<(CompactString, Uid)> {
    // 王大(龙天) is 王大, or 王大 and a character that nobody could write.
    let spelt =
        entries.iter().map(|e| ([Some(name::fold(&e.record.name)), name::with_character(&e.record.name)], e.uid));
    let spelt = spelt.filter(|([name, _], _)| name.as_ref().is_some_and(|name| !name.is_empty()));
    let found = distinct(spelt, |a, b| a.iter().flatten().any(|a| b.iter().flatten().any(|b| same_name(a, b))));
    let written = |uid: Uid| entries.iter().find(|e| e.uid == uid).map(|entry| (entry.record.name.clone(), uid));
    found.into_iter().filter_map(|(_, uid)| written(uid)).collect()
}

fn sexes(entries: &[&Entry]) -> Vec<(Sex, Uid)> {
    let said = entries.iter().filter_map(|e| e.record.sex.map(|sex| (sex, e.uid)));
    let coded =
        entries.iter().filter_map(|e| e.record.id_number.as_ref().and_then(IdNumber::sex).map(|sex| (sex, e.uid)));
    distinct(said.chain(coded), |a, b| a == b)
}

fn births(entries: &[&Entry]) -> Vec<(PartialDate, Uid)> {
    let said = entries.iter().filter_map(|e| e.record.birth.map(|birth| (birth, e.uid)));
    let coded = entries.iter().filter_map(|e| {
        let id = e.record.id_number.as_ref()?;
        id.full()?;
        id.birth().map(|birth| (birth, e.uid))
    });
    let mut all: Vec<(PartialDate, Uid)> = said.chain(coded).collect();
    // Exact dates first: a month or a year is then held against them.
    all.sort_by_key(|(date, _)| date.exact().is_none());
    distinct(all.into_iter(), |a, b| a.agrees(*b))
}
