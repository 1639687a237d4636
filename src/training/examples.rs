//! Annotated articles to training examples: windows with their targets, in padded batches.

use std::ops::Range;

use rand::RngExt;
use rand::seq::SliceRandom;
use rand_chacha::ChaCha8Rng;
use tch::{Device, Kind, Tensor};

use crate::annotations::{AnnotatedArticle, AnnotatedSentence};
use crate::codebook::Stance;
use crate::model::heads::{BEGIN, INSIDE, OUTSIDE};
use crate::model::tokens::{Casing, Word, WordPieces};
use crate::model::windows::{self, Scored, Window, WindowSizes};
use crate::model::{ModelError, span_of_words};

/// Share of the target that goes to the secondary stance of codebook rule 7.
const SECONDARY_SHARE: f32 = 0.25;
/// Share of the target that is spread over all stances.
const LABEL_SMOOTHING: f32 = 0.05;

/// A window and what its heads should say.
pub struct Example {
    window: Window,
    targets: Vec<Targets>,
}

struct Targets {
    /// One tag a word.
    tags: Vec<i64>,
    /// Token range of a mention and the wanted distribution over stances.
    mentions: Vec<(Range<usize>, [f32; 4])>,
    /// One value an issue, 0 or 1.
    issues: Vec<f32>,
}

/// How an article is cut for one pass of training. Real articles come in all lengths, with and
/// without titles and capitals, so training sees them so.
struct Cut {
    with_title: bool,
    /// Sentences that are read together, if not all.
    group: usize,
    sizes: WindowSizes,
    casing: Option<Casing>,
}

impl Cut {
    fn random(sizes: WindowSizes, rng: &mut ChaCha8Rng) -> Cut {
        let mut cut = Cut {
            with_title: rng.random_bool(0.6),
            group: usize::MAX,
            sizes,
            casing: match rng.random_range(0..100) {
                0..8 => Some(Casing::Plain),
                8..11 => Some(Casing::Capitals),
                _ => None,
            },
        };
        match rng.random_range(0..100) {
            0..45 => {}
            45..65 => {
                cut.sizes.window = rng.random_range(80..=sizes.window);
                cut.sizes.context_sentences = rng.random_range(0..=sizes.context_sentences);
            }
            _ => {
                cut.group = rng.random_range(1..=3);
                cut.with_title &= rng.random_bool(0.5);
            }
        }
        cut
    }
}

/// The examples of one article, cut at random.
pub fn examples(
    article: &AnnotatedArticle,
    issues: &[String],
    sizes: WindowSizes,
    pieces: &WordPieces,
    rng: &mut ChaCha8Rng,
) -> Result<Vec<Example>, ModelError> {
    let cut = Cut::random(sizes, rng);
    let recase = |mut words: Vec<Word>| {
        if let Some(casing) = cut.casing {
            words.iter_mut().for_each(|w| w.casing = casing);
        }
        words
    };
    let title = match &article.title {
        Some(title) if cut.with_title => recase(pieces.words(title)?),
        _ => Vec::new(),
    };
    let words = article
        .sentences
        .iter()
        .map(|s| Ok(recase(pieces.words(&s.text)?)))
        .collect::<Result<Vec<_>, ModelError>>()?;
    let mut examples = Vec::new();
    for (first, group) in words
        .chunks(cut.group.min(words.len().max(1)))
        .enumerate()
        .map(|(index, group)| (index * cut.group.min(words.len()), group))
    {
        for window in windows::pack(&title, group, cut.sizes, pieces) {
            let targets = window
                .scored
                .iter()
                .map(|scored| targets(scored, &article.sentences[first + scored.sentence], issues))
                .collect();
            examples.push(Example { window, targets });
        }
    }
    Ok(examples)
}

