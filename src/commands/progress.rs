//! How far a run is, on a terminal.

use std::io::{self, IsTerminal};
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressStyle};
use summit_stance::articles::Tally;

/// A bar on standard error; nothing where that is no terminal.
pub struct Progress {
    bar: ProgressBar,
    tally: Tally,
    began: Instant,
    articles: u64,
}

impl Progress {
    pub fn new(tally: Tally) -> Progress {
        Progress {
            bar: bar(tally.total_bytes()),
            tally,
            began: Instant::now(),
            articles: 0,
        }
    }

    /// Records are only read, because they were scored before.
    pub fn reading_past(&self) {
        self.bar.set_position(self.tally.bytes());
        self.bar.set_message("reading past what is done");
    }

    /// Scoring begins.
    pub fn begin(&mut self) {
        self.began = Instant::now();
    }

    /// An article was scored.
    pub fn article(&mut self) {
        self.articles += 1;
        self.bar.set_position(self.tally.bytes());
        let rate = self.articles as f64 / self.elapsed().as_secs_f64().max(1e-9);
        self.bar.set_message(format!("{rate:.0} articles/s"));
    }

    /// What has been read.
    pub fn tally(&self) -> &Tally {
        &self.tally
    }

    /// The time since [`Progress::begin`].
    pub fn elapsed(&self) -> Duration {
        self.began.elapsed()
    }

    /// Say something on standard error without tearing the bar.
    pub fn say(&self, line: &str) {
        self.bar.suspend(|| eprintln!("{line}"));
    }

    pub fn clear(&self) {
        self.bar.finish_and_clear();
    }
}

fn bar(total_bytes: Option<u64>) -> ProgressBar {
    if !io::stderr().is_terminal() {
        return ProgressBar::hidden();
    }
    let (bar, template) = match total_bytes {
        Some(total) => (
            ProgressBar::new(total),
            "{wide_bar} {percent:>3}% · {msg} · {eta} left",
        ),
        None => (ProgressBar::new_spinner(), "{spinner} {bytes} read · {msg}"),
    };
    if let Ok(style) = ProgressStyle::with_template(template) {
        bar.set_style(style);
    }
    bar.enable_steady_tick(Duration::from_millis(200));
    bar
}
