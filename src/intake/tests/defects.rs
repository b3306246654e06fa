//! The ways in which files are really malformed, each built once (DOMAIN.md 6).

use rust_xlsxwriter::{ExcelDateTime, Format, Workbook};

use super::super::*;
use super::gathered::{Gathered, read_bytes};
use crate::domain::{Flow, IdState, Place, Record, Sex, Status};

const VILLAGE: &str = "519901001200";

fn text(lines: &str) -> Gathered {
    let (result, sink) = read_bytes("名册.csv", lines.as_bytes(), VILLAGE);
    result.unwrap();
    sink
}

fn code(name: &str, bytes: &[u8]) -> UnreadableCode {
    read_bytes(name, bytes, VILLAGE).0.unwrap_err().code
}

fn workbook(build: impl FnOnce(&mut Workbook)) -> (Result<FileReport, Unreadable>, Gathered) {
    let mut book = Workbook::new();
    build(&mut book);
    read_bytes("名册.xlsx", &book.save_to_buffer().unwrap(), "519901001")
}

fn sheet(book: &mut Workbook, name: &str, rows: &[&[&str]]) {
    let sheet = book.add_worksheet();
    sheet.set_name(name).unwrap();
    for (row, cells) in (0..).zip(rows) {
        for (column, cell) in (0..).zip(*cells) {
            sheet.write_string(row, column, *cell).unwrap();
        }
    }
}

fn one(sink: &Gathered) -> &Record {
    let records = sink.records();
    assert_eq!(records.len(), 1);
    records[0]
}

fn rows(sink: &Gathered) -> Vec<u32> {
    sink.lines.iter().map(|line| line.row).collect()
}

const POPULATION: &str = "序号,户号,户主姓名,姓名,与户主关系,性别,身份证号,出生日期,状态,变动时间,来源/去向\n";

#[test]
fn headers_repeated_on_every_printed_page_are_skipped_with_their_two_rows() {
    let header: [&[&str]; 2] =
        [&["序号", "户主姓名", "保障对象", "", "低保证号", "保障类别"], &["", "", "姓名", "身份证号码", "", ""]];
    let person: &[&str] = &["1", "张三", "张三", "519901194501190052", "51D1", "A类"];
    let (result, sink) = workbook(|book| {
        sheet(
            book,
            "低保",
            &[
                &["低保花名册"],
                header[0],
                header[1],
                person,
                &["本页小计", "", "1人"],
                &[],
                header[0],
                header[1],
                person,
            ],
        );
    });
    assert_eq!((result.unwrap().lines, rows(&sink)), (2, vec![4, 9]));
    assert_eq!(sink.totals.iter().map(|total| (total.stated, total.counted)).collect::<Vec<_>>(), [(1, 1)]);
}

#[test]
fn a_number_cell_is_damaged_and_a_date_cell_is_a_date() {
    let (result, sink) = workbook(|book| {
        sheet(book, "健康档案", &[&["健康档案编号", "姓名", "身份证号", "出生日期", "建档日期", "档案状态"]]);
        let sheet = book.worksheet_from_index(0).unwrap();
        sheet.write_string(1, 0, "51990100120000001").unwrap();
        sheet.write_string(1, 1, "张三").unwrap();
        sheet.write_number(1, 2, 519_901_198_001_010_019_f64).unwrap();
        let day = Format::new().set_num_format("yyyy-mm-dd");
        sheet.write_with_format(1, 3, ExcelDateTime::from_ymd(1980, 1, 1).unwrap(), &day).unwrap();
        sheet.write_number(1, 4, 20_150_419.0).unwrap();
        sheet.write_formula(1, 5, rust_xlsxwriter::Formula::new("=VLOOKUP(A1,B1,1)").set_result("#N/A")).unwrap();
    });
    let report = result.unwrap();
    let record = one(&sink);
    assert_eq!(record.id_number.as_ref().unwrap().state(), IdState::Damaged);
    assert_eq!((record.birth, record.since), ("1980-01-01".parse().ok(), "2015-04-19".parse().ok()));
    assert_eq!((record.status, report.error_cells), (Status::Active, 1));
}

