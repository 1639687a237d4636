//! What a training run has come to, in one file: written after every epoch, so that a run that
//! was killed goes on from there.

use std::fs::File;
use std::io::Write;
use std::path::Path;

use anyhow::Context;
use serde::{Deserialize, Serialize};

use super::calibrate::DevFigures;
use super::optimizer::OptimizerState;
use crate::model::weights::{self, NamedWeights, Precision};

/// An epoch of a run: mean losses and what it brought.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct EpochRecord {
    /// From 1.
    pub epoch: usize,
    pub loss: MeanLosses,
    pub dev: DevFigures,
    /// How long it took, dev split included.
    pub seconds: f64,
}

/// Mean losses over the batches of an epoch, by task, before weighting.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
pub struct MeanLosses {
    pub mention: f64,
    pub stance: f64,
    pub issue: f64,
    pub antecedent: f64,
    pub likeness: f64,
    /// Of keeping to the start where nothing is annotated.
    pub kept: f64,
}

/// The history of a run.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct RunRecord {
    pub seed: u64,
    /// The dev split before the first epoch; none where training starts from an encoder.
    pub start: Option<DevFigures>,
    pub epochs: Vec<EpochRecord>,
    /// The epoch whose weights are kept, 0 for those of the start.
    pub kept: usize,
    pub finished: bool,
    /// Steps that all epochs would take.
    pub steps_in_all: usize,
    steps: i32,
    averaged: i64,
}

impl RunRecord {
    pub fn new(seed: u64, start: Option<DevFigures>) -> RunRecord {
        RunRecord {
            seed,
            start,
            epochs: Vec::new(),
            kept: 0,
            finished: false,
            steps_in_all: 0,
            steps: 0,
            averaged: 0,
        }
    }
}

/// A run as its file holds it.
pub struct Checkpoint {
    pub record: RunRecord,
    /// The weights of the epoch that is kept.
    pub weights: NamedWeights,
    /// None for a finished run.
    pub optimizer: Option<OptimizerState>,
}

/// The kept weights' names in the file begin so.
const KEPT: &str = "kept.";

impl Checkpoint {
    /// The run that `file` holds, if the file is there.
    pub fn read(file: &Path) -> anyhow::Result<Option<Checkpoint>> {
        let bytes = match std::fs::read(file) {
            Ok(bytes) => bytes,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
            Err(error) => {
                return Err(error).with_context(|| format!("cannot read {}", file.display()));
            }
        };
        parse(&bytes).map(Some).with_context(|| {
            let name = file.display();
            format!("{name} holds no training run that can go on; delete it to begin anew")
        })
    }

    /// Write the run, whole or not at all.
    pub fn write(&self, file: &Path) -> anyhow::Result<()> {
        let mut record = self.record.clone();
        let mut tensors: NamedWeights = self
            .weights
            .iter()
            .map(|(name, tensor)| (format!("{KEPT}{name}"), tensor.clone()))
            .collect();
        if let Some(state) = &self.optimizer {
            (record.steps, record.averaged) = (state.steps, state.averaged);
            tensors.extend(state.tensors.clone());
        }
        let note = serde_json::to_string(&record)?;
        let bytes = weights::write_noted(&tensors, Precision::F32, Some(note))?;
        // Under a name of its own, so that a command killed while writing leaves nothing that the
        // next one does not write over.
        let partial = file.with_extension("partial");
        let replace = || {
            let mut out = File::create(&partial)?;
            out.write_all(&bytes)?;
            out.sync_all()?;
            std::fs::rename(&partial, file)
        };
        replace().with_context(|| format!("cannot write {}", file.display()))
    }
}

fn parse(bytes: &[u8]) -> anyhow::Result<Checkpoint> {
    let note = weights::note(bytes).context("it is no file of a training run")?;
    let record: RunRecord = serde_json::from_str(&note)?;
    let (mut kept, mut tensors) = (NamedWeights::new(), NamedWeights::new());
    for (name, tensor) in weights::read(bytes)? {
        match name.strip_prefix(KEPT) {
            Some(name) => kept.insert(name.to_owned(), tensor),
            None => tensors.insert(name, tensor),
        };
    }
    let optimizer = (!record.finished).then_some(OptimizerState {
        tensors,
        steps: record.steps,
        averaged: record.averaged,
    });
    Ok(Checkpoint {
        record,
        weights: kept,
        optimizer,
    })
}
