//! The row: one party's stance in one sentence.

use serde::ser::SerializeMap;
use serde::{Serialize, Serializer};
use smallvec::SmallVec;

use super::StanceNames;
use crate::codebook::Stance;
pub use crate::parties::Link;

/// One party's stance in one sentence: a row of `scores`. Field order is column order; the stance
/// is several columns, a probability for each stance and then the name of the most probable.
#[derive(Debug, Clone, PartialEq)]
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
    pub stance: RowStance,
    /// Issues whose probability passes the model's threshold.
    pub issues: Vec<String>,
    /// How the party was found.
    pub link: Link,
}

/// How probable each stance is in a row, and which is the most probable.
#[derive(Debug, Clone, PartialEq)]
pub struct RowStance {
    names: StanceNames,
    probabilities: Probabilities,
    top: usize,
}

/// The four of the codebook without an allocation, others with one.
pub(super) type Probabilities = SmallVec<[f32; Stance::ALL.len()]>;

impl RowStance {
    /// The stance with the largest of these probabilities; the earlier on a tie. They are in the
    /// order of the names and sum to 1.
    pub fn new(names: &StanceNames, probabilities: &[f32]) -> RowStance {
        let mut top = 0;
        for (index, p) in probabilities.iter().enumerate() {
            if *p > probabilities[top] {
                top = index;
            }
        }
        RowStance::with_top(names, Probabilities::from_slice(probabilities), top)
    }

    /// As a file has it: the stance that it names, with its probabilities.
    pub(super) fn with_top(
        names: &StanceNames,
        probabilities: Probabilities,
        top: usize,
    ) -> RowStance {
        RowStance {
            names: names.clone(),
            probabilities,
            top,
        }
    }

    /// The stances that the row tells apart.
    pub fn names(&self) -> &StanceNames {
        &self.names
    }

    /// The place of the most probable stance among the names.
    pub fn index(&self) -> usize {
        self.top
    }

    /// The name of the most probable stance.
    pub fn name(&self) -> &str {
        self.names.name(self.top)
    }

    /// Calibrated probabilities in the order of the names; they sum to 1.
    pub fn probabilities(&self) -> &[f32] {
        &self.probabilities
    }

    /// The probability of the stance of this name, if the row knows it.
    pub fn probability(&self, name: &str) -> Option<f32> {
        self.probabilities.get(self.names.index(name)?).copied()
    }
}

/// Of the four stances of the codebook.
impl From<[f32; Stance::ALL.len()]> for RowStance {
    fn from(probabilities: [f32; Stance::ALL.len()]) -> RowStance {
        RowStance::new(&StanceNames::codebook(), &probabilities)
    }
}

impl Row {
    /// What is wrong with the row's numbers, if anything is: the column and the problem.
    /// Readers ask, because a file may have been edited or made by another program.
    pub(super) fn problem(&self) -> Option<(String, String)> {
        let probabilities = self.stance.probabilities();
        let names = self.stance.names();
        for (name, p) in names.iter().zip(probabilities) {
            if !(0.0..=1.0).contains(p) {
                let problem = format!("{p} is no probability (0 to 1)");
                return Some((name.to_owned(), problem));
            }
        }
        let sum: f32 = probabilities.iter().sum();
        if (sum - 1.0).abs() > 0.01 {
            let problem = format!("the probabilities of {names} add up to {sum:.3}, not to 1");
            return Some((names.name(0).to_owned(), problem));
        }
        None
    }
}

/// An object with a field for each column, in their order.
impl Serialize for Row {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut fields = serializer.serialize_map(None)?;
        fields.serialize_entry("article", &self.article)?;
        fields.serialize_entry("summit", &self.summit)?;
        fields.serialize_entry("date", &self.date)?;
        fields.serialize_entry("source", &self.source)?;
        fields.serialize_entry("sentence", &self.sentence)?;
        fields.serialize_entry("sentence_start", &self.sentence_start)?;
        fields.serialize_entry("sentence_end", &self.sentence_end)?;
        fields.serialize_entry("text", &self.text)?;
        fields.serialize_entry("party", &self.party)?;
        fields.serialize_entry("mention", &self.mention)?;
        fields.serialize_entry("mention_start", &self.mention_start)?;
        fields.serialize_entry("mention_end", &self.mention_end)?;
        for (name, p) in self.stance.names().iter().zip(self.stance.probabilities()) {
            fields.serialize_entry(name, p)?;
        }
        fields.serialize_entry("stance", self.stance.name())?;
        fields.serialize_entry("issues", &self.issues)?;
        fields.serialize_entry("link", &self.link)?;
        fields.end()
    }
}

/// What to say of a `stance` that is none of these.
pub(super) fn no_stance(given: &str, names: &StanceNames) -> String {
    format!("{given:?} is no stance; these rows have {}", names.choice())
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
