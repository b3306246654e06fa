//! The sample spreadsheets, in the program itself: an installed binary has no source tree beside it.

/// A file as its office names it, and its content.
pub type Export = (&'static str, &'static [u8]);

macro_rules! export {
    ($month:literal, $area:literal, $name:literal) => {
        ($name, include_bytes!(concat!("../../../config/demo/", $month, "/", $area, "/", $name)))
    };
}

const MARCH: &[(&str, &[Export])] = &[
    ("519901", &[export!("2026-03", "519901", "deaths.csv")]),
    (
        "519901001200",
        &[
            export!("2026-03", "519901001200", "population.csv"),
            export!("2026-03", "519901001200", "health.xls"),
            export!("2026-03", "519901001200", "dibao.xls"),
            export!("2026-03", "519901001200", "family.csv"),
        ],
    ),
    (
        "519901001201",
        &[
            export!("2026-03", "519901001201", "population.xlsx"),
            export!("2026-03", "519901001201", "health.csv"),
            export!("2026-03", "519901001201", "dibao.xlsx"),
            export!("2026-03", "519901001201", "family.xlsx"),
        ],
    ),
];

const APRIL: &[(&str, &[Export])] = &[
    ("519901", &[export!("2026-04", "519901", "deaths.csv")]),
    (
        "519901001200",
        &[
            export!("2026-04", "519901001200", "population.csv"),
            export!("2026-04", "519901001200", "health.xls"),
            export!("2026-04", "519901001200", "dibao.xls"),
            export!("2026-04", "519901001200", "family.csv"),
        ],
    ),
    (
        "519901001201",
        &[
            export!("2026-04", "519901001201", "population.xlsx"),
            export!("2026-04", "519901001201", "health.csv"),
            export!("2026-04", "519901001201", "dibao.xlsx"),
            export!("2026-04", "519901001201", "family.xlsx"),
        ],
    ),
];

/// What the office `area` hands in at the end of `month`; nothing for one that keeps no lists.
pub fn of(month: &str, area: &str) -> &'static [Export] {
    let offices = match month {
        "2026-03" => MARCH,
        "2026-04" => APRIL,
        _ => &[],
    };
    offices.iter().find(|(code, _)| *code == area).map_or(&[], |(_, files)| files)
}