fn targets(scored: &Scored, sentence: &AnnotatedSentence, issues: &[String]) -> Targets {
    let mut tags = vec![OUTSIDE as i64; scored.words.len()];
    let mut mentions: Vec<(Range<usize>, [f32; 4])> = Vec::new();
    let mut spans: Vec<(Range<usize>, [f32; 4])> = sentence
        .parties
        .iter()
        .filter_map(|party| {
            let span = span_of_words(scored, &party.bytes(sentence)?)?;
            Some((span, stance_target(party.stance, party.secondary)))
        })
        .collect();
    // Of nested mentions the outer one is tagged; all are scored.
    spans.sort_by_key(|(span, _)| (std::cmp::Reverse(span.len()), span.start));
    for (span, target) in spans {
        let words = &scored.words[span.clone()];
        let tokens = words[0].tokens.start..words[words.len() - 1].tokens.end;
        if mentions.iter().any(|(known, _)| *known == tokens) {
            continue;
        }
        mentions.push((tokens, target));
        if tags[span.clone()].iter().all(|tag| *tag == OUTSIDE as i64) {
            tags[span.clone()].fill(INSIDE as i64);
            tags[span.start] = BEGIN as i64;
        }
    }
    Targets {
        tags,
        mentions,
        issues: issues
            .iter()
            .map(|issue| f32::from(u8::from(sentence.issues.contains(issue))))
            .collect(),
    }
}

fn stance_target(stance: Stance, secondary: Option<Stance>) -> [f32; 4] {
    let mut target = [LABEL_SMOOTHING / 4.0; 4];
    let share = if secondary.is_some() {
        SECONDARY_SHARE
    } else {
        0.0
    };
    for (value, of) in target.iter_mut().zip(Stance::ALL) {
        if of == stance {
            *value += (1.0 - LABEL_SMOOTHING) * (1.0 - share);
        }
        if Some(of) == secondary {
            *value += (1.0 - LABEL_SMOOTHING) * share;
        }
    }
    target
}

/// Tensors of several windows, padded to the longest. Indices are into the flattened
/// windows × tokens rows.
pub struct Batch {
    pub ids: Tensor,
    pub casing: Tensor,
    pub mask: Tensor,
    pub word_first: Tensor,
    pub word_tags: Tensor,
    pub mention_first: Tensor,
    pub mention_last: Tensor,
    /// Mentions × rows; averages a mention's tokens.
    pub mention_means: Tensor,
    pub mention_sentence: Tensor,
    pub mention_cls: Tensor,
    pub mention_stances: Tensor,
    /// Sentences × rows; averages a sentence's tokens.
    pub sentence_means: Tensor,
    pub sentence_cls: Tensor,
    pub sentence_issues: Tensor,
    /// Tokens in the batch, without padding.
    pub tokens: usize,
}

/// Shuffle examples into batches of about `budget` tokens, windows of like length together.
pub fn batches(
    mut examples: Vec<Example>,
    budget: usize,
    rng: &mut ChaCha8Rng,
    device: Device,
) -> Vec<Batch> {
    // A little noise on the length keeps batches different from epoch to epoch.
    examples.sort_by_cached_key(|e| e.window.ids.len() + rng.random_range(0..24));
    let mut groups: Vec<Vec<Example>> = Vec::new();
    let mut longest = 0;
    for example in examples {
        longest = longest.max(example.window.ids.len());
        match groups.last_mut() {
            Some(group) if (group.len() + 1) * longest <= budget => group.push(example),
            _ => {
                longest = example.window.ids.len();
                groups.push(vec![example]);
            }
        }
    }
    groups.shuffle(rng);
    groups.iter().map(|group| batch(group, device)).collect()
}

