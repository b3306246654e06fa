//! Several people, or several tables, on one row: nothing may be told of one that is another's.

use std::collections::HashSet;

use super::super::{RefusalCode, UnreadableCode};
use super::gathered::{Gathered, gather, records, text};
use crate::domain::{List, Record, Sex, Status};

/// Twenty valid numbers of as many people.
fn numbers() -> Vec<String> {
    let weights = [7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2];
    let number = |at: usize| {
        let body = format!("519901{}0302{:03}", 1950 + at, 1 + 2 * at);
        let sum: usize = body.bytes().zip(weights).map(|(digit, weight)| usize::from(digit - b'0') * weight).sum();
        format!("{body}{}", ["1", "0", "X", "9", "8", "7", "6", "5", "4", "3", "2"][sum % 11])
    };
    (0..20).map(number).collect()
}

/// The lines with numbers in the places of `#0`, `#1`, …
fn with_numbers(lines: &str) -> String {
    let numbers = numbers();
    let filled = |lines: String, at: usize| lines.replace(&format!("#{at}"), &numbers[at]);
    (0..numbers.len()).rev().fold(lines.to_owned(), filled)
}

fn read(name: &str, lines: &str) -> Gathered {
    text(name, &with_numbers(lines))
}

/// Name, list, state and place of the number of each line.
fn told(found: &Gathered) -> Vec<(String, List, Status, Option<usize>)> {
    let numbers = numbers();
    let place =
        |record: &Record| numbers.iter().position(|n| record.id_number.as_ref().is_some_and(|id| id.reveal() == n));
    let line = |line: &super::super::Line| {
        let record = line.record.as_ref()?;
        Some((record.name.to_string(), line.list, record.status, place(record)))
    };
    found.lines.iter().filter_map(line).collect()
}

fn names(found: &[Record]) -> Vec<(&str, Option<u8>)> {
    found.iter().map(|record| (record.name.as_str(), record.relation)).collect()
}

#[test]
fn the_dead_in_the_table_beside_the_register_are_nobody_of_the_register() {
    let lines = |border: &str| {
        format!(
            "户号,姓名,与户主关系,身份证号,{border}死亡人员姓名,身份证号,死亡日期\n\
             1,赵甲,户主,#0,{border}孙丙,#2,2026-03-01\n2,钱乙,户主,#1,{border}李丁,#3,2026-02-01\n,,,,{border}周戊,#4,2026-01-01\n"
        )
    };
    for border in ["", ",", ",,"] {
        let found = read("人口.csv", &lines(border));
        let mut told = told(&found);
        told.sort_by_key(|(.., number)| *number);
        let (dead, here) = (Status::Deceased, Status::Active);
        let want = [
            ("赵甲", List::Population, here),
            ("钱乙", List::Population, here),
            ("孙丙", List::Deaths, dead),
            ("李丁", List::Deaths, dead),
            ("周戊", List::Deaths, dead),
        ];
        let want =
            want.into_iter().enumerate().map(|(at, (name, list, status))| (name.to_owned(), list, status, Some(at)));
        assert_eq!(told, want.collect::<Vec<_>>(), "{border:?}");
        assert!(found.refusals.is_empty());
    }
}

#[test]
fn titles_stand_over_their_own_table() {
    let lines = "户籍人口花名册,,,,,死亡人员名单,,\n户号,姓名,与户主关系,身份证号,,姓名,身份证号,死亡日期\n\
                 1,赵甲,户主,#0,,孙丙,#2,2026-03-01\n2,钱乙,户主,#1,,,,\n";
    let lists: Vec<(List, Status)> =
        told(&read("4月.csv", lines)).into_iter().map(|(_, list, s, _)| (list, s)).collect();
    let living = (List::Population, Status::Active);
    assert_eq!(lists, [living, (List::Deaths, Status::Deceased), living]);
    let stopped = "姓名,身份证号,低保类别,,停保人员,身份证号,停保时间\n赵甲,#0,A类,,孙丙,#2,2026-03\n钱乙,#1,B类,,,,\n";
    let states: Vec<(String, Status)> =
        told(&read("低保.csv", stopped)).into_iter().map(|(n, _, s, _)| (n, s)).collect();
    let want = [("赵甲", Status::Active), ("孙丙", Status::Closed), ("钱乙", Status::Active)];
    assert_eq!(states, want.map(|(name, status)| (name.to_owned(), status)));
}

