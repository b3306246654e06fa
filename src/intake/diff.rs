//! Which of the lines that arrived are entries already held, after a change.
//!
//! Only lines of one list and area whose text equals nothing held come here. They are paired step by step: the surest
//! key first, then weaker ones among those still alone (DOMAIN.md 3.5 turned to one list, where the same office writes
//! the same person again). A corrected number or a corrected name so stays the same entry.

pub mod renumbered;

use std::collections::HashMap;
use std::hash::{Hash, Hasher};

use xxhash_rust::xxh3::Xxh3;

use compact_str::CompactString;

use crate::domain::{IdNumber, IdState, Record, name};

/// An entry that matched no arrived line by its text.
#[derive(Debug, Clone, Copy)]
pub struct Held<'a> {
    pub record: &'a Record,
    /// Place in its last snapshot; only decides between equals.
    pub order: u32,
}

/// A line that matched no entry by its text.
#[derive(Debug, Clone, Copy)]
pub struct Arrived<'a> {
    pub record: &'a Record,
    pub order: u32,
}

/// Every index of both sides exactly once; `same` in the order of the held.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub struct Pairing {
    pub same: Vec<(usize, usize)>,
    pub gone: Vec<usize>,
    pub fresh: Vec<usize>,
}

/// What a step compares of a line; `None` takes the line out of that step.
type Key = Option<u64>;

/// What is computed of a line once, for all steps.
struct Features<'a> {
    record: &'a Record,
    name: u64,
    number: Key,
    /// Its first [`IdNumber::KEPT_PLACES`] places.
    number_head: Key,
    /// The number without its check digit and one place after the other left out is compared for corrected digits.
    number_text: Option<CompactString>,
    household: Key,
    birth: Key,
    order: u32,
}

/// Pairs what is held with what arrived, in time linear in both.
///
/// The result does not depend on the order of either slice except through `order`, which decides between lines that no
/// step can tell apart.
pub fn pair(held: &[Held<'_>], arrived: &[Arrived<'_>]) -> Pairing {
    let old: Vec<Features<'_>> = held.iter().map(|line| features(line.record, line.order)).collect();
    let new: Vec<Features<'_>> = arrived.iter().map(|line| features(line.record, line.order)).collect();
    let mut open = Open { partner: vec![None; old.len()], taken: vec![false; new.len()] };

    // Equals are paired one to one by their order; a key that is wrong for anyone is caught by a surer one before.
    open.pair(&old, &new, Among::Equals, |f| join(1, [f.number, Some(f.name), record_no(f)]));
    open.pair(&old, &new, Among::Equals, |f| join(2, [f.number, Some(f.name)]));
    open.pair(&old, &new, Among::Equals, |f| join(3, [record_no(f), Some(f.name)]));
    open.pair(&old, &new, Among::Equals, |f| join(4, [f.number]));
    open.pair(&old, &new, Among::Equals, |f| join(5, [Some(f.name), f.birth, f.household]));
    open.pair(&old, &new, Among::Equals, |f| join(6, [Some(f.name), f.number_head]));
    // From here on a key must be nobody else's: namesakes live in one village (DOMAIN.md 3.5).
    open.pair_corrected_digits(&old, &new);
    open.pair(&old, &new, Among::Only, |f| join(7, [Some(f.name), f.birth]));
    open.pair(&old, &new, Among::Only, |f| join(8, [Some(f.name), f.household]));
    open.pair(&old, &new, Among::Only, |f| join(9, [Some(f.name), phone(f)]));
    // Names differ here. A record number may be the household's, and another village's begin at 1 as well.
    open.pair_unless(&old, &new, |f| join(10, [record_no(f), sex(f)]), strangers);
    open.pair_unless(&old, &new, |f| join(11, [f.birth, f.household, sex(f), relation(f)]), strangers);
    open.pair_unless(&old, &new, |f| join(12, [f.birth, phone(f), sex(f)]), strangers);
    open.pair_unless(&old, &new, |f| join(13, [Some(f.name), sex(f)]), contradict);
    // A short list whose column of numbers was a spreadsheet's victim says nothing else of the person.
    open.pair_unless(&old, &new, |f| join(14, [Some(f.name)]), contradict);
    open.finish()
}

