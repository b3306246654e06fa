//! Who was invited, who holds which certificate, and who was revoked: an append-only file of a parent.
//!
//! It is a file of its own and not a table, so that restoring an older database never brings a revoked child or a
//! used code back. One line is written in one go and synced; a torn last line counts as not written. Two processes
//! (the daemon and a verb) share it by a lock and by reading on where the other wrote.

use std::collections::HashMap;
use std::fs::{File, OpenOptions};
use std::io::{Read, Seek, SeekFrom, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};

use serde::{Deserialize, Serialize};

use super::files;
use crate::domain::Area;
use crate::error::{Context, Result};

/// A certificate that was issued.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Issued {
    /// Hex.
    pub serial: String,
    pub area: Area,
    /// The child's public key: the uncompressed point, hex.
    pub key: String,
    /// Seconds since 1970 by certificate time.
    pub not_after: i64,
    /// PEM.
    pub certificate: String,
    /// Hash of the join secret it was given for; `None` for a renewal.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub secret: Option<String>,
}

/// One line of the file.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(tag = "t", rename_all = "snake_case")]
enum Line {
    Invite {
        secret: String,
        area: Area,
        expires: i64,
    },
    Issued(Issued),
    /// Everything given to this area above is void: certificates and invitations.
    Revoked {
        area: Area,
    },
}

/// An invitation as it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Invite {
    pub area: Area,
    /// Seconds since 1970 by certificate time.
    pub expires: i64,
    /// Serial of the certificate it was used for.
    pub used_for: Option<String>,
    pub ended: Option<Ended>,
}

impl Invite {
    /// Somebody may yet join with it.
    fn is_open(&self, now: i64) -> bool {
        self.ended.is_none() && self.used_for.is_none() && self.expires > now
    }
}

/// What the file says of one certificate.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Credential {
    pub issued: Issued,
    pub ended: Option<Ended>,
}

impl Credential {
    fn is_living(&self, now: i64) -> bool {
        self.ended.is_none() && self.issued.not_after > now
    }
}

/// Why something that was given is good no longer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ended {
    Revoked,
    /// Another of its kind was given for the area.
    Replaced,
}

#[derive(Debug, Default)]
struct State {
    read_to: u64,
    invites: HashMap<String, Invite>,
    credentials: HashMap<String, Credential>,
}

impl State {
    fn take(&mut self, line: Line) {
        match line {
            Line::Invite { secret, area, expires } => {
                // Of two codes for one area the real office has one; nobody knows who has the other.
                let open = self.invites.values_mut().filter(|i| i.area == area && i.used_for.is_none());
                open.for_each(|i| i.ended = i.ended.or(Some(Ended::Replaced)));
                self.invites.insert(secret, Invite { area, expires, used_for: None, ended: None });
            }
            Line::Issued(issued) => {
                if let Some(secret) = &issued.secret {
                    // A new enrolment replaces the computer that stood there before.
                    let before = self.credentials.values_mut().filter(|c| c.issued.area == issued.area);
                    before.for_each(|c| c.ended = c.ended.or(Some(Ended::Replaced)));
                    if let Some(invite) = self.invites.get_mut(secret) {
                        invite.used_for = Some(issued.serial.clone());
                    }
                }
                self.credentials.insert(issued.serial.clone(), Credential { issued, ended: None });
            }
            Line::Revoked { area } => {
                let given = self.credentials.values_mut().filter(|c| c.issued.area == area);
                given.for_each(|c| c.ended = Some(Ended::Revoked));
                let invited = self.invites.values_mut().filter(|i| i.area == area);
                invited.for_each(|i| i.ended = Some(Ended::Revoked));
            }
        }
    }

    /// A living child of another area that contains this one or lies inside it: the same entries would arrive by two ways.
    fn child_beside(&self, area: Area, now: i64) -> Option<Area> {
        let living = self.credentials.values().filter(|c| c.is_living(now));
        living.map(|credential| credential.issued.area).find(|other| overlap(*other, area))
    }

    /// An office that may yet become such a child.
    fn guest_beside(&self, area: Area, now: i64) -> Option<Area> {
        let open = self.invites.values().filter(|i| i.is_open(now));
        open.map(|invite| invite.area).find(|other| overlap(*other, area))
    }

