//! One office of the demo: this program as a process of its own, spoken to by the command line that people use.

use std::ffi::OsStr;
use std::fs::{self, File};
use std::net::TcpListener;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use serde_json::Value;

use super::super::Failed;
use super::exports::Export;
use crate::daemon::control::Exit;
use crate::daemon::control::client::Client;
use crate::error::{Context, Error, Result};
use crate::settings::Language;

/// A daemon told to stop drains within this, else it is killed.
const STOP_WITHIN: Duration = Duration::from_secs(30);

pub struct Office {
    pub area: &'static str,
    pub name: String,
    pub config: PathBuf,
    pub joined: bool,
    folder: PathBuf,
    url: Option<String>,
    daemon: Option<Child>,
}

impl Office {
    /// Makes the office by `rosterd init`. Offices with others below listen on a free port of this machine.
    pub fn found(
        root: &Path,
        area: &'static str,
        name: &str,
        parent: Option<&Office>,
        language: Language,
    ) -> Result<Office, Failed> {
        let folder = root.join(area);
        let addr = (area.len() < 12).then(free_address).transpose()?;
        let mut arguments = vec!["init".to_owned(), "--area".into(), area.into(), "--name".into(), name.into()];
        arguments.extend(["--dir".into(), folder.display().to_string(), "--language".into(), language.as_str().into()]);
        if let Some(addr) = &addr {
            arguments.extend(["--listen".into(), addr.clone()]);
        }
        if let Some(url) = parent.and_then(|parent| parent.url.clone()) {
            arguments.extend(["--parent".into(), url]);
        }
        rosterd(&arguments)?;
        Ok(Office {
            area,
            name: name.to_owned(),
            config: folder.join("rosterd.toml"),
            joined: false,
            folder,
            url: addr.map(|addr| format!("https://{addr}")),
            daemon: None,
        })
    }

    /// Starts its daemon on `day`.
    pub fn start(&mut self, day: &str) -> Result<(), Failed> {
        let output = self.output();
        let log = fs::OpenOptions::new().create(true).append(true).open(&output);
        let log: File = log.or_say_at("opening the daemon's output", &output)?;
        let same = log.try_clone().or_say_at("opening the daemon's output", &output)?;
        let mut command = Command::new(program()?);
        command.args(["run", "--today", day, "--config"]).arg(&self.config);
        command.env_remove("ROSTERD_CONFIG").stdin(Stdio::null()).stdout(log).stderr(same);
        // A group of its own: Ctrl-C reaches the demo alone, which then stops the daemons in order.
        command.process_group(0);
        // SAFETY: prctl is async-signal-safe and touches nothing of ours; the daemon ends with the demo, however that ends.
        unsafe {
            command.pre_exec(|| {
                libc::prctl(libc::PR_SET_PDEATHSIG, libc::SIGTERM);
                Ok(())
            });
        }
        self.daemon = Some(command.spawn().or_say("starting a daemon of the demo")?);
        Ok(())
    }

    /// Whether it answers within `wait`; not where its process ends before, or the demo is interrupted.
    pub fn is_up(&mut self, wait: Duration, interrupted: &AtomicBool) -> Result<bool, Failed> {
        let started = Instant::now();
        while started.elapsed() < wait && !interrupted.load(Ordering::SeqCst) {
            if let Some(daemon) = &mut self.daemon
                && daemon.try_wait().or_say("watching a daemon of the demo")?.is_some()
            {
                return Ok(false);
            }
            // Only a look at its socket: a status would open the store that the daemon is just making.
            if Client::connect(&self.folder.join("data").join("control.sock"))?.is_some() {
                return Ok(true);
            }
            std::thread::sleep(Duration::from_millis(50));
        }
        Ok(false)
    }

    /// A join code for `child`, the last line of what `invite` prints.
    pub fn invite(&self, child: &Office) -> Result<String, Failed> {
        let said = self.say(&["invite", "--area", child.area])?;
        let code = said.lines().last().map(str::to_owned);
        code.ok_or_else(|| Error::new("invite printed no code").into())
    }

    pub fn join(&mut self, code: &str) -> Result<(), Failed> {
        self.say(&["join", code])?;
        self.joined = true;
        Ok(())
    }

