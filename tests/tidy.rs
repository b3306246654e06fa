//! House rules that a reviewer should not have to look for: who may import whom, who may print, what stays pure.

use std::fs;
use std::path::{Path, PathBuf};

/// DESIGN.md, layout: `main -> cli -> daemon -> {intake, store, sync, report} -> {linkage, reconcile, rules} -> domain`.
/// What stands here a folder may use beside itself; `error` and `domain` are open to all that are not pure,
/// and the pure ones have `domain` alone.
const ARROWS: &[(&str, &[&str])] = &[
    ("main", &["cli", "error"]),
    ("cli", &["daemon", "intake", "domain", "error", "settings", "report", "rules", "linkage", "store", "sync"]),
    (
        "daemon",
        &["intake", "store", "sync", "report", "linkage", "reconcile", "rules", "domain", "error", "crash", "settings"],
    ),
    ("error", &[]),
    ("crash", &[]),
    ("domain", &[]),
    ("linkage", &["domain"]),
    ("reconcile", &["domain"]),
    ("rules", &["domain", "reconcile"]),
    ("intake", &["domain", "error", "settings"]),
    ("store", &["domain", "error", "crash", "settings", "linkage", "reconcile", "rules"]),
    ("sync", &["domain", "error", "crash", "settings"]),
    ("report", &["domain", "error", "settings", "rules"]),
    ("settings", &["domain", "error", "rules"]),
];
const PURE: [&str; 4] = ["domain", "linkage", "reconcile", "rules"];

/// One idea a file; past this many lines it is two.
const FILE_LINES_MAX: usize = 450;

struct Source {
    /// Below `src/`, with forward slashes.
    path: String,
    /// Without comments and without `#[cfg(test)]` modules, which stand last in a file by custom.
    code: String,
    lines: usize,
}

