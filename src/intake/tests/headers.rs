//! What a column is called, where there are many words for it.

use super::gathered::{records, text};
use crate::domain::List;

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
    for header in ["村医", "包保医生", "责任医师", "签约医生及电话", "签约机构", "签约乡村医生", "家医签约"]
    {
        assert_eq!(covered(header, "李医生"), ([none, Some(true), none], [none, Some(false), none]), "{header}");
    }
    for header in ["包户干部", "结对干部", "帮联干部", "挂包干部", "责任人", "联络员"] {
        assert_eq!(covered(header, "王某"), ([Some(true), none, none], [Some(false), none, none]), "{header}");
    }
    for header in ["绿卡", "就医绿卡", "优诊卡", "便利就医卡"] {
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
