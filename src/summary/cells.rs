//! Cells to estimates.

use rayon::prelude::*;
use serde::Serialize;

use super::bootstrap;
use super::prediction_powered;
use super::tally::{Tallied, TalliedCell};
use super::{Estimate, Key, Options};

/// One cell of a summary. Values by stance are in the order of
/// [`Tallied::stances`].
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Cell {
    pub key: Key,
    /// Rows: the party's sentences. Where parties are not told apart, a sentence that mentions
    /// two parties counts once for each.
    pub sentences: u64,
    pub articles: usize,
    /// Mean probability of each stance among the sentences; corrected, where
    /// [`Cell::correction`] says so.
    pub means: Vec<Estimate>,
    /// Share of the sentences whose most probable stance is this one, by the classifier.
    pub shares: Vec<f64>,
    /// Labelled rows in the cell.
    pub labelled: u64,
    /// The classifier's weight in a correction with labels (0: the labels alone speak).
    pub correction: Option<f64>,
    pub note: Option<Note>,
}

/// Why a cell has no interval.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Note {
    /// Fewer articles than [`Options::min_articles`].
    FewArticles,
    /// With labels: labelled rows in fewer articles than [`Options::min_labelled`], so the means
    /// are the classifier's, uncorrected.
    FewLabels,
}

impl std::fmt::Display for Note {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Note::FewArticles => "too few articles for an interval",
            Note::FewLabels => "too few labels: not corrected",
        })
    }
}

/// The estimates of all cells, in the order of their keys, computed in parallel. Without labels
/// the means are the classifier's, with bootstrap intervals; with labels they are corrected.
pub fn summarize(tallied: &Tallied, options: &Options) -> Vec<Cell> {
    let corrected = tallied.labels.is_some();
    tallied
        .cells
        .par_iter()
        .map(|cell| estimate(cell, corrected, options))
        .collect()
}

fn estimate(cell: &TalliedCell, corrected: bool, options: &Options) -> Cell {
    let sentences = cell.articles.sentences();
    let share = |top: u64| top as f64 / sentences as f64;
    let plain = |value| Estimate {
        value,
        interval: None,
    };
    let mut result = Cell {
        key: cell.key.clone(),
        sentences,
        articles: cell.articles.len(),
        means: cell.articles.means().into_iter().map(plain).collect(),
        shares: cell.articles.tops().into_iter().map(share).collect(),
        labelled: cell
            .labelled
            .iter()
            .map(|article| u64::from(article.rows))
            .sum(),
        correction: None,
        note: None,
    };
    if cell.articles.len() < options.articles_needed() {
        result.note = Some(Note::FewArticles);
    } else if !corrected {
        let mut rng = bootstrap::generator(options.seed, "mean", &cell.key);
        let intervals = bootstrap::mean_intervals(&cell.articles, options.draws, &mut rng);
        for (mean, interval) in result.means.iter_mut().zip(intervals) {
            mean.interval = Some(interval);
        }
    } else if cell.labelled.len() < options.min_labelled {
        result.note = Some(Note::FewLabels);
    } else if let Some(corrected) =
        prediction_powered::estimate(&cell.articles, &cell.labelled, None)
    {
        result.means = corrected.estimates();
        result.correction = Some(corrected.lambda);
    } else {
        result.note = Some(Note::FewLabels);
    }
    result
}
