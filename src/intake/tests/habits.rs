//! Habits of clerks that no header word tells: what a sheet says in another way than others must come to the same.

use std::collections::HashSet;

use super::gathered::{gather, gather_named, records, text};
use crate::domain::{Place, Record, Status};

fn dates(record: &Record) -> [Option<String>; 3] {
    [record.birth, record.died, record.moved_out].map(|date| date.map(|date| date.to_string()))
}

#[test]
fn a_header_of_two_rows_may_name_the_person_in_the_lower_one() {
    let lines = "户号,户主情况,成员情况,,,人口状态,变动情况,\n\
                 ,姓名,姓名,关系,身份证号,,时间,去向\n\
                 7,张三,李四,妻,519901194701190060,迁出,2026.3.5,519901001201\n";
    let whose =
        "户号,户主信息,,人员信息,,状态\n,户主姓名,与户主关系,姓名,身份证号,\n7,张三,妻,李四,519901194701190060,在册\n";
    let [record] = &records("人口.csv", whose)[..] else { panic!("one line") };
    assert_eq!((record.head.as_deref(), record.relation), (Some("张三"), Some(12)));
    let [record] = &records("人口.csv", lines)[..] else { panic!("one line") };
    assert_eq!((record.name.as_str(), record.head.as_deref(), record.status), ("李四", Some("张三"), Status::MovedOut));
    assert_eq!(record.household.as_deref(), Some("7"));
}

#[test]
fn a_status_under_a_header_nobody_knows_is_a_status() {
    let lines = "户号,户主姓名,姓名,与户主关系,身份证号,人在何处\n\
                 7,张三,张三,户主,,在册\n7,张三,李四,妻,,死亡\n7,张三,张五,子,,迁出\n";
    let statuses: Vec<Status> = records("人口.csv", lines).iter().map(|record| record.status).collect();
    assert_eq!(statuses, [Status::Active, Status::Deceased, Status::MovedOut]);
}

#[test]
fn where_no_column_says_the_status_the_remark_does() {
    let lines = "户号,户主姓名,姓名,与户主关系,出生日期,备注\n\
                 7,张三,张三,户主,1945.1.19,2026年3月5日死亡\n\
                 7,张三,李四,妻,1947.1.19,2026.3.6迁往519901001201\n\
                 7,张三,张五,子,1970.1.19,父亲2026年死亡\n";
    let [father, mother, son] = &records("人口.csv", lines)[..] else { panic!("three lines") };
    assert_eq!((father.status, dates(father)[1].as_deref()), (Status::Deceased, Some("2026-03-05")));
    assert_eq!((mother.status, dates(mother)[2].as_deref()), (Status::MovedOut, Some("2026-03-06")));
    assert_eq!(mother.moved_to, Some(Place::Area("519901001201".parse().unwrap())));
    assert_eq!(son.status, Status::Active);
    let stated = records("人口.csv", "户号,户主姓名,姓名,状态,备注\n7,张三,张三,在册,死亡\n");
    assert_eq!(stated[0].status, Status::Active, "a column made for it says it better");
}

#[test]
fn headers_that_nobody_wrote_down_are_taken_by_what_is_in_them() {
    for (name, header, line, want) in [
        (
            "低保.csv",
            "户主(申请人)姓名,姓名,享受类别,上次复核时间,停止享受时间,停止享受原因",
            "张三,张三,A类,2026.1.5,2026.3.5,死亡",
            Status::Deceased,
        ),
        (
            "健康档案.csv",
            "档案的编号,姓名,健康档案当前状态,建档的时间,死亡的日期",
            "51990100120000001,张三,死亡,2015.1.5,2026.3.5",
            Status::Deceased,
        ),
        (
            "人口.csv",
            "户口本编号,姓名,与户主之关系,户籍状况,变动发生时间,变动去向(来源)",
            "7,张三,户主,迁出,2026.3.5,519901001201",
            Status::MovedOut,
        ),
        (
            "特别扶助.csv",
            "享受扶助类别,姓名,确认享受年度,对象目前状态,退出的时间,退出扶助原因",
            "特扶,张三,2020,退出,2026.3.5,死亡",
            Status::Deceased,
        ),
    ] {
        let [record] = &records(name, &format!("{header}\n{line}\n"))[..] else { panic!("{name}: one line") };
        assert_eq!(record.status, want, "{name}");
        assert!([record.died, record.moved_out, record.ended].contains(&"2026-03-05".parse().ok()), "{name}");
    }
}

