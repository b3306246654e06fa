//! What linking needs of one entry, in a fixed small shape.

use std::fmt;

use xxhash_rust::xxh3::xxh3_64;

use super::name::{Name, NameLevel};
use super::number::Number;
use crate::domain::name::{parent_and_kin, with_character};
use crate::domain::{Area, IdNumber, List, PartialDate, Place, Record, Sex, Status, Uid};

/// One entry as the comparisons see it; about 240 bytes and no allocation.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Features {
    pub uid: Uid,
    pub area: Area,
    pub list: List,
    /// Whether the line still stands for somebody here: a person is on one list of one village once.
    pub active: bool,
    pub number: Number,
    /// Another number of the person: the one before it was changed, or since, where the register says so.
    pub other_number: Number,
    /// That number is told by a list that does not decide about numbers: a reason to ask, and never to join.
    pub other_is_hint: bool,
    pub name: Name,
    /// The head's own name as the head's cell of the same line spells it, where that is another spelling, any name with
    /// the character that brackets may stand for, or another name that the line tells; else empty.
    pub second_name: Name,
    pub sex: Option<Sex>,
    /// What the number says, where it is valid.
    pub number_sex: Option<Sex>,
    pub birth: Option<PartialDate>,
    /// What the number says, where enough of it is left.
    pub number_birth: Option<PartialDate>,
    /// Where the line says that the person came from or went to.
    pub moved_from: Option<Area>,
    pub moved_to: Option<Area>,
    /// Hashes, 0 where the line does not say: household number within its area, head's and spouse's folded names.
    pub household: u32,
    pub head: u32,
    pub spouse: u32,
    /// The last digits of the telephone as a number and one more, 0 where the line does not say.
    pub phone: u16,
    /// GB/T 4761, 0 where the line does not say.
    pub relation: u8,
    /// Whether the person is the head, by relation or by name: then the head's name says nothing new.
    pub is_head: bool,
}

impl fmt::Debug for Features {
    /// Says which entry it is, not who.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Features")
            .field("uid", &self.uid)
            .field("area", &self.area)
            .field("list", &self.list)
            .field("number", &self.number.state)
            .finish_non_exhaustive()
    }
}

/// Builds the features of one entry. Never fails: what cannot be read is missing.
pub fn features(uid: Uid, area: Area, list: List, record: &Record) -> Features {
    let known = record.known_number();
    let number = Number::new(known);
    let name = Name::new(&record.name);
    // 许国强之子 says of whose household the child is.
    let called = if name.is_empty() { parent_and_kin(record.name.trim()) } else { None };
    let head = record.head.as_deref().or(called.map(|(parent, _)| parent));
    let head_name = head.map(Name::new).filter(|head| !head.is_empty());
    let relation = record.relation.or(called.and_then(|(_, kin)| relation_of(kin)));
    let is_self = record.is_head();
    let place = |place: Option<Place>| match place {
        Some(Place::Area(area)) => Some(area),
        _ => None,
    };
    Features {
        uid,
        area,
        list,
        active: record.status == Status::Active,
        number,
        other_number: Number::new(record.changed_number()),
        other_is_hint: list != List::Population,
        name,
        second_name: head_name
            .filter(|head| is_self && spells_otherwise(&name, head))
            .or_else(|| with_character(&record.name).map(|name| Name::new(&name)))
            .or_else(|| record.also_called.as_deref().map(Name::new))
            .unwrap_or(Name::EMPTY),
        sex: record.sex,
        number_sex: known.filter(|_| !number.ends_in_zeros()).and_then(IdNumber::sex),
        birth: record.birth,
        number_birth: known.filter(|_| number.tells_birth()).and_then(IdNumber::birth),
        moved_from: place(record.moved_from),
        moved_to: place(record.moved_to),
        household: record.household.as_deref().map_or(0, |number| hash_text(number.trim(), area.padded())),
        head: head_name.as_ref().map_or(0, hash_name),
        spouse: record.spouse.as_deref().map(Name::new).filter(|name| !name.is_empty()).as_ref().map_or(0, hash_name),
        phone: record.phone_tail.as_deref().map_or(0, phone_mark),
        relation: relation.unwrap_or(0),
        is_head: is_self || head_name.is_some_and(|head| head == name),
    }
}

/// Whether two records of one entry have the same features: what else a line says changes nothing of who it is. A
/// month's visits change an eighth of a health list, and nobody in it.
pub fn features_agree(a: &Record, b: &Record) -> bool {
    let of = |r: &Record| (r.status == Status::Active, r.sex, r.birth, r.moved_from, r.moved_to, r.relation);
    of(a) == of(b)
        && a.id_number == b.id_number
        && a.former_number == b.former_number
        && a.name == b.name
        && a.also_called == b.also_called
        && a.household == b.household
        && a.head == b.head
        && a.spouse == b.spouse
        && a.phone_tail == b.phone_tail
}

impl Features {
    /// The line as if it did not say its number.
    pub(super) fn without_number(self) -> Features {
        Features { number: Number::MISSING, number_sex: None, number_birth: None, ..self }
    }

