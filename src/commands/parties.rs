use std::io::{self, Write};
use std::path::{Path, PathBuf};

use anyhow::{Context, bail};
use summit_stance::articles::{self, Article, ReadOptions, Rejected};
use summit_stance::ordered;
use summit_stance::parties::{FoundParties, Linker};
use summit_stance::scores::{Output, ScoredArticle, Scorer};

use super::Outcome;
use super::input::{self, ColumnArgs, Rejections};
use super::model::ModelArgs;
use super::progress::Progress;
use super::table::count;

/// List the parties that articles mention, as a file to make your own list of.
///
/// Reads articles as `stance score` does, finds the mentions of parties and the party each stands
/// for, and writes a list (TOML) of the parties, the most mentioned first, with the names they
/// have in these articles as aliases, and counts and sample sentences as comments. Edit it
/// (rename, merge, split, ignore) and give it to `stance score --parties`. With --parties, that
/// list is the start: what it says stays, and what it lacks is added.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Files or folders of articles: JSON Lines, CSV, TSV, Parquet or plain text, also .gz or
    /// .zst; - is standard input
    #[arg(required = true)]
    inputs: Vec<PathBuf>,

    /// Where to write the list; `-` for stdout
    #[arg(short, long, value_name = "FILE", default_value = "-")]
    output: PathBuf,

    /// Replace an existing file, and with it the edits it may hold
    #[arg(long)]
    force: bool,

    #[command(flatten)]
    model: ModelArgs,

    #[command(flatten)]
    columns: ColumnArgs,
}

pub fn run(args: &Args) -> anyhow::Result<Outcome> {
    let to_stdout = args.output == Path::new("-");
    if !to_stdout && !args.force && args.output.exists() {
        bail!(
            "{} exists and may hold edits; choose another name, or --force to replace it",
            args.output.display()
        );
    }
    let options = ReadOptions {
        columns: args.columns.columns(),
        ..ReadOptions::default()
    };
    let articles = articles::read(&args.inputs, &options)?;
    let list = args.model.load_parties()?;
    let scorer = Scorer::new(args.model.load_model()?, Linker::new(list.as_ref()));
    // Before the work, so that a folder that takes no file is told at once.
    let output = match to_stdout {
        true => None,
        false => Some(Output::create(&args.output)?),
    };

    let mut progress = Progress::new(articles.tally());
    let mut found = FoundParties::default();
    let mut rejections = Rejections::default();
    ordered::for_each(
        articles,
        args.model.threads(),
        |article| score_one(&scorer, article),
        |outcome| -> anyhow::Result<()> {
            match outcome? {
                Ok((article, scored)) => {
                    found.add(&article, &scored.sentences, &scored.mentions);
                    progress.article();
                }
                Err(rejected) => rejections.add(&rejected, |line| progress.say(line)),
            }
            Ok(())
        },
    )?;
    progress.clear();
    rejections.finish();
    input::tell_warnings(progress.tally());

    let file = found.file(list.as_ref());
    match output {
        Some(mut output) => {
            output
                .write_all(file.as_bytes())
                .with_context(|| format!("cannot write {}", args.output.display()))?;
            output.persist()?;
            eprintln!("wrote {}", args.output.display());
        }
        None => io::stdout().write_all(file.as_bytes())?,
    }
    if found.is_empty() && list.is_none() {
        eprintln!("note: no party was found, so there is nothing to list yet");
    }
    Ok(match rejections.count() {
        0 => Outcome::Done,
        rejected => {
            eprintln!("{} left out", count(rejected, "rejected record"));
            Outcome::SomeRejected
        }
    })
}

type Scored = Result<(Article, ScoredArticle), Rejected>;

fn score_one(scorer: &Scorer, article: Result<Article, Rejected>) -> anyhow::Result<Scored> {
    match article {
        Ok(article) => {
            let scored = scorer
                .score(&article)
                .with_context(|| format!("article {}", article.id))?;
            Ok(Ok((article, scored)))
        }
        Err(rejected) => Ok(Err(rejected)),
    }
}
