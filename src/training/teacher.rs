//! Keeping what the labels say nothing about.
//!
//! A table of labels says nothing about the mentions that are not in it, and often nothing about
//! issues. A mention or issue that is not there is unknown, not absent, so nothing can be learnt
//! from it; but learning stances changes the encoder that all heads read. So where nothing was
//! annotated, the model that training started from says what it would have said, and the
//! new one learns to go on saying so (learning without forgetting, Li & Hoiem 2018).

use tch::{Kind, Tensor};

use super::descriptions::DescriptionBatch;
use super::examples::Batch;
use super::heads::{ISSUE_WEIGHT, MENTION_WEIGHT, is_empty};
use super::network::{Network, Vectors};

/// The model that training started from; it does not change.
pub struct Teacher(Network);

impl Teacher {
    pub fn new(mut network: Network, bf16: bool) -> Teacher {
        network.encoder_variables.freeze();
        network.head_variables.freeze();
        if bf16 {
            network.encoder_variables.bfloat16();
        }
        Teacher(network)
    }

    /// How far `network`, which read `vectors` in the batch, has come from what the teacher says
    /// of mentions and issues where they are not annotated.
    pub fn loss(
        &self,
        network: &Network,
        vectors: &Vectors,
        batch: &Batch,
        described: &DescriptionBatch,
    ) -> Tensor {
        let kept = tch::no_grad(|| self.0.read(batch, described, false));
        let (teacher, student) = (&self.0.heads, &network.heads);
        let mut loss = Tensor::zeros([], (Kind::Float, vectors.tokens.device()));
        if !is_empty(&batch.unknown_word_first) {
            let words = &batch.unknown_word_first;
            let wanted = teacher
                .tag_logits(&kept.tokens, words, false)
                .softmax(-1, Kind::Float);
            let said = student
                .tag_logits(&vectors.tokens, words, true)
                .log_softmax(-1, Kind::Float);
            let entropy = -(wanted.detach() * said).sum_dim_intlist(-1, false, Kind::Float);
            loss += entropy.mean(Kind::Float) * MENTION_WEIGHT;
        }
        if !is_empty(&batch.issues_unknown) {
            let unknown = |logits: Tensor| logits.index_select(0, &batch.issues_unknown);
            let wanted = teacher.issue_logits(&kept.tokens, batch, false).sigmoid();
            let said = unknown(student.issue_logits(&vectors.tokens, batch, true));
            let entropy = said.binary_cross_entropy_with_logits::<Tensor>(
                &unknown(wanted).detach(),
                None,
                None,
                tch::Reduction::Mean,
            );
            loss += entropy * ISSUE_WEIGHT;
        }
        loss
    }
}
