//! One training run: a seed, epoch by epoch.

use std::collections::BTreeMap;
use std::path::Path;
use std::time::Instant;

use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;
use tch::nn;

use super::Progress;
use super::augment::Augmenter;
use super::calibrate::{self, DevFigures};
use super::checkpoint::{Checkpoint, EpochRecord, MeanLosses, RunRecord};
use super::corpus::Corpus;
use super::descriptions::Descriptions;
use super::examples;
use super::heads::{ISSUE_WEIGHT, MENTION_WEIGHT};
use super::network::Network;
use super::optimizer::AdamW;
use super::session::Session;
use super::stopping::Stopping;
use super::teacher::Teacher;
use crate::model::tokens::WordPieces;
use crate::model::torch::load_variables;

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
/// The heads of all seeds start alike, so that their weights can be averaged.
const HEAD_SEED: i64 = 20_260;

/// Seed of how the dev split is cut.
const DEV_SEED: u64 = 1;

/// A run that is under way.
struct Run<'s> {
    session: &'s Session<'s>,
    train: Corpus,
    dev: Corpus,
    pieces: WordPieces,
    network: Network,
    teacher: Option<Teacher>,
    optimizer: AdamW,
    augmenter: Augmenter,
    descriptions: Descriptions,
}

impl Session<'_> {
    /// Train once, keeping what is done in `file` after each epoch. A run that `file` holds
    /// already goes on from there.
    pub fn run(
        &self,
        seed: u64,
        file: &Path,
        tell: &mut dyn FnMut(Progress),
    ) -> anyhow::Result<()> {
        let options = self.options;
        // Two runs on a core each are twice as fast as one run on both.
        tch::set_num_threads(1);
        let mut run = Run::new(self, seed)?;
        let mut held = match Checkpoint::read(file)? {
            Some(held) if held.record.finished => return Ok(()),
            Some(held) => {
                if let Some(state) = &held.optimizer {
                    run.optimizer.restore(state)?;
                }
                let epoch = held.record.epochs.len();
                tell(Progress::Resumed { seed, epoch });
                held
            }
            None => {
                let start = match &self.base.ours {
                    Some(_) => Some(DevFigures::of(
                        &self.judge_start(&run.dev.articles)?,
                        run.dev_losses()?,
                    )),
                    None => None,
                };
                Checkpoint {
                    record: RunRecord::new(seed, start),
                    weights: self.base.weights(),
                    optimizer: None,
                }
            }
        };
        let mut stopping = match (options.patience, &held.record.start) {
            (Some(patience), Some(start)) => Some(Stopping::new(patience, start.loss)),
            _ => None,
        };
        for done in &held.record.epochs {
            if let Some(stopping) = &mut stopping {
                stopping.record(done.epoch, done.dev.loss);
            }
        }
        for epoch in held.record.epochs.len() + 1..=options.epochs {
            if stopping.as_ref().is_some_and(Stopping::is_over) {
                let kept = held.record.kept;
                tell(Progress::Stopped { seed, kept });
                break;
            }
            let began = Instant::now();
            let loss = run.epoch(epoch, &mut held.record)?;
            let trained = self.trained(run.optimizer.weights())?;
            let judged = calibrate::judge(&trained, &run.dev.articles)?;
            let dev = DevFigures::of(&judged, run.dev_losses()?);
            let best = stopping.as_mut().is_some_and(|s| s.record(epoch, dev.loss));
            held.record.kept = stopping.as_ref().map_or(epoch, Stopping::best_epoch);
            if held.record.kept == epoch {
                held.weights = run.optimizer.weights();
            }
            let record = EpochRecord {
                epoch,
                loss,
                dev,
                seconds: began.elapsed().as_secs_f64(),
            };
            tell(Progress::Epoch {
                seed,
                record: &record,
                epochs: options.epochs,
                best,
            });
            held.record.epochs.push(record);
            held.optimizer = Some(run.optimizer.state());
            held.write(file)?;
        }
        held.record.finished = true;
        held.optimizer = None;
        held.write(file)
    }
}

