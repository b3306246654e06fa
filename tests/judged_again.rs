//! A pass looks at those alone of whom something changed. Judging everybody again, by the lines as they stand, must then
//! change nothing, whatever came when, was worked off by itself or with other things, or was told by an office below.

mod support;

use std::collections::BTreeSet;

use proptest::prelude::*;
use proptest::sample::{Index, select};
use rosterd::daemon::pass::arrive;
use rosterd::domain::date::plus_days;
use rosterd::domain::{Date, FindingId, List};
use rosterd::store::{DecisionKind, Understood, Writer, pair_subject};
use support::office::Office;
use support::story::number;

const COUNTY: &str = "519901";
const TOWNSHIP: &str = "519901001";
const VILLAGES: [&str; 3] = ["519901001201", "519901001202", "519901002201"];
const MONTHS: [&str; 4] = ["2026-01-31", "2026-02-28", "2026-03-31", "2026-05-30"];
/// Longer than the terms of the rules that begin with a month's dates.
const DAYS_MAX: i32 = 50;
/// More than there is of anything.
const ALL: usize = 1 << 30;
/// File, header.
const LISTS: [(&str, &str); 4] = [
    ("population", "户号,户主姓名,姓名,与户主关系,公民身份号码,人口状态,变动时间,迁入迁出地"),
    ("health", "序号,姓名,身份证号码,建档日期,最近随访日期,档案状态"),
    ("dibao", "序号,户主姓名,保障对象姓名,与户主关系,身份证号码,保障类别,审批日期,最近复核日期,保障状态"),
    ("deaths", "序号,姓名,身份证号码,死亡日期"),
];
const NAMES: [&str; 9] = ["王建国", "王建华", "李秀英", "李秀芳", "张伟", "张伟伟", "赵德海", "无名氏", "赵德海之子"];
/// Numbers that are right, one of them in two ways and two of them one digit apart; with a slip, damaged twice, none.
const NUMBERS: [&str; 12] = [
    "19500302/001",
    "19780615/003",
    "19780615/005",
    "19450817/002",
    "19840229/011",
    "840229/011",
    "20250902/001",
    "19550709/009",
    "19780615/003!",
    "5.19901E+17",
    "519901195003020000",
    "",
];

/// One line of one list: few names, numbers and households, so that lines have much to do with each other.
#[derive(Debug, Clone)]
struct Line {
    village: usize,
    list: usize,
    household: usize,
    name: usize,
    number: usize,
    head: usize,
    relation: usize,
    status: usize,
    /// In which of the months it stands there, in which of them it has another number, and whether its status goes on.
    stands: [bool; MONTHS.len()],
    renumbered: [bool; MONTHS.len()],
    goes_on: bool,
}

fn line() -> impl Strategy<Value = Line> {
    let place = (0..VILLAGES.len(), 0..LISTS.len(), 0..3usize);
    let person = (0..NAMES.len(), 0..NUMBERS.len(), 0..3usize, 0..4usize, 0..5usize);
    (place, person, any::<[bool; MONTHS.len()]>(), any::<[bool; MONTHS.len()]>(), any::<bool>()).prop_map(
        |((village, list, household), (name, number, head, relation, status), stands, renumbered, goes_on)| Line {
            village,
            list,
            household,
            name,
            number,
            head,
            relation,
            status,
            stands,
            renumbered,
            goes_on,
        },
    )
}

impl Line {
    fn text(&self, order: usize, month: usize) -> String {
        let Line { village, household, .. } = *self;
        let (name, head, relation) = (NAMES[self.name], NAMES[self.head], ["户主", "子", "妻", ""][self.relation]);
        let id = number(NUMBERS[(self.number + usize::from(self.renumbered[month])) % NUMBERS.len()]);
        let status = if self.goes_on { (self.status + month) % 5 } else { self.status };
        let day = format!("2026-0{}-10", month + 1);
        match self.list {
            0 => {
                let status = match status {
                    0 | 1 => "在册,,".to_owned(),
                    2 => format!("死亡,{day},"),
                    away => format!("迁出,{day},{}", VILLAGES[(village + away) % VILLAGES.len()]),
                };
                format!("H{household},{head},{name},{relation},{id},{status}")
            }
            1 => {
                let seen = if status == 4 { &day } else { "2025-11-03" };
                let status = ["正常", "正常", "死亡", "迁出", "正常"][status];
                format!("{order},{name},{id},2015-04-01,{seen},{status}")
            }
            2 => {
                let (class, status) = (["A", "B", "C"][household], if status == 2 { "停保" } else { "在保" });
                format!("{order},{head},{name},{relation},{id},{class},2019-05-01,2025-12-10,{status}")
            }
            _ => format!("{order},{name},{id},{day}"),
        }
    }
}

