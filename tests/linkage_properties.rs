//! What holds of linking for any villages whatever: order does not show, decisions hold, and linking what changed gives
//! what linking everything gives.

use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::*;
use rosterd::domain::{IdNumber, List, Record, Sex, Status, Uid};
use rosterd::linkage::{
    BLOCK_ENTRIES_MAX, Decided, Features, Linked, NumberState, Weights, block_keys, cluster, edge, features, link_all,
    score,
};

const NAMES: [&str; 9] = ["王秀英", "王秀珍", "王英", "王□英", "李建国", "李建华", "李国", "买买提·吐尔逊", ""];
/// 1953-03-02 and 1953-03-20 with several sequences, an old, a damaged and some wrong ones of them.
const NUMBERS: [&str; 10] = [
    "51990119530302002X",
    "519901195303020046",
    "519901195303200029",
    "519901530302002",
    "519901195303020020",
    "51990119530302020X",
    "519901159303020020",
    "519901195303020000",
    "51990119530302002X01",
    "",
];
const BIRTHS: [&str; 6] = ["1953-03-02", "1953-03-20", "1954-03-02", "1978-08-09", "1953", ""];
const VILLAGES: [&str; 3] = ["519901001200", "519901001201", "519901003204"];
const LISTS: [List; 4] = [List::Population, List::Health, List::Dibao, List::Family];
const HEADS: [Option<&str>; 4] = [None, None, Some("王秀英"), Some("李大山")];

prop_compose! {
    fn record()(
        name in 0..NAMES.len(), number in 0..NUMBERS.len(), birth in 0..BIRTHS.len(), sex in 0..3usize, head in 0..HEADS.len(),
        relation in 0..3usize, active in any::<bool>(),
    ) -> Record {
        Record {
            name: NAMES[name].into(),
            id_number: IdNumber::parse(NUMBERS[number]),
            birth: BIRTHS[birth].parse().ok(),
            sex: [None, Some(Sex::Male), Some(Sex::Female)][sex],
            head: HEADS[head].map(Into::into),
            relation: [None, Some(2), Some(10)][relation],
            status: if active { Status::Active } else { Status::Closed },
            ..Record::default()
        }
    }
}

prop_compose! {
    fn entry()(
        record in record(), village in 0..VILLAGES.len(), list in 0..LISTS.len(), former in 0..6usize,
    ) -> Features {
        // A line may tell of a number before this one.
        let former_number = (former < 3).then(|| NUMBERS[former]);
        let record = Record { former_number: former_number.and_then(IdNumber::parse), ..record };
        features(Uid(0), VILLAGES[village].parse().unwrap(), LISTS[list], &record)
    }
}

/// A few entries with uids, and decisions between some of them.
fn village() -> impl Strategy<Value = (Vec<Features>, Decided)> {
    let entries = prop::collection::vec(entry(), 2..14);
    let decisions = prop::collection::vec((0..14u64, 0..14u64, any::<bool>()), 0..4);
    (entries, decisions).prop_map(|(mut entries, decisions)| {
        entries.iter_mut().zip(0..).for_each(|(entry, n)| entry.uid = Uid(n));
        let mut decided = Decided::default();
        for (a, b, join) in decisions.into_iter().filter(|(a, b, _)| a != b) {
            if join { decided.join(Uid(a), Uid(b)) } else { decided.part(Uid(a), Uid(b)) }
        }
        (entries, decided)
    })
}

type Persons = BTreeSet<BTreeSet<Uid>>;

fn persons(entries: &[Features], linked: &Linked) -> Persons {
    let mut by_person: BTreeMap<u32, BTreeSet<Uid>> = BTreeMap::new();
    for (entry, person) in entries.iter().zip(&linked.person) {
        by_person.entry(*person).or_default().insert(entry.uid);
    }
    by_person.into_values().collect()
}

/// Links only what a change touches, as a store does: the components of the entry before and after.
#[derive(Default)]
struct Incremental {
    entries: BTreeMap<Uid, Features>,
    blocks: BTreeMap<u64, BTreeSet<Uid>>,
    /// The component and the person of each entry.
    components: BTreeMap<Uid, BTreeSet<Uid>>,
    persons: BTreeMap<Uid, BTreeSet<Uid>>,
}

impl Incremental {
    fn put(&mut self, entry: Features, decided: &Decided) {
        for key in block_keys(&entry).as_slice() {
            self.blocks.entry(*key).or_default().insert(entry.uid);
        }
        self.entries.insert(entry.uid, entry);
        self.relink(BTreeSet::from([entry.uid]), decided);
    }

    fn remove(&mut self, uid: Uid, decided: &Decided) {
        let entry = self.entries.remove(&uid).unwrap();
        for key in block_keys(&entry).as_slice() {
            self.blocks.get_mut(key).unwrap().remove(&uid);
        }
        let mut touched = self.components.remove(&uid).unwrap();
        self.persons.remove(&uid);
        touched.remove(&uid);
        self.relink(touched, decided);
    }

