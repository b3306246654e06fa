//! A node's store in memory: small enough to be seen correct, and the yardstick for the real one.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard};

use serde_json::{Value, json};

use super::super::attest::{Attestation, Holding};
use super::super::ledger::*;
use super::super::protocol::*;
use crate::domain::Area;
use crate::error::{Error, Result};

/// One thing held: an entry or its tombstone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Thing {
    pub seq: u64,
    pub list: u8,
    pub area: Area,
    /// The child it came from; `None` for what this node read itself.
    pub from: Option<Area>,
    /// `None` once it was removed.
    pub text: Option<String>,
}

#[derive(Debug, Clone)]
struct Son {
    origin: Origin,
    receipts: HashMap<(Epoch, u64, u64), Receipt>,
    resync: bool,
    report: Option<ResyncReport>,
    verify: bool,
    verified: Option<VerifyReport>,
}

/// Mistakes that somebody could make in a store or an engine; the simulation must find every one of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Bug {
    /// The receipt is given before the items are there, and some never come.
    EarlyAcknowledgment,
    /// Removals are not applied above.
    LostTombstone,
    /// The area is taken from the batch, not from the certificate.
    AreaUnchecked,
    /// Receipts are forgotten, so a repeated batch is unknown.
    ReceiptsForgotten,
    /// Watermark and items are not one transaction.
    WatermarkApart,
    /// A batch is sent before it is kept.
    NotKept,
    /// A parent that lost something is not believed.
    RewindIgnored,
    /// A restored child goes on under its old epoch.
    EpochKept,
    /// Repair skips what was altered.
    RepairHalf,
    /// A receipt is taken for everything.
    WatermarkTooHigh,
    /// The mark of notices moves, the notices are dropped.
    NoticesDropped,
}

/// All that would be in the database: cloned for a backup.
#[derive(Debug, Clone)]
pub struct State {
    area: Area,
    epoch: Epoch,
    head: u64,
    watermark: u64,
    pub things: BTreeMap<u64, Thing>,
    by_seq: BTreeMap<u64, u64>,
    frozen: BTreeMap<u64, FrozenBatch>,
    resync_due: bool,
    mark: NoticesMark,
    pub notices: BTreeMap<u64, String>,
    /// What offices are called; what a child said goes in the place of what was here.
    pub names: Vec<(Area, String)>,
    sons: HashMap<Area, Son>,
    told: Vec<(Area, String)>,
    /// The child's number under which a key was last taken.
    taken: HashMap<(Area, u64), u64>,
    pub quarantine: Vec<Poison>,
    pub rejected: Vec<Rejected>,
    /// Numbers of what was too long to send.
    pub aside: BTreeSet<u64>,
    pub alarms: Vec<String>,
    /// Epochs it knows that it left.
    left: Vec<Epoch>,
    /// Items that came although they had been taken.
    pub doubled: u64,
}

pub struct Memory {
    state: Mutex<State>,
    /// Fails this many writes with an error, the write itself done or not in turn: a COMMIT that fails is unknown.
    pub failing: AtomicU64,
    pub accepted: AtomicU64,
    pub bug: Option<Bug>,
}

impl Memory {
    fn has(&self, bug: Bug) -> bool {
        self.bug == Some(bug)
    }

    pub fn new(area: Area, epoch: u64) -> Memory {
        let state = State {
            area,
            epoch: Epoch(epoch),
            head: 0,
            watermark: 0,
            things: BTreeMap::new(),
            by_seq: BTreeMap::new(),
            frozen: BTreeMap::new(),
            resync_due: false,
            mark: NoticesMark::default(),
            notices: BTreeMap::new(),
            names: Vec::new(),
            sons: HashMap::new(),
            told: Vec::new(),
            taken: HashMap::new(),
            quarantine: Vec::new(),
            rejected: Vec::new(),
            aside: BTreeSet::new(),
            alarms: Vec::new(),
            left: Vec::new(),
            doubled: 0,
        };
        Memory { state: Mutex::new(state), failing: 0.into(), accepted: 0.into(), bug: None }
    }

