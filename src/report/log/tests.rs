use super::*;
use crate::settings::Language;

fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

fn open(folder: &Path, epoch: &str) -> MismatchLog {
    MismatchLog::open(folder, epoch, 6, Text::new(Language::Chinese)).unwrap()
}

fn line(seq: u64, change: Change) -> LogLine {
    let finding = json!({
        "id": "f000000000a", "rule": "deceased-still-active", "severity": "high", "status": "confirmed",
        "list": "dibao", "text": "200村的低保名册上仍为在册，请核实。", "due": "2026-03-19",
        "entries": [{"name": "王**", "list": "dibao", "source": {"file": "低保.xls", "sheet": null, "row": 12}}],
    });
    let decided = change == Change::Decided;
    LogLine {
        seq,
        at: at("2026-03-05T06:02:00Z"),
        subject: Subject::Finding {
            change,
            finding,
            by: decided.then(|| "wang".into()),
            note: decided.then(|| "已核，证件519901198001010019".into()),
        },
    }
}

fn on(when: &str, seq: u64, change: Change) -> LogLine {
    LogLine { at: at(when), ..line(seq, change) }
}

/// The last `count` JSON lines of the log in `folder`, the newest last.
fn tail(folder: &Path, count: usize) -> Result<Vec<Value>> {
    let mut lines = Vec::new();
    for (_, path) in months(folder, "jsonl")?.into_iter().rev() {
        let text = std::fs::read_to_string(&path).or_say_at("reading the mismatch log", &path)?;
        let rest = count - lines.len();
        // A last line still being written does not parse, and is not there yet.
        lines.extend(text.lines().rev().filter_map(|line| serde_json::from_str(line).ok()).take(rest));
        if lines.len() == count {
            break;
        }
    }
    lines.reverse();
    Ok(lines)
}

fn read(folder: &Path, name: &str) -> String {
    std::fs::read_to_string(folder.join(name)).unwrap()
}

#[test]
fn a_change_is_one_line_for_programs_and_one_for_people() {
    let folder = tempfile::tempdir().unwrap();
    let mut log = open(folder.path(), "e1");
    log.append(&[line(1, Change::Opened), line(2, Change::Decided)]).unwrap();
    let human = read(folder.path(), "mismatch-2026-03.txt");
    assert_eq!(
        human.lines().next().unwrap(),
        "2026-03-05 14:02 新发现 [高] 已故人员仍在册：200村的低保名册上仍为在册，请核实。（王**，低保名册 低保.xls:12）\
         （应于2026年3月19日前办结） f000000000a #e1:1"
    );
    assert!(human.contains("已处理 [高] 已故人员仍在册 → 已属实") && human.contains("[wang]"));
    let machine = tail(folder.path(), 9).unwrap();
    assert_eq!(machine.len(), 2);
    assert_eq!((&machine[0]["change"], &machine[0]["seq"]), (&json!("opened"), &json!(1)));
    assert_eq!(machine[1]["finding"]["rule"], "deceased-still-active");
}

#[test]
fn no_number_is_whole_even_where_a_clerk_typed_one_into_a_note() {
    let folder = tempfile::tempdir().unwrap();
    open(folder.path(), "e1").append(&[line(1, Change::Decided)]).unwrap();
    for name in ["mismatch-2026-03.txt", "mismatch-2026-03.jsonl"] {
        let text = read(folder.path(), name);
        assert!(text.contains("519901**********19") && !text.contains("19800101"), "{text}");
    }
}

#[test]
fn a_month_has_its_own_files_by_the_offices_calendar() {
    let folder = tempfile::tempdir().unwrap();
    let mut log = open(folder.path(), "e1");
    let both = [on("2026-03-31T15:59:00Z", 1, Change::Opened), on("2026-03-31T16:00:00Z", 2, Change::Closed)];
    log.append(&both).unwrap();
    assert_eq!(read(folder.path(), "mismatch-2026-03.txt").lines().count(), 1);
    assert_eq!(read(folder.path(), "mismatch-2026-04.txt").lines().count(), 1);
    assert_eq!(tail(folder.path(), 1).unwrap()[0]["seq"], 2);
    log.append(&[on("2027-01-01T00:00:00Z", 3, Change::Opened)]).unwrap();
    assert!(!folder.path().join("mismatch-2026-03.txt").exists(), "kept for six months");
}

#[test]
fn after_a_power_failure_nothing_is_doubled_and_nothing_lost() {
    let folder = tempfile::tempdir().unwrap();
    let all: Vec<LogLine> = (1..=5).map(|seq| line(seq, Change::Changed)).collect();
    open(folder.path(), "e1").append(&all).unwrap();
    let whole = (read(folder.path(), "mismatch-2026-03.jsonl"), read(folder.path(), "mismatch-2026-03.txt"));
    // Cut both files at every tenth byte, as a failing disk may leave them.
    for cut in (0..whole.0.len()).step_by(10) {
        std::fs::write(folder.path().join("mismatch-2026-03.jsonl"), &whole.0.as_bytes()[..cut]).unwrap();
        let text = cut.min(whole.1.len());
        std::fs::write(folder.path().join("mismatch-2026-03.txt"), &whole.1.as_bytes()[..text]).unwrap();
        let mut log = open(folder.path(), "e1");
        let rest: Vec<LogLine> = all.iter().filter(|line| line.seq > log.written_to()).cloned().collect();
        log.append(&rest).unwrap();
        let now = (read(folder.path(), "mismatch-2026-03.jsonl"), read(folder.path(), "mismatch-2026-03.txt"));
        assert!(now == whole, "cut at {cut}");
    }
}

