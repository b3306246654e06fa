//! How long a confirmation stands: until its finding closes.

use super::decisions::{DECIDED, Occasion};
use super::{Decision, DecisionKind, Writer};
use crate::domain::{Disposition, FindingId};
use crate::error::Result;

/// The verdict by which an office says that the confirmation before it is over, as the finding closed: what comes back
/// later is a contradiction that nobody has looked at. It is nobody's word about the finding, and to a node that does not
/// know it the same as to look again.
pub const CONFIRMATION_OVER: &str = "over";

impl Writer<'_> {
    /// A confirmed finding closed. That travels like a decision, right behind the confirmation in time: an office that
    /// never sees the finding closed, as the data went and came back before it heard of either, comes to the same as one
    /// that does, and what people decide after it counts, in whatever order all this arrives.
    ///
    /// Not where the office above rests the finding on other lines than this one does: there it need not have closed.
    pub(super) fn end_confirmation(&self, id: FindingId) -> Result<()> {
        let Some(last) = self.last_confirmation(id)? else { return Ok(()) };
        let Some(finding) = self.finding(id)? else { return Ok(()) };
        if self.rests_on_more_above(&finding)?.is_none() {
            self.say_over(&last)?;
        }
        Ok(())
    }

    /// A closed finding came back that was confirmed while nothing held: that was said of what was over.
    pub(super) fn end_confirmation_of_nothing(&self, id: FindingId) -> Result<()> {
        match self.last_confirmation(id)?.filter(|last| last.basis.is_none()) {
            Some(last) => self.say_over(&last),
            None => Ok(()),
        }
    }

    /// The parent no longer tells of a finding that does not hold here either: what this office confirmed meanwhile, by what
    /// the parent had told of it, is over too. Those above may never have heard of it before it closed there.
    pub(super) fn end_confirmation_of_told(&self, id: FindingId) -> Result<()> {
        let Some(last) = self.last_confirmation(id)?.filter(|last| last.basis.is_some()) else { return Ok(()) };
        let is_told = self.notice(id)?.is_some_and(|row| row.told().is_some());
        if Some(last.author) != self.own_area()? || is_told || self.finding_is_live(id)? {
            return Ok(());
        }
        self.say_over(&last)
    }

    /// The decision that counts about a finding, where that confirms it.
    fn last_confirmation(&self, id: FindingId) -> Result<Option<Decision>> {
        if !self.any(&self.decided, DECIDED)? {
            return Ok(None);
        }
        let last = self.decisions_about(DecisionKind::Finding, &id.to_string())?.into_iter().next();
        Ok(last.filter(|last| last.verdict == Disposition::Confirm.as_str()))
    }

    fn say_over(&self, confirmed: &Decision) -> Result<()> {
        let Some(author) = self.own_area()? else { return Ok(()) };
        let (verdict, note) = (CONFIRMATION_OVER.to_owned(), String::new());
        let over = Decision { author, verdict, note, at: confirmed.at.saturating_add(1), ..confirmed.clone() };
        if over.is_sound() && self.insert_decision(&over, self.next_seq(), true)? {
            // That it closed, or is open, is told by itself: nobody decided.
            over.subject.parse().map_or(Ok(false), |id| self.apply_decision(id, Occasion::Decision))?;
        }
        Ok(())
    }
}
