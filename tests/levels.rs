//! Village, township and county over one line each: what a higher office knows reaches the lower ones, whatever the order
//! in which everything comes.

mod support;

use std::collections::BTreeSet;

use proptest::prelude::*;
use proptest::sample::Index;
use rosterd::domain::{Area, Date};
use support::story::number;
use support::tree::Tree;

const COUNTY: &str = "519901";
const EAST: &str = "519901001";
const WEST: &str = "519901002";
const FIRST: &str = "519901001201";
const SECOND: &str = "519901001202";
const THIRD: &str = "519901002201";
const OFFICES: [&str; 6] = [COUNTY, EAST, WEST, FIRST, SECOND, THIRD];

fn day(text: &str) -> Date {
    text.parse().expect("a day")
}

/// A register with one more person, whom no other list and no other village has.
fn population(village: &str, lines: &[(&str, &str, &str)]) -> String {
    let mut text = String::from("户号,姓名,公民身份号码,人口状态,变动时间,迁入迁出地\n01,无关人,");
    text.push_str(&format!("{},在册,,\n", number(&format!("19400101/{}", &village[9..]))));
    for (i, (name, id, status)) in lines.iter().enumerate() {
        text.push_str(&format!("{},{name},{},{status}\n", i + 2, number(id)));
    }
    text
}

fn health(lines: &[(&str, &str, &str)]) -> String {
    let mut text = String::from("姓名,身份证号码,建档日期,最近随访日期,档案状态\n");
    lines.iter().for_each(|(name, id, status)| text.push_str(&format!("{name},{},2015-04-01,,{status}\n", number(id))));
    text
}

fn dibao(lines: &[(&str, &str, &str)]) -> String {
    let mut text = String::from("保障对象姓名,身份证号码,保障类别,审批日期,最近复核日期,保障状态\n");
    lines.iter().for_each(|(name, id, status)| {
        text.push_str(&format!("{name},{},A,2019-05-01,2026-01-10,{status}\n", number(id)));
    });
    text
}

const WANG: (&str, &str) = ("王大明", "19500302/001");
const LI: (&str, &str) = ("李秀英", "19450817/002");
const ZHAO: (&str, &str) = ("赵德海", "19550709/009");
const ZHOU: (&str, &str) = ("周子轩", "19630902/001");

fn of(person: (&'static str, &'static str), status: &'static str) -> (&'static str, &'static str, &'static str) {
    (person.0, person.1, status)
}

/// What the offices save: office, file, text.
type Files = Vec<(&'static str, &'static str, String)>;

/// Four people on the first village's dibao list. The register of the next village has 王大明, that of a village of the
/// other township 李秀英; nobody's register has 赵德海. 周子轩 died, which only the county has heard, and has no record.
fn january() -> Files {
    vec![
        (FIRST, "population.csv", population(FIRST, &[of(ZHOU, "在册,,")])),
        (FIRST, "dibao.csv", dibao(&[of(WANG, "在保"), of(LI, "在保"), of(ZHAO, "在保"), of(ZHOU, "在保")])),
        (FIRST, "health.csv", health(&[of(WANG, "正常"), of(ZHAO, "正常")])),
        (SECOND, "population.csv", population(SECOND, &[of(WANG, "在册,,")])),
        (THIRD, "population.csv", population(THIRD, &[of(LI, "在册,,")])),
        (THIRD, "health.csv", health(&[of(LI, "正常")])),
        (
            COUNTY,
            "deaths.csv",
            format!("姓名,身份证号码,死亡日期,户籍地行政区划代码\n{},{},2026-01-05,{FIRST}\n", ZHOU.0, number(ZHOU.1)),
        ),
    ]
}

/// 王大明 was struck off the register of the next village: on none any more.
fn february() -> Files {
    vec![(SECOND, "population.csv", population(SECOND, &[]))]
}

fn tree(files: &Files) -> Tree {
    let tree = Tree::found(&OFFICES, day("2026-01-31"));
    files.iter().for_each(|(office, path, text)| tree.read(office, path, text));
    tree
}

/// Rule and name of the line to look at first, for what the office itself finds and holds open.
fn own(tree: &Tree, office: &str) -> BTreeSet<(String, String)> {
    tree.view(office, |view| {
        let mut found = BTreeSet::new();
        for row in view.findings(&Default::default())? {
            let first = view.entry(row.evidence[0])?.expect("evidence is stored");
            found.insert((row.rule, first.entry.record.name.into()));
        }
        Ok(found)
    })
}