    /// Whether somebody reports for this very area, other than by `key`.
    fn is_taken(&self, area: Area, key: Option<&str>, now: i64) -> bool {
        let mut living = self.credentials.values().filter(|c| c.is_living(now) && c.issued.area == area);
        living.any(|credential| Some(credential.issued.key.as_str()) != key)
    }
}

fn overlap(one: Area, other: Area) -> bool {
    one != other && (one.contains(other) || other.contains(one))
}

/// Whose area overlaps with one that is to be invited.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Beside {
    /// It reports here.
    Child(Area),
    /// It holds a join code that is still good.
    Guest(Area),
}

/// What an invitation changes for those who were there before.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Invited {
    /// A code that was still good is good no longer.
    pub voids: bool,
    /// A machine reports for this area: whoever joins takes its place.
    pub replaces: bool,
}

/// See the module.
#[derive(Debug)]
pub struct Registry {
    path: PathBuf,
    state: Mutex<State>,
    /// How a line is brought to the disk, for tests in which that fails.
    sync: fn(&File) -> std::io::Result<()>,
}

impl Registry {
    pub fn open(path: &Path) -> Result<Registry> {
        let registry = Registry { path: path.to_owned(), state: Mutex::default(), sync: File::sync_all };
        drop(registry.current()?);
        Ok(registry)
    }