#[test]
fn a_sheet_for_each_village_belongs_to_it_and_the_summary_is_not_counted_twice() {
    let header: &[&str] = &["户号", "户主姓名", "姓名", "与户主关系", "身份证号"];
    let (result, sink) = workbook(|book| {
        sheet(
            book,
            "汇总",
            &[header, &["1", "张三", "张三", "户主", "519901194501190052"], &["1", "李四", "李四", "户主", ""]],
        );
        sheet(book, "519901001200", &[header, &["1", "张三", "张三", "户主", "519901194501190052"]]);
        sheet(book, "201村", &[&["519901001201村人口花名册"], header, &["1", "李四", "李四", "户主", ""]]);
        sheet(book, "Sheet4", &[]);
        book.worksheet_from_index(2).unwrap().set_hidden(true);
        sheet(book, "通讯录", &[&["部门", "电话"], &["民政", "123"]]);
    });
    assert_eq!(result.unwrap().lines, 2);
    let places: Vec<_> = sink.lines.iter().map(|line| (line.area.to_string(), line.row)).collect();
    assert_eq!(places, [("519901001200".to_owned(), 2), ("519901001201".to_owned(), 3)]);
    assert_eq!(sink.sheets.iter().map(|sheet| sheet.hidden).collect::<Vec<_>>(), [false, true]);
    let told: Vec<_> = sink.refusals.iter().map(|refusal| (refusal.sheet.as_deref().unwrap(), refusal.code)).collect();
    assert_eq!(told, [("通讯录", RefusalCode::NoListRecognised), ("汇总", RefusalCode::SheetRepeatsOthers)]);
}

/// The sheets whose lines are taken, of sheets of these names, each of them a register.
fn taken(names: &[&str]) -> Vec<String> {
    let header: &[&str] = &["户号", "户主姓名", "姓名", "与户主关系", "身份证号"];
    let (result, sink) = workbook(|book| {
        for name in names {
            // Each of its own people: what repeats another sheet is told by that, too.
            let (one, other) = (format!("张{name}"), format!("李{name}"));
            sheet(book, name, &[header, &["1", &one, &one, "户主", ""], &["2", &other, &other, "户主", ""]]);
        }
    });
    result.unwrap();
    let mut taken: Vec<String> = sink.of_sheet.into_iter().flatten().collect();
    taken.dedup();
    taken
}

#[test]
fn months_and_years_are_known_in_every_spelling_and_copies_are_copies() {
    for (names, want) in [
        (&["25年12月", "26年1月"][..], &["26年1月"][..]),
        (&["一月", "三月", "二月"], &["三月"]),
        (&["十二月", "元月"], &["元月"]),
        (&["2025", "2026"], &["2026"]),
        (&["2026年度", "2025年度"], &["2026年度"]),
        (&["低保", "低保 (2)"], &["低保"]),
        (&["低保(备份)", "低保"], &["低保"]),
        (&["上月", "本月"], &["本月"]),
        (&["1组3月", "2组3月"], &["1组3月", "2组3月"]),
        (&["一组", "二组"], &["一组", "二组"]),
    ] {
        assert_eq!(taken(names), want, "{names:?}");
    }
}

#[test]
fn of_a_sheet_for_each_month_only_the_latest_is_the_list() {
    let header: &[&str] = &["户号", "户主姓名", "姓名", "与户主关系", "身份证号"];
    let (result, sink) = workbook(|book| {
        sheet(book, "2025年12月", &[header, &["1", "张三", "张三", "户主", ""]]);
        sheet(book, "2026年2月", &[header, &["1", "张三", "张三", "户主", ""], &["2", "李四", "李四", "户主", ""]]);
        sheet(book, "2026年1月", &[header, &["1", "张三", "张三", "户主", ""]]);
    });
    assert_eq!(result.unwrap().lines, 2);
    assert_eq!(sink.of_sheet[0].as_deref(), Some("2026年2月"));
    assert_eq!(sink.refusals.iter().map(|refusal| refusal.code).collect::<Vec<_>>(), [RefusalCode::OlderMonth; 2]);
}

