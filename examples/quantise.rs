//! Write a model folder's int8 `model.onnx` anew from its `model.safetensors`, after a change of
//! the export, quantised by what the encoder is fed on annotated articles:
//! `cargo run --release --features torch --example quantise -- models/stance-minilm data/corpus/train.jsonl`

use anyhow::Context;
use summit_stance::{annotations, training::save};

fn main() -> anyhow::Result<()> {
    let mut arguments = std::env::args_os().skip(1);
    let folder = arguments.next().context("name a model folder")?;
    let corpus = arguments.next().context("name annotated articles")?;
    save::quantise(folder.as_ref(), &annotations::read(corpus.as_ref())?)
}
