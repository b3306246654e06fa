//! The answers to the verbs, for the control socket and, read-only, for a store without a daemon.

mod acting;
mod counting;
mod gathered;
mod holding;
mod linking;
mod looking;
mod standing;
mod upward;

pub use counting::place_below;
pub(super) use looking::instant;

use std::path::PathBuf;
use std::sync::Arc;

use gathered::Gathered;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::control::requests::{self as ask, Reach};
use super::control::{Desk, Exit, Frame, Request, path_text, spool};
use super::logbook::Logbook;
use super::office::Office;
use super::worker::Progress;
use crate::error::{Error, Result};
use crate::intake::Vocabulary;
use crate::settings::Settings;
use crate::store::{Home, Store, View};
use crate::sync::authority::Authority;
use crate::sync::receive::Parent;
use crate::sync::status::LinkHandle;

/// What only a running daemon has.
pub(super) struct Live {
    pub progress: Arc<Progress>,
    pub vocabulary: Arc<Vocabulary>,
    pub logbook: Arc<Logbook>,
    pub link: LinkHandle,
    pub parent: Arc<Parent>,
    pub authority: Option<Arc<Authority>>,
    /// Where the link's futures run; the desk itself blocks.
    pub runtime: tokio::runtime::Handle,
}

/// One node's desk.
pub struct FrontDesk {
    office: Arc<Office>,
    live: Option<Live>,
}

/// Where frames go; `false` says that nobody listens any more.
type Out<'a> = &'a mut dyn FnMut(Frame) -> bool;

impl FrontDesk {
    /// The desk of a running daemon; to be called inside the runtime.
    pub fn new(
        office: Arc<Office>,
        progress: Arc<Progress>,
        vocabulary: Arc<Vocabulary>,
        logbook: Arc<Logbook>,
        link: LinkHandle,
        parent: Arc<Parent>,
        authority: Option<Arc<Authority>>,
    ) -> FrontDesk {
        let runtime = tokio::runtime::Handle::current();
        let live = Live { progress, vocabulary, logbook, link, parent, authority, runtime };
        FrontDesk { office, live: Some(live) }
    }

    fn live(&self) -> Result<&Live> {
        self.live.as_ref().ok_or_else(|| Error::new("this needs the running daemon"))
    }

    /// Sends rows that are all of one moment. They are gathered first: a pager that stands still for hours must not keep the
    /// store's log from being written back.
    fn rows_of_one_moment(
        &self,
        out: Out,
        gather: impl FnOnce(&View, &mut dyn FnMut(&Value)) -> Result<()>,
    ) -> Result<Exit> {
        // Without a daemon the rows are the command line's alone.
        let spool = self.live.as_ref().map(|_| self.office.settings().data_dir());
        self.rows_gathered(Gathered::new(spool), out, gather)
    }

    /// The same where names and numbers may be whole: then none of it lies on the disk.
    fn rows_that_reveal(
        &self,
        out: Out,
        gather: impl FnOnce(&View, &mut dyn FnMut(&Value)) -> Result<()>,
    ) -> Result<Exit> {
        self.rows_gathered(Gathered::new(None), out, gather)
    }

    fn rows_gathered(
        &self,
        mut rows: Gathered,
        out: Out,
        gather: impl FnOnce(&View, &mut dyn FnMut(&Value)) -> Result<()>,
    ) -> Result<Exit> {
        self.office.store.read(|view| gather(view, &mut |row| rows.put(row)))?;
        rows.each(|said| row(out, said))?;
        Ok(Exit::Done)
    }

    fn answer(&self, request: &Request, out: Out) -> Result<Exit> {
        match request.verb.as_str() {
            "status" => self.status(out),
            "settled" => self.settled(out),
            "findings" => self.findings(&request.args()?, out),
            "findings-counted" => self.findings_counted(&request.args()?, out),
            "events" => self.events(&request.args()?, out),
            "people" => self.people(&request.args()?, &request.who, out),
            "held" => self.held(out),
            "quarantine" => self.quarantine(out),
            "access" => self.access(out),
            "check" => self.check(out),
            "decide" => self.decide(&request.args()?, out),
            "import" => self.import(&request.args()?, request.received.as_deref(), out),
            "settle-held" => self.settle_held(&request.args()?, out),
            "pause" => self.pause(true),
            "resume" => self.pause(false),
            "backup" => self.backup(&request.args()?, out),
            "backup-report" => self.backup_report(&request.args()?),
            "restore" => self.restore(&request.args()?, out),
            "rekey" => self.rekey(&request.args()?, out),
            "matches" => self.matches(out),
            "match" => self.settle_match(&request.args()?, out),
            "link-train" => self.train(out),
            "rematch" => self.rematch(&request.args::<ask::Rematch>()?, out),
            "invite" => self.invite(&request.args()?, out),
            "join" => self.join(&request.args()?, out),
            "revoke" => self.revoke(&request.args()?, out),
            "resync" => self.resync(&request.args()?, out),
            "trust" => self.trust(&request.args()?, out),
            "verify" => self.verify(&request.args()?, out),
            "export-batch" => self.export_batch(&request.args()?, out),
            "import-batch" => self.import_batch(&request.args()?, request.received.as_deref(), out),
            other => Err(Error::new(format!("this daemon knows no verb '{other}'"))
                .hint("is the program newer than the daemon? restart it")),
        }
    }
}

/// What a request that comes with a file calls it.
#[derive(Deserialize)]
struct Named {
    #[serde(with = "path_text")]
    file: PathBuf,
}

impl FrontDesk {
    /// `error` in terms of whoever asked: the file that they sent goes by its own name, and what is on its way to them lies
    /// in the data folder.
    fn named(&self, mut error: Error, request: &Request) -> Error {
        if let (Some(received), Ok(named)) = (&request.received, request.args::<Named>()) {
            error = error.renamed(received.path(), &named.file);
        }
        let data = self.office.settings().data_dir();
        error.renamed(&spool::folder(&data), &data)
    }
}

impl Desk for FrontDesk {
    fn handle(&self, request: Request, out: &mut dyn FnMut(Frame) -> bool) -> Exit {
        self.office.stir();
        match self.answer(&request, out) {
            Ok(exit) => {
                out(Frame::End { exit });
                exit
            }
            Err(error) => {
                let error = self.named(error, &request);
                let exit = if error.is_transient() { Exit::Unreachable } else { Exit::Failed };
                out(Frame::error(&self.office.text, &error, exit));
                exit
            }
        }
    }
}

/// Sends a row; `Err` stops work for somebody who went away.
fn row<T: Serialize>(out: Out, row: &T) -> Result<()> {
    if out(Frame::row(row)) { Ok(()) } else { Err(Error::new("the one who asked went away")) }
}

/// A desk over the store without a daemon. Reading verbs open it read-only; the few that write a little open it for
/// that moment; those that put another file in its place do not open it at all, as it may be the broken one.
///
/// # Errors
/// Where the store is of another version or another office, or its key does not open it.
pub fn offline(settings: &Settings, reach: Reach) -> Result<Box<dyn Desk>> {
    let store = if reach != Reach::Stopped && settings.store_file().exists() {
        let store = Store::open_read_only(Home::of(settings)?)?;
        store.must_be_of(settings.area)?;
        store
    } else {
        // A node that never ran has nothing to show, which is an answer; and it may be joined. Nothing is made here:
        // a daemon may be starting at this moment.
        Store::in_memory(settings.area)?
    };
    Ok(Box::new(FrontDesk { office: Arc::new(Office::new(store, settings.clone(), None)), live: None }))
}

#[cfg(test)]
mod tests;
