//! Scores and summaries in the formats that other programs read: CSV, JSON Lines, Parquet and
//! SQLite.
//!
//! Each format is an [`Export`]: it is given the rows, the summary, or both where its files hold
//! several tables, and its file appears whole on [`Export::finish`] or not at all.

mod csv;
mod jsonl;
mod parquet;
mod sqlite;
mod summary_table;
mod target;
mod text_file;

use std::path::Path;
use std::str::FromStr;

use crate::scores::{Provenance, Row, ScoresError, StanceNames};
use crate::summary::{By, Cell};

use text_file::TextFile;

pub use target::Target;

/// The cells of one summary, and the columns that they are grouped by.
#[derive(Debug, Clone, Copy)]
pub struct Summary<'s> {
    pub by: &'s By,
    pub cells: &'s [Cell],
}

/// A file being exported.
pub trait Export {
    /// Write the rows as table `scores` and return how many there were.
    ///
    /// # Errors
    /// What reading the rows or writing the file met with; [`ExportError::OneTable`] when the file
    /// already holds a table and the format has no room for two.
    fn scores(
        &mut self,
        rows: &mut dyn Iterator<Item = Result<Row, ScoresError>>,
    ) -> Result<u64, ExportError>;

    /// Write the cells as table `summary` and return how many there were.
    ///
    /// # Errors
    /// As [`Export::scores`].
    fn summary(&mut self, summary: Summary<'_>) -> Result<u64, ExportError>;

    /// Put the file in its place. Dropped without this, nothing is left of it.
    ///
    /// # Errors
    /// When the last bytes could not be written or the file not be put there.
    fn finish(self: Box<Self>) -> Result<(), ExportError>;
}

/// A format to export to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// Comma-separated values in UTF-8, with a header; several issues are joined by `;`.
    Csv,
    /// One JSON object a line; issues are a list.
    JsonLines,
    /// Apache Parquet; issues are a list.
    Parquet,
    /// A SQLite database with the tables `articles`, `scores`, `score_issues`, `summary` and
    /// `made_by`, and the view `score_rows`.
    Sqlite,
}

impl Format {
    pub const ALL: [Format; 4] = [
        Format::Csv,
        Format::JsonLines,
        Format::Parquet,
        Format::Sqlite,
    ];

    /// The name on the command line, which is also how its files' names end.
    pub fn name(self) -> &'static str {
        match self {
            Format::Csv => "csv",
            Format::JsonLines => "jsonl",
            Format::Parquet => "parquet",
            Format::Sqlite => "sqlite",
        }
    }

    /// Whether a file of this format holds scores and summary together.
    pub fn holds_both(self) -> bool {
        self == Format::Sqlite
    }

    /// Start a file of scores with these stances. `provenance` is kept in it where the format has
    /// a place for it.
    ///
    /// # Errors
    /// [`ExportError::NeedsFile`] for a format that cannot go to standard output; what making
    /// the file met with.
    pub fn create(
        self,
        target: &Target,
        provenance: Option<&Provenance>,
        stances: &StanceNames,
    ) -> Result<Box<dyn Export>, ExportError> {
        let path = || match target {
            Target::File(path) => Ok(path.as_path()),
            Target::Stdout => Err(ExportError::NeedsFile {
                format: self.name(),
            }),
        };
        Ok(match self {
            Format::Csv => Box::new(csv::Csv(TextFile::create(target, stances)?)),
            Format::JsonLines => Box::new(jsonl::JsonLines(TextFile::create(target, stances)?)),
            Format::Parquet => Box::new(parquet::Parquet::create(path()?, provenance, stances)),
            Format::Sqlite => Box::new(sqlite::Database::create(path()?, provenance, stances)?),
        })
    }
}

impl FromStr for Format {
    type Err = ExportError;

    fn from_str(name: &str) -> Result<Self, Self::Err> {
        Format::ALL
            .into_iter()
            .find(|format| format.name() == name)
            .ok_or_else(|| ExportError::UnknownFormat {
                given: name.to_owned(),
            })
    }
}

/// Why an export failed.
#[derive(Debug, thiserror::Error)]
pub enum ExportError {
    #[error(transparent)]
    Scores(#[from] ScoresError),
    #[error("{given:?} is no format to export to; there are csv, jsonl, parquet and sqlite")]
    UnknownFormat { given: String },
    #[error("{format} cannot be written to standard output; name a file with -o")]
    NeedsFile { format: &'static str },
    #[error(
        "{file}: holds one table already; export scores and summary to two files, or to SQLite"
    )]
    OneTable { file: String },
    #[error("{file}: cannot be written: {source}")]
    Write {
        file: String,
        source: std::io::Error,
    },
    #[error("{file}: cannot be written as Parquet: {source}")]
    Parquet {
        file: String,
        source: ::parquet::errors::ParquetError,
    },
    #[error("{file}: cannot be written as SQLite: {source}")]
    Sqlite {
        file: String,
        source: rusqlite::Error,
    },
}

fn write_error(file: &str) -> impl Fn(std::io::Error) -> ExportError + '_ {
    move |source| ExportError::Write {
        file: file.to_owned(),
        source,
    }
}

fn name(path: &Path) -> String {
    path.display().to_string()
}
