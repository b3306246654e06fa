//! What a cell says of the end of a line: whose death it tells, whether it tells one, and what is told where nobody can know.

use super::gathered::{Gathered, text};
use crate::domain::{Record, Status};
use crate::intake::RefusalCode;

const NAMES: [&str; 12] =
    ["赵甲", "钱乙", "孙丙", "李丁", "周戊", "吴己", "郑庚", "王辛", "冯壬", "陈癸", "褚子", "卫丑"];

/// A register of heads of households, with one column more.
fn register(header: &str, cells: &[&str]) -> Gathered {
    let mut lines = format!("户号,姓名,与户主关系,{header}\n");
    for (at, cell) in cells.iter().enumerate() {
        lines += &format!("{at},{},户主,\"{cell}\"\n", NAMES[at % NAMES.len()]);
    }
    text("人口.csv", &lines)
}

/// A list of dibao, a line a household, with more columns.
fn dibao(header: &str, lines: &[&str]) -> Gathered {
    let mut all = format!("户主姓名,低保类别,保障人数,月保障金额,{header}\n");
    for (at, line) in lines.iter().enumerate() {
        all += &format!("{},A类,3,500,{line}\n", NAMES[at % NAMES.len()]);
    }
    text("低保.csv", &all)
}

fn statuses(found: &Gathered) -> Vec<Status> {
    found.records().iter().map(|record| record.status).collect()
}

/// The words that were told as doubtful.
fn doubts(found: &Gathered) -> Vec<&str> {
    let notes = found.refusals.iter().filter(|refusal| refusal.code == RefusalCode::DoubtfulEnd);
    notes.map(|refusal| refusal.detail.rsplit_once(" ×").unwrap().0).collect()
}

fn all_are(status: Status, header: &str, cells: &[&str]) {
    for cell in cells {
        let found = register(header, &[cell]);
        assert_eq!((statuses(&found), doubts(&found)), (vec![status], vec![]), "{header}: {cell}");
    }
}

fn all_are_open(header: &str, cells: &[&str]) {
    for cell in cells {
        let found = register(header, &[cell]);
        assert_eq!((statuses(&found), doubts(&found).len()), (vec![Status::Active], 1), "{header}: {cell}");
    }
}

fn died(record: &Record) -> Option<String> {
    record.died.map(|date| date.to_string())
}

#[test]
fn a_column_that_asks_whether_somebody_died_is_answered_yes_only_with_yes() {
    let no = [
        "健在",
        "否（在家）",
        "在世",
        "正常",
        "存活",
        "在册",
        "否，健在",
        "0-否",
        "0.0",
        "□是 ☑否",
        "是□ 否☑",
        "未",
        "没有",
        "无死亡",
        "2否",
        "未死",
        "活",
        "尚在",
        "外出",
        "未注销",
        "N否",
        "No",
        "FALSE",
        "非",
        "00",
        "暂无",
        "不详",
        "其妻已故",
    ];
    for header in ["是否死亡", "死亡标志", "死亡"] {
        all_are(Status::Active, header, &no);
        all_are_open(header, &["待核实", "2", "不清楚", "是/否", "是 否√", "疑似", "未核实", "不在了"]);
        let yes =
            ["是", "√", "1", "Y", "true", "已", "1是", "1-是", "已死亡", "非正常死亡", "2026.3.5", "3月5日", "☑是 □否"];
        all_are(Status::Deceased, header, &yes);
    }
    all_are(Status::MovedOut, "是否迁出", &["是", "√", "已迁出", "1", "2026.3.5"]);
    all_are(Status::Active, "是否迁出", &["在册", "户口未迁", "0-否", "健在", "外出"]);
    all_are(Status::Closed, "是否注销", &["是", "已注销", "√"]);
    all_are(Status::Active, "是否注销", &["未注销", "正常", "否"]);
    all_are(Status::Deceased, "是否注销", &["死亡注销"]);
}

#[test]
fn an_answer_of_how_somebody_lives_leaves_the_state_as_it_is() {
    let lines = "档案编号,姓名,建档日期,档案状态,是否死亡\nD1,赵甲,2015.1.5,正常,健在\nD2,钱乙,2015.1.5,正常,是\n";
    assert_eq!(statuses(&text("健康档案.csv", lines)), [Status::Active, Status::Deceased]);
}

