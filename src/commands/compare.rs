//! `stance compare`: what changed between summits.

use std::path::PathBuf;

use comfy_table::{Attribute, Cell};
use summit_stance::summary::{
    By, Comparison, Dimension, Options, Side, SummaryError, compare, csv,
};

use super::reading;
use super::summarize::{ComputingArgs, draws};
use super::table::{self, Column, count};

/// Compare the stances of two summits, or of all in order of date.
///
/// For each party and issue: how far the mean probability of each stance differs, in percentage
/// points, with a 95% confidence interval, the p-value of a permutation test over articles, and
/// the q-value: of the changes with q below 0.05, about one in twenty is expected to be chance.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Files of scores, or folders that `stance score` wrote; `-` for JSON Lines from stdin
    #[arg(required = true)]
    pub scores: Vec<PathBuf>,

    /// What to compare, summit or source, and which two; without two names each summit is
    /// compared with the next in order of date
    #[arg(long, num_args = 1..=3, value_names = ["COLUMN", "A", "B"], default_value = "summit")]
    pub by: Vec<String>,

    /// Compare for each of these: party, issue, summit, source, with commas; or `all` together
    #[arg(long, value_name = "COLUMNS", default_value = "party,issue")]
    pub within: By,

    /// Hand-labelled sample (see `stance sample`) to correct the classifier's errors with
    #[arg(long, value_name = "FILE")]
    pub labels: Option<PathBuf>,

    /// Also write all changes as CSV; with `-` to stdout, instead of the table
    #[arg(short, long, value_name = "FILE")]
    pub output: Option<PathBuf>,

    /// Print at most so many changes, the largest; 0 for all
    #[arg(long, value_name = "N", default_value_t = 30)]
    pub rows: usize,

    /// Permutations for each p-value
    #[arg(long, value_name = "N", default_value_t = Options::default().permutations,
          value_parser = draws)]
    pub permutations: usize,

    #[command(flatten)]
    pub computing: ComputingArgs,
}

pub fn run(args: &Args) -> anyhow::Result<()> {
    let options = Options {
        permutations: args.permutations,
        ..args.computing.options()
    };
    let (over, names) = match args.by.as_slice() {
        [column] => (column, None),
        [column, a, b] => (column, Some((a.as_str(), b.as_str()))),
        [column, _] => anyhow::bail!("--by {column} takes two names to compare, or none"),
        _ => anyhow::bail!("--by takes a column and two names, or a column alone"),
    };
    let over: Dimension = over.parse()?;
    if args.within.dimensions().contains(&over) {
        return Err(SummaryError::WithinOver { what: over.name() }.into());
    }
    let by = By::new([args.within.dimensions(), &[over]].concat())?;
    let tallied = reading::tally(&args.scores, args.labels.as_deref(), by)?;
    let comparison = compare(&tallied, over, names, &options)?;
    if over == Dimension::Summit && tallied.without_summit > 0 {
        eprintln!(
            "note: {} without a summit left out",
            count(tallied.without_summit as u64, "article")
        );
    }
    match &args.output {
        Some(path) if path.as_os_str() == "-" => {
            let mut text = Vec::new();
            csv::write_comparison(&mut text, &comparison)?;
            return table::print(String::from_utf8_lossy(&text).trim_end());
        }
        Some(path) => csv::write_file(path, |out| csv::write_comparison(out, &comparison))?,
        None => {}
    }
    print_comparison(&comparison, args.rows)
}

fn print_comparison(comparison: &Comparison, limit: usize) -> anyhow::Result<()> {
    let several = comparison.pairs.len() > 1;
    let mut columns: Vec<Column> = comparison
        .within
        .iter()
        .map(|d| Column::Text(d.name()))
        .collect();
    if several {
        columns.push(Column::Text("from → to"));
    }
    columns.push(Column::Text("stance"));
    columns.extend(["mean", "change", "q"].map(Column::Number));
    let mut table = table::new(&columns);
    let shown = if limit == 0 {
        comparison.changes.len()
    } else {
        limit
    };
    for change in comparison.changes.iter().take(shown) {
        let mut row: Vec<Cell> = change.key.labels().map(table::text).collect();
        if several {
            let (from, to) = (table::clean(&change.from), table::clean(&change.to));
            row.push(Cell::new(format!("{from} → {to}")));
        }
        row.push(Cell::new(comparison.stances.name(change.stance)));
        let percent = |side: Side| format!("{:.0}", 100.0 * side.mean);
        row.push(Cell::new(format!(
            "{} → {}",
            percent(change.before),
            percent(change.after)
        )));
        row.push(Cell::new(table::points(change.difference, change.interval)));
        row.push(Cell::new(table::probability(change.q)));
        if change.q < 0.05 {
            row = row
                .into_iter()
                .map(|cell| cell.add_attribute(Attribute::Bold))
                .collect();
        }
        table.add_row(row);
    }
    if !several {
        for (from, to) in &comparison.pairs {
            let (from, to) = (table::clean(from), table::clean(to));
            table::print(format!("From {from} to {to}\n"))?;
        }
    }
    let changes = comparison.changes.len();
    if changes == 0 {
        table::print("Nothing can be compared.")?;
    } else {
        table::print(table::lines(&table))?;
        let method = if comparison.corrected {
            "Welch's t of means corrected with the labels"
        } else {
            "permutation of articles"
        };
        table::print(format!(
            "\nMean stance in percent, change in percentage points with 95% interval; q: false \
             discovery rate\n(Benjamini-Hochberg) over all {changes} changes, by {method}."
        ))?;
    }
    if shown < changes {
        table::print(format!(
            "Shown are the {shown} largest; --rows 0 shows all, -o FILE writes all."
        ))?;
    }
    print_left_out(
        comparison,
        if limit == 0 {
            usize::MAX
        } else {
            limit.div_ceil(3)
        },
    )
}

fn print_left_out(comparison: &Comparison, limit: usize) -> anyhow::Result<()> {
    let left_out = &comparison.left_out;
    if left_out.is_empty() {
        return Ok(());
    }
    table::print(format!("\nNot compared ({}):", left_out.len()))?;
    for out in left_out.iter().take(limit) {
        let labels: Vec<String> = out.key.labels().map(table::clean).collect();
        let (from, to) = (table::clean(&out.from), table::clean(&out.to));
        let what = if labels.is_empty() {
            "all".to_owned()
        } else {
            labels.join(", ")
        };
        table::print(format!(
            "  {what}, {from} to {to}: {}",
            table::clean(&out.reason)
        ))?;
    }
    if left_out.len() > limit {
        table::print(format!(
            "  … and {} more; -o FILE writes all.",
            left_out.len() - limit
        ))?;
    }
    Ok(())
}