#[test]
fn villages_stacked_in_one_sheet_are_told_by_their_titles_and_closed_by_their_totals() {
    let text = format!(
        "519901001200村人口花名册\n{POPULATION}1,1,张三,张三,户主,男,519901194501190052,1945.1.19,在册,,\n合计,,,1人\n\
         519901001201村人口花名册,,,单位：人\n{POPULATION}1,1,李四,李四,户主,男,,1945.1.19,在册,,\n2,1,,王五,妻,女,,1947.1.19,在册,,\n合计,,,4人\n"
    );
    let (result, sink) = read_bytes("人口.csv", text.as_bytes(), "519901001");
    result.unwrap();
    let places: Vec<_> = sink.lines.iter().map(|line| (line.area.to_string(), line.row)).collect();
    let (a, b) = ("519901001200".to_owned(), "519901001201".to_owned());
    assert_eq!(places, [(a.clone(), 3), (b.clone(), 7), (b.clone(), 8)]);
    let totals: Vec<_> =
        sink.totals.iter().map(|total| (total.area.to_string(), total.stated, total.counted)).collect();
    assert_eq!(totals, [(a, 1, 1), (b, 4, 2)]);
}

#[test]
fn merged_households_and_ditto_marks_mean_the_line_above() {
    let sink = text(&format!(
        "{POPULATION}1,7,张三,张三,户主,男,,1945.1.19,在册,,\n2,,,李四,妻,女,,1947.1.19,〃,,\n3,同上,,张小三,子,男,,1970.1.19,〃,,\n\
         4,8,,王五,户主,男,,1950.1.1,迁出,2026.1.5,县外\n"
    ));
    let told: Vec<_> = sink
        .records()
        .iter()
        .map(|r| (r.household.clone().unwrap(), r.head.clone().unwrap_or_default(), r.status))
        .collect();
    let line = |household: &str, head: &str, status| (household.into(), head.into(), status);
    assert_eq!(
        told,
        [
            line("7", "张三", Status::Active),
            line("7", "张三", Status::Active),
            line("7", "张三", Status::Active),
            line("8", "", Status::MovedOut)
        ]
    );
}

#[test]
fn a_merged_dibao_household_shares_its_certificate_class_and_review() {
    let sink = text(
        "519901001200村低保\n序号,低保证号,户主,姓名,身份证号码,与户主关系,低保类别,最近复核日期,月补助金额\n\
         1,51D1,张三,张三,519901194501190052,本人,A,2026.2.3,300\n,,,李四,519901194701190060,之妻,,,\n\
         2,51D2,王五,王五,,本人,,2026.2.4,200\n说明：本表一式三份\n审核：,,,制表：某某\n",
    );
    let told: Vec<_> = sink.records().iter().map(|r| (r.record_no.as_deref(), r.class, r.reviewed.is_some())).collect();
    assert_eq!(told, [(Some("51D1"), Some('A'), true), (Some("51D1"), Some('A'), true), (Some("51D2"), None, true)]);
    assert!(sink.refusals.is_empty());
}

#[test]
fn a_second_table_below_the_first_is_read_as_what_it_is() {
    let sink = text(
        "人口花名册\n户号,户主姓名,姓名,与户主关系,身份证号\n1,张三,张三,户主,519901194501190052\n\n低保花名册\n\
         低保证号,户主,姓名,身份证号,保障类别,月补差金额\n51D1,张三,张三,519901194501190052,A,300\n",
    );
    let told: Vec<_> = sink.lines.iter().map(|line| (line.list, line.row)).collect();
    assert_eq!(told, [(List::Population, 3), (List::Dibao, 7)]);
}

#[test]
fn a_list_of_cancellations_is_no_register_and_not_all_of_it_are_deaths() {
    let (_, sink) = read_bytes(
        "注销户口人员.csv",
        "姓名,性别,公民身份号码,死亡日期,注销日期,注销原因,户号,与户主关系\n张三,男,519901194501190052,2026-1-5,2026-1-8,死亡注销,7,户主\n\
         李四,女,519901194701190060,,2026-1-9,迁出注销,7,妻\n"
            .as_bytes(),
        VILLAGE,
    );
    let told: Vec<_> = sink.lines.iter().map(|line| (line.list, line.record.as_ref().unwrap().status)).collect();
    assert_eq!(told, [(List::Deaths, Status::Deceased), (List::Deaths, Status::MovedOut)]);
}

#[test]
fn a_remark_behind_a_name_is_not_part_of_it() {
    let sink = text("户号,姓名,与户主关系,身份证号\n1,李四 迁出,户主,\n1,张 三,妻,\n1,王五（已故）,子,\n");
    let names: Vec<_> = sink.records().iter().map(|record| record.name.as_str()).collect();
    assert_eq!(names, ["李四", "张 三", "王五（已故）"]);
    assert!(sink.records().iter().all(|record| record.status == Status::Active));
}

