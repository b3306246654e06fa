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

/// A township with an open port, and a village that joined it and has not called yet; the port is open as long as the last
/// of them lives.
async fn joined(above: &std::path::Path, below: &std::path::Path) -> (Arc<Office>, Arc<Office>, watch::Sender<bool>) {
    let (town, village) = (office(above, TOWN), office(below, VILLAGE));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap().to_string();
    let authority = Authority::open(&above.join("authority"), area(TOWN)).unwrap();
    let parent = Arc::new(Parent::new(Arc::new(Ledger::new(town.clone()))));
    let stop = watch::Sender::new(false);
    tokio::spawn(serve(listener, Door::new(authority.clone(), parent, DoorLimits::default()), stop.subscribe()));
    let code = authority.invite(&[address], area(VILLAGE), 1).unwrap().0;
    enrol::join(&village.settings().link_dir(), area(VILLAGE), &code).await.unwrap();
    (town, village, stop)
}

#[tokio::test]
async fn a_child_that_joined_and_has_not_called_yet_stands_among_the_children() {
    let (above, below) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let (town, _, _stop) = joined(above.path(), below.path()).await;
    let mut children = Value::Null;
    let desk = FrontDesk { office: town, live: None };
    let told = desk.status(&mut |frame| {
        if let Frame::Row(mut row) = frame {
            children = row["children"].take();
        }
        true
    });
    assert_eq!(told.unwrap(), Exit::Done);
    assert_eq!((&children[0]["area"], &children[0]["state"]), (&VILLAGE.into(), &"never".into()));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_file_for_the_parent_is_written_beside_the_link_and_neither_stumbles_over_the_others_batch() {
    let (above, below) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let (_town, village, _stop) = joined(above.path(), below.path()).await;
    let link_dir = village.settings().link_dir();

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

/// A desk without a daemon over a village with these people on its register.
fn desk_over(dir: &std::path::Path, people: &[&str]) -> FrontDesk {
    let village = office(dir, VILLAGE);
    village
        .store
        .write(|writer| {
            people.iter().zip(1..).try_for_each(|(name, uid)| {
                let uid = crate::domain::Uid(uid);
                let line = format!(
                    r#"{{"t":"entry","seq":1,"area":"{VILLAGE}","uid":"{uid}","list":"population","origin":"{VILLAGE}","first":"2026-01-31","body":{{"name":"{name}","id":"519901198001010019","st":"active"}}}}"#
                );
                crate::daemon::pass::arrive(writer, (village.today(), 0), village.area(), &line)?
            })
        })
        .unwrap();
    FrontDesk { office: village, live: None }
}

fn found(desk: &FrontDesk, query: &str) -> Result<usize> {
    let mut entries = 0;
    let asked = ask::People { query: query.to_owned(), ..ask::People::default() };
    desk.people(&asked, "wang", &mut |frame| {
        if let Frame::Row(row) = frame {
            entries += row["entries"].as_array().map_or(0, Vec::len);
        }
        true
    })?;
    Ok(entries)
}

#[test]
fn somebody_is_found_by_the_name_however_the_list_writes_it() {
    let dir = tempfile::tempdir().unwrap();
    let desk = desk_over(dir.path(), &["王　芳", "王國強", "吉木·子洛", "李四"]);
    for (query, want) in [
        ("王芳", 1),
        ("王　芳", 1),
        ("王国强", 1),
        ("王國強", 1),
        ("國強", 1),
        ("吉木子洛", 1),
        ("吉木・子洛", 1),
        ("王", 2),
        ("赵", 0),
    ] {
        assert_eq!(found(&desk, query).unwrap(), want, "{query}");
    }
}

#[test]
fn nobody_is_asked_for_by_marks_alone() {
    let dir = tempfile::tempdir().unwrap();
    let desk = desk_over(dir.path(), &["王芳", "李四"]);
    for query in ["%", " _ ", "%%_", "\u{200b}", "　"] {
        let refused = found(&desk, query).unwrap_err();
        assert_eq!(refused.to_string(), "nobody was asked for", "{query:?}");
    }
}

#[test]
fn the_access_log_keeps_no_name_and_no_number_whole() {
    let dir = tempfile::tempdir().unwrap();
    let desk = desk_over(dir.path(), &["王芳"]);
    for (query, want) in [
        ("王芳 519901198001010019", "王********************"),
        ("Wang Fang", "W********"),
        ("５１９９０１ 19800101 0019", "519901**********19"),
        ("王芳", "王*"),
    ] {
        found(&desk, query).unwrap();
        let kept = desk.office.store.read(|view| view.access()).unwrap();
        assert_eq!(kept.last().unwrap().target, want);
    }
    let reason = Some("王 芳来问，519901198001010019".to_owned());
    let asked = ask::People { query: "王芳".to_owned(), reveal: true, reason };
    desk.people(&asked, "wang", &mut |_| true).unwrap();
    let kept = desk.office.store.read(|view| view.access()).unwrap();
    assert_eq!(kept.last().unwrap().reason, "王*来问，519901**********19");
}
