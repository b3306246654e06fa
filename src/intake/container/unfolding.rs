//! How many cells an OpenDocument sheet unfolds to: it may say of one cell that it stands in a million rows.

/// Longer tags are cut; the attributes that matter stand first.
const TAG_BYTES_MAX: usize = 1_024;

/// Counts from the tags of `content.xml`, which may come in pieces.
#[derive(Debug, Default)]
pub struct Unfolding {
    tag: Vec<u8>,
    in_tag: bool,
    rows: u64,
    /// Rows up to the last that holds something.
    rows_filled: u64,
    row_repeats: u64,
    width: u64,
    width_max: u64,
    /// Empty cells that count only when a filled one follows.
    empty: u64,
    before: u64,
}

impl Unfolding {
    pub fn feed(&mut self, piece: &[u8]) {
        for byte in piece {
            match byte {
                b'<' => {
                    self.in_tag = true;
                    self.tag.clear();
                }
                b'>' if self.in_tag => {
                    self.in_tag = false;
                    self.tag();
                }
                byte if self.in_tag && self.tag.len() < TAG_BYTES_MAX => self.tag.push(*byte),
                _ => {}
            }
        }
    }

    /// Cells that a reader holding whole sheets makes of all seen so far.
    pub fn cells(&self) -> u64 {
        self.before.saturating_add(self.rows_filled.saturating_mul(self.width_max))
    }

    fn tag(&mut self) {
        let is = |name: &str| {
            let rest = self.tag.strip_prefix(name.as_bytes());
            rest.is_some_and(|rest| rest.first().is_none_or(|b| b.is_ascii_whitespace() || *b == b'/'))
        };
        if is("table:table") {
            let before = self.cells();
            *self = Unfolding { before, tag: std::mem::take(&mut self.tag), ..Unfolding::default() };
        } else if is("table:table-row") {
            self.row_repeats = self.repeats(b"table:number-rows-repeated=");
            self.rows = self.rows.saturating_add(self.row_repeats);
            (self.width, self.empty) = (0, 0);
        } else if is("table:table-cell") || is("table:covered-table-cell") {
            let repeats = self.repeats(b"table:number-columns-repeated=");
            let holds = |attribute: &[u8]| self.tag.windows(attribute.len()).any(|window| window == attribute);
            if holds(b"value-type=") || holds(b"table:formula=") || !self.tag.ends_with(b"/") {
                self.width = self.width.saturating_add(self.empty).saturating_add(repeats);
                self.empty = 0;
                self.width_max = self.width_max.max(self.width);
                self.rows_filled = self.rows;
            } else {
                self.empty = self.empty.saturating_add(repeats);
            }
        }
    }

    fn repeats(&self, attribute: &[u8]) -> u64 {
        let at = self.tag.windows(attribute.len()).position(|window| window == attribute);
        let digits = at.map(|at| self.tag[at + attribute.len()..].iter().skip(1).take_while(|b| b.is_ascii_digit()));
        digits.map_or(1, |digits| {
            digits.fold(0u64, |value, digit| value.saturating_mul(10).saturating_add(u64::from(digit - b'0')))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn repeated_rows_and_columns_count_as_often_as_they_stand_there() {
        let sheet = "<table:table table:name=\"a\"><table:table-column table:number-columns-repeated=\"16384\"/>\
            <table:table-row><table:table-cell office:value-type=\"string\"><text:p>x</text:p></table:table-cell>\
            <table:table-cell table:number-columns-repeated=\"2\"/><table:table-cell office:value-type=\"float\" office:value=\"1\"/>\
            <table:table-cell table:number-columns-repeated=\"16380\"/></table:table-row>\
            <table:table-row table:number-rows-repeated=\"9\"><table:table-cell office:value-type=\"string\"/></table:table-row>\
            <table:table-row table:number-rows-repeated=\"1048566\"><table:table-cell table:number-columns-repeated=\"16384\"/></table:table-row>";
        let mut unfolding = Unfolding::default();
        sheet.as_bytes().chunks(7).for_each(|piece| unfolding.feed(piece));
        assert_eq!(unfolding.cells(), 10 * 4);
        unfolding.feed(sheet.as_bytes());
        assert_eq!(unfolding.cells(), 2 * 10 * 4);
    }
}