#[test]
fn dates_of_one_sheet_have_one_order_of_day_and_month() {
    let lines = "户号,户主姓名,姓名,与户主关系,出生日期\n7,张三,张三,户主,1/19/1945\n7,张三,李四,妻,5/6/1947\n";
    let births: Vec<_> = records("人口.csv", lines).iter().map(|record| dates(record)[0].clone()).collect();
    assert_eq!(births, [Some("1945-01-19".to_owned()), Some("1947-05-06".to_owned())]);
}

#[test]
fn a_line_struck_out_in_the_remarks_is_no_line_of_the_list() {
    let lines = "户号,户主姓名,姓名,与户主关系,状态,备注\n7,张三,张三,户主,在册,\n7,张三,李四,妻,在册,重复录入，作废\n\
                 7,张三,张五,子,在册,2026年3月死亡\n7,张三,张六,子,在册,身份证重复办理\n7,张三,张七,子,在册,删除\n";
    let statuses: Vec<Status> = records("人口.csv", lines).iter().map(|record| record.status).collect();
    let want = [Status::Active, Status::Closed, Status::Active, Status::Active, Status::Closed];
    assert_eq!(statuses, want, "for all else the column made for it says it better");
}

#[test]
fn rows_that_number_the_columns_or_show_an_example_are_nobody() {
    for second in
        ["1,2,3,4,5", "甲,乙,丙,丁,1", "示例,7,张某某,户主,519901194701190060", "（1）,（2）,（3）,（4）,（5）"]
    {
        let lines = format!("序号,户号,姓名,与户主关系,身份证号\n{second}\n1,7,李四,户主,\n");
        let found = text("人口.csv", &lines);
        let names: Vec<&str> = found.records().iter().map(|record| record.name.as_str()).collect();
        assert_eq!((names, found.refusals.len()), (vec!["李四"], 0), "{second}");
    }
}

#[test]
fn exports_of_databases_head_their_columns_in_english_or_by_first_letters() {
    for (header, line) in [
        (
            "id,household_no,head_name,name,relation,sex,id_card,birth_date,status,change_date,note",
            "1,7,张三,李四,妻,女,N,B,迁出,D,",
        ),
        ("XH,HH,HZXM,XM,YHZGX,XB,GMSFHM,CSRQ,RYZT,BDRQ,BZ", "1,7,张三,李四,妻,女,N,B,迁出,D,"),
    ] {
        let line = line.replace('N', "519901194701190060").replace('B', "1947-01-19").replace('D', "2026-03-05");
        let [record] = &records("人口.csv", &format!("{header}\n{line}\n"))[..] else { panic!("{header}: one line") };
        let number = record.id_number.as_ref().map(|id| id.reveal().to_owned());
        assert_eq!(number.as_deref(), Some("519901194701190060"), "{header}");
        assert_eq!((record.head.as_deref(), record.status), (Some("张三"), Status::MovedOut), "{header}");
        assert_eq!(dates(record)[2].as_deref(), Some("2026-03-05"), "{header}");
    }
    for header in [
        "xh,xm,xb,sfzh,fzlb,qrnd,zt,tcrq,lxr,qyys,lstd",
        "no,name,sex,id_no,type,confirm_year,status,exit_date,contact,doctor,green_channel",
    ] {
        let lines = format!("{header}\n1,张三,男,519901194701190060,特扶,2020,在册,,干部甲,,是\n");
        let [record] = &records("特扶.csv", &lines)[..] else { panic!("{header}: one line") };
        assert_eq!((record.contact, record.doctor, record.green), (Some(true), Some(false), Some(true)), "{header}");
    }
}

