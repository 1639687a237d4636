//! Prediction-powered inference: estimates that the classifier makes sharper and a labelled
//! sample keeps honest.
//!
//! A classifier's mean over all sentences is precise and biased; the mean over a small labelled
//! random sample is unbiased and imprecise. Prediction-powered inference (Angelopoulos, Bates,
//! Fannjiang, Jordan and Zrnic, Science 382, 2023) takes the classifier's mean and adds the mean
//! error that the sample shows. Its power-tuned form, PPI++ (Angelopoulos, Duchi and Zrnic,
//! arXiv:2311.01453), gives the classifier a weight λ between 0 (only the labels count) and 1:
//!
//! ```text
//! θ = mean over the sample of (y − λ f)  +  λ · mean over all rows of f
//! ```
//!
//! with `y` 1 for the labelled stance and 0 for the others, and `f` its predicted probability.
//! λ is one number for all stances, chosen to make the sum of their variances smallest, so
//! the estimates add up to 1 (but for what chance puts below 0, which is reported as 0).
//! Whatever λ and however wrong `f`, θ aims at the true share.
//!
//! Two things differ from the papers. The sample is part of the rows, not apart from them, and
//! rows come in articles. Both are dealt with by taking the variance over articles: each row's
//! influence on θ is
//!
//! ```text
//! λ (f − mean f) / N  +  w (e − mean e) / Σw,    e = y − λ f,    w = 1 / inclusion probability
//! ```
//!
//! (`w` is 0 for rows outside the sample; means of `e` are weighted), influences are summed
//! within each article, and the variance of θ is the sum of the articles' squares, times
//! m / (m − 1) where m articles have labels. For one row per article, a simple random sample and
//! λ as given, this is the variance of the papers. Intervals use Student's t; its degrees of
//! freedom are one less than the observations that the sample is worth: its labelled articles or,
//! with unequal weights, Kish's effective number of rows (Σw)² / Σw², whichever is smaller.
//!
//! Near 0 and 1 such intervals fail: a sample without a single "insistent" would give 0 ± 0.
//! Where fewer than five labelled articles have a stance, or lack it, the interval is widened to
//! hold the Wilson interval of the labelled share in as many observations.

use smallvec::SmallVec;
use statrs::distribution::{ContinuousCDF, StudentsT};

use super::clusters::{Clusters, LabelledCluster};
use super::{Estimate, Interval};

/// Articles with and without a stance, among the labelled, below which the normal approximation
/// is not trusted.
const RARE: usize = 5;

/// An article's part of something, stance by stance.
type Values = SmallVec<[f64; 4]>;

/// The corrected means of a cell, stance by stance, as its clusters have them.
#[derive(Debug, Clone, PartialEq)]
pub struct Corrected {
    pub means: Vec<f64>,
    pub variances: Vec<f64>,
    /// The classifier's weight, 0 to 1.
    pub lambda: f64,
    /// Degrees of freedom of the variances.
    pub freedom: f64,
    /// What an interval must hold where a stance is rare; see the module's page.
    guard: Vec<Option<Interval>>,
}

/// Correct a cell's means with its labelled rows. `lambda` fixes the classifier's weight; without
/// it the best is found. `None` when fewer than two articles have labels, or none has rows.
///
/// `articles` and `labelled` must be in the order of their articles, as a
/// [`Tally`](super::Tally) gives them.
pub fn estimate(
    articles: &Clusters,
    labelled: &[LabelledCluster],
    lambda: Option<f64>,
) -> Option<Corrected> {
    let rows: f64 = articles.iter().map(|a| f64::from(a.sentences())).sum();
    let weight: f64 = labelled.iter().map(|a| a.weight).sum();
    let m = labelled.len() as f64;
    if labelled.len() < 2 || !(rows > 0.0 && weight > 0.0) {
        return None;
    }
    let stances = 0..articles.stances();
    let mean = |sum: &dyn Fn(usize) -> f64, of: f64| -> Vec<f64> {
        stances.clone().map(|s| sum(s) / of).collect()
    };
    let predicted = mean(&|s| articles.iter().map(|a| a.sums[s]).sum(), rows);
    let sample_predicted = mean(&|s| labelled.iter().map(|a| a.predicted[s]).sum(), weight);
    let sample_true = mean(&|s| labelled.iter().map(|a| a.labelled[s]).sum(), weight);

    // An article's influence on the estimate is `labels + λ · predictions`.
    let mut remaining = labelled.iter().peekable();
    let influences: Vec<(Values, Values)> = articles
        .iter()
        .map(|article| {
            let n = f64::from(article.sentences());
            let mut labels: Values = stances.clone().map(|_| 0.0).collect();
            let of_rows = |s: usize| (article.sums[s] - n * predicted[s]) / rows;
            let mut predictions: Values = stances.clone().map(of_rows).collect();
            if let Some(part) = remaining.next_if(|part| part.article == article.article) {
                for s in stances.clone() {
                    labels[s] = (part.labelled[s] - part.weight * sample_true[s]) / weight;
                    predictions[s] -=
                        (part.predicted[s] - part.weight * sample_predicted[s]) / weight;
                }
            }
            (labels, predictions)
        })
        .collect();

    let lambda = lambda.unwrap_or_else(|| {
        let (mut cross, mut square) = (0.0, 0.0);
        for (labels, predictions) in &influences {
            for s in stances.clone() {
                cross += labels[s] * predictions[s];
                square += predictions[s] * predictions[s];
            }
        }
        // Where every row is labelled the predictions cancel out and any weight will do.
        if square > f64::EPSILON * f64::EPSILON {
            (-cross / square).clamp(0.0, 1.0)
        } else {
            0.0
        }
    });
    let variance = |s: usize| {
        let squares = influences
            .iter()
            .map(|(l, p)| (l[s] + lambda * p[s]).powi(2));
        squares.sum::<f64>() * m / (m - 1.0)
    };
    let squared_weights: f64 = labelled.iter().map(|a| a.squared_weight).sum();
    let observations = m.min(weight * weight / squared_weights);
    let guard = |s: usize| {
        let with = labelled.iter().filter(|a| a.labelled[s] > 0.0).count();
        let without = labelled.iter().filter(|a| a.labelled[s] < a.weight).count();
        (with < RARE || without < RARE).then(|| wilson(sample_true[s], observations))
    };
    let mean = |s: usize| sample_true[s] + lambda * (predicted[s] - sample_predicted[s]);
    Some(Corrected {
        means: stances.clone().map(mean).collect(),
        variances: stances.clone().map(variance).collect(),
        lambda,
        freedom: (observations - 1.0).max(1.0),
        guard: stances.clone().map(guard).collect(),
    })
}

