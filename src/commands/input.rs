//! What commands that read articles share: the names of columns, and what they tell the user of
//! the reading.

use summit_stance::articles::{Columns, Rejected, Tally};

/// What the fields are called in the input.
#[derive(Debug, clap::Args)]
#[command(next_help_heading = "Names of columns or fields in the input")]
pub struct ColumnArgs {
    /// The article's text
    #[arg(long, value_name = "NAME", default_value = "text")]
    pub text_column: String,
    /// What identifies an article
    #[arg(long, value_name = "NAME", default_value = "id")]
    pub id_column: String,
    /// The headline
    #[arg(long, value_name = "NAME", default_value = "title")]
    pub title_column: String,
    /// The date, as in 2026-05-14
    #[arg(long, value_name = "NAME", default_value = "date")]
    pub date_column: String,
    /// The summit or round of talks
    #[arg(long, value_name = "NAME", default_value = "summit")]
    pub summit_column: String,
    /// The newspaper, agency or station
    #[arg(long, value_name = "NAME", default_value = "source")]
    pub source_column: String,
}

impl ColumnArgs {
    pub fn columns(&self) -> Columns {
        Columns {
            text: self.text_column.clone(),
            id: self.id_column.clone(),
            title: self.title_column.clone(),
            date: self.date_column.clone(),
            summit: self.summit_column.clone(),
            source: self.source_column.clone(),
        }
    }
}

/// So many rejected records are told on standard error.
const SHOWN_REJECTIONS: u64 = 10;

/// Tells the user of the first rejected records, and how many more there are.
#[derive(Debug, Default)]
pub struct Rejections {
    count: u64,
}

impl Rejections {
    /// Count a record; `say` writes a line.
    pub fn add(&mut self, record: &Rejected, say: impl FnOnce(&str)) {
        self.count += 1;
        if self.count <= SHOWN_REJECTIONS {
            say(&format!("rejected: {record}"));
        }
    }

    pub fn count(&self) -> u64 {
        self.count
    }

    /// Say how many were not told.
    pub fn finish(&self) {
        if self.count > SHOWN_REJECTIONS {
            eprintln!("rejected: and {} more", self.count - SHOWN_REJECTIONS);
        }
    }
}

/// Pass on what the readers noticed.
pub fn tell_warnings(tally: &Tally) {
    let (warnings, examples) = tally.warnings();
    for example in &examples {
        eprintln!("warning: {example}");
    }
    if warnings as usize > examples.len() {
        eprintln!(
            "warning: and {} more like these",
            warnings as usize - examples.len()
        );
    }
}
