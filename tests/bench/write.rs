//! The lists as spreadsheets: one CSV a list for the whole county, or one a village, with the headers clerks use.

use std::fs::{self, File};
use std::io::{self, BufWriter, Write};
use std::path::Path;

use super::dice::Dice;
use super::generate::{County, Line, Roster, State};
use super::people::{Person, Relation, iso};

/// Shares of lines with a defect where noise is on, as in the sample county (DOMAIN.md 6).
const NUMBER_MISSING: f64 = 0.008;
const NUMBER_DIGIT_WRONG: f64 = 0.008;
const NUMBER_SWAPPED: f64 = 0.004;
const NUMBER_OLD: f64 = 0.004;
const NUMBER_DRESSED: f64 = 0.02;
const NAME_CHANGED: f64 = 0.01;

/// How a list is written.
#[derive(Clone, Copy)]
pub struct Style {
    pub noise: bool,
}

/// One file a list, `population.csv` and so on, with the village's code in a column. Returns the bytes written.
pub fn county(county: &County, folder: &Path, style: Style) -> io::Result<u64> {
    fs::create_dir_all(folder)?;
    let mut bytes = 0;
    for list in Roster::ALL {
        let path = folder.join(format!("{}.csv", list.name()));
        write_list(county, list, &path, style, |_| true)?;
        bytes += fs::metadata(path)?.len();
    }
    Ok(bytes)
}

/// One list of one village as a file of its own. Returns its lines.
pub fn village(county: &County, list: Roster, village: u16, path: &Path, style: Style) -> io::Result<usize> {
    write_list(county, list, path, style, |line| line.village == village)
}

fn write_list(
    county: &County,
    list: Roster,
    path: &Path,
    style: Style,
    takes: impl Fn(&Line) -> bool,
) -> io::Result<usize> {
    let mut out = BufWriter::with_capacity(1 << 20, File::create(path)?);
    writeln!(out, "{}", header(list))?;
    let mut nth = 0;
    for line in county.lists[list as usize].iter().filter(|l| takes(l)) {
        nth += 1;
        let person = &county.people[line.person as usize];
        let (name, number) = typed(person, line, list, style);
        let code = county.code(line.village);
        let head = &county.people[county.heads[person.household as usize] as usize];
        match list {
            Roster::Population => population(&mut out, county, nth, &code, line, person, head, &name, &number)?,
            Roster::Health => health(&mut out, nth, &code, line, person, &name, &number)?,
            Roster::Dibao => dibao(&mut out, nth, &code, line, person, head, &name, &number)?,
            Roster::Family => family(&mut out, nth, &code, line, person, &name, &number)?,
        }
    }
    out.flush()?;
    Ok(nth)
}

fn header(list: Roster) -> &'static str {
    match list {
        Roster::Population => {
            "序号,村代码,户号,户主姓名,姓名,与户主关系,性别,身份证号,出生日期,民族,联系电话,人口状态,变动日期,迁入迁出地,备注"
        }
        Roster::Health => {
            "序号,村代码,健康档案编号,姓名,性别,身份证号,出生日期,联系电话,人群分类,责任医生,建档日期,最近随访日期,档案状态,死亡日期"
        }
        Roster::Dibao => {
            "序号,村代码,低保证号,户主姓名,姓名,与户主关系,性别,身份证号,保障类别,保障人数,月补差金额,审批日期,最近复核日期,保障状态,停保日期,停保原因"
        }
        Roster::Family => {
            "序号,村代码,扶助类别,姓名,性别,身份证号,出生日期,配偶姓名,确认年度,帮扶联系人,签约医生,绿色通道,状态,退出日期,退出原因"
        }
    }
}

#[expect(clippy::too_many_arguments, reason = "the columns of a line")]
fn population(
    out: &mut impl Write,
    county: &County,
    nth: usize,
    code: &str,
    line: &Line,
    person: &Person,
    head: &Person,
    name: &str,
    number: &str,
) -> io::Result<()> {
    let state = match line.state {
        State::Active => "在册",
        State::Dead => "死亡",
        State::MovedOut | State::Ended => "迁出",
    };
    // An arrival's date stands in the same column as a departure's.
    let changed = iso(if line.changed > 0 { line.changed } else { line.since });
    let place = match (line.place, line.state) {
        (Some(village), _) => county.code(village),
        (None, State::MovedOut) => "外省".to_owned(),
        (None, State::Active) if line.since > 0 => "外省".to_owned(),
        (None, _) => String::new(),
    };
    let (relation, sex, born, phone) =
        (person.relation.word(person.female), person.sex(), iso(person.born), person.phone());
    let (household, head) =
        (person.household + 1, if person.relation == Relation::Head { name.to_owned() } else { head.name() });
    writeln!(
        out,
        "{nth},{code},{code}{household:06},{head},{name},{relation},{sex},{number},{born},汉族,{phone},{state},{changed},{place},"
    )
}

