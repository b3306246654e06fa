//! Who is who, decided by people at a village, a township and the county, real daemons all: every office that has both
//! lines honours it, wherever it was decided.

mod support;

use std::collections::BTreeMap;
use std::fs;

use support::node::Node;
use support::story::number;

const BINARY: &str = env!("CARGO_BIN_EXE_rosterd");
const TODAY: &str = "2026-01-31";
const SETTLE_SECS_MAX: u64 = 120;

const COUNTY: &str = "519901";
const TOWN: &str = "519901001";
const HERE: &str = "519901001201";
const NEXT: &str = "519901001202";
/// From the county down.
const OFFICES: [&str; 4] = [COUNTY, TOWN, HERE, NEXT];

struct Offices {
    nodes: BTreeMap<&'static str, Node>,
    _root: tempfile::TempDir,
}

impl Offices {
    fn found() -> Offices {
        let root = tempfile::tempdir().expect("a temporary folder");
        let mut nodes = BTreeMap::new();
        for area in OFFICES {
            let mut node = Node::init(BINARY, root.path(), area, area);
            node.start(Some(TODAY));
            nodes.insert(area, node);
        }
        nodes.values_mut().for_each(Node::wait_ready);
        for (child, parent) in [(TOWN, COUNTY), (HERE, TOWN), (NEXT, TOWN)] {
            nodes[child].join(&nodes[parent]);
        }
        Offices { nodes, _root: root }
    }

    fn save(&self, office: &str, file: &str, text: &str) {
        fs::write(self.nodes[office].inbox().join(file), text).expect("our own folder");
    }

    /// Up to the county, and back down.
    fn settle(&self) {
        for digits in [12, 9, 6, 9, 12] {
            self.nodes.values().filter(|n| n.area.len() == digits).for_each(|n| n.settle(SETTLE_SECS_MAX));
        }
    }

    /// The uid of the line of `name` on a list of a village, as the county knows it.
    fn line(&self, name: &str, village: &str, list: &str) -> String {
        let people = self.nodes[COUNTY].json(&["people", name]);
        let mut entries = people.iter().flat_map(|person| person["entries"].as_array().expect("entries"));
        let found = entries.find(|entry| entry["area"] == village && entry["list"] == list);
        let found = found.unwrap_or_else(|| panic!("the county knows no line of {name} on {list} of {village}"));
        found["uid"].as_str().expect("a uid").to_owned()
    }

