//! RoBERTa (Liu et al. 2019) and XLM-R (Conneau et al. 2020), as rust-bert has them.

use rust_bert::RustBertError;
use rust_bert::roberta::RobertaForSequenceClassification;
use tch::{Tensor, nn};

use super::bert::rust_bert_config;
use super::{Batch, Config, Network};

pub struct Roberta(RobertaForSequenceClassification);

impl Roberta {
    pub fn new(root: &nn::Path, config: &Config) -> Result<Roberta, RustBertError> {
        Ok(Roberta(RobertaForSequenceClassification::new(
            root,
            &rust_bert_config(config),
        )?))
    }
}

impl Network for Roberta {
    fn logits(&self, batch: &Batch) -> Result<Tensor, RustBertError> {
        let (ids, mask, types) = (Some(&batch.ids), Some(&batch.mask), Some(&batch.types));
        Ok(self.0.forward_t(ids, mask, types, None, None, false).logits)
    }
}