    /// The state with everything that another process wrote meanwhile.
    fn current(&self) -> Result<MutexGuard<'_, State>> {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let length = match std::fs::metadata(&self.path) {
            Ok(there) => there.len(),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => 0,
            Err(error) => return Err(error).or_say_at("reading the register of children", &self.path),
        };
        if length < state.read_to {
            // A line was taken back that did not reach the disk, or somebody put another file there. Read it as it is.
            *state = State::default();
        }
        if length > state.read_to {
            self.read_on(&mut state).or_say_at("reading the register of children", &self.path)?;
        }
        Ok(state)
    }

    fn read_on(&self, state: &mut State) -> std::io::Result<()> {
        let mut file = File::open(&self.path)?;
        file.seek(SeekFrom::Start(state.read_to))?;
        let mut bytes = Vec::new();
        file.read_to_end(&mut bytes)?;
        let Some(end) = bytes.iter().rposition(|byte| *byte == b'\n') else { return Ok(()) };
        for line in bytes[..end].split(|byte| *byte == b'\n').filter(|line| !line.is_empty()) {
            match serde_json::from_slice(line) {
                Ok(line) => state.take(line),
                Err(error) => tracing::warn!(%error, "a line of the register of children was never finished"),
            }
        }
        state.read_to += end as u64 + 1;
        Ok(())
    }

    /// Decides with `decide` over the newest state and writes the line it gives, nobody else writing in between.
    fn write<T, E: From<crate::error::Error>>(
        &self,
        decide: impl FnOnce(&State) -> Result<(Option<Line>, T), E>,
    ) -> Result<T, E> {
        let open = OpenOptions::new().append(true).read(true).create(true).mode(0o600).open(&self.path);
        let mut file = open.or_say_at("opening the register of children", &self.path)?;
        file.lock().or_say_at("locking the register of children", &self.path)?;
        let (line, value) = decide(&*self.current()?)?;
        if let Some(line) = line {
            let whole = self.current()?.read_to;
            self.append(&mut file, whole, &line).or_say_at("writing the register of children", &self.path)?;
            drop(self.current()?);
        }
        Ok(value)
    }

    /// Writes a line behind the first `whole` bytes, which are all finished lines. What a crash or a full disk left behind
    /// them goes: it was reported as not written, and closed by a line break it would count after all.
    fn append(&self, file: &mut File, whole: u64, line: &Line) -> std::io::Result<()> {
        if file.metadata()?.len() > whole {
            file.set_len(whole)?;
        }
        let mut bytes = serde_json::to_vec(line)?;
        bytes.push(b'\n');
        let mut write = || {
            file.write_all(&bytes)?;
            (self.sync)(file)?;
            // The file itself may be new.
            if whole == 0 { files::settle(&self.path) } else { Ok(()) }
        };
        let written = write();
        if written.is_err() {
            // A whole line that may not be on the disk: it is reported as not written, and must not count.
            file.set_len(whole)?;
        }
        written
    }

    /// Notes an invitation, unless somebody who reports here, or may come to, overlaps with the area. An earlier one for
    /// this very area that nobody used is void from now on.
    pub fn invite(&self, secret_hash: String, area: Area, expires: i64, now: i64) -> Result<Result<Invited, Beside>> {
        self.write(|state| {
            let child = state.child_beside(area, now).map(Beside::Child);
            if let Some(beside) = child.or(state.guest_beside(area, now).map(Beside::Guest)) {
                return Ok((None, Err(beside)));
            }
            let voids = state.invites.values().any(|i| i.area == area && i.is_open(now));
            let invited = Invited { voids, replaces: state.is_taken(area, None, now) };
            Ok((Some(Line::Invite { secret: secret_hash, area, expires }), Ok(invited)))
        })
    }

    /// Gives a certificate for an invitation: `decide` sees the invitation (or none), the certificate it was used for, and
    /// a living child that overlaps with its area, and says whether to issue a new one. Gives with its answer whether that
    /// takes the place of another machine.
    pub fn enrol<T, E: From<crate::error::Error>>(
        &self,
        secret_hash: &str,
        now: i64,
        decide: impl FnOnce(Option<&Invite>, Option<&Credential>, Option<Area>) -> Result<(Option<Issued>, T), E>,
    ) -> Result<(T, bool), E> {
        self.write(|state| {
            let invite = state.invites.get(secret_hash);
            let beside = invite.and_then(|invite| state.child_beside(invite.area, now));
            let used = invite.and_then(|i| i.used_for.as_ref()).and_then(|serial| state.credentials.get(serial));
            let (issued, value) = decide(invite, used, beside)?;
            let replaces = issued.as_ref().is_some_and(|new| state.is_taken(new.area, Some(&new.key), now));
            Ok((issued.map(Line::Issued), (value, replaces)))
        })
    }

    /// Gives a certificate in the place of the one with this serial: `decide` sees how that one stands, and a living child
    /// that overlaps with its area: one may have come while an expired certificate was not renewed. Nobody revokes it
    /// before the new one is noted.
    pub fn renew<E: From<crate::error::Error>>(
        &self,
        serial: &str,
        now: i64,
        decide: impl FnOnce(Option<&Credential>, Option<Area>) -> Result<Issued, E>,
    ) -> Result<Issued, E> {
        self.write(|state| {
            let credential = state.credentials.get(serial);
            let beside = credential.and_then(|credential| state.child_beside(credential.issued.area, now));
            let issued = decide(credential, beside)?;
            Ok((Some(Line::Issued(issued.clone())), issued))
        })
    }

    /// Ends everything given to this area. Returns how many certificates that were valid.
    pub fn revoke(&self, area: Area) -> Result<usize> {
        self.write(|state| {
            let valid = state.credentials.values().filter(|c| c.issued.area == area && c.ended.is_none()).count();
            Ok((Some(Line::Revoked { area }), valid))
        })
    }

    pub fn credential(&self, serial: &str) -> Result<Option<Credential>> {
        Ok(self.current()?.credentials.get(serial).cloned())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOBODY_THERE: Invited = Invited { voids: false, replaces: false };

    fn issued(serial: &str, area: &str, secret: Option<&str>) -> Issued {
        Issued {
            serial: serial.into(),
            area: area.parse().unwrap(),
            key: "04".into(),
            not_after: 100,
            certificate: String::new(),
            secret: secret.map(str::to_owned),
        }
    }

    fn give(registry: &Registry, serial: &str) {
        let given = issued(serial, "519901001", None);
        registry.renew(serial, 1, |_, _| Ok::<_, crate::error::Error>(given)).unwrap();
    }

    fn ended(registry: &Registry, serial: &str) -> Option<Ended> {
        registry.credential(serial).unwrap().unwrap().ended
    }

    #[test]
    fn another_process_is_seen_and_a_torn_line_is_survived() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("register.jsonl");
        let (daemon, verb) = (Registry::open(&path).unwrap(), Registry::open(&path).unwrap());
        give(&verb, "a");
        assert_eq!(ended(&daemon, "a"), None);
        OpenOptions::new().append(true).open(&path).unwrap().write_all(b"{\"t\":\"revo").unwrap();
        assert_eq!(ended(&daemon, "a"), None);
        daemon.revoke("519901001".parse().unwrap()).unwrap();
        assert_eq!(ended(&verb, "a"), Some(Ended::Revoked));
        assert_eq!(ended(&Registry::open(&path).unwrap(), "a"), Some(Ended::Revoked));
    }

    /// Whoever was told that it failed may not find later that it did not.
    #[test]
    fn a_line_that_lacks_but_its_end_never_counts() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("register.jsonl");
        let registry = Registry::open(&path).unwrap();
        give(&registry, "a");
        let revoked = serde_json::to_vec(&Line::Revoked { area: "519901001".parse().unwrap() }).unwrap();
        OpenOptions::new().append(true).open(&path).unwrap().write_all(&revoked).unwrap();
        give(&registry, "b");
        for reader in [registry, Registry::open(&path).unwrap()] {
            assert_eq!((ended(&reader, "a"), ended(&reader, "b")), (None, None));
        }
        assert!(std::fs::read(&path).unwrap().ends_with(b"}\n"));
    }

    #[test]
    fn a_village_below_a_living_township_is_not_invited() {
        let dir = tempfile::tempdir().unwrap();
        let registry = Registry::open(&dir.path().join("register.jsonl")).unwrap();
        give(&registry, "a");
        let village = "519901001200".parse().unwrap();
        let township = "519901001".parse().unwrap();
        assert_eq!(registry.invite("h".into(), village, 50, 1).unwrap(), Err(Beside::Child(township)));
        assert_eq!(registry.invite("h".into(), "519901002".parse().unwrap(), 50, 1).unwrap(), Ok(NOBODY_THERE));
        registry.revoke("519901001".parse().unwrap()).unwrap();
        assert_eq!(registry.invite("h".into(), village, 50, 1).unwrap(), Ok(NOBODY_THERE));
    }

    #[test]
    fn a_village_is_not_invited_beside_its_township_while_the_code_of_that_is_good() {
        let dir = tempfile::tempdir().unwrap();
        let registry = Registry::open(&dir.path().join("register.jsonl")).unwrap();
        let (township, village) = ("519901001".parse().unwrap(), "519901001200".parse().unwrap());
        assert_eq!(registry.invite("t".into(), township, 50, 1).unwrap(), Ok(NOBODY_THERE));
        let again = Invited { voids: true, ..NOBODY_THERE };
        assert_eq!(registry.invite("again".into(), township, 50, 1).unwrap(), Ok(again), "the first code was lost");
        assert_eq!(registry.invite("v".into(), village, 50, 1).unwrap(), Err(Beside::Guest(township)));
        assert_eq!(registry.invite("v".into(), village, 99, 50).unwrap(), Ok(NOBODY_THERE), "they have expired");
        assert_eq!(registry.invite("t2".into(), township, 99, 50).unwrap(), Err(Beside::Guest(village)));
        registry.revoke(village).unwrap();
        assert_eq!(registry.invite("t2".into(), township, 99, 50).unwrap(), Ok(NOBODY_THERE));
    }

    #[test]
    fn a_new_enrolment_ends_the_computer_before_it() {
        let dir = tempfile::tempdir().unwrap();
        let registry = Registry::open(&dir.path().join("register.jsonl")).unwrap();
        give(&registry, "old");
        let invited = registry.invite("h".into(), "519901001".parse().unwrap(), 50, 1).unwrap().unwrap();
        assert_eq!(invited, Invited { replaces: true, ..NOBODY_THERE });
        let fresh = Issued { key: "05".into(), ..issued("new", "519901001", Some("h")) };
        let enrolled = registry.enrol("h", 1, |_, _, _| Ok::<_, crate::error::Error>((Some(fresh), ())));
        assert_eq!(enrolled.unwrap(), ((), true));
        assert_eq!(ended(&registry, "old"), Some(Ended::Replaced));
        assert_eq!(ended(&registry, "new"), None);
    }

    #[test]
    fn a_line_that_did_not_reach_the_disk_does_not_count() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("register");
        let mut registry = Registry::open(&path).unwrap();
        let area = "519901001".parse().unwrap();
        assert!(registry.invite("aa".into(), area, 50, 0).unwrap().is_ok());
        registry.sync = |_| Err(std::io::Error::from_raw_os_error(libc::EIO));
        assert!(registry.revoke(area).is_err());
        let is_open = |registry: &Registry| registry.current().unwrap().invites["aa"].is_open(0);
        assert!(is_open(&registry) && is_open(&Registry::open(&path).unwrap()));
        registry.sync = File::sync_all;
        registry.revoke(area).unwrap();
        assert!(!is_open(&registry) && !is_open(&Registry::open(&path).unwrap()));
    }
}
