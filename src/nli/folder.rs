//! The files of an inference model in a folder, as they lie on the model hub.

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};
use tch::{Kind, Tensor};

use super::NliError;
use crate::libtorch::caught;
use crate::model::weights::{self, NamedWeights, Weights};

pub const CONFIG: &str = "config.json";
pub const TOKENIZER: &str = "tokenizer.json";
pub const TOKENIZER_CONFIG: &str = "tokenizer_config.json";
pub const WORD_PIECES: &str = "vocab.txt";
pub const BYTE_PAIRS: &str = "vocab.json";
pub const MERGES: &str = "merges.txt";
const SAFETENSORS: &str = "model.safetensors";
/// rust-bert's own form of weights.
const RUST_BERT: &str = "rust_model.ot";

/// Which kind of vocabulary a model has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Vocabulary {
    Tokenizer,
    WordPieces,
    BytePairs,
}

impl Vocabulary {
    /// The file that messages name.
    pub fn name(self) -> &'static str {
        match self {
            Vocabulary::Tokenizer => TOKENIZER,
            Vocabulary::WordPieces => WORD_PIECES,
            Vocabulary::BytePairs => BYTE_PAIRS,
        }
    }
}

/// Which files of a model are read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Choice {
    pub vocabulary: Vocabulary,
    weights: &'static str,
}

impl Choice {
    /// The best files among those that are there, or what is missing.
    pub fn among(has: impl Fn(&str) -> bool) -> Result<Choice, &'static str> {
        if !has(CONFIG) {
            return Err(CONFIG);
        }
        let vocabulary = if has(TOKENIZER) {
            Vocabulary::Tokenizer
        } else if has(WORD_PIECES) {
            Vocabulary::WordPieces
        } else if has(BYTE_PAIRS) && has(MERGES) {
            Vocabulary::BytePairs
        } else if has("spm.model") || has("sentencepiece.bpe.model") {
            return Err(
                "tokenizer.json, only a SentencePiece model, which is not read. Make one with \
                 Python: AutoTokenizer.from_pretrained(…).save_pretrained(…)",
            );
        } else {
            return Err(TOKENIZER);
        };
        let weights = if has(SAFETENSORS) {
            SAFETENSORS
        } else if has(RUST_BERT) {
            RUST_BERT
        } else if has("model.safetensors.index.json") {
            return Err("model.safetensors, only parts of it, which are not read");
        } else if has("pytorch_model.bin") {
            return Err(
                "model.safetensors, only pytorch_model.bin, a Python pickle, which is not read. Make \
                 one with Python: AutoModelForSequenceClassification.from_pretrained(…)\
                 .save_pretrained(…)",
            );
        } else {
            return Err(SAFETENSORS);
        };
        Ok(Choice {
            vocabulary,
            weights,
        })
    }

    /// The names of the files, those of `optional` ones only where they are there.
    pub fn names(self, has: impl Fn(&str) -> bool) -> Vec<&'static str> {
        let mut names = vec![CONFIG];
        names.extend(match self.vocabulary {
            Vocabulary::Tokenizer => &[TOKENIZER] as &[&str],
            Vocabulary::WordPieces if has(TOKENIZER_CONFIG) => &[WORD_PIECES, TOKENIZER_CONFIG],
            Vocabulary::WordPieces => &[WORD_PIECES],
            Vocabulary::BytePairs => &[BYTE_PAIRS, MERGES],
        });
        names.push(self.weights);
        names
    }
}

/// The files of a model, which are there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ModelFiles {
    folder: PathBuf,
    pub vocabulary: Vocabulary,
    weights: &'static str,
    names: Vec<&'static str>,
}

impl ModelFiles {
    /// Look for the files of a model.
    pub fn find(folder: &Path) -> Result<ModelFiles, NliError> {
        let has = |name: &str| folder.join(name).is_file();
        let choice = Choice::among(has).map_err(|missing| NliError::Missing {
            place: folder.display().to_string(),
            missing: missing.to_owned(),
        })?;
        Ok(ModelFiles {
            folder: folder.to_owned(),
            vocabulary: choice.vocabulary,
            weights: choice.weights,
            names: choice.names(has),
        })
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.join(name)
    }

    /// Where the weights are.
    pub fn weights_path(&self) -> PathBuf {
        self.path(self.weights)
    }

