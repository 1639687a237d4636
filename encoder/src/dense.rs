//! A dense layer with 8-bit weights.

use rten_gemm::{GemmExecutor, GemmInputA, GemmInputB, GemmOptions, PackedBMatrix};
use rten_simd::functional::simd_apply;
use rten_simd::{Isa, SimdOp, SimdUnaryOp};
use rten_tensor::NdTensorView;
use rten_vecmath::Gelu;

use crate::EncoderError;
use crate::file::File;
use crate::rows::{LayerNorm, largest, least};

/// Products of tokens and weights in 8 bits.
pub type Int8Products = GemmExecutor<u8, i8, i32>;

/// Activations have this many steps from their least to their largest value.
const STEPS: f32 = 255.0;

/// The most groups of inputs.
const MOST_GROUPS: usize = 64;

/// `[tokens, inputs]` to `[tokens, outputs]`. Inputs are in one group or several of equal size,
/// each with a scale of its own in tokens and in weights.
pub struct Dense {
    inputs: usize,
    pub outputs: usize,
    /// What each input is multiplied by before it is rounded, which evens out how large inputs
    /// get; the weights have taken up what that takes away (SmoothQuant, Xiao et al. 2023).
    factors: Vec<f32>,
    groups: Vec<Group>,
    biases: Vec<f32>,
}

/// The weights of a group of inputs.
struct Group {
    /// Inputs × outputs, in the order in which they are multiplied: bringing them into it for
    /// every text would take an eighth of the time.
    weights: PackedBMatrix<i8>,
    /// What one step of a token and one of a weight come to for each output, if the token's
    /// channels lie within 1 of each other.
    rates: Vec<f32>,
    /// The sum of each output's weights: what a token gives whose channels are all 1.
    sums: Vec<f32>,
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
struct Range {
    least: f32,
    /// How far the largest lies above the least.
    size: f32,
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
        if groups == 0 || groups > MOST_GROUPS || !inputs.is_multiple_of(groups) {
            return Err(EncoderError::Weights(format!(
                "the tensor {scale} is missing or has {groups} groups for {inputs} inputs"
            )));
        }
        let scales = file.floats(&scale, &[outputs, groups])?;
        let weights = file.int8(&format!("{name}.weight"), &[outputs, inputs])?;
        let divisors = file.floats(&format!("{name}.divisor"), &[inputs])?;
        if divisors.iter().any(|divisor| *divisor <= 0.0) {
            return Err(EncoderError::Weights(format!(
                "the tensor {name}.divisor has a value that is not positive"
            )));
        }
        if weights.chunks_exact(inputs / groups).any(may_overflow) {
            return Err(EncoderError::Weights(format!(
                "the tensor {name}.weight has neighbours whose sum is beyond 128"
            )));
        }
        let groups = (0..groups).map(|group| Group::new(weights, &scales, groups, group, int8));
        let groups = groups.collect::<Result<_, EncoderError>>()?;
        Ok(Dense {
            inputs,
            outputs,
            factors: divisors.iter().map(|d| 1.0 / d).collect(),
            groups,
            biases: file.floats(&format!("{name}.bias"), &[outputs])?,
        })
    }

    /// Inputs of a group.
    fn group_width(&self) -> usize {
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
            int8.gemm(
                products,
                GemmInputA::Unpacked(steps),
                GemmInputB::Packed(&group.weights),
                GemmOptions::default(),
            )
            .map_err(EncoderError::product)?;
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
        let parts = &weights[group * width..weights.len() - (groups - 1 - group) * width];
        let columns = NdTensorView::from_data_with_strides([width, outputs], parts, [1, inputs]);
        let weights = int8.prepack_b(columns.map_err(EncoderError::product)?);
        let rows = parts.chunks(inputs).map(|row| &row[..width]);
        let sums = rows.map(|row| row.iter().map(|weight| i32::from(*weight)).sum::<i32>());
        let scales = || scales.iter().skip(group).step_by(groups);
        Ok(Group {
            weights,
            rates: scales().map(|scale| scale / STEPS).collect(),
            sums: scales().zip(sums).map(|(s, sum)| s * sum as f32).collect(),
        })
    }
}

/// Whether a processor without VNNI could get a sum wrong: it adds the products of two
/// neighbouring inputs, the first of them even, in 16 bits, and a token's channels go up to 255.
fn may_overflow(weights: &[i8]) -> bool {
    let (pairs, _) = weights.as_chunks::<2>();
    pairs
        .iter()
        .any(|[a, b]| (i16::from(*a) + i16::from(*b)).unsigned_abs() > 128)
}

/// Tokens to 8 bits. Each token, or group of its channels, has a scale and a zero of its own: the
/// few tokens with large values would otherwise take the precision of all others, and what GELU
/// gives lies almost wholly on one side of zero.
struct ToSteps<'a> {
    /// Tokens × inputs.
    tokens: &'a [f32],
    layer: &'a Dense,
    /// Room for one token.
    row: &'a mut [f32],
    /// Groups × tokens × inputs of a group: how many steps each channel lies above the least.
    steps: &'a mut [u8],
    /// Tokens × groups.
    ranges: &'a mut [Range],
}