/// The file of a list in a month; a list without a line cannot be read as one.
fn file(lines: &[Line], month: usize, village: usize, list: usize) -> Option<String> {
    let of_list = lines.iter().enumerate().filter(|(_, l)| (l.village, l.list) == (village, list) && l.stands[month]);
    let lines: Vec<String> = of_list.map(|(order, line)| line.text(order, month)).collect();
    (!lines.is_empty()).then(|| format!("{}\n{}\n", LISTS[list].1, lines.join("\n")))
}

fn today(month: usize) -> Date {
    MONTHS[month].parse().expect("a day")
}

/// Reads a file, whatever goes with it.
fn read(office: &mut Office, path: &str, text: &str) {
    office.read(path, text, false);
    release_all(office);
}

fn release_all(office: &mut Office) {
    while !office.view(|view| view.held(false)).is_empty() {
        office.release();
    }
}

/// All that was made of the lines, one text for each thing.
fn made(office: &Office) -> BTreeSet<String> {
    let mut all: BTreeSet<String> = office.findings().iter().map(|finding| format!("{finding:?}")).collect();
    all.extend(office.view(|view| view.events(None, None)).iter().map(|event| format!("{event:?}")));
    all.extend(office.entries().iter().map(|stored| format!("{} is {}", stored.entry.uid, stored.person)));
    all.extend(office.view(|view| view.matches()).iter().map(|pair| format!("{} may be {}", pair.a, pair.b)));
    office.view(|view| {
        for (_, id) in view.seen_through_changed(0, ALL)? {
            all.extend(view.seen_through(id)?.filter(|(_, holds)| *holds).map(|(seen, _)| format!("{seen:?}")));
        }
        Ok(())
    });
    all
}

fn nothing_changes_when_all_are_judged_again(office: &Office) -> Result<(), TestCaseError> {
    let before = made(office);
    office.store.write(|writer| writer.mark_all()).expect("the store writes");
    office.settle();
    let after = made(office);
    let only = |a: &BTreeSet<String>, b: &BTreeSet<String>| a.difference(b).cloned().collect::<Vec<_>>();
    prop_assert!(before == after, "before {:#?}, after {:#?}", only(&before, &after), only(&after, &before));
    Ok(())
}

/// Two lines of which a person says in a month whether they are one person.
#[derive(Debug, Clone)]
struct Said {
    month: usize,
    pair: (Index, Index),
    same: bool,
}

impl Said {
    fn say(&self, office: &mut Office) {
        let uids: Vec<_> = office.entries().iter().map(|stored| stored.entry.uid).collect();
        if uids.is_empty() {
            return;
        }
        let (one, other) = (*self.pair.0.get(&uids), *self.pair.1.get(&uids));
        if one != other {
            let verdict = if self.same { "confirm" } else { "reject" };
            office.decide(DecisionKind::Match, pair_subject(one, other), verdict);
        }
    }
}

fn lines() -> impl Strategy<Value = Vec<Line>> {
    prop::collection::vec(line(), 1..26)
}

fn said() -> impl Strategy<Value = Vec<Said>> {
    let pair = (any::<Index>(), any::<Index>());
    let one = (0..MONTHS.len(), pair, any::<bool>()).prop_map(|(month, pair, same)| Said { month, pair, same });
    prop::collection::vec(one, 0..4)
}

/// Whether what was read is worked off at once, file by file, again from the first when there are more.
fn turns() -> impl Strategy<Value = Vec<bool>> {
    prop::collection::vec(any::<bool>(), 31)
}

/// Lists that are kept twice: by another source of the office, or by the office above.
fn copied() -> impl Strategy<Value = [bool; LISTS.len()]> {
    prop::array::uniform4(prop::bool::weighted(0.2))
}

