//! The rules over made-up cases: what must hold of them whatever the lines say.

use proptest::prelude::*;

use super::{Judgement, Keeper, Neighbours, Parameters, SnapshotFacts, judge, judge_snapshot};
use crate::domain::date::plus_days;
use crate::domain::{
    Aid, Area, Date, Entry, FindingId, IdNumber, IdState, List, PartialDate, Place, Record, Sex, Status, Uid,
};
use crate::reconcile::{Case, reconcile};

mod said;

/// Two townships of one county.
const VILLAGES: [&str; 3] = ["519901001201", "519901001202", "519901002201"];
/// The first day, and how many are lived through: over the turn of a year, and longer than most terms.
const FIRST: Date = Date::constant(2026, 11, 20);
const DAYS: i32 = 100;

fn area(code: &str) -> Area {
    code.parse().unwrap()
}

/// A number that is right in itself: born on this day.
fn number(born: &str) -> IdNumber {
    let ends = (0..=10).map(|end| if end == 10 { "X".to_owned() } else { end.to_string() });
    let mut numbers = ends.filter_map(|end| IdNumber::parse(&format!("519901{born}001{end}")));
    numbers.find(|number| number.state() == IdState::Valid).unwrap()
}

/// A day around those that are lived through, or only its month.
fn dated() -> impl Strategy<Value = Option<PartialDate>> {
    (prop::option::weighted(0.6, -70..DAYS), 0..6).prop_map(|(days, coarse)| {
        let day = plus_days(FIRST, days?);
        if coarse == 0 { PartialDate::month(day.year(), day.month()) } else { Some(day.into()) }
    })
}

fn record() -> impl Strategy<Value = Record> {
    // One of an ordinary age, two that are not born yet, two that turn too old at the new year.
    let numbers =
        prop::option::of(prop::sample::select(vec!["19500302", "20261201", "20270115", "19060505", "19061231"]));
    let status = prop_oneof![4 => Just(Status::Active), 1 => Just(Status::MovedOut), 2 => Just(Status::Deceased)];
    let place = prop::option::of(prop_oneof![
        Just(Place::Outside),
        (0..VILLAGES.len()).prop_map(|v| Place::Area(area(VILLAGES[v])))
    ]);
    let dates = (dated(), dated(), dated(), dated(), dated(), dated());
    let birth = prop::option::of((-420..40).prop_map(|days| PartialDate::from(plus_days(FIRST, days))));
    (numbers, status, (place.clone(), place), dates, birth, prop::sample::select(vec![None, Some('A'), Some('C')]))
        .prop_map(|(born, status, (to, from), dates, birth, class)| {
            let (died, seen, reviewed, since, moved_in, moved_out) = dates;
            Record {
                name: "王大明".into(),
                id_number: born.map(number),
                birth,
                status,
                died: died.filter(|_| status == Status::Deceased),
                moved_in,
                moved_from: from.filter(|_| moved_in.is_some()),
                moved_out: moved_out.filter(|_| status == Status::MovedOut),
                moved_to: to.filter(|_| status == Status::MovedOut),
                since,
                reviewed,
                seen,
                class,
                aid: Some(Aid::Reward),
                ..Record::default()
            }
        })
}

/// The lines of one person.
fn entries() -> impl Strategy<Value = Vec<Entry>> {
    let lists = prop::sample::select(vec![List::Population, List::Health, List::Dibao, List::Family, List::Deaths]);
    let line = (lists, 0..VILLAGES.len(), record(), any::<bool>(), prop::option::weighted(0.15, -30..0));
    prop::collection::vec(line, 1..6).prop_map(|lines| {
        let line = |(at, (list, village, record, baseline, removed)): (usize, (_, usize, _, _, Option<i32>))| Entry {
            uid: Uid(at as u64 + 1),
            area: area(VILLAGES[village]),
            list,
            record,
            first_seen: plus_days(FIRST, -30),
            baseline,
            corrected: None,
            removed: removed.map(|days| plus_days(FIRST, days)),
        };
        lines.into_iter().enumerate().map(line).collect()
    })
}

fn judged_beside(neighbours: &Neighbours, entries: &[Entry], today: Date) -> Judgement {
    let parameters = Parameters::default();
    let case = Case::new(entries.to_vec(), area("519901"), today);
    judge(&case, &reconcile(&case, parameters.death_dates_days_max), neighbours, &parameters)
}

fn judged(entries: &[Entry], today: Date) -> Judgement {
    let registers = VILLAGES.map(area);
    let neighbours = Neighbours { registers: &registers, ..Neighbours::default() };
    judged_beside(&neighbours, entries, today)
}

