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

/// A mention ready to be compared with others: where it stands, and what it adds to the hidden
/// layer as either of a pair, which is the same for all its pairs. Without vectors for a mention
/// that was not read.
pub struct Comparable<'m> {
    vectors: &'m MentionVectors,
    place: MentionPlace,
    later: Vec<f32>,
    earlier: Vec<f32>,
}

/// The weights of the antecedent head. The hidden layer that compares two mentions stands as the
/// four layers whose sum it is, by what they read.
pub struct AntecedentHead {
    later: Dense,
    earlier: Dense,
    hidden_later: Dense,
    hidden_earlier: Dense,
    hidden_product: Dense,
    hidden_features: Dense,
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
        let hidden = dense("hidden", AntecedentHead::PAIR, HIDDEN)?;
        let (hidden_later, hidden) = hidden.split(MENTION_WIDTH);
        let (hidden_earlier, hidden) = hidden.split(MENTION_WIDTH);
        let (hidden_product, hidden_features) = hidden.split(MENTION_WIDTH);
        Ok(AntecedentHead {
            later: dense("later", 3 * width, MENTION_WIDTH)?,
            earlier: dense("earlier", 3 * width, MENTION_WIDTH)?,
            hidden_later,
            hidden_earlier,
            hidden_product,
            hidden_features,
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

    /// Make a mention ready for [`AntecedentHead::score`].
    pub fn comparable<'m>(
        &self,
        vectors: &'m MentionVectors,
        place: MentionPlace,
    ) -> Comparable<'m> {
        let part = |dense: &Dense, vector: &[f32]| match vector {
            [] => Vec::new(),
            vector => dense.apply(vector),
        };
        Comparable {
            vectors,
            place,
            later: part(&self.hidden_later, &vectors.as_later),
            earlier: part(&self.hidden_earlier, &vectors.as_earlier),
        }
    }

    /// Log-odds that the later mention stands for the party of the earlier one, against its
    /// standing for the party of no mention before it. Minus infinity for a mention that was not
    /// read.
    pub fn score(&self, later: &Comparable, earlier: &Comparable) -> f32 {
        if later.later.is_empty() || earlier.earlier.is_empty() {
            return f32::NEG_INFINITY;
        }
        let of_both = later
            .vectors
            .as_later
            .iter()
            .zip(&earlier.vectors.as_earlier);
        let product: Vec<f32> = of_both.map(|(l, e)| l * e).collect();
        let mut hidden = self.hidden_product.apply(&product);
        let alone = later.later.iter().zip(&earlier.earlier);
        for (sum, (l, e)) in hidden.iter_mut().zip(alone) {
            *sum += l + e;
        }
        let features = features(&later.place, &earlier.place);
        self.hidden_features.add_sparse(&features, &mut hidden);
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
