//! Deaths and ends under headers of many kinds, and in columns that nobody reads.

use super::super::RefusalCode;
use super::gathered::{Gathered, text};
use crate::domain::Status;

fn states(found: &Gathered) -> Vec<Status> {
    found.records().iter().map(|record| record.status).collect()
}

fn told(found: &Gathered) -> Vec<(RefusalCode, &str)> {
    found.refusals.iter().map(|refusal| (refusal.code, refusal.detail.as_str())).collect()
}

/// A register with these three cells under the header.
fn register(header: &str, cells: [&str; 3]) -> Gathered {
    let [first, second, third] = cells;
    text(
        "人口.csv",
        &format!(
            "户号,姓名,与户主关系,身份证号,{header}\n1,赵甲,户主,,{first}\n1,钱乙,妻,,{second}\n1,孙丙,子,,{third}\n"
        ),
    )
}

#[test]
fn a_register_says_under_many_headers_that_somebody_died_or_left() {
    use Status::{Active, Closed, Deceased, MovedOut};
    for (header, cells, want) in [
        ("是否健在", ["是", "否", "是"], [Active, Deceased, Active]),
        ("是否在世", ["在世", "已故", "√"], [Active, Deceased, Active]),
        ("是否生存", ["☑是 □否", "□是 ☑否", ""], [Active, Deceased, Active]),
        ("减少原因", ["", "死亡", "迁出"], [Active, Deceased, MovedOut]),
        ("增减原因", ["新增", "死亡", "迁出"], [Active, Deceased, MovedOut]),
        ("变更情况", ["", "死亡", "迁出"], [Active, Deceased, MovedOut]),
        ("注销类别", ["", "死亡注销", "迁出注销"], [Active, Deceased, MovedOut]),
        ("注销类型", ["", "死亡注销", "迁出注销"], [Active, Deceased, MovedOut]),
        ("是否已去世", ["否", "是", "否"], [Active, Deceased, Active]),
        ("是否过世", ["否", "是", "否"], [Active, Deceased, Active]),
        ("去世", ["", "√", ""], [Active, Deceased, Active]),
        ("已故", ["", "√", ""], [Active, Deceased, Active]),
        ("亡故", ["", "√", ""], [Active, Deceased, Active]),
        ("核实情况", ["在册", "死亡", "迁出"], [Active, Deceased, MovedOut]),
        ("户口注销", ["", "死亡", "迁出"], [Active, Deceased, MovedOut]),
        ("死亡注销", ["", "是", ""], [Active, Deceased, Active]),
        ("户籍注销时间", ["", "2026.3.1", ""], [Active, Closed, Active]),
        ("死亡或迁出原因", ["", "死亡", "迁出"], [Active, Deceased, MovedOut]),
        ("人员去向", ["在家", "死亡", "务工"], [Active, Deceased, Active]),
        ("存殁", ["存", "殁", "存"], [Active, Deceased, Active]),
        ("生/亡", ["生", "亡", "生"], [Active, Deceased, Active]),
        ("殁于", ["", "2026.3", ""], [Active, Deceased, Active]),
        ("生存情况", ["健在", "死亡", "健在"], [Active, Deceased, Active]),
    ] {
        let found = register(header, cells);
        assert_eq!((states(&found), told(&found)), (want.to_vec(), vec![]), "{header}");
    }
}

#[test]
fn whether_another_lives_is_nothing_of_the_lines_person() {
    for header in ["父母是否健在", "配偶是否健在"] {
        let found = register(header, ["否", "是", "否"]);
        assert_eq!((states(&found), told(&found)), (vec![Status::Active; 3], vec![]), "{header}");
    }
}

#[test]
fn an_answer_that_is_neither_yes_nor_no_is_told() {
    let found = register("是否健在", ["是", "外出", "2"]);
    assert_eq!(states(&found), [Status::Active; 3]);
    assert_eq!(told(&found), [(RefusalCode::UnknownState, "外出 ×1"), (RefusalCode::UnknownState, "2 ×1")]);
}

#[test]
fn a_column_that_nobody_reads_and_that_tells_of_deaths_is_told_once() {
    let found = register("摸底情形", ["2026年3月死亡", "已去世", "外出"]);
    assert_eq!(
        (states(&found), told(&found)),
        (vec![Status::Active; 3], vec![(RefusalCode::UnreadColumn, "摸底情形 ×2")])
    );
    let found = register("健康状况", ["良好", "死亡", ""]);
    assert_eq!(told(&found), [(RefusalCode::UnreadColumn, "健康状况 ×1")]);
    let found = register("情况", ["亡 2026-02-03", "在", "住二组"]);
    assert_eq!(told(&found), [(RefusalCode::UnreadColumn, "情况 ×1")], "in one character");
    for (header, cells) in [
        ("死亡年龄", ["", "无", "否"]),
        ("父亲情形", ["死亡", "", ""]),
        ("摸底情形", ["其母死亡", "未死亡", "配偶去世"]),
        ("家庭住址", ["一组", "二组", "三组"]),
    ] {
        assert_eq!(told(&register(header, cells)), [], "{header}");
    }
    for header in ["死亡年龄", "火化时间"] {
        let told = told(&register(header, ["", "78", ""])).len();
        assert_eq!(told, 1, "{header}");
    }
    let both = register("状态,核查结果", ["在册,属实", "在册,死亡", "在册,"]);
    assert_eq!(told(&both), [(RefusalCode::UnreadColumn, "核查结果 ×1")], "a column made for the state says it");
}

#[test]
fn what_came_of_a_review_of_dibao_is_how_its_lines_stand() {
    use Status::{Active, Closed, Deceased};
    for header in ["核查结果", "核查结论", "复核意见", "审批意见", "处理结果", "动态调整结果", "年审结果"]
    {
        let lines = format!(
            "户主,身份证号,低保类别,复核时间,{header}\n赵甲,519901195001110030,A,2026.3.1,保留\n钱乙,,B,2026.3.1,死亡，停保\n\
             孙丙,,C,2026.3.1,停保\n李丁,,C,2026.3.1,同意\n"
        );
        let found = text("低保复核.csv", &lines);
        assert_eq!((states(&found), told(&found)), (vec![Active, Deceased, Closed, Active], vec![]), "{header}");
    }
    let lines = "户主,身份证号,低保类别,保障金额,本月是否发放\n赵甲,519901195001110030,A,300,是\n钱乙,,B,300,否\n";
    let found = text("低保.csv", lines);
    assert_eq!((states(&found), told(&found)), (vec![Active; 2], vec![(RefusalCode::UnreadColumn, "本月是否发放 ×1")]));
    let lines = "户主,身份证号,低保类别,保障金额,村级看法\n赵甲,519901195001110030,A,300,同意\n钱乙,,B,300,停保\n";
    assert_eq!(told(&text("低保.csv", lines)), [(RefusalCode::UnreadColumn, "村级看法 ×1")]);
    let lines = "户主姓名,身份证号,低保类别,保障人数,增减原因\n赵甲,519901195001110030,A,1,死亡\n钱乙,,A,2,新增\n";
    assert_eq!(states(&text("低保.csv", lines)), [Deceased, Active]);
}
