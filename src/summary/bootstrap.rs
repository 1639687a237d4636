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

use super::tally::Cluster;
use super::{Interval, Key};

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

/// Sums over some articles of a cell, from which their four means follow.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Sums {
    pub probabilities: [f64; 4],
    pub sentences: f64,
}

impl From<&Cluster> for Sums {
    fn from(cluster: &Cluster) -> Sums {
        Sums {
            probabilities: cluster.sums,
            sentences: f64::from(cluster.sentences()),
        }
    }
}

impl Sums {
    pub fn of(clusters: &[Cluster]) -> Sums {
        clusters.iter().fold(Sums::default(), |mut sums, cluster| {
            sums.add(&Sums::from(cluster));
            sums
        })
    }

    pub fn add(&mut self, other: &Sums) {
        for (sum, p) in self.probabilities.iter_mut().zip(other.probabilities) {
            *sum += p;
        }
        self.sentences += other.sentences;
    }

    pub fn means(&self) -> [f64; 4] {
        self.probabilities.map(|sum| sum / self.sentences)
    }
}

/// The means of `draws` resamples of the articles, stance by stance.
fn resample(clusters: &[Cluster], draws: usize, rng: &mut ChaCha8Rng) -> [Vec<f64>; 4] {
    let articles: Vec<Sums> = clusters.iter().map(Sums::from).collect();
    let mut means: [Vec<f64>; 4] = std::array::from_fn(|_| Vec::with_capacity(draws));
    for _ in 0..draws {
        let mut sums = Sums::default();
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

/// Intervals of a cell's four means.
pub(super) fn mean_intervals(
    clusters: &[Cluster],
    draws: usize,
    rng: &mut ChaCha8Rng,
) -> [Interval; 4] {
    resample(clusters, draws, rng).map(percentile_interval)
}

/// Intervals of the four differences `after - before`, the articles of each drawn on their own.
pub(super) fn difference_intervals(
    before: &[Cluster],
    after: &[Cluster],
    draws: usize,
    rng: &mut ChaCha8Rng,
) -> [Interval; 4] {
    let mut before = resample(before, draws, rng).into_iter();
    resample(after, draws, rng).map(|after| {
        let before = before.next().unwrap_or_default();
        percentile_interval(after.iter().zip(before).map(|(a, b)| a - b).collect())
    })
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
