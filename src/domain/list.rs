//! The six lists offices keep (DESIGN.md, words).

use serde::{Deserialize, Serialize};

/// Which roster a line stands on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[repr(u8)]
pub enum List {
    Population = 1,
    Health = 2,
    Dibao = 3,
    Family = 4,
    Deaths = 5,
    Migrants = 6,
}

impl List {
    pub const ALL: [List; 6] =
        [List::Population, List::Health, List::Dibao, List::Family, List::Deaths, List::Migrants];

    pub fn as_str(self) -> &'static str {
        match self {
            List::Population => "population",
            List::Health => "health",
            List::Dibao => "dibao",
            List::Family => "family",
            List::Deaths => "deaths",
            List::Migrants => "migrants",
        }
    }

    pub fn from_code(code: u8) -> Option<List> {
        List::ALL.into_iter().find(|list| *list as u8 == code)
    }

    pub fn parse(text: &str) -> Option<List> {
        List::ALL.into_iter().find(|list| list.as_str() == text)
    }

    /// Whether money is paid by this list: wrong entries are then of high severity (DOMAIN.md X2, X3).
    pub fn pays(self) -> bool {
        matches!(self, List::Dibao | List::Family)
    }

    /// Whether an active line says that the person is served or paid in that village.
    pub fn is_service(self) -> bool {
        matches!(self, List::Health | List::Dibao | List::Family)
    }
}
