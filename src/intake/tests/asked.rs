//! Columns that ask whether a line ended, in words of every kind; and days and flows under headers of many.

use super::super::RefusalCode;
use super::gathered::{Gathered, records, text};
use crate::domain::{Flow, List, Record, Status};

fn states(found: &Gathered) -> Vec<Status> {
    found.records().iter().map(|record| record.status).collect()
}

/// Five lines of a list with these cells under the header.
fn list(list: List, header: &str, cells: [&str; 5]) -> Gathered {
    let (name, own, value) = match list {
        List::Health => ("健康档案.csv", "健康档案编号,建档日期", "51990100120000001,2015-05-01"),
        List::Dibao => ("低保.csv", "低保证号,审批日期", "D01,2019-03-01"),
        List::Family => ("特扶.csv", "扶助类别,确认年度", "特扶,2015"),
        _ => ("人口.csv", "户号,与户主关系", "1,子"),
    };
    let people = ["赵甲", "钱乙", "孙丙", "李丁", "周戊"].iter().zip(cells);
    let lines: String = people.map(|(person, cell)| format!("{person},男,,{value},{cell}\n")).collect();
    text(name, &format!("姓名,性别,身份证号,{own},{header}\n{lines}"))
}

const YES_IS_THE_END: [[&str; 5]; 3] =
    [["否", "是", "否", "否", "是"], ["0", "1", "0", "0", "1"], ["否", "√", "", "否", "有"]];
const NO_IS_THE_END: [[&str; 5]; 2] = [["是", "否", "是", "是", "否"], ["1", "0", "1", "1", "0"]];

#[test]
fn a_flag_of_an_end_has_the_polarity_of_its_word() {
    use Status::{Active, Closed, MovedOut};
    let health = [
        "注销标记",
        "注销标识",
        "注销与否",
        "是否注销档案",
        "档案是否注销",
        "是否停用",
        "是否删除",
        "作废标志",
        "终止标志",
        "封存标志",
        "是否死档",
        "失访标志",
        "是否注销",
        "是否失访",
    ];
    let dibao = ["是否退出", "退出标志", "是否取消低保", "是否核减", "是否清退", "是否停保"];
    let ends = health.map(|header| (List::Health, header)).into_iter().chain(dibao.map(|header| (List::Dibao, header)));
    for (of, header) in ends.chain([(List::Family, "是否退出"), (List::Population, "注销标记")]) {
        for cells in YES_IS_THE_END {
            let found = list(of, header, cells);
            assert_eq!(states(&found), [Active, Closed, Active, Active, Closed], "{header} {cells:?}");
            assert!(found.refusals.is_empty(), "{header} {cells:?}");
        }
    }
    for header in ["迁出标识", "是否已转出"] {
        let found = list(List::Health, header, YES_IS_THE_END[0]);
        assert_eq!(states(&found), [Active, MovedOut, Active, Active, MovedOut], "{header}");
    }
    let health = ["档案是否有效", "有效标志", "启用标志", "是否启用"].map(|header| (List::Health, header));
    let dibao = ["是否继续保障", "是否享受低保", "是否续保"].map(|header| (List::Dibao, header));
    for (of, header) in health.into_iter().chain(dibao) {
        let digits = if header == "是否续保" { 1 } else { 2 };
        for cells in &NO_IS_THE_END[..digits] {
            let found = list(of, header, *cells);
            assert_eq!(states(&found), [Active, Closed, Active, Active, Closed], "{header} {cells:?}");
            assert!(found.refusals.is_empty(), "{header} {cells:?}");
        }
    }
}

#[test]
fn a_flag_may_say_how_the_line_ended_and_no_is_never_an_end() {
    use Status::{Active, Closed, Deceased, MovedOut};
    for header in ["注销标记", "是否停用", "注销否否"] {
        let found = list(List::Health, header, ["否", "否", "否", "迁出", "死亡"]);
        assert_eq!(states(&found)[..3], [Active; 3], "{header}");
    }
    let found = list(List::Health, "注销标记", ["否", "否", "否", "迁出", "死亡"]);
    assert_eq!(states(&found), [Active, Active, Active, MovedOut, Deceased]);
    let found = list(List::Health, "有效标志", ["有效", "无效", "未注销", "迁出", "死亡"]);
    assert_eq!(states(&found), [Active, Closed, Active, MovedOut, Deceased]);
    let found = list(List::Health, "注销标记,失访标志", ["否,否", "否,是", "是,否", ",", "否,"]);
    assert_eq!(states(&found), [Active, Closed, Closed, Active, Active]);
}

#[test]
fn a_question_for_an_end_that_nobody_understands_is_told() {
    let told = |found: &Gathered| found.refusals.iter().map(|r| (r.code, r.detail.clone())).collect::<Vec<_>>();
    let found = list(List::Health, "是否迁出本村", ["否", "是", "否", "", "否"]);
    assert_eq!(told(&found), [(RefusalCode::UnreadColumn, "是否迁出本村 ×1".to_owned())]);
    assert_eq!(states(&found), [Status::Active; 5]);
    for (of, header) in
        [(List::Family, "是否享受低保"), (List::Population, "是否退出低保"), (List::Health, "配偶是否注销")]
    {
        let found = list(of, header, ["否", "是", "否", "", "否"]);
        assert_eq!((told(&found), states(&found)), (vec![], vec![Status::Active; 5]), "{header}");
    }
}

