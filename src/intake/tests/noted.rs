//! What is taken and not understood is told once for the file, and nobody's name or number with it.

use std::collections::HashSet;

use super::gathered::{Gathered, gather};
use crate::domain::Status;
use crate::intake::RefusalCode;

fn text(name: &str, lines: &str, held: HashSet<u64>) -> Gathered {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join(name);
    std::fs::write(&path, lines).unwrap();
    let (result, sink) = gather(&path, name, "519901001200", held);
    let report = result.unwrap();
    let left_out = sink.refusals.iter().filter(|refusal| !refusal.code.is_note()).count();
    assert_eq!(report.refused, left_out as u64, "nothing is left out for a note");
    sink
}

fn noted(found: &Gathered) -> Vec<(Option<u32>, &str)> {
    let notes = found.refusals.iter().filter(|refusal| refusal.code == RefusalCode::UnknownState);
    notes.map(|refusal| (refusal.row, refusal.detail.as_str())).collect()
}

const DIBAO: &str = "低保证号,姓名,保障类别,复核日期,保障状态\n\
                     D1,赵甲,A类,2026.1.5,在保\nD2,钱乙,A类,2026.1.5,待遇缓批\nD3,孙丙,A类,2026.1.5,\n\
                     D4,李丁,A类,2026.1.5,待遇缓批\nD5,周戊,A类,2026.1.5,周戊\nD6,吴己,A类,2026.1.5,无\n\
                     D7,郑庚,A类,2026.1.5,519901195001110030\nD8,王辛,A类,2026.1.5,2\n";

#[test]
fn a_state_that_nobody_knows_is_named_with_its_lines_and_the_first_of_them() {
    let found = text("低保.csv", DIBAO, HashSet::new());
    assert!(found.records().iter().all(|record| record.status == Status::Active), "taken as they were before");
    let want = [(Some(3), "待遇缓批 ×2"), (Some(6), "周* ×1"), (Some(8), "************… ×1"), (Some(9), "2 ×1")];
    assert_eq!(noted(&found), want);
}

#[test]
fn it_is_named_again_when_all_its_lines_are_held_already() {
    let held = text("低保.csv", DIBAO, HashSet::new()).lines.iter().map(|line| line.raw).collect();
    let again = text("低保.csv", DIBAO, held);
    assert!(again.records().is_empty());
    assert_eq!(noted(&again).len(), 4);
}

#[test]
fn a_state_that_another_column_tells_better_is_not_named() {
    let lines = "户号,姓名,与户主关系,人员状态,变动类型\n7,张三,户主,3,死亡\n7,李四,妻,3,\n";
    let found = text("人口.csv", lines, HashSet::new());
    assert_eq!(noted(&found), [(Some(3), "3 ×1")]);
    assert!(
        noted(&text("人口.csv", "户号,姓名,与户主关系,人口类别\n7,张三,户主,非农业家庭户口\n", HashSet::new()))
            .is_empty()
    );
}

#[test]
fn a_column_of_anything_is_no_long_story() {
    let lines: String = (0..60).map(|n| format!("D{n},赵甲,A类,2026.1.5,第{n}批次\n")).collect();
    let found = text("低保.csv", &format!("低保证号,姓名,保障类别,复核日期,保障状态\n{lines}"), HashSet::new());
    assert_eq!(noted(&found).len(), 13);
    assert_eq!(noted(&found)[12].1, "… ×48");
}

#[test]
fn a_code_that_a_spreadsheet_cut_is_told_where_nothing_else_names_the_village() {
    let read = |node: &str, lines: &str| {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("低保.csv");
        std::fs::write(&path, format!("村代码,村,姓名,保障类别,复核日期\n{lines}")).unwrap();
        let (result, sink) = gather(&path, "低保.csv", node, HashSet::new());
        result.unwrap();
        let areas: Vec<String> = sink.lines.iter().map(|line| line.area.to_string()).collect();
        let notes: Vec<String> =
            sink.refusals.iter().map(|r| format!("{:?} {:?} {}", r.row, r.code, r.detail)).collect();
        (areas, notes)
    };
    let lines =
        "5.19901E+11,王庄村,赵甲,A类,2026.1.5\n5.19901E+11,,钱乙,A类,2026.1.5\n519901001201000,,孙丙,A类,2026.1.5\n";
    let (areas, notes) = read("519901001", lines);
    assert_eq!(areas, ["519901001", "519901001", "519901001201"]);
    assert_eq!(notes, ["Some(2) AreaDamaged 5.19901E+11 ×2"]);
    let (areas, notes) = read("519901001200", &lines.lines().take(2).collect::<Vec<_>>().join("\n"));
    assert_eq!((areas, notes.len()), (vec!["519901001200".to_owned(); 2], 0), "at a village all lines are its own");
}

#[test]
fn a_sheet_whose_rows_are_nobodys_is_told() {
    let lines = "户号,姓名,与户主关系,身份证号,组别,住址,门牌\n,,,,一组,东头,3\n,,,,一组,东头,4\n";
    let found = text("人口.csv", lines, HashSet::new());
    let told: Vec<_> = found.refusals.iter().map(|refusal| (refusal.code, refusal.row)).collect();
    assert_eq!(told, [(RefusalCode::NoLines, Some(2))]);
    for nothing in ["户号,姓名,与户主关系,身份证号\n1,,,\n2,,,\n", "户号,姓名,与户主关系,身份证号\n,本月无变动,,\n"]
    {
        assert!(text("人口.csv", nothing, HashSet::new()).refusals.is_empty(), "a form with nobody on it");
    }
}

#[test]
fn a_column_of_dates_that_nobody_can_read_is_told_without_a_date_of_anybody() {
    let of = |title: &str, dates: &[&str]| {
        let lines: String = dates.iter().enumerate().map(|(n, date)| format!("{n},赵甲,男,{date}\n")).collect();
        let found = text("死亡.csv", &format!("{title},,,\n序号,姓名,性别,死亡日期\n{lines}"), HashSet::new());
        let told: Vec<(Option<u32>, String)> = found
            .refusals
            .iter()
            .filter(|refusal| refusal.code == RefusalCode::UnreadDates)
            .map(|refusal| (refusal.row, refusal.detail.clone()))
            .collect();
        (told, found.records().iter().filter(|record| record.died.is_some()).count())
    };
    let days = ["1月2日", "1月3日", "2026-01-04", "2月20日"];
    assert_eq!(of("死亡人员名单", &days), (vec![(Some(3), "死亡日期：*月*日 ×3".to_owned())], 1));
    assert_eq!(of("2026年死亡人员名单", &days), (vec![], 4));
    assert_eq!(of("死亡人员名单", &["1/2/2026", "1/3/2026 0:00", "2/4/2026"]).0.len(), 1, "which is the month?");
    assert!(of("死亡人员名单", &["1月2日", "2026-01-03", "2026-01-04", "1月5日"]).0.is_empty(), "slips");
    assert!(of("死亡人员名单", &["不详", "√", "无"]).0.is_empty(), "no dates at all");
}
