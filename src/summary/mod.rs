//! Stage 6: summaries, the rows of `scores` put together into numbers with their uncertainty.
//!
//! Rows are streamed into a [`Tally`], which groups them into cells (party × issue × summit, or
//! any part of that) and keeps, for each cell and article, only sums. From the tally come
//!
//! - [`summarize`]: each cell's mean stance probabilities with 95% intervals;
//! - [`compare`]: how they differ between summits, with p-values and false discovery rates.
//!
//! The unit that is resampled and permuted is the **article**: sentences of one article share an
//! author, an occasion and a tone, so treating them as independent would make every interval too
//! narrow. A row with two issues counts in the cells of both, so the cells of issues overlap.
//!
//! The classifier errs, and its errors need not cancel out. Where a hand-labelled random
//! [`sample`] of the rows is given as [`Labels`], the estimates are corrected with it
//! ([`prediction_powered`]), which makes them unbiased whatever the classifier's errors.
//!
//! Every number is a function of the rows, the labels and the seed: neither the number of
//! threads nor the order of the files changes it.

mod bootstrap;
mod cells;
mod clusters;
mod compare;
pub mod csv;
mod error;
mod key;
mod labels;
mod multiplicity;
mod names;
mod permutation;
pub mod prediction_powered;
pub mod sample;
pub mod spreadsheet;
mod tally;

use serde::Serialize;

pub use bootstrap::quantile;
pub use cells::{Cell, Note, summarize};
pub use clusters::{Cluster, Clusters, LabelledCluster};
pub use compare::{Change, Comparison, LeftOut, Side, compare};
pub use error::SummaryError;
pub use key::{By, Dimension, Key, NONE};
pub use labels::{Labels, row_key};
pub use multiplicity::benjamini_hochberg;
pub use tally::{LabelUse, Summit, Tallied, TalliedCell, Tally};

/// How summaries are computed. The confidence level is 95% throughout.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Options {
    /// Cells with fewer articles get no interval and are not compared; nor do cells of a single
    /// article, which cannot tell how much articles differ.
    pub min_articles: usize,
    /// With labels: cells with labelled rows in fewer articles are not corrected.
    pub min_labelled: usize,
    /// Bootstrap draws per cell.
    pub draws: usize,
    /// Permutations per comparison; where there are no more than this, all are tried.
    pub permutations: usize,
    /// Seed of draws and permutations; the same seed gives the same numbers.
    pub seed: u64,
}

impl Default for Options {
    fn default() -> Self {
        Options {
            min_articles: 3,
            min_labelled: 10,
            draws: 2000,
            permutations: 9999,
            seed: 1,
        }
    }
}

impl Options {
    /// The articles that a cell needs for an interval.
    pub fn articles_needed(&self) -> usize {
        self.min_articles.max(2)
    }
}

/// A 95% confidence interval.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Interval {
    pub low: f64,
    pub high: f64,
}

/// An estimate with its interval, where one can be given.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Estimate {
    pub value: f64,
    pub interval: Option<Interval>,
}
