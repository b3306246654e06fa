use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use super::screen::Screen;
use super::{Failed, Outcome};
use crate::daemon::control::Exit;
use crate::error::{Context, Error};

mod exports;
mod office;
mod outcome;

use office::Office;

/// A county, a township and two villages in a temporary folder
///
/// Real daemons on this machine alone, each its own process, fed with two months of sample spreadsheets of a county
/// that does not exist. Prints what the county finds, and runs on until Ctrl-C so that you can look around.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// End when the findings are printed
    #[arg(long)]
    once: bool,
    /// Where to put it; a new folder, kept afterwards
    #[arg(long, value_name = "FOLDER")]
    dir: Option<PathBuf>,
}

/// The offices, each with the position of the one above.
const OFFICES: [(&str, &str, Option<usize>); 4] = [
    ("519901", "云岭县", None),
    ("519901001", "第1乡", Some(0)),
    ("519901001200", "200村", Some(1)),
    ("519901001201", "201村", Some(1)),
];

/// Each month's exports, with the day the offices hand them in.
const MONTHS: [(&str, &str); 2] = [("2026-03", "2026-03-31"), ("2026-04", "2026-04-30")];

/// One office has so long to read, check and deliver a month on a slow machine.
const SETTLE_SECS_MAX: u64 = 300;

pub fn run(args: Args, screen: &mut Screen) -> Outcome {
    let interrupted = on_interrupt()?;
    let (folder, keep) = match args.dir {
        Some(dir) => (super::session::absolute(&dir)?, true),
        None => (std::env::temp_dir().join(format!("rosterd-demo-{}", std::process::id())), false),
    };
    fs::create_dir_all(&folder).or_say_at("making the demo's folder", &folder)?;
    // Somebody's own files are no place for a county that does not exist.
    if fs::read_dir(&folder).or_say_at("making the demo's folder", &folder)?.next().is_some() {
        let error = Error::new("the demo's folder is not empty").at(&folder).hint("name a new folder");
        return Err(Failed { error, exit: Exit::Failed });
    }
    let result = play(&folder, keep, args.once, &interrupted, screen);
    if !keep && result.is_ok() {
        fs::remove_dir_all(&folder).or_say_at("removing the demo's folder", &folder)?;
    }
    if interrupted.load(Ordering::SeqCst) {
        screen.say("demo-stopped");
        return Ok(Exit::Done);
    }
    result
}

/// Ctrl-C and SIGTERM end the demo in order: the daemons drain, the folder goes.
fn on_interrupt() -> Result<Arc<AtomicBool>, Failed> {
    let flag = Arc::new(AtomicBool::new(false));
    let raised = flag.clone();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().or_say("starting the demo")?;
    let mut terminate = {
        let _inside = runtime.enter();
        tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate()).or_say("starting the demo")?
    };
    std::thread::spawn(move || {
        runtime.block_on(async {
            tokio::select! {
                _ = tokio::signal::ctrl_c() => {}
                _ = terminate.recv() => {}
            }
        });
        raised.store(true, Ordering::SeqCst);
    });
    Ok(flag)
}

fn play(folder: &Path, keep: bool, once: bool, interrupted: &AtomicBool, screen: &mut Screen) -> Outcome {
    screen.say_with("demo-start", &[("dir", &folder.display())]);
    let language = screen.text().language();
    let mut offices = Vec::with_capacity(OFFICES.len());
    for (area, name, above) in OFFICES {
        let parent = above.map(|at: usize| &offices[at]);
        let office = Office::found(folder, area, name, parent, language)?;
        screen.say_with("demo-init", &[("name", &name), ("area", &area)]);
        offices.push(office);
    }
    for (month, day) in MONTHS {
        // From the top down, so that each finds its parent; the new day is told by a restart.
        for at in 0..offices.len() {
            offices[at].start(day)?;
            if !offices[at].is_up(Duration::from_secs(30), interrupted)? {
                return failed_to_start(&offices[at], interrupted, screen);
            }
            if let Some(above) = OFFICES[at].2
                && !offices[at].joined
            {
                let code = offices[above].invite(&offices[at])?;
                offices[at].join(&code)?;
                screen.say_with("demo-join", &[("name", &offices[at].name), ("parent", &offices[above].name)]);
            }
        }
        screen.say_with("demo-month", &[("month", &month)]);
        let started = Instant::now();
        for office in &offices {
            office.drop_files(exports::of(month, office.area))?;
        }
        // What a village sends makes its parent work, and the parent's notices the village again: up, then down.
        for at in (0..offices.len()).rev().chain(0..offices.len()) {
            offices[at].settle(SETTLE_SECS_MAX, interrupted)?;
            if interrupted.load(Ordering::SeqCst) {
                return Ok(Exit::Done);
            }
        }
        screen.say_with("demo-settled", &[("secs", &format!("{:.1}", started.elapsed().as_secs_f64()))]);
        if month != MONTHS[MONTHS.len() - 1].0 {
            stop(&mut offices)?;
        }
    }
    let county = &offices[0];
    let findings = county.findings()?;
    screen.say_with("demo-result", &[("name", &county.name)]);
    let offices_named = OFFICES.map(|(area, name, _)| (area, name));
    for line in outcome::lines(&findings, &offices_named, screen.text(), screen.columns()) {
        screen.line(line);
    }
    // A folder that goes away with the demo is nothing to point at.
    if let Some(log) = county.mismatch_log().filter(|_| keep || !once) {
        screen.say_with("demo-log", &[("name", &county.name), ("file", &log.display())]);
    }
    if !once {
        screen.say("demo-stays");
        for office in &offices {
            screen.tell(format_args!("  rosterd findings --config {}", office.config.display()));
        }
        while !interrupted.load(Ordering::SeqCst) {
            std::thread::sleep(Duration::from_millis(200));
        }
    }
    stop(&mut offices)?;
    Ok(Exit::Done)
}

/// All at once: each drains by itself.
fn stop(offices: &mut [Office]) -> Result<(), Failed> {
    offices.iter().for_each(Office::tell_to_stop);
    offices.iter_mut().try_for_each(Office::stop)
}

fn failed_to_start(office: &Office, interrupted: &AtomicBool, screen: &Screen) -> Outcome {
    if interrupted.load(Ordering::SeqCst) {
        return Ok(Exit::Done);
    }
    let log = office.output();
    let what = screen.text().say_with("demo-failed", &[("name", &office.name), ("file", &log.display())]);
    let said = fs::read_to_string(&log).unwrap_or_default();
    let last: Vec<&str> = said.lines().rev().take(5).collect();
    let last: Vec<&str> = last.into_iter().rev().collect();
    Err(Error::new(what).because(last.join("\n")).into())
}
