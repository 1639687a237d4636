//! One annotated article, read by the program and held against its annotations.

use std::ops::Range;

use super::{
    ArticleResult, Links, PredictedUnit, SpanCounts, StanceItem, end_to_end, gold_sentences,
    match_sentences,
};
use crate::annotations::AnnotatedArticle;
use crate::model::{MentionReading, Model, ModelError};
use crate::offsets::CodePoints;
use crate::parties::Linker;
use crate::parties::measure::{self, GoldMentions, Setting};
use crate::scores::{self, IssueFinder, ModelAntecedents, ScoredArticle, StanceSource, Unit};
use crate::sentences::{self, Sentence};

/// Read an article from its raw text and count what is right: stances of the gold mentions,
/// mentions, issues, and whole units, their parties linked by `linker`. What was not annotated is
/// not counted.
pub fn judge(
    model: &Model,
    linker: &Linker,
    annotated: &AnnotatedArticle,
) -> Result<ArticleResult, ModelError> {
    judge_with(model, linker, &IssueFinder::default(), None, annotated)
}

/// As [`judge`], with issues to look for, and with stances from another source than the model's
/// own head, if there is one. Annotated issues that are not among those to look for do not count.
///
/// # Errors
/// When the model fails, and [`ModelError::Stances`] for a source of other stances than the
/// codebook's, which are those that are annotated.
pub fn judge_with(
    model: &Model,
    linker: &Linker,
    issues: &IssueFinder,
    stances: Option<&dyn StanceSource>,
    annotated: &AnnotatedArticle,
) -> Result<ArticleResult, ModelError> {
    if let Some(names) = stances.map(StanceSource::names)
        && !names.is_codebook()
    {
        return Err(ModelError::Stances {
            stances: names.to_string(),
        });
    }
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
    let gold = GoldMentions::of(annotated);
    let unit_spans = units.iter().map(|(_, bytes)| bytes);
    let mentions: Vec<_> = unit_spans.chain(&gold.spans).cloned().collect();
    let (readings, known) = model.read_with(&article, &sentences, &mentions)?;
    let (known, known_gold) = known.split_at(units.len());

    let complete = annotated.sentences.iter().all(|s| s.annotated.mentions);
    let mut result = ArticleResult {
        genre: annotated.genre.clone(),
        ..ArticleResult::default()
    };
    if complete {
        result.linking = links(model, annotated, &gold, known_gold, &sentences);
    }
    for ((party, _), known) in units.iter().zip(known) {
        result.stances.push(StanceItem {
            gold: party.stance,
            secondary: party.secondary,
            // A mention without a word is one the program cannot see: it says neutral.
            probabilities: known
                .as_ref()
                .map_or([0.0, 0.0, 0.0, 1.0], |mention| mention.stance),
        });
    }
    let found: Vec<Range<u32>> = sentences.iter().map(|s| s.start..s.end).collect();
    let matched = match_sentences(&gold_sentences(annotated), &found);
    let assemble = |linker: &Linker| {
        let mut scored = scores::assemble(
            &article,
            sentences.clone(),
            &readings,
            model,
            linker,
            issues,
        );
        if let Some(source) = stances {
            scores::restate(&mut scored.rows, source)?;
        }
        Ok::<_, ModelError>(scored)
    };
    let scored = assemble(linker)?;
    let without_list = assemble(&Linker::new(None))?;
    if let Some(source) = stances {
        let gold = annotated.sentences.iter().zip(&matched);
        let units: Vec<Unit> = gold
            .flat_map(|(sentence, matched)| {
                // As found, as in a row; not as annotated.
                let issues = matched.and_then(|index| scored.issues.get(index));
                sentence
                    .parties
                    .iter()
                    .filter(|party| party.bytes(sentence).is_some())
                    .map(move |party| Unit {
                        sentence: &sentence.text,
                        party: &party.party,
                        mention: &party.mention,
                        issues: issues.map_or(&[], Vec::as_slice),
                    })
            })
            .collect();
        let probabilities = source.stances(&units)?;
        for (item, probabilities) in result.stances.iter_mut().zip(probabilities) {
            if let Ok(four) = probabilities.try_into() {
                item.probabilities = four;
            }
        }
    }
    // Each mention counts with the gold sentence in which it begins.
    let gold_starts: Vec<u32> = starts.iter().map(|start| points.at(*start)).collect();
    let mut found_spans: Vec<Vec<Range<u32>>> = vec![Vec::new(); annotated.sentences.len()];
    // What counts is what the program says: a party's main mention in a sentence. "Both sides"
    // is one mention of two parties.
    let mut spans: Vec<Range<u32>> = scored
        .rows
        .iter()
        .map(|row| row.mention_start..row.mention_end)
        .collect();
    spans.sort_by_key(|span| (span.start, span.end));
    spans.dedup();
    for span in spans {
        let after = gold_starts.partition_point(|start| *start <= span.start);
        if let Some(spans) = after.checked_sub(1).and_then(|s| found_spans.get_mut(s)) {
            spans.push(span);
        }
    }
    let known = annotated.sentences.iter().map(|s| s.annotated);
    for ((gold, found), known) in gold_spans.iter().zip(&found_spans).zip(known) {
        if known.mentions {
            result.mentions += SpanCounts::of(gold, found);
        }
    }
    for (sentence, matched) in annotated.sentences.iter().zip(matched) {
        if !sentence.annotated.issues {
            continue;
        }
        let found = matched.and_then(|index| scored.issues.get(index));
        result.issues.add(
            sentence.issues.iter().filter(|id| issues.asks_for(id)),
            found.into_iter().flatten(),
        );
    }
    let units = |scored: &ScoredArticle| {
        let units: Vec<PredictedUnit> = scored.rows.iter().filter_map(PredictedUnit::of).collect();
        end_to_end(annotated, &found, &units)
    };
    if complete {
        result.end_to_end = units(&scored);
        result.end_to_end_without_list = units(&without_list);
    }
    Ok(result)
}

/// Link the gold mentions, as the model reads them, in every setting.
fn links(
    model: &Model,
    annotated: &AnnotatedArticle,
    gold: &GoldMentions,
    known: &[Option<MentionReading>],
    sentences: &[Sentence],
) -> Links {
    let silent = MentionReading::default();
    let placed = gold.spans.iter().zip(known).map(|(span, known)| {
        let after = sentences.partition_point(|s| s.bytes.start <= span.start);
        (after.saturating_sub(1), known.as_ref().unwrap_or(&silent))
    });
    let antecedents = ModelAntecedents::new(model, &gold.text, placed);
    let link = |setting| measure::link(annotated, setting, Some(&antecedents));
    Links {
        with_list: link(Setting::WithList),
        without_list: link(Setting::WithoutList),
        without_list_literal: link(Setting::WithoutListLiteral),
    }
}
