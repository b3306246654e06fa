//! What a finding says of who claims what: nothing that no line says, and nobody's word for another's.

use serde_json::{Value, json};

use super::*;
use crate::domain::Finding;

/// A line that stands, of whatever list and village, with what is put into its record.
fn stands(uid: u64, list: List, village: &str, change: impl FnOnce(&mut Record)) -> Entry {
    let mut entry = Entry { list, ..paid(uid, village) };
    change(&mut entry.record);
    entry
}

fn day(days: i32) -> Option<PartialDate> {
    Some(plus_days(FIRST, days).into())
}

fn found(rule: &str, entries: &[Entry]) -> Option<Finding> {
    judged(entries, FIRST).findings.into_iter().find(|finding| finding.rule == rule)
}

fn out_of(uid: u64, village: &str, to: Option<Place>) -> Entry {
    stands(uid, List::Population, village, |record| {
        record.status = Status::MovedOut;
        record.moved_out = day(-40);
        record.moved_to = to;
    })
}

#[test]
fn who_is_registered_elsewhere_has_not_left_and_who_left_went_where_the_own_register_says() {
    let [here, there, far] = VILLAGES;
    let served = stands(1, List::Health, here, |record| record.seen = day(-60));
    let moved_in = |uid, village| stands(uid, List::Population, village, |record| record.moved_in = day(-30));
    let township = Some(Place::Area(area(&there[..9])));
    for (lines, ground, key, to, evidence) in [
        (vec![moved_in(2, there)], "elsewhere", ("moved_in", -30), Some(there), vec![1, 2]),
        (vec![out_of(2, here, Some(Place::Outside))], "out", ("moved_out", -40), Some("outside"), vec![1, 2]),
        (vec![out_of(2, here, None)], "out", ("moved_out", -40), None, vec![1, 2]),
        (vec![out_of(2, here, None), moved_in(3, there)], "out", ("moved_out", -40), Some(there), vec![1, 2, 3]),
        (vec![out_of(2, here, township), moved_in(3, there)], "out", ("moved_out", -40), Some(there), vec![1, 2, 3]),
        (
            vec![out_of(2, here, Some(Place::Area(area(there)))), moved_in(3, far)],
            "out",
            ("moved_out", -40),
            Some(there),
            vec![1, 2, 3],
        ),
    ] {
        let lines = [vec![served.clone()], lines].concat();
        let found = found("moved-still-active", &lines).unwrap();
        assert_eq!(found.detail["ground"], ground);
        assert_eq!(found.detail[key.0], json!(day(key.1).unwrap().to_string()));
        assert_eq!(found.detail.contains_key("moved_in"), ground == "elsewhere");
        assert_eq!(found.detail.get("to").and_then(Value::as_str), to, "{lines:?}");
        assert_eq!(found.evidence, evidence.into_iter().map(Uid).collect::<Vec<_>>());
        assert!(!found.detail.contains_key("sign"), "a visit before the move says nothing");
    }
    let lately = stands(1, List::Health, here, |record| record.seen = day(-5));
    let found = found("moved-still-active", &[lately, out_of(2, here, None)]).unwrap();
    assert_eq!(found.detail["sign"], json!(day(-5).unwrap().to_string()));
}

#[test]
fn lists_of_several_areas_are_named_with_theirs_and_those_of_one_alone_without() {
    let [here, there, _] = VILLAGES;
    let dead = |uid, list, village, days| {
        stands(uid, list, village, |record| {
            record.status = Status::Deceased;
            record.died = day(days);
        })
    };
    let lives = stands(1, List::Population, here, |_| ());
    let by = |lines: &[Entry]| found("deceased-still-active", lines).unwrap().detail.get("by").cloned();
    assert_eq!(by(&[lives.clone(), dead(2, List::Health, here, -9)]), None);
    assert_eq!(
        by(&[lives.clone(), dead(2, List::Population, there, -9)]),
        Some(json!([format!("population {there}")]))
    );
    let visited = stands(1, List::Health, here, |record| record.seen = day(-2));
    let alive = found("alive-after-death", &[visited, dead(2, List::Health, there, -9)]).unwrap();
    assert_eq!(alive.detail["by"], json!([format!("health {there}")]));

    let said = |village| {
        let lines = [dead(1, List::Population, here, -80), dead(2, List::Health, village, -9)];
        found("death-dates-differ", &lines).unwrap().detail["said"].clone()
    };
    let [early, late] = [-80, -9].map(|days| day(days).unwrap().to_string());
    assert_eq!(said(here), json!([{"value": early, "by": ["population"]}, {"value": late, "by": ["health"]}]));
    let [register, records] = [format!("population {here}"), format!("health {there}")];
    assert_eq!(said(there), json!([{"value": early, "by": [register]}, {"value": late, "by": [records]}]));
}

