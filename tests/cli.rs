//! The command line as a script or a clerk meets it: what it prints where, and how it exits.

use std::path::Path;
use std::process::Output;

use assert_cmd::Command;
use rosterd::store::{Home, Store};
use serde_json::Value;

/// The program without anybody's settings or locale.
fn rosterd(arguments: &[&str]) -> Output {
    rosterd_in("en_US.UTF-8", arguments)
}

fn rosterd_in(locale: &str, arguments: &[&str]) -> Output {
    let mut command = Command::cargo_bin("rosterd").unwrap();
    command.env_remove("ROSTERD_CONFIG").env("LC_ALL", locale).current_dir(std::env::temp_dir());
    command.args(arguments).output().unwrap()
}

fn stdout(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).unwrap()
}

fn stderr(output: &Output) -> String {
    String::from_utf8(output.stderr.clone()).unwrap()
}

/// A village of its own, in English.
fn village(dir: &Path) -> String {
    let made = rosterd(&[
        "init",
        "--area",
        "519901001200",
        "--name",
        "200村",
        "--dir",
        dir.to_str().unwrap(),
        "--language",
        "en",
    ]);
    assert!(made.status.success(), "{}", stderr(&made));
    dir.join("rosterd.toml").to_str().unwrap().to_owned()
}

#[test]
fn help_speaks_the_language_of_the_office_and_else_of_the_terminal() {
    let page = rosterd_in("zh_CN.UTF-8", &["decide", "--help"]);
    assert_eq!(page.status.code(), Some(0));
    assert!(stdout(&page).contains("用法：rosterd decide [选项]"), "{}", stdout(&page));
    let wrong = rosterd_in("zh_CN.UTF-8", &["findings", "--severity", "loud"]);
    assert_eq!((wrong.status.code(), stdout(&wrong).as_str()), (Some(2), ""));
    assert!(stderr(&wrong).contains("可以写 高、中、低、提示（或 high、medium、low、info）"), "{}", stderr(&wrong));
    let bare = rosterd_in("zh_CN.UTF-8", &[]);
    assert_eq!(bare.status.code(), Some(2));
    assert!(stderr(&bare).contains("第一天"), "{}", stderr(&bare));
    // The settings say more about who reads than the locale of whoever logged in.
    let dir = tempfile::tempdir().unwrap();
    let config = village(dir.path());
    assert!(stdout(&rosterd_in("zh_CN.UTF-8", &["--config", &config, "decide", "--help"])).contains("Usage: "));
    let text = std::fs::read_to_string(&config).unwrap().replace("language = \"en\"", "language = \"zh-CN\"");
    std::fs::write(&config, text).unwrap();
    for arguments in [["decide", "--help", "--config", &config], ["--config", &config, "decide", "-h"]] {
        let page = stdout(&rosterd_in("C", &arguments));
        assert!(page.contains("用法："), "{page}");
    }
}

#[test]
fn without_a_verb_the_page_says_which_there_are_and_names_none_that_is_hidden() {
    let dir = tempfile::tempdir().unwrap();
    let config = village(dir.path());
    std::fs::create_dir(dir.path().join("zh")).unwrap();
    let chinese = dir.path().join("zh/rosterd.toml").to_str().unwrap().to_owned();
    std::fs::write(&chinese, "[node]\narea = \"519901001200\"\nname = \"200村\"\n").unwrap();
    for (config, words) in [(&config, ["Usage: ", "findings"]), (&chinese, ["用法：", "findings"])] {
        let bare = rosterd(&["--config", config]);
        assert_eq!((bare.status.code(), stdout(&bare).as_str()), (Some(2), ""));
        let page = stderr(&bare);
        assert!(words.iter().all(|word| page.contains(word)) && !page.contains("completions"), "{page}");
        let link = rosterd(&["link", "--config", config]);
        assert_eq!(link.status.code(), Some(2));
        assert!(stderr(&link).contains("train") && !stderr(&link).contains("error"), "{}", stderr(&link));
    }
}

