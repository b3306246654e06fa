//! From what is written to what holds: defaults filled in, every value inside its bounds.

use std::fmt;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use super::fragment::{self, Fragment};
use super::{Backup, Guard, Limits, Log, Mode, Parameters, Selection, Settings, Source, SourceKind, Sync};
use crate::domain::Area;

/// `'[section] key = value' is not allowed: 'what is'`.
#[derive(Debug)]
pub struct Fault {
    key: String,
    value: Option<String>,
    allowed: &'static str,
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.value {
            Some(value) => write!(f, "settings: '{} = {value}' is not allowed: '{}'", self.key, self.allowed),
            None => write!(f, "settings: '{}' is missing: '{}'", self.key, self.allowed),
        }
    }
}

fn fault(key: impl Into<String>, value: impl fmt::Display, allowed: &'static str) -> Fault {
    Fault { key: key.into(), value: Some(value.to_string()), allowed }
}

fn missing(key: impl Into<String>, allowed: &'static str) -> Fault {
    Fault { key: key.into(), value: None, allowed }
}

const AREA_ALLOWED: &str = "an area code in quotes, 6 digits (county), 9 (township) or 12 (village)";
const ADDRESS_ALLOWED: &str = "an address and port such as \"0.0.0.0:7443\" or \"[::]:7443\"";
const PARENT_ALLOWED: &str = "https://HOST:PORT of the parent";
/// A name is printed in every table.
pub const NAME_CHARS_MAX: usize = 60;
/// Nightly backups; ten years are for an archive.
const KEEP_DAYS: std::ops::RangeInclusive<u32> = 1..=3_660;
/// Logs of who did what are kept half a year at least (DOMAIN.md 7), ten years are for an archive.
const KEEP_MONTHS: std::ops::RangeInclusive<u32> = 6..=120;

/// Records of the handling of personal data are kept three years at least (PIPL 56).
const ACCESS_YEARS: std::ops::RangeInclusive<u32> = 3..=30;

/// Whether an office may be called so: it stands in one line of a table.
pub fn is_name(text: &str) -> bool {
    text.chars().count() <= NAME_CHARS_MAX && !text.chars().any(char::is_control)
}

pub fn settings(fragment: Fragment, file: &Path) -> Result<Settings, Fault> {
    let folder = file.parent().unwrap_or(Path::new("/"));
    let dir = match fragment.node.dir {
        Some(dir) => rooted(folder, dir),
        None => folder.to_owned(),
    };
    let area = area("[node] area", fragment.node.area)?.ok_or_else(|| missing("[node] area", AREA_ALLOWED))?;
    let name = fragment.node.name.map(|name| name.trim().to_owned()).unwrap_or_default();
    if name.is_empty() {
        return Err(missing("[node] name", "what people call this office"));
    }
    if !is_name(&name) {
        return Err(fault("[node] name", format_args!("{name:?}"), "at most 60 characters, all on one line"));
    }
    let listen = address("[listen] addr", fragment.listen.addr)?;
    let metrics_listen = address("[metrics] listen", fragment.metrics.listen)?;
    if let Some(addr) = metrics_listen
        && !addr.ip().is_loopback()
    {
        return Err(fault("[metrics] listen", addr, "an address of this machine alone, such as \"127.0.0.1:9466\""));
    }
    if let Some(listen) = listen.filter(|_| area.level() == crate::domain::Level::Village) {
        return Err(fault("[listen] addr", format_args!("\"{listen}\""), "nothing: a village has no children"));
    }
    let mut sources = Vec::with_capacity(fragment.source.len().max(1));
    for (at, written) in fragment.source.into_iter().enumerate() {
        sources.push(source(at + 1, written, &dir, area)?);
    }
    names_differ(&sources)?;
    if sources.is_empty() {
        sources.push(inbox(&dir));
    }
    intake(&fragment.intake)?;
    guard(&fragment.guard)?;
    rules(&fragment.rules)?;
    sync(&fragment.sync)?;
    Ok(Settings {
        file: file.to_owned(),
        area,
        name,
        language: fragment.node.language.unwrap_or_default(),
        // Beside the settings, not in `dir`: who carries the data away should not carry the key along.
        key_file: fragment.store.key_file.map(|key| rooted(folder, key)),
        parent_url: (fragment.parent.url)
            .map(|url| parent_url(&url).map_err(|allowed| fault("[parent] url", format_args!("{url:?}"), allowed)))
            .transpose()?,
        listen,
        advertise: advertise(fragment.listen.advertise)?,
        sources,
        intake: fragment.intake,
        guard: fragment.guard,
        rules: fragment.rules,
        sync: fragment.sync,
        log: log(fragment.log, &dir)?,
        backup: backup(fragment.backup, &dir)?,
        metrics_listen,
        dir,
    })
}

