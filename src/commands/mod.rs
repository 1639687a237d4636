//! One file per command: what it reads, calls and prints.

pub mod compare;
pub mod export;
pub mod reading;
pub mod report;
pub mod sample;
pub mod summarize;
pub mod table;
