//! A finding is dismissed on the evidence that somebody saw, wherever that was: it stays dismissed at every level until
//! its evidence changes, and no level dismisses what nobody saw.

mod support;

use std::collections::BTreeMap;

use rosterd::domain::{FindingId, FindingStatus, Uid};
use rosterd::store::{FindingFilter, FindingRow};
use support::story::number;
use support::tree::Tree;

const COUNTY: &str = "519901";
const TOWN: &str = "519901001";
const VILLAGE: &str = "519901001201";
const OFFICES: [&str; 3] = [COUNTY, TOWN, VILLAGE];
const WANG: (&str, &str) = ("王大明", "19500302/001");
const RULE: &str = "deceased-still-active";

use FindingStatus::{Dismissed, Open};

fn population(state: &str, died: &str) -> String {
    let (wang, li) = (number(WANG.1), number("19520302/002"));
    format!("户号,姓名,公民身份号码,人口状态,死亡日期\n1,{},{wang},{state},{died}\n1,李秀英,{li},在册,\n", WANG.0)
}

fn dibao() -> String {
    let head = "姓名,身份证号码,保障类别,审批日期,最近复核日期,保障状态";
    format!("{head}\n{},{},A,2019-05-01,2026-01-10,在保\n", WANG.0, number(WANG.1))
}

fn deaths(died: &str) -> String {
    format!("姓名,身份证号码,死亡日期,户籍地行政区划代码\n{},{},{died},{VILLAGE}\n", WANG.0, number(WANG.1))
}

fn clinic() -> String {
    let head = "姓名,身份证号码,建档日期,最近随访日期,档案状态";
    format!("{head}\n{},{},2015-04-01,,死亡\n", WANG.0, number(WANG.1))
}

/// A village that pays somebody who is dead by its own register.
fn found() -> Tree {
    let tree = Tree::found(&OFFICES, "2026-01-31".parse().expect("a day"));
    tree.read(VILLAGE, "dibao.csv", &dibao());
    tree.read(VILLAGE, "population.csv", &population("死亡", "2026-01-20"));
    tree.office(VILLAGE).settle().expect("a good disk");
    tree
}

/// The village learns another day of the death.
fn changes(tree: &Tree, died: &str) {
    tree.read(VILLAGE, "population.csv", &population("死亡", died));
    tree.office(VILLAGE).settle().expect("a good disk");
}

fn rows(tree: &Tree, office: &str) -> Vec<FindingRow> {
    let all = FindingFilter { all: true, ..FindingFilter::default() };
    tree.view(office, |view| view.findings(&all))
}

fn finding(tree: &Tree, office: &str) -> FindingRow {
    let mut found = rows(tree, office).into_iter().filter(|row| row.rule == RULE);
    found.next().unwrap_or_else(|| panic!("{office} finds nothing"))
}

fn id(tree: &Tree) -> FindingId {
    finding(tree, VILLAGE).id
}

/// What the offices make of it, from the county down.
fn statuses(tree: &Tree) -> [FindingStatus; 3] {
    OFFICES.map(|office| finding(tree, office).status)
}

fn meet(tree: &Tree, office: &str) {
    tree.meet(office.parse().expect("an area"));
}

#[test]
fn the_same_evidence_has_the_same_basis_at_every_level() {
    let tree = found();
    tree.settle();
    let mut known: BTreeMap<(FindingId, Vec<Uid>), i64> = BTreeMap::new();
    let mut compared = 0;
    for row in OFFICES.iter().flat_map(|office| rows(&tree, office)) {
        let before = known.insert((row.id, row.evidence.clone()), row.basis);
        assert!(before.is_none_or(|before| before == row.basis), "{row:?}");
        compared += usize::from(before.is_some());
    }
    assert!(compared >= 2, "{compared}");
}

#[test]
fn what_is_dismissed_at_any_level_is_so_at_all_until_the_evidence_changes() {
    for office in OFFICES {
        let mut tree = found();
        tree.settle();
        assert_eq!(statuses(&tree), [Open; 3]);
        tree.decide(office, id(&tree), "dismiss");
        tree.settle();
        assert_eq!(statuses(&tree), [Dismissed; 3], "dismissed at {office}");
        changes(&tree, "2026-01-02");
        tree.settle();
        assert_eq!(statuses(&tree), [Open; 3], "dismissed at {office}");
        // The day of before was right after all.
        changes(&tree, "2026-01-20");
        tree.settle();
        assert_eq!(statuses(&tree), [Dismissed; 3], "dismissed at {office}");
    }
}

#[test]
fn a_dismissal_that_comes_up_together_with_other_evidence_is_not_of_that() {
    let mut tree = found();
    tree.decide(VILLAGE, id(&tree), "dismiss");
    assert_eq!(finding(&tree, VILLAGE).status, Dismissed);
    changes(&tree, "2026-01-02");
    tree.settle();
    assert_eq!(statuses(&tree), [Open; 3], "nobody saw the other day");
}

#[test]
fn a_dismissal_that_comes_down_onto_other_evidence_is_not_of_that() {
    for office in [COUNTY, TOWN] {
        let mut tree = found();
        tree.settle();
        tree.decide(office, id(&tree), "dismiss");
        changes(&tree, "2026-01-02");
        // Told before the offices above have worked off what the village sends.
        meet(&tree, TOWN);
        meet(&tree, VILLAGE);
        tree.settle();
        assert_eq!(statuses(&tree), [Open; 3], "dismissed at {office}");
    }
}

