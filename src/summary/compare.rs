//! Differences between summits (or sources).

use std::collections::BTreeMap;

use rayon::prelude::*;
use serde::Serialize;

use super::bootstrap;
use super::names::nearest;
use super::tally::{Tallied, TalliedCell};
use super::{
    Dimension, Interval, Key, Options, SummaryError, benjamini_hochberg, permutation,
    prediction_powered,
};
use crate::scores::StanceNames;

/// One side of a comparison.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Side {
    /// The stance's mean probability; corrected, where the scores were tallied with labels.
    pub mean: f64,
    pub sentences: u64,
    pub articles: usize,
}

/// How one stance's mean differs between two summits, for one party and issue.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Change {
    /// The values of the columns compared within, such as party and issue.
    pub key: Key,
    pub from: String,
    pub to: String,
    /// The place of the stance in [`Comparison::stances`].
    pub stance: usize,
    pub before: Side,
    pub after: Side,
    /// `after` minus `before`.
    pub difference: f64,
    pub interval: Interval,
    /// By permutation of articles; with labels, by Welch's t of the corrected means.
    pub p: f64,
    /// Benjamini-Hochberg q over all changes of the comparison.
    pub q: f64,
}

/// What could not be compared, and why.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct LeftOut {
    pub key: Key,
    pub from: String,
    pub to: String,
    pub reason: String,
}

/// All differences of a comparison.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Comparison {
    /// What is compared: summits or sources.
    pub over: Dimension,
    /// The columns compared within, as the parts of each key.
    pub within: Vec<Dimension>,
    /// The stances that the rows tell apart.
    pub stances: StanceNames,
    /// The pairs compared, in order.
    pub pairs: Vec<(String, String)>,
    /// By size of the difference, the largest first.
    pub changes: Vec<Change>,
    /// In the order of the keys.
    pub left_out: Vec<LeftOut>,
    /// Whether labels corrected the means.
    pub corrected: bool,
}

/// Compare the values of `over` within each combination of the tally's other columns: the two
/// `names`, or, of summits, each with the next in order of date.
///
/// # Errors
/// [`SummaryError::UnknownName`] with the nearest names, [`SummaryError::SameName`],
/// [`SummaryError::OnlyOne`], [`SummaryError::NameTwo`], and [`SummaryError::WithinOver`] when the
/// tally does not group by `over`.
pub fn compare(
    tallied: &Tallied,
    over: Dimension,
    names: Option<(&str, &str)>,
    options: &Options,
) -> Result<Comparison, SummaryError> {
    let dimensions = tallied.by.dimensions();
    let place = dimensions
        .iter()
        .position(|d| *d == over)
        .ok_or(SummaryError::WithinOver { what: over.name() })?;
    let within = dimensions.iter().copied().filter(|d| *d != over).collect();
    let pairs = pairs(tallied, over, place, names)?;

    // Each combination of the other columns, with its cells by the value compared.
    let mut groups: BTreeMap<Key, BTreeMap<&str, &TalliedCell>> = BTreeMap::new();
    for cell in &tallied.cells {
        let Some(Some(value)) = cell.key.0.get(place) else {
            continue;
        };
        let mut key = cell.key.clone();
        key.0.remove(place);
        groups.entry(key).or_default().insert(value, cell);
    }
    let corrected = tallied.labels.is_some();
    let work: Vec<_> = groups
        .iter()
        .flat_map(|(key, cells)| pairs.iter().map(move |pair| (key, cells, pair)))
        .collect();
    let results: Vec<Option<Result<Vec<Change>, LeftOut>>> = work
        .into_par_iter()
        .map(|(key, cells, pair)| {
            let (from, to) = pair;
            let sides = (cells.get(from.as_str()), cells.get(to.as_str()));
            let result = match sides {
                (None, None) => return None,
                (Some(before), Some(after)) => {
                    changes(key, pair, before, after, corrected, options)
                }
                (before, _) => Err(format!(
                    "not mentioned at {}",
                    match before {
                        None => from,
                        Some(_) => to,
                    }
                )),
            };
            Some(result.map_err(|reason| {
                let (from, to) = pair.clone();
                LeftOut {
                    key: key.clone(),
                    from,
                    to,
                    reason,
                }
            }))
        })
        .collect();

    let mut changes = Vec::new();
    let mut left_out = Vec::new();
    for result in results.into_iter().flatten() {
        match result {
            Ok(each) => changes.extend(each),
            Err(out) => left_out.push(out),
        }
    }
    let p: Vec<f64> = changes.iter().map(|change| change.p).collect();
    for (change, q) in changes.iter_mut().zip(benjamini_hochberg(&p)) {
        change.q = q;
    }
    // Stable, so that equal changes keep the order of their keys.
    changes.sort_by(|a, b| b.difference.abs().total_cmp(&a.difference.abs()));
    Ok(Comparison {
        over,
        within,
        stances: tallied.stances.clone(),
        pairs,
        changes,
        left_out,
        corrected,
    })
}

