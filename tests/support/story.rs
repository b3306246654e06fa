//! Hard cases told as short stories: lines of lists month by month, and what rosterd must make of them.
//!
//! The stories themselves are the text files of `tests/stories`, written to be read by people of a township office.
//! How to write one stands at the top of `tests/stories/README.md`.

use std::collections::{BTreeMap, BTreeSet};

use rosterd::domain::{Area, Date, FindingStatus, Uid};
use rosterd::rules::days_since;
use rosterd::store::{DecisionKind, pair_subject};

use super::office::Office;

/// Names of places in the stories. The county is 县.
const PLACES: [(&str, &str); 6] = [
    ("甲村", "519901001201"),
    ("乙村", "519901001202"),
    ("丙村", "519901002201"),
    ("东乡", "519901001"),
    ("西乡", "519901002"),
    ("县", "519901"),
];

/// Lists with their file, and the columns of their lines in order.
const LISTS: [(&str, &str, &str); 6] = [
    ("人口", "population", "户号 姓名 与户主关系 公民身份号码 人口状态 变动时间 迁入迁出地"),
    ("健康", "health", "姓名 身份证号码 建档日期 最近随访日期 档案状态"),
    ("低保", "dibao", "保障对象姓名 身份证号码 保障类别 审批日期 最近复核日期 保障状态"),
    ("扶助", "family", "姓名 身份证号码 扶助类别 在册状态"),
    ("死亡", "deaths", "姓名 身份证号码 死亡日期 户籍地行政区划代码"),
    ("流动", "migrants", "姓名 身份证号码 流动类型 流动日期 流动地"),
];

pub struct Story {
    pub title: String,
    /// The node that is told all this.
    area: &'static str,
    steps: Vec<Step>,
}

enum Step {
    Day(Date),
    Table {
        path: String,
        text: String,
        append: bool,
    },
    /// The file is not saved any more.
    Silent(String),
    /// A person decides something.
    Act(Vec<String>),
    Expect(Expected),
}

#[derive(Default)]
struct Expected {
    persons: Option<Vec<String>>,
    events: Option<Vec<String>>,
    findings: Vec<String>,
    held: Vec<String>,
    potential: Option<Vec<String>>,
}

fn place_code(name: &str) -> Option<&'static str> {
    PLACES.iter().find(|(place, _)| *place == name).map(|(_, code)| *code)
}

fn place_name(area: Option<Area>) -> String {
    let code = area.map(|a| a.to_string());
    let known = PLACES.iter().find(|(_, c)| code.as_deref() == Some(*c)).map(|(name, _)| (*name).to_owned());
    known.or(code).unwrap_or_else(|| "-".to_owned())
}

/// `19450302/001` is the number of the county's person born that day, with its check digit; with `!` behind it the check
/// digit is wrong; `450302/001` is the old number of 15 digits. Everything else stays as written.
pub fn number(cell: &str) -> String {
    let (core, wrong) = cell.strip_suffix('!').map_or((cell, 0), |core| (core, 1));
    let Some((birth, sequence)) = core.split_once('/') else { return cell.to_owned() };
    let digits = |text: &str| text.bytes().all(|b| b.is_ascii_digit());
    if !digits(birth) || !digits(sequence) || sequence.len() != 3 {
        return cell.to_owned();
    }
    let body = format!("519901{birth}{sequence}");
    if birth.len() == 6 {
        return body;
    }
    let weights = [7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2];
    let sum: usize = body.bytes().zip(weights).map(|(b, w)| usize::from(b - b'0') * w).sum();
    body + &"10X98765432"[(sum + wrong) % 11..][..1]
}

fn cell(raw: &str) -> String {
    let text = if raw == "-" { String::new() } else { number(raw) };
    let text = place_code(&text).map(str::to_owned).unwrap_or(text).replace('_', " ");
    if text.contains(',') { format!("\"{text}\"") } else { text }
}

