//! How linking grows: a county of any size, made up, with the true person of each line known.
//!
//! `cargo bench --bench linkage_growth [LINES…]`; without sizes 10,000 to 1,000,000 lines. The noise is of another kind than in the samples: sequences of three real digits, names as common as in the country, twins, siblings,
//! households, no birth column on dibao.

mod dice;

use std::collections::HashSet;
use std::time::Instant;

use dice::Dice;
use rosterd::domain::{Area, IdNumber, List, PartialDate, Record, Sex, Uid};
use rosterd::linkage::eval::pairwise;
use rosterd::linkage::{Decided, Features, Weights, features, link_all};

/// One of `chars`, the first ones much more often.
fn common(dice: &mut Dice, chars: &[char]) -> char {
    let at = dice.share();
    chars[((at * at) * chars.len() as f64) as usize % chars.len()]
}

const SURNAMES: &str = "王李张刘陈杨黄赵吴周徐孙马朱胡郭何林高罗郑梁谢宋唐许邓韩冯曹彭曾肖田董潘袁蔡蒋余于杜叶程魏苏吕丁任卢姚沈钟姜崔谭陆范汪廖石金韦贾夏付方邹熊白孟秦邱侯江尹薛闫段雷龙黎史陶贺毛郝顾龚邵万覃武钱戴严莫孔向常";
const GIVEN: &str = "英华文玉秀明兰国春红志建金丽桂军平芳海荣小珍云林梅伟生晓永杰艳燕霞强辉德成凤东福立忠新光天庆勇宝清波龙祥贵宏学兴家雪玲美娟淑莲萍敏涛超斌鹏飞峰磊亮刚俊正世长全才元洪山水丹静琴香翠爱洁莉琼菊阳子佳思雨欣宇浩涵轩嘉怡梓一";

struct Person {
    name: String,
    number: String,
    sex: Sex,
    birth: PartialDate,
    village: Area,
    head: String,
    relation: u8,
}

fn number(birth: PartialDate, sequence: usize) -> String {
    let body = format!("519901{}{sequence:03}", birth.to_string().replace('-', ""));
    let weights = [7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2];
    let sum: u32 = body.bytes().zip(weights).map(|(b, w)| u32::from(b - b'0') * w).sum();
    format!("{body}{}", char::from(b"10X98765432"[sum as usize % 11]))
}

/// Villages of some 2,000 people in households of one to five; one birth in ninety is of twins.
fn people(dice: &mut Dice, count: usize) -> Vec<Person> {
    let surnames: Vec<char> = SURNAMES.chars().collect();
    let given: Vec<char> = GIVEN.chars().collect();
    let mut given_out = HashSet::new();
    let mut out: Vec<Person> = Vec::with_capacity(count);
    while out.len() < count {
        let (surname, generation) = (common(dice, &surnames), common(dice, &given));
        let n = out.len() / 2000;
        let village = format!("519901{:03}{:03}", 200 + n / 20, 200 + n % 20).parse().unwrap();
        let mut head = String::new();
        for member in 0..1 + dice.below(5) {
            let twin = member > 2 && dice.chance(1.0 / 45.0);
            let birth = match out.last() {
                Some(last) if twin => last.birth,
                _ => PartialDate::day(1930 + dice.below(96) as i16, 1 + dice.below(12) as i8, 1 + dice.below(28) as i8)
                    .unwrap(),
            };
            let mut sequence = dice.below(1000);
            while !given_out.insert((birth, sequence)) {
                sequence = dice.below(1000);
            }
            let child = member > 1;
            let mut name = String::from(if child || member == 0 { surname } else { common(dice, &surnames) });
            if child && dice.chance(0.5) {
                name.push(generation);
            } else if dice.chance(0.7) {
                name.push(common(dice, &given));
            }
            name.push(common(dice, &given));
            if member == 0 {
                head.clone_from(&name);
            }
            out.push(Person {
                number: number(birth, sequence),
                sex: if sequence % 2 == 1 { Sex::Male } else { Sex::Female },
                name,
                birth,
                village,
                head: head.clone(),
                relation: [2, 10, 20, 30, 40][member],
            });
        }
    }
    out
}

