//! The page's numbers: a cell for every party, issue and summit, for every two and one of these,
//! and for all rows, so that no number is computed in the page.

use serde::Serialize;

use super::ReportError;
use super::labels::Labels;
use crate::scores::Row;
use crate::summary::{
    By, Cell, Dimension, Key, LabelUse, Labels as HandLabels, Options, Tallied, Tally, compare,
    summarize,
};

/// Stands for "all" where a cell names no party, issue or summit.
const ALL: i64 = -1;

/// The cells as columns; party, issue and summit by their places in [`Labels`]. The columns of
/// estimates have a value for each cell and stance, in the order of the stances, in thousandths.
#[derive(Debug, Default, Serialize)]
pub(super) struct Cells {
    party: Vec<i64>,
    issue: Vec<i64>,
    summit: Vec<i64>,
    sentences: Vec<u64>,
    articles: Vec<usize>,
    mean: Vec<i64>,
    /// Bounds of the intervals; -1 where there is none.
    low: Vec<i64>,
    high: Vec<i64>,
}

/// A change from one summit to the next that stands out from what chance would do.
#[derive(Debug, Serialize)]
pub(super) struct Change {
    party: i64,
    /// -1 for all issues.
    issue: i64,
    stance: usize,
    from: usize,
    to: usize,
    difference: f64,
    low: f64,
    high: f64,
    q: f64,
}

/// Changes are shown up to this false discovery rate,
const SHOWN_Q: f64 = 0.05;
/// and at most this many: a page is no database.
const MAX_CHANGES: usize = 400;

#[derive(Debug, Default)]
pub(super) struct Figures {
    pub cells: Cells,
    /// The largest first.
    pub changes: Vec<Change>,
    /// How many changes were tested.
    pub compared: usize,
    pub count: usize,
    pub without_interval: usize,
    /// How labels corrected the numbers, where there were any.
    pub corrected: Option<LabelUse>,
}

impl Figures {
    /// Summarise the rows in every way that the page shows. The parties that [`Labels`] leaves
    /// out still count where all parties are put together.
    ///
    /// # Errors
    /// When none of the hand labels is of one of these rows.
    pub fn of(
        rows: &[Row],
        labels: &Labels<'_>,
        hand_labels: Option<&HandLabels>,
        options: &Options,
    ) -> Result<Figures, ReportError> {
        let mut figures = Figures::default();
        for party in [true, false] {
            for issue in [true, false] {
                for summit in [true, false] {
                    let by: Vec<Dimension> = [
                        (party, Dimension::Party),
                        (issue, Dimension::Issue),
                        (summit, Dimension::Summit),
                    ]
                    .into_iter()
                    .filter_map(|(wanted, dimension)| wanted.then_some(dimension))
                    .collect();
                    let mut tally = Tally::new(By::new(by.clone())?, &labels.stances);
                    if let (Some(hand_labels), false) = (hand_labels, rows.is_empty()) {
                        tally = tally.with_labels(hand_labels.clone());
                    }
                    rows.iter().for_each(|row| tally.add(row));
                    let mut tallied = tally.finish()?;
                    figures.corrected = tallied.labels;
                    tallied
                        .cells
                        .retain(|cell| places(&by, &cell.key, labels).is_some());
                    for cell in summarize(&tallied, options) {
                        if let Some(places) = places(&by, &cell.key, labels) {
                            figures.push(places, &cell);
                        }
                    }
                    if party && summit && tallied.summits.len() > 1 {
                        figures.compare(&tallied, labels, options)?;
                    }
                }
            }
        }
        figures
            .changes
            .sort_by(|a, b| b.difference.abs().total_cmp(&a.difference.abs()));
        figures.changes.truncate(MAX_CHANGES);
        Ok(figures)
    }

    /// Add what changed from each summit to the next.
    fn compare(
        &mut self,
        tallied: &Tallied,
        labels: &Labels<'_>,
        options: &Options,
    ) -> Result<(), ReportError> {
        let comparison = compare(tallied, Dimension::Summit, None, options)?;
        self.compared += comparison.changes.len();
        for change in comparison
            .changes
            .iter()
            .filter(|change| change.q <= SHOWN_Q)
        {
            let summit = |name: &str| labels.summit(Some(name));
            let (Some([party, issue, _]), Some(from), Some(to)) = (
                places(&comparison.within, &change.key, labels),
                summit(&change.from),
                summit(&change.to),
            ) else {
                continue;
            };
            self.changes.push(Change {
                party,
                issue,
                stance: change.stance,
                from,
                to,
                difference: change.difference,
                low: change.interval.low,
                high: change.interval.high,
                q: change.q,
            });
        }
        Ok(())
    }

    fn push(&mut self, [party, issue, summit]: [i64; 3], cell: &Cell) {
        self.count += 1;
        self.without_interval += usize::from(cell.note.is_some());
        let cells = &mut self.cells;
        cells.party.push(party);
        cells.issue.push(issue);
        cells.summit.push(summit);
        cells.sentences.push(cell.sentences);
        cells.articles.push(cell.articles);
        for mean in &cell.means {
            cells.mean.push(thousandths(mean.value));
            cells.low.push(
                mean.interval
                    .map_or(-1, |interval| thousandths(interval.low)),
            );
            cells.high.push(
                mean.interval
                    .map_or(-1, |interval| thousandths(interval.high)),
            );
        }
    }
}

/// The places of a cell's party, issue and summit; `None` for a cell that the page does not show:
/// of a party that is left out, or of the rows without an issue.
fn places(by: &[Dimension], key: &Key, labels: &Labels<'_>) -> Option<[i64; 3]> {
    let mut places = [ALL; 3];
    for (dimension, value) in by.iter().zip(&key.0) {
        let value = value.as_deref();
        let (which, place) = match dimension {
            Dimension::Party => (0, labels.party(value?)?),
            Dimension::Issue => (1, labels.issue(value?)?),
            Dimension::Summit => (2, labels.summit(value)?),
            Dimension::Source => return None,
        };
        if let Some(slot) = places.get_mut(which) {
            *slot = place as i64;
        }
    }
    Some(places)
}

/// A corrected estimate, or the end of its interval, may lie a little outside of 0 to 1.
fn thousandths(share: f64) -> i64 {
    (share.clamp(0.0, 1.0) * 1000.0).round() as i64
}
