//! The words of the trade: headers, statuses, trailers and what is never kept. They are data in `config/lists`, built
//! in, and an office can add its own without a rebuild.

pub mod asks;
pub mod field;
mod files;
pub mod fold;
pub mod whose;

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use rustc_hash::{FxHashMap, FxHashSet};
use xxhash_rust::xxh3::Xxh3;

use crate::domain::{Aid, Area, Flow, List, Reason, Sex, Status};
use crate::error::Error;

use super::clean::told::{Ends, Teller};
use crate::intake::container::row::{Cell, Row};
use crate::intake::labels::part::PartWords;
use field::Field;
pub(super) use files::Words;
pub use files::areas_called;
use files::{Asks, CommonFile, ListAsks, ListFile, extra, parse};
use fold::{fold_header, fold_word, folded, longest_first};
use whose::Whose;

const COMMON: &str = include_str!("../../config/lists/common.toml");
const LISTS: [(List, &str); 6] = [
    (List::Population, include_str!("../../config/lists/population.toml")),
    (List::Health, include_str!("../../config/lists/health.toml")),
    (List::Dibao, include_str!("../../config/lists/dibao.toml")),
    (List::Family, include_str!("../../config/lists/family.toml")),
    (List::Deaths, include_str!("../../config/lists/deaths.toml")),
    (List::Migrants, include_str!("../../config/lists/migrants.toml")),
];

/// Raised when cleaning changes, so that lines already held are read again.
const CLEANING_VERSION: u64 = 11;

/// Headers, status words, trailers and the drop-list, folded and ready to look up.
#[derive(Debug)]
pub struct Vocabulary {
    pub(super) columns: FxHashMap<String, Field>,
    pub(super) hints: Vec<(Field, String)>,
    pub(super) hints_not: Words,
    /// First two digits of a province, and its name.
    pub(super) provinces: Vec<(u64, String)>,
    pub(super) person_prefixes: Words,
    pub(super) other_prefixes: Words,
    pub(super) whose: Whose,
    pub(super) drop: Words,
    pub(super) total: Words,
    pub(super) subtotal: Words,
    /// What a table of numbers counts.
    pub(super) counts: FxHashSet<String>,
    pub(super) trailer: Words,
    pub(super) example: Words,
    /// The first characters of those.
    pub(super) example_starts: FxHashSet<char>,
    /// What a file is called that only shows how to fill in a list, whom it invents, and what stands for a part of a name.
    pub(super) templates: Words,
    pub(super) invented: Words,
    pub(super) invented_marks: Words,
    ditto: FxHashSet<String>,
    /// By the first byte of a word of `ditto`: asked of nearly every short cell, of which hardly one is a ditto mark.
    ditto_starts: [bool; 256],
    /// The headers of the sheets that rosterd itself writes, in the languages it has.
    own_sheets: Vec<Vec<String>>,
    pub(super) none: Words,
    pub(super) no: Words,
    pub(super) yes: Words,
    pub(super) yes_starts: Words,
    pub(super) done_starts: Words,
    pub(super) no_starts: Words,
    pub(super) not_given_starts: Words,
    pub(super) not_given_ends: Words,
    /// With what an answer begins that is none.
    pub(super) open: Words,
    pub(super) summary_sheets: Words,
    pub(super) stale_sheets: Words,
    pub(super) outside: Words,
    pub(super) lunar: Words,
    pub(super) present: Words,
    /// In the name of a file that tells of changes alone.
    pub(super) changes: Words,
    /// What parts of a list are called.
    pub parts: Arc<PartWords>,
    pub(super) band_starts: Words,
    pub(super) band_ends: Words,
    /// How a list begins to say that it has nobody to tell of.
    pub(super) nobody: Words,
    pub(super) done: Words,
    pub(super) to_do: Words,
    /// What a review is called, beside its date.
    pub(super) reviews: Words,
    /// How somebody is who did not die.
    pub(super) alive: Words,
    /// What asks whether somebody was paid.
    pub(super) paid: Words,
    /// The first characters of the words for the dead.
    pub(super) dead_starts: FxHashSet<char>,
    /// What a list of the dead is called.
    pub(super) dead: Words,
    /// Before that, whose child died; behind it, who is left; and that it is to be looked into.
    pub(super) bereaved: Words,
    pub(super) survivors: Words,
    pub(super) checks: Words,
    /// What those are called who are on a list no more.
    pub(super) gone: Words,
    pub(super) not_dead: Words,
    /// What stands between two kinds of people.
    pub(super) between: Words,
    /// What rosters of other offices are called, and which words of ours they may be called by as well.
    pub(super) foreign: Words,
    pub(super) anybodys: Words,
    /// What makes of the name of one of our lists that of something else for its people.
    pub(super) foreign_always: Words,
    pub(super) asks: Asks,
    /// Before what something was changed to, and before what it was.
    pub(super) became: Words,
    pub(super) formerly: Words,
    /// Before another name of somebody, and before the one that they have now.
    pub(super) also_called: Words,
    pub(super) now_called: Words,
    pub(super) sex: FxHashMap<String, Sex>,
    pub(super) reasons: Vec<(Reason, String)>,
    pub(super) relation: FxHashMap<String, u8>,
    /// What an office calls villages and townships.
    pub(super) areas: Vec<(String, Area)>,
    lists: Vec<ListWords>,
    fingerprint: u64,
}

