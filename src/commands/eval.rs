use std::path::PathBuf;

use anyhow::Context;
use summit_stance::annotations::{self, AnnotatedArticle};
use summit_stance::evaluation::{self, ArticleResult};
use summit_stance::model::ModelError;
use summit_stance::ordered;
use summit_stance::parties::Linker;
use summit_stance::parties::measure::list_of;

use super::model::ModelArgs;
use super::table;

/// Score annotated articles and say how often the program is right.
///
/// Reads the raw text of annotated articles and holds what it finds against the annotations:
/// stances where the mention is given, mentions, issues, whole units (sentence, party and stance,
/// from raw text), and how far the probabilities can be taken at their word. Each figure comes
/// with a 95% interval from a bootstrap over articles.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Annotated articles (JSON Lines; see data/corpus)
    gold: PathBuf,

    /// Find parties without a list; by default each article's own list of parties is used, unless
    /// --parties names one
    #[arg(long, conflicts_with = "parties")]
    no_list: bool,

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
}

pub fn run(args: &Args) -> anyhow::Result<()> {
    let articles = annotations::read(&args.gold)?;
    let model = args.model.load_model()?;
    let shared = match args.no_list || args.model.parties.is_some() {
        true => Some(args.model.load_linker()?),
        false => None,
    };
    let judge = |article: &AnnotatedArticle| -> Result<ArticleResult, ModelError> {
        match &shared {
            Some(linker) => evaluation::judge(&model, linker, article),
            None => evaluation::judge(&model, &Linker::new(Some(&list_of(article))), article),
        }
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
