//! Slips of clerks and of programs, made by chance in real spreadsheets: cells that hold what no such cell should, rows
//! and columns too many or too few, other separators, encodings and broken bytes. What the fuzzer finds by trying bytes,
//! this finds by knowing what a spreadsheet is, and a hundred times as fast.

use super::dice::Dice;

/// Rows taken of a spreadsheet: what breaks on one row breaks on it here too.
const ROWS_MAX: usize = 12;

/// What stands in a cell where it should not.
const CELLS: &[&str] = &[
    "",
    " ",
    "-",
    "0",
    "-1",
    "~519901194501190052",
    "99999999999999999999999999",
    "1e308",
    "-1e308",
    "1E+17",
    "5.19901E+17",
    "0000-00-00",
    "9999-99-99",
    "2026-13-45",
    "32767-01-01",
    "-0001-01-01",
    "99991231",
    "00000000",
    "2147483648",
    "1900-02-29",
    "43831",
    "-5",
    "3000000",
    "2958466",
    "1e9",
    "二〇二六年十三月四十日",
    "一百二十三万亿",
    "十",
    "正月初一",
    "闰二月三十",
    "民国三十八年",
    "\u{202e}王",
    "王\u{0}五",
    "🀄🀄",
    "王王王王王王王王王王王王王王王王王王王王",
    "（已故）",
    "(((((((",
    "))))",
    "合计",
    "合计：12345678901234567890",
    "共 99999999999999999999 人",
    "〃",
    "同上",
    "51990119450119005x'",
    "519901000000000000",
    "000000000000000000",
    "5199011945011900520000",
    "519901001200",
    "519901999999",
    "000000000000",
    "本村",
    "县外",
    "519901001201→519901001202",
    "由519901002200迁入519901002201迁出",
    "20260101至20261231",
    "2026.4.30-2026.5.31",
    "=1+1",
    "#REF!",
    "NaN",
    "inf",
    "9",
    "138-0013-8000/13900139000",
    "\"",
    "a\"b",
    "\t",
    "\r",
    "\n",
    "\u{feff}",
    "\u{3000}",
    "停保",
    "注销",
    "死亡",
    "1.",
    "1.5.",
    "1990.",
    "..",
    "//",
    "年月日",
    "99年99月99日",
    "/2026",
    "2026-04-30T99:99:99",
    "0001-01-01",
    "32000年1月1日",
    "99999年",
];

/// A spreadsheet in text with some slips in it.
pub fn slipped(sheet: &[u8], dice: &mut Dice) -> Vec<u8> {
    let text = String::from_utf8_lossy(sheet);
    let split = |line: &str| line.split(',').map(str::to_owned).collect();
    let mut rows: Vec<Vec<String>> = text.lines().take(ROWS_MAX).map(split).collect();
    if rows.is_empty() {
        return sheet.to_vec();
    }
    for _ in 0..=dice.below(12) {
        let row = dice.below(rows.len());
        let column = dice.below(rows[row].len());
        let cell = CELLS[dice.below(CELLS.len())].to_owned();
        match dice.below(12) {
            0..=5 => rows[row][column] = cell,
            6 => rows[row][column].push_str(&cell),
            7 => rows[row][column] = "6".repeat(dice.below(70)),
            8 => {
                let again = rows[dice.below(rows.len())].clone();
                rows.insert(row, again);
            }
            9 if rows[row].len() > 1 => drop(rows[row].remove(column)),
            _ => rows[row].insert(column, cell),
        }
    }
    let between = [",", ",", ",", ";", "\t", "，"][dice.below(6)];
    let end = ["\n", "\r\n"][dice.below(2)];
    let text = rows.iter().map(|row| row.join(between)).collect::<Vec<_>>().join(end);
    let mut bytes = match dice.below(8) {
        0 => [0xff, 0xfe].into_iter().chain(text.encode_utf16().flat_map(u16::to_le_bytes)).collect(),
        1 => [b"\xef\xbb\xbf", text.as_bytes()].concat(),
        _ => text.into_bytes(),
    };
    for _ in 0..dice.below(3) {
        let at = dice.below(bytes.len());
        bytes[at] = dice.below(256) as u8;
    }
    bytes
}
