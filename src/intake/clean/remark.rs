//! What a remark tells of the end of a line.

use crate::domain::{List, Status};

use super::super::vocabulary::ListWords;
use super::told::{Told, is_date};
use crate::intake::vocabulary::fold::fold_word;

/// What a remark says of the end of a line.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Remarked {
    /// That it ended, beside a death and a move, and in nothing but words for that.
    pub ended: Option<Status>,
    /// The same of a benefit in whatever words: 因购车停保.
    pub stopped: Option<Told>,
    pub died: Option<Told>,
    pub moved: Option<Told>,
    /// That what the list says of the person is wrong: 经核实健在.
    pub refuted: bool,
}

impl Remarked {
    pub fn says_anything(self) -> bool {
        self != Remarked::default()
    }
}

pub fn remarked(text: &str, list: &ListWords) -> Remarked {
    let folded = fold_word(text);
    let teller = &list.teller;
    let refuted = teller.is_refuted(&folded);
    if teller.is_either(&folded) {
        return Remarked { died: Some(Told::Doubtful), refuted, ..Remarked::default() };
    }
    let strict = noted(text, list);
    let moved = match strict {
        // Who moved house is on the register.
        Some(Status::MovedOut) if teller.is_of_residence(&folded) && teller.moved(&folded) != Some(Told::Denied) => {
            Some(teller.moved_in_remark(&folded).unwrap_or(Told::Doubtful))
        }
        Some(Status::MovedOut) => teller.moved(&folded),
        _ => teller.moved_in_remark(&folded),
    };
    let open = teller.stop_left_open(&folded);
    let ended = strict.filter(|end| *end == Status::Closed && open.is_none());
    let ended = ended.or_else(|| teller.is_twice(&folded).then_some(Status::Closed));
    let stopped = if ended.is_none() { teller.stopped(&folded) } else { None };
    Remarked { ended, stopped, died: teller.death(&folded), moved, refuted }
}

/// The end of a line that a remark tells: `2026年3月死亡`, `已迁出`, `迁往外县`. `None` for everything else, above all for
/// somebody else's (`配偶死亡`).
pub fn noted(text: &str, list: &ListWords) -> Option<Status> {
    let folded = fold_word(text);
    if list.teller.is_either(&folded) {
        return None;
    }
    folded.split([',', ';', '。', '、', '(', ')']).find_map(|part| {
        let part = part.trim_start_matches(is_date);
        // 档案已终止
        let part = part.strip_prefix("档案").filter(|_| list.list == List::Health).unwrap_or(part);
        let ends = list.status_inside.iter().filter(|(_, status)| *status != Status::Active);
        let (rest, (word, status)) = ends
            .filter_map(|end| Some((part.strip_prefix(end.0.as_str())?, end)))
            .min_by_key(|(rest, _)| rest.len())?;
        let rest = rest.trim_start_matches(is_date);
        let away = *status == Status::MovedOut
            && (rest.starts_with(['至', '到', '往', '去', '县', '省', '市', '外', '本'])
                || word.ends_with(['至', '到', '往']));
        // 外嫁，户口未迁: somebody who is still on the register.
        ((rest.is_empty() || away) && !stays(&folded, *status, list)).then_some(*status)
    })
}

/// Whether a text that tells of leaving says that the register does not: 外嫁，户口未迁, 迁出未办.
fn stays(folded: &str, status: Status, list: &ListWords) -> bool {
    status == Status::MovedOut && list.stays.iter().any(|word| folded.contains(word.as_str()))
}
