//! Made-up residents: names, and numbers of the county that was never assigned.

use super::dice::Dice;

/// The first six digits of every number made here. Never assigned (samples/README.md), so nobody has one.
pub const COUNTY: &str = "519901";

/// Days since 1900-01-01.
pub type Day = i32;

impl Dice {
    /// A number from `first` to `last`, both included.
    pub fn between(&mut self, first: i32, last: i32) -> i32 {
        first + self.below((last - first + 1) as usize) as i32
    }
}

/// The commonest surnames stand first and are drawn more often, as in life.
const SURNAMES: &[&str] = &[
    "王", "李", "张", "刘", "陈", "杨", "黄", "赵", "吴", "周", "徐", "孙", "马", "朱", "胡", "郭", "何", "林", "高",
    "罗", "郑", "梁", "谢", "宋", "唐", "许", "邓", "冯", "韩", "曹", "曾", "彭", "萧", "蔡", "潘", "田", "董", "袁",
    "于", "余", "叶", "蒋", "杜", "苏", "魏", "程", "吕", "丁", "任", "沈", "姚", "卢", "钟", "姜", "崔", "谭", "廖",
    "范", "汪", "石", "单", "仇", "欧阳", "阿依", "吉木",
];
const GIVEN_MALE: &str =
    "伟强军杰涛明超刚平辉鹏华飞鑫波斌宇浩凯健俊帆帅旭宁龙林阳建国庆志文武德福贵金水木土火山海江河松柏友仁义礼信";
const GIVEN_FEMALE: &str =
    "芳娜敏静秀丽艳娟霞燕玲桂英华慧巧美兰凤洁梅琳素云莲真环雪荣爱妹香月莺媛瑞凡佳嘉琼珍贞莉春菊婷玉翠雅芝萍红娥";

#[derive(Debug, Clone)]
pub struct Person {
    surname: u8,
    /// Indices into the given-name characters of the sex; `u8::MAX` where the given name has one character.
    given: [u8; 2],
    pub female: bool,
    pub born: Day,
    /// Places 15 to 17 of the number.
    sequence: u16,
    pub household: u32,
    pub relation: Relation,
    phone: u32,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Relation {
    Head,
    Spouse,
    Child,
    Parent,
}

impl Relation {
    pub fn word(self, female: bool) -> &'static str {
        match (self, female) {
            (Relation::Head, _) => "户主",
            (Relation::Spouse, true) => "妻",
            (Relation::Spouse, false) => "夫",
            (Relation::Child, true) => "女",
            (Relation::Child, false) => "子",
            (Relation::Parent, true) => "母亲",
            (Relation::Parent, false) => "父亲",
        }
    }
}

/// Hands out numbers: places 15 to 17 count up by birth day, odd for men and even for women.
#[derive(Default)]
pub struct Registry {
    given_out: std::collections::HashMap<(Day, bool), u16>,
}

impl Registry {
    /// A new resident. A child has its head's surname; whoever marries or moves in brings their own.
    pub fn person(
        &mut self,
        dice: &mut Dice,
        born: Day,
        female: bool,
        household: u32,
        relation: Relation,
        head: Option<&Person>,
    ) -> Person {
        let surname = match (relation, head) {
            (Relation::Child | Relation::Parent, Some(head)) => head.surname,
            // Squaring the die favours the front of the list.
            _ => (dice.below(SURNAMES.len()) * dice.below(SURNAMES.len()) / SURNAMES.len()) as u8,
        };
        let letters = letters(female);
        let second = if dice.chance(0.3) { u8::MAX } else { dice.below(letters) as u8 };
        let given = [dice.below(letters) as u8, second];
        let count = self.given_out.entry((born, female)).or_default();
        *count += 1;
        let sequence = *count * 2 - u16::from(!female);
        let phone = (dice.roll() % 100_000_000) as u32;
        Person { surname, given, female, born, sequence, household, relation, phone }
    }
}

fn letters(female: bool) -> usize {
    (if female { GIVEN_FEMALE } else { GIVEN_MALE }).chars().count()
}

impl Person {
    pub fn name(&self) -> String {
        let letters = if self.female { GIVEN_FEMALE } else { GIVEN_MALE };
        let given = self.given.iter().filter(|at| **at != u8::MAX);
        let given = given.map(|at| letters.chars().nth(usize::from(*at)).expect("drawn below the number of letters"));
        SURNAMES[usize::from(self.surname)].chars().chain(given).collect()
    }

    pub fn sex(&self) -> &'static str {
        if self.female { "女" } else { "男" }
    }

    /// The 18 characters, with a right check digit (DOMAIN.md 3.1).
    pub fn number(&self) -> String {
        const WEIGHTS: [u32; 17] = [7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2];
        let (year, month, day) = civil(self.born);
        let mut number = format!("{COUNTY}{year:04}{month:02}{day:02}{:03}", self.sequence % 1_000);
        let sum: u32 = number.bytes().zip(WEIGHTS).map(|(b, w)| u32::from(b - b'0') * w).sum();
        number.push(char::from(b"10X98765432"[(sum % 11) as usize]));
        number
    }

    pub fn phone(&self) -> String {
        format!("1{}{:08}", ["38", "50", "71", "88"][(self.phone % 4) as usize], self.phone)
    }
}

/// Year, month and day of a day number; Howard Hinnant's days-from-civil turned round.
pub fn civil(day: Day) -> (i32, i32, i32) {
    // 1900-01-01 is day 693,901 of the era that starts on 0000-03-01.
    let z = day + 693_901;
    let era = z.div_euclid(146_097);
    let doe = z.rem_euclid(146_097);
    let yoe = (doe - doe / 1_460 + doe / 36_524 - doe / 146_096) / 365;
    let doy = doe - (365 * yoe + yoe / 4 - yoe / 100);
    let mp = (5 * doy + 2) / 153;
    let month = if mp < 10 { mp + 3 } else { mp - 9 };
    (yoe + era * 400 + i32::from(month <= 2), month, doy - (153 * mp + 2) / 5 + 1)
}

/// The day number of a date.
pub fn day(year: i32, month: i32, day: i32) -> Day {
    let y = year - i32::from(month <= 2);
    let (era, yoe) = (y.div_euclid(400), y.rem_euclid(400));
    let doy = (153 * (if month > 2 { month - 3 } else { month + 9 }) + 2) / 5 + day - 1;
    era * 146_097 + yoe * 365 + yoe / 4 - yoe / 100 + doy - 693_901
}

/// `YYYY-MM-DD`; empty for day 0, which stands for 'not said'.
pub fn iso(date: Day) -> String {
    if date == 0 {
        return String::new();
    }
    let (year, month, day) = civil(date);
    format!("{year:04}-{month:02}-{day:02}")
}
