//! Whether a text tells that somebody moved out of the register, or moved house and stays on it: 迁往外县, 易地搬迁至县城.

use super::event::Event;
use super::{Teller, Told, clauses, holds, is_date};

impl Teller {
    /// The same for a move, in a column made for such words.
    pub fn moved(&self, folded: &str) -> Option<Told> {
        if self.is_resettled(folded) {
            return Some(Told::Denied);
        }
        self.move_by(folded, &self.moves).or_else(|| self.move_by(folded, &self.register_moves))
    }

    /// The same for a move in a remark, where 搬迁 and 转出 may be of anything.
    pub fn moved_in_remark(&self, folded: &str) -> Option<Told> {
        let sure = self.move_by(folded, &self.sure_moves).or_else(|| self.move_by(folded, &self.register_moves));
        // 2008年迁: away, or here?
        sure.or_else(|| self.resides_elsewhere(folded)).or_else(|| self.bare_moves.find(folded).map(|_| Told::Doubtful))
    }

    /// The same where a text tells that somebody lives elsewhere, and nothing of the register: 搬迁至镇上, 迁居.
    pub fn resides_elsewhere(&self, folded: &str) -> Option<Told> {
        if self.is_resettled(folded) {
            return None;
        }
        let told = self.move_by(folded, &self.residences)?;
        let is_sure = matches!(told, Told::Anothers | Told::Denied) || !self.is_of_residence(folded);
        Some(if is_sure { told } else { Told::Doubtful })
    }

    /// Whether the text tells of moving house, and not of the register.
    pub fn is_of_residence(&self, folded: &str) -> bool {
        (folded.contains('搬') || self.residences.find(folded).is_some()) && !holds(folded, &self.around.registers)
    }

    /// 易地搬迁至县城, 搬迁到安置点: the household got a new house, and the register stays (人户分离).
    fn is_resettled(&self, folded: &str) -> bool {
        holds(folded, &self.around.resettled) && self.is_of_residence(folded) && self.sure_moves.find(folded).is_none()
    }

    fn move_by(&self, folded: &str, event: &Event) -> Option<Told> {
        let told = self.told(folded, event)?;
        let is_wished = |part: &str| {
            let before = event.find(part).map_or("", |(start, _)| &part[..start]);
            let before =
                self.around.registers.iter().find_map(|word| before.strip_suffix(word.as_str())).unwrap_or(before);
            let before = before.trim_end_matches(|c| is_date(c) || matches!(c, '将' | '把'));
            self.around.wished.iter().any(|word| before.ends_with(word.as_str()))
        };
        // 要求迁出, 曾迁出
        if told != Told::Anothers && clauses(folded).iter().any(|(_, part)| is_wished(part)) {
            return Some(Told::Doubtful);
        }
        if holds(folded, &self.stays) || holds(folded, &self.around.planned) {
            return Some(Told::Denied);
        }
        Some(if told != Told::Anothers && holds(folded, &self.around.came) { Told::Doubtful } else { told })
    }
}