fn health(
    out: &mut impl Write,
    nth: usize,
    code: &str,
    line: &Line,
    person: &Person,
    name: &str,
    number: &str,
) -> io::Result<()> {
    let (state, died) = match line.state {
        State::Active => ("正常", 0),
        State::Dead => ("死亡", line.changed),
        State::MovedOut | State::Ended => ("迁出", 0),
    };
    let group = ["一般人群", "一般人群", "高血压患者", "65岁及以上老年人", "2型糖尿病患者"][line.person as usize % 5];
    let (sex, born, phone, doctor) = (person.sex(), iso(person.born), person.phone(), &code[9..]);
    let (since, seen, died, record) = (iso(line.since), iso(line.seen), iso(died), line.person % 100_000);
    writeln!(
        out,
        "{nth},{code},{code}{record:05},{name},{sex},{number},{born},{phone},{group},{doctor}村医,{since},{seen},{state},{died}"
    )
}

#[expect(clippy::too_many_arguments, reason = "the columns of a line")]
fn dibao(
    out: &mut impl Write,
    nth: usize,
    code: &str,
    line: &Line,
    person: &Person,
    head: &Person,
    name: &str,
    number: &str,
) -> io::Result<()> {
    let (state, stopped, why) = match line.state {
        State::Active => ("在保", 0, ""),
        State::Dead => ("停保", line.changed, "死亡"),
        State::MovedOut => ("停保", line.changed, "迁出"),
        State::Ended => ("停保", line.changed, "收入超标"),
    };
    let class = ["A类", "B类", "C类"][line.person as usize % 3];
    let (relation, sex, head, certificate) =
        (person.relation.word(person.female), person.sex(), head.name(), person.household);
    let (since, seen, stopped, amount) = (iso(line.since), iso(line.seen), iso(stopped), 200 + line.person % 500);
    writeln!(
        out,
        "{nth},{code},51D{certificate:07},{head},{name},{relation},{sex},{number},{class},1,{amount},{since},{seen},{state},{stopped},{why}"
    )
}

fn family(
    out: &mut impl Write,
    nth: usize,
    code: &str,
    line: &Line,
    person: &Person,
    name: &str,
    number: &str,
) -> io::Result<()> {
    let (state, left, why) = match line.state {
        State::Active => ("在册", 0, ""),
        State::Dead => ("退出", line.changed, "死亡"),
        State::MovedOut | State::Ended => ("退出", line.changed, "迁出"),
    };
    let special = line.person.is_multiple_of(6);
    let aid = if special { "特扶" } else { "奖扶" };
    // One in twenty lacks something, else the whole list would be findings.
    let complete = !line.person.is_multiple_of(20);
    let (contact, doctor, green) = if complete { ("村干部甲", "村医", "是") } else { ("", "村医", "否") };
    let (sex, born, year, left) = (person.sex(), iso(person.born), iso(line.since), iso(left));
    writeln!(
        out,
        "{nth},{code},{aid},{name},{sex},{number},{born},,{},{contact},{doctor},{green},{state},{left},{why}",
        &year[..4]
    )
}

/// Name and number as that list's clerk typed them. The same line has the same defect every month.
fn typed(person: &Person, line: &Line, list: Roster, style: Style) -> (String, String) {
    let (name, number) = (person.name(), person.number());
    if !style.noise {
        return (name, number);
    }
    let mut dice = Dice::new((u64::from(line.person) << 8) | ((line.village as u64) << 48) | list as u64);
    (typed_name(name, &mut dice), typed_number(number, &mut dice))
}

fn typed_name(name: String, dice: &mut Dice) -> String {
    if !dice.chance(NAME_CHANGED) {
        return name;
    }
    let mut letters: Vec<char> = name.chars().collect();
    match dice.below(4) {
        0 => letters.insert(1, ' '),
        1 => letters.push('1'),
        2 => drop(letters.pop().map(|_| letters.push('□'))),
        _ => drop(letters.pop().map(|_| letters.push('霖'))),
    }
    letters.into_iter().collect()
}

fn typed_number(number: String, dice: &mut Dice) -> String {
    let mut digits = number.into_bytes();
    if dice.chance(NUMBER_MISSING) {
        return String::new();
    }
    if dice.chance(NUMBER_DIGIT_WRONG) {
        let at = 6 + dice.below(11);
        digits[at] = b'0' + (digits[at] - b'0' + 1 + dice.below(9) as u8) % 10;
    }
    if dice.chance(NUMBER_SWAPPED) {
        let at = 6 + dice.below(10);
        digits.swap(at, at + 1);
    }
    // Fifteen digits were given out until 1999, and only century 19 upgrades back.
    if &digits[6..8] == b"19" && dice.chance(NUMBER_OLD) {
        digits.truncate(17);
        digits.drain(6..8);
    }
    let number: String = digits.into_iter().map(char::from).collect();
    if !dice.chance(NUMBER_DRESSED) || number.len() < 18 {
        return number;
    }
    match dice.below(3) {
        0 => format!("'{number}"),
        1 => format!("{} {} {}", &number[..6], &number[6..14], &number[14..]),
        _ => number.to_lowercase(),
    }
}