#[test]
fn a_header_that_begins_as_a_bitmap_does_is_a_header() {
    assert_eq!(records("人口.csv", "BM,XM,HH,YHZGX,HZXM\n1,张三,7,户主,张三\n")[0].name, "张三");
}

#[test]
fn a_township_knows_its_villages_by_their_names() {
    const NAMES: [(&str, &str); 3] =
        [("519901001", "第1乡"), ("519901001200", "王庄村"), ("519901001201", "幸福社区居委会")];
    let header = "户号,姓名,与户主关系";
    let areas = |name: &str, lines: &str| -> Vec<String> {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("表.csv");
        std::fs::write(&path, lines).unwrap();
        gather_named(&path, name, "519901", &NAMES).lines.iter().map(|line| line.area.to_string()).collect()
    };
    let two = ["519901001200", "519901001201"];
    let by_column = format!("村,{header}\n王庄村,7,张三,户主\n幸福社区,8,李四,户主\n");
    assert_eq!(areas("户籍人口.csv", &by_column), two, "a column of names");
    let with_township = by_column.replace("村,户号", "乡镇,村,户号").replace("王庄村,7", "第1乡,王庄,7");
    assert_eq!(
        areas("户籍人口.csv", &with_township.replace("幸福社区,8", "第1乡,幸福,8")),
        two,
        "beside the township's"
    );
    let merged = format!(
        "镇,村,{header}\n第1乡,王庄村,7,张三,户主\n,,7,张四,子\n,,7,张五,子\n,幸福社区,8,李四,户主\n,,8,李五,子\n"
    );
    assert_eq!(areas("户籍人口.csv", &merged), [two[0], two[0], two[0], two[1], two[1]], "merged over its lines");
    let ditto = format!("村,{header}\n王庄村,7,张三,户主\n〃,7,张四,子\n");
    assert_eq!(areas("户籍人口.csv", &ditto), [two[0], two[0]], "as above");
    assert_eq!(areas("户籍人口.csv", &ditto.replace('〃', "″")), [two[0], two[0]], "the same in another program");
    let missing = format!("村,{header}\n王庄村,7,张三,户主\n,7,张四,子\n幸福社区,8,李四,户主\n幸福社区,8,李五,子\n");
    assert_eq!(areas("户籍人口.csv", &missing)[1], "519901", "one that was forgotten says nothing");
    let by_title = format!("王庄村户籍人口\n{header}\n7,张三,户主\n第1乡幸福社区户籍人口\n8,李四,户主\n");
    assert_eq!(areas("户籍人口.csv", &by_title), two, "village under village");
    let plain = format!("{header}\n7,张三,户主\n");
    assert_eq!(areas("第1乡/王庄村/户籍人口.csv", &plain), two[..1], "the folders");
    assert_eq!(areas("王庄村户籍人口2026年4月.csv", &plain), two[..1], "the file's name");
    assert_eq!(areas("李庄村户籍人口.csv", &plain), ["519901"], "a name nobody told");
}

#[test]
fn a_township_may_head_its_villages_lines_by_their_numbers() {
    let lines = "519901001户籍人口\n户号,姓名,与户主关系\n一、200村\n7,张三,户主\n二、201村\n8,李四,户主\n";
    let areas: Vec<String> = {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("人口.csv");
        std::fs::write(&path, lines).unwrap();
        gather_named(&path, "人口.csv", "519901", &[]).lines.iter().map(|line| line.area.to_string()).collect()
    };
    assert_eq!(areas, ["519901001200", "519901001201"]);
}

#[test]
fn a_sheet_named_after_the_end_of_its_lines_says_how_they_ended() {
    let mut book = rust_xlsxwriter::Workbook::new();
    for (name, person) in [("在册", "张三"), ("死亡人员", "李四"), ("迁出", "王五"), ("迁入迁出登记", "赵六")]
    {
        let sheet = book.add_worksheet().set_name(name).unwrap();
        for (column, header) in ["户号", "姓名", "与户主关系"].into_iter().enumerate() {
            sheet.write(0, column as u16, header).unwrap();
        }
        for (column, cell) in ["7", person, "户主"].into_iter().enumerate() {
            sheet.write(1, column as u16, cell).unwrap();
        }
    }
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("人口.xlsx");
    book.save(&path).unwrap();
    let (result, sink) = gather(&path, "人口.xlsx", "519901001200", HashSet::new());
    result.unwrap();
    let statuses: Vec<Status> = sink.records().iter().map(|record| record.status).collect();
    assert_eq!(statuses, [Status::Active, Status::Deceased, Status::MovedOut, Status::Active]);
}

