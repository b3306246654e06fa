//! How a child hears what its parent has to tell: it asks, and the parent answers when there is something.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use tokio::sync::Notify;

use super::line::{Failure, Line, blocking};
use super::protocol::{Answer, Ask, Epoch, Message, NoticesHead};
use super::push::Child;
use crate::crash;

/// While the parent asks for something, a question for notices is answered at once: ask no more often than this.
const NOTICES_PAUSE: Duration = Duration::from_secs(2);

/// What a person at the parent asked of this child.
#[derive(Debug, Default)]
pub(super) struct Asked {
    pub resync: AtomicBool,
    pub verify: AtomicBool,
}

impl Asked {
    pub fn note(&self, resync: bool, verify: bool) {
        self.resync.fetch_or(resync, Ordering::SeqCst);
        self.verify.fetch_or(verify, Ordering::SeqCst);
    }
}

/// One question for notices. `None`, and nothing taken, where the parent is in another epoch than the one in which it was
/// `met`: it must learn first by which one this node knows it, or each of its children is a new restore to it.
pub(super) async fn poll<L: Line>(
    line: &L,
    child: &Arc<Child>,
    met: Epoch,
    wait_secs: u16,
) -> Result<Option<NoticesHead>, Failure> {
    let reader = child.clone();
    let mark = blocking(move || reader.notices_mark()).await?;
    let answer = line.ask(Message::bare(Ask::Notices { mark, wait_secs })).await?;
    let Answer::Notices(head) = answer.meta else { return Err(Failure::unexpected("notices")) };
    crash::point("notices-arrived");
    if head.epoch != met {
        return Ok(None);
    }
    let (taker, page) = (child.clone(), Message { meta: head.clone(), payload: answer.payload });
    blocking(move || {
        // Somebody else may have read the same page meanwhile: a page is taken only where it was asked for.
        if taker.notices_mark()? == mark { taker.take_notices(&page).map(drop) } else { Ok(()) }
    })
    .await?;
    Ok(Some(head))
}

/// Reads notices for as long as the connection lives, or until the two must meet anew.
pub(super) async fn read<L: Line>(
    line: &L,
    child: &Arc<Child>,
    met: Epoch,
    wait_secs: u16,
    asked: &Asked,
    wake: &Notify,
) -> Result<(), Failure> {
    loop {
        match poll(line, child, met, wait_secs).await? {
            Some(head) if head.resync || head.verify => {
                asked.note(head.resync, head.verify);
                wake.notify_one();
                tokio::time::sleep(NOTICES_PAUSE).await;
            }
            Some(_) => {}
            None => return Ok(()),
        }
    }
}
