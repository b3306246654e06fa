//! Clocks that jump by decades under two offices, between any two steps.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::{Duration, Instant};

use rosterd::domain::date::plus_days;
use rosterd::sync::clock::CertificateClock;
use rosterd::sync::resync::Verdict;

use super::support::branch::{Branch, Dice};
use super::support::disk;
use super::{COUNTY, Pair, VILLAGE, files, today};

const DAYS_OF_DECADES: u64 = 40 * 365;

/// Each time both offices come up on some other day of eighty years, read, send and judge; in the end the clocks are
/// right, and all is as if they had never been wrong.
fn jumps(count: u32) {
    let _turn = disk::plug_in();
    let root = tempfile::tempdir().expect("a temporary folder");
    let months = |pair: &mut Pair, wrong: &mut dyn FnMut() -> Option<(Branch, Branch)>| {
        for month in 0..3 {
            for (path, text) in files(month) {
                if let Some((village, county)) = wrong() {
                    pair.put(village, county);
                }
                let (village, county) = pair.both();
                village.read(path, &text).expect("a good disk");
                pair.converse(village, county).expect("a good line");
                county.settle().expect("a good disk");
            }
        }
    };
    let right = |root: &std::path::Path| {
        let village = Branch::open(&root.join("village"), VILLAGE, today()).expect("a good disk");
        (village, Branch::open(&root.join("county"), COUNTY, today()).expect("a good disk"))
    };
    let calm_root = root.path().join("calm");
    let mut calm = Pair::found(&calm_root, 1);
    let (village, county) = right(&calm_root);
    calm.put(village, county);
    months(&mut calm, &mut || None);
    let expected = calm.outcome();

    let mut dice = Dice(5);
    let mut done = 0;
    let mut lives = 0u64;
    while done < count {
        let scratch = root.path().join(format!("life {lives}"));
        let mut pair = Pair::found(&scratch, lives);
        let mut jump = || {
            done += 2;
            let days = |dice: &mut Dice| dice.below(2 * DAYS_OF_DECADES) as i32 - DAYS_OF_DECADES as i32;
            let village = Branch::open(&scratch.join("village"), VILLAGE, plus_days(today(), days(&mut dice)));
            let county = Branch::open(&scratch.join("county"), COUNTY, plus_days(today(), days(&mut dice)));
            Some((village.expect("a good disk"), county.expect("a good disk")))
        };
        months(&mut pair, &mut jump);
        pair.close();
        let (village, county) = right(&scratch);
        village.settle().expect("a good disk");
        pair.put(village, county);
        let (village, county) = pair.both();
        let verdict = pair.converse(village, county).expect("a good line");
        assert!(matches!(verdict, Some(Verdict::Equal(_))), "{verdict:?}");
        county.settle().expect("a good disk");
        let after = pair.outcome();
        assert!(after.village == expected.village && after.county == expected.county, "life {lives}: other entries");
        assert_eq!(timeless(&after.found_above), timeless(&expected.found_above), "life {lives}: other findings");
        lives += 1;
    }
    println!("{done} clock jumps in {lives} lives: entries, findings and order are those of right clocks");
}

/// Findings that hold. A list that comes late is a matter of the days it was read on, and these were wrong.
fn timeless(findings: &[String]) -> Vec<&String> {
    findings.iter().filter(|f| !f.ends_with("Closed") && !f.contains("late")).collect()
}

#[test]
fn clocks_that_jump_by_decades_change_nothing_in_the_end() {
    jumps(24);
}

#[test]
#[ignore = "long: run with --ignored"]
fn a_thousand_jumps_change_nothing_in_the_end() {
    jumps(1_000);
}

/// The certificates' time: a thousand jumps of the computer's clock and as many restarts.
#[test]
fn certificate_time_only_ever_goes_on() {
    const DAY: i64 = 86_400;
    let dir = tempfile::tempdir().expect("a temporary folder");
    let path = dir.path().join("clock");
    let (system, awake) = (Arc::new(AtomicI64::new(20_000 * DAY)), Arc::new(AtomicI64::new(0)));
    let start = Instant::now();
    let boot = || {
        let (system, awake) = (system.clone(), awake.clone());
        let read =
            move || (system.load(Ordering::SeqCst), start + Duration::from_secs(awake.load(Ordering::SeqCst) as u64));
        CertificateClock::reading(&path, Box::new(read)).expect("our own folder")
    };
    let mut dice = Dice(3);
    let mut clock = boot();
    let mut highest = clock.now();
    for jump in 0..1_000 {
        system.store(dice.below(60_000) as i64 * DAY - 10_000 * DAY, Ordering::SeqCst);
        awake.fetch_add(dice.below(100) as i64, Ordering::SeqCst);
        if jump % 10 == 0 {
            // A process that ends remembers to the hour.
            clock = boot();
            assert!(clock.now() >= highest - 3_600, "restart {jump} lost more than an hour");
            highest = clock.now();
            continue;
        }
        let now = clock.now();
        assert!(now >= highest, "jump {jump}: from {highest} back to {now}");
        highest = now;
    }
    assert!(highest >= 20_000 * DAY);
}