/// The table of a list from its story lines; `column=value` adds a column.
fn table(columns: &str, lines: &[&str]) -> String {
    let mut head: Vec<&str> = columns.split(' ').collect();
    for extra in lines.iter().flat_map(|line| line.split_whitespace()).filter_map(|field| field.split_once('=')) {
        if !head.contains(&extra.0) {
            head.push(extra.0);
        }
    }
    let mut text = format!("序号,{}\n", head.join(","));
    for (i, line) in lines.iter().enumerate() {
        let mut cells = vec![String::new(); head.len()];
        let (named, plain): (Vec<&str>, Vec<&str>) = line.split_whitespace().partition(|field| field.contains('='));
        if let ["合计", stated] = plain[..] {
            text.push_str(&format!("合计,{stated}{}\n", ",".repeat(head.len() - 1)));
            continue;
        }
        for (slot, field) in cells.iter_mut().zip(plain) {
            *slot = cell(field);
        }
        for (column, value) in named.iter().filter_map(|field| field.split_once('=')) {
            let at = head.iter().position(|h| *h == column).expect("the column was added above");
            cells[at] = cell(value);
        }
        text.push_str(&format!("{},{}\n", i + 1, cells.join(",")));
    }
    text
}

/// `甲村低保` is the file of that list in that village's folder.
fn file(title: &str) -> Option<(String, &'static str)> {
    let (list, name, columns) = LISTS.iter().find(|(list, ..)| title.ends_with(list))?;
    let code = place_code(title.strip_suffix(list)?)?;
    Some((format!("{code}/{name}.csv"), columns))
}

/// The stories of one file: each begins with `# ` and its title.
pub fn stories(text: &str) -> Vec<Story> {
    text.split("\n# ").skip(1).map(story).collect()
}

fn story(text: &str) -> Story {
    let mut lines = text.lines().map(str::trim_end).filter(|line| !line.trim().is_empty()).peekable();
    let title = lines.next().expect("a story has a title").to_owned();
    let mut story = Story { title, area: "519901", steps: Vec::new() };
    while let Some(line) = lines.next() {
        let words: Vec<&str> = line.split_whitespace().collect();
        let mut body = Vec::new();
        while let Some(next) = lines.peek().filter(|next| next.starts_with(' ')) {
            body.push(next.trim());
            lines.next();
        }
        let step = match words[..] {
            ["//", ..] => continue,
            ["在", place] => {
                story.area = place_code(place).expect("a place of the stories");
                continue;
            }
            [day] if day.parse::<Date>().is_ok() => Step::Day(day.parse().expect("just parsed")),
            ["不再报", title] => Step::Silent(file(title).expect("a file of the stories").0),
            ["=>"] => Step::Expect(expected(&body)),
            ["!", ..] => Step::Act(words[1..].iter().map(|word| (*word).to_owned()).collect()),
            [title] | [title, "追加"] => {
                let (path, columns) =
                    file(title).unwrap_or_else(|| panic!("{}: no list is called {title}", story.title));
                Step::Table { path, text: table(columns, &body), append: words.len() > 1 }
            }
            _ => panic!("{}: {line}", story.title),
        };
        story.steps.push(step);
    }
    story
}

fn expected(body: &[&str]) -> Expected {
    let mut out = Expected::default();
    for line in body {
        let (mark, rest) = line.split_once(' ').unwrap_or((line, ""));
        let none = rest == "无";
        match mark {
            "人" => out.persons = Some(rest.split_whitespace().map(str::to_owned).collect()),
            "事" => out.events.get_or_insert_default().extend((!none).then(|| rest.to_owned())),
            "疑" => out.findings.extend((!none).then(|| rest.to_owned())),
            "似" => out.potential.get_or_insert_default().extend((!none).then(|| rest.to_owned())),
            "扣" => out.held.push(rest.to_owned()),
            _ => panic!("what is {line}?"),
        }
    }
    out
}

