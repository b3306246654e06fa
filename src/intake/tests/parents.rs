//! Lists of support for parents (特扶): what befell the child is nothing of theirs.

use super::super::RefusalCode;
use super::gathered::{Gathered, text};
use crate::domain::Status;

fn states(found: &Gathered) -> Vec<Status> {
    found.records().iter().map(|record| record.status).collect()
}

fn notes(found: &Gathered) -> Vec<(RefusalCode, &str)> {
    found.refusals.iter().map(|refusal| (refusal.code, refusal.detail.as_str())).collect()
}

const ALL_LIVE: [Status; 3] = [Status::Active; 3];

#[test]
fn what_a_header_says_of_the_child_is_nobodys_death() {
    for header in ["死亡/伤残时间", "伤残或死亡时间", "死亡、伤残日期", "死亡或伤残"] {
        let kinds =
            if header == "死亡或伤残" { ["死亡", "死亡", "伤残"] } else { ["2010.3.5", "2012.3", "2011"] };
        let lines = format!(
            "姓名,身份证号,扶助类别,{header},确认年度,联系人\n赵甲,519901195001110030,独生子女死亡,{},2011,某\n\
             钱乙,,独生子女死亡,{},2013,某\n孙丙,,独生子女伤残,{},2013,某\n",
            kinds[0], kinds[1], kinds[2]
        );
        let found = text("特扶.csv", &lines);
        assert_eq!((states(&found), notes(&found)), (ALL_LIVE.to_vec(), vec![]), "{header}");
        assert!(found.records().iter().all(|record| record.died.is_none()), "{header}");
    }
}

#[test]
fn ticks_of_what_befell_the_child_are_nobodys_death() {
    let lines = "赵甲,519901195001110030,√,,2011,某\n钱乙,,√,,2013,某\n孙丙,,,√,2013,某\n";
    for header in [
        "姓名,身份证号,独生子女情况,,确认年度,联系人\n,,死亡,伤残,,\n",
        "姓名,身份证号,子女情况,,确认年度,联系人\n,,死亡,伤残,,\n",
        "姓名,身份证号,死亡,伤残,确认年度,联系人\n",
    ] {
        let found = text("特扶.csv", &format!("{header}{lines}"));
        assert_eq!((states(&found), notes(&found)), (ALL_LIVE.to_vec(), vec![]), "{header}");
    }
}

#[test]
fn a_death_that_may_be_the_childs_is_told_and_believed_of_nobody() {
    let note = |lines: &'static str| vec![(RefusalCode::ParentOrChild, lines)];
    for header in ["扶助类别,死亡时间", "子女情况,死亡时间", "扶助类别,去世日期"] {
        let lines = format!(
            "姓名,身份证号,{header},确认年度,联系人\n赵甲,519901195001110030,失独,2010.3.5,2011,某\n\
             钱乙,,失独,2012.3.5,2013,某\n孙丙,,伤残,,2013,某\n"
        );
        let found = text("特扶.csv", &lines);
        assert_eq!((states(&found), notes(&found)), (ALL_LIVE.to_vec(), note("family ×2")), "{header}");
        assert!(found.records().iter().all(|record| record.died.is_none()), "{header}");
    }
    let lines = "姓名,身份证号,子女姓名,状态,确认年度,联系人\n赵甲,519901195001110030,某,死亡,2011,某\n\
                 钱乙,,某,死亡,2013,某\n孙丙,,某,健在,2013,某\n";
    let found = text("特扶.csv", lines);
    assert_eq!((states(&found), notes(&found)), (ALL_LIVE.to_vec(), note("family ×2")));
}

#[test]
fn parents_die_where_the_list_says_that_it_is_they() {
    use Status::{Active, Closed, Deceased};
    for (header, line, want) in [
        ("扶助类别,本人死亡时间", "特扶,2026.3.5", Deceased),
        ("扶助类别,对象死亡日期", "失独,2026.3.5", Deceased),
        ("扶助类别,死亡时间", "奖扶,2026.3.5", Deceased),
        ("扶助类别,资格状态", "特扶,死亡", Deceased),
        ("扶助类别,对象现状", "特扶,死亡", Deceased),
        ("扶助类别,状态", "特扶,死亡退出", Deceased),
        ("扶助类别,状态,退出原因", "特扶,退出,死亡", Deceased),
        ("扶助类别,状态,死亡时间", "特扶,退出,2010.3.5", Closed),
        ("扶助类别,状态,死亡时间", "特扶,在册,2010.3.5", Active),
    ] {
        let found = text("特扶.csv", &format!("姓名,{header},确认年度,联系人\n赵甲,{line},2011,某\n"));
        let [record] = &found.records()[..] else { panic!("{header}: one line") };
        assert_eq!((record.status, record.died.is_some()), (want, line.contains("2026")), "{header}: {line}");
    }
    let lines = "姓名,扶助类别,状态,确认年度,联系人\n赵甲,特扶,死亡,2011,某\n钱乙,特扶,在册,2011,某\n";
    assert_eq!(states(&text("特扶.csv", lines)), [Deceased, Active], "no child is 在册");
}

#[test]
fn the_parents_of_an_only_child_are_the_people_of_the_list() {
    let lines = "独生子女父母姓名,身份证号,扶助类别,确认年度\n赵甲,519901195001110030,奖扶,2011\n";
    let found = text("奖扶.csv", lines);
    assert_eq!(found.records()[0].name, "赵甲");
}