impl Corrected {
    /// Corrected means from elsewhere, of stances that are not rare.
    pub fn new(means: Vec<f64>, variances: Vec<f64>, lambda: f64, freedom: f64) -> Corrected {
        Corrected {
            guard: vec![None; means.len()],
            means,
            variances,
            lambda,
            freedom,
        }
    }

    /// The means with 95% intervals, none of them below 0 or above 1.
    pub fn estimates(&self) -> Vec<Estimate> {
        let t = t_quantile(self.freedom);
        let estimate = |s: usize| {
            let value = self.means[s].clamp(0.0, 1.0);
            let half = t * self.variances[s].sqrt();
            let (mut low, mut high) = (self.means[s] - half, self.means[s] + half);
            if let Some(guard) = self.guard[s] {
                (low, high) = (low.min(guard.low), high.max(guard.high));
            }
            let interval = Interval {
                low: low.clamp(0.0, 1.0),
                high: high.clamp(0.0, 1.0),
            };
            Estimate {
                value,
                interval: Some(interval),
            }
        };
        (0..self.means.len()).map(estimate).collect()
    }
}

/// A difference of two corrected means, of one stance.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Difference {
    pub value: f64,
    pub interval: Interval,
    /// Two-sided, by Welch's t.
    pub p: f64,
}

/// The differences `after - before`, whose articles are different ones. Degrees of freedom are
/// Welch and Satterthwaite's.
pub fn differences(before: &Corrected, after: &Corrected) -> Vec<Difference> {
    let difference = |s: usize| {
        let (one, two) = (before.variances[s], after.variances[s]);
        let variance = one + two;
        let freedom =
            variance.powi(2) / (one.powi(2) / before.freedom + two.powi(2) / after.freedom);
        let freedom = if freedom.is_finite() {
            freedom
        } else {
            before.freedom.min(after.freedom)
        };
        let value = after.means[s] - before.means[s];
        let half = t_quantile(freedom) * variance.sqrt();
        let (mut low, mut high) = (value - half, value + half);
        if before.guard[s].is_some() || after.guard[s].is_some() {
            // Newcombe's way of putting two intervals together (1998, method 10).
            let ends = |c: &Corrected| {
                let interval = c.estimates()[s].interval.unwrap_or(Interval {
                    low: 0.0,
                    high: 1.0,
                });
                let mean = c.means[s].clamp(0.0, 1.0);
                (mean - interval.low, interval.high - mean)
            };
            let ((below_before, above_before), (below, above)) = (ends(before), ends(after));
            low = low.min(value - below.hypot(above_before));
            high = high.max(value + above.hypot(below_before));
        }
        let p = if variance > 0.0 {
            2.0 * t_distribution(freedom).map_or(f64::NAN, |t| t.sf(value.abs() / variance.sqrt()))
        } else {
            1.0
        };
        let interval = Interval {
            low: low.max(-1.0),
            high: high.min(1.0),
        };
        Difference { value, interval, p }
    };
    (0..before.means.len().min(after.means.len()))
        .map(difference)
        .collect()
}

fn t_distribution(freedom: f64) -> Option<StudentsT> {
    StudentsT::new(0.0, 1.0, freedom).ok()
}

/// The 97.5% quantile of Student's t.
fn t_quantile(freedom: f64) -> f64 {
    t_distribution(freedom).map_or(f64::INFINITY, |t| t.inverse_cdf(0.975))
}

/// Wilson's 95% interval of a share seen in `n` observations.
fn wilson(share: f64, n: f64) -> Interval {
    const Z: f64 = 1.959_963_984_540_054;
    let centre = share + Z * Z / (2.0 * n);
    let half = Z * (share * (1.0 - share) / n + Z * Z / (4.0 * n * n)).sqrt();
    let scale = 1.0 + Z * Z / n;
    Interval {
        low: (centre - half) / scale,
        high: (centre + half) / scale,
    }
}

#[cfg(test)]
mod coverage;
