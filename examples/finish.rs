//! Do again, for a model folder, what follows the training runs of `stance train`: fit the
//! described head, choose the calibration, and write `model-int8.safetensors`. For after a change of
//! one of these:
//! `cargo run --release --features torch --example finish -- models/stance-minilm ENCODER data/corpus/train.jsonl data/corpus/dev.jsonl`
//! where ENCODER is the folder of the encoder that training started from.

use std::path::PathBuf;

use anyhow::Context;
use summit_stance::codebook;
use summit_stance::model::folder::{self, ModelFolder};
use summit_stance::model::weights;
use summit_stance::training::checkpoint::RunRecord;
use summit_stance::training::{Options, Session, Start, save};

fn main() -> anyhow::Result<()> {
    let mut arguments = std::env::args_os().skip(1).map(PathBuf::from);
    let mut next = |what| arguments.next().with_context(|| format!("name {what}"));
    let path = next("a model folder")?;
    let folder = ModelFolder::open(&path)?;
    let config = &folder.config;
    let left_out = codebook::ISSUES.iter().map(|issue| (*issue).to_owned());
    let options = Options {
        start: Start::Encoder(next("the encoder that it was trained from")?),
        train: next("articles to learn from")?,
        dev: Some(next("articles to choose on")?),
        name: config.name.clone(),
        seeds: config.training.seeds.clone(),
        epochs: config.training.epochs,
        hold_out: left_out.filter(|i| !config.issues.contains(i)).collect(),
        // What only shapes the runs, which are over.
        patience: None,
        rate: 0.0,
        batch_tokens: None,
        bf16: false,
        states: Vec::new(),
        device: tch::Device::Cpu,
    };
    let mut run = weights::read(&folder.read(folder::SAFETENSORS)?)?;
    run.extend(weights::read(&folder.read(folder::HEADS)?)?);
    let session = Session::open(&options)?;
    let record = RunRecord::new(0, None);
    let finished = session.finish(&[(record, run)])?;
    eprintln!("{}", finished.report);
    save::write(&finished.trained, &session.corpora.train.articles, &path)
}
