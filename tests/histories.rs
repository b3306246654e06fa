//! Random small histories of three villages: whatever the order of the files, however often they are read, and whether
//! month by month or all at once, the same persons and findings come of them.

mod support;

use std::cell::Cell;
use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::*;
use proptest::sample::Index;
use rosterd::domain::date::plus_days;
use rosterd::domain::{Date, List, Uid};
use rosterd::rules::RULES;
use rosterd::store::{DecisionKind, pair_subject};
use support::office::Office;
use support::story::number;

const VILLAGES: [&str; 3] = ["519901001201", "519901001202", "519901002201"];
const MONTHS: [&str; 4] = ["2026-01-31", "2026-02-28", "2026-03-31", "2026-04-30"];
/// Longer than the terms of the rules that begin with a month's dates.
const DAYS_MAX: i32 = 45;
/// Namesakes and look-alikes on purpose: four of the names are one character apart, two are given twice.
const PEOPLE: [(&str, &str); 12] = [
    ("王建国", "19500302/001"),
    ("王建国", "19780615/003"),
    ("王建华", "19780615/005"),
    ("李秀英", "19450817/002"),
    ("李秀芳", "19450817/004"),
    ("张伟", "19840229/011"),
    ("张伟", "19881120/013"),
    ("吉木·子洛", "19701005/007"),
    ("欧阳春梅", "19631231/026"),
    ("赵德海", "19550709/009"),
    ("周子轩", "20250902/001"),
    ("周子豪", "20250902/003"),
];

/// Something that happens to one of them, and which offices notice.
#[derive(Debug, Clone)]
enum Happening {
    Dies,
    /// To the village; whether the old one and the new one write it down.
    Moves {
        to: usize,
        out: bool,
        into: bool,
    },
    LeavesCounty,
    /// A line disappears from one of the lists of their village.
    Vanishes {
        list: usize,
    },
    /// The register gives them another number; the other lists keep the one they have.
    Renumbered,
    /// One list writes the number with a slip of the pen from now on, or right again.
    Slips {
        list: usize,
    },
    Stopped,
    /// The doctor writes down a visit of this month, whatever others say.
    Visited,
}

#[derive(Debug, Clone)]
struct Happens {
    month: usize,
    who: usize,
    what: Happening,
}

fn happens() -> impl Strategy<Value = Happens> {
    let what = prop_oneof![
        2 => Just(Happening::Dies),
        3 => (0..3usize, any::<bool>(), any::<bool>()).prop_map(|(to, out, into)| Happening::Moves { to, out, into }),
        1 => Just(Happening::LeavesCounty),
        2 => (0..3usize).prop_map(|list| Happening::Vanishes { list }),
        2 => (0..3usize).prop_map(|list| Happening::Slips { list }),
        1 => Just(Happening::Stopped),
        1 => Just(Happening::Renumbered),
        3 => Just(Happening::Visited),
    ];
    (1..MONTHS.len(), 0..PEOPLE.len(), what).prop_map(|(month, who, what)| Happens { month, who, what })
}

/// One person's lines: of the register one a village they ever lived in, of health and dibao one.
#[derive(Clone, Default)]
struct Lines {
    register: BTreeMap<usize, String>,
    lives: usize,
    health: Option<&'static str>,
    visited: Option<String>,
    dibao: Option<&'static str>,
    wrong: [bool; 3],
    renumbered: bool,
    died: Option<(String, usize)>,
}

type Files = Vec<(String, String)>;

/// The files of every month.
fn play(homes: &[usize], history: &[Happens]) -> Vec<Files> {
    let mut people: Vec<Lines> = homes
        .iter()
        .enumerate()
        .map(|(i, home)| Lines {
            register: BTreeMap::from([(*home, "在册,,".to_owned())]),
            lives: *home,
            health: (i % 5 != 4).then_some("正常"),
            dibao: (i % 3 == 0).then_some("在保"),
            ..Lines::default()
        })
        .collect();
    let mut months = vec![files(&people)];
    for month in 1..MONTHS.len() {
        for event in history.iter().filter(|h| h.month == month) {
            happen(&mut people[event.who], &event.what, month);
        }
        months.push(files(&people));
    }
    months
}