fn batch(examples: &[Example], device: Device) -> Batch {
    let length = examples
        .iter()
        .map(|e| e.window.ids.len())
        .max()
        .unwrap_or(0);
    let rows = examples.len() * length;
    let mut ids = vec![0i64; rows];
    let mut casing = vec![0i64; rows];
    let mut mask = vec![0i64; rows];
    let (mut word_first, mut word_tags) = (Vec::new(), Vec::new());
    let (mut mention_first, mut mention_last) = (Vec::new(), Vec::new());
    let (mut mention_ranges, mut mention_sentence) = (Vec::new(), Vec::new());
    let (mut mention_cls, mut mention_stances) = (Vec::new(), Vec::new());
    let (mut sentence_ranges, mut sentence_cls, mut sentence_issues) =
        (Vec::new(), Vec::new(), Vec::<f32>::new());
    for (index, example) in examples.iter().enumerate() {
        let row = index * length;
        let window = &example.window;
        for (offset, (id, case)) in window.ids.iter().zip(&window.casing).enumerate() {
            ids[row + offset] = i64::from(*id);
            casing[row + offset] = i64::from(*case);
            mask[row + offset] = 1;
        }
        for (scored, targets) in window.scored.iter().zip(&example.targets) {
            let sentence = sentence_cls.len() as i64;
            word_first.extend(scored.words.iter().map(|w| (row + w.tokens.start) as i64));
            word_tags.extend(&targets.tags);
            let tokens = scored.tokens();
            sentence_ranges.push(row + tokens.start..row + tokens.end);
            sentence_cls.push(row as i64);
            sentence_issues.extend(&targets.issues);
            for (tokens, stances) in &targets.mentions {
                mention_first.push((row + tokens.start) as i64);
                mention_last.push((row + tokens.end - 1) as i64);
                mention_ranges.push(row + tokens.start..row + tokens.end);
                mention_sentence.push(sentence);
                mention_cls.push(row as i64);
                mention_stances.extend(stances);
            }
        }
    }
    let integers = |values: &[i64]| Tensor::from_slice(values).to_device(device);
    let grid = |values: &[i64]| integers(values).view([examples.len() as i64, length as i64]);
    let means = |ranges: &[Range<usize>]| {
        let mut values = vec![0f32; ranges.len() * rows];
        for (index, range) in ranges.iter().enumerate() {
            let weight = 1.0 / range.len() as f32;
            values[index * rows + range.start..index * rows + range.end].fill(weight);
        }
        Tensor::from_slice(&values)
            .view([ranges.len() as i64, rows as i64])
            .to_device(device)
    };
    let table = |values: &[f32], height: usize| {
        Tensor::from_slice(values)
            .view([height as i64, (values.len() / height.max(1)) as i64])
            .to_kind(Kind::Float)
            .to_device(device)
    };
    Batch {
        ids: grid(&ids),
        casing: grid(&casing),
        mask: grid(&mask),
        word_first: integers(&word_first),
        word_tags: integers(&word_tags),
        mention_first: integers(&mention_first),
        mention_last: integers(&mention_last),
        mention_means: means(&mention_ranges),
        mention_sentence: integers(&mention_sentence),
        mention_cls: integers(&mention_cls),
        mention_stances: table(&mention_stances, mention_first.len()),
        sentence_means: means(&sentence_ranges),
        sentence_cls: integers(&sentence_cls),
        sentence_issues: table(&sentence_issues, sentence_ranges.len()),
        tokens: examples.iter().map(|e| e.window.ids.len()).sum(),
    }
}

/// An article's windows with the batch they make, for tests of what is computed on them.
#[cfg(test)]
pub(super) fn batch_of(article: &AnnotatedArticle, issues: &[String]) -> (Vec<Window>, Batch) {
    let tokenizer = include_bytes!("../../models/stance-minilm/tokenizer.json");
    let pieces = WordPieces::new(tokenizer).expect("the shipped tokenizer");
    let words: Vec<_> = article
        .sentences
        .iter()
        .map(|s| pieces.words(&s.text).expect("words"))
        .collect();
    let examples: Vec<Example> = windows::pack(&[], &words, super::WINDOWS, &pieces)
        .into_iter()
        .map(|window| {
            let of = |scored: &Scored| targets(scored, &article.sentences[scored.sentence], issues);
            let targets = window.scored.iter().map(of).collect();
            Example { window, targets }
        })
        .collect();
    let batch = batch(&examples, Device::Cpu);
    (examples.into_iter().map(|e| e.window).collect(), batch)
}