impl Source {
    /// `cli/status.rs` -> `cli`, `error.rs` -> `error`.
    fn folder(&self) -> &str {
        let first = self.path.split('/').next().unwrap_or_default();
        first.strip_suffix(".rs").unwrap_or(first)
    }
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn sources() -> Vec<Source> {
    let mut found = Vec::new();
    walk(&root().join("src"), &mut found);
    found
        .into_iter()
        .map(|file| {
            let text = fs::read_to_string(&file).unwrap();
            let shipped = text.split("\n#[cfg(test)]\nmod ").next().unwrap_or_default();
            let code = shipped.lines().filter(|l| !l.trim_start().starts_with("//")).collect::<Vec<_>>().join("\n");
            let path = file.strip_prefix(root().join("src")).unwrap().to_str().unwrap().replace('\\', "/");
            // A folder's `tests.rs` is declared under cfg(test) by its parent.
            let code = if path.ends_with("tests.rs") || path.contains("/tests/") { String::new() } else { code };
            Source { path, code, lines: shipped.lines().count() }
        })
        .collect()
}

fn walk(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap().flatten() {
        let path = entry.path();
        if path.is_dir() {
            walk(&path, found);
        } else if path.extension().is_some_and(|e| e == "rs") {
            found.push(path);
        }
    }
}

/// `path:line: text` of every line of code that holds one of `words`.
fn lines_with<'s>(source: &'s Source, words: &'s [&str]) -> impl Iterator<Item = String> + 's {
    let hit = |line: &&str| words.iter().any(|word| line.contains(word));
    source.code.lines().filter(hit).map(|line| format!("src/{}: {}", source.path, line.trim()))
}

fn none(found: Vec<String>, rule: &str) {
    assert!(found.is_empty(), "{rule}\n{}", found.join("\n"));
}

/// The top-level modules of this crate that a line names: `crate::store::…`, `use crate::{domain, store}`.
fn imports(code: &str) -> Vec<&str> {
    let mut found = Vec::new();
    for (at, _) in code.match_indices("crate::") {
        let rest = &code[at + "crate::".len()..];
        match rest.strip_prefix('{') {
            Some(group) => found.extend(names_of_group(group)),
            None => found.push(word(rest)),
        }
    }
    found
}

/// The first word of each branch of a `{a::b, c::{d, e}}` whose opening brace is gone.
fn names_of_group(group: &str) -> Vec<&str> {
    let (mut depth, mut expect, mut found) = (0i32, true, Vec::new());
    for (at, c) in group.char_indices() {
        match c {
            '{' => depth += 1,
            '}' if depth == 0 => break,
            '}' => depth -= 1,
            ',' if depth == 0 => expect = true,
            c if expect && depth == 0 && !c.is_whitespace() => {
                found.push(word(&group[at..]));
                expect = false;
            }
            _ => {}
        }
    }
    found
}

fn word(text: &str) -> &str {
    let end = text.find(|c: char| !(c.is_alphanumeric() || c == '_')).unwrap_or(text.len());
    &text[..end]
}

#[test]
fn imports_go_down_the_layers_and_never_sideways() {
    let mut wrong = Vec::new();
    for source in sources() {
        // The root declares all of them and is nobody's layer.
        if source.folder() == "lib" {
            continue;
        }
        let Some((folder, allowed)) = ARROWS.iter().find(|(folder, _)| *folder == source.folder()) else {
            panic!("src/{}: no arrows for '{}'", source.path, source.folder());
        };
        // `crate::Result` and other names of the root start with a capital or are macros: no module, no arrow.
        let modules = imports(&source.code).into_iter().filter(|m| m.starts_with(|c: char| c.is_ascii_lowercase()));
        for module in modules.filter(|m| m != folder && !allowed.contains(m)) {
            wrong.push(format!("src/{} uses crate::{module}", source.path));
        }
    }
    none(wrong, "DESIGN.md, layout: siblings do not import each other, and nothing imports upward");
    let folders: Vec<String> = sources().iter().map(|source| source.folder().to_owned()).collect();
    let gone = ARROWS.iter().filter(|(folder, _)| !folders.iter().any(|there| there == folder));
    none(gone.map(|(folder, _)| (*folder).to_owned()).collect(), "arrows of what is not there");
}

#[test]
fn the_groups_of_an_import_are_read_as_the_compiler_reads_them() {
    assert_eq!(imports("use crate::{domain::{Area, List}, store};"), ["domain", "store"]);
    assert_eq!(imports("use crate::store::Store; let x = crate::sync::push();"), ["store", "sync"]);
}

#[test]
fn the_pure_folders_know_no_outside() {
    let outside = [
        "std::fs",
        "std::net",
        "std::env",
        "std::process",
        "std::thread",
        "SystemTime",
        "Instant::now",
        "Zoned::now",
        "Timestamp::now",
        "tokio",
        "rusqlite",
        "tracing::",
        "reqwest",
        "axum",
        ".await",
        "async fn",
    ];
    let pure = sources().into_iter().filter(|s| PURE.contains(&s.folder()));
    none(
        pure.flat_map(|s| lines_with(&s, &outside).collect::<Vec<_>>()).collect(),
        "pure: no I/O, clock, async, logging, SQL",
    );
}

#[test]
fn only_the_command_line_prints() {
    let quiet = sources().into_iter().filter(|s| !matches!(s.folder(), "cli" | "main"));
    let words = ["println!", "eprintln!", "print!(", "dbg!"];
    none(quiet.flat_map(|s| lines_with(&s, &words).collect::<Vec<_>>()).collect(), "only src/cli and main print");
}

#[test]
fn sql_lives_in_the_store_and_in_the_reader_of_foreign_databases() {
    let others = sources().into_iter().filter(|s| s.folder() != "store" && !s.path.starts_with("intake/database"));
    none(
        others.flat_map(|s| lines_with(&s, &["rusqlite"]).collect::<Vec<_>>()).collect(),
        "nobody else knows there is SQL",
    );
}

#[test]
fn backoff_lives_behind_one_file() {
    let users: Vec<String> = sources().into_iter().filter(|s| s.code.contains("backoff::")).map(|s| s.path).collect();
    assert!(users.len() <= 1, "an unmaintained crate stays behind one file of ours: {users:?}");
}

#[test]
fn nothing_is_left_unfinished() {
    let words = ["todo!(", "unimplemented!(", "FIXME", "XXX", "dbg!("];
    none(
        sources().iter().flat_map(|s| lines_with(s, &words).collect::<Vec<_>>()).collect(),
        "finish it or leave it out",
    );
}

#[test]
fn a_file_is_one_idea() {
    // Files of tests alone are tables of stories, and may be long.
    let long = sources().into_iter().filter(|s| s.lines > FILE_LINES_MAX && !s.code.is_empty());
    none(long.map(|s| format!("src/{}: {} lines", s.path, s.lines)).collect(), "split it");
}

#[test]
fn no_path_of_somebodys_machine_is_in_the_code() {
    let paths = ["\"/work/", "\"/root/", "\"/home/"];
    none(
        sources().iter().flat_map(|s| lines_with(s, &paths).collect::<Vec<_>>()).collect(),
        "paths come from the settings",
    );
}

/// Every rule the binary knows is in both READMEs, and every verb too: the documents are printed from the same tables.
#[test]
fn both_readmes_name_every_verb_and_rule() {
    let rosterd = |args: &[&str]| {
        let out =
            std::process::Command::new(env!("CARGO_BIN_EXE_rosterd")).args(args).env("LC_ALL", "C").output().unwrap();
        String::from_utf8(out.stdout).unwrap()
    };
    let rules: Vec<String> = rosterd(&["rules", "--json"])
        .lines()
        .map(|line| serde_json::from_str::<serde_json::Value>(line).unwrap()["rule"].as_str().unwrap().to_owned())
        .collect();
    let help = rosterd(&["--help"]);
    let commands = help.split("Commands:").nth(1).unwrap_or_default().split("\n\n").next().unwrap_or_default();
    let is_verb = |line: &&str| line.starts_with("  ") && !line.starts_with("   ") && !line.trim().starts_with("help");
    let verbs: Vec<&str> = commands.lines().filter(is_verb).filter_map(|line| line.split_whitespace().next()).collect();
    assert!(rules.len() >= 20 && verbs.len() >= 20, "{} rules, {} verbs", rules.len(), verbs.len());
    for readme in ["README.md", "README.zh-CN.md"] {
        let text = fs::read_to_string(root().join(readme)).unwrap();
        // As a verb, or a word in backticks: `run` stands in many others.
        let is_named = |word: &str| {
            let ends = |rest: &str| !rest.starts_with(|c: char| c.is_ascii_alphanumeric() || c == '-');
            let heads = [format!("rosterd {word}"), format!("`{word}")];
            heads.iter().any(|head| text.match_indices(head).any(|(at, _)| ends(&text[at + head.len()..])))
        };
        let missing: Vec<&str> =
            rules.iter().map(String::as_str).chain(verbs.iter().copied()).filter(|w| !is_named(w)).collect();
        assert!(missing.is_empty(), "{readme} does not name {missing:?}");
    }
}

/// What the package ships lies in `deploy/` as it will lie on the machine.
#[test]
fn what_the_package_ships_is_there() {
    let manifest: toml::Table = fs::read_to_string(root().join("Cargo.toml")).unwrap().parse().unwrap();
    let assets = manifest["package"]["metadata"]["deb"]["assets"].as_array().unwrap();
    for asset in assets {
        let from = asset[0].as_str().unwrap();
        // Built or printed at package time.
        if from.starts_with("target/") {
            continue;
        }
        let (folder, pattern) = from.rsplit_once('/').unwrap_or((".", from));
        let found = fs::read_dir(root().join(folder)).is_ok_and(|mut files| {
            files.any(|f| pattern.contains('*') || f.unwrap().file_name().to_str() == Some(pattern))
        });
        assert!(found, "Cargo.toml ships {from}, which is not there");
    }
}

/// `tests/fuzz` is built with `--locked` and by hand alone: nobody would see that it no longer builds.
#[test]
fn the_fuzz_targets_are_locked_with_what_the_library_needs() {
    let manifest: toml::Table = fs::read_to_string(root().join("Cargo.toml")).unwrap().parse().unwrap();
    let locked = fs::read_to_string(root().join("tests/fuzz/Cargo.lock")).unwrap();
    let names = manifest["dependencies"].as_table().unwrap().keys();
    let missing: Vec<&String> = names.filter(|name| !locked.contains(&format!("name = \"{name}\"\n"))).collect();
    assert!(missing.is_empty(), "tests/fuzz/Cargo.lock lacks {missing:?}");
}
