//! Whatever a child with a certificate sends, through the real arrival into a real store: it is refused, or taken and
//! reads back, and the parent goes on as if nothing had come.

mod support;

use proptest::prelude::*;
use proptest::sample::Index;
use rosterd::daemon::pass::arrive;
use rosterd::domain::{Area, Date, Uid};
use rosterd::store::{Arrived, Decision, FindingFilter, PlaceCache, Understood, read_item};
use serde_json::{Value, json};
use support::office::Office;

const COUNTY: &str = "519901";
const TOWN: &str = "519901001";
const VILLAGE: &str = "519901001200";
const ALL: Understood = Understood { attestations: true, gone: true, pages: true };

fn today() -> Date {
    "2026-03-31".parse().expect("a day")
}

fn uid(n: u64) -> String {
    Uid(n).to_string()
}

fn entry(n: u64, list: &str, body: Value) -> Value {
    json!({"t": "entry", "seq": n, "area": VILLAGE, "uid": uid(n), "list": list, "origin": VILLAGE,
           "first": "2026-01-31", "removed": null, "corrected": "2026-02-01", "base": true, "body": body})
}

/// What an honest village sends, one of each kind; its lines are called by the two numbers behind `n`.
fn honest(n: u64) -> Vec<Value> {
    let (one, other) = (n + 1, n + 2);
    let number = "519901195003021011";
    let wang = |body: Value| {
        let mut record = json!({"name": "王建国", "id": number, "birth": "1950-03-02", "st": "active", "hh": "1"});
        record.as_object_mut().expect("a record").extend(body.as_object().expect("fields").clone());
        record
    };
    vec![
        entry(one, "population", wang(json!({"st": "deceased", "died": "2026-01-20", "from": "outside", "rel": 2}))),
        entry(other, "dibao", wang(json!({"rev": "2026-01-10", "since": "2019-05-01", "cls": "A", "tel": "1234"}))),
        json!({"t": "snapshot", "seq": 3, "area": VILLAGE, "list": "dibao", "origin": VILLAGE, "stream": "", "file": "dibao.xlsx",
               "sheet": "1月", "taken": "2026-01-31", "read": 1_770_000_000_000_i64, "lines": 2, "damaged": 1,
               "total": [9, 3, 2], "segments": [{"file": "b.csv", "sheet": "2", "uids": uid(other) + &uid(one), "rows": [2, 1]}]}),
        json!({"t": "decision", "seq": 4, "area": VILLAGE, "kind": "match", "subject": format!("{}-{}", uid(one), uid(other)),
               "verdict": "confirm", "note": "同一人", "at": 1_770_000_000_000_i64}),
        json!({"t": "decision", "seq": 6, "area": VILLAGE, "kind": "finding", "subject": "f0000000007", "verdict": "dismiss",
               "note": "笔误", "at": 1_770_000_000_000_i64, "basis": -7}),
        json!({"t": "gone", "seq": 5, "area": VILLAGE, "key": 77}),
    ]
}

/// What nobody sends who means well. `{` stands for a body within a body, a thousand times.
fn hostile() -> Vec<Value> {
    let nested = (0..1_500).fold(Value::Null, |inner, _| Value::Array(vec![inner]));
    let days = ["-000005-03-04", "0000-01-01", "1799-12-31", "2201-01-01", "9999-12-31", "2026-02-30", "2026-03-31"];
    let areas = [COUNTY, TOWN, VILLAGE, "519901001201", "000000", "999999999999"];
    let numbers = [0, 1, 2, 3, u64::from(u32::MAX), 1 << 62, i64::MAX as u64, 1 << 63, u64::MAX];
    let mut all: Vec<Value> = days.iter().chain(&areas).map(|text| json!(text)).collect();
    all.extend(numbers.map(|n| json!(n)));
    all.extend([-1, i64::MIN].map(|n| json!(n)));
    all.extend(numbers.map(|n| json!(uid(n))));
    all.extend([json!(null), json!(true), json!(1.5e300), json!([]), json!({}), json!([4, u64::MAX, 0]), nested]);
    all.extend(["", "\u{0}", "%_'\"--", "active", "population", "finding", "reject"].map(|text| json!(text)));
    all.extend([30, 3_000, 100_000].map(|times| json!("长".repeat(times))));
    all
}

/// Where in an item something stands.
fn places(of: &Value, at: &mut Vec<String>, all: &mut Vec<Vec<String>>) {
    let inner: Vec<(String, &Value)> = match of {
        Value::Object(fields) => fields.iter().map(|(key, value)| (key.clone(), value)).collect(),
        Value::Array(items) => items.iter().enumerate().map(|(n, value)| (n.to_string(), value)).collect(),
        _ => Vec::new(),
    };
    for (key, value) in inner {
        at.push(key);
        all.push(at.clone());
        places(value, at, all);
        at.pop();
    }
}

/// `item` with something else in one of its places, or in a place of its own.
fn changed(mut item: Value, place: Index, by: Index, adds: bool) -> Value {
    let mut all = Vec::new();
    places(&item, &mut Vec::new(), &mut all);
    let hostile = hostile();
    let value = by.get(&hostile).clone();
    if adds {
        let within = if item["body"].is_object() { &mut item["body"] } else { &mut item };
        within["later"] = value;
        return item;
    }
    let path = format!("/{}", place.get(&all).join("/"));
    *item.pointer_mut(&path).expect("the place is there") = value;
    item
}

