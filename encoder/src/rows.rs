//! What is done to tokens one by one, with the processor's vector instructions.
//!
//! The loops are plain, of steps that do not depend on each other, so that the compiler makes
//! vectors of them; rten-simd compiles them for each set of instructions and picks one when they
//! run.

use rten_simd::functional::simd_apply;
use rten_simd::ops::{BitOps, NumOps};
use rten_simd::{Isa, SimdOp, SimdUnaryOp};
use rten_vecmath::{Exp, Gelu};

use crate::dense::{Dense, Range, STEPS};

/// So many values are folded side by side.
const LANES: usize = 16;

/// Bring what is made `of` each value together, in an order that makes no or little difference.
#[inline(always)]
fn fold(
    values: &[f32],
    start: f32,
    of: impl Fn(f32) -> f32,
    together: impl Fn(f32, f32) -> f32,
) -> f32 {
    let mut lanes = [start; LANES];
    let (chunks, rest) = values.as_chunks::<LANES>();
    for chunk in chunks {
        for (lane, value) in lanes.iter_mut().zip(chunk) {
            *lane = together(*lane, of(*value));
        }
    }
    let rest = rest.iter().map(|value| of(*value));
    lanes.into_iter().chain(rest).fold(start, together)
}

// `f32::min` and `max` look out for NaN, which takes several instructions.
#[inline(always)]
fn least(values: &[f32]) -> f32 {
    fold(
        values,
        f32::INFINITY,
        |v| v,
        |a, b| if b < a { b } else { a },
    )
}

#[inline(always)]
fn largest(values: &[f32]) -> f32 {
    fold(
        values,
        f32::NEG_INFINITY,
        |v| v,
        |a, b| if b > a { b } else { a },
    )
}

#[inline(always)]
fn sum(values: &[f32], of: impl Fn(f32) -> f32) -> f32 {
    fold(values, 0.0, of, |a, b| a + b)
}

/// Tokens to 8 bits. Each token, or group of its channels, has a scale and a zero of its own: the
/// few tokens with large values would otherwise take the precision of all others, and what GELU
/// gives lies almost wholly on one side of zero.
pub struct ToSteps<'a> {
    /// Tokens × inputs.
    pub tokens: &'a [f32],
    pub layer: &'a Dense,
    /// Room for one token.
    pub row: &'a mut [f32],
    /// Groups × tokens × inputs of a group: how many steps each channel lies above the least.
    pub steps: &'a mut [u8],
    /// Tokens × groups.
    pub ranges: &'a mut [Range],
}

impl SimdOp for ToSteps<'_> {
    type Output = ();

    #[inline(always)]
    fn eval<I: Isa>(self, _: I) {
        let width = self.layer.group_width();
        let groups = self.layer.groups.len();
        let count = self.tokens.len() / self.layer.inputs;
        let tokens = self.tokens.chunks_exact(self.layer.inputs);
        let ranges = self.ranges.chunks_exact_mut(groups);
        for (token, (channels, ranges)) in tokens.zip(ranges).enumerate() {
            let factors = &self.layer.factors;
            for ((value, channel), factor) in self.row.iter_mut().zip(channels).zip(factors) {
                *value = channel * factor;
            }
            let parts = self.row.chunks_exact(width).zip(ranges);
            for (group, (values, range)) in parts.enumerate() {
                let at = (group * count + token) * width;
                *range = steps(values, &mut self.steps[at..at + width]);
            }
        }
    }
}

#[inline(always)]
fn steps(values: &[f32], steps: &mut [u8]) -> Range {
    /// Added to a number from 0 to 255, this leaves the nearest whole number in the lowest byte.
    const WHOLE: f32 = 8_388_608.0;
    let least = least(values);
    // Not nothing, where all channels are alike.
    let size = largest(values) - least + 1e-9;
    let rate = STEPS / size;
    for (step, value) in steps.iter_mut().zip(values) {
        *step = ((value - least) * rate + WHOLE).to_bits() as u8;
    }
    Range { least, size }
}

