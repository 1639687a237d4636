//! The default engine: the int8 ONNX encoder, run by rten.

use std::sync::Arc;

use rten::{Model, ModelOptions, NodeId, RunOptions, ThreadPool, ValueOrView};
use rten_tensor::NdTensor;
use rten_tensor::prelude::*;

use super::ModelError;
use super::engine::{Engine, TokenVectors};
use super::folder::EncoderConfig;
use super::windows::Window;

/// Runs one window at a time on the calling thread. Activations are quantised by the range found
/// in the window itself, so that a window's vectors cannot depend on what else is scored, and
/// nothing is padded; the caller keeps the cores busy with one window each.
pub struct Embedded {
    model: Model,
    ids: NodeId,
    casing: NodeId,
    positions: NodeId,
    vectors: NodeId,
    width: usize,
}

thread_local! {
    /// Where a scoring thread's windows run. rten would spread one window over every core, which
    /// for windows of this size costs more than it gives.
    static LANE: Arc<ThreadPool> = Arc::new(ThreadPool::with_num_threads(1));
}

impl Embedded {
    /// From the bytes of a `model.onnx`.
    pub fn new(onnx: Vec<u8>, config: &EncoderConfig) -> Result<Embedded, ModelError> {
        Self::from_model(options().load(onnx).map_err(failed)?, config)
    }

    /// From bytes that are part of the program, without copying them.
    pub fn from_static(
        onnx: &'static [u8],
        config: &EncoderConfig,
    ) -> Result<Embedded, ModelError> {
        Self::from_model(options().load_static_slice(onnx).map_err(failed)?, config)
    }

    fn from_model(model: Model, config: &EncoderConfig) -> Result<Embedded, ModelError> {
        let node = |name| model.node_id(name).map_err(failed);
        Ok(Embedded {
            ids: node("input_ids")?,
            casing: node("token_type_ids")?,
            positions: node("position_ids")?,
            vectors: node("token_vectors")?,
            width: config.hidden_size,
            model,
        })
    }

    fn encode_one(&self, window: &Window) -> Result<TokenVectors, ModelError> {
        let tokens = window.ids.len();
        let row = |values: Vec<i32>| -> ValueOrView<'static> {
            NdTensor::from_data([tokens], values).into()
        };
        let inputs = vec![
            (
                self.ids,
                row(window.ids.iter().map(|id| *id as i32).collect()),
            ),
            (
                self.casing,
                row(window.casing.iter().map(|c| i32::from(*c)).collect()),
            ),
            (self.positions, row((0..tokens as i32).collect())),
        ];
        let options = RunOptions::default().with_thread_pool(Some(LANE.with(Arc::clone)));
        let [output] = self
            .model
            .run_n(inputs, [self.vectors], Some(options))
            .map_err(failed)?;
        let output: NdTensor<f32, 2> = output.try_into().map_err(failed)?;
        if output.shape() != [tokens, self.width] {
            return Err(failed(format!(
                "expected {tokens} × {} values, got {:?}",
                self.width,
                output.shape()
            )));
        }
        Ok(TokenVectors {
            width: self.width,
            values: output.into_data(),
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

/// Weights are brought into the order in which they are multiplied once, not for every window:
/// that is an eighth of the time, for 11 MB.
fn options() -> ModelOptions {
    let mut options = ModelOptions::with_all_ops();
    options.prepack_weights(true);
    options
}

fn failed(reason: impl std::fmt::Display) -> ModelError {
    ModelError::Engine {
        engine: "embedded",
        reason: reason.to_string(),
    }
}
