//! `rosterd setup` at a real terminal: the questions as a tired person answers them.

use std::fs::File;
use std::io::{Read, Write};
use std::os::fd::{FromRawFd, OwnedFd};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

use rosterd::settings::Settings;

/// How long a question may take to come.
const QUESTION_WAIT: Duration = Duration::from_secs(20);

/// A program at a terminal of its own.
struct Terminal {
    ours: File,
    child: Child,
    said: String,
}

impl Terminal {
    fn start(command: &mut Command) -> Terminal {
        let (mut ours, mut theirs) = (0, 0);
        let none = std::ptr::null_mut();
        // SAFETY: both descriptors are written to, and the three optional pointers may be null (openpty(3)).
        assert_eq!(unsafe { libc::openpty(&mut ours, &mut theirs, none, none.cast(), none.cast()) }, 0);
        // SAFETY: fresh descriptors that nobody else has.
        let (ours, theirs) = unsafe { (File::from_raw_fd(ours), OwnedFd::from_raw_fd(theirs)) };
        // SAFETY: a plain flag on a descriptor of our own.
        unsafe { libc::fcntl(std::os::fd::AsRawFd::as_raw_fd(&ours), libc::F_SETFL, libc::O_NONBLOCK) };
        let errors = theirs.try_clone().unwrap();
        let out = theirs.try_clone().unwrap();
        let child = command.stdin(Stdio::from(theirs)).stdout(Stdio::from(out)).stderr(Stdio::from(errors));
        Terminal { ours, child: child.spawn().unwrap(), said: String::new() }
    }

    /// Waits until `question` stands on the screen, and types `answer`.
    fn answer(&mut self, question: &str, answer: &str) {
        self.expect(question);
        self.ours.write_all(format!("{answer}\n").as_bytes()).unwrap();
    }

    fn expect(&mut self, text: &str) {
        let until = Instant::now() + QUESTION_WAIT;
        loop {
            self.read();
            if let Some(at) = self.said.find(text) {
                self.said.drain(..at + text.len());
                return;
            }
            assert!(Instant::now() < until, "never said {text:?}, but {:?}", self.said);
            std::thread::sleep(Duration::from_millis(10));
        }
    }

    fn read(&mut self) {
        let mut block = [0; 4096];
        // Nothing there yet, or the other end is closed.
        while let Ok(read @ 1..) = self.ours.read(&mut block) {
            self.said.push_str(&String::from_utf8_lossy(&block[..read]));
        }
    }

    fn end(mut self) -> (ExitStatus, String) {
        let until = Instant::now() + QUESTION_WAIT;
        loop {
            self.read();
            if let Some(status) = self.child.try_wait().unwrap() {
                self.read();
                return (status, self.said);
            }
            assert!(Instant::now() < until, "does not end: {:?}", self.said);
            std::thread::sleep(Duration::from_millis(10));
        }
    }
}

fn setup(language: &str) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_rosterd"));
    command.args(["setup", "--language", language]).env_remove("ROSTERD_CONFIG").current_dir(std::env::temp_dir());
    command
}

#[test]
fn wrong_answers_are_asked_again_and_enter_takes_what_is_in_brackets() {
    let root = tempfile::tempdir().unwrap();
    let dir = root.path().join("office");
    let mut terminal = Terminal::start(&mut setup("en"));
    terminal.answer("Area code of this office", "51990");
    terminal.expect("6, 9 or 12 digits, please.");
    terminal.answer("Area code of this office", " 519901001 ");
    terminal.answer("Name of this office", "");
    terminal.expect("This one is needed.");
    terminal.answer("Name of this office", &"很长的名字".repeat(20));
    terminal.expect("At most 60 characters on one line, please.");
    terminal.answer("Name of this office", "第1乡");
    terminal.answer("Folder to install into [", dir.to_str().unwrap());
    terminal.answer(&format!("[{}/inbox]", dir.display()), "");
    terminal.answer("Join code", "rosterd1 mistyped");
    terminal.expect("This is no join code for this area");
    terminal.answer("Join code", "");
    terminal.answer("Address where offices below connect", "7443");
    terminal.expect("ADDRESS:PORT, please");
    terminal.answer("Address where offices below connect", "127.0.0.1:7443");
    let (status, said) = terminal.end();
    assert!(status.success(), "{said}");
    assert!(said.contains("Done. Put the spreadsheets into"), "{said}");
    let config = dir.join("rosterd.toml");
    // It stands alone, and the terminal wraps nothing.
    for told in ["Not joined yet", &format!("rosterd status --config {}", config.display())] {
        assert!(said.contains(told), "{told}: {said}");
    }
    let settings = Settings::read(&dir.join("rosterd.toml")).unwrap();
    assert_eq!((settings.area.to_string().as_str(), settings.name.as_str()), ("519901001", "第1乡"));
    assert_eq!(settings.listen, "127.0.0.1:7443".parse().ok());
    assert!(dir.join("inbox").is_dir() && dir.join("data").is_dir());
}

#[test]
fn a_clerk_is_asked_in_chinese_and_may_leave_in_the_middle() {
    let root = tempfile::tempdir().unwrap();
    let dir = root.path().join("office");
    let mut terminal = Terminal::start(setup("zh-CN").arg("--dir").arg(&dir));
    terminal.answer("本单位区划代码", "519901001200");
    terminal.answer("本单位名称", "200村");
    terminal.expect("监视哪个文件夹");
    // Ctrl-D on an empty line.
    terminal.ours.write_all(b"\x04").unwrap();
    let (status, said) = terminal.end();
    assert_eq!(status.code(), Some(2), "{said}");
    assert!(!dir.exists(), "nothing is half made");
}
