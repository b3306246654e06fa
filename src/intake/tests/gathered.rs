//! A sink for tests: keeps everything.

use std::collections::HashSet;
use std::path::Path;
use std::sync::LazyLock;

use super::super::*;

#[derive(Default)]
pub struct Gathered {
    pub held: HashSet<u64>,
    pub sheets: Vec<SheetHead>,
    pub lines: Vec<Line>,
    /// The sheet each line came from.
    pub of_sheet: Vec<Option<String>>,
    pub refusals: Vec<Refusal>,
    pub totals: Vec<Total>,
}

impl Sink for Gathered {
    fn known(&mut self, _: List, _: Area, raw: u64) -> bool {
        self.held.contains(&raw)
    }
    fn sheet(&mut self, sheet: &SheetHead) {
        self.sheets.push(sheet.clone());
    }
    fn line(&mut self, line: Line) {
        self.of_sheet.push(self.sheets.last().and_then(|sheet| sheet.sheet.clone()));
        self.lines.push(line);
    }
    fn refused(&mut self, refusal: Refusal) {
        self.refusals.push(refusal);
    }
    fn total(&mut self, total: Total) {
        self.totals.push(total);
    }
}

impl Gathered {
    pub fn records(&self) -> Vec<&crate::domain::Record> {
        self.lines.iter().filter_map(|line| line.record.as_ref()).collect()
    }
}

/// Reads `path` at the node of `area`, as of the end of April 2026.
pub fn gather(
    path: &Path,
    rel_path: &str,
    area: &str,
    held: HashSet<u64>,
) -> (Result<FileReport, Unreadable>, Gathered) {
    let mut sink = Gathered { held, ..Gathered::default() };
    let result = under(area, rel_path, |context| read_file(path, context, &mut sink));
    (result, sink)
}

/// Reads `path` at the node of `area`, which knows what the areas are called.
pub fn gather_named(path: &Path, rel_path: &str, area: &str, names: &[(&str, &str)]) -> Gathered {
    let mut sink = Gathered::default();
    let result = under(area, rel_path, |context| {
        let names = names.iter().map(|(code, name)| (code.parse().unwrap(), (*name).to_owned()));
        let places = Places::new(names, context.vocabulary);
        read_file(path, &Context { places: &places, ..*context }, &mut sink)
    });
    result.unwrap();
    sink
}

/// Reads a file of these bytes at the node of `area`.
pub fn read_bytes(name: &str, bytes: &[u8], area: &str) -> (Result<FileReport, Unreadable>, Gathered) {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join(name.rsplit('/').next().unwrap());
    std::fs::write(&path, bytes).unwrap();
    gather(&path, name, area, HashSet::new())
}

/// Reads the text of a file at a village.
pub fn text(name: &str, lines: &str) -> Gathered {
    let (result, sink) = read_bytes(name, lines.as_bytes(), "519901001200");
    result.unwrap();
    sink
}

/// The records of such a file.
pub fn records(name: &str, lines: &str) -> Vec<crate::domain::Record> {
    text(name, lines).records().into_iter().cloned().collect()
}

/// The same for any other source.
pub fn gather_from(
    area: &str,
    read: impl FnOnce(&Context<'_>, &mut dyn Sink) -> Result<FileReport, Unreadable>,
) -> (Result<FileReport, Unreadable>, Gathered) {
    let mut sink = Gathered::default();
    let result = under(area, "", |context| read(context, &mut sink));
    (result, sink)
}

fn under<T>(area: &str, rel_path: &str, read: impl FnOnce(&Context<'_>) -> T) -> T {
    static VOCABULARY: LazyLock<Vocabulary> = LazyLock::new(|| Vocabulary::load(None).unwrap());
    let (vocabulary, limits, places) = (&*VOCABULARY, Limits::default(), Places::default());
    let node_area = area.parse().unwrap();
    let (list, area, today) = (None, None, Date::constant(2026, 4, 30));
    let (places, limits, saved) = (&places, &limits, today);
    read(&Context { vocabulary, places, limits, node_area, list, area, rel_path, saved, today })
}
