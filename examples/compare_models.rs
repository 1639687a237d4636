//! Model folders on the same annotated articles, on the embedded engine: one, and others after it,
//! by the mean of their figures, with intervals of the differences from a paired bootstrap over
//! articles:
//!
//! ```text
//! cargo run --release --example compare_models -- split/held-out.jsonl models/before models/after…
//! ```

use std::path::Path;

use anyhow::Context;
use summit_stance::annotations::{self, AnnotatedArticle};
use summit_stance::evaluation::{self, ArticleResult};
use summit_stance::model::{Model, ModelFolder};
use summit_stance::parties::{Linker, measure::list_of};

fn main() -> anyhow::Result<()> {
    let mut arguments = std::env::args_os().skip(1);
    let gold = arguments.next().context("name annotated articles")?;
    let articles = annotations::read(gold.as_ref())?;
    let before = arguments.next().context("name a model folder")?;
    let before = judge(before.as_ref(), &articles)?;
    let after = arguments
        .map(|folder| judge(folder.as_ref(), &articles))
        .collect::<anyhow::Result<Vec<_>>>()?;
    anyhow::ensure!(!after.is_empty(), "name a second model folder");
    let after: Vec<&[ArticleResult]> = after.iter().map(Vec::as_slice).collect();
    let comparison = evaluation::compare(&before, &after, 1);
    println!(
        "{} articles, {} labels\n{comparison}",
        comparison.articles, comparison.units
    );
    Ok(())
}

/// What a model finds in articles, each with its own list of parties.
fn judge(folder: &Path, articles: &[AnnotatedArticle]) -> anyhow::Result<Vec<ArticleResult>> {
    let model = Model::open(&ModelFolder::open(folder)?)?;
    let judged = articles.iter().map(|article| {
        let linker = Linker::new(Some(&list_of(article)));
        evaluation::judge(&model, &linker, article)
    });
    Ok(judged.collect::<Result<_, _>>()?)
}
