//! Articles to rows: sentences, model and parties put together.

use super::issues::IssueFinder;
use super::repeats::Repeats;
use super::stances::{StanceSource, restate};
use super::{Link, ModelAntecedents, Row};
use crate::articles::Article;
use crate::model::{MentionReading, Model, ModelError, SentenceReading};
use crate::offsets::CodePoints;
use crate::parties::{Linked, LinkedMention, Linker};
use crate::sentences::{self, Sentence};

/// What an article gave.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct ScoredArticle {
    /// In the order of the text: by sentence, then by main mention.
    pub rows: Vec<Row>,
    pub sentences: Vec<Sentence>,
    /// The issues of each sentence, with or without a party.
    pub issues: Vec<Vec<String>>,
    /// Mentions found, of which a sentence may hold several of one party, in text order.
    pub mentions: Vec<LinkedMention>,
}

/// Scores articles. One serves all threads. Of articles with the same title and text one is
/// scored, as long as not too many others came in between.
pub struct Scorer {
    model: Model,
    linker: Linker,
    repeats: Repeats,
    issues: IssueFinder,
    stances: Option<Box<dyn StanceSource>>,
}

impl Scorer {
    pub fn new(model: Model, linker: Linker) -> Scorer {
        Scorer {
            model,
            linker,
            repeats: Repeats::new(),
            issues: IssueFinder::default(),
            stances: None,
        }
    }

    /// Look for the issues of a list in place of the model's own.
    pub fn with_issues(self, issues: IssueFinder) -> Scorer {
        Scorer { issues, ..self }
    }

    /// Take the stances from another source than the model's own stance head.
    pub fn with_stances(self, stances: Option<Box<dyn StanceSource>>) -> Scorer {
        Scorer { stances, ..self }
    }

    /// The source of stances in place of the model's own stance head, if there is one.
    pub fn stances(&self) -> Option<&dyn StanceSource> {
        self.stances.as_deref()
    }

    pub fn model(&self) -> &Model {
        &self.model
    }

    /// One row for each party that a sentence mentions. Uses one core.
    pub fn score(&self, article: &Article) -> Result<ScoredArticle, ModelError> {
        self.repeats.get_or_score(article, || {
            let sentences = sentences::split(&article.text);
            let readings = self.model.read(article, &sentences)?;
            let mut scored = assemble(
                article,
                sentences,
                &readings,
                &self.model,
                &self.linker,
                &self.issues,
            );
            if let Some(stances) = self.stances() {
                restate(&mut scored.rows, stances)?;
            }
            Ok(scored)
        })
    }
}

/// Rows from what the model read in an article's sentences.
pub fn assemble(
    article: &Article,
    sentences: Vec<Sentence>,
    readings: &[SentenceReading],
    model: &Model,
    linker: &Linker,
    issue_finder: &IssueFinder,
) -> ScoredArticle {
    let mentions: Vec<_> = readings
        .iter()
        .flat_map(|reading| reading.mentions.iter().map(|m| m.bytes.clone()))
        .collect();
    let read = readings.iter().enumerate();
    let antecedents = ModelAntecedents::new(
        model,
        &article.text,
        read.flat_map(|(sentence, reading)| reading.mentions.iter().map(move |m| (sentence, m))),
    );
    let links = linker
        .article(article.title.as_deref(), &article.text)
        .link(&mentions, Some(&antecedents));

    let mut points = CodePoints::new(&article.text);
    let mut linked_mentions = Vec::with_capacity(mentions.len());
    let mut links = links.into_iter();
    let mut rows = Vec::new();
    let mut issues = Vec::with_capacity(sentences.len());
    for (index, (sentence, reading)) in sentences.iter().zip(readings).enumerate() {
        let text = &article.text[sentence.bytes.clone()];
        let sentence_issues = issue_finder.find(model, text, reading);
        let links: Vec<_> = links.by_ref().take(reading.mentions.len()).collect();
        let linked: Vec<_> = reading.mentions.iter().zip(&links).collect();
        for (party, main) in main_mentions(&linked) {
            rows.push(Row {
                article: article.id.clone(),
                summit: article.summit.clone(),
                date: article.date.clone(),
                source: article.source.clone(),
                sentence: index as u32,
                sentence_start: sentence.start,
                sentence_end: sentence.end,
                text: text.to_owned(),
                party: party.party.clone(),
                mention: article.text[main.bytes.clone()].to_owned(),
                mention_start: points.at(main.bytes.start),
                mention_end: points.at(main.bytes.end),
                stance: main.stance.into(),
                issues: sentence_issues.clone(),
                link: party.link,
            });
        }
        issues.push(sentence_issues);
        linked_mentions.extend(
            reading
                .mentions
                .iter()
                .zip(links)
                .map(|(mention, parties)| LinkedMention {
                    sentence: index,
                    bytes: mention.bytes.clone(),
                    parties,
                }),
        );
    }
    ScoredArticle {
        rows,
        sentences,
        issues,
        mentions: linked_mentions,
    }
}

