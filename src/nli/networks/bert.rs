//! BERT (Devlin et al. 2019), as rust-bert has it.

use rust_bert::RustBertError;
use rust_bert::bert::{BertConfig, BertForSequenceClassification};
use tch::{Tensor, nn};

use super::{Batch, Config, Network};

pub struct Bert(BertForSequenceClassification);

impl Bert {
    pub fn new(root: &nn::Path, config: &Config) -> Result<Bert, RustBertError> {
        Ok(Bert(BertForSequenceClassification::new(
            root,
            &rust_bert_config(config),
        )?))
    }
}

impl Network for Bert {
    fn logits(&self, batch: &Batch) -> Result<Tensor, RustBertError> {
        let (ids, mask, types) = (Some(&batch.ids), Some(&batch.mask), Some(&batch.types));
        Ok(self.0.forward_t(ids, mask, types, None, None, false).logits)
    }
}

/// rust-bert's form of a network's shape.
pub fn rust_bert_config(config: &Config) -> BertConfig {
    BertConfig {
        hidden_act: config.hidden_act,
        attention_probs_dropout_prob: 0.0,
        hidden_dropout_prob: 0.0,
        hidden_size: config.hidden_size,
        initializer_range: 0.02,
        intermediate_size: config.intermediate_size,
        max_position_embeddings: config.max_position_embeddings,
        num_attention_heads: config.num_attention_heads,
        num_hidden_layers: config.num_hidden_layers,
        type_vocab_size: config.token_types(),
        vocab_size: config.vocab_size,
        output_attentions: None,
        output_hidden_states: None,
        is_decoder: None,
        id2label: Some((0..).zip(config.labels()).collect()),
        label2id: None,
    }
}
