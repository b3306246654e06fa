//! Lists whose files lie in another watched folder now, or whose source got another name: the lines are the same people's,
//! and not those of a second list beside the first.

use std::path::PathBuf;

use crate::error::Result;
use crate::settings::file_name::real_path;
use crate::store::{Placement, Snapshot, SnapshotKey, View};

/// A source that is watched.
#[derive(Debug, Clone)]
pub struct Stream {
    /// Empty for the inbox, else the name of the configured source.
    pub name: String,
    /// Where its files lie.
    pub folder: PathBuf,
}

/// The list and area of `key` as another stream once gave it that no longer does: nothing is configured under its name, or
/// its files are gone from there. Of several the one that was read last. A share that is away has them still.
pub(super) fn left_behind(view: &View, streams: &[Stream], key: &SnapshotKey) -> Result<Option<(Snapshot, Placement)>> {
    let mut left: Option<(Snapshot, Placement)> = None;
    for stream in view.snapshot_streams(key)? {
        let of_it = SnapshotKey { stream, ..key.clone() };
        let Some((_, snapshot, placement)) = view.snapshot(&of_it)?.filter(|_| of_it != *key) else { continue };
        if is_left(streams, &snapshot, &placement)
            && left.as_ref().is_none_or(|(last, _)| last.read_at < snapshot.read_at)
        {
            left = Some((snapshot, placement));
        }
    }
    Ok(left)
}

fn is_left(streams: &[Stream], snapshot: &Snapshot, placement: &Placement) -> bool {
    let Some(stream) = streams.iter().find(|stream| stream.name == snapshot.key.stream) else { return true };
    let others = placement.segments.iter().filter_map(|segment| segment.file.as_deref());
    let mut files = others.chain([snapshot.facts.file.as_str()]);
    stream.folder.is_dir() && !files.any(|file| real_path(&stream.folder, file).exists())
}