#[test]
fn an_error_value_saved_as_text_is_a_missing_value() {
    let sink =
        text("户号,姓名,与户主关系,身份证号,出生日期\n1,张三,户主,#REF!,#N/A\n1,#NAME?,妻,519901194701190060,\n");
    assert_eq!((rows(&sink), one(&sink).id_number.is_none()), (vec![2], true));
    assert_eq!(sink.refusals[0].code, RefusalCode::NoName);
}

#[test]
fn what_a_line_was_filled_with_is_part_of_its_text() {
    let lines = |head: &str| {
        text(&format!("{POPULATION}1,7,{head},{head},户主,男,,1945.1.19,在册,,\n2,7,,李四,妻,女,,1947.1.19,在册,,\n"))
    };
    let (before, after) = (lines("张三"), lines("张叁"));
    assert_ne!(
        before.lines[1].raw, after.lines[1].raw,
        "the head's name was corrected, so the wife's line says something else"
    );
}

#[test]
fn a_new_line_at_the_top_and_moved_columns_change_no_other_line() {
    let before = text("序号,户号,姓名,与户主关系,身份证号,备注\n1,7,张三,户主,519901194501190052,\n");
    let after = text("姓名,序号,身份证号,户号,与户主关系,备注\n王五,1,,8,户主,\n张三,2,519901194501190052,7,户主,新\n");
    assert_eq!(before.lines[0].raw, after.lines[1].raw);
}

#[test]
fn what_a_change_date_means_follows_from_the_status() {
    let sink = text(&format!(
        "{POPULATION}1,7,张三,张三,户主,男,,1945.1.19,在册,2026.1.5,519901002200\n2,7,,李四,妻,女,,1947.1.19,死亡,2026.2.14,\n\
         3,7,,张小三,子,男,,1970.1.19,迁出,2026.3.1,县外\n4,7,,张小宝,孙子,男,,2026.4.8,在册,2026.4.8,\n"
    ));
    let records = sink.records();
    let date = |text: &str| text.parse().ok();
    assert_eq!(
        (records[0].moved_in, records[0].moved_from),
        (date("2026-01-05"), "519901002200".parse().ok().map(Place::Area))
    );
    assert_eq!((records[1].status, records[1].died), (Status::Deceased, date("2026-02-14")));
    assert_eq!((records[2].moved_out, records[2].moved_to), (date("2026-03-01"), Some(Place::Outside)));
    assert_eq!((records[3].since, records[3].moved_in), (date("2026-04-08"), None));
}

#[test]
fn a_stop_with_its_reason_is_a_death_a_move_or_an_end() {
    let sink = text(
        "低保证号,户主,姓名,与户主关系,身份证号,保障类别,审批日期,最近复核日期,保障状态,停保日期,停保原因\n\
         51D1,张三,张三,户主,,一类,2020.1,2026.1,停保,2026.2.3,本人死亡\n51D2,李四,李四,户主,,B,2020.1,2026.1,停保,2026.2.3,户口迁出\n\
         51D3,王五,王五,户主,,丙类,2020.1,2026.1,停保,2026.2.3,收入超标\n51D4,赵六,赵六,户主,,C,2020.1,2026.1,在保,,\n",
    );
    let told: Vec<_> =
        sink.records().iter().map(|r| (r.status, r.class, r.died.or(r.moved_out).or(r.ended).is_some())).collect();
    assert_eq!(
        told,
        [
            (Status::Deceased, Some('A'), true),
            (Status::MovedOut, Some('B'), true),
            (Status::Closed, Some('C'), true),
            (Status::Active, Some('C'), false)
        ]
    );
}

#[test]
fn the_floating_population_is_read_by_its_direction() {
    let sink = text(
        "姓名,性别,身份证号,流动类型,流动日期,户籍地,现居住地,流动原因,返回日期\n\
         张三,男,,流入,2026.1.5,519922001200,519901001200,务工,\n李四,女,,流出,2026.1.6,519901001200,广东省（省外）,务工,2026.4.1\n",
    );
    let records = sink.records();
    assert_eq!(
        (records[0].flow, records[0].moved_from),
        (Some(Flow::In), "519922001200".parse().ok().map(Place::Area))
    );
    assert_eq!(
        (records[1].flow, records[1].moved_to, records[1].status),
        (Some(Flow::Out), Some(Place::Outside), Status::Closed)
    );
}

