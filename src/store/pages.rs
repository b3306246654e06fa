//! A list with many lines travels in pages, each small enough for any batch: the last with the list itself, the earlier
//! ones under numbers of their own right before the list's. How a list is cut into them; and how a parent keeps those that
//! came until the last is there, as a list counts only when it is whole.

use super::codec::{Doing, area, list};
use super::{Placement, Segment, SnapshotKey, View, Writer, sum};
use crate::domain::Area;
use crate::error::{Context, Error, Result};

/// Bytes of a page as it travels: half of what a batch holds by default.
const PAGE_BYTES_MAX: usize = 512 << 10;
/// Pages of one list: some three million lines. A longer list is not cut, and told where it stands that it cannot travel.
pub(super) const PAGES_MAX: usize = 100;
/// Lines of one page from a child: twice what [`PAGE_BYTES_MAX`] holds.
pub(super) const PAGE_LINES_MAX: usize = 1 << 16;

/// Bytes of a segment beside its names and lines.
const SEGMENT_BYTES: usize = 64;
/// What one byte of a name may become in JSON.
const ESCAPED_BYTES_MAX: usize = 6;

/// A stretch of the lines of a list, on its way.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Page {
    /// How many came before it.
    pub nth: usize,
    /// The sender's number of the list that the page is of: pages of two versions of a list are never put together.
    pub last: u64,
    /// Its first segment goes on where the page before broke off.
    pub continues: bool,
    pub placement: Placement,
}

/// A segment and a line of it: where a page begins.
type Begins = (usize, usize);

/// Where the pages of this list begin. Depends on nothing that does not travel.
fn begins(placement: &Placement, bytes_max: usize) -> Vec<Begins> {
    let mut out = vec![(0, 0)];
    let mut left = bytes_max;
    for (s, segment) in placement.segments.iter().enumerate() {
        let names = [&segment.file, &segment.sheet].into_iter().flatten().map(String::len).sum::<usize>();
        let head = SEGMENT_BYTES + names * ESCAPED_BYTES_MAX;
        if head > left && s > 0 {
            out.push((s, 0));
            left = bytes_max;
        }
        left = left.saturating_sub(head);
        let mut row = 0;
        for (l, line) in segment.lines.iter().enumerate() {
            let mut bytes = line_bytes(line.row.wrapping_sub(row));
            if bytes > left && out.last() != Some(&(s, l)) {
                out.push((s, l));
                left = bytes_max.saturating_sub(head);
                bytes = line_bytes(line.row);
            }
            left = left.saturating_sub(bytes);
            row = line.row;
        }
    }
    out
}

/// A uid, and the step to the row as digits and a comma.
fn line_bytes(step: u32) -> usize {
    14 + step.max(1).ilog10() as usize + 1
}

/// How many pages the list travels in, and so how many numbers it needs.
pub(super) fn count(placement: &Placement) -> usize {
    let pages = begins(placement, PAGE_BYTES_MAX).len();
    if pages > PAGES_MAX { 1 } else { pages }
}

/// The pages of a list that was given `numbers` numbers, the last of which is `last`. One page where these are too few: a
/// version of the program that cuts otherwise gave them.
pub(super) fn cut(placement: Placement, numbers: usize, last: u64) -> Vec<Page> {
    let begins = begins(&placement, PAGE_BYTES_MAX);
    if begins.len() == 1 || begins.len() > numbers {
        return vec![Page { last, placement, ..Page::default() }];
    }
    cut_at(&placement, &begins, last)
}

fn cut_at(placement: &Placement, begins: &[Begins], last: u64) -> Vec<Page> {
    let end = (placement.segments.len(), 0);
    let ends = begins.iter().skip(1).copied().chain([end]);
    let stretch = |from: Begins, to: Begins| {
        let upto = if to.1 > 0 { to.0 + 1 } else { to.0 };
        let segments = (from.0..upto).map(|s| {
            let Segment { file, sheet, lines } = &placement.segments[s];
            let first = if s == from.0 { from.1 } else { 0 };
            let behind = if s == to.0 { to.1 } else { lines.len() };
            Segment { file: file.clone(), sheet: sheet.clone(), lines: lines[first..behind].to_vec() }
        });
        Placement { segments: segments.collect() }
    };
    let pages = begins.iter().zip(ends).enumerate();
    pages.map(|(nth, (from, to))| Page { nth, last, continues: from.1 > 0, placement: stretch(*from, to) }).collect()
}

