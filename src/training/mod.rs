//! Training (feature `torch`): annotated articles in, a model folder out.
//!
//! [`Session`] holds what is read once. In each [`Session::run`] examples are made anew for each pass, with [`augment`]ed names
//! and windows of every length; the [`network`] learns from
//! them. [`Session::finish`] averages the runs' weights (a model soup, Wortsman et al. 2022), fits
//! the head that finds issues by description ([`described`]) and chooses temperature, mention bias
//! and thresholds on the dev split; [`save`] writes the
//! folder, int8 ONNX included.

pub mod augment;
pub mod base;
pub mod calibrate;
mod described;
mod descriptions;
pub mod examples;
pub mod heads;
pub mod network;
mod onnx;
mod onnx_format;
mod optimizer;
mod quantise;
pub mod save;
pub mod states;

use std::path::PathBuf;

use anyhow::Context;
use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;
use tch::Device;

use self::augment::{Augmenter, State};
use self::base::Base;
use self::described::Teacher;
use self::descriptions::Descriptions;
use self::network::Network;
use self::optimizer::AdamW;
use crate::annotations::{self, AnnotatedArticle};
use crate::codebook;
use crate::evaluation::Report;
use crate::model::folder::{self, Calibration, EncoderConfig, TrainingRecord};
use crate::model::tokens::WordPieces;
use crate::model::weights::NamedWeights;
use crate::model::windows::WindowSizes;

/// What to train on and how.
#[derive(Debug, Clone)]
pub struct Options {
    /// Annotated articles to learn from.
    pub train: PathBuf,
    /// Annotated articles to choose on.
    pub dev: PathBuf,
    /// The model folder or encoder folder to start from.
    pub base: PathBuf,
    /// The model's name in its `config.json`.
    pub name: String,
    /// One run each; the runs' weights are averaged.
    pub seeds: Vec<u64>,
    /// Passes over the articles.
    pub epochs: usize,
    /// Highest learning rate of the encoder's last layer.
    pub rate: f64,
    /// Tokens in a batch, padding included.
    pub batch_tokens: usize,
    /// Compute the encoder in bf16: about twice as fast on processors that have it.
    pub bf16: bool,
    /// Issues that are left out, to be found by description alone: what that reaches is
    /// measured so.
    pub hold_out: Vec<String>,
    /// States that may be swapped for one another.
    pub states: Vec<State>,
    pub device: Device,
}

/// Heads learn this many times faster than the encoder.
const HEAD_RATE: f64 = 5.0;
/// Each layer learns at this share of the rate of the one above it.
const LAYER_DECAY: f64 = 0.9;
const WEIGHT_DECAY: f64 = 0.05;
const DROPOUT: f64 = 0.1;
/// Share of the steps in which the rate rises.
const WARMUP: f64 = 0.08;
/// The weights of the last share of the steps are averaged.
const AVERAGED: f64 = 0.3;
/// The dev split is measured after so many epochs.
const DEV_EVERY: usize = 3;
/// The heads of all seeds start alike, so that their weights can be averaged.
const HEAD_SEED: i64 = 20_260;

/// Window sizes of the models trained here.
pub const WINDOWS: WindowSizes = WindowSizes {
    window: 256,
    title: 24,
    context_sentences: 2,
    context: 56,
};

/// A trained network's weights and how they came about.
pub struct Trained {
    pub name: String,
    /// `tokenizer.json`
    pub tokenizer: Vec<u8>,
    pub encoder: EncoderConfig,
    pub encoder_weights: NamedWeights,
    pub head_weights: NamedWeights,
    pub issues: Vec<String>,
    pub windows: WindowSizes,
    pub calibration: Calibration,
    pub record: TrainingRecord,
}

/// What is told while training goes on.
pub enum Progress<'a> {
    /// An epoch of a seed has ended: mean losses.
    Epoch {
        seed: u64,
        epoch: usize,
        mention: f64,
        stance: f64,
        issue: f64,
        antecedent: f64,
        likeness: f64,
        seconds: f64,
    },
    /// Figures on the dev split.
    Dev { what: String, report: &'a Report },
}

/// The weights of one training run: encoder and heads, by name.
pub type Run = NamedWeights;

/// Corpora, base and settings, read once.
pub struct Session<'o> {
    options: &'o Options,
    base: Base,
    issues: Vec<String>,
    windows: WindowSizes,
    train: Vec<AnnotatedArticle>,
    dev: Vec<AnnotatedArticle>,
}

