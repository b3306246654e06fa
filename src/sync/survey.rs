//! What a node holds, in totals and in views that stay still while two sides compare.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use super::authority::random;
use super::ledger::{Mark, ParentLedger};
use super::protocol::{Answer, Code, Compared, Differing, Hash, Message, Refusal, Total};
use super::sketch::{self, Coder, Element};
use crate::domain::Area;

/// Comparisons a parent holds views for at one time; the oldest gives way. A view of 600,000 entries is 50 MB.
const SURVEYS_MAX: usize = 4;
/// A view nobody asked about for this long is dropped.
const SURVEY_IDLE_MAX: Duration = Duration::from_secs(120);
/// Symbols of one survey: enough for some 45,000 differences. Beyond that plain elements are cheaper.
pub(super) const SYMBOLS_MAX: usize = 1 << 16;
/// Elements in one answer, 16 bytes each: half a minute at 64 kbit/s, well inside [`SURVEY_IDLE_MAX`].
pub(super) const ELEMENTS_PAGE: usize = 1 << 14;
/// More in one answer are no page.
const ELEMENTS_PAGE_MAX: usize = 1 << 16;
/// Rows of sums a child may send: lists times villages, with room.
const SUMS_MAX: usize = 1 << 16;

/// One list of one area.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Sum {
    pub list: u8,
    pub area: Area,
    pub count: u64,
    pub hash: Hash,
}

const SUM_BYTES: usize = 1 + 8 + 8 + 32;

/// Sums per list and area. Sorts the marks; a key that stands twice is counted twice.
pub fn sums(marks: &mut [Mark]) -> Vec<Sum> {
    marks.sort_unstable();
    let group = |group: &[Mark]| {
        let mut hasher = blake3::Hasher::new();
        for mark in group {
            let mut bytes = [0; 24];
            bytes[..8].copy_from_slice(&mark.key.to_le_bytes());
            bytes[8..].copy_from_slice(&mark.digest);
            hasher.update(&bytes);
        }
        let Mark { list, area, .. } = group[0];
        Sum { list, area, count: group.len() as u64, hash: Hash(*hasher.finalize().as_bytes()) }
    };
    marks.chunk_by(|a, b| (a.list, a.area) == (b.list, b.area)).map(group).collect()
}

/// The hash over all sums: equal exactly when both sides hold the same.
pub fn total(sums: &[Sum]) -> Total {
    let count = sums.iter().map(|sum| sum.count).sum();
    Total { count, hash: Hash(*blake3::hash(&encode_sums(sums)).as_bytes()) }
}

pub(super) fn encode_sums(sums: &[Sum]) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(sums.len() * SUM_BYTES);
    for sum in sums {
        bytes.push(sum.list);
        bytes.extend_from_slice(&sum.area.padded().to_le_bytes());
        bytes.extend_from_slice(&sum.count.to_le_bytes());
        bytes.extend_from_slice(&sum.hash.0);
    }
    bytes
}

fn decode_sums(bytes: &[u8]) -> Option<Vec<Sum>> {
    if !bytes.len().is_multiple_of(SUM_BYTES) || bytes.len() / SUM_BYTES > SUMS_MAX {
        return None;
    }
    let number = |bytes: &[u8]| bytes.try_into().ok().map(u64::from_le_bytes);
    let read = |row: &[u8]| {
        let area = Area::from_padded(number(&row[1..9])?)?;
        Some(Sum { list: row[0], area, count: number(&row[9..17])?, hash: Hash(row[17..].try_into().ok()?) })
    };
    bytes.chunks_exact(SUM_BYTES).map(read).collect()
}

/// Elements as bytes.
fn encode_elements(elements: impl Iterator<Item = Element>) -> Vec<u8> {
    elements.flat_map(|e| [e.key.to_le_bytes(), e.short.to_le_bytes()]).flatten().collect()
}

/// Reads what a page of elements holds.
pub(super) fn decode_elements(bytes: &[u8]) -> Option<Vec<Element>> {
    if !bytes.len().is_multiple_of(16) || bytes.len() / 16 > ELEMENTS_PAGE_MAX {
        return None;
    }
    let number = |bytes: &[u8]| bytes.try_into().ok().map(u64::from_le_bytes);
    bytes.chunks_exact(16).map(|row| Some(Element { key: number(&row[..8])?, short: number(&row[8..])? })).collect()
}

/// What the parent held of one child at one moment.
struct Survey {
    id: u64,
    marks: Vec<Mark>,
    sums: Vec<Sum>,
    coder: Option<Coder>,
    asked: Instant,
}