    pub fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap()
    }

    pub fn backup(&self) -> State {
        self.state().clone()
    }

    pub fn restore(&self, backup: State) {
        *self.state() = backup;
    }

    pub fn put(&self, key: u64, list: u8, area: &str, text: &str) {
        let area = area.parse().unwrap();
        self.state().put(key, Thing { seq: 0, list, area, from: None, text: Some(text.into()) });
    }

    pub fn remove(&self, key: u64) {
        let mut state = self.state();
        let gone = Thing { text: None, ..state.things[&key].clone() };
        state.put(key, gone);
    }

    pub fn tell(&self, area: &str, line: &str) {
        self.state().told.push((area.parse().unwrap(), line.into()));
    }

    pub fn ask_resync(&self, child: &str) {
        self.state().sons.get_mut(&child.parse().unwrap()).unwrap().resync = true;
    }

    pub fn ask_verify(&self, child: &str) {
        self.state().sons.get_mut(&child.parse().unwrap()).unwrap().verify = true;
    }

    pub fn verdict(&self, child: &str) -> Option<VerifyReport> {
        self.state().sons[&child.parse().unwrap()].verified.clone()
    }

    /// Keys of live things this node read itself.
    pub fn own_live(&self) -> Vec<u64> {
        let state = self.state();
        let own = state.things.iter().filter(|(_, thing)| thing.from.is_none() && thing.text.is_some());
        own.map(|(key, _)| *key).collect()
    }

    /// All notices for one child, in order.
    pub fn told_to(&self, child: &str) -> Vec<String> {
        let child: Area = child.parse().unwrap();
        self.state().told.iter().filter(|(area, _)| child.contains(*area)).map(|(_, line)| line.clone()).collect()
    }

    pub fn report(&self, child: &str) -> Option<ResyncReport> {
        self.state().sons[&child.parse().unwrap()].report
    }

    /// Key and text of everything live, of one child or of all.
    pub fn live(&self, from: Option<&str>) -> BTreeMap<u64, String> {
        let from: Option<Area> = from.map(|area| area.parse().unwrap());
        let state = self.state();
        let wanted = state.things.iter().filter(|(_, thing)| from.is_none() || thing.from == from);
        wanted.filter_map(|(key, thing)| Some((*key, thing.text.clone()?))).collect()
    }

    /// A write whose outcome the caller cannot know.
    fn commit<T>(&self, write: impl FnOnce(&mut State) -> Result<T>) -> Result<T> {
        let left = self.failing.load(Ordering::SeqCst);
        if left > 0 {
            self.failing.fetch_sub(1, Ordering::SeqCst);
            if left.is_multiple_of(2) {
                write(&mut self.state())?;
            }
            return Err(Error::new("disk I/O error").transient());
        }
        write(&mut self.state())
    }
}

fn digest(key: u64, thing: &Thing) -> [u8; 16] {
    let mut hasher = blake3::Hasher::new();
    hasher.update(&key.to_le_bytes()).update(&[thing.list]).update(&thing.area.padded().to_le_bytes());
    hasher.update(thing.text.as_deref().unwrap_or_default().as_bytes());
    hasher.finalize().as_bytes()[..16].try_into().unwrap()
}

impl State {
    /// The last number given.
    pub fn head(&self) -> u64 {
        self.head
    }

    fn put(&mut self, key: u64, thing: Thing) {
        self.head += 1;
        let seq = self.head;
        if let Some(old) = self.things.insert(key, Thing { seq, ..thing }) {
            self.by_seq.remove(&old.seq);
        }
        self.by_seq.insert(seq, key);
    }

    fn line(&self, seq: u64, key: u64) -> Item {
        let thing = &self.things[&key];
        let line = json!({"t": "entry", "seq": seq, "area": thing.area, "key": key, "list": thing.list,
            "text": thing.text, "later": "kept"});
        Item { seq, area: thing.area, line: line.to_string() }
    }

