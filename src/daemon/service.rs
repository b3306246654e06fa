//! Talking to the service manager: ready, alive, stopping, and one line of status.

use sd_notify::NotifyState;

/// Says something to systemd; nothing happens where there is none.
fn say(states: &[NotifyState]) {
    if let Err(error) = sd_notify::notify(states) {
        tracing::debug!(%error, "the service manager does not listen");
    }
}

pub fn ready() {
    say(&[NotifyState::Ready]);
}

pub fn reloading() {
    say(&[NotifyState::Reloading, NotifyState::monotonic_usec_now().unwrap_or(NotifyState::Status("reloading"))]);
}

pub fn stopping() {
    say(&[NotifyState::Stopping]);
}

/// Feeds the watchdog and sets the line that `systemctl status` shows.
pub fn alive(status: &str) {
    say(&[NotifyState::Watchdog, NotifyState::Status(status)]);
}
