//! Annotated articles to training examples: windows with their targets, in padded batches.

use std::collections::BTreeMap;
use std::ops::Range;

use rand::RngExt;
use rand::seq::SliceRandom;
use rand_chacha::ChaCha8Rng;
use tch::{Device, Kind, Tensor};

use crate::annotations::{Annotated, AnnotatedArticle, AnnotatedSentence};
use crate::codebook::Stance;
use crate::model::antecedents::{self, FEATURES, MentionPlace};
use crate::model::heads::{BEGIN, INSIDE, OUTSIDE};
use crate::model::tokens::{Casing, Word, WordPieces};
use crate::model::windows::{self, Scored, Window, WindowSizes};
use crate::model::{ModelError, span_of_words};
use crate::parties;

/// Share of the target that goes to the secondary stance of codebook rule 7.
const SECONDARY_SHARE: f32 = 0.25;
/// Share of the target that is spread over all stances.
const LABEL_SMOOTHING: f32 = 0.05;

/// How much a mention that holds a name counts in learning antecedents, against 1 for pronouns
/// and descriptions: names are mostly found without.
const NAME_WEIGHT: f32 = 0.4;

/// Sentences that are read together, in as many windows as they need. Antecedents are learnt
/// across its windows.
pub struct Passage {
    windows: Vec<Example>,
}

impl Passage {
    /// Its tokens, context included.
    pub fn tokens(&self) -> usize {
        self.windows.iter().map(|e| e.window.ids.len()).sum()
    }

    fn longest(&self) -> usize {
        let lengths = self.windows.iter().map(|e| e.window.ids.len());
        lengths.max().unwrap_or(0)
    }
}

/// A window and what its heads should say.
struct Example {
    window: Window,
    targets: Vec<Targets>,
}

struct Targets {
    /// What of this is known.
    annotated: Annotated,
    /// One tag a word.
    tags: Vec<i64>,
    mentions: Vec<Mention>,
    /// One value an issue, 0 or 1.
    issues: Vec<f32>,
}

