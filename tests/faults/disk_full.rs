//! A disk that fills up under a running office, again and again.

use std::fs::{self, File};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::thread::sleep;
use std::time::{Duration, Instant};

use super::support::branch::Dice;
use super::support::node::Node;
use super::{BINARY, TODAY, findings, save_month};

const DISK_BYTES: u64 = 24 << 20;
/// How long until the node says that the disk is full, or that it goes on: seconds, on a machine that has any to spare.
const NOTICE_SECS_MAX: u64 = 120;

/// A disk of its own, as small as a test needs it; gone when dropped.
struct SmallDisk(PathBuf);

impl SmallDisk {
    /// `None` where the test may not mount.
    fn mount(at: &Path) -> Option<SmallDisk> {
        fs::create_dir_all(at).expect("our own folder");
        let target = std::ffi::CString::new(at.to_str().expect("a plain name")).expect("no zero in a path");
        let options = std::ffi::CString::new(format!("size={DISK_BYTES}")).expect("no zero in options");
        // SAFETY: five C strings that outlive the call, the last as tmpfs wants its options.
        let code =
            unsafe { libc::mount(c"tmpfs".as_ptr(), target.as_ptr(), c"tmpfs".as_ptr(), 0, options.as_ptr().cast()) };
        (code == 0).then(|| SmallDisk(at.to_owned()))
    }

    fn filler(&self) -> PathBuf {
        self.0.join("filler")
    }

    /// Fills it but for `leave` bytes.
    fn fill(&self, leave: u64) {
        let free = rosterd::daemon::free_bytes(&self.0).expect("a mounted disk");
        let block = vec![7u8; free.saturating_sub(leave) as usize];
        // What does not fit any more is what was wanted.
        let _ =
            File::options().create(true).append(true).open(self.filler()).and_then(|mut file| file.write_all(&block));
    }

    /// Its larger files and their bytes.
    fn holds(&self) -> Vec<(PathBuf, u64)> {
        let mut folders = vec![self.0.clone()];
        let mut files = Vec::new();
        while let Some(folder) = folders.pop() {
            for entry in fs::read_dir(folder).expect("our own folder").flatten() {
                let Ok(meta) = entry.metadata() else { continue };
                if meta.is_dir() {
                    folders.push(entry.path());
                } else if meta.len() > 100_000 {
                    files.push((entry.path(), meta.len()));
                }
            }
        }
        files
    }

    fn clear(&self) {
        let _ = fs::remove_file(self.filler());
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        let target = std::ffi::CString::new(self.0.to_str().expect("a plain name")).expect("no zero in a path");
        // SAFETY: a C string that outlives the call. Lazily: a daemon may still hold it.
        unsafe { libc::umount2(target.as_ptr(), libc::MNT_DETACH) };
    }
}

/// What the mismatch log was told of a full disk, in its order.
fn told_of_the_disk(log: &Path) -> Vec<String> {
    let mut months: Vec<PathBuf> = fs::read_dir(log).expect("a log").flatten().map(|entry| entry.path()).collect();
    months.retain(|path| path.extension().is_some_and(|ending| ending == "jsonl"));
    months.sort();
    let text: String = months.iter().map(|path| fs::read_to_string(path).expect("our own folder")).collect();
    let lines = text.lines().map(|line| serde_json::from_str::<serde_json::Value>(line).expect("JSON"));
    let of_disk = lines.filter(|line| line["alarm"] == "disk-full");
    of_disk
        .inspect(|line| {
            let hint = line["hint"].as_str().unwrap_or_default();
            assert!(line["change"] != "alarm" || hint.contains("/disk/"), "it names the folder: {line}");
        })
        .map(|line| line["change"].as_str().unwrap_or_default().to_owned())
        .collect()
}