/// Runs a story; `reverse` reads the files of each day the other way round. Says what differs, or nothing.
pub fn run(story: &Story, reverse: bool) -> Vec<String> {
    let mut telling = Telling { office: None, pending: Vec::new(), silent: BTreeSet::new(), ids: BTreeMap::new() };
    let mut faults = Vec::new();
    let mut day = None;
    for step in &story.steps {
        match step {
            Step::Day(date) => {
                telling.end_of_day(reverse);
                day = Some(*date);
                let office = telling.office.get_or_insert_with(|| Office::found(story.area, *date));
                office.today = *date;
            }
            Step::Table { path, text, append } => telling.pending.push((path.clone(), text.clone(), *append)),
            Step::Silent(path) => {
                telling.silent.insert(path.clone());
            }
            Step::Act(words) => {
                telling.end_of_day(reverse);
                telling.act(words);
            }
            Step::Expect(expected) => {
                telling.end_of_day(reverse);
                let found = telling.compare(expected);
                faults.extend(found.into_iter().map(|f| format!("{}: {f}", day.expect("a story begins with a day"))));
            }
        }
    }
    faults
}

struct Telling {
    office: Option<Office>,
    pending: Vec<(String, String, bool)>,
    silent: BTreeSet<String>,
    /// The id each finding had when it was first seen: it keeps it while it comes and goes.
    ids: BTreeMap<String, String>,
}

impl Telling {
    fn office(&mut self) -> &mut Office {
        self.office.as_mut().expect("a story begins with a day")
    }

    /// All files of the day are read and everything is worked off; reading them again must change nothing.
    fn end_of_day(&mut self, reverse: bool) {
        let mut pending = std::mem::take(&mut self.pending);
        let Some(office) = &mut self.office else { return };
        if reverse {
            pending.reverse();
        }
        let any = !pending.is_empty();
        for (path, text, append) in pending {
            office.read(&path, &text, append);
        }
        office.saved_again(&self.silent);
        office.settle();
        if any && office.view(|view| view.held(false)).is_empty() && self.silent.is_empty() {
            office.assert_settled();
        }
    }

    fn act(&mut self, words: &[String]) {
        let words: Vec<&str> = words.iter().map(String::as_str).collect();
        let office = self.office.as_mut().expect("a story begins with a day");
        match words[..] {
            ["放行"] => {
                office.release();
            }
            [verdict @ ("confirm" | "dismiss" | "reopen"), rule] => {
                let found: Vec<_> = office.findings().into_iter().filter(|f| f.rule == rule).collect();
                let [finding] = &found[..] else { panic!("{} findings of {rule}", found.len()) };
                office.decide(DecisionKind::Finding, finding.id.to_string(), verdict);
            }
            [verdict @ ("同一人" | "不是同一人"), one, other] => {
                let uid = |at: &str| -> Uid {
                    let all = office.entries();
                    let mut named = all.iter().filter(|s| s.entry.removed.is_none()).filter(|s| {
                        let list = LISTS.iter().find(|l| l.1 == s.entry.list.as_str()).expect("a list").0;
                        at == format!("{}{list}{}", place_name(Some(s.entry.area)), s.entry.record.name)
                    });
                    named.next().unwrap_or_else(|| panic!("no line {at}")).entry.uid
                };
                let subject = pair_subject(uid(one), uid(other));
                office.decide(DecisionKind::Match, subject, if verdict == "同一人" { "confirm" } else { "reject" });
            }
            _ => panic!("nobody knows how to {words:?}"),
        }
        office.settle();
    }

    fn compare(&mut self, expected: &Expected) -> Vec<String> {
        let mut faults = Vec::new();
        if let Some(persons) = &expected.persons {
            differ("persons", persons.clone(), self.persons(), &mut faults);
        }
        if let Some(events) = &expected.events {
            differ("events", events.clone(), self.events(), &mut faults);
        }
        if let Some(potential) = &expected.potential {
            differ("potential matches", potential.clone(), self.potential(), &mut faults);
        }
        let held = self.office().view(|view| view.held(false));
        let held = held.iter().map(|h| format!("{} {} 少{}", place_name(Some(h.area)), h.list.as_str(), h.removes));
        differ("held", expected.held.clone(), held.collect(), &mut faults);
        self.compare_findings(&expected.findings, &mut faults);
        faults
    }

