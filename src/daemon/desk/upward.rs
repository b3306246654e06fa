//! Verbs about the link: joining, comparing, batches by file.

use std::sync::Arc;
use std::time::{Duration, Instant};

use jiff::Timestamp;
use serde_json::{Value, json};

use super::super::attest;
use super::super::control::requests as ask;
use super::super::control::spool::Spooled;
use super::super::control::{Content, Exit, Frame};
use super::super::ledger::Ledger;
use super::super::neighbours::ChildState;
use super::{FrontDesk, Out, row};
use crate::domain::{Area, Level, List};
use crate::error::{Error, Result};
use crate::settings::Settings;
use crate::store::Child as Known;
use crate::sync::authority::Authority;
use crate::sync::credential::Credential;
use crate::sync::enrol;
use crate::sync::join_code::JoinCode;
use crate::sync::offline::{self, Imported};
use crate::sync::protocol::{Differing, PROTOCOL_ATTESTS, ResyncReport};
use crate::sync::resync::{Step, Verdict};

/// How long a parent waits for a child it asked to compare itself; then it is done at the child's next contact.
const CHILD_WAIT: Duration = Duration::from_secs(120);
const CHILD_LOOK: Duration = Duration::from_millis(300);
/// One that is not connected is waited for no longer than this: it is switched off, or comes back after a short break of
/// the link, with the first of its pauses between two tries.
const CHILD_AWAY_WAIT: Duration = Duration::from_secs(20);

/// Where children reach this node.
fn addresses(settings: &Settings) -> Result<Vec<String>> {
    if settings.level() == Level::Village {
        return Err(Error::new("a village has no offices below it"));
    }
    if let Some(advertise) = &settings.advertise {
        return Ok(vec![advertise.clone()]);
    }
    let listen = settings.listen.ok_or_else(|| {
        Error::new("this node has no address for children").hint("set [listen] addr = \"0.0.0.0:7443\" and restart")
    })?;
    if listen.ip().is_unspecified() {
        return Err(Error::new(format!("{listen} is no address a child can go to"))
            .hint("set [listen] advertise = \"HOST:PORT\", the name or address the children see"));
    }
    Ok(vec![listen.to_string()])
}

impl FrontDesk {
    fn authority(&self) -> Result<Arc<Authority>> {
        let settings = self.office.settings();
        match self.live.as_ref().and_then(|live| live.authority.clone()) {
            Some(authority) => Ok(authority),
            None => Authority::open(&settings.link_dir().join("authority"), settings.area),
        }
    }

    pub(super) fn invite(&self, args: &ask::Invite, out: Out) -> Result<Exit> {
        let settings = self.office.settings();
        let (code, invited) = self.authority()?.invite(&addresses(&settings)?, args.area, args.hours)?;
        for (key, is_so) in [("hint-invite-voids", invited.voids), ("hint-invite-replaces", invited.replaces)] {
            if is_so {
                out(Frame::Hint(self.office.text.say_with(key, &[("area", &args.area)])));
            }
        }
        let now = Timestamp::from_second(self.office.now().as_second()).unwrap_or(Timestamp::UNIX_EPOCH);
        let expires = now + Duration::from_secs(u64::from(args.hours) * 3_600);
        row(out, &json!({"area": args.area, "code": code.to_string(), "expires": expires.to_string()}))?;
        Ok(Exit::Done)
    }

    pub(super) fn join(&self, args: &ask::Join, out: Out) -> Result<Exit> {
        let settings = self.office.settings();
        let code: JoinCode = args.code.parse().map_err(|e| Error::new("the join code does not read").because(e))?;
        let folder = settings.link_dir();
        let joining = enrol::join(&folder, settings.area, &code);
        let credential = match &self.live {
            Some(live) => live.runtime.block_on(joining)?,
            None => tokio::runtime::Builder::new_current_thread()
                .enable_all()
                .build()
                .map_err(|e| Error::new("starting the runtime").because(e))?
                .block_on(joining)?,
        };
        if let Some(live) = &self.live {
            live.link.wake();
        }
        let url = credential.addresses().first().map(|address| format!("https://{address}"));
        row(out, &json!({"area": settings.area, "parent": credential.parent(), "url": url}))?;
        Ok(Exit::Done)
    }

    pub(super) fn revoke(&self, args: &ask::Revoke, out: Out) -> Result<Exit> {
        let ended = self.authority()?.revoke(args.area)?;
        if ended == 0 {
            return Err(Error::new(format!("{} holds no credential of this node", args.area))
                .hint("'rosterd status' lists the children"));
        }
        self.writing_store()?.write(|writer| match writer.child(args.area)? {
            Some(mut known) => {
                ChildState::change(&mut known, |state| state.revoked = true);
                writer.put_child(&known)
            }
            None => Ok(()),
        })?;
        row(out, &json!({"area": args.area, "revoked": ended}))?;
        Ok(Exit::Done)
    }

