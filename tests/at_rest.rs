//! What a thief of the data folder finds. Without the feature `sqlcipher`: that a key is never ignored. With it
//! (`cargo test --features sqlcipher --test at_rest`): that nobody stands in any file of an encrypted node.

mod support;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Output;

use support::node::Node;

const BINARY: &str = env!("CARGO_BIN_EXE_rosterd");
const TODAY: &str = "2026-03-31";

fn said(out: &Output) -> String {
    format!("{}{}", String::from_utf8_lossy(&out.stdout), String::from_utf8_lossy(&out.stderr))
}

fn refused(node: &Node, verb: &[&str]) -> String {
    let out = node.call(verb);
    assert_eq!(out.status.code(), Some(1), "{verb:?}: {}", said(&out));
    said(&out)
}

fn key_of(node: &Node) -> PathBuf {
    node.dir.join("store.key")
}

/// The settings say of the key what `line` says.
fn set_key(node: &Node, line: &str) {
    let text = fs::read_to_string(node.config()).expect("the settings");
    let is_key = |line: &&str| line.trim_start_matches("# ").starts_with("key_file = ");
    let old = text.lines().find(is_key).expect("the sample shows the key");
    fs::write(node.config(), text.replacen(old, line, 1)).expect("our own folder");
}

fn write_key(file: &Path, key: &str) {
    use std::os::unix::fs::PermissionsExt;
    fs::write(file, key).expect("our own folder");
    fs::set_permissions(file, fs::Permissions::from_mode(0o600)).expect("our own file");
}

/// The bits of a file's mode that say what others may.
fn others_may(path: &Path) -> u32 {
    use std::os::unix::fs::PermissionsExt;
    fs::metadata(path).unwrap_or_else(|error| panic!("{}: {error}", path.display())).permissions().mode() & 0o077
}

#[test]
fn keys_and_store_are_their_owners_alone_and_no_daemon_leaves_a_core() {
    let root = tempfile::tempdir().expect("a temporary folder");
    let (mut county, mut village) =
        (Node::init(BINARY, root.path(), "519901", "云岭县"), Node::init(BINARY, root.path(), "519901001200", "200村"));
    for node in [&mut county, &mut village] {
        node.start(Some(TODAY));
        node.wait_ready();
    }
    village.join(&county);
    village.settle(60);
    let limits = fs::read_to_string(format!("/proc/{}/limits", county.pid())).expect("the node runs");
    let core = limits.lines().find(|line| line.starts_with("Max core file size")).expect("Linux prints it");
    assert_eq!(core.split_whitespace().skip(4).take(2).collect::<Vec<_>>(), ["0", "0"]);
    let data = |node: &Node| node.dir.join("data");
    let folders = [data(&county), data(&village), data(&county).join("link/authority"), data(&village).join("link")];
    let authority = data(&county).join("link/authority");
    let files = [
        authority.join("authority.json"),
        authority.join("children.jsonl"),
        data(&village).join("link/credential.json"),
        data(&county).join("rosterd.db"),
        data(&village).join("rosterd.db"),
        data(&village).join("rosterd.db-wal"),
        data(&village).join("control.sock"),
    ];
    for path in folders.iter().chain(&files) {
        assert_eq!(others_may(path), 0, "{}", path.display());
    }
    let backup = root.path().join("backup.db");
    assert!(village.call(&["backup", backup.to_str().expect("a plain path")]).status.success());
    assert_eq!(others_may(&backup), 0);
}

#[cfg(not(feature = "sqlcipher"))]
#[test]
fn a_build_that_cannot_encrypt_refuses_a_key_instead_of_ignoring_it() {
    let root = tempfile::tempdir().expect("a temporary folder");
    let node = Node::init(BINARY, root.path(), "519901001200", "200村");
    assert!(!key_of(&node).exists(), "no key that nothing uses");
    set_key(&node, "key_file = \"store.key\"");
    write_key(&key_of(&node), &"5a".repeat(32));
    let told = refused(&node, &["run", "--today", TODAY]);
    assert!(told.contains("不能加密") && told.contains("--features sqlcipher"), "{told}");
    assert!(!node.dir.join("data/rosterd.db").exists(), "nothing was written in plain");
    assert!(refused(&node, &["rekey"]).contains("不能加密"));
}

