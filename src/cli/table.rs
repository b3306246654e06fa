//! Tables for a terminal in which Chinese characters take two columns.

use std::fmt::Write;

/// Between two columns.
const GAP: usize = 2;

/// What the last column needs to be read with ease: where less is left, others wrap as well.
const LAST_COLUMNS_MIN: usize = 24;

/// No column of words is made narrower; a terminal that has not even this wraps by itself.
const COLUMN_MIN: usize = 12;

/// How many columns `c` takes: 2 for the wide and full-width forms (Unicode UAX 11, by blocks), 0 for marks that
/// join what is before them, else 1.
pub fn char_columns(c: char) -> usize {
    match c as u32 {
        0x0300..=0x036f | 0x200b..=0x200f | 0x20d0..=0x20ff | 0xfe00..=0xfe0f | 0xfe20..=0xfe2f | 0xfeff => 0,
        0x1100..=0x115f
        | 0x2329..=0x232a
        | 0x2e80..=0x303e
        | 0x3041..=0x33ff
        | 0x3400..=0x4dbf
        | 0x4e00..=0x9fff
        | 0xa000..=0xa4cf
        | 0xa960..=0xa97f
        | 0xac00..=0xd7a3
        | 0xf900..=0xfaff
        | 0xfe30..=0xfe6f
        | 0xff00..=0xff60
        | 0xffe0..=0xffe6
        | 0x1f300..=0x1f64f
        | 0x1f900..=0x1f9ff
        | 0x20000..=0x3fffd => 2,
        _ => 1,
    }
}

pub fn columns(text: &str) -> usize {
    text.chars().map(char_columns).sum()
}

/// `text` in pieces of at most `width` columns, broken at blanks where there are any.
pub fn wrapped(text: &str, width: usize) -> Vec<String> {
    let mut lines = Vec::new();
    let mut line = String::new();
    let (mut used, mut blank) = (0, None);
    for c in text.chars() {
        if used + char_columns(c) > width && !line.is_empty() {
            // A word goes to the next line whole; Chinese breaks nearly anywhere.
            let rest = match blank.take() {
                Some(at) if c.is_ascii() && c != ' ' => line.split_off(at),
                _ if c == ' ' => String::new(),
                _ => line.split_off(end_before(&line, c)),
            };
            lines.push(line.trim_end().to_owned());
            line = rest.trim_start().to_owned();
            used = columns(&line);
            if c == ' ' {
                continue;
            }
        }
        if c == ' ' {
            blank = Some(line.len());
        } else if !c.is_ascii() {
            blank = None;
        }
        line.push(c);
        used += char_columns(c);
    }
    lines.push(line);
    lines
}

/// Columns of the longest piece of `text` that is not cut where it need not be.
fn longest_word(text: &str) -> usize {
    text.split(|c: char| !c.is_ascii_graphic()).map(str::len).max().unwrap_or(0)
}

/// Where a line ends that has no room for `next`: the next one begins with nothing that closes, this one ends with nothing
/// that opens, and no word is cut that fits on a line.
fn end_before(line: &str, mut next: char) -> usize {
    for (at, c) in line.char_indices().rev() {
        let is_within_word = c.is_ascii_graphic() && next.is_ascii_graphic();
        if !CLOSING.contains(next) && !OPENING.contains(c) && !is_within_word {
            return at + c.len_utf8();
        }
        next = c;
    }
    line.len()
}

const CLOSING: &str = "，。、；：？！）》〉」』】〕］｝”’…％,.;:?!)]}%";
const OPENING: &str = "（《〈「『【〔［｛“‘([{";

/// How far those columns stand in that stand under the others.
const INDENT: usize = 4;

/// Rows under a header, each column as wide as its widest cell; the last column takes what is left and wraps. Where too
/// little is left for it, the widest of the others wrap too; where they would have to cut a word, it stands under them, and
/// with it those before it that have no room either.
#[derive(Debug, Default)]
pub struct Table {
    head: Vec<String>,
    rows: Rows,
    right: Vec<usize>,
}

/// The cells of many rows, one behind the other: a county's findings are a hundred thousand.
#[derive(Debug, Default)]
struct Rows {
    text: String,
    /// Where each cell ends.
    cells: Vec<usize>,
    /// Behind which cell each row ends.
    rows: Vec<usize>,
}

impl Rows {
    fn push(&mut self, cells: impl IntoIterator<Item = String>) {
        for cell in cells {
            self.text.push_str(&cell);
            self.cells.push(self.text.len());
        }
        self.rows.push(self.cells.len());
    }

    fn iter(&self) -> impl Iterator<Item = Vec<&str>> {
        let start = |ends: &[usize], at: usize| at.checked_sub(1).map_or(0, |before| ends[before]);
        (0..self.rows.len()).map(move |row| {
            let cells = start(&self.rows, row)..self.rows[row];
            cells.map(|cell| &self.text[start(&self.cells, cell)..self.cells[cell]]).collect()
        })
    }
}