fn happen(lines: &mut Lines, what: &Happening, month: usize) {
    let day = format!("2026-{:02}-{:02}", month + 1, 5 + month);
    let here = lines.lives;
    match what {
        Happening::Dies => {
            lines.register.insert(here, format!("死亡,{day},"));
            // A death stands in the list of the village it was registered in, whatever is written of the person later.
            lines.died = Some((day, here));
        }
        Happening::Moves { to, out, into } if *to != here => {
            if *out {
                lines.register.insert(here, format!("迁出,{day},{}", VILLAGES[*to]));
            }
            if *into {
                lines.register.insert(*to, format!("在册,{day},{}", VILLAGES[here]));
                lines.lives = *to;
            }
        }
        Happening::Moves { .. } => {}
        Happening::LeavesCounty => {
            lines.register.insert(here, format!("迁出,{day},县外"));
        }
        Happening::Vanishes { list: 0 } => {
            lines.register.remove(&here);
        }
        Happening::Vanishes { list: 1 } => lines.health = None,
        Happening::Vanishes { .. } => lines.dibao = None,
        Happening::Slips { list } => lines.wrong[*list] = !lines.wrong[*list],
        Happening::Renumbered => lines.renumbered = true,
        Happening::Stopped => lines.dibao = lines.dibao.map(|_| "停保"),
        Happening::Visited => lines.visited = Some(format!("2026-{:02}-{:02}", month + 1, 20 + month)),
    }
}

fn files(people: &[Lines]) -> Files {
    let mut all = Files::new();
    let written = |i: usize, list: usize| {
        let (name, id) = PEOPLE[i];
        let changed = id.replace("/0", "/8");
        let id = if list == 0 && people[i].renumbered { &changed } else { id };
        let id = if people[i].wrong[list] { number(&format!("{id}!")) } else { number(id) };
        format!("{i},{name},{id}")
    };
    for (v, village) in VILLAGES.into_iter().enumerate() {
        let mut population = String::from("户号,姓名,公民身份号码,人口状态,变动时间,迁入迁出地\n");
        let mut health = String::from("序号,姓名,身份证号码,建档日期,最近随访日期,档案状态\n");
        let mut dibao = String::from("序号,保障对象姓名,身份证号码,保障类别,审批日期,最近复核日期,保障状态\n");
        for (i, lines) in people.iter().enumerate() {
            if let Some(status) = lines.register.get(&v) {
                population.push_str(&format!("{},{status}\n", written(i, 0)));
            }
            // Services stay where the person was when it all began: others are slow to follow a move.
            let first = i % 3 == v;
            if let Some(status) = lines.health.filter(|_| first) {
                let visited = lines.visited.as_deref().unwrap_or("2025-11-03");
                health.push_str(&format!("{},2015-04-01,{visited},{status}\n", written(i, 1)));
            }
            if let Some(status) = lines.dibao.filter(|_| first) {
                dibao.push_str(&format!("{},A,2019-05-01,2025-12-10,{status}\n", written(i, 2)));
            }
        }
        all.push((format!("{village}/population.csv"), population));
        all.push((format!("{village}/health.csv"), health));
        all.push((format!("{village}/dibao.csv"), dibao));
    }
    let mut deaths = String::from("序号,姓名,身份证号码,死亡日期,户籍地行政区划代码\n");
    for (i, lines) in people.iter().enumerate() {
        if let Some((day, village)) = lines.died.as_ref().filter(|_| i % 2 == 0) {
            let (name, id) = PEOPLE[i];
            deaths.push_str(&format!("{i},{name},{},{day},{}\n", number(id), VILLAGES[*village]));
        }
    }
    all.push(("deaths.csv".to_owned(), deaths));
    // A list without a line cannot be read as one.
    all.retain(|(_, text)| text.lines().count() > 1);
    all
}

fn today(month: usize) -> Date {
    MONTHS[month].parse().expect("a day")
}

/// Reads the months one after the other; `shuffle` draws the order of the files of each.
fn live(months: &[Files], shuffle: &[Index]) -> Office {
    let mut office = Office::found("519901", today(0));
    for (month, files) in months.iter().enumerate() {
        read_month(&mut office, month, files, shuffle);
    }
    office
}

