//! A dense layer with 8-bit weights.

use rten_gemm::{GemmExecutor, GemmInputA, GemmInputB, GemmOptions, PackedBMatrix};
use rten_simd::SimdOp;
use rten_tensor::{Matrix, NdTensorView};

use crate::EncoderError;
use crate::file::File;
use crate::rows::{Finish, Then, ToSteps};

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
    ) -> Result<Dense, EncoderError> {
        let scale = format!("{name}.scale");
        let groups = file.columns(&scale);
        if groups == 0 || !inputs.is_multiple_of(groups) {
            return Err(EncoderError::Weights(format!(
                "the tensor {scale} is missing or has {groups} groups for {inputs} inputs"
            )));
        }
        let scales = file.floats(&scale, &[outputs, groups])?;
        let weights = file.int8(&format!("{name}.weight"), &[outputs, inputs])?;
        let divisors = file.floats(&format!("{name}.divisor"), &[inputs])?;
        let groups = (0..groups)
            .map(|group| Group::new(weights, &scales, groups, group, int8))
            .collect::<Result<_, EncoderError>>()?;
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
    ) -> Result<(), EncoderError> {
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
            product(int8, steps, &group.weights, products)?;
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
    /// From weights and scales of all groups, outputs × inputs and outputs × groups.
    fn new(
        weights: &[i8],
        scales: &[f32],
        groups: usize,
        group: usize,
        int8: &Int8Products,
    ) -> Result<Group, EncoderError> {
        let outputs = scales.len() / groups;
        let inputs = weights.len() / outputs;
        let width = inputs / groups;
        let columns = &weights[group * width..weights.len() - (groups - 1 - group) * width];
        let columns = NdTensorView::from_data_with_strides([width, outputs], columns, [1, inputs]);
        let weights = int8.prepack_b(columns.map_err(EncoderError::product)?);
        let mut sums = vec![0; outputs];
        let ones = vec![1; width];
        let ones = NdTensorView::from_data([1, width], &ones[..]);
        product(int8, ones, &weights, &mut sums)?;
        let scales = || scales.iter().skip(group).step_by(groups);
        Ok(Group {
            weights,
            rates: scales().map(|scale| scale / STEPS).collect(),
            sums: scales().zip(sums).map(|(s, sum)| s * sum as f32).collect(),
        })
    }
}

fn product(
    int8: &Int8Products,
    tokens: Matrix<u8>,
    weights: &PackedBMatrix<i8>,
    output: &mut [i32],
) -> Result<(), EncoderError> {
    int8.gemm(
        output,
        GemmInputA::Unpacked(tokens),
        GemmInputB::Packed(weights),
        GemmOptions::default(),
    )
    .map_err(EncoderError::product)
}
