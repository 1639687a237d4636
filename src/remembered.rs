//! Results kept for when the same input comes again, bounded in bytes.

use std::sync::{Arc, Mutex, PoisonError};

use hashlink::LruCache;
use sha2::{Digest, Sha256};

/// What a result is made from: a SHA-256, cut in half.
pub type Key = [u8; 16];

/// The results that were asked for last. What is asked for longest ago makes room; a result is
/// the same whether it was kept or not.
pub struct Remembered<V> {
    kept: Mutex<Kept<V>>,
    /// In bytes, by the sizes that [`Remembered::keep`] is told.
    capacity: usize,
}

struct Kept<V> {
    results: LruCache<Key, (Arc<V>, usize)>,
    bytes: usize,
}

impl<V> Remembered<V> {
    pub fn new(capacity: usize) -> Remembered<V> {
        Remembered {
            kept: Mutex::new(Kept {
                results: LruCache::new_unbounded(),
                bytes: 0,
            }),
            capacity,
        }
    }

    pub fn get(&self, key: &Key) -> Option<Arc<V>> {
        self.lock().results.get(key).map(|(value, _)| value.clone())
    }

    /// Keep a result that takes so many bytes.
    pub fn keep(&self, key: Key, value: Arc<V>, bytes: usize) {
        let mut kept = self.lock();
        kept.bytes += bytes;
        if let Some((_, replaced)) = kept.results.insert(key, (value, bytes)) {
            kept.bytes -= replaced;
        }
        while kept.bytes > self.capacity {
            let Some((_, (_, oldest))) = kept.results.remove_lru() else {
                return;
            };
            kept.bytes -= oldest;
        }
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Kept<V>> {
        // A thread that died while it held the lock cannot have left half an entry.
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The key of what was hashed.
pub fn key(hasher: Sha256) -> Key {
    let mut key = Key::default();
    key.copy_from_slice(&hasher.finalize()[..16]);
    key
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key_of(number: u32) -> Key {
        key(Sha256::new_with_prefix(number.to_le_bytes()))
    }

    #[test]
    fn what_was_asked_for_longest_ago_makes_room() {
        let remembered = Remembered::new(100);
        for number in 0..4 {
            remembered.keep(key_of(number), Arc::new(number), 30);
            assert_eq!(remembered.get(&key_of(0)).as_deref(), Some(&0));
        }
        assert!(remembered.get(&key_of(1)).is_none());
        assert_eq!(remembered.get(&key_of(3)).as_deref(), Some(&3));
        assert_eq!(remembered.lock().bytes, 90);
        // The same again takes no more room; what alone is too large is not kept.
        remembered.keep(key_of(3), Arc::new(3), 30);
        assert_eq!(remembered.lock().bytes, 90);
        remembered.keep(key_of(9), Arc::new(9), 101);
        assert_eq!(remembered.lock().bytes, 0);
    }
}
