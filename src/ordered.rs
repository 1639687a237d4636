//! Work spread over threads, results in the order of the input.

use std::collections::BTreeMap;
use std::sync::mpsc::sync_channel;
use std::sync::{Condvar, Mutex, PoisonError};

/// Items that may be read but not yet handed on, for each thread: enough to keep the others busy
/// while one works on a long article, few enough to keep memory flat.
const AHEAD: u64 = 16;

struct Source<I> {
    items: I,
    taken: u64,
    handed_on: u64,
    stopped: bool,
}

/// Apply `work` to every item on `threads` threads and hand the results to `sink` in the items'
/// order, on the calling thread. The first error of `sink` ends the work and is returned.
///
/// At most a fixed number of items for each thread is held at any time, so memory does not grow
/// with the input. Plain threads rather than rayon's: an engine blocks while a window runs, and a
/// blocked rayon worker would start on further articles inside the first.
pub fn for_each<T, R, E>(
    items: impl Iterator<Item = T> + Send,
    threads: usize,
    work: impl Fn(T) -> R + Sync,
    mut sink: impl FnMut(R) -> Result<(), E>,
) -> Result<(), E>
where
    T: Send,
    R: Send,
{
    let threads = threads.max(1);
    let ahead = AHEAD * threads as u64;
    let source = Mutex::new(Source {
        items,
        taken: 0,
        handed_on: 0,
        stopped: false,
    });
    let room = Condvar::new();
    // A worker that panicked has already ended the scope; what it held is still consistent.
    let lock = || source.lock().unwrap_or_else(PoisonError::into_inner);
    let (results, done) = sync_channel(threads);
    std::thread::scope(|scope| {
        for _ in 0..threads {
            let results = results.clone();
            let (lock, room, work) = (&lock, &room, &work);
            scope.spawn(move || {
                loop {
                    let (index, item) = {
                        let mut source = lock();
                        while !source.stopped && source.taken >= source.handed_on + ahead {
                            source = room.wait(source).unwrap_or_else(PoisonError::into_inner);
                        }
                        if source.stopped {
                            return;
                        }
                        let Some(item) = source.items.next() else {
                            return;
                        };
                        source.taken += 1;
                        (source.taken - 1, item)
                    };
                    if results.send((index, work(item))).is_err() {
                        return;
                    }
                }
            });
        }
        drop(results);
        let mut early = BTreeMap::new();
        let mut next = 0;
        let mut outcome = Ok(());
        'receive: while let Ok((index, result)) = done.recv() {
            early.insert(index, result);
            while let Some(result) = early.remove(&next) {
                next += 1;
                if let Err(error) = sink(result) {
                    outcome = Err(error);
                    break 'receive;
                }
            }
            lock().handed_on = next;
            room.notify_all();
        }
        lock().stopped = true;
        room.notify_all();
        drop(done);
        outcome
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn results_come_in_order_whatever_takes_longest() {
        let mut seen = Vec::new();
        for_each(
            0..500u64,
            4,
            |item| {
                if item % 97 == 0 {
                    std::thread::sleep(std::time::Duration::from_millis(5));
                }
                item * 2
            },
            |result| {
                seen.push(result);
                Ok::<(), ()>(())
            },
        )
        .unwrap();
        assert_eq!(seen, (0..500).map(|i| i * 2).collect::<Vec<_>>());
    }

    #[test]
    fn an_error_of_the_sink_ends_the_work() {
        let taken = std::sync::atomic::AtomicU64::new(0);
        let items = (0..).inspect(|_| {
            taken.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
        });
        let outcome = for_each(
            items,
            2,
            |item: u64| item,
            |item| if item == 10 { Err("full") } else { Ok(()) },
        );
        assert_eq!(outcome, Err("full"));
        assert!(taken.into_inner() <= 10 + 2 * AHEAD + 2);
    }
}
