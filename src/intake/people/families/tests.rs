use super::*;
use crate::intake::container::row::Row;
use crate::intake::recognise::header::headings;

/// The columns of each person, the head's or husband's first.
fn people(rows: &[&[&str]]) -> Option<Vec<Vec<usize>>> {
    let vocabulary = Vocabulary::load(None).unwrap();
    let rows: Vec<Row> = rows.iter().map(|cells| Row::of_texts(1, cells)).collect();
    let columns = |person: &Person| person.cells.iter().map(|(from, _)| *from).collect();
    let (blocks, _) = Blocks::of(&headings(&rows, &vocabulary), &vocabulary)?;
    Some(blocks.people.iter().map(columns).collect())
}

#[test]
fn a_household_on_one_line_is_its_head_and_its_members() {
    let household = |header: &[&str]| people(&[header]).unwrap();
    let plain = ["户主姓名", "户主身份证号", "成员1姓名", "成员1身份证号", "成员2姓名", "成员2身份证号"];
    assert_eq!(household(&plain), [[0, 1], [2, 3], [4, 5]]);
    let unmarked = ["户主", "身份证号", "家庭成员一", "身份证号", "家庭成员二", "身份证号"];
    assert_eq!(household(&unmarked), [[0, 1], [2, 3], [4, 5]]);
    let related = ["户号", "户主姓名", "户主身份证号", "成员1姓名", "成员1关系", "成员1身份证号", "成员2姓名"];
    let more = [&related[..], &["成员2关系", "成员2身份证号", "低保类别"]].concat();
    assert_eq!(household(&more), vec![vec![1, 2], vec![3, 4, 5], vec![6, 7, 8]]);
    let before = ["户主姓名", "户主身份证号", "关系", "姓名", "身份证号", "关系", "姓名", "身份证号"];
    assert_eq!(household(&before), vec![vec![0, 1], vec![2, 3, 4], vec![5, 6, 7]]);
    let uneven = ["姓名", "身份证号", "成员1姓名", "成员1身份证号", "成员1电话", "成员2姓名", "成员2身份证号"];
    assert_eq!(household(&uneven), vec![vec![0, 1], vec![2, 3, 4], vec![5, 6]]);
    let groups: [&[&str]; 2] = [
        &["户号", "户主信息", "", "第一个家庭成员", "", "", "第二个家庭成员", "", ""],
        &["", "姓名", "身份证号", "姓名", "关系", "身份证号", "姓名", "关系", "身份证号"],
    ];
    assert_eq!(people(&groups), Some(vec![vec![1, 2], vec![3, 4, 5], vec![6, 7, 8]]));
}

#[test]
fn the_numbered_family_of_a_head_is_a_household() {
    let household = |kin: &str, count: usize| {
        let own = (1..=count).flat_map(|at| [format!("{kin}{at}姓名"), format!("{kin}{at}身份证号")]);
        let header: Vec<String> = ["户主姓名".into(), "户主身份证号".into()].into_iter().chain(own).collect();
        people(&[&header.iter().map(String::as_str).collect::<Vec<_>>()])
    };
    for kin in ["家属", "亲属", "家人", "同住人", "子女"] {
        assert_eq!(household(kin, 2), Some(vec![vec![0, 1], vec![2, 3], vec![4, 5]]), "{kin}");
        assert_eq!(household(kin, 1), None, "{kin}: somebody to call");
    }
    let nobodys = ["姓名", "身份证号", "家属1姓名", "家属1身份证号", "家属2姓名", "家属2身份证号"];
    assert_eq!(people(&[&nobodys]), None);
}

#[test]
fn couples_are_told_by_what_each_column_says_of_them() {
    let couple = |header: &[&str]| people(&[header]).map(|people| people.iter().map(Vec::len).collect::<Vec<_>>());
    for header in [
        ["丈夫姓名", "丈夫身份证号", "妻子姓名", "妻子身份证号"],
        ["男方姓名", "身份证号", "女方姓名", "身份证号"],
        ["夫", "身份证号", "妻", "身份证号"],
        ["夫妻姓名(男)", "身份证号", "夫妻姓名(女)", "身份证号"],
        ["男方姓名", "男方出生日期", "女方姓名", "女方出生日期"],
    ] {
        assert_eq!(couple(&header), Some(vec![3, 3]), "two columns and the other's name: {header:?}");
    }
    assert_eq!(couple(&["姓名", "身份证号", "丈夫姓名", "丈夫身份证号"]), None);
    assert_eq!(couple(&["丈夫姓名", "妻子姓名", "身份证号"]), None, "whose number it is nobody says");
    assert_eq!(couple(&["孩子姓名", "姓名", "身份证号", "夫", "身份证号", "妻", "身份证号"]), None);
}

#[test]
fn an_office_says_in_its_own_words_whose_a_column_is() {
    let dir = tempfile::tempdir().unwrap();
    let words = "[whose]\nhusbands = [\"男主人\"]\nwives = [\"女主人\"]\nmembers = [\"家口\"]";
    std::fs::write(dir.path().join("common.toml"), words).unwrap();
    let (own, built_in) = (Vocabulary::load(Some(dir.path())).unwrap(), Vocabulary::load(None).unwrap());
    let header = ["男主人姓名", "男主人身份证号", "女主人姓名", "女主人身份证号"];
    let row = Row::of_texts(1, &header);
    let is_couple = |words| Blocks::of(&headings(std::slice::from_ref(&row), words), words).is_some();
    assert_eq!((is_couple(&own), is_couple(&built_in)), (true, false));
    assert_eq!(member("家口二身份证号", &own), Some((Some(2), "身份证号".into())));
    assert_ne!(own.fingerprint(), built_in.fingerprint(), "files that were refused are read again");
}

#[test]
fn members_are_counted_in_many_ways() {
    let vocabulary = Vocabulary::load(None).unwrap();
    let told = |header: &str| member(header, &vocabulary);
    assert_eq!(told("家庭成员1.姓名"), Some((Some(1), "姓名".into())));
    assert_eq!(told("成员（十二）身份证号"), Some((Some(12), "身份证号".into())));
    assert_eq!(told("第三成员"), Some((Some(3), "姓名".into())));
    assert_eq!(told("成员情况2.关系"), Some((Some(2), "关系".into())));
    for header in ["家庭人员1姓名", "共享人①", "共享人（1）姓名", "成员1-姓名", "成员A姓名", "户内成员1"]
    {
        assert_eq!(told(header), Some((Some(1), "姓名".into())), "{header}");
    }
    assert_eq!(told("家属1姓名"), None);
    assert_eq!(told("家庭成员姓名"), Some((None, "姓名".into())));
    assert_eq!(told("户主及家庭成员姓名"), None);
    let endless = format!("成员{}姓名", "十".repeat(40));
    assert_eq!(told(&endless), Some((Some(u32::MAX), "姓名".into())), "no number of anybody, and no panic");
}
