//! `stance summarize`: who stood where on what, how sure that is.

use std::path::PathBuf;

use summit_stance::summary::{By, Cell, Dimension, Note, Options, Tallied, csv, summarize};

use super::reading;
use super::table::{self, Column, count};

/// Average the stances of scored articles.
///
/// For each party, issue and summit: the mean probability of each stance over the party's
/// sentences, in percent, with a 95% confidence interval. Intervals come from resampling whole
/// articles, since the sentences of one article are not independent. A sentence about two issues
/// counts for both.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Files of scores, or folders that `stance score` wrote; `-` for JSON Lines from stdin
    #[arg(required = true)]
    pub scores: Vec<PathBuf>,

    /// What to tell apart: any of party, issue, summit, source, with commas; or `all` for nothing
    #[arg(long, value_name = "COLUMNS", default_value = "party,issue,summit")]
    pub by: By,

    /// Hand-labelled sample (see `stance sample`) to correct the classifier's errors with
    #[arg(long, value_name = "FILE")]
    pub labels: Option<PathBuf>,

    /// Also write the summary as CSV; with `-` to stdout, instead of the table
    #[arg(short, long, value_name = "FILE")]
    pub output: Option<PathBuf>,

    /// Print at most so many rows, those with the most sentences; 0 for all
    #[arg(long, value_name = "N", default_value_t = 40)]
    pub rows: usize,

    #[command(flatten)]
    pub computing: ComputingArgs,
}

/// How summaries are computed.
#[derive(Debug, clap::Args)]
pub struct ComputingArgs {
    /// Give no interval for cells with fewer articles than this
    #[arg(long, value_name = "N", default_value_t = Options::default().min_articles)]
    pub min_articles: usize,

    /// With labels: correct no cell whose labels lie in fewer articles than this
    #[arg(long, value_name = "N", default_value_t = Options::default().min_labelled)]
    pub min_labelled: usize,

    /// Bootstrap draws for each interval
    #[arg(long, value_name = "N", default_value_t = Options::default().draws,
          value_parser = draws)]
    pub draws: usize,

    /// Seed of the random draws; the same seed gives the same numbers
    #[arg(long, value_name = "N", default_value_t = Options::default().seed)]
    pub seed: u64,
}

/// A number of draws or permutations: fewer make no percentile, more take hours.
pub(super) fn draws(text: &str) -> Result<usize, String> {
    match text.parse() {
        Ok(n) if (100..=1_000_000).contains(&n) => Ok(n),
        _ => Err("give a whole number from 100 to 1000000".to_owned()),
    }
}

impl ComputingArgs {
    pub fn options(&self) -> Options {
        Options {
            min_articles: self.min_articles,
            min_labelled: self.min_labelled,
            draws: self.draws,
            seed: self.seed,
            ..Options::default()
        }
    }
}

pub fn run(args: &Args) -> anyhow::Result<()> {
    let options = args.computing.options();
    let tallied = reading::tally(&args.scores, args.labels.as_deref(), args.by.clone())?;
    let cells = summarize(&tallied, &options);
    let with_labels = tallied.labels.is_some();
    match &args.output {
        Some(path) if path.as_os_str() == "-" => {
            let mut text = Vec::new();
            csv::write_summary(
                &mut text,
                &tallied.by,
                &tallied.stances,
                &cells,
                with_labels,
            )?;
            return table::print(String::from_utf8_lossy(&text).trim_end());
        }
        Some(path) => csv::write_file(path, |out| {
            csv::write_summary(out, &tallied.by, &tallied.stances, &cells, with_labels)
        })?,
        None => {}
    }
    print_cells(&tallied, &cells, &options, args.rows)
}

/// Print cells as a table, at most `limit` of them (0: all), with what there is to say about it.
pub fn print_cells(
    tallied: &Tallied,
    cells: &[Cell],
    options: &Options,
    limit: usize,
) -> anyhow::Result<()> {
    let mut columns: Vec<Column> = tallied
        .by
        .dimensions()
        .iter()
        .map(|d| Column::Text(d.name()))
        .collect();
    columns.extend(["sent.", "art."].map(Column::Number));
    columns.extend(tallied.stances.iter().map(Column::Number));
    let mut table = table::new(&columns);
    let shown = most_sentences(cells, limit);
    for cell in &shown {
        let mark = match cell.note {
            None => "",
            Some(Note::FewArticles) => "*",
            Some(Note::FewLabels) => "†",
        };
        let mut row: Vec<comfy_table::Cell> = cell.key.labels().map(table::text).collect();
        row.push(comfy_table::Cell::new(cell.sentences));
        row.push(comfy_table::Cell::new(format!("{}{mark}", cell.articles)));
        row.extend(
            cell.means
                .iter()
                .map(|mean| comfy_table::Cell::new(table::percent(mean))),
        );
        table.add_row(row);
    }
    table::print(table::lines(&table))?;
    table::print("")?;
    table::print(caption(tallied, options))?;
    if shown.len() < cells.len() {
        table::print(format!(
            "Shown are the {} of {} cells with the most sentences; --rows 0 shows all, -o FILE \
             writes all.",
            shown.len(),
            cells.len()
        ))?;
    }
    let any = |note: Note| shown.iter().any(|cell| cell.note == Some(note));
    if any(Note::FewArticles) {
        let needed = options.articles_needed();
        table::print(format!(
            "* fewer than {needed} articles: too few for an interval"
        ))?;
    }
    if any(Note::FewLabels) {
        let needed = options.min_labelled;
        table::print(format!(
            "† labels in fewer than {needed} articles: not corrected"
        ))?;
    }
    Ok(())
}

/// The cells with the most sentences, in their own order.
fn most_sentences(cells: &[Cell], limit: usize) -> Vec<&Cell> {
    let mut shown: Vec<(usize, &Cell)> = cells.iter().enumerate().collect();
    if limit > 0 {
        shown.sort_by_key(|(_, cell)| std::cmp::Reverse(cell.sentences));
        shown.truncate(limit);
        shown.sort_by_key(|(index, _)| *index);
    }
    shown.into_iter().map(|(_, cell)| cell).collect()
}

fn caption(tallied: &Tallied, options: &Options) -> String {
    let how = match &tallied.labels {
        None => format!("{} bootstrap draws of articles", options.draws),
        Some(used) => format!(
            "corrected with {} (prediction-powered inference)",
            count(used.matched as u64, "labelled row")
        ),
    };
    let twice = if tallied.by.dimensions().contains(&Dimension::Issue) {
        "\nA sentence about two issues counts for both."
    } else {
        ""
    };
    format!(
        "{} with {} of a party in a sentence. Mean stance in percent, 95% intervals;\n{how}.{twice}",
        count(tallied.articles as u64, "article"),
        count(tallied.rows, "mention"),
    )
}
