use std::io::{Read, Write};

use anyhow::Context;
use summit_stance::articles::Article;
use summit_stance::scores::{Link, Row, ScoredArticle, Scorer};

use super::model::{IssueArgs, ModelArgs};
#[cfg(feature = "torch")]
use super::nli::NliArgs;
use super::paint::{self, Style};
use super::table;

/// Score one text and show how each stance was found.
///
/// Takes the text from the argument or from standard input and shows each sentence with the
/// mentions of parties marked, and for each party its stance, the probabilities, the words
/// that stand for it, and how they were recognised.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The text; standard input if it is not given
    text: Option<String>,

    /// The headline, which the model reads as context
    #[arg(long)]
    title: Option<String>,

    #[command(flatten)]
    model: ModelArgs,

    #[command(flatten)]
    issues: IssueArgs,

    #[cfg(feature = "torch")]
    #[command(flatten)]
    nli: NliArgs,
}

pub fn run(args: &Args) -> anyhow::Result<()> {
    let text = match args.text.as_deref() {
        Some(text) if text != "-" => text.to_owned(),
        _ => {
            let mut bytes = Vec::new();
            std::io::stdin()
                .lock()
                .read_to_end(&mut bytes)
                .context("cannot read standard input")?;
            String::from_utf8(bytes).context("standard input is not UTF-8 text")?
        }
    };
    anyhow::ensure!(
        !text.trim().is_empty(),
        "there is no text: give it as an argument or on standard input"
    );
    let article = Article {
        id: "text".into(),
        title: args.title.clone(),
        text,
        ..Article::default()
    };
    let model = args.model.load_model()?;
    let issues = args.issues.load_issues(&model)?;
    let scorer = Scorer::new(model, args.model.load_linker()?).with_issues(issues);
    #[cfg(feature = "torch")]
    let scorer = scorer.with_stances(args.nli.load(&args.model)?);
    let scored = scorer.score(&article)?;
    table::print(explanation(&article, &scored).trim_end())?;
    Ok(())
}

fn explanation(article: &Article, scored: &ScoredArticle) -> String {
    let mut out = Vec::new();
    for (index, sentence) in scored.sentences.iter().enumerate() {
        let rows: Vec<&Row> = scored
            .rows
            .iter()
            .filter(|row| row.sentence as usize == index)
            .collect();
        let text = &article.text[sentence.bytes.clone()];
        // Writing to memory does not fail.
        let _ = writeln!(out, "{}", marked(text, sentence.start, &rows));
        let issues = match scored.issues.get(index) {
            Some(issues) if !issues.is_empty() => issues.join(", "),
            _ => "none".to_owned(),
        };
        let _ = writeln!(
            out,
            "  {}",
            paint::text(&format!("issues: {issues}"), Style::Faint)
        );
        for row in rows {
            let _ = writeln!(out, "  {}", line(row));
        }
        let _ = writeln!(out);
    }
    String::from_utf8_lossy(&out).into_owned()
}

fn line(row: &Row) -> String {
    let names = row.stance.names().iter();
    let probabilities: Vec<String> = names
        .zip(row.stance.probabilities())
        .map(|(name, p)| format!("{name} {:.0}%", 100.0 * p))
        .collect();
    let found = match row.link {
        Link::List => "by your list",
        Link::Gazetteer => "by the built-in list",
        Link::Article => "by a name this text introduced",
        Link::Antecedent => "by what it refers to",
        Link::Name => "under its own words",
    };
    format!(
        "{} is {} ({})\n      from \"{}\", recognised {found}",
        paint::text(&table::clean(&row.party), Style::Strong),
        paint::text(row.stance.name(), Style::of(&row.stance)),
        probabilities.join(", "),
        table::clean(&row.mention),
    )
}

/// The sentence with its mentions in the colour of their stance, or in brackets without colour.
fn marked(text: &str, start: u32, rows: &[&Row]) -> String {
    let mut out = String::new();
    let mut characters = text.chars().zip(start..).peekable();
    while let Some((_, at)) = characters.peek().copied() {
        match rows
            .iter()
            .find(|row| row.mention_start == at && row.mention_end > at)
        {
            Some(row) => {
                let mut mention = String::new();
                while let Some((c, _)) = characters.next_if(|(_, at)| *at < row.mention_end) {
                    mention.push(visible(c));
                }
                out.push_str(&paint::mark(&mention, &row.stance));
            }
            None => out.extend(characters.next().map(|(c, _)| visible(c))),
        }
    }
    out
}

/// Control characters could steer the terminal; line breaks inside a sentence are only white
/// space.
fn visible(c: char) -> char {
    if c.is_control() { ' ' } else { c }
}
