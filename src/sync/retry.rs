//! How long to wait before trying again. The only file that knows the `backoff` crate (unmaintained, DEPENDENCIES.md).

use std::time::Duration;

use backoff::ExponentialBackoff;
use backoff::backoff::Backoff as _;

/// First pause after a failure.
pub const RETRY_FIRST: Duration = Duration::from_secs(2);
/// Longest pause: an office that comes back online is served within a quarter of an hour, unasked.
pub const RETRY_MAX: Duration = Duration::from_secs(15 * 60);

/// Pauses that grow from `first` to `max`, with jitter so that a hundred villages do not come back at once.
/// It never gives up.
#[derive(Debug)]
pub struct Retry {
    backoff: ExponentialBackoff,
    first: Duration,
    max: Duration,
}

impl Retry {
    pub fn new(first: Duration, max: Duration) -> Retry {
        let backoff = ExponentialBackoff {
            current_interval: first,
            initial_interval: first,
            max_interval: max,
            multiplier: 2.0,
            randomization_factor: 0.5,
            // The crate's default gives up after 15 minutes.
            max_elapsed_time: None,
            ..ExponentialBackoff::default()
        };
        Retry { backoff, first, max }
    }

    /// The pause after one more failure. A parent that names a time is obeyed, within the limit.
    pub fn pause(&mut self, asked: Option<Duration>) -> Duration {
        let own = self.backoff.next_backoff().unwrap_or(self.max).min(self.max);
        asked.map_or(own, |asked| asked.clamp(self.first, self.max))
    }

    /// After a success the next failure starts from the first pause again.
    pub fn reset(&mut self) {
        self.backoff.reset();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_grow_to_the_limit_and_never_end() {
        let mut retry = Retry::new(Duration::from_millis(10), Duration::from_millis(80));
        let pauses: Vec<_> = (0..200).map(|_| retry.pause(None)).collect();
        assert!(pauses[0] <= Duration::from_millis(15));
        assert!(pauses.iter().all(|p| *p <= Duration::from_millis(80)));
        assert!(pauses[100..].iter().any(|p| *p > Duration::from_millis(40)));
        retry.reset();
        assert!(retry.pause(None) <= Duration::from_millis(15));
    }

    #[test]
    fn a_parent_that_names_a_time_is_obeyed_within_the_limit() {
        let mut retry = Retry::new(Duration::from_millis(10), Duration::from_secs(1));
        assert_eq!(retry.pause(Some(Duration::from_millis(300))), Duration::from_millis(300));
        assert_eq!(retry.pause(Some(Duration::from_secs(300))), Duration::from_secs(1));
    }
}
