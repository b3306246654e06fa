//! What every part of a running node shares: the store, the settings, the calendar, the language.

use std::collections::{BTreeMap, HashMap};
use std::path::Path;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError, RwLock};
use std::time::{Duration, Instant};

use jiff::Timestamp;

use super::eye::Eye;
use super::memory;
use super::neighbours;
use super::pass::{Setting, terms};
use super::room::Room;
use crate::domain::date::office_time;
use crate::domain::{Area, Date};
use crate::error::{Context, Result};
use crate::linkage::{Decided, Weights};
use crate::report::text::Text;
use crate::settings::Settings;
use crate::store::{Store, Terms, View};

/// Where trained weights of linkage are kept in the store.
pub const WEIGHTS: &str = "weights";

/// In the store: whether intake and push are paused, 0 or 1.
pub const PAUSED: &str = "paused";

/// One node, open.
pub struct Office {
    pub store: Store,
    pub text: Text,
    pub room: Room,
    /// Counts what the worker gets done: the watchdog sees that it goes on.
    pub pulse: Arc<AtomicU64>,
    /// Of each source, in the order of the settings.
    pub eyes: Vec<Arc<Eye>>,
    settings: RwLock<Settings>,
    /// What its own words call areas, to speak with where no node gave a name.
    called: BTreeMap<Area, String>,
    /// In the place of the calendar, for replays.
    today: Option<Date>,
    /// The last day that the calendar may be right about.
    known: Mutex<Date>,
    paused: AtomicBool,
    stopping: AtomicBool,
    bell: Bell,
    /// Whose file is being taken.
    turn: Mutex<()>,
    flow: Mutex<Option<Flow>>,
    /// When something was last done that leaves much in memory behind it, and how often that was given back since.
    stirred: Mutex<(Instant, usize)>,
}

/// Batches of children that follow each other closely.
struct Flow {
    began: Instant,
    /// Until when each child is waited for.
    until: HashMap<Area, Instant>,
}

/// No batch for this long, and the flow has paused.
const LULL: Duration = Duration::from_millis(150);
/// As [`LULL`], behind a batch that says another one follows: a sync of either disk may lie between the two.
const LULL_WITHIN: Duration = Duration::from_secs(3);
/// What came is linked after this long, though more is coming.
const FLOW_MAX: Duration = Duration::from_secs(60);
/// Caches are kept this long for whoever asks again. A second time, since what followed the last work (the link reports it,
/// somebody looks at what came of it) needs much of the program once.
const REST_AFTER: [Duration; 2] = [Duration::from_secs(10), Duration::from_secs(40)];

/// No office ran rosterd on this day, or before it.
const BEFORE_ROSTERD: Date = Date::constant(2025, 1, 1);

/// The day it is, by a calendar that says `shown`. A computer whose battery is dead comes up in the year of its mainboard:
/// until its clock is put right the last day `known` stands, or nothing that is first seen then would ever be of its day.
fn calendar(shown: Date, known: Date) -> Date {
    if shown > BEFORE_ROSTERD { shown } else { known.max(BEFORE_ROSTERD) }
}

/// Rings when there may be something to do.
#[derive(Default)]
struct Bell {
    rung: Mutex<bool>,
    wake: Condvar,
}

impl Office {
    pub fn new(store: Store, settings: Settings, today: Option<Date>) -> Office {
        let text = Text::new(settings.language);
        let room = Room::new(store.path());
        // What does not read is told of by whoever needs it.
        let judged = store.read(|view| view.judged()).ok().flatten();
        let pulse = Arc::default();
        let known = Mutex::new(judged.map_or(BEFORE_ROSTERD, |terms| terms.on));
        Office {
            store,
            text,
            room,
            eyes: settings.sources.iter().map(|source| Eye::new(source, &pulse)).collect(),
            pulse,
            called: neighbours::called(&settings),
            settings: RwLock::new(settings),
            today,
            known,
            paused: AtomicBool::new(false),
            stopping: AtomicBool::new(false),
            bell: Bell::default(),
            turn: Mutex::default(),
            flow: Mutex::default(),
            stirred: Mutex::new((Instant::now(), 0)),
        }
    }

    pub fn area(&self) -> Area {
        self.store.area()
    }

    /// What its own words call areas.
    pub fn called(&self) -> &BTreeMap<Area, String> {
        &self.called
    }