    pub(super) fn resync(&self, args: &ask::Resync, out: Out) -> Result<Exit> {
        let live = self.live()?;
        if let Some(child) = args.area.filter(|area| *area != self.office.area()) {
            return self.resync_child(child, out);
        }
        self.must_have_joined()?;
        let (sender, mut steps) = tokio::sync::mpsc::unbounded_channel();
        let link = live.link.clone();
        let running = live.runtime.spawn(async move { link.resync(true, Some(sender)).await });
        while let Some(step) = steps.blocking_recv() {
            let (done, total, what) = match step {
                Step::Reading => (0, 0, "read"),
                Step::Comparing { held, differences } => (differences, held, "compare"),
                Step::Repairing { done, all } => (done, all, "repair"),
            };
            out(Frame::progress(done, total, what));
        }
        let report = live.runtime.block_on(running).map_err(|e| Error::new("the resync broke off").because(e))??;
        self.say_resynced(self.office.area(), &report, out)
    }

    /// What the resync of `area` with the office above it came to. Failed where the two are not equal after it.
    fn say_resynced(&self, area: Area, report: &ResyncReport, out: Out) -> Result<Exit> {
        let ResyncReport { matched, sent, removed, held, bytes, equal } = *report;
        row(
            out,
            &json!({"area": area, "list": Value::Null, "matched": matched, "sent": sent, "removed": removed,
                    "held": held, "bytes": bytes, "equal": equal}),
        )?;
        if equal {
            return Ok(Exit::Done);
        }
        let hint = match held {
            0 => self.office.text.say("hint-resync-differs"),
            _ => self.office.text.say_with("hint-resync-held", &[("count", &held), ("area", &area)]),
        };
        out(Frame::Hint(hint));
        Ok(Exit::Failed)
    }

    fn must_have_joined(&self) -> Result<()> {
        if Credential::load(&self.office.settings().link_dir())?.is_some() {
            return Ok(());
        }
        Err(match self.office.area().level() {
            Level::County => Error::new("nobody stands above a county").hint("--area names a child"),
            Level::Township => Error::new("this node has joined no parent")
                .hint("'rosterd join' with a join code of the parent's, or --area for a child"),
            Level::Village => {
                Error::new("this node has joined no parent").hint("'rosterd join' with a join code of the parent's")
            }
        })
    }

    fn known_child(&self, child: Area) -> Result<Known> {
        self.office.store.read(|view| view.child(child))?.ok_or_else(|| {
            Error::new(format!("no child {child} has ever reported here")).hint("'rosterd status' lists the children")
        })
    }

    /// A child is behind a wall and can only be asked when it comes: it is, within moments, as it waits for notices; or at
    /// its next contact, where it is away now.
    ///
    /// `asked` notes what is asked, or says whether it still is. Gives what the child answered, if it did in time.
    fn ask_child(&self, child: Area, asked: fn(&mut Known) -> &mut bool, out: Out) -> Result<Option<ChildState>> {
        let live = self.live()?;
        if ChildState::of(&self.known_child(child)?).revoked {
            return Err(Error::new(format!("the certificate of {child} was revoked")));
        }
        self.office.store.write(|writer| {
            let mut known = writer.child(child)?.unwrap_or_else(|| Known::new(child));
            *asked(&mut known) = true;
            ChildState::change(&mut known, |state| (state.resync, state.verified) = (None, None));
            writer.put_child(&known)
        })?;
        live.parent.announce();
        let started = Instant::now();
        let mut connected = started;
        loop {
            let mut known = self.known_child(child)?;
            if !*asked(&mut known) {
                return Ok(Some(ChildState::of(&known)));
            }
            if live.parent.is_connected(child) {
                connected = Instant::now();
            }
            let is_away = connected.elapsed() > CHILD_AWAY_WAIT;
            if is_away
                || started.elapsed() > CHILD_WAIT
                || !out(Frame::progress(started.elapsed().as_secs(), CHILD_WAIT.as_secs(), "wait"))
            {
                out(Frame::Hint(self.office.text.say("hint-resync-later")));
                return Ok(None);
            }
            std::thread::sleep(CHILD_LOOK);
        }
    }

    fn resync_child(&self, child: Area, out: Out) -> Result<Exit> {
        let Some(state) = self.ask_child(child, |known| &mut known.resync, out)? else { return Ok(Exit::Unreachable) };
        let report = state.resync.ok_or_else(|| Error::new("the child did not say what it found"))?;
        self.say_resynced(child, &report, out)
    }

    pub(super) fn verify(&self, args: &ask::Verify, out: Out) -> Result<Exit> {
        let live = self.live()?;
        if let Some(child) = args.area.filter(|area| *area != self.office.area()) {
            return self.verify_child(child, out);
        }
        self.must_have_joined()?;
        let verdict = live.runtime.block_on(live.link.verify())?;
        let area = self.office.area();
        match verdict {
            Verdict::Equal(total) => {
                row(out, &equal_row(area, total.count))?;
                Ok(Exit::Done)
            }
            Verdict::Differs { rows, .. } => {
                rows.iter().try_for_each(|differing| row(out, &differing_row(differing)))?;
                Ok(Exit::Failed)
            }
            Verdict::Unsettled => {
                Err(Error::new("the two are still exchanging data").hint("try again in a moment").transient())
            }
        }
    }

