use std::io::Read;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::Context;
use summit_stance::lock::{Lock, LockError};
use summit_stance::scores::unfinished::UNFINISHED_FOLDER;
use summit_stance::training::checkpoint::Checkpoint;
use summit_stance::training::corpus::{Dev, FOLDS};
use summit_stance::training::{Options, Progress, Session, Start, card, save, states};
use tch::Device;

use super::table;

/// Fine-tune the model on your own labels.
///
/// Learns from --train, a table (CSV or TSV) with a row for each labelled mention and the columns
/// text, party, mention, stance and, if you like, issues; or from annotated articles (JSON Lines,
/// as in data/corpus). What `stance sample` writes will do, once its column "label" is filled in.
/// The labels are checked first. Then a copy of the model learns until the dev split gains
/// nothing more, and is compared with the model it started from. The folder that comes out is for
/// `stance score --model`. An interrupted training goes on when the command is given again.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  stance train --train labels.csv -o my-model
  stance score archive/ -o out --model my-model")]
pub struct Args {
    /// Labelled mentions (CSV, TSV) or annotated articles (JSON Lines) to learn from
    #[arg(long, value_name = "FILE")]
    train: PathBuf,

    /// The same, to choose and compare on, never learnt from; where it is not given, each of five
    /// runs holds out another fifth of --train
    #[arg(long, value_name = "FILE")]
    dev: Option<PathBuf>,

    /// Model folder to start from; models/stance-minilm by default
    #[arg(long, value_name = "DIR", conflicts_with = "base")]
    from: Option<PathBuf>,

    /// Pretrained BERT encoder to make a new model from; needs annotated articles, thousands of
    /// labels
    #[arg(long, value_name = "DIR", requires = "dev")]
    base: Option<PathBuf>,

    /// Where to write the model folder
    #[arg(short, long, value_name = "DIR")]
    output: PathBuf,

    /// The model's name in the files it scores; the output folder's by default
    #[arg(long)]
    name: Option<String>,

    /// One training run each; the runs' weights are averaged: 1,2 with --dev, else 1,2,3,4,5
    #[arg(
        long,
        value_name = "N",
        value_delimiter = ',',
        overrides_with = "seeds"
    )]
    seeds: Vec<u64>,

    /// Passes over the labels in each run, at most: 12, or 8 with --base
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=1000))]
    epochs: Option<u32>,

    /// Stop after so many passes without gain on the dev split
    #[arg(long, value_name = "N", default_value_t = 3, conflicts_with = "base",
          value_parser = clap::value_parser!(u32).range(1..))]
    patience: u32,

    /// Highest learning rate: 2e-5, or 1.5e-4 with --base
    #[arg(long, value_name = "R", value_parser = positive)]
    rate: Option<f64>,

    /// Word pieces in a batch; by default 2048, and fewer for few labels
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(32..))]
    batch: Option<u32>,

    /// Compute in f32 also on processors with instructions for bf16, where that is twice as fast
    #[arg(long)]
    f32: bool,

    /// Issues to leave out of training, to see how well they are found by description alone
    #[arg(long, value_name = "ISSUE", value_delimiter = ',', requires = "base")]
    hold_out: Vec<String>,

    /// Train one seed and keep it in FILE: how the command starts its own runs
    #[arg(long, value_name = "FILE", hide = true)]
    run: Option<PathBuf>,
}

/// By default, for fine-tuning
const EPOCHS: u32 = 12;
const RATE: f64 = 2e-5;
/// and for making a model from an encoder.
const EPOCHS_FROM_ENCODER: u32 = 8;
const RATE_FROM_ENCODER: f64 = 1.5e-4;

/// The model in a checkout, to start from where none is named.
const SHIPPED: &str = "models/stance-minilm";

