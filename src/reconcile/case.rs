//! All that is known of one person.

use crate::domain::{Area, Date, Entry, List, PartialDate};

/// The entries judged to be one human, at one node, on one day.
#[derive(Debug, Clone)]
pub struct Case {
    /// Every entry of the person, also those whose line vanished. Ordered by uid, so that nothing that follows
    /// depends on the order of arrival.
    pub entries: Vec<Entry>,
    /// The node that looks: it cannot say anything about areas outside its own.
    pub node: Area,
    pub today: Date,
}

impl Case {
    pub fn new(mut entries: Vec<Entry>, node: Area, today: Date) -> Case {
        entries.sort_by_key(|e| e.uid);
        Case { entries, node, today }
    }

    /// Entries whose line still stands.
    pub fn current(&self) -> impl Iterator<Item = &Entry> {
        self.entries.iter().filter(|e| e.removed.is_none())
    }

    /// Entries that say that the person is there and served. The death list says neither.
    pub fn active(&self) -> impl Iterator<Item = &Entry> {
        self.entries.iter().filter(|e| e.is_active() && e.list != List::Deaths)
    }

    pub fn active_on(&self, list: List) -> impl Iterator<Item = &Entry> {
        self.active().filter(move |e| e.list == list)
    }

    pub fn population(&self) -> impl Iterator<Item = &Entry> {
        self.entries.iter().filter(|e| e.list == List::Population)
    }

    /// The birth date most lines agree on; the exact ones and those that the number repeats count first.
    pub fn birth(&self) -> Option<PartialDate> {
        let mut votes: Vec<(u32, PartialDate)> = Vec::new();
        let mut vote = |date: Option<PartialDate>, weight: u32| {
            let Some(date) = date else { return };
            match votes.iter_mut().find(|(_, d)| *d == date) {
                Some((count, _)) => *count += weight,
                None => votes.push((weight, date)),
            }
        };
        for record in self.current().map(|e| &e.record) {
            let exact = record.birth.is_some_and(|b| b.exact().is_some());
            vote(record.birth, if exact { 2 } else { 1 });
            vote(record.id_number.as_ref().filter(|id| id.full().is_some()).and_then(|id| id.birth()), 3);
        }
        // The larger date breaks a tie, so that the answer does not depend on the order of the lines.
        votes.into_iter().max().map(|(_, date)| date)
    }
}