/// An office and what it last told the one above.
struct Below {
    office: Office,
    told: u64,
}

impl Below {
    fn found(village: &str) -> Below {
        Below { office: Office::found(village, today(0)), told: 0 }
    }

    /// Tells what is new, in batches of so many things; what came is worked off where another batch follows.
    fn tells(&mut self, above: &Office, batch: usize) {
        let all = Understood { attestations: true, gone: true, pages: true };
        let items = self.office.view(|view| view.items_after(self.told, ALL, ALL, all));
        let (child, at) = (self.office.store.area(), (above.today, 0));
        let take = |writer: &Writer, (_, _, line): &(_, _, String)| {
            arrive(writer, at, child, line)?.expect("a line of our own is taken");
            Ok(())
        };
        for (n, items) in items.chunks(batch).enumerate() {
            if n > 0 {
                above.settle();
            }
            above.store.write(|writer| items.iter().try_for_each(|item| take(writer, item))).expect("the store writes");
        }
        self.told = items.last().map_or(self.told, |(seq, ..)| *seq);
    }
}

/// `PROPTEST_CASES=500 cargo test --test judged_again` looks harder than every build needs.
fn cases() -> ProptestConfig {
    let usual = ProptestConfig { failure_persistence: None, ..ProptestConfig::default() };
    if std::env::var_os("PROPTEST_CASES").is_some() { usual } else { ProptestConfig { cases: 8, ..usual } }
}

proptest! {
    #![proptest_config(cases())]

    #[test]
    fn judging_all_again_changes_nothing(
        lines in lines(),
        said in said(),
        copied in copied(),
        turns in turns(),
        waits in turns(),
        days in 0..DAYS_MAX,
        area in select(vec![COUNTY, TOWNSHIP]),
    ) {
        let mut office = Office::found(area, today(0));
        let (mut turns, mut waits) = (turns.iter().cycle(), waits.iter().cycle());
        for month in 0..MONTHS.len() {
            office.today = today(month);
            for (v, village) in VILLAGES.iter().enumerate().filter(|(_, village)| village.starts_with(area)) {
                for (list, (name, _)) in LISTS.iter().enumerate() {
                    let Some(text) = file(&lines, month, v, list) else { continue };
                    let path = format!("{village}/{name}.csv");
                    if waits.next() == Some(&true) {
                        // What is held is released at the end of the month.
                        office.read(&path, &text, false);
                    } else {
                        read(&mut office, &path, &text);
                    }
                    if copied[list] {
                        office.read(&format!("{village}/{name}(2).csv"), &text, true);
                    }
                    if turns.next() == Some(&true) {
                        office.settle();
                    }
                }
            }
            office.settle();
            nothing_changes_when_all_are_judged_again(&office)?;
            release_all(&mut office);
            office.settle();
            said.iter().filter(|said| said.month == month).for_each(|said| said.say(&mut office));
            office.settle();
        }
        for day in 1..=days {
            office.today = plus_days(today(MONTHS.len() - 1), day);
            office.settle();
        }
        nothing_changes_when_all_are_judged_again(&office)?;
    }

    #[test]
    fn nor_does_it_where_villages_tell_of_their_lines(
        lines in lines(), twice in copied(), above in copied(), turns in turns(), batch in select(vec![1, 5, ALL])
    ) {
        let mut villages = VILLAGES.map(Below::found);
        let mut county = Office::found(COUNTY, today(0));
        let mut turns = turns.iter().cycle();
        let mut turn = || turns.next() == Some(&true);
        for month in 0..MONTHS.len() {
            county.today = today(month);
            for (v, village) in villages.iter_mut().enumerate() {
                village.office.today = today(month);
                for (list, (name, _)) in LISTS.iter().enumerate() {
                    let Some(text) = file(&lines, month, v, list) else { continue };
                    read(&mut village.office, &format!("{name}.csv"), &text);
                    if twice[list] {
                        village.office.read(&format!("{name}(2).csv"), &text, true);
                    }
                    if above[list] {
                        read(&mut county, &format!("{}/{name}.csv", VILLAGES[v]), &text);
                    }
                    if turn() {
                        village.tells(&county, batch);
                    }
                    if turn() {
                        county.settle();
                    }
                }
                village.tells(&county, batch);
                village.office.settle();
            }
            county.settle();
        }
        nothing_changes_when_all_are_judged_again(&county)?;
        villages.iter().try_for_each(|village| nothing_changes_when_all_are_judged_again(&village.office))?;
    }
}

