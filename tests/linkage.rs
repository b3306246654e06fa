//! Linkage on lines of all lists of one month, with the true person of each (`tests/fixtures/link`).

use std::collections::BTreeMap;
use std::io::Read;
use std::time::Instant;

use rosterd::domain::{Area, IdNumber, List, Record, Sex, Uid};
use rosterd::linkage::eval::{Score, pairwise};
use rosterd::linkage::{
    Decided, Features, Linked, NameLevel, TRAIN_PAIRS_MAX, Trained, Weights, compare, features, link_all, train,
};

struct Labelled {
    features: Vec<Features>,
    truth: Vec<u64>,
    lines: Vec<String>,
}

fn read(file: &str) -> Labelled {
    let path = format!("{}/tests/fixtures/link/{file}.csv.zst", env!("CARGO_MANIFEST_DIR"));
    let mut text = String::new();
    zstd::Decoder::new(std::fs::File::open(path).unwrap()).unwrap().read_to_string(&mut text).unwrap();
    let mut out = Labelled { features: Vec::new(), truth: Vec::new(), lines: Vec::new() };
    for row in csv::Reader::from_reader(text.as_bytes()).records() {
        let row = row.unwrap();
        let record = Record {
            name: row[3].into(),
            id_number: IdNumber::parse(&row[4]),
            sex: match &row[5] {
                "男" => Some(Sex::Male),
                "女" => Some(Sex::Female),
                _ => None,
            },
            birth: row[6].parse().ok(),
            ..Record::default()
        };
        let area: Area = row[1].parse().unwrap();
        out.features.push(features(Uid(row[0].parse().unwrap()), area, List::parse(&row[2]).unwrap(), &record));
        out.truth.push(row[7].parse().unwrap());
        out.lines.push(row.iter().collect::<Vec<_>>().join(","));
    }
    out
}

fn link(file: &str, weights: &Weights) -> Score {
    let began = Instant::now();
    let labelled = read(file);
    let read = began.elapsed();
    let began = Instant::now();
    let linked = link_all(&labelled.features, &Decided::default(), weights);
    let score = pairwise(&labelled.truth, &linked.person);
    println!(
        "{file}: {} lines, precision {:.5}, recall {:.5}, F1 {:.5}; read {read:.0?}, linked {:.0?}, {} for review, largest component {}",
        labelled.lines.len(),
        score.precision,
        score.recall,
        score.f1,
        began.elapsed(),
        linked.potential.len(),
        linked.component_entries_max
    );
    print_mistakes(&labelled, &linked);
    score
}

/// Lines of one person that were not joined, and joined lines of several, with what was compared.
fn print_mistakes(labelled: &Labelled, linked: &Linked) {
    let mut by_truth: BTreeMap<u64, Vec<usize>> = BTreeMap::new();
    let mut by_person: BTreeMap<u64, Vec<usize>> = BTreeMap::new();
    for (i, (truth, person)) in labelled.truth.iter().zip(&linked.person).enumerate() {
        by_truth.entry(*truth).or_default().push(i);
        by_person.entry((*person).into()).or_default().push(i);
    }
    let found: Vec<u64> = linked.person.iter().map(|p| (*p).into()).collect();
    for (what, groups, other) in [("not joined", by_truth, &found), ("joined", by_person, &labelled.truth)] {
        for group in groups.values().filter(|group| group.iter().any(|i| other[*i] != other[group[0]])) {
            println!("{what}:");
            for (n, i) in group.iter().enumerate() {
                println!("  {}", labelled.lines[*i]);
                for j in group[..n].iter().filter(|j| other[*i] != other[**j]) {
                    let compared = compare(&labelled.features[*i], &labelled.features[*j], &Weights::default());
                    let parts =
                        compared.parts.iter().map(|p| format!("{} {} {:+.1}", p.field.as_str(), p.level, p.bits));
                    println!("    {:.1} bits: {}", compared.bits, parts.collect::<Vec<_>>().join(", "));
                }
            }
        }
    }
}