    fn marks(&self, wanted: impl Fn(&Thing) -> bool) -> Vec<Mark> {
        let live = self.things.iter().filter(|(_, thing)| thing.text.is_some() && wanted(thing));
        let mark = |(key, thing): (&u64, &Thing)| Mark {
            list: thing.list,
            area: thing.area,
            key: *key,
            digest: digest(*key, thing),
        };
        live.map(mark).collect()
    }

    fn begin_again(&mut self, new_epoch: bool) {
        if new_epoch {
            self.left.push(self.epoch);
            self.epoch = Epoch(u64::from_le_bytes(super::super::authority::random().unwrap()));
        }
        self.watermark = self.head;
        self.frozen.clear();
        self.resync_due = true;
    }

    fn take(&mut self, child: Area, item: &Item) -> Result<(), String> {
        let value: Value = serde_json::from_str(&item.line).map_err(|e| e.to_string())?;
        let key = value["key"].as_u64().ok_or("no-key")?;
        let list = value["list"].as_u64().ok_or("no-list")? as u8;
        let text = value["text"].as_str().map(str::to_owned);
        if self.taken.insert((child, key), item.seq).is_some_and(|before| before >= item.seq) {
            self.doubled += 1;
        }
        self.put(key, Thing { seq: 0, list, area: item.area, from: Some(child), text });
        Ok(())
    }
}

impl ChildLedger for Memory {
    fn identity(&self) -> Result<Identity> {
        let state = self.state();
        Ok(Identity { area: state.area, epoch: state.epoch, head: state.head })
    }

    fn watermark(&self) -> Result<u64> {
        Ok(self.state().watermark)
    }

    fn items_after(&self, after: u64, items_max: usize, bytes_max: usize) -> Result<Vec<Item>> {
        let state = self.state();
        let mut bytes = 0;
        let mut items = Vec::new();
        for (seq, key) in state.by_seq.range(after + 1..).take(items_max) {
            let item = state.line(*seq, *key);
            bytes += item.line.len();
            if bytes > bytes_max && !items.is_empty() {
                break;
            }
            items.push(item);
        }
        Ok(items)
    }

    fn frozen_at(&self, after: u64) -> Result<Option<FrozenBatch>> {
        Ok(self.state().frozen.get(&after).cloned())
    }

    fn freeze(&self, batch: &FrozenBatch) -> Result<()> {
        if self.has(Bug::NotKept) {
            return Ok(());
        }
        self.commit(|state| {
            state.frozen.insert(batch.header.after, batch.clone());
            Ok(())
        })
    }

    fn freeze_instead(&self, batch: &FrozenBatch) -> Result<()> {
        self.commit(|state| {
            state.frozen.split_off(&batch.header.after);
            state.frozen.insert(batch.header.after, batch.clone());
            Ok(())
        })
    }

    fn set_aside(&self, item: &Item) -> Result<()> {
        self.commit(|state| {
            state.aside.insert(item.seq);
            Ok(())
        })
    }

    fn acknowledge(&self, receipt: &Receipt) -> Result<()> {
        self.commit(|state| {
            if receipt.last > state.watermark {
                state.watermark = if self.has(Bug::WatermarkTooHigh) { state.head } else { receipt.last };
                state.frozen.retain(|_, batch| batch.header.last > receipt.last);
                state.rejected.extend(receipt.rejected.iter().cloned());
            }
            Ok(())
        })
    }

    fn rewind(&self, watermark: u64) -> Result<()> {
        self.commit(|state| {
            state.watermark = if self.has(Bug::RewindIgnored) { state.watermark } else { watermark };
            state.frozen.clear();
            state.resync_due = true;
            Ok(())
        })
    }

    fn begin_epoch(&self) -> Result<Identity> {
        self.commit(|state| {
            state.begin_again(!self.has(Bug::EpochKept));
            Ok(Identity { area: state.area, epoch: state.epoch, head: state.head })
        })
    }

