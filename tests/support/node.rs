//! A real `rosterd` process in a temporary folder, driven by its command line alone.

use std::fs::{self, File};
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Output, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use serde_json::Value;

const VILLAGE_DIGITS: usize = 12;
/// How long a daemon may take until it answers its control socket.
const ANSWER_SECS_MAX: u64 = 60;
/// How long a daemon may drain after SIGTERM.
const DRAIN_SECS_MAX: u64 = 30;
/// How long a file must be still before it is read.
pub const SETTLE_MILLIS: u64 = 200;

pub struct Node {
    pub area: String,
    pub dir: PathBuf,
    pub port: u16,
    binary: PathBuf,
    child: Option<Child>,
    /// What the daemon finds in its environment, besides the test's own.
    pub env: Vec<(String, String)>,
}

impl Node {
    /// `rosterd init` below `root`; above a village it listens on a port that was free a moment ago.
    pub fn init(binary: impl Into<PathBuf>, root: &Path, area: &str, name: &str) -> Node {
        let node = Node {
            area: area.to_owned(),
            dir: root.join(area),
            port: free_port(),
            binary: binary.into(),
            child: None,
            env: Vec::new(),
        };
        let dir = node.dir.to_str().expect("temporary folders have plain names");
        let mut command = Command::new(&node.binary);
        command.args(["init", "--area", area, "--name", name, "--dir", dir]);
        // Nobody stands below a village.
        if area.len() < VILLAGE_DIGITS {
            command.arg("--listen").arg(format!("127.0.0.1:{}", node.port));
        }
        let out = command.output().expect("rosterd starts");
        assert!(out.status.success(), "init {area}: {}", said(&out));
        // Our files are written at once: to wait for the rest of them would be most of what these tests do.
        let settings = fs::read_to_string(node.config()).expect("it was just written");
        let quick = settings.replace("# settle_millis = 1500", &format!("settle_millis = {SETTLE_MILLIS}"));
        assert_ne!(quick, settings);
        fs::write(node.config(), quick).expect("our own folder");
        node
    }

    /// A founded node whose daemon runs and answers.
    pub fn running(binary: impl Into<PathBuf>, root: &Path, area: &str, name: &str, today: &str) -> Node {
        let mut node = Node::init(binary, root, area, name);
        node.start(Some(today));
        node.wait_ready();
        node
    }

    pub fn inbox(&self) -> PathBuf {
        self.dir.join("inbox")
    }

    pub fn config(&self) -> PathBuf {
        self.dir.join("rosterd.toml")
    }

    /// Starts the daemon without waiting for it. Its words go to `DIR/run.log`.
    pub fn start(&mut self, today: Option<&str>) {
        self.start_with(today, &[]);
    }

    /// The same with paths in its environment.
    pub fn start_with(&mut self, today: Option<&str>, environment: &[(&str, &Path)]) {
        assert!(self.child.is_none(), "{} runs already", self.area);
        let log =
            File::options().create(true).append(true).open(self.dir.join("run.log")).expect("a log in our own folder");
        let mut command = self.verb(&["run"]);
        command.envs(environment.iter().copied());
        if let Some(today) = today {
            command.args(["--today", today]);
        }
        command.envs(self.env.iter().cloned());
        let errors = log.try_clone().expect("a second handle on the log");
        self.child = Some(command.stdout(log).stderr(errors).spawn().expect("rosterd starts"));
    }

    /// Waits until the control socket answers.
    pub fn wait_ready(&mut self) {
        let until = Instant::now() + Duration::from_secs(ANSWER_SECS_MAX);
        while !self.call(&["status"]).status.success() {
            self.assert_alive();
            assert!(Instant::now() < until, "{} does not answer:\n{}", self.area, self.log_tail());
            sleep(Duration::from_millis(50));
        }
    }

    /// `status --wait`: returns once nothing is dirty, running, unacknowledged or unread.
    pub fn settle(&self, secs: u64) {
        let out = self.call(&["status", "--wait", &secs.to_string()]);
        assert!(out.status.success(), "{} did not settle: {}\n{}", self.area, said(&out), self.log_tail());
    }

    /// Waits until the parent acknowledged everything.
    pub fn drain(&self, secs: u64) {
        let until = Instant::now() + Duration::from_secs(secs);
        while self.json(&["status"])[0]["backlog"]["entries"] != 0 {
            assert!(Instant::now() < until, "{} did not drain in {secs} s\n{}", self.area, self.log_tail());
            sleep(Duration::from_millis(50));
        }
    }

    /// Enrols at `parent` with a join code of its own.
    pub fn join(&self, parent: &Node) {
        let out = parent.call(&["invite", "--area", &self.area]);
        assert!(out.status.success(), "{} invites {}: {}", parent.area, self.area, said(&out));
        let stdout = String::from_utf8_lossy(&out.stdout).into_owned();
        let code = stdout.lines().last().unwrap_or_default().trim().to_owned();
        let out = self.call(&["join", &code]);
        assert!(out.status.success(), "{} joins {}: {}", self.area, parent.area, said(&out));
    }

    /// SIGTERM, and the drained exit with status 0 that the contract promises.
    pub fn stop(&mut self) {
        let Some(mut child) = self.child.take() else { return };
        signal(&child, libc::SIGTERM);
        let status = wait_exit(&mut child, Duration::from_secs(DRAIN_SECS_MAX));
        let tail = self.log_tail();
        let status = status.unwrap_or_else(|| panic!("{} did not drain in {DRAIN_SECS_MAX} s:\n{tail}", self.area));
        assert!(status.success(), "{} ended with {status}:\n{tail}", self.area);
    }