/// All that is known of an item but its number, which is the sender's.
fn told(arrived: &Arrived) -> String {
    match arrived {
        Arrived::Entry(entry) => format!("{entry:?}"),
        // The number under which it came is no part of it.
        Arrived::Snapshot(snapshot, last) => format!("{snapshot:?} {:?}", last.placement),
        Arrived::Page(key, page) => format!("{key:?} {page:?}"),
        Arrived::Decision(decision) => {
            // Its note and its basis are the first ones that came.
            let made = Decision { seq: 0, note: String::new(), basis: None, ..decision.clone() };
            format!("{made:?}")
        }
        Arrived::Attestation(area, word) => format!("{area} {word}"),
        Arrived::Gone(area, key) => format!("{area} {key}"),
    }
}

/// Gives whether the line was taken.
fn send(office: &Office, line: &str) -> bool {
    let child: Area = TOWN.parse().expect("an area");
    let taken = office.store.write(|writer| arrive(writer, (today(), 1_780_000_000_000), child, line));
    taken.expect("one line of a child never fails the batch").is_ok()
}

/// What the daemon and its verbs ask of a store, day by day.
fn assert_goes_on(office: &Office) {
    office.settle();
    office.view(|view| {
        assert_eq!(view.unsound()?, None);
        view.totals()?;
        view.backlog(0)?;
        view.inventory(COUNTY.parse().expect("an area"))?;
        view.holdings(&[VILLAGE.parse().expect("an area")])?;
        view.search("王", 100)?;
        view.judged_pairs()?;
        view.persons_due("2027-03-31".parse().expect("a day"), 100)?;
        for finding in view.findings(&FindingFilter { all: true, ..FindingFilter::default() })? {
            view.views(&finding.evidence, &mut PlaceCache::default())?;
        }
        for (_, snapshot) in view.snapshots()? {
            view.snapshot(&snapshot.key)?;
        }
        view.each_entry(0, view.last_entry()?, &mut |_| {})
    });
    assert_eq!(office.store.damage(), None);
}

/// What travels on to the office above, read as that reads it.
fn handed_on(office: &Office) -> Vec<String> {
    let items = office.view(|view| view.items_after(0, 10_000, 64 << 20, ALL));
    items.iter().map(|(_, _, line)| told(&read_item(line).expect("what is handed on reads"))).collect()
}

#[test]
fn a_date_or_a_count_that_no_roster_has_is_refused_and_what_an_honest_village_sends_is_not() {
    let office = Office::found(COUNTY, today());
    let honest = honest(0);
    for item in &honest {
        assert!(send(&office, &item.to_string()), "{item}");
    }
    assert_goes_on(&office);
    let bad = [
        (0, "/first", json!("-000005-03-04")),
        (0, "/removed", json!("-000001-01-01")),
        (0, "/corrected", json!("2999-01-01")),
        (0, "/uid", json!(uid(0))),
        (0, "/body/name", json!("长".repeat(2_000))),
        (0, "/body/hh", json!("{".repeat(100))),
        (2, "/taken", json!("-000005-03-04")),
        (2, "/lines", json!(i64::MAX)),
        (2, "/lines", json!(3)),
        (2, "/damaged", json!(3)),
        (2, "/total/1", json!(u64::MAX)),
        (2, "/read", json!(i64::MAX)),
        (2, "/file", json!("长".repeat(2_000))),
        (2, "/segments/0/sheet", json!("长".repeat(2_000))),
        (3, "/at", json!(i64::MAX)),
        (3, "/at", json!(-1)),
        (5, "/key", json!(u64::MAX)),
    ];
    let before = handed_on(&office);
    for (n, place, value) in bad {
        let mut item = honest[n].clone();
        *item.pointer_mut(place).expect("the place is there") = value;
        assert!(!send(&office, &item.to_string()), "{place}: {item}");
    }
    // What a newer village says besides is not read here, however deep it goes; SQLite would have to.
    let deep = format!("{}1{}", "[".repeat(1_500), "]".repeat(1_500));
    let item = honest[0].to_string().replace(r#""body":{"#, &format!(r#""body":{{"later":{deep},"#));
    assert!(!send(&office, &item));
    assert_goes_on(&office);
    assert_eq!(handed_on(&office), before);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 40, max_shrink_iters: 50, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn whatever_is_taken_reads_back_and_nothing_stops(
        draws in prop::collection::vec((any::<Index>(), any::<Index>(), any::<Index>(), prop::bool::weighted(0.1)), 40)
    ) {
        let office = Office::found(COUNTY, today());
        for (which, place, by, adds) in &draws {
            let honest = honest(0);
            let item = changed(which.get(&honest).clone(), *place, *by, *adds);
            let line = item.to_string();
            if send(&office, &line) {
                let arrived = read_item(&line).expect("it was taken");
                let says = told(&arrived);
                match arrived {
                    // What somebody never had is forgotten, and not handed on; of a list in pages nothing is until it is whole.
                    Arrived::Gone(..) | Arrived::Page(..) => {}
                    _ => prop_assert!(handed_on(&office).contains(&says), "{}", line),
                }
            }
        }
        assert_goes_on(&office);
        // And an honest village is still heard, by names that nobody took.
        for item in honest(1_000) {
            prop_assert!(send(&office, &item.to_string()), "{}", item);
        }
        assert_goes_on(&office);
    }
}