#[test]
fn special_support_says_what_is_covered_and_drops_the_rest() {
    let sink = text(
        "姓名,扶助类别,身份证号,确认年度,联系人,签约医生,就医绿色通道,子女状况,伤残等级,银行账号\n\
         张三,特扶(死亡),,2020,李干部,,否,死亡,一,622202\n",
    );
    let record = one(&sink);
    assert_eq!((record.contact, record.doctor, record.green), (Some(true), Some(false), Some(false)));
    assert_eq!((record.status, sink.sheets[0].dropped), (Status::Active, 3));
    let kept = serde_json::to_string(record).unwrap();
    assert!(!kept.contains("622202") && !kept.contains('死'));
}

#[test]
fn digits_for_sex_are_checked_against_the_numbers() {
    let mut lines = String::from("户号,姓名,与户主关系,性别,身份证号\n");
    // A system that writes 1 for women (DOMAIN.md 4, g13).
    for number in [
        "519901196204160024",
        "519901193603300027",
        "519901194001170020",
        "519901194201020027",
        "519901194809150022",
        "519922194904250023",
    ] {
        lines += &format!("1,王芳,妻,1,{number}\n");
    }
    let sink = text(&lines);
    assert!(sink.records().iter().all(|record| record.sex == Some(Sex::Female)));
}

#[test]
fn a_column_of_numbers_that_end_in_three_zeros_was_damaged_before_it_became_text() {
    let mut lines = String::from("户号,姓名,与户主关系,性别,身份证号\n");
    for birth in ["19450119", "19620416", "19360330", "19400117", "19420102", "19480915"] {
        lines += &format!("1,王芳,妻,女,519901{birth}0000\n");
    }
    let sink = text(&lines);
    assert!(sink.records().iter().all(|record| record.id_number.as_ref().unwrap().state() == IdState::Damaged));
}

#[test]
fn lines_outside_the_area_and_lines_without_a_name_are_refused_masked() {
    let sink = text(
        "村代码,户号,姓名,与户主关系,身份证号\n519901001200,1,张三丰,户主,519901194501190052\n519901001201,1,李四光,户主,519901194501190052\n\
         519901001200,1,,户主,519901194501190052\n200,2,王五,户主,\n,,,,\n",
    );
    assert_eq!(rows(&sink), [2, 5]);
    let told: Vec<_> = sink.refusals.iter().map(|refusal| (refusal.row.unwrap(), refusal.code)).collect();
    assert_eq!(told, [(3, RefusalCode::AreaOutside), (4, RefusalCode::NoName)]);
    let details: String = sink.refusals.iter().map(|refusal| refusal.detail.as_str()).collect();
    assert!(!details.contains("四光") && !details.contains("19450119"), "{details}");
}

#[test]
fn a_villages_number_without_its_township_is_completed_by_it() {
    let text = "乡镇代码,村代码,户号,姓名,与户主关系\n519901001,201,1,张三,户主\n519901002,200,1,李四,户主\n";
    let (_, sink) = read_bytes("人口.csv", text.as_bytes(), "519901");
    let places: Vec<_> = sink.lines.iter().map(|line| line.area.to_string()).collect();
    assert_eq!(places, ["519901001201", "519901002200"]);
}

#[test]
fn somebody_registered_elsewhere_still_lives_here() {
    let sink = text("户号,姓名,与户主关系,身份证号,户籍地行政区划代码\n1,张三,户主,,519922001200\n");
    assert_eq!(sink.lines[0].area.to_string(), VILLAGE);
}

#[test]
fn tables_in_pages_and_xml_named_xls_are_read() {
    let page = "<html><head><meta charset=gb2312></head><table><tr><td>健康档案编号<td>姓名<td>身份证号<td>建档日期<td>档案状态</tr>\
                <tr><td>51990100120000001<td>张三<td>519901194501190052<td>2015-4-19<td>正常</tr></table></html>";
    let gbk = encoding_rs::GB18030.encode(page).0;
    let (result, sink) = read_bytes("档案.xls", &gbk, VILLAGE);
    assert_eq!((result.unwrap().container, rows(&sink)), (Container::Html, vec![2]));
    assert_eq!(one(&sink).name, "张三");
    let xml = "<?xml version=\"1.0\"?><Workbook xmlns=\"urn:schemas-microsoft-com:office:spreadsheet\" xmlns:ss=\"urn:schemas-microsoft-com:office:spreadsheet\">\
        <Worksheet ss:Name=\"死亡\"><Table><Row><Cell><Data ss:Type=\"String\">姓名</Data></Cell><Cell><Data ss:Type=\"String\">身份证号</Data></Cell>\
        <Cell><Data ss:Type=\"String\">死亡日期</Data></Cell></Row><Row><Cell><Data ss:Type=\"String\">张三</Data></Cell><Cell/>\
        <Cell><Data ss:Type=\"DateTime\">2026-01-05T00:00:00.000</Data></Cell></Row></Table></Worksheet></Workbook>";
    let (result, sink) = read_bytes("死亡.xls", xml.as_bytes(), VILLAGE);
    assert_eq!((result.unwrap().container, rows(&sink)), (Container::SpreadsheetXml, vec![2]));
    assert_eq!(one(&sink).died, "2026-01-05".parse().ok());
}

