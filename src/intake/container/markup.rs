//! Tables in HTML and in XML Spreadsheet 2003 that are named .xls (DOMAIN.md 6 row 12).
//!
//! A tolerant scan for the few tags that make a table; report programs write HTML that no strict parser takes.

use encoding_rs::Encoding;

use crate::domain::PartialDate;

use super::delimited::cap;
use super::row::{Row, Rows};
use super::tags::{Piece, Pieces, attribute, count, push_decoded};
use crate::intake::Limits;
use crate::intake::report::{Unreadable, UnreadableCode};

/// A sheet held in memory.
pub struct Sheet {
    /// `None` in HTML.
    pub name: Option<String>,
    rows: Vec<Row>,
    typed: bool,
}

impl Sheet {
    pub fn rows(&self) -> impl Rows {
        Held { rows: self.rows.iter(), typed: self.typed }
    }
}

struct Held<'s> {
    rows: std::slice::Iter<'s, Row>,
    typed: bool,
}

impl Rows for Held<'_> {
    fn next(&mut self, row: &mut Row) -> Result<bool, Unreadable> {
        let next = self.rows.next();
        Ok(next.is_some_and(|next| {
            row.clone_from(next);
            true
        }))
    }

    fn typed(&self) -> bool {
        self.typed
    }
}

/// The encoding a page or XML prolog declares in its first bytes.
pub fn declared_encoding(head: &[u8]) -> Option<&'static Encoding> {
    let text = String::from_utf8_lossy(head).to_ascii_lowercase();
    let at = ["charset=", "encoding="].into_iter().find_map(|word| text.find(word).map(|at| at + word.len()))?;
    let label: String = text[at..]
        .trim_start_matches(['"', '\'', ' '])
        .chars()
        .take_while(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_'))
        .collect();
    Encoding::for_label(label.as_bytes())
}

/// Rows being built, with the limits watched.
struct Builder<'l> {
    limits: &'l Limits,
    rows: Vec<Row>,
    number: u32,
    cells: u64,
    /// Columns still covered by cells of rows above, as (column, rows left).
    covered: Vec<(usize, usize)>,
}

