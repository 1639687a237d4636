//! Reading scores and labels, as several commands do.

use std::path::{Path, PathBuf};

use summit_stance::scores::ScoreFiles;
use summit_stance::summary::{By, Labels, Tallied, Tally};

use super::table::{clean, count};

/// Tally the rows of these files, with labels if there are any, and say on standard error what
/// the user should know about them.
pub fn tally(scores: &[PathBuf], labels: Option<&Path>, by: By) -> anyhow::Result<Tallied> {
    let files = open(scores)?;
    let mut tally = Tally::new(by, files.stances());
    if let Some(path) = labels {
        let labels = Labels::read(path, files.stances())?;
        let left_out = labels.unlabelled() as u64;
        if left_out > 0 {
            eprintln!(
                "note: {} of the sample left out, without a label",
                count(left_out, "row")
            );
        }
        tally = tally.with_labels(labels);
    }
    for row in files.rows() {
        tally.add(&row?);
    }
    let tallied = tally.finish()?;
    if let Some(used) = &tallied.labels {
        if used.matched < used.labelled {
            eprintln!(
                "note: {} of {} labelled rows are not among these scores",
                used.labelled - used.matched,
                used.labelled
            );
        }
        let rows = tallied.rows as f64;
        match used.stands_for {
            None => eprintln!(
                "note: the labels have no inclusion probabilities and are taken for a simple \
                 random sample of all rows"
            ),
            Some(total) if (total - rows).abs() > 0.1 * rows => eprintln!(
                "warning: the labels are a sample of about {total:.0} rows, but these scores have \
                 {rows}; the correction holds only for cells whose rows the sample was drawn from"
            ),
            Some(_) => {}
        }
    }
    Ok(tallied)
}

/// Open files of scores and pass on their notes.
pub fn open(scores: &[PathBuf]) -> anyhow::Result<ScoreFiles> {
    let files = ScoreFiles::open(scores)?;
    for note in files.notes() {
        eprintln!("note: {}", clean_line(note));
    }
    Ok(files)
}

/// A message of any length without control characters.
fn clean_line(text: &str) -> String {
    text.split_inclusive(' ').map(clean).collect()
}
