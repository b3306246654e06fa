//! What the fuzzer feeds and `tests/fuzz_corpus.rs` replays: five functions over any bytes. Each may refuse what it is
//! given and may not panic, and what it takes must keep what its module promises.

use std::fs::File;
use std::io::{Cursor, Write};
use std::os::fd::{AsRawFd, FromRawFd};
use std::path::PathBuf;
use std::sync::OnceLock;

use rosterd::domain::{Area, Date, Entry, Record};
use rosterd::intake::{
    self, Context, FileReport, Limits, Line, Places, Refusal, SheetHead, Sink, Total, UnreadableCode, Vocabulary,
};
use rosterd::reconcile::{Case, reconcile as facts_of};
use rosterd::rules::{Neighbours, Parameters, judge};
use rosterd::store::{Arrived, read_item};
use rosterd::sync::batch;
use rosterd::sync::join_code::JoinCode;
use rosterd::sync::ledger::{Identity, Item};
use rosterd::sync::protocol::{Answer, Ask, BatchHeader, Epoch, Hash, Message};
use rosterd::sync::sketch::{self, Decoder, Element};
use zip::write::SimpleFileOptions;

pub type Target = fn(&[u8]);

/// Name (of the corpus' folder and the fuzz target) and function.
pub const ALL: [(&str, Target); 5] =
    [("wire", wire), ("join_code", join_code), ("csv", csv), ("workbook", workbook), ("reconcile", reconcile)];

fn village() -> Area {
    "519901001200".parse().expect("a village of the made-up county")
}

fn county() -> Area {
    "519901".parse().expect("the made-up county")
}

fn today() -> Date {
    jiff::civil::date(2026, 4, 30)
}

/// All that a parent or a child reads of the other: messages, batches, items, symbols.
pub fn wire(data: &[u8]) {
    if let Ok(ask) = Message::<Ask>::from_bytes(data.to_vec()) {
        assert_eq!(Message::from_bytes(ask.to_bytes()), Ok(ask), "an ask reads back");
    }
    if let Ok(answer) = Message::<Answer>::from_bytes(data.to_vec()) {
        assert_eq!(Message::from_bytes(answer.to_bytes()), Ok(answer), "an answer reads back");
    }
    // A rogue child can give any body the right hash.
    let mut header =
        BatchHeader { origin: village(), epoch: Epoch(1), after: 0, last: 1_000, items: 1, hash: Hash([0; 32]) };
    header.hash = batch::hash_of(&header, data);
    let _ = batch::open(&header, data, village());
    let text = String::from_utf8_lossy(data);
    let items: Vec<Item> =
        text.lines().filter(|l| !l.is_empty()).map(|l| Item { seq: 1, area: village(), line: l.to_owned() }).collect();
    let identity = Identity { area: village(), epoch: Epoch(1), head: 1_000 };
    let built = batch::build(&identity, 0, 1_000, &items).expect("text packs");
    if let Ok(opened) = batch::open(&built.header, &built.body, village()) {
        assert_eq!(opened.items.len() + opened.poison.len(), items.len(), "every line is taken or named");
        assert!(opened.items.windows(2).all(|w| w[0].seq < w[1].seq), "numbers rise");
        for item in &opened.items {
            assert!(village().contains(item.area), "nothing of others comes through");
            let _ = read_item(&item.line);
        }
    }
    for line in text.lines() {
        if let Ok(Arrived::Entry(entry)) = read_item(line) {
            assert!(entry.origin.contains(entry.area), "an office speaks of its own area");
            assert!(serde_json::from_str::<Record>(&entry.body).is_ok(), "what is stored can be read again");
        }
    }
    let (count, symbols) = data.split_first().map_or((0, data), |(count, rest)| (usize::from(*count), rest));
    if let Ok(block) = sketch::decode(symbols, count) {
        assert_eq!(sketch::decode(&sketch::encode(&block), count).as_ref(), Ok(&block), "symbols read back");
        let own = (0..20).map(|key| Element { key, short: key * 7 });
        let _ = Decoder::new(own, 9).take(&block);
    }
}

/// A code as somebody typed it, and any content under a right check sum.
pub fn join_code(data: &[u8]) {
    let text = String::from_utf8_lossy(data);
    read_code(&text);
    let mut body = vec![1];
    body.extend_from_slice(&data[..data.len().min(500)]);
    body.extend_from_slice(&blake3::hash(&body).as_bytes()[..4]);
    read_code(&format!("rosterd1{}", base32(&body)));
}

