//! What the reader has seen besides articles and rejections.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};

/// Counts kept while reading; a handle that can be cloned and asked from any thread.
#[derive(Debug, Clone, Default)]
pub struct Tally(Arc<Counts>);

#[derive(Debug, Default)]
struct Counts {
    bytes: AtomicU64,
    total: Option<u64>,
    skipped: AtomicU64,
    warnings: Mutex<Warnings>,
}

#[derive(Debug, Default)]
struct Warnings {
    count: u64,
    examples: Vec<String>,
}

/// So many warnings are kept in words.
const EXAMPLES: usize = 5;

impl Tally {
    pub(super) fn new(total: Option<u64>) -> Self {
        Tally(Arc::new(Counts {
            total,
            ..Counts::default()
        }))
    }

    /// Bytes read from files so far, before decompression.
    pub fn bytes(&self) -> u64 {
        self.0.bytes.load(Ordering::Relaxed)
    }

    /// Bytes that there are to read, before decompression; none if an input is a stream.
    pub fn total_bytes(&self) -> Option<u64> {
        self.0.total
    }

    /// Files in folders that were passed over because they hold no articles.
    pub fn skipped_files(&self) -> u64 {
        self.0.skipped.load(Ordering::Relaxed)
    }

    /// How many fields were dropped because they could not be used (dates that are no dates, for
    /// example), and the first few of them in words. Their articles were read all the same.
    pub fn warnings(&self) -> (u64, Vec<String>) {
        let warnings = self.lock();
        (warnings.count, warnings.examples.clone())
    }

    pub(super) fn add_bytes(&self, bytes: u64) {
        self.0.bytes.fetch_add(bytes, Ordering::Relaxed);
    }

    pub(super) fn skip_file(&self) {
        self.0.skipped.fetch_add(1, Ordering::Relaxed);
    }

    pub(super) fn warn(&self, message: impl FnOnce() -> String) {
        let mut warnings = self.lock();
        warnings.count += 1;
        if warnings.examples.len() < EXAMPLES {
            warnings.examples.push(message());
        }
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Warnings> {
        // Counts stay usable if a thread died while it held them.
        self.0
            .warnings
            .lock()
            .unwrap_or_else(std::sync::PoisonError::into_inner)
    }
}
