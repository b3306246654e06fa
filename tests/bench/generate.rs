//! A county of any size that nobody lives in, and what a month does to its lists.
//!
//! The same size, seed and shape give the same bytes on every machine. People and lists are separate: an office may
//! learn late or never what happened, and that is what rosterd is there to find.

use super::dice::Dice;
use super::people::{COUNTY, Day, Person, Registry, Relation, day};

/// Residents of a village; 0.88 of them make a health list of about 3,000 lines (DOMAIN.md 10).
pub const VILLAGE_RESIDENTS: usize = 3_400;
/// Villages of a township where the county has several.
const TOWNSHIP_VILLAGES: usize = 14;

const HEALTH_SHARE: f64 = 0.88;
const DIBAO_SHARE: f64 = 0.037;
const FAMILY_SHARE: f64 = 0.02;

/// What one month does, as shares of the residents (DOMAIN.md 10) or of a list's lines.
const DEATHS: f64 = 0.000_67;
const BIRTHS: f64 = 0.000_47;
const TRANSFERS: f64 = 0.000_8;
const LEAVES: f64 = 0.000_6;
const ARRIVALS: f64 = 0.000_5;
const HEALTH_VISITS: f64 = 0.12;
const DIBAO_REVIEWS: f64 = 0.12;
/// Dibao that the county stopped for another reason than death or a move.
const DIBAO_STOPS: f64 = 0.004;
/// Lines that vanish with no word.
const VANISH: f64 = 0.000_3;
/// How often a service list learns of a death or a move within the month.
const TOLD: f64 = 0.75;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum State {
    Active,
    Dead,
    MovedOut,
    Ended,
}

/// A line of a list: who, where, and what the office says.
#[derive(Debug, Clone)]
pub struct Line {
    pub person: u32,
    pub village: u16,
    pub state: State,
    /// The day of a death, move or end; 0 while active.
    pub changed: Day,
    /// Village moved to or from, or outside.
    pub place: Option<u16>,
    /// Record built, aid approved, moved in; 0 where the list says nothing.
    pub since: Day,
    /// Last visit or review.
    pub seen: Day,
}

/// The four lists, in the order of [`County::lists`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Roster {
    Population,
    Health,
    Dibao,
    Family,
}

impl Roster {
    pub const ALL: [Roster; 4] = [Roster::Population, Roster::Health, Roster::Dibao, Roster::Family];

    pub fn name(self) -> &'static str {
        ["population", "health", "dibao", "family"][self as usize]
    }
}

pub struct County {
    pub people: Vec<Person>,
    /// Index of each household's first head.
    pub heads: Vec<u32>,
    pub lists: [Vec<Line>; 4],
    pub today: Day,
    villages: usize,
    one_township: bool,
    registry: Registry,
    dice: Dice,
}

impl County {
    /// `one_township` puts every village below township 001, so that one township can hold and push them all.
    pub fn found(residents: usize, seed: u64, one_township: bool) -> County {
        let villages = residents.div_ceil(VILLAGE_RESIDENTS);
        assert!(villages <= 800 || !one_township, "a township numbers its villages 200 to 999");
        let mut county = County {
            people: Vec::with_capacity(residents),
            heads: Vec::new(),
            lists: Default::default(),
            today: day(2026, 3, 31),
            villages,
            one_township,
            registry: Registry::default(),
            dice: Dice::new(seed),
        };
        while county.people.len() < residents {
            let village = (county.people.len() * villages / residents) as u16;
            let size = (1 + county.dice.below(5)).min(residents - county.people.len());
            county.move_in_household(village, size);
        }
        county.sort();
        county
    }

    /// The 12 digits of a village.
    pub fn code(&self, village: u16) -> String {
        let village = usize::from(village);
        let per_township = if self.one_township { self.villages } else { TOWNSHIP_VILLAGES };
        format!("{COUNTY}{:03}{:03}", 1 + village / per_township, 200 + village % per_township)
    }