#[test]
fn a_month_with_one_percent_of_noise_is_linked_all_but_perfectly() {
    let score = link("noise1", &Weights::default());
    assert!(score.f1 >= 0.9999, "{score:?}");
}

#[test]
fn a_month_with_five_percent_of_noise_is_linked_nearly_as_well() {
    let score = link("noise5", &Weights::default());
    assert!(score.f1 >= 0.9997 && score.precision >= 0.99999, "{score:?}");
}

#[test]
fn training_learns_how_carefully_an_office_writes_and_links_no_worse() {
    let [careful, careless] = ["noise1", "noise5"].map(|file| {
        // A few villages are enough to learn from.
        let entries: Vec<Features> = read(file).features.into_iter().take(12_000).collect();
        let trained = train(&entries, &Weights::default());
        assert_eq!(trained, train(&entries, &Weights::default()));
        let score = link(file, &trained.weights);
        assert!(score.f1 >= 0.9985 && score.precision >= 0.9999, "{score:?}");
        trained
    });
    assert_eq!(careful.weights.version, 1);
    // Where names are often miswritten, a miswritten name speaks less against one person.
    let wrong_name = |trained: &Trained| trained.weights.name[NameLevel::OneCharacter as usize];
    assert!(wrong_name(&careful) < wrong_name(&careless));
    assert!(careful.rounds > 1 && careful.matched > 5_000.0 && careful.pairs <= TRAIN_PAIRS_MAX);
}

#[test]
fn training_on_nothing_leaves_the_defaults() {
    let trained = train(&[], &Weights::default());
    assert_eq!(Weights { version: 0, ..trained.weights }, Weights::default());
}

#[test]
fn a_value_that_stands_for_none_joins_nobody_and_costs_little() {
    // A whole township typed in with one number, one birth date and a handful of names.
    let entries: Vec<Features> = (0..20_000)
        .map(|n| {
            let record = Record {
                name: format!("{}{}", ['王', '李', '张'][n % 3], ['芳', '伟', '军', '丽', '英'][n % 5]).into(),
                id_number: IdNumber::parse("519901190001010018"),
                birth: "1900-01-01".parse().ok(),
                ..Record::default()
            };
            let area = format!("5199010012{:02}", n % 10).parse().unwrap();
            features(Uid(n as u64), area, List::Health, &record)
        })
        .collect();
    let linked = link_all(&entries, &Decided::default(), &Weights::default());
    assert_eq!(linked.component_entries_max, 1);
    let few = &entries[..60];
    let linked = link_all(few, &Decided::default(), &Weights::default());
    assert!(linked.component_entries_max <= few.len());
}

#[test]
fn a_number_that_a_program_fills_in_neither_joins_those_who_have_it_nor_keeps_them_apart() {
    // Each stands on two lists; on one of them all have the same number, which is none or somebody's.
    for number in ["519901190001010018", "519901197001010024", "11010519491231002X"] {
        let lines = (0..400u32).flat_map(|n| {
            let (sur, given) =
                (['王', '李', '张', '刘'][n as usize % 4], ['芳', '伟', '军', '丽', '英'][n as usize % 5]);
            let record = Record {
                name: format!("{sur}{given}").into(),
                birth: format!("19{:02}-{:02}-{:02}", 30 + n / 20, 1 + n / 5 % 12, 2 + n % 20).parse().ok(),
                ..Record::default()
            };
            let numbered = Record { id_number: IdNumber::parse(number), ..record.clone() };
            [(List::Population, record), (List::Health, numbered)]
        });
        let village = "519901001200".parse().unwrap();
        let entries: Vec<Features> =
            lines.enumerate().map(|(uid, (list, record))| features(Uid(uid as u64), village, list, &record)).collect();
        let truth: Vec<usize> = (0..entries.len()).map(|i| i / 2).collect();
        let linked = link_all(&entries, &Decided::default(), &Weights::default());
        let score = pairwise(&truth, &linked.person);
        assert!(score.precision >= 0.99 && score.recall >= 0.99, "{number} {score:?}");
        assert!(linked.component_entries_max < 100, "{}", linked.component_entries_max);
        assert_eq!(linked.shared_number, []);
    }
}
