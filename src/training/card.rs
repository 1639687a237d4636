//! The model card: what a folder's model was made from, how, and how good it is.

use std::fmt::Write;
use std::path::Path;

use super::checkpoint::RunRecord;
use super::corpus::{Corpus, Dev, FOLDS};
use super::{Finished, Session, Start, save};
use crate::codebook::Stance;
use crate::evaluation::{Comparison, DRAWS, Figure, Report};

/// The card's file in a model folder.
pub const CARD: &str = "README.md";
/// Cards that begin so are ours to replace.
const MARK: &str = "<!-- Written by `stance train`";

/// Write the card of a model into its folder. One that people wrote or changed the first line of
/// stays; then this is false.
pub fn write(folder: &Path, card: &str) -> anyhow::Result<bool> {
    let file = folder.join(CARD);
    if let Ok(present) = std::fs::read_to_string(&file)
        && !present.starts_with(MARK)
    {
        return Ok(false);
    }
    save::atomically(&file, card.as_bytes())?;
    Ok(true)
}

/// The card's text. `command` is what made the model; `runs` are those whose weights were
/// averaged.
pub fn text(session: &Session, runs: &[RunRecord], finished: &Finished, command: &str) -> String {
    let mut card = String::new();
    // Writing to a string does not fail.
    let _ = compose(&mut card, session, runs, finished, command);
    card
}

fn compose(
    out: &mut String,
    session: &Session,
    runs: &[RunRecord],
    finished: &Finished,
    command: &str,
) -> std::fmt::Result {
    let version = env!("CARGO_PKG_VERSION");
    let options = session.options;
    writeln!(
        out,
        "{MARK}; change this line to keep your own text when training again. -->"
    )?;
    writeln!(out, "# {}\n", options.name)?;
    match (&options.start, &session.base.ours) {
        (Start::Model(path), Some((config, _))) => writeln!(
            out,
            "Fine-tuned from the model `{}` {} (`{}`, checksum `{}`) by stance {version}:\n",
            config.name,
            config.version,
            path.display(),
            config.checksum(),
        )?,
        (Start::Model(path) | Start::Encoder(path), _) => writeln!(
            out,
            "Trained from the encoder `{}` by stance {version}:\n",
            path.display()
        )?,
    }
    writeln!(out, "```sh\n{command}\n```\n")?;
    writeln!(
        out,
        "To use it: `stance score INPUT -o OUT --model` and this folder, on either engine.\n"
    )?;

    writeln!(out, "## Data")?;
    write!(out, "| | file | SHA-256 | articles or texts | labels |")?;
    for stance in Stance::ALL {
        write!(out, " {} |", stance.name())?;
    }
    writeln!(
        out,
        "\n| --- | --- | --- | --- | --- | --- | --- | --- | --- |"
    )?;
    let corpora = &session.corpora;
    data_line(out, "train", &corpora.train)?;
    match &corpora.dev {
        Dev::Given(dev) => data_line(out, "dev", dev)?,
        Dev::Parts(_) => writeln!(
            out,
            "\nThe file was divided in {FOLDS} parts before training, article by article, the same \
             each time. Each run learnt from all but one of them and chose on that one, its dev \
             split."
        )?,
    }
    if !corpora.train.complete {
        writeln!(
            out,
            "\nThe labels are of single mentions. What they do not cover (other mentions, and \
             issues where none were given) was held to what the model before would have said."
        )?;
    }

    writeln!(out, "\n## Training")?;
    writeln!(
        out,
        "Highest rate {}, at most {} epochs; the weights of {} (seeds {}) were averaged.\n",
        options.rate,
        options.epochs,
        match runs.len() {
            1 => "one run".to_owned(),
            n => format!("{n} runs"),
        },
        runs.iter()
            .map(|run| run.seed.to_string())
            .collect::<Vec<_>>()
            .join(", "),
    )?;
    writeln!(
        out,
        "| seed | epoch | train: stance loss | dev: loss | of stances | stance macro-F1 | issue micro-F1 | kept |\n\
         | --- | --- | --- | --- | --- | --- | --- | --- |"
    )?;
    for run in runs {
        let kept = |epoch: usize| if run.kept == epoch { "yes" } else { "" };
        if let Some(start) = &run.start {
            writeln!(
                out,
                "| {} | start | | {:.3} | {:.3} | {} | {} | {} |",
                run.seed,
                start.loss,
                start.log_loss,
                number(start.stance_f1),
                number(start.issue_f1),
                kept(0)
            )?;
        }
        for epoch in &run.epochs {
            writeln!(
                out,
                "| {} | {} | {:.3} | {:.3} | {:.3} | {} | {} | {} |",
                run.seed,
                epoch.epoch,
                epoch.loss.stance,
                epoch.dev.loss,
                epoch.dev.log_loss,
                number(epoch.dev.stance_f1),
                number(epoch.dev.issue_f1),
                kept(epoch.epoch)
            )?;
        }
    }

    writeln!(out, "\n## Figures")?;
    write!(
        out,
        "In f32; 95% intervals from {DRAWS} bootstrap draws over articles. "
    )?;
    writeln!(
        out,
        "{}\n",
        match &corpora.dev {
            Dev::Given(_) =>
                "On the dev split, on which epochs and calibration were chosen as well, so expect a \
                 little less on articles that nobody has seen.",
            Dev::Parts(_) =>
                "Each part was judged by the run that had not learnt from it, not by the runs' \
                 average, which this folder holds and which has; but epochs and calibration were \
                 chosen on the same parts.",
        }
    )?;
    match &finished.comparison {
        Some(comparison) => compared(out, comparison)?,
        None => figures(out, &finished.report)?,
    }
    writeln!(
        out,
        "\n## Licence\nThe weights derive from what training started from; its licence goes on to \
         apply."
    )
}

