//! The default engine: the encoder's int8 form, with nothing to install.

use summit_stance_encoder::{Encoder, EncoderError, Sizes};

use super::ModelError;
use super::engine::{Engine, TokenVectors};
use super::folder::EncoderConfig;
use super::windows::Window;

/// Runs one window at a time, for the calling thread on one core, so that a window's vectors
/// cannot depend on what else is scored; the caller keeps the cores busy with one window each.
pub struct Embedded {
    encoder: Encoder,
}

impl Embedded {
    /// From the bytes of a `model-int8.safetensors`.
    pub fn new(bytes: &[u8], config: &EncoderConfig) -> Result<Embedded, ModelError> {
        let encoder = Encoder::load(bytes, &sizes(config)).map_err(failed)?;
        Ok(Embedded { encoder })
    }

    /// From bytes that are part of the program.
    pub fn from_static(
        bytes: &'static [u8],
        config: &EncoderConfig,
    ) -> Result<Embedded, ModelError> {
        let encoder = Encoder::from_static(bytes, &sizes(config)).map_err(failed)?;
        Ok(Embedded { encoder })
    }

    fn encode_one(&self, window: &Window) -> Result<TokenVectors, ModelError> {
        Ok(TokenVectors {
            width: self.encoder.width(),
            values: self
                .encoder
                .encode(&window.ids, &window.casing)
                .map_err(failed)?,
        })
    }
}

impl Engine for Embedded {
    fn encode(&self, windows: &[Window]) -> Result<Vec<TokenVectors>, ModelError> {
        windows.iter().map(|w| self.encode_one(w)).collect()
    }

    fn name(&self) -> &'static str {
        "embedded"
    }
}

fn sizes(config: &EncoderConfig) -> Sizes {
    Sizes {
        width: config.hidden_size,
        inner: config.intermediate_size,
        heads: config.num_attention_heads,
        layers: config.num_hidden_layers,
        words: config.vocab_size,
        kinds: config.type_vocab_size,
        positions: config.max_position_embeddings,
        epsilon: config.layer_norm_eps as f32,
    }
}

fn failed(error: EncoderError) -> ModelError {
    match error {
        EncoderError::Weights(reason) => ModelError::Weights(reason),
        other => ModelError::Engine {
            engine: "embedded",
            reason: other.to_string(),
        },
    }
}
