//! Control totals against the lines above them.

use crate::domain::Area;

/// Lines counted since the sheet began and since the last totals.
#[derive(Debug, Default)]
pub struct Counts {
    all: Counted,
    /// Since the last 合计: sheets that stack villages close each with one.
    part: Counted,
    /// Since the last total of any kind.
    run: Counted,
    /// A 合计 has been seen: the sheet is one of parts.
    parts: bool,
}

/// Some lines of a sheet.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub struct Counted {
    pub lines: u64,
    whose: Whose,
}

#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
enum Whose {
    #[default]
    Nobody,
    Of(Area),
    Several,
}

impl Counted {
    fn line(&mut self, area: Area) {
        self.lines += 1;
        self.whose = match self.whose {
            Whose::Nobody => Whose::Of(area),
            Whose::Of(known) if known == area => Whose::Of(area),
            _ => Whose::Several,
        };
    }

    /// The area that all of them are of.
    pub fn area(&self) -> Option<Area> {
        match self.whose {
            Whose::Of(area) => Some(area),
            Whose::Nobody | Whose::Several => None,
        }
    }
}

impl Counts {
    pub fn line(&mut self, area: Area) {
        for counted in [&mut self.all, &mut self.part, &mut self.run] {
            counted.line(area);
        }
    }

    /// Stated and counted, where the total states a number of persons. A 合计 speaks of the whole sheet or of the part
    /// since the last one: whichever agrees is meant.
    pub fn compare(&mut self, whole: bool, stated: Option<u64>) -> Option<(u64, Counted)> {
        let counted = match (whole, stated) {
            (false, _) => self.run,
            (true, Some(stated)) if stated == self.part.lines => self.part,
            (true, Some(stated)) if stated == self.run.lines => self.run,
            (true, Some(stated)) if stated == self.all.lines => self.all,
            (true, _) if self.parts => self.part,
            (true, _) => self.all,
        };
        self.run = Counted::default();
        if whole {
            self.part = Counted::default();
            self.parts = true;
        }
        stated.map(|stated| (stated, counted))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn village(code: &str) -> Area {
        code.parse().unwrap()
    }

    #[test]
    fn a_total_is_compared_with_what_it_stands_under() {
        let mut counts = Counts::default();
        let lines = |counts: &mut Counts, many| (0..many).for_each(|_| counts.line(village("519901001200")));
        let compare = |counts: &mut Counts, whole, stated| {
            counts.compare(whole, stated).map(|(stated, counted)| (stated, counted.lines))
        };
        lines(&mut counts, 3);
        assert_eq!(compare(&mut counts, false, Some(3)), Some((3, 3)));
        lines(&mut counts, 2);
        assert_eq!(compare(&mut counts, false, Some(4)), Some((4, 2)));
        assert_eq!(compare(&mut counts, true, Some(5)), Some((5, 5)));
        lines(&mut counts, 1);
        assert_eq!(compare(&mut counts, true, Some(1)), Some((1, 1)));
        assert_eq!(compare(&mut counts, true, Some(9)), Some((9, 0)));
        assert_eq!(compare(&mut counts, true, Some(6)), Some((6, 6)));
        assert_eq!(compare(&mut counts, true, None), None);
    }

    #[test]
    fn a_total_is_of_the_area_that_all_the_lines_above_it_are_of() {
        let mut counts = Counts::default();
        let [here, there] = ["519901001200", "519901001201"].map(village);
        let whose = |counts: &mut Counts, whole, stated| counts.compare(whole, Some(stated)).unwrap().1.area();
        (0..2).for_each(|_| counts.line(here));
        assert_eq!(whose(&mut counts, false, 3), Some(here));
        (0..2).for_each(|_| counts.line(there));
        assert_eq!(whose(&mut counts, false, 3), Some(there));
        assert_eq!(whose(&mut counts, true, 5), None, "of both");
        assert_eq!(whose(&mut counts, true, 5), None, "of nobody");
    }
}
