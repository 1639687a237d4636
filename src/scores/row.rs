//! The row: one party's stance in one sentence.

use serde::{Deserialize, Serialize};

use crate::codebook::Stance;
pub use crate::parties::Link;

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

    /// What is wrong with the row's numbers, if anything is: the column and the problem.
    /// Readers ask, because a file may have been edited or made by another program.
    pub(super) fn problem(&self) -> Option<(&'static str, String)> {
        for (stance, p) in Stance::ALL.iter().zip(self.probabilities()) {
            if !(0.0..=1.0).contains(&p) {
                return Some((stance.name(), format!("{p} is no probability (0 to 1)")));
            }
        }
        let sum: f32 = self.probabilities().iter().sum();
        if (sum - 1.0).abs() > 0.01 {
            let problem = format!("the four stance probabilities add up to {sum:.3}, not to 1");
            return Some(("optimistic", problem));
        }
        None
    }
}

/// The name of a link in files.
pub fn link_name(link: Link) -> &'static str {
    match link {
        Link::List => "list",
        Link::Gazetteer => "gazetteer",
        Link::Article => "article",
        Link::Antecedent => "antecedent",
        Link::Name => "name",
    }
}

/// The link of this name, if there is one.
pub(super) fn link_from_name(name: &str) -> Option<Link> {
    [
        Link::List,
        Link::Gazetteer,
        Link::Article,
        Link::Antecedent,
        Link::Name,
    ]
    .into_iter()
    .find(|link| link_name(*link) == name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn links_have_the_same_name_in_every_format() {
        for link in [
            Link::List,
            Link::Gazetteer,
            Link::Article,
            Link::Antecedent,
            Link::Name,
        ] {
            assert_eq!(serde_json::to_value(link).unwrap(), link_name(link));
            assert_eq!(link_from_name(link_name(link)), Some(link));
        }
        assert_eq!(link_from_name("guess"), None);
    }
}
