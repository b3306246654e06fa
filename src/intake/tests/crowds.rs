//! A household in one cell, or in columns counted under other words than 成员.

use super::super::RefusalCode;
use super::gathered::{Gathered, text};
use crate::domain::Status;

const HEAD: &str = "519901195001110030";
const WIFE: &str = "519901194701190065";
const SON: &str = "519901195003110077";
const ALONE: &str = "519901195005110118";

/// Name, relation, and whether there is a number, of each line.
fn people(found: &Gathered) -> Vec<(&str, Option<u8>, bool)> {
    let person = |record: &&'_ crate::domain::Record| record.id_number.is_some();
    found.records().into_iter().map(|record| (record.name.as_str(), record.relation, person(&record))).collect()
}

fn told(found: &Gathered) -> Vec<(RefusalCode, Option<u32>, &str)> {
    found.refusals.iter().map(|refusal| (refusal.code, refusal.row, refusal.detail.as_str())).collect()
}

/// A register of two households, the members of the first in one cell.
fn register(header: &str, members: &str) -> Gathered {
    let heads = "户号,户主姓名,户主身份证号";
    text("人口.csv", &format!("{heads},{header}\n1,赵甲,{HEAD},\"{members}\"\n2,李丁,{ALONE},无\n"))
}

#[test]
fn the_members_of_a_household_in_one_cell_are_all_read_and_the_head_keeps_the_number() {
    let alone = ("李丁", Some(2), true);
    for header in ["家庭成员", "其他家庭成员", "共同生活成员", "家庭成员情况", "家庭人员"] {
        let found = register(header, &format!("钱·乙 {WIFE}\n赵小 {SON}"));
        assert_eq!(told(&found), [], "{header}");
        let want = [("赵甲", Some(2), true), ("钱·乙", None, true), ("赵小", None, true), alone];
        assert_eq!(people(&found), want, "{header}");
        assert!(found.records()[..3].iter().all(|record| record.head.as_deref() == Some("赵甲")));
    }
    let found = register("家庭成员", "配偶钱·乙、子赵小");
    assert_eq!(people(&found), [("赵甲", Some(2), true), ("钱·乙", Some(10), false), ("赵小", Some(20), false), alone]);
    let found = register("家庭成员", &format!("钱乙(妻,{WIFE},已死亡)；赵小(子,{SON})"));
    let states: Vec<Status> = found.records().iter().map(|record| record.status).collect();
    assert_eq!(states, [Status::Active, Status::Deceased, Status::Active, Status::Active]);
}

#[test]
fn a_cell_out_of_which_nobody_can_be_read_is_told() {
    let heads = "户号,户主姓名,户主身份证号,家庭成员\n";
    let lines = format!("1,赵甲,{HEAD},钱乙、赵小\n2,李丁,{ALONE},女儿嫁到外县已多年、孙李小\n");
    let more =
        format!("3,孙戊,{WIFE},李己、孙小\n4,周庚,{SON},吴辛、周小\n5,郑壬,{ALONE},王癸、郑小\n6,冯子,,陈丑、冯小\n");
    let found = text("人口.csv", &format!("{heads}{lines}{more}"));
    assert_eq!(told(&found), [(RefusalCode::SeveralNames, Some(3), "")]);
    assert_eq!(found.records().len(), 6 + 2 * 5);
}

#[test]
fn those_who_are_only_named_beside_the_person_of_a_line_are_not_on_the_list() {
    let cell = format!("钱乙 {WIFE}、赵小 {SON}");
    let column = [(RefusalCode::TableBeside, Some(1), "家庭成员")];
    let health = format!("档案编号,户主姓名,身份证号,建档日期,家庭成员\n9,赵甲,{HEAD},2015-01-01,\"{cell}\"\n");
    let found = text("健康档案.csv", &health);
    assert_eq!((people(&found).len(), told(&found)), (1, column.to_vec()), "a record for each");
    for kin in ["家人", "家属", "同住人"] {
        let contact =
            format!("档案编号,姓名,身份证号,建档日期,{kin}姓名,{kin}身份证号\n9,赵甲,{HEAD},2015-01-01,钱乙,{WIFE}\n");
        assert_eq!(people(&text("健康档案.csv", &contact)), [("赵甲", None, true)], "{kin}: somebody to call");
    }
    let each = format!(
        "户号,姓名,与户主关系,身份证号,家庭成员\n1,赵甲,户主,{HEAD},\"{cell}\"\n1,钱乙,妻,{WIFE},\"赵甲 {HEAD}、赵小 {SON}\"\n"
    );
    let found = text("人口.csv", &each);
    assert_eq!((people(&found).len(), told(&found)), (2, column.to_vec()), "a line for each");
    let children = format!(
        "姓名,身份证号,扶助类别,子女1姓名,子女1身份证号,子女2姓名,子女2身份证号\n赵甲,{HEAD},特扶,钱乙,{WIFE},赵小,{SON}\n"
    );
    assert_eq!(people(&text("特扶.csv", &children)).len(), 1);
}

#[test]
fn numbers_of_citizens_below_a_header_that_nobody_knows_are_told() {
    let header = "户号,户主姓名,户主身份证号,帮手1姓名,帮手1身份证号,帮手2姓名,帮手2身份证号";
    let lines = format!("{header}\n1,赵甲,{HEAD},钱乙,{WIFE},赵小,{SON}\n2,李丁,{ALONE},钱乙,{WIFE},赵小,{SON}\n");
    let found = text("人口.csv", &lines);
    assert_eq!(people(&found).len(), 2);
    assert_eq!(told(&found), [(RefusalCode::TableBeside, Some(1), "帮手1身份证号、帮手2身份证号")]);
    let family = text("人口.csv", &lines.replace("帮手", "家属"));
    assert_eq!((people(&family).len(), told(&family)), (6, vec![]));
}