/// What one list adds to the common words.
#[derive(Debug)]
pub(super) struct ListWords {
    pub list: List,
    pub titles: Words,
    pub columns: FxHashMap<String, Field>,
    /// In the order of their trust: a header is taken for the first that fits.
    pub hints: Vec<(Field, String)>,
    weights: BTreeMap<Field, i32>,
    /// Exact words, the list's own before the common ones.
    pub status: FxHashMap<String, Status>,
    /// The same words for looking inside a longer text: death before moving before ending before active.
    pub status_inside: Vec<(String, Status)>,
    /// What those of them begin with that are words for an end: hardly any text has one.
    pub end_starts: FxHashSet<char>,
    pub class: FxHashMap<String, char>,
    /// Of what it may be one: 农村A.
    pub class_of: Words,
    pub aid: Vec<(Aid, String)>,
    pub flow: Vec<(Flow, String)>,
    /// What says that a person who left is still on the register.
    pub stays: Words,
    /// What says where a person lives.
    pub residence: Words,
    pub asks: ListAsks,
    pub teller: Teller,
}

impl ListWords {
    /// How much a column of this field speaks for this list; `own` where the word is the list's own.
    pub fn weight(&self, field: Field, own: bool) -> i32 {
        self.weights.get(&field).copied().unwrap_or(i32::from(own))
    }
}

impl Vocabulary {
    /// The built-in words, and those of the files of the same names in `extra_dir` added to them.
    pub fn load(extra_dir: Option<&Path>) -> Result<Vocabulary, Error> {
        let mut hash = Xxh3::with_seed(CLEANING_VERSION);
        let mut commons = vec![parse(COMMON, Path::new("config/lists/common.toml"), &mut hash)?];
        commons.extend(extra(extra_dir, "common", &mut hash)?);
        let mut lists = Vec::new();
        for (list, text) in LISTS {
            let name = format!("config/lists/{}.toml", list.as_str());
            let mut files: Vec<ListFile> = vec![parse(text, Path::new(&name), &mut hash)?];
            files.extend(extra(extra_dir, list.as_str(), &mut hash)?);
            if let Some(other) = files.iter().filter_map(|file| file.list).find(|named| *named != list) {
                return Err(Error::new(format!(
                    "the file of list '{}' says list = '{}'",
                    list.as_str(),
                    other.as_str()
                ))
                .hint("a list's words stand in the file named after it"));
            }
            lists.push((list, files));
        }
        Ok(Vocabulary::build(commons, lists, hash.digest()))
    }

