//! What must hold whatever a file, a text or a list says.
//!
//! Each function takes bytes from anywhere and panics where a promise of the library is broken:
//! more than that it ends. The fuzz targets in `fuzz/` call them with bytes that they make up,
//! `tests/hostile.rs` with those kept in `fuzz/corpus/`.

// Each user has its own part of these.
#![allow(dead_code)]

pub mod articles;
pub mod linker;
pub mod lists;
pub mod scores;
pub mod sentences;