/// The first identity key of a line, for a uid that every node computes alike: number and folded name, else record
/// number and name, else what else tells the person.
pub fn key(record: &Record) -> u64 {
    let f = features(record, 0);
    join(2, [f.number, Some(f.name)])
        .or_else(|| join(3, [record_no(&f), Some(f.name)]))
        .or_else(|| join(5, [Some(f.name), f.birth, f.household]))
        .or_else(|| join(7, [Some(f.name), f.birth]))
        .or_else(|| join(8, [Some(f.name), f.household]))
        .unwrap_or_else(|| hash((14, f.name, sex(&f), phone(&f), f.number_head)))
}

/// Of a line whose number is whole: that and the folded name.
pub fn number_and_name(record: &Record) -> Option<u64> {
    let f = features(record, 0);
    join(2, [f.number, Some(f.name)])
}

fn features<'a>(record: &'a Record, order: u32) -> Features<'a> {
    let number = record.id_number.as_ref();
    let text = number.map(IdNumber::canonical);
    Features {
        record,
        // A placeholder for a name (无名氏) folds to nothing: then what is written is compared.
        name: match name::fold(&record.name) {
            folded if folded.is_empty() => hash((0, record.name.as_str())),
            folded => hash((1, folded)),
        },
        number: number.filter(|id| !id.is_damaged()).and(text.as_deref()).map(hash),
        number_head: text.as_deref().and_then(|text| text.get(..IdNumber::KEPT_PLACES)).map(hash),
        // With a digit too few or too many it is of another length.
        number_text: text.filter(|text| (17..=19).contains(&text.len()) && text.is_ascii()),
        household: record.household.as_deref().or(record.head.as_deref()).map(hash),
        birth: (record.birth.or_else(|| number.and_then(IdNumber::birth))).and_then(|date| date.exact()).map(hash),
        order,
    }
}

fn record_no(f: &Features<'_>) -> Key {
    f.record.record_no.as_deref().map(hash)
}

fn phone(f: &Features<'_>) -> Key {
    f.record.phone_tail.as_deref().map(hash)
}

fn sex(f: &Features<'_>) -> Key {
    f.record.sex.or_else(|| f.record.id_number.as_ref().and_then(IdNumber::sex)).map(|sex| hash(sex as u8))
}

fn relation(f: &Features<'_>) -> Key {
    f.record.relation.map(hash)
}

/// Whether two lines of one name are surely two people: in both the number is valid, or the birth, the household or the
/// sex known, and they differ in more than a correction would change; or one number is no rest of the other.
fn contradict(a: &Features<'_>, b: &Features<'_>) -> bool {
    let births = a.birth.is_some() && b.birth.is_some() && a.birth != b.birth;
    let households = a.household.is_some() && b.household.is_some() && a.household != b.household;
    let sexes = sex(a).is_some() && sex(b).is_some() && sex(a) != sex(b);
    (is_valid(a) && is_valid(b) && a.number != b.number) || births || households || sexes || other_rest(a, b)
}

/// Whether two lines of different names are of two people, whatever number of a file or household they share: their numbers
/// are valid and differ in more than a correction would change; or no number says that they are one, and the births or
/// the relations to the head differ, or the names have not one character in common.
fn strangers(a: &Features<'_>, b: &Features<'_>) -> bool {
    if is_valid(a) && is_valid(b) {
        return differing(a.number_text.as_deref(), b.number_text.as_deref()) > CORRECTED_PLACES_MAX;
    }
    if a.birth.is_some() && a.birth == b.birth {
        return false;
    }
    let differ = |a: Key, b: Key| a.is_some() && b.is_some() && a != b;
    let shared = a.record.name.chars().any(|c| b.record.name.contains(c));
    differ(a.birth, b.birth) || differ(relation(a), relation(b)) || !shared
}

fn is_valid(f: &Features<'_>) -> bool {
    f.record.id_number.as_ref().is_some_and(|id| matches!(id.state(), IdState::Valid | IdState::Old))
}

/// Whether one number lost its tail and what is left of it does not begin the other.
fn other_rest(a: &Features<'_>, b: &Features<'_>) -> bool {
    let (Some(a), Some(b)) = (&a.record.id_number, &b.record.id_number) else { return false };
    let (whole_a, whole_b) = (a.canonical(), b.canonical());
    let left = IdNumber::sure_places(whole_a.len().min(whole_b.len()).min(IdNumber::KEPT_PLACES));
    (a.is_damaged() || b.is_damaged()) && whole_a.as_bytes()[..left] != whole_b.as_bytes()[..left]
}