    fn compare_findings(&mut self, expected: &[String], faults: &mut Vec<String>) {
        let (mut bases, mut full) = (Vec::new(), Vec::new());
        for finding in self.office().findings() {
            let name = match finding.evidence.first() {
                Some(uid) => self.office().entry(*uid).entry.record.name.into(),
                None => "-".to_owned(),
            };
            let list = finding.list.map_or("-", |list| LISTS.iter().find(|l| l.1 == list.as_str()).expect("a list").0);
            let status = match finding.status {
                FindingStatus::Open => String::new(),
                status => format!("({}) ", status.as_str()),
            };
            let base = format!("{} {} {} {list} {name}", finding.rule, finding.severity, place_name(finding.area));
            let place = format!("{base} {}", finding.evidence.iter().min().map_or(0, |uid| uid.0));
            let id = finding.id.to_string();
            let first = self.ids.entry(place).or_insert_with(|| id.clone());
            if *first != id {
                faults.push(format!("{base} was {first} and is {id}"));
            }
            let base = format!("{status}{base}");
            let mut said: Vec<String> =
                finding.detail.iter().map(|(k, v)| format!("{k}={v}").replace('"', "")).collect();
            said.extend(finding.due.map(|due| format!("due={due}")));
            let days = days_since(&finding.rule, &finding.detail, self.office().today);
            said.extend(days.map(|days| format!("days={days}")));
            full.push((base.clone(), said));
            bases.push(base);
        }
        let base_of = |line: &String| -> String {
            line.split_whitespace().filter(|word| !word.contains('=')).collect::<Vec<_>>().join(" ")
        };
        differ("findings", expected.iter().map(base_of).collect(), bases, faults);
        for line in expected.iter().filter(|line| line.contains('=')) {
            let wanted: Vec<&str> = line.split_whitespace().filter(|word| word.contains('=')).collect();
            let alike: Vec<_> = full.iter().filter(|(base, _)| *base == base_of(line)).collect();
            let said = |said: &Vec<String>| wanted.iter().all(|w| said.iter().any(|s| s == w));
            if !alike.is_empty() && !alike.iter().any(|(_, details)| said(details)) {
                faults.push(format!("{line} says {:?}", alike[0].1));
            }
        }
    }

    /// `name×lines` for each person with a line that stands.
    fn persons(&mut self) -> Vec<String> {
        let mut persons: BTreeMap<Uid, (BTreeSet<String>, usize)> = BTreeMap::new();
        for stored in self.office().entries().into_iter().filter(|s| s.entry.removed.is_none()) {
            let person = persons.entry(stored.person).or_default();
            person.0.insert(stored.entry.record.name.into());
            person.1 += 1;
        }
        let shown = persons.into_values().map(|(names, lines)| {
            format!("{}×{lines}", names.into_iter().collect::<Vec<_>>().join("/").replace(' ', "_"))
        });
        shown.collect()
    }

    /// `kind name date from→to confidence`.
    fn events(&mut self) -> Vec<String> {
        let events = self.office().view(|view| view.events(None, None));
        let mut out = Vec::new();
        for (_, _, event) in events {
            let name = self.office().entry(event.evidence[0]).entry.record.name;
            let date = event.date.map_or("-".to_owned(), |d| d.to_string());
            let (from, to) = (place_name(event.from), place_name(event.to));
            out.push(format!("{} {name} {date} {from}→{to} {}", event.kind.as_str(), event.confidence.as_str()));
        }
        out
    }

    fn potential(&mut self) -> Vec<String> {
        let pairs = self.office().view(|view| view.matches());
        let name = |office: &Office, uid| office.entry(uid).entry.record.name;
        let office = self.office();
        let shown = pairs.iter().map(|pair| {
            let mut names = [name(office, pair.a), name(office, pair.b)];
            names.sort_unstable();
            names.join("~")
        });
        shown.collect()
    }
}

fn differ(what: &str, mut expected: Vec<String>, mut found: Vec<String>, faults: &mut Vec<String>) {
    expected.sort_unstable();
    found.sort_unstable();
    if expected != found {
        let only = |a: &[String], b: &[String]| -> Vec<String> {
            let mut rest = b.to_vec();
            let mut only = Vec::new();
            for line in a {
                match rest.iter().position(|r| r == line) {
                    Some(at) => {
                        rest.swap_remove(at);
                    }
                    None => only.push(line.clone()),
                }
            }
            only
        };
        faults.push(format!(
            "{what}\n      missing {:#?}\n      unexpected {:#?}",
            only(&expected, &found),
            only(&found, &expected)
        ));
    }
}
