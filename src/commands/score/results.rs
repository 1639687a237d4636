//! The result files, made from the parts of a run.

use std::path::Path;

use anyhow::Context;
use summit_stance::scores::unfinished::{Counts, Unfinished};
use summit_stance::scores::{Provenance, SCORES_FILE, StanceNames, parquet, rejected};
use summit_stance::summary::{self, Cell, Options, Tally, csv};

use super::interrupt::Interrupt;
use crate::commands::table::{self, Column};

/// The files that a run leaves in its folder.
pub const RESULTS: [&str; 3] = [SCORES_FILE, csv::SUMMARY_FILE, rejected::REJECTED_FILE];

/// What a finished run found.
pub struct Results {
    pub counts: Counts,
    /// All parties, most sentences first.
    pub parties: Vec<Cell>,
    pub stances: StanceNames,
}

/// Make the result files of the run's parts and end it; `None` if it was interrupted.
pub fn finish(
    run: Unfinished,
    provenance: &Provenance,
    interrupt: &Interrupt,
) -> anyhow::Result<Option<Results>> {
    let mut scores = parquet::Writer::create(&run.result(SCORES_FILE), provenance)?;
    let mut rejections = rejected::Writer::create(&run.result(rejected::REJECTED_FILE))?;
    let mut cells = Tally::new(summary::By::default(), &provenance.stances);
    for part in run.parts() {
        for row in part.rows()? {
            let row = row?;
            scores.write(&row)?;
            cells.add(&row);
        }
        for rejected in part.rejected()? {
            rejections.write(&rejected)?;
        }
        if interrupt.asked() {
            return Ok(None);
        }
    }
    scores.finish()?;
    rejections.finish()?;
    let options = Options::default();
    write_summary(&run, cells, &options)?;
    // Only now, so that the sums of one tally at a time are in memory.
    let mut parties = Tally::new("party".parse()?, &provenance.stances);
    for part in run.parts() {
        for row in part.rows()? {
            parties.add(&row?);
        }
        if interrupt.asked() {
            return Ok(None);
        }
    }
    let mut parties = summary::summarize(&parties.finish()?, &options);
    parties.sort_by_key(|cell| std::cmp::Reverse(cell.sentences));
    let counts = *run.done();
    run.publish()
        .context("all articles are scored, but the results could not be put in their places")?;
    Ok(Some(Results {
        counts,
        parties,
        stances: provenance.stances.clone(),
    }))
}

fn write_summary(run: &Unfinished, cells: Tally, options: &Options) -> anyhow::Result<()> {
    let tallied = cells.finish()?;
    let cells = summary::summarize(&tallied, options);
    csv::write_file(&run.result(csv::SUMMARY_FILE), |out| {
        csv::write_summary(out, &tallied.by, &tallied.stances, &cells, false)
    })?;
    Ok(())
}

/// The names of the files that were written.
pub fn written(folder: &Path, counts: &Counts) -> String {
    let mut text = format!(
        "wrote {} and {}\n",
        folder.join(SCORES_FILE).display(),
        folder.join(csv::SUMMARY_FILE).display()
    );
    if counts.rejected > 0 {
        text.push_str(&format!(
            "the rejected records are in {}\n",
            folder.join(rejected::REJECTED_FILE).display()
        ));
    }
    text
}

/// The parties with the most sentences.
pub fn party_table(parties: &[Cell], stances: &StanceNames) -> String {
    const ROWS: usize = 20;
    let mut columns = vec![
        Column::Text("party"),
        Column::Number("sentences"),
        Column::Number("articles"),
    ];
    columns.extend(stances.iter().map(Column::Number));
    let mut table = table::new(&columns);
    for cell in parties.iter().take(ROWS) {
        let mut row = vec![
            table::text(&cell.key.to_string()),
            table::text(&cell.sentences.to_string()),
            table::text(&cell.articles.to_string()),
        ];
        row.extend(
            cell.means
                .iter()
                .map(|mean| table::text(&table::percent(mean))),
        );
        table.add_row(row);
    }
    let mut text = table::lines(&table);
    if parties.len() > ROWS {
        text.push_str(&format!("\n… and {} more parties", parties.len() - ROWS));
    }
    text.push_str(
        "\nmean probability in percent, with 95% intervals from a bootstrap over articles\n",
    );
    text
}
