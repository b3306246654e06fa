//! Administrative codes: 6 digits county, 9 township, 12 village (DOMAIN.md 3.2).

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// The three levels a node can stand at.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Level {
    Village,
    Township,
    County,
}

impl Level {
    pub fn as_str(self) -> &'static str {
        match self {
            Level::Village => "village",
            Level::Township => "township",
            Level::County => "county",
        }
    }
}

/// An administrative code, held as its 12 digits with zeros behind a shorter code.
///
/// No village is numbered 000 and no township either, so the trailing zeros tell the level.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Area(u64);

const VILLAGE_SPAN: u64 = 1_000;
const TOWNSHIP_SPAN: u64 = 1_000_000;

impl Area {
    /// Below and above every code, for ranges.
    pub const MIN: Area = Area(0);
    pub const MAX: Area = Area(u64::MAX);

    /// From the 12 digits as a number; `None` where the first six are not a county code.
    pub fn from_padded(code: u64) -> Option<Area> {
        let area = Area(code);
        // A village number under township 000 would be a code of no level at all.
        let orphan_village = !code.is_multiple_of(VILLAGE_SPAN) && (code / VILLAGE_SPAN).is_multiple_of(1_000);
        (100_000..1_000_000).contains(&(code / TOWNSHIP_SPAN)).then_some(area).filter(|_| !orphan_village)
    }

    /// The 12 digits as a number, zeros behind.
    pub fn padded(self) -> u64 {
        self.0
    }

    pub fn level(self) -> Level {
        if self.0.is_multiple_of(TOWNSHIP_SPAN) {
            Level::County
        } else if self.0.is_multiple_of(VILLAGE_SPAN) {
            Level::Township
        } else {
            Level::Village
        }
    }

    /// The first and last padded code inside this area, both included.
    pub fn range(self) -> (u64, u64) {
        let span = match self.level() {
            Level::County => TOWNSHIP_SPAN,
            Level::Township => VILLAGE_SPAN,
            Level::Village => 1,
        };
        (self.0, self.0 + span - 1)
    }

    /// Whether `inner` is this area or lies below it.
    pub fn contains(self, inner: Area) -> bool {
        let (first, last) = self.range();
        (first..=last).contains(&inner.0)
    }

    pub fn county(self) -> Area {
        Area(self.0 / TOWNSHIP_SPAN * TOWNSHIP_SPAN)
    }

    pub fn township(self) -> Area {
        Area(self.0 / VILLAGE_SPAN * VILLAGE_SPAN)
    }

    /// The next area up; `None` for a county, the highest level there is here.
    pub fn parent(self) -> Option<Area> {
        match self.level() {
            Level::County => None,
            Level::Township => Some(self.county()),
            Level::Village => Some(self.township()),
        }
    }

    /// The smallest area that contains both; `None` across two counties.
    pub fn common(self, other: Area) -> Option<Area> {
        let mut at = self;
        while !at.contains(other) {
            at = at.parent()?;
        }
        Some(at)
    }
}

impl FromStr for Area {
    type Err = AreaError;

    /// Reads 6, 9 or 12 digits. A 12-digit code padded with zeros is its shorter form.
    fn from_str(text: &str) -> Result<Area, AreaError> {
        let text = text.trim();
        if !text.bytes().all(|b| b.is_ascii_digit()) || !matches!(text.len(), 6 | 9 | 12) {
            return Err(AreaError::Length);
        }
        let code: u64 = text.parse().map_err(|_| AreaError::Length)?;
        Area::from_padded(code * 10u64.pow(12 - text.len() as u32)).ok_or(AreaError::NoArea)
    }
}

impl fmt::Display for Area {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.level() {
            Level::County => write!(f, "{}", self.0 / TOWNSHIP_SPAN),
            Level::Township => write!(f, "{}", self.0 / VILLAGE_SPAN),
            Level::Village => write!(f, "{}", self.0),
        }
    }
}

impl fmt::Debug for Area {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl Serialize for Area {
    fn serialize<S: Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        s.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Area {
    fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Area, D::Error> {
        let text = compact_str::CompactString::deserialize(d)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum AreaError {
    #[error("an area code has 6 digits (county), 9 (township) or 12 (village)")]
    Length,
    /// So many digits, but of no county, or of a village in no township.
    #[error("there is no such area code")]
    NoArea,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn area(code: &str) -> Area {
        code.parse().unwrap()
    }

    #[test]
    fn a_prefix_contains_what_lies_below_it() {
        let (county, town, village) = (area("519901"), area("519901001"), area("519901001200"));
        assert_eq!((county.level(), town.level(), village.level()), (Level::County, Level::Township, Level::Village));
        assert!(county.contains(village) && town.contains(village) && village.contains(village));
        assert!(!village.contains(town) && !area("519901002").contains(village));
        assert_eq!(village.parent(), Some(town));
        assert_eq!(village.common(area("519901002200")), Some(county));
        assert_eq!(village.common(area("519902002200")), None);
    }

    #[test]
    fn a_padded_code_is_its_shorter_form() {
        assert_eq!(area("519901000000"), area("519901"));
        assert_eq!(area("519901001000").to_string(), "519901001");
        for bad in ["", "51990", "5199010012001", "51990100120x", "000000", "519901000200"] {
            assert!(bad.parse::<Area>().is_err(), "{bad}");
        }
    }
}