/// The least that an OpenDocument spreadsheet can be.
fn ods(rows: &str) -> Vec<u8> {
    use std::io::Write as _;
    let content = format!(
        "<?xml version=\"1.0\"?><office:document-content xmlns:office=\"o\" xmlns:table=\"t\" xmlns:text=\"x\"><office:body>\
         <office:spreadsheet><table:table table:name=\"低保\">{rows}</table:table></office:spreadsheet></office:body></office:document-content>"
    );
    let manifest = "<?xml version=\"1.0\"?><manifest:manifest xmlns:manifest=\"m\"></manifest:manifest>";
    let mut zip = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    for (name, text) in [
        ("mimetype", "application/vnd.oasis.opendocument.spreadsheet"),
        ("META-INF/manifest.xml", manifest),
        ("content.xml", &content),
    ] {
        let options = zip::write::SimpleFileOptions::default().compression_method(zip::CompressionMethod::Stored);
        zip.start_file(name, options).unwrap();
        zip.write_all(text.as_bytes()).unwrap();
    }
    zip.finish().unwrap().into_inner()
}

#[test]
fn an_open_document_is_read_with_its_dates_and_the_million_empty_rows_below() {
    let row = |cells: &[&str]| {
        let cell = |text: &&str| {
            format!("<table:table-cell office:value-type=\"string\"><text:p>{text}</text:p></table:table-cell>")
        };
        format!(
            "<table:table-row>{}<table:table-cell office:value-type=\"date\" office:date-value=\"2026-02-03\"><text:p>x</text:p></table:table-cell></table:table-row>",
            cells.iter().map(cell).collect::<String>()
        )
    };
    let header = row(&["低保证号", "姓名", "身份证号", "类别"])
        .replace(" office:date-value=\"2026-02-03\"", "")
        .replace("\"date\"", "\"string\"")
        .replace(">x<", ">最近复核日期<");
    let rows = header
        + &row(&["51D1", "张三", "519901194501190052", "A类"])
        + "<table:table-row table:number-rows-repeated=\"1048574\"><table:table-cell table:number-columns-repeated=\"16384\"/></table:table-row>";
    let (result, sink) = read_bytes("低保.xls", &ods(&rows), VILLAGE);
    assert_eq!(result.unwrap().container, Container::Ods);
    assert_eq!(
        (one(&sink).reviewed, sink.lines.iter().map(|line| line.row).collect::<Vec<_>>()),
        ("2026-02-03".parse().ok(), vec![2])
    );
}