    /// Puts the month's files into the inbox, each at once and whole, in the place of last month's.
    pub fn drop_files(&self, files: &[Export]) -> Result<(), Failed> {
        for (name, content) in files {
            let beside = self.folder.join(format!(".{name}"));
            let path = self.folder.join("inbox").join(name);
            fs::write(&beside, content).or_say_at("writing a sample", &beside)?;
            fs::rename(&beside, &path).or_say_at("dropping a sample", &path)?;
        }
        Ok(())
    }

    /// Waits until everything is read, checked, sent and acknowledged.
    pub fn settle(&self, secs: u64, interrupted: &AtomicBool) -> Result<(), Failed> {
        let out = self.ask(&["status", "--json", "--wait", &secs.to_string()])?;
        if out.status.success() || interrupted.load(Ordering::SeqCst) {
            return Ok(());
        }
        let exit = out.status.code().map_or(Exit::Failed, |code| Exit::from_code(code as u8));
        let error = Error::new(format!("{}: not settled within {secs} s", self.name));
        let error = error.because(String::from_utf8_lossy(&out.stderr).trim().to_owned());
        Err(Failed { error, exit })
    }

    pub fn findings(&self) -> Result<Vec<Value>, Failed> {
        let said = self.say(&["findings", "--json"])?;
        let rows: Result<Vec<Value>, _> = said.lines().map(serde_json::from_str).collect();
        Ok(rows.or_say("reading the findings")?)
    }

    /// Asks the daemon to finish.
    pub fn tell_to_stop(&self) {
        if let Some(daemon) = &self.daemon {
            // SAFETY: a signal to the process we started and have not waited for, so the id is still its own.
            unsafe { libc::kill(daemon.id() as libc::pid_t, libc::SIGTERM) };
        }
    }

    /// Asks the daemon to finish, waits, and kills it only where it does not.
    pub fn stop(&mut self) -> Result<(), Failed> {
        self.tell_to_stop();
        let Some(mut daemon) = self.daemon.take() else { return Ok(()) };
        let started = Instant::now();
        while daemon.try_wait().or_say("stopping a daemon of the demo")?.is_none() {
            if started.elapsed() > STOP_WITHIN {
                daemon.kill().or_say("stopping a daemon of the demo")?;
            }
            std::thread::sleep(Duration::from_millis(20));
        }
        Ok(())
    }

    /// What its daemon printed.
    pub fn output(&self) -> PathBuf {
        self.folder.join("daemon.log")
    }

    /// The newest mismatch log for people, where there is one.
    pub fn mismatch_log(&self) -> Option<PathBuf> {
        let inside = fs::read_dir(self.folder.join("data/log")).ok()?;
        let logs = inside.filter_map(|entry| entry.ok()).map(|entry| entry.path());
        logs.filter(|path| {
            let name = path.file_name().and_then(OsStr::to_str).unwrap_or("");
            name.starts_with("mismatch-") && name.ends_with(".txt")
        })
        .max()
    }

    fn ask(&self, arguments: &[&str]) -> Result<std::process::Output, Failed> {
        let mut command = Command::new(program()?);
        // The group of its own keeps Ctrl-C from cutting a question short.
        command.args(arguments).arg("--config").arg(&self.config).stdin(Stdio::null()).process_group(0);
        Ok(command.output().or_say("asking a daemon of the demo")?)
    }

    fn say(&self, arguments: &[&str]) -> Result<String, Failed> {
        said(self.ask(arguments)?, arguments[0])
    }
}

impl Drop for Office {
    fn drop(&mut self) {
        // On the way out after an error; the error is what is told.
        let _ = self.stop();
    }
}

fn rosterd(arguments: &[String]) -> Result<String, Failed> {
    let output = Command::new(program()?).args(arguments).env_remove("ROSTERD_CONFIG").stdin(Stdio::null()).output();
    said(output.or_say("starting this program")?, &arguments[0])
}

fn said(output: std::process::Output, verb: &str) -> Result<String, Failed> {
    if output.status.success() {
        return Ok(String::from_utf8_lossy(&output.stdout).into_owned());
    }
    let cause = String::from_utf8_lossy(&output.stderr).trim().to_owned();
    Err(Error::new(format!("'rosterd {verb}' failed")).because(cause).into())
}

fn program() -> Result<PathBuf, Failed> {
    Ok(std::env::current_exe().or_say("finding this program")?)
}

/// An address of this machine that nothing listens on at this moment.
fn free_address() -> Result<String, Failed> {
    let listener = TcpListener::bind("127.0.0.1:0").or_say("finding a free port")?;
    Ok(listener.local_addr().or_say("finding a free port")?.to_string())
}
