//! Input made to fill the memory does not.

use std::alloc::{GlobalAlloc, Layout, System};
use std::io::{self, Read};
use std::sync::atomic::{AtomicUsize, Ordering};

use summit_stance::articles::{RECORD_LIMIT, ReadOptions, read_stream};

/// The system's memory, counted.
struct Counted;

static HELD: AtomicUsize = AtomicUsize::new(0);
static PEAK: AtomicUsize = AtomicUsize::new(0);

#[global_allocator]
static ALLOCATOR: Counted = Counted;

// SAFETY: every call is handed on to the system's allocator as it is.
unsafe impl GlobalAlloc for Counted {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        let held = HELD.fetch_add(layout.size(), Ordering::Relaxed) + layout.size();
        PEAK.fetch_max(held, Ordering::Relaxed);
        // SAFETY: as the caller promises.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        HELD.fetch_sub(layout.size(), Ordering::Relaxed);
        // SAFETY: as the caller promises.
        unsafe { System.dealloc(pointer, layout) }
    }
}

const GOOD: &[u8] = b"\n{\"id\": \"good\", \"text\": \"Kyiv insisted.\"}\n";

/// The bytes that reading the stream holds at most beyond what was held before. It must give one
/// rejected record and the good one behind it, if there is one.
fn peak_of(stream: impl Read + Send + 'static, good: bool) -> usize {
    let before = HELD.load(Ordering::Relaxed);
    PEAK.store(before, Ordering::Relaxed);
    let records: Vec<_> = read_stream(stream, &ReadOptions::default()).collect();
    let reason = &records[0].as_ref().unwrap_err().reason;
    assert!(reason.contains("16 MiB"), "{reason}");
    assert_eq!(records.len(), 1 + usize::from(good));
    assert!(records[1..].iter().all(Result::is_ok));
    PEAK.load(Ordering::Relaxed) - before
}

fn line(length: u64) -> impl Read + Send + 'static {
    let start = &b"{\"text\": \""[..];
    start.chain(io::repeat(0).take(length)).chain(GOOD)
}

// One test, as the memory of others at the same time would be counted too.
#[test]
fn a_line_of_two_gigabytes_and_bombs_of_one_are_rejected_in_little_memory() {
    const GIB: u64 = 1 << 30;
    // A record, its buffer before and after it grew, and what a decoder needs.
    let limit = 4 * RECORD_LIMIT;
    let plain = peak_of(line(2 * GIB), true);
    assert!(plain < limit, "plain: {plain} bytes");

    let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    io::copy(&mut line(GIB), &mut gzip).unwrap();
    let gzip = gzip.finish().unwrap();
    assert!(gzip.len() < 32 << 20);
    let peak = peak_of(io::Cursor::new(gzip), true);
    assert!(peak < limit, "gzip: {peak} bytes");

    let zstd = zstd::encode_all(line(GIB), 1).unwrap();
    assert!(zstd.len() < 1 << 20);
    let peak = peak_of(io::Cursor::new(zstd), true);
    assert!(peak < limit, "zstd: {peak} bytes");

    // A row of CSV, and a value of a JSON array.
    let csv = (&b"id,text\n1,\""[..]).chain(io::repeat(b'a').take(GIB));
    let peak = peak_of(csv, false);
    assert!(peak < limit, "CSV: {peak} bytes");
    let array = (&b"[{\"text\": \""[..]).chain(io::repeat(b'a').take(GIB));
    let peak = peak_of(array, false);
    assert!(peak < limit, "JSON: {peak} bytes");
    let text = io::repeat(b'a').take(GIB);
    let peak = peak_of(text, false);
    assert!(peak < limit, "text: {peak} bytes");
}
