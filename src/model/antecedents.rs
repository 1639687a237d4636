//! Whether two mentions of an article stand for one party: the antecedent head.
//!
//! A mention is compared with each one before it (Lee et al. 2017, "End-to-end neural coreference
//! resolution"): both mentions' vectors, their product, and how far apart they stand and whether
//! they share words. The score is the log-odds against "none of these".

use super::ModelError;
use super::heads::{Dense, gelu};
use super::weights::NamedWeights;

/// Length of a mention's two vectors.
pub const MENTION_WIDTH: usize = 96;
/// Length of the hidden layer.
pub const HIDDEN: usize = 96;
/// Number of [`features`] of a pair.
pub const FEATURES: usize = 17;

/// What the antecedent head keeps of a mention: its vector as the later and as the earlier of
/// two, each [`MENTION_WIDTH`] long.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct MentionVectors {
    pub as_later: Vec<f32>,
    pub as_earlier: Vec<f32>,
}

/// Where in its article a mention stands, and its words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MentionPlace {
    /// Index of the sentence.
    pub sentence: usize,
    /// Index among the article's mentions, in text order.
    pub order: usize,
    /// Whether it is the first mention of its sentence.
    pub first: bool,
    /// Lower-case words, without articles.
    words: Vec<String>,
}

impl MentionPlace {
    pub fn new(sentence: usize, order: usize, first: bool, mention: &str) -> MentionPlace {
        let words = mention
            .split(|c: char| !c.is_alphanumeric())
            .map(str::to_lowercase)
            .filter(|word| !word.is_empty() && !["the", "a", "an", "s"].contains(&word.as_str()))
            .collect();
        MentionPlace {
            sentence,
            order,
            first,
            words,
        }
    }
}

/// What is told of a pair beside the mentions' vectors: distance in sentences and in mentions (in
/// steps), sameness of words, and which of the two open their sentences. All are 0 or 1.
pub fn features(later: &MentionPlace, earlier: &MentionPlace) -> [f32; FEATURES] {
    let mut features = [0.0; FEATURES];
    let sentences = match later.sentence.saturating_sub(earlier.sentence) {
        distance @ 0..4 => distance,
        4..6 => 4,
        6..10 => 5,
        _ => 6,
    };
    let mentions = match later.order.saturating_sub(earlier.order) {
        0..2 => 0,
        2 => 1,
        3 => 2,
        4..6 => 3,
        6..10 => 4,
        _ => 5,
    };
    let shares = |word: &String| word.chars().count() > 3 && earlier.words.contains(word);
    features[sentences] = 1.0;
    features[7 + mentions] = 1.0;
    features[13] = f32::from(u8::from(
        !later.words.is_empty() && later.words == earlier.words,
    ));
    features[14] = f32::from(u8::from(later.words.iter().any(shares)));
    features[15] = f32::from(u8::from(earlier.first));
    features[16] = f32::from(u8::from(later.first));
    features
}

/// The weights of the antecedent head.
pub struct AntecedentHead {
    later: Dense,
    earlier: Dense,
    hidden: Dense,
    output: Dense,
}

impl AntecedentHead {
    /// Inputs of the layer that compares two mentions.
    pub const PAIR: usize = 3 * MENTION_WIDTH + FEATURES;

    /// `width` is the encoder's.
    pub fn load(tensors: &NamedWeights, width: usize) -> Result<AntecedentHead, ModelError> {
        let dense = |name: &str, inputs, outputs| {
            Dense::load(tensors, &format!("antecedent.{name}"), inputs, outputs)
        };
        Ok(AntecedentHead {
            later: dense("later", 3 * width, MENTION_WIDTH)?,
            earlier: dense("earlier", 3 * width, MENTION_WIDTH)?,
            hidden: dense("hidden", AntecedentHead::PAIR, HIDDEN)?,
            output: dense("output", HIDDEN, 1)?,
        })
    }

    /// The vectors of a mention, from its first and last token and the mean of its tokens, one
    /// after another.
    pub fn mention(&self, span: &[f32]) -> MentionVectors {
        MentionVectors {
            as_later: self.later.apply(span),
            as_earlier: self.earlier.apply(span),
        }
    }

    /// Log-odds that the later mention stands for the party of the earlier one, against its
    /// standing for the party of no mention before it. Minus infinity for a mention that was not
    /// read.
    pub fn score(
        &self,
        (later, later_place): (&MentionVectors, &MentionPlace),
        (earlier, earlier_place): (&MentionVectors, &MentionPlace),
    ) -> f32 {
        let (later, earlier) = (&later.as_later, &earlier.as_earlier);
        if later.is_empty() || earlier.is_empty() {
            return f32::NEG_INFINITY;
        }
        let mut input = Vec::with_capacity(AntecedentHead::PAIR);
        input.extend_from_slice(later);
        input.extend_from_slice(earlier);
        input.extend(later.iter().zip(earlier).map(|(l, e)| l * e));
        input.extend(features(later_place, earlier_place));
        let mut hidden = self.hidden.apply(&input);
        hidden.iter_mut().for_each(gelu);
        self.output.apply(&hidden)[0]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn features_tell_distance_words_and_order() {
        let kyiv = MentionPlace::new(0, 0, true, "the Kyiv delegation");
        let it = MentionPlace::new(3, 4, true, "its Delegation");
        let set: Vec<usize> = features(&it, &kyiv)
            .iter()
            .enumerate()
            .filter(|(_, value)| **value > 0.0)
            .map(|(index, _)| index)
            .collect();
        assert_eq!(set, [3, 7 + 3, 14, 15, 16]);
        let again = MentionPlace::new(20, 40, false, "Kyiv delegation");
        assert_eq!(features(&again, &kyiv)[13], 1.0);
        assert_eq!(features(&again, &kyiv)[6], 1.0);
        assert_eq!(features(&again, &kyiv)[12], 1.0);
    }

    #[test]
    fn mentions_without_words_share_none() {
        let none = MentionPlace::new(0, 0, true, "…");
        assert_eq!(features(&none, &none)[13], 0.0);
    }
}