#[test]
fn a_name_and_a_number_may_share_a_cell() {
    let lines = "序号,户号,姓名/身份证号,与户主关系,性别,人口状态\n\
                 1,1,赵甲/519901195001110030,户主,男,在册\n2,1,钱女 519901197001010020,妻,女,在册\n3,1,赵小,子,男,在册\n";
    let of_all = lines.replace("姓名/身份证号", "户主及成员姓名/身份证号");
    assert_eq!(records("人口.csv", &of_all), records("人口.csv", lines));
    let people: Vec<(String, Option<String>)> = records("人口.csv", lines)
        .iter()
        .map(|record| {
            (record.name.to_string(), record.id_number.as_ref().and_then(|id| id.full()).map(|id| id.to_string()))
        })
        .collect();
    let number = |text: &str| Some(text.to_owned());
    let expected = [("赵甲", number("519901195001110030")), ("钱女", number("519901197001010020")), ("赵小", None)];
    assert_eq!(people, expected.map(|(name, number)| (name.to_owned(), number)));
}

#[test]
fn the_cell_of_the_state_may_say_when_and_where_to() {
    let lines = "户号,户主姓名,姓名,与户主关系,人口状态,备注\n\
                 7,张三,张三,户主,死亡(2026.2.3),\n\
                 7,张三,李四,妻,2026.2.4迁出至519901001201,\n\
                 7,张三,张五,子,,2026.3.1死亡\n\
                 7,张三,张六,子,在册,\n";
    let [father, mother, son, other] = &records("人口.csv", lines)[..] else { panic!("four lines") };
    assert_eq!((father.status, dates(father)[1].as_deref()), (Status::Deceased, Some("2026-02-03")));
    assert_eq!((mother.status, dates(mother)[2].as_deref()), (Status::MovedOut, Some("2026-02-04")));
    assert_eq!(mother.moved_to, Some(Place::Area("519901001201".parse().unwrap())));
    assert_eq!((son.status, dates(son)[1].as_deref()), (Status::Deceased, Some("2026-03-01")), "a blank says nothing");
    assert_eq!(other.status, Status::Active);
}

#[test]
fn a_line_that_ended_with_somebody_elses_death_is_nobodys_death() {
    let lines = "序号,低保证号,户主姓名,姓名,与户主关系,身份证号,保障类别,复核日期,状态,停保日期,停保原因\n\
                 1,D1,赵甲,赵甲,户主,519901195001110030,A类,2026.1.5,停保,2026.2.1,户主死亡\n\
                 2,D1,赵甲,钱女,妻,519901197001010020,A类,2026.1.5,停保,2026.2.1,户主死亡\n\
                 3,D2,孙丙,孙丙,户主,519901195003110077,A类,2026.1.5,停保,2026.2.1,其妻死亡，收入减少\n\
                 4,D3,李丁,李丁,户主,519901195005110118,A类,2026.1.5,停保,2026.2.1,本人死亡\n";
    let statuses: Vec<Status> = records("低保.csv", lines).iter().map(|record| record.status).collect();
    assert_eq!(statuses, [Status::Deceased, Status::Closed, Status::Closed, Status::Deceased]);
}

#[test]
fn a_column_that_asks_whether_is_answered_with_no() {
    let lines = "序号,姓名,身份证号,低保证号,保障类别,复核日期,是否在保\n\
                 1,赵甲,519901195001110030,D1,A类,2026.1.5,是\n2,钱女,519901197001010020,D2,A类,2026.1.5,否\n\
                 3,孙丙,519901195003110077,D3,A类,2026.1.5,×\n";
    let statuses: Vec<Status> = records("低保.xlsx", lines).iter().map(|record| record.status).collect();
    assert_eq!(statuses, [Status::Active, Status::Closed, Status::Closed]);
}