#[test]
fn people_of_one_number_are_told_apart_by_what_their_names_differ_in_and_by_their_lists() {
    let own = paid(1, VILLAGES[0]);
    let other = Entry { record: Record { name: "王小明".into(), ..own.record.clone() }, ..paid(2, VILLAGES[1]) };
    let also = Entry { list: List::Health, ..Entry { uid: Uid(3), ..other.clone() } };
    let sharers = vec![(Uid(2), other), (Uid(2), also)];
    let findings = judged_beside(&Neighbours { sharers, ..Neighbours::default() }, &[own], FIRST).findings;
    let found = findings.into_iter().find(|finding| finding.rule == "shared-id").unwrap();
    let (one, two) = (VILLAGES[0], VILLAGES[1]);
    assert_eq!(
        found.detail["said"],
        json!([{"value": "王大*", "by": [format!("dibao {one}")]},
               {"value": "王小*", "by": [format!("health {two}"), format!("dibao {two}")]}])
    );
}

#[test]
fn of_two_numbers_that_spell_the_sexes_each_is_named_by_its_list() {
    let of = |list, village, sequence: &str| {
        stands(u64::from(village != VILLAGES[0]) + 1, list, village, |record| {
            let ends = (0..=9).map(|end| IdNumber::parse(&format!("51990119500302{sequence}{end}")));
            record.id_number = ends.flatten().find(|number| number.state() == IdState::Valid);
        })
    };
    let said = |lines: &[Entry]| {
        let found = found("sex-conflict", lines).unwrap();
        (0..2).map(|at| found.detail["said"][at]["by"].clone()).collect::<Vec<_>>()
    };
    let [here, there, _] = VILLAGES;
    let [man, woman] = ["003", "002"];
    assert_eq!(
        said(&[of(List::Population, here, man), of(List::Health, there, woman)]),
        [json!(["number population"]), json!(["number health"])]
    );
    assert_eq!(
        said(&[of(List::Health, here, man), of(List::Health, there, woman)]),
        [json!([format!("number health {here}")]), json!([format!("number health {there}")])]
    );
}

#[test]
fn a_head_of_whom_nobody_says_that_he_left_is_no_more_than_gone() {
    let head = |status, removed: bool| Entry {
        removed: removed.then(|| plus_days(FIRST, -1)),
        ..stands(1, List::Population, VILLAGES[0], |record| {
            record.relation = Some(2);
            record.status = status;
        })
    };
    let member = stands(2, List::Population, VILLAGES[0], |record| record.name = "王小明".into());
    for (head, event, first) in [
        (head(Status::Active, true), "gone", 2),
        (head(Status::Closed, false), "gone", 1),
        (head(Status::MovedOut, false), "left", 1),
        (head(Status::MovedOut, true), "left", 2),
        (head(Status::Deceased, false), "died", 1),
    ] {
        let neighbours = Neighbours { household: vec![member.clone()], ..Neighbours::default() };
        let findings = judged_beside(&neighbours, &[head], FIRST).findings;
        let found = findings.into_iter().find(|finding| finding.rule == "household-without-head").unwrap();
        assert_eq!((found.detail["event"].as_str(), found.evidence[0]), (Some(event), Uid(first)));
    }
}