#[test]
fn a_line_of_a_dead_person_that_goes_is_missed_above_as_it_is_below() {
    let [dead, living, other] = [NUMBERS[2], NUMBERS[0], NUMBERS[3]].map(number);
    let mut village = Below::found(VILLAGES[0]);
    let county = Office::found(COUNTY, today(0));
    let health = format!("{}\n1,王建国,{dead},2015-04-01,2025-11-03,正常\n", LISTS[1].1);
    let register = |line: &str| {
        format!("{}\n{line}H1,赵德海,赵德海,户主,{living},在册,,\nH2,张伟,张伟,户主,{other},在册,,\n", LISTS[0].1)
    };
    read(&mut village.office, "health.csv", &health);
    let mut found = |register: &str| {
        read(&mut village.office, "population.csv", register);
        village.tells(&county, ALL);
        village.office.settle();
        county.settle();
        [&village.office, &county].map(|office| office.findings().into_iter().map(|f| f.rule).collect::<Vec<_>>())
    };
    let [below, above] = found(&register(&format!("H0,李秀英,李秀英,户主,{dead},死亡,2026-01-05,\n")));
    assert_eq!((below, above), (vec!["shared-id".to_owned()], vec!["shared-id".to_owned()]));
    let [below, above] = found(&register(""));
    assert_eq!(below, ["no-population-record"]);
    assert_eq!(above, ["no-population-record"]);
}

#[test]
fn a_list_that_goes_and_comes_again_before_a_pass_keeps_what_was_found_of_it() {
    let (mut village, county) = (Below::found(VILLAGES[0]), Office::found(COUNTY, today(0)));
    let register = format!("{}\nH1,赵德海,赵德海,户主,{},在册,,\n", LISTS[0].1, number(NUMBERS[1]));
    let deaths = format!("{}\n1,王建国,{},2026-01-05\n", LISTS[3].1, number(NUMBERS[0]));
    for (path, text) in [("deaths.csv", format!("{deaths}合计,5人,,\n")), ("population.csv", register)] {
        read(&mut village.office, path, &text);
        village.tells(&county, ALL);
        county.settle();
    }
    let found =
        || county.findings().into_iter().filter(|f| f.rule == "total-differs").map(|f| f.id).collect::<Vec<_>>();
    let before = found();
    assert_eq!(before.len(), 1);
    let lists = county.view(|view| view.snapshots());
    let (id, list) = lists.into_iter().find(|(_, list)| list.key.list == List::Deaths).expect("it was told of");
    let lines = county.view(|view| view.snapshot(&list.key)).expect("it was told of").2;
    let again = |writer: &Writer| {
        writer.forget_snapshot(list.key.name(), list.key.origin)?;
        writer.put_snapshot(&list, &lines)
    };
    assert_ne!(county.store.write(again).expect("the store writes"), id);
    county.settle();
    assert_eq!(found(), before);
    nothing_changes_when_all_are_judged_again(&county).expect("nothing changes");
}

/// What an office finds of lines that are twice on one list, and the finding's name.
fn twice_listed(office: &Office) -> Vec<(FindingId, usize)> {
    let found = office.findings().into_iter().filter(|f| f.rule == "duplicate-entry");
    found.map(|f| (f.id, f.evidence.len())).collect()
}