#[test]
fn people_side_by_side_are_a_line_each() {
    let lines = "王庄村户籍人口,,,,,,,\n\
                 户号,姓名,与户主关系,人口状态,户号,姓名,与户主关系,人口状态\n\
                 7,张三,户主,在册,9,王五,户主,在册\n,李四,妻,死亡,,赵六,妻,迁出\n\
                 户号,姓名,与户主关系,人口状态,户号,姓名,与户主关系,人口状态\n\
                 ,张五,子,在册,,王六,子,在册\n8,钱七,户主,在册,,,,\n合计8人,,,,,,,\n";
    let found = text("人口.csv", lines);
    let read: Vec<(u32, &str, Option<&str>, Status)> = found
        .lines
        .iter()
        .filter_map(|line| line.record.as_ref().map(|r| (line.row, r.name.as_str(), r.household.as_deref(), r.status)))
        .collect();
    let (here, seven, nine) = (Status::Active, Some("7"), Some("9"));
    let want = [
        (3, "张三", seven, here),
        (3, "王五", nine, here),
        (4, "李四", seven, Status::Deceased),
        (4, "赵六", nine, Status::MovedOut),
        (6, "张五", seven, here),
        (6, "王六", nine, here),
        (7, "钱七", Some("8"), here),
    ];
    assert_eq!((read, found.refusals.len()), (want.to_vec(), 0));
    assert_eq!((found.totals[0].stated, found.totals[0].counted), (8, 7), "each counts");
}

#[test]
fn three_may_stand_side_by_side_and_the_last_block_be_the_longest() {
    let lines = "村,姓名,公民身份号码,死亡日期,姓名,公民身份号码,死亡日期,姓名,公民身份号码,死亡日期,备注\n\
                 519901001200,赵甲,519901195001110030,2026.1.1,钱女,519901197001010020,2026.1.2,孙丙,519901195003110077,2026.1.3,\n\
                 519901001200,,,,,,,李丁,519901195005110118,2026.1.4,已火化\n";
    let found = text("死亡名单.csv", lines);
    let names: Vec<&str> = found.records().iter().map(|record| record.name.as_str()).collect();
    assert_eq!(names, ["赵甲", "钱女", "孙丙", "李丁"]);
    assert!(found.records().iter().all(|record| record.died.is_some() && record.id_number.is_some()));
}

#[test]
fn a_cell_merged_over_lines_stands_for_all_of_them_and_a_blank_one_for_none() {
    const NAMES: [(&str, &str); 2] = [("519901001200", "王庄村"), ("519901001201", "幸福社区居委会")];
    let format = rust_xlsxwriter::Format::new();
    let mut book = rust_xlsxwriter::Workbook::new();
    let sheet = book.add_worksheet();
    for (column, header) in ["村", "扶助类别", "姓名", "确认年度", "联系人", "备注"].into_iter().enumerate()
    {
        sheet.write(0, column as u16, header).unwrap();
    }
    for (row, name) in (1..).zip(["赵甲", "钱乙", "孙丙", "李丁", "周戊", "吴己"]) {
        sheet.write(row, 2, name).unwrap();
        sheet.write(row, 3, 2020).unwrap();
    }
    // One village over two lines, one line of its own, one over two, and one that was forgotten.
    sheet.merge_range(1, 0, 2, 0, "王庄村", &format).unwrap();
    sheet.write(3, 0, "幸福社区").unwrap();
    sheet.merge_range(4, 0, 5, 0, "幸福社区", &format).unwrap();
    sheet.merge_range(1, 1, 6, 1, "特扶", &format).unwrap();
    sheet.merge_range(1, 4, 2, 4, "干部甲", &format).unwrap();
    sheet.merge_range(1, 5, 2, 5, "2026年3月死亡", &format).unwrap();
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("特扶.xlsx");
    book.save(&path).unwrap();
    let found = gather_named(&path, "特扶.xlsx", "519901", &NAMES);
    let areas: Vec<String> = found.lines.iter().map(|line| line.area.to_string()).collect();
    let (wang, fu) = ("519901001200", "519901001201");
    assert_eq!(areas, [wang, wang, fu, fu, fu, "519901"]);
    let records = found.records();
    assert!(records.iter().all(|record| record.aid == Some(crate::domain::Aid::Special)));
    let contacts: Vec<bool> = records.iter().map(|record| record.contact == Some(true)).collect();
    assert_eq!(contacts, [true, true, false, false, false, false]);
    let statuses: Vec<Status> = records.iter().map(|record| record.status).collect();
    assert_eq!(statuses[..2], [Status::Deceased, Status::Active], "a remark over two is about one of them");
}

