//! Heads beside the members of their households, and beside whoever fetches their money.

use super::super::RefusalCode;
use super::gathered::{Gathered, text};
use crate::domain::Status;

/// Name, relation and the end of the number of each line, by name.
fn people(found: &Gathered) -> Vec<(String, Option<u8>, String)> {
    let mut people: Vec<_> = found
        .records()
        .iter()
        .map(|record| {
            let number = record.id_number.as_ref().map_or("", |id| id.reveal());
            (
                record.name.to_string(),
                record.relation,
                number.chars().rev().take(4).collect::<Vec<_>>().iter().rev().collect(),
            )
        })
        .collect();
    people.sort();
    people
}

fn told(found: &Gathered) -> Vec<(RefusalCode, &str)> {
    found.refusals.iter().map(|refusal| (refusal.code, refusal.detail.as_str())).collect()
}

const HEAD: &str = "519901195001110030";
const WIFE: &str = "519901194701190060";
const SON: &str = "519901195003110077";
const ALONE: &str = "519901195005110118";

fn want() -> Vec<(String, Option<u8>, String)> {
    let person = |name: &str, relation, number: &str| (name.to_owned(), Some(relation), number[14..].to_owned());
    let mut want =
        vec![person("赵甲", 2, HEAD), person("钱乙", 12, WIFE), person("赵丙", 20, SON), person("李丁", 2, ALONE)];
    want.sort();
    want
}

/// Registers have their columns in any order: what stands between 户主 and 成员姓名 is each member's own where it differs.
#[test]
fn a_number_between_the_head_and_the_members_is_whose_the_lines_of_a_household_say() {
    let want_own = |lines: &str| {
        let found = text("人口.csv", lines);
        assert_eq!(told(&found), [], "{lines}");
        let mut numbers: Vec<(String, String)> = people(&found).into_iter().map(|(name, _, end)| (name, end)).collect();
        numbers.sort();
        let own = |name: &str, number: &str| (name.to_owned(), number[14..].to_owned());
        let mut want = vec![own("赵甲", HEAD), own("钱乙", WIFE), own("赵丙", SON), own("李丁", ALONE)];
        want.sort();
        assert_eq!(numbers, want, "{lines}");
        let births: Vec<_> = found.records().iter().filter_map(|record| record.birth).collect();
        assert_eq!(births.len(), 4, "{lines}");
    };
    let header = "户主,证件号码,成员姓名,户编号,出生日期,状态,家庭关系,性别";
    let each = format!(
        "{header}\n赵甲,{HEAD},赵甲,1,1950-01-11,在册,户主,男\n,{WIFE},钱乙,1,1947-01-19,在册,妻,女\n\
         ,{SON},赵丙,1,1950-03-11,在册,子,男\n李丁,{ALONE},李丁,2,1950-05-11,在册,户主,男\n"
    );
    want_own(&each);
    want_own(&each.replace("\n,", "\n赵甲,"));
    let birth_between = format!(
        "户主,出生日期,证件号码,成员姓名,户编号,状态,家庭关系\n赵甲,1950-01-11,{HEAD},赵甲,1,在册,户主\n\
         ,1947-01-19,{WIFE},钱乙,1,在册,妻\n,1950-03-11,{SON},赵丙,1,在册,子\n李丁,1950-05-11,{ALONE},李丁,2,在册,户主\n"
    );
    want_own(&birth_between);
    // Nobody's household has two lines: each is the head and the member.
    let alone =
        format!("{header}\n李丁,{ALONE},李丁,2,1950-05-11,在册,户主,男\n赵甲,{HEAD},赵甲,1,1950-01-11,在册,户主,男\n");
    assert_eq!(people(&text("人口.csv", &alone)).iter().filter(|(.., end)| !end.is_empty()).count(), 2);
    // The head's alone, on every line or only on the first: nobody else has it.
    for after in ["赵甲", ""] {
        let number = if after.is_empty() { "" } else { HEAD };
        let heads = format!(
            "户主,身份证号,成员姓名,家庭关系,状态\n赵甲,{HEAD},钱乙,妻,在册\n{after},{number},赵丙,子,在册\n\
             李丁,{ALONE},李戊,子,在册\n"
        );
        let found = text("人口.csv", &heads);
        let numbered: Vec<String> =
            people(&found).into_iter().filter(|(.., end)| !end.is_empty()).map(|(name, ..)| name).collect();
        assert_eq!(numbered, ["李丁", "赵甲"], "{heads}");
    }
}

