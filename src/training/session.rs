//! Corpora and start, read once; runs averaged, calibrated and compared.

use std::collections::BTreeMap;
use std::path::PathBuf;

use anyhow::Context;

use super::base::Base;
use super::calibrate::HeldOut;
use super::checkpoint::RunRecord;
use super::corpus::{Corpora, Dev, part_of_run};
use super::{Options, Start, Trained, WINDOWS, calibrate, described, save};
use crate::annotations::{AnnotatedArticle, Findings};
use crate::codebook;
use crate::evaluation::{self, ArticleResult, Comparison, Report};
use crate::model::folder::{self, Calibration, TrainingRecord};
use crate::model::weights::NamedWeights;
use crate::model::windows::WindowSizes;

/// The described head's tensors begin so.
const DESCRIBED: &str = "described.";

/// Seed of the intervals.
pub const SEED: u64 = 1;

/// Corpora, start and settings, read once.
pub struct Session<'o> {
    pub options: &'o Options,
    pub base: Base,
    pub issues: Vec<String>,
    pub windows: WindowSizes,
    pub corpora: Corpora,
    /// What was found wrong with the corpora; no errors.
    pub findings: Findings,
}

/// What training comes to.
pub struct Finished {
    pub trained: Trained,
    /// On what was held out.
    pub report: Report,
    /// With the model that training started from, on what was held out.
    pub comparison: Option<Comparison>,
}

