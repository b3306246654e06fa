//! Places that are counted by who holds them.

use std::collections::HashMap;
use std::hash::Hash;
use std::sync::{Arc, Mutex, PoisonError};

type Counts<K> = Arc<Mutex<HashMap<K, usize>>>;

/// Counts by key; a place is given back when its guard goes.
#[derive(Debug)]
pub struct Places<K: Eq + Hash + Copy>(Counts<K>);

impl<K: Eq + Hash + Copy> Default for Places<K> {
    fn default() -> Places<K> {
        Places(Arc::default())
    }
}

/// A place that is held.
#[derive(Debug)]
pub struct Place<K: Eq + Hash + Copy>(Counts<K>, K);

impl<K: Eq + Hash + Copy> Places<K> {
    /// `None` where `key` holds `max` already.
    pub fn take(&self, key: K, max: usize) -> Option<Place<K>> {
        let mut counts = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let count = counts.entry(key).or_default();
        if *count >= max {
            return None;
        }
        *count += 1;
        Some(Place(self.0.clone(), key))
    }

    /// Whether `key` holds any.
    pub fn is_held(&self, key: K) -> bool {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).contains_key(&key)
    }
}

impl<K: Eq + Hash + Copy> Drop for Place<K> {
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
