//! A path on the control socket: text, or its bytes where it is none. For `#[serde(with = "path_text")]`.

use std::ffi::OsString;
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Deserializer, Serialize, Serializer};

#[derive(Deserialize)]
#[serde(untagged)]
enum Written {
    Text(PathBuf),
    Bytes(Vec<u8>),
}

pub fn serialize<S: Serializer>(path: &Path, serializer: S) -> Result<S::Ok, S::Error> {
    match path.to_str() {
        Some(text) => serializer.serialize_str(text),
        None => path.as_os_str().as_bytes().serialize(serializer),
    }
}

pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<PathBuf, D::Error> {
    Ok(match Written::deserialize(deserializer)? {
        Written::Text(path) => path,
        Written::Bytes(bytes) => OsString::from_vec(bytes).into(),
    })
}

/// The same for a path that may be missing.
pub mod option {
    use super::{Deserialize, Deserializer, Path, PathBuf, Serialize, Serializer};

    #[derive(Serialize)]
    struct Text<'p>(#[serde(serialize_with = "super::serialize")] &'p Path);

    #[derive(Deserialize)]
    struct Owned(#[serde(deserialize_with = "super::deserialize")] PathBuf);

    pub fn serialize<S: Serializer>(path: &Option<PathBuf>, serializer: S) -> Result<S::Ok, S::Error> {
        path.as_deref().map(Text).serialize(serializer)
    }

    pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<PathBuf>, D::Error> {
        Ok(Option::<Owned>::deserialize(deserializer)?.map(|Owned(path)| path))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_that_is_no_text_comes_over_as_it_is() {
        #[derive(Debug, PartialEq, Serialize, Deserialize)]
        struct Named {
            #[serde(with = "super")]
            file: PathBuf,
            #[serde(with = "super::option")]
            key: Option<PathBuf>,
        }
        for name in ["/tmp/人口 表.csv".as_bytes(), b"/tmp/\xc8\xcb\xbf\xda.csv"] {
            let path = PathBuf::from(OsString::from_vec(name.to_vec()));
            for key in [Some(path.clone()), None] {
                let named = Named { file: path.clone(), key };
                let line = serde_json::to_string(&named).unwrap();
                assert_eq!(serde_json::from_str::<Named>(&line).unwrap(), named, "{line}");
            }
        }
    }
}