fn rooted(folder: &Path, path: PathBuf) -> PathBuf {
    // `join` keeps an absolute path as it is; the components drop the `.` of `./data`.
    folder.join(path).components().collect()
}

fn inbox(dir: &Path) -> Source {
    Source {
        name: "inbox".into(),
        kind: SourceKind::Folder,
        path: dir.join("inbox"),
        selection: None,
        list: None,
        area: None,
        mode: Mode::Snapshot,
        poll_secs: None,
    }
}

fn area(key: &str, written: Option<toml::Value>) -> Result<Option<Area>, Fault> {
    match written {
        None => Ok(None),
        Some(toml::Value::String(text)) => match text.parse() {
            Ok(area) => Ok(Some(area)),
            Err(_) => Err(fault(key, format_args!("{text:?}"), AREA_ALLOWED)),
        },
        Some(other) => Err(fault(key, other, AREA_ALLOWED)),
    }
}

fn address(key: &str, written: Option<String>) -> Result<Option<SocketAddr>, Fault> {
    written.map(|text| text.parse().map_err(|_| fault(key, format_args!("{text:?}"), ADDRESS_ALLOWED))).transpose()
}

/// Whether this can stand behind `https://`: a name or number of a host and a port, nothing else.
pub fn is_address(text: &str) -> bool {
    let Some((host, port)) = text.rsplit_once(':') else { return false };
    let bracketed = host.strip_prefix('[').and_then(|rest| rest.strip_suffix(']'));
    let host_ok = match bracketed {
        Some(inner) => inner.parse::<std::net::Ipv6Addr>().is_ok(),
        None => !host.is_empty() && host.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'.' || b == b'-'),
    };
    host_ok && port.parse::<u16>().is_ok_and(|port| port > 0)
}

/// The address of a parent. The link is always encrypted, so the scheme is one, and a missing one is added.
///
/// # Errors
/// What is allowed, where it is another scheme, or what stands behind it is no address as a join code holds it.
pub fn parent_url(text: &str) -> Result<String, &'static str> {
    let bare = text.trim().trim_end_matches('/');
    let host = bare.strip_prefix("https://").unwrap_or(bare);
    // Without a port it is the one of https.
    match is_address(host) || is_address(&format!("{host}:443")) {
        true => Ok(format!("https://{host}")),
        false => Err(PARENT_ALLOWED),
    }
}

fn advertise(written: Option<String>) -> Result<Option<String>, Fault> {
    let Some(text) = written else { return Ok(None) };
    match is_address(&text) {
        true => Ok(Some(text)),
        false => {
            Err(fault("[listen] advertise", format_args!("{text:?}"), "HOST:PORT under which children reach this node"))
        }
    }
}