impl SimdOp for ToSteps<'_> {
    type Output = ();

    #[inline(always)]
    fn eval<I: Isa>(self, _: I) {
        let width = self.layer.group_width();
        let groups = self.layer.groups.len();
        let count = self.tokens.len() / self.layer.inputs;
        let tokens = self.tokens.chunks_exact(self.layer.inputs);
        let ranges = self.ranges.chunks_exact_mut(groups);
        for (token, (channels, ranges)) in tokens.zip(ranges).enumerate() {
            let factors = &self.layer.factors;
            for ((value, channel), factor) in self.row.iter_mut().zip(channels).zip(factors) {
                *value = channel * factor;
            }
            let parts = self.row.chunks_exact(width).zip(ranges);
            for (group, (values, range)) in parts.enumerate() {
                let at = (group * count + token) * width;
                *range = steps(values, &mut self.steps[at..at + width]);
            }
        }
    }
}

#[inline(always)]
fn steps(values: &[f32], steps: &mut [u8]) -> Range {
    /// Added to a number from 0 to 255, this leaves the nearest whole number in the lowest byte.
    const WHOLE: f32 = 8_388_608.0;
    let lowest = least(values);
    // Not nothing, where all channels are alike.
    let size = largest(values) - lowest + 1e-9;
    let rate = STEPS / size;
    for (step, value) in steps.iter_mut().zip(values) {
        *step = ((value - lowest) * rate + WHOLE).to_bits() as u8;
    }
    Range {
        least: lowest,
        size,
    }
}

/// What is done to the output of a dense layer.
#[derive(Clone, Copy)]
pub enum Then<'a> {
    Nothing,
    /// The activation function, GELU (Hendrycks and Gimpel 2016).
    Gelu,
    /// Add what went into the layer's block (tokens × outputs), and normalise.
    AddAndNormalise {
        input: &'a [f32],
        norm: &'a LayerNorm,
    },
}

/// The products of a dense layer, in 8 bits, to its output.
struct Finish<'a> {
    /// Groups × tokens × outputs.
    products: &'a [i32],
    /// Tokens × groups.
    ranges: &'a [Range],
    layer: &'a Dense,
    /// Tokens × outputs.
    output: &'a mut [f32],
    then: Then<'a>,
}

impl SimdOp for Finish<'_> {
    type Output = ();

    #[inline(always)]
    fn eval<I: Isa>(self, isa: I) {
        let width = self.layer.outputs;
        let groups = &self.layer.groups;
        let count = self.output.len() / width;
        let rows = self.output.chunks_exact_mut(width);
        let ranges = self.ranges.chunks_exact(groups.len());
        for (token, (row, ranges)) in rows.zip(ranges).enumerate() {
            row.copy_from_slice(&self.layer.biases);
            for (group, (weights, range)) in groups.iter().zip(ranges).enumerate() {
                let at = (group * count + token) * width;
                let products = &self.products[at..at + width];
                let weights = weights.rates.iter().zip(&weights.sums);
                for ((value, product), (rate, sum)) in row.iter_mut().zip(products).zip(weights) {
                    *value += *product as f32 * (rate * range.size) + range.least * sum;
                }
            }
            match self.then {
                Then::Nothing => {}
                Then::Gelu => {
                    simd_apply::<_, _, _, 2>(
                        isa.f32(),
                        row,
                        #[inline(always)]
                        |x| Gelu {}.eval(isa, x),
                    );
                }
                Then::AddAndNormalise { input, norm } => {
                    let input = &input[token * width..(token + 1) * width];
                    for (value, input) in row.iter_mut().zip(input) {
                        *value += input;
                    }
                    norm.apply(row);
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rounded(values: &[f32]) -> (Vec<u8>, Range) {
        let mut found = vec![7; values.len()];
        let range = steps(values, &mut found);
        (found, range)
    }

    #[test]
    fn channels_are_rounded_to_the_nearest_of_255_steps() {
        let (found, range) = rounded(&[-1.0, 0.0, 4.1, 2.0]);
        assert_eq!(range.least, -1.0);
        assert!((range.size - 5.1).abs() < 1e-6);
        assert_eq!(found, [0, 50, 255, 150]);
        // 0.49 and 0.51 of a step.
        assert_eq!(rounded(&[0.0, 0.49, 0.51, 255.0]).0, [0, 0, 1, 255]);
        let many: Vec<f32> = (0..1000).map(|i| (i as f32 * 0.37).sin()).collect();
        let (found, range) = rounded(&many);
        for (step, value) in found.iter().zip(&many) {
            let restored = range.least + f32::from(*step) * range.size / STEPS;
            assert!((restored - value).abs() <= range.size / STEPS * 0.501);
        }
    }

    #[test]
    fn a_token_of_one_value_has_no_steps() {
        let (found, range) = rounded(&[3.5; 40]);
        assert_eq!((found, range.least), (vec![0; 40], 3.5));
    }

    #[test]
    fn only_neighbours_that_could_overflow_are_told() {
        assert!(!may_overflow(&[127, 1, -128, 0, 64, 64, 127]));
        assert!(may_overflow(&[0, 0, 127, 2]));
        assert!(may_overflow(&[-128, -1]));
        // Not a pair: the second of them is odd.
        assert!(!may_overflow(&[0, 127, 127, 0]));
    }
}
