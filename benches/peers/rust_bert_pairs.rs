//! rust-bert's own `SequenceClassificationModel` on sentence-party pairs; `run.py` says what for.
//!
//! `rust_bert_pairs WORK SECONDS ARTICLES THREADS` scores `WORK/pairs.jsonl` with the model in
//! `WORK/model` and writes a line of JSON, as `peers.py` does.

use std::error::Error;
use std::fs;
use std::path::Path;
use std::time::Instant;

use rust_bert::pipelines::common::{ModelResource, ModelType};
use rust_bert::pipelines::sequence_classification::{
    SequenceClassificationConfig, SequenceClassificationModel,
};
use rust_bert::resources::LocalResource;
use serde::Deserialize;

/// So many pairs decide on the batch size.
const TRIAL: usize = 96;
const BATCHES: [usize; 4] = [1, 4, 16, 32];

#[derive(Deserialize)]
struct Pair {
    article: usize,
    sentence: String,
    party: String,
}

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [work, seconds, articles, threads] = arguments.as_slice() else {
        return Err("usage: rust_bert_pairs WORK SECONDS ARTICLES THREADS".into());
    };
    let work = Path::new(work);
    let (seconds, articles): (f64, usize) = (seconds.parse()?, articles.parse()?);
    tch::set_num_threads(threads.parse()?);
    let model = open(&work.join("model"))?;
    let pairs: Vec<Pair> = fs::read_to_string(work.join("pairs.jsonl"))?
        .lines()
        .map(serde_json::from_str)
        .collect::<Result<_, _>>()?;

    // Not from the start only: articles differ in length.
    let every = (pairs.len() / TRIAL).max(1);
    let trial: Vec<&Pair> = pairs.iter().step_by(every).take(TRIAL).collect();
    score(&model, &trial[..trial.len().min(8)], 1);
    let (pace, batch) = BATCHES
        .into_iter()
        .map(|batch| (score(&model, &trial, batch) / trial.len() as f64, batch))
        .min_by(|one, other| one.0.total_cmp(&other.0))
        .ok_or("no batch size to try")?;

    let step = ((pace * pairs.len() as f64 / seconds).ceil() as usize).max(1);
    let kept: Vec<&Pair> = pairs
        .iter()
        .filter(|pair| pair.article % step == 0)
        .collect();
    let taken = score(&model, &kept, batch);
    let result = serde_json::json!({
        "articles": articles.div_ceil(step),
        "pairs": kept.len(),
        "seconds": taken,
        "versions": "rust-bert 0.23, libtorch 2.4.0",
        "setting": format!("batches of {batch}"),
    });
    println!("{result}");
    Ok(())
}

fn open(folder: &Path) -> Result<SequenceClassificationModel, Box<dyn Error>> {
    let file = |name: &str| LocalResource::from(folder.join(name));
    let config = SequenceClassificationConfig::new(
        ModelType::Bert,
        ModelResource::Torch(Box::new(file("model.safetensors"))),
        file("config.json"),
        file("vocab.txt"),
        None,
        true,
        None,
        None,
    );
    Ok(SequenceClassificationModel::new(config)?)
}

/// Score pairs in batches of this size; the seconds it took.
fn score(model: &SequenceClassificationModel, pairs: &[&Pair], batch: usize) -> f64 {
    let began = Instant::now();
    for pairs in pairs.chunks(batch) {
        // The pipeline takes single texts; its tokenizer knows the separator in them.
        let texts: Vec<String> = pairs
            .iter()
            .map(|pair| format!("{} [SEP] {}", pair.sentence, pair.party))
            .collect();
        let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
        model.predict(&texts);
    }
    began.elapsed().as_secs_f64()
}
