//! Pairs of sentences to token ids, as an inference model was trained to see them.

use std::path::Path;

use tokenizers::models::bpe::BPE;
use tokenizers::models::wordpiece::WordPiece;
use tokenizers::normalizers::BertNormalizer;
use tokenizers::pre_tokenizers::bert::BertPreTokenizer;
use tokenizers::pre_tokenizers::byte_level::ByteLevel;
use tokenizers::processors::bert::BertProcessing;
use tokenizers::processors::roberta::RobertaProcessing;
use tokenizers::processors::template::TemplateProcessing;
use tokenizers::{PostProcessor, Tokenizer, TruncationDirection};

use super::NliError;
use super::config::{Architecture, Config};
use super::folder::{self, ModelFiles, Vocabulary};

/// A pair as the network sees it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pair {
    pub ids: Vec<i64>,
    /// 0 for the first sentence, 1 for the second, where the network tells them apart.
    pub types: Vec<i64>,
}

/// Turns pairs of sentences into tokens.
pub struct PairTokenizer {
    tokenizer: Tokenizer,
    file: String,
    /// Tokens that the network takes, without special ones.
    room: usize,
    /// Ids and types that the network knows.
    vocabulary: i64,
    types: i64,
}

impl PairTokenizer {
    /// From `tokenizer.json`, or the vocabulary of a model that has none.
    pub fn open(files: &ModelFiles, config: &Config) -> Result<PairTokenizer, NliError> {
        let file = files.path(files.vocabulary.name()).display().to_string();
        let bad = |reason: String| NliError::Tokenizer {
            file: file.clone(),
            reason,
        };
        let mut tokenizer = match files.vocabulary {
            Vocabulary::Tokenizer => {
                let bytes = folder::read(&files.path(folder::TOKENIZER))?;
                Tokenizer::from_bytes(bytes).map_err(|e| bad(e.to_string()))?
            }
            Vocabulary::WordPieces => word_pieces(files).map_err(|e| bad(e.to_string()))?,
            Vocabulary::BytePairs => {
                byte_pairs(files, config.architecture()).map_err(|e| bad(e.to_string()))?
            }
        };
        // A published file may carry both; pairs are cut and padded here.
        tokenizer.with_padding(None);
        tokenizer
            .with_truncation(None)
            .map_err(|e| bad(e.to_string()))?;
        let special = tokenizer.get_post_processor();
        let special = special.map_or(0, |processor| processor.added_tokens(true));
        if special < 2 {
            return Err(bad(
                "puts no special tokens around two sentences (its post_processor is missing)"
                    .to_owned(),
            ));
        }
        let longest = config.longest(config.architecture());
        Ok(PairTokenizer {
            tokenizer,
            file,
            room: longest.saturating_sub(special),
            vocabulary: config.vocab_size,
            types: config.token_types(),
        })
    }

    /// The tokens of a pair, special ones included. What does not fit is cut from the end of the
    /// premise; of a hypothesis only what would leave the premise less than a quarter.
    pub fn pair(&self, premise: &str, hypothesis: &str) -> Result<Pair, NliError> {
        let bad = |reason: String| NliError::Tokenizer {
            file: self.file.clone(),
            reason,
        };
        let tokens = |text: &str| {
            let tokens = self.tokenizer.encode(text, false);
            tokens.map_err(|e| bad(e.to_string()))
        };
        let (mut first, mut second) = (tokens(premise)?, tokens(hypothesis)?);
        second.truncate(self.longest_hypothesis(), 0, TruncationDirection::Right);
        let left = self.room - second.len();
        first.truncate(left, 0, TruncationDirection::Right);
        let encoding = self
            .tokenizer
            .post_process(first, Some(second), true)
            .map_err(|e| bad(e.to_string()))?;
        let ids: Vec<i64> = encoding.get_ids().iter().map(|id| i64::from(*id)).collect();
        if let Some(id) = ids.iter().find(|id| **id >= self.vocabulary) {
            return Err(bad(format!(
                "gives the token {id}, but the network of config.json has only {} tokens: the \
                 files are of different models",
                self.vocabulary
            )));
        }
        let last = (self.types - 1).max(0);
        let types = encoding.get_type_ids().iter();
        Ok(Pair {
            types: types.map(|kind| i64::from(*kind).min(last)).collect(),
            ids,
        })
    }