#[test]
fn two_is_no_where_the_header_or_the_column_says_so() {
    use Status::{Active, Deceased};
    assert_eq!(statuses(&register("是否死亡(1是 2否)", &["2", "1"])), [Active, Deceased]);
    assert_eq!(statuses(&register("是否死亡（0是，1否）", &["0", "1"])), [Deceased, Active]);
    let found = register("死亡标志", &["2", "2", "1", ""]);
    assert_eq!((statuses(&found), doubts(&found).len()), (vec![Active, Active, Deceased, Active], 0));
    assert_eq!(doubts(&register("死亡标志", &["2", "1", "0"])), ["2"]);
}

#[test]
fn a_death_in_the_family_ends_nobody_elses_line() {
    let kin = [
        "其母死亡",
        "家庭成员死亡",
        "妻死亡减1人",
        "配偶死亡",
        "父亲去世",
        "儿子迁出",
        "长子迁出",
        "其父2026年3月死亡",
        "妻因病去世",
        "死亡（其母）",
        "丈夫已故",
        "家属死亡",
        "女儿户口已迁出",
        "户主之妻死亡",
    ];
    for header in ["变动情况", "备注", "人员状态"] {
        all_are(Status::Active, header, &kin);
        all_are_open(
            header,
            &[
                "减少（死亡1人）",
                "死亡1人",
                "疑似死亡",
                "王某死亡",
                "据说已死亡",
                "女儿说父亲去世",
                "女方死亡",
                "夫妻死亡",
                "迁出1人",
            ],
        );
    }
    all_are(Status::Active, "人员状态", &["在册，丈夫死亡", "配偶已故", "未死亡", "拟迁出"]);
    all_are(
        Status::Deceased,
        "人员状态",
        &["死亡", "本人死亡", "赵甲死亡", "户主死亡", "死亡（2026.3）", "妻已故，本人2026年死亡"],
    );
    all_are(Status::MovedOut, "变动情况", &["迁出", "随子女迁出", "全家迁往外县"]);
    let found = register("人员状态", &["配偶已故"]);
    assert!(found.refusals.is_empty(), "nor is it a word that nobody knows");
}

#[test]
fn a_benefit_that_stopped_with_a_death_in_the_family_stopped() {
    let found = dibao("停保原因", &["家属死亡", "本人死亡", "其子迁出", "疑似死亡", ""]);
    use Status::{Active, Closed, Deceased};
    assert_eq!(statuses(&found), [Closed, Deceased, Closed, Closed, Active]);
    assert_eq!(doubts(&found), ["疑似死亡"]);
    let found =
        dibao("变动情况", &["其母死亡", "妻死亡，核减1人", "死亡，核减1人", "核减1人", "停保", "户主死亡变更户主"]);
    assert_eq!(statuses(&found), [Active, Active, Active, Active, Closed, Active]);
    assert_eq!(doubts(&found), ["死亡，核减1人", "户主死亡变更户主"]);
}

#[test]
fn a_death_against_the_state_is_told_and_no_name_with_it() {
    let lines =
        "户号,姓名,与户主关系,状态,备注\n7,赵甲,户主,在册,李四光2026年3月死亡1人\n7,钱乙,妻,在册,2026年3月死亡\n";
    let found = text("人口.csv", lines);
    assert_eq!(statuses(&found), [Status::Active, Status::Active], "a column made for it says it better");
    assert_eq!(doubts(&found), ["死亡"], "once for both");
    let held = found.lines.iter().map(|line| line.raw).collect();
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("人口.csv");
    std::fs::write(&path, lines).unwrap();
    let (_, again) = super::gathered::gather(&path, "人口.csv", "519901001200", held);
    assert_eq!((again.records().len(), doubts(&again)), (0, vec!["死亡"]), "also of lines that are held");
}

