//! Offices with real stores and the real engine of the link in one process, joined by a line that a test can break. No
//! network and no daemon: what a hundred thousand batches and a thousand failing disks can be shown with.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, LazyLock, Mutex};

use ring::rand::SystemRandom;
use ring::signature::{ECDSA_P256_SHA256_ASN1_SIGNING, EcdsaKeyPair, KeyPair};
use rosterd::daemon::ledger::Ledger;
use rosterd::daemon::office::Office;
use rosterd::daemon::pass::derive;
use rosterd::domain::{Area, Date};
use rosterd::error::{Error, Result};
use rosterd::settings::Settings;
use rosterd::store::{Home, Store, StoredEntry};
use rosterd::sync::course::{Course, Signer};
use rosterd::sync::ledger::{ChildLedger, ParentLedger};
use rosterd::sync::line::{Failure, Line};
use rosterd::sync::protocol::{Answer, Ask, Message, Receipt, Refusal, Welcome};
use rosterd::sync::push::Child;
use rosterd::sync::receive::Parent;
use rosterd::sync::resync::Verdict;
use rosterd::sync::tls::Peer;

use super::office::take_file;

/// The dice of the engine's own tests: the same seed, the same course.
#[path = "../../src/sync/tests/dice.rs"]
mod dice;
pub use dice::Dice;

/// One key for all: what is tested here is not the cryptography.
static KEY: LazyLock<EcdsaKeyPair> = LazyLock::new(|| {
    let random = SystemRandom::new();
    let pkcs8 = EcdsaKeyPair::generate_pkcs8(&ECDSA_P256_SHA256_ASN1_SIGNING, &random).expect("a key");
    EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_ASN1_SIGNING, pkcs8.as_ref(), &random).expect("our own key")
});

struct Hand(Area);

impl Signer for Hand {
    fn area(&self) -> Area {
        self.0
    }

    fn key(&self) -> Vec<u8> {
        KEY.public_key().as_ref().to_vec()
    }

    fn sign(&self, message: &[u8]) -> Result<Vec<u8>> {
        let signature = KEY.sign(&SystemRandom::new(), message).map_err(|_| Error::new("signing"))?;
        Ok(signature.as_ref().to_vec())
    }
}

/// One office, its store open.
pub struct Branch {
    pub area: Area,
    pub dir: PathBuf,
    pub office: Arc<Office>,
    pub parent: Arc<Parent>,
    pub child: Arc<Child>,
}

impl Branch {
    /// Opens (or makes) the store in `dir`.
    ///
    /// # Errors
    /// Those of the store.
    pub fn open(dir: &Path, area: &str, today: Date) -> Result<Branch> {
        std::fs::create_dir_all(dir).expect("our own folder");
        let area: Area = area.parse().expect("an area");
        let text = format!("[node]\narea = \"{area}\"\nname = \"office\"\n");
        let settings = Settings::parse(&text, &dir.join("rosterd.toml")).expect("settings of a test");
        let store = Store::open(Home::plain(dir), area)?;
        let office = Arc::new(Office::new(store, settings, Some(today)));
        let ledger = Arc::new(Ledger::new(office.clone()));
        Ok(Branch {
            area,
            dir: dir.to_owned(),
            parent: Arc::new(Parent::new(ledger.clone() as Arc<dyn ParentLedger>)),
            child: Arc::new(Child::new(ledger as Arc<dyn ChildLedger>).bounded(40, 1 << 16)),
            office,
        })
    }

    /// Reads a file of the inbox and works off what it changes.
    ///
    /// # Errors
    /// Those of the store.
    pub fn read(&self, path: &str, text: &str) -> Result<()> {
        take_file(&self.office.store, &self.office.setting(), &self.dir, path, text, false)?;
        self.settle()
    }

    /// # Errors
    /// Those of the store.
    pub fn settle(&self) -> Result<()> {
        derive(&self.office.store, &self.office.setting(), &|_, _| Ok(()), &mut |_| {}, &|| true).map(drop)
    }

    /// Every entry that stands, by its name, with what it says.
    pub fn entries(&self) -> BTreeMap<String, String> {
        self.entries_or_damage().expect("the store reads")
    }

