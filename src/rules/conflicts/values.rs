//! What lines claim of a person: when two claims can be one, and what a line says against its own.

use compact_str::CompactString;

use crate::domain::name::{self, WILDCARD, undotted};
use crate::domain::{Date, Entry, IdNumber, IdState, List, PartialDate, Sex, mask};

use super::Claim;

/// A value that a person has one of.
pub(super) trait Claimed: Sized {
    /// In the order in which they are held against each other: the surest first.
    fn claims<'e>(lines: &[&'e Entry]) -> Vec<Claim<'e, Self>>;

    /// Whether both can mean one and the same.
    fn can_be(&self, other: &Self) -> bool;

    /// What the claim's line itself has against it, whatever the others say; 0 for nothing.
    fn doubt(claim: &Claim<Self>, claims: &[Claim<Self>], lines: &[&Entry], today: Date) -> u32;

    /// The values of a contradiction, side by side and masked.
    fn show(values: &[&Self]) -> Vec<String>;
}

/// What columns say, then what the numbers spell.
fn with_numbers<'e, T>(
    lines: &[&'e Entry],
    said: impl Fn(&Entry) -> Option<T>,
    spelt: impl Fn(&Entry) -> Option<T>,
) -> Vec<Claim<'e, T>> {
    let said = lines.iter().filter_map(|line| Some(Claim { value: said(line)?, line, by_number: false }));
    let spelt = lines.iter().filter_map(|line| Some(Claim { value: spelt(line)?, line, by_number: true }));
    said.chain(spelt).collect()
}

/// Whether the number on the line itself spells another value than its column says.
fn spelt_otherwise<T: Claimed>(claim: &Claim<T>, claims: &[Claim<T>]) -> bool {
    let mut spelt = claims.iter().filter(|other| other.by_number && other.line.uid == claim.line.uid);
    spelt.any(|spelt| !spelt.value.can_be(&claim.value))
}

impl Claimed for IdNumber {
    /// Whole numbers first, so that a damaged one is held against them.
    fn claims<'e>(lines: &[&'e Entry]) -> Vec<Claim<'e, IdNumber>> {
        let mut claims = with_numbers(lines, |line| line.record.id_number.clone(), |_| None);
        claims.sort_by_key(|claim| claim.value.is_damaged());
        claims
    }

    fn can_be(&self, other: &IdNumber) -> bool {
        let (a, b) = (self.canonical(), other.canonical());
        let places = self.trusted_places().min(other.trusted_places());
        if places == usize::MAX { a == b } else { a.get(..places) == b.get(..places) }
    }

    /// What is no number, and one that the register has changed since, comes before a number that is not of the columns'
    /// day of birth or sex.
    fn doubt(claim: &Claim<IdNumber>, _: &[Claim<IdNumber>], lines: &[&Entry], today: Date) -> u32 {
        let number = &claim.value;
        let former = |line: &&&Entry| {
            let former = line.record.changed_number().filter(|_| line.list == List::Population);
            former.is_some_and(|former| former.canonical() == number.canonical())
        };
        let is_whole = matches!(number.state(), IdState::Valid | IdState::Old);
        let is_in_time = number.lifetime().is_some_and(|lifetime| lifetime.contains(&today));
        if !is_whole || !is_in_time || lines.iter().any(|line| former(&line)) {
            return u32::MAX;
        }
        let (birth, sex) = (number.birth(), number.sex());
        let against = lines.iter().map(|line| {
            let of_birth = line.record.birth.zip(birth).is_some_and(|(said, spelt)| !said.agrees(spelt));
            let of_sex = line.record.sex.zip(sex).is_some_and(|(said, spelt)| said != spelt);
            u32::from(of_birth) + u32::from(of_sex)
        });
        against.sum()
    }

    fn show(values: &[&IdNumber]) -> Vec<String> {
        mask::id_numbers(&values.iter().map(|number| number.reveal()).collect::<Vec<_>>())
    }
}

/// What a name can be when it is folded: 王大(龙天) is 王大, or 王大 and a character that nobody could write.
pub(super) struct Name {
    folded: CompactString,
    with_character: Option<CompactString>,
}

impl Name {
    fn spellings(&self) -> impl Iterator<Item = &CompactString> {
        std::iter::once(&self.folded).chain(&self.with_character)
    }
}

impl Claimed for Name {
    fn claims<'e>(lines: &[&'e Entry]) -> Vec<Claim<'e, Name>> {
        let said = |line: &Entry| {
            let written = &line.record.name;
            let folded = Some(name::fold(written)).filter(|name| !name.is_empty())?;
            Some(Name { folded, with_character: name::with_character(written) })
        };
        with_numbers(lines, said, |_| None)
    }

    fn can_be(&self, other: &Name) -> bool {
        self.spellings().any(|a| other.spellings().any(|b| same_name(a, b)))
    }

    fn doubt(_: &Claim<Name>, _: &[Claim<Name>], _: &[&Entry], _: Date) -> u32 {
        0
    }

    fn show(values: &[&Name]) -> Vec<String> {
        mask::names(&values.iter().map(|name| name.folded.as_str()).collect::<Vec<_>>())
    }
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

impl Claimed for Sex {
    fn claims<'e>(lines: &[&'e Entry]) -> Vec<Claim<'e, Sex>> {
        with_numbers(lines, |line| line.record.sex, spelt_sex)
    }

    fn can_be(&self, other: &Sex) -> bool {
        self == other
    }

    fn doubt(claim: &Claim<Sex>, claims: &[Claim<Sex>], _: &[&Entry], _: Date) -> u32 {
        u32::from(spelt_otherwise(claim, claims))
    }

    fn show(values: &[&Sex]) -> Vec<String> {
        values.iter().map(|sex| if **sex == Sex::Male { "m" } else { "f" }.to_owned()).collect()
    }
}

fn spelt_sex(line: &Entry) -> Option<Sex> {
    line.record.id_number.as_ref().and_then(IdNumber::sex)
}

impl Claimed for PartialDate {
    /// Exact dates first: a month or a year is then held against them.
    fn claims<'e>(lines: &[&'e Entry]) -> Vec<Claim<'e, PartialDate>> {
        let mut claims = with_numbers(lines, |line| line.record.birth, spelt_birth);
        claims.sort_by_key(|claim| claim.value.exact().is_none());
        claims
    }

    fn can_be(&self, other: &PartialDate) -> bool {
        self.agrees(*other)
    }

    fn doubt(claim: &Claim<PartialDate>, claims: &[Claim<PartialDate>], _: &[&Entry], _: Date) -> u32 {
        u32::from(spelt_otherwise(claim, claims))
    }

    fn show(values: &[&PartialDate]) -> Vec<String> {
        values.iter().map(|date| date.to_string()).collect()
    }
}

/// The day that a valid number spells.
fn spelt_birth(line: &Entry) -> Option<PartialDate> {
    line.record.id_number.as_ref().filter(|number| number.full().is_some())?.birth()
}