/// Puts a page behind those that came before it.
fn join(whole: &mut Placement, page: Page) {
    let mut segments = page.placement.segments.into_iter();
    if page.continues
        && let (Some(broken), Some(rest)) = (whole.segments.last_mut(), segments.next())
    {
        broken.lines.extend(rest.lines);
    }
    whole.segments.extend(segments);
}

impl View<'_> {
    /// The pages of a list that came so far, in their order.
    fn pages(&self, key: &SnapshotKey) -> Result<Vec<Page>> {
        let doing = "reading the pages of a list";
        let mut statement = self
            .conn
            .prepare_cached(
                "SELECT nth, last, continues, placement, sum FROM pages
                 WHERE list = ?1 AND area = ?2 AND origin = ?3 AND stream = ?4 ORDER BY nth",
            )
            .doing(doing)?;
        let mut rows = statement
            .query((key.list as u8, key.area.padded() as i64, key.origin.padded() as i64, &key.stream))
            .doing(doing)?;
        let mut out = Vec::new();
        while let Some(row) = rows.next().doing(doing)? {
            sum::check(row, &[0, 1, 2, 3], 4).doing(doing)?;
            let bytes = row.get_ref(3).doing(doing)?.as_blob().or_say(doing)?;
            out.push(Page {
                nth: row.get::<_, i64>(0).doing(doing)? as usize,
                last: row.get::<_, i64>(1).doing(doing)? as u64,
                continues: row.get(2).doing(doing)?,
                placement: Placement::decode(bytes).ok_or_else(|| Error::new("the pages of a list do not read"))?,
            });
        }
        Ok(out)
    }

    /// Lists of nodes inside `within` that are on their way.
    pub(super) fn lists_on_their_way(&self, within: Area) -> Result<Vec<SnapshotKey>> {
        let (first, last) = within.range();
        self.conn
            .prepare_cached("SELECT list, area, origin, stream FROM pages WHERE nth = 0 AND origin BETWEEN ?1 AND ?2")
            .and_then(|mut s| {
                s.query_map((first as i64, last as i64), |row| {
                    let (list, area, origin) = (list(row, 0)?, area(row, 1)?, area(row, 2)?);
                    Ok(SnapshotKey { list, area, origin, stream: row.get(3)? })
                })?
                .collect()
            })
            .doing("reading the pages of a list")
    }
}