impl<'l> Builder<'l> {
    fn new(limits: &'l Limits) -> Builder<'l> {
        Builder { limits, rows: Vec::new(), number: 0, cells: 0, covered: Vec::new() }
    }

    fn begin_row(&mut self, number: Option<usize>) {
        self.number = number
            .and_then(|number| u32::try_from(number).ok())
            .filter(|at| *at > self.number)
            .unwrap_or(self.number + 1);
        for slot in &mut self.covered {
            slot.1 = slot.1.saturating_sub(1);
        }
        self.covered.retain(|(_, rows)| *rows > 0);
        let mut row = Row::default();
        row.clear(self.number);
        self.rows.push(row);
    }

    /// Brings the row to the next column that no cell above covers, or to `column`, and checks the limits.
    fn begin_cell(&mut self, column: Option<usize>) -> Result<&mut Row, Unreadable> {
        if self.rows.is_empty() {
            self.begin_row(None);
        }
        self.cells += 1;
        let row = self.rows.last_mut().expect("a row was begun above");
        let mut at = column.unwrap_or(row.width());
        while self.covered.iter().any(|(covered, _)| *covered == at) {
            at += 1;
        }
        if at >= self.limits.columns_max as usize || self.cells > self.limits.cells_max {
            let detail = format!("columns_max is {}, cells_max {}", self.limits.columns_max, self.limits.cells_max);
            return Err(Unreadable::new(UnreadableCode::TooManyCells, detail));
        }
        row.pad(at);
        Ok(row)
    }

    /// Leaves the other columns of a merged cell empty, and those below it covered.
    fn merge(&mut self, across: usize, down: usize) {
        let Some(row) = self.rows.last_mut() else { return };
        let first = row.width().saturating_sub(1);
        let last = (first + across).min(self.limits.columns_max as usize);
        row.pad(last + 1);
        if down > 0 {
            // begin_row counts one down before the first row below is filled.
            self.covered.extend((first..=last).map(|column| (column, down + 1)));
        }
    }
}

/// All tables of a page, one below the other, as a spreadsheet program opens them.
pub fn html(text: &str, limits: &Limits) -> Result<Vec<Sheet>, Unreadable> {
    let mut builder = Builder::new(limits);
    let mut cell: Option<(String, usize, usize)> = None;
    let mut skipped: Option<&str> = None;
    for piece in (Pieces { rest: text }) {
        if let Some(name) = skipped {
            if matches!(piece, Piece::Close { name: closed } if closed.eq_ignore_ascii_case(name)) {
                skipped = None;
            }
            continue;
        }
        match piece {
            Piece::Text(text) => {
                if let Some((content, ..)) = &mut cell {
                    push_decoded(text, content);
                }
            }
            Piece::Open { name, attributes, closed } => match name.to_ascii_lowercase().as_str() {
                "script" | "style" | "title" | "xml" if !closed => skipped = Some(name),
                "tr" => {
                    close_html_cell(&mut builder, &mut cell)?;
                    builder.begin_row(None);
                }
                "td" | "th" => {
                    close_html_cell(&mut builder, &mut cell)?;
                    let span = |wanted| count(attributes, wanted).unwrap_or(1).saturating_sub(1);
                    cell = Some((String::new(), span("colspan"), span("rowspan")));
                }
                "br" => {
                    if let Some((content, ..)) = &mut cell {
                        content.push('\n');
                    }
                }
                _ => {}
            },
            Piece::Close { name } => {
                if ["td", "th", "tr", "table"].iter().any(|tag| name.eq_ignore_ascii_case(tag)) {
                    close_html_cell(&mut builder, &mut cell)?;
                }
            }
        }
    }
    close_html_cell(&mut builder, &mut cell)?;
    Ok(vec![Sheet { name: None, rows: builder.rows, typed: false }])
}

fn close_html_cell(builder: &mut Builder<'_>, cell: &mut Option<(String, usize, usize)>) -> Result<(), Unreadable> {
    let Some((content, across, down)) = cell.take() else { return Ok(()) };
    let chars = builder.limits.cell_chars_max;
    builder.begin_cell(None)?.push_text(cap(content.trim(), chars));
    builder.merge(across, down);
    Ok(())
}

/// The worksheets of an XML Spreadsheet 2003.
pub fn spreadsheet_xml(text: &str, limits: &Limits) -> Result<Vec<Sheet>, Unreadable> {
    let mut sheets: Vec<Sheet> = Vec::new();
    let mut builder = Builder::new(limits);
    let mut merged = (0, 0);
    let mut kind: Option<&str> = None;
    let mut in_comment = false;
    let mut content = String::new();
    for piece in (Pieces { rest: text }) {
        match piece {
            Piece::Open { name: "Worksheet", attributes, .. } => {
                let mut name = String::new();
                push_decoded(attribute(attributes, "Name").unwrap_or_default(), &mut name);
                sheets.push(Sheet { name: Some(name), rows: Vec::new(), typed: true });
                builder = Builder { cells: builder.cells, ..Builder::new(limits) };
            }
            Piece::Open { name: "Row", attributes, .. } => builder.begin_row(count(attributes, "Index")),
            Piece::Open { name: "Cell", attributes, closed } => {
                builder.begin_cell(count(attributes, "Index").and_then(|index| index.checked_sub(1)))?;
                merged = (count(attributes, "MergeAcross").unwrap_or(0), count(attributes, "MergeDown").unwrap_or(0));
                content.clear();
                kind = None;
                if closed {
                    close_xml_cell(&mut builder, None, "", merged);
                }
            }
            Piece::Open { name: "Comment", closed: false, .. } => in_comment = true,
            Piece::Close { name: "Comment" } => in_comment = false,
            Piece::Open { name: "Data", attributes, .. } if !in_comment => kind = attribute(attributes, "Type"),
            Piece::Text(text) if kind.is_some() && !in_comment => push_decoded(text, &mut content),
            Piece::Close { name: "Cell" } => {
                close_xml_cell(&mut builder, kind.take(), &content, merged);
                content.clear();
            }
            Piece::Close { name: "Worksheet" } => {
                if let Some(sheet) = sheets.last_mut() {
                    sheet.rows = std::mem::take(&mut builder.rows);
                }
            }
            _ => {}
        }
    }
    // A copy that was cut short ends without its last tags.
    if let Some(sheet) = sheets.last_mut().filter(|sheet| sheet.rows.is_empty()) {
        sheet.rows = builder.rows;
    }
    Ok(sheets)
}

fn close_xml_cell(builder: &mut Builder<'_>, kind: Option<&str>, content: &str, (across, down): (usize, usize)) {
    let chars = builder.limits.cell_chars_max;
    let Some(row) = builder.rows.last_mut() else { return };
    let text = content.trim();
    match (kind, text.parse::<f64>()) {
        (Some("Number"), Ok(value)) => row.push_number(value),
        (Some("Error"), _) => row.push_error(),
        (Some("Boolean"), _) => row.push_text(if text == "1" { "是" } else { "否" }),
        (Some("DateTime"), _) => match text.get(..10).and_then(|day| day.parse::<PartialDate>().ok()) {
            Some(date) => row.push_date(date),
            None => row.push_text(cap(text, chars)),
        },
        (Some(_), _) => row.push_text(cap(text, chars)),
        (None, _) => row.push_empty(),
    }
    builder.merge(across, down);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(sheets: Vec<Sheet>) -> Vec<(u32, Vec<String>)> {
        let rows = sheets.into_iter().flat_map(|sheet| sheet.rows);
        rows.map(|row| (row.number, row.cells().map(|cell| cell.to_text()).collect())).collect()
    }

    #[test]
    fn a_page_is_a_sheet_with_its_merged_cells_left_empty() {
        let page = "<html><head><style>td{}</style></head><body><table>
            <tr><td colspan=3>花名册<br>二</td></tr>
            <tr><th>户号<th>姓名</th><th x:str>身份证号</th></tr>
            <tr><td rowspan=\"2\">1</td><td>张&middot;三&nbsp;</td><td>519901194501190052</td></tr>
            <tr><td>李四</td><td>&#x7537;</td></tr></table>";
        let rows = texts(html(page, &Limits::default()).unwrap());
        assert_eq!(rows[0], (1, vec!["花名册\n二".into(), "".into(), "".into()]));
        assert_eq!(rows[2], (3, vec!["1".into(), "张·三".into(), "519901194501190052".into()]));
        assert_eq!(rows[3], (4, vec!["".into(), "李四".into(), "男".into()]));
    }

    #[test]
    fn spreadsheet_xml_keeps_types_and_places() {
        let xml = r#"<?xml version="1.0"?><Workbook xmlns:ss="urn:schemas-microsoft-com:office:spreadsheet">
            <ss:Worksheet ss:Name="甲村"><Table><Row ss:Index="3"><Cell ss:Index="2"><Data ss:Type="String">姓名</Data></Cell>
            <Cell ss:MergeAcross="1"><Data ss:Type="Number">519901198001010000</Data><Comment><Data>x</Data></Comment></Cell>
            <Cell><Data ss:Type="DateTime">1990-05-06T00:00:00.000</Data></Cell></Row></Table></ss:Worksheet></Workbook>"#;
        let sheets = spreadsheet_xml(xml, &Limits::default()).unwrap();
        assert_eq!(sheets[0].name.as_deref(), Some("甲村"));
        assert_eq!(
            texts(sheets),
            [(3, vec!["".into(), "姓名".into(), "519901198001010000".into(), "".into(), "1990-05-06".into()])]
        );
    }

    #[test]
    fn a_page_of_a_million_columns_is_refused() {
        let page = format!("<table><tr>{}</tr></table>", "<td>x".repeat(2_000));
        assert_eq!(html(&page, &Limits::default()).err().map(|error| error.code), Some(UnreadableCode::TooManyCells));
        assert!(html("<table><tr><td colspan=999999999>x", &Limits::default()).is_ok());
    }

    #[test]
    fn the_declared_encoding_is_found() {
        assert_eq!(
            declared_encoding(b"<meta http-equiv=x content=\"text/html; charset=gb2312\">").unwrap().name(),
            "GBK"
        );
        assert_eq!(declared_encoding(b"<?xml version=\"1.0\" encoding='UTF-8'?>").unwrap().name(), "UTF-8");
    }
}
