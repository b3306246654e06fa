use super::*;

fn hints() -> DateHints {
    DateHints {
        typed: true,
        epoch_1904: false,
        order: DateOrder::default(),
        today: Date::constant(2026, 4, 30),
        stated: SheetTime::default(),
        birth: false,
        by_number: None,
    }
}

fn shown(cell: Cell<'_>, hints: DateHints) -> String {
    let vocabulary = Vocabulary::load(None).unwrap();
    match read(cell, &hints, &vocabulary) {
        Ok(date) => date.map(|date| date.to_string()).unwrap_or_default(),
        Err(()) => "?".to_owned(),
    }
}

#[test]
fn a_run_of_digits_without_end_is_no_date() {
    let endless = "6".repeat(60);
    for text in [endless.clone(), format!("2026 4 {endless}"), format!("{endless}-1-2"), format!("5月{endless}日")] {
        assert_eq!(shown(Cell::Text(&text), hints()), "?", "{text}");
    }
}

#[test]
fn texts_of_every_shape_are_read_with_their_precision() {
    for (text, want) in [
        ("1990.5.6", "1990-05-06"),
        ("1990.05.06", "1990-05-06"),
        ("1990-5-6", "1990-05-06"),
        ("1990/5/6", "1990-05-06"),
        ("19900506", "1990-05-06"),
        ("1990年5月", "1990-05"),
        ("1990年5月6日", "1990-05-06"),
        ("１９９０年５月６日", "1990-05-06"),
        ("一九九〇年五月", "1990-05"),
        ("二〇二四年十二月三十一日", "2024-12-31"),
        ("二〇一九年十月二十日", "2019-10-20"),
        ("1990.5", "1990-05"),
        ("199005", "1990-05"),
        ("1990", "1990"),
        ("1990年", "1990"),
        ("1990.05.06生", "1990-05-06"),
        ("2026-04-30 12:30:00", "2026-04-30"),
        ("2026-04-30T12:30:00", "2026-04-30"),
        ("2024-02-30", "2024-02"),
        ("2024-13-05", "2024"),
        ("5/6/1990", "1990"),
        ("25/6/1990", "1990-06-25"),
        ("6/25/1990", "1990-06-25"),
        ("农历1990年五月初六", "1990"),
        ("1990年腊月", "1990"),
        ("6-may-90", "1990-05-06"),
        ("May-1990", "1990-05"),
        ("Mar 5, 2026", "2026-03-05"),
        ("Mar 5, 26", "2026-03-05"),
        ("1990-May-06", "1990-05-06"),
        ("6 May 1990", "1990-05-06"),
        ("18-3月 -15", "2015-03-18"),
        ("18-3月-2015", "2015-03-18"),
        ("18-12月-85 12.00.00.000000000 上午", "1985-12-18"),
        ("Thu Apr 20 00:00:00 CST 1967", "1967-04-20"),
        ("Apr 20, 1967 12:00:00 AM", "1967-04-20"),
        ("Wed Mar 18 2015 00:00:00 GMT+0800 (中国标准时间)", "2015-03-18"),
        ("Tue, 17 Mar 2015 16:00:00 GMT", "2015-03-18"),
        ("2015-03-17T16:00:00.000Z", "2015-03-18"),
        ("20150318000000", "2015-03-18"),
        ("20150318 00:00:00", "2015-03-18"),
        ("25/6/1990 0:00", "1990-06-25"),
        ("1/13/2026 12:00:00 AM", "2026-01-13"),
        ("民国三十五年", "1946"),
        ("民国35年5月6日", "1946-05-06"),
        ("46086.0", "2026-03-05"),
        ("1900-01-00", ""),
        ("1900/1/0", ""),
        ("1899-12-30", ""),
        ("43831", "2020-01-01"),
        ("21.3.5", "2021-03-05"),
        ("90.5.6", "1990-05-06"),
        ("2019年3月由519901002200迁入", "2019-03"),
        ("1990 . 5 . 6", "1990-05-06"),
        ("至今", ""),
        ("无", ""),
        ("—", ""),
        ("待定中", "?"),
    ] {
        assert_eq!(shown(Cell::Text(text), hints()), want, "{text}");
    }
}

#[test]
fn number_cells_are_years_months_days_or_serials_by_their_length() {
    for (value, want) in [
        (1990.0, "1990"),
        (2100.0, "1905-09-30"),
        (9999.0, "1927-05-17"),
        (1828.0, "1905-01-01"),
        (46387.0, "2026-12-31"),
        (199005.0, "1990-05"),
        (19900506.0, "1990-05-06"),
        (20150318000000.0, "2015-03-18"),
        (20159999000000.0, "?"),
        (1990.5, "1990-05"),
        (1990.1, "1990"),
        (1990.12, "1990-12"),
        (-3.0, "?"),
        (12.0, "?"),
    ] {
        assert_eq!(shown(Cell::Number(value), hints()), want, "{value}");
    }
    assert_eq!(shown(Cell::Number(44925.0), DateHints { epoch_1904: true, ..hints() }), "2026-12-31");
}