#[test]
fn a_table_beside_that_is_no_list_is_told_and_not_read() {
    let lines = "户号,姓名,与户主关系,身份证号,,序号,姓名,迁出时间,去向\n1,赵甲,户主,#0,,1,孙丙,2026-03-01,浙江\n";
    let found = read("人口.csv", lines);
    assert_eq!(told(&found), [("赵甲".to_owned(), List::Population, Status::Active, Some(0))]);
    let [refusal] = &found.refusals[..] else { panic!("told once") };
    assert_eq!((refusal.code, refusal.row), (RefusalCode::TableBeside, Some(1)));
    assert_eq!(refusal.detail, "序号、姓名、迁出时间、去向");
    let named = "户号,姓名,与户主关系,身份证号,,赵小满,,,\n,,,,,序号,姓名,迁出时间,去向\n1,赵甲,户主,#0,,1,孙丙,2026-03-01,浙江\n";
    assert_eq!(read("人口.csv", named).refusals[0].detail, "赵**.序号、赵**.姓名、赵**.迁出时间、赵**.去向");
    // Nothing shows whether the second one is a table of its own or somebody beside the first.
    let unclear = "姓名,身份证号,户号,与户主关系,姓名,身份证号,死亡日期\n赵甲,#0,1,户主,孙丙,#2,2026-03-01\n";
    let found = read("人口.csv", unclear);
    assert_eq!(told(&found), [("赵甲".to_owned(), List::Population, Status::Active, Some(0))]);
    assert_eq!(found.refusals[0].code, RefusalCode::TableBeside);
}

#[test]
fn an_ordinary_sheet_with_other_peoples_columns_is_one_table() {
    for lines in [
        "户号,户主姓名,户主身份证号,,姓名,身份证号,与户主关系\n1,赵甲,#0,,钱女,#1,妻\n",
        "姓名,身份证号,,户主姓名,户主身份证号,户号,与户主关系\n钱女,#1,,赵甲,#0,1,妻\n",
        "户号,姓名,身份证号,与户主关系,监护人姓名,监护人身份证号,死亡日期\n1,钱女,#1,妻,赵甲,#0,\n",
        "户号,姓名,身份证号,与户主关系,,死亡日期,迁出日期\n1,钱女,#1,妻,,,\n",
    ] {
        let found = read("人口.csv", lines);
        assert_eq!(told(&found), [("钱女".to_owned(), List::Population, Status::Active, Some(1))], "{lines}");
        assert_eq!(found.records()[0].relation, Some(12));
        assert!(found.refusals.is_empty());
    }
}

#[test]
fn whoever_is_named_before_the_people_takes_nothing_of_theirs() {
    for lines in [
        "序号,开户人姓名,姓名,身份证号,死亡日期\n1,赵甲,孙丙,#2,2026-03-01\n",
        "帮扶责任人姓名,性别,,姓名,身份证号,死亡日期\n赵甲,男,,孙丙,#2,2026-03-01\n",
        "序号,子女姓名,户成员姓名,身份证号,性别,死亡日期\n1,赵甲,孙丙,#2,男,2026-03-01\n",
        "死亡日期,护理人员姓名,,姓名,身份证号\n2026-03-01,赵甲,,孙丙,#2\n",
        "死亡日期,姓名,,性别,身份证号\n,,农业户\n2026-03-01,孙丙,,男,#2\n",
    ] {
        let found = read("死亡.csv", lines);
        assert_eq!(told(&found), [("孙丙".to_owned(), List::Deaths, Status::Deceased, Some(2))], "{lines}");
        assert!(found.records()[0].died.is_some() && found.refusals.is_empty(), "{lines}");
    }
}