impl Table {
    pub fn new(head: impl IntoIterator<Item = String>) -> Table {
        Table { head: head.into_iter().collect(), ..Table::default() }
    }

    /// Sets columns, from 0, that hold numbers: they stand at the right edge.
    pub fn right(mut self, columns: &[usize]) -> Table {
        self.right = columns.to_vec();
        self
    }

    pub fn row(&mut self, cells: impl IntoIterator<Item = String>) {
        self.rows.push(cells);
    }

    /// `widths` made narrower until they take no more than `room`, the widest first and none below its floor.
    fn narrowed(&self, widths: &[usize], floors: &[usize], room: usize) -> Vec<usize> {
        let mut widths = widths.to_vec();
        while taken(&widths) > room {
            let others = widths.iter_mut().enumerate().filter(|(at, _)| !self.right.contains(at));
            let widest = others.filter(|(at, width)| **width > floors[*at]).max_by_key(|(_, width)| **width);
            let Some((_, widest)) = widest else { break };
            *widest -= 1;
        }
        widths
    }

    /// The lines of the table, none wider than `total` columns where that can be.
    pub fn lines(&self, total: usize) -> Vec<String> {
        let mut lines = Vec::new();
        self.each_line(total, &mut |line| lines.push(line));
        lines
    }

    /// The same, one after the other.
    pub fn each_line(&self, total: usize, take: &mut dyn FnMut(String)) {
        let last = self.head.len().saturating_sub(1);
        let head: Vec<&str> = self.head.iter().map(String::as_str).collect();
        let mut widest = vec![0; last + 1];
        // No word is cut: codes are there to be copied.
        let mut whole = vec![COLUMN_MIN; last];
        for row in self.rows.iter().chain([head.clone()]) {
            for (at, cell) in row.into_iter().enumerate().take(last + 1) {
                widest[at] = widest[at].max(columns(cell));
                if let Some(word) = whole.get_mut(at) {
                    *word = longest_word(cell).max(*word);
                }
            }
        }
        let (natural, wanted) = (widest[..last].to_vec(), widest[last]);
        let mut widths = self.narrowed(&natural, &whole, total.saturating_sub(wanted.min(LAST_COLUMNS_MIN)));
        let is_beside = taken(&widths) + wanted.min(COLUMN_MIN) <= total;
        if !is_beside {
            // The gap behind the last of them is not written.
            let room = total.saturating_add(GAP);
            let fitting = |count: usize| self.narrowed(&natural[..count], &whole, room);
            // Where not even the first fits, long words are cut.
            widths = match (1..=last).rev().map(fitting).find(|widths| taken(widths) <= room) {
                Some(widths) => widths,
                None => self.narrowed(&natural, &vec![COLUMN_MIN; last], room),
            };
        }
        let room = total.saturating_sub(if is_beside { taken(&widths) } else { INDENT }).max(1);
        for row in [head].into_iter().chain(self.rows.iter()) {
            let cell = |at: usize| row.get(at).copied().unwrap_or_default();
            let mut cells: Vec<Vec<String>> =
                widths.iter().enumerate().map(|(at, width)| wrapped(cell(at), *width)).collect();
            let rest: Vec<&str> = (widths.len()..=last).map(cell).filter(|cell| !cell.is_empty()).collect();
            let rest = wrapped(&rest.join(&" ".repeat(GAP)), room);
            cells.push(if is_beside { rest.clone() } else { Vec::new() });
            for nth in 0..cells.iter().map(Vec::len).max().unwrap_or(0) {
                let piece = |at: usize| cells[at].get(nth).map_or("", String::as_str);
                let mut line = String::new();
                for (at, width) in widths.iter().enumerate() {
                    let (piece, gap) = (piece(at), " ".repeat(GAP));
                    let blanks = " ".repeat(width.saturating_sub(columns(piece)));
                    // Writing to a String cannot fail.
                    let _ = match self.right.contains(&at) {
                        true => write!(line, "{blanks}{piece}{gap}"),
                        false => write!(line, "{piece}{blanks}{gap}"),
                    };
                }
                take((line + piece(widths.len())).trim_end().to_owned());
            }
            if !is_beside {
                rest.iter().filter(|rest| !rest.is_empty()).for_each(|rest| take(" ".repeat(INDENT) + rest));
            }
        }
    }
}

/// What columns so wide take, with the gap behind each.
fn taken(widths: &[usize]) -> usize {
    widths.iter().map(|width| width + GAP).sum()
}

