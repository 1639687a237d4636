//! Windows that were read before: reprints often differ only in how much of the end is cut.

use std::ops::Range;
use std::sync::Arc;

use sha2::{Digest, Sha256};

use super::antecedents::MentionVectors;
use super::reading::MentionReading;
use super::windows::{Scored, Window};
use crate::remembered::{self, Key, Remembered};

/// What is kept in bytes, roughly: some fifty windows. A reprint that is cut short mostly
/// stands beside the others.
const CAPACITY: usize = 1 << 20;

/// What the model reads in a window, wherever in an article it stands.
#[derive(Debug, PartialEq)]
pub(super) struct WindowReading {
    /// One for each scored sentence or part of one.
    pub parts: Vec<PartReading>,
}

#[derive(Debug, PartialEq)]
pub(super) struct PartReading {
    pub mentions: Vec<SpanReading>,
    pub issues: Vec<f32>,
    pub topic: Vec<f32>,
}

/// A [`MentionReading`] by the words of its part.
#[derive(Debug, PartialEq)]
pub(super) struct SpanReading {
    pub words: Range<usize>,
    pub certainty: f32,
    pub stance: [f32; 4],
    pub vectors: MentionVectors,
}

impl SpanReading {
    /// The mention as it stands in the article of this part.
    pub fn in_article(&self, scored: &Scored) -> MentionReading {
        let words = &scored.words[self.words.clone()];
        MentionReading {
            bytes: words[0].bytes.start..words[words.len() - 1].bytes.end,
            certainty: self.certainty,
            stance: self.stance,
            vectors: self.vectors.clone(),
        }
    }
}

/// What the windows gave that came last.
pub(super) struct Repeats(Remembered<WindowReading>);

impl Repeats {
    pub fn new() -> Repeats {
        Repeats(Remembered::new(CAPACITY))
    }

    /// What an equal window gave, if there was one; else what `read` gives.
    pub fn get_or_read<E>(
        &self,
        window: &Window,
        read: impl FnOnce() -> Result<WindowReading, E>,
    ) -> Result<Arc<WindowReading>, E> {
        let key = key(window);
        if let Some(equal) = self.0.get(&key) {
            return Ok(equal);
        }
        let reading = Arc::new(read()?);
        self.0.keep(key, reading.clone(), bytes(&reading));
        Ok(reading)
    }
}

/// What a reading takes in memory, with its entry.
fn bytes(reading: &WindowReading) -> usize {
    const ENTRY: usize = 256;
    let floats = |count: usize| count * size_of::<f32>();
    let mention = |mention: &SpanReading| {
        let vectors = &mention.vectors;
        size_of::<SpanReading>() + floats(vectors.as_later.len() + vectors.as_earlier.len())
    };
    let part = |part: &PartReading| {
        let mentions = part.mentions.iter().map(mention).sum::<usize>();
        size_of::<PartReading>() + mentions + floats(part.issues.len() + part.topic.len())
    };
    ENTRY + reading.parts.iter().map(part).sum::<usize>()
}

/// All that a reading is made from: the tokens, and which of them are words of which part.
fn key(window: &Window) -> Key {
    let mut hasher = Sha256::new();
    let mut add = |number: usize| hasher.update((number as u64).to_le_bytes());
    add(window.ids.len());
    for (id, casing) in window.ids.iter().zip(&window.casing) {
        add(*id as usize);
        add(usize::from(*casing));
    }
    for scored in &window.scored {
        add(scored.words.len());
        for word in &scored.words {
            add(word.tokens.start);
            add(word.tokens.end);
        }
    }
    remembered::key(hasher)
}

#[cfg(test)]
mod tests {
    use super::super::windows::WindowWord;
    use super::*;

    /// A window of one sentence whose words have these ends, from token 1 on.
    fn window(ids: &[u32], word_ends: &[usize], at: usize) -> Window {
        let mut start = 1;
        let words = word_ends.iter().map(|&end| {
            let tokens = start..end;
            start = end;
            WindowWord {
                bytes: at + tokens.start..at + tokens.end,
                tokens,
            }
        });
        Window {
            ids: ids.to_vec(),
            casing: vec![0; ids.len()],
            scored: vec![Scored {
                sentence: at,
                words: words.collect(),
            }],
        }
    }

    #[test]
    fn windows_are_equal_wherever_they_stand_and_only_with_equal_words() {
        let one = window(&[1, 7, 8, 2], &[2, 3], 0);
        assert_eq!(key(&one), key(&window(&[1, 7, 8, 2], &[2, 3], 5)));
        let mut cased = one.clone();
        cased.casing[1] = 1;
        for other in [
            window(&[1, 7, 9, 2], &[2, 3], 0),
            window(&[1, 7, 8, 2], &[3], 0),
            window(&[1, 7, 8, 2], &[2], 0),
            cased,
        ] {
            assert_ne!(key(&one), key(&other), "{other:?}");
        }
    }

    #[test]
    fn a_window_is_read_once() {
        let repeats = Repeats::new();
        let mut read = 0;
        for _ in 0..3 {
            let window = window(&[1, 7, 2], &[2], 0);
            let reading = repeats.get_or_read(&window, || {
                read += 1;
                Ok::<_, ()>(WindowReading { parts: Vec::new() })
            });
            assert!(reading.is_ok());
        }
        assert_eq!(read, 1);
    }
}