#[test]
fn every_person_of_a_wide_household_is_read_and_knows_the_head() {
    let want = [("赵甲", Some(2)), ("钱女", Some(12)), ("赵小", Some(20)), ("孙丙", Some(2))];
    let lines = "1,赵甲,#0,钱女,妻,#1,赵小,子,#2\n2,孙丙,#3,,,,,,\n";
    let kin_first = "1,赵甲,#0,妻,钱女,#1,子,赵小,#2\n2,孙丙,#3,,,,,,\n";
    for (header, lines) in [
        ("户号,户主姓名,户主身份证号,成员1姓名,成员1关系,成员1身份证号,成员2姓名,成员2关系,成员2身份证号\n", lines),
        ("户号,户主姓名,身份证号,家庭成员姓名,与户主关系,身份证号,家庭成员姓名,与户主关系,身份证号\n", lines),
        ("户号,户主,户主身份证号,成员一,关系,身份证号,成员二,关系,身份证号\n", lines),
        ("户号,户主,户主身份证号,关系,姓名,身份证号,关系,姓名,身份证号\n", kin_first),
        ("户号,户主姓名,身份证号,共同生活家庭成员姓名,关系,身份证号,共同生活家庭成员姓名,关系,身份证号\n", lines),
        ("户号,户主信息,,成员1,,,成员2,,\n,姓名,身份证号,姓名,关系,身份证号,姓名,关系,身份证号\n", lines),
        ("户号,户主,,家庭成员,,,,,\n,姓名,身份证号,姓名,关系,身份证号,姓名,关系,身份证号\n", lines),
    ] {
        let found = read("人口.csv", &format!("{header}{lines}"));
        let records: Vec<Record> = found.records().into_iter().cloned().collect();
        assert_eq!(names(&records), want, "{header}");
        let heads: Vec<Option<&str>> = records.iter().map(|record| record.head.as_deref()).collect();
        assert_eq!(heads, [Some("赵甲"), Some("赵甲"), Some("赵甲"), Some("孙丙")], "{header}");
        let own: Vec<Option<usize>> = told(&found).into_iter().map(|(.., number)| number).collect();
        assert_eq!(own, [Some(0), Some(1), Some(2), Some(3)], "{header}");
        assert_eq!(records[2].household.as_deref(), Some("1"));
    }
}

#[test]
fn a_head_who_is_written_again_is_one_person() {
    let header = "户号,户主姓名,户主身份证号,成员1姓名,成员1关系,成员1身份证号,成员2姓名,成员2关系,成员2身份证号\n";
    for lines in [
        "1,赵甲,#0,赵甲,户主,#0,钱女,妻,#1\n",
        "1,赵 甲,#0,赵甲,本人,,钱女,妻,#1\n",
        "1,赵甲,#0,钱女,妻,#1,赵甲,户主,#0\n",
        "1,赵甲,#0,钱女,妻,#1,,,\n1,赵甲,#0,赵小,子,#2,,,\n",
    ] {
        let found = records("人口.csv", &with_numbers(&format!("{header}{lines}")));
        assert_eq!(found.iter().filter(|record| record.name == "赵甲").count(), 1, "{lines}");
        assert!(found.iter().any(|record| record.name == "钱女"));
    }
    // Printed for a member who is not there, and a member who has no name.
    let found = read("人口.csv", &format!("{header}1,赵甲,#0,,妻,,无,子,无\n2,孙丙,#3,,子,#4,,,\n"));
    assert_eq!(found.records().len(), 2);
    assert_eq!(found.refusals.iter().map(|refusal| refusal.code).collect::<Vec<_>>(), [RefusalCode::NoName]);
}

