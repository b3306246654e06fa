//! A village, a township that may not be honest, and a county.

use std::path::Path;
use std::sync::Arc;

use rcgen::KeyPair;

use super::*;
use crate::daemon::ledger::Ledger;
use crate::daemon::office::Office;
use crate::settings::Settings;
use crate::store::{Home, Look};
use crate::sync::attest::tests::Clerk;
use crate::sync::course::Signer;
use crate::sync::ledger::{Arrival, ChildLedger, Item, ParentLedger};
use crate::sync::protocol::{BatchHeader, Receipt};
use crate::sync::push::Child;

const VILLAGE: &str = "519901001200";
const TOWN: &str = "519901001";
const COUNTY: &str = "519901";
const HOUR: i64 = MILLIS_PER_HOUR;

struct Node {
    office: Arc<Office>,
    ledger: Arc<Ledger>,
    clerk: Clerk,
    _dir: tempfile::TempDir,
}

fn area(code: &str) -> Area {
    code.parse().unwrap()
}

impl Node {
    fn new(code: &str) -> Node {
        let dir = tempfile::tempdir().unwrap();
        let text = format!("[node]\narea = \"{code}\"\nname = \"x\"\n");
        let settings = Settings::parse(&text, Path::new("/tmp/rosterd.toml")).unwrap();
        let store = Store::open(Home::plain(dir.path()), area(code)).unwrap();
        let office = Arc::new(Office::new(store, settings, Some("2026-03-31".parse().unwrap())));
        let ledger = Arc::new(Ledger::new(office.clone()));
        Node { office, ledger, clerk: Clerk(KeyPair::generate().unwrap(), area(code)), _dir: dir }
    }

    /// Lines of the village as its own intake leaves them.
    fn says(&self, uid: u64, name: &str) {
        let own = self.office.area();
        let line = entry(uid, name, 1);
        let taken =
            self.office.store.write(|w| crate::daemon::pass::arrive(w, (self.office.today(), 0), own, &line)).unwrap();
        taken.unwrap();
    }

    fn attest(&self) {
        Child::new(self.ledger.clone() as Arc<dyn ChildLedger>).attest(&self.clerk).unwrap();
    }

    /// What it would send now, everything from the start.
    fn outgoing(&self) -> Vec<Item> {
        ChildLedger::items_after(&*self.ledger, 0, 1_000, 1 << 20).unwrap()
    }

    fn takes(&self, child: &str, lines: Vec<Item>) -> Receipt {
        let origin = area(child);
        let before = ParentLedger::origin(&*self.ledger, origin).unwrap();
        let after = before.map_or(0, |origin| origin.watermark);
        if after == 0 {
            ParentLedger::adopt(&*self.ledger, origin, Epoch(1), 0).unwrap();
        }
        let (items, hash) = (lines.len() as u32, Hash([0; 32]));
        let header = BatchHeader { origin, epoch: Epoch(1), after, last: after + 100, items, hash };
        let arrival = Arrival { header, items: lines, poison: Vec::new(), more: false };
        ParentLedger::accept(&*self.ledger, arrival).unwrap()
    }

    fn row(&self) -> AttestationRow {
        self.office.store.read(|view| view.attestation(area(VILLAGE))).unwrap().unwrap()
    }

    fn compare_at(&self, now: i64) -> Accord {
        compare(&self.office.store, true, now).unwrap();
        self.row().accord
    }

    fn alarms_at(&self, now: i64) -> Vec<&'static str> {
        let own = self.office.area();
        let found = self.office.store.read(|view| alarms(view, own, now)).unwrap();
        found.into_iter().map(|(code, _, _)| code).collect()
    }

    /// Its own last word as it was an hour ago, so that the next one is due.
    fn an_hour_passes(&self) {
        let row = self.office.store.read(|view| view.attestation(self.office.area())).unwrap().unwrap();
        let older = AttestationRow { received: row.received - HOUR, ..row };
        self.office.store.write(|w| w.update_attestation(&older)).unwrap();
    }
}

