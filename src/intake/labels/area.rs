//! Where a sheet's lines belong: by its name, its title, the file, the folder, or the node itself.

use crate::domain::{Area, Level};

use super::places::Places;
use crate::intake::clean::place::codes;
use crate::intake::container::row::Cell;

/// The area a source's texts name, the most trusted text first. A later text can only say it more precisely.
///
/// `node` where none names one. A village code of the same county outside the node is believed too, so that a
/// neighbour's file dropped here by mistake is refused and not taken for this village's own.
pub fn stated<'t>(texts: impl Iterator<Item = &'t str> + Clone, node: Area, places: &Places) -> Area {
    named(texts, node, places).unwrap_or(node)
}

/// The same, or `None` where no text names an area.
pub fn named<'t>(texts: impl Iterator<Item = &'t str> + Clone, node: Area, places: &Places) -> Option<Area> {
    let mut found: Option<Area> = None;
    for text in texts.clone() {
        let mut inside: Option<Area> = None;
        for area in codes(text).filter(|area| node.contains(*area) || is_neighbour(*area, node)) {
            inside = match inside {
                Some(before) if before.contains(area) => Some(area),
                // Two villages in one text: it speaks of both, so of neither alone.
                Some(before) if !area.contains(before) => before.common(area),
                before => before.or(Some(area)),
            };
        }
        found = narrower(found, inside);
    }
    // Names after the codes: the file's code tells which 200村 its sheet means, and one text which of another.
    for _ in [Level::Township, Level::Village] {
        for text in texts.clone() {
            let here = found.unwrap_or(node);
            found = narrower(found, places.named(text, here).or_else(|| numbered(text, here)));
        }
    }
    found
}

/// What is trusted more, unless the other says it more precisely.
pub(in crate::intake) fn narrower(trusted: Option<Area>, other: Option<Area>) -> Option<Area> {
    match (trusted, other) {
        (Some(trusted), Some(other)) if trusted.contains(other) => Some(other),
        (trusted, other) => trusted.or(other),
    }
}

/// A village of the township `here` by the last digits of its code: 200村. Bare digits in a title may count anything.
fn numbered(text: &str, here: Area) -> Option<Area> {
    let number = numbered_village(text).filter(|_| here.level() == Level::Township)?;
    Area::from_padded(here.padded() + number)
}

/// The number a village goes by: 200 of 一、200村, 200村委会 and 200村低保.csv, not of 1200村, nor where two are named.
fn numbered_village(text: &str) -> Option<u64> {
    let mut found: Option<u64> = None;
    for (at, kind) in ["村", "社区"].iter().flat_map(|kind| text.match_indices(kind)) {
        let digits = text[..at].bytes().rev().take_while(u8::is_ascii_digit).count();
        let behind = &text[at + kind.len()..];
        // 200村民 are people.
        let is_people = behind.starts_with('民') && !behind.starts_with("民委员会");
        if digits != 3 || is_people {
            continue;
        }
        let number = text[at - digits..at].parse().ok().filter(|number| (1..1_000).contains(number))?;
        if found.is_some_and(|other| other != number) {
            return None;
        }
        found = Some(number);
    }
    found
}

fn is_neighbour(area: Area, node: Area) -> bool {
    area.level() == Level::Village && area.county() == node.county()
}

/// Behind a village's twelve digits the family-planning system writes three more (DOMAIN.md 3.2); these say nothing.
const NO_EXTENSION: &str = "000";
const VILLAGE_DIGITS: usize = 12;

/// The area in one cell of a line: a code, a code within a name, or nothing a stranger could tell.
pub fn of_cell(text: &str) -> Option<Area> {
    let own = text.parse().ok().or_else(|| codes(text).max_by_key(|area| std::cmp::Reverse(area.level())));
    own.or_else(|| text.strip_suffix(NO_EXTENSION).filter(|code| code.len() == VILLAGE_DIGITS)?.parse().ok())
}

