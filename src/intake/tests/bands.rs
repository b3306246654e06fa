//! What a title, a band between the lines, a sheet or a file says of how its people ended.

use super::super::RefusalCode;
use super::gathered::{Gathered, text};
use crate::domain::Status;

const HEADER: &str = "户号,姓名,与户主关系,性别,身份证号码";

fn states(found: &Gathered) -> Vec<Status> {
    found.records().iter().map(|record| record.status).collect()
}

fn told(found: &Gathered) -> Vec<(RefusalCode, Option<u32>, &str)> {
    found.refusals.iter().map(|refusal| (refusal.code, refusal.row, refusal.detail.as_str())).collect()
}

fn under(band: &str) -> Gathered {
    let lines = format!("200村户籍人口花名册\n{HEADER}\n1,赵甲,户主,男,\n{band}\n2,钱乙,户主,女,\n3,孙丙,户主,男,\n");
    text("人口.csv", &lines)
}

#[test]
fn a_band_says_that_those_below_it_died_or_left() {
    let (here, dead, moved) = (Status::Active, Status::Deceased, Status::MovedOut);
    for (band, want) in [
        ("附：死亡人员", dead),
        ("二、2026年一季度死亡人口（2人）", dead),
        ("死亡人员2人", dead),
        ("【死亡】", dead),
        ("二 死亡人员", dead),
        ("以下人员已死亡", dead),
        ("一季度死亡人员", dead),
        ("死亡人员名单（2026年1-3月）", dead),
        ("三、减少人员：死亡", dead),
        ("附：2026年迁出人员", moved),
        ("三、迁出人口2人", moved),
    ] {
        let found = under(band);
        assert_eq!((states(&found), told(&found)), (vec![here, want, want], vec![]), "{band}");
    }
}

#[test]
fn a_band_that_nobody_understands_is_told_and_names_nobody() {
    for (band, words) in [
        ("死亡、迁出人员", "死亡、迁出 ×1"),
        ("死亡存疑", "死亡 ×1"),
        ("减少人口", "减少 ×1"),
        ("钱乙的母亲已死亡", "已死亡 ×1"),
    ] {
        let found = under(band);
        let want = vec![(RefusalCode::UnclearTitle, Some(4), words)];
        assert_eq!((states(&found), told(&found)), (vec![Status::Active; 3], want), "{band}");
    }
    for band in ["死亡：无", "死亡人员（0人）", "一、在册人员"] {
        let found = under(band);
        assert_eq!((states(&found), told(&found)), (vec![Status::Active; 3], vec![]), "{band}");
    }
}

#[test]
fn a_title_or_a_file_says_it_of_all_its_lines() {
    let lines = format!("{HEADER}\n1,赵甲,户主,男,\n");
    for (name, title, want) in [
        ("附件1.csv", "200村2026年迁出人员名单", Status::MovedOut),
        ("2026年3月迁出人口.csv", "", Status::MovedOut),
        ("人口.csv", "户籍人口花名册", Status::Active),
        ("易地搬迁户人口.csv", "", Status::Active),
    ] {
        let found = text(name, &format!("{title}\n{lines}"));
        assert_eq!((states(&found), told(&found)), (vec![want], vec![]), "{name}: {title}");
    }
    let found = text("人口.csv", &format!("200村死亡、迁出人员\n{lines}"));
    assert_eq!(told(&found), [(RefusalCode::UnclearTitle, Some(2), "死亡、迁出 ×1")]);
    let stated = "200村死亡、迁出人员\n户号,姓名,与户主关系,状态\n1,赵甲,户主,死亡\n2,钱乙,户主,迁出\n";
    let found = text("人口.csv", stated);
    assert_eq!((states(&found), told(&found)), (vec![Status::Deceased, Status::MovedOut], vec![]));
    let stopped = text("2026年4月停保.csv", "户主姓名,身份证号,保障人数,月保障金\n赵甲,519901195001110030,1,300\n");
    assert_eq!(states(&stopped), [Status::Closed]);
}
