//! A finding that somebody confirmed closes when the data are put right. If the contradiction comes back, nobody has looked
//! at it: it is open, at every level alike, in whatever order the data and the word of who confirmed it come.

mod support;

use proptest::prelude::*;
use rosterd::domain::{Date, FindingId, FindingStatus};
use rosterd::store::{DecisionKind, FindingFilter, FindingRow};
use support::story::number;
use support::tree::Tree;

const COUNTY: &str = "519901";
const TOWN: &str = "519901001";
const VILLAGE: &str = "519901001201";
const OFFICES: [&str; 3] = [COUNTY, TOWN, VILLAGE];
const WANG: (&str, &str) = ("王大明", "19500302/001");
const RULE: &str = "deceased-still-active";

use FindingStatus::{Closed, Confirmed, Dismissed, Open};

fn day(text: &str) -> Date {
    text.parse().expect("a day")
}

/// The village pays somebody who is dead by its own register, or does so no more.
fn pays(tree: &Tree, is_paid: bool) {
    let state = if is_paid { "在保" } else { "停保" };
    let head = "姓名,身份证号码,保障类别,审批日期,最近复核日期,保障状态";
    let text = format!("{head}\n{},{},A,2019-05-01,2026-01-10,{state}\n", WANG.0, number(WANG.1));
    tree.read(VILLAGE, "dibao.csv", &text);
    tree.office(VILLAGE).settle().expect("a good disk");
}

/// The village's register, by which he is dead.
fn register(tree: &Tree) {
    let (wang, li) = (number(WANG.1), number("19520302/002"));
    let head = "户号,姓名,公民身份号码,人口状态,死亡日期";
    let text = format!("{head}\n1,{},{wang},死亡,2026-01-20\n1,李秀英,{li},在册,\n", WANG.0);
    tree.read(VILLAGE, "population.csv", &text);
}

fn found() -> Tree {
    let tree = Tree::found(&OFFICES, day("2026-01-31"));
    register(&tree);
    pays(&tree, true);
    tree
}

fn finding(tree: &Tree, office: &str) -> Option<FindingRow> {
    let all = FindingFilter { all: true, ..FindingFilter::default() };
    tree.view(office, |view| view.findings(&all)).into_iter().find(|row| row.rule == RULE)
}

fn id(tree: &Tree) -> FindingId {
    finding(tree, VILLAGE).expect("the village finds it").id
}

/// What the offices make of it, from the county down.
fn statuses(tree: &Tree) -> [FindingStatus; 3] {
    OFFICES.map(|office| finding(tree, office).expect("it is known").status)
}

#[test]
fn what_was_confirmed_and_put_right_is_open_again_when_it_returns() {
    for office in OFFICES {
        let mut tree = found();
        tree.settle();
        tree.decide(office, id(&tree), "confirm");
        tree.settle();
        assert_eq!(statuses(&tree), [Confirmed; 3], "confirmed at {office}");
        pays(&tree, false);
        tree.settle();
        assert_eq!(statuses(&tree), [Closed; 3], "confirmed at {office}");
        tree.turn_to(day("2026-03-31"));
        pays(&tree, true);
        tree.settle();
        assert_eq!(statuses(&tree), [Open; 3], "confirmed at {office}");
        for level in OFFICES {
            let row = finding(&tree, level).expect("it is open");
            assert_eq!(row.first_seen, day("2026-03-31"), "{level}: it stands since it came back");
            let made = tree.view(level, |view| view.decisions_about(DecisionKind::Finding, &row.id.to_string()));
            assert!(made.iter().any(|made| made.verdict == "confirm"), "{level} forgets who confirmed it");
        }
        // What is decided of it now counts.
        tree.decide(office, id(&tree), "confirm");
        tree.settle();
        assert_eq!(statuses(&tree), [Confirmed; 3], "confirmed again at {office}");
    }
}