#[test]
fn a_list_of_the_dead_also_holds_those_who_live_or_went_for_another_reason() {
    use Status::{Active, Closed, Deceased, MovedOut};
    let stopped = "姓名,身份证号,停发原因,终止时间,死亡时间\n赵甲,519901195001110030,死亡,2026.3,2026.2.1\n\
                   钱乙,519901197001010020,未认证,2026.3,\n孙丙,519901195003110077,服刑,2026.3,\n\
                   李丁,519901195005110118,转职工养老保险,2026.3,\n周戊,,死亡,2026.3,\n吴己,,农转非,2026.3,2026.1.5\n郑庚,,户口迁出,2026.3,\n";
    let found = text("养老金停发名单.csv", stopped);
    assert_eq!(statuses(&found), [Deceased, Closed, Closed, Closed, Deceased, Deceased, MovedOut]);
    let dates: Vec<_> = found.records().iter().map(|record| died(record)).collect();
    assert_eq!(dates[0].as_deref(), Some("2026-02-01"));
    assert_eq!(dates[4], None, "the day on which the money stopped is none of dying");
    let checked = |header: &str, cells: [&str; 4]| {
        let mut lines = format!("姓名,身份证号,推送死亡日期,{header}\n");
        for (name, cell) in NAMES.iter().zip(cells) {
            lines += &format!("{name},,2026.1.3,{cell}\n");
        }
        text("死亡人员核查表.csv", &lines)
    };
    let found = checked("是否死亡", ["是", "否", "待核实", ""]);
    assert_eq!((statuses(&found), doubts(&found)), (vec![Deceased, Active, Active, Deceased], vec!["否", "待核实"]));
    assert!(found.records()[1].died.is_none());
    for header in ["核查结果", "核实结果", "入户了解"] {
        let found = checked(header, ["已死亡", "健在", "误报", "死亡"]);
        assert_eq!((statuses(&found), doubts(&found).len()), (vec![Deceased, Active, Active, Deceased], 2), "{header}");
    }
    let found = checked("备注", ["经核实健在", "误报", "土葬", "其妻健在"]);
    assert_eq!((statuses(&found), doubts(&found).len()), (vec![Active, Active, Deceased, Deceased], 2));
}

/// A register in which one cell of the state is merged over the household, and a band stands between the lines.
fn merged(header: &str, over: &str) -> Gathered {
    let format = rust_xlsxwriter::Format::new();
    let mut book = rust_xlsxwriter::Workbook::new();
    let sheet = book.add_worksheet();
    for (column, title) in ["户号", "姓名", "与户主关系", header].into_iter().enumerate() {
        sheet.write(0, column as u16, title).unwrap();
    }
    for (row, (name, relation)) in (1..).zip([("赵甲", "户主"), ("钱乙", "妻"), ("孙丙", "子"), ("李丁", "户主")])
    {
        sheet.write(row, 0, if row < 4 { 1 } else { 2 }).unwrap();
        sheet.write(row, 1, name).unwrap();
        sheet.write(row, 2, relation).unwrap();
    }
    sheet.merge_range(1, 3, 3, 3, over, &format).unwrap();
    sheet.write(4, 3, "死亡").unwrap();
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("人口.xlsx");
    book.save(&path).unwrap();
    let (result, sink) = super::gathered::gather(&path, "人口.xlsx", "519901001200", std::collections::HashSet::new());
    result.unwrap();
    sink
}

#[test]
fn a_death_merged_over_a_household_is_of_one_of_them_and_nobody_knows_of_whom() {
    use Status::{Active, Deceased, MovedOut};
    for header in ["人口状态", "变动情况", "是否死亡"] {
        let found = merged(header, "死亡");
        let whose = found.refusals.iter().filter(|refusal| refusal.code == RefusalCode::WhoseDeath);
        assert_eq!(statuses(&found), [Active, Active, Active, Deceased], "{header}");
        assert_eq!(whose.map(|refusal| refusal.row).collect::<Vec<_>>(), [Some(2)], "{header}");
    }
    assert_eq!(statuses(&merged("人口状态", "迁出")), [MovedOut, MovedOut, MovedOut, Deceased]);
    assert_eq!(statuses(&merged("人口状态", "在册")), [Active, Active, Active, Deceased]);
}

#[test]
fn a_title_of_the_dead_and_of_those_who_left_says_of_nobody_which() {
    let lines = "户号,姓名,与户主关系,身份证号\n7,赵甲,户主,519901195001110030\n死亡、迁出人员,,,\n8,钱乙,户主,519901197001010020\n";
    let found = text("人口.csv", lines);
    let told: Vec<_> = found.refusals.iter().map(|refusal| refusal.code).collect();
    assert_eq!((statuses(&found), told), (vec![Status::Active; 2], vec![RefusalCode::UnclearTitle]));
}

#[test]
fn a_death_behind_a_parents_name_is_the_parents() {
    for parent in ["父亲姓名", "母亲姓名", "父亲"] {
        let lines =
            format!("户号,姓名,与户主关系,身份证号,{parent},死亡时间\n7,赵甲,户主,519901195001110030,赵某,2010.3.1\n");
        let [record] = &text("人口.csv", &lines).records().into_iter().cloned().collect::<Vec<_>>()[..] else {
            panic!()
        };
        assert_eq!((record.status, record.died), (Status::Active, None), "{parent}");
    }
}