fn read_month(office: &mut Office, month: usize, files: &Files, shuffle: &[Index]) {
    office.today = today(month);
    let mut rest = files.clone();
    let mut draws = shuffle.iter();
    while !rest.is_empty() {
        let at = draws.next().map_or(0, |index| index.index(rest.len()));
        let (path, text) = rest.remove(at);
        office.read(&path, &text, false);
        // Some files are worked off by themselves, others together.
        if at % 2 == 1 {
            office.settle();
        }
    }
    office.saved_again(&BTreeSet::new());
    office.settle();
}

/// Where a line stands, which does not depend on how its entry is called.
fn places(office: &Office) -> BTreeMap<Uid, String> {
    let uids: Vec<Uid> = office.entries().iter().map(|s| s.entry.uid).collect();
    let views = office.view(|view| view.views(&uids, &mut Default::default()));
    let place = |v: rosterd::store::EntryView| {
        let source = v.source.map(|(file, _, row)| format!("{file}:{row}"));
        (v.stored.entry.uid, source.unwrap_or_else(|| "gone".to_owned()))
    };
    views.into_iter().map(place).collect()
}

/// Rule, list, area and evidence of all findings, those that need history left out if asked.
fn findings(office: &Office, with_history: bool) -> BTreeSet<String> {
    let places = places(office);
    let needs = |rule: &str| RULES.iter().any(|r| r.id == rule && r.needs_history);
    let all = office.findings().into_iter().filter(|f| with_history || !needs(&f.rule));
    all.map(|f| {
        let mut evidence: Vec<&str> = f.evidence.iter().map(|uid| places[uid].as_str()).collect();
        evidence.sort_unstable();
        // Lines that are gone count once: how many there were is history.
        evidence.dedup();
        if !with_history {
            evidence.retain(|place| *place != "gone");
        }
        format!("{} {:?} {:?} {} {evidence:?}", f.rule, f.list, f.area, f.severity)
    })
    .collect()
}

/// The lines that stand, by person.
fn persons(office: &Office) -> BTreeSet<Vec<String>> {
    let places = places(office);
    let mut persons: BTreeMap<Uid, Vec<String>> = BTreeMap::new();
    for stored in office.entries().into_iter().filter(|s| s.entry.removed.is_none()) {
        persons.entry(stored.person).or_default().push(places[&stored.entry.uid].clone());
    }
    persons
        .into_values()
        .map(|mut lines| {
            lines.sort_unstable();
            lines
        })
        .collect()
}

fn only<'a, T: Ord>(a: &'a BTreeSet<T>, b: &BTreeSet<T>) -> Vec<&'a T> {
    a.iter().filter(|x| !b.contains(x)).collect()
}

fn same<T: Ord + std::fmt::Debug>(what: &str, a: &BTreeSet<T>, b: &BTreeSet<T>) -> Result<(), TestCaseError> {
    prop_assert!(a == b, "{}: only the first {:#?}, only the second {:#?}", what, only(a, b), only(b, a));
    Ok(())
}

fn homes() -> impl Strategy<Value = Vec<usize>> {
    prop::collection::vec(0..3usize, PEOPLE.len())
}

fn history() -> impl Strategy<Value = Vec<Happens>> {
    prop::collection::vec(happens(), 1..10)
}

fn order() -> impl Strategy<Value = Vec<Index>> {
    prop::collection::vec(any::<Index>(), 10)
}

/// `PROPTEST_CASES=500 cargo test --test histories` looks harder than every build needs.
fn cases() -> ProptestConfig {
    let usual = ProptestConfig { failure_persistence: None, ..ProptestConfig::default() };
    if std::env::var_os("PROPTEST_CASES").is_some() { usual } else { ProptestConfig { cases: 16, ..usual } }
}