    /// At which of the offices that have both lines they are one person.
    fn joined_at(&self, one: &str, other: &str, offices: &[&'static str]) -> Vec<&'static str> {
        let is_joined = |office: &&&'static str| {
            let person = self.nodes[**office].json(&["people", one]);
            let [person] = &person[..] else { panic!("{office}: one person has this line") };
            person["entries"].as_array().expect("entries").iter().any(|entry| entry["uid"] == other)
        };
        offices.iter().filter(is_joined).copied().collect()
    }

    fn judge(&self, office: &str, one: &str, other: &str, verdict: &str) {
        let out = self.nodes[office].call(&["match", &format!("{one}-{other}"), verdict]);
        assert!(out.status.success(), "{office}: {}", String::from_utf8_lossy(&out.stderr));
        self.settle();
    }
}

fn population(people: &[(&str, &str)]) -> String {
    let head = "户号,姓名,公民身份号码,人口状态,变动时间,迁入迁出地\n".to_owned();
    people
        .iter()
        .enumerate()
        .fold(head, |text, (i, (name, id))| format!("{text}{},{name},{},在册,,\n", i + 1, number(id)))
}

fn health(people: &[(&str, &str)]) -> String {
    let head = "姓名,身份证号码,建档日期,最近随访日期,档案状态\n".to_owned();
    people.iter().fold(head, |text, (name, id)| format!("{text}{name},{},2015-04-01,,正常\n", number(id)))
}

fn dibao(people: &[(&str, &str)]) -> String {
    let head = "保障对象姓名,身份证号码,保障类别,审批日期,最近复核日期,保障状态\n".to_owned();
    people.iter().fold(head, |text, (name, id)| format!("{text}{name},{},A,2019-05-01,2026-01-10,在保\n", number(id)))
}

#[test]
fn what_is_decided_at_one_level_is_so_at_all() {
    let wang = ("王大明", "19500302/001");
    let li = ("李秀英", "19450817/002");
    let (zhou, zhao) = (("周子轩", "19630902/001"), ("赵德海", "19550709/009"));
    let offices = Offices::found();
    offices.save(HERE, "population.csv", &population(&[wang, li, zhou]));
    offices.save(HERE, "health.csv", &health(&[wang, li, zhao]));
    offices.save(NEXT, "population.csv", &population(&[("钱多多", "19710101/001")]));
    offices.save(NEXT, "health.csv", &health(&[zhou]));
    offices.settle();

    let above = &[COUNTY, TOWN][..];
    let all = &[COUNTY, TOWN, HERE][..];
    let registered = |name: &str| offices.line(name, HERE, "population");
    let served = |name: &str| offices.line(name, HERE, "health");

    // Upwards: the village parts what one number joins.
    let (one, other) = (registered(wang.0), served(wang.0));
    assert_eq!(offices.joined_at(&one, &other, all), all);
    offices.judge(HERE, &one, &other, "reject");
    assert_eq!(offices.joined_at(&one, &other, all), [""; 0]);
    // A third line that would join them again joins neither office's two people, at any level.
    offices.save(HERE, "dibao.csv", &dibao(&[wang]));
    offices.settle();
    assert_eq!(offices.joined_at(&one, &other, all), [""; 0], "a third line joins them");

    // Both ways: the township joins what nothing joins.
    let (one, other) = (registered(zhou.0), served(zhao.0));
    assert_eq!(offices.joined_at(&one, &other, all), [""; 0]);
    offices.judge(TOWN, &one, &other, "confirm");
    assert_eq!(offices.joined_at(&one, &other, all), all);

    // Downwards: the county parts, the village says otherwise later, and the later word counts everywhere.
    let (one, other) = (registered(li.0), served(li.0));
    offices.judge(COUNTY, &one, &other, "reject");
    assert_eq!(offices.joined_at(&one, &other, all), [""; 0]);
    offices.judge(HERE, &one, &other, "confirm");
    assert_eq!(offices.joined_at(&one, &other, all), all);

    // Of two villages: no village has both lines, the township has and hears of it.
    let (one, other) = (registered(zhou.0), offices.line(zhou.0, NEXT, "health"));
    assert_eq!(offices.joined_at(&one, &other, above), above);
    offices.judge(COUNTY, &one, &other, "reject");
    assert_eq!(offices.joined_at(&one, &other, above), [""; 0]);
    offices.judge(TOWN, &one, &other, "confirm");
    assert_eq!(offices.joined_at(&one, &other, above), above);

    // Who asks for a comparison while the village pauses is told so, and need not wait until somebody resumes.
    let village = &offices.nodes[HERE];
    assert!(village.call(&["pause"]).status.success());
    for verb in ["verify", "resync"] {
        let said = village.call(&[verb]);
        assert_eq!(said.status.code(), Some(3), "{verb}: {}", String::from_utf8_lossy(&said.stderr));
        assert!(String::from_utf8_lossy(&said.stderr).contains("连接已暂停"), "{verb}");
    }
    assert!(village.call(&["resume"]).status.success());
    assert!(village.call(&["verify"]).status.success());
}

#[test]
fn what_is_decided_of_a_finding_elsewhere_is_a_line_in_the_log_of_every_office_that_has_it() {
    let offices = Offices::found();
    offices.save(HERE, "population.csv", &population(&[("王大明", "19500302/001")]));
    offices.save(HERE, "dibao.csv", &dibao(&[("赵德海", "19550709/009")]));
    offices.settle();
    let missing = |office: &str| offices.nodes[office].json(&["findings", "--rule", "no-population-record"]);
    let id = missing(HERE)[0]["id"].as_str().expect("an id").to_owned();
    let decide = |office: &str, verdict: &str| {
        let out = offices.nodes[office].call(&["decide", &id, verdict, "--note", "已核实"]);
        assert!(out.status.success(), "{}", String::from_utf8_lossy(&out.stderr));
        offices.settle();
    };
    let log = |office: &str| {
        let folder = fs::read_dir(offices.nodes[office].dir.join("data/log")).expect("the log's folder");
        let files = folder.map(|entry| entry.expect("a file").path());
        let lines = files.filter(|path| path.extension().is_some_and(|ending| ending == "jsonl"));
        lines.map(|path| fs::read_to_string(path).expect("our own log")).collect::<String>()
    };
    let told = |office: &str, by: &str| {
        let line = |line: &&str| {
            line.contains(&id) && line.contains("\"decided\"") && line.contains(&format!("\"by\":\"{by}\""))
        };
        log(office).lines().filter(line).count()
    };
    decide(COUNTY, "confirm");
    decide(HERE, "dismiss");
    for office in [COUNTY, TOWN, HERE] {
        assert_eq!((told(office, COUNTY), told(office, HERE)), (1, 1), "{office}: {}", log(office));
    }
}

#[test]
fn who_may_be_somebody_on_a_register_is_missing_nowhere_until_a_clerk_above_says_no() {
    let offices = Offices::found();
    offices.save(HERE, "population.csv", &population(&[("无关人", "19400101/201")]));
    // The number of somebody else in the next village.
    offices.save(HERE, "health.csv", &health(&[("陈玉兰", "19500302/001")]));
    let missing = |office: &str, all: &[&str]| {
        let verb = ["findings", "--rule", "no-population-record"];
        offices.nodes[office].json(&[&verb[..], all].concat())
    };
    offices.settle();
    assert_eq!([COUNTY, TOWN, HERE].map(|office| missing(office, &[]).len()), [1; 3]);
    offices.save(NEXT, "population.csv", &population(&[("王大明", "19500302/001")]));
    offices.settle();
    assert_eq!([COUNTY, TOWN, HERE].map(|office| missing(office, &[]).len()), [0; 3]);
    let withdrawn = missing(HERE, &["--all"]).remove(0)["withdrawn"].take();
    assert_eq!((&withdrawn["by"], &withdrawn["perhaps"]), (&TOWN.into(), &true.into()), "{withdrawn}");
    assert!(withdrawn["text"].as_str().is_some_and(|text| text.contains("可能就是此人")), "{withdrawn}");
    let (one, other) = (offices.line("陈玉兰", HERE, "health"), offices.line("王大明", NEXT, "population"));
    offices.judge(COUNTY, &one, &other, "reject");
    assert_eq!([COUNTY, TOWN, HERE].map(|office| missing(office, &[]).len()), [1; 3]);
}