    fn move_in_household(&mut self, village: u16, size: usize) {
        let household = self.heads.len() as u32;
        let head_age = self.dice.between(24, 82);
        let head_female = self.dice.chance(0.3);
        let head_at = self.people.len() as u32;
        self.heads.push(head_at);
        for nth in 0..size {
            let (relation, age, female) = match nth {
                0 => (Relation::Head, head_age, head_female),
                1 => (Relation::Spouse, (head_age + self.dice.between(-5, 5)).max(21), !head_female),
                4 => (Relation::Parent, (head_age + self.dice.between(20, 30)).min(96), self.dice.chance(0.6)),
                _ => (Relation::Child, (head_age - self.dice.between(21, 36)).max(0), self.dice.chance(0.48)),
            };
            let born = self.today - age * 365 - self.dice.between(1, 364);
            let head = self.people.get(head_at as usize).cloned();
            let person = self.registry.person(&mut self.dice, born, female, household, relation, head.as_ref());
            let at = self.people.len() as u32;
            self.people.push(person);
            self.enlist(at, village, age);
        }
    }

    /// Puts a resident on the lists they would be on.
    fn enlist(&mut self, person: u32, village: u16, age: i32) {
        let line = |since, seen| Line { person, village, state: State::Active, changed: 0, place: None, since, seen };
        self.lists[Roster::Population as usize].push(line(0, 0));
        if self.dice.chance(HEALTH_SHARE) {
            let since = self.today - self.dice.between(200, 5_000);
            self.lists[Roster::Health as usize].push(line(since, self.today - self.dice.between(0, 190)));
        }
        if self.dice.chance(DIBAO_SHARE) {
            let since = self.today - self.dice.between(100, 3_000);
            self.lists[Roster::Dibao as usize].push(line(since, self.today - self.dice.between(0, 170)));
        }
        // Both reward and special assistance start late in life; the share is of all residents.
        if age >= 49 && self.dice.chance(FAMILY_SHARE * 2.4) {
            let since = self.today - self.dice.between(100, 4_000);
            self.lists[Roster::Family as usize].push(line(since, 0));
        }
    }

    /// The next month: visits, reviews, births, deaths, moves, and lines that vanish.
    pub fn live_a_month(&mut self) {
        let (first, last) = (self.today + 1, self.today + 30);
        self.today = last;
        let residents = self.people.len();
        let times = |share: f64| (residents as f64 * share).round() as usize;
        let by_person = self.lines_by_person();
        for _ in 0..times(DEATHS) {
            let (person, on) = (self.dice.below(residents), self.dice.between(first, last));
            self.all_lists_learn(&by_person, person, State::Dead, on, None);
        }
        for _ in 0..times(LEAVES) {
            let (person, on) = (self.dice.below(residents), self.dice.between(first, last));
            self.all_lists_learn(&by_person, person, State::MovedOut, on, None);
        }
        for _ in 0..times(TRANSFERS) {
            let (person, on) = (self.dice.below(residents), self.dice.between(first, last));
            self.transfer(&by_person, person, on);
        }
        for (list, share) in [(Roster::Health, HEALTH_VISITS), (Roster::Dibao, DIBAO_REVIEWS)] {
            for line in self.lists[list as usize].iter_mut().filter(|l| l.state == State::Active) {
                if self.dice.chance(share) {
                    line.seen = self.dice.between(first, last);
                }
                if list == Roster::Dibao && self.dice.chance(DIBAO_STOPS) {
                    (line.state, line.changed) = (State::Ended, self.dice.between(first, last));
                }
            }
        }
        for list in [Roster::Health, Roster::Dibao, Roster::Family] {
            let dice = &mut self.dice;
            self.lists[list as usize].retain(|_| !dice.chance(VANISH));
        }
        for _ in 0..times(BIRTHS) {
            self.birth(&by_person, first, last);
        }
        for _ in 0..times(ARRIVALS) {
            let village = self.dice.below(self.villages) as u16;
            let before = self.lists[Roster::Population as usize].len();
            self.move_in_household(village, 1);
            let line = &mut self.lists[Roster::Population as usize][before];
            line.since = self.dice.between(first, last);
        }
        self.sort();
    }

