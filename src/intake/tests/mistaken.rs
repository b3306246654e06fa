//! Words that speak of a death, a move or a stop, and are of somebody or something else: an illness, a child, a kin, a new house.

use std::collections::HashSet;

use rust_xlsxwriter::Workbook;

use super::super::{RefusalCode, UnreadableCode};
use super::gathered::{Gathered, gather, text};
use crate::domain::{Aid, List, Status};

const FAMILY: &str = "姓名,性别,身份证号,配偶姓名,扶助类别,确认年度,联系人,签约医生,绿色通道\n\
                      赵甲,男,519901195001110030,,,2015,李四,王医生,是\n钱乙,女,,,,2016,李四,王医生,是\n";
const PLAIN: &str = "序号,姓名,性别,身份证号,备注\n1,赵甲,男,519901195001110030,\n2,钱乙,女,,\n";
const REGISTER: &str = "户号,姓名,与户主关系,身份证号\n1,赵甲,户主,519901195001110030\n2,钱乙,户主,\n";

type Told = (List, Status, Option<Aid>);

fn told(found: &Gathered) -> Vec<Told> {
    let line = |line: &crate::intake::Line| line.record.as_ref().map(|r| (line.list, r.status, r.aid));
    found.lines.iter().filter_map(line).collect()
}

fn notes(found: &Gathered, code: RefusalCode) -> usize {
    found.refusals.iter().filter(|refusal| refusal.code == code).count()
}

/// A workbook with these sheets.
fn book(name: &str, sheets: &[(&str, &str)]) -> Gathered {
    let mut book = Workbook::new();
    for (name, lines) in sheets {
        let sheet = book.add_worksheet();
        sheet.set_name(*name).unwrap();
        for (row, line) in (0..).zip(lines.lines()) {
            for (column, cell) in (0..).zip(line.split(',')) {
                sheet.write_string(row, column, cell).unwrap();
            }
        }
    }
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join(name);
    book.save(&path).unwrap();
    let (result, sink) = gather(&path, name, "519901001200", HashSet::new());
    result.unwrap();
    sink
}

/// Why a file could not be read, or what was told of it.
fn outcome(name: &str, lines: &str) -> Result<Gathered, UnreadableCode> {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("a.csv");
    std::fs::write(&path, lines).unwrap();
    let (result, sink) = gather(&path, name, "519901001200", HashSet::new());
    result.map(|_| sink).map_err(|unreadable| unreadable.code)
}

#[test]
fn parents_whose_child_died_live() {
    let special = vec![(List::Family, Status::Active, Some(Aid::Special)); 2];
    for name in [
        "独生子女死亡",
        "独生子女死亡户",
        "独子死亡",
        "子女死亡",
        "子女死亡家庭",
        "特扶死亡",
        "特扶-死亡",
        "特扶（死亡）",
        "特别扶助死亡",
        "独生子女伤残死亡",
        "独生子女死亡、伤残家庭",
        "死亡家庭",
        "死亡家庭花名册",
        "独生子女死亡家庭花名册",
        "2026年独生子女死亡家庭花名册",
        "云岭县独生子女死亡家庭花名册",
        "2026年死亡家庭",
        "死亡",
        "死亡对象",
        "死亡人员",
    ] {
        let file = text(&format!("{name}.csv"), FAMILY);
        assert_eq!((told(&file), file.refusals.len()), (special.clone(), 0), "file {name}");
        let title = text("特扶.csv", &format!("{name}\n{FAMILY}"));
        assert_eq!((told(&title), title.refusals.len()), (special.clone(), 0), "title {name}");
        let sheet = book("特扶.xlsx", &[(name, FAMILY), ("伤残", &FAMILY.replace("519901195001110030", ""))]);
        assert_eq!((told(&sheet), sheet.refusals.len()), ([special.clone(), special.clone()].concat(), 0), "{name}");
    }
    let unsure = text("疑似死亡奖扶对象.csv", FAMILY);
    assert_eq!((told(&unsure)[0].1, notes(&unsure, RefusalCode::UnclearTitle)), (Status::Active, 1));
    let plain = text("独生子女死亡家庭名单.csv", PLAIN);
    assert_eq!(told(&plain), special, "with the columns of any list, too");
    let dead = book("奖扶.xlsx", &[("在册", FAMILY), ("3月死亡", &FAMILY.replace("519901195001110030", ""))]);
    let status = |at: usize| told(&dead)[at].1;
    assert_eq!((status(0), status(2)), (Status::Active, Status::Deceased), "those of a month died");
    let names = ["死亡人员花名册", "2026年死亡人员名单", "死亡人员联系表"];
    for name in names {
        let lines = "姓名,身份证号,联系人,联系电话\n赵甲,519901195001110030,某,\n钱乙,,某,\n";
        assert_eq!(told(&text(&format!("{name}.csv"), lines))[0].1, Status::Deceased, "{name}: who is called");
    }
}

