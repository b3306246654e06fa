use std::collections::{BTreeMap, BTreeSet};

use serde_json::json;

use super::*;
use crate::linkage::Field;
use crate::rules::RULES;

/// Keys of a catalogue with the values their sentences take.
fn keys(source: &str) -> BTreeMap<String, BTreeSet<String>> {
    let mut keys = BTreeMap::<String, BTreeSet<String>>::new();
    let mut at = String::new();
    for line in source.lines().filter(|line| !line.starts_with('#')) {
        if let Some((key, _)) = line.split_once(" =").filter(|_| !line.starts_with(' ')) {
            at = key.to_owned();
            assert!(keys.insert(at.clone(), BTreeSet::new()).is_none(), "{at} is there twice");
        }
        for rest in line.split('$').skip(1) {
            let name = rest.split(|c: char| !(c.is_ascii_lowercase() || c == '_')).next().unwrap_or("");
            keys.entry(at.clone()).or_default().insert(name.to_owned());
        }
    }
    keys
}

#[test]
fn both_languages_say_the_same_things_with_the_same_values() {
    let (chinese, english) = (keys(CHINESE), keys(ENGLISH));
    assert!(chinese.len() > 200);
    for (key, values) in &chinese {
        assert_eq!(english.get(key), Some(values), "{key}");
    }
    assert_eq!(chinese.keys().collect::<Vec<_>>(), english.keys().collect::<Vec<_>>());
}

#[test]
fn both_catalogues_parse_whole() {
    for source in [CHINESE, ENGLISH, CHINESE_ERRORS] {
        if let Err((_, errors)) = FluentResource::try_new(source.to_owned()) {
            panic!("{errors:?}");
        }
    }
}

#[test]
fn every_rule_has_a_title_and_a_sentence_and_every_noted_severity_its_note() {
    for language in Language::ALL {
        let text = Text::new(language);
        for rule in RULES {
            assert!(text.knows(&format!("rule-{}", rule.id)), "{}", rule.id);
            assert!(text.knows(&format!("finding-{}", rule.id)), "{}", rule.id);
            assert!(text.knows(&format!("rule-{}-says", rule.id)), "{}", rule.id);
            assert_eq!(text.knows(&format!("rule-{}-note", rule.id)), !rule.severity_note.is_empty(), "{}", rule.id);
            for list in [None, Some(List::Dibao)] {
                let said = text.finding(rule.id, list, "", rule.severity, &Map::new());
                assert!(!said.contains(['{', '$', '\n']) && !said.contains("none"), "{}: {said}", rule.id);
            }
        }
    }
}

#[test]
fn every_comparison_is_said_in_words() {
    for language in Language::ALL {
        let text = Text::new(language);
        for field in Field::ALL {
            assert!(text.knows(&format!("compared-{}", field.as_str())), "{field:?}");
            for level in field.levels() {
                assert!(text.knows(&format!("likeness-{level}")), "{field:?} {level}");
            }
        }
    }
    assert_eq!(Text::new(Language::Chinese).compared("name: one-character"), "姓名：一字不同");
    assert_eq!(Text::new(Language::English).compared("of: tomorrow"), "of: tomorrow");
}

fn said(language: Language, rule: &str, list: List, detail: Value) -> String {
    let Value::Object(detail) = detail else { panic!("a detail is an object") };
    Text::new(language).finding(rule, Some(list), "200村", Severity::High, &detail)
}