#[cfg(feature = "sqlcipher")]
mod encrypted {
    use std::process::{Command, Stdio};

    use serde_json::Value;
    use support::story::number;

    use super::*;

    const SETTLE_SECS_MAX: u64 = 60;
    const CANARY: &str = "欧阳锦鲤";
    const PEOPLE: u32 = 300;

    /// One office with a list in which everybody is a canary, and something does not fit.
    fn village(root: &Path) -> Node {
        let node = Node::init(BINARY, root, "519901001200", "200村");
        let mut population = String::from("序号,户号,姓名,与户主关系,公民身份号码,人口状态,变动时间,迁入迁出地\n");
        let mut dibao = String::from("序号,保障对象姓名,身份证号码,保障类别,审批日期,最近复核日期,保障状态\n");
        for i in 0..PEOPLE {
            let id = identity(i);
            let state = if i == 0 { "死亡,2026-02-03," } else { "在册,," };
            population.push_str(&format!("{i},{i},{CANARY}{i},户主,{id},{state}\n"));
            dibao.push_str(&format!("{i},{CANARY}{i},{id},A,2019-05-01,2025-12-10,在保\n"));
        }
        fs::write(node.inbox().join("population.csv"), population).expect("our own folder");
        fs::write(node.inbox().join("dibao.csv"), dibao).expect("our own folder");
        node
    }

    fn identity(i: u32) -> String {
        number(&format!("1950{:02}{:02}/{:03}", 1 + i % 12, 1 + i % 28, i))
    }

    fn run_once(node: &mut Node) -> Vec<Value> {
        node.start(Some(TODAY));
        node.wait_ready();
        node.settle(SETTLE_SECS_MAX);
        let findings = node.findings();
        node.stop();
        findings
    }

    fn files(dir: &Path, found: &mut Vec<PathBuf>) {
        for entry in fs::read_dir(dir).expect("our own folder").flatten() {
            match entry.file_type().expect("our own file").is_dir() {
                true => files(&entry.path(), found),
                false if entry.file_type().expect("our own file").is_file() => found.push(entry.path()),
                false => {}
            }
        }
    }

    /// Where anybody stands below `dir`: as a name, and as a number in plain digits.
    fn canaries(dir: &Path) -> Vec<PathBuf> {
        let needles: Vec<Vec<u8>> = std::iter::once(CANARY.to_owned())
            .chain((0..PEOPLE).step_by(37).map(identity))
            .map(String::into_bytes)
            .collect();
        let mut all = Vec::new();
        files(dir, &mut all);
        all.retain(|file| {
            let bytes = fs::read(file).unwrap_or_default();
            needles.iter().any(|needle| bytes.windows(needle.len()).any(|window| window == needle.as_slice()))
        });
        all
    }

    fn is_plain(file: &Path) -> bool {
        fs::read(file).expect("the store").starts_with(b"SQLite format 3\0")
    }

    #[test]
    fn nobody_stands_in_any_file_of_an_encrypted_node_its_log_and_temporary_files_included() {
        let root = tempfile::tempdir().expect("a temporary folder");
        let mut node = village(root.path());
        let temporary = root.path().join("tmp");
        fs::create_dir(&temporary).expect("our own folder");
        node.start_with(Some(TODAY), &[("TMPDIR", &temporary), ("SQLITE_TMPDIR", &temporary)]);
        node.wait_ready();
        node.settle(SETTLE_SECS_MAX);
        assert!(!node.findings().is_empty(), "there is something to find");
        assert_eq!(node.json(&["people", &identity(7), "--reveal", "--reason", "test"]).len(), 1);
        let data = node.dir.join("data");
        assert!(
            fs::metadata(data.join("rosterd.db-wal")).is_ok_and(|wal| wal.len() > 0),
            "the log is there to look into"
        );
        assert_eq!(canaries(&data), Vec::<PathBuf>::new(), "while it runs");
        node.kill();
        assert_eq!(canaries(&data), Vec::<PathBuf>::new(), "after a power cut");
        assert_eq!(canaries(&temporary), Vec::<PathBuf>::new(), "in temporary files");
        run_once(&mut node);
        assert!(!is_plain(&data.join("rosterd.db")));
        let backup = root.path().join("backup.db");
        assert!(node.call(&["backup", backup.to_str().expect("a plain path")]).status.success());
        assert_eq!(canaries(root.path()).len(), 2, "nowhere but in the two files of the inbox, a backup included");
    }

