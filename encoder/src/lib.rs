//! Token vectors of a BERT encoder with 8-bit weights, on the processor.
//!
//! [`Encoder::load`] reads a file, [`Encoder::encode`] makes a vector of each token of a text; what
//! the vectors are for, it does not know. [`multiply`] is for small layers on top of them.
//!
//! The forward pass is made of dense layers, attention and what is done to tokens one by one.
//! Products of matrices are rten-gemm's, which has kernels for each kind of processor. What is done
//! between two dense layers is done to a few tokens at a time while they are in the cache, which is
//! why this is faster than an interpreter of graphs that hands whole texts from operator to
//! operator.
//!
//! # The file
//! A safetensors file with the tensors of a BERT encoder under the names that Hugging Face gives
//! them, in f32, but for dense layers and the table of words, whose weights are int8:
//!
//! | of a dense layer | |
//! | --- | --- |
//! | `….weight` | int8, outputs × inputs |
//! | `….scale` | f32, outputs × groups: what 1 stands for, in each group of inputs; groups are of one size |
//! | `….divisor` | f32, inputs: what each input is divided by before it is rounded |
//! | `….bias` | f32, outputs |
//!
//! Query, key and value are one layer, `attention.self`. The table of words has one `scale` for
//! each word. In a dense layer two neighbouring weights of an output, the first of them even in its
//! group, may not add up to more than 128 or less than -128: processors without VNNI add their
//! products in 16 bits.

mod attention;
mod bert;
mod dense;
mod file;
mod multiply;
mod rows;

use std::borrow::Cow;
use std::cell::RefCell;

use rayon::{ThreadPool, ThreadPoolBuilder};

use bert::{Bert, Scratch};
use file::File;
pub use multiply::multiply;

/// Why an encoder could not be loaded or run.
#[derive(Debug, thiserror::Error)]
pub enum EncoderError {
    /// The file is no such encoder.
    #[error("{0}")]
    Weights(String),
    /// The encoder cannot read the text.
    #[error("{0}")]
    Text(String),
    #[error("no thread to run on: {0}")]
    Thread(String),
    #[error("a product failed: {0}")]
    Product(String),
}

impl EncoderError {
    fn product(reason: impl std::fmt::Display) -> EncoderError {
        EncoderError::Product(reason.to_string())
    }
}

/// The shape of an encoder.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Sizes {
    /// Length of a token's vector; a multiple of `heads`.
    pub width: usize,
    /// Outputs of each layer's first dense layer after attention.
    pub inner: usize,
    pub heads: usize,
    pub layers: usize,
    /// Words, or pieces of words, in the vocabulary.
    pub words: usize,
    /// Kinds of tokens.
    pub kinds: usize,
    /// The most tokens of a text.
    pub positions: usize,
    /// What keeps normalisation from dividing by nothing.
    pub epsilon: f32,
}

impl Sizes {
    /// The largest width; sums of so many products in 8 bits fit 32.
    const MOST: usize = 16_384;
    /// The most tokens of a text, whose attention takes their square.
    const MOST_TOKENS: usize = 4_096;
    /// The most words.
    const MOST_WORDS: usize = 1 << 24;

    fn check(&self) -> Result<(), EncoderError> {
        for (name, size, most) in [
            ("the width", self.width, Self::MOST),
            ("the inner width", self.inner, Self::MOST),
            ("the number of heads", self.heads, Self::MOST),
            ("the number of kinds of tokens", self.kinds, Self::MOST),
            ("the number of positions", self.positions, Self::MOST_TOKENS),
            ("the number of words", self.words, Self::MOST_WORDS),
        ] {
            if size == 0 || size > most {
                let reason = format!("{name} is {size}, not from 1 to {most}");
                return Err(EncoderError::Weights(reason));
            }
        }
        if !self.width.is_multiple_of(self.heads) {
            let reason = format!(
                "{} heads do not share a width of {}",
                self.heads, self.width
            );
            return Err(EncoderError::Weights(reason));
        }
        if !self.epsilon.is_finite() || self.epsilon <= 0.0 {
            let reason = format!("the norm's epsilon is {}, not positive", self.epsilon);
            return Err(EncoderError::Weights(reason));
        }
        Ok(())
    }
}

/// A loaded encoder.
///
/// It takes one text at a time, for the calling thread on one core, without padding. Activations
/// are quantised by the range found in each token, so that a text's vectors depend on nothing
/// else. To use more cores, call it from several threads; plain ones, as one of a rayon pool begins
/// other jobs of its pool while it waits for the text.
pub struct Encoder {
    bert: Bert,
}

thread_local! {
    /// Where a thread's texts run. rten-gemm spreads its products over all threads of the pool
    /// that it is called from, which for texts of this size costs more than it gives.
    static LANE: Result<ThreadPool, String> = ThreadPoolBuilder::new()
        .num_threads(1)
        .thread_name(|_| "encoder".into())
        .build()
        .map_err(|e| e.to_string());
    /// What a lane works with, kept from text to text.
    static SCRATCH: RefCell<Scratch> = RefCell::default();
}

impl Encoder {
    /// From the bytes of a file.
    pub fn load(bytes: &[u8], sizes: &Sizes) -> Result<Encoder, EncoderError> {
        Encoder::new(bytes, sizes, |words| Cow::Owned(words.to_vec()))
    }

    /// From bytes that are part of the program; the table of words stays where it is.
    pub fn from_static(bytes: &'static [u8], sizes: &Sizes) -> Result<Encoder, EncoderError> {
        Encoder::new(bytes, sizes, Cow::Borrowed)
    }

    fn new<'d>(
        bytes: &'d [u8],
        sizes: &Sizes,
        table: impl Fn(&'d [i8]) -> Cow<'static, [i8]>,
    ) -> Result<Encoder, EncoderError> {
        sizes.check()?;
        Ok(Encoder {
            bert: Bert::load(&File::parse(bytes)?, sizes, table)?,
        })
    }

    /// Length of a token's vector.
    pub fn width(&self) -> usize {
        self.bert.width
    }

    /// The token vectors of a text, tokens × width. `words` are indices into the vocabulary,
    /// `kinds` as many kinds of tokens.
    pub fn encode(&self, words: &[u32], kinds: &[u8]) -> Result<Vec<f32>, EncoderError> {
        if words.len() != kinds.len() {
            return Err(EncoderError::Text(format!(
                "{} words of {} kinds",
                words.len(),
                kinds.len()
            )));
        }
        let run = || SCRATCH.with_borrow_mut(|scratch| self.bert.run(words, kinds, scratch));
        LANE.with(|lane| match lane {
            Ok(lane) => lane.install(run),
            Err(reason) => Err(EncoderError::Thread(reason.clone())),
        })
    }
}
