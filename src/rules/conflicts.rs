//! Where the lines of one person contradict each other about who that is (DOMAIN.md Q4-Q6).

use std::cmp::Reverse;

use serde_json::{Value, json};

use crate::domain::{Area, Date, Entry, IdNumber, List, PartialDate, Sex};

use super::judge::{Bench, list_in, say};
use values::Name;

mod values;

/// One line's word for a value.
struct Claim<'e, T> {
    value: T,
    line: &'e Entry,
    /// Its number spells it, no column says it.
    by_number: bool,
}

/// A value, and the claims that can be no other.
struct Said<'c, 'e, T> {
    value: &'c T,
    /// The line by which it came up.
    first: &'e Entry,
    claims: Vec<&'c Claim<'e, T>>,
}

impl<T> Said<'_, '_, T> {
    /// The lines that say so in a column, each list of an area once.
    fn by_column(&self) -> Vec<&Entry> {
        let by_column = self.claims.iter().filter(|claim| !claim.by_number);
        let mut lines: Vec<&Entry> = by_column.map(|claim| claim.line).collect();
        lines.sort_by_key(|line| (line.list, line.area));
        lines.dedup_by_key(|line| (line.list, line.area));
        lines
    }
}

pub(super) fn rules(bench: &mut Bench) {
    let case = bench.case;
    let current: Vec<&Entry> = case.current().collect();
    raise::<IdNumber>(bench, "id-conflict", "numbers", &current);
    tell_of_a_lawful_change(bench, &current);
    raise::<Name>(bench, "name-conflict", "names", &current);
    raise::<Sex>(bench, "sex-conflict", "sexes", &current);
    raise::<PartialDate>(bench, "birth-conflict", "dates", &current);
}

/// Where the register changed the number and another list still has the one before, the conflict says so: that list is
/// behind, and nobody need ask which of the two is right.
fn tell_of_a_lawful_change(bench: &mut Bench, current: &[&Entry]) {
    let Some(register) = current.iter().filter(|e| e.list == List::Population).find(|e| {
        let former = e.record.changed_number().map(IdNumber::canonical);
        let carried = |other: &&Entry| other.record.id_number.as_ref().map(IdNumber::canonical) == former;
        former.is_some() && current.iter().any(carried)
    }) else {
        return;
    };
    let former = register.record.changed_number().map(IdNumber::masked);
    if let Some(finding) = bench.last_of("id-conflict") {
        say(finding, "former_number", former);
    }
}

/// Raises `rule` where the lines claim values that cannot be one. The values and lines to look at first come first: what a
/// line says against itself, then what the fewest say.
fn raise<'e, T: values::Claimed>(bench: &mut Bench, rule: &'static str, key: &str, lines: &[&'e Entry]) {
    let neighbours = bench.neighbours;
    let claims_of = |lines: &[&'e Entry]| {
        let mut claims = T::claims(lines);
        claims.retain(|claim| !claim.by_number || !neighbours.nobodys.contains(&claim.line.uid));
        claims
    };
    let claims = claims_of(lines);
    if distinct(&claims).len() < 2 {
        return;
    }
    let named = bench.anchor(lines, |part| distinct(&claims_of(part)).len() > 1);
    let mut found = said(&claims);
    let today = bench.case.today;
    found.sort_by_cached_key(|said| Reverse(doubts(said, &claims, lines, today).iter().map(|(_, doubt)| *doubt).max()));
    let doubted: Vec<(&Entry, Doubt)> = found.iter().flat_map(|said| doubts(said, &claims, lines, today)).collect();
    // One line for each value, then all the others, as far as no line is more doubtful.
    let mut evidence: Vec<&Entry> = found.iter().map(|said| said.first).chain(lines.iter().copied()).collect();
    evidence.sort_by_key(|line| {
        Reverse(doubted.iter().filter(|(of, _)| of.uid == line.uid).map(|(_, doubt)| *doubt).max())
    });
    let shown = T::show(&found.iter().map(|said| said.value).collect::<Vec<_>>());
    let said = found.iter().zip(&shown).map(|(said, value)| json!({"value": value, "by": who_says(said, &found)}));
    let said: Vec<Value> = said.collect();
    let finding = bench.raise_anchored(rule, None, named, evidence.iter().map(|line| line.uid).collect());
    say(finding, key, shown);
    say(finding, "said", said);
}

