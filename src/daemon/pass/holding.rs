//! Which snapshots wait for a person, and which of those that wait give way to a later one.

use std::path::Path;

use crate::domain::{Area, List};
use crate::error::Result;
use crate::settings::file_name::real_path;
use crate::store::{Held, Writer};

use super::ingest::Manner;
use super::scope::Scope;

/// Of two parts of one list (张庄.csv and 李庄.csv) hardly anybody stands in both; of two months of it nearly everybody.
const SHARED_MAX_PERCENT: u64 = 20;
/// A list of one line may well have another one next month; not where so many come at once.
const COME_TO_ONE_MIN: u64 = 5;

/// Whether a snapshot of `has` lines that would remove `removes` of `had` lines is rather another list, or another part
/// of it, than the same one later.
pub(super) fn is_another(had: u64, has: u64, removes: u64) -> bool {
    let is_enough = removes > 1 || (removes == 1 && has >= COME_TO_ONE_MIN);
    is_enough && stand_apart(had, has, had.saturating_sub(removes))
}

/// Whether hardly anybody, `shared`, stands in both.
pub(super) fn stand_apart(had: u64, has: u64, shared: u64) -> bool {
    let few = |of: u64| shared * 100 <= of * SHARED_MAX_PERCENT;
    few(had) && few(has)
}

/// The file that counts, `counts`, where `held` picks some of its people, or where it still lies in `folder` beside the one of
/// which `held` is and both are rather parts of one list than months of it.
pub fn other_file(folder: &Path, held: &Held, counts: Option<&str>) -> Option<String> {
    let other = counts.filter(|file| *file != held.file)?;
    (held.picks || is_part(held) && real_path(folder, other).is_file()).then(|| other.to_owned())
}

fn is_part(held: &Held) -> bool {
    is_another(held.had, held.has, held.removes)
}

/// Holds a snapshot. Earlier ones of its list and area give way to it: the same file as it was, and, unless both are
/// parts of one list, any other.
pub(super) fn hold(writer: &Writer, held: &Held) -> Result<()> {
    give_way(writer, (held.list, held.area), &held.stream, |other| {
        let same = other.file == held.file && other.hash == held.hash;
        !same && (other.file == held.file || !(is_part(held) && is_part(other)))
    })?;
    writer.hold(held).map(drop)
}

/// A snapshot was taken: what was held of the same list and area is past. Only where it is the file that counted before,
/// written anew, another part of the list that waits beside it goes on waiting.
pub(super) fn taken(writer: &Writer, manner: &Manner, at: (List, Area), scope: &Scope) -> Result<()> {
    let anew = scope.before.as_ref().is_some_and(|before| before.facts.file == manner.file);
    writer.use_releases(&manner.stream, &manner.hash, at)?;
    give_way(writer, at, &manner.stream, |other| !(anew && is_part(other) && other.file != manner.file))
}

fn give_way(writer: &Writer, at: (List, Area), stream: &str, gives: impl Fn(&Held) -> bool) -> Result<()> {
    let waiting = writer.held(false)?;
    let of_it = waiting.iter().filter(|held| (held.list, held.area) == at && held.stream == stream);
    of_it.filter(|held| gives(held)).try_for_each(|held| writer.supersede_held(held.id))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_parts_of_a_list_share_hardly_anybody() {
        assert!(is_another(2, 30, 2) && is_another(30, 2, 30) && is_another(40, 40, 36));
        assert!(!is_another(40, 40, 30), "a list in which much changed");
        assert!(!is_another(40, 2, 38), "what is left of it all stood there before: a filter left on");
        assert!(!is_another(1, 1, 1) && is_another(1, 5, 1), "one line may follow another");
        assert!(!is_another(3, 5, 0));
    }
}