#[test]
fn an_office_that_never_saw_it_closed_hears_that_it_was() {
    let mut tree = found();
    tree.settle();
    tree.decide(VILLAGE, id(&tree), "confirm");
    tree.settle();
    // Put right and undone again while the line was down.
    pays(&tree, false);
    pays(&tree, true);
    assert_eq!(statuses(&tree), [Confirmed, Confirmed, Open]);
    tree.settle();
    assert_eq!(statuses(&tree), [Open; 3]);
}

#[test]
fn what_is_confirmed_after_it_is_over_is_of_what_is_over() {
    let mut tree = found();
    tree.settle();
    let id = id(&tree);
    pays(&tree, false);
    tree.settle();
    tree.decide(VILLAGE, id, "confirm");
    tree.settle();
    pays(&tree, true);
    tree.settle();
    assert_eq!(statuses(&tree), [Open; 3]);
}

#[test]
fn what_is_confirmed_when_it_is_back_counts_where_that_is_not_known_yet() {
    let mut tree = found();
    tree.settle();
    pays(&tree, false);
    tree.settle();
    pays(&tree, true);
    tree.decide(VILLAGE, id(&tree), "confirm");
    tree.settle();
    assert_eq!(statuses(&tree), [Confirmed; 3]);
}

/// The township is brought back from before its village reported a death. Whoever it meets first: what was confirmed since
/// did not close anywhere, and stands since when it stood.
#[test]
fn a_township_from_an_older_backup_ends_no_confirmation() {
    for first in [TOWN, VILLAGE] {
        let mut tree = Tree::found(&OFFICES, day("2026-01-31"));
        pays(&tree, true);
        tree.settle();
        let copy = tree.back_up(TOWN);
        register(&tree);
        tree.settle();
        tree.decide(VILLAGE, id(&tree), "confirm");
        tree.settle();
        tree.turn_to(day("2026-03-31"));
        tree.settle();
        tree.restore(TOWN, &copy, day("2026-03-31"));
        assert!(finding(&tree, TOWN).is_none());
        tree.meet(first.parse().expect("an area"));
        tree.settle();
        assert_eq!(statuses(&tree), [Confirmed; 3], "{first} met first");
        for office in OFFICES {
            let row = finding(&tree, office).expect("it stands");
            assert_eq!(row.first_seen, day("2026-01-31"), "{office}, where {first} met first");
        }
        for office in OFFICES {
            assert_eq!(tree.office(office).entries(), tree.office(VILLAGE).entries());
        }
    }
}

#[derive(Debug, Clone, Copy)]
enum Step {
    Pays(bool),
    Decides(usize, &'static str),
    /// With its parent.
    Meets(&'static str),
}

fn step() -> impl Strategy<Value = Step> {
    let verdict = prop::sample::select(vec!["confirm", "confirm", "dismiss", "reopen"]);
    prop_oneof![
        any::<bool>().prop_map(Step::Pays),
        (0..OFFICES.len(), verdict).prop_map(|(at, verdict)| Step::Decides(at, verdict)),
        prop::sample::select(vec![TOWN, VILLAGE]).prop_map(Step::Meets),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn all_levels_come_to_the_same_in_whatever_order_it_comes(steps in prop::collection::vec(step(), 1..14)) {
        let mut tree = found();
        tree.settle();
        let id = id(&tree);
        for step in steps {
            match step {
                Step::Pays(is_paid) => pays(&tree, is_paid),
                Step::Decides(at, verdict) => tree.decide(OFFICES[at], id, verdict),
                Step::Meets(office) => tree.meet(office.parse().expect("an area")),
            }
        }
        tree.settle();
        let now = statuses(&tree);
        prop_assert!(now.iter().all(|status| *status == now[0]), "{now:?}");
        // And whatever they made of it: put right and back, it is dismissed or open.
        pays(&tree, false);
        tree.settle();
        pays(&tree, true);
        tree.settle();
        let now = statuses(&tree);
        prop_assert!(now == [Open; 3] || now == [Dismissed; 3], "{now:?}");
    }
}