fn read_code(text: &str) {
    if let Ok(code) = text.parse::<JoinCode>() {
        assert!(!code.addresses.is_empty(), "a code leads somewhere");
        assert_eq!(code.to_string().parse(), Ok(code), "a code reads back");
    }
}

/// Crockford's alphabet, as the codes have it.
fn base32(bytes: &[u8]) -> String {
    const ALPHABET: &[u8; 32] = b"0123456789abcdefghjkmnpqrstvwxyz";
    let bit = |at: usize| bytes.get(at / 8).map_or(0, |byte| byte >> (7 - at % 8) & 1);
    let digit = |at: usize| (0..5).fold(0, |value, n| value << 1 | usize::from(bit(at * 5 + n)));
    (0..(bytes.len() * 8).div_ceil(5)).map(|at| char::from(ALPHABET[digit(at)])).collect()
}

/// Any text file: CSV in its encodings, and the HTML and XML tables that go by the name of .xls.
pub fn csv(data: &[u8]) {
    assert!(!read_file(data, "519901001200/人口台账.csv"), "reading broke off");
}

/// A workbook: the bytes as they are, or, where they begin with `<`, the XML of its first sheet; a line of `----`
/// parts it from the shared strings, and these from the workbook's own part.
pub fn workbook(data: &[u8]) {
    assert!(!breaks_off(data) || BREAK_THE_LIBRARY.contains(&data), "reading broke off");
}

/// The same where whoever asks can tell whose panic it was.
pub fn breaks_off(data: &[u8]) -> bool {
    let name = "519901001200/人口台账.xlsx";
    if data.first() == Some(&b'<') { read_file(&wrapped(data), name) } else { read_file(data, name) }
}

/// Inputs on which the library that reads workbooks panics, which intake catches. Any other that breaks off is a mistake of
/// ours until somebody has looked.
const BREAK_THE_LIBRARY: [&[u8]; 1] = [include_bytes!("corpus/workbook/row-too-large")];

