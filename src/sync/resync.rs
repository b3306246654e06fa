//! Proving that child and parent hold the same, and putting right where they do not. Runs at the child.
//!
//! Only marks are compared here. What differs travels again by the ordinary batches, in the ordinary sequence, so a
//! resync can be cut at any moment and run again, and ordinary pushes go on beside it.

use std::collections::HashSet;
use std::sync::Arc;

use super::ledger::{ChildLedger, Mark, Repaired};
use super::line::{Failure, Line, blocking};
use super::protocol::{Answer, Ask, Code, Compared, Differing, Message, ResyncReport, Total};
use super::sketch::{self, Decoder, Difference, Element};
use super::survey::{self, SYMBOLS_MAX, Sum};
use crate::error::{Error, Result};

/// The first block of symbols: decodes some 90 differences in one exchange.
const SYMBOLS_FIRST: usize = 128;
/// Keys repaired in one transaction.
const REPAIR_KEYS_MAX: usize = 1_000;
/// No more removals than this need nobody's word, where they are at most half of what the parent holds ...
const REMOVALS_FLOOR: usize = 50;
const REMOVALS_FEW_SHARE_MAX: f64 = 0.5;
/// ... and above it no more than this share: a child that was restored, half read or set up anew must not empty it. Lines
/// that a person corrected away are none of these: they stand at the child as removed.
const REMOVALS_SHARE_MAX: f64 = 0.1;
/// The parent may drop a comparison at any time; after this many it has other cares.
const ATTEMPTS_MAX: usize = 3;

/// The outcome of a comparison that repairs nothing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    Equal(Total),
    Differs {
        child: Total,
        parent: Total,
        rows: Vec<Differing>,
    },
    /// The child has sent what the parent has not committed, or the reverse: push, then ask again.
    Unsettled,
}

/// How a resync goes on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    /// Reading what this node holds.
    Reading,
    /// `differences` found so far, among `held` things here.
    Comparing { held: u64, differences: u64 },
    /// `done` of `all` differing keys were given a new number.
    Repairing { done: u64, all: u64 },
}

/// Our side of a comparison, sorted, with its sums.
struct Holding {
    marks: Vec<Mark>,
    sums: Vec<Sum>,
    total: Total,
    head: u64,
}

fn read_holding(ledger: &dyn ChildLedger) -> Result<Holding> {
    let mut inventory = ledger.inventory()?;
    let sums = survey::sums(&mut inventory.marks);
    let total = survey::total(&sums);
    Ok(Holding { marks: inventory.marks, sums, total, head: inventory.upto })
}

/// Exchanges and the bytes they took.
struct Counted<'a, L> {
    line: &'a L,
    bytes: u64,
}

impl<L: Line> Counted<'_, L> {
    async fn ask(&mut self, ask: Message<Ask>) -> Result<Message<Answer>, Failure> {
        self.bytes += ask.to_bytes().len() as u64;
        let answer = self.line.ask(ask).await?;
        self.bytes += answer.to_bytes().len() as u64;
        Ok(answer)
    }

    async fn compare(&mut self, total: Total) -> Result<Compared, Failure> {
        match self.ask(Message::bare(Ask::Compare { total })).await?.meta {
            Answer::Compared(compared) => Ok(compared),
            _ => Err(Failure::unexpected("compare")),
        }
    }

    /// Symbols until the difference is complete; `None` where it is too large for symbols.
    async fn symbols(
        &mut self,
        mut decoder: Decoder,
        survey: u64,
        progress: &mut (dyn FnMut(Step) + Send),
        held: u64,
    ) -> Result<Option<Difference>, Failure> {
        loop {
            let from = decoder.taken();
            let upto = (from * 3 / 2).max(SYMBOLS_FIRST);
            if upto > SYMBOLS_MAX {
                return Ok(None);
            }
            let ask = Ask::Symbols { survey, from: from as u32, upto: upto as u32 };
            let answer = self.ask(Message::bare(ask)).await?;
            if answer.meta != Answer::Symbols {
                return Err(Failure::unexpected("symbols"));
            }
            let broken =
                |error: sketch::SketchError| Failure::Broken(Error::new("comparing with the parent").because(error));
            let block = sketch::decode(&answer.payload, upto - from).map_err(broken)?;
            let (back, complete) = blocking(move || {
                let complete = decoder.take(&block);
                (decoder, complete)
            })
            .await;
            decoder = back;
            let found = decoder.difference();
            progress(Step::Comparing { held, differences: (found.child.len() + found.parent.len()) as u64 });
            if complete.map_err(broken)? {
                return Ok(Some(found));
            }
        }
    }

    /// The plain way: everything the parent holds, page by page.
    async fn elements(&mut self, own: HashSet<Element>, survey: u64) -> Result<Difference, Failure> {
        let mut theirs = HashSet::new();
        let mut from = 0u32;
        loop {
            let answer = self.ask(Message::bare(Ask::Elements { survey, from })).await?;
            let Answer::Elements { total } = answer.meta else { return Err(Failure::unexpected("elements")) };
            let elements = survey::decode_elements(&answer.payload).ok_or_else(|| Failure::unexpected("elements"))?;
            // How long a page is, is the parent's to say.
            let is_last = elements.is_empty();
            from = from.saturating_add(elements.len() as u32);
            theirs.extend(elements);
            if is_last || from >= total {
                break;
            }
        }
        let child = own.difference(&theirs).copied().collect();
        Ok(Difference { child, parent: theirs.difference(&own).copied().collect() })
    }
}

