//! Values chosen on the dev split once the weights are fixed.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use serde::{Deserialize, Serialize};

use super::Trained;
use super::{descriptions, save};
use crate::annotations::AnnotatedArticle;
use crate::evaluation::{self, ArticleResult};
use crate::model::engine::{Engine, TokenVectors};
use crate::model::folder::{self, Calibration, ModelFiles};
use crate::model::torch::Torch;
use crate::model::windows::Window;
use crate::model::{Model, ModelError};
use crate::offsets::CodePoints;
use crate::parties::Linker;
use crate::parties::measure::list_of;
use crate::sentences::Sentence;

/// Seed of the intervals in figures given while training.
const SEED: u64 = 1;

/// The trained weights as a model on the torch engine.
fn model(trained: &Trained) -> Result<Model, ModelError> {
    let folder = save::files(trained)?;
    let bytes = |name: &str| folder.files[name].clone();
    let engine = Torch::new(
        &bytes(folder::SAFETENSORS),
        &folder.config.encoder,
        tch::Device::Cpu,
    )?;
    let files = ModelFiles {
        tokenizer: bytes(folder::TOKENIZER),
        heads: bytes(folder::HEADS),
        config: folder.config,
    };
    let seen = Mutex::default();
    Model::new(files, Box::new(Remembering { engine, seen }))
}

/// A window's ids and casing: all that an encoder sees of it.
type WindowTokens = (Vec<u32>, Vec<u8>);

/// An engine that encodes each window once: the values chosen here change only what is made of
/// the vectors.
struct Remembering {
    engine: Torch,
    seen: Mutex<HashMap<WindowTokens, TokenVectors>>,
}

impl Engine for Remembering {
    fn encode(&self, windows: &[Window]) -> Result<Vec<TokenVectors>, ModelError> {
        // What another thread's panic left behind is whole: entries are put in at once.
        let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        let mut encoded = Vec::with_capacity(windows.len());
        for window in windows {
            let key = (window.ids.clone(), window.casing.clone());
            if let Some(vectors) = seen.get(&key) {
                encoded.push(vectors.clone());
                continue;
            }
            for vectors in self.engine.encode(std::slice::from_ref(window))? {
                seen.insert(key.clone(), vectors.clone());
                encoded.push(vectors);
            }
        }
        Ok(encoded)
    }

    fn name(&self) -> &'static str {
        self.engine.name()
    }
}

/// A model and articles that it has not learnt from.
pub struct HeldOut {
    model: Model,
    pub articles: Vec<AnnotatedArticle>,
}

impl HeldOut {
    pub fn new(trained: &Trained, articles: Vec<AnnotatedArticle>) -> Result<HeldOut, ModelError> {
        let model = model(trained)?;
        Ok(HeldOut { model, articles })
    }

    fn judge_each(&self) -> Result<Vec<ArticleResult>, ModelError> {
        judge_each(&self.model, &self.articles)
    }
}

/// What the weights find in annotated articles, as calibration now stands. Texts of one article
/// (of one id) are taken together.
pub fn judge(
    trained: &Trained,
    articles: &[AnnotatedArticle],
) -> Result<Vec<ArticleResult>, ModelError> {
    let results = judge_each(&model(trained)?, articles)?;
    Ok(together(articles, results))
}

/// What each model finds in its articles, one after the other, as calibration now stands. Texts of
/// one article are taken together.
pub fn judge_held_out(held_out: &[HeldOut]) -> Result<Vec<ArticleResult>, ModelError> {
    let articles = held_out.iter().flat_map(|part| &part.articles);
    Ok(together(articles, judge_all(held_out)?))
}

fn judge_all(held_out: &[HeldOut]) -> Result<Vec<ArticleResult>, ModelError> {
    let mut results = Vec::new();
    for part in held_out {
        results.extend(part.judge_each()?);
    }
    Ok(results)
}

