//! What could not be read, and how it is said.

use std::fmt::{self, Write};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::SUPPORTED;

/// A record, or the rest of a file, that could not be used: a line of `rejected.jsonl`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rejected {
    /// The file as it was named, or `stdin`. Control characters and bytes that are not UTF-8 are
    /// written as escapes (`\n`, `\xff`).
    pub file: String,
    /// The line where the record begins, from 1; in a compressed file, of the decompressed text.
    /// Only in formats made of lines.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub line: Option<u64>,
    /// The number of the row, from 1 and without the header. Only in CSV, TSV and Parquet.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub record: Option<u64>,
    /// The article's own id, where it could be read.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    /// What is wrong and what to do about it, in one sentence.
    pub reason: String,
    /// The start of the record, to find it by.
    pub excerpt: Box<str>,
}

impl fmt::Display for Rejected {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.file)?;
        if let Some(line) = self.line {
            write!(f, ", line {line}")?;
        } else if let Some(record) = self.record {
            write!(f, ", row {record}")?;
        }
        write!(f, ": {}", self.reason)
    }
}

/// Why reading could not begin.
#[derive(Debug, thiserror::Error)]
pub enum InputError {
    #[error("no input: name a file, a folder, or - for standard input")]
    None,
    #[error("{}: there is no such file or folder", shown(.path))]
    NotFound { path: PathBuf },
    #[error("{}: cannot be opened: {source}", shown(.path))]
    Unreadable {
        path: PathBuf,
        source: std::io::Error,
    },
    #[error(
        "{}: not a kind of file that articles are read from; supported are {SUPPORTED}",
        shown(.path)
    )]
    Unsupported { path: PathBuf },
    #[error("{}: the folder holds no file of a supported kind ({SUPPORTED})", shown(.path))]
    NothingToRead { path: PathBuf },
    #[error("standard input (-) can be read only once: name it once")]
    StdinTwice,
}

/// A path for people and JSON: control characters and stray bytes as escapes, so that no name
/// can break a line or steer a terminal, and two names never look the same.
pub(super) fn shown(path: &Path) -> String {
    escaped(path.as_os_str().as_encoded_bytes(), usize::MAX)
}

/// The first 200 characters of a record, with stray bytes as escapes.
pub(super) fn excerpt(raw: &[u8]) -> String {
    const CHARACTERS: usize = 200;
    // No character is longer than four bytes; the cut end of a longer record is dropped below.
    let head = raw.get(..CHARACTERS * 4 + 4).unwrap_or(raw);
    escaped(head, CHARACTERS)
}

fn escaped(bytes: &[u8], limit: usize) -> String {
    let mut out = String::new();
    let mut count = 0;
    for chunk in bytes.utf8_chunks() {
        for character in chunk.valid().chars() {
            if count == limit {
                out.push('…');
                return out;
            }
            count += 1;
            if character.is_control() {
                out.extend(character.escape_default());
            } else {
                out.push(character);
            }
        }
        for byte in chunk.invalid() {
            if count == limit {
                out.push('…');
                return out;
            }
            count += 1;
            // Writing to a string does not fail.
            let _ = write!(out, "\\x{byte:02x}");
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_excerpts_show_stray_bytes_and_control_characters() {
        assert_eq!(
            escaped(b"a\nb\xff\x1b[2J", usize::MAX),
            "a\\nb\\xff\\u{1b}[2J"
        );
        assert_eq!(escaped("Élysée 🙂".as_bytes(), 100), "Élysée 🙂");
    }

    #[test]
    fn excerpts_are_cut_at_characters() {
        let long = "é".repeat(1000);
        let cut = excerpt(long.as_bytes());
        assert_eq!(cut.chars().count(), 201);
        assert!(cut.ends_with("é…"));
        assert_eq!(excerpt("é".repeat(200).as_bytes()), "é".repeat(200));
    }
}
