//! The arguments of every verb that goes over the control socket, in one place.
//!
//! Paths are absolute: the daemon stands in another folder than the person who asks.

use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize, de::DeserializeOwned};

use super::path_text;
use crate::domain::{Area, Date, Disposition, EventKind, FindingId, FindingStatus, List, Severity};

/// Where a verb can be answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reach {
    /// Only by the running daemon: it changes what the daemon holds, or needs the link.
    Daemon,
    /// It reads: by the daemon, else from the store opened read-only.
    Reading,
    /// It writes a little: by the daemon, else into the store opened for that moment.
    Anywhere,
    /// Only while no daemon runs.
    Stopped,
}

/// Arguments that know their verb.
pub trait Ask: Serialize + DeserializeOwned {
    /// The word in the request line.
    const VERB: &'static str;
    const REACH: Reach;
}

macro_rules! ask {
    ($($args:ident $verb:literal $reach:ident),* $(,)?) => {
        $(impl Ask for $args {
            const VERB: &'static str = $verb;
            const REACH: Reach = Reach::$reach;
        })*

        /// Every verb of the socket with where it can be answered.
        pub const VERBS: &[(&str, Reach)] = &[$(($verb, Reach::$reach)),*];
    };
}

ask! {
    Status "status" Reading,
    Settled "settled" Daemon,
    Findings "findings" Reading,
    FindingsCounted "findings-counted" Reading,
    Events "events" Reading,
    People "people" Reading,
    Decide "decide" Daemon,
    Import "import" Daemon,
    Held "held" Reading,
    SettleHeld "settle-held" Daemon,
    Quarantine "quarantine" Reading,
    Resync "resync" Daemon,
    Verify "verify" Daemon,
    Trust "trust" Anywhere,
    Pause "pause" Daemon,
    Resume "resume" Daemon,
    Matches "matches" Reading,
    SettleMatch "match" Daemon,
    Train "link-train" Daemon,
    Rematch "rematch" Daemon,
    Invite "invite" Anywhere,
    Join "join" Anywhere,
    Revoke "revoke" Anywhere,
    Access "access" Reading,
    ExportBatch "export-batch" Daemon,
    ImportBatch "import-batch" Daemon,
    Backup "backup" Reading,
    BackupReport "backup-report" Anywhere,
    Restore "restore" Stopped,
    Rekey "rekey" Stopped,
    Check "check" Reading,
}

/// Gives one row `StatusRow` in the shape of `cli::status`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Status {}

/// Gives one row `{"settled": bool}`. Unlike [`Status`], which says of it what this node knows, it asks the parent: for
/// whoever waits, and asks again and again.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Settled {}

/// Gives rows in the shape *finding* of CONTRACT.md.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Findings {
    pub rule: Option<String>,
    pub list: Option<List>,
    /// This area and all below it.
    pub area: Option<Area>,
    /// This severity alone.
    pub severity: Option<Severity>,
    /// This status alone; without it, and without `all`, the open ones.
    pub status: Option<FindingStatus>,
    /// Also decided and closed ones.
    pub all: bool,
    /// Also confirmed ones: with the open ones, what nobody has finished.
    pub unfinished: bool,
    /// Of what nobody has finished, only that whose day is past.
    pub overdue: bool,
    /// Of those equally bad, first what is open for longest.
    pub oldest_first: bool,
}

/// Gives rows as `findings --summary --json` prints them, one for each area, rule and severity.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct FindingsCounted {
    pub of: Findings,
    /// Counted are the areas directly below this one; the node's own without it.
    pub within: Option<Area>,
    /// Of what is not open, only what is late is counted.
    pub open_alone: bool,
}

/// Gives rows in the shape *event* of CONTRACT.md.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Events {
    pub kind: Option<EventKind>,
    /// Events dated on or after this day.
    pub since: Option<Date>,
}

/// Gives rows `{"person","entries":[ENTRY,…],"links","decisions":[{"finding","rule","severity","status","area","list","text",
/// "verdict","note","at","by","by_name"}]}`, an ENTRY here with `"first_seen"` and
/// `"before":[{"until","status","name","id_number"}]`. For a finding that only the parent sees the last row is of those of
/// its entries that are not here: `person` is null, `finding` its id. Looking is logged, also masked.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct People {
    /// A name, a number or a part of either, a person's id, an entry's uid, or a finding's id.
    pub query: String,
    /// Names and numbers whole; needs `reason`.
    pub reveal: bool,
    pub reason: Option<String>,
}

/// Gives the finding as it is after the decision; `already` is true where it had been decided so before, in the same words.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Decide {
    #[serde(with = "text")]
    pub finding: FindingId,
    pub disposition: Disposition,
    pub note: String,
}

/// Gives one row a snapshot read: `{"file","sheet","list","area","lines","created","updated","removed","unchanged",
/// "refused","problems","state":"taken|held|outdated|refused|would-take|would-hold"}`. `problems` are the first lines not taken,
/// `{"sheet","row","code","detail","text"}`; a file without one good line is one row `refused`. Comes with the file's
/// content, unless the file lies in a watched folder.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Import {
    #[serde(with = "path_text")]
    pub file: PathBuf,
    pub list: Option<List>,
    pub area: Option<Area>,
    pub dry_run: bool,
}

/// Gives rows `{"id","list","area","file","since","lines","before","removed","share","reason","other_file","text"}`;
/// `reason` is `removes-much`, `other-file` where nearly all that would go came from `other_file`, which still lies in the
/// folder, `names-some` where the file is called by whom it picks and has not everybody of `other_file`, `changes-much` where
/// many of its lines tell of somebody else than before, or `revives-many` where many say no more that somebody died or left.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Held {}

