//! The model's antecedent head as the linker asks it.

use crate::model::antecedents::{AntecedentHead, Comparable, MentionPlace};
use crate::model::{MentionReading, Model};
use crate::parties::Antecedents;

/// Compares the mentions of one article.
pub struct ModelAntecedents<'m> {
    head: &'m AntecedentHead,
    mentions: Vec<Comparable<'m>>,
}

/// A mention does not look for its antecedent further back than so many mentions.
const REACH: usize = 200;

impl<'m> ModelAntecedents<'m> {
    /// Of an article's mentions in text order, each with the index of its sentence.
    pub fn new(
        model: &'m Model,
        text: &str,
        mentions: impl IntoIterator<Item = (usize, &'m MentionReading)>,
    ) -> ModelAntecedents<'m> {
        let head = model.antecedents();
        let mut last = None;
        let mentions = mentions
            .into_iter()
            .enumerate()
            .map(|(order, (sentence, mention))| {
                let first = last.replace(sentence) != Some(sentence);
                let words = text.get(mention.bytes.clone()).unwrap_or_default();
                let place = MentionPlace::new(sentence, order, first, words);
                head.comparable(&mention.vectors, place)
            })
            .collect();
        ModelAntecedents { head, mentions }
    }
}

impl Antecedents for ModelAntecedents<'_> {
    fn score(&self, later: usize, earlier: usize) -> f32 {
        if later.saturating_sub(earlier) > REACH {
            return f32::NEG_INFINITY;
        }
        match (self.mentions.get(later), self.mentions.get(earlier)) {
            (Some(later), Some(earlier)) => self.head.score(later, earlier),
            _ => f32::NEG_INFINITY,
        }
    }
}
