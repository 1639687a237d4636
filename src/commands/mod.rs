//! The commands: what each reads, calls and prints.

#[cfg(feature = "torch")]
pub mod train;

use clap::{Parser, Subcommand};

/// Who pressed, who hedged, who saw progress: party stances in summit coverage.
#[derive(Debug, Parser)]
#[command(name = "stance", version)]
pub struct Cli {
    #[command(subcommand)]
    pub command: Command,
}

#[derive(Debug, Subcommand)]
pub enum Command {
    #[cfg(feature = "torch")]
    Train(train::Args),
}