proptest! {
    #![proptest_config(cases())]

    #[test]
    fn the_order_of_the_files_does_not_show(homes in homes(), history in history(), order in order()) {
        let months = play(&homes, &history);
        let (straight, shuffled) = (live(&months, &[]), live(&months, &order));
        same("persons", &persons(&straight), &persons(&shuffled))?;
        same("findings", &findings(&straight, true), &findings(&shuffled, true))?;
    }

    #[test]
    fn reading_twice_is_reading_once(homes in homes(), history in history()) {
        let months = play(&homes, &history);
        let mut office = Office::found("519901", today(0));
        for (month, files) in months.iter().enumerate() {
            read_month(&mut office, month, files, &[]);
            office.assert_settled();
        }
    }

    #[test]
    fn month_by_month_comes_to_what_the_last_files_alone_come_to(homes in homes(), history in history()) {
        // A line that vanished, and a number that was, are remembered by who lived through it: only what stands can be
        // compared.
        let stands = |h: &&Happens| !matches!(h.what, Happening::Vanishes { .. } | Happening::Renumbered);
        let months = play(&homes, &history.iter().filter(stands).cloned().collect::<Vec<_>>());
        let lived = live(&months, &[]);
        let mut founded = Office::found("519901", today(0));
        read_month(&mut founded, MONTHS.len() - 1, &months[MONTHS.len() - 1], &[]);
        same("persons", &persons(&lived), &persons(&founded))?;
        same("findings", &findings(&lived, false), &findings(&founded, false))?;
    }

    #[test]
    fn day_by_day_comes_to_what_the_same_files_come_to_on_the_last_day(
        homes in homes(), mut history in history(), month in 1..MONTHS.len(), who in 0..PEOPLE.len(), days in 1..DAYS_MAX
    ) {
        // Read on the tenth, the visits of the month are still to come, and all terms: only the calendar brings them. One
        // of the dead is visited.
        history.extend([Happening::Dies, Happening::Visited].map(|what| Happens { month, who, what }));
        let files = &play(&homes, &history)[month];
        let first: Date = format!("2026-{:02}-10", month + 1).parse().expect("a day");
        let read = |today: Date| {
            let mut office = Office::found("519901", today);
            files.iter().for_each(|(path, text)| drop(office.read(path, text, false)));
            office.settle();
            office
        };
        let mut lived = read(first);
        for day in 1..=days {
            lived.today = plus_days(first, day);
            lived.settle();
        }
        same("findings", &findings(&lived, false), &findings(&read(lived.today), false))?;
    }

    #[test]
    fn what_a_person_parted_is_never_one_again(
        homes in homes(), history in history(), order in order(), pairs in prop::collection::vec((any::<Index>(), any::<Index>()), 1..4)
    ) {
        let months = play(&homes, &history);
        let mut office = live(&months[..1], &[]);
        let entries = office.entries();
        let mut parted: BTreeSet<(Uid, Uid)> = BTreeSet::new();
        for (one, other) in pairs {
            let one = one.get(&entries);
            // Someone who is the same person now, where there is one.
            let kin: Vec<_> = entries.iter().filter(|e| e.person == one.person && e.id != one.id).collect();
            let other = if kin.is_empty() { other.get(&entries) } else { *other.get(&kin) };
            let pair = (one.entry.uid.min(other.entry.uid), one.entry.uid.max(other.entry.uid));
            if pair.0 != pair.1 && parted.insert(pair) {
                office.decide(DecisionKind::Match, pair_subject(pair.0, pair.1), "reject");
            }
        }
        for (month, files) in months.iter().enumerate() {
            read_month(&mut office, month, files, &order);
            let person: BTreeMap<Uid, Uid> = office.entries().iter().map(|e| (e.entry.uid, e.person)).collect();
            for (a, b) in &parted {
                prop_assert_ne!(person[a], person[b], "{} and {} are one again in month {}", a, b, month);
            }
            // Every entry is in one person, and that person is named by one of their own entries.
            for (uid, person_of) in &person {
                prop_assert_eq!(person[person_of], *person_of, "{} is in a person of nobody", uid);
            }
        }
    }
}