    /// `count` health lines of one village get a new visit date: what a village's corrected file looks like.
    pub fn touch_health(&mut self, village: u16, count: usize) {
        let today = self.today;
        let lines = self.lists[Roster::Health as usize].iter_mut();
        let mine: Vec<&mut Line> = lines.filter(|l| l.village == village && l.state == State::Active).collect();
        let step = (mine.len() / count).max(1);
        for line in mine.into_iter().step_by(step).take(count) {
            line.seen = if line.seen == today { today - 1 } else { today };
        }
    }

    /// The village whose health list is nearest to `lines` lines, with the number it has.
    pub fn village_with_health_lines(&self, lines: usize) -> (u16, usize) {
        let mut counts = vec![0usize; self.villages];
        for line in &self.lists[Roster::Health as usize] {
            counts[usize::from(line.village)] += 1;
        }
        let best = (0..self.villages).min_by_key(|v| counts[*v].abs_diff(lines)).expect("a county has a village");
        (best as u16, counts[best])
    }

    /// Per list and person, the line that counts now; `u32::MAX` where there is none.
    fn lines_by_person(&self) -> [Vec<u32>; 4] {
        let mut index: [Vec<u32>; 4] = std::array::from_fn(|_| vec![u32::MAX; self.people.len()]);
        for (list, lines) in self.lists.iter().enumerate() {
            for (at, line) in lines.iter().enumerate().filter(|(_, l)| l.state == State::Active) {
                index[list][line.person as usize] = at as u32;
            }
        }
        index
    }

    fn all_lists_learn(&mut self, index: &[Vec<u32>; 4], person: usize, state: State, on: Day, place: Option<u16>) {
        for list in Roster::ALL {
            let told = list == Roster::Population || self.dice.chance(TOLD);
            let at = index[list as usize][person] as usize;
            let Some(line) = self.lists[list as usize].get_mut(at).filter(|l| told && l.state == State::Active) else {
                continue;
            };
            *line = Line { state, changed: on, place, ..line.clone() };
        }
    }

    fn transfer(&mut self, index: &[Vec<u32>; 4], person: usize, on: Day) {
        let Some(old) = self.lists[0].get(index[0][person] as usize).filter(|l| l.state == State::Active).cloned()
        else {
            return;
        };
        let to = self.dice.below(self.villages) as u16;
        if to == old.village {
            return;
        }
        self.all_lists_learn(index, person, State::MovedOut, on, Some(to));
        let arrived = Line { village: to, since: on, place: Some(old.village), ..old };
        self.lists[Roster::Population as usize].push(arrived);
        if self.dice.chance(TOLD) {
            let (person, village) = (person as u32, to);
            let line = Line { person, village, state: State::Active, changed: 0, place: None, since: on, seen: on };
            self.lists[Roster::Health as usize].push(line);
        }
    }

    fn birth(&mut self, index: &[Vec<u32>; 4], first: Day, last: Day) {
        let household = self.dice.below(self.heads.len()) as u32;
        let head = self.people[self.heads[household as usize] as usize].clone();
        let (born, female) = (self.dice.between(first, last), self.dice.chance(0.48));
        let child = self.registry.person(&mut self.dice, born, female, household, Relation::Child, Some(&head));
        // Nobody is born to a household that ended before this month.
        let at = index[0][self.heads[household as usize] as usize] as usize;
        let Some(village) = self.lists[0].get(at).map(|home| home.village) else { return };
        let person = self.people.len() as u32;
        self.people.push(child);
        let line = Line { person, village, state: State::Active, changed: 0, place: None, since: 0, seen: 0 };
        self.lists[Roster::Population as usize].push(line.clone());
        if self.dice.chance(0.6) {
            self.lists[Roster::Health as usize].push(Line { since: last, seen: last, ..line });
        }
    }

    /// As offices print them: village by village, household by household, newcomers behind.
    fn sort(&mut self) {
        let people = &self.people;
        for list in &mut self.lists {
            list.sort_by_key(|l| (l.village, people[l.person as usize].household, l.person));
        }
    }
}
