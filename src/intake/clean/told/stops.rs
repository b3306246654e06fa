//! Whether a text tells that a benefit stopped: 因购车停保, 2026年1月停, 不再享受低保; and where it leaves that open (本月停发).

use super::{Subject, Teller, Told, clauses, holds, western};

impl Teller {
    /// Of whom a folded text tells that the benefit stopped; `None` where it does not, and on lists that pay nobody.
    pub fn stopped(&self, folded: &str) -> Option<Told> {
        self.stop_left_open(folded).or_else(|| self.told(folded, &self.stops))
    }

    /// What keeps a text that speaks of a stop from telling one, whatever its words.
    pub fn stop_left_open(&self, folded: &str) -> Option<Told> {
        self.stops.find(folded)?;
        let parts = clauses(folded);
        let (part, (start, end)) = parts.into_iter().find_map(|(_, part)| Some((part, self.stops.find(part)?)))?;
        let (before, after) = (&part[..start], &part[end..]);
        let behind = &folded[folded.find(part).unwrap_or_default() + end..];
        // 停保，后恢复
        let resumes = |word: &String| {
            let at = behind.find(word.as_str());
            at.is_some_and(|at| !behind[..at].ends_with(['未', '不', '没', '再']))
        };
        if self.around.resumed.iter().any(resumes) {
            return Some(Told::Denied);
        }
        // 停发3月份, 停发一个月: of one payment, or from then on? So is 本月停发, and not 自本月起停发.
        let counted = western(after);
        let month = counted.trim_start_matches(|c: char| c.is_ascii_digit() || "-~至到".contains(c));
        let is_of_months = month.len() < counted.len() && month.starts_with(['月', '个']);
        let is_once = |word: &String| {
            before.split_once(word.as_str()).is_some_and(|(_, rest)| !rest.starts_with(['起', '份', '开']))
        };
        let is_to_come = |word: &String| match word.chars().count() {
            1 => before.ends_with(word.as_str()),
            _ => before.contains(word.as_str()),
        };
        let is_open = is_of_months
            || self.around.once.iter().any(is_once)
            || self.around.not_yet.iter().any(is_to_come)
            // 养老金停发
            || holds(part, &self.around.foreign);
        (is_open && self.subject(before) != Subject::Kin).then_some(Told::Doubtful)
    }
}