#[test]
fn a_benefit_is_the_whole_households_and_a_death_is_not() {
    let header =
        "低保证号,户主姓名,户主身份证号,成员1姓名,成员1身份证号,成员2姓名,成员2身份证号,低保类别,停保时间,停保原因\n";
    let lines = "D1,赵甲,#0,钱女,#1,赵小,#2,A类,2026-03,死亡\nD2,孙丙,#3,李丁,#4,,,B类,,\n";
    let found = records("低保.csv", &with_numbers(&format!("{header}{lines}")));
    let told: Vec<_> = found.iter().map(|r| (r.record_no.as_deref().unwrap(), r.class.unwrap(), r.status)).collect();
    let (ended, here) = (("D1", 'A', Status::Closed), ("D2", 'B', Status::Active));
    assert_eq!(told, [ended, ended, ended, here, here]);
    let register = "户号,户主姓名,户主身份证号,人口状态,成员1姓名,成员1身份证号,成员2姓名,成员2身份证号\n\
                    1,赵甲,#0,死亡,钱女,#1,赵小,#2\n";
    let states: Vec<Status> = records("人口.csv", &with_numbers(register)).iter().map(|record| record.status).collect();
    assert_eq!(states, [Status::Deceased, Status::Active, Status::Active], "beside the head: the head's");
    let behind = "户号,户主姓名,户主身份证号,成员1姓名,成员1身份证号,人口状态\n1,赵甲,#0,钱女,#1,死亡\n";
    let found = read("人口.csv", behind);
    assert!(found.records().iter().all(|record| record.status == Status::Active), "of whom it is nobody says");
    assert_eq!(found.refusals[0].code, RefusalCode::WhoseDeath);
    let alone = format!("{behind}2,孙丙,#3,,,死亡\n").replace("钱女,#1,死亡", "钱女,#1,在册");
    let states: Vec<Status> = records("人口.csv", &with_numbers(&alone)).iter().map(|record| record.status).collect();
    assert_eq!(states, [Status::Active, Status::Active, Status::Deceased], "who stands there alone is meant");
}

#[test]
fn a_death_of_nobody_knows_whom_is_told_with_each_reading_until_one_person_is_left_on_the_line() {
    let header = "户号,户主姓名,户主身份证号,成员1姓名,成员1身份证号,人口状态\n";
    let both = with_numbers(&format!("{header}1,赵甲,#0,钱女,#1,死亡\n"));
    let first = text("人口.csv", &both);
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("人口.csv");
    let again = |lines: &str| {
        std::fs::write(&path, lines).unwrap();
        let held = first.lines.iter().map(|line| line.raw).collect();
        let (report, found) = gather(&path, "人口.csv", "519901001200", held);
        (report.unwrap(), found)
    };
    let (report, found) = again(&both);
    assert_eq!((report.known, &found.refusals), (2, &first.refusals));
    assert_eq!(found.refusals[0].code, RefusalCode::WhoseDeath);
    let (report, found) = again(&with_numbers(&format!("{header}1,赵甲,#0,,,死亡\n")));
    assert_eq!(report.known, 0, "the same words of him say something else now");
    assert_eq!(found.records()[0].status, Status::Deceased);
    assert!(found.refusals.is_empty());
}

#[test]
fn husband_and_wife_are_two_people_of_one_certificate() {
    for header in [
        "丈夫姓名,丈夫身份证号,妻子姓名,妻子身份证号,扶助类别,确认年度,扶助证号\n",
        "男方,身份证号,女方,身份证号,扶助类别,确认年度,扶助证号\n",
        "男方情况,,女方情况,,扶助类别,确认年度,扶助证号\n姓名,身份证号,姓名,身份证号,,,\n",
    ] {
        let lines = format!("{header}赵甲,#0,钱女,#1,特扶,2018,T1\n无,,孙女,#3,特扶,2019,T2\n");
        let found = records("计生.csv", &with_numbers(&lines));
        let told: Vec<_> =
            found.iter().map(|r| (r.name.as_str(), r.sex, r.spouse.as_deref(), r.record_no.as_deref())).collect();
        let want = [
            ("赵甲", Some(Sex::Male), Some("钱女"), Some("T1")),
            ("钱女", Some(Sex::Female), Some("赵甲"), Some("T1")),
            ("孙女", Some(Sex::Female), None, Some("T2")),
        ];
        assert_eq!(told, want, "{header}");
    }
}

