//! An office that takes files, for the tests of this folder: a real store, and real files of text.

use std::path::PathBuf;

use tempfile::TempDir;

use crate::domain::{Area, List};
use crate::intake::{Context, FileReport, Limits, Places, Unreadable, UnreadableCode, Vocabulary, read_file};
use crate::store::{Home, Store};

use super::{Gather, Guard, Manner, Outcome, Setting, ingest};

pub(super) struct Office {
    folder: TempDir,
    store: Store,
    setting: Setting,
    vocabulary: Vocabulary,
}

impl Office {
    pub fn of(area: &str) -> Office {
        let folder = tempfile::tempdir().unwrap();
        let node: Area = area.parse().unwrap();
        let setting = Setting {
            node,
            today: "2026-05-01".parse().unwrap(),
            now: 0,
            parameters: Default::default(),
            weights: Default::default(),
            decided: Default::default(),
        };
        let store = Store::open(Home::plain(folder.path()), node).unwrap();
        Office { folder, store, setting, vocabulary: Vocabulary::load(None).unwrap() }
    }

    fn path(&self, file: &str) -> PathBuf {
        self.folder.path().join(file)
    }

    /// Takes `text` as the file of this name, and gives what `look` sees once it is read.
    pub fn take<R: Send>(
        &self,
        (list, file): (List, &str),
        text: &str,
        look: impl FnOnce(&mut Gather, FileReport) -> R + Send,
    ) -> Result<(R, Outcome), UnreadableCode> {
        std::fs::write(self.path(file), text).unwrap();
        let manner = Manner {
            stream: String::new(),
            file: file.to_owned(),
            folder: PathBuf::new(),
            hash: [0; 32],
            append: false,
            released: None,
            dry_run: false,
            guard: Guard { removed_share_max: 1.0, removed_lines_floor: 0 },
            parts: self.vocabulary.parts.clone(),
            streams: Vec::new(),
        };
        let context = Context {
            vocabulary: &self.vocabulary,
            places: &Places::default(),
            limits: &Limits::default(),
            node_area: self.setting.node,
            list: Some(list),
            area: None,
            rel_path: file,
            saved: self.setting.today,
            today: self.setting.today,
        };
        let pour = |gather: &mut Gather| -> Result<R, Unreadable> {
            let report = read_file(&self.path(file), &context, gather)?;
            Ok(look(gather, report))
        };
        let taken = ingest(&self.store, &self.setting, &manner, pour, &mut |_, _, _| Ok(()));
        taken.unwrap().map_err(|broken| broken.code)
    }
}