impl<'o> Session<'o> {
    /// Read what the options name.
    pub fn open(options: &'o Options) -> anyhow::Result<Session<'o>> {
        let base = Base::open(&options.base)
            .with_context(|| format!("cannot start from {}", options.base.display()))?;
        let mut issues = match &base.ours {
            Some((config, _)) => config.issues.clone(),
            None => codebook::ISSUES.map(str::to_owned).to_vec(),
        };
        issues.retain(|issue| !options.hold_out.contains(issue));
        Ok(Session {
            options,
            issues,
            windows: base
                .ours
                .as_ref()
                .map_or(WINDOWS, |(config, _)| config.windows),
            train: annotations::read(&options.train)?,
            dev: annotations::read(&options.dev)?,
            base,
        })
    }

    /// Names the run of a seed by all that decides its weights.
    pub fn run_name(&self, seed: u64) -> anyhow::Result<String> {
        let options = self.options;
        let key = format!(
            "{} {} {} {} {} {} {} {:?}",
            env!("CARGO_PKG_VERSION"),
            save::file_sha256(&options.train)?,
            save::file_sha256(&options.base.join(folder::SAFETENSORS))?,
            options.epochs,
            options.rate,
            options.batch_tokens,
            options.bf16,
            options.hold_out,
        );
        let key = folder::sha256(key.as_bytes());
        Ok(format!("seed-{seed}-{}.safetensors", &key[..12]))
    }

    /// Average the runs' weights, fit the described head and choose the calibration on the dev
    /// split.
    pub fn finish(&self, runs: &[Run], tell: &mut dyn FnMut(Progress)) -> anyhow::Result<Trained> {
        let mut trained = self.trained(average(runs))?;
        let teacher = Teacher::of(&self.base, self.windows)?;
        let head = described::fit(&trained, &teacher, &self.train)?;
        trained.head_weights.extend(head);
        trained.calibration = calibrate::choose(&trained, &self.dev)?;
        let report = calibrate::measure(&trained, &self.dev)?;
        let what = format!("average of {} runs, calibrated", runs.len());
        tell(Progress::Dev {
            what,
            report: &report,
        });
        Ok(trained)
    }

    /// The articles to learn from.
    pub fn train(&self) -> &[AnnotatedArticle] {
        &self.train
    }

    fn trained(&self, run: Run) -> anyhow::Result<Trained> {
        let (encoder_weights, mut head_weights): (NamedWeights, NamedWeights) = run
            .into_iter()
            .partition(|(name, _)| name.starts_with("embeddings.") || name.starts_with("encoder."));
        head_weights
            .retain(|name, _| !name.starts_with("likeness.") && !name.starts_with("described."));
        head_weights.extend(described::unfitted(self.base.encoder.hidden_size));
        Ok(Trained {
            name: self.options.name.clone(),
            tokenizer: self.base.tokenizer.clone(),
            encoder: self.base.encoder.clone(),
            encoder_weights,
            head_weights,
            windows: self.windows,
            calibration: Calibration {
                stance_temperature: 1.0,
                mention_bias: 0.0,
                issue_threshold: 0.5,
                described_threshold: 0.5,
            },
            record: TrainingRecord {
                seeds: self.options.seeds.clone(),
                epochs: self.options.epochs,
                train_sha256: save::file_sha256(&self.options.train)?,
                dev_sha256: save::file_sha256(&self.options.dev)?,
            },
            issues: self.issues.clone(),
        })
    }

    /// Train once.
    pub fn run(&self, seed: u64, tell: &mut dyn FnMut(Progress)) -> anyhow::Result<Run> {
        let Session { options, base, .. } = self;
        // Two runs on a core each are twice as fast as one run on both.
        tch::set_num_threads(1);
        let pieces = WordPieces::new(&base.tokenizer)?;
        tch::manual_seed(HEAD_SEED);
        let mut network = Network::new(&base.encoder, self.issues.len(), DROPOUT, options.device);
        network::load_variables(&network.encoder_variables, &base.encoder_weights)?;
        if let Some((_, heads)) = &base.ours {
            network::load_variables(&network.head_variables, heads)?;
        }
        tch::manual_seed(seed as i64);
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        let mut optimizer = optimizer(&mut network, base.encoder.num_hidden_layers, options.bf16);
        let augmenter = Augmenter::new(options.states.clone(), &self.train);
        let descriptions = Descriptions::of(&self.issues, &pieces)?;

        let (mut steps_done, mut steps_in_all) = (0, 0);
        for epoch in 0..options.epochs {
            let began = std::time::Instant::now();
            let mut passages = Vec::new();
            for article in &self.train {
                let article = augmenter.augment(article, &mut rng);
                passages.extend(examples::passages(
                    &article,
                    &self.issues,
                    self.windows,
                    &pieces,
                    &mut rng,
                )?);
            }
            let batches =
                examples::batches(passages, options.batch_tokens, &mut rng, options.device);
            if epoch == 0 {
                steps_in_all = batches.len() * options.epochs;
            }
            let mut sums = [0f64; 5];
            for batch in &batches {
                let done = (f64::from(steps_done) / steps_in_all as f64).min(1.0);
                let described = descriptions.batch(&mut rng, options.device);
                let losses = network.losses(batch, &described, true);
                optimizer.step(&losses.total(), options.rate * schedule(done));
                if done >= 1.0 - AVERAGED {
                    optimizer.average();
                }
                steps_done += 1;
                let values = [
                    &losses.mention,
                    &losses.stance,
                    &losses.issue,
                    &losses.antecedent,
                    &losses.likeness,
                ];
                for (sum, loss) in sums.iter_mut().zip(values) {
                    *sum += loss.double_value(&[]);
                }
            }
            let means = sums.map(|sum| sum / batches.len().max(1) as f64);
            let [mention, stance, issue, antecedent, likeness] = means;
            anyhow::ensure!(
                means.iter().all(|mean| mean.is_finite()),
                "training diverged in epoch {}; lower --rate",
                epoch + 1
            );
            tell(Progress::Epoch {
                seed,
                epoch: epoch + 1,
                mention,
                stance,
                issue,
                antecedent,
                likeness,
                seconds: began.elapsed().as_secs_f64(),
            });
            if epoch % DEV_EVERY == DEV_EVERY - 1 || epoch + 1 == options.epochs {
                let trained = self.trained(optimizer.weights())?;
                let report = calibrate::measure(&trained, &self.dev)?;
                let what = format!("seed {seed}, epoch {}", epoch + 1);
                tell(Progress::Dev {
                    what,
                    report: &report,
                });
            }
        }
        Ok(optimizer.weights())
    }
}

/// The rate at a share `done` of the steps: a linear rise, then half a cosine down to 2%.
fn schedule(done: f64) -> f64 {
    if done < WARMUP {
        return (done / WARMUP).max(0.01);
    }
    let rest = (done - WARMUP) / (1.0 - WARMUP);
    0.02 + 0.98 * 0.5 * (1.0 + (std::f64::consts::PI * rest).cos())
}

/// Word and position embeddings stay as pretrained: a small corpus would only move the words it
/// happens to hold.
fn optimizer(network: &mut Network, layers: usize, bf16: bool) -> AdamW {
    let mut optimizer = AdamW::default();
    for (name, variable) in network.encoder_variables.variables() {
        let pretrained = name.starts_with("embeddings.word_embeddings")
            || name.starts_with("embeddings.position_embeddings");
        if pretrained {
            let _ = variable.set_requires_grad(false);
            optimizer.keep(name, &variable);
            continue;
        }
        let layer = name
            .split('.')
            .nth(2)
            .and_then(|part| part.parse::<usize>().ok());
        let depth = layer.map_or(layers, |layer| layers - 1 - layer);
        optimizer.add(
            name,
            &variable,
            LAYER_DECAY.powi(depth as i32),
            WEIGHT_DECAY,
        );
    }
    let heads = network.head_variables.variables();
    for (name, variable) in heads.into_iter().chain(network.aside_variables.variables()) {
        optimizer.add(name, &variable, HEAD_RATE, WEIGHT_DECAY);
    }
    // Last, so that the optimizer's own copies have kept full precision.
    if bf16 {
        network.encoder_variables.bfloat16();
    }
    optimizer
}

fn average(runs: &[Run]) -> Run {
    let mut sum = runs.first().cloned().unwrap_or_default();
    for run in runs.iter().skip(1) {
        for (name, tensor) in run {
            if let Some(sum) = sum.get_mut(name) {
                sum.values
                    .iter_mut()
                    .zip(&tensor.values)
                    .for_each(|(s, v)| *s += v);
            }
        }
    }
    for tensor in sum.values_mut() {
        tensor
            .values
            .iter_mut()
            .for_each(|v| *v /= runs.len() as f32);
    }
    sum
}
