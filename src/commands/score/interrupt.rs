//! Ctrl-C: once to end soon and keep what is done, twice to end at once.

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

use signal_hook::consts::{SIGINT, SIGTERM};
use signal_hook::flag;

/// The exit code of a program that was interrupted, as shells have it: 128 and SIGINT's number.
pub const EXIT_CODE: u8 = 130;

const POLL: Duration = Duration::from_millis(100);
/// `timeout` and other programs that start programs pass one signal on twice.
const ONE_PRESS: Duration = Duration::from_millis(500);

/// Whether the user, or a scheduler, wants the run to end.
#[derive(Debug, Default)]
pub struct Interrupt(Arc<AtomicBool>);

impl Interrupt {
    /// From here on SIGINT and SIGTERM only ask the run to end; a second one ends it at once.
    pub fn watch() -> io::Result<Interrupt> {
        let asked = Arc::new(AtomicBool::new(false));
        let impatient = Arc::new(AtomicBool::new(false));
        for signal in [SIGINT, SIGTERM] {
            let code = i32::from(EXIT_CODE);
            flag::register_conditional_shutdown(signal, code, Arc::clone(&impatient))?;
            flag::register(signal, Arc::clone(&asked))?;
        }
        // Says that the signal was heard, as the run may be waiting for a slow input.
        let heard = Arc::clone(&asked);
        thread::spawn(move || {
            while !heard.load(Ordering::Relaxed) {
                thread::sleep(POLL);
            }
            eprintln!("interrupted; finishing what is in hand (Ctrl-C again ends at once)");
            thread::sleep(ONE_PRESS);
            impatient.store(true, Ordering::Relaxed);
        });
        Ok(Interrupt(asked))
    }

    pub fn asked(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }
}