    #[test]
    fn a_wrong_lost_or_open_key_is_told_and_nothing_is_touched() {
        let root = tempfile::tempdir().expect("a temporary folder");
        let mut node = village(root.path());
        let before = run_once(&mut node);
        let key = fs::read_to_string(key_of(&node)).expect("init made a key");
        for (change, told) in
            [(Some("00".repeat(32)), "打不开数据库"), (Some("no key".to_owned()), "64 位十六进制"), (None, "密钥副本")]
        {
            match change {
                Some(other) => write_key(&key_of(&node), &other),
                None => fs::remove_file(key_of(&node)).expect("the key"),
            }
            for verb in [&["run", "--today", TODAY][..], &["findings"], &["backup", "copy.db"]] {
                let said = refused(&node, verb);
                assert!(said.contains(told), "{verb:?}: {said}");
                assert!(!said.contains(key.trim()) && !said.contains(&"0".repeat(64)), "a key is shown: {said}");
            }
        }
        fs::write(key_of(&node), &key).expect("our own folder");
        Command::new("chmod").arg("644").arg(key_of(&node)).stdin(Stdio::null()).status().expect("chmod");
        assert!(refused(&node, &["findings"]).contains("chmod 600"));
        set_key(&node, "# key_file = \"store.key\"");
        assert!(refused(&node, &["findings"]).contains("没有设置密钥"));
        set_key(&node, "key_file = \"store.key\"");
        write_key(&key_of(&node), &key);
        assert_eq!(run_once(&mut node), before);
    }

    #[test]
    fn a_plain_store_is_encrypted_in_place_and_its_key_can_be_changed() {
        let root = tempfile::tempdir().expect("a temporary folder");
        let mut node = village(root.path());
        let data = node.dir.join("data");
        fs::remove_file(key_of(&node)).expect("the key");
        set_key(&node, "# key_file = \"store.key\"");
        let plain = run_once(&mut node);
        assert!(is_plain(&data.join("rosterd.db")) && !canaries(&data).is_empty(), "what the encrypting is for");
        let copy = root.path().join("plain.db");
        assert!(node.call(&["backup", copy.to_str().expect("a plain path")]).status.success());
        assert!(refused(&node, &["rekey"]).contains("key_file"));

        set_key(&node, "key_file = \"store.key\"");
        write_key(&key_of(&node), &"7e".repeat(32));
        let told = refused(&node, &["run", "--today", TODAY]);
        assert!(told.contains("没有加密") && told.contains("rosterd rekey"), "{told}");
        fs::remove_file(key_of(&node)).expect("the key");
        let out = node.call(&["rekey"]);
        assert!(out.status.success(), "{}", said(&out));
        assert!(said(&out).contains("store.key"), "it says which key to keep: {}", said(&out));
        assert!(!is_plain(&data.join("rosterd.db")));
        assert_eq!(canaries(&data), Vec::<PathBuf>::new(), "the plain file is gone");
        assert_eq!(run_once(&mut node), plain, "the same findings");

        let (old, key) = (root.path().join("old.key"), key_of(&node));
        let under_old = root.path().join("old.db");
        assert!(node.call(&["backup", under_old.to_str().expect("a plain path")]).status.success());
        fs::rename(&key, &old).expect("our own file");
        assert!(refused(&node, &["rekey"]).contains("--old-key"), "it is not plain any more");
        assert!(!key.exists(), "no key is made that opens nothing");
        let out = node.call(&["rekey", "--old-key", old.to_str().expect("a plain path")]);
        assert!(out.status.success(), "{}", said(&out));
        assert_ne!(fs::read(&key).expect("a new key"), fs::read(&old).expect("the old key"));
        assert_eq!(run_once(&mut node), plain, "the same findings under the new key");

        assert!(refused(&node, &["restore", under_old.to_str().expect("a plain path")]).contains("打不开数据库"));
        assert_eq!(run_once(&mut node), plain, "a backup that does not open changes nothing");
        let out = node.call(&["restore", copy.to_str().expect("a plain path")]);
        assert!(out.status.success(), "{}", said(&out));
        assert_eq!(canaries(&data), Vec::<PathBuf>::new(), "a plain backup is encrypted on its way");
        assert_eq!(run_once(&mut node), plain, "the same findings from the backup");
    }

