//! A dense layer with 8-bit weights.

use rten_gemm::{GemmExecutor, GemmInputA, GemmInputB, GemmOptions, PackedBMatrix};
use rten_simd::SimdOp;
use rten_tensor::prelude::*;
use rten_tensor::{NdTensor, NdTensorView};

use super::failed;
use super::file::File;
use super::rows::{Finish, Then, ToSteps};
use crate::model::ModelError;

/// Products of tokens and weights in 8 bits.
pub type Int8Products = GemmExecutor<u8, i8, i32>;

/// Activations have this many steps from their least to their largest value.
pub const STEPS: f32 = 255.0;

/// `[tokens, inputs]` to `[tokens, outputs]`. Inputs are in one group or several of equal size,
/// each with a scale of its own in tokens and in weights.
pub struct Dense {
    pub inputs: usize,
    pub outputs: usize,
    /// What each input is multiplied by before it is rounded, which evens out how large inputs
    /// get; the weights have taken up what that takes away (SmoothQuant, Xiao et al. 2023).
    pub factors: Vec<f32>,
    pub groups: Vec<Group>,
    pub biases: Vec<f32>,
}

/// The weights of a group of inputs.
pub struct Group {
    /// Inputs × outputs, in the order in which they are multiplied: bringing them into it for
    /// every window would take an eighth of the time.
    weights: PackedBMatrix<i8>,
    /// What one step of a token and one of a weight come to for each output, if the token's
    /// channels lie within 1 of each other.
    pub rates: Vec<f32>,
    /// The sum of each output's weights: what a token gives whose channels are all 1.
    pub sums: Vec<f32>,
}

/// What a dense layer works with, kept from one use to the next.
#[derive(Default)]
pub struct DenseScratch {
    /// Groups × tokens × inputs of a group.
    steps: Vec<u8>,
    /// Tokens × groups.
    ranges: Vec<Range>,
    /// Groups × tokens × outputs.
    products: Vec<i32>,
    row: Vec<f32>,
}

/// Where the channels of a token, or a group of them, lie.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Range {
    pub least: f32,
    /// How far the largest lies above the least.
    pub size: f32,
}

impl Dense {
    pub fn load(
        file: &File,
        name: &str,
        [inputs, outputs]: [usize; 2],
        int8: &Int8Products,
    ) -> Result<Dense, ModelError> {
        let scale = format!("{name}.scale");
        let groups = file.columns(&scale);
        if groups == 0 || !inputs.is_multiple_of(groups) {
            return Err(ModelError::Weights(format!(
                "the tensor {scale} is missing or has {groups} groups for {inputs} inputs"
            )));
        }
        let scales = file.floats(&scale, &[outputs, groups])?;
        let weights = file.int8(&format!("{name}.weight"), &[outputs, inputs])?;
        let divisors = file.floats(&format!("{name}.divisor"), &[inputs])?;
        let groups = (0..groups)
            .map(|group| Group::new(weights, &scales, groups, group, outputs, int8))
            .collect();
        Ok(Dense {
            inputs,
            outputs,
            factors: divisors.iter().map(|d| 1.0 / d).collect(),
            groups,
            biases: file.floats(&format!("{name}.bias"), &[outputs])?,
        })
    }

    /// Inputs of a group.
    pub fn group_width(&self) -> usize {
        self.inputs / self.groups.len()
    }

    /// The layer's output for some tokens, and what is done to it next.
    pub fn apply(
        &self,
        tokens: &[f32],
        output: &mut [f32],
        then: Then,
        int8: &Int8Products,
        scratch: &mut DenseScratch,
    ) -> Result<(), ModelError> {
        let count = tokens.len() / self.inputs;
        let width = self.group_width();
        let groups = self.groups.len();
        scratch.steps.resize(count * self.inputs, 0);
        scratch.ranges.resize(count * groups, Range::default());
        scratch.products.resize(count * groups * self.outputs, 0);
        scratch.row.resize(self.inputs, 0.0);
        let to_steps = ToSteps {
            tokens,
            layer: self,
            row: &mut scratch.row,
            steps: &mut scratch.steps,
            ranges: &mut scratch.ranges,
        };
        to_steps.dispatch();
        let steps = scratch.steps.chunks_exact(count * width);
        let products = scratch.products.chunks_exact_mut(count * self.outputs);
        for ((group, steps), products) in self.groups.iter().zip(steps).zip(products) {
            let steps = NdTensorView::from_data([count, width], steps);
            int8.gemm(
                products,
                GemmInputA::Unpacked(steps),
                GemmInputB::Packed(&group.weights),
                GemmOptions::default(),
            )
            .map_err(failed)?;
        }
        let finish = Finish {
            products: &scratch.products,
            ranges: &scratch.ranges,
            layer: self,
            output,
            then,
        };
        finish.dispatch();
        Ok(())
    }
}

impl Group {
    /// From all weights of a layer, outputs × inputs, and its scales, outputs × groups.
    fn new(
        weights: &[u8],
        scales: &[f32],
        groups: usize,
        group: usize,
        outputs: usize,
        int8: &Int8Products,
    ) -> Group {
        let width = weights.len() / outputs / groups;
        let rows = || weights.chunks_exact(width).skip(group).step_by(groups);
        let scales = || scales.iter().skip(group).step_by(groups);
        let sum = |row: &[u8]| row.iter().map(|w| i32::from(*w as i8)).sum::<i32>();
        let mut transposed = NdTensor::<i8, 2>::zeros([width, outputs]);
        for (output, row) in rows().enumerate() {
            for (input, weight) in row.iter().enumerate() {
                transposed[[input, output]] = *weight as i8;
            }
        }
        Group {
            weights: int8.prepack_b(transposed.view()),
            rates: scales().map(|scale| scale / STEPS).collect(),
            sums: rows()
                .zip(scales())
                .map(|(r, s)| s * sum(r) as f32)
                .collect(),
        }
    }
}