#[test]
fn a_head_who_is_not_repeated_among_the_members_is_one_of_the_household() {
    for (name, header) in [
        ("低保.csv", "序号,户主,户主身份证号,家庭成员,成员身份证号,与户主关系,类别"),
        ("低保.csv", "序号,户主姓名,身份证号,家庭成员姓名,身份证号,与户主关系,类别"),
        ("低保.csv", "序号,户主姓名,身份证号,家庭成员姓名,成员身份证号,与户主关系,类别"),
        ("低保.csv", "序号,户主姓名,户主身份证号,姓名,身份证号,与户主关系,类别"),
        ("人口.csv", "户号,户主姓名,户主身份证号,家庭成员,身份证号,与户主关系,人口状态"),
        ("人口.csv", "户号,户主姓名,身份证号,共同生活成员姓名,成员身份证号,关系,状态"),
    ] {
        let state = if name == "人口.csv" { "在册" } else { "A" };
        let merged = format!(
            "{header}\n1,赵甲,{HEAD},钱乙,{WIFE},妻,{state}\n,,,赵丙,{SON},子,{state}\n2,李丁,{ALONE},,,,{state}\n"
        );
        let repeated = merged.replace("\n,,,赵丙", &format!("\n1,赵甲,{HEAD},赵丙"));
        for lines in [merged, repeated] {
            let found = text(name, &lines);
            assert_eq!(people(&found), want(), "{name}: {lines}");
            let note = format!("{} ×1", if name == "人口.csv" { "population" } else { "dibao" });
            assert_eq!(told(&found), [(RefusalCode::HeadApart, note.as_str())], "{lines}");
        }
    }
    let lines = format!(
        "户号,户主,性别,身份证号,家庭成员,性别,身份证号,与户主关系\n1,赵甲,男,{HEAD},钱乙,女,{WIFE},妻\n\
         ,,,,赵丙,男,{SON},子\n2,李丁,男,{ALONE},,,,\n"
    );
    assert_eq!(people(&text("人口.csv", &lines)), want());
    let groups = format!(
        "序号,户主姓名,身份证号,共同生活家庭成员,,,保障类别\n,,,姓名,身份证号,与户主关系,\n1,赵甲,{HEAD},钱乙,{WIFE},妻,B\n\
         ,,,赵丙,{SON},子,\n2,李丁,{ALONE},,,,C\n"
    );
    let found = text("低保.csv", &groups);
    assert_eq!(people(&found), want());
    let classes: Vec<Option<char>> = found.records().iter().map(|record| record.class).collect();
    assert_eq!(classes, [Some('B'), Some('B'), Some('B'), Some('C')], "what the household has in common");
}

#[test]
fn a_head_is_no_second_person_where_the_list_has_a_line_of_theirs() {
    let header = "户号,户主姓名,户主身份证号,姓名,身份证号,与户主关系,状态";
    let lines = format!(
        "{header}\n1,赵甲,{HEAD},赵甲,{HEAD},户主,在册\n1,赵甲,{HEAD},钱乙,{WIFE},妻,在册\n2,李丁,{ALONE},赵丙,{SON},子,在册\n"
    );
    let found = text("人口.csv", &lines);
    assert_eq!((found.records().len(), told(&found)), (3, vec![]), "the head of the second household is gone");
    let changes = format!("{header}\n1,赵甲,{HEAD},钱乙,{WIFE},妻,死亡\n");
    assert_eq!(text("2026年3月人口变动.csv", &changes).records().len(), 1, "somebody else of it changed");
    let some = format!("低保证号,户主姓名,户主身份证号,保障对象,身份证号,与户主关系\nD1,赵甲,{HEAD},钱乙,{WIFE},妻\n");
    assert_eq!(text("低保.csv", &some).records().len(), 1, "not all of a household are paid");
}

#[test]
fn a_members_death_is_not_the_heads() {
    let lines = format!(
        "户号,户主姓名,户主身份证号,家庭成员,身份证号,与户主关系,状态,死亡时间\n1,赵甲,{HEAD},钱乙,{WIFE},妻,死亡,2026.3.5\n\
         1,赵甲,{HEAD},赵丙,{SON},子,在册,\n"
    );
    let found = text("人口.csv", &lines);
    let mut states: Vec<_> = found.records().iter().map(|record| (record.name.to_string(), record.status)).collect();
    states.sort();
    let (here, dead) = (Status::Active, Status::Deceased);
    assert_eq!(states, [("赵丙".into(), here), ("赵甲".into(), here), ("钱乙".into(), dead)]);
}