#[test]
fn of_whom_nobody_knows_that_they_died_lives() {
    let doubtful = [
        "疑似死亡人员核查名单",
        "疑似死亡名单",
        "疑似已死亡人员",
        "可能死亡人员",
        "待核实死亡人员名单",
        "死亡人员（待核）",
        "死亡(疑似)名单",
        "死亡人员核实表",
        "死亡人员比对名单",
        "未死亡人员名单",
        "误报死亡人员名单",
        "死亡人员家属名单",
        "死亡人员遗属名单",
        "拟注销户口人员（死亡）",
        "疑似死亡未注销户口人员",
    ];
    for name in doubtful {
        for lines in [
            PLAIN,
            "序号,姓名,身份证号,核查结果\n1,赵甲,519901195001110030,\n",
            "序号,姓名,身份证号,疑似死亡日期\n1,赵甲,519901195001110030,2026.1.3\n",
            "序号,姓名,身份证号,是否健在\n1,赵甲,519901195001110030,是\n",
        ] {
            for (file, lines) in
                [(format!("{name}.csv"), lines.to_owned()), ("a.csv".into(), format!("{name}\n{lines}"))]
            {
                match outcome(&file, &lines) {
                    Err(code) => assert_eq!(code, UnreadableCode::DoubtfulDeaths, "{file} {lines}"),
                    Ok(found) => panic!("{file} {lines}: {:?}", told(&found)),
                }
            }
        }
        let register = text(&format!("{name}.csv"), REGISTER);
        assert_eq!(told(&register), vec![(List::Population, Status::Active, None); 2], "{name}");
        assert_eq!(notes(&register, RefusalCode::UnclearTitle), 1, "{name}");
    }
    let family = text("死亡人员家庭人口花名册.csv", REGISTER);
    assert_eq!(told(&family), vec![(List::Population, Status::Active, None); 2]);
    assert_eq!(notes(&family, RefusalCode::UnclearTitle), 1);
    let both = book("名册.xlsx", &[("人口", REGISTER), ("疑似死亡名单", PLAIN)]);
    let code = |r: &crate::intake::Refusal| (r.sheet.clone().unwrap_or_default(), r.code);
    assert_eq!(
        both.refusals.iter().map(code).collect::<Vec<_>>(),
        [("疑似死亡名单".into(), RefusalCode::DoubtfulDeaths)]
    );
    for name in ["死亡人员名单", "死亡人员登记表(2026年1-3月)", "2026年死亡", "已故人员", "注销户口名单"]
    {
        let dead = text(&format!("{name}.csv"), PLAIN);
        assert_eq!(told(&dead), vec![(List::Deaths, Status::Deceased, None); 2], "{name}");
    }
}

#[test]
fn on_a_list_of_suspected_deaths_a_line_is_one_that_says_so() {
    let lines = "姓名,身份证号,死亡日期,核查结果\n赵甲,519901195001110030,2026.1.3,已死亡\n钱乙,,2026.1.3,\n\
                 孙丙,,2026.1.3,健在\n李丁,,2026.1.3,是\n";
    let found = text("疑似死亡人员核查名单.csv", lines);
    use Status::{Active, Deceased};
    let states: Vec<Status> = told(&found).iter().map(|told| told.1).collect();
    assert_eq!(states, [Deceased, Active, Active, Deceased]);
    assert_eq!(found.records()[0].died.map(|day| day.to_string()).as_deref(), Some("2026-01-03"));
    assert!(found.records()[1].died.is_none());
    assert_eq!(notes(&found, RefusalCode::UnclearTitle), 1);
}