impl Writer<'_> {
    /// Keeps a page until the last of its list is here. The first takes the place of whatever came of another version of
    /// the list. The inner error says why it cannot be taken.
    pub fn keep_page(&self, key: &SnapshotKey, page: &Page) -> Result<Result<()>> {
        if page.nth == 0 {
            self.forget_pages(key)?;
        } else if !self.has_pages_before(key, page)? {
            return Ok(Err(Error::new("a page of a list whose earlier pages are not here")));
        }
        self.conn
            .prepare_cached(
                "INSERT INTO pages (list, area, origin, stream, nth, last, continues, placement, sum)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, row_sum(?5, ?6, ?7, ?8))",
            )
            .and_then(|mut s| {
                s.execute((
                    key.list as u8,
                    key.area.padded() as i64,
                    key.origin.padded() as i64,
                    &key.stream,
                    page.nth as i64,
                    page.last as i64,
                    page.continues,
                    page.placement.encode(),
                ))
            })
            .doing("keeping a page of a list")?;
        Ok(Ok(()))
    }

    /// Exactly those pages of this version of the list that come before this one.
    fn has_pages_before(&self, key: &SnapshotKey, page: &Page) -> Result<bool> {
        let (all, of_it): (i64, i64) = self
            .conn
            .prepare_cached(
                "SELECT count(*), count(*) FILTER (WHERE last = ?5 AND nth < ?6) FROM pages
                 WHERE list = ?1 AND area = ?2 AND origin = ?3 AND stream = ?4",
            )
            .and_then(|mut s| {
                let (list, area, origin) = (key.list as u8, key.area.padded() as i64, key.origin.padded() as i64);
                s.query_row((list, area, origin, &key.stream, page.last as i64, page.nth as i64), |row| {
                    Ok((row.get(0)?, row.get(1)?))
                })
            })
            .doing("reading the pages of a list")?;
        Ok(all == of_it && of_it == page.nth as i64)
    }

    /// All `lines` of a list whose last page came; nothing waits for it any more. `None` where pages are missing.
    pub fn whole(&self, key: &SnapshotKey, lines: u64, last: Page) -> Result<Option<Placement>> {
        let is_all = last.nth == 0 || self.has_pages_before(key, &last)?;
        let before = if last.nth == 0 { Vec::new() } else { self.pages(key)? };
        self.forget_pages(key)?;
        let mut whole = Placement::default();
        before.into_iter().chain([last]).for_each(|page| join(&mut whole, page));
        Ok(Some(whole).filter(|whole| is_all && whole.len() as u64 == lines))
    }

    pub(super) fn forget_pages(&self, key: &SnapshotKey) -> Result<()> {
        self.conn
            .prepare_cached("DELETE FROM pages WHERE list = ?1 AND area = ?2 AND origin = ?3 AND stream = ?4")
            .and_then(|mut s| {
                s.execute((key.list as u8, key.area.padded() as i64, key.origin.padded() as i64, &key.stream))
            })
            .doing("forgetting the pages of a list")?;
        Ok(())
    }

    /// The number under which a list that is here travels again, behind those of its earlier pages.
    pub(super) fn next_seq_of_list(&self, id: i64) -> Result<u64> {
        let numbers: i64 = self
            .conn
            .prepare_cached("SELECT pages FROM snapshots WHERE id = ?1")
            .and_then(|mut s| s.query_row([id], |row| row.get(0)))
            .doing("sending a snapshot again")?;
        Ok(self.next_seqs(numbers.max(1) as u64))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::Placed;
    use super::*;
    use crate::domain::Uid;

    fn segment(name: Option<&str>, rows: impl IntoIterator<Item = u32>) -> Segment {
        let lines = rows.into_iter().map(|row| Placed { uid: Uid(u64::from(row) + 1), raw: 0, row }).collect();
        Segment { file: None, sheet: name.map(str::to_owned), lines }
    }

    fn joined(pages: Vec<Page>) -> Placement {
        let mut whole = Placement::default();
        pages.into_iter().for_each(|page| join(&mut whole, page));
        whole
    }

    proptest! {
        #[test]
        fn pages_come_to_the_list_again_wherever_it_was_cut(
            segments in proptest::collection::vec((any::<Option<u8>>(), proptest::collection::vec(any::<u32>(), 0..20)), 0..6),
            bytes_max in 1usize..400,
        ) {
            let named = segments.into_iter().map(|(name, rows)| segment(name.map(|n| format!("{n}村")).as_deref(), rows));
            let list = Placement { segments: named.collect() };
            let pages = cut_at(&list, &begins(&list, bytes_max), 9);
            for (nth, page) in pages.iter().enumerate() {
                prop_assert_eq!(page.nth, nth);
                let bytes = serde_json::to_string(&super::super::wire::segments_of(page.placement.clone())).unwrap().len();
                // A page holds a line, however small it is to be, and the head of the segment before it that it ends.
                prop_assert!(page.placement.len() <= 1 || bytes <= bytes_max, "{} of {}", bytes, bytes_max);
            }
            prop_assert_eq!(joined(pages), list);
        }
    }

    #[test]
    fn a_short_list_is_one_page_and_one_that_is_too_long_is_not_cut() {
        let short = Placement { segments: vec![segment(None, 1..1_000)] };
        assert_eq!(count(&short), 1);
        let long = Placement { segments: vec![segment(None, 1..80_000)] };
        assert_eq!(count(&long), 3);
        assert_eq!(cut(long.clone(), 3, 7).len(), 3);
        assert_eq!(cut(long, 1, 7).len(), 1, "it was given one number alone");
        assert_eq!(count(&Placement { segments: vec![segment(None, 1..4_000_000)] }), 1);
    }
}
