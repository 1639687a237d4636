//! Stage 3: a transformer reads each article once, and small heads say where parties are
//! mentioned, which stance each mention takes, which earlier mention it refers to, and which
//! issues each sentence is about.
//!
//! An article's sentences are cut into [`windows`], an [`engine`] turns each window into token
//! vectors, and the [`heads`] read mentions, stances and issues off those vectors. The default engine
//! is a crate of its own, `encoder/`.

pub mod antecedents;
pub mod described;
mod embedded;
pub mod engine;
pub mod folder;
pub mod heads;
mod reading;
mod repeats;
pub mod tokens;
#[cfg(feature = "torch")]
pub mod torch;
pub mod weights;
pub mod windows;

pub use embedded::Embedded;
pub use folder::{ModelConfig, ModelFolder};
#[cfg(feature = "torch")]
pub(crate) use reading::span_of_words;
pub use reading::{Description, MentionReading, Model, SentenceReading};

/// Why a model could not be loaded or run.
#[derive(Debug, thiserror::Error)]
pub enum ModelError {
    #[error(
        "{file}: {source}; a model folder holds config.json, tokenizer.json, heads.safetensors and model-int8.safetensors or model.safetensors"
    )]
    Io {
        file: String,
        source: std::io::Error,
    },
    #[error("{file}: {reason}")]
    Config { file: String, reason: String },
    #[error(
        "{file}: config.json lists no such file; the folder was made by another version or by hand"
    )]
    NotListed { file: String },
    #[error(
        "{file}: the file is not the one config.json names (its SHA-256 differs): it was cut short or swapped; copy the folder again"
    )]
    Checksum { file: String },
    #[error("tokenizer.json: {0}")]
    Tokenizer(String),
    #[error("model weights: {0}")]
    Weights(String),
    #[error(
        "the stances are {stances}, but annotated articles are held to the four of the codebook \
         (optimistic, cautious, insistent, neutral); only these can be evaluated"
    )]
    Stances { stances: String },
    #[error("the {engine} engine failed: {reason}")]
    Engine {
        engine: &'static str,
        reason: String,
    },
}
