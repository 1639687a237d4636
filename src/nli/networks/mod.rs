//! The networks that say whether one sentence follows from another, one file for each
//! architecture, behind one trait.
//!
//! BERT and RoBERTa are rust-bert's. Its DeBERTas (0.23) are not used: their logits are not those
//! of the library that the models were trained with, by up to 0.6 on the fixtures of the tests (see
//! `deberta` and `deberta_v2`).

mod bert;
mod deberta;
mod deberta_v2;
mod disentangled;
mod roberta;

use rust_bert::RustBertError;
use tch::{Tensor, nn};

use super::config::{Architecture, Config};

/// Pairs of sentences, padded to one length.
#[derive(Debug)]
pub struct Batch {
    /// Ids in the vocabulary, pairs × tokens.
    pub ids: Tensor,
    /// 0 for the tokens of the first sentence, 1 for those of the second, where the network tells
    /// them apart; pairs × tokens.
    pub types: Tensor,
    /// 1 for tokens, 0 for padding; pairs × tokens.
    pub mask: Tensor,
}

/// Judges pairs of sentences.
pub trait Network: Send {
    /// Logits, pairs × labels. A pair's logits do not depend on the others of its batch.
    fn logits(&self, batch: &Batch) -> Result<Tensor, RustBertError>;
}

/// A network with random weights, its variables named as the transformers library names them.
pub fn build(root: &nn::Path, config: &Config) -> Result<Box<dyn Network>, RustBertError> {
    Ok(match config.architecture() {
        Architecture::Bert => Box::new(bert::Bert::new(root, config)?),
        Architecture::Roberta => Box::new(roberta::Roberta::new(root, config)?),
        Architecture::Deberta => Box::new(deberta::new(root, config)),
        Architecture::DebertaV2 => Box::new(deberta_v2::new(root, config)),
    })
}
