//! From pairs to people: which entries of one component are the same human.
//!
//! Pairs are taken from the strongest down. A pair joins its two groups only where nothing in one group excludes
//! anything in the other, and where no other group is nearly as good and excluded by the join. What is left between the
//! thresholds is for people to review. The result depends on the set of entries and decisions alone, never on their order.

use std::collections::{BTreeMap, BTreeSet};

use super::blocking;
use super::compare::{Edge, Levels, edge};
use super::decided::Decided;
use super::features::Features;
use super::levels::{BirthLevel, PlaceLevel, SexLevel};
use super::name::NameLevel;
use super::number::NumberLevel;
use super::scale::scale;
use super::weights::Weights;
use crate::domain::List;

/// Lists on which nearly everybody stands: who is on one and not on another is looked for there.
const BASE_LISTS: [List; 2] = [List::Population, List::Health];

/// The persons of one component. Numbers are positions in the slice that was given.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Partition {
    /// Each entry in exactly one; members ascending, persons by their first member.
    pub persons: Vec<Vec<usize>>,
    /// For clerical review: the strongest pair between two persons that may be one, with its bits.
    pub potential: Vec<(usize, usize, f32)>,
    /// For each pair of `potential`, why it was not joined unattended.
    pub doubts: Vec<Doubt>,
    /// One pair for each two persons that carry the same valid number.
    pub shared_number: Vec<(usize, usize)>,
}

scale! {
    /// Why two persons that may be one were left for people to decide.
    Doubt {
        /// What agrees is more than chance and less than enough.
        BetweenThresholds = "between-thresholds",
        /// Somebody else fits about as well, and cannot be the same person too.
        Rival = "rival",
        /// Both stand on one list of one village.
        TwiceListed = "twice-listed",
        /// Nothing but name, sex and place agrees.
        NameAlone = "name-alone",
        /// The same valid number under names, births or sexes that speak against it.
        SharedNumber = "shared-number",
        /// Two good numbers.
        TwoNumbers = "two-numbers",
    }
}

/// Resolves one whole component (see [`edge`]), or several at once. The keys in `outgrown` tie nobody: more entries than
/// [`BLOCK_ENTRIES_MAX`](super::BLOCK_ENTRIES_MAX) share them, though fewer of those are here.
pub fn cluster(members: &[Features], outgrown: &BTreeSet<u64>, decided: &Decided, w: &Weights) -> Partition {
    // Work in the order of uids, so that the order of `members` cannot show.
    let mut order: Vec<usize> = (0..members.len()).collect();
    order.sort_unstable_by_key(|i| members[*i].uid);
    let sorted: Vec<Features> = order.iter().map(|i| members[*i]).collect();
    let mut groups = Groups::new(sorted, outgrown, decided, w);
    groups.join_decided();
    groups.join_edges();
    groups.partition(&order)
}

/// A pair of members with an edge between them, `i < j`.
#[derive(Clone, Copy)]
struct Tie {
    i: usize,
    j: usize,
    edge: Edge,
}

/// The strongest tie between two groups.
#[derive(Default)]
struct Between<'t> {
    best: Option<&'t Tie>,
    /// Of those with the same number.
    number: Option<&'t Tie>,
    /// Of those by a number that one of both had before.
    once: Option<&'t Tie>,
}

struct Groups<'a> {
    members: Vec<Features>,
    decided: &'a Decided,
    w: &'a Weights,
    /// Strongest first.
    ties: Vec<Tie>,
    /// For each member the ties it is in.
    ties_of: Vec<Vec<usize>>,
    /// The group of each member: the lowest member in it.
    group_of: Vec<usize>,
    /// The members of each group, ascending; empty for a member that is not the lowest of its group.
    groups: Vec<Vec<usize>>,
}

