//! How fast the encoder is on one thread.
//!
//! `cargo bench --bench encoder [-- FILE.json]` runs the windows of the sample summits through it
//! and prints word pieces per second, round by round. It writes the windows' ids into the file,
//! for `benches/peers/windows.py`.

use std::time::Instant;

use summit_stance::articles::Article;
use summit_stance::model::engine::Engine;
use summit_stance::model::{Embedded, Model, ModelFolder, folder};
use summit_stance::sentences;

mod sample;

const ROUNDS: usize = 7;

fn main() {
    let model = Model::shipped().expect("the shipped model");
    let numbered = |article: &Article| sample::numbered(article, 0);
    let windows: Vec<_> = sample::articles()
        .iter()
        .map(numbered)
        .flat_map(|article| {
            let sentences = sentences::split(&article.text);
            model.windows(&article, &sentences).expect("windows")
        })
        .collect();
    if let Some(file) = std::env::args().skip(1).find(|a| a != "--bench") {
        let ids: Vec<_> = windows.iter().map(|window| &window.ids).collect();
        let json = serde_json::to_string(&ids).expect("numbers");
        std::fs::write(file, json).expect("a file that can be written");
    }
    let open = ModelFolder::open("models/stance-minilm".as_ref()).expect("the model folder");
    let int8 = open.read(folder::INT8).expect("the int8 file");
    let engine = Embedded::new(&int8, &open.config.encoder).expect("the engine");
    let pieces: usize = windows.iter().map(|window| window.ids.len()).sum();
    println!("{} windows, {pieces} word pieces", windows.len());
    let mut rates = Vec::new();
    for _ in 0..ROUNDS {
        let began = Instant::now();
        engine.encode(&windows).expect("vectors");
        rates.push(pieces as f64 / began.elapsed().as_secs_f64());
    }
    rates.sort_by(f64::total_cmp);
    println!(
        "{:.0} word pieces/s ({:.0} to {:.0})",
        rates[ROUNDS / 2],
        rates[0],
        rates[ROUNDS - 1]
    );
}
