//! Text to word pieces, grouped in words.

use std::ops::Range;

use tokenizers::Tokenizer;

use super::ModelError;

/// How a word is written. The encoder is uncased; this is how it learns of capitals: the value
/// is its `token_type_id`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Casing {
    /// Lower case, digits, punctuation, scripts without case.
    Plain = 0,
    /// First letter upper case: "Kyiv".
    Capitalised = 1,
    /// Two or more letters, all upper case: "NATO".
    Capitals = 2,
}

impl Casing {
    /// The number of kinds, and so of the encoder's token types.
    pub const COUNT: i64 = 3;

    /// The casing of one word.
    pub fn of(word: &str) -> Casing {
        let mut letters = word.chars().filter(|c| c.is_alphabetic());
        match letters.next() {
            Some(first) if first.is_uppercase() => {
                let mut rest = letters.peekable();
                if rest.peek().is_some() && rest.all(|c| c.is_uppercase()) {
                    Casing::Capitals
                } else {
                    Casing::Capitalised
                }
            }
            _ => Casing::Plain,
        }
    }
}

/// A word (or a punctuation mark) and its word pieces.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Word {
    /// Byte range in the tokenised text.
    pub bytes: Range<usize>,
    /// Ids in the vocabulary; never empty.
    pub pieces: Vec<u32>,
    pub casing: Casing,
}

/// The model's tokenizer.
pub struct WordPieces {
    tokenizer: Tokenizer,
    /// `[CLS]`
    pub start: u32,
    /// `[SEP]`
    pub separator: u32,
}

impl WordPieces {
    /// From the bytes of a `tokenizer.json`.
    pub fn new(json: &[u8]) -> Result<WordPieces, ModelError> {
        let bad = |e: String| ModelError::Tokenizer(e);
        let mut tokenizer = Tokenizer::from_bytes(json).map_err(|e| bad(e.to_string()))?;
        // The file of a sentence encoder may carry both; windows do their own.
        tokenizer
            .with_truncation(None)
            .map_err(|e| bad(e.to_string()))?;
        tokenizer.with_padding(None);
        let special = |name: &str| {
            tokenizer
                .token_to_id(name)
                .ok_or_else(|| bad(format!("the vocabulary lacks {name}")))
        };
        let (start, separator) = (special("[CLS]")?, special("[SEP]")?);
        Ok(WordPieces {
            tokenizer,
            start,
            separator,
        })
    }

    /// How many word pieces there are.
    pub fn count(&self) -> usize {
        self.tokenizer.get_vocab_size(false)
    }

    /// The words of a text, in order, with byte ranges in it.
    pub fn words(&self, text: &str) -> Result<Vec<Word>, ModelError> {
        let encoding = self
            .tokenizer
            .encode(text, false)
            .map_err(|e| ModelError::Tokenizer(e.to_string()))?;
        let mut words: Vec<Word> = Vec::new();
        let mut current = None;
        let pieces = encoding
            .get_ids()
            .iter()
            .zip(encoding.get_offsets())
            .zip(encoding.get_word_ids());
        for ((id, (from, to)), word) in pieces {
            match words.last_mut() {
                Some(last) if word.is_some() && *word == current => {
                    last.pieces.push(*id);
                    last.bytes.end = last.bytes.end.max(*to);
                }
                _ => words.push(Word {
                    bytes: *from..*to,
                    pieces: vec![*id],
                    casing: Casing::Plain,
                }),
            }
            current = *word;
        }
        for word in &mut words {
            word.casing = text
                .get(word.bytes.clone())
                .map_or(Casing::Plain, Casing::of);
        }
        Ok(words)
    }
}