pub fn run(args: &Args) -> anyhow::Result<()> {
    let options = options(args)?;
    let session = Session::open(&options)?;
    if let Some(file) = &args.run {
        end_with_parent();
        let seed = *args.seeds.first().context("--seeds is empty")?;
        return session.run(seed, file, &mut tell);
    }
    eprint!("{}", session.findings);
    eprintln!("{}", plan(&session));
    std::fs::create_dir_all(&args.output)
        .with_context(|| format!("cannot make {}", args.output.display()))?;
    let lock = lock(&args.output)?;
    let files = run_seeds(&session, args)?;
    let mut runs = Vec::new();
    for file in &files {
        let held = Checkpoint::read(file)?
            .with_context(|| format!("the run left no {}", file.display()))?;
        runs.push((held.record, held.weights));
    }
    eprintln!("averaging, calibrating and writing the model");
    let finished = session.finish(&runs)?;
    save::write(
        &finished.trained,
        &session.corpora.train.articles,
        &args.output,
    )?;
    let records: Vec<_> = runs.into_iter().map(|(record, _)| record).collect();
    let command = shlex::try_join(
        std::iter::once("stance".to_owned())
            .chain(std::env::args().skip(1))
            .collect::<Vec<_>>()
            .iter()
            .map(String::as_str),
    )?;
    let card = card::text(&session, &records, &finished, &command);
    let card_written = card::write(&args.output, &card)?;
    for file in files {
        std::fs::remove_file(&file).with_context(|| format!("cannot remove {}", file.display()))?;
    }
    lock.remove();
    match &finished.comparison {
        None => table::print(&finished.report)?,
        Some(comparison) => {
            table::print(format!(
                "on {} ({}, {} labels), before: {}, after: {}\n\n{comparison}\n",
                match session.corpora.dev {
                    Dev::Given(_) => "the dev split",
                    Dev::Parts(_) =>
                        "what was held out, each text judged by a run that had not learnt it",
                },
                match session.corpora.dev_complete() {
                    true => table::count(comparison.articles as u64, "article"),
                    false => table::count(comparison.articles as u64, "text"),
                },
                comparison.units,
                session.base.ours.as_ref().map_or("", |(c, _)| &c.name),
                options.name,
            ))?;
            if records.iter().all(|run| run.kept == 0) {
                table::print(
                    "No epoch was better than the start, so the model is the one it started from; \
                     more labels may help.",
                )?;
            }
        }
    }
    table::print(format!("wrote {}", args.output.display()))?;
    if !card_written {
        let card = args.output.join(card::CARD);
        eprintln!("{} was there and stays as it is", card.display());
    }
    Ok(())
}

/// One training at a time in a folder: two would write over each other's runs.
fn lock(output: &Path) -> anyhow::Result<Lock> {
    let folder = output.display();
    let lock = match Lock::take(&output.join(UNFINISHED_FOLDER)) {
        Ok(lock) => lock,
        Err(LockError::Busy) => anyhow::bail!(
            "{folder}: another `stance train` is at work on this folder; wait until it is done, or \
             give another folder with -o"
        ),
        Err(LockError::Io(error)) => {
            return Err(error).with_context(|| format!("cannot write to {folder}"));
        }
    };
    if let Some(note) = lock.note() {
        eprintln!("{folder}: {note}");
    }
    Ok(lock)
}

fn positive(text: &str) -> Result<f64, String> {
    match text.parse::<f64>() {
        Ok(value) if value > 0.0 && value.is_finite() => Ok(value),
        _ => Err("a learning rate is a number above 0, such as 2e-5".to_owned()),
    }
}

fn options(args: &Args) -> anyhow::Result<Options> {
    let start = match (&args.base, &args.from) {
        (Some(base), _) => Start::Encoder(base.clone()),
        (None, Some(from)) => Start::Model(from.clone()),
        (None, None) => Start::Model(shipped()?),
    };
    let (epochs, rate) = match start {
        Start::Model(_) => (EPOCHS, RATE),
        Start::Encoder(_) => (EPOCHS_FROM_ENCODER, RATE_FROM_ENCODER),
    };
    let output_name = || {
        let name = std::path::absolute(&args.output).ok()?;
        Some(name.file_name()?.to_string_lossy().into_owned())
    };
    let mut seeds = match (&args.seeds[..], &args.dev) {
        ([], Some(_)) => vec![1, 2],
        ([], None) => (1..=FOLDS as u64).collect(),
        (seeds, _) => seeds.to_vec(),
    };
    seeds.sort_unstable();
    seeds.dedup();
    Ok(Options {
        train: args.train.clone(),
        dev: args.dev.clone(),
        name: args
            .name
            .clone()
            .or_else(output_name)
            .unwrap_or_else(|| "stance".into()),
        seeds,
        epochs: args.epochs.unwrap_or(epochs) as usize,
        patience: match start {
            Start::Model(_) => Some(args.patience as usize),
            Start::Encoder(_) => None,
        },
        start,
        rate: args.rate.unwrap_or(rate),
        batch_tokens: args.batch.map(|tokens| tokens as usize),
        bf16: !args.f32 && has_bf16(),
        hold_out: args.hold_out.clone(),
        states: states::gazetteer_states()?,
        device: Device::Cpu,
    })
}

/// Whether the processor multiplies bf16 itself; others are slower with it than with f32.
fn has_bf16() -> bool {
    #[cfg(target_arch = "x86_64")]
    return std::arch::is_x86_feature_detected!("avx512bf16");
    #[cfg(not(target_arch = "x86_64"))]
    return false;
}

/// The shipped model's folder: here, or above the program where it was built in a checkout. The
/// program itself holds the model as int8 only, which cannot learn.
fn shipped() -> anyhow::Result<PathBuf> {
    let program = std::env::current_exe().unwrap_or_default();
    std::iter::once(Path::new(""))
        .chain(program.ancestors().skip(1))
        .map(|folder| folder.join(SHIPPED))
        .find(|folder| folder.join("model.safetensors").is_file())
        .with_context(|| {
            format!(
                "there is no model to start from: {SHIPPED}, with its model.safetensors, is \
                 neither in this folder nor above the program; name a model folder with --from"
            )
        })
}

