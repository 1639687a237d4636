//! One annotated article, read by the model and held against its annotations.

use std::ops::Range;

use super::{ArticleResult, SpanCounts, StanceItem, gold_sentences, match_sentences};
use crate::annotations::AnnotatedArticle;
use crate::model::{Model, ModelError};
use crate::sentences;

/// Read an article from its raw text and count what the model gets right: stances of the gold
/// mentions, mentions, issues. The end-to-end counts are left empty: they need parties.
pub fn judge(model: &Model, annotated: &AnnotatedArticle) -> Result<ArticleResult, ModelError> {
    let (article, starts) = annotated.article();
    let sentences = sentences::split(&article.text);
    let mut units = Vec::new();
    let mut gold_spans: Vec<Vec<Range<usize>>> = vec![Vec::new(); annotated.sentences.len()];
    for (index, (sentence, start)) in annotated.sentences.iter().zip(starts).enumerate() {
        for party in &sentence.parties {
            if let Some(bytes) = party.bytes(sentence) {
                let bytes = bytes.start + start..bytes.end + start;
                gold_spans[index].push(bytes.clone());
                units.push((party, bytes));
            }
        }
    }
    let mentions: Vec<_> = units.iter().map(|(_, bytes)| bytes.clone()).collect();
    let (readings, stances) = model.read_with(&article, &sentences, &mentions)?;

    let mut result = ArticleResult {
        genre: annotated.genre.clone(),
        ..ArticleResult::default()
    };
    for ((party, _), probabilities) in units.iter().zip(stances) {
        result.stances.push(StanceItem {
            gold: party.stance,
            secondary: party.secondary,
            // A mention without a word is one the program cannot see: it says neutral.
            probabilities: probabilities.unwrap_or([0.0, 0.0, 0.0, 1.0]),
        });
    }
    let found: Vec<Range<u32>> = sentences.iter().map(|s| s.start..s.end).collect();
    let matched = match_sentences(&gold_sentences(annotated), &found);
    // Mentions are counted once, with the gold sentence whose text they stand in.
    let mut found_spans: Vec<Vec<Range<usize>>> = vec![Vec::new(); annotated.sentences.len()];
    let ends = annotated.article().1;
    for mention in readings.iter().flat_map(|r| &r.mentions) {
        let sentence = ends.partition_point(|start| *start <= mention.bytes.start);
        if let Some(spans) = sentence.checked_sub(1).and_then(|s| found_spans.get_mut(s)) {
            spans.push(mention.bytes.clone());
        }
    }
    for (gold, found) in gold_spans.iter().zip(&found_spans) {
        result.mentions += SpanCounts::of(gold, found);
    }
    for (sentence, matched) in annotated.sentences.iter().zip(matched) {
        let issues = matched.map_or_else(Vec::new, |index| model.issues(&readings[index]));
        result.issues.add(&sentence.issues, &issues);
    }
    Ok(result)
}