/// Whoever looks again only when a judgement asks for it finds on every day what a first look on that day finds.
fn lives_through(judged: impl Fn(Date) -> Judgement) -> Result<(), TestCaseError> {
    let mut lived = judged(FIRST);
    for today in (1..DAYS).map(|days| plus_days(FIRST, days)) {
        let alone = judged(today);
        if lived.due.is_some_and(|due| due <= today) {
            lived = alone;
        } else {
            prop_assert_eq!(&lived.findings, &alone.findings, "on {}", today);
        }
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn turning_the_day_comes_to_what_judging_on_that_day_alone_does(entries in entries()) {
        lives_through(|today| judged(&entries, today))?;
    }

    #[test]
    fn whoever_is_missed_on_a_list_is_missed_no_more_once_they_stand_there(entries in entries()) {
        /// Rules that always rest on a list without a line for the person.
        const REST_ON_ABSENCE: [&str; 3] =
            ["no-population-record", "left-without-decision", "dibao-without-health-record"];
        for finding in judged(&entries, FIRST).findings {
            let Some((list, area)) = finding.missed_on else {
                prop_assert!(!REST_ON_ABSENCE.contains(&finding.rule), "{}", finding.rule);
                continue;
            };
            if finding.rule == "household-without-head" {
                // Another of the household is the head then.
                continue;
            }
            let record = Record { name: "王大明".into(), ..Record::default() };
            let stands = Entry { area, list, record, uid: Uid(99), ..paid(99, VILLAGES[0]) };
            let with: Vec<Entry> = entries.iter().cloned().chain([stands]).collect();
            prop_assert!(judged(&with, FIRST).findings.iter().all(|f| f.id != finding.id), "{}", finding.rule);
        }
    }

    #[test]
    fn a_list_falls_late_on_its_day(taken in -60..60) {
        let facts = SnapshotFacts {
            area: area(VILLAGES[0]),
            list: List::Dibao,
            file: "dibao.csv".to_owned(),
            sheet: None,
            taken_on: plus_days(FIRST, taken),
            lines: 10,
            damaged: 0,
            total: None,
        };
        lives_through(|today| judge_snapshot(&facts, 1, today, &Parameters::default()))?;
    }
}

/// A dibao line under this uid.
fn paid(uid: u64, village: &str) -> Entry {
    Entry {
        uid: Uid(uid),
        area: area(village),
        list: List::Dibao,
        record: Record { name: "王大明".into(), id_number: Some(number("19500302")), ..Record::default() },
        first_seen: FIRST,
        baseline: true,
        corrected: None,
        removed: None,
    }
}

/// What these people, of one entry each, are told of the rule, all together.
fn told(rule: &str, people: &[Entry]) -> Vec<FindingId> {
    let told = |of: &Entry| {
        let others = people.iter().filter(|e| e.uid != of.uid);
        let sharers = others.map(|e| (e.uid, e.clone())).collect();
        let neighbours = Neighbours { sharers, ..Neighbours::default() };
        judged_beside(&neighbours, std::slice::from_ref(of), FIRST).findings
    };
    people.iter().flat_map(told).filter(|finding| finding.rule == rule).map(|finding| finding.id).collect()
}

#[test]
fn what_a_number_spells_that_stands_for_nobody_is_nobodys_day_of_birth_or_sex() {
    let number = number("19500302");
    let (born, sex) = (number.birth().unwrap(), number.sex().unwrap());
    let mut line = paid(1, VILLAGES[0]);
    line.record.birth = Some(plus_days(born.exact().unwrap(), 1).into());
    line.record.sex = Some(if sex == Sex::Male { Sex::Female } else { Sex::Male });
    let found = |nobodys: Vec<Uid>| {
        let neighbours = Neighbours { nobodys, ..Neighbours::default() };
        let found = judged_beside(&neighbours, std::slice::from_ref(&line), FIRST).findings.into_iter();
        found.map(|finding| finding.rule).filter(|rule| rule.ends_with("-conflict")).collect::<Vec<_>>()
    };
    assert_eq!(found(vec![]), ["sex-conflict", "birth-conflict"]);
    assert_eq!(found(vec![Uid(1)]), Vec::<&str>::new());
}

const ORDERS: [[u64; 3]; 6] = [[1, 2, 3], [1, 3, 2], [2, 1, 3], [2, 3, 1], [3, 1, 2], [3, 2, 1]];

#[test]
fn the_county_calls_who_is_paid_in_a_third_village_as_the_township_does() {
    let named = |entries: &[Entry]| {
        let findings = judged(entries, FIRST).findings;
        findings.into_iter().find(|finding| finding.rule == "listed-in-two-areas").map(|finding| finding.id)
    };
    for uids in ORDERS {
        let lines: Vec<Entry> = uids.into_iter().zip(VILLAGES).map(|(uid, village)| paid(uid, village)).collect();
        let township = named(&lines[..2]);
        assert!(township.is_some());
        assert_eq!(named(&lines), township, "{uids:?}");
    }
}

/// The register's line of somebody who moved in half a year before, under this uid.
fn moved_in(uid: u64, first_seen: Date) -> Entry {
    let record = Record { moved_in: Some(plus_days(FIRST, -180).into()), ..paid(uid, VILLAGES[0]).record };
    Entry { list: List::Population, record, first_seen, baseline: false, ..paid(uid, VILLAGES[0]) }
}

#[test]
fn a_copy_of_the_register_that_comes_later_reports_nobody_late() {
    let late = |entries: &[Entry]| {
        let findings = judged(entries, FIRST).findings.into_iter().filter(|f| f.rule == "late-report");
        findings.flat_map(|finding| finding.evidence).collect::<Vec<_>>()
    };
    let (own, copy) = (moved_in(2, plus_days(FIRST, -175)), moved_in(1, FIRST));
    assert_eq!(late(std::slice::from_ref(&copy)), [copy.uid]);
    assert_eq!(late(&[copy, own]), []);
}

#[test]
fn twice_on_a_list_is_by_whoever_keeps_it() {
    let (village, county) = (area(VILLAGES[0]), area("519901"));
    let keeper = |office, source| Keeper { office, source };
    let told = |keepers: &[Keeper]| {
        let lines: Vec<Entry> = (1..=keepers.len() as u64).map(|uid| paid(uid, VILLAGES[0])).collect();
        let keepers = lines.iter().map(|line| line.uid).zip(keepers.iter().copied()).collect();
        let findings = judged_beside(&Neighbours { keepers, ..Neighbours::default() }, &lines, FIRST).findings;
        let twice = findings.into_iter().filter(|finding| finding.rule == "duplicate-entry");
        twice.map(|finding| finding.evidence).collect::<Vec<_>>()
    };
    let [own, program, export] = [keeper(village, 1), keeper(village, 2), keeper(county, 0)];
    assert!(told(&[own, program, export]).is_empty());
    assert_eq!(told(&[own, export, own]), [[Uid(1), Uid(3)]]);
    assert_eq!(told(&[own, export, own, export]), [[Uid(1), Uid(3)], [Uid(2), Uid(4)]]);
}

#[test]
fn three_people_of_one_number_are_told_once_and_as_the_village_of_two_of_them_does() {
    for uids in ORDERS {
        let [one, other, far] = uids;
        let people = [paid(one, VILLAGES[1]), paid(other, VILLAGES[1]), paid(far, VILLAGES[2])];
        let village = told("shared-id", &people[..2]);
        assert_eq!(village.len(), 1);
        assert_eq!(told("shared-id", &people), village, "{uids:?}");
    }
}

/// A line of the list with what it says of who this is.
fn line(uid: u64, list: List, name: &str, number: Option<&str>, sex: Option<Sex>, birth: Option<&str>) -> Entry {
    let record = Record {
        name: name.into(),
        id_number: number.and_then(IdNumber::parse),
        sex,
        birth: birth.map(|birth| birth.parse().unwrap()),
        ..Record::default()
    };
    Entry { list, record, ..paid(uid, VILLAGES[0]) }
}

/// Numbers of two women and of nobody, and the first of them with one digit wrong.
const HERS: &str = "11010519491231002X";
const OF_ANOTHER: &str = "110105194912300024";
const SLIPPED: &str = "11010519491231003X";

#[test]
fn the_line_to_look_at_first_is_the_one_that_more_speaks_against() {
    use List::{Dibao, Health, Population};
    use Sex::{Female, Male};
    let [male, female] = [Some(Male), Some(Female)];
    let who = |uid, list, number, sex, birth| line(uid, list, "王大明", number, sex, birth);
    for (rule, key, lines, first, said) in [
        (
            "id-conflict",
            "numbers",
            [
                who(1, Population, Some(HERS), female, None),
                who(2, Health, Some(SLIPPED), female, None),
                who(3, Dibao, Some(HERS), None, None),
            ],
            [2, 1, 3],
            vec!["health", "population dibao"],
        ),
        (
            "id-conflict",
            "numbers",
            [
                who(1, Population, Some(HERS), female, Some("1949-12-31")),
                who(2, Health, Some(OF_ANOTHER), female, Some("1949-12-31")),
                who(3, Dibao, None, None, None),
            ],
            [2, 1, 3],
            vec!["health", "population"],
        ),
        (
            "sex-conflict",
            "sexes",
            [
                who(1, Population, Some(HERS), female, None),
                who(2, Health, Some(HERS), male, None),
                who(3, Dibao, None, male, None),
            ],
            [2, 3, 1],
            vec!["health dibao", "population number"],
        ),
        (
            "sex-conflict",
            "sexes",
            [
                who(1, Population, None, female, None),
                who(2, Health, None, male, None),
                who(3, Dibao, None, female, None),
            ],
            [2, 1, 3],
            vec!["health", "population dibao"],
        ),
        (
            "birth-conflict",
            "dates",
            [
                who(1, Population, Some(HERS), None, Some("1949-12-31")),
                who(2, Health, Some(HERS), None, Some("1949-11-30")),
                who(3, Dibao, None, None, Some("1949")),
            ],
            [2, 1, 3],
            vec!["health", "population number"],
        ),
        (
            "name-conflict",
            "names",
            [
                line(1, Population, "王大明", None, None, None),
                line(2, Health, "王大民", None, None, None),
                line(3, Dibao, "王大明", None, None, None),
            ],
            [2, 1, 3],
            vec!["health", "population dibao"],
        ),
    ] {
        for order in ORDERS {
            let lines = order.map(|uid| lines[uid as usize - 1].clone());
            let found = judged(&lines, FIRST).findings.into_iter().find(|finding| finding.rule == rule);
            let found = found.unwrap_or_else(|| panic!("{rule}"));
            assert_eq!(found.evidence, first.map(Uid), "{rule} {order:?}");
            let by: Vec<String> = found.detail["said"]
                .as_array()
                .unwrap()
                .iter()
                .map(|said| said["by"].as_array().unwrap().iter().map(|who| who.as_str().unwrap()).collect::<Vec<_>>())
                .map(|who| who.join(" "))
                .collect();
            assert_eq!(by, said, "{rule}");
            let values = found.detail["said"].as_array().unwrap().iter().map(|said| said["value"].clone());
            assert_eq!(found.detail[key], serde_json::Value::from_iter(values));
        }
    }
}

#[test]
fn a_list_that_has_not_heard_of_a_new_number_is_looked_at_first() {
    let former = |e: Entry| Entry { record: Record { former_number: IdNumber::parse(HERS), ..e.record }, ..e };
    let lines = [
        former(line(1, List::Population, "王大明", Some(OF_ANOTHER), None, None)),
        line(2, List::Health, "王大明", Some(HERS), None, None),
        line(3, List::Dibao, "王大明", Some(HERS), None, None),
    ];
    let found = judged(&lines, FIRST).findings.into_iter().find(|finding| finding.rule == "id-conflict").unwrap();
    assert_eq!(found.evidence, [2, 3, 1].map(Uid));
}

#[test]
fn one_list_that_says_both_in_two_villages_is_named_with_its_village() {
    let here = line(1, List::Population, "王大明", None, Some(Sex::Female), None);
    let there = line(2, List::Population, "王大明", None, Some(Sex::Male), None);
    let there = Entry { area: area(VILLAGES[1]), ..there };
    let found = judged(&[here, there], FIRST).findings;
    let found = found.into_iter().find(|finding| finding.rule == "sex-conflict").unwrap();
    let by: Vec<&str> = (0..2).map(|at| found.detail["said"][at]["by"][0].as_str().unwrap()).collect();
    assert_eq!(by, ["population 519901001201", "population 519901001202"]);
}

#[test]
fn lines_of_its_own_that_an_office_above_has_rename_nothing_that_the_village_finds() {
    let wrong = IdNumber::parse("519901196203170037");
    let line = |uid: u64, name: &str, list: List| {
        let record = Record { name: name.into(), id_number: wrong.clone(), ..Record::default() };
        Entry { list, record, ..paid(uid, VILLAGES[0]) }
    };
    let named = |reporters: Vec<(Uid, Area)>, lines: &[Entry]| {
        let registers = VILLAGES.map(area);
        let neighbours = Neighbours { reporters, registers: &registers, ..Neighbours::default() };
        let findings = judged_beside(&neighbours, lines, FIRST).findings;
        findings.into_iter().map(|finding| (finding.rule, finding.id)).collect::<Vec<_>>()
    };
    for [one, other, copy] in ORDERS {
        let lines =
            [line(one, "王大明", List::Dibao), line(other, "王小川", List::Health), line(copy, "王小川", List::Health)];
        let village = named(Vec::new(), &lines[..2]);
        for rule in ["id-invalid", "no-population-record", "name-conflict"] {
            assert!(village.iter().any(|(told, _)| *told == rule), "{rule}");
        }
        for above in ["519901001", "519901"] {
            let named = named(vec![(Uid(copy), area(above))], &lines);
            let renamed: Vec<_> = village.iter().filter(|found| !named.contains(found)).collect();
            assert!(renamed.is_empty(), "{one}, {other} and {copy} of {above}: {renamed:?}");
        }
    }
}
