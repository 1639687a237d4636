//! The forward pass of the encoder, a BERT (Devlin et al. 2019).

use std::borrow::Cow;

use rten_gemm::GemmExecutor;
use rten_simd::SimdOp;

use crate::attention::{AttentionScratch, attend};
use crate::dense::{Dense, DenseScratch, Int8Products, Then};
use crate::file::File;
use crate::rows::{LayerNorm, Normalise};
use crate::{EncoderError, Sizes};

/// So many tokens go through a dense layer at a time: what comes of them stays in the cache, and
/// rten-gemm's kernels take 6 or 8 of them at once.
const BLOCK: usize = 48;

pub struct Bert {
    /// Length of a token's vector.
    pub width: usize,
    heads: usize,
    embeddings: Embeddings,
    layers: Vec<Layer>,
}

/// The tables of what each token begins with.
struct Embeddings {
    /// Vocabulary × width, in 8 bits.
    words: Cow<'static, [i8]>,
    /// A scale for each word.
    scales: Vec<f32>,
    kinds: Vec<f32>,
    positions: Vec<f32>,
    norm: LayerNorm,
}

struct Layer {
    queries_keys_values: Dense,
    attended: Dense,
    attended_norm: LayerNorm,
    inner: Dense,
    outer: Dense,
    outer_norm: LayerNorm,
}

/// What a thread works with, kept from text to text.
#[derive(Default)]
pub struct Scratch {
    int8: Int8Products,
    f32: GemmExecutor<f32>,
    queries_keys_values: Vec<f32>,
    attended: Vec<f32>,
    attention: AttentionScratch,
    /// A block's tokens between attention and the layers after it, and between those.
    middle: Vec<f32>,
    inner: Vec<f32>,
    dense: DenseScratch,
}

impl Bert {
    /// `table` keeps or copies the table of words.
    pub fn load<'d>(
        file: &File<'d>,
        sizes: &Sizes,
        table: impl Fn(&'d [i8]) -> Cow<'static, [i8]>,
    ) -> Result<Bert, EncoderError> {
        let (width, inner) = (sizes.width, sizes.inner);
        let norm = |name: &str| -> Result<LayerNorm, EncoderError> {
            Ok(LayerNorm {
                scale: file.floats(&format!("{name}.weight"), &[width])?,
                shift: file.floats(&format!("{name}.bias"), &[width])?,
                epsilon: sizes.epsilon,
            })
        };
        let rows = |name: &str, count| {
            file.floats(
                &format!("embeddings.{name}_embeddings.weight"),
                &[count, width],
            )
        };
        let words = "embeddings.word_embeddings";
        let vocabulary = sizes.words;
        let embeddings = Embeddings {
            words: table(file.int8(&format!("{words}.weight"), &[vocabulary, width])?),
            scales: file.floats(&format!("{words}.scale"), &[vocabulary])?,
            kinds: rows("token_type", sizes.kinds)?,
            positions: rows("position", sizes.positions)?,
            norm: norm("embeddings.LayerNorm")?,
        };
        let int8 = Int8Products::new();
        let layer = |layer: usize| -> Result<Layer, EncoderError> {
            let name = |part: &str| format!("encoder.layer.{layer}.{part}");
            let dense = |part: &str, sizes| Dense::load(file, &name(part), sizes, &int8);
            Ok(Layer {
                queries_keys_values: dense("attention.self", [width, 3 * width])?,
                attended: dense("attention.output.dense", [width, width])?,
                attended_norm: norm(&name("attention.output.LayerNorm"))?,
                inner: dense("intermediate.dense", [width, inner])?,
                outer: dense("output.dense", [inner, width])?,
                outer_norm: norm(&name("output.LayerNorm"))?,
            })
        };
        let layers = (0..sizes.layers).map(layer);
        Ok(Bert {
            width,
            heads: sizes.heads,
            embeddings,
            layers: layers.collect::<Result<_, EncoderError>>()?,
        })
    }

    /// The token vectors of a text of these words and kinds of tokens: tokens × width.
    pub fn run(
        &self,
        words: &[u32],
        kinds: &[u8],
        scratch: &mut Scratch,
    ) -> Result<Vec<f32>, EncoderError> {
        let mut tokens = self.embeddings.of(words, kinds, self.width)?;
        if tokens.is_empty() {
            return Ok(tokens);
        }
        for layer in &self.layers {
            self.layer(layer, &mut tokens, scratch)?;
        }
        Ok(tokens)
    }

    fn layer(
        &self,
        layer: &Layer,
        tokens: &mut [f32],
        scratch: &mut Scratch,
    ) -> Result<(), EncoderError> {
        let (width, int8, dense) = (self.width, &scratch.int8, &mut scratch.dense);
        let block = BLOCK * width;
        let together = &mut scratch.queries_keys_values;
        together.resize(3 * tokens.len(), 0.0);
        for (tokens, together) in tokens.chunks(block).zip(together.chunks_mut(3 * block)) {
            let weights = &layer.queries_keys_values;
            weights.apply(tokens, together, Then::Nothing, int8, dense)?;
        }
        let attended = &mut scratch.attended;
        attended.resize(tokens.len(), 0.0);
        attend(
            together,
            attended,
            width,
            self.heads,
            &scratch.f32,
            &mut scratch.attention,
        )?;
        for (tokens, attended) in tokens.chunks_mut(block).zip(attended.chunks(block)) {
            let (middle, inner) = (&mut scratch.middle, &mut scratch.inner);
            middle.resize(tokens.len(), 0.0);
            inner.resize(tokens.len() / width * layer.inner.outputs, 0.0);
            let then = Then::AddAndNormalise {
                input: tokens,
                norm: &layer.attended_norm,
            };
            layer.attended.apply(attended, middle, then, int8, dense)?;
            layer.inner.apply(middle, inner, Then::Gelu, int8, dense)?;
            let then = Then::AddAndNormalise {
                input: middle,
                norm: &layer.outer_norm,
            };
            layer.outer.apply(inner, tokens, then, int8, dense)?;
        }
        Ok(())
    }
}

impl Embeddings {
    fn of(&self, words: &[u32], kinds: &[u8], width: usize) -> Result<Vec<f32>, EncoderError> {
        fn row<T>(table: &[T], index: usize, width: usize) -> Option<&[T]> {
            table.chunks_exact(width).nth(index)
        }
        let mut tokens = Vec::with_capacity(words.len() * width);
        for (position, (word, kind)) in words.iter().zip(kinds).enumerate() {
            let rows = (
                row(&self.words, *word as usize, width),
                self.scales.get(*word as usize),
                row(&self.kinds, usize::from(*kind), width),
                row(&self.positions, position, width),
            );
            let (Some(values), Some(scale), Some(kind), Some(place)) = rows else {
                return Err(EncoderError::Text(format!(
                    "the encoder has no word {word}, kind {kind} or position {position}"
                )));
            };
            let rows = values.iter().zip(kind).zip(place);
            tokens.extend(rows.map(|((w, k), p)| f32::from(*w) * scale + k + p));
        }
        let norm = Normalise {
            tokens: &mut tokens,
            norm: &self.norm,
        };
        norm.dispatch();
        Ok(tokens)
    }
}