    /// The child compares, repairs nothing, and tells what it found.
    fn verify_child(&self, child: Area, out: Out) -> Result<Exit> {
        let spoken = self.known_child(child)?.protocol;
        if spoken < PROTOCOL_ATTESTS {
            return Err(Error::new(format!("the rosterd of {child} is too old to compare without repairing"))
                .hint("update it, or use 'rosterd resync --area'"));
        }
        let Some(state) = self.ask_child(child, |known| &mut known.verify, out)? else {
            return Ok(Exit::Unreachable);
        };
        let report = state.verified.ok_or_else(|| Error::new("the child did not say what it found"))?;
        if report.differing.is_empty() {
            row(out, &equal_row(child, report.held))?;
            return Ok(Exit::Done);
        }
        report.differing.iter().try_for_each(|differing| row(out, &differing_row(differing)))?;
        Ok(Exit::Failed)
    }

    /// A person at this node has asked an office by telephone and says that its new key is its own.
    pub(super) fn trust(&self, args: &ask::Trust, out: Out) -> Result<Exit> {
        let prints = self.writing_store()?.write(|writer| attest::trust(writer, args.area))?;
        let Some((before, key)) = prints else {
            return Err(Error::new(format!("no word of {} ever came here", args.area))
                .hint("'rosterd status --json' lists the words that did"));
        };
        row(out, &json!({"area": args.area, "before": before, "key": key}))?;
        Ok(Exit::Done)
    }

    pub(super) fn export_batch(&self, args: &ask::ExportBatch, out: Out) -> Result<Exit> {
        let live = self.live()?;
        let settings = self.office.settings();
        self.must_have_joined()?;
        let credential =
            Credential::load(&settings.link_dir())?.ok_or_else(|| Error::new("this node has joined no parent"))?;
        let after = self.office.store.read(|view| view.acknowledged())?;
        let spooled = Spooled::new(&settings.data_dir())?;
        let exported = offline::export_batches(live.link.child(), &credential, spooled.path())?;
        let content = Content::of(spooled)?;
        let bytes = content.bytes;
        out(Frame::File(content));
        row(
            out,
            &json!({"file": args.file, "entries": exported.items, "bytes": bytes,
                         "from_seq": after, "to_seq": exported.last, "more": exported.more}),
        )?;
        Ok(Exit::Done)
    }

    pub(super) fn import_batch(&self, args: &ask::ImportBatch, received: Option<&Spooled>, out: Out) -> Result<Exit> {
        let live = self.live()?;
        let settings = self.office.settings();
        let ledger = Arc::new(Ledger::new(self.office.clone()));
        let file = received.ok_or_else(|| Error::new("no file came with the request"))?.path();
        let receipts = Spooled::new(&settings.data_dir())?;
        let imported = if offline::is_receipts(file)? {
            let credential =
                Credential::load(&settings.link_dir())?.ok_or_else(|| Error::new("this node has joined no parent"))?;
            let ledger: Arc<dyn crate::sync::ledger::ChildLedger> = ledger;
            offline::import_receipts(&ledger, &credential, file)?
        } else {
            offline::import_batches(&*self.authority()?, &live.parent, file, receipts.path())?
        };
        self.office.changed();
        match imported {
            Imported::Batches { child, batches, taken, rejected, stopped } => {
                let watermark = self.office.store.read(|view| view.child(child))?.map_or(0, |c| c.watermark);
                out(Frame::File(Content::of(receipts)?));
                row(
                    out,
                    &json!({"file": args.file, "area": child, "batches": batches, "entries": taken,
                                 "refused": rejected, "watermark": watermark, "receipts": ask::receipts_beside(&args.file)}),
                )?;
                match stopped {
                    None => Ok(Exit::Done),
                    Some(refusal) => Err(Error::new("the file was not taken to its end").because(refusal)),
                }
            }
            Imported::Receipts { watermark, .. } => {
                row(
                    out,
                    &json!({"file": args.file, "area": self.office.area(), "entries": 0, "refused": 0, "watermark": watermark}),
                )?;
                Ok(Exit::Done)
            }
        }
    }
}

/// Both sides hold the same.
fn equal_row(area: Area, held: u64) -> Value {
    json!({"area": area, "list": Value::Null, "matched": held, "sent": 0, "removed": 0, "bytes": 0, "equal": true})
}

/// One list of an area on which they do not; `here` is the child's side.
fn differing_row(differing: &Differing) -> Value {
    let list = List::from_code(differing.list).map(List::as_str);
    json!({"area": differing.area, "list": list, "matched": differing.child.min(differing.parent),
           "here": differing.child, "parent": differing.parent, "sent": 0, "removed": 0, "bytes": 0, "equal": false})
}
