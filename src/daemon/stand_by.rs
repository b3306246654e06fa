//! A node whose store is damaged when it starts: it runs, does nothing, and says so to whoever asks. Ending would make
//! the service manager start it again and again, and nothing would change by that.

use std::sync::Arc;

use tokio::signal::unix::{SignalKind, signal};

use super::control::server::Listener;
use super::control::{Desk, Exit, Frame, Request};
use super::{service, worker};
use crate::error::{Context, Error, Result};
use crate::report::text::Text;
use crate::settings::Settings;

/// Every verb gets the same answer: what is wrong, and what a person can do.
struct Closed {
    error: Error,
    text: Text,
}

impl Desk for Closed {
    fn handle(&self, _: Request, out: &mut dyn FnMut(Frame) -> bool) -> Exit {
        out(Frame::error(&self.text, &self.error, Exit::Failed));
        Exit::Failed
    }
}

/// Stands by until SIGTERM or SIGINT.
pub fn run(settings: &Settings, error: Error) -> Result<()> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().or_say("starting the runtime")?;
    runtime.block_on(async {
        let listener = Listener::bind(&settings.control_socket())?;
        let why = worker::chain(&error);
        tracing::error!(error = why, hint = error.hint_text(), "the store is damaged: standing by");
        let listening = "listening for signals";
        let mut terminate = signal(SignalKind::terminate()).or_say(listening)?;
        let mut interrupt = signal(SignalKind::interrupt()).or_say(listening)?;
        service::ready();
        let watchdog = async {
            loop {
                service::alive("the store is damaged; rosterd doctor says what to do");
                tokio::time::sleep(super::run::ALIVE_EVERY).await;
            }
        };
        let asked = async {
            tokio::select! {
                _ = terminate.recv() => {}
                _ = interrupt.recv() => {}
            }
        };
        tokio::select! {
            () = listener.serve(Arc::new(Closed { error, text: Text::new(settings.language) }), asked) => {}
            () = watchdog => {}
        }
        service::stopping();
        Ok(())
    })
}