    /// # Errors
    /// Those of the store.
    pub fn entries_or_damage(&self) -> Result<BTreeMap<String, String>> {
        let mut all = BTreeMap::new();
        self.office.store.read(|view| {
            view.each_entry(0, i64::MAX, &mut |StoredEntry { entry: e, .. }| {
                if e.removed.is_none() {
                    let said = serde_json::to_string(&e.record).expect("a record is plain");
                    all.insert(e.uid.to_string(), format!("{} {:?} {said}", e.area, e.list));
                }
            })
        })?;
        Ok(all)
    }
}

/// What a line does to what it carries, in percent.
#[derive(Debug, Clone, Copy, Default)]
pub struct Weather {
    /// The question is lost.
    pub lost: u64,
    /// The answer is lost.
    pub unanswered: u64,
    /// The question arrives twice.
    pub doubled: u64,
    /// A push is kept and comes again later, among others.
    pub late: u64,
}

/// The way from a child to its parent.
pub struct Wire<'a> {
    pub above: &'a Branch,
    pub from: Area,
    pub weather: Weather,
    pub dice: &'a Mutex<Dice>,
    /// Pushes on their way for long.
    pub late: &'a Mutex<Vec<Message<Ask>>>,
    /// The highest number the parent acknowledged, whether the answer arrived or not.
    pub acknowledged: &'a AtomicU64,
}

impl Wire<'_> {
    pub fn deliver(&self, ask: Message<Ask>) -> Result<Message<Answer>, Refusal> {
        let peer = Peer { area: self.from, serial: "01".into(), key: KEY.public_key().as_ref().to_vec() };
        let answer = self.above.parent.answer(&peer, ask, 0);
        if let Ok(Message { meta: Answer::Receipt(Receipt { last, .. }), .. }) = &answer {
            self.acknowledged.fetch_max(*last, Ordering::SeqCst);
        }
        answer
    }

    fn percent(&self, n: u64) -> bool {
        n > 0 && self.dice.lock().expect("no test panics with the dice").percent(n)
    }
}

impl Line for Wire<'_> {
    async fn ask(&self, ask: Message<Ask>) -> Result<Message<Answer>, Failure> {
        let cut = || Failure::Broken(Error::new("the line is cut").transient());
        let weather = self.weather;
        if matches!(ask.meta, Ask::Push { .. }) && self.percent(weather.late) {
            let mut late = self.late.lock().expect("no test panics with the post");
            late.push(ask.clone());
            // One that is older than all comes in between.
            if late.len() > 8 {
                let old = late.remove(0);
                drop(late);
                let _ = self.deliver(old);
            }
        }
        if self.percent(weather.lost) {
            return Err(cut());
        }
        if self.percent(weather.doubled) {
            let _ = self.deliver(ask.clone());
        }
        let answer = self.deliver(ask);
        if self.percent(weather.unanswered) { Err(cut()) } else { answer.map_err(Failure::Refused) }
    }
}

/// What the running link does in one go: meet, send, hear, and compare or repair.
///
/// # Errors
/// Whatever broke; the same is simply begun again.
pub async fn converse(below: &Branch, wire: &Wire<'_>) -> Result<Option<Verdict>, Failure> {
    let Some((course, welcome)) = exchange(below, wire).await? else { return Ok(None) };
    if welcome.resync || below.child.ledger().resync_due()? {
        course.resync(wire, true, &mut |_| ()).await?;
    }
    course.verify(wire).await.map(Some)
}

/// The same up to where the two are compared, for which an office that lost something waits.
///
/// # Errors
/// As [`converse`].
pub async fn exchange(below: &Branch, wire: &Wire<'_>) -> Result<Option<(Course, Welcome)>, Failure> {
    let course = Course::new(below.child.clone(), Arc::new(Hand(below.area)));
    let Some(welcome) = course.meet(wire, true).await? else { return Ok(None) };
    course.drain(wire, &mut || ()).await?;
    hear(below, wire).await?;
    Ok(Some((course, welcome)))
}

async fn hear(below: &Branch, wire: &Wire<'_>) -> Result<(), Failure> {
    loop {
        let mark = below.child.notices_mark()?;
        let answer = wire.ask(Message::bare(Ask::Notices { mark, wait_secs: 0 })).await?;
        let Answer::Notices(head) = answer.meta else { panic!("notices are answered by notices") };
        let more = head.more;
        below.child.take_notices(&Message { meta: head, payload: answer.payload })?;
        if !more {
            return Ok(());
        }
    }
}
