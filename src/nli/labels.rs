//! Labelled sentences to fit probabilities on, in a user's own stances.

use std::path::Path;

use crate::annotations::table::{self, Known};
use crate::annotations::{
    self, AnnotatedArticle, AnnotatedParty, AnnotatedSentence, CorpusError, Findings, Place,
};
use crate::scores::StanceNames;

/// Parties in sentences, each with its stance; grouped by article, whose sentences are alike.
#[derive(Debug, Clone, PartialEq)]
pub struct LabelledUnits(Vec<AnnotatedArticle<usize>>);

impl LabelledUnits {
    /// Read annotated articles or a table (see [`annotations`]) labelled with these stances. What is
    /// wrong goes to `findings`; the labels are to be used only if it has no errors.
    ///
    /// # Errors
    /// When the file cannot be read, or holds no annotated article.
    pub fn read(
        path: &Path,
        stances: &StanceNames,
        findings: &mut Findings,
    ) -> Result<LabelledUnits, CorpusError> {
        let io = |source| CorpusError::Io {
            file: path.display().to_string(),
            source,
        };
        if annotations::is_json(path).map_err(io)? {
            return LabelledUnits::annotated(path, stances, findings);
        }
        let places: Vec<usize> = (0..stances.len()).collect();
        let known = Known {
            names: stances,
            stances: &places,
            // Hypotheses can speak of any.
            issues: None,
        };
        let articles = table::read(path, known, findings).map_err(io)?;
        let articles = articles.into_iter().map(|(_, article)| article);
        Ok(LabelledUnits(articles.collect()))
    }

    fn annotated(
        path: &Path,
        stances: &StanceNames,
        findings: &mut Findings,
    ) -> Result<LabelledUnits, CorpusError> {
        let file = path.display().to_string();
        let mut articles = Vec::new();
        for (line, article) in annotations::read_all::<String>(path)? {
            let place = Place::line(&file, line);
            match article {
                Err(error) => findings.error(place, error),
                Ok(article) => articles.push(placed(article, stances, |unknown| {
                    let message = format!(
                        "{unknown:?} is no stance of the list; it has {}",
                        stances.choice()
                    );
                    findings.error(place.clone(), message);
                })),
            }
        }
        Ok(LabelledUnits(articles))
    }

    pub(super) fn articles(&self) -> &[AnnotatedArticle<usize>] {
        &self.0
    }
}

/// An article with the places of its stances in place of their names; parties with others are left
/// out.
fn placed(
    article: AnnotatedArticle<String>,
    stances: &StanceNames,
    mut unknown: impl FnMut(&str),
) -> AnnotatedArticle<usize> {
    let mut place = |name: &str| {
        let place = stances.index(name);
        if place.is_none() {
            unknown(name);
        }
        place
    };
    let mut party = |party: AnnotatedParty<String>| {
        Some(AnnotatedParty {
            stance: place(&party.stance)?,
            secondary: party.secondary.as_deref().and_then(&mut place),
            party: party.party,
            mention: party.mention,
            start: party.start,
        })
    };
    let sentences = article.sentences.into_iter();
    let sentences = sentences.map(|sentence| AnnotatedSentence {
        paragraph: sentence.paragraph,
        text: sentence.text,
        issues: sentence.issues,
        parties: sentence
            .parties
            .into_iter()
            .filter_map(&mut party)
            .collect(),
        annotated: sentence.annotated,
    });
    AnnotatedArticle {
        sentences: sentences.collect(),
        id: article.id,
        title: article.title,
        summit: article.summit,
        date: article.date,
        genre: article.genre,
        parties: article.parties,
    }
}
