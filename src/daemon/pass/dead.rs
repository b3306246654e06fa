//! Of whom a file of deaths speaks. Nobody ever goes from a list of deaths but by a correction, and it comes in two ways: as
//! all the dead, grown by a month, or as a file a month, under a name of its own or under the same one. Most villages have one
//! death in a file or none, so which of the two it is only the whole file can say, by how many of the dead of the other files,
//! or of those who stood in it before, it has as well. A death must never be forgotten for the next month's list, nor because
//! another office never heard of it: what the police keeps takes nothing from what the crematorium keeps.

use std::collections::{BTreeMap, BTreeSet};

use crate::domain::{Area, Date, List, PartialDate};
use crate::error::Result;
use crate::intake::month_of_file;
use crate::store::View;

use super::Setting;
use super::ingest::Manner;
use super::pairing::Paired;
use super::scope::{Reach, Scope};

/// What the sheets of deaths in a file say of themselves.
#[derive(Debug, Clone, Default)]
pub(super) struct DeathSheets {
    /// Where their lines belong that do not say otherwise.
    pub areas: BTreeSet<Area>,
    pub stated_on: Option<Date>,
    /// When they died, of the lines that were not in a file before.
    pub days: Vec<Date>,
}

/// Of which of the dead that are held a file speaks.
#[derive(Debug)]
pub(super) struct Dead {
    pub reach: Reach,
    /// Areas of which the file has no line, and that have nobody dead by it.
    pub emptied: BTreeSet<Area>,
    /// Areas of which it has no line, and too many dead for that to be believed.
    pub missing: BTreeSet<Area>,
}

/// Year and month.
type Month = (i16, i8);

/// How many dead stand in a file, or an area, and how many of them in the new file as well.
#[derive(Debug, Clone, Copy, Default)]
struct Share {
    held: usize,
    stay: usize,
}

impl Share {
    fn add(&mut self, stays: bool) {
        self.held += 1;
        self.stay += usize::from(stays);
    }

    fn is_half(self) -> bool {
        self.stay * 2 >= self.held
    }
}

impl DeathSheets {
    fn are_of(&self, area: Area) -> bool {
        self.areas.iter().any(|of| of.contains(area))
    }

    /// The day the file is of.
    pub fn day(&self, today: Date) -> Date {
        self.stated_on.filter(|day| *day <= today).unwrap_or(today)
    }
}

/// The dead that are held where the file speaks, beside those it has. Files that lie beside this one as another office's
/// list of them are no part of it.
#[derive(Default)]
struct Tally<'s> {
    /// By the file they came from, with the month that is known of it.
    by_file: BTreeMap<&'s str, (Share, Option<Month>)>,
    all: Share,
    /// How many are held in each area of which the file has no line.
    absent: BTreeMap<Area, usize>,
    has_others_beside: bool,
}

impl<'s> Tally<'s> {
    fn of(
        view: &View,
        setting: &Setting,
        manner: &Manner,
        sheets: &DeathSheets,
        scopes: &'s BTreeMap<(List, Area), Scope>,
    ) -> Result<Tally<'s>> {
        let mut tally = Tally::default();
        let own = manner.parts.of(&manner.file);
        for ((_, area), scope) in scopes.iter().filter(|((list, _), _)| *list == List::Deaths) {
            let has_lines = !scope.placement.is_empty();
            // What another source gave is told apart where the file has lines to tell it by.
            if !has_lines && (scope.moved_from.is_some() || !sheets.are_of(*area)) {
                continue;
            }
            let paired = Paired::new(view, scope)?;
            let mut stays = scope.seen.clone();
            paired.pairing.same.iter().for_each(|(i, _)| stays[paired.at_line[*i]] = true);
            // Nearly all lines are of a few files.
            let files: BTreeSet<&str> = scope.runs.iter().map(|run| run.file.as_str()).collect();
            let is_beside = |file: &&str| *file != manner.file && own.is_from_another(&manner.parts.of(file));
            let beside: BTreeSet<&str> = files.into_iter().filter(is_beside).collect();
            tally.has_others_beside |= !beside.is_empty();
            let mut told = 0;
            for (i, stays) in stays.into_iter().enumerate() {
                let file = scope.file_of(i);
                if beside.contains(file) {
                    continue;
                }
                told += 1;
                let (share, known) = tally.by_file.entry(file).or_default();
                share.add(stays);
                tally.all.add(stays);
                let before = scope.before.as_ref().filter(|before| before.facts.file == file);
                let stated = || before.and_then(|before| before.stated_on).map(month);
                *known = known.or_else(|| month_of_file(file, setting.today)).or_else(stated);
            }
            if !has_lines && told > 0 {
                tally.absent.insert(*area, told);
            }
        }
        Ok(tally)
    }

    /// Those who stood in this file before.
    fn own(&self, file: &str) -> Share {
        self.by_file.get(file).map(|(share, _)| *share).unwrap_or_default()
    }

    /// Those who came from other files than this one.
    fn others(&self, than: &str) -> Share {
        let others = self.by_file.iter().filter(|(file, _)| **file != than).map(|(_, (share, _))| *share);
        others.fold(Share::default(), |sum, share| Share { held: sum.held + share.held, stay: sum.stay + share.stay })
    }
}