/// One woman on two lists, known again by name and telephone, and found by her name alone: a year of birth is no key, and
/// one list names no head; and a migrants' list of namesakes.
fn namesakes(name: &str, count: usize) -> Files {
    let register =
        "户号,户主姓名,姓名,与户主关系,出生日期,联系电话,人口状态\n12,龙大山,龙鐾,妻,1960,13900001234,在册\n"
            .to_owned();
    let dibao = "低保证号,保障对象姓名,出生日期,联系电话,保障状态\n7,龙鐾,1960,13900001234,在保\n".to_owned();
    let mut migrants = "居住证号,姓名,性别,流动类型,流动日期,流动地\n".to_owned();
    (0..count).for_each(|n| migrants += &format!("J{n:03},{name},女,流出,2026-01-{:02},县外\n", n % 28 + 1));
    let file = |name: &str| format!("{}/{name}.csv", VILLAGES[0]);
    vec![(file("population"), register), (file("dibao"), dibao), (file("migrants"), migrants)]
}

#[test]
fn a_decision_that_comes_when_a_pass_has_begun_is_heeded() {
    let mut office = Office::found("519901", today(0));
    read_month(&mut office, 0, &namesakes("赵德海", 1), &[]);
    let entries = office.entries();
    let of = |list: List| entries.iter().find(|e| e.entry.list == list).expect("a line of the list");
    let (one, other) = (of(List::Population), of(List::Dibao));
    assert_eq!(one.person, other.person);
    let subject = pair_subject(one.entry.uid.min(other.entry.uid), one.entry.uid.max(other.entry.uid));
    let to_come = Cell::new(Some(subject));
    office.settle_while(&|| {
        if let Some(subject) = to_come.take() {
            office.decide_now(DecisionKind::Match, subject, "reject");
        }
    });
    assert_ne!(office.entry(one.entry.uid).person, office.entry(other.entry.uid).person);
}

#[test]
fn a_name_that_more_than_a_hundred_lines_share_ties_nobody_whenever_they_came() {
    let read = |months: &[Files]| {
        let mut office = Office::found("519901", today(0));
        months.iter().enumerate().for_each(|(month, files)| read_month(&mut office, month, files, &[]));
        persons(&office)
    };
    let (few, many, renamed) = (namesakes("龙鐾", 98), namesakes("龙鐾", 99), namesakes("龙馨", 99));
    let together = |persons: &BTreeSet<Vec<String>>| persons.iter().any(|lines| lines.len() == 2);
    let (with_few, with_many) = (read(std::slice::from_ref(&few)), read(std::slice::from_ref(&many)));
    assert!(together(&with_few), "100 lines of one name are still compared");
    assert!(!together(&with_many), "101 are not");
    assert!(read(&[few.clone(), many.clone()]) == with_many, "the line too much came later");
    let renamed_alone = read(std::slice::from_ref(&renamed));
    assert!(together(&renamed_alone));
    assert!(read(&[few, many, renamed]) == renamed_alone, "the others turned out to have another name");
}

/// So many people of one village, whose lines have all the number of their clerk, and one who is on two lists.
fn with_the_clerks_number(count: usize) -> Files {
    let clerk = number("19761105/001");
    let mut register = "户号,户主姓名,姓名,与户主关系,性别,身份证号码,出生日期,人口状态\n".to_owned();
    for n in 0..count {
        let (head, born) =
            (PEOPLE[n % PEOPLE.len()].0, format!("{}-{:02}-{:02}", 1940 + n % 70, n % 12 + 1, n % 28 + 1));
        register += &format!("{n},{head},{head},户主,女,{clerk},{born},在册\n");
    }
    let (name, id) = PEOPLE[0];
    register += &format!("900,{name},{name},户主,男,{},1950-03-02,在册\n", number(id));
    let dibao = format!("低保证号,保障对象姓名,身份证号码,保障状态\n7,{name},{},在保\n", number(id));
    let file = |name: &str| format!("{}/{name}.csv", VILLAGES[0]);
    vec![(file("population"), register), (file("dibao"), dibao)]
}