#[test]
fn who_is_away_from_the_village_is_on_its_register() {
    all_are(Status::Active, "人口类型", &["非常住", "非常住人口", "不常住", "人不在户在", "不在村", "不在家", "常住"]);
    all_are(Status::Closed, "人员状态", &["非在册", "不在册"]);
}

#[test]
fn a_filled_day_of_death_is_a_death_whatever_stands_there() {
    let days = [
        ("3月5日", ""),
        ("三月五日", ""),
        ("已死亡", ""),
        ("√", ""),
        ("是", ""),
        ("3/5/26", "2026"),
        ("260305", "2026-03-05"),
        ("公元2026年3月5日", "2026-03-05"),
        ("去年腊月", ""),
        ("2026\n3.5", "2026-03-05"),
        ("2026.3.5因病", "2026-03-05"),
        ("2026年3月5日（农历正月十七）", "2026-03-05"),
        ("二〇二六年三月", "2026-03"),
        ("已火化", ""),
        ("3.5", ""),
    ];
    for (cell, day) in days {
        let found = register("死亡日期", &[cell]);
        let [record] = found.records()[..] else { panic!("{cell}: one line") };
        assert_eq!((record.status, died(record).unwrap_or_default().as_str()), (Status::Deceased, day), "{cell}");
    }
    all_are(Status::Active, "死亡日期", &["无", "/", "健在", "否", "未死亡", "在世", "0", "其父2010年死亡"]);
    all_are_open("死亡日期", &["待核实", "不清楚", "2026.3.5待核实", "2027-03-05", "疑似死亡", "已停", "已注销"]);
    all_are(Status::MovedOut, "死亡日期", &["已迁出", "迁往外县"]);
    all_are(Status::Deceased, "迁出时间", &["死亡", "已死亡"]);
    assert_eq!(register("死亡日期", &["3月5日"]).records()[0].died, None, "nobody says of which year");
}

#[test]
fn a_day_without_a_year_is_of_the_year_of_its_list() {
    let lines = "户号,姓名,与户主关系,死亡日期\n1,赵甲,户主,3月5日\n2,钱乙,户主,11月20日\n3,孙丙,户主,3月份\n";
    let dates = |name: &str| -> Vec<Option<String>> { text(name, lines).records().iter().map(|r| died(r)).collect() };
    let want = ["2026-03-05", "2025-11-20", "2026-03"].map(|date| Some(date.to_owned()));
    assert_eq!(dates("2026年4月人口.csv"), want);
    let raws = |name: &str| text(name, lines).lines.iter().map(|line| line.raw).collect::<Vec<_>>();
    let (march, april) = (raws("2025年12月人口.csv"), raws("2026年4月人口.csv"));
    assert_ne!(march[0], april[0], "the same words say another day");
    assert_eq!(march[1], april[1], "and here the same");
}

#[test]
fn a_filled_day_of_leaving_or_of_the_end_is_one_whatever_stands_there() {
    all_are(Status::MovedOut, "迁出时间", &["3月", "√", "已迁出", "2026.3", "去年腊月"]);
    all_are(Status::Active, "迁出时间", &["无", "未迁出", "在册"]);
    for header in ["停保时间", "停保日期"] {
        let found = dibao(
            header,
            &["3月", "已停", "√", "死亡", "2026.3", "", "无", "长期", "2027.12", "正常", "2026.3死亡", "2027.12停保"],
        );
        use Status::{Active, Closed, Deceased};
        let want = [Closed, Closed, Closed, Deceased, Closed, Active, Active, Active, Active, Active, Deceased, Active];
        assert_eq!((statuses(&found), doubts(&found)), (want.to_vec(), vec![]), "{header}");
    }
    assert_eq!(
        statuses(&register("注销日期", &["已注销", "3月", "未注销"])),
        [Status::Closed, Status::Closed, Status::Active]
    );
}

