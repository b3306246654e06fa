//! Control totals against the lines above them.

/// Lines counted since the sheet began and since the last totals.
#[derive(Debug, Default)]
pub struct Counts {
    all: u64,
    /// Since the last 合计: sheets that stack villages close each with one.
    part: u64,
    /// Since the last total of any kind.
    run: u64,
    /// A 合计 has been seen: the sheet is one of parts.
    parts: bool,
}

impl Counts {
    pub fn line(&mut self) {
        self.all += 1;
        self.part += 1;
        self.run += 1;
    }

    /// Stated and counted, where the total states a number of persons. A 合计 speaks of the whole sheet or of the part
    /// since the last one: whichever agrees is meant.
    pub fn compare(&mut self, whole: bool, stated: Option<u64>) -> Option<(u64, u64)> {
        let counted = match (whole, stated) {
            (false, _) => self.run,
            (true, Some(stated)) if stated == self.part => self.part,
            (true, Some(stated)) if stated == self.run => self.run,
            (true, Some(stated)) if stated == self.all => self.all,
            (true, _) if self.parts => self.part,
            (true, _) => self.all,
        };
        self.run = 0;
        if whole {
            self.part = 0;
            self.parts = true;
        }
        stated.map(|stated| (stated, counted))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_total_is_compared_with_what_it_stands_under() {
        let mut counts = Counts::default();
        (0..3).for_each(|_| counts.line());
        assert_eq!(counts.compare(false, Some(3)), Some((3, 3)));
        (0..2).for_each(|_| counts.line());
        assert_eq!(counts.compare(false, Some(4)), Some((4, 2)));
        assert_eq!(counts.compare(true, Some(5)), Some((5, 5)));
        counts.line();
        assert_eq!(counts.compare(true, Some(1)), Some((1, 1)));
        assert_eq!(counts.compare(true, Some(9)), Some((9, 0)));
        assert_eq!(counts.compare(true, Some(6)), Some((6, 6)));
        assert_eq!(counts.compare(true, None), None);
    }
}