/// What is done to the output of a dense layer.
#[derive(Clone, Copy)]
pub enum Then<'a> {
    Nothing,
    /// The activation function, GELU (Hendrycks and Gimpel 2016).
    Gelu,
    /// Add what went into the layer's block (tokens × outputs), and normalise.
    AddAndNormalise {
        input: &'a [f32],
        norm: &'a LayerNorm,
    },
}

/// The products of a dense layer, in 8 bits, to its output.
pub struct Finish<'a> {
    /// Groups × tokens × outputs.
    pub products: &'a [i32],
    /// Tokens × groups.
    pub ranges: &'a [Range],
    pub layer: &'a Dense,
    /// Tokens × outputs.
    pub output: &'a mut [f32],
    pub then: Then<'a>,
}

impl SimdOp for Finish<'_> {
    type Output = ();

    #[inline(always)]
    fn eval<I: Isa>(self, isa: I) {
        let width = self.layer.outputs;
        let groups = &self.layer.groups;
        let count = self.output.len() / width;
        let rows = self.output.chunks_exact_mut(width);
        let ranges = self.ranges.chunks_exact(groups.len());
        for (token, (row, ranges)) in rows.zip(ranges).enumerate() {
            row.copy_from_slice(&self.layer.biases);
            for (group, (weights, range)) in groups.iter().zip(ranges).enumerate() {
                let at = (group * count + token) * width;
                let products = &self.products[at..at + width];
                let weights = weights.rates.iter().zip(&weights.sums);
                for ((value, product), (rate, sum)) in row.iter_mut().zip(products).zip(weights) {
                    *value += *product as f32 * (rate * range.size) + range.least * sum;
                }
            }
            match self.then {
                Then::Nothing => {}
                Then::Gelu => {
                    simd_apply::<_, _, _, 2>(
                        isa.f32(),
                        row,
                        #[inline(always)]
                        |x| Gelu {}.eval(isa, x),
                    );
                }
                Then::AddAndNormalise { input, norm } => {
                    let input = &input[token * width..(token + 1) * width];
                    for (value, input) in row.iter_mut().zip(input) {
                        *value += input;
                    }
                    norm.apply(row);
                }
            }
        }
    }
}

/// Brings a token's channels to mean 0 and variance 1, then scales and shifts them (Ba et al.
/// 2016).
pub struct LayerNorm {
    pub scale: Vec<f32>,
    pub shift: Vec<f32>,
    pub epsilon: f32,
}

impl LayerNorm {
    #[inline(always)]
    fn apply(&self, row: &mut [f32]) {
        let width = row.len() as f32;
        let mean = sum(row, |v| v) / width;
        for value in row.iter_mut() {
            *value -= mean;
        }
        let variance = sum(row, |v| v * v) / width;
        let rate = 1.0 / (variance + self.epsilon).sqrt();
        let weights = self.scale.iter().zip(&self.shift);
        for (value, (scale, shift)) in row.iter_mut().zip(weights) {
            *value = *value * rate * scale + shift;
        }
    }
}

/// Normalise each token.
pub struct Normalise<'a> {
    pub tokens: &'a mut [f32],
    pub norm: &'a LayerNorm,
}

impl SimdOp for Normalise<'_> {
    type Output = ();

    #[inline(always)]
    fn eval<I: Isa>(self, _: I) {
        for row in self.tokens.chunks_exact_mut(self.norm.scale.len()) {
            self.norm.apply(row);
        }
    }
}

/// Attention's scores to weights that are not divided by their sum yet: what they mix has fewer
/// values to divide.
pub struct Exponents<'a> {
    /// Tokens × tokens.
    pub scores: &'a mut [f32],
    /// For each token, one over the sum of its weights.
    pub shares: &'a mut [f32],
}

impl SimdOp for Exponents<'_> {
    type Output = ();

    #[inline(always)]
    fn eval<I: Isa>(self, isa: I) {
        let ops = isa.f32();
        let rows = self.scores.chunks_exact_mut(self.shares.len().max(1));
        for (row, share) in rows.zip(self.shares.iter_mut()) {
            let most = ops.splat(largest(row));
            simd_apply::<_, _, _, 2>(
                ops,
                row,
                #[inline(always)]
                |x| Exp {}.eval(isa, ops.sub(x, most)),
            );
            *share = 1.0 / sum(row, |v| v);
        }
    }
}