    fn build(commons: Vec<CommonFile>, lists: Vec<(List, Vec<ListFile>)>, fingerprint: u64) -> Vocabulary {
        let words = |pick: fn(&CommonFile) -> &Words| -> Words {
            commons.iter().flat_map(pick).map(|word| fold_word(word)).collect()
        };
        let inside = |pick: fn(&CommonFile) -> &Words| -> Words { longest_first(words(pick)) };
        let sexes = commons.iter().flat_map(|file| {
            let male = file.sex.male.iter().map(|word| (fold_word(word), Sex::Male));
            male.chain(file.sex.female.iter().map(|word| (fold_word(word), Sex::Female)))
        });
        let reasons = [Reason::Void, Reason::Died, Reason::Moved, Reason::Lost, Reason::Refused, Reason::NotEntitled];
        Vocabulary {
            columns: columns(commons.iter().map(|file| &file.columns)),
            hints: commons.iter().flat_map(|file| flat(&file.hints)).collect(),
            hints_not: words(|file| &file.hints_not.words),
            provinces: commons
                .iter()
                .flat_map(|file| &file.provinces)
                .filter_map(|(code, words)| Some((code.parse().ok()?, words)))
                .flat_map(|(code, words)| words.iter().map(move |word| (code, fold_word(word))))
                .collect(),
            person_prefixes: inside(|file| &file.prefixes.person),
            other_prefixes: inside(|file| &file.prefixes.other),
            whose: Whose::of(commons.iter().map(|file| &file.whose)),
            drop: commons.iter().flat_map(|file| &file.drop.words).map(|word| fold_header(word)).collect(),
            total: words(|file| &file.words.total),
            subtotal: words(|file| &file.words.subtotal),
            counts: words(|file| &file.words.counts).into_iter().collect(),
            trailer: inside(|file| &file.words.trailer),
            example_starts: words(|file| &file.words.example).iter().filter_map(|word| word.chars().next()).collect(),
            example: words(|file| &file.words.example),
            templates: words(|file| &file.words.templates),
            invented: words(|file| &file.words.invented),
            invented_marks: words(|file| &file.words.invented_marks),
            // As they stand in a cell: folded, ″ would be two other marks.
            ditto_starts: commons.iter().flat_map(|file| &file.words.ditto).fold([false; 256], |mut starts, word| {
                word.bytes().next().into_iter().for_each(|byte| starts[usize::from(byte)] = true);
                starts
            }),
            ditto: commons.iter().flat_map(|file| &file.words.ditto).cloned().collect(),
            own_sheets: (commons.iter().flat_map(|file| &file.words.own_sheets))
                .map(|header| header.split('|').map(fold_word).collect())
                .collect(),
            none: words(|file| &file.words.none),
            no: words(|file| &file.words.no),
            yes: words(|file| &file.words.yes),
            yes_starts: words(|file| &file.words.yes_starts),
            done_starts: words(|file| &file.words.done_starts),
            no_starts: words(|file| &file.words.no_starts),
            not_given_starts: words(|file| &file.words.not_given_starts),
            not_given_ends: words(|file| &file.words.not_given_ends),
            open: words(|file| &file.words.open),
            summary_sheets: words(|file| &file.words.summary_sheets),
            stale_sheets: words(|file| &file.words.stale_sheets),
            outside: words(|file| &file.words.outside),
            lunar: words(|file| &file.words.lunar),
            present: words(|file| &file.words.present),
            changes: words(|file| &file.words.changes),
            parts: Arc::new(PartWords {
                units: inside(|file| &file.parts.units),
                kinds: commons.iter().flat_map(|file| kinds(&file.parts.kinds)).collect(),
                changes: [words(|file| &file.words.changes), words(|file| &file.parts.additions)].concat(),
                some: words(|file| &file.parts.some),
                sources: commons.iter().flat_map(|file| &file.parts.sources).map(|words| folded(words)).collect(),
            }),
            band_starts: inside(|file| &file.words.band_starts),
            band_ends: inside(|file| &file.words.band_ends),
            nobody: words(|file| &file.words.nobody),
            done: words(|file| &file.words.done),
            to_do: words(|file| &file.words.to_do),
            reviews: words(|file| &file.words.reviews),
            alive: words(|file| &file.words.alive),
            paid: words(|file| &file.words.paid),
            dead_starts: words(|file| &file.words.dead).iter().filter_map(|word| word.chars().next()).collect(),
            dead: inside(|file| &file.words.dead),
            bereaved: words(|file| &file.words.bereaved),
            survivors: words(|file| &file.words.survivors),
            checks: words(|file| &file.words.checks),
            gone: words(|file| &file.words.gone),
            not_dead: words(|file| &file.words.not_dead),
            between: words(|file| &file.words.between),
            foreign: inside(|file| &file.foreign.words),
            anybodys: inside(|file| &file.foreign.anybodys),
            foreign_always: words(|file| &file.foreign.always),
            asks: Asks {
                frames: inside(|file| &file.asks.frames),
                marks: inside(|file| &file.asks.marks),
                beside: inside(|file| &file.asks.beside),
                died: inside(|file| &file.asks.died),
                moved: inside(|file| &file.asks.moved),
                ended: inside(|file| &file.asks.ended),
            },
            became: words(|file| &file.words.became),
            formerly: words(|file| &file.words.formerly),
            also_called: words(|file| &file.words.also_called),
            now_called: words(|file| &file.words.now_called),
            sex: sexes.collect(),
            reasons: reasons
                .into_iter()
                .flat_map(|reason| commons.iter().filter_map(move |file| Some((reason, file.reasons.get(&reason)?))))
                .flat_map(|(reason, words)| words.iter().map(move |word| (reason, fold_word(word))))
                .collect(),
            relation: relation(&commons),
            areas: commons.iter().flat_map(|file| flat(&file.areas)).map(|(area, name)| (name, area)).collect(),
            lists: lists.into_iter().map(|(list, files)| ListWords::build(list, &files, &commons)).collect(),
            fingerprint,
        }
    }