fn entry(uid: u64, name: &str, seq: u64) -> String {
    let uid = crate::domain::Uid(uid);
    format!(
        r#"{{"t":"entry","seq":{seq},"area":"{VILLAGE}","uid":"{uid}","list":"population","origin":"{VILLAGE}","first":"2026-01-31","body":{{"name":"{name}","st":"active"}}}}"#
    )
}

fn tree() -> (Node, Node, Node) {
    let (village, town, county) = (Node::new(VILLAGE), Node::new(TOWN), Node::new(COUNTY));
    for uid in 1..=20 {
        village.says(uid, &format!("王{uid}"));
    }
    village.attest();
    (village, town, county)
}

#[test]
fn a_county_finds_what_an_honest_township_passed_on_equal_to_what_the_village_signed() {
    let (village, town, county) = tree();
    assert!(town.takes(VILLAGE, village.outgoing()).rejected.is_empty());
    assert!(county.takes(TOWN, town.outgoing()).rejected.is_empty());
    assert_eq!((town.row().body, town.row().key), (county.row().body, county.row().key), "relayed as it came");
    let now = county.row().received;
    assert_eq!(county.compare_at(now + HOUR), Accord::Equal);
    assert_eq!(county.alarms_at(now + 2 * HOUR), [] as [&str; 0]);
    assert_eq!(county.alarms_at(now + 72 * HOUR), ["word-missing"], "a village that falls silent");
    let shown = county.office.store.read(|view| shown(view, area(COUNTY))).unwrap();
    assert_eq!(shown[0]["state"], "equal");
    assert_eq!(shown[0]["key"], print_of(&village.clerk.key()));
}

#[test]
fn a_township_that_alters_an_entry_in_passing_is_noticed_at_the_county() {
    for forged in [Some(entry(7, "王别名", 7)), Some(entry(7, "王7", 7).replace("2026-01-31", "2020-01-31")), None]
    {
        let (village, town, county) = tree();
        town.takes(VILLAGE, village.outgoing());
        let mut lines = town.outgoing();
        let at = lines.iter().position(|item| item.line.contains("王7")).unwrap();
        match forged {
            Some(line) => lines[at].line = line,
            None => drop(lines.remove(at)),
        }
        assert!(county.takes(TOWN, lines).rejected.is_empty(), "nothing in it looks wrong");
        let now = county.row().received;
        assert_eq!(county.compare_at(now), Accord::Differs);
        assert_eq!(county.alarms_at(now), [] as [&str; 0], "entries may be ahead of the word for a while");
        // A fresh word for the same entries changes nothing about it.
        village.an_hour_passes();
        village.says(21, "王21");
        village.attest();
        town.takes(VILLAGE, village.outgoing());
        let word = town.outgoing().into_iter().filter(|item| !item.line.contains("王7"));
        county.takes(TOWN, word.collect());
        assert_eq!(county.row().accord, Accord::Pending);
        assert_eq!(county.compare_at(now + HOUR), Accord::Differs);
        assert_eq!(county.alarms_at(now + HOUR), ["word-differs"]);
        // The township is put right, and the alarm ends.
        county.takes(TOWN, town.outgoing());
        assert_eq!(county.compare_at(now + 2 * HOUR), Accord::Equal);
        assert_eq!(county.alarms_at(now + 2 * HOUR), [] as [&str; 0]);
    }
}

#[test]
fn a_word_that_is_changed_replaced_or_old_is_not_taken_for_the_villages() {
    let (village, town, county) = tree();
    town.takes(VILLAGE, village.outgoing());
    let first = town.outgoing();
    county.takes(TOWN, first.clone());
    let now = county.row().received;
    county.compare_at(now);

    // Another count under the same signature.
    let mut lines = first.clone();
    for item in &mut lines {
        item.line = item.line.replace("\"count\":20", "\"count\":19");
    }
    assert_eq!(county.takes(TOWN, lines).rejected.len(), 1, "told at both ends");
    assert_eq!(county.alarms_at(now), ["word-forged"]);

    // A word of the township's own making.
    village.an_hour_passes();
    village.says(22, "王22");
    village.attest();
    town.takes(VILLAGE, village.outgoing());
    let honest = town.outgoing();
    let epoch = Epoch(town.office.store.read(|view| view.epoch()).unwrap());
    county.takes(TOWN, vec![of_an_impostor(900, epoch, 1_000)]);
    assert_eq!(county.alarms_at(now), ["word-other-key"]);
    assert_eq!(county.row().key, to_hex(&village.clerk.key()), "the key it was first known by stays");

    // The honest word ends that; an old one afterwards changes nothing.
    county.takes(TOWN, honest);
    assert_eq!(county.compare_at(now), Accord::Equal);
    let standing = county.row().body;
    county.takes(TOWN, first.into_iter().filter(|item| item.line.contains("attestation")).collect());
    assert_eq!((county.row().body, county.row().accord), (standing, Accord::Equal));
}