    fn to_attest(&self, _: &[u8]) -> Result<Option<Holding>> {
        Ok(None)
    }

    fn attested(&self, _: &Attestation) -> Result<()> {
        Ok(())
    }

    fn parent_speaks(&self, _: u16) -> Result<()> {
        Ok(())
    }

    fn resync_due(&self) -> Result<bool> {
        Ok(self.state().resync_due)
    }

    fn set_resync_due(&self, due: bool) -> Result<()> {
        self.state().resync_due = due;
        Ok(())
    }

    fn is_behind(&self) -> Result<bool> {
        Ok(false)
    }

    fn inventory(&self) -> Result<Inventory> {
        let state = self.state();
        Ok(Inventory { marks: state.marks(|_| true), upto: state.head })
    }

    fn repair(&self, keys: &[u64]) -> Result<Repaired> {
        self.commit(|state| {
            let mut repaired = Repaired::default();
            for key in keys {
                match state.things.get(key).cloned() {
                    Some(thing) if thing.text.is_some() => {
                        if self.has(Bug::RepairHalf) && key.is_multiple_of(2) {
                            continue;
                        }
                        state.put(*key, thing);
                        repaired.sent += 1;
                    }
                    Some(thing) if thing.seq > state.watermark => {}
                    other => {
                        let area = state.area;
                        let unknown = Thing { seq: 0, list: 0, area, from: None, text: None };
                        state.put(*key, other.unwrap_or(unknown));
                        repaired.removed += 1;
                    }
                }
            }
            Ok(repaired)
        })
    }

    fn names(&self) -> Result<Vec<(Area, String)>> {
        Ok(self.state().names.clone())
    }

    fn notices_mark(&self) -> Result<NoticesMark> {
        Ok(self.state().mark)
    }

    fn take_notices(&self, page: &NoticesPage) -> Result<()> {
        self.commit(|state| {
            if page.reset {
                state.notices.clear();
            }
            if self.has(Bug::NoticesDropped) && page.mark.upto.is_multiple_of(2) {
                state.mark = page.mark;
                return Ok(());
            }
            state.notices.extend(page.notices.iter().map(|n| (n.seq, n.line.clone())));
            state.mark = page.mark;
            Ok(())
        })
    }
}

impl ParentLedger for Memory {
    fn identity(&self) -> Result<Identity> {
        ChildLedger::identity(self)
    }

    fn origin(&self, child: Area) -> Result<Option<Origin>> {
        Ok(self.state().sons.get(&child).map(|son| son.origin.clone()))
    }

    fn adopt(&self, child: Area, epoch: Epoch, watermark: u64) -> Result<()> {
        self.commit(|state| {
            let fresh = Origin { epoch, watermark, retired: Vec::new() };
            match state.sons.get_mut(&child) {
                Some(son) => {
                    let mut retired = std::mem::take(&mut son.origin.retired);
                    retired.retain(|old| *old != epoch);
                    retired.push(son.origin.epoch);
                    son.origin = Origin { retired, ..fresh };
                }
                None => {
                    let son = Son {
                        origin: fresh,
                        receipts: HashMap::new(),
                        resync: false,
                        report: None,
                        verify: false,
                        verified: None,
                    };
                    state.sons.insert(child, son);
                }
            }
            Ok(())
        })
    }

    fn receipt(&self, child: Area, epoch: Epoch, after: u64, last: u64) -> Result<Option<Receipt>> {
        if self.has(Bug::ReceiptsForgotten) {
            return Ok(None);
        }
        let state = self.state();
        Ok(state.sons.get(&child).and_then(|son| son.receipts.get(&(epoch, after, last)).cloned()))
    }