/// What will be done, in words.
fn plan(session: &Session) -> String {
    let (options, corpora) = (session.options, &session.corpora);
    let mut lines = vec![
        format!(
            "train: {}: {}",
            corpora.train.file,
            corpora.train.describe()
        ),
        match &corpora.dev {
            Dev::Given(dev) => format!("dev: {}: {}", dev.file, dev.describe()),
            Dev::Parts(_) => {
                "dev: of each run, a fifth of it that the run does not learn from".into()
            }
        },
    ];
    let from = match &options.start {
        Start::Model(path) => format!("from the model {}", path.display()),
        Start::Encoder(path) => format!("from the encoder {}", path.display()),
    };
    let what = match (
        corpora.train.teaches_mentions(),
        corpora.train.teaches_issues(),
    ) {
        (true, _) => "stances, mentions, antecedents and issues",
        (false, true) => "stances and issues; how mentions are found stays as it is",
        (false, false) => "stances; how mentions and issues are found stays as it is",
    };
    lines.push(format!("learns {what}"));
    let runs = table::count(options.seeds.len() as u64, "run");
    let until = match options.patience {
        Some(patience) => format!(
            "at most {} epochs, until {} bring nothing on dev; the best is kept",
            options.epochs,
            table::count(patience as u64, "epoch")
        ),
        None => format!("{} epochs", options.epochs),
    };
    lines.push(format!("{runs} {from}, {until}"));
    lines.join("\n")
}

/// Run each seed in a process of its own, one a core: libtorch has one random generator a
/// process, and only alone is a run the same each time. What an earlier, interrupted command did
/// is taken up.
fn run_seeds(session: &Session, args: &Args) -> anyhow::Result<Vec<PathBuf>> {
    let cores = std::thread::available_parallelism().map_or(1, |n| n.get());
    let mut files = Vec::new();
    for group in session.options.seeds.chunks(cores) {
        let mut running = Vec::new();
        for seed in group {
            let file = args.output.join(session.run_file(*seed)?);
            files.push(file.clone());
            let child = Command::new(std::env::current_exe()?)
                .args(std::env::args_os().skip(1))
                .arg(format!("--seeds={seed}"))
                .arg("--run")
                .arg(&file)
                .env("OMP_NUM_THREADS", "1")
                .stdin(Stdio::piped())
                .spawn()
                .context("cannot start a training run")?;
            running.push((seed, child));
        }
        for (seed, mut child) in running {
            // Its input stays open until it has ended.
            let input = child.stdin.take();
            let status = child.wait()?;
            drop(input);
            anyhow::ensure!(
                status.success(),
                "the run of seed {seed} ended with {status}; the same command goes on after the \
                 last epoch that was done"
            );
        }
    }
    Ok(files)
}

/// End this process when the one that started it is gone, which closes its input: a run that
/// nobody waits for should not hold a core.
fn end_with_parent() {
    std::thread::spawn(|| {
        let _ = std::io::stdin().read_to_end(&mut Vec::new());
        std::process::exit(1);
    });
}

fn tell(progress: Progress) {
    match progress {
        Progress::Resumed { seed, epoch } => {
            eprintln!("seed {seed}: goes on after epoch {epoch}");
        }
        Progress::Epoch {
            seed,
            record,
            epochs,
            best,
        } => {
            let loss = &record.loss;
            let mut losses = format!("stance {:.4}", loss.stance);
            for (name, value) in [
                ("mention", loss.mention),
                ("issue", loss.issue),
                ("antecedent", loss.antecedent),
                ("likeness", loss.likeness),
                ("kept to", loss.kept),
            ] {
                if value > 0.0 {
                    losses += &format!(", {name} {value:.4}");
                }
            }
            let dev = &record.dev;
            let mut figures = format!("loss {:.4}", dev.loss);
            for (name, value) in [
                ("stance F1", dev.stance_f1),
                ("mention F1", dev.mention_f1),
                ("issue F1", dev.issue_f1),
            ] {
                if let Some(value) = value {
                    figures += &format!(", {name} {value:.3}");
                }
            }
            let best = if best { ", the best yet" } else { "" };
            eprintln!(
                "seed {seed}, epoch {} of {epochs}: loss {losses}; dev {figures}{best} ({:.0} s)",
                record.epoch, record.seconds
            );
        }
        Progress::Stopped { seed, kept: 0 } => {
            eprintln!("seed {seed}: no epoch was better than the start, which is kept");
        }
        Progress::Stopped { seed, kept } => eprintln!("seed {seed}: stops; epoch {kept} is kept"),
    }
}
