//! One line of one list in one area, cleaned (DESIGN.md: entry).

use std::fmt;
use std::str::FromStr;

use compact_str::CompactString;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::area::Area;
use super::date::PartialDate;
use super::id_number::IdNumber;
use super::list::List;
use super::mask;

/// The stable name of an entry, the same at every node and over its whole life.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Uid(pub u64);

/// Crockford's base 32: no letter that is read as a digit.
const ALPHABET: &[u8; 32] = b"0123456789abcdefghjkmnpqrstvwxyz";

/// `value` in `width` characters of base 32, highest first.
pub(super) fn base32(mut value: u64, width: usize) -> String {
    let mut out = vec![b'0'; width];
    for slot in out.iter_mut().rev() {
        *slot = ALPHABET[(value & 31) as usize];
        value >>= 5;
    }
    out.into_iter().map(char::from).collect()
}

pub(super) fn from_base32(text: &str) -> Option<u64> {
    text.bytes().try_fold(0u64, |value, byte| {
        let digit = ALPHABET.iter().position(|a| *a == byte.to_ascii_lowercase())?;
        value.checked_mul(32)?.checked_add(digit as u64)
    })
}

impl fmt::Display for Uid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&base32(self.0, 13))
    }
}

impl fmt::Debug for Uid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("an entry's uid has 13 letters and digits")]
pub struct UidError;

impl FromStr for Uid {
    type Err = UidError;
    fn from_str(text: &str) -> Result<Uid, UidError> {
        Some(text).filter(|t| t.len() == 13).and_then(from_base32).map(Uid).ok_or(UidError)
    }
}

impl Serialize for Uid {
    fn serialize<S: Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        s.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Uid {
    fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Uid, D::Error> {
        CompactString::deserialize(d)?.parse().map_err(serde::de::Error::custom)
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Sex {
    #[serde(rename = "m")]
    Male,
    #[serde(rename = "f")]
    Female,
}

/// What an entry says of itself (CONTRACT.md, statuses).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[repr(u8)]
pub enum Status {
    #[default]
    Active = 1,
    MovedOut = 2,
    Deceased = 3,
    /// Ended for another reason.
    Closed = 4,
    /// Its line vanished.
    Removed = 5,
}

impl Status {
    pub const ALL: [Status; 5] = [Status::Active, Status::MovedOut, Status::Deceased, Status::Closed, Status::Removed];

    pub fn as_str(self) -> &'static str {
        match self {
            Status::Active => "active",
            Status::MovedOut => "moved_out",
            Status::Deceased => "deceased",
            Status::Closed => "closed",
            Status::Removed => "removed",
        }
    }

    pub fn from_code(code: u8) -> Option<Status> {
        Status::ALL.into_iter().find(|s| *s as u8 == code)
    }
}

/// Why a line ended, where it says so (停保原因, 退出原因, 注销原因).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Reason {
    Died,
    Moved,
    /// 失访: cannot be reached; nobody said that they left.
    Lost,
    Refused,
    /// The means improved, or the conditions no longer hold.
    NotEntitled,
    /// 重复, 作废: the line should never have been there.
    Void,
    Other,
}

/// Where somebody came from or went to. Free text is not kept: an address is nobody's business here.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Place {
    Area(Area),
    /// 县外, 外省: outside this county.
    Outside,
    /// Something is written that names no area we can read.
    Unclear,
}

impl Serialize for Place {
    fn serialize<S: Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        match self {
            Place::Area(area) => area.serialize(s),
            Place::Outside => s.serialize_str("outside"),
            Place::Unclear => s.serialize_str("unclear"),
        }
    }
}

impl<'de> Deserialize<'de> for Place {
    fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Place, D::Error> {
        let text = CompactString::deserialize(d)?;
        Ok(match text.as_ref() {
            "outside" => Place::Outside,
            other => other.parse().map_or(Place::Unclear, Place::Area),
        })
    }
}

/// Which assistance of the family-planning lists (DOMAIN.md 1.3).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Aid {
    /// 奖励扶助
    Reward,
    /// 特别扶助: the only child died or is disabled. Which of the two is never said on a screen.
    Special,
}

/// Direction on the floating-population list.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Flow {
    In,
    Out,
}