/// Each episode: the disk fills to a few bytes or a few pages, then new files come; the node reads nothing, says so, and
/// goes on by itself when there is room.
fn episodes(count: u32) {
    let root = tempfile::tempdir().expect("a temporary folder");
    let Some(disk) = SmallDisk::mount(&root.path().join("disk")) else {
        // Past the capture of the test's output: a gate that skips must be seen to.
        let _ = writeln!(std::io::stderr(), "SKIPPED: disk_full: no right to mount a tmpfs here");
        return;
    };
    let mut node = Node::init(BINARY, &disk.0, "519901", "云岭县");
    let mut calm = Node::init(BINARY, &root.path().join("calm"), "519901", "云岭县");
    // The files lie elsewhere: it is the store's disk that is full, not the clerk's.
    let inboxes = [root.path().join("files"), root.path().join("files of the calm one")];
    for (node, inbox) in [(&mut node, &inboxes[0]), (&mut calm, &inboxes[1])] {
        fs::create_dir_all(inbox).expect("our own folder");
        let settings = fs::read_to_string(node.config()).expect("the settings");
        let source = format!("\n[[source]]\nname = \"files\"\nkind = \"folder\"\npath = \"{}\"\n", inbox.display());
        fs::write(node.config(), settings + &source).expect("our own folder");
        save_month(inbox, 0);
        node.start(Some(TODAY));
        node.wait_ready();
        node.settle(60);
    }

    let mut dice = Dice(7);
    let (mut said, mut longest) = (0, Duration::ZERO);
    for episode in 0..count {
        disk.fill([0, 4_096, 65_536, 300_000][dice.below(4) as usize]);
        inboxes.iter().for_each(|inbox| save_month(inbox, (episode + 1) % 2));
        let lines = || -> Vec<(String, u64)> {
            let sources = node.json(&["status"])[0]["sources"].as_array().cloned().unwrap_or_default();
            sources.iter().map(|s| (s["path"].to_string(), s["lines"].as_u64().unwrap_or(0))).collect()
        };
        let held = lines();
        let alarm = |node: &Node| {
            let status = node.json(&["status"]);
            let alarms = status[0]["alarms"].as_array().cloned().unwrap_or_default();
            alarms.iter().any(|alarm| alarm["alarm"] == "disk-full")
        };
        let until = Instant::now() + Duration::from_secs(NOTICE_SECS_MAX);
        while !alarm(&node) {
            assert!(
                Instant::now() < until,
                "episode {episode}: nobody says that the disk is full\n{}",
                node.log_tail()
            );
            sleep(Duration::from_millis(20));
        }
        said += 1;
        assert!(!node.call(&["findings"]).stdout.is_empty(), "what is known can still be asked for");
        assert_eq!(lines(), held, "nothing is read without room");
        assert!(inboxes[0].join("deaths.csv").exists(), "the files are left alone");
        // What is left is for receipts, whoever asks.
        let file = inboxes[0].join("deaths.csv");
        for verb in [&["import", file.to_str().expect("a plain name")][..], &["rematch"]] {
            let refused = node.call(verb);
            let why = String::from_utf8_lossy(&refused.stderr).into_owned();
            assert!(refused.status.code() == Some(1) && why.contains("磁盘已满"), "{verb:?} {refused:?}");
        }
        disk.clear();
        let resumed = Instant::now();
        while alarm(&node) || node.json(&["status"])[0]["settled"] != true {
            assert!(
                resumed.elapsed().as_secs() < NOTICE_SECS_MAX,
                "episode {episode}: it does not go on; on the disk are {:?}\n{:?}\n{}",
                disk.holds(),
                node.json(&["status"]),
                node.log_tail()
            );
            sleep(Duration::from_millis(20));
        }
        longest = longest.max(resumed.elapsed());
        assert!(node.is_running());
        calm.settle(60);
        assert!(
            findings(&node) == findings(&calm),
            "episode {episode}: other findings than where the disk never filled"
        );
        if (episode + 1) % 20 == 0 {
            println!("{} episodes, {said} told, longest {longest:?}, the disk holds {:?}", episode + 1, disk.holds());
        }
    }
    node.stop();
    calm.stop();
    let told = told_of_the_disk(&node.dir.join("data/log"));
    assert!(told.len() as u64 == said * 2, "beginning and end of each: {told:?}");
    assert!(told.chunks(2).all(|pair| pair == ["alarm", "alarm-ended"]), "{told:?}");
    println!("{count} episodes of a full disk, {said} told, longest until all was read again {longest:?}");
}

#[test]
fn a_full_disk_stops_intake_says_so_and_it_goes_on_by_itself() {
    episodes(3);
}

#[test]
#[ignore = "long: run with --ignored"]
fn two_hundred_times_a_full_disk() {
    episodes(200);
}
