//! A model folder: the files of a model, checked before use.

use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::ModelError;
use super::tokens::Casing;
use super::windows::WindowSizes;
use crate::codebook::Stance;

/// `config.json`: everything about a model but its weights.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ModelConfig {
    /// Name and version, written into every score file.
    pub name: String,
    pub version: String,
    pub encoder: EncoderConfig,
    pub windows: WindowSizes,
    /// The stances, in the order of the stance head's logits.
    pub stances: Vec<Stance>,
    /// The issues, in the order of the issue head's logits.
    pub issues: Vec<String>,
    pub calibration: Calibration,
    pub training: TrainingRecord,
    /// SHA-256 of the other files of the folder, by name.
    pub files: std::collections::BTreeMap<String, String>,
}

impl ModelConfig {
    /// One checksum for the whole model: of the configuration, which holds those of the files.
    pub fn checksum(&self) -> String {
        // A struct of strings and numbers always has a JSON form.
        sha256(&serde_json::to_vec(self).unwrap_or_default())
    }
}

/// The shape of the BERT encoder, in the field names of a Hugging Face `config.json`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct EncoderConfig {
    pub hidden_size: usize,
    pub intermediate_size: usize,
    pub max_position_embeddings: usize,
    pub num_attention_heads: usize,
    pub num_hidden_layers: usize,
    pub type_vocab_size: usize,
    pub vocab_size: usize,
    pub layer_norm_eps: f64,
}

/// Values chosen on the dev split after training.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Calibration {
    /// The stance logits are divided by this (Guo et al. 2017).
    pub stance_temperature: f32,
    /// Added to the logits of the begin and inside tags.
    pub mention_bias: f32,
    /// A sentence carries an issue whose probability is at least this.
    pub issue_threshold: f32,
    /// A sentence carries an issue given by its description whose probability is at least this.
    pub described_threshold: f32,
}

/// How the model came about.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct TrainingRecord {
    /// The runs whose weights were averaged.
    pub seeds: Vec<u64>,
    pub epochs: usize,
    /// Checksum of the model that was fine-tuned, if it was one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from: Option<String>,
    /// SHA-256 of the corpus files.
    pub train_sha256: String,
    pub dev_sha256: String,
}

/// The files of a model, in memory.
pub struct ModelFiles {
    pub config: ModelConfig,
    pub tokenizer: Vec<u8>,
    pub heads: Vec<u8>,
}

/// The encoder with 8-bit weights, for the embedded engine.
pub const INT8: &str = "model-int8.safetensors";
/// The encoder as f16 safetensors, for libtorch.
pub const SAFETENSORS: &str = "model.safetensors";
/// The heads as f32 safetensors, for both engines.
pub const HEADS: &str = "heads.safetensors";
pub const TOKENIZER: &str = "tokenizer.json";
pub const CONFIG: &str = "config.json";

/// Hexadecimal SHA-256.
pub fn sha256(bytes: &[u8]) -> String {
    use std::fmt::Write;
    Sha256::digest(bytes)
        .iter()
        .fold(String::with_capacity(64), |mut hex, byte| {
            let _ = write!(hex, "{byte:02x}");
            hex
        })
}

/// A model folder on disk.
pub struct ModelFolder {
    path: PathBuf,
    pub config: ModelConfig,
}

impl ModelFolder {
    /// Read and check `config.json`; the other files are checked when read.
    pub fn open(path: &Path) -> Result<ModelFolder, ModelError> {
        let file = path.join(CONFIG);
        let bytes = std::fs::read(&file).map_err(|source| ModelError::Io {
            file: file.display().to_string(),
            source,
        })?;
        Ok(ModelFolder {
            path: path.to_owned(),
            config: parse_config(&bytes, &file.display().to_string())?,
        })
    }

    /// The bytes of one of the folder's files, if they are those that `config.json` names.
    pub fn read(&self, name: &str) -> Result<Vec<u8>, ModelError> {
        let path = self.path.join(name);
        let file = path.display().to_string();
        let expected = self
            .config
            .files
            .get(name)
            .ok_or_else(|| ModelError::NotListed { file: file.clone() })?;
        let bytes = std::fs::read(&path).map_err(|source| ModelError::Io {
            file: file.clone(),
            source,
        })?;
        if sha256(&bytes) != *expected {
            return Err(ModelError::Checksum { file });
        }
        Ok(bytes)
    }

    /// What every engine needs.
    pub fn files(&self) -> Result<ModelFiles, ModelError> {
        Ok(ModelFiles {
            config: self.config.clone(),
            tokenizer: self.read(TOKENIZER)?,
            heads: self.read(HEADS)?,
        })
    }
}

/// Parse `config.json` and check what the rest of the program relies on.
pub fn parse_config(bytes: &[u8], file: &str) -> Result<ModelConfig, ModelError> {
    let config: ModelConfig =
        serde_json::from_slice(bytes).map_err(|source| ModelError::Config {
            file: file.to_owned(),
            reason: source.to_string(),
        })?;
    let bad = |reason: &str| {
        Err(ModelError::Config {
            file: file.to_owned(),
            reason: reason.to_owned(),
        })
    };
    let (encoder, windows) = (&config.encoder, &config.windows);
    if config.stances != Stance::ALL {
        return bad("`stances` must be optimistic, cautious, insistent, neutral");
    }
    if encoder.num_attention_heads == 0
        || !encoder
            .hidden_size
            .is_multiple_of(encoder.num_attention_heads)
    {
        return bad("`hidden_size` must be a multiple of `num_attention_heads`");
    }
    if (encoder.type_vocab_size as i64) < Casing::COUNT {
        return bad(
            "`type_vocab_size` must be 3 or more: capitals reach the encoder as token types",
        );
    }
    if windows.window > encoder.max_position_embeddings
        || windows.window < windows.title.saturating_add(32)
    {
        return bad("`windows.window` must fit the encoder and leave room beside the title");
    }
    if !config.calibration.stance_temperature.is_finite()
        || config.calibration.stance_temperature <= 0.0
    {
        return bad("`stance_temperature` must be positive");
    }
    Ok(config)
}