#[test]
fn what_did_not_reach_the_disk_is_not_doubled_when_it_is_written_again() {
    let folder = tempfile::tempdir().unwrap();
    let mut log = open(folder.path(), "e1");
    log.append(&[line(1, Change::Opened)]).unwrap();
    let next = [line(2, Change::Changed), line(3, Change::Closed)];
    log.machine.sync = |_| Err(std::io::Error::from_raw_os_error(libc::EIO));
    assert!(log.append(&next).is_err() && log.append(&next).is_err());
    log.machine.sync = File::sync_data;
    log.append(&next).unwrap();
    let numbers: Vec<u64> = tail(folder.path(), 9).unwrap().iter().filter_map(|row| row["seq"].as_u64()).collect();
    assert_eq!(numbers, [1, 2, 3]);
    assert_eq!(read(folder.path(), "mismatch-2026-03.txt").lines().count(), 3);
}

#[test]
fn a_restored_store_starts_its_numbers_anew() {
    let folder = tempfile::tempdir().unwrap();
    open(folder.path(), "e1").append(&[line(9, Change::Opened)]).unwrap();
    assert_eq!(open(folder.path(), "e1").written_to(), 9);
    let mut log = open(folder.path(), "e2");
    assert_eq!(log.written_to(), 0);
    log.append(&[line(1, Change::Opened)]).unwrap();
    assert_eq!(tail(folder.path(), 9).unwrap().len(), 2);
}

#[test]
fn an_alarm_is_said_when_it_comes_and_when_it_goes() {
    let folder = tempfile::tempdir().unwrap();
    let alarm = |seq, ended| {
        let params = json!({"area": "第1乡", "office": "第1乡", "days": 3}).as_object().cloned().unwrap();
        let subject = Subject::Alarm { code: "child-silent".to_owned(), params, ended };
        LogLine { seq, at: at("2026-03-05T06:02:00Z"), subject }
    };
    open(folder.path(), "e1").append(&[alarm(1, false), alarm(2, true)]).unwrap();
    let text = read(folder.path(), "mismatch-2026-03.txt");
    let hint = Text::new(Language::Chinese).say("alarm-child-silent-hint");
    assert!(
        text.contains(&format!("! 第1乡 已有 3 天没有联系（{hint}） #e1:1")) && text.contains("（已恢复） #e1:2"),
        "{text}"
    );
}

#[test]
fn a_clock_that_is_off_by_decades_is_told_in_years() {
    let folder = tempfile::tempdir().unwrap();
    let params = json!({"area": "519901", "secs": -1_783_008_581}).as_object().cloned().unwrap();
    let subject = Subject::Alarm { code: "clock-skew".to_owned(), params, ended: false };
    open(folder.path(), "e1").append(&[LogLine { seq: 1, at: at("2026-03-05T06:02:00Z"), subject }]).unwrap();
    let text = read(folder.path(), "mismatch-2026-03.txt");
    assert!(text.contains("! 与 519901 的时钟相差约 56 年（"), "{text}");
}

#[test]
fn a_clock_that_leaps_by_decades_makes_no_month_old() {
    let folder = tempfile::tempdir().unwrap();
    let mut log = MismatchLog::open(folder.path(), "e1", 3, Text::new(Language::Chinese)).unwrap();
    let days = ["2026-01-05", "2026-02-05", "2066-03-05", "1970-01-01", "2026-03-05"];
    for (seq, day) in (1..).zip(days) {
        log.append(&[on(&format!("{day}T06:02:00Z"), seq, Change::Opened)]).unwrap();
    }
    let kept = |month: &str| folder.path().join(format!("mismatch-{month}.jsonl")).exists();
    assert!(kept("2026-01") && kept("2026-02") && kept("2026-03"));
    log.append(&[on("2026-06-05T06:02:00Z", 6, Change::Opened)]).unwrap();
    assert!(!kept("2026-01") && !kept("2026-02") && kept("2026-03"), "three months before the running one are kept");
}

#[test]
fn a_store_whose_epoch_has_many_digits_is_known_again() {
    let folder = tempfile::tempdir().unwrap();
    let epoch = "123456789012345f";
    open(folder.path(), epoch).append(&[line(9, Change::Opened)]).unwrap();
    assert_eq!(open(folder.path(), epoch).written_to(), 9);
    assert_eq!(tail(folder.path(), 1).unwrap()[0]["epoch"], epoch);
}

#[test]
fn a_folder_that_somebody_took_away_is_made_anew_and_written_to() {
    let root = tempfile::tempdir().unwrap();
    let folder = root.path().join("log");
    let mut log = open(&folder, "e1");
    log.append(&[line(1, Change::Opened)]).unwrap();
    std::fs::remove_dir_all(&folder).unwrap();
    log.append(&[line(2, Change::Decided)]).unwrap();
    assert_eq!(tail(&folder, 5).unwrap().len(), 1);
    // One file alone, and another one of its name in its place.
    let human = folder.join("mismatch-2026-03.txt");
    std::fs::rename(&human, folder.join("aside")).unwrap();
    std::fs::write(&human, "").unwrap();
    log.append(&[line(3, Change::Decided)]).unwrap();
    assert_eq!(read(&folder, "mismatch-2026-03.txt").lines().count(), 1);
    assert_eq!(tail(&folder, 5).unwrap().len(), 2, "what was there stays");
}
