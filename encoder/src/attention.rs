//! Multi-head self-attention over a whole text (Vaswani et al. 2017).

use rten_gemm::{GemmExecutor, GemmInputA, GemmInputB, GemmOptions};
use rten_simd::SimdOp;
use rten_tensor::{Matrix, NdTensorView};

use crate::EncoderError;
use crate::rows::Exponents;

/// What attention works with, kept from one use to the next.
#[derive(Default)]
pub struct AttentionScratch {
    /// Tokens × tokens.
    scores: Vec<f32>,
    shares: Vec<f32>,
    /// Tokens × size of a head.
    mixed: Vec<f32>,
}

/// From the queries, keys and values of each token, `[tokens, 3 × width]`, to `[tokens, width]`.
pub fn attend(
    queries_keys_values: &[f32],
    output: &mut [f32],
    width: usize,
    heads: usize,
    products: &GemmExecutor<f32>,
    scratch: &mut AttentionScratch,
) -> Result<(), EncoderError> {
    let tokens = output.len() / width;
    let size = width / heads;
    scratch.scores.resize(tokens * tokens, 0.0);
    scratch.shares.resize(tokens, 0.0);
    scratch.mixed.resize(tokens * size, 0.0);
    let rooted = 1.0 / (size as f32).sqrt();
    for head in 0..heads {
        let part = |part: usize| {
            part_of(
                queries_keys_values,
                part * width + head * size,
                size,
                3 * width,
            )
        };
        let (queries, keys, values) = (part(0)?, part(1)?, part(2)?);
        products
            .gemm(
                &mut scratch.scores,
                GemmInputA::Unpacked(queries),
                GemmInputB::Unpacked(keys.transposed()),
                GemmOptions {
                    alpha: rooted,
                    ..GemmOptions::default()
                },
            )
            .map_err(EncoderError::product)?;
        let exponents = Exponents {
            scores: &mut scratch.scores,
            shares: &mut scratch.shares,
        };
        exponents.dispatch();
        let weights = NdTensorView::from_data([tokens, tokens], &scratch.scores[..]);
        products
            .gemm(
                &mut scratch.mixed,
                GemmInputA::Unpacked(weights),
                GemmInputB::Unpacked(values),
                GemmOptions::default(),
            )
            .map_err(EncoderError::product)?;
        let rows = output.chunks_exact_mut(width);
        let mixed = scratch.mixed.chunks_exact(size).zip(&scratch.shares);
        for (row, (mixed, share)) in rows.zip(mixed) {
            let row = &mut row[head * size..(head + 1) * size];
            for (value, mixed) in row.iter_mut().zip(mixed) {
                *value = mixed * share;
            }
        }
    }
    Ok(())
}

/// `size` columns of a matrix with rows of `width` values, from the column `start` on.
fn part_of(
    values: &[f32],
    start: usize,
    size: usize,
    width: usize,
) -> Result<Matrix<'_, f32>, EncoderError> {
    let rows = values.len() / width;
    let end = values.len() - width + start + size;
    NdTensorView::from_data_with_strides([rows, size], &values[start..end], [width, 1])
        .map_err(EncoderError::product)
}
