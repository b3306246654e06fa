//! What a column is called, where there are many words for it.

use super::super::RefusalCode;
use super::gathered::{records, text};
use crate::domain::{List, Status};

const HEAD: &str = "519901195001110030";
const WIFE: &str = "519901194701190060";
const SON: &str = "519901195003110077";
const ALONE: &str = "519901195005110118";

#[test]
fn a_doctor_a_contact_and_a_way_to_the_hospital_have_many_names() {
    let covered = |header: &str, given: &str| {
        let record = |value: &str| {
            let lines = format!("姓名,身份证号,扶助类型,{header}\n赵甲,519901195001110030,特扶,{value}\n");
            let found = records("特扶.csv", &lines);
            [found[0].contact, found[0].doctor, found[0].green]
        };
        (record(given), record("无"))
    };
    let none = None;
    for header in [
        "村医",
        "包保医生",
        "责任医师",
        "签约医生及电话",
        "签约机构",
        "签约乡村医生",
        "家医签约",
        "家医",
        "医生",
        "乡村医生",
        "服务医生",
        "健康管理医生",
        "家签医生",
    ] {
        assert_eq!(covered(header, "李医生"), ([none, Some(true), none], [none, Some(false), none]), "{header}");
    }
    for header in [
        "包户干部",
        "联户干部",
        "结对干部",
        "帮联干部",
        "挂包干部",
        "责任人",
        "联络员",
        "帮扶人姓名",
        "包保干部姓名",
        "镇联系领导",
        "联系人姓名及电话",
        "结对子",
    ] {
        assert_eq!(covered(header, "王某"), ([Some(true), none, none], [Some(false), none, none]), "{header}");
    }
    for header in [
        "优先便利医疗",
        "优先就医",
        "就诊卡",
        "扶助卡",
        "暖心卡",
        "优先挂号",
        "定点医院",
        "绿卡",
        "就医绿卡",
        "优诊卡",
        "便利就医卡",
        "就医便利",
        "优先就诊",
        "绿色就诊",
        "优待证",
        "优先优惠就诊卡",
        "医疗优待",
    ] {
        assert_eq!(covered(header, "有"), ([none, none, Some(true)], [none, none, Some(false)]), "{header}");
    }
    let grouped = "姓名,身份证号,扶助类别,联系人,家庭医生,,绿色通道\n,,,,医生姓名,电话,\n\
                   赵甲,519901195001110030,特扶,王某,李某,13900001111,是\n钱乙,,特扶,王某,,,是\n";
    let found = records("特扶.csv", grouped);
    let doctors: Vec<_> = found.iter().map(|record| (record.doctor, record.phone_tail.clone())).collect();
    assert_eq!(doctors, [(Some(true), None), (Some(false), None)], "the telephone is the doctor's");
}

#[test]
fn whoever_a_list_is_of_is_named_under_many_headers() {
    for (name, header, line, list) in [
        ("健康档案.csv", "档案编号,受检者,证件号,体检日期", "51990100120000001,赵甲,,2026.3.5", List::Health),
        ("健康档案.csv", "电子健康档案编号,患者,身份证号,建档日期", "51990100120000001,赵甲,,2020.3.5", List::Health),
        ("死亡名单.csv", "已故人员,身份证号码,病故日期,住址", "赵甲,519901195001110030,2026.3.5,一组", List::Deaths),
        ("死亡名单.csv", "死亡对象,身份证号码,死亡日期,住址", "赵甲,519901195001110030,2026.3.5,一组", List::Deaths),
        ("死亡名单.csv", "亡故者,身份证号码,死亡日期", "赵甲,519901195001110030,2026.3.5", List::Deaths),
        ("死亡名单.csv", "往生者,身份证号码,死亡日期", "赵甲,519901195001110030,2026.3.5", List::Deaths),
        ("农村低保.csv", "证件编号,享受低保人员,身份证号,保障金额", "1,赵甲,519901195001110030,300", List::Dibao),
        ("农村低保.csv", "证号,受助对象,身份证号,月补助金额", "1,赵甲,519901195001110030,300", List::Dibao),
        ("人口.csv", "户号,人名,与户主关系,身份证号", "1,赵甲,户主,519901195001110030", List::Population),
    ] {
        let found = text(name, &format!("{header}\n{line}\n"));
        let told: Vec<_> = found.lines.iter().map(|line| line.list).zip(found.records()).collect();
        let [(told, record)] = &told[..] else { panic!("{header}: one line") };
        assert_eq!((*told, record.name.as_str()), (list, "赵甲"), "{header}");
    }
}

/// Name, relation and the end of the number of each line.
fn people(name: &str, lines: &str) -> Vec<String> {
    let told = |record: &crate::domain::Record| {
        let number = record.id_number.as_ref().map_or("", |id| id.reveal());
        format!("{} {} {}", record.name, record.relation.unwrap_or_default(), &number[number.len().saturating_sub(4)..])
    };
    records(name, lines).iter().map(told).collect()
}

