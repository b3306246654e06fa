//! The total that a sheet writes of itself, and of whose lines it is.

use super::gathered::read_bytes;

#[test]
fn a_total_under_lines_of_one_village_is_that_village_s_also_where_a_column_says_which() {
    const HEADER: &str = "村代码,户主,姓名,身份证号,低保证号,类别,复核日期,保障状态\n";
    let line = |village: &str, name: &str| format!("519901001{village},{name},{name},,D1,A,2026-03-01,在保\n");
    let total = |stated: u32| format!("合计,,{stated}人,,,,,\n");
    let [one, two, three] = [line("200", "王大明"), line("200", "李秀英"), line("201", "周子轩")];
    for (rows, want) in [
        (one.clone() + &two + &total(8), vec![("519901001200", 8, 2)]),
        (one.clone() + &total(1) + &three + &total(4), vec![("519901001200", 1, 1), ("519901001201", 4, 1)]),
        // Of both villages together neither is wrong by itself.
        (one + &three + &total(8), vec![("519901001", 8, 2)]),
    ] {
        let (result, sink) = read_bytes("低保.csv", (HEADER.to_owned() + &rows).as_bytes(), "519901001");
        result.unwrap();
        let told = sink.totals.iter().map(|total| (total.area.to_string(), total.stated, total.counted));
        let want: Vec<_> = want.into_iter().map(|(area, stated, counted)| (area.to_owned(), stated, counted)).collect();
        assert_eq!(told.collect::<Vec<_>>(), want, "{rows}");
    }
}
