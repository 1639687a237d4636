use clap::Parser;

mod commands;

fn main() -> anyhow::Result<()> {
    match commands::Cli::parse().command {
        #[cfg(feature = "torch")]
        commands::Command::Train(args) => commands::train::run(&args),
    }
}
