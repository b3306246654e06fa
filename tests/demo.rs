//! The demo as somebody meets rosterd for the first time: one command, a county that works, findings to read.

use assert_cmd::Command;

#[test]
fn one_command_shows_a_county_what_contradicts_what_and_leaves_nothing_behind() {
    let folder = tempfile::tempdir().unwrap();
    let mut demo = Command::cargo_bin("rosterd").unwrap();
    let demo = demo.env_remove("ROSTERD_CONFIG").env("LC_ALL", "C").env("TMPDIR", folder.path());
    let output = demo.args(["demo", "--once"]).timeout(std::time::Duration::from_secs(300)).output().unwrap();
    let (out, err) = (String::from_utf8(output.stdout).unwrap(), String::from_utf8(output.stderr).unwrap());
    assert!(output.status.success(), "{err}");
    // What only the county can see, what only a village's own lists show, and a sentence for each.
    for part in ["Deceased, still active", "Active in two areas", "Identity number missing", "200村", "201村"] {
        assert!(out.contains(part), "{part}\n{out}\n{err}");
    }
    assert!(!out.contains("519901001200"), "areas are called by their names\n{out}");
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0, "the temporary folder goes away");
}