/// Columns of the terminal on stdout; 80 where it will not say.
pub fn terminal_columns() -> usize {
    // SAFETY: TIOCGWINSZ writes one winsize, which zeroed memory is a value of, to the place it is given.
    let size = unsafe {
        let mut size: libc::winsize = std::mem::zeroed();
        (libc::ioctl(libc::STDOUT_FILENO, libc::TIOCGWINSZ, &mut size) == 0).then_some(size)
    };
    size.map(|size| usize::from(size.ws_col)).filter(|columns| *columns > 0).unwrap_or(80)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn chinese_and_latin_columns_stand_under_each_other() {
        let mut table = Table::new(["程度", "n", "what"].map(String::from)).right(&[1]);
        table.row(["高", "7", "一二三四五六七八九十甲乙丙丁"].map(String::from));
        table.row(["medium", "12", "two words and two more, long enough to wrap"].map(String::from));
        let lines = table.lines(36);
        assert_eq!(
            lines,
            [
                "程度     n  what",
                "高       7  一二三四五六七八九十甲乙",
                "            丙丁",
                "medium  12  two words and two more,",
                "            long enough to wrap",
            ]
        );
        assert_eq!(table.lines(usize::MAX).len(), 3, "a pipe gets whole lines");
    }

    #[test]
    fn a_long_file_name_leaves_room_for_the_sentence_and_nothing_is_wider_than_the_terminal() {
        let mut table = Table::new(["程度", "已有", "地区", "出处", "情况"].map(String::from)).right(&[1]);
        let file = "2026年上半年/第一批/最低生活保障对象花名册.xls[最低生活保障对象花名册]:1200";
        let says = "200村的低保名册上仍为在册，但健康档案记载此人已于2026年3月9日去世，请核实。";
        table.row(["高", "120", "第1乡200村", file, says].map(String::from));
        let lines = table.lines(80);
        assert!(lines.iter().all(|line| columns(line) <= 80), "{lines:#?}");
        assert!(lines.len() > 2 && lines.iter().all(|line| !line.trim_start().starts_with(['，', '。'])), "{lines:#?}");
        let whole = |part: &str| part.chars().all(|c| lines.iter().any(|line| line.contains(c)));
        assert!(whole(file) && whole(says));
        assert_eq!(table.lines(usize::MAX).len(), 2, "a pipe gets whole lines");
    }

    #[test]
    fn codes_stay_whole_as_long_as_others_can_give_way() {
        let mut table = Table::new(["规则", "程度", "名册", "说明"].map(String::from));
        let says = "低保在册而没有有效的健康档案，请卫生院核实建档。";
        table.row(
            ["dibao-without-health-record", "中（低保、扶助为高）", "健康档案、低保名册、扶助名册", says]
                .map(String::from),
        );
        let lines = table.lines(80);
        assert!(lines.iter().all(|line| columns(line) <= 80), "{lines:#?}");
        assert!(lines[1].starts_with("dibao-without-health-record  "), "{lines:#?}");
        // A very narrow one cuts what is long.
        assert!(table.lines(60).iter().all(|line| columns(line) <= 60));
    }

    #[test]
    fn what_has_no_room_beside_the_others_stands_under_them_and_no_number_is_cut() {
        let mut table = Table::new(["date", "kind", "from", "to", "confidence", "name", "where"].map(String::from));
        let who = "王** 519901**********19";
        let place = "2026年上半年/人口底册.xlsx[常住人口花名册]:1200";
        table.row(
            ["2026-03-09", "out of county", "519901001200", "519901001201", "confirmed", who, place].map(String::from),
        );
        let lines = table.lines(80);
        assert!(lines.iter().all(|line| columns(line) <= 80), "{lines:#?}");
        assert!(lines.iter().any(|line| line.contains("519901**********19")), "{lines:#?}");
        assert!(lines.iter().any(|line| line == &format!("    {who}  {place}")), "{lines:#?}");

        let mut table = Table::new(["程度", "已有", "地区", "姓名", "出处", "编号", "情况"].map(String::from));
        let says = "200村的低保名册上仍为在册，但健康档案记载此人已于2026年3月9日去世，请核实是否属实、是否认错了人，核实前不要停发待遇。";
        let name = "阿".to_owned() + &"*".repeat(30);
        table.row(["高", "120天", "第1乡200村", &name, place, "fhcbam09mcm", says].map(String::from));
        let lines = table.lines(80);
        assert!(lines.iter().all(|line| columns(line) <= 80), "{lines:#?}");
        assert!(lines.iter().any(|line| line.contains("fhcbam09mcm")), "{lines:#?}");
        assert!(lines.iter().any(|line| line.starts_with("    fhcbam09mcm  200村的低保名册")), "{lines:#?}");
    }

    #[test]
    fn no_line_begins_with_what_closes_or_ends_with_what_opens() {
        assert_eq!(wrapped("一二三四五，六七。", 10), ["一二三四", "五，六七。"]);
        assert_eq!(wrapped("请核实后只保留。", 14), ["请核实后只保", "留。"]);
        assert_eq!(wrapped("一二三四（五六）", 10), ["一二三四", "（五六）"]);
        assert_eq!(wrapped("出处dibao.xls，完", 12), ["出处", "dibao.xls，", "完"]);
        assert_eq!(wrapped("abcdefghijkl", 5), ["abcde", "fghij", "kl"]);
    }

    #[test]
    fn a_name_with_a_dot_and_full_width_digits_is_as_wide_as_it_looks() {
        assert_eq!(columns("吉木·子洛"), 9);
        assert_eq!(columns("１２Ｘ"), 6);
    }
}