#[test]
fn how_a_guardian_stands_to_somebody_is_no_relation_to_the_head() {
    for (header, cells) in [
        ("监护人姓名,监护人与其关系", "赵大,父"),
        ("监护人姓名,与监护人关系", "赵大,子"),
        ("代办人,代办人电话,与本人关系", "赵大,,子"),
        ("紧急联系人,联系电话,关系", "赵大,13900000000,子"),
        ("代领人姓名,代领人与低保对象关系", "赵大,子"),
        ("家属姓名,与本人关系", "赵大,子"),
    ] {
        let line = |name: &str, number: &str| format!("{name},{number},A类,{cells}\n");
        let lines = ["赵甲", "钱乙", "孙丙"].iter().zip(["#0", "#1", "#2"]).map(|(name, number)| line(name, number));
        let lines = format!("姓名,身份证号,低保类别,{header}\n{}", lines.collect::<String>());
        let found = records("低保.csv", &with_numbers(&lines));
        assert_eq!(found.len(), 3);
        assert!(found.iter().all(|record| record.relation.is_none()), "{header}");
    }
    let own = "户号,户主姓名,姓名,与本人关系,身份证号\n1,赵甲,钱女,妻,#1\n";
    assert_eq!(records("人口.csv", &with_numbers(own))[0].relation, Some(12));
}

#[test]
fn several_names_in_one_cell_are_nobody() {
    let heads = "低保证号,户主姓名,户主身份证号,家庭成员,低保类别\nD1,赵甲,#0,钱女、赵小,A类\nD2,孙丙,#3,,B类\n";
    let found = read("低保.csv", heads);
    let told: Vec<(String, Option<usize>)> = told(&found).into_iter().map(|(name, .., at)| (name, at)).collect();
    assert_eq!(told, [("赵甲".to_owned(), Some(0)), ("孙丙".to_owned(), Some(3))]);
    assert_eq!((found.refusals[0].code, found.refusals[0].detail.as_str()), (RefusalCode::TableBeside, "家庭成员"));
    let one_line = "户号,姓名,与户主关系,身份证号\n1,赵甲,户主,#0\n1,钱女、赵小,妻、子,\n2,孙丙,户主,#3\n";
    let found = read("人口.csv", one_line);
    assert_eq!(found.records().len(), 2);
    assert_eq!((found.refusals[0].code, found.refusals[0].row), (RefusalCode::SeveralNames, Some(3)));
    let two_numbers = with_numbers("户号,姓名,与户主关系,身份证号\n1,赵甲/钱女,户主,#0/#1\n2,孙丙,户主,#3\n");
    assert_eq!(records("人口.csv", &two_numbers).len(), 1);
    let one_person = "户号,姓名,与户主关系,身份证号\n1,买买提、吐尔逊,户主,#0\n";
    assert_eq!(records("人口.csv", &with_numbers(one_person)).len(), 1, "one number, one person");
}

#[test]
fn values_written_over_several_columns_are_one() {
    let digits = |at: usize| numbers()[at].chars().map(String::from).collect::<Vec<_>>().join(",");
    let blanks = ",".repeat(17);
    let lines = format!(
        "户号,姓名,与户主关系,公民身份号码{blanks},人口状态\n1,赵甲,户主,{},在册\n2,钱乙,户主,{},死亡\n",
        digits(0),
        digits(2)
    );
    let told: Vec<_> = told(&text("人口.csv", &lines)).into_iter().map(|(_, _, status, at)| (status, at)).collect();
    assert_eq!(told, [(Status::Active, Some(0)), (Status::Deceased, Some(2))]);
    let dates = "户号,姓名,与户主关系,出生日期,,,死亡日期,,\n,,,年,月,日,年,月,日\n1,赵甲,户主,1950,3,2,,,\n2,钱乙,户主,1960,12,,2026,3,1\n";
    let single =
        "户号,姓名,与户主关系,出生年,月,日,死亡日期\n1,赵甲,户主,1950年,3月,2日,\n2,钱乙,户主,1960,12,,2026-03-01\n";
    for lines in [dates, single] {
        let found = records("人口.csv", lines);
        let dates: Vec<[Option<String>; 2]> = found
            .iter()
            .map(|record| [record.birth, record.died].map(|date| date.map(|date| date.to_string())))
            .collect();
        let [first, second] = &dates[..] else { panic!("two lines") };
        assert_eq!(first, &[Some("1950-03-02".to_owned()), None]);
        assert_eq!(second, &[Some("1960-12".to_owned()), Some("2026-03-01".to_owned())]);
    }
}

