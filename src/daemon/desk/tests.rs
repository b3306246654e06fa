//! A desk over a village that has joined its township.

use std::sync::Barrier;

use tokio::net::TcpListener;
use tokio::sync::watch;

use super::*;
use crate::daemon::ledger::Ledger;
use crate::domain::{Area, FindingId};
use crate::report::log::MismatchLog;
use crate::report::text::Text;
use crate::store::{Decision, DecisionKind, NOTE_CHARS_MAX};
use crate::sync::enrol;
use crate::sync::ledger::ChildLedger;
use crate::sync::link::{Link, LinkSettings};
use crate::sync::protocol::Receipt;
use crate::sync::push::Child;
use crate::sync::serve::{Door, DoorLimits, serve};

const TOWN: &str = "519901001";
const VILLAGE: &str = "519901001200";

fn area(code: &str) -> Area {
    code.parse().unwrap()
}

fn office(dir: &std::path::Path, code: &str) -> Arc<Office> {
    let text = format!("[node]\narea = \"{code}\"\nname = \"x\"\n");
    let settings = Settings::parse(&text, &dir.join("rosterd.toml")).unwrap();
    std::fs::create_dir_all(settings.data_dir()).unwrap();
    let store = Store::open(Home::of(&settings).unwrap(), area(code)).unwrap();
    Arc::new(Office::new(store, settings, Some("2026-03-31".parse().unwrap())))
}

/// More than a moment's work for whoever makes a batch of it.
fn write_much(office: &Office, round: u64) {
    let note = "长".repeat(NOTE_CHARS_MAX);
    let written = office.store.write(|writer| {
        (0..40).try_for_each(|n| {
            let (kind, subject) = (DecisionKind::Finding, FindingId(round * 1_000 + n).to_string());
            let (author, verdict, note) = (office.area(), "confirm".to_owned(), note.clone());
            writer
                .put_decision(&Decision { seq: 0, author, kind, subject, verdict, note, at: 1, basis: None }, false)
                .map(drop)
        })
    });
    written.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_file_for_the_parent_is_written_beside_the_link_and_neither_stumbles_over_the_others_batch() {
    let (above, below) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let (town, village) = (office(above.path(), TOWN), office(below.path(), VILLAGE));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap().to_string();
    let authority = Authority::open(&above.path().join("authority"), area(TOWN)).unwrap();
    let door = Door::new(authority.clone(), Arc::new(Parent::new(Arc::new(Ledger::new(town)))), DoorLimits::default());
    let stop = watch::Sender::new(false);
    tokio::spawn(serve(listener, door, stop.subscribe()));
    let code = authority.invite(&[address], area(VILLAGE), 1).unwrap();
    let link_dir = village.settings().link_dir();
    enrol::join(&link_dir, area(VILLAGE), &code).await.unwrap();

    let ledger = Arc::new(Ledger::new(village.clone()));
    let child = Arc::new(Child::new(ledger.clone()));
    let (_link, handle) = Link::new(child.clone(), link_dir, LinkSettings::default());
    let log = MismatchLog::open(&below.path().join("log"), "1", 1, Text::new(village.settings().language)).unwrap();
    let desk = FrontDesk::new(
        village.clone(),
        Arc::default(),
        Arc::new(Vocabulary::load(None).unwrap()),
        Arc::new(Logbook::new(log)),
        handle,
        Arc::new(Parent::new(ledger.clone())),
        None,
    );
    let both = Barrier::new(2);
    for round in 0..20 {
        write_much(&village, round);
        let (by_link, by_file) = std::thread::scope(|scope| {
            let linking = scope.spawn(|| {
                both.wait();
                child.next_batch()
            });
            let exporting = scope.spawn(|| {
                both.wait();
                desk.export_batch(&ask::ExportBatch { file: below.path().join("上报.batch") }, &mut |_| true)
            });
            (linking.join().unwrap(), exporting.join().unwrap())
        });
        assert_eq!(by_file.unwrap(), Exit::Done);
        let batch = by_link.unwrap().unwrap();
        ledger.acknowledge(&Receipt::of(&batch.header, Vec::new())).unwrap();
    }
}
