//! The heads on the encoder: mentions, stances, issues, and what [`super::antecedents`] and
//! [`super::described`] hold. A few dense layers over token vectors, the same for every engine;
//! `training::heads` holds their trainable twin.

use std::ops::Range;

use summit_stance_encoder::multiply;

use super::ModelError;
use super::antecedents::{AntecedentHead, MentionVectors};
use super::described::DescribedHead;
use super::engine::TokenVectors;
use super::weights::{self, NamedWeights};
use super::windows::Scored;

/// Tags of the mention head, in the order of its logits.
pub const OUTSIDE: usize = 0;
/// First word of a mention.
pub const BEGIN: usize = 1;
/// Further word of a mention.
pub const INSIDE: usize = 2;

/// A dense layer: `outputs = weight · inputs + bias`.
pub(super) struct Dense {
    inputs: usize,
    /// Row-major, outputs × inputs.
    weight: Vec<f32>,
    bias: Vec<f32>,
}

impl Dense {
    pub(super) fn load(
        tensors: &NamedWeights,
        name: &str,
        inputs: usize,
        outputs: usize,
    ) -> Result<Dense, ModelError> {
        let dense = Dense::load_any(tensors, name, inputs)?;
        if dense.bias.len() != outputs {
            return Err(ModelError::Weights(format!(
                "{name} has {} outputs, expected {outputs}",
                dense.bias.len()
            )));
        }
        Ok(dense)
    }

    /// A layer of as many outputs as its weights have.
    pub(super) fn load_any(
        tensors: &NamedWeights,
        name: &str,
        inputs: usize,
    ) -> Result<Dense, ModelError> {
        let values = |part| {
            Ok(weights::get(tensors, &format!("{name}.{part}"))?
                .values
                .clone())
        };
        let (weight, bias): (Vec<f32>, Vec<f32>) = (values("weight")?, values("bias")?);
        if weight.len() != inputs * bias.len() || bias.is_empty() {
            return Err(ModelError::Weights(format!(
                "{name}: {} weights for {} outputs do not fit {inputs} inputs",
                weight.len(),
                bias.len()
            )));
        }
        Ok(Dense {
            inputs,
            weight,
            bias,
        })
    }

    pub(super) fn outputs(&self) -> usize {
        self.bias.len()
    }

    pub(super) fn apply(&self, input: &[f32]) -> Vec<f32> {
        debug_assert_eq!(input.len(), self.inputs);
        let mut outputs = multiply(&self.weight, input);
        for (output, bias) in outputs.iter_mut().zip(&self.bias) {
            *output += bias;
        }
        outputs
    }

    /// Add to `outputs` what inputs give of which most are 0; the bias is left out.
    pub(super) fn add_sparse(&self, input: &[f32], outputs: &mut [f32]) {
        let there = input.iter().enumerate().filter(|(_, value)| **value != 0.0);
        for (index, value) in there {
            for (output, row) in outputs
                .iter_mut()
                .zip(self.weight.chunks_exact(self.inputs))
            {
                *output += row[index] * value;
            }
        }
    }

    /// Two layers whose sum is this one: of the first `at` inputs, with the bias, and of the
    /// others.
    pub(super) fn split(self, at: usize) -> (Dense, Dense) {
        let part = |columns: Range<usize>, bias| Dense {
            inputs: columns.len(),
            weight: self
                .weight
                .chunks_exact(self.inputs)
                .flat_map(|row| &row[columns.clone()])
                .copied()
                .collect(),
            bias,
        };
        let none = vec![0.0; self.bias.len()];
        (part(0..at, self.bias.clone()), part(at..self.inputs, none))
    }
}

/// A mention as the mention head finds it: words of a scored sentence.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Span {
    /// Range of indices into [`Scored::words`].
    pub words: Range<usize>,
}

/// The heads' weights.
pub struct Heads {
    width: usize,
    mention: Dense,
    stance_hidden: Dense,
    stance_output: Dense,
    issue_pool: Dense,
    issue_hidden: Dense,
    issue_output: Dense,
    pub antecedent: AntecedentHead,
    pub described: DescribedHead,
}