fn pairs(of: &[(&str, &str)]) -> BTreeSet<(String, String)> {
    of.iter().map(|(rule, name)| ((*rule).to_owned(), (*name).to_owned())).collect()
}

const NOWHERE: &str = "no-population-record";
const NO_HEALTH: &str = "dibao-without-health-record";

#[test]
fn a_village_withdraws_what_the_offices_above_see_through() {
    let mut tree = tree(&january());
    let alone = [(NOWHERE, WANG.0), (NOWHERE, LI.0), (NOWHERE, ZHAO.0), (NO_HEALTH, LI.0), (NO_HEALTH, ZHOU.0)];
    assert_eq!(own(&tree, FIRST), pairs(&alone));

    // The township has the line of 王大明; of the others it knows no more than the village.
    tree.meet(SECOND.parse().expect("a village"));
    (0..2).for_each(|_| tree.meet(FIRST.parse().expect("a village")));
    assert_eq!(own(&tree, FIRST), pairs(&alone[1..]));

    // The county has the rest. Of the death it tells the village, which no longer asks for a record.
    tree.settle();
    assert_eq!(own(&tree, FIRST), pairs(&[(NOWHERE, ZHAO.0)]));
    let moved = ("moved-still-active", WANG.0);
    assert_eq!(own(&tree, EAST), pairs(&[(NOWHERE, ZHAO.0), moved]), "the township's own go as well");
    let told = tree.rules(FIRST);
    assert_eq!(told["deceased-still-active"], 2, "{told:?}");
    assert_eq!(told["moved-still-active"], 3, "{told:?}");

    // No more comes down than on which list and where the line stands, and who has it.
    let line = tree.view(FIRST, |view| {
        let wang = view.findings(&rosterd::store::FindingFilter { all: true, ..Default::default() })?;
        let closed = wang.iter().find(|f| {
            let first = view.entry(f.evidence[0]).expect("the store reads").expect("evidence is stored");
            f.rule == NOWHERE && first.entry.record.name == WANG.0 && f.list.is_some_and(|l| l.pays())
        });
        Ok(view.notice(closed.expect("the finding is kept").id)?.expect("the township told").body)
    });
    let told: serde_json::Value = serde_json::from_str(&line).expect("a line of JSON");
    let mut seen = told["seen"].clone();
    seen.as_object_mut().expect("why it is seen through").remove("entry");
    assert_eq!(seen, serde_json::json!({"list": "population", "area": SECOND, "by": EAST}));
    assert!(!line.contains(WANG.0) && !line.contains(&number(WANG.1)));

    // What the township knew is no longer so.
    tree.turn_to(day("2026-02-28"));
    february().iter().for_each(|(office, path, text)| tree.read(office, path, text));
    tree.settle();
    assert_eq!(own(&tree, FIRST), pairs(&[(NOWHERE, WANG.0), (NOWHERE, ZHAO.0)]));
    tree.turn_to(day("2026-03-01"));
    tree.read(SECOND, "population.csv", &population(SECOND, &[of(WANG, "在册,,")]));
    tree.settle();
    assert_eq!(own(&tree, FIRST), pairs(&[(NOWHERE, ZHAO.0)]));
}