impl Survey {
    fn elements(&self) -> impl Iterator<Item = Element> + '_ {
        self.marks.iter().map(|mark| Element::of(mark, self.id))
    }
}

/// The views a parent holds, one for each child that compares just now.
#[derive(Default)]
pub(super) struct Surveys(Mutex<HashMap<Area, Arc<Mutex<Survey>>>>);

impl Surveys {
    pub fn compare(&self, ledger: &dyn ParentLedger, child: Area, theirs: Total) -> Result<Compared, Refusal> {
        let mut inventory = ledger.inventory(child)?;
        let sums = sums(&mut inventory.marks);
        let total = total(&sums);
        let equal = total == theirs;
        let id = if equal { 0 } else { u64::from_le_bytes(random()?).max(1) };
        let mut open = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        open.remove(&child);
        if !equal {
            let asked = |survey: &Arc<Mutex<Survey>>| survey.lock().unwrap_or_else(PoisonError::into_inner).asked;
            open.retain(|_, survey| asked(survey).elapsed() < SURVEY_IDLE_MAX);
            while open.len() >= SURVEYS_MAX {
                let Some(oldest) = open.iter().min_by_key(|(_, s)| asked(s)).map(|(area, _)| *area) else { break };
                open.remove(&oldest);
            }
            let survey = Survey { id, marks: inventory.marks, sums, coder: None, asked: Instant::now() };
            open.insert(child, Arc::new(Mutex::new(survey)));
        }
        Ok(Compared { equal, total, watermark: inventory.upto, survey: id })
    }

    fn with<T>(
        &self,
        child: Area,
        id: u64,
        work: impl FnOnce(&mut Survey) -> Result<T, Refusal>,
    ) -> Result<T, Refusal> {
        let unknown = || Refusal::new(Code::SurveyUnknown, "this comparison is over: begin again");
        let open = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let survey = open.get(&child).cloned().ok_or_else(unknown)?;
        drop(open);
        let mut survey = survey.lock().unwrap_or_else(PoisonError::into_inner);
        if survey.id != id {
            return Err(unknown());
        }
        survey.asked = Instant::now();
        work(&mut survey)
    }

    pub fn sums(&self, child: Area, id: u64, payload: &[u8]) -> Result<Message<Answer>, Refusal> {
        let theirs = decode_sums(payload).ok_or_else(|| Refusal::new(Code::Malformed, "these are no sums"))?;
        self.with(child, id, |survey| Ok(Message::bare(Answer::Sums { differing: differing(&theirs, &survey.sums) })))
    }

    pub fn symbols(&self, child: Area, id: u64, from: u32, upto: u32) -> Result<Message<Answer>, Refusal> {
        let (from, upto) = (from as usize, upto as usize);
        if from >= upto || upto > SYMBOLS_MAX {
            return Err(Refusal::new(Code::Malformed, "there are no such symbols"));
        }
        self.with(child, id, |survey| {
            if survey.coder.is_none() {
                survey.coder = Some(Coder::new(survey.elements(), id));
            }
            let coder = survey.coder.as_mut().expect("made above where there was none");
            Ok(Message { meta: Answer::Symbols, payload: sketch::encode(coder.symbols(from, upto)) })
        })
    }

    pub fn elements(&self, child: Area, id: u64, from: u32) -> Result<Message<Answer>, Refusal> {
        self.with(child, id, |survey| {
            let page = survey.elements().skip(from as usize).take(ELEMENTS_PAGE);
            let payload = encode_elements(page);
            Ok(Message { meta: Answer::Elements { total: survey.marks.len() as u32 }, payload })
        })
    }
}

/// The rows in which two sides differ.
pub(super) fn differing(child: &[Sum], parent: &[Sum]) -> Vec<Differing> {
    let mut rows: HashMap<(u8, Area), (Option<Sum>, Option<Sum>)> = HashMap::new();
    child.iter().for_each(|sum| rows.entry((sum.list, sum.area)).or_default().0 = Some(*sum));
    parent.iter().for_each(|sum| rows.entry((sum.list, sum.area)).or_default().1 = Some(*sum));
    let count = |sum: Option<Sum>| sum.map_or(0, |sum| sum.count);
    let mut rows: Vec<Differing> = rows
        .into_iter()
        .filter(|(_, (child, parent))| child != parent)
        .map(|((list, area), (c, p))| Differing { area, list, child: count(c), parent: count(p) })
        .collect();
    rows.sort_by_key(|row| (row.area, row.list));
    rows
}
