//! The network that is trained: rust-bert's encoder with its [`heads`](super::heads), in libtorch.

use rust_bert::bert::{BertEmbeddings, BertModel};
use tch::nn;
use tch::{Device, Kind, Tensor};

use super::descriptions::DescriptionBatch;
use super::examples::Batch;
use super::heads::{Losses, TrainableHeads};
use crate::model::folder::EncoderConfig;
use crate::model::torch::bert_config;

/// Encoder and heads with their variables.
pub struct Network {
    pub encoder: BertModel<BertEmbeddings>,
    pub encoder_variables: nn::VarStore,
    pub heads: TrainableHeads,
    pub head_variables: nn::VarStore,
    /// What only training needs; no part of a model.
    pub aside_variables: nn::VarStore,
}

/// What the encoder makes of a batch.
pub struct Vectors {
    /// Windows × tokens, flattened, × width.
    pub tokens: Tensor,
    /// Descriptions × width: the means of their tokens.
    pub descriptions: Tensor,
}

impl Network {
    /// A network with random weights.
    pub fn new(encoder: &EncoderConfig, issues: usize, dropout: f64, device: Device) -> Network {
        let encoder_variables = nn::VarStore::new(device);
        let config = bert_config(encoder, dropout);
        let bert = BertModel::new_with_optional_pooler(encoder_variables.root(), &config, false);
        let head_variables = nn::VarStore::new(device);
        let aside_variables = nn::VarStore::new(device);
        let heads = TrainableHeads::new(
            &head_variables.root(),
            &aside_variables.root(),
            encoder.hidden_size as i64,
            issues as i64,
            dropout.max(0.1),
        );
        Network {
            encoder: bert,
            encoder_variables,
            heads,
            head_variables,
            aside_variables,
        }
    }

    /// Token vectors, windows × tokens × width, in f32.
    pub fn encode(&self, ids: &Tensor, casing: &Tensor, mask: &Tensor, train: bool) -> Tensor {
        self.encoder
            .forward_t(
                Some(ids),
                Some(mask),
                Some(casing),
                None,
                None,
                None,
                None,
                train,
            )
            .expect("ids are given and the mask has two dimensions")
            .hidden_state
            .to_kind(Kind::Float)
    }

    /// What the heads read: the batch's token vectors and those of the descriptions of issues.
    pub fn read(&self, batch: &Batch, described: &DescriptionBatch, train: bool) -> Vectors {
        let encode = |ids, casing, mask| {
            let vectors = self.encode(ids, casing, mask, train);
            let width = vectors.size()[2];
            vectors.reshape([-1, width])
        };
        let tokens = encode(&batch.ids, &batch.casing, &batch.mask);
        let words = encode(&described.ids, &described.casing, &described.mask);
        Vectors {
            tokens,
            descriptions: described.means.matmul(&words),
        }
    }

    /// The losses of a batch by what is annotated in it; sentences are also matched with these
    /// descriptions of issues.
    pub fn losses(
        &self,
        vectors: &Vectors,
        batch: &Batch,
        described: &DescriptionBatch,
        train: bool,
    ) -> Losses {
        let Vectors {
            tokens,
            descriptions,
        } = vectors;
        self.heads
            .losses(tokens, batch, descriptions, described, train)
    }
}
