//! From pairs to people: which entries of one component are the same human.
//!
//! Pairs are taken from the strongest down. A pair joins its two groups only where nothing in one group excludes
//! anything in the other, and where no other group is nearly as good and excluded by the join. What is left between the
//! thresholds is for people to review. The result depends on the set of entries and decisions alone, never on their order.

use std::collections::{BTreeMap, BTreeSet};

use super::apart::{Apart, is_one_number_and_name, twice_listed};
use super::blocking::Blocks;
use super::compare::{Edge, Levels, edge};
use super::decided::Decided;
use super::features::Features;
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
    apart: Apart<'a>,
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
        let blocks = Blocks::new(&members, outgrown);
        let members = blocks.heard(&members).into_owned();
        // Only pairs that share a key: so that components resolved together come out as each by itself.
        blocks.each_pair(|i, j| {
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
        let apart = Apart { decided, w };
        let mut groups = Groups { members, decided, w, apart, ties, ties_of, group_of, groups };
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
            if holds_number && self.gives_way(a, b, c) {
                return false;
            }
            self.strength(a, c).is_some_and(|rival| rival >= bits - self.w.margin_bits)
                && self.strength(b, c).is_none_or(|together| together < self.w.match_bits)
                && self.any_pair(b, c, |x, y| self.apart.contradicts(x, y))
        })
    }

    /// Whether nothing but a person's word keeps `c` from `b`, under the one number and name of both, and the lists of `a`
    /// and `b` come before those of `c`: that somebody's line of dibao is not the register's says nothing against the
    /// health record that is.
    fn gives_way(&self, a: usize, b: usize, c: usize) -> bool {
        let first_list = |group: usize| self.groups[group].iter().map(|i| self.members[*i].list).min();
        first_list(c) > first_list(a).max(first_list(b))
            && !self.any_pair(b, c, |x, y| self.apart.contradicts(x, y) && !is_one_number_and_name(x, y))
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
    /// enough where nothing but names, sex and place agree, or name and birth are both off.
    fn strength(&self, a: usize, b: usize) -> Option<f32> {
        let best = self.best(a, b)?;
        if self.any_pair(a, b, |x, y| self.apart.excludes(x, y) && !self.is_overruled(a, b, x, y)) {
            return None;
        }
        let mut bits = best.edge.bits;
        if self.any_pair(a, b, |x, y| twice_listed(x, y) && !is_one_number_and_name(x, y)) {
            bits -= self.w.twice_listed_bits;
        } else if !best.edge.same_number
            && !self.is_by_change(best)
            && self.members[best.i].area == self.members[best.j].area
        {
            let vacancies = u8::from(self.lacks_base_list_of(a, b)) + u8::from(self.lacks_base_list_of(b, a));
            bits += self.w.vacancy_bits * f32::from(vacancies);
        }
        if bits >= self.w.match_bits {
            let levels = self.levels(best);
            if !levels.is_corroborated() || levels.is_off_twice() {
                return Some(self.w.potential_bits);
            }
        }
        Some(bits)
    }

    fn levels(&self, tie: &Tie) -> Levels {
        Levels::of(&self.members[tie.i], &self.members[tie.j], self.w)
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
            && !self.any_pair(a, b, |x, y| self.apart.contradicts(x, y))
    }

    /// Whether a person said of one of two lines that exclude each other that it is somebody whom the other surely is: what
    /// was said of a line written wrong must not part the lines that are right.
    fn is_overruled(&self, a: usize, b: usize, x: &Features, y: &Features) -> bool {
        if self.decided.is_empty() || self.decided.are_parted(x.uid, y.uid) {
            return false;
        }
        let said = |group: usize, x: &Features, y: &Features| {
            let members = self.groups[group].iter().map(|i| &self.members[*i]);
            members.into_iter().any(|m| self.decided.are_joined(m.uid, x.uid) && is_one_number_and_name(m, y))
        };
        said(a, x, y) || said(b, y, x)
    }

    /// Why `a` and `b`, whose strongest tie is `tie`, were not joined.
    fn doubt(&self, a: usize, b: usize, tie: &Tie) -> Doubt {
        let two_numbers =
            |x: &Features, y: &Features| x.number.is_valid() && y.number.is_valid() && x.number != y.number;
        match self.strength(a, b) {
            _ if tie.edge.two_numbers || tie.edge.once => Doubt::TwoNumbers,
            _ if tie.edge.faint => Doubt::NameAlone,
            None if self.any_pair(a, b, |x, y| self.apart.excludes(x, y) && x.number.same_valid(&y.number)) => {
                Doubt::SharedNumber
            }
            None if self.any_pair(a, b, |x, y| self.apart.excludes(x, y) && two_numbers(x, y)) => Doubt::TwoNumbers,
            None => Doubt::TwiceListed,
            Some(bits) if bits >= self.w.match_bits => Doubt::Rival,
            Some(_) if !self.levels(tie).is_corroborated() => Doubt::NameAlone,
            Some(_) if self.levels(tie).is_off_twice() => Doubt::BetweenThresholds,
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
            let settled = || self.any_pair(a, b, |x, y| self.apart.are_surely_two(x, y));
            let asks = |tie: &Tie| match tie.edge.faint {
                true if tie.edge.two_numbers => !settled(),
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
