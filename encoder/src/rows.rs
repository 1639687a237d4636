//! What is done to tokens one by one, with the processor's vector instructions.
//!
//! The loops are plain, of steps that do not depend on each other, so that the compiler makes
//! vectors of them; rten-simd compiles them for each set of instructions and picks one when they
//! run.

use rten_simd::functional::simd_apply;
use rten_simd::ops::{BitOps, NumOps};
use rten_simd::{Isa, SimdOp, SimdUnaryOp};
use rten_vecmath::Exp;

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
pub fn least(values: &[f32]) -> f32 {
    fold(
        values,
        f32::INFINITY,
        |v| v,
        |a, b| if b < a { b } else { a },
    )
}

#[inline(always)]
pub fn largest(values: &[f32]) -> f32 {
    fold(
        values,
        f32::NEG_INFINITY,
        |v| v,
        |a, b| if b > a { b } else { a },
    )
}

#[inline(always)]
pub fn sum(values: &[f32], of: impl Fn(f32) -> f32) -> f32 {
    fold(values, 0.0, of, |a, b| a + b)
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
    pub fn apply(&self, row: &mut [f32]) {
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn weights_and_their_sums_are_those_of_a_softmax() {
        for tokens in [1, 5, 16, 33] {
            let scores: Vec<f32> = (0..tokens * tokens)
                .map(|i| (i as f32 * 1.7).sin() * 40.0)
                .collect();
            let mut found = scores.clone();
            let mut shares = vec![0.0; tokens];
            let exponents = Exponents {
                scores: &mut found,
                shares: &mut shares,
            };
            exponents.dispatch();
            let rows = scores.chunks(tokens).zip(found.chunks(tokens));
            for ((scores, found), share) in rows.zip(&shares) {
                let exponent = |score: &f32| f64::from(*score).exp();
                let all: f64 = scores.iter().map(exponent).sum();
                for (score, weight) in scores.iter().zip(found) {
                    let expected = exponent(score) / all;
                    assert!((f64::from(weight * share) - expected).abs() < 1e-5);
                }
            }
        }
    }

    #[test]
    fn folds_take_in_every_value() {
        for length in [1, 15, 16, 17, 40] {
            let values: Vec<f32> = (0..length).map(|i| ((i * 7) % 11) as f32 - 5.0).collect();
            let in_order = |a: &f32, b: &f32| a.total_cmp(b);
            assert_eq!(
                Some(&least(&values)),
                values.iter().min_by(|a, b| in_order(a, b))
            );
            assert_eq!(
                Some(&largest(&values)),
                values.iter().max_by(|a, b| in_order(a, b))
            );
            let squares: f32 = values.iter().map(|v| v * v).sum();
            assert_eq!(sum(&values, |v| v * v), squares);
        }
    }
}