    fn accept(&self, arrival: Arrival) -> Result<Receipt> {
        self.commit(|state| {
            let header = &arrival.header;
            let child = header.origin;
            assert_eq!(state.sons[&child].origin.watermark, header.after, "the link checks this");
            let mut rejected: Vec<Rejected> = arrival.poison.iter().map(|p| p.rejected.clone()).collect();
            state.quarantine.extend(arrival.poison.iter().cloned());
            for (row, item) in arrival.numbered() {
                let removal = item.line.contains(r#""text":null"#);
                let lost = self.has(Bug::EarlyAcknowledgment) && item.seq.is_multiple_of(7);
                if lost || removal && self.has(Bug::LostTombstone) {
                    continue;
                }
                if let Err(code) = state.take(child, item) {
                    let told = Rejected { seq: Some(item.seq), row, code };
                    state.quarantine.push(Poison { rejected: told.clone(), line: item.line.clone() });
                    rejected.push(told);
                }
            }
            let receipt = Receipt::of(header, rejected);
            let son = state.sons.get_mut(&child).unwrap();
            if self.has(Bug::WatermarkApart) && header.last.is_multiple_of(3) {
                return Err(Error::new("stopped between two transactions").transient());
            }
            son.origin.watermark = header.last;
            son.receipts.insert((header.epoch, header.after, header.last), receipt.clone());
            self.accepted.fetch_add(u64::from(receipt.taken), Ordering::SeqCst);
            Ok(receipt)
        })
    }

    fn has_left(&self, epoch: Epoch) -> Result<bool> {
        Ok(self.state().left.contains(&epoch))
    }

    fn noticed_restore(&self, child: Area, ours: u64, theirs: u64, known: Option<Epoch>) -> Result<()> {
        let mut state = self.state();
        state.left.extend(known);
        state.alarms.push(format!("{child} holds a receipt for {theirs}, here is {ours}"));
        state.begin_again(true);
        Ok(())
    }

    fn noticed_epoch(&self, child: Area, epoch: Epoch, superseded: bool) -> Result<()> {
        self.state().alarms.push(format!("{child} came as {epoch}, superseded: {superseded}"));
        Ok(())
    }

    fn notices_after(&self, child: Area, after: u64, items_max: usize, _: usize) -> Result<NoticesRead> {
        let state = self.state();
        let head = state.told.len() as u64;
        let all = (1..).zip(&state.told).filter(|(seq, (area, _))| *seq > after && child.contains(*area));
        let notices: Vec<Notice> =
            all.take(items_max).map(|(seq, (_, line))| Notice { seq, line: line.clone() }).collect();
        let upto = if notices.len() < items_max { head } else { notices.last().map_or(head, |n| n.seq) };
        Ok(NoticesRead { notices, upto, head })
    }

    fn resync_requested(&self, child: Area) -> Result<bool> {
        Ok(self.state().sons.get(&child).is_some_and(|son| son.resync))
    }

    fn verify_requested(&self, child: Area) -> Result<bool> {
        Ok(self.state().sons.get(&child).is_some_and(|son| son.verify))
    }

    fn verified(&self, child: Area, report: &VerifyReport) -> Result<()> {
        if let Some(son) = self.state().sons.get_mut(&child) {
            (son.verify, son.verified) = (false, Some(report.clone()));
        }
        Ok(())
    }

    fn resynced(&self, child: Area, report: &ResyncReport) -> Result<()> {
        if let Some(son) = self.state().sons.get_mut(&child) {
            (son.resync, son.report) = (false, Some(*report));
        }
        Ok(())
    }

    fn inventory(&self, child: Area) -> Result<Inventory> {
        let state = self.state();
        let upto = state.sons.get(&child).map_or(0, |son| son.origin.watermark);
        Ok(Inventory { marks: state.marks(|thing| thing.from == Some(child)), upto })
    }

    fn joined(&self, child: Area, replaces: bool) -> Result<()> {
        if replaces {
            self.state().alarms.push(format!("another machine joined as {child}"));
        }
        Ok(())
    }

    fn met(&self, _: Area, hello: &Hello) -> Result<()> {
        self.state().names = hello.names.clone();
        Ok(())
    }
}