fn data_line(out: &mut String, what: &str, corpus: &Corpus) -> std::fmt::Result {
    let counts = corpus.balance();
    write!(
        out,
        "| {what} | `{}` | `{}` | {} | {} |",
        corpus.file,
        corpus.sha256,
        corpus.articles.len(),
        counts.iter().sum::<usize>()
    )?;
    for count in counts {
        write!(out, " {count} |")?;
    }
    writeln!(out)
}

fn compared(out: &mut String, comparison: &Comparison) -> std::fmt::Result {
    writeln!(
        out,
        "{} articles or texts, {} labels; before: the model it started from.\n",
        comparison.articles, comparison.units
    )?;
    writeln!(
        out,
        "| | before | after | 95% interval | difference | 95% interval |\n\
         | --- | --- | --- | --- | --- | --- |"
    )?;
    for line in &comparison.lines {
        writeln!(
            out,
            "| {} | {} | {} | {} | {} | {} |",
            line.metric,
            number(line.before.value),
            number(line.after.value),
            interval(line.after),
            number(line.difference.value),
            interval(line.difference),
        )?;
    }
    Ok(())
}

fn figures(out: &mut String, report: &Report) -> std::fmt::Result {
    writeln!(
        out,
        "{} articles, {} labels.\n\n| | | 95% interval |\n| --- | --- | --- |",
        report.articles, report.stance.units
    )?;
    for (name, figure) in [
        ("stance macro-F1, mentions given", report.stance.macro_f1),
        ("stance accuracy", report.stance.accuracy),
        ("calibration error", report.stance.calibration.error),
        ("mention F1, exact", report.mention.exact.f1),
        ("mention F1, overlapping", report.mention.overlapping.f1),
        ("issue micro-F1", report.issue.micro.f1),
        ("end to end, with list", report.end_to_end.f1),
    ] {
        writeln!(
            out,
            "| {name} | {} | {} |",
            number(figure.value),
            interval(figure)
        )?;
    }
    Ok(())
}

fn number(value: Option<f64>) -> String {
    value.map_or("–".to_owned(), |v| format!("{v:.3}"))
}

fn interval(figure: Figure) -> String {
    match (figure.low, figure.high) {
        (Some(low), Some(high)) => format!("{low:.3} to {high:.3}"),
        _ => "–".to_owned(),
    }
}
