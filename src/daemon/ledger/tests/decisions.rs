//! Whose decisions count: an office decides about what concerns it, in whatever order things arrive.

use super::*;
use crate::daemon::pass::derive;
use crate::domain::{Finding, FindingId, FindingStatus, Severity, Uid};
use crate::store::{FindingState, NOTE_CHARS_MAX, pair_subject};

const COUNTY: &str = "519901";
const NEXT: &str = "519901001201";

fn area(code: &str) -> Area {
    code.parse().unwrap()
}

/// What an office sends of its own: a decision about a finding, or a pair.
fn decision(seq: u64, author: &str, kind: &str, subject: &str, verdict: &str) -> Item {
    let line = format!(
        r#"{{"t":"decision","seq":{seq},"area":"{author}","kind":"{kind}","subject":"{subject}","verdict":"{verdict}","note":"同名","at":{seq}}}"#
    );
    Item { seq, area: area(author), line }
}

fn of_village(code: &str, seq: u64, uid: u64) -> Item {
    let item = entry(seq, uid, code, "\"王\"");
    Item { line: item.line.replace(&format!(r#""origin":"{VILLAGE}""#), &format!(r#""origin":"{code}""#)), ..item }
}

/// The node finds something about these areas.
fn find(node: &Node, id: FindingId, areas: &[&str]) {
    let areas: Vec<Area> = areas.iter().map(|code| area(code)).collect();
    let finding = Finding {
        id,
        rule: "id-conflict",
        severity: Severity::Medium,
        area: None,
        list: None,
        due: None,
        detail: Default::default(),
        evidence: areas.iter().map(|area| Uid(area.padded())).collect(),
        missed_on: None,
    };
    let today = node.office.today();
    let state = FindingState::Person(Uid(1));
    node.office.store.write(|writer| writer.settle(&[], &[(state, finding, areas)], today)).unwrap();
}

fn status(node: &Node, id: FindingId) -> FindingStatus {
    node.office.store.read(|view| view.finding(id)).unwrap().unwrap().status
}

fn joined(node: &Node) -> Vec<(Uid, Uid)> {
    let judged = node.office.store.read(|view| view.judged_pairs()).unwrap();
    judged.into_iter().filter(|(_, _, same)| *same).map(|(a, b, _)| (a, b)).collect()
}

#[test]
fn a_village_dismisses_what_concerns_it_and_nothing_of_the_next_one() {
    let (village, town) = (node(VILLAGE), node(TOWN));
    let [own, foreign, both] = [1, 2, 3].map(FindingId);
    find(&town, own, &[VILLAGE]);
    find(&town, foreign, &[NEXT]);
    find(&town, both, &[VILLAGE, NEXT]);
    let made = |seq: u64, id: FindingId| decision(seq, VILLAGE, "finding", &id.to_string(), "dismiss");
    send(&village, &town, 0, &[made(1, own), made(2, foreign), made(3, both)]);
    use FindingStatus::{Dismissed, Open};
    assert_eq!([own, foreign, both].map(|id| status(&town, id)), [Dismissed, Open, Dismissed]);
    // Nor is it told below that anybody decided.
    let told = town.ledger.notices_after(area(NEXT), 0, 100, 1 << 20).unwrap();
    let lines: Vec<&str> = told.notices.iter().map(|notice| notice.line.as_str()).collect();
    let of = |id: FindingId| *lines.iter().find(|line| line.contains(&id.to_string())).unwrap();
    assert!(!of(foreign).contains("decision") && of(both).contains("decision"), "{lines:?}");
}

#[test]
fn a_decision_that_came_before_its_finding_counts_once_the_finding_concerns_its_author() {
    let (village, town) = (node(VILLAGE), node(TOWN));
    let [own, foreign] = [1, 2].map(FindingId);
    let made = |seq: u64, id: FindingId| decision(seq, VILLAGE, "finding", &id.to_string(), "dismiss");
    send(&village, &town, 0, &[made(1, own), made(2, foreign)]);
    assert!(refused(&town).is_empty());
    let waiting = town.ledger.items_after(0, 10, 1 << 20).unwrap();
    assert_eq!(waiting.len(), 2, "the office above may know of them");
    find(&town, own, &[VILLAGE]);
    find(&town, foreign, &[NEXT]);
    assert_eq!((status(&town, own), status(&town, foreign)), (FindingStatus::Dismissed, FindingStatus::Open));
    find(&town, foreign, &[NEXT, VILLAGE]);
    assert_eq!(status(&town, foreign), FindingStatus::Dismissed);
}

#[test]
fn a_township_hands_on_what_its_villages_decided_and_the_county_asks_whom_it_concerns() {
    let (town, county) = (node(TOWN), node(COUNTY));
    let [own, foreign, by_town] = [1, 2, 3].map(FindingId);
    find(&county, own, &[VILLAGE, "519901002200"]);
    find(&county, foreign, &[NEXT]);
    find(&county, by_town, &[NEXT]);
    let made = |seq: u64, author: &str, id: FindingId| decision(seq, author, "finding", &id.to_string(), "confirm");
    send(&town, &county, 0, &[made(1, VILLAGE, own), made(2, VILLAGE, foreign), made(3, TOWN, by_town)]);
    use FindingStatus::{Confirmed, Open};
    assert_eq!([own, foreign, by_town].map(|id| status(&county, id)), [Confirmed, Open, Confirmed]);
}

#[test]
fn what_the_office_above_knows_to_concern_a_village_counts_here_when_it_comes_back_down() {
    let (village, town) = (node(VILLAGE), node(TOWN));
    let id = FindingId(1);
    let item = decision(1, VILLAGE, "finding", &id.to_string(), "confirm");
    send(&village, &town, 0, std::slice::from_ref(&item));
    find(&town, id, &[NEXT]);
    assert_eq!(status(&town, id), FindingStatus::Open);
    let made: serde_json::Value = serde_json::from_str(&item.line).unwrap();
    let line = serde_json::json!({"t": "finding", "id": id.to_string(), "finding": null, "decision": made}).to_string();
    town.office.store.write(|writer| notices::take(writer, &line)).unwrap();
    assert_eq!(status(&town, id), FindingStatus::Confirmed);
}

/// The person of each line that is here, once all that waits is linked.
fn persons(node: &Node, uids: &[u64]) -> Vec<Option<Uid>> {
    let office = &node.office;
    derive(&office.store, &office.setting(), &|_, _| Ok(()), &mut |_| {}, &|| true).unwrap();
    let person = |uid: &u64| office.store.read(|view| view.entry(Uid(*uid))).unwrap().map(|stored| stored.person);
    uids.iter().map(person).collect()
}

#[test]
fn what_was_said_of_a_pair_before_its_lines_came_holds_once_they_are_here() {
    let named = |seq: u64, uid: u64, name: &str, number: &str| {
        let item = entry(seq, uid, VILLAGE, &format!("\"{name}\""));
        Item { line: item.line.replace(r#""st":"#, &format!(r#""id":"{number}","st":"#)), ..item }
    };
    let pair = |a: u64, b: u64| pair_subject(Uid(a), Uid(b));
    // Two of one number, so that they are one person unless somebody says no; and two of two, where it is the other way round.
    let lines = [
        (1, "赵德海", "519901195003020012"),
        (2, "赵德海", "519901195003020012"),
        (3, "孔雅文", "519901196104110011"),
        (4, "江小红", "519901196104110038"),
    ];
    let told =
        [decision(1, VILLAGE, "match", &pair(1, 2), "reject"), decision(2, VILLAGE, "match", &pair(3, 4), "confirm")];
    let linked = |verdicts: &[Item]| {
        let (village, town) = (node(VILLAGE), node(TOWN));
        if !verdicts.is_empty() {
            send(&village, &town, 0, verdicts);
        }
        // One line at a time, each linked before the next comes.
        for (after, (uid, name, number)) in (verdicts.len() as u64..).zip(lines) {
            send(&village, &town, after, &[named(after + 1, uid, name, number)]);
            persons(&town, &[]);
        }
        let found = persons(&town, &[1, 2, 3, 4]);
        assert!(found.iter().all(Option::is_some) && refused(&town).is_empty(), "{found:?} {:?}", refused(&town));
        (found[0] == found[1], found[2] == found[3])
    };
    assert_eq!(linked(&[]), (true, false), "what the lines say by themselves");
    assert_eq!(linked(&told), (false, true));
}

#[test]
fn a_village_joins_its_own_lines_and_nobody_elses() {
    let (village, next, town) = (node(VILLAGE), node(NEXT), node(TOWN));
    let pair = |a: u64, b: u64| pair_subject(Uid(a), Uid(b));
    let made = |seq: u64, a: u64, b: u64| decision(seq, VILLAGE, "match", &pair(a, b), "confirm");
    // Before any line is here, as after an edit that had the line travel again.
    send(&village, &town, 0, &[made(1, 1, 2), made(2, 1, 3), made(3, 3, 4)]);
    assert!(joined(&town).is_empty() && refused(&town).is_empty());
    send(&village, &town, 3, &[of_village(VILLAGE, 4, 1), of_village(VILLAGE, 5, 2)]);
    send(&next, &town, 0, &[of_village(NEXT, 1, 3), of_village(NEXT, 2, 4)]);
    assert_eq!(joined(&town), [(Uid(1), Uid(2))]);

    // With all lines here.
    send(&village, &town, 5, &[made(6, 1, 4), decision(7, VILLAGE, "match", &pair(1, 2), "reject")]);
    assert!(joined(&town).is_empty());
    assert_eq!(refused(&town), [("item-of-child".to_owned(), "unreadable (seq 6)".to_owned())]);
    send(&next, &town, 2, &[decision(3, NEXT, "match", &pair(3, 4), "confirm")]);
    assert_eq!(joined(&town), [(Uid(3), Uid(4))]);
}

#[test]
fn a_decision_names_its_subject_as_every_node_does_and_has_no_more_words_than_a_person_writes() {
    let (village, town) = (node(VILLAGE), node(TOWN));
    let turned = format!("{}-{}", Uid(2), Uid(1));
    let mut wordy = decision(3, VILLAGE, "finding", &FindingId(1).to_string(), "confirm");
    wordy.line = wordy.line.replace("同名", &"长".repeat(NOTE_CHARS_MAX + 1));
    let items = [
        decision(1, VILLAGE, "match", &turned, "confirm"),
        decision(2, VILLAGE, "finding", &"f".repeat(1_000), "confirm"),
        wordy,
        decision(4, VILLAGE, "finding", &FindingId(1).to_string(), "confirm"),
    ];
    let receipt = send(&village, &town, 0, &items);
    assert_eq!(receipt.rejected.iter().map(|told| told.row).collect::<Vec<_>>(), [1, 2, 3]);
}

#[test]
fn what_people_wrote_beside_a_finding_goes_to_those_alone_whom_it_is_about() {
    let town = node(TOWN);
    let id = FindingId(1).to_string();
    let told = |child: &str| {
        let read = town.ledger.notices_after(area(child), 0, 100, 1 << 20).unwrap();
        read.notices.into_iter().map(|notice| notice.line).collect::<Vec<_>>()
    };
    let tell = |finding: serde_json::Value| {
        let made = serde_json::json!({"area": COUNTY, "kind": "finding", "subject": id, "verdict": "confirm",
                                      "note": "电话核实", "at": 1});
        let line = serde_json::json!({"t": "finding", "id": id, "finding": finding, "decision": made}).to_string();
        town.office.store.write(|writer| notices::take(writer, &line)).unwrap();
    };
    tell(serde_json::json!({"id": id, "area": VILLAGE, "entries": []}));
    assert!(told(VILLAGE)[0].contains("电话核实"));
    assert!(told(NEXT).is_empty());
    // The village has put its file right: everybody hears that it is over.
    tell(serde_json::Value::Null);
    let [line] = &told(NEXT)[..] else { panic!("{:?}", told(NEXT)) };
    assert!(line.contains(&id) && !line.contains("decision"), "{line}");
}
