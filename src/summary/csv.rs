//! Summaries and comparisons as CSV.
//!
//! Values that a spreadsheet would take for formulas carry an apostrophe (see
//! [`spreadsheet`](super::spreadsheet)). Numbers have a point for their decimals; what cannot be
//! given is empty.

use std::io::Write;
use std::path::Path;

use super::spreadsheet::escape;
use super::{By, Cell, Comparison, SummaryError};
use crate::scores::{Output, StanceNames};

/// Name of the summary in the folder that `stance score` writes.
pub const SUMMARY_FILE: &str = "summary.csv";

/// Write a summary: the columns grouped by, `sentences`, `articles`, for each stance its mean
/// with the ends of its 95% interval (`optimistic`, `optimistic_low`, `optimistic_high`, …), for
/// each the share of sentences it is the most probable stance of (`share_optimistic`, …), and
/// `note`. With labels also `labelled` (rows) and `lambda`, the classifier's weight in the
/// correction, empty where none was made.
///
/// # Errors
/// When `out` does not take it.
pub fn write_summary(
    out: impl Write,
    by: &By,
    stances: &StanceNames,
    cells: &[Cell],
    with_labels: bool,
) -> std::io::Result<()> {
    let mut csv = csv::Writer::from_writer(out);
    let mut header: Vec<String> = by
        .dimensions()
        .iter()
        .map(|d| d.name().to_owned())
        .collect();
    header.extend(["sentences", "articles"].map(str::to_owned));
    for name in stances.iter() {
        header.extend([
            name.to_owned(),
            format!("{name}_low"),
            format!("{name}_high"),
        ]);
    }
    header.extend(stances.iter().map(|name| format!("share_{name}")));
    if with_labels {
        header.extend(["labelled", "lambda"].map(str::to_owned));
    }
    header.push("note".to_owned());
    csv.write_record(&header)?;
    for cell in cells {
        let mut record: Vec<String> = cell
            .key
            .labels()
            .map(|label| escape(label).into_owned())
            .collect();
        record.extend([cell.sentences.to_string(), cell.articles.to_string()]);
        for mean in &cell.means {
            record.push(number(Some(mean.value)));
            record.push(number(mean.interval.map(|interval| interval.low)));
            record.push(number(mean.interval.map(|interval| interval.high)));
        }
        record.extend(cell.shares.iter().map(|share| number(Some(*share))));
        if with_labels {
            record.extend([cell.labelled.to_string(), number(cell.correction)]);
        }
        record.push(cell.note.map(|note| note.to_string()).unwrap_or_default());
        csv.write_record(&record)?;
    }
    csv.flush()
}

/// Write a comparison: the columns compared within, `from`, `to`, `stance`, the stance's mean,
/// the sentences and the articles on either side (`before`, `before_sentences`, …),
/// `difference`, `low`, `high`, `p`, `q` and `note`. What could not be compared follows, with the
/// reason as its note and nothing else.
///
/// # Errors
/// When `out` does not take it.
pub fn write_comparison(out: impl Write, comparison: &Comparison) -> std::io::Result<()> {
    let mut csv = csv::Writer::from_writer(out);
    let mut header: Vec<&str> = comparison.within.iter().map(|d| d.name()).collect();
    header.extend([
        "from",
        "to",
        "stance",
        "before",
        "before_sentences",
        "before_articles",
    ]);
    header.extend(["after", "after_sentences", "after_articles"]);
    header.extend(["difference", "low", "high", "p", "q", "note"]);
    csv.write_record(&header)?;
    for change in &comparison.changes {
        let mut record: Vec<String> = change
            .key
            .labels()
            .map(|label| escape(label).into_owned())
            .collect();
        record.extend([
            escape(&change.from).into_owned(),
            escape(&change.to).into_owned(),
        ]);
        record.push(comparison.stances.name(change.stance).to_owned());
        for side in [change.before, change.after] {
            record.push(number(Some(side.mean)));
            record.extend([side.sentences.to_string(), side.articles.to_string()]);
        }
        record.push(number(Some(change.difference)));
        record.push(number(Some(change.interval.low)));
        record.push(number(Some(change.interval.high)));
        record.extend([probability(change.p), probability(change.q), String::new()]);
        csv.write_record(&record)?;
    }
    for out in &comparison.left_out {
        let mut record: Vec<String> = out
            .key
            .labels()
            .map(|label| escape(label).into_owned())
            .collect();
        record.extend([escape(&out.from).into_owned(), escape(&out.to).into_owned()]);
        record.resize(header.len() - 1, String::new());
        record.push(escape(&out.reason).into_owned());
        csv.write_record(&record)?;
    }
    csv.flush()
}

/// Write a file that appears whole or not at all, with one of the functions above:
/// `write_file(path, |out| write_summary(out, by, stances, cells, false))`.
///
/// # Errors
/// When the file cannot be written.
pub fn write_file(
    path: &Path,
    write: impl FnOnce(&mut Output) -> std::io::Result<()>,
) -> Result<(), SummaryError> {
    let mut output = Output::create(path)?;
    write(&mut output).map_err(|source| {
        let file = path.display().to_string();
        SummaryError::Write { file, source }
    })?;
    output.persist()?;
    Ok(())
}

/// Six decimals: finer than any sample can tell, coarse enough to read.
fn number(value: Option<f64>) -> String {
    value.map(|value| format!("{value:.6}")).unwrap_or_default()
}

/// A p-value, whose size may lie far below a millionth.
fn probability(p: f64) -> String {
    if p == 0.0 || p >= 1e-4 {
        format!("{p:.6}")
    } else {
        format!("{p:.3e}")
    }
}
