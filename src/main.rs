use clap::{Parser, Subcommand};

mod commands;

#[derive(Parser)]
#[command(version)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    Export(commands::export::Args),
    Report(commands::report::Args),
}

fn main() -> anyhow::Result<()> {
    match Cli::parse().command {
        Command::Export(args) => commands::export::run(args),
        Command::Report(args) => commands::report::run(args),
    }
}