    /// Changes whenever any word does, or the cleaning itself: lines read under another one are read again.
    pub fn fingerprint(&self) -> u64 {
        self.fingerprint
    }

    /// Whether the cell says what the one above it says: 〃, 同上.
    pub(super) fn is_ditto(&self, text: &str) -> bool {
        text.bytes().next().is_some_and(|byte| self.ditto_starts[usize::from(byte)]) && self.ditto.contains(text)
    }

    /// Whether the row is the header of a sheet that rosterd itself writes, or what somebody left of one.
    pub(super) fn is_own_header(&self, row: &Row) -> bool {
        let is_header = |header: &Vec<String>| {
            let cells = row.cells().zip(header);
            let same = cells.filter(|(cell, word)| matches!(cell, Cell::Text(text) if fold_word(text) == **word));
            same.count() * 4 >= header.len() * 3
        };
        self.own_sheets.iter().any(is_header)
    }

    /// Whether any list's word for a state is written with this character.
    pub(super) fn is_of_the_trade(&self, c: char) -> bool {
        self.lists.iter().any(|list| list.status.keys().any(|word| word.contains(c)))
    }

    /// Whether any header that is known is written with this character.
    pub(super) fn is_of_headers(&self, c: char) -> bool {
        let mut columns = std::iter::once(&self.columns).chain(self.lists.iter().map(|list| &list.columns));
        columns.any(|columns| columns.keys().any(|key| key.contains(c)))
    }

    pub(super) fn lists(&self) -> &[ListWords] {
        &self.lists
    }

    pub(super) fn of(&self, list: List) -> &ListWords {
        self.lists.iter().find(|words| words.list == list).expect("built for every list")
    }
}

impl ListWords {
    fn build(list: List, files: &[ListFile], commons: &[CommonFile]) -> ListWords {
        let order = [Status::Deceased, Status::MovedOut, Status::Closed, Status::Active];
        let mut status = FxHashMap::default();
        let mut status_inside = Vec::new();
        let sources = files.iter().map(|file| &file.status).chain(commons.iter().map(|file| &file.status));
        for (state, words) in sources.flat_map(|map| map.iter()) {
            for word in words {
                let word = fold_word(word);
                // A single character inside a longer text proves nothing, nor does 已退 in 已退休.
                if word.chars().count() > 1 && !commons.iter().any(|file| file.words.whole.contains(&word)) {
                    status_inside.push((word.clone(), *state));
                }
                status.entry(word).or_insert(*state);
            }
        }
        status_inside.retain(|(word, state)| status[word] == *state);
        status_inside.sort_by_key(|(word, state)| {
            (order.iter().position(|s| s == state), std::cmp::Reverse(word.len()), word.clone())
        });
        status_inside.dedup();
        let ends = status_inside.iter().filter(|(_, state)| *state != Status::Active);
        let end_starts = ends.filter_map(|(word, _)| word.chars().next()).collect();
        let stays: Words = commons.iter().flat_map(|file| &file.words.stays).map(|word| fold_word(word)).collect();
        let teller = teller(list, files, commons, stays.clone());
        ListWords {
            list,
            titles: files.iter().flat_map(|file| &file.titles).map(|word| fold_word(word)).collect(),
            columns: columns(files.iter().map(|file| &file.columns)),
            hints: files.iter().flat_map(|file| flat(&file.hints)).collect(),
            weights: files.iter().flat_map(|file| file.weights.clone()).collect(),
            status,
            status_inside,
            end_starts,
            class: files.iter().flat_map(|file| flat(&file.class)).map(|(class, word)| (word, class)).collect(),
            class_of: files.iter().flat_map(|file| &file.class_of).map(|word| fold_word(word)).collect(),
            aid: files.iter().flat_map(|file| flat(&file.aid)).collect(),
            flow: files.iter().flat_map(|file| flat(&file.flow)).collect(),
            stays,
            residence: commons.iter().flat_map(|file| &file.words.residence).map(|word| fold_word(word)).collect(),
            // Lines of the other two are ends themselves, or have their own words for one.
            asks: match list {
                List::Deaths | List::Migrants => ListAsks::default(),
                _ => asks(files, commons),
            },
            teller,
        }
    }
}

