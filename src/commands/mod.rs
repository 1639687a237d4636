//! The commands: what each reads, calls and prints.

pub mod export;
pub mod report;
