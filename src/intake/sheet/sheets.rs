//! Which sheets of a workbook are read, and in which order.

use std::cmp::Reverse;
use std::collections::BTreeSet;

use crate::domain::{Date, List};

use super::repeats::{self, First, Says};
use crate::intake::clean::date::western;
use crate::intake::container::row::Rows;
use crate::intake::labels::stated;
use crate::intake::report::{FileReport, Refusal, RefusalCode, Sink, Unreadable, UnreadableCode};
use crate::intake::sheet::{self, Origin, Outcome};
use crate::intake::vocabulary::fold::fold_word;
use crate::intake::{Context, origin, whole};

/// Reads the rows of a sheet.
pub type ReadRows<'r> = &'r mut dyn FnMut(&mut dyn Rows) -> Result<Outcome, Unreadable>;

/// A sheet's name, and whether it is hidden.
type Named = (Option<String>, bool);

/// Reads sheet after sheet; those that are no list are told to the sink, unless none is one. `open` hands the rows of the
/// sheet at a place to what reads them, more than once where they have to be compared with those of others.
pub fn read(
    sheets: &[Named],
    context: &Context<'_>,
    sink: &mut dyn Sink,
    report: &mut FileReport,
    mut open: impl FnMut(usize, ReadRows<'_>) -> Result<Outcome, Unreadable>,
) -> Result<(), Unreadable> {
    if sheets.len() > context.limits.sheets_max as usize {
        let detail = format!("{} sheets; sheets_max is {}", sheets.len(), context.limits.sheets_max);
        return Err(Unreadable::new(UnreadableCode::TooManyCells, detail));
    }
    let origin = |at: usize| {
        let (name, hidden) = &sheets[at];
        Origin { hidden: *hidden, ..origin(name.as_deref(), context) }
    };
    let folded: Vec<String> =
        sheets.iter().map(|(name, _)| name.as_deref().map(fold_word).unwrap_or_default()).collect();
    let is_summary = |at: &usize| {
        let name = &folded[*at];
        // Sheet1 (2): a spreadsheet program's own name for a copy.
        let copied = name.split_once('(').filter(|(_, nth)| nth.trim_end_matches(')').parse::<u8>().is_ok());
        copied.is_some_and(|(of, _)| folded.iter().any(|other| other == of))
            || context.vocabulary.summary_sheets.iter().any(|word| name.contains(word.as_str()))
    };
    let (summaries, lists): (Vec<usize>, Vec<usize>) = (0..sheets.len()).partition(is_summary);
    let months = months(sheets, context.today);
    let latest = months.iter().flatten().max();
    let compared: Vec<usize> =
        lists.iter().copied().filter(|at| months[*at].is_none_or(|month| Some(&month) == latest)).collect();
    let repeated = repeated(&compared, &folded, context, &origin, &mut open)?;
    let mut order: Vec<usize> = lists.into_iter().chain(summaries.iter().copied()).collect();
    // Months of one list: the latest first, in the places they have among the others.
    order.sort_by_key(|at| (summaries.contains(at), Reverse(months[*at])));
    let (mut worst, mut not_read, mut month_read) = (Outcome::Empty, Vec::new(), false);
    for at in order {
        // A summary repeats the other sheets; where no other could be read, it is the roster itself.
        if repeated.contains(&at) || matches!(worst, Outcome::Read(_)) && summaries.contains(&at) {
            not_read.push((at, RefusalCode::SheetRepeatsOthers));
            continue;
        }
        if month_read && months[at].is_some() {
            not_read.push((at, RefusalCode::OlderMonth));
            continue;
        }
        let origin = origin(at);
        match open(at, &mut |rows| sheet::read(rows, &origin, context, sink, report))? {
            Outcome::Read(list) => {
                worst = Outcome::Read(list);
                // Deaths and moves of a month are not those of another.
                month_read |= months[at].is_some() && !matches!(list, List::Deaths | List::Migrants);
            }
            Outcome::Empty => {}
            outcome => {
                let code = match outcome {
                    Outcome::OtherRoster => RefusalCode::OtherRoster,
                    Outcome::DoubtfulDeaths => RefusalCode::DoubtfulDeaths,
                    Outcome::Template => RefusalCode::SheetRepeatsOthers,
                    _ => RefusalCode::NoListRecognised,
                };
                not_read.push((at, code));
                if !matches!(worst, Outcome::Read(_) | Outcome::NoList | Outcome::DoubtfulDeaths) {
                    worst = outcome;
                }
            }
        }
    }
    if let Some(unreadable) = whole(worst) {
        return Err(unreadable);
    }
    for (at, code) in not_read {
        report.refused += 1;
        sink.refused(Refusal { sheet: sheets[at].0.clone(), row: None, code, detail: String::new() });
    }
    Ok(())
}

/// Which of these sheets say again what others say. Only those that begin as the same list of one place are read for it.
fn repeated<'o>(
    sheets: &[usize],
    folded: &[String],
    context: &Context<'_>,
    origin: &impl Fn(usize) -> Origin<'o>,
    open: &mut impl FnMut(usize, ReadRows<'_>) -> Result<Outcome, Unreadable>,
) -> Result<Vec<usize>, Unreadable> {
    if sheets.len() < 2 {
        return Ok(Vec::new());
    }
    let mut hear = |at: usize, rows_max: u32, left: usize| {
        let origin = origin(at);
        let stale = context.vocabulary.stale_sheets.iter().any(|word| folded[at].contains(word.as_str()));
        let mut says = Says::new(at, origin.hidden, stale, left);
        let mut report = FileReport::new(crate::intake::Container::Text, None);
        open(at, &mut |rows| {
            sheet::read(&mut First { rows, left: rows_max }, &origin, context, &mut says, &mut report)
        })?;
        Ok::<_, Unreadable>(says)
    };
    let begun: Vec<Says> =
        sheets.iter().map(|at| hear(*at, repeats::FIRST_ROWS, usize::MAX)).collect::<Result<_, _>>()?;
    let may_repeat = |says: &&Says| begun.iter().any(|other| other.at != says.at && says.may_repeat(other));
    let mut left = repeats::COMPARED_MAX;
    let mut said = Vec::new();
    for begun in begun.iter().filter(may_repeat) {
        let says = hear(begun.at, u32::MAX, left)?;
        left = says.left();
        said.push(says);
    }
    // Of people who could not be compared nobody knows whether they are on another sheet.
    Ok(if left == 0 { Vec::new() } else { repeats::repeated(&said) })
}

/// The month each sheet's name states, where the names differ by their month alone, each by another one.
fn months(sheets: &[Named], today: Date) -> Vec<Option<(i16, i8)>> {
    let month = |(name, _): &Named| stated::month_in(&fold_word(name.as_deref()?), today);
    let bare = |(name, _): &Named| -> String {
        let kept = western(name.as_deref().unwrap_or_default());
        kept.chars()
            .filter(|c| !c.is_ascii_digit() && !matches!(c, '年' | '度' | '月' | '份' | '.' | '-' | ' '))
            .collect()
    };
    let found: Vec<_> = sheets.iter().map(month).collect();
    let mut stems: Vec<String> =
        sheets.iter().zip(&found).filter(|(_, month)| month.is_some()).map(|(sheet, _)| bare(sheet)).collect();
    let count = stems.len();
    stems.dedup();
    let all: BTreeSet<_> = found.iter().flatten().collect();
    if count > 1 && stems.len() == 1 && all.len() == count { found } else { vec![None; sheets.len()] }
}