#[test]
fn wrong_files_have_a_code_each() {
    // One sector of allocation table, one of directory: the least a compound file can be.
    let compound = |name: &str| {
        let mut bytes = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1".to_vec();
        bytes.resize(512, 0xff);
        bytes[0x1e..0x20].copy_from_slice(&9u16.to_le_bytes());
        bytes[0x30..0x34].copy_from_slice(&1u32.to_le_bytes());
        bytes[0x4c..0x50].copy_from_slice(&0u32.to_le_bytes());
        bytes.resize(1_024, 0xff);
        for name in ["Root Entry", name] {
            let at = bytes.len();
            bytes.extend(name.encode_utf16().flat_map(u16::to_le_bytes));
            bytes.resize(at + 128, 0);
            bytes[at + 0x40..at + 0x42].copy_from_slice(&((name.len() as u16 + 1) * 2).to_le_bytes());
            bytes[at + 0x74..at + 0x78].copy_from_slice(&u32::MAX.to_le_bytes());
        }
        bytes.resize(1_536, 0);
        bytes
    };
    let mut book = Workbook::new();
    sheet(&mut book, "低保", &[&["低保证号", "姓名", "保障类别"], &["1", "张三", "A"]]);
    let whole = book.save_to_buffer().unwrap();
    assert_eq!(code("空.csv", b""), UnreadableCode::Empty);
    assert_eq!(code("空.csv", b"\n\n , ,\n"), UnreadableCode::Empty);
    assert_eq!(code("~$名册.xlsx", b"x"), UnreadableCode::LockFile);
    assert_eq!(code("密.xlsx", &compound("EncryptedPackage")), UnreadableCode::Encrypted);
    assert_eq!(code("演.et", &compound("ETExtData")), UnreadableCode::UnsupportedFormat);
    assert_eq!(code("文.xls", &compound("WordDocument")), UnreadableCode::UnsupportedFormat);
    assert_eq!(code("半.xlsx", &whole[..whole.len() / 2]), UnreadableCode::Truncated);
    let lines = "低保证号,姓名,身份证号,类别\n1,张三,519901194501190052,A\n2,李四,519901197807150017,A\n3,王五,,B\n";
    assert_eq!(code("断.csv", format!("{lines}4,赵").as_bytes()), UnreadableCode::Truncated);
    let in_a_character = format!("{lines}4,赵六,,甲");
    let in_a_character = &in_a_character.as_bytes()[..in_a_character.len() - 1];
    assert_eq!(code("断.csv", in_a_character), UnreadableCode::Truncated);
    for last in ["4,赵六,,A", "制表人：赵六", "合计,3人"] {
        let (result, sink) = read_bytes("低保.csv", format!("{lines}{last}").as_bytes(), VILLAGE);
        assert!(result.is_ok() && sink.lines.len() >= 3, "{last}: a last line without a line end");
    }
    assert_eq!(code("扫描.xlsx", b"%PDF-1.7"), UnreadableCode::UnsupportedFormat);
    assert_eq!(code("乱.csv", &[0x81, 0xff, 0x9f, 0x0a].repeat(200)), UnreadableCode::UnreadableText);
    assert_eq!(code("通知.csv", "关于召开会议的通知\n各村：\n请准时参加\n".as_bytes()), UnreadableCode::NotARoster);
    assert_eq!(
        code("电话.csv", "姓名,性别,联系电话\n张三,男,13800000000\n".as_bytes()),
        UnreadableCode::NoListRecognised
    );
}

#[test]
fn bombs_are_refused_before_they_are_unpacked() {
    use std::io::Write as _;
    let bomb = |bytes: usize| {
        let mut zip = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
        let options = zip::write::SimpleFileOptions::default();
        zip.start_file("xl/workbook.xml", options).unwrap();
        zip.write_all(b"<workbook/>").unwrap();
        zip.start_file("xl/worksheets/sheet1.xml", options).unwrap();
        zip.write_all(&vec![b' '; bytes]).unwrap();
        zip.finish().unwrap().into_inner()
    };
    assert_eq!(code("弹.xlsx", &bomb(40 << 20)), UnreadableCode::ZipBomb);
    let cells = "<table:table-row table:number-rows-repeated=\"1000000\"><table:table-cell office:value-type=\"string\" table:number-columns-repeated=\"16000\"><text:p>x</text:p></table:table-cell></table:table-row>";
    assert_eq!(code("弹.ods", &ods(cells)), UnreadableCode::TooManyCells);
    let wide = format!("姓名,户号,与户主关系{}\n张三,1,户主\n", ",x".repeat(2_000));
    assert_eq!(code("宽.csv", wide.as_bytes()), UnreadableCode::TooManyCells);
}

#[test]
fn a_state_that_is_ticked_in_columns_of_its_own_is_the_state() {
    let sink = text(
        "户号,姓名,与户主关系,身份证号,在册,死亡,迁出\n\
         1,赵甲,户主,,√,,\n\
         1,钱乙,妻,,,√,\n\
         2,孙丙,户主,,,2026.3.7,\n\
         3,李丁,户主,,,,√\n",
    );
    let told: Vec<_> = sink.records().iter().map(|record| (record.status, record.died)).collect();
    assert_eq!(
        told,
        [
            (Status::Active, None),
            (Status::Deceased, None),
            (Status::Deceased, crate::domain::PartialDate::day(2026, 3, 7)),
            (Status::MovedOut, None)
        ]
    );
}
