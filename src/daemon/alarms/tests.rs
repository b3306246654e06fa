use std::sync::Arc;

use super::*;
use crate::daemon::ledger::Ledger;
use crate::domain::Area;
use crate::report::log::MismatchLog;
use crate::report::text::Text;
use crate::settings::{Language, Settings};
use crate::store::{Home, Store};
use crate::sync::link::{Link, LinkSettings};
use crate::sync::push;

const HOUR: i64 = MILLIS_PER_HOUR;
const DAY: i64 = 24 * HOUR;

/// An office where all is well, at the hour zero of the story.
fn calm() -> Facts {
    Facts {
        now: 1_000 * DAY,
        children: Vec::new(),
        acknowledged: 70,
        waiting: 0,
        joined: true,
        link: LinkStatus { parent: Some(area("519901")), last_contact: Some(0), ..LinkStatus::default() },
        disk_free_bytes: Some(50 << 30),
        folder: "/srv/data".into(),
        backups: Backups::default(),
        words: Vec::new(),
    }
}

fn area(code: &str) -> Area {
    code.parse().unwrap()
}

/// `hours` later, with `change` made to a calm office.
fn at(hours: i64, change: impl FnOnce(&mut Facts)) -> Facts {
    let mut facts = calm();
    facts.now += hours * HOUR;
    change(&mut facts);
    facts
}

/// What stands after each look of a story, by code.
fn story(looks: impl IntoIterator<Item = Facts>) -> Vec<Vec<String>> {
    let mut memory = Memory::default();
    looks
        .into_iter()
        .map(|facts| {
            // Kept and read again, as over a night.
            let kept = serde_json::to_string(&next(&memory, &facts)).unwrap();
            memory = serde_json::from_str(&kept).unwrap();
            memory.raised.iter().map(|alarm| alarm.code.clone()).collect()
        })
        .collect()
}

#[test]
fn nothing_is_wrong_with_a_calm_office() {
    assert_eq!(story([calm(), at(100, |_| {})]), [[""; 0], []]);
}

#[test]
fn a_backlog_that_stands_for_a_day_is_no_progress_also_over_a_night_switched_off() {
    let waits = |facts: &mut Facts| facts.waiting = 20;
    let told = story([
        at(0, waits),
        at(10, waits),
        at(25, waits),
        // One batch got through: it goes on.
        at(26, |f| (f.acknowledged, f.waiting) = (80, 10)),
        at(51, |f| (f.acknowledged, f.waiting) = (80, 10)),
        at(52, |f| (f.acknowledged, f.waiting) = (90, 0)),
    ]);
    assert_eq!(told, [vec![], vec![], vec!["no-progress"], vec![], vec!["no-progress"], vec![]]);
    let alone = |f: &mut Facts| (f.waiting, f.joined) = (20, false);
    assert_eq!(story([at(0, alone), at(50, alone)]), [[""; 0], []], "nobody waits for an office without a parent");
}

#[test]
fn a_child_that_is_silent_for_three_days_is_named_until_it_speaks_or_is_let_go() {
    let mut child = Child::new(area("519901001200"));
    child.name = "200村".to_owned();
    child.last_contact = Some(calm().now);
    let with = |child: &Child| {
        let child = child.clone();
        move |f: &mut Facts| f.children = vec![child]
    };
    let back = Child { last_contact: Some(calm().now + 80 * HOUR), ..child.clone() };
    let mut gone = child.clone();
    ChildState::change(&mut gone, |state| state.revoked = true);
    let never = Child::new(area("519901001201"));
    let told = story([
        at(1, with(&child)),
        at(73, with(&child)),
        at(81, with(&back)),
        at(200, with(&gone)),
        at(200, with(&never)),
    ]);
    assert_eq!(told, [vec![], vec!["child-silent"], vec![], vec![], vec![]]);
    let alarm = next(&Memory::default(), &at(73, with(&child))).raised.remove(0);
    assert_eq!((&alarm.params["office"], &alarm.params["days"]), (&"200村".into(), &3.into()));
}

#[test]
fn a_child_whose_place_another_machine_took_is_named_for_some_days() {
    let mut child = Child::new(area("519901001200"));
    ChildState::change(&mut child, |state| state.replaced = Some(Replaced { at: calm().now, epoch: None }));
    let with = |child: &Child| {
        let child = child.clone();
        move |f: &mut Facts| f.children = vec![child]
    };
    let mut gone = child.clone();
    ChildState::change(&mut gone, |state| state.revoked = true);
    let told = story([at(0, with(&child)), at(71, with(&child)), at(72, with(&child)), at(2, with(&gone))]);
    assert_eq!(told, [vec!["child-replaced"], vec!["child-replaced"], vec![], vec![]]);
}

