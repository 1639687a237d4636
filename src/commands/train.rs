use std::path::PathBuf;
use std::process::Command;

use anyhow::Context;
use summit_stance::model::weights::{self, Precision};
use summit_stance::training::{Options, Progress, Session, save, states};
use tch::Device;

/// Train a model on annotated articles.
///
/// Starts from a model folder (to fine-tune it on your own labels) or from a pretrained BERT
/// encoder, learns from --train, chooses on --dev, and writes a folder that `stance score
/// --model` runs.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Annotated articles to learn from (JSON Lines; see data/corpus)
    #[arg(long, value_name = "FILE")]
    train: PathBuf,

    /// Annotated articles to choose on; never learnt from
    #[arg(long, value_name = "FILE")]
    dev: PathBuf,

    /// Model folder or encoder folder to start from
    #[arg(long, value_name = "DIR")]
    base: PathBuf,

    /// Where to write the model folder
    #[arg(short, long, value_name = "DIR")]
    output: PathBuf,

    /// The model's name
    #[arg(long, default_value = "stance")]
    name: String,

    /// One training run each; the runs' weights are averaged
    #[arg(
        long,
        value_delimiter = ',',
        default_value = "1,2",
        overrides_with = "seeds"
    )]
    seeds: Vec<u64>,

    /// Passes over the articles in each run
    #[arg(long, default_value_t = 8)]
    epochs: usize,

    /// Highest learning rate
    #[arg(long, default_value_t = 1.5e-4)]
    rate: f64,

    /// Word pieces in a batch
    #[arg(long, default_value_t = 2048)]
    batch: usize,

    /// Compute in f32 even where bf16 is faster
    #[arg(long)]
    f32: bool,

    /// Issues to leave out of training, to see how well they are found by description alone
    #[arg(long, value_name = "ISSUE", value_delimiter = ',')]
    hold_out: Vec<String>,

    /// Train one seed and write its weights to FILE: how the command starts its own runs
    #[arg(long, value_name = "FILE", hide = true)]
    run: Option<PathBuf>,
}

pub fn run(args: &Args) -> anyhow::Result<()> {
    let options = Options {
        train: args.train.clone(),
        dev: args.dev.clone(),
        base: args.base.clone(),
        name: args.name.clone(),
        seeds: args.seeds.clone(),
        epochs: args.epochs,
        rate: args.rate,
        batch_tokens: args.batch,
        bf16: !args.f32,
        hold_out: args.hold_out.clone(),
        states: states::gazetteer_states()?,
        device: Device::Cpu,
    };
    let session = Session::open(&options)?;
    if let Some(file) = &args.run {
        let seed = *args.seeds.first().context("--seeds is empty")?;
        let run = session.run(seed, &mut tell)?;
        return save::atomically(file, &weights::write(&run, Precision::F32)?);
    }
    std::fs::create_dir_all(&args.output)
        .with_context(|| format!("cannot make {}", args.output.display()))?;
    let files = run_seeds(&session, args)?;
    let runs = files
        .iter()
        .map(|file| Ok(weights::read(&std::fs::read(file)?)?))
        .collect::<anyhow::Result<Vec<_>>>()?;
    let trained = session.finish(&runs, &mut tell)?;
    save::write(&trained, session.train(), &args.output)?;
    for file in files {
        std::fs::remove_file(file)?;
    }
    println!("wrote {}", args.output.display());
    Ok(())
}

/// Run each seed in a process of its own, one a core: libtorch has one random generator a
/// process, and only alone is a run the same each time. Runs that an earlier, interrupted command
/// finished are taken up.
fn run_seeds(session: &Session, args: &Args) -> anyhow::Result<Vec<PathBuf>> {
    let cores = std::thread::available_parallelism().map_or(1, |n| n.get());
    let mut files = Vec::new();
    for group in args.seeds.chunks(cores) {
        let mut running = Vec::new();
        for seed in group {
            let file = args.output.join(session.run_name(*seed)?);
            files.push(file.clone());
            if file.exists() {
                eprintln!("seed {seed}: trained before, taken from {}", file.display());
                continue;
            }
            let child = Command::new(std::env::current_exe()?)
                .args(std::env::args_os().skip(1))
                .arg(format!("--seeds={seed}"))
                .arg("--run")
                .arg(&file)
                .env("OMP_NUM_THREADS", "1")
                .spawn()
                .context("cannot start a training run")?;
            running.push((seed, child));
        }
        for (seed, mut child) in running {
            let status = child.wait()?;
            anyhow::ensure!(
                status.success(),
                "the run of seed {seed} ended with {status}"
            );
        }
    }
    Ok(files)
}

fn tell(progress: Progress) {
    match progress {
        Progress::Epoch {
            seed,
            epoch,
            mention,
            stance,
            issue,
            antecedent,
            likeness,
            seconds,
        } => eprintln!(
            "seed {seed}, epoch {epoch}: loss mention {mention:.4}, stance {stance:.4}, issue {issue:.4}, antecedent {antecedent:.4}, likeness {likeness:.4} ({seconds:.0} s)"
        ),
        Progress::Dev { what, report } => eprintln!("dev, {what}:\n{report}"),
    }
}
