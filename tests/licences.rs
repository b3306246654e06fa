//! What is in the tree is what `deny.toml` allows. Stands in for `cargo deny check bans licenses sources`, which takes
//! longer to build than rosterd itself; `tests/run` runs the real one as well where it is installed.

use std::path::Path;
use std::process::Command;

use serde_json::Value;

struct Policy {
    licences: Vec<String>,
    registries: Vec<String>,
    banned: Vec<String>,
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn policy() -> Policy {
    let text = std::fs::read_to_string(root().join("deny.toml")).unwrap();
    let table: toml::Table = text.parse().unwrap();
    let strings = |value: &toml::Value| -> Vec<String> {
        value
            .as_array()
            .unwrap()
            .iter()
            .map(|v| v.as_str().unwrap_or_else(|| v["crate"].as_str().unwrap()).to_owned())
            .collect()
    };
    Policy {
        licences: strings(&table["licenses"]["allow"]),
        registries: strings(&table["sources"]["allow-registry"]),
        banned: strings(&table["bans"]["deny"]),
    }
}

/// Every package that a build for Linux compiles, as `cargo metadata` prints it.
fn packages() -> Vec<Value> {
    let out = Command::new(env!("CARGO"))
        .args(["metadata", "--format-version", "1", "--locked", "--filter-platform", "x86_64-unknown-linux-gnu"])
        .current_dir(root())
        .output()
        .unwrap();
    assert!(out.status.success(), "{}", String::from_utf8_lossy(&out.stderr));
    let metadata: Value = serde_json::from_slice(&out.stdout).unwrap();
    metadata["packages"].as_array().unwrap().clone()
}

/// Whether a licence expression can be met with what is allowed: any branch of OR, all of AND.
fn allowed(expression: &str, licences: &[String]) -> bool {
    // Old manifests write `MIT/Apache-2.0` for OR.
    let spaced = expression.replace('/', " OR ").replace('(', " ( ").replace(')', " ) ");
    let mut words = spaced.split_whitespace().collect::<Vec<_>>().into_iter().peekable();
    any_of(&mut words, licences)
}

type Words<'w> = std::iter::Peekable<std::vec::IntoIter<&'w str>>;

fn any_of(words: &mut Words, licences: &[String]) -> bool {
    let mut met = all_of(words, licences);
    while words.next_if_eq(&"OR").is_some() {
        // Both sides are read, whatever the first said.
        met |= all_of(words, licences);
    }
    met
}

fn all_of(words: &mut Words, licences: &[String]) -> bool {
    let mut met = one(words, licences);
    while words.next_if_eq(&"AND").is_some() {
        met &= one(words, licences);
    }
    met
}

fn one(words: &mut Words, licences: &[String]) -> bool {
    let Some(mut name) = words.next().map(str::to_owned) else { return false };
    if name == "(" {
        let met = any_of(words, licences);
        return words.next_if_eq(&")").is_some() && met;
    }
    if words.next_if_eq(&"WITH").is_some() {
        name += &format!(" WITH {}", words.next().unwrap_or_default());
    }
    licences.contains(&name)
}

#[test]
fn licence_expressions_are_read_with_or_and_and_brackets() {
    let ours = ["MIT".to_owned(), "Unicode-3.0".to_owned()];
    for met in ["MIT", "MIT/Apache-2.0", "GPL-3.0 OR MIT", "(MIT OR Apache-2.0) AND Unicode-3.0"] {
        assert!(allowed(met, &ours), "{met}");
    }
    for unmet in ["", "GPL-3.0", "MIT AND GPL-3.0", "Apache-2.0 WITH LLVM-exception", "(GPL-3.0 OR X) AND MIT"] {
        assert!(!allowed(unmet, &ours), "{unmet}");
    }
}

#[test]
fn every_crate_has_an_allowed_licence_and_comes_from_the_registry() {
    let policy = policy();
    let mut wrong = Vec::new();
    for package in packages() {
        let name = package["name"].as_str().unwrap();
        let licence = package["license"].as_str().unwrap_or_default();
        if !allowed(licence, &policy.licences) {
            wrong.push(format!("{name}: licence {licence:?}"));
        }
        let source = package["source"].as_str().map(|s| s.trim_start_matches("registry+"));
        if source.is_some_and(|s| !policy.registries.iter().any(|r| r == s)) || (source.is_none() && name != "rosterd")
        {
            wrong.push(format!("{name}: from {source:?}"));
        }
        if policy.banned.iter().any(|banned| banned == name) {
            wrong.push(format!("{name}: banned in deny.toml"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