#[test]
fn a_clerk_reads_one_plain_sentence() {
    use Language::{Chinese, English};
    let died = json!({"died": "2026-02-03", "sources": ["population", "deaths"], "confidence": "confirmed"});
    assert_eq!(
        said(Chinese, "deceased-still-active", List::Dibao, died.clone()),
        "200村的低保名册上仍为在册，但人口底册、死亡名册记载此人已于2026年2月3日去世，请核实，核实前不要停发待遇。"
    );
    assert_eq!(
        said(English, "deceased-still-active", List::Dibao, died),
        "Active on the dibao list of 200村, but by the population register, death list the person died on \
         3 February 2026; please check before anything is stopped."
    );
    assert_eq!(
        said(
            Chinese,
            "moved-still-active",
            List::Health,
            json!({"ground": "out", "moved_out": "2026-03", "to": "outside", "overdue": true})
        ),
        "200村的健康档案上仍为在册，但200村人口底册记载此人已于2026年3月迁出，去向县外，请核实现居住地；\
         属实的办理转接，转接前不要停发待遇、停止服务。"
    );
    let elsewhere = json!({"ground": "elsewhere", "moved_in": "2026-03", "to": "519901001201", "sign": "2026-04-02"});
    assert_eq!(
        said(Chinese, "moved-still-active", List::Health, elsewhere.clone()),
        "200村的健康档案上仍为在册，但此人的人口底册登记在519901001201（2026年3月迁入），此后这里在2026年4月2日仍有记录，\
         请核实由何处服务、发放；需要转接的办理转接，转接前不要停发待遇、停止服务。"
    );
    assert_eq!(
        said(English, "moved-still-active", List::Health, elsewhere),
        "Active on the health records of 200村, but the population register that has the person is that of 519901001201 \
         (moved in in March 2026); the list here was written to on 2 April 2026, after that. Please settle who serves and \
         pays; where the file is to be handed over, hand it over, and stop nothing before that is done."
    );
    assert_eq!(
        said(
            Chinese,
            "transfer-unpaired",
            List::Population,
            json!({"direction": "out", "date": "2026-01-05", "other": "519901001201", "other_name": "201村", "days": 40})
        ),
        "此人已于2026年1月5日从200村迁出，但201村的人口底册上没有此人的在册记录，已过40天，请两地核对。"
    );
    assert_eq!(
        said(English, "id-invalid", List::Health, json!({"number": "519901**********30", "fault": "check-digit"})),
        "The identity number 519901**********30 on the health records of 200村 is wrong (the check digit is wrong); \
         please correct it from the document."
    );
    assert_eq!(
        said(Chinese, "id-damaged", List::Population, json!({"whole_column": true, "count": 800})),
        "200村的人口底册整列身份证号丢失尾数（800行），请把该列设为文本格式后重新导出。"
    );
    assert_eq!(
        said(
            Chinese,
            "total-differs",
            List::Dibao,
            json!({"stated": 41, "counted": 40, "file": "低保.xls", "row": 44})
        ),
        "200村的低保名册合计写为41，实际40行（低保.xls第44行），请核对。"
    );
    assert!(
        said(
            Chinese,
            "total-differs",
            List::Dibao,
            json!({"stated": 41, "counted": 40, "file": "低保.xls", "sheet": "200村", "row": 44})
        )
        .contains("（低保.xls工作表“200村”第44行）")
    );
    assert_eq!(
        said(Chinese, "id-damaged", List::Health, json!({"number": "*********"})),
        "200村的健康档案上身份证号在表格中丢失尾数，请按证件重新录入（单元格设为文本）。"
    );
    for (event, told) in [("left", "户主已迁出"), ("gone", "户主已不在册"), ("died", "户主已故")] {
        assert_eq!(
            said(Chinese, "household-without-head", List::Population, json!({"event": event})),
            format!("200村的一户，{told}，请核实并登记新户主。")
        );
    }
    let review = |day: &str| said(English, "dibao-review-overdue", List::Dibao, json!({"reviewed": day}));
    assert!(review("2024-01").starts_with("Dibao: last review in January 2024; "), "{}", review("2024-01"));
    assert!(review("2024-01-05").starts_with("Dibao: last review on 5 January 2024; "));
}

