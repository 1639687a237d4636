//! Stage 5: scores, one row for each party mentioned in a sentence, and the files they live in.

use serde::{Deserialize, Serialize};

use crate::codebook::Stance;

/// One party's stance in one sentence: a row of `scores`. Field order is column order.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Row {
    pub article: String,
    pub summit: Option<String>,
    pub date: Option<String>,
    pub source: Option<String>,
    /// Index of the sentence in the article, from 0.
    pub sentence: u32,
    /// Offsets in the article's text, in Unicode code points, end exclusive; as are the mention's.
    pub sentence_start: u32,
    pub sentence_end: u32,
    /// The sentence.
    pub text: String,
    /// Canonical name.
    pub party: String,
    /// The party's main mention.
    pub mention: String,
    pub mention_start: u32,
    pub mention_end: u32,
    /// Calibrated probabilities of the four stances; they sum to 1.
    pub optimistic: f32,
    pub cautious: f32,
    pub insistent: f32,
    pub neutral: f32,
    /// The most probable of the four.
    pub stance: Stance,
    /// Issues whose probability passes the model's threshold.
    pub issues: Vec<String>,
    /// How the party was found.
    pub link: Link,
}

impl Row {
    /// The four probabilities in the order of [`Stance::ALL`].
    pub fn probabilities(&self) -> [f32; 4] {
        [self.optimistic, self.cautious, self.insistent, self.neutral]
    }
}

pub use crate::parties::Link;