fn together<'a>(
    articles: impl IntoIterator<Item = &'a AnnotatedArticle>,
    results: Vec<ArticleResult>,
) -> Vec<ArticleResult> {
    let mut together: Vec<ArticleResult> = Vec::new();
    let mut places: HashMap<&str, usize> = HashMap::new();
    for (article, result) in articles.into_iter().zip(results) {
        match places.get(article.id.as_str()) {
            Some(place) => together[*place] += result,
            None => {
                places.insert(&article.id, together.len());
                together.push(result);
            }
        }
    }
    together
}

fn judge_each(
    model: &Model,
    articles: &[AnnotatedArticle],
) -> Result<Vec<ArticleResult>, ModelError> {
    articles
        .iter()
        .map(|article| {
            let linker = Linker::new(Some(&list_of(article)));
            evaluation::judge(model, &linker, article)
        })
        .collect()
}

/// The figures by which an epoch is known.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct DevFigures {
    /// What the best epoch is chosen by: the log loss of the stances, and the losses of mentions
    /// and issues as they count in training.
    pub loss: f64,
    /// Mean negative log-likelihood of the stances, in nats, at the best temperature.
    pub log_loss: f64,
    pub stance_f1: Option<f64>,
    pub issue_f1: Option<f64>,
    pub mention_f1: Option<f64>,
}

impl DevFigures {
    /// From what was found in the dev split, and the weighted losses of mentions and issues.
    pub fn of(results: &[ArticleResult], other_losses: f64) -> DevFigures {
        let report = evaluation::report(results, SEED);
        let log_loss = log_loss(results, temperature(results));
        DevFigures {
            loss: log_loss + other_losses,
            log_loss,
            stance_f1: report.stance.macro_f1.value,
            issue_f1: report.issue.micro.f1.value,
            mention_f1: report.mention.exact.f1.value,
        }
    }
}

/// With fewer labels than this the temperature stays as it is.
const FEWEST_LABELS: usize = 30;

/// Choose the temperature that makes the stances' log-likelihood highest; and, if `all` was
/// annotated, the mention bias and issue threshold that make F1 highest. What is not chosen
/// stays as the models have it. The models are calibrated so, too.
pub fn choose(
    held_out: &mut [HeldOut],
    start: Calibration,
    all: bool,
) -> Result<Calibration, ModelError> {
    let mut best = start;
    if !all {
        let results = judge_all(held_out)?;
        let labels: usize = results.iter().map(|r| r.stances.len()).sum();
        if labels >= FEWEST_LABELS {
            // Probabilities were already divided by the present temperature.
            best.stance_temperature *= temperature(&results);
        }
        calibrate(held_out, best);
        return Ok(best);
    }
    best.stance_temperature = 1.0;
    let mut bias_f1 = f64::MIN;
    for mention_bias in [-0.5, 0.0, 0.5, 1.0, 1.5] {
        let tried = Calibration {
            mention_bias,
            ..best
        };
        let results = judge_with(held_out, tried)?;
        let f1 = pooled_mention_f1(&results);
        if f1 > bias_f1 {
            (bias_f1, best.mention_bias) = (f1, mention_bias);
        }
        if mention_bias == 0.0 {
            best.stance_temperature = temperature(&results);
        }
    }
    let mut issue_f1 = f64::MIN;
    for issue_threshold in [0.2, 0.25, 0.3, 0.35, 0.4, 0.45, 0.5, 0.55] {
        let tried = Calibration {
            issue_threshold,
            ..best
        };
        let f1 = evaluation::report(&judge_with(held_out, tried)?, SEED)
            .issue
            .micro
            .f1
            .value
            .unwrap_or(0.0);
        if f1 > issue_f1 {
            (issue_f1, best.issue_threshold) = (f1, issue_threshold);
        }
    }
    best.described_threshold = described_threshold(held_out)?;
    calibrate(held_out, best);
    Ok(best)
}

fn calibrate(held_out: &mut [HeldOut], calibration: Calibration) {
    for part in held_out {
        part.model.set_calibration(calibration);
    }
}

