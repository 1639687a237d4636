//! End to end: the (sentence, party, stance) units annotated against those the program found.

use std::collections::BTreeSet;
use std::ops::Range;

use unicode_normalization::UnicodeNormalization;

use super::{Counts, gold_sentences, match_sentences, matching};
use crate::annotations::AnnotatedArticle;
use crate::codebook::Stance;
use crate::scores::Row;

/// What the program says of one party in one sentence.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PredictedUnit<'a> {
    /// Index in the list of predicted sentences.
    pub sentence: usize,
    pub party: &'a str,
    pub stance: Stance,
}

impl<'a> PredictedUnit<'a> {
    /// What a row says; `None` where its stance is none of the codebook's.
    pub fn of(row: &'a Row) -> Option<PredictedUnit<'a>> {
        Some(PredictedUnit {
            sentence: row.sentence as usize,
            party: &row.party,
            stance: Stance::from_name(row.stance.name())?,
        })
    }
}

/// Count the units of one article. `sentences` are all sentences the program found in the joined
/// text, in code points, those without a party too.
///
/// A predicted unit is right if its sentence is the one that the gold sentence is matched with
/// (see [`match_sentences`]), its stance is the gold stance, and its party is the gold party's
/// canonical name or one of the aliases that the article lists for it, without regard to case,
/// to space around the name or to how accents are encoded. Each unit is matched at most once;
/// units listed twice count once.
pub fn end_to_end(
    article: &AnnotatedArticle,
    sentences: &[Range<u32>],
    units: &[PredictedUnit],
) -> Counts {
    let predicted: Vec<(usize, String, Stance)> = units
        .iter()
        .map(|u| (u.sentence, folded(u.party), u.stance))
        .collect::<BTreeSet<_>>()
        .into_iter()
        .collect();
    let found_in = match_sentences(&gold_sentences(article), sentences);
    let mut gold = BTreeSet::new();
    for (index, sentence) in article.sentences.iter().enumerate() {
        for party in &sentence.parties {
            gold.insert((index, folded(&party.party), party.stance));
        }
    }
    let edges: Vec<Vec<usize>> = gold
        .iter()
        .map(|(sentence, party, stance)| {
            let Some(found) = found_in.get(*sentence).copied().flatten() else {
                return Vec::new();
            };
            let names = names(article, party);
            // Sorted by sentence, so the sentence's units are one run.
            let from = predicted.partition_point(|unit| unit.0 < found);
            (from..predicted.len())
                .take_while(|&i| predicted[i].0 == found)
                .filter(|&i| predicted[i].2 == *stance && names.contains(&predicted[i].1))
                .collect()
        })
        .collect();
    Counts {
        hits: matching::largest(&edges, predicted.len()),
        predicted: predicted.len() as u64,
        gold: gold.len() as u64,
    }
}

/// The names that stand for a party in an article, folded: its own and its aliases.
fn names(article: &AnnotatedArticle, party: &str) -> BTreeSet<String> {
    let mut names = BTreeSet::from([party.to_owned()]);
    for (_, aliases) in article
        .parties
        .iter()
        .filter(|(name, _)| folded(name) == party)
    {
        names.extend(aliases.iter().map(|alias| folded(alias)));
    }
    names
}

fn folded(name: &str) -> String {
    name.trim().nfc().collect::<String>().to_lowercase()
}

#[cfg(test)]
#[allow(
    clippy::single_range_in_vec_init,
    reason = "lists of one span are meant"
)]
mod tests {
    use super::*;
    use Stance::{Cautious, Neutral};

    /// Offsets: "Kyiv and Moscow met." 0..20, "Both waited." 21..33.
    fn article() -> AnnotatedArticle {
        serde_json::from_str(
            r#"{"id":"x","parties":{"Ukraine":["Kyiv","both"],"Russia":["both"],"Türkiye":[]},
            "sentences":[
            {"text":"Kyiv and Moscow met.","parties":[
              {"party":"Ukraine","mention":"Kyiv","start":0,"stance":"neutral"},
              {"party":"Russia","mention":"Moscow","start":9,"stance":"neutral"}]},
            {"text":"Both waited.","parties":[
              {"party":"Ukraine","mention":"Both","start":0,"stance":"cautious"},
              {"party":"Russia","mention":"Both","start":0,"stance":"cautious"},
              {"party":"Türkiye","mention":"waited","start":5,"stance":"neutral"}]}]}"#,
        )
        .unwrap()
    }

    fn hits(sentences: &[Range<u32>], units: &[(usize, &str, Stance)]) -> u64 {
        let units: Vec<_> = units
            .iter()
            .map(|&(sentence, party, stance)| PredictedUnit {
                sentence,
                party,
                stance,
            })
            .collect();
        end_to_end(&article(), sentences, &units).hits
    }

    #[test]
    fn a_party_is_known_by_name_or_alias_in_any_case() {
        let s = [0..20, 21..33];
        assert_eq!(hits(&s, &[(0, " KYIV ", Neutral)]), 1);
        assert_eq!(hits(&s, &[(0, "ukraine", Neutral)]), 1);
        assert_eq!(hits(&s, &[(1, "Tu\u{308}rkiye", Neutral)]), 1);
        assert_eq!(
            hits(&s, &[(0, "Moscow", Neutral)]),
            0,
            "no alias of Russia here"
        );
        assert_eq!(hits(&s, &[(0, "Ukraine", Cautious)]), 0);
        assert_eq!(hits(&s, &[(1, "Ukraine", Neutral)]), 0);
    }

    #[test]
    fn one_unit_answers_for_one_party() {
        let s = [0..20, 21..33];
        assert_eq!(hits(&s, &[(1, "both", Cautious)]), 1);
        // "both" must be left to Russia.
        assert_eq!(hits(&s, &[(1, "both", Cautious), (1, "Kyiv", Cautious)]), 2);
        let twice = PredictedUnit {
            sentence: 0,
            party: "Kyiv",
            stance: Neutral,
        };
        let counts = end_to_end(&article(), &s, &[twice, twice]);
        assert_eq!(
            counts,
            Counts {
                hits: 1,
                predicted: 1,
                gold: 5
            }
        );
    }

    #[test]
    fn sentences_run_together_or_unknown() {
        let one = (0..33, [(0, "Kyiv", Neutral), (0, "Kyiv", Cautious)]);
        assert_eq!(hits(&[one.0], &one.1), 2);
        assert_eq!(hits(&[], &[(7, "Kyiv", Neutral)]), 0);
        assert_eq!(hits(&[0..20], &[(7, "Kyiv", Neutral)]), 0);
    }
}
