//! The default engine: the encoder's int8 form, with nothing to install.
//!
//! [`encoder`] is the forward pass, made of [`dense`] layers, [`attention`] and what [`rows`] does
//! to single tokens. Products of matrices are rten-gemm's, which has kernels for each kind of
//! processor; all else is done to a few tokens at a time while they are in the cache, which is why
//! this is faster than an interpreter of graphs that hands whole windows from operator to
//! operator.

mod attention;
mod dense;
mod encoder;
mod file;
mod rows;

use std::borrow::Cow;
use std::cell::RefCell;

use rayon::{ThreadPool, ThreadPoolBuilder};

use super::ModelError;
use super::engine::{Engine, TokenVectors};
use super::folder::EncoderConfig;
use super::windows::Window;
use encoder::{Encoder, Scratch};
use file::File;

/// Runs one window at a time, for the calling thread on one core. Activations are quantised by the
/// range found in each token, so that a window's vectors cannot depend on what else is scored, and
/// nothing is padded; the caller keeps the cores busy with one window each.
pub struct Embedded {
    encoder: Encoder,
}

thread_local! {
    /// Where a thread's windows run. rten-gemm spreads its products over all threads of the pool
    /// that it is called from, which for windows of this size costs more than it gives.
    static LANE: Result<ThreadPool, String> = ThreadPoolBuilder::new()
        .num_threads(1)
        .thread_name(|_| "encoder".into())
        .build()
        .map_err(|e| e.to_string());
    /// What a lane works with, kept from window to window.
    static SCRATCH: RefCell<Scratch> = RefCell::default();
}

impl Embedded {
    /// From the bytes of a `model-int8.safetensors`.
    pub fn new(bytes: &[u8], config: &EncoderConfig) -> Result<Embedded, ModelError> {
        let table = |bytes: &[u8]| Cow::Owned(bytes.to_vec());
        let encoder = Encoder::load(&File::parse(bytes)?, config, table)?;
        Ok(Embedded { encoder })
    }

    /// From bytes that are part of the program; the table of words stays where it is.
    pub fn from_static(
        bytes: &'static [u8],
        config: &EncoderConfig,
    ) -> Result<Embedded, ModelError> {
        let encoder = Encoder::load(&File::parse(bytes)?, config, Cow::Borrowed)?;
        Ok(Embedded { encoder })
    }

    fn encode_one(&self, window: &Window) -> Result<TokenVectors, ModelError> {
        let run = || SCRATCH.with_borrow_mut(|scratch| self.encoder.run(window, scratch));
        let values = LANE.with(|lane| match lane {
            Ok(lane) => lane.install(run),
            Err(reason) => Err(failed(format!("no thread to run on: {reason}"))),
        })?;
        Ok(TokenVectors {
            width: self.encoder.width(),
            values,
        })
    }
}

impl Engine for Embedded {
    fn encode(&self, windows: &[Window]) -> Result<Vec<TokenVectors>, ModelError> {
        windows.iter().map(|w| self.encode_one(w)).collect()
    }

    fn name(&self) -> &'static str {
        "embedded"
    }
}

fn failed(reason: impl std::fmt::Display) -> ModelError {
    ModelError::Engine {
        engine: "embedded",
        reason: reason.to_string(),
    }
}