#[test]
fn an_area_that_is_not_the_office_s_is_not_answered_with_nothing() {
    let dir = tempfile::tempdir().unwrap();
    let config = village(dir.path());
    Store::open(Home::plain(&dir.path().join("data")), "519901001200".parse().unwrap()).unwrap();
    let outside = rosterd(&["findings", "--area", "519902", "--config", &config]);
    assert_eq!((outside.status.code(), stdout(&outside).as_str()), (Some(2), ""));
    assert!(stderr(&outside).contains("519902 lies outside"), "{}", stderr(&outside));
    let inside = rosterd(&["findings", "--area", "５１９９０１００１２００", "--config", &config]);
    assert_eq!(inside.status.code(), Some(0), "{}", stderr(&inside));
}

#[test]
fn a_reader_that_has_enough_ends_the_help_without_a_crash() {
    for locale in ["zh_CN.UTF-8", "en_US.UTF-8"] {
        let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_rosterd"));
        command.arg("--help").env("LC_ALL", locale).env_remove("ROSTERD_CONFIG").current_dir(std::env::temp_dir());
        let (reader, writer) = std::io::pipe().unwrap();
        drop(reader);
        let said = command.stdout(writer).output().unwrap();
        assert_eq!((said.status.code(), stderr(&said).as_str()), (Some(0), ""), "{locale}");
    }
}

#[test]
fn what_could_not_be_written_is_said_and_is_1() {
    for (locale, told) in [("zh_CN.UTF-8", "错误：写出结果：磁盘已满\n"), ("C", "No space left on device")]
    {
        for arguments in [["rules", "--json"], ["decide", "--help"]] {
            let full = std::fs::OpenOptions::new().write(true).open("/dev/full").unwrap();
            let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_rosterd"));
            command
                .args(arguments)
                .env("LC_ALL", locale)
                .env_remove("ROSTERD_CONFIG")
                .current_dir(std::env::temp_dir());
            let said = command.stdout(full).output().unwrap();
            assert_eq!(said.status.code(), Some(1), "{locale} {arguments:?}: {}", stderr(&said));
            assert!(stderr(&said).contains(told), "{locale} {arguments:?}: {}", stderr(&said));
        }
    }
}

#[test]
fn help_teaches_and_wrong_usage_is_2() {
    let help = rosterd(&["--help"]);
    assert_eq!(help.status.code(), Some(0));
    let help = stdout(&help);
    for word in ["findings", "demo", "Exit status", "/etc/rosterd/rosterd.toml", "ROSTERD_CONFIG"] {
        assert!(help.contains(word), "{word}\n{help}");
    }
    assert!(!help.contains("completions") && !help.contains("  man "), "for packagers alone\n{help}");
    let findings = stdout(&rosterd(&["findings", "--help"]));
    assert!(findings.contains("Examples:") && findings.contains("--severity"), "{findings}");
    for wrong in [
        &["nonsense"][..],
        &[],
        &["init", "--area", "51990", "--name", "x", "--dir", "x"],
        &["init", "--area", "519901001200", "--name", "x", "--dir", "x", "--parent", "http://127.0.0.1:7443"],
        &["init", "--area", "519901001200", "--name", "x", "--dir", "x", "--parent", "ftp:town.example"],
        &["init", "--area", "519901001200", "--name", "x", "--dir", "x", "--listen", "0.0.0.0:7443"],
        &["init", "--area", "519901001200", "--name", " ", "--dir", "x"],
        &["findings", "--rule", "no-such-rule"],
        &["findings", "--list", "no-such-list"],
        &["findings", "--severity", "loud"],
        &["decide", "f0000000001", "confirm"],
        &["decide", "1", "confirm", "--note", "x"],
        &["people", "王小明", "--reveal"],
        &["match", "m1", "maybe"],
        &["invite", "--area", "519901001200", "--hours", "0"],
        &["init", "--area", "519901001200", "--name", "200村\n二", "--dir", "x"],
    ] {
        let output = rosterd(wrong);
        assert_eq!(output.status.code(), Some(2), "{wrong:?}\n{}", stderr(&output));
        assert!(stdout(&output).is_empty(), "{wrong:?}");
    }
    for (wrong, told) in [
        (&["events", "--since", "yesterday"][..], "日期写成 YYYY-MM-DD\n  怎么办：详细说明：rosterd events --help"),
        (&["run", "--today", "2026-13-01"], "没有这一天\n  怎么办：详细说明：rosterd run --help"),
        (&["invite", "--area", "519901001", "--hours", "9999"], "应为 1 到 168"),
    ] {
        let said = rosterd_in("zh_CN.UTF-8", wrong);
        assert!(said.status.code() == Some(2) && stderr(&said).contains(told), "{wrong:?} {}", stderr(&said));
    }
    let plain = ["init", "--area", "519901001", "--name", "x", "--dir", "x", "--parent", "http://127.0.0.1:7443"];
    let said = stderr(&rosterd_in("zh_CN.UTF-8", &plain));
    assert!(said.contains("http://127.0.0.1:7443") && said.contains("https://主机:端口"), "{said}");
}

