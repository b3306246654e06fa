//! Offices for the tests: a parent with an open port, children with links.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::JoinHandle;

use super::super::authority::Authority;
use super::super::client::HttpLine;
use super::super::clock::CertificateClock;
use super::super::credential::Credential;
use super::super::enrol;
use super::super::ledger::{ChildLedger, ParentLedger};
use super::super::line::{Failure, Line};
use super::super::link::{Link, LinkSettings};
use super::super::protocol::*;
use super::super::push::Child;
use super::super::receive::Parent;
use super::super::serve::{Door, DoorLimits, serve};
use super::super::status::LinkHandle;
use super::model::Memory;

pub const COUNTY: &str = "519901";
pub const TOWN: &str = "519901001";
pub const VILLAGE: &str = "519901001200";
pub const OTHER: &str = "519901002200";

/// A node with a folder of its own.
pub struct Office {
    pub area: &'static str,
    pub store: Arc<Memory>,
    pub folder: tempfile::TempDir,
    pub authority: Arc<Authority>,
    pub parent: Arc<Parent>,
    stop: watch::Sender<bool>,
}

impl Office {
    pub fn new(area: &'static str) -> Office {
        let folder = tempfile::tempdir().unwrap();
        let authority = Authority::open(&folder.path().join("link/authority"), area.parse().unwrap()).unwrap();
        Office::of(area, folder, authority)
    }

    /// With the computer's clock and its monotonic one from `read`.
    pub fn with_clock(area: &'static str, read: impl Fn() -> (i64, Instant) + Send + Sync + 'static) -> Office {
        let folder = tempfile::tempdir().unwrap();
        let dir = folder.path().join("link/authority");
        std::fs::create_dir_all(&dir).unwrap();
        let clock = CertificateClock::reading(&dir.join("clock"), Box::new(read)).unwrap();
        let authority = Authority::with_clock(&dir, area.parse().unwrap(), clock).unwrap();
        Office::of(area, folder, authority)
    }

    fn of(area: &'static str, folder: tempfile::TempDir, authority: Arc<Authority>) -> Office {
        let number: u64 = area.parse().unwrap();
        let store = Arc::new(Memory::new(area.parse().unwrap(), number * 1000 + 1));
        let parent = Arc::new(Parent::new(store.clone() as Arc<dyn ParentLedger>));
        Office { area, store, folder, authority, parent, stop: watch::Sender::new(false) }
    }

    pub fn dir(&self) -> PathBuf {
        self.folder.path().join("link")
    }

    /// Opens the port and returns its address.
    pub async fn open(&self) -> String {
        self.open_with(DoorLimits::default()).await
    }

    pub async fn open_with(&self, limits: DoorLimits) -> String {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap().to_string();
        let door = Door::new(self.authority.clone(), self.parent.clone(), limits);
        tokio::spawn(serve(listener, door, self.stop.subscribe()));
        address
    }

    pub async fn join(&self, parent: &Office, address: &str) -> Credential {
        let code = parent.authority.invite(&[address.to_owned()], self.area.parse().unwrap(), 1).unwrap().0;
        enrol::join(&self.dir(), self.area.parse().unwrap(), &code).await.unwrap()
    }

    pub fn child(&self) -> Arc<Child> {
        Arc::new(Child::new(self.store.clone() as Arc<dyn ChildLedger>))
    }

    pub fn ledger(&self) -> Arc<dyn ChildLedger> {
        self.store.clone()
    }

    /// Starts the link; it stops with the office.
    pub fn link(&self) -> (LinkHandle, JoinHandle<()>) {
        self.link_with(self.child())
    }

    pub fn link_with(&self, child: Arc<Child>) -> (LinkHandle, JoinHandle<()>) {
        self.link_that_greets_every(LinkSettings::default().hello_every, child)
    }

    pub fn link_that_greets_every(&self, hello_every: Duration, child: Arc<Child>) -> (LinkHandle, JoinHandle<()>) {
        let settings = LinkSettings {
            retry_first: Duration::from_millis(5),
            retry_max: Duration::from_millis(50),
            notices_wait_secs: 2,
            hello_every,
            ..LinkSettings::default()
        };
        let (link, handle) = Link::new(child, self.dir(), settings);
        (handle, tokio::spawn(link.run(self.stop.subscribe())))
    }

    pub fn fill(&self, range: std::ops::Range<u64>, word: &str) {
        for key in range {
            self.store.put(key, 1 + (key % 4) as u8, self.area, &format!("{word} {key}"));
        }
    }
}

impl Drop for Office {
    fn drop(&mut self) {
        self.stop.send_replace(true);
    }
}

/// A county, a village below it, joined.
pub async fn county_and_village() -> (Office, Office, String) {
    let (county, village) = (Office::new(COUNTY), Office::new(VILLAGE));
    let address = county.open().await;
    village.join(&county, &address).await;
    (county, village, address)
}

/// Waits until all is sent: on a bad line, or beside a pause after one, that takes a while.
pub async fn gets_through(link: &LinkHandle) {
    const WAIT: Duration = Duration::from_secs(120);
    let sent = async {
        while link.flush().await.is_err() {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    tokio::time::timeout(WAIT, sent).await.expect("all is sent in the end");
}

pub fn line(office: &Office) -> HttpLine {
    HttpLine::enrolled(&Credential::load(&office.dir()).unwrap().unwrap()).unwrap()
}

pub async fn say_hello(line: &impl Line, child: &Child) -> Result<Welcome, Failure> {
    match line.ask(Message::bare(Ask::Hello(child.hello(0).unwrap()))).await?.meta {
        Answer::Welcome(welcome) => Ok(welcome),
        other => panic!("{other:?}"),
    }
}

/// Sends one batch as the link does.
pub async fn push(line: &impl Line, office: &Office, header: BatchHeader, body: Vec<u8>) -> Result<Receipt, Failure> {
    let credential = Credential::load(&office.dir()).unwrap().unwrap();
    let signature = to_hex(&credential.sign(&header.hash.0).unwrap());
    match line.ask(Message { meta: Ask::Push { header, signature, more: false }, payload: body }).await?.meta {
        Answer::Receipt(receipt) => Ok(receipt),
        other => panic!("{other:?}"),
    }
}