    pub fn settings(&self) -> Settings {
        self.settings.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Takes over what may change while the daemon runs; the rest needs a restart.
    pub fn reload(&self, new: Settings) {
        let mut settings = self.settings.write().unwrap_or_else(PoisonError::into_inner);
        settings.name = new.name;
        settings.intake = new.intake;
        settings.guard = new.guard;
        settings.rules = new.rules;
        settings.log.level = new.log.level;
        drop(settings);
        self.changed();
    }

    /// The day of the office: for what is first seen, what falls due, and how old something is.
    pub fn today(&self) -> Date {
        self.today.unwrap_or_else(|| {
            let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
            *known = calendar(office_time(Timestamp::now()).date(), *known);
            *known
        })
    }

    pub fn now(&self) -> Timestamp {
        Timestamp::now()
    }

    pub fn now_millis(&self) -> i64 {
        self.now().as_millisecond()
    }

    /// What a pass is told: read anew for each, so that a decision or new weights count from then on.
    pub fn setting(&self) -> Setting {
        let (decided, weights) = self.store.read(linking).unwrap_or_else(|error| {
            // Linking without the decisions could join what people parted: the store is asked again by the pass
            // itself and fails there.
            tracing::error!(%error, "the decisions of people do not read");
            (Decided::default(), Weights::default())
        });
        Setting {
            node: self.area(),
            today: self.today(),
            now: self.now_millis(),
            parameters: self.settings().rules,
            weights,
            decided,
        }
    }

    /// What everybody is to be judged for and by.
    pub fn terms(&self) -> Terms {
        terms(self.today(), &self.settings().rules)
    }

    /// Waits until no other file is being taken, and keeps others waiting while it is held: what the lines of a file are
    /// compared with must not change while it is read.
    pub fn turn_to_take(&self) -> MutexGuard<'_, ()> {
        self.turn.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Who looks at the source whose files lie in `folder`.
    pub fn eye_of(&self, folder: &Path) -> Option<&Eye> {
        self.eyes.iter().find(|eye| eye.source.folder() == folder).map(|eye| &**eye)
    }

    /// The worker got something done.
    pub fn goes_on(&self) {
        self.pulse.fetch_add(1, Ordering::SeqCst);
    }

    /// Something changed in the store: whoever waits looks again.
    pub fn changed(&self) {
        *self.bell.rung.lock().unwrap_or_else(PoisonError::into_inner) = true;
        self.bell.wake.notify_all();
    }

    /// A child's batch was taken in: whoever waits looks, and links what came once the flow pauses. `more`: the child
    /// has another one.
    pub fn arrived(&self, child: Area, more: bool) {
        let now = Instant::now();
        let mut flow = self.flow.lock().unwrap_or_else(PoisonError::into_inner);
        let flow_now = flow.get_or_insert_with(|| Flow { began: now, until: HashMap::new() });
        flow_now.until.insert(child, now + if more { LULL_WITHIN } else { LULL });
        drop(flow);
        self.changed();
    }

    /// How long to wait for the flow of batches to pause; `None` once it did, or has gone on for long enough.
    pub fn until_lull(&self) -> Option<Duration> {
        let mut flow = self.flow.lock().unwrap_or_else(PoisonError::into_inner);
        let left = flow.as_ref().and_then(|flow| {
            let until = flow.until.values().max()?.min(&(flow.began + FLOW_MAX)).to_owned();
            until.checked_duration_since(Instant::now()).filter(|left| !left.is_zero())
        });
        if left.is_none() {
            *flow = None;
        }
        left
    }

    /// Much was read, or somebody asked for something: see [`Office::rest`].
    pub fn stir(&self) {
        *self.stirred.lock().unwrap_or_else(PoisonError::into_inner) = (Instant::now(), 0);
    }

    /// Gives back what was needed a while ago.
    pub fn rest(&self) {
        let mut stirred = self.stirred.lock().unwrap_or_else(PoisonError::into_inner);
        let (at, rests) = *stirred;
        if REST_AFTER.get(rests).is_some_and(|after| at.elapsed() >= *after) {
            stirred.1 += 1;
            self.store.shrink();
            memory::give_back();
        }
    }

    /// Waits until something changed, at most `timeout`.
    pub fn wait(&self, timeout: Duration) {
        let rung = self.bell.rung.lock().unwrap_or_else(PoisonError::into_inner);
        let (mut rung, _) =
            self.bell.wake.wait_timeout_while(rung, timeout, |rung| !*rung).unwrap_or_else(PoisonError::into_inner);
        *rung = false;
    }

    pub fn pause(&self, paused: bool) {
        self.paused.store(paused, Ordering::SeqCst);
        self.changed();
    }

    pub fn is_paused(&self) -> bool {
        self.paused.load(Ordering::SeqCst)
    }

    pub fn stop(&self) {
        self.stopping.store(true, Ordering::SeqCst);
        self.changed();
    }

    pub fn is_stopping(&self) -> bool {
        self.stopping.load(Ordering::SeqCst)
    }
}

/// The decisions of people about pairs, and the weights in force.
pub(super) fn linking(view: &View) -> Result<(Decided, Weights)> {
    let mut decided = Decided::default();
    for (a, b, same) in view.judged_pairs()? {
        if same {
            decided.join(a, b);
        } else {
            decided.part(a, b);
        }
    }
    let weights = match view.meta_text(WEIGHTS)? {
        Some(text) => serde_json::from_str(&text).or_say("reading the weights of linkage")?,
        None => Weights::default(),
    };
    Ok((decided, weights))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_clock_without_a_battery_does_not_turn_the_calendar_back() {
        let day = |text: &str| text.parse::<Date>().unwrap();
        let lived = |shown: &[&str]| {
            let days = shown.iter().scan(BEFORE_ROSTERD, |known, shown| {
                *known = calendar(day(shown), *known);
                Some(known.to_string())
            });
            days.collect::<Vec<_>>()
        };
        assert_eq!(
            lived(&["2026-05-01", "1970-06-01", "2009-01-01", "2026-05-02"])[1..],
            ["2026-05-01", "2026-05-01", "2026-05-02"]
        );
        assert_eq!(lived(&["1970-01-01", "2026-05-01"]), ["2025-01-01", "2026-05-01"], "from the first start");
        assert_eq!(lived(&["2066-05-01", "2026-05-02"])[1], "2026-05-02", "one that was ahead is put right");
    }
}
