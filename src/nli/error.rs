//! Why an inference model could not be used.

use crate::lists::ListError;
use crate::model::ModelError;

#[derive(Debug, thiserror::Error)]
pub enum NliError {
    #[error(
        "{model}: there is no such folder, and a model on the hub is called owner/name or \
         owner/name@revision"
    )]
    NoSuchModel { model: String },
    #[error(
        "{place}: there is no {missing}. An inference model needs config.json, tokenizer.json (or \
         vocab.txt, or vocab.json and merges.txt) and model.safetensors (or rust_model.ot)"
    )]
    Missing { place: String, missing: String },
    #[error("{file}: {source}")]
    Io {
        file: String,
        source: std::io::Error,
    },
    #[error("{file}: {reason}")]
    Config { file: String, reason: String },
    #[error(
        "{file}: model_type is {model_type:?}; these can be run: bert, roberta, xlm-roberta, \
         deberta, deberta-v2 (DeBERTa-v3 too)"
    )]
    Unsupported { file: String, model_type: String },
    #[error(
        "{file}: no label is called entailment, only {labels}; a model for natural-language \
         inference is needed, one that says whether one sentence follows from another"
    )]
    NoEntailment { file: String, labels: String },
    #[error("{file}: {reason}")]
    Tokenizer { file: String, reason: String },
    #[error("{file}: {reason}")]
    Weights { file: String, reason: String },
    #[error(
        "the model hub{at} gave no {model}: {reason}. Check the name and the connection; \
         HF_ENDPOINT names another hub, HF_TOKEN opens models that are not public, and a folder \
         that holds the model does without a hub"
    )]
    Hub {
        /// Where it is, if that was said.
        at: String,
        model: String,
        reason: String,
    },
    #[error(
        "{model} is not in the cache of the model hub ({cache}), and HF_HUB_OFFLINE forbids to \
         fetch it; run once without it, or give a folder that holds the model"
    )]
    Offline { model: String, cache: String },
    #[error(
        "the hypothesis {hypothesis:?} has {length} tokens, of which the model takes {longest} \
         beside a sentence; make it shorter"
    )]
    TooLong {
        hypothesis: String,
        length: usize,
        longest: usize,
    },
    #[error(transparent)]
    Stances(#[from] ListError),
    #[error(transparent)]
    Run(#[from] ModelError),
}
