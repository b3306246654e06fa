//! Every file of a county of clerks, against which person each of its lines is.

use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::path::PathBuf;

use super::super::*;
use super::gathered::{Gathered, gather};

fn fixtures() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/county")
}

/// month/code/file -> (sheet, row)
fn truth() -> BTreeMap<String, (String, BTreeSet<(String, u32)>)> {
    let text = std::fs::read_to_string(fixtures().join("truth/rows.csv")).unwrap();
    let mut rows: BTreeMap<String, (String, BTreeSet<(String, u32)>)> = BTreeMap::new();
    for line in text.lines().skip(1) {
        let cells: Vec<&str> = line.split(',').collect();
        let [month, code, list, file, sheet, row, ..] = cells[..] else { panic!("{line}") };
        let entry = rows.entry(format!("{month}/{code}/{file}")).or_insert_with(|| (list.to_owned(), BTreeSet::new()));
        entry.1.insert((sheet.to_owned(), row.parse().unwrap()));
    }
    rows
}

#[test]
fn every_true_line_of_the_county_is_read_and_nothing_else_is() {
    let mut files = 0;
    for (file, (list, rows)) in truth() {
        let path = fixtures().join("exports").join(&file);
        if !path.exists() {
            continue;
        }
        files += 1;
        let code = file.split('/').nth(1).unwrap();
        let (result, sink) = gather(&path, &file, code, HashSet::new());
        let report = result.unwrap_or_else(|error| panic!("{file}: {error}"));
        let got: BTreeSet<(String, u32)> = sink
            .lines
            .iter()
            .zip(&sink.of_sheet)
            .map(|(line, sheet)| (sheet.clone().unwrap_or_default(), line.row))
            .collect();
        assert_eq!(got, rows, "{file}");
        assert!(sink.lines.iter().all(|line| line.list.as_str() == list && line.record.is_some()), "{file}");
        assert_eq!((report.refused, report.unread_cells, sink.refusals.len()), (0, 0, 0), "{file}");
        for head in &sink.sheets {
            assert_eq!(head.unknown, Vec::<String>::new(), "{file}");
        }
        for total in &sink.totals {
            assert_eq!(total.stated, total.counted, "{file}");
        }
        let (_, above) = gather(&path, &file, "519901", HashSet::new());
        let areas = |sink: &Gathered| sink.lines.iter().map(|line| line.area).collect::<Vec<_>>();
        assert_eq!(areas(&above), areas(&sink), "{file}: the county's node places every line as the village's does");
        let held = sink.lines.iter().map(|line| line.raw).collect();
        let (again, second) = gather(&path, &file, code, held);
        assert_eq!(again.unwrap().known, sink.lines.len() as u64, "{file}: read again it is all known");
        assert!(second.lines.iter().zip(&sink.lines).all(|(a, b)| (a.row, a.raw, a.area) == (b.row, b.raw, b.area)));
    }
    assert!(files >= 49, "only {files} files are there");
}