fn pairs(
    tallied: &Tallied,
    over: Dimension,
    place: usize,
    names: Option<(&str, &str)>,
) -> Result<Vec<(String, String)>, SummaryError> {
    let what = over.name();
    let mut known: Vec<&str> = match over {
        // In order of date.
        Dimension::Summit => tallied.summits.iter().map(|s| s.name.as_str()).collect(),
        _ => tallied
            .cells
            .iter()
            .filter_map(|cell| cell.key.0.get(place)?.as_deref())
            .collect(),
    };
    if over != Dimension::Summit {
        known.sort_unstable();
        known.dedup();
    }
    let Some((from, to)) = names else {
        return match known.as_slice() {
            [] => Err(SummaryError::OnlyOne {
                what,
                known: "and that without a name".to_owned(),
            }),
            [one] => Err(SummaryError::OnlyOne {
                what,
                known: format!("{one:?}"),
            }),
            _ if over != Dimension::Summit => Err(SummaryError::NameTwo { what }),
            _ => Ok(known
                .windows(2)
                .filter_map(|pair| match pair {
                    [one, two] => Some(((*one).to_owned(), (*two).to_owned())),
                    _ => None,
                })
                .collect()),
        };
    };
    for name in [from, to] {
        if !known.contains(&name) {
            let hint = nearest(name, &known);
            return Err(SummaryError::UnknownName {
                what,
                given: name.to_owned(),
                hint,
            });
        }
    }
    if from == to {
        return Err(SummaryError::SameName {
            given: from.to_owned(),
        });
    }
    Ok(vec![(from.to_owned(), to.to_owned())])
}

/// The changes of the stances between two cells, or why there are none.
fn changes(
    key: &Key,
    (from, to): &(String, String),
    before: &TalliedCell,
    after: &TalliedCell,
    corrected: bool,
    options: &Options,
) -> Result<Vec<Change>, String> {
    for (name, cell) in [(from, before), (to, after)] {
        let (articles, needed) = (cell.articles.len(), options.articles_needed());
        if articles < needed {
            return Err(format!(
                "{articles} of at least {needed} articles at {name}"
            ));
        }
        let (labelled, needed) = (cell.labelled.len(), options.min_labelled);
        if corrected && labelled < needed {
            return Err(format!(
                "labels in {labelled} of at least {needed} articles at {name}"
            ));
        }
    }
    let change = |stance: usize, means: (f64, f64), difference, interval, p| {
        let side = |cell: &TalliedCell, mean| Side {
            mean,
            sentences: cell.articles.sentences(),
            articles: cell.articles.len(),
        };
        Change {
            key: key.clone(),
            from: from.clone(),
            to: to.clone(),
            stance,
            before: side(before, means.0),
            after: side(after, means.1),
            difference,
            interval,
            p,
            q: p,
        }
    };
    if corrected {
        let estimate =
            |cell: &TalliedCell| prediction_powered::estimate(&cell.articles, &cell.labelled, None);
        let (Some(one), Some(two)) = (estimate(before), estimate(after)) else {
            return Err("labels in too few articles".to_owned());
        };
        let differences = prediction_powered::differences(&one, &two);
        let changes = differences.into_iter().enumerate();
        return Ok(changes
            .map(|(s, d)| change(s, (one.means[s], two.means[s]), d.value, d.interval, d.p))
            .collect());
    }
    let pair = Key([key.0.as_slice(), &[Some(from.clone()), Some(to.clone())]].concat());
    let mut rng = bootstrap::generator(options.seed, "difference", &pair);
    let intervals =
        bootstrap::difference_intervals(&before.articles, &after.articles, options.draws, &mut rng);
    let mut rng = bootstrap::generator(options.seed, "permutation", &pair);
    let p = permutation::p_values(
        &before.articles,
        &after.articles,
        options.permutations,
        &mut rng,
    );
    let (one, two) = (before.articles.means(), after.articles.means());
    Ok((0..one.len())
        .map(|s| change(s, (one[s], two[s]), two[s] - one[s], intervals[s], p[s]))
        .collect())
}
