//! Sheets of a workbook on which people of another sheet stand again, and those on which they stand for a reason.

use rust_xlsxwriter::Workbook;

use super::super::*;
use super::gathered::{Gathered, gather};

const REGISTER: [&str; 6] = ["户号", "户主姓名", "姓名", "与户主关系", "身份证号", "人口状态"];
const NAMES_ONLY: [&str; 4] = ["户号", "户主姓名", "姓名", "与户主关系"];

struct Sheet<'a> {
    name: &'a str,
    hidden: bool,
    rows: Vec<Vec<String>>,
}

/// Numbers of people, valid and each another one.
fn number(person: usize) -> String {
    let digits = format!("5199011950{:02}{:02}00{}", 1 + person % 12, 1 + person / 12, 1 + person % 9);
    (0..=9).map(|check| format!("{digits}{check}")).chain([format!("{digits}X")]).find(|n| is_valid(n)).unwrap()
}

fn is_valid(number: &str) -> bool {
    crate::domain::IdNumber::parse(number).unwrap().state() == crate::domain::IdState::Valid
}

fn called(person: usize) -> String {
    let surname = ["张", "李", "王", "赵", "陈"][person % 5];
    format!("{surname}{}", ["国强", "秀英", "小明", "德海", "建华", "桂花", "志远"][person / 5 % 7])
}

fn line(person: usize, status: &str) -> Vec<String> {
    let name = called(person);
    vec![(person + 1).to_string(), name.clone(), name, "户主".into(), number(person), status.into()]
}

/// A register of these people.
fn register(name: &str, people: impl IntoIterator<Item = usize>) -> Sheet<'_> {
    let header = REGISTER.map(str::to_owned).to_vec();
    let rows = std::iter::once(header).chain(people.into_iter().map(|person| line(person, "在册"))).collect();
    Sheet { name, hidden: false, rows }
}

fn hidden(sheet: Sheet<'_>) -> Sheet<'_> {
    Sheet { hidden: true, ..sheet }
}

/// Without numbers and states.
fn unnumbered(sheet: Sheet<'_>) -> Sheet<'_> {
    let rows = sheet.rows.iter().map(|row| row[..NAMES_ONLY.len()].to_vec()).collect();
    Sheet { rows, ..sheet }
}

fn read(file: &str, sheets: &[Sheet<'_>]) -> Gathered {
    let mut book = Workbook::new();
    for Sheet { name, hidden, rows } in sheets {
        let sheet = book.add_worksheet();
        sheet.set_name(*name).unwrap().set_hidden(*hidden);
        for (row, cells) in (0..).zip(rows) {
            for (column, cell) in (0..).zip(cells) {
                sheet.write_string(row, column, cell).unwrap();
            }
        }
    }
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join(file);
    std::fs::write(&path, book.save_to_buffer().unwrap()).unwrap();
    let (result, sink) = gather(&path, file, "519901001", Default::default());
    result.unwrap();
    sink
}

/// The sheets whose lines are taken; the others have to be told.
fn taken(sheets: &[Sheet<'_>]) -> Vec<String> {
    let sink = read("人口花名册.xlsx", sheets);
    let mut taken: Vec<String> = sink.of_sheet.iter().flatten().cloned().collect();
    taken.dedup();
    let told: Vec<_> = sink.refusals.iter().filter(|r| r.code == RefusalCode::SheetRepeatsOthers).collect();
    assert_eq!(taken.len() + told.len(), sheets.len());
    taken
}

#[test]
fn a_sheet_that_says_the_same_again_is_no_second_list_whatever_its_name() {
    for name in ["打印", "Sheet2", "核对", "上报", "定稿", "公示", "旧", "原始", "全村", "2025年", "Sheet1 (2)", "新"]
    {
        assert_eq!(taken(&[register("人口花名册", 0..30), register(name, 0..30)]), ["人口花名册"], "{name}");
    }
    assert_eq!(taken(&[register("旧", 0..30), register("人口花名册", 0..30)]), ["人口花名册"]);
    assert_eq!(taken(&[register("打印", 0..30), hidden(register("人口花名册", 0..30))]), ["打印"]);
    assert_eq!(taken(&[unnumbered(register("打印", 0..30)), register("人口", 0..30)]), ["人口"]);
    assert_eq!(taken(&[unnumbered(register("甲", 0..30)), unnumbered(register("乙", 0..30))]), ["甲"]);
}

#[test]
fn a_part_of_the_people_is_the_list_of_nobody_else() {
    for name in ["户主花名册", "60岁以上老人", "低保户", "外出务工人员", "新增", "本月变动"] {
        assert_eq!(taken(&[register("人口花名册", 0..30), register(name, 3..9)]), ["人口花名册"], "{name}");
        assert_eq!(taken(&[register(name, 3..9), register("人口花名册", 0..30)]), ["人口花名册"], "{name}");
    }
    let groups = || [register("一组", 0..10), register("二组", 10..20), register("全村", 0..20)];
    assert_eq!(taken(&groups()), ["全村"]);
}

#[test]
fn a_stale_copy_that_differs_a_little_is_a_copy() {
    assert_eq!(taken(&[register("人口花名册", 0..30), hidden(register("旧", 3..33))]), ["人口花名册"]);
    let mut old = register("旧", 3..33);
    old.rows[30][5] = "死亡".into();
    assert_eq!(taken(&[register("人口花名册", 0..30), hidden(old)]), ["人口花名册"], "off the list since");
}

#[test]
fn a_second_sheet_of_other_people_or_with_other_news_stays() {
    let both = |a, b| assert_eq!(taken(&[a, b]).len(), 2);
    both(register("一组", 0..10), register("二组", 10..20));
    both(register("一组", 0..10), register("二组", 5..20));
    both(unnumbered(register("一组", 0..10)), unnumbered(register("二组", 10..20)));
    both(unnumbered(register("一组", 0..10)), unnumbered(register("二组", 3..5)));
    let mut changed = register("变动", 3..6);
    changed.rows[2][5] = "死亡".into();
    both(register("人口花名册", 0..30), changed);
    let mut reviewed = register("名单", 3..6);
    reviewed.rows[0].push("迁入日期".into());
    reviewed.rows[1].push("2026-03-01".into());
    both(register("人口花名册", 0..30), reviewed);
    let elsewhere = |name| Sheet { name, ..register("", 0..10) };
    both(elsewhere("519901001200"), Sheet { name: "519901001201", ..register("", 0..10) });
}