/// Compares and repairs nothing.
pub async fn verify<L: Line>(line: &L, ledger: &Arc<dyn ChildLedger>) -> Result<Verdict, Failure> {
    let mut counted = Counted { line, bytes: 0 };
    let reader = ledger.clone();
    let holding = blocking(move || read_holding(&*reader)).await?;
    let compared = counted.compare(holding.total).await?;
    if compared.equal {
        return Ok(Verdict::Equal(holding.total));
    }
    if compared.watermark != holding.head {
        return Ok(Verdict::Unsettled);
    }
    let ask = Message { meta: Ask::Sums { survey: compared.survey }, payload: survey::encode_sums(&holding.sums) };
    match counted.ask(ask).await?.meta {
        Answer::Sums { differing } => {
            Ok(Verdict::Differs { child: holding.total, parent: compared.total, rows: differing })
        }
        _ => Err(Failure::unexpected("sums")),
    }
}

/// Finds what differs and gives it new numbers at the child, so that it travels. `confirmed`: a person agreed that an
/// implausible share is removed at the parent. What was sent since the last receipt only costs a second sending.
pub async fn resync<L: Line>(
    line: &L,
    ledger: &Arc<dyn ChildLedger>,
    confirmed: bool,
    progress: &mut (dyn FnMut(Step) + Send),
) -> Result<ResyncReport, Failure> {
    let mut attempt = 1;
    let mut counted = Counted { line, bytes: 0 };
    loop {
        match attempt_resync(&mut counted, ledger, confirmed, progress).await {
            Err(failure) if failure.code() == Some(Code::SurveyUnknown) && attempt < ATTEMPTS_MAX => attempt += 1,
            Ok(report) => return Ok(ResyncReport { bytes: counted.bytes, ..report }),
            Err(failure) => return Err(failure),
        }
    }
}

async fn attempt_resync<L: Line>(
    counted: &mut Counted<'_, L>,
    ledger: &Arc<dyn ChildLedger>,
    confirmed: bool,
    progress: &mut (dyn FnMut(Step) + Send),
) -> Result<ResyncReport, Failure> {
    progress(Step::Reading);
    let reader = ledger.clone();
    let Holding { marks, total, .. } = blocking(move || read_holding(&*reader)).await?;
    let compared = counted.compare(total).await?;
    if compared.equal {
        return Ok(ResyncReport { matched: total.count, ..ResyncReport::default() });
    }
    let salt = compared.survey;
    // Counts that are far apart, or a parent that holds next to nothing, are beyond what symbols are good for.
    let apart = total.count.abs_diff(compared.total.count);
    let held = total.count;
    let (own, marks) = blocking(move || {
        let own: Vec<Element> = marks.iter().map(|mark| Element::of(mark, salt)).collect();
        (own, marks)
    })
    .await;
    drop(marks);
    let by_symbols = if apart < SYMBOLS_MAX as u64 / 2 {
        let decoder = Decoder::new(own.iter().copied(), salt);
        counted.symbols(decoder, salt, progress, held).await?
    } else {
        None
    };
    let found = match by_symbols {
        Some(found) => found,
        None => counted.elements(own.iter().copied().collect(), salt).await?,
    };
    let here: HashSet<u64> = own.iter().map(|element| element.key).collect();
    let (mut send, remove) = split(&found, &here);
    progress(Step::Comparing { held, differences: (send.len() + remove.len()) as u64 });
    let mut report = ResyncReport { matched: held.saturating_sub(found.child.len() as u64), ..ResyncReport::default() };
    if confirmed || is_plausible(remove.len(), compared.total.count) {
        send.extend(remove);
    } else {
        report.held = remove.len() as u64;
    }
    let all = send.len() as u64;
    for (at, keys) in send.chunks(REPAIR_KEYS_MAX).enumerate() {
        let (writer, keys) = (ledger.clone(), keys.to_vec());
        let Repaired { sent, removed } = blocking(move || writer.repair(&keys)).await?;
        report.sent += sent;
        report.removed += removed;
        progress(Step::Repairing { done: ((at + 1) * REPAIR_KEYS_MAX).min(all as usize) as u64, all });
    }
    Ok(report)
}

/// Whether a parent that holds `all` may lose so many without anybody's word.
fn is_plausible(removals: usize, all: u64) -> bool {
    let share_max = if removals <= REMOVALS_FLOOR { REMOVALS_FEW_SHARE_MAX } else { REMOVALS_SHARE_MAX };
    removals as f64 <= all as f64 * share_max
}

/// Keys to be sent again, and keys that only the parent knows.
fn split(found: &Difference, here: &HashSet<u64>) -> (Vec<u64>, Vec<u64>) {
    let unique = |keys: Vec<u64>| -> Vec<u64> {
        let mut keys = keys;
        keys.sort_unstable();
        keys.dedup();
        keys
    };
    let (known, unknown): (Vec<u64>, Vec<u64>) =
        found.parent.iter().map(|element| element.key).partition(|key| here.contains(key));
    let send = found.child.iter().map(|element| element.key).chain(known).collect();
    (unique(send), unique(unknown))
}