#[test]
fn the_day_of_a_change_is_of_what_befell_the_line() {
    let read = |header: &str, status: &str| -> Record {
        let lines = format!("户号,姓名,与户主关系,身份证号,人口状态,{header}\n1,赵甲,户主,,{status},2026-01-05\n");
        records("人口.csv", &lines).remove(0)
    };
    let day = || "2026-01-05".parse().ok();
    for header in [
        "迁移日期",
        "减少日期",
        "减员时间",
        "增减日期",
        "增减时间",
        "状态日期",
        "状态时间",
        "变动年月",
        "变更年月",
        "发生时间",
        "发生日期",
        "何时变动",
        "死亡（迁出）日期",
        "死亡、迁出日期",
        "迁出(死亡)日期",
        "变动时间",
    ] {
        let dead = read(header, "死亡");
        assert_eq!((dead.died, dead.moved_out, dead.status), (day(), None, Status::Deceased), "{header}");
        let gone = read(header, "迁出");
        assert_eq!((gone.died, gone.moved_out, gone.status), (None, day(), Status::MovedOut), "{header}");
        let here = read(header, "在册");
        assert_eq!((here.died, here.moved_out, here.status), (None, None, Status::Active), "{header}");
    }
    for header in ["过世日期", "身故时间", "死亡（迁出）日期", "死亡日期"] {
        let lines = format!("序号,姓名,性别,身份证号,{header}\n1,赵甲,男,519901195001110030,2026-01-05\n");
        let found = records("死亡人员名单.csv", &lines);
        assert_eq!((found[0].died, found[0].status), (day(), Status::Deceased), "{header}");
    }
    assert_eq!(read("死亡日期", "死亡").died, day());
    assert_eq!(read("迁出日期", "迁出").moved_out, day());
}

#[test]
fn a_visit_and_a_review_have_many_names() {
    for header in ["上次随访", "最近服务时间", "最后服务日期", "最近就诊时间", "面访日期", "家访时间"]
    {
        let found = list(List::Health, header, ["2026-01-05", "", "", "", ""]);
        assert_eq!(found.records()[0].seen, "2026-01-05".parse().ok(), "{header}");
    }
    for header in ["动态调整时间", "核定日期", "抽查日期"] {
        let found = list(List::Dibao, header, ["2026-01-05", "", "", "", ""]);
        assert_eq!(found.records()[0].reviewed, "2026-01-05".parse().ok(), "{header}");
    }
}

#[test]
fn who_comes_from_outside_flows_in() {
    let flows = |cells: [&str; 2]| {
        let [one, other] = cells.map(|cell| format!("赵甲,男,519901195001110030,{cell},2026-01-02,广东省\n"));
        let found = records("流动人口.csv", &format!("姓名,性别,身份证号,流动类型,流动日期,流动地\n{one}{other}"));
        found.iter().map(|record| record.flow.unwrap()).collect::<Vec<_>>()
    };
    for (cells, want) in [
        (["省外流入", "省外流出"], [Flow::In, Flow::Out]),
        (["县外流入", "流出县外"], [Flow::In, Flow::Out]),
        (["流入", "外流"], [Flow::In, Flow::Out]),
        (["外来", "外出"], [Flow::In, Flow::Out]),
    ] {
        assert_eq!(flows(cells), want, "{cells:?}");
    }
}

#[test]
fn a_table_of_numbers_below_the_list_adds_nobody_and_no_total() {
    let register = "序号,户号,户主姓名,姓名,与户主关系,性别,身份证号码,出生日期,人口状态\n\
                    1,001,张国强,张国强,户主,男,519901195603120113,1956-03-12,在册\n\
                    2,001,张国强,李秀英,妻,女,519901196011050224,1960-11-05,在册\n\n";
    for table in [
        "统计表\n组别,户数,人数\n1组,2,3\n2组,2,2\n",
        "组别,户数,人数,男,女\n一组,2,5,3,2\n合计,5,14,7,7\n",
        ",项目,数量\n,总户数,20\n,总人口,50\n,男,25\n",
        "项目,数量\n总户数,20\n总人口,50\n",
        "人口统计\n总人口,男,女,户数\n50,25,25,20\n",
        "年龄段,0-18,19-59,60以上\n人数,10,30,10\n",
        ",,组别,户数,人数\n,,1组,2,5\n",
        "村组,总户数,总人口,常住,外出\n1组,10,25,20,5\n合计,20,50,41,9\n",
    ] {
        let found = text("人口.csv", &format!("{register}{table}"));
        let names: Vec<_> = found.records().iter().map(|record| record.name.to_string()).collect();
        assert_eq!(names, ["张国强", "李秀英"], "{table}");
        let wrong = found.totals.iter().filter(|total| total.stated != total.counted).count();
        assert_eq!((found.refusals.len(), wrong), (0, 0), "{table}");
    }
}

#[test]
fn zeros_behind_a_text_are_no_part_of_it() {
    let lines = "户号,姓名,与户主关系,身份证号\n1,赵甲,户主,519901195001110030\n";
    let read = |end: &str| records("人口.csv", &format!("{lines}{end}")).len();
    assert_eq!((read(""), read("\0\0\0"), read("\r\n\0\0\0\0")), (1, 1, 1));
}
