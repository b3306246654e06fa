//! Names of files as people know them. On a disk or in an archive that came from an old Windows they are GB18030, and
//! everything here speaks UTF-8.

use std::ffi::OsStr;
use std::fs;
use std::os::unix::ffi::OsStrExt;
use std::path::{Component, Path, PathBuf};

use encoding_rs::GB18030;

/// One name as a person reads it. Bytes that are neither UTF-8 nor GB18030 show as `�`.
pub fn shown_name(name: &OsStr) -> String {
    if let Some(text) = name.to_str() {
        return text.to_owned();
    }
    let decoded = GB18030.decode_without_bom_handling_and_without_replacement(name.as_bytes());
    decoded.map_or_else(|| name.to_string_lossy().into_owned(), |text| text.into_owned())
}

/// A path below a watched folder as a person reads it, with `/`.
pub fn shown(path: &Path) -> String {
    let names = path.components().filter_map(|part| match part {
        Component::Normal(name) => Some(shown_name(name)),
        _ => None,
    });
    names.collect::<Vec<_>>().join("/")
}

/// The path below `folder` that is shown as `shown`; the plain one where there is none.
pub fn real_path(folder: &Path, shown: &str) -> PathBuf {
    let mut path = folder.to_owned();
    for name in shown.split('/') {
        let plain = path.join(name);
        if !plain.exists() {
            let entries = fs::read_dir(&path).into_iter().flatten().flatten();
            if let Some(entry) = entries.into_iter().find(|entry| shown_name(&entry.file_name()) == name) {
                path = entry.path();
                continue;
            }
        }
        path = plain;
    }
    path
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_from_an_old_windows_is_read_and_found_again() {
        let dir = tempfile::tempdir().unwrap();
        let name = |text: &str| OsStr::from_bytes(&GB18030.encode(text).0).to_owned();
        let folder = dir.path().join(name("王庄村"));
        fs::create_dir(&folder).unwrap();
        fs::write(folder.join(name("人口.csv")), "x").unwrap();
        fs::write(dir.path().join("低保.csv"), "y").unwrap();
        let inside = folder.join(name("人口.csv"));
        assert_eq!(shown(inside.strip_prefix(dir.path()).unwrap()), "王庄村/人口.csv");
        assert_eq!(real_path(dir.path(), "王庄村/人口.csv"), inside);
        assert_eq!(real_path(dir.path(), "低保.csv"), dir.path().join("低保.csv"));
        assert_eq!(real_path(dir.path(), "没有.csv"), dir.path().join("没有.csv"));
        assert_eq!(shown_name(OsStr::from_bytes(b"a\xff.csv")), "a\u{fffd}.csv");
    }
}
