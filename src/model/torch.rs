//! The second engine: the same encoder on libtorch, through rust-bert.

use std::sync::Mutex;

use rust_bert::Activation;
use rust_bert::bert::{BertConfig, BertEmbeddings, BertModel};
use tch::{Device, Kind, Tensor, nn};

use super::ModelError;
use super::engine::{Engine, TokenVectors};
use super::folder::{self, EncoderConfig, ModelFolder};
use super::weights::{self, NamedWeights};
use super::windows::Window;
use crate::libtorch::{Precision, caught};

/// rust-bert's `BertModel` with a model folder's weights.
pub struct Torch {
    // libtorch tensors may be sent to another thread but not shared between threads.
    encoder: Mutex<BertModel<BertEmbeddings>>,
    variables: Mutex<nn::VarStore>,
    device: Device,
    precision: Precision,
}

impl Torch {
    /// From a model folder's `model.safetensors`.
    pub fn open(folder: &ModelFolder, device: Device) -> Result<Torch, ModelError> {
        let bytes = folder.read(folder::SAFETENSORS)?;
        Torch::new(&bytes, &folder.config.encoder, device)
    }

    /// From the bytes of a `model.safetensors`.
    pub fn new(
        safetensors: &[u8],
        config: &EncoderConfig,
        device: Device,
    ) -> Result<Torch, ModelError> {
        let weights = weights::read(safetensors)?;
        let store = nn::VarStore::new(device);
        let encoder =
            BertModel::new_with_optional_pooler(store.root(), &bert_config(config, 0.0), false);
        load_variables(&store, &weights).map_err(failed)?;
        Ok(Torch {
            encoder: Mutex::new(encoder),
            variables: Mutex::new(store),
            device,
            precision: Precision::F32,
        })
    }

    /// The same engine, computing in this precision; it can only be lowered.
    pub fn in_precision(mut self, precision: Precision) -> Result<Torch, ModelError> {
        let variables = self.variables.get_mut().map_err(failed)?;
        caught(|| precision.apply(variables)).map_err(failed)?;
        self.precision = precision;
        Ok(self)
    }
}

/// rust-bert's form of the encoder's shape.
pub fn bert_config(encoder: &EncoderConfig, dropout: f64) -> BertConfig {
    BertConfig {
        hidden_act: Activation::gelu,
        attention_probs_dropout_prob: dropout,
        hidden_dropout_prob: dropout,
        hidden_size: encoder.hidden_size as i64,
        initializer_range: 0.02,
        intermediate_size: encoder.intermediate_size as i64,
        max_position_embeddings: encoder.max_position_embeddings as i64,
        num_attention_heads: encoder.num_attention_heads as i64,
        num_hidden_layers: encoder.num_hidden_layers as i64,
        type_vocab_size: encoder.type_vocab_size as i64,
        vocab_size: encoder.vocab_size as i64,
        output_attentions: None,
        output_hidden_states: None,
        is_decoder: None,
        id2label: None,
        label2id: None,
    }
}

/// Copy weights into a variable store. Every variable must be there, in its shape.
pub fn load_variables(store: &nn::VarStore, weights: &NamedWeights) -> Result<(), ModelError> {
    tch::no_grad(|| {
        for (name, mut variable) in store.variables() {
            let tensor = weights::get(weights, &name)?;
            let shape: Vec<i64> = tensor.shape.iter().map(|s| *s as i64).collect();
            if shape != variable.size() {
                return Err(ModelError::Weights(format!(
                    "the tensor {name} has shape {shape:?}, expected {:?}",
                    variable.size()
                )));
            }
            let tensor = Tensor::from_slice(&tensor.values).view(shape.as_slice());
            variable.copy_(&tensor.to_kind(variable.kind()).to_device(variable.device()));
        }
        Ok(())
    })
}

impl Engine for Torch {
    fn encode(&self, windows: &[Window]) -> Result<Vec<TokenVectors>, ModelError> {
        let encoder = self
            .encoder
            .lock()
            .map_err(|_| failed("an earlier run of the engine failed"))?;
        windows
            .iter()
            .map(|window| caught(|| encode_one(&encoder, window, self.device)).map_err(failed)?)
            .collect()
    }

    fn name(&self) -> &'static str {
        match self.precision {
            Precision::F32 => "torch",
            Precision::Bf16 => "torch (bf16)",
        }
    }
}

fn encode_one(
    encoder: &BertModel<BertEmbeddings>,
    window: &Window,
    device: Device,
) -> Result<TokenVectors, ModelError> {
    let row = |values: Vec<i64>| Tensor::from_slice(&values).unsqueeze(0).to_device(device);
    let ids = row(window.ids.iter().map(|id| i64::from(*id)).collect());
    let casing = row(window.casing.iter().map(|c| i64::from(*c)).collect());
    let output = tch::no_grad(|| {
        encoder.forward_t(
            Some(&ids),
            None,
            Some(&casing),
            None,
            None,
            None,
            None,
            false,
        )
    })
    .map_err(failed)?;
    let vectors = output
        .hidden_state
        .to_kind(Kind::Float)
        .to_device(Device::Cpu);
    let width = vectors.size()[2] as usize;
    let values = Vec::<f32>::try_from(vectors.contiguous().view([-1])).map_err(failed)?;
    Ok(TokenVectors { width, values })
}

fn failed(reason: impl std::fmt::Display) -> ModelError {
    ModelError::Engine {
        engine: "torch",
        reason: reason.to_string(),
    }
}