#[test]
fn rules_are_printed_from_the_one_table_for_people_and_for_programs() {
    let chinese = stdout(&rosterd_in("zh_CN.UTF-8", &["rules", "--json"]));
    assert!(chinese.contains("\"severity_note\":\"低保、扶助为高\""), "{chinese}");
    let output = rosterd(&["rules", "--json"]);
    assert!(output.status.success());
    let rows: Vec<Value> = stdout(&output).lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(rows.len(), rosterd::rules::RULES.len());
    let review = rows.iter().find(|row| row["rule"] == "dibao-review-overdue").unwrap();
    assert_eq!((&review["settings"]["review_days_c"], &review["severity"]), (&61.into(), &"medium".into()));
    let table = stdout(&rosterd(&["rules"]));
    assert_eq!(table.lines().count(), rosterd::rules::RULES.len() + 1);
    assert!(table.contains("review_days_a = 365, review_days_b = 183, review_days_c = 61"), "{table}");
}

#[test]
fn init_makes_a_node_and_refuses_to_overwrite_it() {
    let folder = tempfile::tempdir().unwrap();
    let dir = folder.path().join("村");
    let config = village(&dir);
    for made in ["inbox", "data", "rosterd.toml"] {
        assert!(dir.join(made).exists(), "{made}");
    }
    use std::os::unix::fs::PermissionsExt;
    assert_eq!(dir.join("data").metadata().unwrap().permissions().mode() & 0o777, 0o700);
    let written = std::fs::read_to_string(&config).unwrap();
    assert!(
        written.contains("area = \"519901001200\"") && written.contains("# removed_share_max"),
        "it explains itself"
    );
    let again = rosterd(&["init", "--area", "519901", "--name", "云岭县", "--dir", dir.to_str().unwrap()]);
    assert_eq!(again.status.code(), Some(1));
    assert!(stderr(&again).contains("is there already") && stderr(&again).contains("what to do"), "{}", stderr(&again));
    assert_eq!(std::fs::read_to_string(&config).unwrap(), written);
    let rules = rosterd(&["rules", "--config", &config]);
    assert!(rules.status.success(), "{}", stderr(&rules));
}

#[test]
fn a_wrong_setting_is_named_with_what_is_allowed() {
    let folder = tempfile::tempdir().unwrap();
    let config = village(folder.path());
    let text = std::fs::read_to_string(&config).unwrap().replace("# handover_days = 14", "handover_days = 0");
    std::fs::write(&config, text).unwrap();
    let output = rosterd(&["rules", "--config", &config]);
    assert_eq!(output.status.code(), Some(1));
    let said = stderr(&output);
    assert!(
        said.contains("'[rules] handover_days = 0' is not allowed: '1 to 3660 days'") && said.contains(&config),
        "{said}"
    );
}