impl Dead {
    pub fn of(
        view: &View,
        setting: &Setting,
        manner: &Manner,
        sheets: &DeathSheets,
        scopes: &BTreeMap<(List, Area), Scope>,
    ) -> Result<Dead> {
        let tally = Tally::of(view, setting, manner, sheets, scopes)?;
        let (own, others) = (tally.own(&manner.file), tally.others(&manner.file));
        let reach = if manner.append {
            Reach::Nothing
        } else if others.held == 0 && !own.is_half() {
            // The next month, saved over the one before; or this one put right, which has all of its days.
            days_of(view, sheets, scopes)?.map_or(Reach::Nothing, Reach::Since)
        } else if others.is_half() && tally.has_others_beside {
            let others = tally.by_file.keys().filter(|file| **file != manner.file);
            Reach::Part(others.map(|file| (*file).to_owned()).collect())
        } else if others.is_half() {
            Reach::All
        } else {
            let of_file = month_of_file(&manner.file, setting.today).or(sheets.stated_on.map(month));
            let called = manner.parts.of(&manner.file);
            let is_put_right = |file: &str, share: Share, month: Option<Month>| {
                file != manner.file
                    && of_file.is_some()
                    && month == of_file
                    && share.is_half()
                    && called.is_called_after(&manner.parts.of(file))
            };
            let put_right = tally.by_file.iter().filter(|(file, (share, month))| is_put_right(file, *share, *month));
            Reach::Files(put_right.map(|(file, _)| (*file).to_owned()).collect())
        };
        // The month saved over the one before under the same name has none of those who stood in it.
        let is_whole = reach.takes_place() && tally.all.is_half();
        let going: usize = tally.absent.values().sum();
        let areas = if is_whole { tally.absent.into_keys().collect() } else { BTreeSet::new() };
        let is_much = manner.guard.takes_much(going, tally.all.held);
        let is_believed = |area: &Area| !is_much || manner.has_released((List::Deaths, *area));
        let (emptied, missing) = areas.into_iter().partition(is_believed);
        Ok(Dead { reach, emptied, missing })
    }
}

/// The first day of the month in which the file's dead died, taken in their middle: one or the other may be told late. `None`
/// where it tells no day.
fn days_of(view: &View, sheets: &DeathSheets, scopes: &BTreeMap<(List, Area), Scope>) -> Result<Option<Date>> {
    let mut days = sheets.days.clone();
    for scope in scopes.iter().filter(|((list, _), _)| *list == List::Deaths).map(|(_, scope)| scope) {
        for (line, _) in scope.held.iter().zip(&scope.seen).filter(|(_, seen)| **seen) {
            days.extend(view.entry_placed(line.uid)?.entry.record.died.map(PartialDate::first));
        }
    }
    days.sort_unstable();
    Ok(days.get(days.len() / 2).map(|day| day.first_of_month()))
}

fn month(day: Date) -> Month {
    (day.year(), day.month())
}