/// The last three digits of a village's code alone (200, 200村), as a column beside the township's writes them.
pub fn village_number(cell: Cell<'_>) -> Option<u64> {
    let number = match cell {
        Cell::Text(text) if text.trim().len() == 3 => text.trim().parse().ok()?,
        Cell::Text(text) => numbered_village(text)?,
        Cell::Number(value) if value.fract() == 0.0 => value as u64,
        _ => return None,
    };
    (1..1_000).contains(&number).then_some(number)
}

/// A line's own area where its column names one: the sheet's where that says it more precisely.
pub fn narrowed(own: Option<Area>, sheet: Area) -> Area {
    own.filter(|own| !own.contains(sheet)).unwrap_or(sheet)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn area(code: &str) -> Area {
        code.parse().unwrap()
    }

    fn stated<'t>(texts: impl Iterator<Item = &'t str> + Clone, node: Area) -> Area {
        super::stated(texts, node, &Places::default())
    }

    #[test]
    fn a_sheet_belongs_where_its_texts_say() {
        let county = area("519901");
        assert_eq!(stated(["519901001200村花名册"].into_iter(), county), area("519901001200"));
        assert_eq!(stated(["汇总", "519901001/519901001200/健康.xls"].into_iter(), county), area("519901001200"));
        assert_eq!(stated(["花名册", "202604.xls"].into_iter(), county), county);
        assert_eq!(stated(["5199010012002026年3月低保"].into_iter(), county), area("519901001200"));
        assert_eq!(stated(["519901001200", "519901001201.xls"].into_iter(), county), area("519901001200"));
        assert_eq!(stated(["519901001200和519901001201"].into_iter(), county), area("519901001"));
        let township = area("519901001");
        assert_eq!(stated(["200村", "低保.xlsx"].into_iter(), township), area("519901001200"));
        assert_eq!(stated(["200村", "519901001/低保.xlsx"].into_iter(), county), area("519901001200"));
        assert_eq!(stated(["200", "1200村"].into_iter(), township), township);
    }

    #[test]
    fn a_neighbours_file_is_not_taken_for_our_own() {
        let village = area("519901001200");
        assert_eq!(stated(["519901001201村花名册"].into_iter(), village), area("519901001201"));
        assert_eq!(stated(["519901001第1乡花名册", "519901县"].into_iter(), village), village);
    }

    #[test]
    fn a_line_says_it_more_precisely_or_not_at_all() {
        assert_eq!(narrowed(Some(area("519901")), area("519901001200")), area("519901001200"));
        assert_eq!(narrowed(Some(area("519901001201")), area("519901")), area("519901001201"));
        assert_eq!(narrowed(None, area("519901")), area("519901"));
        assert_eq!(of_cell("519901001200村"), Some(area("519901001200")));
        assert_eq!(of_cell("幸福村"), None);
        assert_eq!(of_cell("519901001200000"), Some(area("519901001200")));
        assert_eq!((of_cell("519901001200013"), of_cell("519901001000")), (None, Some(area("519901001"))));
    }

    #[test]
    fn a_village_goes_by_its_number_in_whatever_words() {
        let township = area("519901001");
        for text in [
            "200村",
            "一、200村",
            "200村低保.csv",
            "01-200村/人口.xlsx",
            "第1乡200村",
            "200村（共12户）",
            "村名：200村",
        ] {
            assert_eq!(stated([text].into_iter(), township), area("519901001200"), "{text}");
        }
        for text in ["1200村", "200村民", "200村、201村", "200", "2026年村"] {
            assert_eq!(stated([text].into_iter(), township), township, "{text}");
        }
        for text in ["200", "200村", "200村委会", "200村村民委员会", "200社区"] {
            assert_eq!(village_number(Cell::Text(text)), Some(200), "{text}");
        }
        assert_eq!(village_number(Cell::Text("12村")), None);
    }
}
