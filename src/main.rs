//! `stance`: arguments to command to exit code.

mod commands;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

use commands::{compare, export, report, sample, summarize};

/// Who pressed, who hedged, who saw progress: party stances in summit coverage.
#[derive(Parser)]
#[command(name = "stance", version)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    Summarize(summarize::SummarizeArgs),
    Compare(compare::CompareArgs),
    Sample(sample::SampleArgs),
    Export(export::ExportArgs),
    Report(report::ReportArgs),
}

fn main() -> ExitCode {
    let result = match Cli::parse().command {
        Command::Summarize(args) => summarize::run(args),
        Command::Compare(args) => compare::run(args),
        Command::Sample(args) => sample::run(args),
        Command::Export(args) => export::run(args),
        Command::Report(args) => report::run(args),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}