/// The claims that no earlier one agrees with.
fn distinct<'c, 'e, T: values::Claimed>(claims: &'c [Claim<'e, T>]) -> Vec<&'c Claim<'e, T>> {
    let mut kept: Vec<&Claim<T>> = Vec::new();
    for claim in claims {
        if !kept.iter().any(|other| other.value.can_be(&claim.value)) {
            kept.push(claim);
        }
    }
    kept
}

/// The values, each with its claims. What can be several of them, as a month can be two of its days, is for none.
fn said<'c, 'e, T: values::Claimed>(claims: &'c [Claim<'e, T>]) -> Vec<Said<'c, 'e, T>> {
    let kept = distinct(claims).into_iter();
    let mut found: Vec<Said<T>> =
        kept.map(|claim| Said { value: &claim.value, first: claim.line, claims: Vec::new() }).collect();
    for claim in claims {
        let mut agreeing = found.iter_mut().filter(|said| said.value.can_be(&claim.value));
        if let (Some(said), None) = (agreeing.next(), agreeing.next()) {
            said.claims.push(claim);
        }
    }
    found
}

/// What speaks against a line: what it has against itself, and how many of all claims are not for its value.
type Doubt = (u32, usize);

/// The lines that say it in a column. A number that spells it speaks against the columns, and nothing here against it.
fn doubts<'e, T: values::Claimed>(
    said: &Said<'_, 'e, T>,
    claims: &[Claim<T>],
    lines: &[&Entry],
    today: Date,
) -> Vec<(&'e Entry, Doubt)> {
    let others = claims.len() - said.claims.len();
    let by_column = said.claims.iter().filter(|claim| !claim.by_number);
    by_column.map(|claim| (claim.line, (T::doubt(claim, claims, lines, today), others))).collect()
}

/// Who says a value: lists, and `number` where a number spells it. Behind a list stands the area where the same list says
/// otherwise elsewhere, and behind `number` whose it is where another number spells otherwise.
fn who_says<T>(said: &Said<T>, found: &[Said<T>]) -> Vec<String> {
    let says_more = |line: &Entry| {
        let says = |said: &&Said<T>| said.by_column().iter().any(|other| other.list == line.list);
        found.iter().filter(says).count() > 1
    };
    let name = |line: &&Entry| match says_more(line) {
        true => list_in(line.list, line.area),
        false => line.list.as_str().to_owned(),
    };
    let mut who: Vec<String> = said.by_column().iter().map(name).collect();
    who.dedup();
    let numbers = |said: &Said<T>| -> Vec<(List, Area)> {
        let by_number = said.claims.iter().filter(|claim| claim.by_number);
        let mut lists: Vec<(List, Area)> = by_number.map(|claim| (claim.line.list, claim.line.area)).collect();
        lists.sort_unstable();
        lists.dedup();
        lists
    };
    let others = found.iter().map(numbers).filter(|lists| !lists.is_empty()).collect::<Vec<_>>();
    let own = numbers(said);
    if others.len() < 2 {
        who.extend((!own.is_empty()).then(|| "number".to_owned()));
        return who;
    }
    let is_elsewhere = |list: List| others.iter().filter(|lists| lists.iter().any(|(of, _)| *of == list)).count() > 1;
    who.extend(own.into_iter().map(|(list, area)| match is_elsewhere(list) {
        true => format!("number {}", list_in(list, area)),
        false => format!("number {}", list.as_str()),
    }));
    who.dedup();
    who
}
