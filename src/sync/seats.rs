//! What is limited to so many at a time for each who asks: connections, bodies on their way.

use std::collections::HashMap;
use std::hash::Hash;
use std::sync::{Arc, Mutex, PoisonError};

type Counts<K> = Arc<Mutex<HashMap<K, usize>>>;

/// Counts by key; a seat is given back when its guard goes.
#[derive(Debug)]
pub struct Seats<K: Eq + Hash + Copy>(Counts<K>);

impl<K: Eq + Hash + Copy> Default for Seats<K> {
    fn default() -> Seats<K> {
        Seats(Arc::default())
    }
}

/// A seat that is held.
#[derive(Debug)]
pub struct Seat<K: Eq + Hash + Copy>(Counts<K>, K);

impl<K: Eq + Hash + Copy> Seats<K> {
    /// `None` where `key` holds `max` already.
    pub fn take(&self, key: K, max: usize) -> Option<Seat<K>> {
        let mut counts = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if counts.get(&key).copied().unwrap_or(0) >= max {
            return None;
        }
        *counts.entry(key).or_default() += 1;
        Some(Seat(self.0.clone(), key))
    }

    /// Whether `key` holds any.
    pub fn is_held(&self, key: K) -> bool {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).contains_key(&key)
    }
}

impl<K: Eq + Hash + Copy> Drop for Seat<K> {
    fn drop(&mut self) {
        let mut counts = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(count) = counts.get_mut(&self.1) {
            *count -= 1;
            if *count == 0 {
                counts.remove(&self.1);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_leaves_gives_back_a_seat_and_nobody_takes_anothers() {
        let seats = Seats::default();
        let (first, second) = (seats.take("county", 2), seats.take("county", 2));
        assert!(first.is_some() && second.is_some() && seats.take("county", 2).is_none());
        assert!(seats.take("town", 1).is_some() && !seats.is_held("town"), "given back at once");
        drop(first);
        assert!(seats.take("county", 2).is_some() && seats.is_held("county"));
        drop(second);
        assert!(!seats.is_held("county"));
        assert!(seats.take("village", 0).is_none() && !seats.is_held("village"), "who was refused holds none");
    }
}