#[test]
fn a_broken_parity_stands_over_a_restart_until_the_two_are_equal() {
    let equal = |hours: i64| move |f: &mut Facts| f.link.last_equal = Some((calm().now + hours * HOUR) / 1_000);
    let told = story([
        at(0, equal(-1)),
        at(1, |f| f.link.differing = 3),
        // Started anew: nobody has compared yet.
        at(2, |f| f.link.differing = 0),
        at(3, equal(3)),
    ]);
    assert_eq!(told, [vec![], vec!["parity-broken"], vec!["parity-broken"], vec![]]);
}

#[test]
fn a_clock_that_is_wrong_is_told_until_the_parent_sees_it_right() {
    let off = |f: &mut Facts| f.link.skew_secs = Some(-4_000);
    let unmet = |f: &mut Facts| f.link.last_contact = None;
    let told = story([at(0, |f| f.link.skew_secs = Some(200)), at(1, off), at(2, unmet), at(3, |_| {})]);
    assert_eq!(told, [vec![], vec!["clock-skew"], vec!["clock-skew"], vec![]]);
}

#[test]
fn a_full_disk_is_told_until_there_is_room() {
    let left = |megabytes: u64| move |f: &mut Facts| f.disk_free_bytes = Some(megabytes << 20);
    let told = story([at(0, left(499)), at(1, left(300)), at(2, left(501)), at(3, |f| f.disk_free_bytes = None)]);
    assert_eq!(told, [vec!["disk-low"], vec!["disk-low"], vec![], vec![]]);
}

#[test]
fn a_backup_that_failed_or_is_old_is_told_until_a_good_one() {
    let good = |hours: i64| Backups { good_at: Some(calm().now + hours * HOUR), ..Backups::default() };
    let bad = Backups { failed_at: Some(calm().now + HOUR), error: Some("磁盘已满".to_owned()), ..good(0) };
    let told = story([
        at(0, |f| f.backups = good(0)),
        at(1, |f| f.backups = bad.clone()),
        at(60, |f| f.backups = bad),
        at(61, |f| f.backups = good(61)),
    ]);
    assert_eq!(told, [vec![], vec!["backup-failed"], vec!["backup-failed", "backup-old"], vec![]]);
}

/// What waits to be told after each of these looks, each with the codes that stand; nothing finds room.
fn untold(looks: &[&[&str]]) -> Vec<(String, bool, i64)> {
    let (mut untold, mut before) = (Untold::default(), Vec::new());
    for (at, codes) in looks.iter().enumerate() {
        let alarm = |code: &&str| Alarm {
            code: (*code).to_owned(),
            subject: String::new(),
            params: Map::new(),
            since: find(&before, code, "").map_or(at as i64, |alarm: &Alarm| alarm.since),
        };
        let standing: Vec<Alarm> = codes.iter().map(alarm).collect();
        untold.note(&before, &standing, at as i64);
        before = standing;
    }
    untold.0.into_iter().map(|turn| (turn.alarm.code, turn.ended, turn.at)).collect()
}

#[test]
fn beginning_and_end_of_a_full_disk_are_told_once_there_is_room() {
    let full = |ended, at| ("disk-full".to_owned(), ended, at);
    assert_eq!(untold(&[&[], &["disk-full"], &["disk-full"]]), [full(false, 1)]);
    assert_eq!(untold(&[&[], &["disk-full"], &["disk-full"], &[]]), [full(false, 1), full(true, 3)]);
    let comes_and_goes: Vec<&[&str]> = (0..1_000).map(|n| if n % 2 == 0 { &["disk-full"][..] } else { &[] }).collect();
    assert_eq!(untold(&comes_and_goes), [full(false, 0), full(true, 999)], "as one, however often");
}

#[test]
fn what_the_log_was_told_of_is_kept_once_the_store_has_room() {
    let folder = tempfile::tempdir().unwrap();
    let settings = "[node]\narea = \"519901001201\"\nname = \"甲村\"\n";
    let settings = Settings::parse(settings, &folder.path().join("rosterd.toml")).unwrap();
    let store = Store::open(Home::plain(folder.path()), settings.area).unwrap();
    let office = Arc::new(Office::new(store, settings, None));
    let log = MismatchLog::open(folder.path(), "e1", 36, Text::new(Language::Chinese)).unwrap();
    let child = push::Child::new(Arc::new(Ledger::new(office.clone())));
    let (_link, handle) = Link::new(Arc::new(child), folder.path().to_owned(), LinkSettings::default());
    let (mut alarms, logbook) = (Alarms::new(handle), Logbook::new(log));
    office.store.write(|writer| backups::note(writer, 1, Err("no room"))).unwrap();
    alarms.look(&office, &logbook);
    let kept = || office.store.read(memory).unwrap();
    assert_eq!(kept().raised.len(), 1);
    // As after a look whose write found no room.
    office.store.write(|writer| writer.put_meta_text(KEPT, "{}")).unwrap();
    (alarms.kept, alarms.looked) = (Some(Memory::default()), None);
    alarms.look(&office, &logbook);
    assert_eq!(kept().raised.len(), 1);
}
