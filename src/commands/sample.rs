//! `stance sample`: rows for people to label.

use std::path::{Path, PathBuf};

use anyhow::{Context, bail};
use clap::ValueEnum;
use summit_stance::summary::csv::write_file;
use summit_stance::summary::sample::{self, Design, Stratum};

use super::reading;
use super::table::{self, count};

/// Draw a random sample of scored sentences for people to label.
///
/// Fill in the column `label` in a spreadsheet (optimistic, cautious, insistent or neutral, or
/// what the scores' stances are called; the first letters will do; leave it empty where you cannot
/// tell) and give the file to `stance summarize --labels` or `stance compare --labels`, which then
/// correct for the classifier's errors. Do not look at the scores while you label. The rows come in random order: whoever
/// labels the first half of them has labelled a random sample too.
///
/// A text that begins with =, +, - or @ has an apostrophe before it, so that no spreadsheet takes
/// it for a formula. Keep the columns `key` and `inclusion_probability` as they are.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Files of scores, or folders that `stance score` wrote; `-` for JSON Lines from stdin
    #[arg(required = true)]
    pub scores: Vec<PathBuf>,

    /// How many rows to draw
    #[arg(short = 'n', long = "rows", value_name = "N", default_value_t = 200)]
    pub rows: usize,

    /// Where to write the sample, as CSV; `-` for stdout
    #[arg(short, long, value_name = "FILE", default_value = "-")]
    pub output: PathBuf,

    /// Draw from each of the groups that these columns make: any of stance (the classifier's),
    /// party, summit, source, with commas
    #[arg(long, value_name = "COLUMNS", value_delimiter = ',')]
    pub stratify: Vec<Stratum>,

    /// How many rows each group gives
    #[arg(long, value_enum, default_value_t = Allocation::Equal)]
    pub allocation: Allocation,

    /// Seed of the draw; a larger sample with the same seed holds the smaller one
    #[arg(long, value_name = "N", default_value_t = 1)]
    pub seed: u64,

    /// Replace an existing file, and with it the labels it may hold
    #[arg(long)]
    pub force: bool,
}

/// How a stratified sample is shared out.
#[derive(Debug, Clone, Copy, ValueEnum)]
pub enum Allocation {
    /// As many from each group, so that rare ones are well seen
    Equal,
    /// In proportion to the groups' sizes, at least one from each
    Proportional,
}

pub fn run(args: &Args) -> anyhow::Result<()> {
    let to_stdout = args.output == Path::new("-");
    if !to_stdout && !args.force && args.output.exists() {
        bail!(
            "{} exists and may hold labels; choose another name, or --force to replace it",
            args.output.display()
        );
    }
    let design = Design {
        rows: args.rows,
        strata: args.stratify.clone(),
        allocation: match args.allocation {
            Allocation::Equal => sample::Allocation::Equal,
            Allocation::Proportional => sample::Allocation::Proportional,
        },
        seed: args.seed,
    };
    let files = reading::open(&args.scores)?;
    let sample = sample::draw(files.rows(), &design)?;
    if to_stdout {
        let mut text = Vec::new();
        sample::write_csv(&mut text, &sample, &design)?;
        table::print(
            String::from_utf8(text)
                .context("the sample is not UTF-8")?
                .trim_end(),
        )?;
    } else {
        write_file(&args.output, |out| sample::write_csv(out, &sample, &design))?;
    }
    let rows: f64 = sample
        .iter()
        .map(|row| 1.0 / row.inclusion_probability)
        .sum();
    eprintln!("{} drawn from {rows:.0}", count(sample.len() as u64, "row"));
    Ok(())
}