fn source(number: usize, written: fragment::Source, dir: &Path, node: Area) -> Result<Source, Fault> {
    let key = |name: &str| format!("[[source]] number {number}, {name}");
    let kind = written.kind.ok_or_else(|| missing(key("kind"), "\"folder\", \"file\" or \"sqlite\""))?;
    let path = written.path.ok_or_else(|| missing(key("path"), "the folder, file or database to read"))?;
    let path = rooted(dir, path);
    let selection = match (kind, written.table, written.query) {
        (SourceKind::Sqlite, Some(table), None) => Some(Selection::Table(table)),
        (SourceKind::Sqlite, None, Some(query)) => {
            let first = query.split_whitespace().next().unwrap_or("").to_ascii_lowercase();
            if !["select", "with"].iter().any(|word| first.starts_with(word)) {
                return Err(fault(key("query"), format_args!("{query:?}"), "one SELECT"));
            }
            Some(Selection::Query(query))
        }
        (SourceKind::Sqlite, _, _) => return Err(missing(key("table"), "for a database, either a table or a query")),
        (_, None, None) => None,
        (_, Some(text), _) | (_, _, Some(text)) => {
            return Err(fault(key("table"), format_args!("{text:?}"), "a table or query belongs to kind = \"sqlite\""));
        }
    };
    let area = area(&key("area"), written.area)?;
    if let Some(outer) = area.filter(|inner| !node.contains(*inner)) {
        return Err(fault(key("area"), outer, "an area inside this node's own"));
    }
    if written.poll_secs == Some(0) {
        return Err(fault(key("poll_secs"), 0, "1 or more seconds"));
    }
    let name = written.name.or_else(|| path.file_name().map(|name| name.to_string_lossy().into_owned()));
    Ok(Source {
        name: name.unwrap_or_else(|| path.display().to_string()),
        kind,
        path,
        selection,
        list: written.list,
        area,
        mode: written.mode.unwrap_or_default(),
        poll_secs: written.poll_secs,
    })
}

/// What is known of files and lists is kept under the name of their source.
fn names_differ(sources: &[Source]) -> Result<(), Fault> {
    for (at, source) in sources.iter().enumerate() {
        let key = format!("[[source]] number {}, name", at + 1);
        if source.name.trim().is_empty() {
            return Err(missing(key, "what this source is called here, as no other is"));
        }
        if sources[..at].iter().any(|other| other.name == source.name) {
            return Err(fault(key, format_args!("{:?}", source.name), "a name that no other source has"));
        }
    }
    Ok(())
}

fn log(written: fragment::Log, dir: &Path) -> Result<Log, Fault> {
    let keep_months = written.keep_months.unwrap_or(36);
    if !KEEP_MONTHS.contains(&keep_months) {
        return Err(fault("[log] keep_months", keep_months, "6 to 120"));
    }
    let access_years = written.access_years.unwrap_or(*ACCESS_YEARS.start());
    if !ACCESS_YEARS.contains(&access_years) {
        return Err(fault("[log] access_years", access_years, "3 to 30"));
    }
    Ok(Log {
        dir: written.dir.map_or_else(|| dir.join("data").join("log"), |log| rooted(dir, log)),
        format: written.format.unwrap_or_default(),
        level: written.level.unwrap_or_default(),
        keep_months,
        access_years,
    })
}

fn backup(written: fragment::Backup, dir: &Path) -> Result<Backup, Fault> {
    let keep_days = written.keep_days.unwrap_or(14);
    if !KEEP_DAYS.contains(&keep_days) {
        return Err(fault("[backup] keep_days", keep_days, "1 to 3660 days"));
    }
    Ok(Backup { dir: written.dir.map_or_else(|| dir.join("backup"), |path| rooted(dir, path)), keep_days })
}

/// `value` inside `range`, else a fault that prints both.
fn within(key: &str, value: u64, range: std::ops::RangeInclusive<u64>, allowed: &'static str) -> Result<(), Fault> {
    if range.contains(&value) { Ok(()) } else { Err(fault(key, value, allowed)) }
}

