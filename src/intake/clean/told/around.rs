//! What stands around the word for an end, as in a file of words.

use serde::Deserialize;

use crate::intake::vocabulary::fold::fold_word;

pub(super) type Words = Vec<String>;

macro_rules! around {
    ($($word:ident),* $(,)?) => {
        /// What stands around the word for a death, a move or a stop, as in a file of words.
        #[derive(Debug, Default, Deserialize)]
        #[serde(default, deny_unknown_fields)]
        pub struct AroundWords {
            $(pub(super) $word: Words,)*
        }

        impl AroundWords {
            /// Those of all files together, folded.
            pub(super) fn of<'f>(files: impl Iterator<Item = &'f AroundWords> + Clone) -> AroundWords {
                AroundWords {
                    $($word: files.clone().flat_map(|file| &file.$word).map(|word| fold_word(word)).collect(),)*
                }
            }
        }
    };
}

around! {
    kin, either, own, with, goes_on, informing, checked, denied, not_denied, refuted, doubted, planned, came, papers,
    kinds, no_name, moves, registers, goes, stops, stops_alone, stops_last, foreign, once, not_yet, resumed,
    heads, former, household, causes, no_household, no_death, succeeds, wished, residences, resettled, twice,
}