    #[test]
    fn a_store_that_does_not_open_any_more_is_put_aside_for_a_backup() {
        let root = tempfile::tempdir().expect("a temporary folder");
        let mut node = village(root.path());
        let found = run_once(&mut node);
        let copy = root.path().join("backup.db");
        assert!(node.call(&["backup", copy.to_str().expect("a plain path")]).status.success());
        let store = node.dir.join("data/rosterd.db");
        fs::write(&store, "worn out").expect("our own file");
        // With it SQLite would mend the file by itself.
        let _ = fs::remove_file(node.dir.join("data/rosterd.db-wal"));
        let out = node.call(&["restore", copy.to_str().expect("a plain path")]);
        assert!(out.status.success(), "{}", said(&out));
        assert_eq!(run_once(&mut node), found);
        let kept = fs::read_dir(node.dir.join("data")).expect("our own folder").flatten();
        let kept = kept.filter(|file| file.file_name().to_string_lossy().starts_with("rosterd-2"));
        let kept = kept.filter(|file| file.path().extension().is_some_and(|ending| ending == "db"));
        let kept: Vec<u64> = kept.map(|file| file.metadata().expect("kept").len()).collect();
        assert_eq!(kept, ["worn out".len() as u64]);
    }

    /// What `backup --nightly` said, and how it came out.
    fn nightly(node: &Node) -> (bool, String) {
        // Backups are told apart by their second.
        std::thread::sleep(std::time::Duration::from_millis(1_100));
        let out = node.call(&["backup", "--nightly"]);
        (out.status.success(), said(&out))
    }

    fn backups(node: &Node) -> Vec<PathBuf> {
        let mut all = Vec::new();
        files(&node.dir.join("backup"), &mut all);
        all.sort();
        all
    }

    fn alarms(node: &Node) -> Vec<String> {
        let status = node.json(&["status"]).remove(0);
        let alarms = status["alarms"].as_array().expect("a list").iter();
        alarms.map(|alarm| alarm["alarm"].as_str().expect("a code").to_owned()).collect()
    }

    #[test]
    fn a_night_with_the_wrong_key_is_told_as_that_and_the_night_after_a_rekey_is_proven_under_the_new_one() {
        let root = tempfile::tempdir().expect("a temporary folder");
        let mut node = village(root.path());
        let key = fs::read_to_string(key_of(&node)).expect("init made a key");
        node.start(Some(TODAY));
        node.wait_ready();
        node.settle(SETTLE_SECS_MAX);
        let found = node.findings();
        assert!(nightly(&node).0);
        let [first] = &backups(&node)[..] else { panic!("one good night, one backup") };
        assert!(!is_plain(first));

        // Somebody changes the file of the key under the running daemon: what it copies would open for nobody.
        write_key(&key_of(&node), &"7e".repeat(32));
        let (good, why) = nightly(&node);
        assert!(!good && why.contains("打不开数据库"), "{why}");
        assert_eq!(backups(&node), [first.clone()], "what cannot be restored is no backup");
        write_key(&key_of(&node), &key);
        node.stop();
        node.start(Some(TODAY));
        node.wait_ready();
        node.settle(SETTLE_SECS_MAX);
        assert_eq!(alarms(&node), ["backup-failed"], "a wrong key is no damage");
        assert!(nightly(&node).0);
        node.stop();

        let old = root.path().join("old.key");
        fs::rename(key_of(&node), &old).expect("our own file");
        assert!(node.call(&["rekey", "--old-key", old.to_str().expect("a plain path")]).status.success());
        node.start(Some(TODAY));
        node.wait_ready();
        node.settle(SETTLE_SECS_MAX);
        assert_eq!(alarms(&node), Vec::<String>::new(), "the good night ended the alarm");
        assert_eq!(node.findings(), found);
        assert!(nightly(&node).0, "proven under the new key");
        node.stop();
        let [_, _, last] = &backups(&node)[..] else { panic!("three good nights") };
        let restore = |file: &Path| node.call(&["restore", file.to_str().expect("a plain path")]);
        assert!(said(&restore(first)).contains("打不开数据库"), "it is of the old key");
        assert!(restore(last).status.success());
        assert_eq!(run_once(&mut node), found);
    }
}
