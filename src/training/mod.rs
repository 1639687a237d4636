//! Training (feature `torch`): labels in, a model folder out.
//!
//! | module | what it does |
//! | --- | --- |
//! | [`corpus`] | labels are read and checked |
//! | [`base`] | what training starts from: one of our models, or an encoder |
//! | [`augment`], [`states`], [`examples`] | articles become batches, with other names each time |
//! | [`network`], [`heads`], [`teacher`], [`optimizer`] | what learns, and how |
//! | [`run`], [`stopping`], [`checkpoint`] | one run of a seed, epoch by epoch |
//! | [`session`], [`described`], [`calibrate`] | the runs' average (a model soup, Wortsman et al. 2022), the head that finds issues by description fitted to it, calibrated on the dev split and compared with the start |
//! | [`save`], [`card`] | the folder, int8 form and model card included |

pub mod augment;
pub mod base;
pub mod calibrate;
pub mod card;
pub mod checkpoint;
pub mod corpus;
mod described;
mod descriptions;
pub mod examples;
pub mod heads;
mod int8;
pub mod network;
mod optimizer;
mod quantise;
mod run;
pub mod save;
mod session;
pub mod states;
mod stopping;
mod teacher;

use std::path::PathBuf;

use tch::Device;

use self::augment::State;
use self::checkpoint::EpochRecord;
pub use self::session::{Finished, Session};
use crate::model::folder::{Calibration, EncoderConfig, TrainingRecord};
use crate::model::weights::NamedWeights;
use crate::model::windows::WindowSizes;

/// What to train on and how.
#[derive(Debug, Clone)]
pub struct Options {
    /// Annotated articles or labelled mentions to learn from.
    pub train: PathBuf,
    /// The same to choose on; none to hold out some of `train`.
    pub dev: Option<PathBuf>,
    pub start: Start,
    /// The model's name in its `config.json`.
    pub name: String,
    /// One run each; the runs' weights are averaged.
    pub seeds: Vec<u64>,
    /// Passes over the articles, at most.
    pub epochs: usize,
    /// Stop after so many epochs without gain on the dev split and keep the best one's weights;
    /// none to go on to the end and keep the average of the last steps.
    pub patience: Option<usize>,
    /// Highest learning rate of the encoder's last layer.
    pub rate: f64,
    /// Tokens in a batch, padding included; none to choose by how much there is to learn from.
    pub batch_tokens: Option<usize>,
    /// Compute the encoder in bf16: about twice as fast on processors that have it.
    pub bf16: bool,
    /// Issues that are left out, to be found by description alone: what that reaches is
    /// measured so.
    pub hold_out: Vec<String>,
    /// States that may be swapped for one another.
    pub states: Vec<State>,
    pub device: Device,
}

/// What training starts from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Start {
    /// A model folder, to fine-tune it, heads and all.
    Model(PathBuf),
    /// The folder of a pretrained encoder, to make a model from scratch.
    Encoder(PathBuf),
}

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
    /// A run goes on after this epoch of an earlier command.
    Resumed { seed: u64, epoch: usize },
    /// An epoch has ended.
    Epoch {
        seed: u64,
        record: &'a EpochRecord,
        epochs: usize,
        /// The best yet on the dev split.
        best: bool,
    },
    /// The run ends early, and keeps this epoch.
    Stopped { seed: u64, kept: usize },
}
