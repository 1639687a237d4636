//! CSV: a header, then a record for each row or cell. Missing values are empty. Text that a
//! spreadsheet would take for a formula carries an apostrophe; the other formats are exact.

use std::borrow::Cow;

use csv::Writer;

use super::text_file::TextFile;
use super::{Export, ExportError, Summary, write_error};
use crate::scores::{Row, ScoresError, link_name};
use crate::summary::csv::write_summary;
use crate::summary::spreadsheet::escape;

/// The columns of `scores` before those of the stances.
const BEFORE: [&str; 12] = [
    "article",
    "summit",
    "date",
    "source",
    "sentence",
    "sentence_start",
    "sentence_end",
    "text",
    "party",
    "mention",
    "mention_start",
    "mention_end",
];
/// And those behind them.
const BEHIND: [&str; 3] = ["stance", "issues", "link"];

pub(super) struct Csv(pub TextFile);

impl Export for Csv {
    fn scores(
        &mut self,
        rows: &mut dyn Iterator<Item = Result<Row, ScoresError>>,
    ) -> Result<u64, ExportError> {
        self.0.begin_table()?;
        let failed = |error: csv::Error| write_error(&self.0.name)(error.into());
        let mut writer = Writer::from_writer(&mut self.0.target);
        let header = BEFORE
            .into_iter()
            .chain(self.0.stances.iter())
            .chain(BEHIND);
        writer.write_record(header).map_err(failed)?;
        let mut written = 0;
        for row in rows {
            let row = row?;
            let issues = row.issues.join(";");
            let record = record(&row, &issues);
            writer
                .write_record(record.iter().map(|field| field.as_bytes()))
                .map_err(failed)?;
            written += 1;
        }
        writer.flush().map_err(write_error(&self.0.name))?;
        Ok(written)
    }

    fn summary(&mut self, summary: Summary<'_>) -> Result<u64, ExportError> {
        self.0.begin_table()?;
        // The same table as `stance summarize` writes.
        let corrected = summary.cells.iter().any(|cell| cell.labelled > 0);
        write_summary(
            &mut self.0.target,
            summary.by,
            &self.0.stances,
            summary.cells,
            corrected,
        )
        .map_err(write_error(&self.0.name))?;
        Ok(summary.cells.len() as u64)
    }

    fn finish(self: Box<Self>) -> Result<(), ExportError> {
        self.0.target.finish()
    }
}

fn record<'r>(row: &'r Row, issues: &'r str) -> Vec<Cow<'r, str>> {
    let given = |value: &'r Option<String>| escape(value.as_deref().unwrap_or_default());
    let number = |value: u32| Cow::from(value.to_string());
    let share = |value: &f32| Cow::from(value.to_string());
    let mut record = vec![
        escape(&row.article),
        given(&row.summit),
        given(&row.date),
        given(&row.source),
        number(row.sentence),
        number(row.sentence_start),
        number(row.sentence_end),
        escape(&row.text),
        escape(&row.party),
        escape(&row.mention),
        number(row.mention_start),
        number(row.mention_end),
    ];
    record.extend(row.stance.probabilities().iter().map(share));
    record.extend([
        row.stance.name().into(),
        escape(issues),
        link_name(row.link).into(),
    ]);
    record
}