#[test]
fn an_office_that_joined_anew_is_known_by_its_new_key_once_a_person_says_so() {
    let (mut village, _, county) = tree();
    county.takes(VILLAGE, village.outgoing());
    let before = print_of(&village.clerk.key());
    village.clerk = Clerk(KeyPair::generate().unwrap(), area(VILLAGE));
    village.attest();
    county.takes(VILLAGE, village.outgoing());
    assert_eq!(county.row().accord, Accord::OtherKey);
    let trusted = county.office.store.write(|writer| trust(writer, area(VILLAGE))).unwrap();
    assert_eq!(trusted, Some((before, print_of(&village.clerk.key()))));
    let again = county.office.store.write(|writer| trust(writer, area(VILLAGE))).unwrap_err();
    assert_eq!(again.to_string(), "no new key of 519901001200 has arrived yet");
    assert_eq!(county.compare_at(0), Accord::Equal);
    assert_eq!(county.office.store.write(|writer| trust(writer, area("519901002"))).unwrap(), None);
}

#[test]
fn a_word_is_given_when_something_changed_and_once_a_day_and_not_more_often() {
    let (village, _, _) = tree();
    let said = || village.outgoing().into_iter().filter(|item| item.line.contains("attestation")).collect::<Vec<_>>();
    let first = said();
    village.attest();
    village.says(30, "李");
    village.attest();
    assert_eq!(said(), first, "not twice at once");
    village.an_hour_passes();
    village.attest();
    let second = said();
    assert_ne!(second, first);
    village.an_hour_passes();
    village.attest();
    assert_eq!(said(), second, "nothing changed");
    (0..24).for_each(|_| village.an_hour_passes());
    village.attest();
    assert_ne!(said(), second, "a day passed");
}

#[test]
fn rows_cut_off_an_access_log_are_missed_above() {
    let (village, _, county) = tree();
    let look = |at: i64| {
        let look = Look { at, who: "wang", what: "search", target: "王**", persons: &[], reason: "" };
        village.office.store.write(|w| w.note_access(&look)).unwrap()
    };
    (0..5).for_each(look);
    village.an_hour_passes();
    village.attest();
    county.takes(VILLAGE, village.outgoing());
    assert_eq!(county.alarms_at(0), [] as [&str; 0]);
    // As if the last three had never been: everything forgotten, and two written anew.
    village.office.store.write(|w| w.put_meta_text("access_anchor", &anchor())).unwrap();
    village.office.store.write(|w| w.forget_access(i64::MAX)).unwrap();
    village.office.store.write(|w| w.put_meta_text("access_anchor", &anchor())).unwrap();
    (0..2).for_each(look);
    village.an_hour_passes();
    village.attest();
    county.takes(VILLAGE, village.outgoing());
    assert_eq!(county.alarms_at(0), ["looks-lost"]);
    assert_eq!(county.row().looks_lost, Some(3));
}

fn anchor() -> String {
    serde_json::to_string(&crate::store::AccessHead::default()).unwrap()
}

#[test]
fn a_parent_of_the_version_before_is_sent_no_words() {
    let (village, _, _) = tree();
    let words = || village.outgoing().iter().filter(|item| item.line.contains("attestation")).count();
    assert_eq!(words(), 1);
    village.ledger.parent_speaks(1).unwrap();
    assert_eq!(words(), 0);
    village.ledger.parent_speaks(2).unwrap();
    assert_eq!(words(), 1);
}