#[test]
fn a_lost_zero_and_a_lost_century_stay_uncertain() {
    assert_eq!(shown(Cell::Text("1990.1"), DateHints { typed: false, ..hints() }), "1990");
    assert_eq!(shown(Cell::Text("1990.10"), DateHints { typed: false, ..hints() }), "1990-10");
    let birth = DateHints { birth: true, ..hints() };
    assert_eq!(shown(Cell::Text("15.5.6"), birth), "?");
    assert_eq!(shown(Cell::Text("90.5.6"), birth), "1990-05-06");
    assert_eq!(shown(Cell::Text("26.1.13"), birth), "2026-01-13", "a child without a number");
    assert_eq!(shown(Cell::Text("25.3.31"), birth), "?");
    assert_eq!(shown(Cell::Text("26.1.13"), DateHints { by_number: "1926-01-13".parse().ok(), ..birth }), "1926-01-13");
    assert_eq!(shown(Cell::Text("05-Mar-25"), birth), "?");
    assert_eq!(
        shown(Cell::Text("05-Mar-25"), DateHints { by_number: "1925-03-05".parse().ok(), ..birth }),
        "1925-03-05"
    );
    assert_eq!(shown(Cell::Text("05-Mar-50"), birth), "1950-03-05");
    assert_eq!(shown(Cell::Text("05-Mar-25"), hints()), "2025-03-05");
    assert_eq!(shown(Cell::Text("15.5.6"), DateHints { by_number: "1915-05-06".parse().ok(), ..birth }), "1915-05-06");
}

#[test]
fn a_day_without_its_year_is_no_year_and_a_month() {
    for text in ["11月20日", "3月5日", "11.20", "12.5", "10.1", "三月五日"] {
        assert_eq!(shown(Cell::Text(text), hints()), "?", "{text}");
    }
    assert_eq!(shown(Cell::Text("26.3"), hints()), "2026-03");
    assert_eq!(shown(Cell::Text("2026年一季度"), hints()), "2026-03");
    assert_eq!(shown(Cell::Text("2025年下半年"), hints()), "2025-12");
    assert_eq!(shown(Cell::Text("25年12月"), hints()), "2025-12");
    assert_eq!(shown(Cell::Text("12年5月"), hints()), "2012-05");
}

#[test]
fn the_short_year_stands_last_where_another_date_of_the_sheet_shows_it() {
    let last = DateHints { order: DateOrder { short_year_last: true, ..DateOrder::default() }, ..hints() };
    assert_eq!(shown(Cell::Text("10/9/22"), last), "2022-10-09");
    assert_eq!(shown(Cell::Text("3/30/26"), last), "2026-03-30");
    assert_eq!(shown(Cell::Text("10/9/22"), hints()), "2010-09-22");
}

#[test]
fn who_is_still_to_be_born_was_read_wrong_and_so_was_what_an_office_did_before_there_was_one() {
    let birth = DateHints { birth: true, ..hints() };
    for text in ["18-3月 -15", "2027年5月", "May-2027", "5/6/2027"] {
        assert_eq!(shown(Cell::Text(text), birth), "?", "{text}");
    }
    let known = DateHints { by_number: "1985-12-31".parse().ok(), ..birth };
    assert_eq!(shown(Cell::Text("31-12月 -85"), known), "1985-12-31");
    for text in ["27.5.6", "30-Jun-27", "31-12月 -27"] {
        assert_eq!(shown(Cell::Text(text), hints()), "?", "{text}");
    }
}

#[test]
fn a_month_and_a_day_are_of_the_year_that_the_sheet_states_where_they_can_be_nothing_else() {
    let named = DateHints { stated: SheetTime { on: None, year: Some(2026) }, ..hints() };
    let order = DateOrder { month_first: true, ..DateOrder::default() };
    for (text, want) in
        [("1.2", "2026-01-02"), ("1/2", "2026-01-02"), ("1月2日", "2026-01-02"), ("6-Apr", "2026-04-06")]
    {
        assert_eq!(shown(Cell::Text(text), named), want, "{text}");
        assert_eq!(shown(Cell::Text(text), hints()), "?", "{text}");
        assert_eq!(shown(Cell::Text(text), DateHints { birth: true, ..named }), "?", "{text}");
    }
    for text in ["01-02", "12.5", "1.45", "01-02组"] {
        assert_eq!(shown(Cell::Text(text), named), "?", "{text}: of 2001?");
    }
    assert_eq!(shown(Cell::Text("01-02"), DateHints { order, ..named }), "2026-01-02");
    assert_eq!(shown(Cell::Text("26.3"), DateHints { order, ..named }), "2026-03");
    let cut = DateHints { typed: false, ..named };
    assert_eq!(
        [1.1, 1.4, 1.13].map(|value| shown(Cell::Number(value), named)),
        ["2026-01", "2026-01-04", "2026-01-13"]
    );
    assert_eq!(["1.1", "1-1"].map(|text| shown(Cell::Text(text), cut)), ["2026-01", "2026-01-01"]);
}