    /// The birth dates the line gives, the column's first.
    pub fn births(&self) -> impl Iterator<Item = PartialDate> {
        self.birth.into_iter().chain(self.number_birth.filter(|n| Some(*n) != self.birth))
    }

    /// How the names of two lines stand to each other, by the spellings that agree best, and the bits of rarity in what
    /// these have in common.
    pub fn compare_names(&self, other: &Features) -> (NameLevel, f32) {
        let mut best = self.name.compare(&other.name);
        if self.second_name.is_empty() && other.second_name.is_empty() {
            return best;
        }
        for (mine, theirs) in [
            (&self.second_name, &other.name),
            (&self.name, &other.second_name),
            (&self.second_name, &other.second_name),
        ] {
            let (level, rarity) = mine.compare(theirs);
            if level < best.0 || level == best.0 && rarity > best.1 {
                best = (level, rarity);
            }
        }
        best
    }
}

/// GB/T 4761 of the kin by whom a child without a name is called, as far as its first digit tells them apart.
fn relation_of(kin: &str) -> Option<u8> {
    match kin.chars().next_back()? {
        _ if kin.ends_with("女儿") => Some(30),
        '子' if kin.ends_with("妻子") => Some(12),
        '子' | '儿' if !kin.ends_with(['孩', '婴']) && !kin.starts_with('孩') && !kin.starts_with('婴') => {
            Some(20)
        }
        '女' => Some(30),
        '妻' => Some(12),
        '夫' => Some(11),
        '父' => Some(51),
        '母' => Some(52),
        _ => None,
    }
}

/// Whether the head's cell can be the same person's name, written a second time: the clerk who mistypes one of the two
/// seldom mistypes the other likewise. A name further off is somebody else's, and the relation wrong.
fn spells_otherwise(name: &Name, head: &Name) -> bool {
    let (level, _) = name.compare(head);
    level == NameLevel::Missing || (NameLevel::Wildcard..=NameLevel::Dropped).contains(&level)
}

fn hash_name(name: &Name) -> u32 {
    hash_text(&name.chars().iter().collect::<String>(), 0)
}

/// Never 0 for a text that says something.
fn hash_text(text: &str, seed: u64) -> u32 {
    if text.is_empty() { 0 } else { (xxh3_64(text.as_bytes()) ^ mix(seed)) as u32 | 1 }
}

/// Spreads the bits of `value` (the finaliser of splitmix64).
pub(super) fn mix(value: u64) -> u64 {
    let value = (value ^ value >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let value = (value ^ value >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
    value ^ value >> 31
}

fn phone_mark(tail: &str) -> u16 {
    let digits = tail.bytes().filter(u8::is_ascii_digit);
    let value = digits.fold(1u32, |value, digit| (value * 10 + u32::from(digit - b'0')) % 60_000);
    if tail.bytes().any(|b| b.is_ascii_digit()) { value as u16 + 1 } else { 0 }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    #[test]
    fn no_field_that_linkage_sees_changes_unnoticed() {
        // Every field of a record with two values it may have.
        let fields = json!({
            "name": ["王五", "王武"], "aka": ["赵六", "赵七"], "id": ["11010519491231002X", "440524188001010014"], "sex": ["m", "f"],
            "birth": ["1949-12-31", "1950"], "st": ["active", "deceased"], "why": ["died", "moved"],
            "end": ["2025-01-02", "2025"], "died": ["2025-01-02", "2025"], "in": ["2025-01-02", "2025"],
            "from": ["519901001", "outside"], "out": ["2025-01-02", "2025"], "to": ["519901001", "outside"],
            "since": ["2025-01-02", "2025"], "rev": ["2025-01-02", "2025"], "seen": ["2025-01-02", "2025"],
            "hh": ["7", "8"], "was": ["440524188001010014", "11010519491231002X"], "head": ["王四", "王五"], "rel": [1, 10], "sp": ["李四", "李三"],
            "rec": ["1", "2"], "tel": ["1234", "4321"], "cls": ["A", "B"], "aid": ["reward", "special"],
            "ct": [true, false], "dr": [true, false], "gr": [true, false], "flow": ["in", "out"],
        });
        let fields = fields.as_object().unwrap();
        let first: serde_json::Map<String, Value> = fields.iter().map(|(k, v)| (k.clone(), v[0].clone())).collect();
        let read = |map| serde_json::from_value::<Record>(Value::Object(map)).unwrap();
        let base = read(first.clone());
        let written = serde_json::to_value(&base).unwrap();
        assert_eq!(written.as_object().unwrap().len(), fields.len(), "a field is missing here");
        let seen = |record: &Record| features(Uid(1), "519901001201".parse().unwrap(), List::Population, record);
        for (name, values) in fields {
            let mut other = first.clone();
            other.insert(name.clone(), values[1].clone());
            let other = read(other);
            assert!(other != base, "{name} has one value twice");
            assert!(seen(&other) == seen(&base) || !features_agree(&other, &base), "{name} changes who it is");
        }
        assert!(features_agree(&base, &base));
    }
}