#[test]
fn members_who_are_numbered_and_couples_are_a_line_each() {
    let lines = "户主姓名,户主身份证号,家庭成员1姓名,家庭成员1身份证号,家庭成员2姓名,家庭成员2身份证号,低保证号,保障类别,备注\n\
                 赵甲,519901195001110030,钱女,519901197001010020,,,D1,A类,死亡\n\
                 孙丙,519901195003110077,李丁,519901195005110118,周戊,,D2,B类,\n";
    let found = text("低保.csv", lines);
    let read: Vec<(&str, Option<&str>, bool, Status)> = found
        .records()
        .iter()
        .map(|r| (r.name.as_str(), r.record_no.as_deref(), r.id_number.is_some(), r.status))
        .collect();
    let here = Status::Active;
    let want = [
        ("赵甲", Some("D1"), true, here),
        ("钱女", Some("D1"), true, here),
        ("孙丙", Some("D2"), true, here),
        ("李丁", Some("D2"), true, here),
        ("周戊", Some("D2"), false, here),
    ];
    assert_eq!(read, want, "whose death the remark is of, nobody knows");
    let register =
        "户主姓名,户主身份证号,家庭成员1姓名,家庭成员1身份证号\n赵甲,519901195001110030,钱女,519901197001010020\n";
    assert_eq!(records("人口.csv", register).len(), 2, "told by the whole header");
    let couples = "男方姓名,男方身份证号,女方姓名,女方身份证号,扶助类别,确认年度,联系人\n\
                   赵甲,519901195001110030,钱女,519901197001010020,特扶,2018,干部甲\n";
    let found = records("计生.csv", couples);
    let names: Vec<(&str, Option<bool>)> = found.iter().map(|record| (record.name.as_str(), record.contact)).collect();
    assert_eq!(names, [("赵甲", Some(true)), ("钱女", Some(true))]);
}

#[test]
fn columns_that_ask_are_answered() {
    let flags = "户号,姓名,与户主关系,是否死亡,是否迁出,是否注销\n1,赵甲,户主,是,,\n1,钱女,妻,否,是,\n1,赵乙,子,,,\n\
                 1,赵丙,子,,,死亡注销\n1,赵丁,子,,,√\n";
    let statuses = |name, lines| -> Vec<Status> { records(name, lines).iter().map(|record| record.status).collect() };
    use Status::{Active, Closed, Deceased, MovedOut};
    assert_eq!(statuses("人口.csv", flags), [Deceased, MovedOut, Active, Deceased, Closed]);
    let back = "姓名,流出时间,流入地,是否返回\n赵甲,2025.3.1,广东,否\n钱女,2024.5.1,浙江,是\n";
    assert_eq!(statuses("流出人口.csv", back), [Active, Closed]);
    let choice = "户号,姓名,与户主关系,在家/外出/死亡\n1,赵甲,户主,在家\n1,钱女,妻,死亡\n";
    assert_eq!(statuses("人口.csv", choice), [Active, Deceased]);
    let kind = "户号,姓名,与户主关系,人口变动,死亡、迁出时间\n1,赵甲,户主,死亡,2026年2月\n1,钱女,妻,迁出,2026.3.5\n1,赵乙,子,,\n";
    let changed = records("人口.csv", kind);
    assert_eq!((changed[0].status, dates(&changed[0])[1].as_deref()), (Deceased, Some("2026-02")));
    assert_eq!((changed[1].status, dates(&changed[1])[2].as_deref()), (MovedOut, Some("2026-03-05")));
}