impl<'a> Groups<'a> {
    fn new(members: Vec<Features>, outgrown: &BTreeSet<u64>, decided: &'a Decided, w: &'a Weights) -> Groups<'a> {
        let mut ties = Vec::new();
        // Only pairs that share a key: so that components resolved together come out as each by itself.
        blocking::pairs(&members, outgrown, |i, j| {
            if let Some(edge) = edge(&members[i], &members[j], w) {
                ties.push(Tie { i, j, edge });
            }
        });
        ties.sort_unstable_by(|a, b| b.edge.bits.total_cmp(&a.edge.bits).then((a.i, a.j).cmp(&(b.i, b.j))));
        let mut ties_of = vec![Vec::new(); members.len()];
        for (n, tie) in ties.iter().enumerate() {
            ties_of[tie.i].push(n);
            ties_of[tie.j].push(n);
        }
        let group_of = (0..members.len()).collect();
        let groups = (0..members.len()).map(|i| vec![i]).collect();
        let mut groups = Groups { members, decided, w, ties, ties_of, group_of, groups };
        groups.tell_of_changed_numbers();
        groups
    }

    /// Lets every line that carries the former number of a register's line know the new one: two other lists, of which
    /// one followed the change and one did not, then agree as well. Only lines with a tie tell each other, so that
    /// components resolved together come out as each by itself.
    fn tell_of_changed_numbers(&mut self) {
        if self.members.iter().all(|f| !f.other_number.is_valid()) {
            return;
        }
        for i in 0..self.members.len() {
            let line = self.members[i];
            if line.list == List::Population {
                continue;
            }
            let ends = self.ties_of[i].iter().flat_map(|n| [self.ties[*n].i, self.ties[*n].j]);
            let registered = ends
                .filter(|end| *end != i)
                .map(|end| &self.members[end])
                .filter(|f| f.list == List::Population && f.compare_names(&line).0.agrees());
            let mut became = Vec::new();
            for register in registered {
                if register.active && register.number.same_valid(&line.number) {
                    became.clear();
                    break;
                }
                if register.other_number.same_valid(&line.number) && !became.contains(&register.number) {
                    became.push(register.number);
                }
            }
            // Where two people are or were under one number, nobody can say whose line this is.
            if let [number] = became[..] {
                (self.members[i].other_number, self.members[i].other_is_hint) = (number, false);
            }
        }
    }

    /// What people joined is joined first, unless people also parted it.
    fn join_decided(&mut self) {
        let place: BTreeMap<_, _> = self.members.iter().enumerate().map(|(i, f)| (f.uid, i)).collect();
        let decided = self.decided;
        for (uid, a) in &place {
            for b in decided.joined_with(*uid).filter(|other| other > uid).filter_map(|other| place.get(&other)) {
                let (a, b) = (self.group_of[*a], self.group_of[*b]);
                if a != b && !self.any_pair(a, b, |x, y| decided.are_parted(x.uid, y.uid)) {
                    self.join(a, b);
                }
            }
        }
    }

    /// Takes ties from the strongest down until none joins any more. A join can make another one possible (a rival is
    /// ruled out) or impossible, so the passes repeat; each but the last joins at least two groups.
    fn join_edges(&mut self) {
        loop {
            let before = self.groups.iter().filter(|g| !g.is_empty()).count();
            for n in 0..self.ties.len() {
                let Tie { i, j, .. } = self.ties[n];
                let (a, b) = (self.group_of[i], self.group_of[j]);
                if a != b && self.may_join(a, b) {
                    self.join(a, b);
                }
            }
            if self.groups.iter().filter(|g| !g.is_empty()).count() == before {
                return;
            }
        }
    }

    fn may_join(&self, a: usize, b: usize) -> bool {
        let Some(bits) = self.strength(a, b).filter(|bits| *bits >= self.w.match_bits) else { return false };
        !self.has_rival(a, b, bits) && !self.has_rival(b, a, bits)
    }

    /// Whether a third group could be joined to `a` about as well as `b`, but not together with it.
    fn has_rival(&self, a: usize, b: usize, bits: f32) -> bool {
        let holds_number = self.best(a, b).is_some_and(|tie| tie.edge.same_number);
        self.neighbours(a).into_iter().filter(|c| *c != b).any(|c| {
            // Who once had the number is no rival of who has it.
            if holds_number && self.best(a, c).is_some_and(|tie| self.is_by_change(tie)) {
                return false;
            }
            self.strength(a, c).is_some_and(|rival| rival >= bits - self.w.margin_bits)
                && self.strength(b, c).is_none_or(|together| together < self.w.match_bits)
                && self.any_pair(b, c, |x, y| self.contradicts(x, y))
        })
    }

    /// Whether the numbers of a tie agree only by way of a change that the register tells of.
    fn is_by_change(&self, tie: &Tie) -> bool {
        let (x, y) = (&self.members[tie.i], &self.members[tie.j]);
        let changed = x.other_number.is_valid() || y.other_number.is_valid();
        changed && !tie.edge.same_number && Levels::of(x, y, self.w).renumbered
    }

    /// Groups with a tie to `a`, ascending.
    fn neighbours(&self, a: usize) -> Vec<usize> {
        let ties = self.groups[a].iter().flat_map(|i| &self.ties_of[*i]);
        let ends = ties.flat_map(|n| [self.ties[*n].i, self.ties[*n].j]);
        let mut out: Vec<usize> = ends.map(|i| self.group_of[i]).filter(|g| *g != a).collect();
        out.sort_unstable();
        out.dedup();
        out
    }

    /// The strongest tie between two groups that counts for joining them and against joining others: no faint one.
    fn best(&self, a: usize, b: usize) -> Option<&Tie> {
        let (few, other) = if self.groups[a].len() <= self.groups[b].len() { (a, b) } else { (b, a) };
        let ties = self.groups[few].iter().flat_map(|i| &self.ties_of[*i]);
        ties.filter(|n| self.group_of[self.ties[**n].i] == other || self.group_of[self.ties[**n].j] == other)
            .filter(|n| !self.ties[**n].edge.faint)
            .min()
            .map(|n| &self.ties[*n])
    }

    /// What speaks for joining two groups, with what the groups as such say; `None` where something excludes it. Never
    /// enough where nothing but names, sex and place agree.
    fn strength(&self, a: usize, b: usize) -> Option<f32> {
        let best = self.best(a, b)?;
        if self.any_pair(a, b, |x, y| self.excludes(x, y) && !self.is_overruled(a, b, x, y)) {
            return None;
        }
        let mut bits = best.edge.bits;
        let same = |x: &Features, y: &Features| x.number.same_valid(&y.number) && x.compare_names(y).0.agrees();
        if self.any_pair(a, b, |x, y| twice_listed(x, y) && !same(x, y)) {
            bits -= self.w.twice_listed_bits;
        } else if !best.edge.same_number
            && !self.is_by_change(best)
            && self.members[best.i].area == self.members[best.j].area
        {
            let vacancies = u8::from(self.lacks_base_list_of(a, b)) + u8::from(self.lacks_base_list_of(b, a));
            bits += self.w.vacancy_bits * f32::from(vacancies);
        }
        if bits >= self.w.match_bits
            && !Levels::of(&self.members[best.i], &self.members[best.j], self.w).is_corroborated()
        {
            return Some(self.w.potential_bits);
        }
        Some(bits)
    }

    /// Whether `b` is on a list that nearly everybody is on, and `a` is not.
    fn lacks_base_list_of(&self, a: usize, b: usize) -> bool {
        let on = |group: usize, list: List| self.groups[group].iter().any(|i| self.members[*i].list == list);
        BASE_LISTS.into_iter().any(|list| on(b, list) && !on(a, list))
    }

    /// Whether one is on a list that nearly everybody is on, and the other would be missed there, and nothing that either
    /// says speaks against their being one.
    fn may_be_missing_of(&self, a: usize, b: usize) -> bool {
        (self.lacks_base_list_of(a, b) || self.lacks_base_list_of(b, a))
            && !self.any_pair(a, b, |x, y| self.contradicts(x, y))
    }

    /// Whether these two can never be one person, whatever else speaks for it.
    fn excludes(&self, x: &Features, y: &Features) -> bool {
        if self.decided.are_parted(x.uid, y.uid) {
            return true;
        }
        if self.decided.are_joined(x.uid, y.uid) {
            return false;
        }
        let levels = Levels::of(x, y, self.w);
        let unlikely = || levels.bits(self.w) < self.w.match_bits;
        match levels.number {
            NumberLevel::Equal if levels.renumbered && twice_listed(x, y) => true,
            // A number used by two people, as by children entered under their mother's: their names have nothing in
            // common and nothing outweighs that, or they are like siblings' and something else speaks against it.
            NumberLevel::Equal => match levels.name {
                NameLevel::Different => unlikely(),
                NameLevel::SurnameOnly if unlikely() => {
                    levels.birth == BirthLevel::Different || levels.sex == SexLevel::Different
                }
                // Turned round it is hers, whose date of birth is written wrong as well: two sisters are not called so.
                NameLevel::Swapped if levels.sex != SexLevel::Different && levels.place == PlaceLevel::Village => false,
                name => !name.agrees() && levels.birth == BirthLevel::Different,
            },
            NumberLevel::ValidSlip | NumberLevel::ValidUnlike => {
                twice_listed(x, y) || !levels.name.agrees() || unlikely()
            }
            // A slip in area or birth leaves the sequence as it was; twins differ in nothing but the sequence.
            NumberLevel::Slip | NumberLevel::EqualInvalid => false,
            // Two lines of one list in one village with two names: twins, siblings, neighbours.
            _ => twice_listed(x, y) && levels.name >= NameLevel::Swapped && levels.name != NameLevel::Missing,
        }
    }

    /// Whether a person said of one of two lines that exclude each other that it is somebody whom the other surely is: what
    /// was said of a line written wrong must not part the lines that are right.
    fn is_overruled(&self, a: usize, b: usize, x: &Features, y: &Features) -> bool {
        if self.decided.is_empty() || self.decided.are_parted(x.uid, y.uid) {
            return false;
        }
        let same = |m: &Features, y: &Features| m.number.same_valid(&y.number) && m.compare_names(y).0.agrees();
        let said = |group: usize, x: &Features, y: &Features| {
            let members = self.groups[group].iter().map(|i| &self.members[*i]);
            members.into_iter().any(|m| self.decided.are_joined(m.uid, x.uid) && same(m, y))
        };
        said(a, x, y) || said(b, y, x)
    }

    /// Whether nobody need look at these two: decided, or two names beside two good numbers or on one list.
    fn are_surely_two(&self, x: &Features, y: &Features) -> bool {
        if self.decided.are_parted(x.uid, y.uid) {
            return true;
        }
        let two_numbers = x.number.is_valid() && y.number.is_valid() && !x.number.same_valid(&y.number);
        let levels = Levels::of(x, y, self.w);
        // Twins, or somebody entered twice, the second time without the number and with one character wrong.
        let may_be_twice = levels.number == NumberLevel::Missing
            && x.number.is_valid() != y.number.is_valid()
            && levels.birth == BirthLevel::Equal
            && levels.sex != SexLevel::Different
            && levels.name <= NameLevel::Dropped;
        (two_numbers || twice_listed(x, y) && !may_be_twice) && !levels.name.agrees() && self.excludes(x, y)
    }

    /// Whether these two are hardly one person, so that a third line cannot belong to both.
    fn contradicts(&self, x: &Features, y: &Features) -> bool {
        if x.number.same_valid(&y.number) {
            return self.excludes(x, y);
        }
        let levels = Levels::of(x, y, self.w);
        let one_number = matches!(levels.number, NumberLevel::Slip | NumberLevel::EqualInvalid);
        // A number that is written wrong may be so in its date.
        let is_told = |f: &Features| f.birth.is_some() || f.number.is_valid();
        let two_births = levels.birth == BirthLevel::Different && is_told(x) && is_told(y);
        (twice_listed(x, y) && !one_number) || two_births || self.excludes(x, y)
    }

    /// Why `a` and `b`, whose strongest tie is `tie`, were not joined.
    fn doubt(&self, a: usize, b: usize, tie: &Tie) -> Doubt {
        let two_numbers =
            |x: &Features, y: &Features| x.number.is_valid() && y.number.is_valid() && x.number != y.number;
        match self.strength(a, b) {
            _ if tie.edge.once => Doubt::TwoNumbers,
            _ if tie.edge.faint => Doubt::NameAlone,
            None if self.any_pair(a, b, |x, y| self.excludes(x, y) && x.number.same_valid(&y.number)) => {
                Doubt::SharedNumber
            }
            None if self.any_pair(a, b, |x, y| self.excludes(x, y) && two_numbers(x, y)) => Doubt::TwoNumbers,
            None => Doubt::TwiceListed,
            Some(bits) if bits >= self.w.match_bits => Doubt::Rival,
            Some(_) if !Levels::of(&self.members[tie.i], &self.members[tie.j], self.w).is_corroborated() => {
                Doubt::NameAlone
            }
            Some(bits) if bits < tie.edge.bits && tie.edge.bits >= self.w.match_bits => Doubt::TwiceListed,
            Some(_) => Doubt::BetweenThresholds,
        }
    }

    fn any_pair(&self, a: usize, b: usize, holds: impl Fn(&Features, &Features) -> bool) -> bool {
        let of = |group: usize| self.groups[group].iter().map(|i| &self.members[*i]);
        of(a).any(|x| of(b).any(|y| holds(x, y)))
    }

    fn join(&mut self, a: usize, b: usize) {
        let (keep, gone) = (a.min(b), a.max(b));
        let moved = std::mem::take(&mut self.groups[gone]);
        for i in &moved {
            self.group_of[*i] = keep;
        }
        self.groups[keep].extend(moved);
        self.groups[keep].sort_unstable();
    }

    fn partition(&self, order: &[usize]) -> Partition {
        // The strongest pair of two groups comes first in `ties`.
        let mut between: BTreeMap<(usize, usize), Between> = BTreeMap::new();
        for tie in &self.ties {
            let (a, b) = (self.group_of[tie.i], self.group_of[tie.j]);
            if a != b {
                let strongest = between.entry((a.min(b), a.max(b))).or_default();
                strongest.best.get_or_insert(tie);
                if tie.edge.same_number {
                    strongest.number.get_or_insert(tie);
                }
                if tie.edge.once {
                    strongest.once.get_or_insert(tie);
                }
            }
        }
        let positions = |tie: &Tie| (order[tie.i].min(order[tie.j]), order[tie.i].max(order[tie.j]));
        let mut out = Partition::default();
        for ((a, b), Between { best, number, once }) in between {
            out.shared_number.extend(number.map(positions));
            let settled = || self.any_pair(a, b, |x, y| self.are_surely_two(x, y));
            let asks = |tie: &Tie| match tie.edge.faint {
                true => self.may_be_missing_of(a, b),
                false => tie.edge.bits >= self.w.potential_bits && !settled(),
            };
            // Two numbers and two days of birth speak against it, and the list says why.
            let asks_once = || (self.lacks_base_list_of(a, b) || self.lacks_base_list_of(b, a)) && !settled();
            if let Some(tie) = best.filter(|tie| asks(tie)).or_else(|| once.filter(|_| asks_once())) {
                let (i, j) = positions(tie);
                out.potential.push((i, j, tie.edge.bits));
                out.doubts.push(self.doubt(a, b, tie));
            }
        }
        let mut reviews: Vec<_> = out.potential.into_iter().zip(out.doubts).collect();
        reviews.sort_unstable_by_key(|((i, j, _), _)| (*i, *j));
        (out.potential, out.doubts) = reviews.into_iter().unzip();
        out.shared_number.sort_unstable();
        for group in self.groups.iter().filter(|group| !group.is_empty()) {
            let mut person: Vec<usize> = group.iter().map(|i| order[*i]).collect();
            person.sort_unstable();
            out.persons.push(person);
        }
        out.persons.sort_unstable_by_key(|person| person[0]);
        out
    }
}

/// Whether these would be two standing lines of one list in one village. Death and migrant lists tell events, which
/// several sources report and one person can have several of.
fn twice_listed(x: &Features, y: &Features) -> bool {
    let standing = !matches!(x.list, List::Deaths | List::Migrants);
    standing && x.list == y.list && x.area == y.area && x.active && y.active
}
