//! What a list is called decides what it is, where its columns are those of any.

use std::collections::HashSet;

use super::super::UnreadableCode;
use super::gathered::{gather, records, text};
use crate::domain::{List, Status};

fn told(name: &str, lines: &str) -> Vec<(List, Status)> {
    let found = text(name, lines);
    let told = |line: &crate::intake::Line| line.record.as_ref().map(|record| (line.list, record.status));
    found.lines.iter().filter_map(told).collect()
}

#[test]
fn a_list_that_is_called_one_of_the_dead_is_one_of_the_dead() {
    let dead = vec![(List::Deaths, Status::Deceased); 2];
    let plain = "序号,姓名,性别,身份证号,家庭住址,备注\n1,赵甲,男,519901195001110030,一组,\n2,钱乙,女,,一组,\n";
    let household = "户号,姓名,与户主关系,性别,身份证号码\n1,赵甲,户主,男,519901195001110030\n2,钱乙,母,女,\n";
    let names = ["死亡人员花名册.csv", "2026年死亡.csv", "已故人员.csv", "注销户口名单.csv"];
    for (name, lines) in names.iter().flat_map(|name| [(name, plain), (name, household)]) {
        assert_eq!(told(name, lines), dead, "{name}: {lines}");
    }
    for title in ["200村2026年死亡人员名单", "已故人员花名册"] {
        assert_eq!(told("附件1.csv", &format!("{title}\n{household}")), dead, "{title}");
        assert_eq!(told("人口.csv", &format!("{title}\n{household}")), dead, "{title}");
    }
    let moved = told("死亡、迁出人员.csv", household);
    assert!(moved.iter().all(|(_, status)| *status == Status::Active), "whose death it is nobody says");
    let stated = "低保证号,姓名,保障类别,保障状态,复核日期\n1,赵甲,A类,在保,2026.1.5\n2,钱乙,A类,死亡,2026.1.5\n";
    let want = [(List::Dibao, Status::Active), (List::Dibao, Status::Deceased)];
    assert_eq!(told("低保死亡人员.csv", stated), want, "a column says who of them died");
}

#[test]
fn of_those_struck_off_the_register_some_died_and_some_moved() {
    for header in ["注销类别", "注销原因", "注销类型"] {
        let lines = format!(
            "序号,姓名,公民身份号码,注销日期,{header},户籍地址,派出所\n\
             1,赵甲,519901195001110030,2026-03-05,死亡注销,200村,青山所\n2,钱乙,,2026-03-05,迁出注销,200村,青山所\n"
        );
        let want = [(List::Deaths, Status::Deceased), (List::Deaths, Status::MovedOut)];
        assert_eq!(told("户籍注销人员名单.csv", &lines), want, "{header}");
    }
}

#[test]
fn a_template_is_no_list_until_somebody_is_filled_in() {
    let dir = tempfile::tempdir().unwrap();
    let header = "户号,姓名,性别,身份证号,与户主关系,人口状态\n";
    let read = |name: &str, lines: &str| {
        let path = dir.path().join(name);
        std::fs::write(&path, format!("{header}{lines}")).unwrap();
        let (result, sink) = gather(&path, name, "519901001200", HashSet::new());
        result.map(|_| sink.lines.len()).map_err(|unreadable| unreadable.code)
    };
    for (name, lines) in [
        ("人口花名册模板.csv", ""),
        ("人口花名册填报样表.csv", "1,张三,男,51990119800101001X,户主,在册\n"),
        ("人口花名册(样表).csv", "1,李某某,男,,户主,在册\n1,王××,女,,妻,在册\n"),
        ("人口花名册填表说明.csv", "1,赵甲,男,519901195001110031,户主,在册\n"),
        ("人口花名册范本.csv", "1,赵甲,男,519901XXXXXXXXXXXX,户主,在册\n"),
    ] {
        assert_eq!(read(name, lines), Err(UnreadableCode::Template), "{name}");
    }
    let somebody = "1,赵甲,男,519901195001110030,户主,在册\n";
    assert_eq!(read("人口花名册模板.csv", somebody), Ok(1), "filled in under its own name");
    assert_eq!(read("人口花名册模板.csv", &format!("1,张三,男,,户主,在册\n{somebody}")), Ok(2));
    assert_eq!(read("人口花名册模板.csv", "1,钱乙,男,,户主,在册\n"), Ok(1), "nothing says that he is nobody");
    assert_eq!(read("人口花名册模板.csv", &"1,张三,男,,户主,在册\n".repeat(6)), Ok(6));
    assert_eq!(read("人口花名册.csv", "1,张三,男,51990119800101001X,户主,在册\n"), Ok(1));
    let path = dir.path().join("死亡名单模板.csv");
    let deaths = |lines: &str| {
        std::fs::write(&path, format!("序号,姓名,性别,死亡日期\n{lines}")).unwrap();
        gather(&path, "死亡名单模板.csv", "519901001200", HashSet::new()).0.map(drop).map_err(|error| error.code)
    };
    assert_eq!(deaths(""), Ok(()), "nobody died");
    assert_eq!(deaths("1,张三,男,2026-03-05\n"), Err(UnreadableCode::Template));
}

#[test]
fn the_roster_of_another_office_is_none_of_ours() {
    let dir = tempfile::tempdir().unwrap();
    let lines = "序号,户主姓名,姓名,性别,身份证号,与户主关系,状态\n1,赵甲,赵甲,男,519901195001110030,户主,正常\n";
    for name in ["特困供养人员花名册.csv", "2026年医保参保花名册.csv", "党员花名册.csv", "退役军人.csv", "残疾人.csv"]
    {
        let path = dir.path().join(name);
        std::fs::write(&path, lines).unwrap();
        let (result, sink) = gather(&path, name, "519901001200", HashSet::new());
        assert_eq!(result.unwrap_err().code, UnreadableCode::OtherRoster, "{name}");
        assert!(sink.lines.is_empty(), "{name}");
    }
    let ours = "低保证号,姓名,保障类别,复核日期\n1,赵甲,A类,2026.1.5\n";
    assert_eq!(records("残疾人低保.csv", ours).len(), 1);
}

#[test]
fn a_list_of_stops_is_one_of_the_minimum_living_allowance() {
    let lines = "户主姓名,身份证号,停保原因\n赵甲,519901195001110030,死亡\n钱乙,,收入超标\n";
    let want = [(List::Dibao, Status::Deceased), (List::Dibao, Status::Closed)];
    assert_eq!(told("2026年4月停保.csv", lines), want);
    assert_eq!(told("附件2.csv", &format!("200村停发名单\n{}", lines.replace("停保", "停发"))), want);
    let pension = "姓名,身份证号,停发原因,终止时间,死亡时间\n赵甲,519901195001110030,死亡,2026.3,2026.2.1\n";
    assert_eq!(told("养老金停发名单.csv", pension), [(List::Deaths, Status::Deceased)]);
    let social = "序号,姓名,身份证号,停发月份,停发原因\n1,赵甲,519901195001110030,202604,死亡\n";
    assert_eq!(told("2026年4月社保停发名单.csv", social), [(List::Deaths, Status::Deceased)]);
}