#[test]
fn whoever_fetches_the_money_is_not_who_it_is_for() {
    for payee in [
        "领款人",
        "持卡人",
        "收款人",
        "卡主",
        "存折",
        "一卡通",
        "账户",
        "开户",
        "照料人",
        "护理人",
        "供养人",
        "村干部",
        "包保人",
        "调查人",
        "签领",
    ] {
        for header in [
            format!("户主姓名,户主身份证号,{payee}姓名,{payee}身份证号,保障人口"),
            format!("户主姓名,身份证号,{payee}姓名,{payee}电话,保障人口"),
            format!("户主,{payee}姓名,{payee}身份证号,户主身份证号,保障人口"),
            format!("低保户主,{payee}姓名,{payee}身份证号,户主身份证号,保障人口"),
        ] {
            let columns: Vec<&str> = header.split(',').collect();
            let line: Vec<&str> = columns
                .iter()
                .map(|column| match *column {
                    "户主" | "户主姓名" | "低保户主" => "赵甲",
                    "户主身份证号" | "身份证号" => HEAD,
                    column if column.ends_with("姓名") => "孙戊",
                    column if column.ends_with("号") => WIFE,
                    _ => "2",
                })
                .collect();
            let found = text("低保发放.csv", &format!("{header}\n{}\n", line.join(",")));
            assert_eq!(people(&found), [("赵甲".to_owned(), Some(2), HEAD[14..].to_owned())], "{header}");
        }
    }
    let lines = format!("户主姓名,家庭人员姓名,身份证号,保障类别\n赵甲,钱乙,{WIFE},A\n");
    assert_eq!(text("低保.csv", &lines).records()[0].name, "钱乙", "somebody of the household");
}

#[test]
fn heads_with_a_count_and_an_amount_stand_side_by_side() {
    for header in ["序号,户主,人数,金额", "序号,姓名,人数,金额", "序号,户主姓名,保障类别,保障人数,保障金额"]
    {
        let class = if header.contains("类别") { "A," } else { "" };
        let line = |at: u8, name: &str| format!("{at},{name},{class}2,300");
        let lines = format!(
            "{header},{header}\n{},{}\n{},{}\n",
            line(1, "赵甲"),
            line(3, "孙丙"),
            line(2, "钱乙"),
            line(4, "李丁")
        );
        let found = text("低保公示.csv", &lines);
        let names: Vec<&str> = found.records().iter().map(|record| record.name.as_str()).collect();
        assert_eq!((names, told(&found)), (vec!["赵甲", "孙丙", "钱乙", "李丁"], vec![]), "{header}");
    }
}

/// 〃 and 同上 under the head are the head above; the number before a member's name is then the member's.
#[test]
fn a_ditto_mark_is_nobodys_name() {
    for mark in ["〃", "同上", "″", "\"\"\"\"", ""] {
        let lines = format!(
            "低保证号,户主姓名,身份证号码,成员姓名,与户主关系\nD1,赵甲,{HEAD},赵甲,户主\n{mark},{mark},{WIFE},钱乙,妻\n\
             {mark},{mark},{SON},赵丙,子\nD2,李丁,{ALONE},李丁,户主\n"
        );
        let found = text("低保.csv", &lines);
        assert_eq!(told(&found), [], "{mark}");
        assert_eq!(people(&found), want(), "{mark}");
        assert!(
            found.records().iter().all(|r| r.head.as_deref() == Some(if r.name == "李丁" { "李丁" } else { "赵甲" }))
        );
    }
    let left = format!("户号,户主姓名,姓名,与户主关系,身份证号\n1,赵甲,同左,户主,{HEAD}\n,同上,钱乙,妻,{WIFE}\n");
    assert_eq!(people(&text("人口.csv", &left)), people(&text("人口.csv", &left.replace("同左", "赵甲"))));
    let beside = "户号,户主姓名,户主身份证号,成员1姓名,成员1身份证号,成员2姓名,成员2身份证号\n";
    let beside = format!("{beside}1,赵甲,{HEAD},钱乙,{WIFE},,\n1,〃,〃,赵丙,{SON},,\n");
    let names: Vec<String> = people(&text("人口.csv", &beside)).into_iter().map(|(name, ..)| name).collect();
    assert_eq!(names, ["赵丙", "赵甲", "钱乙"], "the household goes on in the next line");
    let nobody = text("人口.csv", &format!("户号,姓名,与户主关系,身份证号\n1,赵甲,户主,{HEAD}\n1,〃,妻,{WIFE}\n"));
    assert_eq!((people(&nobody).len(), nobody.refusals[0].code), (1, RefusalCode::NoName));
}
