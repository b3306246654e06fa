//! The class of a benefit and the days of its reviews, as clerks write them.

use super::gathered::{records, text};

fn classes(header: &str, lines: &[&str]) -> Vec<Option<char>> {
    let mut all = format!("户主姓名,身份证号,复核日期,{header}\n");
    lines.iter().for_each(|line| all += &format!("赵甲,519901195001110030,2026.1.5,{line}\n"));
    records("低保.csv", &all).iter().map(|record| record.class).collect()
}

#[test]
fn the_class_may_stand_in_the_second_of_two_columns() {
    let found = classes("保障类别,档次", &["农村低保,一档", "农村低保,三档", "C类,", ",二档"]);
    assert_eq!(found, [Some('A'), Some('C'), Some('C'), Some('B')]);
}

#[test]
fn a_class_that_was_changed_is_the_new_one() {
    for (cell, class) in [
        ("由A类调为C类", Some('C')),
        ("B类（原A类）", Some('B')),
        ("原A类，现B类", Some('B')),
        ("A类转B类", Some('B')),
        ("A→C", Some('C')),
        ("A类调整为B类", Some('B')),
        ("Ⅱ", Some('B')),
        ("II", Some('B')),
        ("ⅲ类", Some('C')),
        ("B档", Some('B')),
        ("农村A", Some('A')),
        ("城市B类", Some('B')),
        ("低保C", Some('C')),
        ("2.0", Some('B')),
        ("3", Some('C')),
        ("B-基本保障", Some('B')),
        ("C-一般保障", Some('C')),
        ("基本保障", Some('B')),
        ("一般保障", Some('C')),
        ("类别A", Some('A')),
        ("类别B", Some('B')),
        ("C1类", Some('C')),
        ("A类B类", None),
        ("全额", None),
        ("农村低保", None),
    ] {
        assert_eq!(classes("低保类别", &[cell]), [class], "{cell}");
    }
}

#[test]
fn of_the_reviews_of_several_years_the_latest_counts() {
    let reviewed = |header: &str, line: &str| {
        let lines = format!("户主,身份证号,低保类别,{header}\n赵甲,519901195001110030,C,{line}\n");
        records("低保.csv", &lines)[0].reviewed.map(|date| date.to_string())
    };
    assert_eq!(reviewed("2025年复核时间,2026年复核时间", "2025.6.1,2026.4.1").as_deref(), Some("2026-04-01"));
    assert_eq!(reviewed("2026年复核时间,2025年复核时间", "2026.4.1,2025.6.1").as_deref(), Some("2026-04-01"));
    assert_eq!(reviewed("2025年复核时间,2026年复核时间", "2025.6.1,").as_deref(), Some("2025-06-01"));
}

#[test]
fn a_day_without_its_year_is_of_the_year_that_the_title_states() {
    let lines = "2026年4月低保名册,,,\n户主,身份证号,低保类别,复核时间\n赵甲,519901195001110030,C,3月1日\n钱乙,519901197001010020,C,11月1日\n";
    let found = text("低保.csv", lines);
    let days: Vec<_> = found.records().iter().map(|r| r.reviewed.map(|date| date.to_string())).collect();
    assert_eq!(days, [Some("2026-03-01".to_owned()), Some("2025-11-01".to_owned())]);
}