fn judge_with(
    held_out: &mut [HeldOut],
    calibration: Calibration,
) -> Result<Vec<ArticleResult>, ModelError> {
    calibrate(held_out, calibration);
    judge_all(held_out)
}

/// The threshold that makes the mean of the issues' F1 highest when the model's issues are found
/// by the codebook's description alone. The mean, because a user's issue is one issue and most are
/// rarer than the few that make up most of micro-F1.
fn described_threshold(held_out: &[HeldOut]) -> Result<f32, ModelError> {
    let mut found: Vec<Vec<(f32, bool)>> = Vec::new();
    for HeldOut { model, articles } in held_out {
        let issues = &model.config().issues;
        found.resize_with(issues.len(), Vec::new);
        let descriptions = issues
            .iter()
            .map(|issue| Ok((issue, model.describe(&descriptions::of(issue)?[..1])?)))
            .collect::<Result<Vec<_>, ModelError>>()?;
        for annotated in articles {
            // Sentence by sentence as they were annotated, so that none is lost to the splitter.
            let (article, starts) = annotated.article();
            let mut points = CodePoints::new(&article.text);
            let sentences: Vec<Sentence> = annotated
                .sentences
                .iter()
                .zip(starts)
                .map(|(sentence, start)| {
                    let bytes = start..start + sentence.text.len();
                    Sentence {
                        start: points.at(bytes.start),
                        end: points.at(bytes.end),
                        bytes,
                    }
                })
                .collect();
            let readings = model.read(&article, &sentences)?;
            for (reading, sentence) in readings.iter().zip(&annotated.sentences) {
                for ((issue, description), found) in descriptions.iter().zip(&mut found) {
                    let gold = sentence.issues.contains(issue);
                    found.push((model.described(reading, description), gold));
                }
            }
        }
    }
    let f1 = |found: &[(f32, bool)], threshold: f32| {
        let (mut both, mut either) = (0u32, 0u32);
        for (probability, gold) in found {
            let hit = *probability >= threshold;
            both += 2 * u32::from(hit && *gold);
            either += u32::from(hit) + u32::from(*gold);
        }
        f64::from(both) / f64::from(either.max(1))
    };
    let mut best = (f64::MIN, 0.5);
    for step in 1..50 {
        let threshold = step as f32 / 50.0;
        let sum: f64 = found.iter().map(|found| f1(found, threshold)).sum();
        if sum > best.0 {
            best = (sum, threshold);
        }
    }
    Ok(best.1)
}

/// The mean of exact and overlapping F1.
fn pooled_mention_f1(results: &[ArticleResult]) -> f64 {
    let report = evaluation::report(results, SEED);
    let value = |f1: &evaluation::Figure| f1.value.unwrap_or(0.0);
    (value(&report.mention.exact.f1) + value(&report.mention.overlapping.f1)) / 2.0
}

/// The temperature of the highest log-likelihood, from 0.5 to 4.0 in steps of 2%.
fn temperature(results: &[ArticleResult]) -> f32 {
    let mut best = (f64::MAX, 1.0);
    let mut temperature = 0.5;
    while temperature <= 4.0 {
        let value = log_loss(results, temperature);
        if value < best.0 {
            best = (value, temperature);
        }
        temperature *= 1.02;
    }
    best.1
}

/// The mean negative log-likelihood of the gold stances if the logits are divided by a
/// temperature; 0 without stances.
fn log_loss(results: &[ArticleResult], temperature: f32) -> f64 {
    let items = || results.iter().flat_map(|r| &r.stances);
    let loss: f64 = items()
        .map(|item| {
            let logits = item.probabilities.map(|p| p.max(1e-12).ln() / temperature);
            let p = crate::model::heads::softmax(&logits);
            -f64::from(p[item.gold as usize]).max(1e-12).ln()
        })
        .sum();
    loss / items().count().max(1) as f64
}