    /// SIGKILL: what a power cut leaves, less the page cache.
    pub fn kill(&mut self) {
        if let Some(mut child) = self.child.take() {
            signal(&child, libc::SIGKILL);
            child.wait().expect("our own child");
        }
    }

    /// Whether the daemon has not ended.
    pub fn is_running(&mut self) -> bool {
        self.child.is_some() && self.ended().is_none()
    }

    /// How the daemon ended, where it has.
    pub fn ended(&mut self) -> Option<ExitStatus> {
        self.child.as_mut().and_then(|child| child.try_wait().expect("our own child"))
    }

    pub fn pid(&self) -> u32 {
        self.child.as_ref().expect("the node runs").id()
    }

    /// One verb against this node, whatever it exits with.
    pub fn call(&self, args: &[&str]) -> Output {
        self.verb(args).output().expect("rosterd starts")
    }

    /// One reading verb with `--json`: an object a line.
    pub fn json(&self, args: &[&str]) -> Vec<Value> {
        let out = self.verb(args).arg("--json").output().expect("rosterd starts");
        assert!(out.status.success(), "{} {args:?}: {}\n{}", self.area, said(&out), self.log_tail());
        let text = String::from_utf8(out.stdout).expect("JSON is UTF-8");
        text.lines().map(|line| serde_json::from_str(line).unwrap_or_else(|e| panic!("{e}: {line}"))).collect()
    }

    /// The open findings.
    pub fn findings(&self) -> Vec<Value> {
        self.json(&["findings"])
    }

    /// Makes the inbox hold exactly the files of `from`, laid out alike, as an office that saves over last month's.
    pub fn drop_files(&self, from: &Path) {
        let inbox = self.inbox();
        remove_strays(&inbox, from);
        copy_tree(from, &inbox);
    }

    /// Peak resident memory so far, bytes.
    pub fn rss_peak_bytes(&self) -> u64 {
        self.status_kib("VmHWM:") * 1024
    }

    /// Resident memory now, bytes.
    pub fn rss_bytes(&self) -> u64 {
        self.status_kib("VmRSS:") * 1024
    }

    /// Of [`Node::rss_bytes`], what is the daemon's own and not pages of the program file.
    pub fn own_bytes(&self) -> u64 {
        self.status_kib("RssAnon:") * 1024
    }

    /// Processor time used so far by the daemon, user and system.
    pub fn cpu(&self) -> Duration {
        let stat = fs::read_to_string(format!("/proc/{}/stat", self.pid())).expect("the node runs");
        let after_name = stat.rsplit_once(')').expect("a stat line").1;
        let ticks: u64 = after_name.split_whitespace().skip(11).take(2).map(|t| t.parse::<u64>().expect("ticks")).sum();
        Duration::from_millis(ticks * 1000 / TICKS_PER_SEC)
    }

    fn status_kib(&self, key: &str) -> u64 {
        let status = fs::read_to_string(format!("/proc/{}/status", self.pid())).expect("the node runs");
        let line = status.lines().find(|l| l.starts_with(key)).expect("Linux prints it");
        line.split_whitespace().nth(1).and_then(|n| n.parse().ok()).expect("a number of KiB")
    }

    fn verb(&self, args: &[&str]) -> Command {
        let mut command = Command::new(&self.binary);
        command.args(args).arg("--config").arg(self.config()).stdin(Stdio::null()).env_remove("ROSTERD_CONFIG");
        command
    }

    fn assert_alive(&mut self) {
        if let Some(status) = self.ended() {
            panic!("{} ended with {status}:\n{}", self.area, self.log_tail());
        }
    }

    pub fn log_tail(&self) -> String {
        let text = fs::read_to_string(self.dir.join("run.log")).unwrap_or_default();
        let lines: Vec<&str> = text.lines().collect();
        lines[lines.len().saturating_sub(20)..].join("\n")
    }
}

impl Drop for Node {
    fn drop(&mut self) {
        self.kill();
    }
}

/// The kernel's USER_HZ as /proc shows it; 100 on every Linux we ship for.
const TICKS_PER_SEC: u64 = 100;

pub fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").and_then(|l| l.local_addr()).expect("a free loopback port").port()
}

fn signal(child: &Child, number: i32) {
    // SAFETY: plain kill(2) on a child that we have not yet waited for, so the id is still its own.
    unsafe { libc::kill(child.id() as i32, number) };
}

fn wait_exit(child: &mut Child, for_max: Duration) -> Option<ExitStatus> {
    let until = Instant::now() + for_max;
    loop {
        if let Some(status) = child.try_wait().expect("our own child") {
            return Some(status);
        }
        if Instant::now() > until {
            signal(child, libc::SIGKILL);
            child.wait().expect("our own child");
            return None;
        }
        sleep(Duration::from_millis(10));
    }
}

fn said(out: &Output) -> String {
    format!("{} {}{}", out.status, String::from_utf8_lossy(&out.stdout), String::from_utf8_lossy(&out.stderr))
}

/// Files below `inbox` that `from` does not have go away.
fn remove_strays(inbox: &Path, from: &Path) {
    for entry in fs::read_dir(inbox).expect("the inbox").flatten() {
        let (path, twin) = (entry.path(), from.join(entry.file_name()));
        if path.is_dir() {
            remove_strays(&path, &twin);
        } else if !twin.exists() {
            fs::remove_file(path).expect("our own file");
        }
    }
}

pub fn copy_tree(from: &Path, to: &Path) {
    fs::create_dir_all(to).expect("our own folder");
    for entry in fs::read_dir(from).expect("a fixture folder").flatten() {
        let target = to.join(entry.file_name());
        if entry.path().is_dir() {
            copy_tree(&entry.path(), &target);
        } else {
            fs::copy(entry.path(), target).expect("a fixture file");
        }
    }
}