/// The command line is right, so it is no wrong usage; and nobody can tell whether a daemon runs.
#[test]
fn settings_that_do_not_read_are_1_for_every_verb() {
    let folder = tempfile::tempdir().unwrap();
    let config = folder.path().join("rosterd.toml");
    std::fs::write(&config, "[node]\narea = \"519901001200\"\nname = ").unwrap();
    let config = config.to_str().unwrap();
    let verbs = "run|status|status --wait 1|findings|events|people x|decide f0000000000 confirm --note x|import x|held|\
        held release 1|quarantine|matches|match a confirm|rematch|access|invite --area 519901001200|join x|\
        revoke --area 519901001200|resync|verify|trust --area 519901001200|pause|resume|export-batch x|import-batch x|\
        backup x|restore x|rekey|rules|link train|doctor";
    for verb in verbs.split('|').chain(["status --json", "findings --json", "verify --json", "rules --json"]) {
        let arguments: Vec<&str> = verb.split(' ').chain(["--config", config]).collect();
        let said = rosterd(&arguments);
        assert_eq!((said.status.code(), stdout(&said).as_str()), (Some(1), ""), "{verb} {}", stderr(&said));
        assert!(stderr(&said).contains(config) && stderr(&said).contains("line 3"), "{verb} {}", stderr(&said));
    }
}

#[test]
fn without_settings_it_says_where_it_looked() {
    let folder = tempfile::tempdir().unwrap();
    let mut command = Command::cargo_bin("rosterd").unwrap();
    command.env_remove("ROSTERD_CONFIG").env("LC_ALL", "zh_CN.UTF-8").current_dir(folder.path());
    let output = command.args(["findings"]).output().unwrap();
    assert_eq!(output.status.code(), Some(1));
    let said = stderr(&output);
    assert!(said.contains("找不到设置文件") && said.contains("/etc/rosterd/rosterd.toml"), "{said}");
    assert!(stdout(&output).is_empty());
}

#[test]
fn settings_are_found_by_environment_and_in_the_current_folder() {
    let folder = tempfile::tempdir().unwrap();
    let config = village(folder.path());
    let text = std::fs::read_to_string(&config).unwrap().replace("# review_days_c = 61", "review_days_c = 92");
    std::fs::write(&config, text).unwrap();
    let shown = |command: &mut Command| stdout(&command.env("LC_ALL", "C").args(["rules"]).output().unwrap());
    let mut here = Command::cargo_bin("rosterd").unwrap();
    assert!(shown(here.env_remove("ROSTERD_CONFIG").current_dir(folder.path())).contains("review_days_c = 92"));
    let mut named = Command::cargo_bin("rosterd").unwrap();
    assert!(shown(named.env("ROSTERD_CONFIG", &config).current_dir("/")).contains("review_days_c = 92"));
    let mut empty = Command::cargo_bin("rosterd").unwrap();
    let empty = empty.env("ROSTERD_CONFIG", "").current_dir(folder.path());
    assert!(shown(empty).contains("review_days_c = 92"), "a variable that is empty names nothing");
}

#[test]
fn what_only_the_daemon_can_do_exits_3_without_one() {
    let folder = tempfile::tempdir().unwrap();
    let config = village(folder.path());
    for verb in [
        &["pause"][..],
        &["resync"],
        &["verify"],
        &["import", "x.csv"],
        &["decide", "f0000000001", "confirm", "--note", "x"],
        &["held", "release", "1"],
    ] {
        let output = rosterd(&[verb, &["--config", &config][..]].concat());
        assert_eq!(output.status.code(), Some(3), "{verb:?}\n{}", stderr(&output));
        assert!(stderr(&output).contains("No daemon runs") && stderr(&output).contains("rosterd run"), "{verb:?}");
        assert!(stdout(&output).is_empty(), "{verb:?}");
    }
    let before = rosterd(&["held", "--json", "--config", &config, "release", "1"]);
    assert_eq!(before.status.code(), Some(3), "{}", stderr(&before));
}

#[test]
fn nothing_is_told_of_a_store_that_is_of_another_office() {
    let folder = tempfile::tempdir().unwrap();
    let config = village(folder.path());
    let data = Path::new(&config).parent().unwrap().join("data");
    drop(Store::open(Home::plain(&data), "519901001201".parse().unwrap()).unwrap());
    // `status` says with 3 that no daemon runs.
    for (verb, exit) in [("status", 3), ("findings", 1), ("people 王", 1), ("doctor", 1)] {
        let arguments: Vec<&str> = verb.split(' ').collect();
        let output = rosterd(&[&arguments[..], &["--config", &config]].concat());
        assert_eq!(output.status.code(), Some(exit), "{verb}: {}", stderr(&output));
        let said = stdout(&output) + &stderr(&output);
        assert!(said.contains("the store belongs to area 519901001201"), "{verb}: {said}");
    }
}