/// All that is kept of one line, and all that travels. There is no other field: what is not here is dropped at
/// intake (DOMAIN.md 5, drop-list). Field names on the wire are short; absent means 'the line does not say'.
#[derive(Clone, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
pub struct Record {
    /// As written, outer blanks off.
    pub name: CompactString,
    /// Another name that the line tells, as the one before it was changed (曾用名, 又名).
    #[serde(rename = "aka", default, skip_serializing_if = "Option::is_none")]
    pub also_called: Option<CompactString>,
    #[serde(rename = "id", default, skip_serializing_if = "Option::is_none")]
    pub id_number: Option<IdNumber>,
    /// The number of this line before it was changed (DOMAIN.md 3.1): other lists may still have it. The register's word for
    /// it makes two numbers one; that of a list of a service is a hint. Beside a number that a spreadsheet cut, the whole
    /// one that it was cut from. See [`Record::known_number`] and [`Record::changed_number`].
    #[serde(rename = "was", default, skip_serializing_if = "Option::is_none")]
    pub former_number: Option<IdNumber>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sex: Option<Sex>,
    /// The birth column; what the number says is in the number.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub birth: Option<PartialDate>,
    #[serde(rename = "st", default)]
    pub status: Status,
    #[serde(rename = "why", default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<Reason>,
    /// Date of leaving a benefit or service for another reason than moving or dying.
    #[serde(rename = "end", default, skip_serializing_if = "Option::is_none")]
    pub ended: Option<PartialDate>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub died: Option<PartialDate>,
    #[serde(rename = "in", default, skip_serializing_if = "Option::is_none")]
    pub moved_in: Option<PartialDate>,
    #[serde(rename = "from", default, skip_serializing_if = "Option::is_none")]
    pub moved_from: Option<Place>,
    #[serde(rename = "out", default, skip_serializing_if = "Option::is_none")]
    pub moved_out: Option<PartialDate>,
    #[serde(rename = "to", default, skip_serializing_if = "Option::is_none")]
    pub moved_to: Option<Place>,
    /// Built, approved, confirmed or registered on (建档, 审批, 纳入, 登记).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub since: Option<PartialDate>,
    /// Last review of the benefit; the approval, where the list asks for reviews and says that there was none.
    #[serde(rename = "rev", default, skip_serializing_if = "Option::is_none")]
    pub reviewed: Option<PartialDate>,
    /// Last visit, examination or contact with the person.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub seen: Option<PartialDate>,
    /// Household number, local to one office.
    #[serde(rename = "hh", default, skip_serializing_if = "Option::is_none")]
    pub household: Option<CompactString>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub head: Option<CompactString>,
    /// Relation to the head, GB/T 4761 two digits (DOMAIN.md 4).
    #[serde(rename = "rel", default, skip_serializing_if = "Option::is_none")]
    pub relation: Option<u8>,
    /// Spouse's name on the family lists; support for linking, never a key.
    #[serde(rename = "sp", default, skip_serializing_if = "Option::is_none")]
    pub spouse: Option<CompactString>,
    /// Health record or certificate number: a key inside one list, never an identity (DOMAIN.md 3.3).
    #[serde(rename = "rec", default, skip_serializing_if = "Option::is_none")]
    pub record_no: Option<CompactString>,
    /// Last four digits of the telephone.
    #[serde(rename = "tel", default, skip_serializing_if = "Option::is_none")]
    pub phone_tail: Option<CompactString>,
    /// Dibao class, `A`, `B` or `C`.
    #[serde(rename = "cls", default, skip_serializing_if = "Option::is_none")]
    pub class: Option<char>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub aid: Option<Aid>,
    /// Special assistance: is there a named contact, a family doctor, a green channel (DOMAIN.md F12)?
    #[serde(rename = "ct", default, skip_serializing_if = "Option::is_none")]
    pub contact: Option<bool>,
    #[serde(rename = "dr", default, skip_serializing_if = "Option::is_none")]
    pub doctor: Option<bool>,
    #[serde(rename = "gr", default, skip_serializing_if = "Option::is_none")]
    pub green: Option<bool>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub flow: Option<Flow>,
}

impl Record {
    /// The number by which the line is known: its own, or the whole one that stood there before a spreadsheet cut it
    /// (DOMAIN.md 6 row 3).
    pub fn known_number(&self) -> Option<&IdNumber> {
        let own = self.id_number.as_ref();
        if own.is_some_and(IdNumber::is_damaged) { self.former_number.as_ref().or(own) } else { own }
    }

    /// The other number that the person had before this one.
    pub fn changed_number(&self) -> Option<&IdNumber> {
        self.former_number.as_ref().filter(|_| !self.id_number.as_ref().is_some_and(IdNumber::is_damaged))
    }

    /// All names of the person that the line tells.
    pub fn names(&self) -> impl Iterator<Item = &CompactString> {
        std::iter::once(&self.name).chain(&self.also_called)
    }

    /// Whether the relation says that this is the head: 01 本人 and 02 户主 of GB/T 4761, 03 in police data (DOMAIN.md 4).
    pub fn is_head(&self) -> bool {
        matches!(self.relation, Some(1..=3))
    }
}

impl fmt::Debug for Record {
    /// Masked: a record can end up in a log by way of an error.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Record")
            .field("name", &mask::name(&self.name))
            .field("id_number", &self.id_number)
            .field("status", &self.status)
            .finish_non_exhaustive()
    }
}

/// A record with its place: who says it, on which list, for which area.
#[derive(Debug, Clone, PartialEq)]
pub struct Entry {
    pub uid: Uid,
    pub area: Area,
    pub list: List,
    pub record: Record,
    /// The day the office that owns it first saw it.
    pub first_seen: super::date::Date,
    /// It stood in the first snapshot of its list and area: when it began is then not known from its appearance.
    pub baseline: bool,
    /// The day its number, name, birth date or sex was last corrected.
    pub corrected: Option<super::date::Date>,
    /// The day its line vanished; its `record.status` is then what it last said.
    pub removed: Option<super::date::Date>,
}

impl Entry {
    /// [`Status::Removed`] once the line vanished, else what the line says.
    pub fn status(&self) -> Status {
        if self.removed.is_some() { Status::Removed } else { self.record.status }
    }

    pub fn is_active(&self) -> bool {
        self.status() == Status::Active
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_uid_reads_back() {
        for value in [0, 1, 31, 32, u64::MAX >> 1] {
            assert_eq!(Uid(value).to_string().parse::<Uid>(), Ok(Uid(value)));
        }
        assert!("zz".parse::<Uid>().is_err());
    }

    #[test]
    fn a_record_is_short_on_the_wire_and_reads_back() {
        let record = Record {
            name: "吉木·子洛".into(),
            id_number: IdNumber::parse("11010519491231002X"),
            birth: "1949-12".parse().ok(),
            moved_to: Some(Place::Outside),
            ..Record::default()
        };
        let json = serde_json::to_string(&record).unwrap();
        assert_eq!(
            json,
            r#"{"name":"吉木·子洛","id":"11010519491231002X","birth":"1949-12","st":"active","to":"outside"}"#
        );
        assert_eq!(serde_json::from_str::<Record>(&json).unwrap(), record);
        assert!(!format!("{record:?}").contains("子洛"));
    }
}
