//! Issues by description: the described head matches a sentence with the words that describe an
//! issue, so that an issue needs no annotated sentences.
//!
//! Both go through the same encoder; the means of their tokens are projected, and the cosine of
//! the projections, scaled and shifted, is the logit of "this sentence is about that issue".

use super::ModelError;
use super::heads::Dense;
use super::weights::NamedWeights;

/// Length of the projections.
pub const DESCRIBED_WIDTH: usize = 128;

/// The weights of the described head.
pub struct DescribedHead {
    sentence: Dense,
    description: Dense,
    output: Dense,
}

impl DescribedHead {
    /// `width` is the encoder's.
    pub fn load(tensors: &NamedWeights, width: usize) -> Result<DescribedHead, ModelError> {
        let dense = |name: &str, inputs, outputs| {
            Dense::load(tensors, &format!("described.{name}"), inputs, outputs)
        };
        Ok(DescribedHead {
            sentence: dense("sentence", width, DESCRIBED_WIDTH)?,
            description: dense("description", width, DESCRIBED_WIDTH)?,
            output: dense("output", 1, 1)?,
        })
    }

    /// The projection of a sentence, from the mean of its tokens; of length 1.
    pub fn sentence(&self, mean: &[f32]) -> Vec<f32> {
        unit(self.sentence.apply(mean))
    }

    /// The projection of a description, from the mean of its tokens; of length 1.
    pub fn description(&self, mean: &[f32]) -> Vec<f32> {
        unit(self.description.apply(mean))
    }

    /// The logit that a sentence is about what a description says.
    pub fn logit(&self, sentence: &[f32], description: &[f32]) -> f32 {
        let cosine: f32 = sentence.iter().zip(description).map(|(s, d)| s * d).sum();
        self.output.apply(&[cosine])[0]
    }
}

fn unit(mut vector: Vec<f32>) -> Vec<f32> {
    let length = vector.iter().map(|v| v * v).sum::<f32>().sqrt().max(1e-6);
    vector.iter_mut().for_each(|v| *v /= length);
    vector
}