/// Each party of a sentence with its main mention: the one the mention head is surest of. (The
/// codebook has one unit per party and sentence.)
///
/// A mention that list, gazetteer or article recognise counts as found. One that an antecedent
/// speaks for must be more likely than not by itself, one that nothing speaks for a little more.
fn main_mentions<'m>(
    mentions: &[(&'m MentionReading, &'m Vec<Linked>)],
) -> Vec<(&'m Linked, &'m MentionReading)> {
    let mut parties: Vec<(&Linked, &MentionReading)> = Vec::new();
    for (mention, links) in mentions {
        for link in links.iter() {
            let least = match link.link {
                Link::Antecedent => 0.0,
                Link::Name => 1.0,
                Link::List | Link::Gazetteer | Link::Article => f32::NEG_INFINITY,
            };
            if mention.certainty <= least {
                continue;
            }
            match parties
                .iter_mut()
                .find(|(known, _)| known.party == link.party)
            {
                Some(known) => {
                    if mention.certainty > known.1.certainty {
                        *known = (link, mention);
                    }
                }
                None => parties.push((link, mention)),
            }
        }
    }
    parties.sort_by_key(|(_, mention)| mention.bytes.start);
    parties
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mention(start: usize, certainty: f32) -> MentionReading {
        MentionReading {
            bytes: start..start + 1,
            certainty,
            ..MentionReading::default()
        }
    }

    fn linked(party: &str, link: Link) -> Vec<Linked> {
        vec![Linked {
            party: party.into(),
            link,
        }]
    }

    fn main(mentions: &[(MentionReading, Vec<Linked>)]) -> Vec<(&str, usize)> {
        let mentions: Vec<_> = mentions.iter().map(|(m, l)| (m, l)).collect();
        main_mentions(&mentions)
            .into_iter()
            .map(|(link, mention)| (link.party.as_str(), mention.bytes.start))
            .collect()
    }

    #[test]
    fn the_main_mention_is_the_surest() {
        let mentions = [
            (mention(0, 1.0), linked("Ukraine", Link::Antecedent)),
            (mention(5, 0.5), linked("Russia", Link::Gazetteer)),
            (mention(9, 4.0), linked("Ukraine", Link::Gazetteer)),
            (mention(12, 2.0), linked("Ukraine", Link::Gazetteer)),
        ];
        assert_eq!(main(&mentions), [("Russia", 5), ("Ukraine", 9)]);
    }

    #[test]
    fn what_nothing_recognises_must_be_likely_by_itself() {
        let mentions = [
            (mention(0, -0.5), linked("Kenya", Link::Gazetteer)),
            (mention(5, 0.5), linked("the hosts", Link::Name)),
            (mention(7, 1.5), linked("the mediators", Link::Name)),
            (mention(9, -0.5), linked("Uganda", Link::Antecedent)),
            (mention(12, 0.5), linked("Rwanda", Link::Antecedent)),
        ];
        assert_eq!(
            main(&mentions),
            [("Kenya", 0), ("the mediators", 7), ("Rwanda", 12)]
        );
    }
}
