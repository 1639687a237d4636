//! The memory of a long run.
//!
//! `cargo bench --bench memory [-- ARTICLES]` scores 100,000 articles of two sentences (or as many as
//! given) with the program itself, all with titles of their own, and prints the most memory that
//! each tenth of the time held. Figures go into `benches/README.md`.

use std::time::Instant;

use summit_stance::articles::Article;
use summit_stance::sentences;

mod program;
mod sample;

fn main() {
    // Cargo passes `--bench`; the only argument of our own is a number.
    let count = std::env::args()
        .find_map(|argument| argument.parse::<usize>().ok())
        .unwrap_or(100_000);
    let threads = std::thread::available_parallelism().map_or(1, |n| n.get());
    let samples: Vec<Article> = sample::articles().into_iter().map(shortened).collect();
    let began = Instant::now();
    let mut held: Vec<(f64, u64)> = Vec::new();
    let elapsed = program::score(&samples, count, threads, |kib| {
        held.push((began.elapsed().as_secs_f64(), kib));
    });
    println!("{count} articles in {:.0} s", elapsed.as_secs_f64());
    let end = held.last().map_or(1.0, |(at, _)| *at) + 1e-6;
    for tenth in 0..10 {
        let within = held
            .iter()
            .filter(|(at, _)| (at / end * 10.0) as usize == tenth);
        let peak = within.map(|(_, kib)| kib / 1024).max().unwrap_or(0);
        println!("{:>3}% of the time: at most {peak} MB", tenth * 10 + 10);
    }
}

/// The article's first two sentences.
fn shortened(article: Article) -> Article {
    let end = sentences::split(&article.text)
        .get(1)
        .map_or(article.text.len(), |second| second.bytes.end);
    Article {
        text: article.text[..end].to_owned(),
        ..article
    }
}