impl<'o> Session<'o> {
    /// Read and check what the options name.
    ///
    /// # Errors
    /// When a file cannot be read; or, all in one message, what is wrong with the labels.
    pub fn open(options: &'o Options) -> anyhow::Result<Session<'o>> {
        let base = match &options.start {
            Start::Model(path) => Base::model(path)
                .with_context(|| format!("cannot start from the model {}", path.display()))?,
            Start::Encoder(path) => Base::encoder(path)
                .with_context(|| format!("cannot start from the encoder {}", path.display()))?,
        };
        let all = match &base.ours {
            Some((config, _)) => config.issues.clone(),
            None => codebook::ISSUES.map(str::to_owned).to_vec(),
        };
        if let Some(unknown) = options.hold_out.iter().find(|issue| !all.contains(issue)) {
            anyhow::bail!(
                "{unknown:?} cannot be held out: there is no such issue, but {}",
                all.join(", ")
            );
        }
        let mut findings = Findings::default();
        let corpora = Corpora::open(&options.train, options.dev.as_deref(), &all, &mut findings)?;
        anyhow::ensure!(
            findings.errors() == 0,
            "the labels cannot be used as they are:\n{findings}"
        );
        anyhow::ensure!(
            base.ours.is_some() || corpora.train.complete,
            "a table of labels says nothing of the mentions and issues that it leaves out, so it \
             cannot make a model from scratch; fine-tune one with --from, or give annotated \
             articles (JSON Lines)"
        );
        let mut issues = all;
        issues.retain(|issue| !options.hold_out.contains(issue));
        Ok(Session {
            options,
            issues,
            windows: base
                .ours
                .as_ref()
                .map_or(WINDOWS, |(config, _)| config.windows),
            corpora,
            findings,
            base,
        })
    }

    /// The file, in the output folder, of the run of a seed; named by all that decides its
    /// weights.
    pub fn run_file(&self, seed: u64) -> anyhow::Result<PathBuf> {
        let options = self.options;
        let start = match &options.start {
            Start::Model(path) => save::file_sha256(&path.join(folder::CONFIG))?,
            Start::Encoder(path) => save::file_sha256(&path.join(folder::SAFETENSORS))?,
        };
        let key = format!(
            "{} {} {} {start} {} {:?} {} {:?} {} {:?}",
            env!("CARGO_PKG_VERSION"),
            self.corpora.train.sha256,
            self.corpora.dev_sha256(),
            options.epochs,
            options.patience,
            options.rate,
            options.batch_tokens,
            options.bf16,
            options.hold_out,
        );
        let key = folder::sha256(key.as_bytes());
        Ok(format!("seed-{seed}-{}.run", &key[..12]).into())
    }

    /// Average the runs' weights, fit the described head, choose the calibration on what was held
    /// out, and compare the outcome with the start.
    ///
    /// Where each run held out a part of its own, each part is judged by the runs that have not
    /// learnt from it, not by the average, which has.
    pub fn finish(&self, runs: &[(RunRecord, NamedWeights)]) -> anyhow::Result<Finished> {
        let mut trained = self.trained(average(runs.iter().map(|(_, weights)| weights)))?;
        let described = self.described(&trained)?;
        trained.head_weights.extend(described.clone());
        let mut held_out = Vec::new();
        match &self.corpora.dev {
            Dev::Given(dev) => held_out.push(HeldOut::new(&trained, dev.articles.clone())?),
            Dev::Parts(_) => {
                for (articles, weights) in self.by_part(runs) {
                    let mut alone = self.trained(weights)?;
                    alone.head_weights.extend(described.clone());
                    held_out.push(HeldOut::new(&alone, articles)?);
                }
            }
        }
        trained.calibration = calibrate::choose(
            &mut held_out,
            trained.calibration,
            self.corpora.dev_complete(),
        )?;
        let after = calibrate::judge_held_out(&held_out)?;
        let comparison = match &self.base.ours {
            Some(_) => {
                let articles = held_out
                    .iter()
                    .flat_map(|part| part.articles.iter().cloned());
                let articles: Vec<_> = articles.collect();
                let before = self.judge_start(&articles)?;
                Some(evaluation::compare(&before, &[&after], SEED))
            }
            None => None,
        };
        Ok(Finished {
            report: evaluation::report(&after, SEED),
            trained,
            comparison,
        })
    }

    /// The parts that were held out, each with the average of the runs that held it out.
    fn by_part(
        &self,
        runs: &[(RunRecord, NamedWeights)],
    ) -> Vec<(Vec<AnnotatedArticle>, NamedWeights)> {
        let mut parts: BTreeMap<usize, Vec<&(RunRecord, NamedWeights)>> = BTreeMap::new();
        for run in runs {
            parts.entry(part_of_run(run.0.seed)).or_default().push(run);
        }
        parts
            .into_values()
            .filter_map(|runs| {
                let (record, _) = runs.first()?;
                let (_, dev) = self.corpora.of_run(record.seed);
                let weights = average(runs.iter().map(|(_, weights)| weights));
                Some((dev.articles, weights))
            })
            .collect()
    }

    /// The tensors of the head that finds issues by description: fitted on annotated articles.
    /// A table has too little to fit it on; then it stays as it is.
    fn described(&self, trained: &Trained) -> anyhow::Result<NamedWeights> {
        let train = &self.corpora.train;
        match &self.base.ours {
            Some((_, heads)) if !train.complete => Ok(heads
                .iter()
                .filter(|(name, _)| name.starts_with(DESCRIBED))
                .map(|(name, tensor)| (name.clone(), tensor.clone()))
                .collect()),
            _ => {
                let teacher = described::Teacher::of(&self.base, self.windows)?;
                Ok(described::fit(trained, &teacher, &train.articles)?)
            }
        }
    }

    /// What the model that training starts from finds in articles.
    pub(super) fn judge_start(
        &self,
        articles: &[AnnotatedArticle],
    ) -> anyhow::Result<Vec<ArticleResult>> {
        let start = self.trained(self.base.weights())?;
        Ok(calibrate::judge(&start, articles)?)
    }

    /// Weights as a model, calibrated as the start is.
    pub(super) fn trained(&self, weights: NamedWeights) -> anyhow::Result<Trained> {
        let (encoder_weights, mut head_weights): (NamedWeights, NamedWeights) = weights
            .into_iter()
            .partition(|(name, _)| name.starts_with("embeddings.") || name.starts_with("encoder."));
        head_weights
            .retain(|name, _| !name.starts_with("likeness.") && !name.starts_with(DESCRIBED));
        head_weights.extend(described::unfitted(self.base.encoder.hidden_size));
        Ok(Trained {
            name: self.options.name.clone(),
            tokenizer: self.base.tokenizer.clone(),
            encoder: self.base.encoder.clone(),
            encoder_weights,
            head_weights,
            windows: self.windows,
            calibration: self.base.ours.as_ref().map_or(
                Calibration {
                    stance_temperature: 1.0,
                    mention_bias: 0.0,
                    issue_threshold: 0.5,
                    described_threshold: 0.5,
                },
                |(config, _)| config.calibration,
            ),
            record: TrainingRecord {
                seeds: self.options.seeds.clone(),
                epochs: self.options.epochs,
                from: self.base.ours.as_ref().map(|(config, _)| config.checksum()),
                train_sha256: self.corpora.train.sha256.clone(),
                dev_sha256: self.corpora.dev_sha256().to_owned(),
            },
            issues: self.issues.clone(),
        })
    }
}

/// The mean of the runs' weights; what no run has changed stays as it is, to the bit.
fn average<'w>(runs: impl Iterator<Item = &'w NamedWeights>) -> NamedWeights {
    let runs: Vec<&NamedWeights> = runs.collect();
    let Some(first) = runs.first() else {
        return NamedWeights::new();
    };
    let mut mean = (*first).clone();
    for (name, tensor) in &mut mean {
        let others: Vec<&[f32]> = runs[1..]
            .iter()
            .filter_map(|run| Some(run.get(name)?.values.as_slice()))
            .collect();
        for (at, value) in tensor.values.iter_mut().enumerate() {
            let further: f32 = others.iter().map(|other| other[at] - *value).sum();
            *value += further / runs.len() as f32;
        }
    }
    mean
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::weights::Weights;

    #[test]
    fn the_mean_of_equal_weights_is_those_weights() {
        let run = |values: &[f32]| {
            let shape = vec![values.len()];
            let values = values.to_vec();
            NamedWeights::from([("w".to_owned(), Weights { shape, values })])
        };
        let (one, other) = (run(&[0.1, 1.0]), run(&[0.1, 2.0]));
        let mean = average([&one, &other, &other, &other, &one].into_iter());
        assert_eq!(mean["w"].values, [0.1, 1.6]);
    }
}