#[test]
fn who_says_what_stands_beside_it() {
    use Language::{Chinese, English};
    let by = |by: &[&str], value: &str| json!({"by": by, "value": value});
    let sexes = json!({"sexes": ["m", "f"], "said": [by(&["population"], "m"), by(&["health", "number"], "f")]});
    assert_eq!(
        said(Chinese, "sex-conflict", List::Health, sexes.clone()),
        "同一人的性别记载不一致（人口底册：男；健康档案、身份证号：女），请对照证件更正。"
    );
    assert_eq!(
        said(English, "sex-conflict", List::Health, sexes),
        "The sex of one person differs (population register: male; health records, identity number: female); please \
         correct from the document."
    );
    assert_eq!(
        said(Chinese, "sex-conflict", List::Health, json!({"sexes": ["m", "f"]})),
        "同一人的性别记载不一致（男、女），请对照证件更正。",
        "told by an office of before"
    );
    let dates = [by(&["population 519901001200"], "1949-12-31"), by(&["population 519901001201"], "1949-11")];
    assert_eq!(
        said(Chinese, "birth-conflict", List::Health, json!({"dates": ["1949-12-31", "1949-11"], "said": dates})),
        "同一人的出生日期记载不一致（519901001200的人口底册：1949年12月31日；519901001201的人口底册：1949年11月），\
         请对照证件更正。"
    );
    assert_eq!(
        said(Chinese, "name-conflict", List::Health, json!({"names": ["f"], "said": [by(&["deaths"], "f")]})),
        "同一人在几份名册上的姓名不同（死亡名册：f），请对照证件统一。",
        "a name is no sex"
    );
    let late = json!({"kind": "birth", "date": "2026-01-02", "listed": "2026-03-17", "days": 74, "days_max": 60});
    assert_eq!(
        said(Chinese, "late-report", List::Population, late),
        "2026年1月2日的出生到2026年3月17日才登记，距发生已74天（应在60天内），请核对日期，今后按期登记。"
    );
    let numbers = [by(&["number health"], "f"), by(&["population", "number population"], "m")];
    assert_eq!(
        said(Chinese, "sex-conflict", List::Health, json!({"sexes": ["f", "m"], "said": numbers})),
        "同一人的性别记载不一致（健康档案的身份证号：女；人口底册、人口底册的身份证号：男），请对照证件更正。"
    );
    let people = [by(&["population 519901001200"], "王*大"), by(&["health 519901001201"], "王*民")];
    assert_eq!(
        said(Chinese, "shared-id", List::Health, json!({"number": "5199**", "names": ["王**"], "said": people})),
        "同一身份证号5199**被不同的人使用（519901001200的人口底册：王*大；519901001201的健康档案：王*民），请核实各人证件。"
    );
    let died = json!({"died": "2026-01-09", "sources": ["population"], "by": ["population 519901001201"]});
    assert_eq!(
        said(Chinese, "deceased-still-active", List::Population, died),
        "200村的人口底册上仍为在册，但519901001201的人口底册记载此人已于2026年1月9日去世，请核实。"
    );
    let both = json!({"died": "2026-02-05", "sources": ["health"], "by": ["health 519901001201"], "sign": "2026-04-05",
                      "sign_list": "health"});
    assert!(said(Chinese, "alive-after-death", List::Health, both).starts_with(
        "519901001201的健康档案记载此人已于2026年2月5日去世，但200村的健康档案在2026年4月5日仍有在世记录，"
    ));
    let dates = [by(&["deaths"], "2026-03-05"), by(&["health"], "2026-01-02")];
    assert_eq!(
        said(Chinese, "death-dates-differ", List::Health, json!({"dates": ["2026-03-05"], "said": dates, "days": 62})),
        "几份名册记载的死亡日期不一致（死亡名册：2026年3月5日；健康档案：2026年1月2日），相差62天，请核对证明。"
    );
    let alive = json!({"died": "2022-10-09", "sources": ["deaths"], "sign": "2023-05-15", "sign_list": "health"});
    assert!(
        said(Chinese, "alive-after-death", List::Health, alive)
            .starts_with("死亡名册记载此人已于2022年10月9日去世，但健康档案在2023年5月15日仍有在世记录，")
    );
}

/// DOMAIN.md 7: neutral wording; what a household went through is never said.
#[test]
fn the_support_of_a_special_family_is_named_without_its_reason() {
    for language in Language::ALL {
        let said = said(language, "special-support-uncovered", List::Family, json!({"missing": ["contact", "green"]}));
        for word in ["死", "亡", "失独", "丧", "残", "特", "death", "died", "lost", "disab", "bereave", "special"]
        {
            assert!(!said.to_lowercase().contains(word), "{said}");
        }
    }
    assert!(!keys(CHINESE).is_empty() && !CHINESE.contains("失独"));
}

#[test]
fn a_clerk_reads_the_list_that_a_problem_is_of_in_the_words_of_the_office() {
    let text = Text::new(Language::Chinese);
    assert!(text.problem("area-missing", "population 519901001201").ends_with("（人口底册 519901001201）"));
    assert!(text.problem("whose-death", "dibao ×2").ends_with("（低保名册 ×2）"));
    let other = text.problem("other-roster", "called by the name of another office's roster");
    assert_eq!(other, text.say("problem-other-roster"), "it says so already");
    assert!(text.problem("unknown-state", "家族 ×2").ends_with("（家族 ×2）"));
}

#[test]
fn a_code_nobody_knows_is_said_as_it_is() {
    let text = Text::new(Language::English);
    assert_eq!(text.problem("made-of-stone", "granite"), "not taken (made-of-stone: granite)");
    assert_eq!(text.say("no-such-key"), "no-such-key");
    assert_eq!(text.date("sometime"), "sometime");
    assert!(text.finding("rule-of-tomorrow", None, "", Severity::Low, &Map::new()).contains("does not fit"));
}