fn wrapped(data: &[u8]) -> Vec<u8> {
    const PARTS: &[u8] = b"\n----\n";
    let mut parts = Vec::new();
    let mut rest = data;
    while let Some(at) = rest.windows(PARTS.len()).position(|w| w == PARTS).filter(|_| parts.len() < 2) {
        parts.push(&rest[..at]);
        rest = &rest[at + PARTS.len()..];
    }
    parts.push(rest);
    let own = br#"<workbook xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main" xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships"><sheets><sheet name="a" sheetId="1" r:id="rId1"/></sheets></workbook>"#;
    let part = |at: usize, else_: &'static [u8]| parts.get(at).copied().unwrap_or(else_);
    let files: [(&str, &[u8]); 6] = [
        ("[Content_Types].xml", br#"<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"/>"#),
        ("_rels/.rels", br#"<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="rId1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument" Target="xl/workbook.xml"/></Relationships>"#),
        ("xl/workbook.xml", part(2, own)),
        ("xl/_rels/workbook.xml.rels", br#"<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="rId1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/worksheet" Target="worksheets/sheet1.xml"/><Relationship Id="rId2" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/sharedStrings" Target="sharedStrings.xml"/></Relationships>"#),
        ("xl/worksheets/sheet1.xml", part(0, b"")),
        ("xl/sharedStrings.xml", part(1, br#"<sst xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"/>"#)),
    ];
    let mut archive = zip::ZipWriter::new(Cursor::new(Vec::new()));
    let stored = SimpleFileOptions::default().compression_method(zip::CompressionMethod::Stored);
    for (name, content) in files {
        archive.start_file(name, stored).expect("a file of an archive in memory");
        archive.write_all(content).expect("memory");
    }
    archive.finish().expect("memory").into_inner()
}

/// Counts, and looks that nothing lies outside the office's area.
#[derive(Default)]
struct Tray {
    lines: u64,
    refused: u64,
    /// What did not hold. Told when the file is read: a panic on the way would pass for one of a library.
    violations: Vec<String>,
}

impl Tray {
    fn must(&mut self, holds: bool, what: &str) {
        if !holds {
            self.violations.push(what.to_owned());
        }
    }
}

impl Sink for Tray {
    fn known(&mut self, _: rosterd::domain::List, _: rosterd::domain::Area, _: u64) -> bool {
        false
    }

    fn sheet(&mut self, _: &SheetHead) {}

    fn line(&mut self, line: Line) {
        self.lines += 1;
        self.must(county().contains(line.area), "a line outside the office's area");
        let Some(record) = line.record else { return self.must(false, "a line that is not known is cleaned") };
        self.must(!record.name.trim().is_empty(), "a line without a name");
        let text = serde_json::to_string(&record).unwrap_or_default();
        self.must(serde_json::from_str::<Record>(&text).is_ok_and(|read| read == record), "a record reads back");
    }

    fn refused(&mut self, refusal: Refusal) {
        self.must(refusal.detail.len() < 4_096, "a refusal is one line on a screen");
        self.refused += 1;
    }

    fn total(&mut self, _: Total) {}
}

/// Whether reading it broke off: a panic that intake caught.
fn read_file(data: &[u8], rel_path: &str) -> bool {
    static WORDS: OnceLock<Vocabulary> = OnceLock::new();
    let file = in_memory(data);
    let limits = Limits { unpacked_bytes_max: 16 << 20, cells_max: 200_000, ..Limits::default() };
    let context = Context {
        vocabulary: WORDS.get_or_init(|| Vocabulary::load(None).expect("the built-in words load")),
        places: &Places::default(),
        limits: &limits,
        node_area: county(),
        list: None,
        area: None,
        rel_path,
        saved: today(),
        today: today(),
    };
    let mut tray = Tray::default();
    let path = PathBuf::from(format!("/proc/self/fd/{}", file.as_raw_fd()));
    let read = intake::read_file(&path, &context, &mut tray);
    assert!(tray.violations.is_empty(), "{:?}", tray.violations);
    match read {
        Ok(FileReport { lines, .. }) => {
            let all = tray.lines..=tray.lines + tray.refused;
            assert!(all.contains(&lines), "of {lines} lines {} were taken and {} refused", tray.lines, tray.refused);
            false
        }
        Err(unreadable) => unreadable.code == UnreadableCode::Broken,
    }
}

/// A file that lies on no disk.
fn in_memory(data: &[u8]) -> File {
    // SAFETY: the name is a C string that outlives the call; the descriptor is new and nobody else's.
    let mut file = unsafe {
        let fd = libc::memfd_create(c"fuzz".as_ptr(), libc::MFD_CLOEXEC);
        assert!(fd >= 0, "a file in memory");
        File::from_raw_fd(fd)
    };
    file.write_all(data).expect("memory");
    file
}

/// Entries of one person as they travel, a line each: what happened to the person and what contradicts what, whatever
/// the order they came in.
pub fn reconcile(data: &[u8]) {
    /// More is no person.
    const ENTRIES_MAX: usize = 40;
    let text = String::from_utf8_lossy(data);
    let mut entries: Vec<Entry> = Vec::new();
    for line in text.lines().take(ENTRIES_MAX) {
        let Ok(Arrived::Entry(incoming)) = read_item(line) else { continue };
        let Ok(record) = serde_json::from_str(&incoming.body) else { continue };
        if entries.iter().any(|e| e.uid == incoming.uid) {
            continue;
        }
        entries.push(Entry {
            uid: incoming.uid,
            area: incoming.area,
            list: incoming.list,
            record,
            first_seen: incoming.first_seen,
            baseline: incoming.baseline,
            corrected: incoming.corrected,
            removed: incoming.removed,
        });
    }
    let outcome = |entries: Vec<Entry>| {
        let case = Case::new(entries, county(), today());
        let parameters = Parameters::default();
        let facts = facts_of(&case, parameters.death_dates_days_max);
        let registers: Vec<Area> = case.population().map(|e| e.area).collect();
        let neighbours = Neighbours { registers: &registers, ..Neighbours::default() };
        let judgement = judge(&case, &facts, &neighbours, &parameters);
        for finding in &judgement.findings {
            let known = |uid| case.entries.iter().any(|e| e.uid == uid);
            assert!(finding.evidence.iter().all(|uid| known(*uid)), "evidence of the person's own");
            assert!(!finding.evidence.is_empty(), "{} rests on nothing", finding.rule);
        }
        assert!(judgement.due.is_none_or(|due| due > today()), "a due day is to come");
        (facts, judgement)
    };
    let reversed = entries.iter().rev().cloned().collect();
    assert_eq!(outcome(entries), outcome(reversed), "the order of arrival decides nothing");
}
