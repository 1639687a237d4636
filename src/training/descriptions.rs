//! The issues described in many ways, to learn how sentences are matched with descriptions.

use std::collections::BTreeMap;

use rand::seq::{IndexedRandom, IteratorRandom};
use rand_chacha::ChaCha8Rng;
use tch::{Device, Tensor};

use crate::model::ModelError;
use crate::model::tokens::WordPieces;
use crate::model::windows::{self, Window};

/// So many issues are described in a batch.
const IN_A_BATCH: usize = 10;

/// The tokenised descriptions of each issue.
pub struct Descriptions {
    /// By issue, in the model's order; each has one description or more.
    issues: Vec<Vec<Window>>,
}

/// Descriptions of some issues, padded to the longest.
pub struct DescriptionBatch {
    pub ids: Tensor,
    pub casing: Tensor,
    pub mask: Tensor,
    /// Descriptions × rows; averages the tokens of a description.
    pub means: Tensor,
    /// Index of each description's issue.
    pub issues: Tensor,
}

/// The descriptions that are kept of an issue, the codebook's own first. An issue without any is
/// described by its name.
pub fn of(issue: &str) -> Result<Vec<String>, ModelError> {
    Ok(kept()?
        .remove(issue)
        .filter(|texts| !texts.is_empty())
        .unwrap_or_else(|| vec![issue.replace(['-', '_'], " ")]))
}

fn kept() -> Result<BTreeMap<String, Vec<String>>, ModelError> {
    toml::from_str(include_str!("descriptions.toml"))
        .map_err(|e| ModelError::Weights(format!("descriptions.toml: {e}")))
}

impl Descriptions {
    /// All that are kept of these issues.
    pub fn of(issues: &[String], pieces: &WordPieces) -> Result<Descriptions, ModelError> {
        let issues = issues
            .iter()
            .map(|issue| {
                of(issue)?
                    .iter()
                    .map(|text| {
                        let words = [pieces.words(text)?];
                        let windows = windows::pack(&[], &words, super::WINDOWS, pieces);
                        Ok(windows.into_iter().next().unwrap_or_default())
                    })
                    .collect()
            })
            .collect::<Result<_, ModelError>>()?;
        Ok(Descriptions { issues })
    }

    /// One description each of some issues.
    pub fn batch(&self, rng: &mut ChaCha8Rng, device: Device) -> DescriptionBatch {
        let mut chosen = (0..self.issues.len()).sample(rng, IN_A_BATCH);
        chosen.sort_unstable();
        let windows: Vec<(i64, &Window)> = chosen
            .into_iter()
            .filter_map(|issue| Some((issue as i64, self.issues[issue].choose(rng)?)))
            .collect();
        let lengths = windows.iter().map(|(_, window)| window.ids.len());
        let (count, length) = (windows.len(), lengths.max().unwrap_or(0));
        let mut ids = vec![0i64; count * length];
        let mut casing = vec![0i64; count * length];
        let mut mask = vec![0i64; count * length];
        let mut means = vec![0f32; count * count * length];
        for (at, (_, window)) in windows.iter().enumerate() {
            for (offset, (id, case)) in window.ids.iter().zip(&window.casing).enumerate() {
                ids[at * length + offset] = i64::from(*id);
                casing[at * length + offset] = i64::from(*case);
                mask[at * length + offset] = 1;
            }
            for scored in &window.scored {
                let tokens = scored.tokens();
                let row = at * count * length + at * length;
                means[row + tokens.start..row + tokens.end].fill(1.0 / tokens.len() as f32);
            }
        }
        let shape = [count as i64, length as i64];
        let grid = |values: &[i64]| Tensor::from_slice(values).view(shape).to_device(device);
        let issues: Vec<i64> = windows.iter().map(|(issue, _)| *issue).collect();
        DescriptionBatch {
            ids: grid(&ids),
            casing: grid(&casing),
            mask: grid(&mask),
            means: Tensor::from_slice(&means)
                .view([count as i64, (count * length) as i64])
                .to_device(device),
            issues: Tensor::from_slice(&issues).to_device(device),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::codebook;

    #[test]
    fn every_issue_of_the_codebook_is_described_in_many_ways() {
        let kept = kept().unwrap();
        for issue in codebook::ISSUES {
            assert!(kept[issue].len() >= 6, "{issue}");
        }
        assert_eq!(kept.len(), codebook::ISSUES.len());
        assert_eq!(of("river-water").unwrap(), ["river water"]);
    }
}