impl Heads {
    /// From the bytes of `heads.safetensors`. `width` is the encoder's.
    pub fn load(bytes: &[u8], width: usize, issues: usize) -> Result<Heads, ModelError> {
        let tensors = weights::read(bytes)?;
        let hidden = |name: &str, inputs| Dense::load_any(&tensors, name, inputs);
        let dense = |name: &str, inputs, outputs| Dense::load(&tensors, name, inputs, outputs);
        let stance_hidden = hidden("stance.hidden", 5 * width)?;
        let issue_hidden = hidden("issue.hidden", 3 * width)?;
        Ok(Heads {
            width,
            mention: dense("mention", width, 3)?,
            stance_output: dense("stance.output", stance_hidden.bias.len(), 4)?,
            stance_hidden,
            issue_pool: dense("issue.pool", width, 1)?,
            issue_output: dense("issue.output", issue_hidden.bias.len(), issues)?,
            issue_hidden,
            antecedent: AntecedentHead::load(&tensors, width)?,
            described: DescribedHead::load(&tensors, width)?,
        })
    }

    /// Logits of outside, begin, inside for each word: read from its first word piece.
    pub fn tag_logits(&self, vectors: &TokenVectors, scored: &Scored) -> Vec<[f32; 3]> {
        scored
            .words
            .iter()
            .map(|word| {
                let logits = self.mention.apply(vectors.token(word.tokens.start));
                [logits[OUTSIDE], logits[BEGIN], logits[INSIDE]]
            })
            .collect()
    }

    /// Logits of the four stances, in the order of `Stance::ALL`, for the mention at `span`: read
    /// from its first and last token, its mean, its sentence's mean, and `[CLS]`.
    pub fn stance_logits(&self, vectors: &TokenVectors, scored: &Scored, span: &Span) -> [f32; 4] {
        let mut input = self.span(vectors, scored, span);
        input.extend(mean(vectors, scored.tokens()));
        input.extend_from_slice(vectors.token(0));
        let mut hidden = self.stance_hidden.apply(&input);
        hidden.iter_mut().for_each(gelu);
        let logits = self.stance_output.apply(&hidden);
        [logits[0], logits[1], logits[2], logits[3]]
    }

    /// What the antecedent head needs of the mention at `span`.
    pub fn mention_vectors(
        &self,
        vectors: &TokenVectors,
        scored: &Scored,
        span: &Span,
    ) -> MentionVectors {
        self.antecedent.mention(&self.span(vectors, scored, span))
    }

    /// First token, last token and mean of a mention, one after another.
    fn span(&self, vectors: &TokenVectors, scored: &Scored, span: &Span) -> Vec<f32> {
        let words = &scored.words[span.words.clone()];
        let (first, last) = (words[0].tokens.start, words[words.len() - 1].tokens.end - 1);
        let mut input = Vec::with_capacity(5 * self.width);
        input.extend_from_slice(vectors.token(first));
        input.extend_from_slice(vectors.token(last));
        input.extend(mean(vectors, first..last + 1));
        input
    }

    /// One logit per issue for a sentence: read from its mean, an attention-weighted mean, and
    /// `[CLS]`.
    pub fn issue_logits(&self, vectors: &TokenVectors, scored: &Scored) -> Vec<f32> {
        let tokens = scored.tokens();
        let weights: Vec<f32> = tokens
            .clone()
            .map(|t| self.issue_pool.apply(vectors.token(t))[0])
            .collect();
        let weights = softmax(&weights);
        let mut pooled = vec![0f32; self.width];
        for (token, weight) in tokens.clone().zip(weights) {
            for (sum, value) in pooled.iter_mut().zip(vectors.token(token)) {
                *sum += weight * value;
            }
        }
        let mut input = mean(vectors, tokens);
        input.extend(pooled);
        input.extend_from_slice(vectors.token(0));
        let mut hidden = self.issue_hidden.apply(&input);
        hidden.iter_mut().for_each(gelu);
        self.issue_output.apply(&hidden)
    }
}