fn intake(limits: &Limits) -> Result<(), Fault> {
    const KIB: u64 = 1 << 10;
    const TIB: u64 = 1 << 40;
    const BYTES: &str = "65536 (64 KiB) to 1 TiB";
    within("[intake] file_bytes_max", limits.file_bytes_max, 64 * KIB..=TIB, BYTES)?;
    within("[intake] unpacked_bytes_max", limits.unpacked_bytes_max, 64 * KIB..=TIB, BYTES)?;
    within("[intake] markup_bytes_max", limits.markup_bytes_max, 64 * KIB..=TIB, BYTES)?;
    within("[intake] xls_bytes_max", limits.xls_bytes_max, 64 * KIB..=TIB, BYTES)?;
    within("[intake] unpack_ratio_max", limits.unpack_ratio_max.into(), 10..=10_000, "10 to 10000")?;
    within("[intake] unpack_ratio_free_bytes", limits.unpack_ratio_free_bytes, 0..=TIB, "0 to 1 TiB")?;
    within("[intake] archive_entries_max", limits.archive_entries_max.into(), 16..=1_000_000, "16 to 1000000")?;
    within("[intake] cells_max", limits.cells_max, 1_000..=10_000_000_000, "1000 to 10000000000")?;
    let in_memory = limits.cells_in_memory_max;
    within("[intake] cells_in_memory_max", in_memory, 1_000..=1_000_000_000, "1000 to 1000000000")?;
    within("[intake] columns_max", limits.columns_max.into(), 8..=16_384, "8 to 16384")?;
    within("[intake] cell_chars_max", limits.cell_chars_max.into(), 64..=32_767, "64 to 32767")?;
    within("[intake] sheets_max", limits.sheets_max.into(), 1..=100_000, "1 to 100000")?;
    within("[intake] database_secs_max", limits.database_secs_max, 1..=3_600, "1 to 3600")?;
    within("[intake] settle_millis", limits.settle_millis, 50..=600_000, "50 to 600000")?;
    within("[intake] rescan_secs", limits.rescan_secs, 1..=86_400, "1 to 86400 (a day)")
}

fn guard(guard: &Guard) -> Result<(), Fault> {
    if !(0.0..=1.0).contains(&guard.removed_share_max) {
        return Err(fault(
            "[guard] removed_share_max",
            guard.removed_share_max,
            "0 to 1, as 0.05 for five in a hundred",
        ));
    }
    within("[guard] removed_lines_floor", guard.removed_lines_floor, 0..=1_000_000, "0 to 1000000")
}

/// A parent opens no batch of more things: a receipt that refuses each of them must be one that reads.
pub const BATCH_ITEMS_MAX: u64 = 10_000;
/// Half of what a parent opens, and no more than it takes where nothing can be compressed.
pub const BATCH_BYTES_MAX: u64 = 4 << 20;

fn sync(sync: &Sync) -> Result<(), Fault> {
    within("[sync] batch_items_max", sync.batch_items_max, 1..=BATCH_ITEMS_MAX, "1 to 10000")?;
    let bytes = 16 << 10..=BATCH_BYTES_MAX;
    within("[sync] batch_bytes_max", sync.batch_bytes_max, bytes, "16384 (16 KiB) to 4194304 (4 MiB)")?;
    within("[sync] retry_secs_min", sync.retry_secs_min, 1..=3_600, "1 to 3600")?;
    if sync.retry_secs_max < sync.retry_secs_min || sync.retry_secs_max > 3_600 {
        return Err(fault("[sync] retry_secs_max", sync.retry_secs_max, "from retry_secs_min to 3600"));
    }
    Ok(())
}

/// Ten years: a longer span is a slip of the keyboard.
const DAYS_MAX: i64 = 3_660;

fn rules(rules: &Parameters) -> Result<(), Fault> {
    // By way of its fields' names, so that a new parameter cannot be forgotten here.
    let fields = toml::Value::try_from(rules).expect("the parameters are plain integers");
    for (name, value) in fields.as_table().into_iter().flatten() {
        let (max, allowed) = if name.ends_with("_percent") { (100, "1 to 100") } else { (DAYS_MAX, "1 to 3660 days") };
        if !value.as_integer().is_some_and(|number| (1..=max).contains(&number)) {
            return Err(fault(format!("[rules] {name}"), value, allowed));
        }
    }
    Ok(())
}
