use super::super::remark::noted;
use super::*;

fn vocabulary() -> Vocabulary {
    Vocabulary::load(None).unwrap()
}

#[test]
fn statuses_are_read_through_what_clerks_add_to_them() {
    let vocabulary = vocabulary();
    for (list, text, want) in [
        (List::Population, "在册", Some(Status::Active)),
        (List::Population, "已迁出(2024.3)", Some(Status::MovedOut)),
        (List::Population, "死亡注销", Some(Status::Deceased)),
        (List::Population, "未死亡", Some(Status::Active)),
        (List::Population, "人户分离", Some(Status::Active)),
        (List::Health, "失访", Some(Status::Closed)),
        (List::Health, "非正常", Some(Status::Closed)),
        (List::Dibao, "停保", Some(Status::Closed)),
        (List::Dibao, "2023年停保", Some(Status::Closed)),
        (List::Dibao, "2026年2月停", Some(Status::Closed)),
        (List::Dibao, "停2026.2", Some(Status::Closed)),
        (List::Dibao, "自然减员", Some(Status::Deceased)),
        (List::Dibao, "否", Some(Status::Closed)),
        (List::Population, "否", Some(Status::Active)),
        (List::Population, "去逝", Some(Status::Deceased)),
        (List::Population, "外嫁", Some(Status::MovedOut)),
        (List::Population, "迁出未办", Some(Status::Active)),
        (List::Population, "外嫁（户口未迁）", Some(Status::Active)),
        (List::Family, "退", Some(Status::Closed)),
        (List::Family, "退出", Some(Status::Closed)),
        (List::Deaths, "注销", Some(Status::Deceased)),
        (List::Health, "1", None),
        (List::Population, "己故", Some(Status::Deceased)),
        (List::Population, "夭折", Some(Status::Deceased)),
        (List::Population, "老故", Some(Status::Deceased)),
        (List::Population, "2026.1逝", Some(Status::Deceased)),
        (List::Population, "亡人", Some(Status::Deceased)),
        (List::Population, "伤亡人员家属", None),
        (List::Population, "不在了", None),
        (List::Population, "已迁", Some(Status::MovedOut)),
        (List::Population, "迁", Some(Status::MovedOut)),
        (List::Population, "2026.1迁", Some(Status::MovedOut)),
        (List::Population, "户口已迁", Some(Status::MovedOut)),
        (List::Population, "2026年1月转走", Some(Status::MovedOut)),
        (List::Population, "出嫁，户口已迁", Some(Status::MovedOut)),
        (List::Population, "出嫁，户口未迁", None),
        (List::Population, "出嫁", None),
        (List::Population, "户口转到519922", Some(Status::MovedOut)),
        (List::Population, "迁去外省", Some(Status::MovedOut)),
        (List::Population, "户籍转移", Some(Status::MovedOut)),
        (List::Population, "农转非迁出", Some(Status::MovedOut)),
        (List::Population, "非迁出", Some(Status::Active)),
        (List::Population, "迁岀", Some(Status::MovedOut)),
        (List::Population, "转户", None),
        (List::Dibao, "已停", Some(Status::Closed)),
        (List::Dibao, "退", Some(Status::Closed)),
        (List::Dibao, "已退", Some(Status::Closed)),
        (List::Dibao, "已退休", None),
        (List::Dibao, "自愿放弃", Some(Status::Closed)),
        (List::Dibao, "脱保", Some(Status::Closed)),
        (List::Dibao, "2026年1月起停发", Some(Status::Closed)),
        (List::Dibao, "自2026.1起停", Some(Status::Closed)),
        (List::Dibao, "其妻停保", None),
        (List::Dibao, "本月停发", None),
        (List::Dibao, "拟停保", None),
        (List::Dibao, "停保后恢复", Some(Status::Active)),
        (List::Health, "停管", Some(Status::Closed)),
        (List::Health, "失去联系", Some(Status::Closed)),
        (List::Health, "搬离", Some(Status::MovedOut)),
        (List::Health, "查无此人", None),
    ] {
        assert_eq!(status(text, vocabulary.of(list)), want, "{text}");
    }
}