struct Mention {
    /// Tokens in the window.
    tokens: Range<usize>,
    /// The wanted distribution over stances.
    stances: [f32; 4],
    /// The parties it stands for.
    parties: Vec<String>,
    /// Index of the sentence among the passage's.
    sentence: usize,
    words: String,
    /// Weight of its antecedents in the loss.
    weight: f32,
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

/// The passages of one article, cut at random.
pub fn passages(
    article: &AnnotatedArticle,
    issues: &[String],
    sizes: WindowSizes,
    pieces: &WordPieces,
    rng: &mut ChaCha8Rng,
) -> Result<Vec<Passage>, ModelError> {
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
    let size = cut.group.min(words.len().max(1));
    let passages = words
        .chunks(size)
        .zip(article.sentences.chunks(size))
        .map(|(words, sentences)| {
            let windows = windows::pack(&title, words, cut.sizes, pieces);
            passage(windows, sentences, issues)
        })
        .filter(|passage| !passage.windows.is_empty())
        .collect();
    Ok(passages)
}

/// Windows of these sentences with what is to be learnt from them.
fn passage(windows: Vec<Window>, sentences: &[AnnotatedSentence], issues: &[String]) -> Passage {
    let windows = windows
        .into_iter()
        .map(|window| {
            let of = |scored: &Scored| targets(scored, &sentences[scored.sentence], issues);
            let targets = window.scored.iter().map(of).collect();
            Example { window, targets }
        })
        .collect();
    Passage { windows }
}

fn targets(scored: &Scored, sentence: &AnnotatedSentence, issues: &[String]) -> Targets {
    let mut tags = vec![OUTSIDE as i64; scored.words.len()];
    let mut mentions: Vec<Mention> = Vec::new();
    let mut spans: Vec<_> = sentence
        .parties
        .iter()
        .filter_map(|party| {
            let span = span_of_words(scored, &party.bytes(sentence)?)?;
            Some((span, party))
        })
        .collect();
    // Of nested mentions the outer one is tagged; all are scored.
    spans.sort_by_key(|(span, _)| (std::cmp::Reverse(span.len()), span.start));
    for (span, party) in spans {
        let words = &scored.words[span.clone()];
        let tokens = words[0].tokens.start..words[words.len() - 1].tokens.end;
        if let Some(known) = mentions.iter_mut().find(|known| known.tokens == tokens) {
            known.parties.push(party.party.clone());
            continue;
        }
        let anaphor = parties::kind(&party.mention, span.start == 0).is_anaphor();
        mentions.push(Mention {
            tokens,
            stances: stance_target(party.stance, party.secondary),
            parties: vec![party.party.clone()],
            sentence: scored.sentence,
            words: party.mention.clone(),
            weight: if anaphor { 1.0 } else { NAME_WEIGHT },
        });
        if tags[span.clone()].iter().all(|tag| *tag == OUTSIDE as i64) {
            tags[span.clone()].fill(INSIDE as i64);
            tags[span.start] = BEGIN as i64;
        }
    }
    Targets {
        annotated: sentence.annotated,
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
    /// Of the sentences whose mentions are known.
    pub word_first: Tensor,
    pub word_tags: Tensor,
    /// Of the others.
    pub unknown_word_first: Tensor,
    pub mention_first: Tensor,
    pub mention_last: Tensor,
    /// Mentions × rows; averages a mention's tokens.
    pub mention_means: Tensor,
    pub mention_sentence: Tensor,
    pub mention_cls: Tensor,
    pub mention_stances: Tensor,
    /// None if no mention has another before it.
    pub antecedents: Option<AntecedentBatch>,
    /// Sentences × rows; averages a sentence's tokens.
    pub sentence_means: Tensor,
    pub sentence_cls: Tensor,
    pub sentence_issues: Tensor,
    /// Indices of the sentences whose issues are known,
    pub issues_known: Tensor,
    /// and of the others.
    pub issues_unknown: Tensor,
    /// Tokens in the batch, without padding.
    pub tokens: usize,
}

/// The choices of antecedents in a batch: one row for each mention and party it stands for, one
/// column for each mention before it. Rows are padded to the longest.
pub struct AntecedentBatch {
    /// Index of the later mention in the batch, one a row.
    pub later: Tensor,
    /// Index of each earlier mention in the batch; 0 where there is none.
    pub earlier: Tensor,
    /// See [`antecedents::features`]; rows × columns × features.
    pub features: Tensor,
    /// Whether a column is one to choose from.
    pub candidates: Tensor,
    /// Whether a column stands for the row's party.
    pub right: Tensor,
    pub weights: Tensor,
}

/// Batches hold so many tokens, padding included, if there are enough,
const BATCH_TOKENS: usize = 2048;
/// and fewer where one pass would otherwise have less than so many steps,
const STEPS_IN_A_PASS: usize = 16;
/// but at least so many.
const FEWEST_TOKENS: usize = 256;

/// Tokens in a batch, where the user does not say.
pub fn batch_tokens(passages: &[Passage]) -> usize {
    let all: usize = passages.iter().map(Passage::tokens).sum();
    (all / STEPS_IN_A_PASS).clamp(FEWEST_TOKENS, BATCH_TOKENS)
}

/// Shuffle passages into batches of about `budget` tokens, windows of like length together.
pub fn batches(
    mut passages: Vec<Passage>,
    budget: usize,
    rng: &mut ChaCha8Rng,
    device: Device,
) -> Vec<Batch> {
    // A little noise on the length keeps batches different from epoch to epoch.
    passages.sort_by_cached_key(|passage| passage.longest() + rng.random_range(0..24));
    let mut groups: Vec<Vec<Passage>> = Vec::new();
    let (mut longest, mut windows) = (0, 0);
    for passage in passages {
        longest = longest.max(passage.longest());
        windows += passage.windows.len();
        match groups.last_mut() {
            Some(group) if windows * longest <= budget => group.push(passage),
            _ => {
                (longest, windows) = (passage.longest(), passage.windows.len());
                groups.push(vec![passage]);
            }
        }
    }
    groups.shuffle(rng);
    groups.iter().map(|group| batch(group, device)).collect()
}

/// A mention's index in the batch, with the mention.
type Placed<'m> = (usize, &'m Mention);

fn antecedents(passages: &[Vec<Placed>], device: Device) -> Option<AntecedentBatch> {
    struct Row {
        later: i64,
        earlier: Vec<i64>,
        features: Vec<f32>,
        candidates: Vec<f32>,
        right: Vec<f32>,
        weight: f32,
    }
    let mut rows = Vec::new();
    for mentions in passages {
        let mut mentions: Vec<&Placed> = mentions.iter().collect();
        mentions.sort_by_key(|(_, mention)| (mention.sentence, mention.tokens.start));
        let mut seen: BTreeMap<usize, usize> = BTreeMap::new();
        let places: Vec<MentionPlace> = mentions
            .iter()
            .enumerate()
            .map(|(order, (_, m))| {
                let before = seen.entry(m.sentence).or_default();
                *before += 1;
                MentionPlace::new(m.sentence, order, *before == 1, &m.words)
            })
            .collect();
        for (at, (later, mention)) in mentions.iter().enumerate().skip(1) {
            for party in &mention.parties {
                let mut row = Row {
                    later: *later as i64,
                    earlier: Vec::new(),
                    features: Vec::new(),
                    candidates: Vec::new(),
                    right: Vec::new(),
                    weight: mention.weight,
                };
                for (before, (earlier, candidate)) in mentions[..at].iter().enumerate() {
                    let right = candidate.parties.contains(party);
                    // "Both sides" stands for others too; those are no wrong choice.
                    let other = mention
                        .parties
                        .iter()
                        .any(|p| p != party && candidate.parties.contains(p));
                    let nested = candidate.sentence == mention.sentence
                        && candidate.tokens.end > mention.tokens.start;
                    row.earlier.push(*earlier as i64);
                    row.features
                        .extend(antecedents::features(&places[at], &places[before]));
                    row.candidates
                        .push(f32::from(u8::from(!nested && (right || !other))));
                    row.right.push(f32::from(u8::from(!nested && right)));
                }
                rows.push(row);
            }
        }
    }
    let (height, columns) = (rows.len(), rows.iter().map(|row| row.earlier.len()).max()?);
    for row in &mut rows {
        row.earlier.resize(columns, 0);
        row.features.resize(columns * FEATURES, 0.0);
        row.candidates.resize(columns, 0.0);
        row.right.resize(columns, 0.0);
    }
    let (height, columns) = (height as i64, columns as i64);
    let table = |values: Vec<f32>| {
        Tensor::from_slice(&values)
            .view([height, columns, -1])
            .to_device(device)
    };
    let all = |of: fn(&Row) -> &Vec<f32>| rows.iter().flat_map(of).copied().collect::<Vec<f32>>();
    let later: Vec<i64> = rows.iter().map(|row| row.later).collect();
    let earlier: Vec<i64> = rows.iter().flat_map(|row| &row.earlier).copied().collect();
    let weights: Vec<f32> = rows.iter().map(|row| row.weight).collect();
    Some(AntecedentBatch {
        later: Tensor::from_slice(&later).to_device(device),
        earlier: Tensor::from_slice(&earlier)
            .view([height, columns])
            .to_device(device),
        features: table(all(|row| &row.features)),
        candidates: table(all(|row| &row.candidates)).squeeze_dim(-1),
        right: table(all(|row| &row.right)).squeeze_dim(-1),
        weights: Tensor::from_slice(&weights).to_device(device),
    })
}

fn batch(passages: &[Passage], device: Device) -> Batch {
    let examples = || passages.iter().flat_map(|passage| &passage.windows);
    let count = examples().count();
    let length = examples().map(|e| e.window.ids.len()).max().unwrap_or(0);
    let rows = count * length;
    let mut ids = vec![0i64; rows];
    let mut casing = vec![0i64; rows];
    let mut mask = vec![0i64; rows];
    let (mut word_first, mut word_tags) = (Vec::new(), Vec::new());
    let mut unknown_word_first = Vec::new();
    let (mut issues_known, mut issues_unknown) = (Vec::new(), Vec::new());
    let (mut mention_first, mut mention_last) = (Vec::new(), Vec::new());
    let (mut mention_ranges, mut mention_sentence) = (Vec::new(), Vec::new());
    let (mut mention_cls, mut mention_stances) = (Vec::new(), Vec::new());
    let (mut sentence_ranges, mut sentence_cls, mut sentence_issues) =
        (Vec::new(), Vec::new(), Vec::<f32>::new());
    let mut placed: Vec<Vec<Placed>> = Vec::new();
    let mut row = 0;
    for passage in passages {
        let mut here = Vec::new();
        for example in &passage.windows {
            let window = &example.window;
            for (offset, (id, case)) in window.ids.iter().zip(&window.casing).enumerate() {
                ids[row + offset] = i64::from(*id);
                casing[row + offset] = i64::from(*case);
                mask[row + offset] = 1;
            }
            for (scored, targets) in window.scored.iter().zip(&example.targets) {
                let sentence = sentence_cls.len() as i64;
                let words = scored.words.iter().map(|w| (row + w.tokens.start) as i64);
                let known = targets.annotated;
                if known.mentions {
                    word_first.extend(words);
                    word_tags.extend(&targets.tags);
                } else {
                    unknown_word_first.extend(words);
                }
                match known.issues {
                    true => issues_known.push(sentence),
                    false => issues_unknown.push(sentence),
                }
                let tokens = scored.tokens();
                sentence_ranges.push(row + tokens.start..row + tokens.end);
                sentence_cls.push(row as i64);
                sentence_issues.extend(&targets.issues);
                for mention in &targets.mentions {
                    let tokens = &mention.tokens;
                    // Where mentions are missing, so may be the antecedents.
                    if known.mentions {
                        here.push((mention_first.len(), mention));
                    }
                    mention_first.push((row + tokens.start) as i64);
                    mention_last.push((row + tokens.end - 1) as i64);
                    mention_ranges.push(row + tokens.start..row + tokens.end);
                    mention_sentence.push(sentence);
                    mention_cls.push(row as i64);
                    mention_stances.extend(mention.stances);
                }
            }
            row += length;
        }
        placed.push(here);
    }
    let integers = |values: &[i64]| Tensor::from_slice(values).to_device(device);
    let grid = |values: &[i64]| integers(values).view([count as i64, length as i64]);
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
        unknown_word_first: integers(&unknown_word_first),
        mention_first: integers(&mention_first),
        mention_last: integers(&mention_last),
        mention_means: means(&mention_ranges),
        mention_sentence: integers(&mention_sentence),
        mention_cls: integers(&mention_cls),
        mention_stances: table(&mention_stances, mention_first.len()),
        antecedents: antecedents(&placed, device),
        sentence_means: means(&sentence_ranges),
        sentence_cls: integers(&sentence_cls),
        sentence_issues: table(&sentence_issues, sentence_ranges.len()),
        issues_known: integers(&issues_known),
        issues_unknown: integers(&issues_unknown),
        tokens: examples().map(|e| e.window.ids.len()).sum(),
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
    let windows = windows::pack(&[], &words, super::WINDOWS, &pieces);
    let passage = passage(windows.clone(), &article.sentences, issues);
    (windows, batch(&[passage], Device::Cpu))
}