#[test]
fn what_befell_the_spouse_is_not_the_persons_own_state() {
    let lines = "姓名,身份证号,扶助类别,确认年度,配偶情况\n赵甲,519901195001110030,特扶,2018,死亡\n\
                 孙丙,519901195003110077,特扶,2018,死亡\n李丁,519901195005110118,特扶,2018,健在\n";
    assert!(records("特扶.csv", lines).iter().all(|record| record.status == Status::Active));
}

#[test]
fn marks_of_direction_around_a_copied_cell_are_nothing() {
    let lines = "户号,姓名,与户主关系,身份证号\n1,\u{202d}赵甲\u{202c},户主,\u{202a}519901195001110030\u{202c}\n";
    let [record] = &records("人口.csv", lines)[..] else { panic!("one line") };
    assert_eq!((record.name.as_str(), record.id_number.as_ref().unwrap().reveal()), ("赵甲", "519901195001110030"));
}

#[test]
fn a_text_between_the_lines_says_how_those_below_it_stand() {
    let lines = "户号,姓名,与户主关系,身份证号\n\
                 一、在册人员,,,\n7,张三,户主,519901194501190052\n\
                 二、死亡人员（1人）,,,\n8,李四,户主,519901194701190060\n\
                 三、迁出人员,1人,,\n9,王五,户主,519901197001190016\n\
                 四、新增人员,,,\n9,王六,子,519901199501190015\n";
    let statuses: Vec<Status> = records("人口.csv", lines).iter().map(|record| record.status).collect();
    assert_eq!(statuses, [Status::Active, Status::Deceased, Status::MovedOut, Status::Active]);
    let dibao = "姓名,身份证号,审批日期\n一、A类,,\n张三,519901194501190052,2020-01-01\n\
                 二、C类,,\n李四,519901194701190060,2020-01-01\n本月停发人员：,,\n王五,519901197001190016,2020-01-01\n";
    let said: Vec<_> = records("低保.csv", dibao).iter().map(|record| (record.class, record.status)).collect();
    let want = [(Some('A'), Status::Active), (Some('C'), Status::Active), (None, Status::Closed)];
    assert_eq!(said, want, "what a column would have said");
}

#[test]
fn the_state_of_a_part_ends_where_another_village_begins() {
    let lines = "户号,姓名,与户主关系,身份证号\n519901001200村,,,\n7,张三,户主,519901194501190052\n\
                 死亡人员,,,\n8,李四,户主,519901194701190060\n519901001201村,,,\n9,王五,户主,519901197001190016\n";
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("人口.csv");
    std::fs::write(&path, lines).unwrap();
    let (result, sink) = gather(&path, "人口.csv", "519901001", HashSet::new());
    result.unwrap();
    let statuses: Vec<Status> = sink.records().iter().map(|record| record.status).collect();
    assert_eq!(statuses, [Status::Active, Status::Deceased, Status::Active]);
}

#[test]
fn a_review_that_is_said_and_not_dated_is_one_of_the_month_the_list_states() {
    let lines = "姓名,身份证号,低保类别,复核日期\n张三,519901194501190052,A类,本月已核\n李四,519901194701190060,A类,待复核\n\
                 王五,519901197001190016,A类,2026.1.5\n王六,519901199501190015,A类,未核\n";
    let reviewed = |name| -> Vec<Option<String>> {
        records(name, lines).iter().map(|record| record.reviewed.map(|date| date.to_string())).collect()
    };
    assert_eq!(reviewed("2026年3月低保.csv"), [Some("2026-03".to_owned()), None, Some("2026-01-05".to_owned()), None]);
    let raws = |name| text(name, lines).lines.iter().map(|line| line.raw).collect::<Vec<_>>();
    let (march, april) = (raws("2026年3月低保.csv"), raws("2026年4月低保.csv"));
    assert_ne!(march[0], april[0], "the same words say another month");
    assert_eq!(march[1..], april[1..]);
}