/// What a Chinese sentence holds of Latin letters: what is typed as it stands, names of programs, files and formats, units.
const TYPED: &[&str] = &[
    // Verbs of this program, and its own name.
    "rosterd",
    "backup",
    "decide",
    "doctor",
    "held",
    "import",
    "import-batch",
    "init",
    "invite",
    "join",
    "link",
    "match",
    "quarantine",
    "rekey",
    "rematch",
    "restore",
    "resume",
    "resync",
    "revoke",
    "run",
    "setup",
    "status",
    "trust",
    "verify",
    // What stands behind them.
    "release",
    "reject",
    "confirm",
    "y",
    "n",
    "area",
    "config",
    "dry-run",
    "help",
    "list",
    "nightly",
    "old-key",
    "reason",
    "reveal",
    // Settings and columns.
    "addr",
    "advertise",
    "append",
    "birth",
    "database_secs_max",
    "file",
    "folder",
    "idn",
    "key_file",
    "kind",
    "listen",
    "mode",
    "name",
    "query",
    "retry_secs_min",
    "sex",
    "source",
    "sqlite",
    "store",
    "table",
    "uid",
    "unique_id",
    // The system's.
    "chmod",
    "cron",
    "enable",
    "features",
    "journalctl",
    "list-timers",
    "now",
    "rosterd-backup",
    "rosterd-backup.timer",
    "sqlcipher",
    "start",
    "stop",
    "sudo",
    "systemctl",
    "systemd",
    "timedatectl",
    "u",
    "fs.inotify.max_user_watches",
    // Files, formats, units, and what has no other name.
    "At",
    "rest",
    "README.md",
    "rosterd.db",
    "rosterd.toml",
    "etc",
    "rosterd.toml.sample",
    "https",
    "csv",
    "xlsx",
    "x",
    "BMP",
    "Ctrl-C",
    "F",
    "GIF",
    "JPEG",
    "JSON",
    "KiB",
    "MB",
    "MiB",
    "PDF",
    "PNG",
    "Parquet",
    "RAR",
    "RTF",
    "SELECT",
    "TLS",
    "TiB",
    "XML",
    "gzip",
    "UTF-",
];

#[test]
fn a_chinese_sentence_holds_no_english_but_what_is_typed_or_has_no_other_name() {
    for source in [CHINESE, CHINESE_ERRORS] {
        for line in source.lines().filter(|line| !line.starts_with('#')) {
            let said = match line.split_once('=') {
                Some((_, said)) if !line.starts_with(' ') => said,
                _ => line.split_once("] ").map_or(line, |(_, said)| said),
            };
            // What varies, and what chooses among its cases.
            let outside = |said: &str| {
                let parts = said.split('{').map(|part| part.split_once('}').map_or(part, |(_, outside)| outside));
                parts.collect::<Vec<_>>().join(" ")
            };
            let said = if said.trim_end().ends_with("->") {
                outside(said.rsplit_once('{').unwrap_or_default().0)
            } else {
                outside(said)
            };
            for word in said.split(|c: char| !(c.is_ascii_alphabetic() || "-_.".contains(c))) {
                let word = word.trim_matches(|c: char| !c.is_ascii_alphabetic() && c != '-').trim_start_matches('-');
                let word = if word.starts_with("UTF") { "UTF-" } else { word };
                assert!(word.is_empty() || TYPED.contains(&word), "'{word}' in: {line}");
            }
        }
    }
}

/// Words that code asks for and the catalogue has not would be printed as their keys; words that nobody asks for are
/// translated for nothing.
#[test]
fn the_catalogue_holds_what_the_code_says_and_nothing_else() {
    let mut code = String::new();
    let mut folders = vec![std::path::PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/src"))];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()) {
            match entry.extension().is_some_and(|ext| ext == "rs") {
                true => code += &std::fs::read_to_string(entry).unwrap(),
                false if entry.is_dir() => folders.push(entry),
                false => {}
            }
        }
    }
    let known = keys(CHINESE);
    for group in ["say-", "demo-", "setup-"] {
        for rest in code.split(&format!("\"{group}")).skip(1) {
            let Some(key) = rest.split('"').next().filter(|key| !key.is_empty() && !key.contains(['{', ' '])) else {
                continue;
            };
            assert!(known.contains_key(&format!("{group}{key}")), "{group}{key} is not in the catalogue");
        }
    }
    let unsaid = known.keys().filter(|key| {
        let (group, word) = key.split_once('-').unwrap_or((key, ""));
        let asked = code.contains(&format!("\"{key}\""));
        let composed = match group {
            // Keys made of a code: the code's word stands somewhere, or comes over the wire.
            "label" => code.contains(&format!("\"{word}\"")),
            "rule" | "finding" | "list" | "severity" | "level" | "entry" | "event" | "confidence" | "missing"
            | "sex" | "by" | "place" | "id" | "problem" | "state" | "progress" | "check" | "log" | "hint" | "alarm"
            | "setup" | "status" | "disposition" | "look" | "match" | "compared" | "likeness" => true,
            _ => false,
        };
        !asked && !composed
    });
    assert_eq!(unsaid.collect::<Vec<_>>(), Vec::<&String>::new(), "nobody says these");
}

#[test]
fn a_name_from_a_file_cannot_steer_the_terminal() {
    assert_eq!(printable("王\u{1b}[2J芳\u{202e}\t吉木·子洛"), "王\u{fffd}[2J芳\u{fffd}\u{fffd}吉木·子洛");
}