/// Releases or rejects one held snapshot; gives its row as it was.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SettleHeld {
    pub id: String,
    pub action: HeldAction,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum HeldAction {
    Release,
    Reject,
}

/// Gives rows `{"file","sheet","row","code","params":{…},"count","since"}`; `row` is absent for a whole file.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Quarantine {}

/// Compares with the parent, or with one child, and repairs; gives rows
/// `{"area","list","matched","sent","removed","held","bytes","equal"}`: `held` removals wait for a person at the child. Ends
/// with [`super::Exit::Failed`] where the two are not equal after it.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Resync {
    /// A child; without it the parent.
    pub area: Option<Area>,
}

/// As [`Resync`], repairing nothing; gives rows `{"area","list","matched","here","parent","equal"}`, where they differ
/// one for each list of an area that does. Ends with [`super::Exit::Failed`] then.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Verify {
    pub area: Option<Area>,
}

/// Takes the key that an office signs its words with now as its own; gives one row `{"area","before","key"}` of prints.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Trust {
    pub area: Area,
}

/// Stops intake and push. Gives no row.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Pause {}

/// Ends a pause. Gives no row.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Resume {}

/// Gives rows `{"id","weight","probability","why":[{"what","weight"}],"entries":[ENTRY,ENTRY]}`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Matches {}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SettleMatch {
    pub id: String,
    pub verdict: Verdict,
}

/// What a person says of a potential match. A rejected pair is never linked again (cannot-link).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Verdict {
    Confirm,
    Reject,
}

/// Re-estimates the weights of linkage from this node's data; gives rows `{"comparison","level","weight"}`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Train {}

/// Links everything anew; gives one row `{"persons","joined","split","findings_opened","findings_closed"}`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Rematch {
    pub dry_run: bool,
}

/// Gives one row `{"area","code","expires"}`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Invite {
    pub area: Area,
    pub hours: u32,
}

/// Gives one row `{"area","parent","url"}`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Join {
    pub code: String,
}

/// Ends a child's credential. Gives one row `{"area","revoked"}`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Revoke {
    pub area: Area,
}

/// Gives rows `{"when","who","what","query","persons","reason","revealed"}`, the newest last.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Access {}

/// Gives the file, and one row `{"file","entries","bytes","from_seq","to_seq","more"}`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct ExportBatch {
    #[serde(with = "path_text")]
    pub file: PathBuf,
}

/// Comes with the file's content. Gives one row `{"file","area","entries","refused","watermark","receipts"}`; the last,
/// a file to carry back, which goes before the row, only where the file held batches.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct ImportBatch {
    #[serde(with = "path_text")]
    pub file: PathBuf,
}

/// Where the receipts of a file of batches go: beside it, to be carried back.
pub fn receipts_beside(file: &Path) -> PathBuf {
    let mut name = file.file_name().unwrap_or_default().to_owned();
    name.push(".receipts");
    file.with_file_name(name)
}

/// Gives a verified copy of the store, as a file where a daemon answers, and one row `{"file","bytes","entries","verified"}`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Backup {
    #[serde(with = "path_text")]
    pub file: PathBuf,
    /// The copy is also restored on trial and compared with the store; `proved` in the row.
    pub prove: bool,
}

/// Writes down how a nightly backup came out, for the alarms: a file, or why there is none. Gives no row.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct BackupReport {
    pub file: Option<String>,
    pub error: Option<String>,
}

/// Puts a copy in the place of the store, under a new epoch; gives one row `{"file","entries","kept"}`, `kept` being
/// where the store that was there lies now.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Restore {
    #[serde(with = "path_text")]
    pub file: PathBuf,
}

/// Writes the store anew under the key of the settings; gives one row `{"file","key_file","entries"}`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Rekey {
    /// What opens it until now; without it the store is plain.
    #[serde(with = "path_text::option")]
    pub old_key: Option<PathBuf>,
}

/// What `doctor` cannot see from outside: gives rows `{"check","state":"ok|warn|bad","params":{…}}`, each check a
/// catalogue key `check-…` without its prefix.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Check {}

/// Ids that have no serde of their own travel as their text.
mod text {
    use std::fmt::Display;
    use std::str::FromStr;

    use serde::{Deserialize, Deserializer, Serializer};

    pub fn serialize<T: Display, S: Serializer>(value: &T, s: S) -> Result<S::Ok, S::Error> {
        s.collect_str(value)
    }

    pub fn deserialize<'de, T: FromStr<Err: Display>, D: Deserializer<'de>>(d: D) -> Result<T, D::Error> {
        String::deserialize(d)?.parse().map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::daemon::control::Request;

    #[test]
    fn what_the_command_line_asks_is_what_the_desk_reads() {
        let asked =
            Decide {
                finding: FindingId::from_hash(77), disposition: Disposition::Dismiss, note: "同名不同人".into()
            };
        let line = serde_json::to_string(&Request::new(&asked, "wang")).unwrap();
        let read: Request = serde_json::from_str(&line).unwrap();
        assert_eq!((read.verb.as_str(), read.who.as_str()), ("decide", "wang"));
        assert_eq!(read.args::<Decide>().unwrap(), asked);
    }

    #[test]
    fn every_verb_has_one_name() {
        let mut names: Vec<_> = VERBS.iter().map(|(verb, _)| verb).collect();
        names.sort();
        names.dedup();
        assert_eq!(names.len(), VERBS.len());
    }
}