impl<'s> Run<'s> {
    fn new(session: &'s Session<'s>, seed: u64) -> anyhow::Result<Run<'s>> {
        let (options, base) = (session.options, &session.base);
        let (train, dev) = session.corpora.of_run(seed);
        let pieces = WordPieces::new(&base.tokenizer)?;
        let network = || -> anyhow::Result<Network> {
            tch::manual_seed(HEAD_SEED);
            let network =
                Network::new(&base.encoder, session.issues.len(), DROPOUT, options.device);
            load_variables(&network.encoder_variables, &base.encoder_weights)?;
            if let Some((_, heads)) = &base.ours {
                load_variables(&network.head_variables, heads)?;
            }
            Ok(network)
        };
        let teacher = match train.complete || base.ours.is_none() {
            true => None,
            false => Some(Teacher::new(network()?, options.bf16)),
        };
        let mut network = network()?;
        Ok(Run {
            optimizer: optimizer(session, &mut network),
            augmenter: Augmenter::new(options.states.clone(), &train.articles),
            descriptions: Descriptions::of(&session.issues, &pieces)?,
            session,
            train,
            dev,
            pieces,
            network,
            teacher,
        })
    }

    /// The losses of mentions and issues in the dev split, where they are annotated, weighted as
    /// in training.
    fn dev_losses(&self) -> anyhow::Result<f64> {
        let session = self.session;
        // The articles are cut at random, but alike each time.
        let mut rng = ChaCha8Rng::seed_from_u64(DEV_SEED);
        let mut passages = Vec::new();
        for article in &self.dev.articles {
            passages.extend(examples::passages(
                article,
                &session.issues,
                session.windows,
                &self.pieces,
                &mut rng,
            )?);
        }
        let budget = examples::batch_tokens(&passages);
        let device = session.options.device;
        let (mut sum, mut weight) = ([0.0; 2], [0.0; 2]);
        for batch in examples::batches(passages, budget, &mut rng, device) {
            let described = self.descriptions.batch(&mut rng, device);
            let losses = tch::no_grad(|| {
                let vectors = self.network.read(&batch, &described, false);
                self.network.losses(&vectors, &batch, &described, false)
            });
            let sizes = [batch.word_first.numel(), batch.issues_known.numel()];
            for (task, loss) in [&losses.mention, &losses.issue].into_iter().enumerate() {
                sum[task] += loss.double_value(&[]) * sizes[task] as f64;
                weight[task] += sizes[task] as f64;
            }
        }
        let mean = |task: usize| match weight[task] {
            0.0 => 0.0,
            weight => sum[task] / weight,
        };
        Ok(MENTION_WEIGHT * mean(0) + ISSUE_WEIGHT * mean(1))
    }

    /// One pass over the articles. What is random in it follows from seed and epoch alone, so
    /// that a run that was killed goes on as it would have.
    fn epoch(&mut self, epoch: usize, record: &mut RunRecord) -> anyhow::Result<MeanLosses> {
        let Session {
            options,
            issues,
            windows,
            ..
        } = self.session;
        let mut rng = ChaCha8Rng::seed_from_u64(record.seed);
        rng.set_stream(epoch as u64);
        tch::manual_seed(
            record
                .seed
                .wrapping_mul(1_000_003)
                .wrapping_add(epoch as u64) as i64,
        );
        let mut passages = Vec::new();
        for article in &self.train.articles {
            let article = self.augmenter.augment(article, &mut rng);
            passages.extend(examples::passages(
                &article,
                issues,
                *windows,
                &self.pieces,
                &mut rng,
            )?);
        }
        let budget = options
            .batch_tokens
            .unwrap_or_else(|| examples::batch_tokens(&passages));
        let batches = examples::batches(passages, budget, &mut rng, options.device);
        if epoch == 1 {
            record.steps_in_all = batches.len() * options.epochs;
        }
        let mut sums = [0f64; 6];
        for batch in &batches {
            let steps_done = f64::from(self.optimizer.steps());
            let done = (steps_done / record.steps_in_all.max(1) as f64).min(1.0);
            let described = self.descriptions.batch(&mut rng, options.device);
            let vectors = self.network.read(batch, &described, true);
            let losses = self.network.losses(&vectors, batch, &described, true);
            let mut total = losses.total();
            let mut kept = 0.0;
            if let Some(teacher) = &self.teacher {
                let loss = teacher.loss(&self.network, &vectors, batch, &described);
                kept = loss.double_value(&[]);
                total += loss;
            }
            self.optimizer.step(&total, options.rate * schedule(done));
            if done >= 1.0 - AVERAGED {
                self.optimizer.average();
            }
            let values = [
                &losses.mention,
                &losses.stance,
                &losses.issue,
                &losses.antecedent,
                &losses.likeness,
            ]
            .map(|loss| loss.double_value(&[]));
            for (sum, value) in sums.iter_mut().zip(values.into_iter().chain([kept])) {
                *sum += value;
            }
        }
        let [mention, stance, issue, antecedent, likeness, kept] =
            sums.map(|sum| sum / batches.len().max(1) as f64);
        anyhow::ensure!(
            sums.iter().all(|sum| sum.is_finite()),
            "training diverged in epoch {epoch}; lower --rate"
        );
        Ok(MeanLosses {
            mention,
            stance,
            issue,
            antecedent,
            likeness,
            kept,
        })
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
/// happens to hold. Heads that the corpus has nothing to teach stay as they are.
fn optimizer(session: &Session, network: &mut Network) -> AdamW {
    let layers = session.base.encoder.num_hidden_layers;
    let train = &session.corpora.train;
    let mut optimizer = AdamW::default();
    // In a fixed order, so that sums over all variables are the same each time.
    let sorted = |store: &nn::VarStore| BTreeMap::from_iter(store.variables());
    for (name, variable) in sorted(&network.encoder_variables) {
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
    for (name, variable) in sorted(&network.head_variables) {
        let taught = match name.split('.').next() {
            Some("stance") => true,
            Some("issue") => train.teaches_issues(),
            _ => train.teaches_mentions(),
        };
        if taught {
            optimizer.add(name, &variable, HEAD_RATE, WEIGHT_DECAY);
        } else {
            let _ = variable.set_requires_grad(false);
            optimizer.keep(name, &variable);
        }
    }
    for (name, variable) in sorted(&network.aside_variables) {
        if train.teaches_mentions() {
            optimizer.add(name, &variable, HEAD_RATE, WEIGHT_DECAY);
        } else {
            let _ = variable.set_requires_grad(false);
        }
    }
    // Last, so that the optimizer's own copies have kept full precision.
    if session.options.bf16 {
        network.encoder_variables.bfloat16();
    }
    optimizer
}
