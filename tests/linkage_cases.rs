//! Hard cases of linking, each a short story: the lines, and who they are.
//!
//! A line is `label list village name number sex birth`, `-` where the list does not say, and after that what else it says
//! (`head=`, `rel=`, `spouse=`, `tel=`, `from=`, `to=`, `st=`). Numbers are written `19530302/003`: county 519901, birth
//! date, sequence; the check digit is put behind. `!` before a number takes it as written, `~` as a damaged cell.
//! Expected: persons as `ab|c`, then pairs for review as `a~c`, then pairs on one number as `a=c`.

use std::collections::BTreeSet;

use rosterd::domain::{Area, IdNumber, List, Place, Record, Sex, Status, Uid};
use rosterd::linkage::{Decided, Doubt, Features, Weights, cluster, features, link_all};

fn number(text: &str) -> Option<IdNumber> {
    if let Some(raw) = text.strip_prefix('!') {
        return IdNumber::parse(raw);
    }
    if let Some(raw) = text.strip_prefix('~') {
        return IdNumber::damaged(raw);
    }
    let (birth, sequence) = text.split_once('/')?;
    let body = format!("519901{birth}{sequence}");
    let weights = [7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2];
    let sum: u32 = body.bytes().zip(weights).map(|(b, w)| u32::from(b - b'0') * w).sum();
    let check = char::from(b"10X98765432"[sum as usize % 11]);
    IdNumber::parse(&format!("{body}{check}"))
}

fn area(village: &str) -> Area {
    format!("519901{village}").parse().unwrap()
}

fn line(text: &str) -> (char, Features) {
    let mut fields = text.split_whitespace();
    let mut next = || fields.next().filter(|f| *f != "-");
    let label = next().unwrap().chars().next().unwrap();
    let start = next().unwrap();
    let list = List::ALL.into_iter().find(|l| l.as_str().starts_with(start)).unwrap();
    let village = area(next().unwrap());
    let mut record = Record {
        name: next().unwrap_or("").replace('_', " ").into(),
        id_number: next().and_then(number),
        sex: next().map(|s| if s == "m" { Sex::Male } else { Sex::Female }),
        birth: next().and_then(|b| b.parse().ok()),
        ..Record::default()
    };
    for field in fields {
        match field.split_once('=').unwrap() {
            ("head", v) => record.head = Some(v.into()),
            ("rel", v) => record.relation = v.parse().ok(),
            ("spouse", v) => record.spouse = Some(v.into()),
            ("tel", v) => record.phone_tail = Some(v.into()),
            ("hh", v) => record.household = Some(v.into()),
            ("from", v) => record.moved_from = Some(Place::Area(area(v))),
            ("to", v) => record.moved_to = Some(Place::Area(area(v))),
            ("st", "out") => record.status = Status::MovedOut,
            other => panic!("{other:?}"),
        }
    }
    (label, features(Uid(u64::from(u32::from(label))), village, list, &record))
}

/// Links the lines both ways round and both ways (whole, and as one component); all must agree.
fn who_is_who(lines: &str, decided: &Decided) -> String {
    let (labels, entries): (Vec<char>, Vec<Features>) = lines.trim().lines().map(line).unzip();
    let w = Weights::default();
    let describe = |labels: &[char], entries: &[Features]| {
        let linked = link_all(entries, decided, &w);
        let mut persons: Vec<String> = Vec::new();
        for (label, person) in labels.iter().zip(&linked.person) {
            let person = *person as usize;
            persons.resize(persons.len().max(person + 1), String::new());
            persons[person].push(*label);
        }
        let sorted = |text: &str| {
            let mut chars: Vec<char> = text.chars().collect();
            chars.sort_unstable();
            chars.into_iter().collect::<String>()
        };
        let mut persons: Vec<String> = persons.iter().map(|p| sorted(p)).collect();
        persons.sort_unstable();
        let pair =
            |i: usize, j: usize, sign: char| format!(" {}{sign}{}", labels[i].min(labels[j]), labels[i].max(labels[j]));
        let mut pairs: Vec<String> = linked.potential.iter().map(|(i, j, _)| pair(*i, *j, '~')).collect();
        pairs.extend(linked.shared_number.iter().map(|(i, j)| pair(*i, *j, '=')));
        pairs.sort_unstable();
        persons.join("|") + &pairs.concat()
    };
    let found = describe(&labels, &entries);
    let (back_labels, back): (Vec<char>, Vec<Features>) =
        labels.iter().rev().copied().zip(entries.iter().rev().copied()).unzip();
    assert_eq!(found, describe(&back_labels, &back), "the order of lines shows");
    let together = cluster(&entries, &BTreeSet::new(), decided, &w);
    assert_eq!(together.persons.iter().map(Vec::len).sum::<usize>(), entries.len());
    found
}

