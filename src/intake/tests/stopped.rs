//! What a remark says of the end of a benefit, or in few words of a death or a move; and what stands in a cell in the place
//! of a name or a yes.

use super::gathered::{Gathered, records, text};
use crate::domain::{Record, Status};
use crate::intake::RefusalCode;

/// One line of dibao with its remark, as of the end of April 2026.
fn remarked(remark: &str) -> Gathered {
    text("低保.csv", &format!("户主姓名,姓名,与户主关系,低保类别,备注\n赵甲,赵甲,户主,A类,\"{remark}\"\n"))
}

/// One line of the register with its remark.
fn registered(remark: &str) -> Gathered {
    text("人口.csv", &format!("户号,姓名,与户主关系,备注\n1,赵甲,户主,\"{remark}\"\n"))
}

/// How its one line stands, and how many doubtful ends were told.
fn outcome(found: &Gathered) -> (Status, usize) {
    let doubts = found.refusals.iter().filter(|refusal| refusal.code == RefusalCode::DoubtfulEnd);
    (found.records()[0].status, doubts.count())
}

#[test]
fn a_benefit_stops_in_whatever_words_a_remark_says_so() {
    for remark in [
        "已于2025年12月停保",
        "收入超标，已停",
        "因购车停保",
        "因收入超标停保",
        "2026年1月停",
        "2025.12.31停",
        "停（车辆）",
        "2026年1月停发",
        "2026年1月起停发",
        "从2026年1月起停保",
        "自本月起停发",
        "2025年12月31日起停止发放",
        "取消低保",
        "有车，取消",
        "不再享受低保",
        "自2026年1月起不再享受",
        "退出低保",
        "主动申请退出",
        "家庭收入超标退出",
        "2025年第4季度退出",
        "转特困供养",
        "已停发低保金",
        "停保，未恢复",
        "户主停保",
        "低保取消",
        "本人自愿放弃",
        "停保",
    ] {
        assert_eq!(outcome(&remarked(remark)), (Status::Closed, 0), "{remark}");
    }
    let found = remarked("已于2025年12月停保");
    assert_eq!(found.records()[0].ended.map(|date| date.to_string()).as_deref(), Some("2025-12"));
}

#[test]
fn what_may_be_one_payment_or_still_to_come_or_other_money_is_told_and_ends_nothing() {
    for remark in [
        "本月停发",
        "停发3月份",
        "停发一个月",
        "停发1-3月",
        "建议停保",
        "拟停保",
        "下月停保",
        "2026年6月起停发",
        "养老金停发",
        "物价补贴停发",
        "社保已停保",
        "公益岗位退出",
        "停保1人",
        "王某停保",
    ] {
        assert_eq!(outcome(&remarked(remark)), (Status::Active, 1), "{remark}");
    }
    for remark in [
        "未停保",
        "其妻停保",
        "儿子已退保",
        "停保，2026年2月恢复",
        "退休",
        "已退伍",
        "退役军人",
        "核减1人",
        "停车场务工",
        "生意已停",
        "水电取消",
        "增发",
        "在保",
    ] {
        assert_eq!(outcome(&remarked(remark)), (Status::Active, 0), "{remark}");
    }
    for remark in ["因购车停保", "2026年1月停"] {
        assert_eq!(outcome(&registered(remark)), (Status::Active, 0), "{remark}: no register pays");
    }
}

#[test]
fn a_death_or_a_move_in_few_words_is_told_of_the_person() {
    for (remark, want) in [
        ("亡于2026.1", (Status::Deceased, 0)),
        ("2026.01.10 亡", (Status::Deceased, 0)),
        ("2026年1月故", (Status::Deceased, 0)),
        ("己故", (Status::Deceased, 0)),
        ("夭折", (Status::Deceased, 0)),
        ("头胎夭折", (Status::Active, 0)),
        ("其母亡", (Status::Active, 0)),
        ("事故", (Status::Active, 0)),
        ("伤亡人员家属", (Status::Active, 0)),
        ("存亡不明", (Status::Active, 0)),
        ("1月5日户口转到519901001201", (Status::MovedOut, 0)),
        ("户口2026年1月转到外省", (Status::MovedOut, 0)),
        ("户籍已转走", (Status::MovedOut, 0)),
        ("嫁到县外，户口已迁", (Status::MovedOut, 0)),
        ("户口迁去外省", (Status::MovedOut, 0)),
        ("户口迁移至外地", (Status::MovedOut, 0)),
        ("2008年迁", (Status::Active, 1)),
        ("土地转到其子名下", (Status::Active, 0)),
        ("转到C类", (Status::Active, 0)),
        ("户口未转走", (Status::Active, 0)),
        ("其子户口转到外省", (Status::Active, 0)),
    ] {
        assert_eq!(outcome(&registered(remark)), want, "{remark}");
    }
}

#[test]
fn one_number_is_of_one_person_however_many_names_stand_beside_it() {
    let line = |name: &str, number: &str| {
        let found = text("人口.csv", &format!("户号,姓名,与户主关系,身份证号\n1,{name},户主,{number}\n"));
        let records: Vec<Record> = found.records().into_iter().cloned().collect();
        (records.first().map(|record| record.name.to_string()), found.refusals.len())
    };
    let first = |name: &str| (Some(name.to_owned()), 0);
    assert_eq!(line("王小兰/王妞妞", "519901198002150023"), first("王小兰"), "its check digit is wrong");
    assert_eq!(line("李秀英/李小花", "519901194811050020"), first("李秀英"));
    assert_eq!(line("王小兰/王妞妞", ""), (None, 1));
    assert_eq!(line("王大明又名王小狗", ""), first("王大明"));
    let relations = records("人口.csv", "户号,姓名,身份证号\n1,户主：王大明,\n1,配偶：李秀英,\n");
    let read: Vec<_> = relations.iter().map(|record| (record.name.as_str(), record.relation)).collect();
    assert_eq!(read, [("王大明", Some(2)), ("李秀英", Some(10))]);
}

#[test]
fn a_circle_says_yes_where_crosses_say_no() {
    let family = |lines: [[&str; 3]; 3]| {
        let lines = lines.map(|[contact, doctor, green]| format!("赵甲,特扶,2015,{contact},{doctor},{green}"));
        let all = format!("姓名,扶助类别,确认年度,联系人,签约医生,就医绿色通道\n{}\n", lines.join("\n"));
        let read = records("特别扶助.csv", &all);
        read.iter().map(|record| [record.contact, record.doctor, record.green].map(Option::unwrap)).collect::<Vec<_>>()
    };
    let want = [[true; 3], [true, true, false], [true, false, false]];
    assert_eq!(family([["○", "○", "○"], ["○", "○", "×"], ["○", "×", "×"]]), want);
    let want = [[true, true, true], [true, false, false], [true, true, false]];
    assert_eq!(family([["甲某", "○", "√"], ["甲某", "", "○"], ["甲某", "○", "○"]]), want);
}
