//! Values chosen on the dev split once the weights are fixed.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use super::Trained;
use super::{descriptions, save};
use crate::annotations::AnnotatedArticle;
use crate::evaluation::{self, ArticleResult, Report};
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

/// The figures on annotated articles, as the weights and calibration now stand.
pub fn measure(trained: &Trained, articles: &[AnnotatedArticle]) -> Result<Report, ModelError> {
    Ok(evaluation::report(
        &judge(&model(trained)?, articles)?,
        SEED,
    ))
}

fn judge(model: &Model, articles: &[AnnotatedArticle]) -> Result<Vec<ArticleResult>, ModelError> {
    articles
        .iter()
        .map(|article| {
            let linker = Linker::new(Some(&list_of(article)));
            evaluation::judge(model, &linker, article)
        })
        .collect()
}

/// Choose the temperature that makes the stances' log-likelihood highest, and the mention bias
/// and issue threshold that make F1 highest.
pub fn choose(trained: &Trained, articles: &[AnnotatedArticle]) -> Result<Calibration, ModelError> {
    let mut model = model(trained)?;
    let mut best = Calibration {
        stance_temperature: 1.0,
        mention_bias: 0.0,
        issue_threshold: 0.5,
        described_threshold: 0.5,
    };
    let mut bias_f1 = f64::MIN;
    for bias in [-0.5, 0.0, 0.5, 1.0, 1.5] {
        model.set_calibration(Calibration {
            mention_bias: bias,
            ..best
        });
        let results = judge(&model, articles)?;
        let f1 = pooled_mention_f1(&results);
        if f1 > bias_f1 {
            (bias_f1, best.mention_bias) = (f1, bias);
        }
        if bias == 0.0 {
            best.stance_temperature = temperature(&results);
        }
    }
    let mut issue_f1 = f64::MIN;
    for threshold in [0.2, 0.25, 0.3, 0.35, 0.4, 0.45, 0.5, 0.55] {
        model.set_calibration(Calibration {
            issue_threshold: threshold,
            ..best
        });
        let f1 = evaluation::report(&judge(&model, articles)?, SEED)
            .issue
            .micro
            .f1
            .value
            .unwrap_or(0.0);
        if f1 > issue_f1 {
            (issue_f1, best.issue_threshold) = (f1, threshold);
        }
    }
    best.described_threshold = described_threshold(&model, articles)?;
    Ok(best)
}

/// The threshold that makes the mean of the issues' F1 highest when the model's issues are found
/// by the codebook's description alone. The mean, because a user's issue is one issue and most are
/// rarer than the few that make up most of micro-F1.
fn described_threshold(model: &Model, articles: &[AnnotatedArticle]) -> Result<f32, ModelError> {
    let descriptions = model
        .config()
        .issues
        .iter()
        .map(|issue| Ok((issue, model.describe(&descriptions::of(issue)?[..1])?)))
        .collect::<Result<Vec<_>, ModelError>>()?;
    let mut found: Vec<Vec<(f32, bool)>> = vec![Vec::new(); descriptions.len()];
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
    let items: Vec<_> = results.iter().flat_map(|r| &r.stances).collect();
    let likelihood = |temperature: f32| -> f64 {
        items
            .iter()
            .map(|item| {
                let logits = item.probabilities.map(|p| p.max(1e-12).ln() / temperature);
                let p = crate::model::heads::softmax(&logits);
                f64::from(p[item.gold as usize]).max(1e-12).ln()
            })
            .sum()
    };
    let mut best = (f64::MIN, 1.0);
    let mut temperature = 0.5;
    while temperature <= 4.0 {
        let value = likelihood(temperature);
        if value > best.0 {
            best = (value, temperature);
        }
        temperature *= 1.02;
    }
    best.1
}
