//! Split annotated articles by subject, to measure what a model learns from a few labels of a
//! subject that it never saw (see docs/train.md):
//!
//! ```text
//! cargo run --release --example split_by_subject -- data/corpus split
//! ```
//!
//! writes into the folder `split`:
//!
//! | file | what |
//! | --- | --- |
//! | `source-train.jsonl`, `source-dev.jsonl` | articles on the source subjects, to train the first model |
//! | `labels-1.csv`, `labels-2.csv`… | draws of labelled sentences on the target subjects, from half of the train articles on them |
//! | `held-out.jsonl` | the other half, and the dev articles on them: to measure on |
//!
//! An article is on some subjects if at least half of its sentences with an issue other than
//! `process` carry one of theirs. Source articles have no sentence at all on the target subjects.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::Context;
use clap::Parser;
use rand::SeedableRng;
use rand::seq::SliceRandom;
use rand_chacha::ChaCha8Rng;
use summit_stance::annotations::{self, AnnotatedArticle, AnnotatedSentence};

#[derive(Parser)]
struct Args {
    /// Folder of train.jsonl and dev.jsonl
    corpus: PathBuf,
    /// Folder to write
    output: PathBuf,
    /// Issues that the first model learns
    #[arg(
        long,
        value_delimiter = ',',
        default_value = "security,territory,ceasefire,prisoners,humanitarian,arms-control,justice"
    )]
    source: Vec<String>,
    /// Issues that it never sees
    #[arg(long, value_delimiter = ',', default_value = "trade,labour,finance")]
    target: Vec<String>,
    /// Labelled sentences in each draw
    #[arg(long, default_value_t = 200)]
    sentences: usize,
    /// Draws
    #[arg(long, default_value_t = 5)]
    draws: u64,
}

fn main() -> anyhow::Result<()> {
    let args = Args::parse();
    let read = |name: &str| annotations::read(&args.corpus.join(name));
    let (train, dev) = (read("train.jsonl")?, read("dev.jsonl")?);
    fs::create_dir_all(&args.output)?;

    let source = |articles: &[AnnotatedArticle]| -> Vec<AnnotatedArticle> {
        let mut articles = articles.to_vec();
        articles.retain(|a| {
            share(a, &args.source).is_some_and(|s| s >= 0.5)
                && share(a, &args.target).is_none_or(|s| s == 0.0)
        });
        articles
    };
    let (source_train, source_dev) = (source(&train), source(&dev));
    let is_target = |a: &AnnotatedArticle| {
        share(a, &args.target).is_some_and(|s| s >= 0.5)
            && !source_train.iter().any(|other| other.id == a.id)
    };
    let mut target: Vec<_> = train.iter().filter(|a| is_target(a)).cloned().collect();
    target.shuffle(&mut ChaCha8Rng::seed_from_u64(0));
    let mut held_out = target.split_off(target.len() / 2);
    held_out.extend(dev.iter().filter(|a| is_target(a)).cloned());

    write(&args.output, "source-train.jsonl", &source_train)?;
    write(&args.output, "source-dev.jsonl", &source_dev)?;
    write(&args.output, "held-out.jsonl", &held_out)?;
    for draw in 1..=args.draws {
        let mut sentences: Vec<&AnnotatedSentence> = target
            .iter()
            .flat_map(|a| &a.sentences)
            .filter(|s| !s.parties.is_empty())
            .collect();
        sentences.shuffle(&mut ChaCha8Rng::seed_from_u64(draw));
        sentences.truncate(args.sentences);
        let name = format!("labels-{draw}.csv");
        let rows = write_labels(&args.output.join(&name), &sentences)?;
        println!("{name}: {} sentences, {rows} labels", sentences.len());
    }
    Ok(())
}

/// The share of an article's sentences with a subject that are on one of these.
fn share(article: &AnnotatedArticle, issues: &[String]) -> Option<f64> {
    let subjects: Vec<BTreeSet<&String>> = article
        .sentences
        .iter()
        .map(|s| s.issues.iter().filter(|i| *i != "process").collect())
        .filter(|subjects: &BTreeSet<&String>| !subjects.is_empty())
        .collect();
    let on = subjects
        .iter()
        .filter(|s| issues.iter().any(|i| s.contains(i)))
        .count();
    (!subjects.is_empty()).then(|| on as f64 / subjects.len() as f64)
}

fn write(folder: &Path, name: &str, articles: &[AnnotatedArticle]) -> anyhow::Result<()> {
    let lines = articles
        .iter()
        .map(serde_json::to_string)
        .collect::<Result<Vec<_>, _>>()?;
    let path = folder.join(name);
    fs::write(&path, lines.join("\n") + "\n")
        .with_context(|| format!("cannot write {}", path.display()))?;
    let sentences = articles.iter().flat_map(|a| &a.sentences);
    let labels: usize = sentences.map(|s| s.parties.len()).sum();
    println!("{name}: {} articles, {labels} labels", articles.len());
    Ok(())
}

/// One row for each labelled mention; how many.
fn write_labels(path: &Path, sentences: &[&AnnotatedSentence]) -> anyhow::Result<usize> {
    let mut csv = csv::Writer::from_path(path)?;
    csv.write_record(["text", "party", "mention", "stance", "issues"])?;
    let mut rows = 0;
    for sentence in sentences {
        let issues = match sentence.issues.is_empty() {
            true => "none".to_owned(),
            false => sentence.issues.join(";"),
        };
        for party in &sentence.parties {
            let stance = match party.secondary {
                Some(secondary) => format!("{}/{}", party.stance.name(), secondary.name()),
                None => party.stance.name().to_owned(),
            };
            csv.write_record([
                &sentence.text,
                &party.party,
                &party.mention,
                &stance,
                &issues,
            ])?;
            rows += 1;
        }
    }
    csv.flush()?;
    Ok(rows)
}