/// The township has heard of the death too, and the village cannot see where.
fn heard_above() -> Tree {
    let tree = found();
    tree.read(TOWN, "deaths.csv", &deaths("2026-01-20"));
    tree.settle();
    let lines = OFFICES.map(|office| finding(&tree, office).evidence.len());
    assert_eq!(lines, [3, 3, 2], "the offices above rest it on one line more");
    tree
}

#[test]
fn who_sees_more_dismisses_for_those_who_see_less_until_anything_changes() {
    let mut tree = heard_above();
    tree.decide(COUNTY, id(&tree), "dismiss");
    tree.settle();
    assert_eq!(statuses(&tree), [Dismissed; 3]);
    // The township's clinic has heard of it as well, which the village does not see.
    tree.read(TOWN, "health.csv", &clinic());
    tree.settle();
    assert_eq!(statuses(&tree), [Open; 3]);

    // The village's own has, while the word of the county is on its way.
    let mut tree = heard_above();
    tree.decide(COUNTY, id(&tree), "dismiss");
    meet(&tree, TOWN);
    tree.read(VILLAGE, "health.csv", &clinic());
    tree.office(VILLAGE).settle().expect("a good disk");
    meet(&tree, VILLAGE);
    tree.settle();
    assert_eq!(statuses(&tree), [Open; 3]);
}

#[test]
fn who_sees_less_dismisses_nothing_that_they_do_not_see_and_undoes_no_dismissal_of_it() {
    let mut tree = heard_above();
    tree.decide(VILLAGE, id(&tree), "dismiss");
    tree.settle();
    assert_eq!(statuses(&tree), [Open, Open, Dismissed], "the line of the township nobody judged");
    tree.decide(TOWN, id(&tree), "dismiss");
    tree.settle();
    assert_eq!(statuses(&tree), [Dismissed; 3]);
    tree.decide(VILLAGE, id(&tree), "dismiss");
    tree.settle();
    assert_eq!(statuses(&tree), [Dismissed; 3], "once more");
    tree.decide(VILLAGE, id(&tree), "reopen");
    tree.settle();
    assert_eq!(statuses(&tree), [Open; 3]);
}

#[test]
fn what_an_office_is_only_told_of_it_dismisses_as_it_was_told() {
    let tree = || {
        // By its own register he lives: the township alone has heard of the death.
        let tree = Tree::found(&OFFICES, "2026-01-31".parse().expect("a day"));
        tree.read(VILLAGE, "dibao.csv", &dibao());
        tree.read(VILLAGE, "population.csv", &population("在册", ""));
        tree.read(TOWN, "deaths.csv", &deaths("2026-01-20"));
        tree.settle();
        tree
    };
    let mut same = tree();
    let id = finding(&same, TOWN).id;
    same.decide(VILLAGE, id, "dismiss");
    same.settle();
    assert_eq!(finding(&same, TOWN).status, Dismissed);

    let mut other = tree();
    other.decide(VILLAGE, id, "dismiss");
    other.read(TOWN, "deaths.csv", &deaths("2026-01-02"));
    other.settle();
    assert_eq!(finding(&other, TOWN).status, Open);
}

#[test]
fn what_the_next_village_dismisses_is_dismissed_where_fewer_of_its_lines_are_known() {
    const NEXT: &str = "519901001202";
    const RULE: &str = "shared-id";
    const OFFICES: [&str; 4] = [COUNTY, TOWN, VILLAGE, NEXT];
    let head = "户号,姓名,公民身份号码,人口状态";
    let mut tree = Tree::found(&OFFICES, "2026-01-31".parse().expect("a day"));
    let (shared, li) = (number(WANG.1), number("19520302/002"));
    tree.read(VILLAGE, "population.csv", &format!("{head}\n1,{},{shared},在册\n", WANG.0));
    let clinic = "姓名,身份证号码,建档日期,最近随访日期,档案状态";
    tree.read(VILLAGE, "health.csv", &format!("{clinic}\n田华志,{shared},2015-04-01,,正常\n"));
    // The next village pays the first of the two.
    tree.read(NEXT, "population.csv", &format!("{head}\n1,李秀英,{li},在册\n"));
    tree.read(NEXT, "dibao.csv", &dibao());
    tree.settle();
    let told = |tree: &Tree| {
        [COUNTY, TOWN, VILLAGE].map(|office| {
            let found = rows(tree, office).into_iter().find(|row| row.rule == RULE);
            found.map(|row| (row.id, row.status, row.evidence.len())).unwrap_or_else(|| panic!("{office}"))
        })
    };
    let [(id, _, above), _, (_, _, lines)] = told(&tree);
    assert!(above > lines, "the offices above rest it on more lines: {above}, {lines}");
    for (verdict, status) in [("dismiss", Dismissed), ("reopen", Open), ("confirm", FindingStatus::Confirmed)] {
        tree.decide(NEXT, id, verdict);
        tree.settle();
        assert_eq!(told(&tree).map(|(_, status, _)| status), [status; 3], "{verdict}");
    }
}
