use std::path::PathBuf;

use anyhow::Context;
use summit_stance::annotations::{self, AnnotatedArticle};
use summit_stance::evaluation::{self, ArticleResult};
use summit_stance::model::ModelError;
use summit_stance::ordered;
use summit_stance::parties::Linker;
use summit_stance::parties::measure::list_of;
use summit_stance::scores::StanceSource;

use super::model::{IssueArgs, ModelArgs};
#[cfg(feature = "torch")]
use super::nli::NliArgs;
use super::table;

/// Score annotated articles and say how often the program is right.
///
/// Reads the raw text of annotated articles and holds what it finds against the annotations:
/// stances where the mention is given, mentions, issues, the party that each given mention is
/// linked to, whole units (sentence, party and stance, from raw text), and how far the
/// probabilities can be taken at their word. Parties are found both without a list and with each
/// article's own list of parties (end to end with --parties, if it is given). Each figure comes
/// with a 95% interval from a bootstrap over articles.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Annotated articles (JSON Lines; see data/corpus)
    gold: PathBuf,

    /// Also give the figures of each genre
    #[arg(long)]
    by_genre: bool,

    /// Print JSON in place of tables
    #[arg(long)]
    json: bool,

    /// Seed of the bootstrap
    #[arg(long, value_name = "N", default_value_t = 1)]
    seed: u64,

    #[command(flatten)]
    model: ModelArgs,

    #[command(flatten)]
    issues: IssueArgs,

    #[cfg(feature = "torch")]
    #[command(flatten)]
    nli: NliArgs,
}

pub fn run(args: &Args) -> anyhow::Result<()> {
    let articles = annotations::read(&args.gold)?;
    let model = args.model.load_model()?;
    let issues = args.issues.load_issues(&model)?;
    #[cfg(feature = "torch")]
    let stances = args.nli.load(&args.model)?;
    #[cfg(not(feature = "torch"))]
    let stances: Option<Box<dyn StanceSource>> = None;
    if let Some(names) = stances.as_deref().map(StanceSource::names) {
        anyhow::ensure!(
            names.is_codebook(),
            "{} is labelled with the stances of the codebook (optimistic, cautious, insistent, \
             neutral), and `stance eval` measures these; the list has {names}. Calibrating on \
             labelled sentences (--calibrate) says how likely their labels are with other stances",
            args.gold.display()
        );
    }
    let shared = args.model.load_parties()?;
    let judge = |article: &AnnotatedArticle| -> Result<ArticleResult, ModelError> {
        let linker = match &shared {
            Some(list) => Linker::new(Some(list)),
            None => Linker::new(Some(&list_of(article))),
        };
        evaluation::judge_with(&model, &linker, &issues, stances.as_deref(), article)
    };
    let mut results = Vec::with_capacity(articles.len());
    ordered::for_each(articles.iter(), args.model.threads(), judge, |result| {
        results.push(result?);
        Ok::<(), ModelError>(())
    })
    .with_context(|| format!("cannot score {}", args.gold.display()))?;

    let report = evaluation::report(&results, args.seed);
    let genres = args
        .by_genre
        .then(|| evaluation::by_genre(&results, args.seed));
    if args.json {
        let mut json = serde_json::to_value(&report)?;
        if let (Some(genres), Some(object)) = (&genres, json.as_object_mut()) {
            object.insert("genres".into(), serde_json::to_value(genres)?);
        }
        table::print(serde_json::to_string_pretty(&json)?)?;
    } else {
        table::print(&report)?;
        if let Some(genres) = &genres {
            table::print(genres)?;
        }
    }
    Ok(())
}