/// Checks a table of `(story, lines, expected)`; reports all that differ at once.
fn check(cases: &[(&str, &str, &str)]) {
    let mut wrong = Vec::new();
    for (story, lines, expected) in cases {
        let found = who_is_who(lines, &Decided::default());
        if found != *expected {
            wrong.push(format!("{story}\n  expected {expected}\n  found    {found}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn one_person_written_in_many_ways() {
    check(&[
        (
            "the same number and name on all lists",
            "a pop 001200 王秀英 19530302/002 f 1953-03-02\n b hea 001200 王秀英 19530302/002 f 1953-03-02\n c dib 001200 王秀英 19530302/002 f -",
            "abc",
        ),
        (
            "a number of 15 places on one list",
            "a pop 001200 王秀英 19530302/002 f 1953-03-02\n b dib 001200 王秀英 !519901530302002 f -",
            "ab",
        ),
        (
            "blanks, full width and a remark in the cell",
            "a pop 001200 张_三 19530302/003 m 1953-03-02\n b hea 001200 张三(户主) 19530302/003 m 1953-03-02",
            "ab",
        ),
        (
            "traditional characters",
            "a pop 001200 張豔蘭 19530302/002 f 1953-03-02\n b hea 001200 张艳兰 - f 1953-03-02",
            "ab",
        ),
        (
            "a minority name with one dot, another dot and none",
            "a pop 001200 吉木·子洛 19840411/004 f 1984-04-11\n b hea 001200 吉木・子洛 - f 1984-04-11\n c dib 001200 吉木子洛 19840411/004 f -",
            "abc",
        ),
        (
            "a long name cut by a system",
            "a pop 001200 买买提·吐尔逊 19840411/003 m 1984-04-11\n b hea 001200 买买提吐 - m 1984-04-11",
            "ab",
        ),
        (
            "a character nobody can read",
            "a pop 001200 王䶮 19840411/003 m 1984-04-11\n b hea 001200 王□ 19840411/003 m 1984-04-11",
            "ab",
        ),
        (
            "one character replaced by a homophone beside the same number: a name conflict, but one person",
            "a pop 001200 曾玲英 19480525/002 f 1948-05-25\n b hea 001200 曾铃英 19480525/002 f 1948-05-25",
            "ab",
        ),
        (
            "one character wrong beside the same number",
            "a pop 001200 吴土斌 19480525/003 m 1948-05-25\n b hea 001200 吴鹏斌 19480525/003 m 1948-05-25",
            "ab",
        ),
        (
            "given name in the other order",
            "a pop 001200 陈英秀 19480525/002 f 1948-05-25\n b hea 001200 陈秀英 19480525/002 f 1948-05-25",
            "ab",
        ),
        (
            "one digit of the number wrong",
            "a pop 001200 黄兰琳 19490809/002 f 1949-08-09\n b hea 001200 黄兰琳 !519901199908090029 f 1949-08-09",
            "ab",
        ),
        (
            "two digits swapped, and the check digit says so",
            "a pop 001200 黄兰琳 19490809/002 f 1949-08-09\n b dib 001200 黄兰琳 !519901194980090029 f -",
            "ab",
        ),
        (
            "the tail lost to a spreadsheet",
            "a pop 001200 黄兰琳 19490809/002 f 1949-08-09\n b hea 001200 黄兰琳 ~519901194908090000 f 1949-08-09",
            "ab",
        ),
        (
            "no number, the same name and birth in the village",
            "a pop 001200 黄兰琳 19490809/002 f 1949-08-09\n b hea 001200 黄兰琳 - f 1949-08-09",
            "ab",
        ),
        (
            "no number, and the birth one day off",
            "a pop 001200 黄兰琳 19490809/002 f 1949-08-09\n b hea 001200 黄兰琳 - f 1949-08-10",
            "ab",
        ),
        (
            "no number, one character wrong, everything else right, and nobody else in question",
            "a pop 001200 黄兰琳 19490809/002 f 1949-08-09\n b hea 001200 黄秀琳 - f 1949-08-09",
            "ab",
        ),
        (
            "the sex wrong on one list",
            "a pop 001200 黄兰琳 19490809/002 f 1949-08-09\n b hea 001200 黄兰琳 - m 1949-08-09",
            "ab",
        ),
        (
            "dibao has neither number nor birth, but the same head and relation",
            "a pop 001200 李建国 19790809/003 m 1979-08-09 head=李大山 rel=22\n b dib 001200 李建国 - m - head=李大山 rel=22",
            "ab",
        ),
        (
            "dibao has neither number nor birth, and is the head's own line; a name rare enough",
            "a pop 001200 欧阳建国 19790809/003 m 1979-08-09 head=欧阳建国 rel=2\n b dib 001200 欧阳建国 - m - head=欧阳建国 rel=1",
            "ab",
        ),
        (
            "two wrong characters on two lists, one on the third: all one name beside one number",
            "a pop 001200 李建国 19790809/003 m 1979-08-09\n b hea 001200 李建军 19790809/003 m 1979-08-09\n c dib 001200 李大国 19790809/003 - -",
            "abc",
        ),
        (
            "moved to another village with the number",
            "a pop 001200 李建国 19790809/003 m 1979-08-09 st=out to=002201\n b pop 002201 李建国 19790809/003 m 1979-08-09 from=001200\n c hea 001200 李建国 19790809/003 m 1979-08-09",
            "abc",
        ),
        (
            "moved, the number lost on the way, but each village names the other",
            "a pop 001200 李建国 19790809/003 m 1979-08-09 st=out to=002201\n b pop 002201 李建国 - m 1979-08-09 from=001200",
            "ab",
        ),
        (
            "active in two villages with one number",
            "a hea 001200 李建国 19790809/003 m 1979-08-09\n b hea 002201 李建国 19790809/003 m 1979-08-09",
            "ab",
        ),
        (
            "entered twice on one list with one number",
            "a hea 001200 李建国 19790809/003 m 1979-08-09\n b hea 001200 李建国 19790809/003 m 1979-08-09",
            "ab",
        ),
        (
            "an infant before and after it has a number",
            "a hea 001200 李小宝 - m 2025-10-09\n b pop 001200 李小宝 20251009/003 m 2025-10-09",
            "ab",
        ),
        (
            "an infant under its mother's number with 01 behind, and the mother",
            "a pop 001200 王芳 19980809/002 f 1998-08-09\n b hea 001200 李小宝 !51990119980809002801 m 2025-10-09\n c pop 001200 李小宝 20251009/003 m 2025-10-09",
            "a|bc",
        ),
        (
            "a death reported by the police and by the crematorium, who misread a character",
            "a pop 001200 李建国 19540302/003 m 1954-03-02\n b dea 001200 李建国 19540302/003 m -\n c dea 001200 李建围 19540302/003 m -",
            "abc",
        ),
        (
            "a disabled person's card number, two places longer",
            "a pop 001200 李建国 19790809/003 m 1979-08-09\n b dib 001200 李建国 !51990119790809003043 m -",
            "ab",
        ),
        (
            "a lunar birth date written as it is said",
            "a pop 001200 黄兰琳 19490809/002 f 1949-08-09\n b hea 001200 黄兰琳 - f 1949-07-15",
            "ab",
        ),
        (
            "day and month exchanged, no number",
            "a pop 001200 黄兰琳 19490809/002 f 1949-08-09\n b hea 001200 黄兰琳 - f 1949-09-08",
            "ab",
        ),
        (
            "only month and year of birth, no number",
            "a pop 001200 黄兰琳 19490809/002 f 1949-08-09\n b hea 001200 黄兰琳 - f 1949-08",
            "ab",
        ),
        (
            "aged over a hundred, with a number of 15 places",
            "a pop 001200 黄兰琳 - f 1899-08-09\n b hea 001200 黄兰琳 !519901990809997 f 1899-08-09",
            "ab",
        ),
        (
            "two numbers in one cell",
            "a pop 001200 李建国 19790809/003 m 1979-08-09\n b hea 001200 李建国 !519901197908090030/519901198001010017 m 1979-08-09",
            "ab",
        ),
        (
            "eighteen nines stand for no number",
            "a pop 001200 李建国 !999999999999999999 m 1979-08-09\n b pop 001200 赵秀英 !999999999999999999 f 1960-07-08\n c hea 001200 李建国 19790809/003 m 1979-08-09",
            "ac|b",
        ),
        (
            "a digit of the number doubled, a character of the name wrong",
            "a pop 001200 李建国 19790809/003 m 1979-08-09\n b hea 001200 李建军 !5199011979080900030 m 1979-08-09",
            "ab",
        ),
        (
            "moved away and back again",
            "a pop 001200 李建国 19790809/003 m 1979-08-09 st=out to=002201\n b pop 002201 李建国 19790809/003 m 1979-08-09 st=out to=001200\n c pop 001200 李建国 19790809/003 m 1979-08-09 from=002201",
            "abc",
        ),
        (
            "both spouses on the family list, each with the other's name",
            "a pop 001200 李建国 19540302/003 m 1954-03-02\n b pop 001200 赵秀英 19560708/002 f 1956-07-08\n c fam 001200 李建国 - m 1954-03-02 spouse=赵秀英\n d fam 001200 赵秀英 - f 1956-07-08 spouse=李建国",
            "ac|bd",
        ),
        (
            "the birth date of the number lawfully corrected, the column the same, the wife's name the same",
            "a pop 001200 李建国 19790809/003 m 1979-08-09 spouse=王芳\n b fam 001200 李建国 19780809/003 m 1979-08-09 spouse=王芳",
            "ab",
        ),
    ]);
}

#[test]
fn a_name_that_nobody_could_write_or_that_is_none_agrees_with_the_true_one() {
    check(&[
        (
            "a character written as its sound, its parts, a star, a circle",
            "a pop 001200 王小䲜 19750709/003 m 1975-07-09\n b hea 001200 王小yu 19750709/003 m -\n \
             c dib 001200 王小（鱼鱼） 19750709/003 m -\n d fam 001200 王小○ 19750709/003 m -",
            "abcd",
        ),
        (
            "marks, a row number and a label",
            "a pop 001200 ★王大明A - m 1945-03-02\n b hea 001200 3、王大明 - m 1945-03-02",
            "ab",
        ),
        (
            "a child under its father's name, and its twin",
            "a pop 001200 许鹏柏 20251115/005 m 2025-11-15 head=许国强 rel=20\n \
             b pop 001200 许小兰 20251115/006 f 2025-11-15 head=许国强 rel=30\n \
             c hea 001200 许国强之子 20251115/005 m 2025-11-15\n d hea 001200 许国强之女 - f 2025-11-15",
            "ac|bd",
        ),
        (
            "under its father's name, and its grandfather the head: for a person to judge",
            "a pop 001200 许小兰 20251115/006 f 2025-11-15 head=许大山 rel=42\n b hea 001200 许国强之女 - f 2025-11-15",
            "a|b a~b",
        ),
        (
            "born on another day",
            "a pop 001200 许小兰 20251115/006 f 2025-11-15 head=许大山 rel=42\n b hea 001200 许国强之女 - f 2025-12-20",
            "a|b",
        ),
        (
            "two sons of one father born years apart",
            "a pop 001200 许鹏柏 20211115/005 m 2021-11-15 head=许国强 rel=20\n b hea 001200 许国强之子 - m 2025-12-20",
            "a|b",
        ),
    ]);
}

#[test]
fn a_given_name_turned_round_on_one_number_is_one_person_though_a_birth_column_is_off() {
    check(&[
        (
            "a digit of the month",
            "a pop 001200 许月莺 19911204/014 f 1991-01-04\n b hea 001200 许莺月 19911204/014 f 1991-12-04",
            "ab",
        ),
        (
            "and another sex: siblings under one number",
            "a pop 001200 许月莺 19911204/014 f 1991-01-04\n b hea 001200 许莺月 19911204/014 m 1996-12-04",
            "a|b a=b a~b",
        ),
        (
            "in another village",
            "a pop 001200 许月莺 19911204/014 f 1991-12-04\n b pop 002201 许莺月 19911204/014 f 1996-05-20",
            "a|b a=b a~b",
        ),
    ]);
}

#[test]
fn one_person_on_lines_with_little_left() {
    check(&[
        (
            "no birth column, a digit of the birth date in the number wrong, a character of the name wrong",
            "a pop 001200 欧阳建国 19790809/003 m 1979-08-09\n b dib 001200 欧阳建文 !519901199908090030 m -",
            "ab",
        ),
        (
            "a digit of the number lost in a list without a birth column, a character of the name wrong",
            "a pop 001200 欧阳建国 19790809/003 m 1979-08-09\n b dib 001200 欧阳建文 !51990119790890030 m -",
            "ab",
        ),
        (
            "one number with a slip of its own on each list, and a name that nobody can read on one: for a person to judge",
            "a pop 001200 欧阳建国 !519901199908090030 m -\n b dib 001200 欧阳建□ !519901197908690030 m -",
            "a|b a~b",
        ),
        (
            "a slip in the number of somebody who is registered in another village",
            "a pop 002201 欧阳建国 19790809/003 m 1979-08-09 from=001200\n b dib 001200 欧阳建文 !519901199908090030 m -",
            "ab",
        ),
        (
            "the head's own line, the name wrong and the head's cell right",
            "a pop 001200 欧阳建国 19790809/003 m 1979-08-09 head=欧阳建国 rel=2\n b dib 001200 欧阳建文 - m - head=欧阳建国 rel=1",
            "ab",
        ),
        (
            "the head's own line, the name not to be read and the head's cell right",
            "a pop 001200 欧阳建国 19790809/003 m 1979-08-09 head=欧阳□□ rel=2\n b dib 001200 □□□□ - m - head=欧阳建国 rel=1",
            "ab",
        ),
        (
            "a line that is called the head's, under a name that is not the head's at all",
            "a pop 001200 欧阳建国 19790809/003 m 1979-08-09 head=欧阳建国 rel=2\n b dib 001200 赵秀英 - f - head=欧阳建国 rel=1",
            "a|b",
        ),
        (
            "neither number nor birth on one list, the telephone on both",
            "a pop 001200 王伟 19540302/003 m 1954-03-02 tel=1234\n b hea 001200 王伟 - m - tel=1234",
            "ab",
        ),
        (
            "father and son with one telephone, each on one list",
            "a pop 001200 李建国 19540302/003 m 1954-03-02 tel=1234\n b hea 001200 李建军 - m 1978-08-09 tel=1234",
            "a|b",
        ),
        (
            "husband and wife with one telephone and births a day apart",
            "a pop 001200 李建国 19540302/003 m 1954-03-02 tel=1234\n b hea 001200 李建英 - f 1954-03-03 tel=1234",
            "a|b",
        ),
        (
            "a number whose tail a spreadsheet made zeros, kept as text, and a character of the name wrong",
            "a pop 001200 黄兰琳 19490809/002 f -\n b hea 001200 黄秀琳 !519901194908090000 f -",
            "ab",
        ),
        (
            "a year too early by the days of a formula that knows no leap years",
            "a pop 001200 黄兰琳 19560805/002 f 1956-08-05\n b hea 001200 黄兰琳 - f 1955-08-06",
            "ab",
        ),
        (
            "an old number with a slip in its order number, everything else right",
            "a pop 001200 黄兰琳 19490809/002 f 1949-08-09\n b fam 001200 黄兰琳 !519901490809006 f 1949-08-09",
            "ab",
        ),
        (
            "twins, one in the register, the other on a list with the old form of the number",
            "a pop 001200 张伟明 19800501/003 m 1980-05-01\n b hea 001200 张伟东 !519901800501005 m 1980-05-01",
            "a|b",
        ),
    ]);
}

#[test]
fn two_people_who_look_alike() {
    check(&[
        (
            "twins with names one character apart",
            "a pop 001200 张伟明 20100501/003 m 2010-05-01\n b pop 001200 张伟民 20100501/005 m 2010-05-01\n c hea 001200 张伟明 20100501/003 m 2010-05-01\n d hea 001200 张伟民 20100501/005 m 2010-05-01",
            "ac|bd",
        ),
        (
            "newborn twins without numbers",
            "a pop 001200 张伟明 - m 2025-05-01\n b pop 001200 张伟东 - m 2025-05-01\n c hea 001200 张伟明 - m 2025-05-01\n d hea 001200 张伟东 - m 2025-05-01",
            "ac|bd",
        ),
        (
            "twins, one number missing on one list",
            "a pop 001200 张伟明 20100501/003 m 2010-05-01\n b pop 001200 张伟东 20100501/005 m 2010-05-01\n c hea 001200 张伟明 20100501/003 m 2010-05-01\n d hea 001200 张伟东 - m 2010-05-01",
            "ac|bd",
        ),
        (
            "twins whose numbers differ in one digit, typed wrong once",
            "a pop 001200 张伟明 20100501/003 m 2010-05-01\n b pop 001200 张伟东 20100501/005 m 2010-05-01\n c hea 001200 张伟明 !519901201005010055 m 2010-05-01",
            "ac|b",
        ),
        (
            "namesakes of one birth date in one village: the line without number could be either",
            "a pop 001200 王秀英 19530302/002 f 1953-03-02\n b pop 001200 王秀英 19530302/004 f 1953-03-02\n c hea 001200 王秀英 - f 1953-03-02",
            "a|b|c a~b a~c b~c",
        ),
        (
            "namesakes of one birth date in two villages",
            "a pop 001200 王秀英 19530302/002 f 1953-03-02\n b pop 003204 王秀英 19530302/004 f 1953-03-02",
            "a|b",
        ),
        (
            "father and son of one name",
            "a pop 001200 李建国 19540302/003 m 1954-03-02\n b pop 001200 李建国 19780809/001 m 1978-08-09\n c hea 001200 李建国 19540302/003 m 1954-03-02\n d hea 001200 李建国 - m 1978-08-09",
            "ac|bd",
        ),
        (
            "father and son of one name, and a dibao line that could be either",
            "a pop 001200 王伟 19540302/003 m 1954-03-02\n b pop 001200 王伟 19780809/001 m 1978-08-09\n c dib 001200 王伟 - m -",
            "a|b|c a~c b~c",
        ),
        (
            "year-only births never link",
            "a pop 001200 王秀英 19530302/002 f 1953-03-02\n b hea 001200 王秀英 - f 1953",
            "a|b a~b",
        ),
        (
            "one number used by two people",
            "a pop 001200 李建国 19540302/003 m 1954-03-02\n b dib 001200 王秀英 19540302/003 - -",
            "a|b a=b",
        ),
        (
            "one number used by two people, and a line with the number but no name is the one whose birth the number spells",
            "a pop 001200 李建国 19540302/003 m 1954-03-02\n b pop 001200 赵秀英 19540302/003 f 1960-07-08\n c hea 001200 - 19540302/003 - -",
            "ac|b b=c",
        ),
        (
            "wife listed under her husband's number",
            "a pop 001200 李建国 19540302/003 m 1954-03-02\n b pop 001200 赵秀英 19560708/002 f 1956-07-08\n c dib 001200 赵秀英 19540302/003 f 1956-07-08",
            "a|bc a=c",
        ),
        (
            "and under her own on a third list, her name a common one",
            "a pop 001200 李建国 19540302/003 m 1954-03-02\n b pop 001200 王芳 19560708/002 f 1956-07-08\n \
             c dib 001200 王芳 19540302/003 f 1956-07-08\n d hea 001200 王芳 19560708/002 f 1956-07-08",
            "a|bcd a=c",
        ),
        (
            "on one list under either number: for a person to say",
            "a pop 001200 王芳 19560708/002 f 1956-07-08\n b pop 001200 王芳 19540302/003 f 1956-07-08",
            "a|b a~b",
        ),
        (
            "the birth is her husband's as well",
            "a pop 001200 王芳 19560708/002 f 1956-07-08\n b dib 001200 王芳 19540302/003 f 1954-03-02",
            "a|b",
        ),
        (
            "two namesakes whose numbers both fit their lines",
            "a pop 001200 欧阳建国 19560708/001 m 1956-07-08\n b dib 001200 欧阳建国 19560708/003 m 1956-07-08",
            "a|b a~b",
        ),
        (
            "a boy under his twin sister's number",
            "a pop 001200 张伟明 20100501/003 m 2010-05-01\n b pop 001200 张伟英 20100501/002 f 2010-05-01\n c hea 001200 张伟明 20100501/002 m 2010-05-01",
            "ac|b b=c",
        ),
        (
            "a son who has his father's name, in one household",
            "a pop 001200 李建国 - m 1954-03-02 head=李大山 rel=22\n b hea 001200 李建国 - m 1978-08-09 head=李大山 rel=41",
            "a|b",
        ),
        (
            "brothers with one number between them: a third line is of the one whose birth it spells",
            "a pop 001200 李建国 19540302/003 m 1954-03-02\n b pop 001200 李大成 19540302/003 m 1961-07-09\n c dib 001200 李建成 19540302/003 - -",
            "ac|b b=c",
        ),
        (
            "brothers a year apart on one list under one number",
            "a pop 001200 马鹏兴 19781103/003 m 1978-11-03\n b pop 001200 马鹏学 19781103/003 m 1979-11-03\n c hea 001200 马鹏学 19781103/003 m 1979-11-03",
            "a|bc a=b",
        ),
        (
            "brothers a year apart, neither with a number, whose names share what is rare",
            "a pop 001200 覃茂永 - m 1976-05-25\n b hea 001200 覃茂德 - m 1977-05-25",
            "a|b a~b",
        ),
        (
            "and children of two families",
            "a pop 001200 王子涵 - m 2014-03-05\n b hea 001200 李子涵 - m 2015-03-05",
            "a|b a~b",
        ),
        (
            "siblings entered under their mother's number",
            "a pop 001200 张伟明 19850302/002 m 2015-05-06\n b hea 001200 张伟东 19850302/002 m 2018-07-09\n c pop 001200 张伟东 19850302/002 m 2018-07-09",
            "a|bc a=b",
        ),
        (
            "namesakes but for one character on one list under one number that is somebody else's",
            "a dib 001200 王芳 19850302/002 f -\n b dib 001200 王丽 19850302/002 f -",
            "a|b a=b a~b",
        ),
        (
            "brothers of one birth year",
            "a pop 001200 李建国 19540302/003 m 1954-03-02\n b hea 001200 李建华 19541102/003 m 1954-11-02",
            "a|b",
        ),
        (
            "neighbours' numbers, one digit apart",
            "a pop 001200 李建国 19540302/003 m 1954-03-02\n b pop 001200 赵大山 !519901195403020037 m 1954-03-02",
            "a|b",
        ),
        (
            "different valid numbers, names and birth the same, one list of one village",
            "a pop 001200 李建国 19540302/003 m 1954-03-02\n b pop 001200 李建国 19540302/005 m 1954-03-02",
            "a|b a~b",
        ),
        (
            "the same of a name that many have",
            "a pop 001200 李军 19540302/003 m 1954-03-02\n b pop 001200 李军 19540302/005 m 1954-03-02",
            "a|b a~b",
        ),
        (
            "and on two lists",
            "a pop 001200 李军 19540302/003 m 1954-03-02\n b dib 001200 李军 19540302/005 m 1954-03-02",
            "a|b a~b",
        ),
        (
            "in two villages",
            "a pop 001200 李军 19540302/003 m 1954-03-02\n b dib 001201 李军 19540302/005 m 1954-03-02",
            "a|b",
        ),
        (
            "born on a day that a form fills in",
            "a pop 001200 李军 19540302/003 m 1954-01-01\n b dib 001200 李军 19540507/005 m 1954-01-01",
            "a|b",
        ),
        (
            "same name, same village, another birth, no number anywhere",
            "a pop 001200 李建国 - m 1954-03-02\n b hea 001200 李建国 - m 1961-11-20",
            "a|b",
        ),
        (
            "a child called by its father's name in the register",
            "a pop 001200 张三 19840302/003 m 1984-03-02\n b hea 001200 张三之子 - m 2025-10-11",
            "a|b",
        ),
        (
            "a mother and the child under her number",
            "a pop 001200 王芳 19980809/002 f 1998-08-09\n b hea 001200 李小宝 19980809/002 m 2025-10-09",
            "a|b a=b",
        ),
        (
            "two men of one rare name in two villages, both without number, years apart",
            "a pop 001200 欧阳建国 - m 1954-03-02\n b pop 003201 欧阳建国 - m 1978-08-09",
            "a|b",
        ),
        (
            "a damaged number that fits two namesakes",
            "a pop 001200 王秀英 19530302/002 f 1953-03-02\n b pop 001200 王秀英 19530302/004 f 1953-03-02\n c hea 001200 王秀英 ~519901195303020000 f 1953-03-02",
            "a|b|c a~b a~c b~c",
        ),
        (
            "a namesake of the same birth date far away, who has no number",
            "a pop 001200 王秀英 19530302/002 f 1953-03-02\n b hea 003201 王秀英 - f 1953-03-02",
            "a|b a~b",
        ),
        (
            "husband and wife of one birth date",
            "a pop 001200 李建国 19540302/003 m 1954-03-02\n b hea 001200 李建英 - f 1954-03-02\n c pop 001200 李建英 19540302/002 f 1954-03-02",
            "a|bc",
        ),
        ("two lines that say nothing", "a pop 001200 - - - -\n b hea 001200 无名氏 - - -", "a|b"),
    ]);
}

#[test]
fn a_line_that_is_nothing_but_a_common_name_may_be_any_namesake_of_the_village() {
    let pop = "a pop 001200 王芳 19540302/002 f 1954-03-02\n";
    let story = |lines: &str| format!("{pop}{lines}");
    let cases = [
        ("no number, no birth date", story("b dib 001200 王芳 - f -"), "a|b a~b"),
        ("not even a sex", story("b dib 001200 王芳 - - -"), "a|b a~b"),
        ("the year alone", story("b hea 001200 王芳 - f 1954"), "a|b a~b"),
        ("another year", story("b hea 001200 王芳 - f 1955"), "a|b"),
        ("another sex", story("b dib 001200 王芳 - m -"), "a|b"),
        ("another village", story("b dib 001201 王芳 - f -"), "a|b"),
        ("another spelling", story("b dib 001200 王方 - f -"), "a|b"),
        (
            "two namesakes",
            story("b pop 001200 王芳 19610709/004 f 1961-07-09\n c dib 001200 王芳 - f -"),
            "a|b|c a~c b~c",
        ),
        (
            "who has a line of her own there",
            story("b dib 001200 王芳 19540302/002 f -\n c dib 001200 王芳 - f -"),
            "ab|c",
        ),
        (
            // A line that could be meant by its name alone is no rival of the one that says more.
            "beside one that fits",
            story("b pop 001200 王芳 19610709/004 f 1961-07-09\n c hea 001200 王芳 - f 1961-07-09"),
            "a|bc",
        ),
    ];
    let cases: Vec<(&str, &str, &str)> =
        cases.iter().map(|(story, lines, found)| (*story, &lines[..], *found)).collect();
    check(&cases);
}

#[test]
fn a_line_without_number_and_birth_date_may_be_whose_household_it_names_though_its_name_or_sex_is_written_wrong() {
    let daughter = "a pop 001200 郝川翠 20210929/002 f 2021-09-29 head=郝帅 rel=30\n";
    let common = "a pop 001200 王英 20210929/002 f 2021-09-29 head=王军 rel=30\n";
    let head = "a pop 001200 宋春 19700101/001 m 1970-01-01 head=宋春 rel=2\n";
    let story = |first: &str, second: &str| format!("{first}{second}");
    let cases = [
        ("one character of a rare name", story(daughter, "b dib 001200 郝川根 - f - head=郝帅 rel=30"), "ab"),
        ("and the sex", story(daughter, "b dib 001200 郝川根 - m - head=郝帅 rel=30"), "a|b a~b"),
        ("one character of a common name", story(common, "b dib 001200 王秀 - f - head=王军 rel=30"), "a|b a~b"),
        ("of a common name, and the sex", story(common, "b dib 001200 王秀 - m - head=王军 rel=30"), "a|b"),
        ("another character and another head", story(daughter, "b dib 001200 郝川根 - f - head=郝强 rel=30"), "a|b"),
        ("her mother", story(daughter, "b dib 001200 郝川根 - f - head=郝帅 rel=12"), "a|b"),
        ("the head's sex", story(head, "b dib 001200 宋春 - f - head=宋春 rel=2"), "a|b a~b"),
        ("somebody of the head's name", story(head, "b dib 001200 宋春 - f - head=宋山 rel=30"), "a|b"),
        (
            "the register's line the one without number and birth date",
            "a pop 001200 潘春桂 - f - head=潘大山 rel=52\n b dib 001200 潘春荷 19480616/002 f - head=潘大山 rel=52"
                .to_owned(),
            "a|b a~b",
        ),
        (
            "and of a common name",
            "a pop 001200 王秀 - f - head=王军 rel=30\n b dib 001200 王英 20210929/002 f - head=王军 rel=30".to_owned(),
            "a|b a~b",
        ),
        (
            "two sisters on both lists",
            story(
                daughter,
                "b pop 001200 郝川根 20190929/004 f 2019-09-29 head=郝帅 rel=30\n \
                 c dib 001200 郝川翠 - f - head=郝帅 rel=30\n d dib 001200 郝川根 - f - head=郝帅 rel=30",
            ),
            "ac|bd",
        ),
    ];
    let cases: Vec<(&str, &str, &str)> = cases.iter().map(|(story, lines, who)| (*story, &lines[..], *who)).collect();
    check(&cases);
}

#[test]
fn one_number_that_is_none_makes_no_one_of_two_people() {
    let one = "a pop 001200 赵建国 !519901197001010016 m 1950-03-03\n";
    let lost = "a pop 001200 赵建国 ~519901197001010000 m 1950-03-03\n";
    let story = |first: &str, second: &str| format!("{first}{second}");
    let cases = [
        ("brothers on two lists", story(one, "b hea 001200 赵建军 !519901197001010016 m 1971-08-08"), "a|b"),
        ("on one list", story(one, "b pop 001200 赵建军 !519901197001010016 m 1971-08-08"), "a|b"),
        ("a daughter", story(one, "b hea 001200 赵建英 !519901197001010016 f 1975-08-08"), "a|b"),
        ("a number that lost its tail", story(lost, "b hea 001200 赵建军 ~519901197001010000 m 1971-08-08"), "a|b"),
        (
            "each on two lists",
            story(
                one,
                "b hea 001200 赵建国 !519901197001010016 m 1950-03-03\n \
                 c pop 001200 赵建军 !519901197001010016 m 1971-08-08\n d hea 001200 赵建军 !519901197001010016 m 1971-08-08",
            ),
            "ab|cd",
        ),
        ("one of them, the birth a slip off", story(one, "b hea 001200 赵建国 !519901197001010016 m 1951-03-03"), "ab"),
        ("and without a birth date", story(one, "b hea 001200 赵建国 !519901197001010016 m -"), "ab"),
    ];
    let cases: Vec<(&str, &str, &str)> = cases.iter().map(|(story, lines, who)| (*story, &lines[..], *who)).collect();
    check(&cases);
}

#[test]
fn a_date_inside_a_number_that_is_written_wrong_makes_no_two_people() {
    let valid = number("19460225/003").unwrap();
    let slipped = valid.reveal().replacen("1946", "1966", 1);
    let lines = format!(
        "a pop 001200 康荣 - m 1945-02-25 head=康荣 rel=2 tel=3865\n b hea 001200 康荣 19460225/003 m 1946-02-25 tel=3865\n \
         c dib 001200 康荣 !{slipped} m - head=康荣 rel=2"
    );
    check(&[("three lines, of which each next one is a slip away", &lines, "abc")]);
}

#[test]
fn who_is_on_a_list_twice_or_a_twin_is_for_a_person_to_say_where_one_line_has_no_number() {
    check(&[
        (
            "entered again without the number, one character wrong",
            "a pop 001200 廖素娜 20151211/002 f 2015-12-11\n b hea 001200 廖素娜 20151211/002 f 2015-12-11\n \
             c hea 001200 廖秋娜 - f 2015-12-11",
            "ab|c a~c",
        ),
        (
            "twins with two numbers",
            "a hea 001200 廖素娜 20151211/002 f 2015-12-11\n b hea 001200 廖秋娜 20151211/004 f 2015-12-11",
            "a|b",
        ),
    ]);
}

#[test]
fn what_people_decided_holds() {
    let lines = "a pop 001200 黄兰琳 19490809/002 f 1949-08-09\n b hea 001200 黄兰琳 - f 1949-08-09\n c dib 001200 黄兰琳 19490809/002 f 1949-08-09";
    let uid = |label: char| Uid(u64::from(u32::from(label)));
    assert_eq!(who_is_who(lines, &Decided::default()), "abc");
    let mut decided = Decided::default();
    decided.part(uid('a'), uid('b'));
    // Also through the third line.
    assert_eq!(who_is_who(lines, &decided), "ac|b");
    decided.join(uid('a'), uid('b'));
    assert_eq!(who_is_who(lines, &decided), "abc");
    // The word parts those it was said of, and tears no other line from either.
    let mut rejected = Decided::default();
    rejected.part(uid('a'), uid('c'));
    let all = "a pop 001200 黄兰琳 19490809/002 f 1949-08-09\n b hea 001200 黄兰琳 19490809/002 f 1949-08-09\n c dib 001200 黄兰琳 19490809/002 f 1949-08-09";
    assert_eq!(who_is_who(all, &rejected), "ab|c a=c");
    let strangers = "a pop 001200 黄兰琳 19490809/002 f 1949-08-09\n b hea 003201 李建国 - m 1961-11-20";
    assert_eq!(who_is_who(strangers, &Decided::default()), "a|b");
    assert_eq!(who_is_who(strangers, &decided), "ab");
}

#[test]
fn a_review_says_why_it_is_asked_for() {
    for (lines, expected) in [
        (
            "a pop 001200 王秀英 19530302/002 f 1953-03-02\n b pop 001200 王秀英 19530302/004 f 1953-03-02",
            vec![Doubt::TwoNumbers],
        ),
        (
            "a pop 001200 王秀英 - f 1953-03-02\n b pop 001200 王秀英 - f 1953-04-20\n c hea 001200 王秀英 - f 1953-03-20",
            vec![Doubt::BetweenThresholds, Doubt::Rival, Doubt::Rival],
        ),
        (
            "a pop 001200 李军 19530302/003 m 1953-03-02\n b hea 001200 李军 19530302/005 m 1953-03-02",
            vec![Doubt::TwoNumbers],
        ),
        ("a pop 001200 覃茂永 - m 1976-05-25\n b hea 001200 覃茂德 - m 1977-05-25", vec![Doubt::BetweenThresholds]),
        ("a pop 001200 王伟 - m 1954-03-02\n b pop 001200 王伟 - m 1954-03-02", vec![Doubt::TwiceListed]),
        ("a pop 001200 欧阳建国 - m 1954-03-02\n b hea 001200 欧阳建国 - m -", vec![Doubt::NameAlone]),
        ("a pop 001200 王芳 19540302/002 f 1954-03-02\n b dib 001200 王芳 - f -", vec![Doubt::NameAlone]),
        (
            "a pop 001200 李建国 19540302/003 m 1954-03-02\n b hea 001200 赵大山 19540302/003 m 1954-03-02",
            vec![Doubt::SharedNumber],
        ),
        (
            "a pop 001200 王芳 19540302/002 f 1954-03-02\n b hea 003201 王芳 - f 1954-03-02",
            vec![Doubt::BetweenThresholds],
        ),
    ] {
        let entries: Vec<Features> = lines.lines().map(|text| line(text).1).collect();
        let found = cluster(&entries, &BTreeSet::new(), &Decided::default(), &Weights::default());
        assert_eq!(found.doubts, expected, "{lines} {:?}", found.potential);
        assert_eq!(found.doubts.len(), found.potential.len());
    }
}
