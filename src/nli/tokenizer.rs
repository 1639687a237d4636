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
use tokenizers::{Tokenizer, TruncationDirection, TruncationParams, TruncationStrategy};

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
        tokenizer.with_padding(None);
        let longest = config.longest(config.architecture());
        tokenizer
            .with_truncation(Some(TruncationParams {
                max_length: longest,
                // The hypothesis is what is asked; only the sentence may be cut.
                strategy: TruncationStrategy::OnlyFirst,
                direction: TruncationDirection::Right,
                stride: 0,
            }))
            .map_err(|e| bad(e.to_string()))?;
        Ok(PairTokenizer {
            tokenizer,
            file,
            vocabulary: config.vocab_size,
            types: config.token_types(),
        })
    }

    /// The tokens of a pair, special ones included; a long premise is cut at its end.
    pub fn pair(&self, premise: &str, hypothesis: &str) -> Result<Pair, NliError> {
        let bad = |reason: String| NliError::Tokenizer {
            file: self.file.clone(),
            reason,
        };
        let encoding = self
            .tokenizer
            .encode((premise, hypothesis), true)
            .map_err(|e| {
                bad(format!(
                    "cannot read {hypothesis:?} with its sentence ({e}); a shorter hypothesis may \
                     do"
                ))
            })?;
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