#[test]
fn a_remark_in_whatever_words_tells_a_death_or_a_move() {
    let dead = [
        "因病于2026年3月去世",
        "2026.3.5因病死亡",
        "2026年3月份去世",
        "3月份死亡",
        "已死亡未销户",
        "死亡未注销",
        "人已死亡",
        "已于2026年2月去世",
        "已死亡注销",
        "死亡核减",
        "家属告知已去世",
        "脑出血死亡",
        "老人去世",
        "现已死亡",
        "死亡时间2026.3.1",
        "随访死亡",
        "2026-02-11随访时得知死亡",
        "确认死亡",
        "病死",
        "本人已死亡",
        "白血病死亡",
        "已故，妻健在",
        "停发（死亡）",
        "死亡，停保",
        "原因不明死亡",
    ];
    all_are(Status::Deceased, "备注", &dead);
    all_are(Status::MovedOut, "备注", &["户口已迁出", "2026年2月因婚迁出", "全家迁往外县", "外嫁", "已迁出"]);
    let nothing = [
        "未死亡",
        "健在",
        "外出务工",
        "易地搬迁",
        "易地扶贫搬迁户",
        "土地已转出",
        "户口未迁出",
        "拟迁出",
        "死亡家庭",
        "特扶（死亡类）",
        "其子已故",
        "配偶2019年死亡",
        "与已故丈夫之母同住",
        "死亡人员家属",
        "高血压",
        "新增",
        "残疾二级",
    ];
    all_are(Status::Active, "备注", &nothing[..4]);
    all_are(Status::Active, "备注", &nothing[5..]);
    all_are(Status::Active, "备注", &["生死不明", "判处死刑，缓期执行", "死缓"]);
    all_are_open(
        "备注",
        &[
            "死亡证明已交",
            "死亡、迁出",
            "疑似死亡",
            "迁出后又迁回",
            "张三死亡",
            "父亲去世，2026年3月死亡",
            "听说已死亡",
        ],
    );
}

#[test]
fn of_several_days_in_a_remark_the_one_beside_the_death_is_its_own() {
    for (remark, day) in [
        ("2019年患病，2026年3月死亡", "2026-03"),
        ("2019年患病2026年3月5日死亡", "2026-03-05"),
        ("死亡（2026.3.5）", "2026-03-05"),
        ("因病于2026年3月去世", "2026-03"),
        ("2026年3月份去世", "2026-03"),
    ] {
        assert_eq!(died(register("备注", &[remark]).records()[0]).as_deref(), Some(day), "{remark}");
    }
    let found = dibao("备注", &["停发（死亡）", "死亡（其母）", "停发", "3月死亡，4月停发"]);
    use Status::{Active, Closed, Deceased};
    assert_eq!(statuses(&found), [Deceased, Active, Closed, Deceased]);
    let stopped = "户主姓名,低保类别,复核日期,保障状态,备注\n赵甲,A类,2026.1.5,停保,2026年3月死亡\n钱乙,A类,2026.1.5,停保,其母死亡\n";
    assert_eq!(statuses(&text("低保.csv", stopped)), [Deceased, Closed], "why it stopped");
}

#[test]
fn of_several_columns_of_a_change_the_one_that_says_more_counts() {
    use Status::{Active, Closed, Deceased, MovedOut};
    let lines = "户主姓名,姓名,身份证号,变动类别,变动日期,变动原因\n赵甲,赵甲,519901195001110030,增加,2026.3.1,出生\n\
                 赵甲,钱乙,519901197001010020,减少,2026.3.2,死亡\n赵甲,孙丙,519901195003110077,减少,2026.3.3,迁出\n";
    let found = text("2026年3月人口变动.csv", lines);
    assert_eq!(statuses(&found), [Active, Deceased, MovedOut]);
    assert_eq!(died(found.records()[1]).as_deref(), Some("2026-03-02"));
    let lines = "户号,姓名,与户主关系,状态,原因\n1,赵甲,户主,注销,死亡\n1,钱乙,妻,注销,迁出\n1,孙丙,子,注销,重复登记\n1,李丁,子,在册,残疾\n1,周戊,子,注销,其母死亡\n";
    assert_eq!(statuses(&text("人口.csv", lines)), [Deceased, MovedOut, Closed, Active, Closed]);
}

#[test]
fn a_change_of_a_benefit_is_no_end_of_it() {
    use Status::{Active, Closed, Deceased};
    for header in ["变更原因", "调整原因"] {
        let cells =
            ["新增", "提标", "户主变更", "重病", "妻死亡，核减1人", "家庭成员死亡", "死亡", "子女出生", "收入增加"];
        let found = dibao(header, &cells);
        let want = [Active, Active, Active, Active, Active, Active, Deceased, Active, Active];
        assert_eq!((statuses(&found), doubts(&found).len()), (want.to_vec(), 0), "{header}");
        let lines = format!("户主姓名,低保类别,复核日期,保障状态,{header}\n赵甲,A类,2026.1.5,停保,收入超标\n");
        let [record] = &text("低保.csv", &lines).records()[..].iter().map(|r| (*r).clone()).collect::<Vec<_>>()[..]
        else {
            panic!()
        };
        assert_eq!((record.status, record.reason), (Closed, Some(crate::domain::Reason::NotEntitled)));
    }
}
