//! Offices without a line.

use std::fs;

use super::super::credential::Credential;
use super::super::offline::*;
use super::super::protocol::Code;
use super::office::*;

fn credential(office: &Office) -> Credential {
    Credential::load(&office.dir()).unwrap().unwrap()
}

#[tokio::test]
async fn batches_go_up_by_file_and_their_receipts_come_back() {
    let (county, village, _) = county_and_village().await;
    village.fill(0..12_000, "entry");
    let (up, down) = (village.folder.path().join("up.rosterd"), village.folder.path().join("down.rosterd"));
    let exported = export_batches(&village.child(), &credential(&village), &up).unwrap();
    assert!(exported.batches > 2 && exported.items == 12_000 && !exported.more, "{exported:?}");
    let bytes = fs::read(&up).unwrap();
    assert!(!bytes.windows(5).any(|w| w == b"entry"), "the content cannot be read");

    let Imported::Batches { taken, rejected, stopped, .. } =
        import_batches(&county.authority, &county.parent, &up, &down).unwrap()
    else {
        panic!()
    };
    assert_eq!((taken, rejected, stopped), (12_000, 0, None));
    assert_eq!(county.store.live(Some(VILLAGE)), village.store.live(None));
    // Imported twice it is acknowledged twice and taken once.
    import_batches(&county.authority, &county.parent, &up, &down).unwrap();
    let receipts = import_receipts(&village.ledger(), &credential(&village), &down).unwrap();
    assert_eq!(receipts, Imported::Receipts { receipts: exported.batches, watermark: 12_000 });
    assert_eq!(village.child().next_batch().unwrap(), None);
}

#[tokio::test]
async fn file_and_line_are_mixed_freely() {
    let (county, village, _) = county_and_village().await;
    village.fill(0..6_000, "entry");
    let (up, down) = (village.folder.path().join("up.rosterd"), village.folder.path().join("down.rosterd"));
    export_batches(&village.child(), &credential(&village), &up).unwrap();
    village.store.put(3, 1, VILLAGE, "edited after the export");
    let (link, _task) = village.link();
    link.flush().await.unwrap();
    // The stick arrives after the line came back.
    let Imported::Batches { stopped: None, .. } =
        import_batches(&county.authority, &county.parent, &up, &down).unwrap()
    else {
        panic!()
    };
    let late = import_receipts(&village.ledger(), &credential(&village), &down).unwrap();
    assert_eq!(late, Imported::Receipts { receipts: 0, watermark: 6_001 });
    assert_eq!(county.store.live(Some(VILLAGE)), village.store.live(None));
    assert_eq!(county.store.accepted.load(std::sync::atomic::Ordering::SeqCst), 6_001);
}

#[tokio::test]
async fn a_file_that_is_cut_changed_foreign_or_of_a_revoked_child_is_refused() {
    let (county, village, _) = county_and_village().await;
    let elsewhere = Office::new("519902");
    village.fill(0..6_000, "entry");
    let (up, down) = (village.folder.path().join("up.rosterd"), village.folder.path().join("down.rosterd"));
    export_batches(&village.child(), &credential(&village), &up).unwrap();
    let whole = fs::read(&up).unwrap();
    let import = |office: &Office| import_batches(&office.authority, &office.parent, &up, &down);
    assert!(import(&elsewhere).unwrap_err().to_string().contains("not for 519902"));
    for cut in (0..whole.len()).step_by(whole.len() / 60) {
        fs::write(&up, &whole[..cut]).unwrap();
        assert!(import(&county).is_err(), "cut at {cut}");
        let mut changed = whole.clone();
        changed[cut] ^= 1;
        fs::write(&up, &changed).unwrap();
        assert!(import(&county).is_err(), "changed at {cut}");
    }
    assert!(county.store.live(None).is_empty());
    fs::write(&up, &whole).unwrap();
    county.authority.revoke(VILLAGE.parse().unwrap()).unwrap();
    assert!(import(&county).is_err());
    assert!(county.store.live(None).is_empty());
}

#[tokio::test]
async fn an_old_stick_changes_nothing() {
    let (county, village, _) = county_and_village().await;
    village.fill(0..10, "entry");
    let dir = village.folder.path();
    export_batches(&village.child(), &credential(&village), &dir.join("first")).unwrap();
    village.fill(10..20, "entry");
    let (link, _task) = village.link();
    link.flush().await.unwrap();
    let before = county.store.live(None).len();
    let Imported::Batches { stopped, batches, .. } =
        import_batches(&county.authority, &county.parent, &dir.join("first"), &dir.join("back")).unwrap()
    else {
        panic!()
    };
    assert_eq!((stopped.map(|s| s.code), batches), (None::<Code>, 1), "what is held is acknowledged again");
    assert_eq!(county.store.live(None).len(), before);
}