/// The most probable sequence of tags in which a mention begins with a begin tag (Viterbi over
/// the tags' log-probabilities), as spans. `bias` is added to the logits of begin and inside: it
/// trades precision for recall.
pub fn spans(logits: &[[f32; 3]], bias: f32) -> Vec<Span> {
    let allowed = |from: usize, to: usize| !(from == OUTSIDE && to == INSIDE);
    let mut best = [0.0, f32::NEG_INFINITY, f32::NEG_INFINITY];
    let mut back: Vec<[usize; 3]> = Vec::with_capacity(logits.len());
    for word in logits {
        let scores = [word[OUTSIDE], word[BEGIN] + bias, word[INSIDE] + bias];
        let mut next = [f32::NEG_INFINITY; 3];
        let mut from = [OUTSIDE; 3];
        for to in 0..3 {
            for (previous, score) in best.iter().enumerate() {
                if allowed(previous, to) && *score > next[to] {
                    (next[to], from[to]) = (*score, previous);
                }
            }
            next[to] += scores[to];
        }
        best = next;
        back.push(from);
    }
    let mut tag = (0..3).fold(OUTSIDE, |a, b| if best[b] > best[a] { b } else { a });
    let mut tags = vec![OUTSIDE; logits.len()];
    for index in (0..logits.len()).rev() {
        tags[index] = tag;
        tag = back[index][tag];
    }
    let mut found: Vec<Span> = Vec::new();
    for (index, tag) in tags.into_iter().enumerate() {
        match (tag, found.last_mut()) {
            (INSIDE, Some(last)) => last.words.end = index + 1,
            (BEGIN, _) => found.push(Span {
                words: index..index + 1,
            }),
            _ => {}
        }
    }
    found
}

/// The mean vector of a range of tokens.
pub fn mean(vectors: &TokenVectors, tokens: Range<usize>) -> Vec<f32> {
    let mut sums = vec![0f32; vectors.width];
    let count = tokens.len() as f32;
    for token in tokens {
        for (sum, value) in sums.iter_mut().zip(vectors.token(token)) {
            *sum += value;
        }
    }
    sums.iter_mut().for_each(|s| *s /= count);
    sums
}

/// Probabilities from logits.
pub fn softmax(logits: &[f32]) -> Vec<f32> {
    let largest = logits.iter().copied().fold(f32::NEG_INFINITY, f32::max);
    let exponentials: Vec<f32> = logits.iter().map(|l| (l - largest).exp()).collect();
    let sum: f32 = exponentials.iter().sum();
    exponentials.iter().map(|e| e / sum).collect()
}

/// The tanh form of GELU, which libtorch offers too.
pub(super) fn gelu(x: &mut f32) {
    let v = *x;
    let inner = (2.0 / std::f32::consts::PI).sqrt() * (v + 0.044_715 * v * v * v);
    *x = 0.5 * v * (1.0 + inner.tanh());
}

#[cfg(test)]
mod tests {
    use super::*;

    const O: [f32; 3] = [5.0, 0.0, 0.0];
    const B: [f32; 3] = [0.0, 5.0, 0.0];
    const I: [f32; 3] = [0.0, 0.0, 5.0];

    fn found(logits: &[[f32; 3]]) -> Vec<Range<usize>> {
        spans(logits, 0.0).into_iter().map(|s| s.words).collect()
    }

    #[test]
    fn adjacent_mentions_stay_apart() {
        assert_eq!(found(&[O, B, I, B, O, B]), vec![1..3, 3..4, 5..6]);
    }

    #[test]
    fn a_mention_cannot_start_inside() {
        // Alone, the middle word would be inside; begin is its best lawful reading.
        assert_eq!(found(&[O, [0.0, 3.0, 4.0], O]), vec![1..2]);
        assert_eq!(found(&[[0.0, 1.0, 4.0], I]), vec![0..2]);
    }

    #[test]
    fn a_bias_finds_more() {
        let faint = [1.0, 0.5, 0.0];
        assert!(spans(&[faint], 0.0).is_empty());
        assert_eq!(spans(&[faint], 1.0).len(), 1);
        assert!(spans(&[], 0.0).is_empty());
    }

    #[test]
    fn softmax_survives_large_logits() {
        let p = softmax(&[1000.0, 1000.0]);
        assert_eq!(p, vec![0.5, 0.5]);
    }
}
