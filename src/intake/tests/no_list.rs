//! Files in which there is no list: what they look like is said.

use std::collections::HashSet;

use super::super::UnreadableCode;
use super::gathered::{gather, records};

const HEAD: &str = "519901195001110030";
const WIFE: &str = "519901194701190065";

fn refused(lines: &str) -> (UnreadableCode, String) {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("花名册.csv");
    std::fs::write(&path, lines).unwrap();
    let unreadable = gather(&path, "花名册.csv", "519901001200", HashSet::new()).0.unwrap_err();
    (unreadable.code, unreadable.detail)
}

#[test]
fn what_a_file_without_a_list_looks_like_is_said() {
    let not = |detail: &str| (UnreadableCode::NotARoster, detail.to_owned());
    let people = format!("1,赵甲,男,{HEAD},在册\n2,钱乙,女,{WIFE},死亡\n");
    assert_eq!(refused(&people), not("people, and no header that says what the columns are"));
    let card = format!("姓名,赵甲\n性别,男\n身份证号,{HEAD}\n出生日期,1950-01-11\n联系电话,13900000000\n");
    assert_eq!(refused(&card), not("one person's card, or people in columns and not in rows"));
    assert_eq!(refused("今天,开会\n明天,下乡\n"), not("no header among the first rows"));
    let json = format!("[\n {{\"姓名\": \"赵甲\", \"身份证号\": \"{HEAD}\"}}\n]\n");
    assert_eq!(refused(&json), (UnreadableCode::UnsupportedFormat, "this is a 'JSON'".to_owned()));
}

#[test]
fn a_stray_zero_in_a_text_is_no_part_of_it() {
    let lines = format!("户号,姓名,与户主关系,身份证号\n1,赵甲,户主,{HEAD}\n1,钱乙,妻,{WIFE}\n");
    assert_eq!(records("人口.csv", &lines.replace("赵甲", "赵\0甲")), records("人口.csv", &lines));
    let binary: String = lines.chars().flat_map(|c| [c, '\0', '\u{1}']).collect();
    assert_eq!(refused(&binary).0, UnreadableCode::UnsupportedFormat);
}
