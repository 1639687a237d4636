//! One file per command: what it reads, calls and prints.

pub mod compare;
pub mod reading;
pub mod sample;
pub mod summarize;
pub mod table;