/// What a clerk with the given share of mistakes in each field writes.
fn write(dice: &mut Dice, person: &Person, list: List, noise: f64) -> Record {
    let given: Vec<char> = GIVEN.chars().collect();
    let mut name: Vec<char> = person.name.chars().collect();
    if dice.chance(noise) {
        let at = 1 + dice.below(name.len() - 1);
        match dice.below(4) {
            0 => name[at] = '□',
            1 if name.len() > 2 => name.swap(1, 2),
            _ => name[at] = given[dice.below(given.len())],
        }
    }
    let mut digits = person.number.clone().into_bytes();
    let mut id = None;
    if dice.chance(noise) {
        let at = dice.below(17);
        match dice.below(6) {
            0 => digits.clear(),
            1 => digits[at] = b'0' + dice.below(10) as u8,
            2 if at < 16 => digits.swap(at, at + 1),
            3 if &digits[6..8] == b"19" => digits = [&digits[..6], &digits[8..17]].concat(),
            4 => id = IdNumber::damaged(&format!("{}000", &person.number[..15])),
            _ => drop(digits.remove(at)),
        }
    }
    let (year, month, day) = person.birth.parts();
    let mut birth = Some(person.birth);
    if dice.chance(noise) {
        birth = match dice.below(4) {
            0 => PartialDate::day(year + 1, month, day),
            1 => PartialDate::day(year, month % 12 + 1, day),
            2 => PartialDate::month(year, month),
            _ => PartialDate::day(year, month, day % 28 + 1),
        };
    }
    let wrong_sex = dice.chance(noise / 2.0);
    let keeps_household = matches!(list, List::Population | List::Dibao);
    Record {
        name: name.into_iter().collect(),
        id_number: id.or_else(|| IdNumber::parse(std::str::from_utf8(&digits).unwrap())),
        sex: Some(if wrong_sex != (person.sex == Sex::Male) { Sex::Male } else { Sex::Female }),
        birth: birth.filter(|_| list != List::Dibao),
        head: keeps_household.then(|| person.head.as_str().into()),
        relation: keeps_household.then_some(person.relation),
        ..Record::default()
    }
}

fn county(lines: usize, noise: f64) -> (Vec<Features>, Vec<u32>) {
    let mut dice = Dice::new(lines as u64);
    let people = people(&mut dice, lines * 100 / 194);
    let (mut entries, mut truth) = (Vec::with_capacity(lines), Vec::with_capacity(lines));
    for (n, person) in people.iter().enumerate() {
        let lists = [(List::Population, 1.0), (List::Health, 0.88), (List::Dibao, 0.04), (List::Family, 0.015)];
        for (list, share) in lists {
            if dice.chance(share) {
                let away = dice.chance(0.005);
                let village = if away { people[dice.below(people.len())].village } else { person.village };
                let record = write(&mut dice, person, list, noise);
                entries.push(features(Uid(entries.len() as u64), village, list, &record));
                truth.push(n as u32);
            }
        }
    }
    (entries, truth)
}

/// The most memory this process has held so far, in MB; 0 where the system does not tell.
fn peak_mb() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    line.and_then(|line| line.split_whitespace().next()?.parse::<u64>().ok()).unwrap_or(0) / 1024
}

fn main() {
    let asked: Vec<usize> = std::env::args().filter_map(|arg| arg.parse().ok()).collect();
    let sizes = if asked.is_empty() { vec![10_000, 44_000, 100_000, 300_000, 1_000_000] } else { asked };
    println!(
        "{:>9} {:>6} {:>9} {:>8} {:>10} {:>9} {:>9} {:>8} {:>8} {:>8}",
        "lines", "noise", "seconds", "us/line", "precision", "recall", "F1", "review", "largest", "peak MB"
    );
    for lines in sizes {
        for noise in [0.01, 0.05] {
            let (entries, truth) = county(lines, noise);
            let began = Instant::now();
            let linked = link_all(&entries, &Decided::default(), &Weights::default());
            let seconds = began.elapsed().as_secs_f64();
            let score = pairwise(&truth, &linked.person);
            println!(
                "{:>9} {noise:>6} {seconds:>9.3} {:>8.2} {:>10.5} {:>9.5} {:>9.5} {:>8} {:>8} {:>8}",
                entries.len(),
                seconds * 1e6 / entries.len() as f64,
                score.precision,
                score.recall,
                score.f1,
                linked.potential.len(),
                linked.component_entries_max,
                peak_mb()
            );
        }
    }
}
