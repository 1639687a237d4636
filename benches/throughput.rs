//! What the pipeline around the engine costs, and how much memory a run takes.
//!
//! `cargo bench --bench throughput [-- ARTICLES]` repeats the sample summits to 3,600
//! articles (or as many as given), scores them with the program itself, and holds its word pieces
//! per second against those of the bare engine on windows of the same articles and as many threads,
//! measured before and after in the same process. Each copy has a number in its title, so that
//! none is taken for a reprint. Figures go into `benches/README.md`.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Instant;

use summit_stance::articles::Article;
use summit_stance::model::engine::Engine;
use summit_stance::model::windows::Window;
use summit_stance::model::{Embedded, Model, ModelFolder, folder};
use summit_stance::sentences;

mod program;
mod sample;

fn main() {
    // Cargo passes `--bench`; the only argument of our own is a number.
    let count = std::env::args()
        .find_map(|argument| argument.parse::<usize>().ok())
        .unwrap_or(3600);
    let threads = std::thread::available_parallelism().map_or(1, |n| n.get());
    let samples: Vec<Article> = sample::articles()
        .iter()
        .map(|article| sample::numbered(article, 0))
        .collect();
    let windows = windows_of(&samples);
    let rounds = count.div_ceil(samples.len());
    let count = rounds * samples.len();
    let pieces: usize = rounds * windows.iter().map(|w| w.ids.len()).sum::<usize>();

    let before = bare(&windows, rounds.div_ceil(2), threads);
    let mut peak_kib = 0;
    let elapsed = program::score(&samples, count, threads, |kib| peak_kib = peak_kib.max(kib));
    let after = bare(&windows, rounds.div_ceil(2), threads);
    let bare = (before + after) / 2.0;
    let whole = pieces as f64 / elapsed.as_secs_f64();
    println!("articles                 {count}");
    println!("threads                  {threads}");
    println!(
        "bare engine              {bare:.0} word pieces/s ({before:.0} before, {after:.0} after)"
    );
    println!("stance score             {whole:.0} word pieces/s");
    println!(
        "                         {:.1} articles/s",
        count as f64 / elapsed.as_secs_f64()
    );
    println!("program / engine         {:.3}", whole / bare);
    println!("peak memory              {} MB", peak_kib / 1024);
}

fn windows_of(samples: &[Article]) -> Vec<Window> {
    let model = Model::shipped().expect("the shipped model");
    samples
        .iter()
        .flat_map(|article| {
            model
                .windows(article, &sentences::split(&article.text))
                .expect("windows")
        })
        .collect()
}

/// Word pieces per second of the engine alone.
fn bare(windows: &[Window], rounds: usize, threads: usize) -> f64 {
    let open = ModelFolder::open("models/stance-minilm".as_ref()).expect("the model folder");
    let int8 = open.read(folder::INT8).expect("the int8 file");
    let engine = Embedded::new(&int8, &open.config.encoder).expect("the engine");
    let next = AtomicUsize::new(0);
    let began = Instant::now();
    std::thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| {
                loop {
                    let index = next.fetch_add(1, Ordering::Relaxed);
                    if index >= windows.len() * rounds {
                        return;
                    }
                    let window = &windows[index % windows.len()];
                    engine
                        .encode(std::slice::from_ref(window))
                        .expect("vectors");
                }
            });
        }
    });
    let pieces: usize = rounds * windows.iter().map(|w| w.ids.len()).sum::<usize>();
    pieces as f64 / began.elapsed().as_secs_f64()
}
