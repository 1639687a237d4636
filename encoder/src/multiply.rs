//! Products of single vectors, which would not be worth packing a matrix for.

use rten_simd::{Isa, SimdOp};

/// Running sums of a product of two vectors: enough to have the next begun before the last is
/// done. They are so many on every processor, so that a product has the same bits on all.
const SUMS: usize = 32;

/// The rows of a matrix, each as long as the vector, times the vector. A rest that makes no whole
/// row is left out.
pub fn multiply(matrix: &[f32], vector: &[f32]) -> Vec<f32> {
    Multiply { matrix, vector }.dispatch()
}

struct Multiply<'a> {
    matrix: &'a [f32],
    vector: &'a [f32],
}

impl SimdOp for Multiply<'_> {
    type Output = Vec<f32>;

    #[inline(always)]
    fn eval<I: Isa>(self, _: I) -> Vec<f32> {
        let rows = self.matrix.chunks_exact(self.vector.len().max(1));
        let mut products = Vec::with_capacity(rows.len());
        // Not `collect`, whose loop would be compiled without the processor's instructions.
        for row in rows {
            products.push(dot(row, self.vector));
        }
        products
    }
}

#[inline(always)]
fn dot(a: &[f32], b: &[f32]) -> f32 {
    let mut sums = [0f32; SUMS];
    let ((a, a_rest), (b, b_rest)) = (a.as_chunks::<SUMS>(), b.as_chunks::<SUMS>());
    for (a, b) in a.iter().zip(b) {
        for (sum, (a, b)) in sums.iter_mut().zip(a.iter().zip(b)) {
            *sum += a * b;
        }
    }
    let rest = a_rest.iter().zip(b_rest);
    sums.iter().sum::<f32>() + rest.map(|(a, b)| a * b).sum::<f32>()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_row_is_multiplied_to_its_end() {
        for width in [1, 31, 32, 33, 100] {
            let vector: Vec<f32> = (0..width).map(|i| (i % 7) as f32 - 3.0).collect();
            let matrix: Vec<f32> = (0..3 * width).map(|i| (i % 11) as f32 - 5.0).collect();
            let row = |row: usize| -> f32 {
                let row = &matrix[row * width..(row + 1) * width];
                row.iter().zip(&vector).map(|(a, b)| a * b).sum()
            };
            assert_eq!(multiply(&matrix, &vector), [row(0), row(1), row(2)]);
            assert_eq!(multiply(&matrix[..2 * width + width / 2], &vector).len(), 2);
        }
        assert!(multiply(&[], &[]).is_empty());
        assert_eq!(multiply(&[], &[1.0]).len(), 0);
    }
}