#[test]
fn a_childs_death_on_the_parents_line_is_no_death_of_the_parents() {
    for header in ["独生子女姓名,死亡时间", "子女姓名,是否死亡", "配偶姓名,死亡日期"] {
        let died = if header.contains("是否") { "是" } else { "2010-01-01" };
        let lines = format!("姓名,身份证号,扶助类别,确认年度,{header}\n赵甲,#0,特扶,2012,赵小,{died}\n");
        let found = records("特扶.csv", &with_numbers(&lines));
        assert_eq!((found[0].status, found[0].died), (Status::Active, None), "{header}");
    }
    let register = "户号,姓名,身份证号,与户主关系,子女数,配偶姓名,死亡日期\n1,赵甲,#0,户主,2,钱女,2026-03-01\n";
    let file = "姓名,身份证号,子女姓名,档案编号,建档日期,死亡日期\n赵甲,#0,赵小,51D0001,2015-01-02,2026-03-01\n";
    for (name, lines) in [("人口.csv", register), ("健康档案.csv", file)] {
        assert_eq!(records(name, &with_numbers(lines))[0].status, Status::Deceased, "{name}: the line's own");
    }
}

#[test]
fn the_number_behind_the_name_is_the_persons() {
    for (name, header, line) in [
        ("死亡.csv", "申报人,身份证号,死亡人员,身份证号,死亡日期", "赵甲,#0,孙丙,#2,2026-03-01"),
        ("人口.csv", "户号,户主姓名,身份证号,姓名,身份证号,与户主关系", "1,赵甲,#0,孙丙,#2,子"),
        ("人口.csv", "户号,身份证号,姓名,与户主关系,监护人,身份证号", "1,#2,孙丙,子,赵甲,#0"),
        ("人口.csv", "户号,姓名,旧身份证号,新身份证号,与户主关系", "1,孙丙,#0,#2,户主"),
    ] {
        let told = told(&read(name, &format!("{header}\n{line}\n")));
        let told: Vec<(&str, Option<usize>)> = told.iter().map(|(name, .., at)| (name.as_str(), *at)).collect();
        assert_eq!(told, [("孙丙", Some(2))], "{header}");
    }
}

#[test]
fn titles_over_the_same_header_tell_the_tables_apart() {
    let register = "在册人员,,,,,死亡人员,,,\n户号,姓名,与户主关系,身份证号,,户号,姓名,与户主关系,身份证号\n\
                    1,赵甲,户主,#0,,5,孙丙,户主,#2\n";
    let paid = "低保花名册,,,,停保名单,,\n姓名,身份证号,低保类别,,姓名,身份证号,低保类别\n赵甲,#0,A类,,孙丙,#2,A类\n";
    let states = |name, lines| told(&read(name, lines)).into_iter().map(|(_, _, s, at)| (s, at)).collect::<Vec<_>>();
    assert_eq!(states("人口.csv", register), [(Status::Active, Some(0)), (Status::Deceased, Some(2))]);
    assert_eq!(states("低保.csv", paid), [(Status::Active, Some(0)), (Status::Closed, Some(2))]);
    let two_columns =
        "一组,,,,二组,,,\n户号,姓名,与户主关系,身份证号,户号,姓名,与户主关系,身份证号\n1,赵甲,户主,#0,5,孙丙,户主,#2\n";
    assert_eq!(states("人口.csv", two_columns), [(Status::Active, Some(0)), (Status::Active, Some(2))]);
}

#[test]
fn a_border_parts_tables_of_whatever_people() {
    let lines = "户号,姓名,与户主关系,身份证号,人口状态,,2026年死亡人员,身份证号,死亡时间,,新增人员,身份证号,出生日期\n\
                 1,赵甲,户主,#0,在册,,孙丙,#2,2026.3.1,,李丁,#3,2026-1-1\n";
    let found = read("人口.csv", lines);
    let states: Vec<(Status, Option<usize>)> = told(&found).into_iter().map(|(_, _, s, at)| (s, at)).collect();
    assert_eq!(states, [(Status::Active, Some(0)), (Status::Deceased, Some(2))]);
    assert_eq!(found.refusals[0].detail, "新增人员、身份证号、出生日期", "of which list nobody can tell");
    assert_eq!((found.records()[0].died, found.records()[0].birth), (None, None));
    let visited = "户号,姓名,与户主关系,身份证号,,走访人员,死亡日期\n1,赵甲,户主,#0,,干部,2026-03-01\n";
    let visited: Vec<Status> = told(&read("人口.csv", visited)).into_iter().map(|(_, _, status, _)| status).collect();
    assert_eq!(visited, [Status::Deceased], "the line goes on behind a blank column");
}