#[test]
fn of_a_number_on_more_than_a_hundred_lines_nothing_is_told_whenever_they_came() {
    let read = |counts: &[usize]| {
        let mut office = Office::found(VILLAGES[0], today(0));
        for (month, count) in counts.iter().enumerate() {
            read_month(&mut office, month, &with_the_clerks_number(*count), &[]);
        }
        office
    };
    let told = |office: &Office, rule: &str| office.findings().iter().filter(|f| f.rule == rule).count();
    let rules = ["shared-id", "birth-conflict", "sex-conflict"];
    for (count, is_told) in [(3, true), (100, true), (101, false), (130, false)] {
        let office = read(&[count]);
        for rule in rules {
            assert_eq!(told(&office, rule) > 0, is_told, "{rule}, {count} lines");
        }
    }
    // A line that goes still tells whose the number was, so they only become more here.
    for counts in [&[100, 101][..], &[60, 130], &[99, 100, 101], &[101, 130]] {
        let (last, by_month) = (counts[counts.len() - 1], read(counts));
        let mut at_once = Office::found(VILLAGES[0], today(0));
        read_month(&mut at_once, counts.len() - 1, &with_the_clerks_number(last), &[]);
        assert!(persons(&by_month) == persons(&at_once), "{counts:?}");
        assert_eq!(findings(&by_month, false), findings(&at_once, false), "{counts:?}");
    }
}

#[test]
fn the_list_of_an_earlier_month_never_takes_the_place_of_a_later_one() {
    let file = |month: &str, lines: &str| {
        let text = format!("姓名,身份证号码,保障类别,审批日期,最近复核日期,保障状态\n{lines}");
        (format!("{}/2026年{month}月低保名单.csv", VILLAGES[0]), text)
    };
    let [first, second] = ["19500302/001", "19780615/003"].map(number);
    let february =
        file("2", &format!("王建国,{first},A类,2020.1.5,2026.1.5,在保\n王建国,{second},A类,2020.1.5,2026.1.5,在保\n"));
    let march = file("3", &format!("王建国,{first},A类,2020.1.5,2026.3.5,停保\n"));
    let read = |files: &[&(String, String)]| {
        let mut office = Office::found("519901", today(2));
        for (path, text) in files {
            office.read(path, text, false);
            office.settle();
        }
        office
    };
    let (straight, reverse) = (read(&[&february, &march]), read(&[&march, &february]));
    assert!(persons(&straight) == persons(&reverse));
    assert_eq!(findings(&straight, false), findings(&reverse, false));

    let mut office = read(&[&march]);
    let late = office.read(&february.0, &february.1, false);
    let [scope] = &late.scopes[..] else { panic!("one list of one village") };
    let outdated = scope.outdated.as_ref().expect("February is older than March");
    assert_eq!(
        (outdated.newer_file.as_str(), outdated.newer_on.to_string()),
        (march.0.as_str(), "2026-03-31".to_owned())
    );
    assert_eq!((scope.created, scope.updated, scope.removed), (0, 0, 0));
    // The same file written anew is a correction, whatever month its name states.
    let mut office = read(&[&february]);
    assert!(office.read(&february.0, &march.1, false).scopes[0].outdated.is_none());
}

#[test]
fn numbers_that_a_spreadsheet_cut_are_counted_over_every_month() {
    let mut office = Office::found("519901", today(0));
    let mut take = |lines: &[(&str, &str)], append: bool| {
        let lines: String =
            lines.iter().map(|(name, id)| format!("{name},{id},A类,2020.1.5,2026.3.5,在保\n")).collect();
        let text = format!("姓名,身份证号码,保障类别,审批日期,最近复核日期,保障状态\n{lines}");
        office.read(&format!("{}/低保.csv", VILLAGES[0]), &text, append);
        office.view(|view| view.snapshots()).iter().map(|(_, snapshot)| snapshot.facts.damaged).sum::<u64>()
    };
    let [a, b, c] = ["19500302/001", "19780615/003", "19640822/007"].map(number);
    let cut = |number: &str| format!("{}.{}E+17", &number[..1], &number[1..6]);
    let (cut_a, cut_b, cut_c) = (cut(&a), cut(&b), cut(&c));
    assert_eq!(take(&[("王建国", &cut_a), ("龙大山", &cut_b), ("赵德海", &c)], false), 2);
    assert_eq!(take(&[("王建国", &cut_a), ("龙大山", &b), ("赵德海", &c)], false), 1, "one was typed anew");
    assert_eq!(take(&[("王建国", &cut_a), ("龙大山", &b), ("赵德海", &cut_c)], false), 2, "another was cut");
    assert_eq!(take(&[("龙大山", &b), ("赵德海", &cut_c)], false), 1, "a line vanished");
    // What is appended is a snapshot of its own, and stays.
    assert_eq!(take(&[("周秀英", &cut_a), ("李秀英", &c)], true), 2, "one more, appended");
    assert_eq!(take(&[("陈大山", &cut_b)], true), 3, "and another");
    assert_eq!(take(&[("周秀英", &a)], true), 2, "one of them was typed anew");
}

