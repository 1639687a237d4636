//! What training starts from: a pretrained sentence encoder, or one of our own models.

use std::path::Path;

use serde::Deserialize;

use crate::model::folder::{self, EncoderConfig, ModelFolder};
use crate::model::tokens::Casing;
use crate::model::weights::{self, NamedWeights, Weights};
use crate::model::{ModelConfig, ModelError};

/// The start of a training run.
pub struct Base {
    pub encoder: EncoderConfig,
    pub encoder_weights: NamedWeights,
    /// `tokenizer.json`
    pub tokenizer: Vec<u8>,
    /// Present if the base is one of our models.
    pub ours: Option<(ModelConfig, NamedWeights)>,
}

/// The fields of a Hugging Face `config.json` that say a BERT is what it is.
#[derive(Deserialize)]
struct BertFolderConfig {
    model_type: String,
    hidden_act: String,
    #[serde(flatten)]
    encoder: EncoderConfig,
}

impl Base {
    /// A model folder of ours, encoder and heads.
    pub fn model(path: &Path) -> Result<Base, ModelError> {
        let model = ModelFolder::open(path)?;
        Ok(Base {
            encoder: model.config.encoder.clone(),
            encoder_weights: weights::read(&model.read(folder::SAFETENSORS)?)?,
            tokenizer: model.read(folder::TOKENIZER)?,
            ours: Some((
                model.config.clone(),
                weights::read(&model.read(folder::HEADS)?)?,
            )),
        })
    }

    /// A Hugging Face folder of a BERT encoder (`config.json`, `model.safetensors`,
    /// `tokenizer.json`).
    pub fn encoder(path: &Path) -> Result<Base, ModelError> {
        let read = |name: &str| {
            let file = path.join(name);
            std::fs::read(&file).map_err(|source| ModelError::Io {
                file: file.display().to_string(),
                source,
            })
        };
        let bad = |reason: String| ModelError::Config {
            file: path.join(folder::CONFIG).display().to_string(),
            reason,
        };
        if ModelFolder::open(path).is_ok() {
            return Err(bad(
                "this is a model of stance, heads and all; give the folder to --from".into(),
            ));
        }
        let config: BertFolderConfig =
            serde_json::from_slice(&read(folder::CONFIG)?).map_err(|e| bad(e.to_string()))?;
        if config.model_type != "bert" || config.hidden_act != "gelu" {
            return Err(bad(format!(
                "a `{}` encoder with `{}` cannot be trained here, only `bert` with `gelu`",
                config.model_type, config.hidden_act
            )));
        }
        let mut encoder = config.encoder;
        let mut encoder_weights: NamedWeights = weights::read(&read(folder::SAFETENSORS)?)?
            .into_iter()
            .map(|(name, tensor)| (name.trim_start_matches("bert.").to_owned(), tensor))
            .collect();
        widen_token_types(&mut encoder, &mut encoder_weights)?;
        Ok(Base {
            encoder,
            encoder_weights,
            tokenizer: read(folder::TOKENIZER)?,
            ours: None,
        })
    }

    /// The weights of one of our models, encoder and heads; of an encoder, its own.
    pub fn weights(&self) -> NamedWeights {
        let mut all = self.encoder_weights.clone();
        if let Some((_, heads)) = &self.ours {
            all.extend(heads.clone());
        }
        all
    }
}

/// Make one token type for each casing, all starting as the first, the only one that sentence
/// encoders are pretrained with.
fn widen_token_types(
    encoder: &mut EncoderConfig,
    weights: &mut NamedWeights,
) -> Result<(), ModelError> {
    const NAME: &str = "embeddings.token_type_embeddings.weight";
    let first = weights::get(weights, NAME)?
        .values
        .get(..encoder.hidden_size)
        .ok_or_else(|| ModelError::Weights(format!("the tensor {NAME} is too small")))?
        .to_vec();
    encoder.type_vocab_size = Casing::COUNT as usize;
    weights.insert(
        NAME.into(),
        Weights {
            shape: vec![encoder.type_vocab_size, encoder.hidden_size],
            values: first.repeat(encoder.type_vocab_size),
        },
    );
    Ok(())
}