    /// One SHA-256 over the names and bytes of all files that are read.
    pub fn checksum(&self) -> Result<String, NliError> {
        let mut all = Sha256::new();
        for name in &self.names {
            all.update(name.as_bytes());
            all.update(Sha256::digest(read(&self.path(name))?));
        }
        Ok(all
            .finalize()
            .iter()
            .map(|byte| format!("{byte:02x}"))
            .collect())
    }

    /// The weights, under the names that the transformers library has for them today.
    pub fn weights(&self) -> Result<NamedWeights, NliError> {
        let path = self.weights_path();
        let bad = |reason: String| NliError::Weights {
            file: path.display().to_string(),
            reason,
        };
        let named = match self.weights {
            RUST_BERT => rust_bert_weights(&path).map_err(bad)?,
            _ => weights::read(&read(&path)?).map_err(|e| bad(e.to_string()))?,
        };
        Ok(named
            .into_iter()
            .map(|(name, weights)| (modern(&name), weights))
            .collect())
    }
}

pub fn read(path: &Path) -> Result<Vec<u8>, NliError> {
    std::fs::read(path).map_err(|source| NliError::Io {
        file: path.display().to_string(),
        source,
    })
}

/// Checkpoints that were made from TensorFlow's have its names.
fn modern(name: &str) -> String {
    match name.rsplit_once('.') {
        Some((layer, "gamma")) => format!("{layer}.weight"),
        Some((layer, "beta")) => format!("{layer}.bias"),
        _ => name.to_owned(),
    }
}

fn rust_bert_weights(path: &Path) -> Result<NamedWeights, String> {
    let load = || -> Result<NamedWeights, tch::TchError> {
        let tensors: HashMap<String, Tensor> = Tensor::load_multi(path)?.into_iter().collect();
        tensors
            .into_iter()
            .filter(|(_, tensor)| tensor.is_floating_point())
            .map(|(name, tensor)| {
                let shape = tensor.size().iter().map(|size| *size as usize).collect();
                let flat = tensor.to_kind(Kind::Float).contiguous().view([-1]);
                let values = Vec::<f32>::try_from(flat)?;
                Ok((name, Weights { shape, values }))
            })
            .collect()
    };
    // Both that it panics and that it fails mean a damaged file.
    match caught(load) {
        Ok(Ok(weights)) => Ok(weights),
        Ok(Err(error)) => Err(crate::libtorch::first_line(&error.to_string())),
        Err(reason) => Err(reason),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn choose(names: &[&str]) -> Result<Choice, &'static str> {
        Choice::among(|name| names.contains(&name))
    }

    #[test]
    fn the_first_file_that_is_missing_is_named() {
        for (names, missing) in [
            (vec![], "config.json"),
            (vec!["tokenizer.json", "model.safetensors"], "config.json"),
            (vec!["config.json", "model.safetensors"], "tokenizer.json"),
            (
                vec!["config.json", "vocab.json", "model.safetensors"],
                "tokenizer.json",
            ),
            (
                vec!["config.json", "spm.model"],
                "tokenizer.json, only a SentencePiece",
            ),
            (vec!["config.json", "tokenizer.json"], "model.safetensors"),
            (
                vec!["config.json", "vocab.txt", "pytorch_model.bin"],
                "model.safetensors, only pytorch_model.bin",
            ),
        ] {
            let said = choose(&names).unwrap_err();
            assert!(said.starts_with(missing), "{names:?}: {said}");
        }
    }

    #[test]
    fn the_best_of_several_forms_is_taken() {
        let all = [
            "config.json",
            "tokenizer.json",
            "vocab.txt",
            "vocab.json",
            "merges.txt",
            "tokenizer_config.json",
            "model.safetensors",
            "rust_model.ot",
            "pytorch_model.bin",
        ];
        let names = |has: &[&str]| choose(has).unwrap().names(|name| has.contains(&name));
        assert_eq!(
            names(&all),
            ["config.json", "tokenizer.json", "model.safetensors"]
        );
        let without: Vec<&str> = all
            .into_iter()
            .filter(|name| !["tokenizer.json", "model.safetensors"].contains(name))
            .collect();
        assert_eq!(
            names(&without),
            [
                "config.json",
                "vocab.txt",
                "tokenizer_config.json",
                "rust_model.ot"
            ]
        );
    }

    #[test]
    fn old_names_of_weights_are_known() {
        assert_eq!(
            modern("bert.embeddings.LayerNorm.gamma"),
            "bert.embeddings.LayerNorm.weight"
        );
        assert_eq!(modern("LayerNorm.beta"), "LayerNorm.bias");
        assert_eq!(modern("classifier.weight"), "classifier.weight");
    }
}
