use super::*;

const VILLAGE: &str = "[node]\narea = \"519901001200\"\nname = \"200村\"\n";

fn parse(text: &str) -> Result<Settings> {
    Settings::parse(text, Path::new("/etc/rosterd/rosterd.toml"))
}

/// The error with its causes, as a person sees it.
fn complaint(text: &str) -> String {
    let error = parse(text).expect_err(text);
    let cause = std::error::Error::source(&error).map(|cause| cause.to_string()).unwrap_or_default();
    format!("{error} {cause}")
}

#[test]
fn the_shipped_sample_reads_and_says_only_defaults() {
    let sample = parse(sample::SAMPLE).unwrap();
    let least = parse(VILLAGE).unwrap();
    assert_eq!(Settings { area: least.area, name: least.name.clone(), ..sample }, least);
}

/// Every line of the sample that is commented out is a key that exists: uncommented, the whole still reads.
#[test]
fn every_key_the_sample_shows_is_one_we_know() {
    let shown: String = sample::SAMPLE
        .lines()
        .map(|line| match line.strip_prefix("# ") {
            Some(rest) if rest.starts_with("[[") || rest.split_once(" = ").is_some_and(|(key, _)| is_key(key)) => rest,
            _ => line,
        })
        .fold(String::new(), |all, line| all + line + "\n")
        .replace("area = \"519901001200\"", "area = \"519901\"");
    let settings = parse(&shown).unwrap_or_else(|error| panic!("{error:?}\n{shown}"));
    assert_eq!(settings.sources.len(), 3);
    for kind in [SourceKind::Folder, SourceKind::File, SourceKind::Sqlite] {
        assert!(settings.sources.iter().any(|source| source.kind == kind), "{kind:?}");
    }
    assert!(settings.listen.is_some() && settings.parent_url.is_some() && settings.metrics_listen.is_some());
}

fn is_key(text: &str) -> bool {
    text.bytes().all(|b| b.is_ascii_lowercase() || b == b'_')
}

#[test]
fn a_folder_without_sources_watches_its_inbox() {
    let settings = parse(VILLAGE).unwrap();
    assert_eq!(settings.sources[0].path, Path::new("/etc/rosterd/inbox"));
    assert_eq!(settings.control_socket(), Path::new("/etc/rosterd/data/control.sock"));
    assert_eq!(settings.log.dir, Path::new("/etc/rosterd/data/log"));
    assert_eq!(settings.language, Language::Chinese);
}

#[test]
fn paths_start_at_the_folder_of_the_file() {
    let text = format!(
        "{VILLAGE}dir = \"../../srv/office\"\n[[source]]\nkind = \"sqlite\"\npath = \"dibao.db\"\ntable = \"低保\"\n\
         [log]\ndir = \"/var/log/rosterd\"\n"
    );
    let settings = parse(&text).unwrap();
    assert_eq!(settings.sources[0].path, Path::new("/etc/rosterd/../../srv/office/dibao.db"));
    assert_eq!(settings.sources[0].selection, Some(Selection::Table("低保".into())));
    assert_eq!(settings.sources[0].name, "dibao.db");
    assert_eq!(settings.log.dir, Path::new("/var/log/rosterd"));
}

#[test]
fn a_query_may_begin_with_a_table_of_any_name() {
    for query in ["WITH 低保 AS (SELECT 1) SELECT * FROM 低保", "with t as (select 1) select * from t", " Select 1"]
    {
        let text = format!("{VILLAGE}[[source]]\nkind = \"sqlite\"\npath = \"x\"\nquery = \"{query}\"\n");
        assert!(parse(&text).is_ok(), "{query}");
    }
}

