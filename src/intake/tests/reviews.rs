//! Days of reviews: which column holds them, and what one says that holds none.

use super::gathered::{records, text};

/// The reviews of the lines of a dibao list with these columns behind the approval of 2018.
fn reviewed(header: &str, cells: &[&str]) -> Vec<Option<String>> {
    let line = |(at, cell): (usize, &&str)| {
        format!(
            "赵甲{},{},C,2018-05-01,在保,{cell}\n",
            ["一", "二", "三", "四"][at],
            5199011950011100301u64 / 10 + at as u64
        )
    };
    let lines: String = cells.iter().enumerate().map(line).collect();
    let found = records("低保.csv", &format!("姓名,身份证号,保障类别,审批日期,保障状态,{header}\n{lines}"));
    found.iter().map(|record| record.reviewed.map(|date| date.to_string())).collect()
}

fn days<const N: usize>(days: [&str; N]) -> Vec<Option<String>> {
    days.iter().map(|day| (!day.is_empty()).then(|| (*day).to_owned())).collect()
}

#[test]
fn a_review_has_many_names() {
    for header in [
        "最近一次审核",
        "上期审核时间",
        "最近调查日期",
        "入户调查时间",
        "最后核实时间",
        "最近民主评议日期",
        "最近认定时间",
        "信息核对日期",
        "续保时间",
        "最近审定时间",
        "上次评审时间",
        "本年度审核时间",
        "最近动态管理时间",
        "重新认定时间",
        "经济状况核对日期",
        "审核",
        "核实",
        "认定时间",
    ] {
        assert_eq!(reviewed(header, &["2026-01-05", "2025-12-20"]), days(["2026-01-05", "2025-12-20"]), "{header}");
    }
    for header in ["下次审核时间", "审核人", "认定单位", "核实电话"] {
        assert_eq!(reviewed(header, &["2027-01-05", "2027-01-05"]), days(["", ""]), "{header}");
    }
    let only = records("低保.csv", "姓名,身份证号,保障类别,认定时间\n赵甲,519901195001110030,C,2018-05-01\n");
    assert_eq!(only[0].reviewed, None, "beside no approval it is one itself");
    let only = records("低保.csv", "姓名,身份证号,保障类别,入户调查日期\n赵甲,519901195001110030,C,2018-05-01\n");
    assert_eq!(only[0].reviewed, None, "so is looking into the household for the first time");
    assert_eq!(
        reviewed("认定时间", &["2018-04-20", "2018-04-28"]),
        days(["", ""]),
        "before the approval it is part of it"
    );
}

#[test]
fn a_review_may_be_told_where_something_else_is_asked() {
    for (header, never) in
        [("复核情况", "2018-05-01"), ("复核结果", "2018-05-01"), ("核查结果", "2018-05-01"), ("动态管理情况", "")]
    {
        let cells = ["2026-01-05", "复核通过（2025-12-20）", "", "已复核 2026.1.8"];
        assert_eq!(reviewed(header, &cells), days(["2026-01-05", "2025-12-20", never, "2026-01-08"]), "{header}");
    }
    let cells = ["复核通过（2026-01-05）", "2025.3.1住院", "待复核2026.2.1", "2018.5.1审批"];
    assert_eq!(reviewed("备注", &cells), days(["2026-01-05", "", "", ""]), "a remark tells of anything");
    let both = records(
        "低保.csv",
        "姓名,身份证号,保障类别,审批日期,复核情况\n赵甲,519901195001110030,C,2018-05-01,复核通过（2026-01-05）\n",
    );
    assert_eq!(both[0].reviewed, "2026-01-05".parse().ok(), "also where it says how the line stands");
    let day =
        text("低保.csv", "姓名,身份证号,保障类别,审批日期,复核情况\n赵甲,519901195001110030,C,2018-05-01,2026-01-05\n");
    assert_eq!(day.records()[0].reviewed, "2026-01-05".parse().ok());
    assert!(day.refusals.is_empty(), "a day is no state that nobody knows");
}

#[test]
fn of_several_days_in_a_cell_the_last_one_counts() {
    let cells = ["2025-03-01、2026-01-05", "2025.3.1；2025.12.20", "第2次 2026-01-06", "2026-01-05、下次2027-01-01"];
    assert_eq!(reviewed("最近复核日期", &cells), days(["2026-01-05", "2025-12-20", "2026-01-06", "2026-01-05"]));
    let cells =
        ["2025年3月1日复核，2026年1月5日复核", "下次2026-03-01，上次2026-01-05", "2026 1 8", "2025年3月、2026年1月"];
    assert_eq!(reviewed("最近复核日期", &cells), days(["2026-01-05", "2026-01-05", "2026-01-08", "2026-01"]));
}

/// Only a column that is there can say that something is missing.
#[test]
fn whoever_was_never_reviewed_was_looked_into_when_it_was_approved() {
    assert_eq!(
        reviewed("最近复核日期", &["2026-01-05", "", "待复核", "/"]),
        days(["2026-01-05", "2018-05-01", "2018-05-01", "2018-05-01"])
    );
    assert_eq!(
        reviewed("最近复核日期", &["张某某", "2026-01-05"]),
        days(["", "2026-01-05"]),
        "nobody knows what it says"
    );
    assert_eq!(reviewed("联系电话", &["", ""]), days(["", ""]), "the list does not ask");
}
