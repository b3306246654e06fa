//! The county that the benches are made of: legal numbers, the intended sizes, a month like a real one, and always the same.

#[path = "bench/dice.rs"]
mod dice;
#[path = "bench/generate.rs"]
mod generate;
#[path = "bench/people.rs"]
mod people;
#[path = "bench/write.rs"]
mod write;

use std::collections::HashSet;
use std::fs;

use generate::{County, Roster, State};
use rosterd::domain::{Area, IdNumber, IdState, PartialDate};
use write::Style;

const RESIDENTS: usize = 20_000;

fn lines(county: &County, list: Roster) -> usize {
    county.lists[list as usize].len()
}

#[test]
fn every_number_is_valid_and_nobody_elses() {
    let county = County::found(RESIDENTS, 1, false);
    let mut seen = HashSet::new();
    for person in &county.people {
        let number = IdNumber::parse(&person.number()).unwrap();
        assert_eq!(number.state(), IdState::Valid);
        assert_eq!(number.birth(), people::iso(person.born).parse::<PartialDate>().ok());
        assert!(seen.insert(number.reveal().to_owned()), "{number} twice");
    }
    let villages: HashSet<u16> = county.lists[0].iter().map(|line| line.village).collect();
    assert_eq!(villages.len(), RESIDENTS.div_ceil(generate::VILLAGE_RESIDENTS));
    assert!(villages.iter().all(|village| county.code(*village).parse::<Area>().is_ok()));
}

#[test]
fn the_lists_have_the_shares_of_a_county() {
    let county = County::found(RESIDENTS, 1, false);
    let share = |list| lines(&county, list) as f64 / RESIDENTS as f64;
    assert_eq!(lines(&county, Roster::Population), RESIDENTS);
    assert!((0.87..0.89).contains(&share(Roster::Health)), "{}", share(Roster::Health));
    assert!((0.033..0.041).contains(&share(Roster::Dibao)), "{}", share(Roster::Dibao));
    assert!((0.015..0.026).contains(&share(Roster::Family)), "{}", share(Roster::Family));
}

#[test]
fn a_month_changes_an_eighth_of_the_health_list_and_a_few_lives() {
    let mut county = County::found(RESIDENTS, 1, false);
    let before = county.lists[Roster::Health as usize].clone();
    county.live_a_month();
    let month = people::day(2026, 4, 1)..=people::day(2026, 4, 30);
    let seen = county.lists[Roster::Health as usize].iter().filter(|l| month.contains(&l.seen)).count();
    assert!((0.10..0.14).contains(&(seen as f64 / before.len() as f64)), "{seen}");
    let dead = county.lists[Roster::Population as usize].iter().filter(|l| l.state == State::Dead).count();
    assert!((5..30).contains(&dead), "{dead}");
    assert_ne!(lines(&county, Roster::Population), RESIDENTS);
}

#[test]
fn a_villages_corrected_file_differs_in_the_lines_that_were_touched() {
    let mut county = County::found(RESIDENTS, 1, false);
    let (village, lines) = county.village_with_health_lines(3_000);
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, county: &County| -> Vec<String> {
        let path = folder.path().join(name);
        assert_eq!(write::village(county, Roster::Health, village, &path, Style { noise: false }).unwrap(), lines);
        fs::read_to_string(path).unwrap().lines().map(str::to_owned).collect()
    };
    let before = write("before.csv", &county);
    county.touch_health(village, 30);
    let after = write("after.csv", &county);
    assert!(lines > 2_700 && before.len() == lines + 1, "{lines}");
    assert_eq!(before.iter().zip(&after).filter(|(a, b)| a != b).count(), 30);
}

#[test]
fn the_same_county_is_the_same_bytes_and_noise_stays_with_its_line() {
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, noise: bool, months: usize| -> String {
        let mut county = County::found(5_000, 7, false);
        (0..months).for_each(|_| county.live_a_month());
        let path = folder.path().join(name);
        write::county(&county, &path, Style { noise }).unwrap();
        fs::read_to_string(path.join("family.csv")).unwrap()
    };
    assert_eq!(write("a", false, 1), write("b", false, 1));
    assert_ne!(write("a", false, 0), write("c", true, 0));
    let defects = |text: &str| text.lines().filter(|l| l.split(',').nth(5).unwrap().len() != 18).count();
    assert!(
        defects(&write("c", true, 0)) > 0 && defects(&write("a", false, 0)) == 1,
        "the header is the one exception"
    );
}

#[test]
fn days_and_dates_agree_over_two_centuries() {
    for number in 1..80_000 {
        let (year, month, day) = people::civil(number);
        assert_eq!(people::day(year, month, day), number);
    }
    assert_eq!(people::iso(people::day(2024, 2, 29)), "2024-02-29");
}