/// How lines of a register with these cells under the header stand, and how many doubtful ends were told.
fn register(header: &str, cell: &str) -> (Status, usize) {
    let found = text("人口.csv", &format!("户号,姓名,与户主关系,{header}\n1,赵甲,户主,\"{cell}\"\n"));
    (told(&found)[0].1, notes(&found, RefusalCode::DoubtfulEnd))
}

#[test]
fn an_illness_is_no_death() {
    for cell in [
        "股骨头坏死",
        "脑梗死",
        "脑梗死后遗症",
        "心肌梗死",
        "视神经坏死",
        "肠坏死",
        "脑梗死，无劳动力",
        "双侧股骨头坏死2019年",
        "假死",
        "怕死",
        "火化工",
        "火葬场火化工人",
        "生死不明",
    ] {
        for header in ["备注", "现状", "人员情况", "目前情况"] {
            assert_eq!(register(header, cell), (Status::Active, 0), "{header}: {cell}");
        }
        let stated = format!("户号,姓名,与户主关系,人口状态,现状\n1,赵甲,户主,在册,{}\n", cell.replace('，', " "));
        assert_eq!(told(&text("人口.csv", &stated))[0].1, Status::Active, "{cell}");
    }
    for cell in [
        "死",
        "已死",
        "死了",
        "2026年3月死",
        "病死",
        "淹死",
        "猝死",
        "摔死",
        "因病死",
        "本人已死",
        "脑梗死亡",
        "死于2026.3",
        "脑梗死后死亡",
        "溺亡",
        "卒",
        "卒于2026年1月",
    ] {
        assert_eq!(register("备注", cell).0, Status::Deceased, "{cell}");
    }
    assert_eq!(register("备注", "其母已死").0, Status::Active);
    assert_eq!(register("备注", "牛死").0, Status::Active, "whatever else died");
}

#[test]
fn a_death_of_somebody_else_is_told_and_ends_nobody() {
    for (remark, doubts) in [
        ("前夫死亡", 0),
        ("前妻去世", 0),
        ("先夫去世", 0),
        ("双亲去世", 0),
        ("邻居去世", 0),
        ("不属死亡", 0),
        ("家中有人去世", 1),
        ("户内老人去世", 1),
        ("本户老人死亡", 1),
        ("家中主要劳动力死亡", 1),
        ("家中顶梁柱去世", 1),
        ("家庭支柱死亡", 1),
        ("申请人死亡，变更申请人", 1),
        ("原申请人死亡", 1),
        ("原持证人死亡", 1),
        ("同名死亡", 1),
        ("死亡名单误列", 1),
        ("低保户死亡名单无此人", 1),
        ("拟宣告死亡", 1),
        ("五保户已故", 1),
        ("已故五保户之子", 1),
        ("已故党员遗属", 1),
        ("原户主死亡", 1),
        ("户主死亡，现为户主", 1),
        ("户主去世，其子任户主", 1),
        ("户主死亡更换", 1),
    ] {
        for relation in ["户主", "妻"] {
            let lines =
                format!("户号,户主姓名,姓名,与户主关系,备注\n1,孙丙,孙丙,户主,\n1,孙丙,赵甲,{relation},\"{remark}\"\n");
            assert_eq!(told(&text("人口.csv", &lines))[1].1, Status::Active, "{relation}: {remark}");
        }
        assert_eq!(register("备注", remark), (Status::Active, doubts), "register: {remark}");
        for (name, header, cells) in [
            ("健康档案.csv", "健康档案编号,建档日期", "51990100120000001,2015.1.5"),
            ("低保.csv", "低保证号,审批日期", "D1,2019.3.1"),
            ("特扶.csv", "扶助类别,确认年度,联系人", "特扶,2015,某"),
        ] {
            let found =
                text(name, &format!("姓名,身份证号,{header},备注\n赵甲,519901195001110030,{cells},\"{remark}\"\n"));
            let outcome = (told(&found)[0].1, notes(&found, RefusalCode::DoubtfulEnd));
            assert_eq!(outcome, (Status::Active, doubts), "{name}: {remark}");
        }
    }
    for remark in [
        "户主死亡",
        "老人去世",
        "本人在家中死亡",
        "家中病故",
        "在家中因病死亡",
        "在本市人民医院死亡",
        "意外死亡",
        "非正常死亡",
        "销户死亡",
        "宣告死亡",
        "已故",
        "死亡人员",
        "低保对象死亡",
    ] {
        assert_eq!(register("备注", remark), (Status::Deceased, 0), "{remark}");
    }
}

