//! Where a sheet's lines belong: by its name, its title, the file, the folder, or the node itself.

use crate::domain::{Area, Date, Level, PartialDate};

use super::clean::date::western;
use super::clean::place::codes;
use super::places::Places;
use super::row::Cell;

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
pub(super) fn narrower(trusted: Option<Area>, other: Option<Area>) -> Option<Area> {
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

/// The date written on a sheet (填报日期：2026年4月30日) or in a name (2026年4月低保名单, 202604): the latest of them, as a
/// title is often left from an earlier month. A month is its last day.
pub fn stated_on<'t>(texts: impl Iterator<Item = &'t str>, today: Date) -> Option<Date> {
    texts.filter_map(date_in).filter(|date| date.first() <= today).map(PartialDate::last).max()
}

/// The month that a sheet's name states: 2026年3月, 202603, 26年3月, or 3月 and 三月 of the last twelve months; of a year
/// (2026年度) the last.
pub fn month_in(text: &str, today: Date) -> Option<(i16, i8)> {
    let text = &western(text);
    if let Some(date) = date_in(text) {
        return Some((date.parts().0, date.parts().1));
    }
    let number = |text: &str| -> Option<i16> {
        let digits = text.trim_end_matches(|c: char| !c.is_ascii_digit());
        digits.rsplit(|c: char| !c.is_ascii_digit()).next()?.parse().ok()
    };
    let Some((before, _)) = text.split_once('月') else {
        let digits = text.trim_matches(|c: char| !c.is_ascii_digit());
        return digits.parse().ok().filter(|year| (2000..2100).contains(year)).map(|year| (year, 12));
    };
    let month = i8::try_from(number(before)?).ok().filter(|month| (1..=12).contains(month))?;
    let year = match before.split_once('年') {
        Some((year, _)) => 2000 + number(year).filter(|year| (0..100).contains(year))?,
        None if month > today.month() => today.year() - 1,
        None => today.year(),
    };
    Some((year, month))
}

/// The month that the name of a file states, or the nearest of its folders.
pub fn month_of_file(rel_path: &str, today: Date) -> Option<(i16, i8)> {
    rel_path.rsplit('/').find_map(|name| month_in(name, today))
}

fn date_in(text: &str) -> Option<PartialDate> {
    let digits: Vec<(usize, &str)> = text
        .split(|c: char| !c.is_ascii_digit())
        .filter(|run| !run.is_empty())
        .map(|run| (run.as_ptr() as usize - text.as_ptr() as usize, run))
        .collect();
    digits.iter().enumerate().find_map(|(at, (start, run))| {
        let number = |text: &str| text.parse::<i16>().ok();
        let next = |steps: usize| {
            let (next_start, next_run) = digits.get(at + steps)?;
            let (before_start, before) = digits[at + steps - 1];
            let between = &text[before_start + before.len()..*next_start];
            (between.chars().count() <= 2 && next_run.len() <= 2).then_some(*next_run)
        };
        let year = number(run.get(..4)?).filter(|year| (2000..2100).contains(year))?;
        match run.len() {
            8 => PartialDate::day(year, number(&run[4..6])? as i8, number(&run[6..8])? as i8),
            6 => PartialDate::month(year, number(&run[4..6])? as i8),
            4 => {
                let behind = text[start + 4..].chars().next();
                if !matches!(behind, Some('年' | '-' | '.' | '/')) {
                    return None;
                }
                let month = next(1).and_then(number)? as i8;
                let day = next(2).and_then(number).and_then(|day| PartialDate::day(year, month, day as i8));
                day.or_else(|| PartialDate::month(year, month))
            }
            _ => None,
        }
    })
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
    fn the_date_of_a_list_stands_in_its_title_or_name() {
        let today = Date::constant(2026, 5, 3);
        let on = |text| stated_on([text].into_iter(), today).map(|date| date.to_string());
        assert_eq!(on("填报日期:2026年04月30日").as_deref(), Some("2026-04-30"));
        assert_eq!(on("XX镇2024年3月低保名单(最终版)(2).xls").as_deref(), Some("2024-03-31"));
        assert_eq!(on("202604低保.xlsx").as_deref(), Some("2026-04-30"));
        assert_eq!((on("519901001200村花名册"), on("2027年1月")), (None, None));
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