#[test]
fn a_small_table_below_the_register_has_a_header_of_its_own() {
    let lines = "户号,姓名,与户主关系,身份证号\n1,赵甲,户主,#0\n,,,\n死亡人员名单,,,\n姓名,身份证号,死亡日期,\n孙丙,#2,2026-03-01,\n";
    let want = [("赵甲", List::Population, Status::Active), ("孙丙", List::Deaths, Status::Deceased)];
    let told: Vec<_> =
        told(&read("人口.csv", lines)).into_iter().map(|(name, list, status, _)| (name, list, status)).collect();
    assert_eq!(told, want.map(|(name, list, status)| (name.to_owned(), list, status)));
}

#[test]
fn a_card_with_its_headers_one_below_the_other_is_nobodys_line() {
    let card = "户主,赵甲,身份证号,#0\n性别,男,与户主关系,户主\n住址,三组,户号,12\n";
    let cards = "姓名,赵甲\n性别,男\n身份证号,#0\n户号,1\n与户主关系,户主\n,\n姓名,钱乙\n性别,女\n身份证号,#1\n";
    let turned = "姓名,赵甲,钱乙,孙丙\n身份证号,#0,#1,#2\n与户主关系,户主,妻,子\n户号,1,1,1\n";
    for lines in [card, cards, turned] {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("人口.csv");
        std::fs::write(&path, with_numbers(lines)).unwrap();
        let (result, sink) = gather(&path, "人口.csv", "519901001200", HashSet::new());
        assert_eq!(result.unwrap_err().code, UnreadableCode::NotARoster);
        assert!(sink.lines.is_empty());
    }
}

#[test]
fn the_relations_of_a_household_are_no_headers_of_a_card() {
    let lines =
        "与户主关系,身份证号,姓名,户号,户主姓名\n户主,#0,赵甲,1,赵甲\n爱人,#1,钱女,1,赵甲\n配偶,#2,孙丙,2,孙丙\n";
    let found = records("人口.csv", &with_numbers(lines));
    assert_eq!(names(&found), [("赵甲", Some(2)), ("钱女", Some(10)), ("孙丙", Some(10))]);
    // A telephone, a count of children and a spouse do not say whose relation follows; a guardian does.
    for (header, line, want) in [
        ("户主姓名,联系人电话,关系", "赵甲,13900000000,妻", Some(12)),
        ("户主姓名,子女数,关系", "赵甲,2,妻", Some(12)),
        ("配偶姓名,配偶身份证号,家庭关系", "赵甲,#0,妻", Some(12)),
        ("监护人姓名,监护人电话,关系", "赵甲,13900000000,父亲", None),
    ] {
        let lines = format!("户号,姓名,身份证号,{header}\n1,钱女,#1,{line}\n");
        assert_eq!(records("人口.csv", &with_numbers(&lines))[0].relation, want, "{header}");
    }
}

#[test]
fn the_next_group_is_not_that_of_the_dead_above_it() {
    let states = |lines: &str| -> String {
        let header = "户号,姓名,与户主关系,身份证号\n";
        let state = |(.., status, _): (String, List, Status, Option<usize>)| {
            if status == Status::Active { '在' } else { '亡' }
        };
        told(&read("人口.csv", &format!("{header}{lines}"))).into_iter().map(state).collect()
    };
    let (a, b, c) = ("1,赵甲,户主,#0\n", "2,孙丙,户主,#2\n", "3,李丁,户主,#3\n");
    assert_eq!(states(&format!("一组\n{a}死亡人员\n{b}二组\n{c}")), "在亡在");
    assert_eq!(states(&format!("一组\n{a}二组\n{b}死亡人员\n一组\n{c}")), "在在亡");
    assert_eq!(states(&format!("{a}死亡人员\n一组\n{b}二组\n{c}")), "在亡亡");
    assert_eq!(states(&format!("{a}死亡人员（0人）\n{b}{c}")), "在在在");
}