#[test]
fn a_fault_names_the_file_the_key_and_what_is_allowed() {
    let with = |rest: &str| format!("{VILLAGE}{rest}");
    for (text, key, allowed) in [
        ("".to_owned(), "[node] area", "6 digits"),
        ("[node]\narea = 519901\nname = \"x\"".to_owned(), "[node] area = 519901", "in quotes"),
        ("[node]\narea = \"5199\"\nname = \"x\"".to_owned(), "[node] area = \"5199\"", "12 (village)"),
        ("[node]\narea = \"519901\"".to_owned(), "[node] name", "what people call"),
        (with("colour = \"red\""), "colour", "expected one of"),
        (with("language = \"fr\""), "fr", "zh-CN"),
        ("[node]\narea = \"519901\"\nname = \"一\\n二\"".to_owned(), "[node] name = \"一\\n二\"", "on one line"),
        (with("[listen]\naddr = \"0.0.0.0:7443\""), "[listen] addr", "a village has no children"),
        (with("[parent]\nurl = \"https://a b\""), "[parent] url", "HOST:PORT"),
        (with("[parent]\nurl = \"http://town.example:7443\""), "[parent] url", "https://HOST:PORT"),
        (with("[parent]\nurl = \"ftp:town.example\""), "[parent] url", "https://HOST:PORT"),
        (with("[listen]\nadvertise = \"town_example:7443\""), "[listen] advertise", "HOST:PORT under which"),
        (with("[guard]\nremoved_share_max = 5.0"), "removed_share_max = 5", "0 to 1"),
        (with("[rules]\nhandover_days = 0"), "handover_days = 0", "1 to 3660"),
        (with("[rules]\nmoved_days = 3"), "moved_days", "handover_days"),
        (with("[sync]\nretry_secs_min = 60\nretry_secs_max = 5"), "retry_secs_max = 5", "from retry_secs_min"),
        (with("[log]\nkeep_months = 1"), "keep_months = 1", "6 to 120"),
        (with("[log]\naccess_years = 2"), "access_years = 2", "3 to 30"),
        (with("[log]\nlevel = \"loud\""), "loud", "debug"),
        (with("[metrics]\nlisten = \"0.0.0.0:9466\""), "[metrics] listen", "this machine alone"),
        (with("[[source]]\npath = \"x\""), "number 1, kind", "sqlite"),
        (with("[[source]]\nkind = \"folder\""), "number 1, path", "folder"),
        (with("[[source]]\nkind = \"sqlite\"\npath = \"x\""), "number 1, table", "a table or a query"),
        (with("[[source]]\nkind = \"sqlite\"\npath = \"x\"\nquery = \"delete from x\""), "query", "one SELECT"),
        (with("[[source]]\nkind = \"file\"\npath = \"x\"\ntable = \"t\""), "table", "sqlite"),
        (with("[[source]]\nkind = \"file\"\npath = \"x\"\narea = \"519902\""), "area = 519902", "inside this node"),
        (
            with(
                "[[source]]\nkind = \"folder\"\npath = \"/mnt/a/导出\"\n[[source]]\nkind = \"folder\"\npath = \"/mnt/b/导出\"",
            ),
            "number 2, name = \"导出\"",
            "no other source has",
        ),
        (with("[[source]]\nkind = \"folder\"\npath = \"x\"\nname = \" \""), "number 1, name", "called here"),
        (with("[intake]\nfile_bytes_max = 1"), "file_bytes_max = 1", "64 KiB"),
    ] {
        let said = complaint(&text);
        assert!(said.contains("/etc/rosterd/rosterd.toml") && said.contains(key) && said.contains(allowed), "{said}");
    }
}

#[test]
fn an_address_is_a_host_and_a_port_and_nothing_else() {
    for bad in ["", "host", "host:0", "host:99999", "ho st:1", "a/b:1", "u@h:1", "[1]:2", "h:1/x"] {
        assert!(!is_address(bad), "{bad}");
    }
    for (written, read) in [
        ("https://town.example:7443/", Ok("https://town.example:7443")),
        ("10.77.1.1:7443", Ok("https://10.77.1.1:7443")),
        ("https://[fd00::1]", Ok("https://[fd00::1]")),
        ("http://127.0.0.1:7443", Err("https://HOST:PORT of the parent")),
        ("http:town.example:7443", Err("https://HOST:PORT of the parent")),
        ("https://town.example:7443/a", Err("https://HOST:PORT of the parent")),
    ] {
        assert_eq!(parent_url(written), read.map(str::to_owned), "{written}");
    }
}

#[test]
fn what_init_writes_reads_back() {
    let text = sample::filled(&[
        ("node", "area", "519901001"),
        ("node", "name", "第\"1\"乡"),
        ("node", "language", "en"),
        ("parent", "url", "https://county.example:7443"),
        ("listen", "addr", "0.0.0.0:7443"),
        ("listen", "advertise", "town.example:7443"),
    ]);
    let settings = parse(&text).unwrap();
    assert_eq!((settings.area.to_string().as_str(), settings.name.as_str()), ("519901001", "第\"1\"乡"));
    assert_eq!(settings.language, Language::English);
    assert_eq!(settings.parent_url.as_deref(), Some("https://county.example:7443"));
    assert_eq!(settings.listen, "0.0.0.0:7443".parse().ok());
    assert_eq!(settings.advertise.as_deref(), Some("town.example:7443"));
    assert!(text.lines().filter(|line| line.starts_with('#')).count() > 40, "it keeps its explanations");
}

/// The sample is the documentation: every number that can be set stands in it with its default.
#[test]
fn every_number_that_can_be_set_stands_in_the_sample() {
    let least = parse(VILLAGE).unwrap();
    let sections = [
        toml::Value::try_from(least.intake),
        toml::Value::try_from(least.guard),
        toml::Value::try_from(least.sync),
        toml::Value::try_from(least.rules),
    ];
    for section in sections {
        for (key, value) in section.unwrap().as_table().unwrap() {
            let line = format!("\n# {key} = {value}\n");
            assert!(sample::SAMPLE.contains(&line), "config/rosterd.toml lacks{line}");
        }
    }
}
