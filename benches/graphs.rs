//! How fast the embedded engine runs ONNX files of the encoder, on one thread.
//!
//! `cargo bench --bench graphs [-- FILE.onnx …] [--windows FILE.json]` runs the windows of the
//! sample summits through the shipped graph and those given, window by window in turn, so that all
//! see the same machine, and prints their word pieces per second and their times as ratios.
//! `--windows` writes the windows' ids, for `benches/peers/windows.py`.

use std::path::PathBuf;
use std::time::{Duration, Instant};

use summit_stance::articles::Article;
use summit_stance::model::engine::Engine;
use summit_stance::model::{Embedded, Model, ModelFolder};
use summit_stance::sentences;

mod sample;

const SHIPPED: &str = "models/stance-minilm";
const ROUNDS: usize = 7;

fn main() {
    let mut files = vec![PathBuf::from(SHIPPED).join("model.onnx")];
    let mut ids_file = None;
    let mut arguments = std::env::args().skip(1);
    while let Some(argument) = arguments.next() {
        match argument.as_str() {
            "--bench" => {}
            "--windows" => ids_file = arguments.next(),
            _ => files.push(argument.into()),
        }
    }
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
    if let Some(file) = ids_file {
        let ids: Vec<_> = windows.iter().map(|window| &window.ids).collect();
        let json = serde_json::to_string(&ids).expect("numbers");
        std::fs::write(file, json).expect("a file that can be written");
    }
    let config = ModelFolder::open(SHIPPED.as_ref())
        .expect("the model folder")
        .config;
    let engines: Vec<Embedded> = files
        .iter()
        .map(|file| Embedded::new(std::fs::read(file).expect("a file"), &config.encoder))
        .map(|engine| engine.expect("an encoder as the shipped one"))
        .collect();

    let mut rounds = vec![Vec::new(); files.len()];
    for round in 0..ROUNDS {
        let mut spent = vec![Duration::ZERO; files.len()];
        for (index, window) in windows.iter().enumerate() {
            for turn in 0..files.len() {
                let which = (turn + index + round) % files.len();
                let began = Instant::now();
                engines[which]
                    .encode(std::slice::from_ref(window))
                    .expect("vectors");
                spent[which] += began.elapsed();
            }
        }
        for (rounds, spent) in rounds.iter_mut().zip(spent) {
            rounds.push(spent.as_secs_f64());
        }
    }
    let pieces: usize = windows.iter().map(|window| window.ids.len()).sum();
    println!("{} windows, {pieces} word pieces", windows.len());
    for (file, times) in files.iter().zip(&rounds) {
        let ratios: Vec<f64> = times.iter().zip(&rounds[0]).map(|(a, b)| a / b).collect();
        let ratios = sorted(&ratios);
        println!(
            "{}: {:.0} word pieces/s; time to the first's {:.3} ({:.3} to {:.3})",
            file.display(),
            pieces as f64 / sorted(times)[ROUNDS / 2],
            ratios[ROUNDS / 2],
            ratios[0],
            ratios[ROUNDS - 1],
        );
    }
}

fn sorted(values: &[f64]) -> Vec<f64> {
    let mut values = values.to_vec();
    values.sort_by(f64::total_cmp);
    values
}