#[test]
fn whoever_stands_once_on_each_copy_of_a_list_is_no_duplicate() {
    let (mut village, mut county) = (Below::found(VILLAGES[0]), Office::found(COUNTY, today(0)));
    let line = |(name, id): (&str, &str)| format!("1,{name},{name},户主,{},A,2019-05-01,2025-12-10,在保\n", number(id));
    let once: String = [("王建国", NUMBERS[0]), ("李秀英", NUMBERS[3]), ("张伟", NUMBERS[4])].map(line).concat();
    let [once, twice] =
        [once.clone(), once + &line(("李秀英", NUMBERS[3]))].map(|lines| format!("{}\n{lines}", LISTS[2].1));
    // The village has the list in its inbox and from a program, and the county has an export of it.
    read(&mut village.office, "dibao.csv", &once);
    village.office.read("program.csv", &once, true);
    village.office.settle();
    village.tells(&county, 1);
    read(&mut county, &format!("{}/dibao.csv", VILLAGES[0]), &once);
    county.settle();
    assert_eq!((twice_listed(&village.office), twice_listed(&county)), (vec![], vec![]));
    // Whoever is twice on one of them is told of, under one name at both.
    read(&mut village.office, "dibao.csv", &twice);
    village.office.settle();
    village.tells(&county, 1);
    county.settle();
    let found = twice_listed(&village.office);
    assert!(matches!(found[..], [(_, 2)]), "{found:?}");
    assert_eq!(twice_listed(&county), found);
    read(&mut county, &format!("{}/dibao.csv", VILLAGES[0]), &twice);
    county.settle();
    let both = twice_listed(&county);
    assert!(both.len() == 2 && both.contains(&found[0]) && both.iter().all(|(_, lines)| *lines == 2), "{both:?}");
    nothing_changes_when_all_are_judged_again(&county).expect("nothing changes");
}

#[test]
fn a_number_on_more_lines_than_anybody_has_counts_as_none_for_as_long_as_it_is_on_so_many() {
    const CARRIERS: usize = 101;
    let none = number("19500302/001!");
    let mut office = Office::found(VILLAGES[0], today(0));
    let line = |name: &str, number: &str, birth: &str| format!("{name},{number},{birth},正常\n");
    let given = |n: usize| ['芳', '英', '秀', '兰', '红', '丽', '云', '凤', '萍', '静'][n];
    let health = |carriers: usize| {
        let others = (1..CARRIERS).map(|n| {
            let name = format!("王{}{}", given(n / 10 % 10), given(n % 10));
            line(&name, if n < carriers { &none } else { "" }, &format!("{}-03-{}", 1919 + n, 10 + n % 10))
        });
        let others: String = others.collect();
        format!("姓名,身份证号码,出生日期,档案状态\n{}{others}", line("李军", &none, "1954-03"))
    };
    let register = format!(
        "户号,姓名,与户主关系,公民身份号码,出生日期\nH1,李军,户主,{},1954-03-02\nH2,赵德海,户主,{},1949-08-09\n",
        number("19540302/003"),
        number("19490809/001")
    );
    let is_one = |office: &Office| {
        let lines = office.entries();
        let mut persons = lines.iter().filter(|s| s.entry.record.name == "李军").map(|s| s.person);
        persons.next() == persons.next()
    };
    read(&mut office, "health.csv", &health(CARRIERS));
    office.settle();
    read(&mut office, "population.csv", &register);
    for (carriers, expected) in [(CARRIERS, true), (CARRIERS - 1, false), (CARRIERS, true)] {
        read(&mut office, "health.csv", &health(carriers));
        office.settle();
        assert_eq!(is_one(&office), expected, "{carriers} lines");
        nothing_changes_when_all_are_judged_again(&office).expect("nothing changes");
    }
}

#[test]
fn the_head_who_died_in_a_large_household_leads_nobody_once_the_last_one_is_in_another() {
    let mut office = Office::found(VILLAGES[0], today(0));
    let head = "户号,姓名,与户主关系,公民身份号码,人口状态,变动时间";
    let person = |household: &str, name: &str, relation: &str, at: u32, status: &str| {
        format!("{household},{name},{relation},{},{status},\n", number(&format!("19500302/{at:03}")))
    };
    // A home whose people have left, the head last.
    let left: String = (1..=150).map(|at| person("1", "王建国", "子", at, "迁出")).collect();
    let say = |household: &str| {
        let dead = person("1", "李秀英", "户主", 200, "死亡");
        let last = person(household, "张伟", "子", 201, "在册");
        format!("{head}\n{left}{dead}{last}")
    };
    let told = |office: &Office| {
        let made = made(office);
        made.iter().filter(|finding| finding.contains("household-without-head")).count()
    };
    read(&mut office, "population.csv", &say("1"));
    office.settle();
    assert_eq!(told(&office), 1);
    read(&mut office, "population.csv", &say("2"));
    office.settle();
    assert_eq!(told(&office), 0);
}