/// What the headers of a list ask for.
fn asks(files: &[ListFile], commons: &[CommonFile]) -> ListAsks {
    let fold = |words: Vec<&Words>| longest_first(words.into_iter().flatten().map(|word| fold_word(word)).collect());
    let ended = commons.iter().map(|file| &file.asks.ended).chain(files.iter().map(|file| &file.asks.ended));
    ListAsks {
        ended: fold(ended.collect()),
        kept: fold(files.iter().map(|file| &file.asks.kept).collect()),
        of: fold(files.iter().map(|file| &file.asks.of).collect()),
    }
}

/// Reads with the words for states and for reasons alike.
fn teller(list: List, files: &[ListFile], commons: &[CommonFile], stays: Words) -> Teller {
    let of_status = |status: Status| -> Words {
        // On a list of cancellations 注销 is one of a death, and still no word for it.
        let own = files.iter().filter(|_| list != List::Deaths).filter_map(|file| file.status.get(&status));
        let common = commons.iter().filter_map(|file| file.status.get(&status));
        let whole = |word: &String| commons.iter().any(|file| file.words.whole.contains(word));
        own.chain(common).flatten().filter(|word| !whole(word)).map(|word| fold_word(word)).collect()
    };
    let of_reason = |reason: Reason| -> Words {
        let words = commons.iter().filter_map(|file| file.reasons.get(&reason)).flatten();
        words.map(|word| fold_word(word)).collect()
    };
    let (deaths, anyhow) = (of_status(Status::Deceased), of_reason(Reason::Died));
    let moves = of_status(Status::MovedOut).into_iter().chain(of_reason(Reason::Moved)).collect();
    let around = commons.iter().map(|file| &file.told);
    Teller::new(around, &relation(commons), Ends { deaths, anyhow, moves }, list.pays(), stays)
}

fn relation(commons: &[CommonFile]) -> FxHashMap<String, u8> {
    let coded = commons.iter().flat_map(|file| &file.relation);
    let coded = coded.filter_map(|(code, words)| Some((code.parse::<u8>().ok()?, words)));
    coded.flat_map(|(code, words)| words.iter().map(move |word| (fold_word(word), code))).collect()
}

fn columns<'a>(files: impl Iterator<Item = &'a BTreeMap<Field, Words>>) -> FxHashMap<String, Field> {
    let mut map = FxHashMap::default();
    for (field, words) in files.flatten() {
        for word in words {
            map.entry(fold_header(word)).or_insert(*field);
        }
    }
    map
}

fn flat<K: Copy>(map: &BTreeMap<K, Words>) -> impl Iterator<Item = (K, String)> {
    map.iter().flat_map(|(key, words)| words.iter().map(|word| (*key, fold_word(word))))
}

/// Folded: of each kind the parts, of each part its words.
fn kinds(kinds: &[Vec<Words>]) -> impl Iterator<Item = Vec<Words>> {
    kinds.iter().map(move |parts| parts.iter().map(|words| folded(words)).collect())
}

#[cfg(test)]
mod tests;
