//! `stance export`: scores and summaries for other programs.

use std::path::{Path, PathBuf};

use clap::ValueEnum;
use summit_stance::export::{Export, Format, Summary, Target};
use summit_stance::scores::{Row, ScoresError, StanceNames};
use summit_stance::summary::{By, Cell, Labels, Tally, summarize};

use super::reading;
use super::summarize::ComputingArgs;

/// Write scores or a summary of them as CSV, JSON Lines, Parquet or SQLite.
///
/// The rows are those that `stance score` made: a party in a sentence. `--table summary` writes
/// averages with their intervals instead; an SQLite database holds both. Queries for R, Python,
/// DuckDB and SQL that work on these files are in docs/queries.md.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Scores to export: files or folders that `stance score` wrote; `-` for JSON Lines from
    /// standard input. Several are put together.
    #[arg(required = true, value_name = "SCORES")]
    scores: Vec<PathBuf>,
    /// Format of the file.
    #[arg(long, value_name = "FORMAT")]
    to: To,
    /// The file to write; `-` for standard output (CSV and JSON Lines). Without it, the table's
    /// name with the format's ending, in the current folder.
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,
    /// What to write; an SQLite database always holds both.
    #[arg(long, value_enum, default_value_t = Table::Scores)]
    table: Table,
    /// What the summary's averages are grouped by: any of party, issue, summit, source, with
    /// commas between them, or `all`.
    #[arg(long, value_name = "COLUMNS", default_value_t)]
    by: By,
    /// Hand-labelled sample (see `stance sample`) to correct the averages with.
    #[arg(long, value_name = "FILE")]
    labels: Option<PathBuf>,
    #[command(flatten)]
    computing: ComputingArgs,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Table {
    /// A row for each party in a sentence.
    Scores,
    /// Averages with intervals.
    Summary,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum To {
    /// For spreadsheets, and R and Python without further packages.
    Csv,
    /// One JSON object a line.
    Jsonl,
    /// For R (arrow), pandas, polars and DuckDB.
    Parquet,
    /// A database file for SQL, with scores and summary.
    Sqlite,
}

impl From<To> for Format {
    fn from(to: To) -> Format {
        match to {
            To::Csv => Format::Csv,
            To::Jsonl => Format::JsonLines,
            To::Parquet => Format::Parquet,
            To::Sqlite => Format::Sqlite,
        }
    }
}

/// Write the file, and say on standard error what it holds.
pub fn run(args: &Args) -> anyhow::Result<()> {
    let format = Format::from(args.to);
    let target = target(args, format);
    if let Target::File(path) = &target {
        refuse_input(path, &args.scores)?;
    }
    let files = reading::open(&args.scores)?;
    // No row is a result too: a table without rows.
    let rows = || {
        files
            .rows()
            .filter(|row| !matches!(row, Err(ScoresError::Empty { .. })))
    };

    let mut export: Box<dyn Export> =
        format.create(&target, files.provenance(), files.stances())?;
    let mut held = Vec::new();
    if args.table == Table::Scores || format.holds_both() {
        held.push(format!("{} rows", export.scores(&mut rows())?));
    }
    if args.table == Table::Summary || format.holds_both() {
        let cells = summary(rows(), files.stances(), args)?;
        let summary = Summary {
            by: &args.by,
            cells: &cells,
        };
        held.push(format!("{} averages", export.summary(summary)?));
    }
    export.finish()?;
    eprintln!("{}: {}", target.name(), held.join(" and "));
    Ok(())
}

fn summary(
    rows: impl Iterator<Item = Result<Row, ScoresError>>,
    stances: &StanceNames,
    args: &Args,
) -> anyhow::Result<Vec<Cell>> {
    let mut tally = Tally::new(args.by.clone(), stances);
    if let Some(path) = &args.labels {
        tally = tally.with_labels(Labels::read(path, stances)?);
    }
    for row in rows {
        tally.add(&row?);
    }
    Ok(summarize(&tally.finish()?, &args.computing.options()))
}

fn target(args: &Args, format: Format) -> Target {
    match &args.output {
        Some(path) if path == Path::new("-") => Target::Stdout,
        Some(path) => Target::File(path.clone()),
        None => {
            let table = match args.table {
                Table::Summary if !format.holds_both() => "summary",
                _ => "scores",
            };
            Target::File(PathBuf::from(format!("{table}.{}", format.name())))
        }
    }
}

/// An export must not take the place of what it is made from.
fn refuse_input(output: &Path, inputs: &[PathBuf]) -> anyhow::Result<()> {
    let Ok(output_file) = output.canonicalize() else {
        return Ok(());
    };
    for input in inputs {
        let inside = input.join(summit_stance::scores::SCORES_FILE);
        for file in [input.as_path(), inside.as_path()] {
            let same = file.canonicalize().is_ok_and(|file| file == output_file);
            if same {
                anyhow::bail!(
                    "{}: is one of the files to export, and would be replaced; name another file \
                     with -o",
                    output.display()
                );
            }
        }
    }
    Ok(())
}