fn household(header: &str, given: &str) -> String {
    format!(
        "{header}\n1,赵甲,赵甲,户主,{HEAD},{given}\n1,赵甲,钱乙,妻,{WIFE},{given}\n1,赵甲,赵丙,子,{SON},{given}\n\
         2,李丁,李丁,户主,{ALONE},{given}\n"
    )
}

/// Under a header that nobody knew all of a household had the name of their head.
#[test]
fn whoever_is_named_beside_the_head_has_a_name_of_their_own() {
    let want = ["赵甲 2 0030", "钱乙 12 0060", "赵丙 20 0077", "李丁 2 0118"];
    for header in [
        "低保人员",
        "低保对象",
        "低保成员",
        "保障人员",
        "享受人",
        "享受者",
        "受保人",
        "救助人员",
        "家庭成员名单",
        "共同生活成员",
        "保障家庭成员",
        "成员名",
        "人员",
        "低保人口姓名",
        "谁享受",
    ] {
        let lines = household(&format!("低保证号,户主,{header},与户主关系,身份证号,保障类别"), "A");
        assert_eq!(people("低保.csv", &lines), want, "{header}");
        assert_eq!(
            people("低保.csv", &lines.replace("\n1,赵甲,钱乙", "\n,,钱乙").replace("\n1,赵甲,赵丙", "\n,,赵丙")),
            want,
            "{header}"
        );
    }
    for header in ["人员", "居民", "人口名称", "现用名", "名", "哪一位"] {
        let lines = household(&format!("户号,户主姓名,{header},与户主关系,身份证号,人口状态"), "在册");
        assert_eq!(people("人口.csv", &lines), want, "{header}");
    }
    let no_kin = format!(
        "低保证号,户主,哪一位,身份证号,保障类别\n1,赵甲,赵甲,{HEAD},A\n1,赵甲,钱乙,{WIFE},A\n2,李丁,李丁,{ALONE},A\n"
    );
    assert_eq!(people("低保.csv", &no_kin), ["赵甲 0 0030", "钱乙 0 0060", "李丁 0 0118"]);
    let headless = format!("低保对象,身份证号,保障类别,审批日期\n赵甲,{HEAD},A,2020.1.5\n钱乙,{WIFE},A,2020.1.5\n");
    assert_eq!(people("低保.csv", &headless), ["赵甲 0 0030", "钱乙 0 0060"]);
}

#[test]
fn whoever_signs_or_helps_beside_the_heads_is_not_who_a_line_is_of() {
    let lines = |who: [&str; 3]| {
        format!(
            "低保证号,户主,经手,与户主关系,身份证号,保障类别\n1,赵甲,{},户主,{HEAD},A\n2,李丁,{},户主,{ALONE},A\n\
             3,孙丙,{},户主,{WIFE},A\n",
            who[0], who[1], who[2]
        )
    };
    for said in ["全家", "本人", "是", "2"] {
        let whole = lines([said; 3]).replace("经手", "享受人员");
        assert_eq!(people("低保.csv", &whole), ["赵甲 2 0030", "李丁 2 0118", "孙丙 2 0060"], "{said}");
    }
    for who in [["孙戊"; 3], ["赵甲", "李丁", "孙丙"], ["孙戊", "周己", "吴庚"]] {
        assert_eq!(people("低保.csv", &lines(who)), ["赵甲 2 0030", "李丁 2 0118", "孙丙 2 0060"], "{who:?}");
    }
}

/// What the wife is called nobody knows then: taken for the head's, her number would be another person's.
#[test]
fn a_line_that_names_the_head_alone_is_nobodys_where_it_is_of_another() {
    let lines = format!(
        "户号,户主姓名,与户主关系,身份证号,人口状态\n1,赵甲,户主,{HEAD},在册\n1,赵甲,妻,{WIFE},在册\n1,,子,{SON},在册\n\
         2,李丁,户主,{ALONE},在册\n"
    );
    let found = text("人口.csv", &lines);
    let names: Vec<&str> = found.records().iter().map(|record| record.name.as_str()).collect();
    assert_eq!(names, ["赵甲", "李丁"]);
    assert_eq!(found.refusals.iter().filter(|refusal| refusal.code == RefusalCode::NoName).count(), 2);
    let own = lines.replace("1,赵甲,妻", "1,钱乙,妻").replace("1,,子", "1,赵丙,子");
    assert_eq!(records("人口.csv", &own).len(), 4, "the members stand in the column of the heads");
}

#[test]
fn a_name_in_two_columns_is_one_name() {
    let lines = format!(
        "户号,姓,名,与户主关系,身份证号,人口状态\n1,赵,甲,户主,{HEAD},在册\n1,欧阳,乙丁,妻,{WIFE},在册\n1,赵,赵小丙,子,{SON},在册\n"
    );
    assert_eq!(people("人口.csv", &lines), ["赵甲 2 0030", "欧阳乙丁 12 0060", "赵小丙 20 0077"]);
    let grouped = lines.replacen(
        "户号,姓,名,与户主关系,身份证号,人口状态",
        "户号,姓名,,与户主关系,身份证号,人口状态\n,姓,名,,,",
        1,
    );
    assert_eq!(people("人口.csv", &grouped), ["赵甲 2 0030", "欧阳乙丁 12 0060", "赵小丙 20 0077"]);
}