#[test]
fn who_was_resettled_is_on_the_register() {
    for (remark, doubts) in [
        ("易地扶贫搬迁至县城", 0),
        ("易地搬迁至县城安置区", 0),
        ("搬迁到安置点", 0),
        ("已搬迁至新房", 0),
        ("易地搬迁", 0),
        ("搬迁户", 0),
        ("移民搬迁", 0),
        ("搬迁至镇上", 1),
        ("不能迁出", 0),
        ("要求迁出", 1),
        ("曾迁出", 1),
        ("迁居", 1),
    ] {
        assert_eq!(register("备注", remark), (Status::Active, doubts), "{remark}");
    }
    for remark in ["迁至外省", "户口搬迁至外县", "搬迁，户口已迁出", "按本人要求，已迁出", "2026年3月迁往519922"]
    {
        assert_eq!(register("备注", remark), (Status::MovedOut, 0), "{remark}");
    }
    for called in ["搬迁户人口信息", "易地搬迁户人口信息", "搬迁户花名册"] {
        let file = text(&format!("{called}.csv"), REGISTER);
        let title = text("人口.csv", &format!("{called}\n{REGISTER}"));
        for found in [file, title] {
            assert_eq!((told(&found)[0].1, found.refusals.len()), (Status::Active, 0), "{called}");
        }
    }
}

#[test]
fn a_title_of_the_new_and_the_stopped_says_of_nobody_which() {
    let lines =
        "低保证号,姓名,身份证号,保障类别,审批日期\nD1,赵甲,519901195001110030,A类,2019.3.1\nD2,钱乙,,A类,2019.3.1\n";
    for name in ["低保新增、停保人员花名册", "低保新增和停保人员", "2026年3月停保、新增人员名单"]
    {
        for found in [text(&format!("{name}.csv"), lines), text("低保.csv", &format!("{name}\n{lines}"))] {
            assert_eq!(told(&found), vec![(List::Dibao, Status::Active, None); 2], "{name}");
            assert_eq!(notes(&found, RefusalCode::UnclearTitle), 1, "{name}");
        }
    }
    for name in ["低保停保人员花名册", "2026年3月停保", "低保停保、退保人员名单"] {
        assert_eq!(told(&text(&format!("{name}.csv"), lines))[0].1, Status::Closed, "{name}");
    }
}

#[test]
fn a_state_is_read_in_the_words_of_each_office() {
    let state = |name: &str, header: &str, cells: &str, state: &str| {
        let found = text(name, &format!("姓名,身份证号,{header}\n赵甲,519901195001110030,{cells},{state}\n"));
        told(&found)[0].1
    };
    let health = |word| state("健康档案.csv", "健康档案编号,建档日期,档案状态", "51990100120000001,2015.1.5", word);
    let noted = |word| state("健康档案.csv", "健康档案编号,建档日期,备注", "51990100120000001,2015.1.5", word);
    let dibao = |word| state("低保.csv", "低保证号,审批日期,保障状态", "D1,2019.3.1", word);
    assert_eq!((health("死亡档案"), health("迁出档案")), (Status::Deceased, Status::MovedOut));
    assert_eq!(
        (health("失访档案"), health("死档"), health("在管档案")),
        (Status::Closed, Status::Closed, Status::Active)
    );
    assert_eq!((noted("档案已终止"), noted("档案未终止")), (Status::Closed, Status::Active));
    assert_eq!((dibao("不达标"), dibao("非低保"), dibao("减少")), (Status::Closed, Status::Closed, Status::Active));
    assert_eq!(register("人口状态", "溺亡").0, Status::Deceased);
    assert_eq!(register("人口状态", "卒").0, Status::Deceased);
    assert_eq!(register("人口状态", "户口已转").0, Status::MovedOut);
    for (remark, want) in [
        ("重户", Status::Closed),
        ("与序号3重复", Status::Closed),
        ("与上一行重复", Status::Closed),
        ("与他人身份证号重复", Status::Active),
        ("与张三不重复", Status::Active),
    ] {
        assert_eq!(register("备注", remark).0, want, "{remark}");
    }
}