/// A word for the village that somebody in between signed with a key of their own.
fn of_an_impostor(seq: u64, epoch: Epoch, upto: u64) -> Item {
    let impostor = Clerk(KeyPair::generate().unwrap(), area(VILLAGE));
    let looks = Looks { count: 0, hash: Hash([0; 32]) };
    let holding = Holding { epoch, upto, marks: Vec::new(), looks };
    let word = serde_json::to_string(&Attestation::sign(&impostor, holding).unwrap()).unwrap();
    let line = format!(r#"{{"t":"attestation","seq":{seq},"area":"{VILLAGE}","word":{word}}}"#);
    Item { seq, area: area(VILLAGE), line }
}

#[test]
fn behind_an_impostors_word_an_old_word_of_the_village_is_still_old() {
    let (village, town, county) = tree();
    town.takes(VILLAGE, village.outgoing());
    let old = town.outgoing();
    county.takes(TOWN, old.clone());
    let now = county.row().received;
    county.compare_at(now);
    village.an_hour_passes();
    village.says(7, "王改名");
    village.attest();
    town.takes(VILLAGE, village.outgoing());
    county.takes(TOWN, town.outgoing());
    assert_eq!(county.compare_at(now), Accord::Equal);
    let newest = county.row().body;

    // The township takes the county back to what was, in one batch.
    let (words, mut lines): (Vec<Item>, Vec<Item>) =
        old.into_iter().partition(|item| item.line.contains("attestation"));
    lines.push(of_an_impostor(900, Epoch(9), 1));
    lines.extend(words);
    assert!(county.takes(TOWN, lines).rejected.is_empty());
    assert_eq!(county.row().body, newest);
    assert_eq!(county.compare_at(now), Accord::OtherKey);
    assert_eq!(county.alarms_at(now), ["word-other-key"]);

    // The next honest word shows the rest.
    village.an_hour_passes();
    village.says(8, "王再改");
    village.attest();
    town.takes(VILLAGE, village.outgoing());
    let word = town.outgoing().into_iter().filter(|item| item.line.contains("attestation"));
    county.takes(TOWN, word.collect());
    assert_eq!(county.compare_at(now), Accord::Differs);
    assert_eq!(county.alarms_at(now + HOUR), ["word-differs"]);
}

#[test]
fn a_restored_backup_does_not_hide_that_looks_are_gone() {
    let (village, _, county) = tree();
    let epoch = || village.office.store.write(|w| w.renew_epoch(None)).unwrap();
    let look = |at: i64| {
        let look = Look { at, who: "wang", what: "search", target: "王**", persons: &[], reason: "" };
        village.office.store.write(|w| w.note_access(&look)).unwrap()
    };
    (0..5).for_each(look);
    village.an_hour_passes();
    village.attest();
    county.takes(VILLAGE, village.outgoing());
    // Last night's backup knows of two looks.
    village.office.store.write(|w| w.put_meta_text("access_anchor", &anchor())).unwrap();
    village.office.store.write(|w| w.forget_access(i64::MAX)).unwrap();
    village.office.store.write(|w| w.put_meta_text("access_anchor", &anchor())).unwrap();
    (0..2).for_each(look);
    epoch();
    village.attest();
    county.takes(VILLAGE, village.outgoing());
    assert_eq!(county.row().looks_lost, Some(3));
    assert_eq!(county.alarms_at(0), ["looks-lost"]);
    // A person has asked, and was told of the restore.
    let print = print_of(&village.clerk.key());
    let trusted = county.office.store.write(|writer| trust(writer, area(VILLAGE))).unwrap();
    assert_eq!(trusted, Some((print.clone(), print)));
    assert_eq!(county.alarms_at(0), [] as [&str; 0]);
}

#[test]
fn of_an_office_that_is_restored_every_night_not_every_life_is_remembered() {
    let (village, _, county) = tree();
    for _ in 0..RETIRED_MAX + 20 {
        county.takes(VILLAGE, village.outgoing().into_iter().filter(|i| i.line.contains("attestation")).collect());
        village.office.store.write(|w| w.renew_epoch(None)).unwrap();
        village.attest();
    }
    assert_eq!(county.row().retired.len(), RETIRED_MAX);
}