#[test]
fn nobody_is_called_missing_below_while_the_county_waits_for_a_word_on_who_they_are() {
    // Of the same sound and birth, with a number on one of the lists alone; and under a number of somebody else's.
    const HEARD: (&str, &str) = ("石丽莎", "");
    const MEANT: (&str, &str) = ("石莉莎", "19500302/002");
    const UNDER: (&str, &str) = ("陈玉兰", WANG.1);
    let mut tree = Tree::found(&OFFICES, day("2026-01-31"));
    let mut listed = health(&[of(UNDER, "正常"), of(ZHAO, "正常")]).replace("证号码,", "证号码,出生日期,");
    listed = listed.replace(",2015", ",,2015") + &format!("{},,1950-03-02,2015-04-01,,正常\n", HEARD.0);
    tree.read(FIRST, "population.csv", &population(FIRST, &[]));
    tree.read(FIRST, "health.csv", &listed);
    tree.read(THIRD, "population.csv", &population(THIRD, &[of(MEANT, "在册,,"), of(WANG, "在册,,")]));
    let nowhere = |tree: &Tree, office| -> BTreeSet<String> {
        own(tree, office).into_iter().filter(|(rule, _)| rule == NOWHERE).map(|(_, name)| name).collect()
    };
    let all = [HEARD, UNDER, ZHAO].map(|(name, _)| name.to_owned()).into();
    assert_eq!(nowhere(&tree, FIRST), all, "the village knows no other register");
    tree.settle();
    for office in [COUNTY, EAST, FIRST] {
        assert_eq!(nowhere(&tree, office), [ZHAO.0.to_owned()].into(), "{office}");
    }
    // Each is somebody else: nobody's register has them.
    for (here, there) in [(HEARD, MEANT), (UNDER, WANG)] {
        let one = tree.line(COUNTY, (FIRST, "health", here.0));
        let other = tree.line(COUNTY, (THIRD, "population", there.0));
        assert_ne!(one.person, other.person);
        tree.judge(COUNTY, one.entry.uid, other.entry.uid, false);
    }
    tree.settle();
    for office in [COUNTY, EAST, FIRST] {
        assert_eq!(nowhere(&tree, office), all, "{office}");
    }
}

#[test]
fn a_changed_number_is_known_above_where_nobody_saw_the_old_one() {
    const RENUMBERED: (&str, &str) = ("王大明", "19500302/035");
    let mut tree = Tree::found(&OFFICES, day("2026-01-31"));
    tree.read(FIRST, "population.csv", &population(FIRST, &[of(WANG, "在册,,")]));
    tree.turn_to(day("2026-02-28"));
    tree.read(FIRST, "population.csv", &population(FIRST, &[of(RENUMBERED, "在册,,")]));
    tree.read(THIRD, "health.csv", &health(&[of(WANG, "正常")]));
    tree.settle();
    let lines = [(FIRST, "population"), (THIRD, "health")].map(|(at, list)| tree.line(COUNTY, (at, list, WANG.0)));
    assert_eq!(lines[0].person, lines[1].person);
    // Both must be told apart by a person only, and that is heard everywhere.
    tree.judge(COUNTY, lines[0].entry.uid, lines[1].entry.uid, false);
    tree.settle();
    let lines = [(FIRST, "population"), (THIRD, "health")].map(|(at, list)| tree.line(COUNTY, (at, list, WANG.0)));
    assert_ne!(lines[0].person, lines[1].person);
}

/// What all offices hold and are told, and who is who at each.
fn state(tree: &Tree) -> Vec<(Area, BTreeSet<String>)> {
    let mut all: Vec<(Area, BTreeSet<String>)> = Vec::new();
    for office in OFFICES {
        let mut known = tree.findings(office);
        known.extend(own(tree, office).into_iter().map(|(rule, name)| format!("own {rule} {name}")));
        let mut persons: std::collections::BTreeMap<_, Vec<String>> = std::collections::BTreeMap::new();
        for stored in tree.entries(office) {
            persons.entry(stored.person).or_default().push(stored.entry.uid.to_string());
        }
        known.extend(persons.into_values().map(|mut lines| {
            lines.sort_unstable();
            lines.join("+")
        }));
        all.push((office.parse().expect("an area"), known));
    }
    all
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 12, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn the_order_in_which_offices_hear_of_each_other_does_not_show(draws in prop::collection::vec(any::<Index>(), 30)) {
        let straight = tree(&january());
        straight.settle();
        let shuffled = Tree::found(&OFFICES, day("2026-01-31"));
        let mut files = january();
        for draw in &draws {
            // A file is read, or two offices talk, here and there twice.
            let at = draw.index(files.len() + OFFICES.len());
            if at < files.len() {
                let (office, path, text) = files.remove(at);
                shuffled.read(office, path, &text);
            } else {
                shuffled.meet(OFFICES[at - files.len()].parse().expect("an area"));
            }
        }
        files.iter().for_each(|(office, path, text)| shuffled.read(office, path, text));
        shuffled.settle();
        prop_assert_eq!(state(&straight), state(&shuffled));
        let before = state(&shuffled);
        shuffled.settle();
        prop_assert_eq!(before, state(&shuffled));
    }
}