    /// How many tokens a hypothesis may have.
    pub fn longest_hypothesis(&self) -> usize {
        self.room * 3 / 4
    }

    /// How many tokens a text has, without special ones.
    pub fn length(&self, text: &str) -> Result<usize, NliError> {
        let tokens = self.tokenizer.encode(text, false);
        Ok(tokens
            .map_err(|e| NliError::Tokenizer {
                file: self.file.clone(),
                reason: e.to_string(),
            })?
            .len())
    }
}

/// A BERT tokenizer from its `vocab.txt`.
fn word_pieces(files: &ModelFiles) -> tokenizers::Result<Tokenizer> {
    let model = WordPiece::from_file(&text_of(&files.path(folder::WORD_PIECES)))
        .unk_token("[UNK]".into())
        .build()?;
    let mut tokenizer = Tokenizer::new(model);
    let lower_cases = lower_cases(&files.path(folder::TOKENIZER_CONFIG));
    let normalizer = BertNormalizer::new(true, true, None, lower_cases);
    let (start, end) = (special(&tokenizer, "[CLS]")?, special(&tokenizer, "[SEP]")?);
    tokenizer.with_normalizer(Some(normalizer));
    tokenizer.with_pre_tokenizer(Some(BertPreTokenizer));
    tokenizer.with_post_processor(Some(BertProcessing::new(end, start)));
    Ok(tokenizer)
}

/// A RoBERTa or DeBERTa tokenizer from its `vocab.json` and `merges.txt`.
fn byte_pairs(files: &ModelFiles, architecture: Architecture) -> tokenizers::Result<Tokenizer> {
    let (vocabulary, merges) = (files.path(folder::BYTE_PAIRS), files.path(folder::MERGES));
    let model = BPE::from_file(&text_of(&vocabulary), &text_of(&merges)).build()?;
    let mut tokenizer = Tokenizer::new(model);
    tokenizer.with_pre_tokenizer(Some(ByteLevel::default().add_prefix_space(false)));
    if architecture == Architecture::Roberta {
        let (start, end) = (special(&tokenizer, "<s>")?, special(&tokenizer, "</s>")?);
        let processor = RobertaProcessing::new(end, start).add_prefix_space(false);
        tokenizer.with_post_processor(Some(processor));
    } else {
        let names = [special(&tokenizer, "[CLS]")?, special(&tokenizer, "[SEP]")?];
        let processor = TemplateProcessing::builder()
            .try_single("[CLS]:0 $A:0 [SEP]:0")?
            .try_pair("[CLS]:0 $A:0 [SEP]:0 $B:1 [SEP]:1")?
            .special_tokens(names.to_vec())
            .build()?;
        tokenizer.with_post_processor(Some(processor));
    }
    Ok(tokenizer)
}

fn special(tokenizer: &Tokenizer, name: &str) -> tokenizers::Result<(String, u32)> {
    let id = tokenizer.token_to_id(name);
    Ok((
        name.to_owned(),
        id.ok_or_else(|| format!("the vocabulary lacks {name}"))?,
    ))
}

/// What `tokenizer_config.json` says of case; BERT's own models are without.
fn lower_cases(file: &Path) -> bool {
    std::fs::read(file)
        .ok()
        .and_then(|bytes| serde_json::from_slice::<serde_json::Value>(&bytes).ok())
        .and_then(|config| config.get("do_lower_case")?.as_bool())
        .unwrap_or(true)
}

fn text_of(path: &Path) -> String {
    path.display().to_string()
}
