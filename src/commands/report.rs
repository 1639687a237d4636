//! `stance report`: one self-contained page.

use std::io::Write;
use std::path::{Path, PathBuf};

use anyhow::Context;
use summit_stance::report::{self, LeftOut, Options};
use summit_stance::scores::{Output, Provenance, Row, ScoresError, StanceNames};
use summit_stance::summary::{self, Labels};

use super::reading;
use super::summarize::{ComputingArgs, draws};

/// Make one HTML page of the scores, to look at, print and send.
///
/// The page needs no internet and no server: open it in any browser. It shows where every party
/// stood on every issue at every summit, what changed between summits, how sure that is, and the
/// sentences behind each number.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Scores to show: files or folders that `stance score` wrote; `-` for JSON Lines from
    /// standard input.
    #[arg(required = true, value_name = "SCORES")]
    scores: Vec<PathBuf>,
    /// The page to write; `-` for standard output.
    #[arg(short, long, default_value = "report.html", value_name = "FILE")]
    output: PathBuf,
    /// Headline of the page.
    #[arg(long)]
    title: Option<String>,
    /// Largest size of the page in megabytes. Sentences that do not fit are left out, evenly, and
    /// the page says so; its numbers still rest on all of them.
    #[arg(long, default_value_t = 10.0, value_name = "MB")]
    max_size: f64,
    /// Show at most this many parties: those that most articles mention.
    #[arg(long, default_value_t = 200, value_name = "COUNT")]
    parties: usize,
    /// Hand-given labels of a sample of the rows (see `stance sample`), to correct the numbers
    /// for the model's errors.
    #[arg(long, value_name = "FILE")]
    labels: Option<PathBuf>,
    /// Permutations for testing each change between summits.
    #[arg(long, value_name = "N", default_value_t = Options::default().summary.permutations,
          value_parser = draws)]
    permutations: usize,
    #[command(flatten)]
    computing: ComputingArgs,
}

/// Write the page, and say on standard error what it leaves out.
pub fn run(args: &Args) -> anyhow::Result<()> {
    let Scores {
        rows,
        stances,
        provenance,
    } = read(&args.scores)?;
    anyhow::ensure!(
        args.max_size.is_finite() && args.max_size > 0.0,
        "--max-size must be a number of megabytes above 0"
    );
    let options = Options {
        title: args.title.clone(),
        max_bytes: (args.max_size * 1e6) as usize,
        max_parties: args.parties,
        summary: summary::Options {
            permutations: args.permutations,
            ..args.computing.options()
        },
    };
    let labels = args.labels.as_deref();
    let labels = labels
        .map(|path| Labels::read(path, &stances))
        .transpose()?;
    let page = report::page(
        &rows,
        &stances,
        provenance.as_ref(),
        labels.as_ref(),
        &options,
    )?;

    if args.output == Path::new("-") {
        std::io::stdout()
            .write_all(page.html.as_bytes())
            .context("standard output")?;
    } else {
        let mut output = Output::create(&args.output)?;
        output
            .write_all(page.html.as_bytes())
            .with_context(|| args.output.display().to_string())?;
        output.persist()?;
    }
    let LeftOut {
        rows: left_out,
        parties,
        ..
    } = page.left_out;
    if left_out > 0 || parties > 0 {
        eprintln!(
            "note: the page leaves out the sentences of {left_out} of {} rows, and {parties} \
             parties; its numbers rest on all rows",
            rows.len()
        );
    }
    Ok(())
}

/// All rows, the stances that they tell apart, and what made them.
#[derive(Default)]
struct Scores {
    rows: Vec<Row>,
    stances: StanceNames,
    provenance: Option<Provenance>,
}

/// Read all. No row is a result too: the page says so.
fn read(scores: &[PathBuf]) -> anyhow::Result<Scores> {
    let none = |error: ScoresError| match error {
        ScoresError::Empty { .. } => Ok(Vec::new()),
        error => Err(error),
    };
    let files = match reading::open(scores) {
        Ok(files) => files,
        Err(error) => {
            return Ok(Scores {
                rows: none(error.downcast()?)?,
                ..Scores::default()
            });
        }
    };
    let rows = files
        .rows()
        .collect::<Result<Vec<Row>, _>>()
        .or_else(none)?;
    Ok(Scores {
        rows,
        stances: files.stances().clone(),
        provenance: files.provenance().cloned(),
    })
}