fn join<const N: usize>(step: u8, parts: [Key; N]) -> Key {
    let mut whole = [0u64; N];
    for (slot, part) in whole.iter_mut().zip(parts) {
        *slot = part?;
    }
    Some(hash((step, whole)))
}

fn hash(value: impl Hash) -> u64 {
    let mut hasher = Xxh3::new();
    value.hash(&mut hasher);
    hasher.finish()
}

/// What to do where several lines share a key.
#[derive(Clone, Copy, PartialEq)]
enum Among {
    /// Pair them one to one in their order: the key is sure.
    Equals,
    /// Leave them: the key is weak.
    Only,
}

/// Who is still alone.
struct Open {
    partner: Vec<Option<usize>>,
    taken: Vec<bool>,
}

type Groups = HashMap<u64, (Vec<usize>, Vec<usize>)>;

impl Open {
    fn groups(&self, old: &[Features<'_>], new: &[Features<'_>], key: impl Fn(&Features<'_>) -> Key) -> Groups {
        let mut groups = Groups::new();
        for (at, f) in old.iter().enumerate().filter(|(at, _)| self.partner[*at].is_none()) {
            if let Some(key) = key(f) {
                groups.entry(key).or_default().0.push(at);
            }
        }
        for (at, f) in new.iter().enumerate().filter(|(at, _)| !self.taken[*at]) {
            // A key that nobody held needs no group.
            if let Some(group) = key(f).and_then(|key| groups.get_mut(&key)) {
                group.1.push(at);
            }
        }
        groups
    }

    fn join(&mut self, held: usize, arrived: usize) {
        self.partner[held] = Some(arrived);
        self.taken[arrived] = true;
    }

    fn pair(&mut self, old: &[Features<'_>], new: &[Features<'_>], among: Among, key: impl Fn(&Features<'_>) -> Key) {
        for (mut ours, mut theirs) in self.groups(old, new, key).into_values() {
            if among == Among::Only && (ours.len() > 1 || theirs.len() > 1) {
                continue;
            }
            ours.sort_by_key(|at| old[*at].order);
            theirs.sort_by_key(|at| new[*at].order);
            for (held, arrived) in ours.into_iter().zip(theirs) {
                self.join(held, arrived);
            }
        }
    }

    fn pair_unless(
        &mut self,
        old: &[Features<'_>],
        new: &[Features<'_>],
        key: impl Fn(&Features<'_>) -> Key,
        apart: impl Fn(&Features<'_>, &Features<'_>) -> bool,
    ) {
        for (ours, theirs) in self.groups(old, new, key).into_values() {
            if let ([held], [arrived]) = (ours.as_slice(), theirs.as_slice())
                && !apart(&old[*held], &new[*arrived])
            {
                self.join(*held, *arrived);
            }
        }
    }

    /// Same name, and numbers that differ in one or two digits, by a swap of neighbours, or by one digit too few or too many: a
    /// corrected number. The check digit changes with the digit that was corrected, so two places may differ.
    fn pair_corrected_digits(&mut self, old: &[Features<'_>], new: &[Features<'_>]) {
        let has_number = |f: &Features<'_>| f.number_text.is_some().then_some(f.name);
        for (mut ours, mut theirs) in self.groups(old, new, has_number).into_values() {
            ours.sort_by_key(|at| old[*at].order);
            theirs.sort_by_key(|at| new[*at].order);
            // Namesakes in one village are a handful; more than that is no name.
            if ours.len() * theirs.len() > NAMESAKE_PAIRS_MAX {
                continue;
            }
            for held in ours {
                let near = |at: &&usize| {
                    !self.taken[**at]
                        && differing(old[held].number_text.as_deref(), new[**at].number_text.as_deref())
                            <= CORRECTED_PLACES_MAX
                };
                let mut candidates = theirs.iter().filter(near);
                if let (Some(arrived), None) = (candidates.next(), candidates.next()) {
                    let arrived = *arrived;
                    self.join(held, arrived);
                }
            }
        }
    }

    fn finish(self) -> Pairing {
        let mut pairing = Pairing::default();
        for (held, partner) in self.partner.into_iter().enumerate() {
            match partner {
                Some(arrived) => pairing.same.push((held, arrived)),
                None => pairing.gone.push(held),
            }
        }
        pairing.fresh = self.taken.iter().enumerate().filter(|(_, taken)| !**taken).map(|(at, _)| at).collect();
        pairing
    }
}

const NAMESAKE_PAIRS_MAX: usize = 1_024;
/// A digit and the check digit, or two neighbours swapped and the check digit.
const CORRECTED_PLACES_MAX: usize = 3;

fn differing(a: Option<&str>, b: Option<&str>) -> usize {
    match (a, b) {
        (Some(a), Some(b)) if a.len() == b.len() => a.bytes().zip(b.bytes()).filter(|(a, b)| a != b).count(),
        (Some(a), Some(b)) if is_one_more(a.as_bytes(), b.as_bytes()) || is_one_more(b.as_bytes(), a.as_bytes()) => 1,
        _ => usize::MAX,
    }
}

/// Whether `long` is `short` with one more digit anywhere.
fn is_one_more(long: &[u8], short: &[u8]) -> bool {
    let begin = long.iter().zip(short).take_while(|(a, b)| a == b).count();
    long.len() == short.len() + 1 && long[begin + 1..] == short[begin..]
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::domain::Sex;

    fn person(name: &str, number: &str) -> Record {
        Record { name: name.into(), id_number: IdNumber::parse(number), ..Record::default() }
    }

    fn pairs(held: &[Record], arrived: &[Record]) -> Pairing {
        let held: Vec<_> = held.iter().zip(0..).map(|(record, order)| Held { record, order }).collect();
        let arrived: Vec<_> = arrived.iter().zip(0..).map(|(record, order)| Arrived { record, order }).collect();
        pair(&held, &arrived)
    }

    fn same(held: Record, arrived: Record) -> bool {
        pairs(&[held], &[arrived]).same.len() == 1
    }

    #[test]
    fn a_correction_is_the_same_entry() {
        let zhang = || person("张三", "519901194501190052");
        assert!(same(zhang(), Record { phone_tail: Some("1234".into()), ..zhang() }), "anything beside");
        assert!(same(zhang(), person("张叁", "519901194501190052")), "the name");
        assert!(same(person("张三", "519901194501190053"), zhang()), "a digit");
        assert!(same(person("张三", "519901194510190052"), zhang()), "swapped digits");
        let right = "519901195003020012";
        for at in 0..right.len() {
            let (few, many) = ([&right[..at], &right[at + 1..]].concat(), [&right[..at], "7", &right[at..]].concat());
            assert!(same(person("张三", &few), person("张三", right)), "a digit too few: {few}");
            assert!(same(person("张三", &many), person("张三", right)), "a digit too many: {many}");
        }
        let damaged = Record { id_number: IdNumber::damaged("519901194501190000"), ..zhang() };
        assert!(same(damaged.clone(), zhang()) && same(zhang(), damaged), "a damaged number, both ways");
        let cut = |digits: &str| Record { id_number: IdNumber::damaged(digits), ..person("张三", "") };
        assert!(same(cut("519901"), zhang()), "six digits left, and nothing else on the line");
        assert!(!same(cut("519902"), zhang()), "of another number");
        assert!(same(cut("52"), zhang()), "two digits left, the second of them rounded");
        assert!(
            same(person("张三", "510105450119005"), person("张三", "510105194501190056")),
            "15 digits brought to 18, with another digit"
        );
        let birth = "2026-01-05".parse().ok();
        let infant = Record { name: "张小宝".into(), birth, household: Some("7".into()), ..Record::default() };
        assert!(
            same(infant.clone(), Record { id_number: IdNumber::parse("519901202601050010"), ..infant.clone() }),
            "an infant's first number"
        );
        let renamed = Record { name: "张子轩".into(), ..infant.clone() };
        assert!(!same(infant.clone(), renamed), "a renamed infant needs sex and relation");
        let full = Record { sex: Some(Sex::Male), relation: Some(20), ..infant };
        assert!(same(full.clone(), Record { name: "张子轩".into(), ..full }), "a renamed infant");
    }

    #[test]
    fn two_people_are_not_one_entry() {
        assert!(!same(person("张三", "519901194501190052"), person("张三", "519901197807150017")));
        assert!(!same(person("张三", "519901194501190052"), person("李四", "519901197807150017")));
        let named =
            |household: &str| Record {
                name: "王秀英".into(), household: Some(household.into()), ..Record::default()
            };
        assert!(!same(named("1"), named("2")));
    }

    #[test]
    fn a_number_of_a_file_or_a_household_makes_nobody_somebody_else() {
        let on_file = |record: Record| Record { record_no: Some("000001".into()), sex: Some(Sex::Male), ..record };
        let father = || on_file(person("张三", "519901194501190052"));
        assert!(!same(father(), on_file(person("张小明", "519901197203040018"))), "the son under one certificate");
        assert!(!same(father(), on_file(person("李四", "519901194602200034"))), "the next village's first file");
        assert!(same(father(), on_file(person("章山", "519901194501190053"))), "a name and a digit corrected");
        let nameless = |name: &str| on_file(person(name, ""));
        assert!(same(nameless("张三"), nameless("张叁")), "a name corrected, and nothing else to go by");
        assert!(!same(nameless("张三"), nameless("李四")), "nothing in common but the number of the file");
        let as_kin = |name: &str, relation| Record { relation: Some(relation), ..nameless(name) };
        assert!(!same(as_kin("张三", 2), as_kin("张小三", 20)), "the head, and his son");
    }

    #[test]
    fn duplicates_are_paired_one_to_one() {
        let line = || person("张三", "519901194501190052");
        let pairing = pairs(&[line(), line()], &[line(), line(), line()]);
        assert_eq!(pairing, Pairing { same: vec![(0, 0), (1, 1)], gone: vec![], fresh: vec![2] });
    }

    #[test]
    fn a_key_is_the_same_for_two_spellings_of_one_line() {
        assert_eq!(key(&person("張三", "519901194501190052")), key(&person("张 三", "519901194501190052")));
        assert_ne!(key(&person("张三", "519901194501190052")), key(&person("张三", "519901197807150017")));
    }

    fn records() -> impl Strategy<Value = Vec<Record>> {
        let record = (0u8..4, 0u8..6, 0u8..3, 0u8..4).prop_map(|(name, number, household, record_no)| Record {
            name: ["张三", "李四", "王秀英", "無名氏"][usize::from(name)].into(),
            id_number: (number < 4).then(|| IdNumber::parse(&format!("51990119450119005{number}"))).flatten(),
            household: (household > 0).then(|| household.to_string().into()),
            record_no: (record_no > 1).then(|| record_no.to_string().into()),
            ..Record::default()
        });
        proptest::collection::vec(record, 0..12)
    }

    proptest! {
        #[test]
        fn every_line_is_accounted_for_exactly_once(held in records(), arrived in records()) {
            let pairing = pairs(&held, &arrived);
            let mut old: Vec<_> = pairing.same.iter().map(|(held, _)| *held).chain(pairing.gone).collect();
            let mut new: Vec<_> = pairing.same.iter().map(|(_, arrived)| *arrived).chain(pairing.fresh).collect();
            old.sort_unstable();
            new.sort_unstable();
            prop_assert_eq!(old, (0..held.len()).collect::<Vec<_>>());
            prop_assert_eq!(new, (0..arrived.len()).collect::<Vec<_>>());
        }

        #[test]
        fn the_order_of_the_file_does_not_matter(births in proptest::collection::hash_set(19_300_101u32..19_301_231, 1..12), turn in 0usize..12) {
            let held: Vec<Record> = births.iter().map(|b| person("王秀英", &format!("519901{b}0021"))).collect();
            let mut arrived: Vec<Record> = held.iter().map(|r| Record { phone_tail: Some("1".into()), ..r.clone() }).collect();
            let len = arrived.len();
            arrived.rotate_left(turn % len);
            let pairing = pairs(&held, &arrived);
            prop_assert!(pairing.gone.is_empty() && pairing.fresh.is_empty());
            for (a, b) in pairing.same {
                prop_assert_eq!(&held[a].id_number, &arrived[b].id_number);
            }
        }
    }
}
