//! Stage 2: an article's sentences, found by the rules of the `sentencex` crate.

use std::ops::Range;

use crate::offsets::CodePoints;

/// Where a sentence lies in its article's text, without the white space around it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sentence {
    /// Byte range, for slicing.
    pub bytes: Range<usize>,
    /// Code-point offsets, for everything that leaves the program; end exclusive.
    pub start: u32,
    pub end: u32,
}

/// Split a text into sentences. Line breaks that make a paragraph always end a sentence.
pub fn split(text: &str) -> Vec<Sentence> {
    let mut points = CodePoints::new(text);
    sentencex::get_sentence_boundaries("en", text)
        .into_iter()
        .filter_map(|boundary| {
            let (from, to) = (boundary.start_byte, boundary.end_byte);
            let piece = &text[from..to];
            let start = from + (piece.len() - piece.trim_start().len());
            let bytes = start..start + piece.trim().len();
            (!bytes.is_empty()).then(|| Sentence {
                start: points.at(bytes.start),
                end: points.at(bytes.end),
                bytes,
            })
        })
        .collect()
}
