//! Percentile bootstrap over articles.
//!
//! The mean of a cell is a ratio: the sum of the probabilities of the party's sentences over the
//! number of sentences. Each draw takes as many articles as there are, with replacement, and
//! computes that ratio anew; the interval runs from the 2.5th to the 97.5th percentile of the
//! draws (Efron and Tibshirani 1993, chapter 13).

use rand::RngExt;
use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;
use sha2::{Digest, Sha256};

use super::clusters::{Cluster, Clusters};
use super::{Interval, Key};
use crate::codebook::Stance;
use crate::scores::MOST_OWN;

/// A generator for one cell and one purpose. Cells do not share a generator, so that the numbers
/// of one do not depend on which others there are, nor on which thread computes it when.
pub(super) fn generator(seed: u64, purpose: &str, key: &Key) -> ChaCha8Rng {
    let mut hash = Sha256::new();
    hash.update(seed.to_le_bytes());
    let mut part = |text: Option<&str>| {
        // A length before each value keeps ["ab", "c"] and ["a", "bc"] apart.
        let length = text.map_or(u64::MAX, |t| t.len() as u64);
        hash.update(length.to_le_bytes());
        hash.update(text.unwrap_or_default().as_bytes());
    };
    part(Some(purpose));
    key.0.iter().for_each(|value| part(value.as_deref()));
    ChaCha8Rng::from_seed(hash.finalize().into())
}

/// The stances of the codebook.
pub(super) const FOUR: usize = Stance::ALL.len();
/// The most stances that there can be.
pub(super) const MOST: usize = MOST_OWN + 1;

/// Sums over some articles of a cell, from which the means of its stances follow. They are added
/// up millions of times, in loops whose length the compiler knows: [`FOUR`], or [`MOST`] for other
/// stances, those that are not there being 0.
#[derive(Debug, Clone, Copy)]
pub(super) struct Sums<const N: usize> {
    pub probabilities: [f64; N],
    pub sentences: f64,
}

impl<const N: usize> Default for Sums<N> {
    fn default() -> Self {
        Sums {
            probabilities: [0.0; N],
            sentences: 0.0,
        }
    }
}

impl<const N: usize> From<Cluster<'_>> for Sums<N> {
    fn from(cluster: Cluster) -> Self {
        let mut sums = Sums::default();
        for (sum, value) in sums.probabilities.iter_mut().zip(cluster.sums) {
            *sum = *value;
        }
        sums.sentences = f64::from(cluster.sentences());
        sums
    }
}

impl<const N: usize> Sums<N> {
    pub fn of(clusters: &Clusters) -> Sums<N> {
        clusters.iter().fold(Sums::default(), |mut sums, cluster| {
            sums.add(&Sums::from(cluster));
            sums
        })
    }

    pub fn add(&mut self, other: &Sums<N>) {
        for (sum, p) in self.probabilities.iter_mut().zip(other.probabilities) {
            *sum += p;
        }
        self.sentences += other.sentences;
    }

    pub fn means(&self) -> [f64; N] {
        self.probabilities.map(|sum| sum / self.sentences)
    }
}

/// The means of `draws` resamples of the articles, stance by stance.
fn resample(clusters: &Clusters, draws: usize, rng: &mut ChaCha8Rng) -> Vec<Vec<f64>> {
    let mut means = match clusters.stances() {
        FOUR => resample_of::<FOUR>(clusters, draws, rng),
        _ => resample_of::<MOST>(clusters, draws, rng),
    };
    means.truncate(clusters.stances());
    means
}

fn resample_of<const N: usize>(
    clusters: &Clusters,
    draws: usize,
    rng: &mut ChaCha8Rng,
) -> Vec<Vec<f64>> {
    let articles: Vec<Sums<N>> = clusters.iter().map(Sums::from).collect();
    let mut means: Vec<Vec<f64>> = (0..N).map(|_| Vec::with_capacity(draws)).collect();
    for _ in 0..draws {
        let mut sums = Sums::<N>::default();
        for _ in &articles {
            if let Some(article) = articles.get(rng.random_range(0..articles.len())) {
                sums.add(article);
            }
        }
        for (draws, mean) in means.iter_mut().zip(sums.means()) {
            draws.push(mean);
        }
    }
    means
}

/// Intervals of the means of a cell's stances.
pub(super) fn mean_intervals(
    clusters: &Clusters,
    draws: usize,
    rng: &mut ChaCha8Rng,
) -> Vec<Interval> {
    let means = resample(clusters, draws, rng);
    means.into_iter().map(percentile_interval).collect()
}

/// Intervals of the differences `after - before`, the articles of each drawn on their own.
pub(super) fn difference_intervals(
    before: &Clusters,
    after: &Clusters,
    draws: usize,
    rng: &mut ChaCha8Rng,
) -> Vec<Interval> {
    let before = resample(before, draws, rng);
    let after = resample(after, draws, rng);
    let each = before.into_iter().zip(after);
    each.map(|(before, after)| {
        percentile_interval(after.iter().zip(before).map(|(a, b)| a - b).collect())
    })
    .collect()
}

fn percentile_interval(mut draws: Vec<f64>) -> Interval {
    draws.sort_unstable_by(f64::total_cmp);
    Interval {
        low: quantile(&draws, 0.025),
        high: quantile(&draws, 0.975),
    }
}

/// The quantile `q` (0 to 1) of ascending values, interpolated linearly between neighbours
/// (Hyndman and Fan's type 7, the default of NumPy and R); NaN of no values.
pub fn quantile(ascending: &[f64], q: f64) -> f64 {
    let position = q.clamp(0.0, 1.0) * (ascending.len().saturating_sub(1)) as f64;
    let at = |index: f64| ascending.get(index as usize).copied().unwrap_or(f64::NAN);
    let (low, high) = (at(position.floor()), at(position.ceil()));
    low + (high - low) * position.fract()
}
