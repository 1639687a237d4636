//! Two model folders on the same annotated articles, on the embedded engine, with intervals of
//! the differences from a paired bootstrap over articles:
//!
//! ```text
//! cargo run --release --example compare_models -- split/held-out.jsonl models/before models/after
//! ```

use anyhow::Context;
use summit_stance::annotations;
use summit_stance::evaluation::{self, ArticleResult};
use summit_stance::model::{Model, ModelFolder};
use summit_stance::parties::{Linker, measure::list_of};

fn main() -> anyhow::Result<()> {
    let mut arguments = std::env::args_os().skip(1);
    let gold = arguments.next().context("name annotated articles")?;
    let articles = annotations::read(gold.as_ref())?;
    let mut judge = || -> anyhow::Result<Vec<ArticleResult>> {
        let folder = arguments.next().context("name two model folders")?;
        let model = Model::open(&ModelFolder::open(folder.as_ref())?)?;
        let judged = articles.iter().map(|article| {
            let linker = Linker::new(Some(&list_of(article)));
            evaluation::judge(&model, &linker, article)
        });
        Ok(judged.collect::<Result<_, _>>()?)
    };
    let (before, after) = (judge()?, judge()?);
    let comparison = evaluation::compare(&before, &after, 1);
    println!(
        "{} articles, {} labels\n{comparison}",
        comparison.articles, comparison.units
    );
    Ok(())
}