#[test]
fn headers_in_traditional_characters_are_the_same_headers() {
    let lines =
        format!("戶號,戶主,姓名,與戶主關係,身份證號碼,出生日期,人口狀態\n1,赵甲,钱乙,妻,{WIFE},1947.1.19,死亡\n");
    let [record] = &records("人口.csv", &lines)[..] else { panic!("one line") };
    assert_eq!((record.head.as_deref(), record.relation, record.status), (Some("赵甲"), Some(12), Status::Deceased));
    assert_eq!((record.household.as_deref(), record.birth), (Some("1"), "1947-01-19".parse().ok()));
}

#[test]
fn a_second_row_of_a_header_is_nobody_where_it_says_little() {
    for (first, second) in [
        ("序号,户主,姓名,与户主关系,身份证号,保障类别,审批日期,复核,保障状态,停保,", ",,,,,,,时间,,时间,原因"),
        ("序号,户主,姓名,与户主关系,身份证号,保障类别,审批日期,复核,保障状态", ",,,,,,,时间,"),
    ] {
        let lines = format!("{first}\n{second}\n1,赵甲,钱乙,妻,{WIFE},A,2015.1.1,2025.12.1,在保,,\n");
        let [record] = &records("低保.csv", &lines)[..] else { panic!("{first}: one line") };
        assert_eq!((record.name.as_str(), record.reviewed), ("钱乙", "2025-12-01".parse().ok()), "{first}");
    }
}

#[test]
fn words_over_each_household_are_nobody() {
    let lines = format!(
        "序号,姓名,与户主关系,性别,身份证号码,出生日期,人口状态\n户主姓名,赵甲,户号,7,人口数,2\n1,赵甲,户主,男,{HEAD},,在册\n\
         2,钱乙,妻,女,{WIFE},,在册\n户主：,李丁,户号：,8,身份证号：,{ALONE}\n3,李丁,户主,男,{ALONE},,在册\n"
    );
    assert_eq!(people("人口.csv", &lines), ["赵甲 2 0030", "钱乙 12 0060", "李丁 2 0118"]);
}

#[test]
fn a_digit_means_what_its_header_says() {
    let states = |header: &str| -> Vec<Status> {
        let lines = format!(
            "户号,姓名,与户主关系,身份证号,{header}\n1,赵甲,户主,{HEAD},2\n1,钱乙,妻,{WIFE},3\n1,赵丙,子,{SON},1\n"
        );
        records("人口.csv", &lines).iter().map(|record| record.status).collect()
    };
    let told = [Status::Deceased, Status::MovedOut, Status::Active];
    assert_eq!(states("状态（1在册 2死亡 3迁出）"), told);
    assert_eq!(states("人口状态(1-在册;2-死亡;3-迁出)"), told);
    assert_eq!(states("状态"), [Status::Active; 3], "no digit means anything by itself");
    let asked = format!(
        "档案编号,姓名,身份证号,建档日期,是否在册（是/否，否请注明原因）\n1,赵甲,{HEAD},2015.1.1,是\n2,钱乙,{WIFE},2015.1.1,否（迁出）\n"
    );
    let found = text("健康档案.csv", &asked);
    let states: Vec<Status> = found.records().iter().map(|record| record.status).collect();
    assert_eq!((states, found.refusals.len()), (vec![Status::Active, Status::MovedOut], 0));
}

#[test]
fn marks_of_the_same_are_the_same() {
    for mark in ["〃", "……", "々", "同上"] {
        let lines =
            format!("户号,姓名,与户主关系,身份证号,人口状态\n7,赵甲,户主,{HEAD},在册\n{mark},钱乙,妻,{WIFE},{mark}\n");
        let found = text("人口.csv", &lines);
        assert_eq!(found.records()[1].household.as_deref(), Some("7"), "{mark}");
        assert!(found.refusals.is_empty(), "{mark}");
    }
}

#[test]
fn headers_may_be_numbered_and_sorted() {
    let plain = ["序号", "户号", "姓名", "与户主关系", "身份证号", "状态"];
    let line = format!("1,7,赵甲,户主,{HEAD},在册\n2,7,钱乙,妻,{WIFE},死亡\n");
    let read = |of: &dyn Fn(usize, &str) -> String| {
        let header: Vec<String> = plain.iter().enumerate().map(|(at, word)| of(at, word)).collect();
        records("人口.csv", &format!("{}\n{line}", header.join(",")))
    };
    let want = read(&|_, word| word.to_owned());
    assert_eq!(want.iter().map(|record| record.status).collect::<Vec<_>>(), [Status::Active, Status::Deceased]);
    assert_eq!(read(&|at, word| format!("{}.{word}", at + 1)), want);
    assert_eq!(read(&|at, word| format!("({}) {word}", at + 1)), want);
    assert_eq!(read(&|at, word| format!("{}{word}", ['①', '②', '③', '④', '⑤', '⑥'][at])), want);
    assert_eq!(read(&|_, word| format!("{word}▼")), want);
    assert_eq!(read(&|_, word| format!("{word} ↑")), want);
}
