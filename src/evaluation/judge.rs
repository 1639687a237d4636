//! One annotated article, read by the program and held against its annotations.

use std::ops::Range;

use super::{
    ArticleResult, Links, PredictedUnit, SpanCounts, StanceItem, end_to_end, gold_sentences,
    match_sentences,
};
use crate::annotations::AnnotatedArticle;
use crate::issues::IssueList;
use crate::model::{Model, ModelError};
use crate::offsets::CodePoints;
use crate::parties::measure::{self, Setting};
use crate::parties::{Antecedents, Linker};
use crate::scores::{self, ScoredArticle};
use crate::sentences;

/// Read an article from its raw text and count what is right: stances of the gold mentions,
/// mentions, issues, and whole units, their parties linked by `linker`.
pub fn judge(
    model: &Model,
    linker: &Linker,
    annotated: &AnnotatedArticle,
) -> Result<ArticleResult, ModelError> {
    judge_with(model, linker, None, annotated)
}

/// As [`judge`], with a list of issues; annotated issues that are not on it do not count.
pub fn judge_with(
    model: &Model,
    linker: &Linker,
    issues: Option<&IssueList>,
    annotated: &AnnotatedArticle,
) -> Result<ArticleResult, ModelError> {
    let (article, starts) = annotated.article();
    let sentences = sentences::split(&article.text);
    let mut points = CodePoints::new(&article.text);
    let mut units = Vec::new();
    let mut gold_spans: Vec<Vec<Range<u32>>> = vec![Vec::new(); annotated.sentences.len()];
    for (spans, (sentence, start)) in gold_spans
        .iter_mut()
        .zip(annotated.sentences.iter().zip(&starts))
    {
        for party in &sentence.parties {
            if let Some(bytes) = party.bytes(sentence) {
                let bytes = bytes.start + start..bytes.end + start;
                spans.push(points.at(bytes.start)..points.at(bytes.end));
                units.push((party, bytes));
            }
        }
    }
    let mentions: Vec<_> = units.iter().map(|(_, bytes)| bytes.clone()).collect();
    let (readings, stances) = model.read_with(&article, &sentences, &mentions)?;

    let mut result = ArticleResult {
        genre: annotated.genre.clone(),
        linking: links(annotated, None),
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
    let assemble = |linker: &Linker| {
        scores::assemble(
            &article,
            sentences.clone(),
            &readings,
            model,
            linker,
            issues,
        )
    };
    let scored = assemble(linker);
    let without_list = assemble(&Linker::new(None));
    // Each mention counts with the gold sentence in which it begins.
    let gold_starts: Vec<u32> = starts.iter().map(|start| points.at(*start)).collect();
    let mut found_spans: Vec<Vec<Range<u32>>> = vec![Vec::new(); annotated.sentences.len()];
    for mention in readings.iter().flat_map(|reading| &reading.mentions) {
        let span = points.at(mention.bytes.start)..points.at(mention.bytes.end);
        let after = gold_starts.partition_point(|start| *start <= span.start);
        if let Some(spans) = after.checked_sub(1).and_then(|s| found_spans.get_mut(s)) {
            spans.push(span);
        }
    }
    for (gold, found) in gold_spans.iter().zip(&found_spans) {
        result.mentions += SpanCounts::of(gold, found);
    }
    for (sentence, matched) in annotated.sentences.iter().zip(matched) {
        let found = matched.and_then(|index| scored.issues.get(index));
        let asked_for = |id: &&String| {
            issues.is_none_or(|list| list.issues().iter().any(|issue| issue.id == **id))
        };
        result.issues.add(
            sentence.issues.iter().filter(asked_for),
            found.into_iter().flatten(),
        );
    }
    let units = |scored: &ScoredArticle| {
        let units: Vec<PredictedUnit> = scored.rows.iter().map(PredictedUnit::from).collect();
        end_to_end(annotated, &found, &units)
    };
    result.end_to_end = units(&scored);
    result.end_to_end_without_list = units(&without_list);
    Ok(result)
}

/// Link the gold mentions in every setting.
fn links(annotated: &AnnotatedArticle, antecedents: Option<&dyn Antecedents>) -> Links {
    let link = |setting| measure::link(annotated, setting, antecedents);
    Links {
        with_list: link(Setting::WithList),
        without_list: link(Setting::WithoutList),
        without_list_literal: link(Setting::WithoutListLiteral),
    }
}