#[test]
fn a_remark_tells_the_end_of_a_line_only_where_it_is_about_that() {
    let vocabulary = vocabulary();
    for (text, want) in [
        ("死亡", Some(Status::Deceased)),
        ("2026年3月5日死亡", Some(Status::Deceased)),
        ("已故（2026.3）", Some(Status::Deceased)),
        ("2026.3.5迁往519901002202", Some(Status::MovedOut)),
        ("已迁出，2026年2月", Some(Status::MovedOut)),
        ("迁出至外县", Some(Status::MovedOut)),
        ("26.3月迁至浙江", Some(Status::MovedOut)),
        ("外嫁", Some(Status::MovedOut)),
        ("外嫁，户口未迁", None),
        ("户口注销", None),
        ("配偶死亡", None),
        ("父亲去世", None),
        ("死亡证明已交", None),
        ("外出务工", None),
        ("新增", None),
        ("", None),
    ] {
        assert_eq!(noted(text, vocabulary.of(List::Population)), want, "{text}");
    }
}

#[test]
fn a_death_in_the_family_is_not_the_persons_own() {
    let vocabulary = vocabulary();
    for (text, is_head, want) in [
        ("死亡", false, false),
        ("本人死亡", false, false),
        ("低保对象死亡", false, false),
        ("2026年2月死亡", false, false),
        ("户主死亡", true, false),
        ("户主死亡", false, true),
        ("其妻死亡，收入减少", true, true),
        ("儿子去世", true, true),
        ("家庭成员死亡", false, true),
        ("收入超标准", false, false),
    ] {
        let told = vocabulary.of(List::Dibao).teller.death(text);
        assert_eq!(told.is_some_and(|told| !told.is_own(text, "张三", is_head)), want, "{text}");
    }
}

#[test]
fn reasons_relations_classes_and_aids() {
    let vocabulary = vocabulary();
    assert_eq!(reason("本人死亡", &vocabulary), Some(Reason::Died));
    assert_eq!(reason("户籍迁往外县", &vocabulary), Some(Reason::Moved));
    assert_eq!(reason("家庭收入超过标准", &vocabulary), Some(Reason::NotEntitled));
    assert_eq!((reason("", &vocabulary), reason("/", &vocabulary)), (None, None));
    let code = |text| relation(Cell::Text(text), &vocabulary);
    assert_eq!(
        (code("妻子"), code("之妻"), code("户主之长子"), code("大儿子")),
        (Some(12), Some(12), Some(22), Some(22))
    );
    assert_eq!((code("02"), code("儿媳"), code("邻居"), code("户主（女）")), (Some(2), Some(38), None, Some(2)));
    let dibao = vocabulary.of(List::Dibao);
    let class = |text| class(text, dibao, &vocabulary);
    assert_eq!((class("C类"), class("城市二类"), class("全额")), (Some('C'), Some('B'), None));
    let family = vocabulary.of(List::Family);
    assert_eq!(
        (aid("特扶(死亡)", family), aid("奖扶", family), aid("独生子女伤残", family)),
        (Some(Aid::Special), Some(Aid::Reward), Some(Aid::Special))
    );
    assert_eq!(["死", "残", "独死", "独残"].map(|text| aid(text, family)), [Some(Aid::Special); 4]);
}

#[test]
fn digits_of_a_sex_column_mean_what_the_numbers_say() {
    let mut reversed = SexEvidence::default();
    for _ in 0..9 {
        reversed.add(1, Sex::Female);
        reversed.add(0, Sex::Male);
    }
    let digits = reversed.digits();
    assert_eq!((digits.zero, digits.one, digits.two), (Some(Sex::Male), Some(Sex::Female), Some(Sex::Female)));
    assert_eq!(SexEvidence::default().digits(), SexDigits::STANDARD);
    let read = |text| sex(Cell::Text(text), SexDigits::STANDARD, &vocabulary());
    assert_eq!(
        (read("男性"), read("F"), read("２"), read("未知"), read("汉")),
        (Ok(Some(Sex::Male)), Ok(Some(Sex::Female)), Ok(Some(Sex::Female)), Ok(None), Err(()))
    );
}

#[test]
fn a_benefit_that_is_drawn_no_more_has_ended() {
    let vocabulary = vocabulary();
    for list in [List::Dibao, List::Family] {
        let state = |text| status(text, vocabulary.of(list));
        for ended in ["不再享受", "停止享受", "不能再享受", "自2026年1月起不再享受"] {
            assert_eq!(state(ended), Some(Status::Closed), "{list:?} {ended}");
        }
        assert_eq!(state("继续享受"), Some(Status::Active), "{list:?}");
    }
}

#[test]
fn of_a_telephone_only_the_tail_is_kept() {
    assert_eq!(phone_tail("138 1234 5678/0834-1234567").as_deref(), Some("5678"));
    assert_eq!((phone_tail("无"), phone_tail("110")), (None, None));
}
