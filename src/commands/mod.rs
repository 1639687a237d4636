//! One file per command: what it reads, calls and prints.

pub mod compare;
pub mod eval;
pub mod explain;
pub mod export;
mod input;
mod model;
#[cfg(feature = "torch")]
mod nli;
mod paint;
pub mod parties;
mod progress;
mod reading;
pub mod report;
pub mod sample;
pub mod score;
pub mod summarize;
mod table;
#[cfg(feature = "torch")]
pub mod train;

use clap::{Parser, Subcommand};

/// Who pressed, who hedged, who saw progress: party stances in summit coverage.
#[derive(Debug, Parser)]
#[command(
    name = "stance",
    version,
    after_help = "\
Exit codes: 0 done; 1 failed; 2 wrong usage; 3 done, but some records were rejected; \
130 interrupted."
)]
pub struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    Score(score::Args),
    Summarize(summarize::Args),
    Compare(compare::Args),
    Sample(sample::Args),
    Export(export::Args),
    Report(report::Args),
    Explain(explain::Args),
    Parties(parties::Args),
    Eval(eval::Args),
    #[cfg(feature = "torch")]
    Train(train::Args),
}

/// How a command ended, if it did not fail.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    Done,
    /// Done, but some records could not be read.
    SomeRejected,
    /// Ended by Ctrl-C or a scheduler; what was done is kept.
    Interrupted,
}

impl Cli {
    pub fn run(&self) -> anyhow::Result<Outcome> {
        match &self.command {
            Command::Score(args) => return score::run(args),
            Command::Parties(args) => return parties::run(args),
            Command::Summarize(args) => summarize::run(args),
            Command::Compare(args) => compare::run(args),
            Command::Sample(args) => sample::run(args),
            Command::Export(args) => export::run(args),
            Command::Report(args) => report::run(args),
            Command::Explain(args) => explain::run(args),
            Command::Eval(args) => eval::run(args),
            #[cfg(feature = "torch")]
            Command::Train(args) => train::run(args),
        }?;
        Ok(Outcome::Done)
    }
}