#[test]
fn a_backup_of_another_office_is_told_as_such() {
    let (folder, other) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let config = village(folder.path());
    let store = Store::open(Home::plain(other.path()), "519901001201".parse().unwrap()).unwrap();
    let file = other.path().join("a.db");
    store.backup(&file, |_| Ok(()), &mut |_, _| true).unwrap();
    let said = rosterd(&["restore", file.to_str().unwrap(), "--config", &config]);
    assert_eq!(said.status.code(), Some(1));
    let said = stderr(&said);
    assert!(said.contains("this is a backup of 519901001201, and this node is 519901001200"), "{said}");
    assert!(said.contains("choose a backup of this node") && !said.contains("set the area back"), "{said}");
}

#[test]
fn doctor_looks_at_a_node_that_was_never_started() {
    let folder = tempfile::tempdir().unwrap();
    let config = village(folder.path());
    let output = rosterd(&["doctor", "--json", "--config", &config]);
    let checks: Vec<Value> = stdout(&output).lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let state = |name: &str| checks.iter().find(|check| check["check"] == name).map(|check| check["state"].clone());
    assert_eq!(state("daemon"), Some("bad".into()), "{}", stderr(&output));
    assert_eq!(state("joined"), Some("warn".into()), "nobody is told what nobody passes on: {checks:?}");
    assert_eq!(output.status.code(), Some(1), "{}", stderr(&output));
    assert!(!stderr(&output).contains("row_sum"), "{}", stderr(&output));
    assert!(checks.iter().any(|check| check["check"] == "store-sound"), "{checks:?}");
}

#[test]
fn man_pages_and_completions_come_from_the_command_line_itself() {
    let folder = tempfile::tempdir().unwrap();
    let made = rosterd(&["man", folder.path().to_str().unwrap()]);
    assert!(made.status.success(), "{}", stderr(&made));
    for page in ["rosterd.1", "rosterd-findings.1", "rosterd-link-eval.1"] {
        assert!(folder.path().join(page).exists(), "{page}");
        assert!(folder.path().join("zh_CN").join(page).exists(), "{page}");
    }
    let decide = std::fs::read_to_string(folder.path().join("zh_CN/rosterd-decide.1")).unwrap();
    assert!(decide.contains("核实到什么，怎样核实的"), "{decide}");
    let bash = rosterd(&["completions", "bash"]);
    assert!(stdout(&bash).contains("complete -F _rosterd"));
    for locale in ["C", "zh_CN.UTF-8"] {
        let help = rosterd_in(locale, &["completions", "--help"]);
        assert!(help.status.success() && stdout(&help).contains("powershell"), "{locale}: {}", stderr(&help));
    }
}

#[test]
fn setup_without_a_terminal_asks_nothing_it_was_told() {
    let folder = tempfile::tempdir().unwrap();
    let dir = folder.path().join("office");
    let missing = rosterd(&["setup", "--name", "200村", "--dir", dir.to_str().unwrap(), "--service", "no"]);
    assert_eq!(missing.status.code(), Some(2));
    assert!(stderr(&missing).contains("--area"), "{}", stderr(&missing));
    assert!(!dir.exists());
    let watch = folder.path().join("共享");
    let whole = rosterd(&[
        "setup",
        "--area",
        "519901001200",
        "--name",
        "200村",
        "--dir",
        dir.to_str().unwrap(),
        "--inbox",
        watch.to_str().unwrap(),
        "--service",
        "no",
    ]);
    assert!(whole.status.success(), "{}", stderr(&whole));
    // Nothing runs yet, and the settings lie where no verb looks by itself.
    let config = dir.join("rosterd.toml");
    for verb in ["run", "status", "join CODE"] {
        let told = format!("rosterd {verb} --config {}", config.display());
        assert!(stderr(&whole).contains(&told), "{told}: {}", stderr(&whole));
    }
    let settings = rosterd::settings::Settings::read(&config).unwrap();
    assert_eq!(settings.sources[0].path, watch);
}
