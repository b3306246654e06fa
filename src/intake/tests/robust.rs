//! Nothing that lies in a watched folder makes intake panic or lose its place.

use std::collections::HashSet;

use proptest::prelude::*;

use super::super::*;
use super::gathered::{Gathered, gather};

fn read(bytes: &[u8]) -> (Result<FileReport, Unreadable>, Gathered) {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("x.xls");
    std::fs::write(&path, bytes).unwrap();
    gather(&path, "x.xls", "519901", HashSet::new())
}

/// Whether reading broke off: intake catches a panic, be it ours.
fn broke(result: &Result<FileReport, Unreadable>) -> bool {
    result.as_ref().is_err_and(|unreadable| unreadable.code == UnreadableCode::Broken)
}

fn cell() -> impl Strategy<Value = String> {
    prop_oneof![
        4 => "[0-9./年月日:-]{0,20}",
        2 => "\\PC{0,8}",
        2 => prop::sample::select(vec!["张三", "户主", "合计", "小计", "填表人", "〃", "同上", "无", "#REF!", "5.1E+17", "农历", "\"", "死亡", "519901001200", "姓名", "十十"])
            .prop_map(str::to_owned),
    ]
}

/// What stands over the columns of households, couples, tables side by side and values in several columns.
fn header_word() -> impl Strategy<Value = String> {
    prop::sample::select(vec![
        "",
        "序号",
        "户号",
        "户主",
        "户主姓名",
        "户主身份证号",
        "姓名",
        "身份证号",
        "与户主关系",
        "成员1姓名",
        "成员1身份证号",
        "成员2姓名",
        "成员2身份证号",
        "成员十十十十十十十十十十十姓名",
        "家庭成员",
        "男方",
        "女方",
        "丈夫姓名",
        "妻子姓名",
        "丈夫身份证号",
        "妻子身份证号",
        "死亡人员",
        "停保人员姓名",
        "死亡日期",
        "出生年",
        "月",
        "日",
        "年",
        "低保类别",
        "人口状态",
        "备注",
        "子女姓名",
        "519901195003020011",
        "张三",
    ])
    .prop_map(str::to_owned)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_cells_under_any_list_are_lines_or_refusals(
        header in prop::sample::select(vec![
            "序号,户号,户主姓名,姓名,与户主关系,性别,身份证号,出生日期,状态,变动时间,来源/去向,何时由何地迁入",
            "健康档案编号,姓名,性别,身份证号,出生日期,联系电话,建档日期,档案状态,死亡日期,注销日期,注销原因,末次随访",
            "姓名,性别,身份证号,流动类型,流动日期,户籍地,现居住地,返回日期,村代码,乡镇代码,登记日期,联系电话",
        ]),
        rows in prop::collection::vec(prop::collection::vec(cell(), 0..13), 0..30),
    ) {
        let lines = rows.iter().map(|cells| cells.join(",")).collect::<Vec<_>>().join("\n");
        let (result, sink) = read(format!("{header}\n{lines}\n").as_bytes());
        prop_assert!(!broke(&result));
        if let Ok(report) = result {
            // Of columns, and of a sheet, no line was refused.
            let of_columns = |code| matches!(code, RefusalCode::TableBeside | RefusalCode::NoLines);
            let refused = sink.refusals.iter().filter(|r| r.row.is_some() && !r.code.is_note() && !of_columns(r.code));
            prop_assert_eq!(report.lines, (sink.lines.len() + refused.count()) as u64);
            for line in &sink.lines {
                prop_assert!(!line.record.as_ref().unwrap().name.is_empty());
            }
        }
    }

    #[test]
    fn any_headers_for_several_on_a_row_are_read_or_refused_and_no_number_is_told(
        header in prop::collection::vec(prop::collection::vec(header_word(), 2..16), 1..3),
        rows in prop::collection::vec(prop::collection::vec(cell(), 0..16), 0..12),
    ) {
        let lines = |rows: &[Vec<String>]| rows.iter().map(|cells| cells.join(",")).collect::<Vec<_>>().join("\n");
        let (result, sink) = read(format!("{}\n{}\n", lines(&header), lines(&rows)).as_bytes());
        prop_assert!(!broke(&result));
        for line in &sink.lines {
            prop_assert!(!line.record.as_ref().unwrap().name.is_empty());
        }
        for refusal in &sink.refusals {
            let longest = refusal.detail.split(|c: char| !c.is_ascii_digit()).map(str::len).max();
            prop_assert!(longest < Some(15), "{}", refusal.detail);
        }
    }

    #[test]
    fn any_bytes_are_read_or_have_a_code(bytes in prop::collection::vec(any::<u8>(), 0..2_000), start in 0usize..9) {
        let starts: [&[u8]; 9] = [b"", b"PK\x03\x04", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", b"\xff\xfe", b"\xfe\xff", b"<html><table><tr><td>", b"\xef\xbb\xbf", b"SQLite format 3\0", b"<?xml urn:schemas-microsoft-com:office:spreadsheet><Worksheet ss:Name='x'><Row><Cell>"];
        let (result, _) = read(&[starts[start], &bytes].concat());
        prop_assert!(!broke(&result));
    }
}

#[test]
fn a_damaged_workbook_is_an_error_and_not_the_end() {
    let month = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/county/exports/2026-04");
    let mut broken = Vec::new();
    for file in ["519901001202/family.xls", "519901001202/dibao.xlsx", "519901002201/family.xlsx"] {
        let whole = std::fs::read(month.join(file)).unwrap();
        let mut state = 88_172_645_463_325_252u64;
        for n in 0..60 {
            let mut bytes = whole.clone();
            for _ in 0..4 {
                // xorshift: the same damage at every run.
                state ^= state << 13;
                state ^= state >> 7;
                state ^= state << 17;
                let at = state as usize % bytes.len();
                bytes[at] = (state >> 32) as u8;
            }
            if broke(&read(&bytes).0) {
                broken.push((file, n));
            }
        }
    }
    assert_eq!(broken, [] as [(&str, u32); 0]);
}