    fn relink(&mut self, touched: BTreeSet<Uid>, decided: &Decided) {
        let mut left = touched;
        while let Some(seed) = left.pop_first() {
            let component = self.component(seed, decided);
            let members: Vec<Features> = component.iter().map(|uid| self.entries[uid]).collect();
            for person in cluster(&members, &BTreeSet::new(), decided, &Weights::default()).persons {
                let person: BTreeSet<Uid> = person.into_iter().map(|i| members[i].uid).collect();
                person.iter().for_each(|uid| drop(self.persons.insert(*uid, person.clone())));
            }
            for uid in &component {
                left.remove(uid);
                self.components.insert(*uid, component.clone());
            }
        }
    }

    fn component(&self, seed: Uid, decided: &Decided) -> BTreeSet<Uid> {
        let mut found = BTreeSet::from([seed]);
        let mut open = vec![seed];
        while let Some(uid) = open.pop() {
            let entry = &self.entries[&uid];
            let blocks = block_keys(entry).as_slice().iter().map(|key| &self.blocks[key]).collect::<Vec<_>>();
            let near = blocks.into_iter().filter(|block| block.len() <= BLOCK_ENTRIES_MAX).flatten();
            let tied = near.filter(|other| edge(entry, &self.entries[other], &Weights::default()).is_some()).copied();
            let joined =
                decided.joined().filter(|(a, b)| *a == uid || *b == uid).map(|(a, b)| if a == uid { b } else { a });
            let joined = joined.filter(|other| self.entries.contains_key(other));
            open.extend(tied.chain(joined).filter(|other| found.insert(*other)).collect::<Vec<_>>());
        }
        found
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn the_order_of_entries_does_not_show((entries, decided) in village(), seed in any::<u64>()) {
        let w = Weights::default();
        let mut shuffled = entries.clone();
        shuffled.sort_by_key(|entry| (entry.uid.0 + 1).wrapping_mul(seed | 1).rotate_left(17));
        prop_assert_eq!(
            persons(&entries, &link_all(&entries, &decided, &w)), persons(&shuffled, &link_all(&shuffled, &decided, &w))
        );
        let by_cluster = |entries: &[Features]| -> Persons {
            let found = cluster(entries, &BTreeSet::new(), &decided, &w).persons;
            found.into_iter().map(|person| person.into_iter().map(|i| entries[i].uid).collect()).collect()
        };
        prop_assert_eq!(by_cluster(&entries), by_cluster(&shuffled));
        // Components resolved together come out as each by itself.
        prop_assert_eq!(by_cluster(&entries), persons(&entries, &link_all(&entries, &decided, &w)));
        for (a, b) in entries.iter().zip(&shuffled) {
            prop_assert_eq!(score(a, b, &w), score(b, a, &w));
        }
    }

    #[test]
    fn what_excludes_itself_is_never_one_person((entries, decided) in village()) {
        let found = cluster(&entries, &BTreeSet::new(), &decided, &Weights::default()).persons;
        let mut seen: Vec<usize> = found.concat();
        seen.sort_unstable();
        prop_assert_eq!(seen, (0..entries.len()).collect::<Vec<_>>(), "an entry is in exactly one person");
        let together = |person: &Vec<usize>| -> Vec<(Features, Features)> {
            let pairs = person.iter().flat_map(|i| person.iter().map(|j| (entries[*i], entries[*j])));
            pairs.filter(|(a, b)| a.uid < b.uid).collect()
        };
        for (a, b) in found.iter().flat_map(together) {
            prop_assert!(!decided.are_parted(a.uid, b.uid));
            let stands = |f: &Features| f.number.state == NumberState::Valid && f.active;
            let twice = a.list == b.list && a.area == b.area && stands(&a) && stands(&b) && a.number != b.number;
            prop_assert!(!twice || decided.joined().next().is_some(), "two good numbers on one list of one village");
        }
    }

    #[test]
    fn linking_what_changed_is_linking_everything((entries, decided) in village(), gone in prop::collection::vec(any::<prop::sample::Index>(), 0..5)) {
        let mut register = Incremental::default();
        let mut before = Vec::new();
        for (n, entry) in entries.iter().enumerate() {
            before.push(register.persons.clone());
            register.put(*entry, &decided);
            let linked = link_all(&entries[..=n], &decided, &Weights::default());
            prop_assert_eq!(register.persons.values().cloned().collect::<Persons>(), persons(&entries[..=n], &linked));
        }
        // The last one taken away again, all is as before it came.
        let last = entries.last().unwrap();
        register.remove(last.uid, &decided);
        prop_assert_eq!(&register.persons, before.last().unwrap());
        register.put(*last, &decided);
        let mut left = entries.clone();
        for index in gone {
            if left.len() > 1 {
                let entry = left.remove(index.index(left.len()));
                register.remove(entry.uid, &decided);
                let linked = link_all(&left, &decided, &Weights::default());
                prop_assert_eq!(register.persons.values().cloned().collect::<Persons>(), persons(&left, &linked));
            }
        }
    }
}