#[test]
fn two_files_of_one_list_are_each_told_of_by_themselves() {
    let mut office = Office::found("519901", today(0));
    let mut take = |(file, person): (&str, usize), stated: u64| {
        let (name, id) = PEOPLE[person];
        let line = format!("{name},{},A类,2020.1.5,2026.1.5,在保\n合计,{stated}人,,,,\n", number(id));
        let text = format!("姓名,身份证号码,保障类别,审批日期,最近复核日期,保障状态\n{line}");
        // Of two sources: neither takes the place of the other.
        office.read(&format!("{}/{file}", VILLAGES[0]), &text, true);
        office.settle();
        let told = office.findings().into_iter().filter(|f| f.rule == "total-differs");
        told.map(|f| (f.id.to_string(), f.detail["file"].to_string())).collect::<BTreeSet<_>>()
    };
    let (one, other) = (("一.csv", 0), ("二.csv", 3));
    let of_one = take(one, 5);
    let both = take(other, 6);
    assert!(of_one.len() == 1 && both.len() == 2 && both.is_superset(&of_one), "{both:?}");
    assert_eq!(take(other, 1), of_one, "one is put right, and the other still wrong");
}

#[test]
fn the_new_head_of_a_household_of_hundreds_is_seen() {
    let mut office = Office::found("519901", today(0));
    let home = |head: &str, heir: &str| {
        let member = |n: usize| {
            let name: String =
                [char::from_u32(0x4e00 + n as u32), char::from_u32(0x5f00 + n as u32)].iter().flatten().collect();
            format!(
                "7,{name},{},{},在册\n",
                number(&format!("{}0302/001", 1880 + n)),
                if n == 220 { heir } else { "非亲属" }
            )
        };
        let lines: String = (80..=220).map(member).collect();
        format!("户号,姓名,公民身份号码,与户主关系,人口状态\n7,王建国,{},户主,{head}\n{lines}", number("19500302/001"))
    };
    let mut headless = |head: &str, heir: &str| {
        office.read(&format!("{}/population.csv", VILLAGES[0]), &home(head, heir), false);
        office.settle();
        let found = office.findings().into_iter().find(|f| f.rule == "household-without-head");
        found.map(|finding| finding.evidence.len())
    };
    assert_eq!(headless("在册", "非亲属"), None);
    assert_eq!(headless("死亡", "非亲属"), Some(142), "the head and everybody else");
    assert_eq!(headless("死亡", "户主"), None, "the last of them is the head now");
}

#[test]
fn a_visit_is_weighed_for_whom_somebody_calls_dead_and_for_nobody_else() {
    let mut office = Office::found("519901", today(0));
    let [dead, living] = [PEOPLE[0], PEOPLE[3]].map(|(name, id)| format!("{name},{}", number(id)));
    let register =
        format!("户号,姓名,公民身份号码,人口状态,变动时间,迁入迁出地\n1,{dead},死亡,2026-01-05,\n2,{living},在册,,\n");
    let health = |day: &str| {
        format!(
            "序号,姓名,身份证号码,建档日期,最近随访日期,档案状态\n1,{dead},2015-04-01,{day},正常\n2,{living},2015-04-01,{day},正常\n"
        )
    };
    office.read("population.csv", &register, false);
    office.read("health.csv", &health("2025-11-03"), false);
    office.settle();
    let rules = |office: &Office| office.findings().into_iter().map(|f| f.rule).collect::<Vec<_>>();
    assert_eq!(rules(&office), ["deceased-still-active"]);
    let outcome = office.read("health.csv", &health("2026-01-20"), false);
    assert_eq!(outcome.scopes[0].updated, 2, "both lines are written");
    assert_eq!(office.view(|view| view.dirty(10)).len(), 1, "one of them is judged");
    office.settle();
    assert!(rules(&office).contains(&"alive-after-death".to_owned()), "{:?}", rules(&office));
}
